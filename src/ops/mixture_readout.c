/* The conditionals of a mixture of products, from its state (ops/mixture_state.c):
 *
 *   out[v][a] = log sum_k exp(state[rank of v][k] + component[symbols before v + a][k])
 *
 * which is log p(x_v = a | x_<) up to a constant. The state's maximum is 0 and a component's log
 * probability is at least about -35 (the fit smooths), so the sum neither overflows nor vanishes
 * and needs no maximum of its own. It is taken in blocks of 256 components, the blocks' sums in
 * ascending order. No backward, as there. */
#include <stdio.h>

#include "ops/ops.h"
#include "ops/pieces.h"

#define BLOCK 256
#define WORK_OF_EXP 8 /* in light elementwise operations, for cutting the work */

typedef struct mixture_readout {
    int64_t components;
    const lk_field *field; /* whose symbols are mixed */
    const int32_t *rank;   /* the graph's */
} mixture_readout;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const mixture_readout *self = node->settings;
    node->cells = self->field->cells;
    node->channels = self->field->alphabet;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const mixture_readout *self = node->settings;
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = self->rank[cell], .count = 1};
    return 1;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const mixture_readout *self = node->settings;
    return lk_field_alphabet(self->field, cell) * self->components;
}

static float sum_of_exp(const lk_kernels *kernels, const float *state, const float *component,
                        int64_t count) {
    float block[BLOCK], total = 0.0f;
    for (int64_t first = 0; first < count; first += BLOCK) {
        int64_t here = count - first < BLOCK ? count - first : BLOCK;
        for (int64_t k = 0; k < here; k++) {
            block[k] = state[first + k] + component[first + k];
        }
        kernels->exp(block, block, here);
        total += kernels->sum(block, here);
    }
    return total;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const mixture_readout *self = task->node->settings;
    int64_t components = self->components, channels = task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int64_t v = task->cells[i];
        float *out = task->out + v * task->batch * channels;
        int64_t alphabet = lk_field_alphabet(self->field, v);
        int64_t first_symbol = lk_field_symbol(self->field, v);
        for (int64_t n = 0; n < task->batch; n++) {
            const float *state = task->in[0] + (self->rank[v] * task->batch + n) * components;
            for (int64_t a = 0; a < alphabet; a++) {
                out[n * channels + a] =
                    sum_of_exp(task->kernels, state,
                               task->parameter[0] + (first_symbol + a) * components, components);
            }
            for (int64_t a = alphabet; a < channels; a++) {
                out[n * channels + a] = 1.0f; /* beyond the variable's alphabet: 0 */
            }
        }
        task->kernels->log(out, out, task->batch * channels);
    }
}

static bool forward(const lk_task *task) {
    const mixture_readout *self = task->node->settings;
    lk_run_cells(task, WORK_OF_EXP * task->batch * task->node->channels * self->components,
                 forward_cells);
    return true;
}

const lk_op lk_mixture_readout_op = {
    .name = "mixture readout",
    .definition = "out[v][a] = log sum_k exp(state[rank of v][k] + component[v][a][k])",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .multiply_adds = multiply_adds,
    .forward = forward,
};

lk_node *lk_mixture_readout(lk_graph *graph, const char *name, lk_node *state,
                            const lk_field *field) {
    LK_REQUIRE(state == NULL || state->cells == graph->steps);
    if (state == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    char text[256];
    int32_t parameter;
    snprintf(text, sizeof text, "%s.component", name);
    graph->failed = lk_graph_declare(graph, text, lk_field_symbols(field), state->channels,
                                     LK_INIT_ZERO, &parameter);
    mixture_readout *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (graph->failed == LK_OK && self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, (int64_t)sizeof *self);
    }
    if (graph->failed != LK_OK) {
        return NULL;
    }
    *self = (mixture_readout){state->channels, field, graph->rank};
    lk_node *inputs[] = {state};
    return lk_graph_add(graph, &lk_mixture_readout_op, NULL, 1, inputs, 1, &parameter, self);
}
