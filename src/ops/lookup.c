/* Conditional probability tables: out[t] = table[row_begin[t] + index], where index = sum_j
 * x[parent j] * (the product of the alphabets of the parents after j) numbers the settings of table
 * t's parents, the first parent most significant. One cell a table; a table without parents is one
 * row, the same for all examples: a histogram. All tables stand one after another in the parameter
 * NAME.table [rows][channels]. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "ops/pieces.h"
#include "ops/rules.h"

/* More rows than this is a mistake: 2^28 rows of one float are a gigabyte. */
#define ROWS_MOST ((int64_t)1 << 28)

typedef struct lookup {
    int64_t tables;
    int64_t *parent_begin; /* [tables + 1]: table t's parents are parent[parent_begin[t] ..
                              parent_begin[t + 1]) */
    int32_t *parent;       /* cells of the input */
    int64_t *row_begin;    /* [tables + 1] */
    int32_t alphabet;
    const int32_t *alphabets; /* of the input's cells, where they differ; else NULL */
    int64_t channels;
} lookup;

static int64_t alphabet_of(const lookup *self, int32_t cell) {
    return self->alphabets != NULL ? self->alphabets[cell] : self->alphabet;
}

static lk_status shape(lk_context *context, lk_node *node) {
    const lookup *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->channels != 1 || input->needs_gradient) {
        return lk_fail(context, LK_INVALID, "node %s: tables are looked up by data cells",
                       node->name);
    }
    for (int64_t i = 0; i < self->parent_begin[self->tables]; i++) {
        if (self->parent[i] < 0 || self->parent[i] >= input->cells) {
            return lk_fail(context, LK_INVALID, "node %s reads cell %d of %s, which has %lld",
                           node->name, self->parent[i], input->name, (long long)input->cells);
        }
    }
    node->cells = self->tables;
    node->channels = self->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const lookup *self = node->settings;
    (void)input;
    (void)most;
    int64_t begin = self->parent_begin[cell], count = self->parent_begin[cell + 1] - begin;
    spans[0] = (lk_span){.first = begin, .count = count, .by = self->parent};
    return 1;
}

/* The row that example n looks up. */
static int64_t row_of(const lk_task *task, int64_t table, int64_t n) {
    const lookup *self = task->node->settings;
    int64_t index = 0;
    for (int64_t i = self->parent_begin[table]; i < self->parent_begin[table + 1]; i++) {
        int64_t symbol = (int64_t)task->in[0][self->parent[i] * task->batch + n];
        index = index * alphabet_of(self, self->parent[i]) + symbol;
    }
    return self->row_begin[table] + index;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t channels = task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int32_t cell = task->cells[i];
        for (int64_t n = 0; n < task->batch; n++) {
            memcpy(task->out + (cell * task->batch + n) * channels,
                   task->parameter[0] + row_of(task, cell, n) * channels,
                   (size_t)channels * sizeof(float));
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

/* dtable[row] += dout[t], example after example: each table's rows belong to one cell, so cells may
 * run side by side. */
static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const lookup *self = task->node->settings;
    int64_t channels = task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int32_t cell = task->cells[i];
        float *table = task->dparameter[0] + self->row_begin[cell] * channels;
        int64_t rows = self->row_begin[cell + 1] - self->row_begin[cell];
        if (task->fresh[0]) {
            memset(table, 0, (size_t)(rows * channels) * sizeof(float));
        }
        for (int64_t n = 0; n < task->batch; n++) {
            task->kernels->add(task->dparameter[0] + row_of(task, cell, n) * channels,
                               task->dout + (cell * task->batch + n) * channels, channels);
        }
    }
}

static bool backward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, backward_cells);
    return true;
}

const lk_op lk_lookup_op = {
    .name = "lookup",
    .definition = "out[t] = table[t][the values of t's parents]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

/* ---- maker ----------------------------------------------------------------------------------- */

/* Rows of one table; above ROWS_MOST: too many. */
static int64_t rows_of(const lookup *self, int64_t table) {
    int64_t rows = 1;
    for (int64_t i = self->parent_begin[table]; i < self->parent_begin[table + 1]; i++) {
        int64_t alphabet = alphabet_of(self, self->parent[i]);
        rows = rows > ROWS_MOST / alphabet ? ROWS_MOST + 1 : rows * alphabet;
    }
    return rows;
}

/* Of all tables, whose first rows are noted; -1: too many. */
static int64_t number_rows(lookup *self) {
    int64_t total = 0;
    for (int64_t t = 0; t < self->tables; t++) {
        self->row_begin[t] = total;
        total += rows_of(self, t);
        if (total > ROWS_MOST) {
            return -1;
        }
    }
    self->row_begin[self->tables] = total;
    return total;
}

static lookup *make_settings(lk_graph *graph, int64_t tables, const int64_t *parent_begin,
                             const int32_t *parent, int32_t alphabet, int64_t channels) {
    lookup *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    int64_t parents = parent_begin == NULL ? 0 : parent_begin[tables];
    *self = (lookup){.tables = tables, .alphabet = alphabet, .channels = channels};
    self->parent_begin = lk_arena_take(graph->arena, tables + 1, sizeof *self->parent_begin);
    self->row_begin = lk_arena_take(graph->arena, tables + 1, sizeof *self->row_begin);
    self->parent = lk_arena_take(graph->arena, parents, sizeof *self->parent);
    if (self->parent_begin == NULL || self->row_begin == NULL || self->parent == NULL) {
        return NULL;
    }
    if (parents > 0) {
        memcpy(self->parent_begin, parent_begin, (size_t)(tables + 1) * sizeof *parent_begin);
        memcpy(self->parent, parent, (size_t)parents * sizeof *parent);
    }
    return self;
}

lk_node *lk_lookup(lk_graph *graph, const char *name, lk_node *input, int64_t tables,
                   const int64_t *parent_begin, const int32_t *parent, int32_t alphabet,
                   int64_t channels) {
    LK_REQUIRE(tables >= 1 && alphabet >= 1 && channels >= 1);
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    lookup *self = make_settings(graph, tables, parent_begin, parent, alphabet, channels);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, tables * (int64_t)sizeof(int64_t));
        return NULL;
    }
    const lk_field *field = lk_graph_field_of(graph, input);
    self->alphabets = field != NULL ? field->alphabets : NULL;
    int64_t rows = number_rows(self);
    if (rows < 0) {
        graph->failed =
            lk_fail(graph->context, LK_INVALID, "node %s: the tables have more than %lld rows",
                    name, (long long)ROWS_MOST);
        return NULL;
    }
    char text[256];
    snprintf(text, sizeof text, "%s.table", name);
    int32_t parameter;
    graph->failed = lk_graph_declare(graph, text, rows, channels, LK_INIT_ZERO, &parameter);
    return graph->failed != LK_OK
               ? NULL
               : lk_graph_add(graph, &lk_lookup_op, name, 1, &input, 1, &parameter, self);
}
