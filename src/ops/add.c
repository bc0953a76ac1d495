/* out = a + b, elementwise. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_node *a = node->inputs[0], *b = node->inputs[1];
    if (a->cells != b->cells || a->channels != b->channels) {
        return lk_fail(context, LK_INVALID,
                       "node %s adds %lld x %lld cells x channels to %lld x %lld", node->name,
                       (long long)b->cells, (long long)b->channels, (long long)a->cells,
                       (long long)a->channels);
    }
    node->cells = a->cells;
    node->channels = a->channels;
    return LK_OK;
}

static void forward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    task->kernels->sum_of(task->out + at, task->in[0] + at, task->in[1] + at, floats);
}

static void give(const lk_task *task, int32_t side, int64_t at, int64_t floats) {
    if (task->din[side] != NULL) {
        task->kernels->give(task->din[side] + at, lk_din_fresh(task, side), task->dout + at,
                            floats);
    }
}

/* The side that stands in the place of dout comes last. */
static void backward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    int32_t last = task->din[0] == task->dout ? 0 : 1;
    give(task, 1 - last, at, floats);
    give(task, last, at, floats);
}

const lk_op lk_add_op = {
    .name = "add",
    .definition = "out[c] = a[c] + b[c]",
    .inputs_least = 2,
    .inputs_most = 2,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = lk_forward_rows,
    .backward = lk_backward_rows,
    .keeps = lk_keeps_nothing,
    .sets_fresh = true,
    .forward_rows = forward_rows,
    .backward_rows = backward_rows,
    .in_place = true,
};

lk_node *lk_add(lk_graph *graph, lk_node *a, lk_node *b) {
    lk_node *inputs[] = {a, b};
    return a == NULL || b == NULL ? NULL
                                  : lk_graph_add(graph, &lk_add_op, NULL, 2, inputs, 0, NULL, NULL);
}
