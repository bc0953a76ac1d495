/* Optimizers: what turns gradients into steps. With g = gradient_scale * gradient, element by
 * element, in float32:
 *
 *   sgd      g = g + weight_decay w;  v = momentum v + g;  w = w - learning_rate v
 *   adam     g = g + weight_decay w;  m = beta1 m + (1 - beta1) g;  s = beta2 s + (1 - beta2) g^2;
 *            w = w - learning_rate (m / correction1) / (sqrt(s / correction2) + epsilon)
 *   adamw    the same without the first line, and w = w - ... - learning_rate weight_decay w
 *   adagrad  g = g + weight_decay w;  s = s + g^2;  w = w - learning_rate g / (sqrt(s) + epsilon)
 *
 * where correction = 1 - beta^t at step t = 1, 2, ... (the kernels, kernels/kernels.h, fix the
 * roundings). Weight decay acts on parameters that decay (matrices). Columns beyond
 * parameter->live[r] are not touched.
 *
 * SGD with momentum: Sutskever et al. 2013 (without Nesterov). Adam: Kingma and Ba 2015. AdamW:
 * Loshchilov and Hutter 2019. Adagrad: Duchi, Hazan and Singer 2011. Every step is a function of
 * its arguments to the bit, for any number of threads. */
#ifndef LK_OPTIM_OPTIMIZER_H
#define LK_OPTIM_OPTIMIZER_H

#include "optim/average.h"

typedef struct lk_optimizer_options {
    const char *name;     /* "sgd", "adam", "adamw", "adagrad" */
    double learning_rate; /* of a whole step; lk_optimizer_step is given the scheduled one */
    double momentum;      /* sgd */
    double beta1, beta2;  /* adam, adamw */
    double epsilon;       /* adam, adamw, adagrad */
    double weight_decay;  /* sgd, adam, adagrad: added to the gradient (L2); adamw: decoupled */
} lk_optimizer_options;

#define LK_OPTIMIZER_SLOTS_MOST 2

typedef struct lk_optimizer lk_optimizer;

/* "adam" at 0.001 with beta1 0.9, beta2 0.999, epsilon 1e-8, no decay; momentum 0.9 for sgd. */
lk_optimizer_options lk_optimizer_defaults(void);
/* LK_INVALID names the option that is out of range, and what is allowed. The parameters get
 * gradient arrays if they have none; they must outlive the optimizer and may not be added to. */
lk_status lk_optimizer_create(lk_parameters *parameters, const lk_optimizer_options *options,
                              lk_optimizer **optimizer);
void lk_optimizer_destroy(lk_optimizer *optimizer);
/* One step from the parameters' gradients, times gradient_scale, at this learning rate; then one
 * update of `average` (NULL: none), in the same pass over the weights. */
void lk_optimizer_step(lk_optimizer *optimizer, double learning_rate, double gradient_scale,
                       lk_average *average);
/* State for checkpoints: the number of steps taken, and arrays of the parameters' shapes (NULL: no
 * such slot). Slot 0 is v, m or (adagrad) s; slot 1 is s. */
int64_t *lk_optimizer_steps(lk_optimizer *optimizer);
float *lk_optimizer_slot(lk_optimizer *optimizer, int32_t slot, int32_t parameter);

#endif
