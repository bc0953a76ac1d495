/* A model run along streams that need have no end: `batch` of them side by side, each from its own
 * beginning. The network is built once, on lookback + window positions of a stream; lookback is how
 * many positions back any operation reads, derived from the operations' own dependency rules
 * (graph/window.h). When a window is full, its last `lookback` positions become its first and the
 * next ones follow. Of each node's values only those are kept that its own readers read, so that
 * memory is O(what is read back + window), whatever the length, and the bits are those of one
 * network over the whole stream. For families that are built at any size, in natural order; a graph
 * that does not repeat along the stream is refused.
 *
 * A position is a symbol of a text, or (lk_flow_create_rows) a row of an image. `unit` is how many
 * variables it has. */
#ifndef LK_MODELS_FLOW_H
#define LK_MODELS_FLOW_H

#include "graph/slices.h"
#include "models/model.h"

typedef struct lk_flow lk_flow;

/* Along sequences: a position is one variable. plan: LK_PLAN_INCREMENTAL (both schedules) or
 * LK_PLAN_TRAIN; window: positions that one parallel call may take; 0: a few, which suits the
 * incremental schedule. The model must outlive the flow. */
lk_status lk_flow_create(const lk_model *model, lk_plan plan, int64_t batch, int64_t window,
                         lk_flow **flow);
/* Along the rows of images `width` pixels wide, of as many channels as the model's: images may be
 * higher and wider than the model's own. */
lk_status lk_flow_create_rows(const lk_model *model, lk_plan plan, int64_t batch, int64_t window,
                              int64_t width, lk_flow **flow);
/* For training along sequences, all streams at once, cut into `slices` (0: chosen) that stand in
 * the execution's place: of such a flow lk_flow_begin, lk_flow_train and what is carried serve. */
lk_status lk_flow_create_slices(const lk_model *model, int64_t slices, int64_t batch,
                                int64_t window, lk_flow **flow);
void lk_flow_destroy(lk_flow *flow);
/* Positions of the past that the flow keeps; variables of a position; positions that one parallel
 * call may take. */
int64_t lk_flow_lookback(const lk_flow *flow);
int64_t lk_flow_unit(const lk_flow *flow);
int64_t lk_flow_window(const lk_flow *flow);
const lk_graph *lk_flow_graph(const lk_flow *flow);
/* Bytes of the values of a flow like this one, for other batches and windows. */
int64_t lk_flow_bytes(const lk_flow *flow, lk_plan plan, int64_t batch, int64_t window);
/* For lk_execution_set_training, lk_execution_backward and the like: of the positions last run. */
lk_execution *lk_flow_execution(lk_flow *flow);
lk_slices *lk_flow_slices(lk_flow *flow);
/* To the beginning of `count` streams, count <= batch. */
lk_status lk_flow_begin(lk_flow *flow, int64_t count);

/* Incremental: the parameters of the next variable's conditional, [count][output channels], valid
 * until the next call; then its values. Both schedules may follow each other, between positions. */
lk_status lk_flow_next(lk_flow *flow, const float **parameters);
void lk_flow_set(lk_flow *flow, const uint16_t *values /* [count] */);

/* Parallel: the next `length` positions of each stream, x[count][length * unit], 1 <= length <=
 * window. */
lk_status lk_flow_forward(lk_flow *flow, const uint16_t *x, int64_t length);
/* After forward: the parameters of variable `variable` of those, 0 <= variable < length * unit:
 * [count][output channels]. */
const float *lk_flow_parameters(const lk_flow *flow, int64_t variable);
/* After forward: nll_nats[count] of those positions, in double; per_variable (NULL or
 * [count][length * unit]) receives the terms. */
lk_status lk_flow_nll(lk_flow *flow, double *nll_nats, float *per_variable);

/* Of a flow in slices: the next window of each stream, x[batch][window * unit]: nll_nats[batch],
 * and the parameters' gradients of their mean. Back-propagation ends at the window's beginning. */
lk_status lk_flow_train(lk_flow *flow, const uint16_t *x, double *nll_nats);

/* Of a flow with LK_PLAN_TRAIN: the gradients of the mean NLL, in nats per stream, of the last
 * `positions` positions, which no sliding has come between; into the parameters' gradient arrays.
 * Back-propagation ends at the first of them. */
lk_status lk_flow_backward(lk_flow *flow, int64_t positions);
/* Slides now if it must before so many more positions, at most lk_flow_window, have been run: not
 * between them then. */
void lk_flow_reserve(lk_flow *flow, int64_t positions);
/* Between two calls, when parameters have changed. */
lk_status lk_flow_weights_changed(lk_flow *flow);

/* All that the future of the streams depends on: how many floats for each stream of the batch;
 * copied out after a parallel call, and back in after lk_flow_begin with as many streams (`seen`
 * positions had been run). */
int64_t lk_flow_carried_floats(const lk_flow *flow);
int64_t lk_flow_seen(const lk_flow *flow);
void lk_flow_save(const lk_flow *flow, float *carried);
void lk_flow_restore(lk_flow *flow, int64_t seen, const float *carried);
/* What version 0.1 carried, in its checkpoints: how many floats; and what of it is carried now, of
 * `count` streams of which `seen` positions had been run. */
int64_t lk_flow_whole_floats(const lk_flow *flow);
void lk_flow_take_whole(const lk_flow *flow, int64_t count, int64_t seen, const float *whole,
                        float *carried);

#endif
