/* Output distributions of one discrete variable, from its parameters. One row each.
 *
 * The integer CDF is part of the file format: from the parameters' bits it is made by float32
 * operations that are the same everywhere (base/maths.h), one exact conversion to integers (a
 * truncation after scaling by a power of two), and integer arithmetic. The rules stand in
 * bernoulli.c and categorical.c. They are total: any bits give a valid CDF, NaN included, so that a
 * damaged stream can lead a decoder astray but never out of bounds. A symbol of probability 0 still
 * has 1 / 2^24 there (it costs 24 bits to code), while its nll is +inf and sampling never draws
 * it. */
#ifndef LK_DIST_DIST_H
#define LK_DIST_DIST_H

#include "base/context.h"
#include "kernels/kernels.h"

/* Integer probabilities add up to 2^LK_CDF_BITS; every symbol has at least 1. */
#define LK_CDF_BITS 24

typedef struct lk_interval {
    uint32_t start, size; /* of 2^LK_CDF_BITS */
} lk_interval;

typedef struct lk_dist {
    const char *name;
    int64_t (*channels)(int32_t alphabet); /* parameters per variable */
    /* For one variable of `count` examples; parameters [count][channels]. */
    void (*nll)(const lk_kernels *kernels, int32_t alphabet, const float *parameters,
                const uint16_t *x, int64_t count, float *nll_nats);
    /* dparameters (overwritten) = scale * d nll / d parameters */
    void (*gradient)(const lk_kernels *kernels, int32_t alphabet, const float *parameters,
                     const uint16_t *x, float scale, int64_t count, float *dparameters);
    /* Probabilities of `count` examples, [count][alphabet], after dividing logits by the
     * temperature (finite, >= 0; 1 = the model; 0 = the most probable symbol, the lowest of
     * equals). For sampling and for people. */
    void (*probabilities)(const lk_kernels *kernels, int32_t alphabet, const float *parameters,
                          int64_t count, float temperature, float *probability);
    /* The integer CDF, the only source of coded probabilities, used by encoder and decoder alike:
     * cdf[0] = 0 < cdf[1] < ... < cdf[alphabet] = 2^LK_CDF_BITS. */
    void (*cdf)(const lk_kernels *kernels, int32_t alphabet, const float *parameters,
                uint32_t *cdf);
} lk_dist;

extern const lk_dist lk_bernoulli;   /* alphabet 2: one logit of p(x = 1) */
extern const lk_dist lk_categorical; /* any alphabet: that many logits; log-softmax */

/* The smallest symbol s with unit < F(s): the inverse cumulative distribution at unit in [0, 1). F
 * is summed in double, in the order of the symbols. Never a symbol of probability 0; where rounding
 * leaves F(last) <= unit, the last one that is not. */
int32_t lk_probabilities_draw(const float *probability, int32_t alphabet, float unit);

#endif
