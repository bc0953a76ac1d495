/* The same dense layer at every cell (a 1x1 convolution): out[c][o] = bias[o] + sum_k in[c][k]
 * weight[k][o], k ascending. The rows of one product are all (cell, example) pairs, so a whole
 * sequence is one large product. The weights stand as [in][out], so that a single row can be
 * multiplied with them where they lie. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "kernels/few.h"
#include "kernels/outer.h"
#include "ops/rules.h"

#define COLUMNS_PER_PIECE 128
#define FEW_SUMS 8192 /* floats of weights that stay in the first cache */
#define ROWS_PER_PIECE 16

typedef struct dense {
    int64_t channels;
} dense;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const dense *self = node->settings;
    node->cells = node->inputs[0]->cells;
    node->channels = self->channels;
    return LK_OK;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    (void)cell;
    return node->inputs[0]->channels * node->channels;
}

/* A step's: bias and weights as they lie. */
static void few(const lk_task *task, const float *in, int64_t rows, float *out) {
    int64_t from = task->node->inputs[0]->channels, to = task->node->channels;
    const lk_quantized *q = lk_task_quantized(task, 0);
    const lk_few_run run = {in, task->parameter[0], from, q != NULL ? q->value : NULL};
    const lk_few_call call = {
        .rows = rows,
        .columns = to,
        .run = &run,
        .runs = 1,
        .a_stride = from,
        .b_stride = to,
        .c_stride = to,
        .c = out,
        .start = task->parameter[1],
        .unit = q != NULL ? q->unit : NULL,
    };
    lk_few_run_on(task->pool, task->kernels, &call);
}

