/* out[c] = channels [first, first + count) of in[c]: a part of what a cell holds, as the state of a
 * recurrent step that the next layer reads. */
#include "ops/ops.h"

#include <string.h>

#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct channels {
    int64_t first, count;
} channels;

static lk_status shape(lk_context *context, lk_node *node) {
    const channels *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (self->first < 0 || self->count < 1 || self->first > input->channels - self->count) {
        return lk_fail(context, LK_INVALID, "node %s: channels %lld to %lld of %s, which has %lld",
                       node->name, (long long)self->first,
                       (long long)(self->first + self->count - 1), input->name,
                       (long long)input->channels);
    }
    node->cells = input->cells;
    node->channels = self->count;
    return LK_OK;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const channels *self = task->node->settings;
    int64_t whole = task->node->inputs[0]->channels;
    for (int64_t i = first; i < last; i++) {
        for (int64_t row = task->cells[i] * task->batch; row < (task->cells[i] + 1) * task->batch;
             row++) {
            memcpy(task->out + row * self->count, task->in[0] + row * whole + self->first,
                   (size_t)self->count * sizeof(float));
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const channels *self = task->node->settings;
    int64_t whole = task->node->inputs[0]->channels;
    for (int64_t i = first; i < last; i++) {
        for (int64_t row = task->cells[i] * task->batch; row < (task->cells[i] + 1) * task->batch;
             row++) {
            task->kernels->add(task->din[0] + row * whole + self->first,
                               task->dout + row * self->count, self->count);
        }
    }
}

static bool backward(const lk_task *task) {
    if (task->din[0] != NULL) {
        lk_run_cells(task, task->batch * task->node->channels, backward_cells);
    }
    return true;
}

const lk_op lk_channels_op = {
    .name = "channels",
    .definition = "out[c] = channels [first, first + count) of in[c]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
};

lk_node *lk_channels(lk_graph *graph, lk_node *input, int64_t first, int64_t count) {
    channels *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    *self = (channels){first, count};
    return lk_graph_add(graph, &lk_channels_op, NULL, 1, &input, 0, NULL, self);
}
