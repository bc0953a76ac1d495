/* A sum that runs over the variables, rank after rank: the hidden activations of NADE (Larochelle,
 * Murray, AISTATS 2011), in O(variables x channels) for all ranks together.
 *
 *   state[0] = bias,  state[s + 1] = state[s] + sum over v of rank s, ascending, of rows(v, x_v)
 *
 * rows(v, x) of the one matrix `weight`: of a variable of a field with two symbols its row times x
 * (no row is added for 0); of another the row of its symbol; and with `seen` a row more, whatever x
 * is, so that 0 and "not yet known" differ (Uria, Murray, Larochelle, ICML 2014: the row of the
 * mask). Rows stand in the order of the variables, those of `seen` behind all others: the weights
 * [inputs][channels] of a dense layer that reads [x ; m].
 *
 * Backward runs from the end: what variable v's rows get is the sum of dstate over all later
 * states, which grows by one state at a time. Channels are independent and go to threads in blocks;
 * within a block examples come in ascending order, whoever computes it. */
#include <stdio.h>
#include <string.h>

#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#define CHANNELS_PER_PIECE 128

typedef struct summand {
    int64_t row;      /* of its first symbol; of the symbol 1 where there are two */
    int64_t variable; /* which row of those for `seen` is its own */
    int32_t input, alphabet;
    bool binary;
} summand;

typedef struct running_sum {
    int64_t cells, channels;
    int64_t variables, rows; /* rows of the matrix */
    int64_t seen;            /* the first row of those for `seen`; -1: there are none */
    summand *summands;       /* [variables], in the order in which they are added */
    int32_t *cell;           /* [variables]: which of its input's cells each is */
    int64_t *begin; /* [cells + 1]: cell s adds begin[s] .. begin[s + 1] - 1 to cell s - 1 */
} running_sum;

static lk_status shape(lk_context *context, lk_node *node) {
    const running_sum *self = node->settings;
    for (int32_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i]->channels != 1 || node->inputs[i]->needs_gradient) {
            return lk_fail(context, LK_INVALID, "node %s: a running sum is over data cells",
                           node->name);
        }
    }
    node->cells = self->cells;
    node->channels = self->channels;
    return LK_OK;
}

/* Of a rank the variables of one field stand side by side. */
static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const running_sum *self = node->settings;
    (void)most;
    if (input < 0) {
        spans[0] = (lk_span){.first = cell - 1, .count = 1};
        return cell > 0;
    }
    int64_t first = self->begin[cell], last = self->begin[cell + 1];
    while (first < last && self->summands[first].input != input) {
        first++;
    }
    while (first < last && self->summands[last - 1].input != input) {
        last--;
    }
    spans[0] = (lk_span){.first = first, .count = last - first, .by = self->cell};
    return 1;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const running_sum *self = node->settings;
    int64_t rows = self->begin[cell + 1] - self->begin[cell];
    return (self->seen >= 0 ? 2 : 1) * rows * self->channels;
}

/* Which rows a variable's value adds: how many, none of a value that is not known. */
static int rows_of(const lk_task *task, int64_t i, int64_t n, int64_t row[2]) {
    const running_sum *self = task->node->settings;
    const summand *s = &self->summands[i];
    int32_t value = (int32_t)task->in[s->input][self->cell[i] * task->batch + n];
    int count = 0;
    if (value >= s->alphabet) {
        return 0;
    }
    if (!s->binary || value == 1) {
        row[count++] = s->row + (s->binary ? 0 : value);
    }
    if (self->seen >= 0) {
        row[count++] = self->seen + s->variable;
    }
    return count;
}

/* ---- forward --------------------------------------------------------------------------------- */

