/* What the recurrent steps (tanh, GRU, LSTM) share. A step is one cell: h_t = f(x_t, h_{t-1}), h
 * before the first cell zero. The input's part for all cells, x, comes from one large product
 * before (ops/dense.c, ops/embedding.c); the node adds the hidden part cell after cell. A
 * cell's channels are slots of `width`: first h, then what the next step or backward needs.
 * Declares NAME.recurrent [width][gates * width]: row k is what hidden unit k adds to the gates. */
#ifndef LK_OPS_RECURRENT_H
#define LK_OPS_RECURRENT_H

#include "ops/drop.h"
#include "ops/ops.h"

typedef struct lk_recurrent {
    int64_t width;
    int32_t gates; /* of x, each of `width` channels */
    int32_t slots; /* of the cells */
    lk_drop drop;  /* of what a training step adds to the state; LSTM only */
} lk_recurrent;

lk_status lk_recurrent_shape(lk_context *context, lk_node *node);
int32_t lk_recurrent_reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                           int32_t most);
int64_t lk_recurrent_multiply_adds(const lk_node *node, int64_t cell);
lk_node *lk_recurrent_make(lk_graph *graph, const lk_op *op, const char *name, lk_node *x,
                           int32_t gates, int32_t slots);

/* Gates [first, first + count) of the recurrent matrix U, in the products of a node's steps. */
typedef struct lk_recurrent_gates {
    int32_t first, count;
    lk_workspace *workspace; /* of this product alone, if it is to keep U packed */
    lk_reuse reuse; /* LK_B_ONCE for a single step; else LK_B_KEEP, and U stays packed there */
} lk_recurrent_gates;

/* to[n][..] += from[n][0..width) U, hidden units ascending: chains go on from what `to` holds.
 * Strides are between examples. */
bool lk_recurrent_ahead(const lk_task *task, lk_recurrent_gates *gates, const float *from,
                        int64_t from_stride, float *to, int64_t to_stride);
/* to[n][0..width) += from[n][..] U^T, gates ascending. */
bool lk_recurrent_back(const lk_task *task, lk_recurrent_gates *gates, const float *from,
                       int64_t from_stride, float *to, int64_t to_stride);
/* dU (=, or += when not fresh) sum over the task's cells that have one before them, and examples,
 * ascending, of from[cell - before][..][0..width) dgates[cell][..]. `from` is a slot of all cells,
 * dgates that of the task's. */
bool lk_recurrent_weight(const lk_task *task, lk_recurrent_gates gates, const float *from,
                         int64_t before, const float *dgates);

/* Copies x of the task's cells into slots [slot, slot + gates) of their values, where the products
 * go on with them. */
void lk_recurrent_take_input(const lk_task *task, int32_t slot);
/* For backward: room for the gradients of the gates of the task's cells, [cells][batch][gates *
 * width], each to be set as 0 + ..., since it is the input's own gradient where that is fresh;
 * otherwise the workspace's, until it gives its scratch memory again. `*zeros`: the workspace's,
 * `states` times [batch][width] of zeros. NULL when out of memory. */
float *lk_recurrent_dgates(const lk_task *task, int32_t states, float **zeros);
/* din += dgates. */
void lk_recurrent_give_input(const lk_task *task, const float *dgates);

/* Runs `step` on the examples of one cell, or on `rows` (cell, example) pairs that are ready
 * together, in pieces. */
typedef void lk_recurrent_step(void *argument, int64_t first, int64_t last);
void lk_recurrent_examples(const lk_task *task, lk_recurrent_step *step, void *argument);
void lk_recurrent_rows(const lk_task *task, int64_t rows, lk_recurrent_step *step, void *argument);

#endif
