/* Mixture of products, read rank after rank: the log posterior of the K components given the
 * variables of the ranks before s, up to a constant chosen so that its maximum is 0.
 *
 *   state[0] = weight - max(weight)
 *   state[s + 1] = state[s] + sum over v of rank s, ascending, of component[symbols before v +
 *     x_v];
 *     then minus
 * its maximum
 *
 * By Bayes' rule log p(k | x_<s) = log w_k + sum_{v: rank < s} log p_k(x_v) + constant, so each
 * conditional of a mixture of products is itself a mixture with these posteriors as weights
 * (ops/mixture_readout.c). The recurrence makes a generation cost one pass over the variables.
 * There is no backward: such mixtures are fitted by expectation maximisation (models/em.c). */
#include <stdio.h>
#include <string.h>

#include "base/maths.h"
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct mixture_state {
    int64_t components;
    const lk_field *field;  /* whose symbols are mixed */
    const int32_t *by_rank; /* the graph's: variables of rank s are by_rank[rank_begin[s] ..
                               rank_begin[s + 1]) */
    const int64_t *rank_begin;
    int32_t steps;
} mixture_state;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const mixture_state *self = node->settings;
    node->cells = self->steps;
    node->channels = self->components;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const mixture_state *self = node->settings;
    (void)most;
    if (cell == 0) {
        return 0;
    }
    if (input < 0) {
        spans[0] = (lk_span){.first = cell - 1, .count = 1};
    } else {
        int64_t first = self->rank_begin[cell - 1];
        spans[0] =
            (lk_span){.first = first, .count = self->rank_begin[cell] - first, .by = self->by_rank};
    }
    return 1;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const mixture_state *self = node->settings;
    return cell == 0 ? 0 : (self->rank_begin[cell] - self->rank_begin[cell - 1]) * self->components;
}

/* A state of which nothing is left (all -inf) stays so. */
static void subtract_maximum(const lk_kernels *kernels, float *state, int64_t count) {
    float most = kernels->maximum(state, count);
    if (most == -lk_infinity()) {
        return;
    }
    for (int64_t k = 0; k < count; k++) {
        state[k] -= most;
    }
}

static void compute_state(const lk_task *task, int64_t cell, int64_t n) {
    const mixture_state *self = task->node->settings;
    int64_t components = self->components, batch = task->batch;
    float *state = task->out + (cell * batch + n) * components;
    const float *before = cell == 0 ? task->parameter[0] : state - batch * components;
    memcpy(state, before, (size_t)components * sizeof *state);
    for (int64_t i = cell == 0 ? 0 : self->rank_begin[cell - 1];
         cell > 0 && i < self->rank_begin[cell]; i++) {
        int64_t variable = self->by_rank[i];
        int64_t symbol = (int64_t)task->in[0][variable * batch + n];
        task->kernels->add(state,
                           task->parameter[1] +
                               (lk_field_symbol(self->field, variable) + symbol) * components,
                           components);
    }
    subtract_maximum(task->kernels, state, components);
}

static bool forward(const lk_task *task) {
    lk_run_recurrence(task, task->cell_count * task->node->channels, compute_state);
    return true;
}

const lk_op lk_mixture_state_op = {
    .name = "mixture state",
    .definition =
        "out[s] = out[s-1] + sum_{v of rank s-1} component[v][x_v] - max; out[0] = weight - max",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .recurrent = true,
    .multiply_adds = multiply_adds,
    .forward = forward,
};

static lk_status declare(lk_graph *graph, const char *name, const lk_field *field,
                         int64_t components, int32_t parameters[2]) {
    char text[256];
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_graph_declare(graph, text, components, 1, LK_INIT_ZERO, &parameters[0]));
    snprintf(text, sizeof text, "%s.component", name);
    return lk_graph_declare(graph, text, lk_field_symbols(field), components, LK_INIT_ZERO,
                            &parameters[1]);
}

lk_node *lk_mixture_state(lk_graph *graph, const char *name, const lk_field *field,
                          int64_t components) {
    if (graph->failed != LK_OK) {
        return NULL;
    }
    int32_t parameters[2];
    graph->failed = declare(graph, name, field, components, parameters);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    mixture_state *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, (int64_t)sizeof *self);
        return NULL;
    }
    *self = (mixture_state){components, field, graph->by_rank, graph->rank_begin, graph->steps};
    lk_node *input = field->node;
    return lk_graph_add(graph, &lk_mixture_state_op, name, 1, &input, 2, parameters, self);
}
