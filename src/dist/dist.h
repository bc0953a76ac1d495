/* Output distributions of one discrete variable, from its parameters. One row each. */
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
    void (*nll)(const lk_kernels *kernels, int32_t alphabet, const float *parameters, const uint16_t *x, int64_t count,
                float *nll_nats);
    /* dparameters (overwritten) = scale * d nll / d parameters */
    void (*gradient)(const lk_kernels *kernels, int32_t alphabet, const float *parameters, const uint16_t *x,
                     float scale, int64_t count, float *dparameters);
    /* Probabilities of one example, [alphabet], after dividing logits by the temperature (1 = the model; 0 = the most
     * probable symbol). For sampling and for people. */
    void (*probabilities)(const lk_kernels *kernels, int32_t alphabet, const float *parameters, float temperature,
                          float *probability);
    /* The integer CDF, the only source of coded probabilities, used by encoder and decoder alike: cdf[0] = 0 < cdf[1] < ... <
     * cdf[alphabet] = 2^LK_CDF_BITS. */
    void (*cdf)(const lk_kernels *kernels, int32_t alphabet, const float *parameters, uint32_t *cdf);
} lk_dist;

extern const lk_dist lk_bernoulli;   /* alphabet 2: one logit of p(x = 1) */
extern const lk_dist lk_categorical; /* any alphabet: that many logits; log-softmax */

/* The smallest symbol s with unit < F(s): the inverse cumulative distribution at unit in [0, 1). Never a symbol of
 * probability 0. */
int32_t lk_probabilities_draw(const float *probability, int32_t alphabet, float unit);

#endif