static void compute_state(const lk_task *task, int64_t cell, int64_t n) {
    const running_sum *self = task->node->settings;
    int64_t channels = self->channels;
    float *state = task->out + (cell * task->batch + n) * channels;
    const float *before = cell == 0 ? task->parameter[1] : state - task->batch * channels;
    for (int64_t i = self->begin[cell]; i < self->begin[cell + 1]; i++) {
        int64_t row[2];
        for (int k = 0, count = rows_of(task, i, n, row); k < count; k++) {
            task->kernels->sum_of(state, before, task->parameter[0] + row[k] * channels, channels);
            before = state;
        }
    }
    if (before != state) {
        memcpy(state, before, (size_t)channels * sizeof *state);
    }
}

static bool forward(const lk_task *task) {
    const running_sum *self = task->node->settings;
    int64_t rows = task->cell_count;
    for (int64_t i = 0; i < task->cell_count; i++) {
        rows += self->begin[task->cells[i] + 1] - self->begin[task->cells[i]];
    }
    lk_run_recurrence(task, rows * self->channels, compute_state);
    return true;
}

/* ---- backward -------------------------------------------------------------------------------- */

/* Channels [first, first + count) of one example. */
static void backward_example(const lk_task *task, int64_t n, int64_t first, int64_t count) {
    const running_sum *self = task->node->settings;
    int64_t channels = self->channels;
    float later[CHANNELS_PER_PIECE] = {0};
    for (int64_t cell = self->cells - 1; cell >= 0; cell--) {
        task->kernels->add(later, task->dout + (cell * task->batch + n) * channels + first, count);
        for (int64_t i = self->begin[cell]; i < self->begin[cell + 1]; i++) {
            int64_t row[2];
            for (int k = 0, rows = rows_of(task, i, n, row); k < rows; k++) {
                task->kernels->add(task->dparameter[0] + row[k] * channels + first, later, count);
            }
        }
    }
    task->kernels->add(task->dparameter[1] + first, later, count);
}

static void backward_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_task *task = argument;
    const running_sum *self = task->node->settings;
    int64_t channels = self->channels, first = piece * CHANNELS_PER_PIECE, left = channels - first;
    int64_t count = left < CHANNELS_PER_PIECE ? left : CHANNELS_PER_PIECE;
    size_t bytes = (size_t)count * sizeof(float);
    for (int64_t row = 0; row < self->rows && task->fresh[0]; row++) {
        memset(task->dparameter[0] + row * channels + first, 0, bytes);
    }
    if (task->fresh[1]) {
        memset(task->dparameter[1] + first, 0, bytes);
    }
    for (int64_t n = 0; n < task->batch; n++) {
        backward_example(task, n, first, count);
    }
}

static bool backward(const lk_task *task) {
    int64_t channels = task->node->channels;
    lk_pool_run(task->pool, (channels + CHANNELS_PER_PIECE - 1) / CHANNELS_PER_PIECE,
                backward_piece, (void *)task);
    return true;
}

const lk_op lk_running_sum_op = {
    .name = "running sum",
    .definition =
        "out[s] = out[s-1] + sum_{v of rank s-1} weight[rows of v and x_v]; out[0] = bias",
    .inputs_least = 1,
    .inputs_most = LK_FIELDS_MOST,
    .shape = shape,
    .reads = reads,
    .recurrent = true,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
};

/* ---- makers ---------------------------------------------------------------------------------- */

/* Which input holds a field's values: the modelled fields in their order. */
static int32_t input_of(const lk_graph *graph, const lk_field *field) {
    int32_t input = 0;
    for (const lk_field *before = graph->fields; before < field; before++) {
        input += before->role == LK_MODELLED;
    }
    return input;
}

/* The first row of a field. */
static int64_t row_of_field(const lk_graph *graph, const lk_field *field) {
    int64_t row = 0;
    for (const lk_field *before = graph->fields; before < field; before++) {
        row += before->role == LK_MODELLED ? lk_field_units(before) : 0;
    }
    return row;
}

