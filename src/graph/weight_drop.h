/* Dropped weights (DropConnect: Wan, Zeiler, Zhang, LeCun, Fergus, ICML 2013; of recurrent weights:
 * Merity, Keskar, Socher, ICLR 2018): in a training step each weight is 0 with probability `drop`,
 * the others are divided by 1 - drop, the same ones at every position and for every example. Which
 * ones is named by (step, parameter, element), so that it depends on neither threads nor
 * schedule. */
#ifndef LK_GRAPH_WEIGHT_DROP_H
#define LK_GRAPH_WEIGHT_DROP_H

#include "graph/derived.h"

/* Parameter `weight` is dropped from with this rate, 0 <= rate < 1, in training. Not of normalised
 * weights. */
void lk_parameters_drop(lk_parameters *parameters, int32_t weight, double rate);
/* to = from, each element dropped or scaled as the step says: weights on their way to the
 * operations, gradients on their way back. */
void lk_weight_drop(const lk_parameter *p, int32_t index, const lk_derived_step *step,
                    const float *from, float *to);

#endif
