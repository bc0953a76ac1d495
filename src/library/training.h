/* Options and progress of a training, as the layers below take and give them. Included by
 * library/train*.c only. */
#ifndef LK_LIBRARY_TRAINING_H
#define LK_LIBRARY_TRAINING_H

#include "library/library.h"
#include "train/train.h"

/* LK_INVALID names the field that is out of range. */
lk_status lk_training_check(lk_context *context, const lk_training *how);
/* With progress told to the context's watch. */
lk_train_options lk_training_options(lk_context *context, const lk_training *how);
/* An iteration of a fit is told as an epoch. */
bool lk_training_tell_fit(void *context, int64_t iteration, int64_t iterations,
                          double train_nll_nats, double valid_nll_nats);
/* The last word: all is done, and this is the NLL of the validation data. */
void lk_training_tell_end(lk_context *context, const lk_model *model);

#endif
