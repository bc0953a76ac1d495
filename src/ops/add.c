/* out = a + b, elementwise. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_node *a = node->inputs[0], *b = node->inputs[1];
    if (a->cells != b->cells || a->channels != b->channels) {
        return lk_fail(context, LK_INVALID, "node %s adds %lld x %lld cells x channels to %lld x %lld", node->name,
                       (long long)b->cells, (long long)b->channels, (long long)a->cells, (long long)a->channels);
    }
    node->cells = a->cells;
    node->channels = a->channels;
    return LK_OK;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int64_t at = task->cells[i] * floats;
        memcpy(task->out + at, task->in[0] + at, (size_t)floats * sizeof(float));
        task->kernels->add(task->out + at, task->in[1] + at, floats);
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int64_t at = task->cells[i] * floats;
        for (int side = 0; side < 2; side++) {
            if (task->din[side] != NULL) {
                task->kernels->add(task->din[side] + at, task->dout + at, floats);
            }
        }
    }
}

static bool backward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, backward_cells);
    return true;
}

const lk_op lk_add_op = {
    .name = "add",
    .definition = "out[c] = a[c] + b[c]",
    .inputs_least = 2,
    .inputs_most = 2,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_add(lk_graph *graph, lk_node *a, lk_node *b) {
    lk_node *inputs[] = {a, b};
    return a == NULL || b == NULL ? NULL : lk_graph_add(graph, &lk_add_op, NULL, 2, inputs, 0, NULL, NULL);
}
