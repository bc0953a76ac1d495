#include "ops/recurrent.h"

#include <stdio.h>
#include <string.h>

#include "kernels/few.h"
#include "ops/pieces.h"
#include "ops/rules.h"

/* About 10 microseconds of exponentials. */
#define UNITS_PER_PIECE 2048
#define FLOATS_PER_PIECE 16384

lk_status lk_recurrent_shape(lk_context *context, lk_node *node) {
    const lk_recurrent *self = node->settings;
    const lk_node *x = node->inputs[0];
    if (x->channels != self->gates * self->width) {
        return lk_fail(context, LK_INVALID, "node %s: %s has %lld channels, which are not %d gates",
                       node->name, x->name, (long long)x->channels, self->gates);
    }
    node->cells = x->cells;
    node->channels = self->slots * self->width;
    return LK_OK;
}

int32_t lk_recurrent_reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                           int32_t most) {
    (void)node;
    (void)most;
    if (input < 0 && cell == 0) {
        return 0;
    }
    spans[0] = (lk_span){.first = input < 0 ? cell - 1 : cell, .count = 1};
    return 1;
}

int64_t lk_recurrent_multiply_adds(const lk_node *node, int64_t cell) {
    const lk_recurrent *self = node->settings;
    return cell == 0 ? 0 : self->gates * self->width * self->width;
}

lk_node *lk_recurrent_make(lk_graph *graph, const lk_op *op, const char *name, lk_node *x,
                           int32_t gates, int32_t slots) {
    if (x == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    int64_t width = x->channels / gates;
    char text[256];
    int32_t parameter = 0;
    snprintf(text, sizeof text, "%s.recurrent", name);
    if (width >= 1) { /* else the shape rule refuses it */
        graph->failed =
            lk_graph_declare(graph, text, width, gates * width, LK_INIT_GLOROT, &parameter);
    }
    lk_recurrent *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (graph->failed != LK_OK || self == NULL) {
        graph->failed =
            graph->failed != LK_OK ? graph->failed : lk_fail_no_memory(graph->context, name, 32);
        return NULL;
    }
    *self = (lk_recurrent){width, gates, slots, lk_drop_make(0.0)};
    return lk_graph_add(graph, op, name, 1, &x, 1, &parameter, self);
}

/* ---- products -------------------------------------------------------------------------------- */

static bool run(const lk_task *task, lk_recurrent_gates *gates, lk_product *product) {
    product->rows = task->batch;
    product->c_column_stride = 1;
    product->start = LK_START_C;
    product->b_reuse = gates->reuse;
    gates->reuse = gates->reuse == LK_B_KEEP ? LK_B_KEPT : gates->reuse;
    return lk_product_run(product, task->kernels, task->pool, gates->workspace);
}

/* A single step's, whose U is read where it lies. */
static bool few_ahead(const lk_task *task, const lk_recurrent_gates *gates, const float *from,
                      int64_t from_stride, float *to, int64_t to_stride) {
    const lk_recurrent *self = task->node->settings;
    const int64_t columns = gates->count * self->width;
    const lk_quantized *q = lk_task_quantized(task, 0);
    /* Sums go on from `to` itself, so that no element may be written twice (isa/few.h). */
    const bool suits = q != NULL
                           ? columns % LK_FEW_COLUMNS == 0 && lk_few8_suits(task->batch, columns)
                           : lk_few_suits_far(task->batch, columns, self->width);
    if (gates->reuse != LK_B_ONCE || !suits) {
        return false;
    }
    const int64_t skipped = gates->first * self->width;
    const lk_few_run run = {from, task->parameter[0] + skipped, self->width,
                            q != NULL ? q->value + skipped : NULL};
    const lk_few_call call = {
        .rows = task->batch,
        .columns = columns,
        .run = &run,
        .runs = 1,
        .a_stride = from_stride,
        .b_stride = self->gates * self->width,
        .c_stride = to_stride,
        .c = to,
        .start = to,
        .start_stride = to_stride,
        .unit = q != NULL ? q->unit + skipped : NULL,
    };
    lk_few_run_on(task->pool, task->kernels, &call);
    return true;
}

bool lk_recurrent_ahead(const lk_task *task, lk_recurrent_gates *gates, const float *from,
                        int64_t from_stride, float *to, int64_t to_stride) {
    const lk_recurrent *self = task->node->settings;
    if (few_ahead(task, gates, from, from_stride, to, to_stride)) {
        return true;
    }
    lk_product product = {
        .columns = gates->count * self->width,
        .depth = self->width,
        .a = {from, from_stride, 1, NULL, NULL},
        .b = {task->parameter[0] + gates->first * self->width, self->gates * self->width, 1, NULL,
              NULL},
        .c = to,
        .c_row_stride = to_stride,
    };
    return run(task, gates, &product);
}

bool lk_recurrent_back(const lk_task *task, lk_recurrent_gates *gates, const float *from,
                       int64_t from_stride, float *to, int64_t to_stride) {
    const lk_recurrent *self = task->node->settings;
    lk_product product = {
        .columns = self->width,
        .depth = gates->count * self->width,
        .a = {from, from_stride, 1, NULL, NULL},
        .b = {task->parameter[0] + gates->first * self->width, 1, self->gates * self->width, NULL,
              NULL},
        .c = to,
        .c_row_stride = to_stride,
    };
    return run(task, gates, &product);
}

bool lk_recurrent_weight(const lk_task *task, lk_recurrent_gates gates, const float *from,
                         int64_t before, const float *dgates) {
    const lk_recurrent *self = task->node->settings;
    int64_t all = self->gates * self->width, stride = task->node->channels;
    int64_t first = task->first_cell > 0 ? task->first_cell : 1, skipped = first - task->first_cell;
    lk_product product = {
        .rows = self->width,
        .columns = gates.count * self->width,
        .depth = (task->cell_count - skipped) * task->batch,
        .a = {from + (first - before) * task->batch * stride, 1, stride, NULL, NULL},
        .b = {dgates + skipped * task->batch * all + gates.first * self->width, all, 1, NULL, NULL},
        .c = task->dparameter[0] + gates.first * self->width,
        .c_row_stride = all,
        .c_column_stride = 1,
        .start = task->fresh[0] ? LK_START_ZERO : LK_START_C,
    };
    return lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

/* ---- the rest -------------------------------------------------------------------------------- */

typedef struct take {
    const lk_task *task;
    int32_t slot;
    int64_t cells_per_piece;
} take;

static void take_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const take *t = argument;
    const lk_task *task = t->task;
    const lk_recurrent *self = task->node->settings;
    int64_t from = self->gates * self->width, to = self->slots * self->width;
    int64_t last = (piece + 1) * t->cells_per_piece;
    for (int64_t i = piece * t->cells_per_piece; i < last && i < task->cell_count; i++) {
        for (int64_t row = task->cells[i] * task->batch; row < (task->cells[i] + 1) * task->batch;
             row++) {
            memcpy(task->out + row * to + t->slot * self->width, task->in[0] + row * from,
                   (size_t)from * sizeof(float));
        }
    }
}

void lk_recurrent_take_input(const lk_task *task, int32_t slot) {
    const lk_recurrent *self = task->node->settings;
    int64_t cells = FLOATS_PER_PIECE / (self->gates * self->width * task->batch);
    take t = {task, slot, cells > 0 ? cells : 1};
    lk_pool_run(task->pool, (task->cell_count + t.cells_per_piece - 1) / t.cells_per_piece,
                take_piece, &t);
}

/* Where the gradient of the task's cells of the input stands, if these are the first to give it
 * something: what is written there need not be given. */
static float *fresh_input(const lk_task *task) {
    const lk_recurrent *self = task->node->settings;
    return task->din[0] != NULL && lk_din_fresh(task, 0)
               ? task->din[0] + task->first_cell * task->batch * self->gates * self->width
               : NULL;
}

float *lk_recurrent_dgates(const lk_task *task, int32_t states, float **zeros) {
    const lk_recurrent *self = task->node->settings;
    int64_t each = task->batch * self->width, gates = task->cell_count * self->gates * each;
    float *fresh = fresh_input(task);
    int64_t room = fresh == NULL ? gates : 0;
    float *scratch =
        lk_workspace_scratch(task->workspace, (room + states * each) * (int64_t)sizeof *scratch);
    if (scratch == NULL) {
        return NULL;
    }
    *zeros = scratch + room;
    memset(*zeros, 0, (size_t)(states * each) * sizeof *scratch);
    return fresh != NULL ? fresh : scratch;
}

typedef struct give {
    const lk_task *task;
    const float *dgates;
} give;

static void give_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const give *g = argument;
    const lk_recurrent *self = g->task->node->settings;
    int64_t each = g->task->batch * self->gates * self->width;
    int64_t floats = g->task->cell_count * each, first = piece * FLOATS_PER_PIECE;
    int64_t here = floats - first < FLOATS_PER_PIECE ? floats - first : FLOATS_PER_PIECE;
    int64_t at = g->task->first_cell * each + first;
    g->task->kernels->give(g->task->din[0] + at, lk_din_fresh(g->task, 0), g->dgates + first, here);
}

