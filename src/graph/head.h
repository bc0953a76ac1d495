/* Output distributions of one discrete variable, as the graph knows them: a table of functions (the
 * rows stand in dist/), and the head of a variable, which is what a row is told of it. */
#ifndef LK_GRAPH_HEAD_H
#define LK_GRAPH_HEAD_H

#include "base/context.h"
#include "kernels/kernels.h"

/* Integer probabilities add up to 2^LK_CDF_BITS; every symbol has at least 1. */
#define LK_CDF_BITS 24

typedef struct lk_interval {
    uint32_t start, size; /* of 2^LK_CDF_BITS */
} lk_interval;

typedef struct lk_head lk_head;

typedef struct lk_dist {
    const char *name;
    /* Parameters of a variable with such a head. */
    int64_t (*channels)(const lk_head *head);
    /* For one variable of `count` examples; parameters [count][head->channels]. */
    void (*nll)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                const uint16_t *x, int64_t count, float *nll_nats);
    /* dparameters (overwritten, all head->channels) = scale * d nll / d parameters */
    void (*gradient)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                     const uint16_t *x, float scale, int64_t count, float *dparameters);
    /* Probabilities of `count` examples, [count][head->alphabet], after dividing logits by the
     * temperature (finite, >= 0; 1 = the model; 0 = the most probable symbol, the lowest of
     * equals). For sampling and for people. */
    void (*probabilities)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                          int64_t count, float temperature, float *probability);
    /* The integer CDF, the only source of coded probabilities, used by encoder and decoder alike:
     * cdf[0] = 0 < cdf[1] < ... < cdf[head->alphabet] = 2^LK_CDF_BITS. */
    void (*cdf)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                uint32_t *cdf);
} lk_dist;

/* The distribution of one variable and its settings. */
struct lk_head {
    const lk_dist *dist;
    int32_t alphabet;   /* of the variable: symbols 0 .. alphabet - 1 */
    int32_t components; /* of a mixture; 0 for distributions that are none */
    int64_t channels;   /* from one example's parameters to the next one's: no less than the
                           distribution wants, and the rest unused */
};

#endif
