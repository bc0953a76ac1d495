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

/* Coding and drawing one symbol of a distribution whose cumulative function costs little at a
 * point, so that not all symbols need be listed. A symbol is coded as its digits, one after
 * another. Each has an interval of 2^LK_CDF_BITS, given the digits before it; those of all values
 * that it can have tile the whole. */
#define LK_DIGITS_MOST 2
typedef struct lk_search {
    /* Digits of a symbol: 1 .. LK_DIGITS_MOST. */
    int32_t (*digits)(const lk_head *head);
    /* Those of symbol x. */
    void (*intervals)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                      uint16_t x, lk_interval *interval);
    /* The digit number `digit` whose interval holds `position`, and the interval. `known` is what
     * this gave for the digit before, 0 for the first; for the last digit it gives the symbol. */
    int32_t (*find)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                    int32_t digit, int32_t known, uint32_t position, lk_interval *interval);
    /* The smallest symbol s with unit < F(s), unit in [0, 1). Never one of probability 0. */
    int32_t (*draw)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                    float unit);
} lk_search;

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
    /* Probabilities of `count` examples, [count][head->alphabet], in proportion to those of the
     * model to the power 1 / temperature: logits are divided by it (finite, >= 0; 1 = the model; 0
     * = the most probable symbol, the lowest of equals). For sampling and for people. */
    void (*probabilities)(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                          int64_t count, float temperature, float *probability);
    /* Instead of `cdf`, and for drawing at temperature 1; NULL: the distribution has a `cdf`. */
    const lk_search *search;
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
