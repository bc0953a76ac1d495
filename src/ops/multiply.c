/* out = a b, elementwise. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_node *a = node->inputs[0], *b = node->inputs[1];
    if (a->cells != b->cells || a->channels != b->channels) {
        return lk_fail(context, LK_INVALID,
                       "node %s multiplies %lld x %lld cells x channels by %lld x %lld", node->name,
                       (long long)a->cells, (long long)a->channels, (long long)b->cells,
                       (long long)b->channels);
    }
    return lk_shape_like_input(context, node);
}

static void forward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    task->kernels->multiply(task->out + at, task->in[0] + at, task->in[1] + at, floats);
}

/* A node times itself gets both halves, one after the other. */
static void backward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    for (int side = 0; side < 2; side++) {
        if (task->din[side] != NULL) {
            task->kernels->multiply_add(task->din[side] + at, task->in[1 - side] + at,
                                        task->dout + at, floats);
        }
    }
}

const lk_op lk_multiply_op = {
    .name = "multiply",
    .definition = "out[c] = a[c] b[c]",
    .inputs_least = 2,
    .inputs_most = 2,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = lk_forward_rows,
    .backward = lk_backward_rows,
    .keeps = lk_keeps_inputs,
    .forward_rows = forward_rows,
    .backward_rows = backward_rows,
    .in_place = true,
};

lk_node *lk_multiply(lk_graph *graph, lk_node *a, lk_node *b) {
    lk_node *inputs[] = {a, b};
    return a == NULL || b == NULL
               ? NULL
               : lk_graph_add(graph, &lk_multiply_op, NULL, 2, inputs, 0, NULL, NULL);
}
