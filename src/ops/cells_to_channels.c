/* Groups of consecutive 1-channel cells become the channels of one cell: out[g].channel[c] = in[g *
 * channels + c]. A masked linear layer has one cell a logit; a categorical distribution wants one
 * cell a variable. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct cells_to_channels {
    int64_t channels;
} cells_to_channels;

static lk_status shape(lk_context *context, lk_node *node) {
    const cells_to_channels *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->channels != 1 || input->cells % self->channels != 0) {
        return lk_fail(context, LK_INVALID,
                       "node %s: %lld cells of %lld channels do not make cells of %lld channels",
                       node->name, (long long)input->cells, (long long)input->channels,
                       (long long)self->channels);
    }
    node->cells = input->cells / self->channels;
    node->channels = self->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const cells_to_channels *self = node->settings;
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = cell * self->channels, .count = self->channels};
    return 1;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t channels = task->node->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        int64_t at = task->cells[i] * channels * batch;
        for (int64_t c = 0; c < channels; c++) {
            for (int64_t n = 0; n < batch; n++) {
                task->out[at + n * channels + c] = task->in[0][at + c * batch + n];
            }
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t channels = task->node->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        int64_t at = task->cells[i] * channels * batch;
        for (int64_t c = 0; c < channels; c++) {
            for (int64_t n = 0; n < batch; n++) {
                task->din[0][at + c * batch + n] += task->dout[at + n * channels + c];
            }
        }
    }
}

static bool backward(const lk_task *task) {
    if (task->din[0] != NULL) {
        lk_run_cells(task, task->batch * task->node->channels, backward_cells);
    }
    return true;
}

const lk_op lk_cells_to_channels_op = {
    .name = "cells to channels",
    .definition = "out[g].channel[c] = in[g * channels + c]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_cells_to_channels(lk_graph *graph, lk_node *input, int64_t channels) {
    cells_to_channels *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    self->channels = channels;
    return lk_graph_add(graph, &lk_cells_to_channels_op, NULL, 1, &input, 0, NULL, self);
}
