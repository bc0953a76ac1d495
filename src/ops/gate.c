/* Gates: of a cell's 2c channels the first c are values, the others their gates: out = f(a)
 * sigmoid(b), where f is tanh (van den Oord et al., "Conditional Image Generation with PixelCNN
 * Decoders", 2016, equation 2) or nothing (Dauphin et al., "Language Modeling with Gated
 * Convolutional Networks", 2017, section 2). */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <stddef.h>
#include <string.h>

typedef void gate_rows(float *out, const float *in, int64_t rows, int64_t width);
typedef void gate_rows_backward(float *din, bool fresh, const float *in, const float *dout,
                                int64_t rows, int64_t width);

/* Which entries of the kernel table: offsets, since the table is chosen at run time. */
typedef struct gate {
    size_t forward, backward;
} gate;

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

static void forward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels;
    const gate *self = task->node->settings;
    gate_rows *function;
    memcpy(&function, (const char *)task->kernels + self->forward, sizeof function);
    function(task->out + at, task->in[0] + 2 * at, rows, task->node->channels);
}

static void backward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels;
    const gate *self = task->node->settings;
    gate_rows_backward *function;
    memcpy(&function, (const char *)task->kernels + self->backward, sizeof function);
    function(task->din[0] + 2 * at, lk_din_fresh(task, 0), task->in[0] + 2 * at, task->dout + at,
             rows, task->node->channels);
}

const lk_op lk_gate_op = {
    .name = "gate",
    .definition = "out[c][k] = f(in[c][k]) sigmoid(in[c][channels + k]), f tanh or none",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = lk_forward_rows,
    .backward = lk_backward_rows,
    .keeps = lk_keeps_inputs,
    .sets_fresh = true,
    .forward_rows = forward_rows,
    .backward_rows = backward_rows,
};

static lk_node *add_gate(lk_graph *graph, lk_node *input, gate kernels) {
    gate *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    *self = kernels;
    return lk_graph_add(graph, &lk_gate_op, NULL, 1, &input, 0, NULL, self);
}

lk_node *lk_gate(lk_graph *graph, lk_node *input) {
    return add_gate(graph, input,
                    (gate){offsetof(lk_kernels, gate), offsetof(lk_kernels, gate_backward)});
}

lk_node *lk_gate_linear(lk_graph *graph, lk_node *input) {
    return add_gate(
        graph, input,
        (gate){offsetof(lk_kernels, gate_linear), offsetof(lk_kernels, gate_linear_backward)});
}
