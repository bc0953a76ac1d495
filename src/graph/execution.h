/* Running a graph: the parallel schedule (all cells at once: training, evaluation, encoding), the
 * incremental schedule (exactly the cells whose ready step has come: generation, decoding), and
 * backward. One execution has buffers for at most `batch` examples; their sizes come from a dry
 * pass over the graph. */
#ifndef LK_GRAPH_EXECUTION_H
#define LK_GRAPH_EXECUTION_H

#include "base/random.h"
#include "graph/window.h"

typedef struct lk_execution lk_execution;

typedef enum lk_plan {
    LK_PLAN_EVALUATE,    /* forward only: a buffer is reused once its last reader has run */
    LK_PLAN_INCREMENTAL, /* forward, or forward by steps: every value kept */
    LK_PLAN_STEPS,       /* forward by steps alone: values are kept that a later step reads */
    LK_PLAN_TRAIN,       /* forward by the parallel schedule, and backward: what backward does not
                            read is reused as in LK_PLAN_EVALUATE (of a stream all is kept) */
    LK_PLAN_LEARN,       /* forward by either schedule, and backward: every value kept */
} lk_plan;

static inline bool lk_plan_trains(lk_plan plan) {
    return plan == LK_PLAN_TRAIN || plan == LK_PLAN_LEARN;
}

lk_status lk_execution_create(const lk_graph *graph, lk_plan plan, int64_t batch,
                              lk_execution **execution);
void lk_execution_destroy(lk_execution *execution);
/* Turns to another graph of the same make (same nodes, cells and channels, as the masks of one
 * MADE), keeping all buffers. LK_REQUIREs that the makes agree. Graph and execution may then differ
 * in what they read, not in what they hold. */
void lk_execution_rebind(lk_execution *execution, const lk_graph *graph);
/* Bytes that create would take. */
int64_t lk_execution_bytes(const lk_graph *graph, lk_plan plan, int64_t batch);

/* Runs on this pool (not owned) instead of the context's: executions that work side by side each
 * need one of their own. */
void lk_execution_set_pool(lk_execution *execution, lk_pool *pool);

/* Key of dropout; off until called with training = true. */
void lk_execution_set_training(lk_execution *execution, bool training, uint64_t seed,
                               uint64_t step);

/* The given fields' values, [count][graph->given], copied; for all that follows until others are
 * given. Before begin or forward, of a graph that has such fields. */
void lk_execution_give(lk_execution *execution, const uint16_t *given, int64_t count);
/* Of a graph with fields that are given along (LK_ALONG): their values, of a graph that is run
 * whole [count][graph->along] in the order of the fields, of a stream [count][those of the
 * positions], in each position field after field. Not owned; read by the next forward, begin, or
 * compute of a position's first step. */
void lk_execution_set_along(lk_execution *execution, const uint16_t *along);
/* What each variable's NLL counts in gradients, [variables], not owned; NULL: 1. Likelihoods stay
 * as they are. */
void lk_execution_set_weights(lk_execution *execution, const float *weights);
/* The same for each example, [count][variables], of the next forward; and likelihoods are weighted
 * too: a term of weight 0 is 0, whatever it was. Not of streams. */
void lk_execution_set_example_weights(lk_execution *execution, const float *weights);

/* Of lanes that end at different places: how many of the minibatch's first examples still have a
 * value, for each variable of the call ([variables]); what the others would have there counts
 * nothing, in likelihoods and in gradients. Not owned; NULL: all. */
void lk_execution_set_active(lk_execution *execution, const int64_t *active);

/* Parallel: x is [count][variables], count <= batch. */
lk_status lk_execution_forward(lk_execution *execution, const uint16_t *x, int64_t count);
/* After forward (or when every step has been run): the parameters of variable v,
 * [count][channels of its head]. */
const float *lk_execution_parameters(const lk_execution *execution, int64_t variable);
/* After forward: nll_nats[count] = sum over variables, in ascending variable order, in double.
 * per_variable (NULL or [count][variables]) receives the terms. */
lk_status lk_execution_nll(lk_execution *execution, double *nll_nats, float *per_variable);
/* After forward: gradients of the mean NLL in nats per example, into the parameters' gradient
 * arrays (set, not added). */
lk_status lk_execution_backward(lk_execution *execution);
/* After a non-finite NLL: the first node (in graph order) with a non-finite value, of those whose
 * values are kept; NULL if none. */
const lk_node *lk_execution_first_not_finite(const lk_execution *execution);

/* Between two calls of the incremental schedule, when parameters have changed. */
lk_status lk_execution_weights_changed(lk_execution *execution);

/* Incremental: begin a batch of `count` examples; for step s = 0 .. graph->steps - 1 in order:
 * compute(s), read lk_execution_parameters of the variables of rank s, then set each of them. */
lk_status lk_execution_begin(lk_execution *execution, int64_t count);
lk_status lk_execution_compute(lk_execution *execution, int32_t step);
void lk_execution_set(lk_execution *execution, int64_t variable,
                      const uint16_t *values /* [count] */);

/* Streams. An execution made for a window holds of every node what its readers read of the past,
 * and as many new positions as the window is longer than its lookback; with LK_PLAN_TRAIN all
 * positions of the window. Values are moved, computed and kept in place, so that a call goes on
 * from the one before, by either schedule. The window must outlive its executions.
 *   begin    `count` streams, nothing of them known yet; the given fields' values stand.
 *   forward  parallel: positions [first, last), no more than are new, get x[count][(last - first) *
 *            unit], in each position field after field. nll and backward are then of these
 *            positions alone, parameters are by variable of the window (lk_window_variable);
 *            backward stops before them (truncated).
 *   compute  incremental: what step s needs, for s = 0, 1, ... ascending; lk_execution_set as ever.
 *   settle   incremental: what the position before `end` still lacks, which compute would add with
 *            the next one. By itself before anything else that comes between.
 *   backward gradients of positions [first, last), however they were computed; it stops before them
 *            (truncated).
 *   slide    the positions before `end` become those before `lookback`. */
lk_status lk_execution_create_along(const lk_window *window, lk_plan plan, int64_t batch,
                                    lk_execution **execution);
/* Bytes that it would take, if it had `length` new positions. */
int64_t lk_execution_window_bytes(const lk_window *window, lk_plan plan, int64_t batch,
                                  int64_t length);
lk_status lk_execution_window_begin(lk_execution *execution, int64_t count);
lk_status lk_execution_window_forward(lk_execution *execution, int64_t first, int64_t last,
                                      const uint16_t *x);
lk_status lk_execution_window_compute(lk_execution *execution, int64_t step);
lk_status lk_execution_window_settle(lk_execution *execution, int64_t end);
lk_status lk_execution_window_backward(lk_execution *execution, int64_t first, int64_t last);
void lk_execution_window_slide(lk_execution *execution, int64_t end);
/* What is kept of the positions before `end`, which is all that the stream's future depends on: how
 * many floats for each stream; copied out, when all of it is computed, and back in after begin. */
int64_t lk_execution_window_floats(const lk_window *window);
void lk_execution_window_save(const lk_execution *execution, int64_t end, float *values);
void lk_execution_window_restore(lk_execution *execution, int64_t end, const float *values);
/* Version 0.1 kept of every node the first `lookback` positions: how many floats for each stream,
 * and what of `whole` save would now give with as many streams, `end` no later than the
 * lookback. */
int64_t lk_execution_window_whole_floats(const lk_window *window);
void lk_execution_window_take_whole(const lk_window *window, int64_t count, int64_t end,
                                    const float *whole, float *values);

#endif
