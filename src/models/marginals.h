/* Marginal frequencies as logits: where the output biases of a network should begin. From zero an
 * optimizer needs thousands of steps to learn that a corner pixel is always dark, and until then
 * its weights are busy with nothing else. */
#ifndef LK_MODELS_MARGINALS_H
#define LK_MODELS_MARGINALS_H

#include "models/model.h"

/* logits[variables] for an alphabet of 2 (log odds of a 1), else [variables][alphabet] (log
 * probabilities), from add-one frequencies, held to -7 .. 7. Grey values that the model binarizes
 * at random count by their probability. */
lk_status lk_marginal_logits(const lk_model *model, const lk_dataset *train, float *logits);

/* The same for logits that variables share: those of variable v are set v % period. [period][1 or
 * alphabet]. */
lk_status lk_pooled_logits(const lk_model *model, const lk_dataset *train, int64_t period,
                           float *logits);

#endif
