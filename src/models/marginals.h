/* Marginal frequencies as logits: where the output biases of a network should begin. From zero an
 * optimizer needs thousands of steps to learn that a corner pixel is always dark, and until then
 * its weights are busy with nothing else. */
#ifndef LK_MODELS_MARGINALS_H
#define LK_MODELS_MARGINALS_H

#include "models/model.h"

/* For each variable a logit if all have two symbols (log odds of a 1), else one for each symbol of
 * it (log probabilities), from add-one frequencies, held to -7 .. 7; with a view those of its
 * parts, one after another. Grey values that the model binarizes at random count by their
 * probability. */
lk_status lk_marginal_logits(const lk_model *model, const lk_dataset *train, float *logits);

/* The same for logits that variables share: those of variable v are set v % period. [period][1 or
 * alphabet]. part: of a view; -1: the values as they are. */
lk_status lk_pooled_logits(const lk_model *model, const lk_dataset *train, int32_t part,
                           int64_t period, float *logits);
/* How often each symbol occurs, by the same sharing, as expected of grey values that the model
 * binarizes: [period][alphabet]. */
void lk_pooled_counts(const lk_model *model, const lk_dataset *train, int32_t part, int64_t period,
                      double *count);

#endif