/* Cells [first, first + count), which lie one after another. */
static bool forward_run(const lk_task *task, int64_t first, int64_t count) {
    int64_t from = task->node->inputs[0]->channels, to = task->node->channels;
    if ((lk_task_quantized(task, 0) != NULL && lk_few8_suits(count * task->batch, to)) ||
        lk_few_suits(count * task->batch, to, from) ||
        lk_few_suits_far(count * task->batch, to, from)) {
        few(task, task->in[0] + first * task->batch * from, count * task->batch,
            task->out + first * task->batch * to);
        return true;
    }
    lk_product product = {
        .rows = count * task->batch,
        .columns = to,
        .depth = from,
        .a = {task->in[0] + first * task->batch * from, from, 1, NULL, NULL},
        .b = {task->parameter[0], to, 1, NULL, NULL},
        .c = task->out + first * task->batch * to,
        .c_row_stride = to,
        .c_column_stride = 1,
        .start = LK_START_ROW,
        .bias = task->parameter[1],
    };
    return lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

static bool forward(const lk_task *task) {
    if (task->cell_count == task->node->cells) {
        return forward_run(task, 0, task->cell_count);
    }
    bool made = true;
    for (int64_t i = 0, run; i < task->cell_count && made; i += run) {
        for (run = 1; i + run < task->cell_count && task->cells[i + run] == task->cells[i] + run;
             run++) {
        }
        made = forward_run(task, task->cells[i], run);
    }
    return made;
}

/* din[c][k] += sum_o dout[c][o] weight[k][o], o ascending. */
static bool backward_input(const lk_task *task) {
    int64_t from = task->node->inputs[0]->channels, to = task->node->channels;
    int64_t first = task->first_cell * task->batch;
    lk_product product = {
        .rows = task->cell_count * task->batch,
        .columns = from,
        .depth = to,
        .a = {task->dout + first * to, to, 1, NULL, NULL},
        .b = {task->parameter[0], 1, to, NULL, NULL},
        .c = task->din[0] + first * from,
        .c_row_stride = from,
        .c_column_stride = 1,
        .start = lk_din_fresh(task, 0) ? LK_START_ZERO : LK_START_C,
    };
    return lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

/* Some rows of a weight gradient of few sums, whose terms are read where they lie. */
typedef struct few_sums {
    const lk_task *task;
    int64_t pieces;
} few_sums;

static void backward_few_sums(void *argument, int64_t piece, int worker) {
    (void)worker;
    const few_sums *f = argument;
    const lk_task *task = f->task;
    int64_t from = task->node->inputs[0]->channels, to = task->node->channels;
    int64_t row = piece * from / f->pieces, rows = (piece + 1) * from / f->pieces - row;
    int64_t first = task->first_cell * task->batch;
    const lk_outer_run all = {first, first, task->cell_count * task->batch};
    const lk_outer outer = {
        .rows = rows,
        .columns = to,
        .a = task->in[0] + row,
        .b = task->dout,
        .a_stride = from,
        .b_stride = to,
        .c = task->dparameter[0] + row * to,
        .c_stride = to,
        .run = &all,
        .runs = 1,
        .fetches = true,
    };
    if (task->fresh[0]) {
        memset(outer.c, 0, (size_t)(rows * to) * sizeof(float));
    }
    lk_outer_add(&outer, task->kernels);
}

/* dweight[k][o] = sum over (cell, example), ascending, of in[c][k] dout[c][o]. */
static bool backward_weight(const lk_task *task) {
    int64_t from = task->node->inputs[0]->channels, to = task->node->channels;
    int64_t first = task->first_cell * task->batch;
    if (from * to <= FEW_SUMS) {
        int64_t threads = task->pool != NULL ? lk_pool_threads(task->pool) : 1;
        int64_t most = (from + ROWS_PER_PIECE - 1) / ROWS_PER_PIECE;
        few_sums f = {task, threads < most ? threads : most};
        lk_pool_run(task->pool, f.pieces, backward_few_sums, &f);
        return true;
    }
    lk_product product = {
        .rows = from,
        .columns = to,
        .depth = task->cell_count * task->batch,
        .a = {task->in[0] + first * from, 1, from, NULL, NULL},
        .b = {task->dout + first * to, to, 1, NULL, NULL},
        .c = task->dparameter[0],
        .c_row_stride = to,
        .c_column_stride = 1,
        .start = task->fresh[0] ? LK_START_ZERO : LK_START_C,
    };
    return lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

/* Some columns of dbias[o] = sum over (cell, example), ascending, of dout[c][o]. */
static void backward_bias(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_task *task = argument;
    int64_t channels = task->node->channels, first = piece * COLUMNS_PER_PIECE;
    int64_t before = task->first_cell * task->batch;
    int64_t here = channels - first < COLUMNS_PER_PIECE ? channels - first : COLUMNS_PER_PIECE;
    float *sum = task->dparameter[1] + first;
    if (task->fresh[1]) {
        memset(sum, 0, (size_t)here * sizeof(float));
    }
    task->kernels->add_rows(sum, task->dout + before * channels + first,
                            task->cell_count * task->batch, channels, here);
}

static bool backward(const lk_task *task) {
    int64_t pieces = (task->node->channels + COLUMNS_PER_PIECE - 1) / COLUMNS_PER_PIECE;
    lk_pool_run(task->pool, pieces, backward_bias, (void *)task);
    return backward_weight(task) && (task->din[0] == NULL || backward_input(task));
}

const lk_op lk_dense_op = {
    .name = "dense",
    .definition = "out[c][o] = bias[o] + sum_k in[c][k] weight[k][o]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_inputs,
    .sets_fresh = true,
};

static lk_status declare(lk_graph *graph, const char *name, int64_t from, int64_t to, lk_init init,
                         int32_t parameters[2]) {
    char text[256];
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_graph_declare(graph, text, from, to, init, &parameters[0]));
    snprintf(text, sizeof text, "%s.bias", name);
    return lk_graph_declare(graph, text, to, 1, LK_INIT_ZERO, &parameters[1]);
}

static lk_node *make(lk_graph *graph, const char *name, lk_node *input, int64_t channels,
                     lk_init init) {
    LK_REQUIRE(channels >= 1);
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    int32_t parameters[2];
    graph->failed = declare(graph, name, input->channels, channels, init, parameters);
    dense *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (graph->failed != LK_OK || self == NULL) {
        graph->failed =
            graph->failed != LK_OK ? graph->failed : lk_fail_no_memory(graph->context, name, 32);
        return NULL;
    }
    *self = (dense){channels};
    return lk_graph_add(graph, &lk_dense_op, name, 1, &input, 2, parameters, self);
}

lk_node *lk_dense(lk_graph *graph, const char *name, lk_node *input, int64_t channels) {
    return make(graph, name, input, channels, LK_INIT_GLOROT);
}

lk_node *lk_dense_from_zero(lk_graph *graph, const char *name, lk_node *input, int64_t channels) {
    return make(graph, name, input, channels, LK_INIT_ZERO);
}
