/* A model's network opened over data of a shape, and run by either schedule: what evaluation,
 * coding and scoring do alike at the model's own size and at any other.
 *
 * At the model's own shape the network is held whole. At another (lk_model_shape_for) it slides
 * along the data, by the rows of an image or the symbols of a sequence (models/flow.h), so that
 * memory is O(batch x width x (lookback + window)), whatever the height. Neither can be seen in the
 * bits. Variables are told by their place in the ordering, which is what both schedules go by. */
#ifndef LK_MODELS_NETWORK_H
#define LK_MODELS_NETWORK_H

#include "graph/execution.h"
#include "models/model.h"

typedef struct lk_network lk_network;

/* plan: LK_PLAN_EVALUATE for the parallel schedule, LK_PLAN_INCREMENTAL for the incremental one.
 * LK_UNSUPPORTED when a network at another size would need more than LK_NETWORK_BYTES_MOST. The
 * model must outlive the network. */
#define LK_NETWORK_BYTES_MOST (INT64_C(16) << 30)
lk_status lk_network_open(const lk_model *model, int32_t variant, lk_shape shape, lk_plan plan,
                          int64_t batch, lk_network **network);
void lk_network_close(lk_network *network);
/* Halves *batch until a network of that plan takes at most `bytes`; 1 is taken whatever it
 * needs. */
lk_status lk_network_fit_batch(const lk_model *model, lk_shape shape, lk_plan plan, int64_t bytes,
                               int64_t *batch);

/* Whose distribution, alphabet and channels hold for all variables. */
const lk_graph *lk_network_graph(const lk_network *network);
const lk_execution *lk_network_execution(const lk_network *network);
int64_t lk_network_variables(const lk_network *network);
/* Place in the ordering -> variable. */
int64_t lk_network_variable(const lk_network *network, int64_t place);
/* The parameters [count][channels] of the conditional at a place, which must be one of those now
 * computed. */
const float *lk_network_parameters(const lk_network *network, int64_t place);

/* Parallel, over values[count][variables]: the conditionals come in runs of places, ascending, each
 * told to `visit` while it can be read (visit NULL: not wanted). nll_nats[count] receives sums in
 * ascending variable order, in double, terms (NULL or [count][variables]) what is summed. */
typedef lk_status lk_network_visit(void *argument, const lk_network *network, int64_t first,
                                   int64_t last);
lk_status lk_network_forward(lk_network *network, const uint16_t *values, int64_t count,
                             double *nll_nats, float *terms, lk_network_visit *visit,
                             void *argument);

/* Incremental: begin; then for each step in order: compute, read the parameters of its places
 * [first, last), set them all. */
int64_t lk_network_steps(const lk_network *network);
void lk_network_step(const lk_network *network, int64_t step, int64_t *first, int64_t *last);
lk_status lk_network_begin(lk_network *network, int64_t count);
lk_status lk_network_compute(lk_network *network, int64_t step);
void lk_network_set(lk_network *network, int64_t place, const uint16_t *values /* [count] */);

#endif