void lk_recurrent_give_input(const lk_task *task, const float *dgates) {
    const lk_recurrent *self = task->node->settings;
    int64_t floats = task->cell_count * task->batch * self->gates * self->width;
    give g = {task, dgates};
    if (task->din[0] != NULL && dgates != fresh_input(task)) {
        lk_pool_run(task->pool, (floats + FLOATS_PER_PIECE - 1) / FLOATS_PER_PIECE, give_piece, &g);
    }
}

typedef struct row_pieces {
    int64_t rows, each;
    lk_recurrent_step *step;
    void *argument;
} row_pieces;

static void rows_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const row_pieces *r = argument;
    int64_t last = (piece + 1) * r->each;
    r->step(r->argument, piece * r->each, last < r->rows ? last : r->rows);
}

void lk_recurrent_rows(const lk_task *task, int64_t rows, lk_recurrent_step *step, void *argument) {
    const lk_recurrent *self = task->node->settings;
    int64_t each = UNITS_PER_PIECE / self->width;
    row_pieces r = {rows, each > 0 ? each : 1, step, argument};
    lk_pool_run(task->pool, (rows + r.each - 1) / r.each, rows_piece, &r);
}

void lk_recurrent_examples(const lk_task *task, lk_recurrent_step *step, void *argument) {
    lk_recurrent_rows(task, task->batch, step, argument);
}
