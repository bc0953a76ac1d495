/* out = a number: cells that read nothing and hold nothing trained. Zeros are the parameters of a
 * distribution that has none; a plane of ones tells a convolution where its grid ends. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct fill {
    int64_t cells, channels;
    float value;
} fill;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const fill *self = node->settings;
    node->cells = self->cells;
    node->channels = self->channels;
    return LK_OK;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const fill *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        float *out = task->out + task->cells[i] * floats;
        for (int64_t k = 0; k < floats; k++) {
            out[k] = self->value;
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

const lk_op lk_fill_op = {
    .name = "fill",
    .definition = "out[c] = value",
    .inputs_least = 0,
    .inputs_most = 0,
    .shape = shape,
    .reads = lk_reads_nothing,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = lk_nothing_before,
};

lk_node *lk_fill(lk_graph *graph, int64_t cells, int64_t channels, float value) {
    LK_REQUIRE(cells >= 1 && channels >= 1);
    fill *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "fill", (int64_t)sizeof *self);
        return NULL;
    }
    *self = (fill){cells, channels, value};
    return lk_graph_add(graph, &lk_fill_op, NULL, 0, NULL, 0, NULL, self);
}

lk_node *lk_zeros(lk_graph *graph, int64_t cells, int64_t channels) {
    return lk_fill(graph, cells, channels, 0.0f);
}
