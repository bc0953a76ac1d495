/* out = 0: cells that read nothing and hold nothing trained, for a distribution without
 * parameters. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

typedef struct zeros {
    int64_t cells, channels;
} zeros;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const zeros *self = node->settings;
    node->cells = self->cells;
    node->channels = self->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)node;
    (void)input;
    (void)cell;
    (void)spans;
    (void)most;
    return 0;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        memset(task->out + task->cells[i] * floats, 0, (size_t)floats * sizeof(float));
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

static bool backward(const lk_task *task) {
    (void)task; /* nothing stands before it */
    return true;
}

const lk_op lk_zeros_op = {
    .name = "zeros",
    .definition = "out[c] = 0",
    .inputs_least = 0,
    .inputs_most = 0,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_zeros(lk_graph *graph, int64_t cells, int64_t channels) {
    LK_REQUIRE(cells >= 1 && channels >= 1);
    zeros *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "zeros", (int64_t)sizeof *self);
        return NULL;
    }
    *self = (zeros){cells, channels};
    return lk_graph_add(graph, &lk_zeros_op, NULL, 0, NULL, 0, NULL, self);
}
