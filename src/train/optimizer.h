/* Optimizers: SGD with momentum, Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019), Adagrad (Duchi et al. 2011). */
#ifndef LK_TRAIN_OPTIMIZER_H
#define LK_TRAIN_OPTIMIZER_H

#include "graph/parameters.h"

typedef struct lk_optimizer_options {
    const char *name;      /* "sgd", "adam", "adamw" */
    double learning_rate;
    double momentum;       /* sgd */
    double beta1, beta2, epsilon;
    double weight_decay;   /* sgd, adam: added to the gradient (L2); adamw: decoupled; only parameters that decay */
} lk_optimizer_options;

typedef struct lk_optimizer lk_optimizer;
lk_status lk_optimizer_create(lk_parameters *parameters, const lk_optimizer_options *options,
                              lk_optimizer **optimizer);
void lk_optimizer_destroy(lk_optimizer *optimizer);
/* One step from the parameters' gradients, times gradient_scale, at this learning rate. */
void lk_optimizer_step(lk_optimizer *optimizer, double learning_rate, double gradient_scale);
/* State for checkpoints: arrays parallel to the parameters (slot 0, 1), and the number of steps taken. NULL: no such slot. */
int64_t *lk_optimizer_steps(lk_optimizer *optimizer);
float *lk_optimizer_slot(lk_optimizer *optimizer, int32_t slot, int32_t parameter);

#endif
