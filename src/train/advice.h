/* Whether another family would need far fewer parameters for the same data. A family with weights
 * for every place (a MADE, a table of histograms) grows with the size of an example, where one
 * whose weights are the same everywhere does not. */
#ifndef LK_TRAIN_ADVICE_H
#define LK_TRAIN_ADVICE_H

#include "models/model.h"

#define LK_ADVICE_TIMES 100                /* so many times as few are worth a word */
#define LK_ADVICE_LEAST ((int64_t)1 << 20) /* parameters, of models that are small anyway */

/* For a model of `family` with `own` parameters (INT64_MAX: more than the memory holds): a family
 * that needs fewer without any settings, and how many; *smaller NULL: there is nothing to say.
 * Asked are pixelcnn of images and conv1d of sequences; of tables, whose columns are of different
 * kinds, none. */
lk_status lk_advise_smaller(lk_context *context, const lk_family *family,
                            const lk_data_description *data, int64_t own, const lk_family **smaller,
                            int64_t *parameters);

#endif
