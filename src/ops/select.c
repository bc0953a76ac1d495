/* out[i] = in[cell[i]]: some cells of a node, in any order. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

typedef struct select_cells {
    int64_t count;
    int32_t *cell;
} select_cells;

static lk_status shape(lk_context *context, lk_node *node) {
    const select_cells *self = node->settings;
    for (int64_t i = 0; i < self->count; i++) {
        if (self->cell[i] < 0 || self->cell[i] >= node->inputs[0]->cells) {
            return lk_fail(context, LK_INVALID, "node %s selects cell %d of %s, which has %lld",
                           node->name, self->cell[i], node->inputs[0]->name,
                           (long long)node->inputs[0]->cells);
        }
    }
    node->cells = self->count;
    node->channels = node->inputs[0]->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const select_cells *self = node->settings;
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = self->cell[cell], .count = 1};
    return 1;
}

static bool forward(const lk_task *task) {
    const select_cells *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = 0; i < task->cell_count; i++) {
        int32_t cell = task->cells[i];
        memcpy(task->out + cell * floats, task->in[0] + self->cell[cell] * floats,
               (size_t)floats * sizeof(float));
    }
    return true;
}

/* One caller, in cell order: a cell may be selected twice. */
static bool backward(const lk_task *task) {
    const select_cells *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    int64_t last = task->first_cell + task->cell_count;
    for (int64_t i = task->first_cell; i < last && task->din[0] != NULL; i++) {
        task->kernels->add(task->din[0] + self->cell[i] * floats, task->dout + i * floats, floats);
    }
    return true;
}

const lk_op lk_select_op = {
    .name = "select",
    .definition = "out[i] = in[cell[i]]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
};

lk_node *lk_select_cells(lk_graph *graph, lk_node *input, const int32_t *cell, int64_t count) {
    LK_REQUIRE(count >= 1);
    select_cells *self = lk_arena_take(graph->arena, 1, sizeof *self);
    int32_t *copy = lk_arena_take(graph->arena, count, sizeof *copy);
    if (input == NULL || self == NULL || copy == NULL) {
        return NULL;
    }
    memcpy(copy, cell, (size_t)count * sizeof *copy);
    *self = (select_cells){count, copy};
    return lk_graph_add(graph, &lk_select_op, NULL, 1, &input, 0, NULL, self);
}
