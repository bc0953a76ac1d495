/* An operation: one row. One forward kernel, "compute these cells", serves both schedules. */
#ifndef LK_GRAPH_OP_H
#define LK_GRAPH_OP_H

#include "base/random.h"
#include "graph/graph.h"
#include "kernels/kernels.h"
#include "kernels/product.h"

/* A run of input cells that an output cell reads: in[by ? by[first + i] : first + i], i < count.
 * `by` lets an operation name a run in the input's by_ready order. */
typedef struct lk_span {
    int64_t first, count;
    const int32_t *by;
} lk_span;

typedef struct lk_range {
    int64_t first, last; /* cells first .. last - 1 */
} lk_range;

/* What a forward or backward call gets. Values are [cell][batch][channel]. */
typedef struct lk_task {
    const lk_node *node;
    int64_t batch;
    const int32_t *cells; /* the cells to compute, ascending in (ready, cell); all of by_ready in
                             the parallel schedule */
    int64_t cell_count;
    const float *const
        *in;    /* the inputs' values, whole arrays (only cells already ready are valid) */
    float *out; /* this node's value, whole array */
    const float *const *parameter;
    const lk_parameters *parameters; /* of the graph, as they are stored */
    /* backward only; the driver has zeroed the gradients of values: an operation ADDS into din,
     * unless its row says that it sets what is fresh. */
    const float *dout;
    float *const *din;     /* NULL where the input needs no gradient */
    const bool *din_fresh; /* per input, for operations with sets_fresh (else NULL): true = not
                              zeroed, to be set, as 0 + ... */
    float *const *dparameter;
    const bool *fresh; /* per parameter: true = set the whole gradient, false = add to it */
    /* backward only: its cells are first_cell .. first_cell + cell_count - 1, in a stream those of
     * the present call. Those before are constants now, and the dout of those behind is zero; their
     * values may not be there. So neither counts in the gradient of a parameter, and recurrences
     * stop before first_cell. The same range of each input (NULL: all cells): what stands in din
     * before it means nothing, and what stands behind it stays as it is. */
    int64_t first_cell;
    const lk_range *range_of_input;
    bool training;         /* dropout acts */
    lk_random random;      /* key of the run; coordinates are the operation's */
    uint64_t step;         /* optimizer step, for dropout */
    int64_t first_example; /* of the minibatch, which may be computed in slices: for dropout */
    const lk_kernels *kernels;
    lk_pool *pool;
    lk_workspace *workspace;
} lk_task;

/* Of some (cell, example) pairs, which lie side by side in the arrays: those from `row` on. */
typedef void lk_rows_function(const lk_task *task, int64_t row, int64_t rows);

enum { LK_KEEPS_NOTHING, LK_KEEPS_INPUTS = 1, LK_KEEPS_OUTPUT = 2 };

typedef struct lk_op {
    const char *name;
    const char *definition; /* one line: out[u] = bias[u] + sum_k weight[u][k] in[k] over ready(k)
                               <= limit(u) */
    int32_t inputs_least, inputs_most;
    /* Checks inputs and settings; sets node->cells and node->channels. */
    lk_status (*shape)(lk_context *context, lk_node *node);
    /* The dependency rule: the cells of input number `input` that `cell` reads, as at most `most`
     * spans; returns how many. An operation whose cells read earlier cells of the node itself
     * (recurrence) names them under input == -1. */
    int32_t (*reads)(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most);
    bool recurrent;
    /* Of a recurrence: the wave in which the cell is computed, 0 or more, below the number of
     * cells. It reads cells of lower waves only, so that a wave is computed at once. NULL: the
     * cells one after another. */
    int64_t (*wave)(const lk_node *node, int64_t cell);
    /* The cells differ in nothing but what they read: no cell has parameters of its own
     * (graph/window.h). */
    bool alike;
    /* For operations that leave out what they would read before the first cell: how many cells of
     * the input back they reach where nothing is left out; -1: they also reach forward;
     * LK_REACH_ALL: back to the first, however long the input is. NULL: `reads` shows it. */
    int64_t (*reach)(const lk_node *node);
    /* How many symbols or rows of the input's first axis the node has one of. NULL: 1. */
    int64_t (*stride)(const lk_node *node);
    /* Multiply-adds of one cell of one example. */
    int64_t (*multiply_adds)(const lk_node *node, int64_t cell);
    bool (*forward)(const lk_task *task);  /* false: out of memory */
    bool (*backward)(const lk_task *task); /* NULL: models with it are not trained by gradients */
    /* Which values backward reads, LK_KEEPS_INPUTS and LK_KEEPS_OUTPUT; NULL: both. The others need
     * not outlive their readers in training. */
    int32_t (*keeps)(const lk_node *node);
    bool sets_fresh; /* backward writes all of a fresh din, so that nobody need zero it */
    /* Of operations that read the same row of their inputs only, whichever it is, and have no
     * parameters: forward and backward of some rows. */
    lk_rows_function *forward_rows, *backward_rows;
    /* Then: they may write a row of `out` over that of an input of as many channels, and, with
     * sets_fresh, one of a fresh din over that of dout. */
    bool in_place;
} lk_op;

static inline bool lk_din_fresh(const lk_task *task, int32_t input) {
    return task->din_fresh != NULL && task->din_fresh[input];
}

static inline lk_range lk_range_of_input(const lk_task *task, int32_t input) {
    lk_range all = {0, task->node->inputs[input]->cells};
    return task->range_of_input != NULL ? task->range_of_input[input] : all;
}

#define LK_SPANS_MOST 64
#define LK_REACH_ALL INT64_MAX

#endif
