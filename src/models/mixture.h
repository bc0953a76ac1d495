/* The even mixture of a model's networks: see models/walk.h for what it is. */
#ifndef LK_MODELS_MIXTURE_H
#define LK_MODELS_MIXTURE_H

#include "kernels/kernels.h"

/* -log of the mean likelihood, from joint NLLs nll[k * stride]. */
double lk_mixture_nll(const double *nll, int64_t stride, int64_t count);

/* Of one item. */
typedef struct lk_mixture {
    const lk_kernels *kernels;
    int64_t networks, variables;
    const int64_t *variable; /* place -> variable, of the first network */
    const float *terms;      /* network k's of variable v: terms[k * stride + v] */
    int64_t stride;
} lk_mixture;

/* Surprisals by the chain rule, nats[variables], with scratch for at least so many networks. After
 * a value of probability zero the networks begin evenly again. */
void lk_mixture_terms(const lk_mixture *mixture, double *scratch, double *nats);
int64_t lk_mixture_scratch(int64_t networks); /* doubles */

#endif
