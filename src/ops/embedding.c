/* out[c] = row in[c] of a table [rows][channels] that all cells share. It is the product of a
 * matrix with a one-hot vector, without the zeros: with as many channels as a layer has units it is
 * that layer, read from symbols. The symbols are data: nothing stands before them that could want a
 * gradient. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "ops/pieces.h"
#include "ops/rules.h"

/* Columns of the table that one piece of backward sums: it walks over all symbols. */
#define COLUMNS_PER_PIECE 128

typedef struct embedding {
    int64_t rows;
    int64_t channels;
} embedding;

static lk_status shape(lk_context *context, lk_node *node) {
    const embedding *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->channels != 1 || input->needs_gradient) {
        return lk_fail(context, LK_INVALID, "node %s: an embedding reads data cells", node->name);
    }
    node->cells = input->cells;
    node->channels = self->channels;
    return LK_OK;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    int64_t channels = task->node->channels, batch = task->batch;
    for (int64_t i = first; i < last; i++) {
        for (int64_t row = task->cells[i] * batch; row < (task->cells[i] + 1) * batch; row++) {
            memcpy(task->out + row * channels,
                   task->parameter[0] + (int64_t)task->in[0][row] * channels,
                   (size_t)channels * sizeof(float));
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

/* Some columns of the table; each row's sum goes over cells, then examples, ascending. */
static void backward_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_task *task = argument;
    int64_t channels = task->node->channels, rows = task->cell_count * task->batch;
    int64_t before = task->first_cell * task->batch;
    int64_t first = piece * COLUMNS_PER_PIECE;
    int64_t here = channels - first < COLUMNS_PER_PIECE ? channels - first : COLUMNS_PER_PIECE;
    for (int64_t row = before; row < before + rows; row++) {
        float *sum = task->dparameter[0] + (int64_t)task->in[0][row] * channels + first;
        task->kernels->add(sum, task->dout + row * channels + first, here);
    }
}

static bool backward(const lk_task *task) {
    const lk_node *node = task->node;
    const embedding *self = node->settings;
    LK_REQUIRE(task->din[0] == NULL);
    if (task->fresh[0]) {
        memset(task->dparameter[0], 0, (size_t)(self->rows * node->channels) * sizeof(float));
    }
    lk_pool_run(task->pool, (node->channels + COLUMNS_PER_PIECE - 1) / COLUMNS_PER_PIECE,
                backward_piece, (void *)task);
    return true;
}

const lk_op lk_embedding_op = {
    .name = "embedding",
    .definition = "out[c] = table[in[c]]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_embedding(lk_graph *graph, const char *name, lk_node *input, int64_t rows,
                      int64_t channels) {
    LK_REQUIRE(rows >= 1 && channels >= 1);
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    char text[256];
    int32_t parameter;
    snprintf(text, sizeof text, "%s.table", name);
    graph->failed = lk_graph_declare(graph, text, rows, channels, LK_INIT_GLOROT, &parameter);
    embedding *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (graph->failed != LK_OK || self == NULL) {
        graph->failed =
            graph->failed != LK_OK ? graph->failed : lk_fail_no_memory(graph->context, name, 32);
        return NULL;
    }
    *self = (embedding){rows, channels};
    return lk_graph_add(graph, &lk_embedding_op, name, 1, &input, 1, &parameter, self);
}
