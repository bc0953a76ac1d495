/* Elementwise activations: out = f(in), din += f'(in) dout, with the derivative written from the
 * output where that tells it, else from the input. One table row a function. */
#include <stddef.h>
#include <string.h>

#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef void elementwise(float *out, const float *in, int64_t count);
typedef void elementwise_backward(float *din, bool fresh, const float *known, const float *dy,
                                  int64_t count);

/* Which entry of the kernel table a function is: offsets, since the table is chosen at run time. */
typedef struct activation {
    const char *name;
    size_t forward, backward;
    bool of_input; /* backward is told the input, not the output */
} activation;

static void forward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    const activation *self = task->node->settings;
    elementwise *function;
    memcpy(&function, (const char *)task->kernels + self->forward, sizeof function);
    function(task->out + at, task->in[0] + at, floats);
}

static void backward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    const activation *self = task->node->settings;
    elementwise_backward *function;
    memcpy(&function, (const char *)task->kernels + self->backward, sizeof function);
    const float *known = self->of_input ? task->in[0] : task->out;
    function(task->din[0] + at, lk_din_fresh(task, 0), known + at, task->dout + at, floats);
}

static int32_t keeps(const lk_node *node) {
    const activation *self = node->settings;
    return self->of_input ? LK_KEEPS_INPUTS : LK_KEEPS_OUTPUT;
}

const lk_op lk_activation_op = {
    .name = "activation",
    .definition = "out[c] = f(in[c]), f one of relu, tanh, sigmoid, softplus, elu, gelu",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_shape_like_input,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = lk_forward_rows,
    .backward = lk_backward_rows,
    .keeps = keeps,
    .sets_fresh = true,
    .forward_rows = forward_rows,
    .backward_rows = backward_rows,
    .in_place = true,
};

#define ROW(text, kernel, input) \
    { text, offsetof(lk_kernels, kernel), offsetof(lk_kernels, kernel##_backward), input }
static const activation activations[] = {
    ROW("relu", relu, false),          ROW("tanh", tanh, false), ROW("sigmoid", sigmoid, false),
    ROW("softplus", softplus, false),  ROW("elu", elu, false),   ROW("gelu", gelu, true),
    ROW("gelu-tanh", gelu_tanh, true),
};

lk_node *lk_activation(lk_graph *graph, const char *name, lk_node *input) {
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (strcmp(activations[i].name, name) == 0) {
            activation *self = lk_arena_take(graph->arena, 1, sizeof *self);
            if (input == NULL || self == NULL) {
                return NULL;
            }
            *self = activations[i];
            return lk_graph_add(graph, &lk_activation_op, NULL, 1, &input, 0, NULL, self);
        }
    }
    lk_misuse("no such activation", __FILE__, __LINE__, __func__);
}

lk_node *lk_relu(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "relu", input);
}

lk_node *lk_tanh(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "tanh", input);
}

lk_node *lk_sigmoid(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "sigmoid", input);
}

lk_node *lk_softplus(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "softplus", input);
}

lk_node *lk_elu(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "elu", input);
}

lk_node *lk_gelu(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "gelu", input);
}

lk_node *lk_gelu_tanh(lk_graph *graph, lk_node *input) {
    return lk_activation(graph, "gelu-tanh", input);
}
