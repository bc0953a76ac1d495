/* Layer normalisation over the channels of each cell (Ba, Kiros, Hinton, "Layer Normalization",
 * 2016, equation 4), whole or in groups (Wu and He, "Group Normalization", 2018, but without their
 * sum over positions, which would read cells that are not there yet):
 *   out[c][k] = gain[k] (in[c][k] - mean) / sqrt(variance + epsilon) + bias[k]
 * over the group of channels that k belongs to. A cell is normalised by itself alone, so nothing is
 * learnt of the batch, and nothing leaks from later cells. The kernel is
 * kernels/isa/channel_norm.c.
 *
 * The gradients of gain and bias are sums over cells and examples, in double: the cells are cut
 * into at most PIECES_MOST pieces, by the amount of work alone; in a piece each sum is one chain
 * (cells ascending, examples ascending), and the pieces' sums are added in order. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "ops/pieces.h"
#include "ops/rules.h"

enum { PIECES_MOST = 16, PIECE_FLOATS = 4096 /* worth a piece */ };

#define EPSILON 1e-5

typedef struct channel_norm {
    int64_t groups;
} channel_norm;

static lk_status shape(lk_context *context, lk_node *node) {
    const channel_norm *self = node->settings;
    if (self->groups < 1 || node->inputs[0]->channels % self->groups != 0) {
        return lk_fail(context, LK_INVALID,
                       "node %s: %lld channels do not fall into %lld equal groups", node->name,
                       (long long)node->inputs[0]->channels, (long long)self->groups);
    }
    return lk_shape_like_input(context, node);
}

static void forward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)cell;
    (void)floats;
    int64_t groups = ((const channel_norm *)task->node->settings)->groups;
    task->kernels->channel_norm(task->out + at, task->in[0] + at, task->parameter[0],
                                task->parameter[1], EPSILON, task->batch * groups, groups,
                                task->node->channels / groups);
}

static bool forward(const lk_task *task) {
    return lk_run_values(task, forward_values);
}

typedef struct gradient {
    const lk_task *task;
    int64_t pieces, cells; /* cells of a piece */
    double *sum;           /* [pieces][2 * channels]: of gain, of bias */
} gradient;

static void run_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const gradient *g = argument;
    const lk_task *task = g->task;
    int64_t groups = ((const channel_norm *)task->node->settings)->groups,
            channels = task->node->channels;
    int64_t first = piece * g->cells, last = first + g->cells;
    int64_t begin = task->first_cell, end = begin + task->cell_count; /* of those that count */
    first = first > begin ? first : begin;
    last = last < end ? last : end;
    last = last > first ? last : first;
    int64_t at = first * task->batch * channels;
    double *sum = g->sum + piece * 2 * channels;
    memset(sum, 0, (size_t)(2 * channels) * sizeof *sum);
    task->kernels->channel_norm_backward(
        task->din[0] != NULL ? task->din[0] + at : NULL, sum, sum + channels, task->in[0] + at,
        task->parameter[0], task->dout + at, EPSILON, (last - first) * task->batch * groups, groups,
        channels / groups);
}

static bool backward(const lk_task *task) {
    int64_t channels = task->node->channels, cells = task->node->cells;
    gradient g = {.task = task, .pieces = cells * task->batch * channels / PIECE_FLOATS};
    g.pieces = g.pieces < 1 ? 1 : g.pieces < PIECES_MOST ? g.pieces : PIECES_MOST;
    g.cells = (cells + g.pieces - 1) / g.pieces;
    g.pieces = (cells + g.cells - 1) / g.cells;
    g.sum = lk_workspace_scratch(task->workspace, g.pieces * 2 * channels * (int64_t)sizeof *g.sum);
    if (g.sum == NULL) {
        return false;
    }
    lk_pool_run(task->pool, g.pieces, run_piece, &g);
    for (int p = 0; p < 2; p++) {
        for (int64_t k = 0; k < channels; k++) {
            double sum = 0;
            for (int64_t piece = 0; piece < g.pieces; piece++) {
                sum += g.sum[(2 * piece + p) * channels + k];
            }
            task->dparameter[p][k] = (float)sum + (task->fresh[p] ? 0.0f : task->dparameter[p][k]);
        }
    }
    return true;
}

const lk_op lk_channel_norm_op = {
    .name = "channel norm",
    .definition = "out[c][k] = gain[k] (in[c][k] - mean) / sqrt(variance + epsilon) + bias[k], "
                  "over k's group of channels",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_inputs,
};

static lk_status declare(lk_graph *graph, const char *name, int64_t channels,
                         int32_t parameters[2]) {
    char text[256];
    snprintf(text, sizeof text, "%s.gain", name);
    LK_TRY(lk_graph_declare(graph, text, channels, 1, LK_INIT_ONE, &parameters[0]));
    snprintf(text, sizeof text, "%s.bias", name);
    return lk_graph_declare(graph, text, channels, 1, LK_INIT_ZERO, &parameters[1]);
}

lk_node *lk_channel_norm(lk_graph *graph, const char *name, lk_node *input, int64_t groups) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    int32_t parameters[2];
    graph->failed = declare(graph, name, input->channels, parameters);
    channel_norm *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (graph->failed != LK_OK || self == NULL) {
        graph->failed =
            graph->failed != LK_OK ? graph->failed : lk_fail_no_memory(graph->context, name, 32);
        return NULL;
    }
    self->groups = groups;
    return lk_graph_add(graph, &lk_channel_norm_op, name, 1, &input, 2, parameters, self);
}
