/* A model run along streams that need have no end: `batch` of them side by side, each from its own beginning. The network is built once, on
 * lookback + window positions of a stream; lookback is how many positions back any operation reads, derived from the operations'
 * own dependency rules. When a window is full, the last `lookback` positions of every node move to the front and the next window follows:
 * memory is O(lookback + window), whatever the length, and the bits are those of one network over the whole stream.
 * For families whose conditionals are the same wherever they stand (lk_family.streams): a graph that is not so is refused. */
#ifndef LK_MODELS_FLOW_H
#define LK_MODELS_FLOW_H

#include "graph/execution.h"
#include "models/model.h"

typedef struct lk_flow lk_flow;

/* window: positions that one parallel call may take, at least 1; model and flow belong together while the flow lives. LK_INVALID when the
 * family does not stream. plan: LK_PLAN_EVALUATE (parallel), LK_PLAN_INCREMENTAL (next/set), LK_PLAN_TRAIN. */
lk_status lk_flow_create(const lk_model *model, lk_plan plan, int64_t batch, int64_t window, lk_flow **flow);
void lk_flow_destroy(lk_flow *flow);
/* Positions of the past that the flow keeps. */
int64_t lk_flow_lookback(const lk_flow *flow);
const lk_graph *lk_flow_graph(const lk_flow *flow);
/* To the beginning of `count` streams, count <= batch. */
lk_status lk_flow_begin(lk_flow *flow, int64_t count);

/* Incremental: the parameters of the next symbol's conditional, [count][output channels], valid until the next call; then that symbol. */
lk_status lk_flow_next(lk_flow *flow, const float **parameters);
void lk_flow_set(lk_flow *flow, const uint16_t *values /* [count] */);

/* Parallel: the next `length` symbols of each stream, x[count][length], 1 <= length <= window (shorter ones may follow each other too). */
lk_status lk_flow_forward(lk_flow *flow, const uint16_t *x, int64_t length);
/* After forward: the parameters of symbol `position` of those, [count][output channels]. */
const float *lk_flow_parameters(const lk_flow *flow, int64_t position);
/* After forward: nll_nats[count] of those symbols, in double; per_symbol (NULL or [count][length]) receives the terms. */
lk_status lk_flow_nll(lk_flow *flow, double *nll_nats, float *per_symbol);

#endif
