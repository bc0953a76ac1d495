/* Gated activation (van den Oord et al., "Conditional Image Generation with PixelCNN Decoders",
 * 2016, equation 2): of a cell's 2c channels the first c are values, the others their gates: out =
 * tanh(a) sigmoid(b). */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_node *input = node->inputs[0];
    if (input->channels % 2 != 0) {
        return lk_fail(context, LK_INVALID,
                       "node %s: %s has %lld channels, which are not values and as many gates",
                       node->name, input->name, (long long)input->channels);
    }
    node->cells = input->cells;
    node->channels = input->channels / 2;
    return LK_OK;
}

static void forward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)cell;
    (void)floats;
    task->kernels->gate(task->out + at, task->in[0] + 2 * at, task->batch, task->node->channels);
}

static bool forward(const lk_task *task) {
    return lk_run_values(task, forward_values);
}

static void backward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)cell;
    (void)floats;
    task->kernels->gate_backward(task->din[0] + 2 * at, task->in[0] + 2 * at, task->dout + at,
                                 task->batch, task->node->channels);
}

static bool backward(const lk_task *task) {
    return task->din[0] == NULL || lk_run_values(task, backward_values);
}

const lk_op lk_gate_op = {
    .name = "gate",
    .definition = "out[c][k] = tanh(in[c][k]) sigmoid(in[c][channels + k])",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_gate(lk_graph *graph, lk_node *input) {
    return input == NULL ? NULL : lk_graph_add(graph, &lk_gate_op, NULL, 1, &input, 0, NULL, NULL);
}
