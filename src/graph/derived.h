/* Weights that operations see instead of the parameters that are trained and stored: directions
 * times gains (graph/weight_norm.h), or weights with some dropped for one training step
 * (graph/weight_drop.h). They belong to an execution, which derives them before it computes and
 * carries their gradients back to the parameters afterwards; so optimizers, averages, files and
 * fingerprints know of the parameters alone, and no operation knows of any of this. */
#ifndef LK_GRAPH_DERIVED_H
#define LK_GRAPH_DERIVED_H

#include "base/pool.h"
#include "graph/parameters.h"

typedef struct lk_derived_weight {
    float *value, *gradient; /* [rows][columns]; NULL where the parameter is seen as it is */
    double *norm, *scale,
        *dot; /* of weight normalisation, [bands * columns]: |v|, g / |v|, sum over rows of dw v */
} lk_derived_weight;

/* What a training step draws by. */
typedef struct lk_derived_step {
    bool training;
    uint64_t seed, step;
} lk_derived_step;

/* The derived weights of one execution; NULL when there are none, which all of these allow. Weights
 * are dropped only where there are gradients. */
typedef struct lk_derived lk_derived;
lk_status lk_derived_create(const lk_parameters *parameters, bool gradients, lk_derived **derived);
void lk_derived_destroy(lk_derived *derived);
/* From the parameters as they are now. */
void lk_derived_update(lk_derived *derived, lk_derived_step step, lk_pool *pool);
/* What operations see of parameter `index`: derived, or the parameter's own; and its gradient, NULL
 * when it is not derived. */
const float *lk_derived_value(const lk_derived *derived, const lk_parameters *parameters,
                              int32_t index);
float *lk_derived_gradient(const lk_derived *derived, int32_t index);
/* After backward, which left alone the weights that are not `touched` [parameters]: sets the
 * parameters' gradients, gradient[parameters], or their own arrays when that is NULL. */
void lk_derived_chain(lk_derived *derived, const bool *touched, float *const *gradient,
                      lk_pool *pool);

#endif