static void list_summands(const lk_graph *graph, running_sum *self, const int32_t *order) {
    for (int64_t i = 0; i < self->variables; i++) {
        int64_t v = order != NULL ? order[i] : i;
        const lk_field *field = lk_graph_field(graph, v);
        int64_t cell = v - field->first;
        bool binary = lk_field_binary(field);
        self->cell[i] = (int32_t)cell;
        self->summands[i] = (summand){.row = row_of_field(graph, field) +
                                             (binary ? cell : lk_field_symbol(field, cell)),
                                      .variable = v,
                                      .input = input_of(graph, field),
                                      .alphabet = lk_field_alphabet(field, cell),
                                      .binary = binary};
    }
}

/* known: all that is known, in one cell; else a cell for each rank. */
static running_sum *make_settings(lk_graph *graph, bool known,
                                  const lk_running_sum_options *options) {
    int64_t variables = graph->variables, values = lk_graph_units(graph);
    running_sum *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    *self = (running_sum){.cells = known ? 1 : graph->steps,
                          .channels = options->channels,
                          .variables = variables,
                          .rows = values + (options->seen ? variables : 0),
                          .seen = options->seen ? values : -1};
    self->summands = lk_arena_take(graph->arena, variables, sizeof *self->summands);
    self->cell = lk_arena_take(graph->arena, variables, sizeof *self->cell);
    self->begin = lk_arena_take(graph->arena, self->cells + 1, sizeof *self->begin);
    if (self->summands == NULL || self->cell == NULL || self->begin == NULL) {
        return NULL;
    }
    self->begin[1] = known ? variables : 0;
    for (int64_t s = 1; s < self->cells; s++) {
        self->begin[s + 1] = graph->rank_begin[s];
    }
    list_summands(graph, self, known ? NULL : graph->by_rank);
    return self;
}

static lk_status declare(lk_graph *graph, const char *name, const lk_running_sum_options *options,
                         int32_t parameters[2]) {
    char text[256];
    int64_t rows = lk_graph_units(graph) + (options->seen ? graph->variables : 0);
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_graph_declare(graph, text, rows, options->channels, options->init, &parameters[0]));
    snprintf(text, sizeof text, "%s.bias", name);
    return lk_graph_declare(graph, text, options->channels, 1, LK_INIT_ZERO, &parameters[1]);
}

/* inputs: one node for each modelled field. Parameters come first: a file that has too few of them
 * is refused before memory is taken for so many variables. */
static lk_node *make(lk_graph *graph, const char *name, lk_node *const *inputs, int32_t count,
                     bool known, const lk_running_sum_options *options) {
    int32_t parameters[2];
    graph->failed = declare(graph, name, options, parameters);
    running_sum *self = graph->failed == LK_OK ? make_settings(graph, known, options) : NULL;
    if (graph->failed == LK_OK && self == NULL) {
        graph->failed =
            lk_fail_no_memory(graph->context, name, graph->variables * (int64_t)sizeof(summand));
    }
    return graph->failed != LK_OK
               ? NULL
               : lk_graph_add(graph, &lk_running_sum_op, name, count, inputs, 2, parameters, self);
}

/* The nodes of the modelled fields; how many there are. */
static int32_t list_values(const lk_graph *graph, lk_node *nodes[LK_FIELDS_MOST]) {
    int32_t count = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (graph->fields[f].role == LK_MODELLED) {
            nodes[count++] = graph->fields[f].node;
        }
    }
    return count;
}

lk_node *lk_running_sum(lk_graph *graph, const char *name, lk_running_sum_options options) {
    lk_node *values[LK_FIELDS_MOST];
    int32_t count = list_values(graph, values);
    return graph->failed != LK_OK ? NULL : make(graph, name, values, count, false, &options);
}

lk_node *lk_sum_of_known(lk_graph *graph, const char *name, lk_node *const *known,
                         lk_running_sum_options options) {
    lk_node *values[LK_FIELDS_MOST];
    int32_t count = list_values(graph, values);
    return graph->failed != LK_OK ? NULL : make(graph, name, known, count, true, &options);
}
