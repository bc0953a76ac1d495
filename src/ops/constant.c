/* out = given values, such as the coordinates of a grid: cells that read nothing and hold nothing
 * trained. Since the cells differ, a stream may read them only where each position reads the same
 * ones. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

typedef struct constant {
    int64_t cells, channels;
    float *value; /* [cells][channels] */
} constant;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const constant *self = node->settings;
    node->cells = self->cells;
    node->channels = self->channels;
    return LK_OK;
}

static void forward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    const constant *self = task->node->settings;
    for (int64_t k = 0; k < floats; k += self->channels) {
        memcpy(task->out + at + k, self->value + cell * self->channels,
               (size_t)self->channels * sizeof(float));
    }
}

static bool forward(const lk_task *task) {
    return lk_run_values(task, forward_values);
}

const lk_op lk_constant_op = {
    .name = "constant",
    .definition = "out[c][k] = value[c][k]",
    .inputs_least = 0,
    .inputs_most = 0,
    .shape = shape,
    .reads = lk_reads_nothing,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = lk_nothing_before,
};

lk_node *lk_constant(lk_graph *graph, const float *value, int64_t cells, int64_t channels) {
    LK_REQUIRE(cells >= 1 && channels >= 1);
    constant *self = lk_arena_take(graph->arena, 1, sizeof *self);
    float *copy = lk_arena_take(graph->arena, cells * channels, sizeof *copy);
    if (self == NULL || copy == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "constant", cells * channels * 4);
        return NULL;
    }
    memcpy(copy, value, (size_t)(cells * channels) * sizeof *copy);
    *self = (constant){cells, channels, copy};
    return lk_graph_add(graph, &lk_constant_op, NULL, 0, NULL, 0, NULL, self);
}
