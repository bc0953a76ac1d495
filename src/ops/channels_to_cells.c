/* Each channel becomes a cell: out[c * channels + k] = in[c].channel[k]. A layer of one cell then
 * is what a layer of one cell for each unit reads; the converse is cells_to_channels.c. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    node->cells = node->inputs[0]->cells * node->inputs[0]->channels;
    node->channels = 1;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = cell / node->inputs[0]->channels, .count = 1};
    return 1;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t channels = task->node->inputs[0]->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        int64_t cell = task->cells[i], k = cell % channels;
        const float *in = task->in[0] + (cell - k) * batch + k;
        for (int64_t n = 0; n < batch; n++) {
            task->out[cell * batch + n] = in[n * channels];
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch, forward_cells);
    return true;
}

static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t channels = task->node->inputs[0]->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        int64_t cell = task->cells[i], k = cell % channels;
        float *din = task->din[0] + (cell - k) * batch + k;
        for (int64_t n = 0; n < batch; n++) {
            din[n * channels] += task->dout[cell * batch + n];
        }
    }
}

static bool backward(const lk_task *task) {
    if (task->din[0] != NULL) {
        lk_run_cells(task, task->batch, backward_cells);
    }
    return true;
}

const lk_op lk_channels_to_cells_op = {
    .name = "channels to cells",
    .definition = "out[c * channels + k] = in[c].channel[k]",
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

lk_node *lk_channels_to_cells(lk_graph *graph, lk_node *input) {
    return input == NULL || graph->failed != LK_OK
               ? NULL
               : lk_graph_add(graph, &lk_channels_to_cells_op, NULL, 1, &input, 0, NULL, NULL);
}
