/* Output distributions of one discrete variable, from its parameters. One row each.
 *
 * The integer CDF is part of the file format: from the parameters' bits it is made by operations
 * that are the same everywhere (base/maths.h), an exact conversion to integers (a truncation) and
 * integer arithmetic. The rules stand in bernoulli.c, categorical.c and logistic_mixture.c. They
 * are total: any bits give a valid CDF, NaN included, so that a damaged stream can lead a decoder
 * astray but never out of bounds. A symbol of probability 0 still has 1 / 2^24 there (it costs 24
 * bits to code), while its nll is +inf and sampling never draws it. */
#ifndef LK_DIST_DIST_H
#define LK_DIST_DIST_H

#include "graph/head.h"

extern const lk_dist lk_bernoulli;   /* alphabet 2: one logit of p(x = 1) */
extern const lk_dist lk_categorical; /* any alphabet: that many logits; log-softmax */
/* Any alphabet >= 2, whose symbols are numbers: a mixture of discretized logistic distributions
 * (kernels/logistic.h). Channels, K = head->components of each: log weights, which need not be
 * normalised; means, in the scale of data in -1 .. 1; log scales. */
extern const lk_dist lk_logistic_mixture;

/* The smallest symbol s with unit < F(s): the inverse cumulative distribution at unit in [0, 1). F
 * is summed in double, in the order of the symbols. Never a symbol of probability 0; where rounding
 * leaves F(last) <= unit, the last one that is not. */
int32_t lk_probabilities_draw(const float *probability, int32_t alphabet, float unit);

/* Whether examples, more than one, have the same parameters, to the bit: of a variable that depends
 * on no other, as all of a histogram, what one of them needs serves all. */
bool lk_parameters_alike(const float *parameters, int64_t channels, int64_t count);

#endif
