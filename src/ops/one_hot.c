/* out[v * alphabet + a] = 1 if in[v] is the symbol a, else 0: one cell a symbol, so that a masked
 * linear layer can read it. The symbols are data: nothing stands before them that could want a
 * gradient. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct one_hot {
    int32_t alphabet;
    /* Of a field whose alphabets differ, else NULL. */
    const int64_t *symbols; /* [input cells + 1]: where the cells of an input cell begin */
    int32_t *variable;      /* [cells]: the input cell */
} one_hot;

static int64_t variable_of(const one_hot *self, int64_t cell) {
    return self->symbols == NULL ? cell / self->alphabet : self->variable[cell];
}

static int64_t symbol_of(const one_hot *self, int64_t cell) {
    return self->symbols == NULL ? cell % self->alphabet
                                 : cell - self->symbols[self->variable[cell]];
}

static lk_status shape(lk_context *context, lk_node *node) {
    const one_hot *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->channels != 1 || input->needs_gradient) {
        return lk_fail(context, LK_INVALID, "node %s: one-hot reads data cells", node->name);
    }
    if (input->cells > INT32_MAX / self->alphabet) {
        return lk_fail(context, LK_INVALID,
                       "node %s: %lld variables of %d symbols are too many for one-hot cells",
                       node->name, (long long)input->cells, self->alphabet);
    }
    node->cells =
        self->symbols != NULL ? self->symbols[input->cells] : input->cells * self->alphabet;
    node->channels = 1;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const one_hot *self = node->settings;
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = variable_of(self, cell), .count = 1};
    return 1;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const one_hot *self = task->node->settings;
    for (int64_t i = first; i < last; i++) {
        int32_t cell = task->cells[i];
        const float *symbol = task->in[0] + variable_of(self, cell) * task->batch;
        float mine = (float)symbol_of(self, cell);
        float *out = task->out + cell * task->batch;
        for (int64_t n = 0; n < task->batch; n++) {
            out[n] = symbol[n] == mine ? 1.0f : 0.0f;
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch, forward_cells);
    return true;
}

static bool backward(const lk_task *task) {
    LK_REQUIRE(task->din[0] == NULL);
    return true;
}

const lk_op lk_one_hot_op = {
    .name = "one hot",
    .definition = "out[symbols before v + a] = in[v] == a",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

static bool take_symbols(lk_graph *graph, const lk_field *field, one_hot *self) {
    self->symbols = field->symbols;
    self->variable = lk_arena_take(graph->arena, lk_field_symbols(field), sizeof *self->variable);
    for (int64_t v = 0; v < field->cells && self->variable != NULL; v++) {
        for (int64_t cell = field->symbols[v]; cell < field->symbols[v + 1]; cell++) {
            self->variable[cell] = (int32_t)v;
        }
    }
    return self->variable != NULL;
}

lk_node *lk_one_hot(lk_graph *graph, lk_node *input, int32_t alphabet) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    const lk_field *field = lk_graph_field_of(graph, input);
    one_hot *self = lk_arena_take(graph->arena, 1, sizeof *self);
    bool mixed = field != NULL && field->symbols != NULL;
    if (self == NULL || (mixed && !take_symbols(graph, field, self))) {
        graph->failed = lk_fail_no_memory(graph->context, "one-hot cells", input->cells * 4);
        return NULL;
    }
    self->alphabet = alphabet;
    return lk_graph_add(graph, &lk_one_hot_op, NULL, 1, &input, 0, NULL, self);
}
