/* All cells of the inputs, one input after another. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

typedef struct concatenate {
    int64_t *begin; /* [inputs + 1]: input i's cells are out[begin[i] .. begin[i + 1]) */
} concatenate;

static lk_status shape(lk_context *context, lk_node *node) {
    concatenate *self = node->settings;
    node->channels = node->inputs[0]->channels;
    for (int32_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i]->channels != node->channels) {
            return lk_fail(context, LK_INVALID, "node %s: %s has %lld channels, %s has %lld",
                           node->name, node->inputs[i]->name, (long long)node->inputs[i]->channels,
                           node->inputs[0]->name, (long long)node->channels);
        }
        self->begin[i + 1] = self->begin[i] + node->inputs[i]->cells;
    }
    node->cells = self->begin[node->input_count];
    return LK_OK;
}

/* The input that a cell comes from, by bisection. */
static int32_t source(const lk_node *node, int64_t cell) {
    const concatenate *self = node->settings;
    int32_t low = 0, high = node->input_count - 1;
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (self->begin[middle] <= cell) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const concatenate *self = node->settings;
    (void)most;
    if (cell < self->begin[input] || cell >= self->begin[input + 1]) {
        return 0;
    }
    spans[0] = (lk_span){.first = cell - self->begin[input], .count = 1};
    return 1;
}

static bool forward(const lk_task *task) {
    const concatenate *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = 0; i < task->cell_count; i++) {
        int32_t cell = task->cells[i], from = source(task->node, cell);
        memcpy(task->out + cell * floats, task->in[from] + (cell - self->begin[from]) * floats,
               (size_t)floats * sizeof(float));
    }
    return true;
}

static bool backward(const lk_task *task) {
    const concatenate *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int32_t i = 0; i < task->node->input_count; i++) {
        int64_t begin = self->begin[i], end = task->first_cell + task->cell_count;
        int64_t first = task->first_cell > begin ? task->first_cell : begin;
        end = end < self->begin[i + 1] ? end : self->begin[i + 1];
        if (task->din[i] != NULL && first < end) {
            task->kernels->add(task->din[i] + (first - begin) * floats, task->dout + first * floats,
                               (end - first) * floats);
        }
    }
    return true;
}

const lk_op lk_concatenate_op = {
    .name = "concatenate",
    .definition = "out = the cells of input 0, of input 1, ...",
    .inputs_least = 1,
    .inputs_most = LK_NODE_INPUTS_MOST,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
};

/* A node reads at most LK_NODE_INPUTS_MOST others: more are joined level by level. */
lk_node *lk_concatenate(lk_graph *graph, lk_node *const *inputs, int32_t count) {
    LK_REQUIRE(count >= 1);
    if (count > LK_NODE_INPUTS_MOST) {
        int32_t groups = (count + LK_NODE_INPUTS_MOST - 1) / LK_NODE_INPUTS_MOST;
        lk_node **joined = lk_arena_take(graph->arena, groups, sizeof *joined);
        for (int32_t g = 0; joined != NULL && g < groups; g++) {
            int32_t first = g * LK_NODE_INPUTS_MOST;
            int32_t here =
                count - first < LK_NODE_INPUTS_MOST ? count - first : LK_NODE_INPUTS_MOST;
            joined[g] = lk_concatenate(graph, inputs + first, here);
        }
        return joined == NULL ? NULL : lk_concatenate(graph, joined, groups);
    }
    concatenate *self = lk_arena_take(graph->arena, 1, sizeof *self);
    int64_t *begin = lk_arena_take(graph->arena, (int64_t)count + 1, sizeof *begin);
    if (self == NULL || begin == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    self->begin = begin;
    return lk_graph_add(graph, &lk_concatenate_op, NULL, count, inputs, 0, NULL, self);
}
