/* Masked linear layer: out[u] = bias[u] + sum_{k : ready(k) <= limit[u]} weight[u][k] in[k].
 *
 * MADE: Masked Autoencoder for Distribution Estimation (Germain, Gregor, Murray, Larochelle, ICML
 * 2015), equations 8 to 13. There a mask is a matrix of zeros and ones; here it is one number for
 * each unit, the latest ready step that the unit may read, and the mask never exists: with the
 * input cells in order of their ready steps a unit reads a prefix of them, and with the units in
 * that order too the prefixes only grow. The product then is a staircase, and what the mask would
 * zero is never multiplied. */
#include <stdio.h>
#include <string.h>

#include "ops/ops.h"
#include "ops/rules.h"
#include "ops/pieces.h"

typedef struct masked_linear {
    int64_t units;
    int32_t *limit;   /* [units] */
    int32_t *prefix;  /* [units]: how many of the input's by_ready cells unit u reads */
    int32_t *stairs;  /* [units]: prefix in the order of the node's by_ready, nondecreasing */
    int32_t *readers; /* [input cells]: position in by_ready of the first unit that reads the
                         input's by_ready[k] */
    bool bias;
    bool input_in_order, units_in_order; /* by_ready is 0, 1, 2, ... */
    bool live; /* the parameter's `live` is this mask: gradients outside are never touched */
} masked_linear;

static int32_t readable(const lk_node *input, int32_t limit) {
    int32_t low = 0, high = (int32_t)input->cells;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (input->ready[input->by_ready[middle]] <= limit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool in_order(const int32_t *order, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (order[i] != i) {
            return false;
        }
    }
    return true;
}

static lk_status shape(lk_context *context, lk_node *node) {
    masked_linear *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->channels != 1) {
        return lk_fail(context, LK_INVALID,
                       "node %s: a masked linear layer reads cells of 1 channel, not %lld",
                       node->name, (long long)input->channels);
    }
    for (int64_t u = 0; u < self->units; u++) {
        self->prefix[u] = readable(input, self->limit[u]);
    }
    node->cells = self->units;
    node->channels = 1;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)input;
    (void)most;
    const masked_linear *self = node->settings;
    spans[0] = (lk_span){.first = 0, .count = self->prefix[cell], .by = node->inputs[0]->by_ready};
    return 1;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const masked_linear *self = node->settings;
    return self->prefix[cell];
}

