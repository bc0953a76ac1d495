/* Drawing samples of another size than the model's, with a network that slides along them
 * (models/network.h). Not for other layers. */
#ifndef LK_JOBS_SAMPLE_OTHER_SIZE_H
#define LK_JOBS_SAMPLE_OTHER_SIZE_H

#include "jobs/sample.h"

/* Fills `samples`, which have `shape`; what is given has it too, and is a prefix of the natural
 * order. */
lk_status lk_sample_other_size(const lk_model *model, const lk_sample_options *options,
                               lk_shape shape, lk_dataset *samples);

#endif
