/* The exponential moving average of the weights (Polyak and Juditsky 1992 for the idea): after each
 * step
 *
 *   a = d a + (1 - d) w,    d = min(decay, (1 + t) / (10 + t)),   t = 0, 1, ... updates so far
 *
 * so that it forgets the initial weights quickly. It starts as a copy of them. Updated within the
 * optimizer's pass over the weights (optim/optimizer.h), while they are in the cache. */
#ifndef LK_OPTIM_AVERAGE_H
#define LK_OPTIM_AVERAGE_H

#include "graph/parameters.h"

typedef struct lk_average {
    lk_parameters *parameters; /* not owned */
    float **value;             /* owned: arrays parallel to the parameters */
    double decay;              /* in (0, 1) */
    int64_t updates;
} lk_average;

lk_status lk_average_create(lk_parameters *parameters, double decay, lk_average **average);
void lk_average_destroy(lk_average *average);
/* d of the next update. */
float lk_average_decay(const lk_average *average);

/* Exchanges the parameters' numbers with those of `values` (parallel to them, made by
 * lk_weights_copy or of an average); the arrays stay whose they are. */
void lk_weights_swap(lk_parameters *parameters, float **values);
/* New arrays like the parameters, holding their values; NULL when out of memory. */
float **lk_weights_copy(const lk_parameters *parameters);
/* Copies the parameters' values into such arrays. */
void lk_weights_store(const lk_parameters *parameters, float **values);
void lk_weights_release(float **values, int32_t count);

#endif
