/* The start of a family with normalised weights: layers are set by some of the training data
 * (graph/data_start.h). */
#ifndef LK_MODELS_DATA_START_H
#define LK_MODELS_DATA_START_H

#include "graph/data_start.h"
#include "models/model.h"

/* For lk_family.start: sets the layers of variant 0 by `count` examples, or all if there are fewer,
 * that stand evenly spread in the training data. */
lk_status lk_model_start_from(lk_model *model, const lk_dataset *train, int64_t count,
                              lk_data_scale *scale);

#endif
