/* Groups of consecutive 1-channel cells become the channels of one cell: out[g].channel[c] = in[g *
 * channels + c]. A masked linear layer has one cell a logit; a categorical distribution wants one
 * cell a variable. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct cells_to_channels {
    int64_t channels;
    /* [groups + 1]: where groups of different sizes begin, none larger than `channels`, what is
     * left of which stays 0; NULL: all groups have that size. */
    const int64_t *begin;
    int64_t groups;
} cells_to_channels;

static int64_t begin_of(const cells_to_channels *self, int64_t group) {
    return self->begin != NULL ? self->begin[group] : group * self->channels;
}

static lk_status shape(lk_context *context, lk_node *node) {
    const cells_to_channels *self = node->settings;
    const lk_node *input = node->inputs[0];
    bool whole = self->begin != NULL ? input->cells == self->begin[self->groups]
                                     : input->cells % self->channels == 0;
    if (input->channels != 1 || !whole) {
        return lk_fail(context, LK_INVALID,
                       "node %s: %lld cells of %lld channels do not make cells of %lld channels",
                       node->name, (long long)input->cells, (long long)input->channels,
                       (long long)self->channels);
    }
    node->cells = self->begin != NULL ? self->groups : input->cells / self->channels;
    node->channels = self->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const cells_to_channels *self = node->settings;
    (void)input;
    (void)most;
    int64_t begin = begin_of(self, cell);
    spans[0] = (lk_span){.first = begin, .count = begin_of(self, cell + 1) - begin};
    return 1;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const cells_to_channels *self = task->node->settings;
    int64_t channels = self->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        int64_t begin = begin_of(self, task->cells[i]);
        int64_t used = begin_of(self, task->cells[i] + 1) - begin;
        const float *in = task->in[0] + begin * batch;
        float *out = task->out + task->cells[i] * channels * batch;
        for (int64_t c = 0; c < channels; c++) {
            for (int64_t n = 0; n < batch; n++) {
                out[n * channels + c] = c < used ? in[c * batch + n] : 0.0f;
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
    const cells_to_channels *self = task->node->settings;
    int64_t channels = self->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        int64_t begin = begin_of(self, task->cells[i]);
        int64_t used = begin_of(self, task->cells[i] + 1) - begin;
        float *din = task->din[0] + begin * batch;
        const float *dout = task->dout + task->cells[i] * channels * batch;
        for (int64_t c = 0; c < used; c++) {
            for (int64_t n = 0; n < batch; n++) {
                din[c * batch + n] += dout[n * channels + c];
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
    .keeps = lk_keeps_nothing,
};

static lk_node *make(lk_graph *graph, lk_node *input, cells_to_channels settings) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    cells_to_channels *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "channels", (int64_t)sizeof *self);
        return NULL;
    }
    *self = settings;
    return lk_graph_add(graph, &lk_cells_to_channels_op, NULL, 1, &input, 0, NULL, self);
}

lk_node *lk_cells_to_channels(lk_graph *graph, lk_node *input, int64_t channels) {
    return make(graph, input, (cells_to_channels){.channels = channels});
}

lk_node *lk_cells_to_symbols(lk_graph *graph, lk_node *input, const lk_field *field) {
    return make(graph, input,
                (cells_to_channels){
                    .channels = field->alphabet, .begin = field->symbols, .groups = field->cells});
}

lk_node *lk_cells_to_one(lk_graph *graph, lk_node *input, int64_t channels) {
    int64_t *begin = lk_arena_take(graph->arena, 2, sizeof *begin);
    if (input == NULL || begin == NULL) {
        graph->failed = graph->failed != LK_OK ? graph->failed
                                               : lk_fail_no_memory(graph->context, "channels", 16);
        return NULL;
    }
    LK_REQUIRE(input->cells <= channels);
    begin[1] = input->cells;
    return make(graph, input,
                (cells_to_channels){.channels = channels, .begin = begin, .groups = 1});
}