static bool forward(const lk_task *task) {
    const lk_node *node = task->node, *input = node->inputs[0];
    const masked_linear *self = node->settings;
    int64_t first = task->cells - node->by_ready;
    bool whole = first == 0 && task->cell_count == node->cells;
    const int32_t *inputs = self->input_in_order ? NULL : input->by_ready;
    const int32_t *units = whole && self->units_in_order ? NULL : task->cells;
    lk_product product = {
        .rows = task->cell_count,
        .columns = task->batch,
        .depth = self->stairs[first + task->cell_count - 1],
        .a = {task->parameter[0], input->cells, 1, units, inputs},
        .b = {task->in[0], task->batch, 1, inputs, NULL},
        .c = task->out,
        .c_row_stride = task->batch,
        .c_column_stride = 1,
        .c_row_index = units,
        .start = self->bias ? LK_START_BIAS : LK_START_ZERO,
        .bias = self->bias ? task->parameter[1] : NULL,
        .depth_end = self->stairs + first,
    };
    return lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

/* din[k] += sum_u weight[u][k] dout[u], over the units that read k, in order of (ready(u), u). */
static bool backward_input(const lk_task *task) {
    const lk_node *node = task->node, *input = node->inputs[0];
    const masked_linear *self = node->settings;
    const int32_t *inputs = self->input_in_order ? NULL : input->by_ready;
    const int32_t *units = self->units_in_order ? NULL : node->by_ready;
    lk_product product = {
        .rows = self->stairs[node->cells - 1],
        .columns = task->batch,
        .depth = node->cells,
        .a = {task->parameter[0], 1, input->cells, inputs, units},
        .b = {task->dout, task->batch, 1, units, NULL},
        .c = task->din[0],
        .c_row_stride = task->batch,
        .c_column_stride = 1,
        .c_row_index = inputs,
        .start = LK_START_C,
        .depth_begin = self->readers,
    };
    return product.rows == 0 ||
           lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

/* dweight[u][k] = sum_n dout[u][n] in[k][n], for k that u reads. */
static bool backward_weight(const lk_task *task) {
    const lk_node *node = task->node, *input = node->inputs[0];
    const masked_linear *self = node->settings;
    const int32_t *inputs = self->input_in_order ? NULL : input->by_ready;
    const int32_t *units = self->units_in_order ? NULL : node->by_ready;
    if (task->fresh[0] && !self->live) {
        memset(task->dparameter[0], 0, (size_t)(node->cells * input->cells) * sizeof(float));
    }
    lk_product product = {
        .rows = node->cells,
        .columns = self->stairs[node->cells - 1],
        .depth = task->batch,
        .a = {task->dout, task->batch, 1, units, NULL},
        .b = {task->in[0], 1, task->batch, NULL, inputs},
        .c = task->dparameter[0],
        .c_row_stride = input->cells,
        .c_column_stride = 1,
        .c_row_index = units,
        .c_column_index = inputs,
        .start = task->fresh[0] ? LK_START_ZERO : LK_START_C,
        .column_end = self->stairs,
    };
    return product.columns == 0 ||
           lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

static void backward_bias(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    for (int64_t i = first; i < last; i++) {
        int32_t unit = task->cells[i];
        float sum = task->kernels->sum(task->dout + unit * task->batch, task->batch);
        task->dparameter[1][unit] = task->fresh[1] ? sum : task->dparameter[1][unit] + sum;
    }
}

static bool backward(const lk_task *task) {
    const masked_linear *self = task->node->settings;
    if (self->bias) {
        lk_run_cells(task, task->batch, backward_bias);
    }
    return backward_weight(task) && (task->din[0] == NULL || backward_input(task));
}

const lk_op lk_masked_linear_op = {
    .name = "masked linear",
    .definition =
        "out[u] = bias[u] + sum_k weight[u][k] in[k] over the k with ready(k) <= limit[u]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_inputs,
};

/* ---- maker ----------------------------------------------------------------------------------- */

static masked_linear *make_settings(lk_graph *graph, int64_t units, int64_t inputs,
                                    const int32_t *limit) {
    masked_linear *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->units = units;
    self->limit = lk_arena_take(graph->arena, units, sizeof(int32_t));
    self->prefix = lk_arena_take(graph->arena, units, sizeof(int32_t));
    self->stairs = lk_arena_take(graph->arena, units, sizeof(int32_t));
    self->readers = lk_arena_take(graph->arena, inputs, sizeof(int32_t));
    if (self->limit == NULL || self->prefix == NULL || self->stairs == NULL ||
        self->readers == NULL) {
        return NULL;
    }
    for (int64_t u = 0; u < units; u++) {
        self->limit[u] = limit == NULL ? INT32_MAX : limit[u];
    }
    return self;
}

static void make_stairs(lk_node *node) {
    masked_linear *self = node->settings;
    const lk_node *input = node->inputs[0];
    int64_t k = 0;
    for (int64_t i = 0; i < node->cells; i++) {
        self->stairs[i] = self->prefix[node->by_ready[i]];
        for (; k < self->stairs[i]; k++) {
            self->readers[k] = (int32_t)i;
        }
    }
    for (; k < input->cells; k++) {
        self->readers[k] = (int32_t)node->cells;
    }
    self->input_in_order = in_order(input->by_ready, input->cells);
    self->units_in_order = in_order(node->by_ready, node->cells);
}

/* With one mask and inputs in order, a row's weights outside the mask are its last ones, and stay
 * zero for ever. */
static bool mark_live(lk_graph *graph, lk_node *node) {
    masked_linear *self = node->settings;
    lk_parameter *weight = &graph->parameters->list[node->parameters[0]];
    if (!self->input_in_order) {
        return true;
    }
    size_t bytes = (size_t)weight->rows * sizeof *weight->live;
    if (graph->parameters->frozen) { /* another ordering masks otherwise */
        self->live = weight->live != NULL && memcmp(weight->live, self->prefix, bytes) == 0;
        return true;
    }
    weight->live = weight->live != NULL ? weight->live : lk_allocate(weight->rows, sizeof(int32_t));
    if (weight->live == NULL) {
        return false;
    }
    memcpy(weight->live, self->prefix, bytes);
    self->live = true;
    return true;
}

static lk_status declare(lk_graph *graph, const char *name, int64_t units, int64_t inputs,
                         lk_linear_options options, int32_t parameters[2]) {
    char text[256];
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_graph_declare(graph, text, units, inputs, options.init, &parameters[0]));
    snprintf(text, sizeof text, "%s.bias", name);
    return options.bias ? lk_graph_declare(graph, text, units, 1, LK_INIT_ZERO, &parameters[1])
                        : LK_OK;
}

lk_node *lk_masked_linear(lk_graph *graph, const char *name, lk_node *input, int64_t units,
                          const int32_t *limit, lk_linear_options options) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    int32_t parameters[2];
    graph->failed = declare(graph, name, units, input->cells, options, parameters);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    masked_linear *self = make_settings(graph, units, input->cells, limit);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, units * (int64_t)sizeof(int32_t));
        return NULL;
    }
    self->bias = options.bias;
    lk_node *node = lk_graph_add(graph, &lk_masked_linear_op, name, 1, &input, options.bias ? 2 : 1,
                                 parameters, self);
    if (node != NULL) {
        make_stairs(node);
        if (options.sole && !mark_live(graph, node)) {
            graph->failed =
                lk_fail_no_memory(graph->context, name, units * (int64_t)sizeof(int32_t));
            return NULL;
        }
    }
    return node;
}

lk_node *lk_dense_linear(lk_graph *graph, const char *name, lk_node *input, int64_t units,
                         lk_linear_options options) {
    return lk_masked_linear(graph, name, input, units, NULL, options);
}
