/* The channels of the inputs' cells side by side: out[c] = in 0[c], in 1[c], ... lk_channels takes
 * them apart again. */
#include "ops/ops.h"

#include <string.h>

#include "ops/pieces.h"
#include "ops/rules.h"

static lk_status shape(lk_context *context, lk_node *node) {
    node->cells = node->inputs[0]->cells;
    node->channels = 0;
    for (int32_t i = 0; i < node->input_count; i++) {
        const lk_node *input = node->inputs[i];
        if (input->cells != node->cells) {
            return lk_fail(context, LK_INVALID, "node %s: %s has %lld cells, %s has %lld",
                           node->name, input->name, (long long)input->cells, node->inputs[0]->name,
                           (long long)node->cells);
        }
        node->channels += input->channels;
    }
    return LK_OK;
}

static void forward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)floats;
    for (int64_t n = 0; n < task->batch; n++) {
        float *out = task->out + at + n * task->node->channels;
        for (int32_t i = 0; i < task->node->input_count; i++) {
            int64_t channels = task->node->inputs[i]->channels;
            memcpy(out, task->in[i] + (cell * task->batch + n) * channels,
                   (size_t)channels * sizeof(float));
            out += channels;
        }
    }
}

static bool forward(const lk_task *task) {
    return lk_run_values(task, forward_values);
}

static void backward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)floats;
    for (int64_t n = 0; n < task->batch; n++) {
        const float *dout = task->dout + at + n * task->node->channels;
        for (int32_t i = 0; i < task->node->input_count; i++) {
            int64_t channels = task->node->inputs[i]->channels;
            if (task->din[i] != NULL) {
                task->kernels->add(task->din[i] + (cell * task->batch + n) * channels, dout,
                                   channels);
            }
            dout += channels;
        }
    }
}

static bool backward(const lk_task *task) {
    return lk_run_values(task, backward_values);
}

const lk_op lk_join_channels_op = {
    .name = "join channels",
    .definition = "out[c] = the channels of input 0's cell c, of input 1's, ...",
    .inputs_least = 1,
    .inputs_most = LK_NODE_INPUTS_MOST,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
};

lk_node *lk_join_channels(lk_graph *graph, lk_node *const *inputs, int32_t count) {
    LK_REQUIRE(count >= 1 && count <= LK_NODE_INPUTS_MOST);
    return lk_graph_add(graph, &lk_join_channels_op, NULL, count, inputs, 0, NULL, NULL);
}
