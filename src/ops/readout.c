/* Outputs with weights of their own, each of which reads one cell: out[i] = bias[i] + weight[i] .
 * in[cell[i]]. The logits of NADE (Larochelle, Murray, AISTATS 2011), whose variable v reads the
 * hidden layer of its own rank.
 *
 * A dot product is 16 interleaved chains (kernels/kernels.h, dots): a cell has one output or a few,
 * and no other outputs beside them to fill a register with. Backward goes by
 * input cells, whose readers (the variables of one rank, the symbols of one variable) come in
 * ascending order. */
#include <stdio.h>
#include <string.h>

#include "ops/ops.h"
#include "ops/pieces.h"

typedef struct readout {
    int64_t count;
    int32_t *cell;    /* [count] */
    int32_t *readers; /* [count]: outputs by the cell that they read, ascending */
    int64_t *begin;   /* [input cells + 1]: those of cell c are readers[begin[c] ..) */
} readout;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    const readout *self = node->settings;
    node->cells = self->count;
    node->channels = 1;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const readout *self = node->settings;
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = self->cell[cell], .count = 1};
    return 1;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    (void)cell;
    return node->inputs[0]->channels;
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const readout *self = task->node->settings;
    int64_t channels = task->node->inputs[0]->channels, batch = task->batch;
    for (int64_t k = first; k < last; k++) {
        int64_t i = task->cells[k];
        task->kernels->dots(task->out + i * batch, task->parameter[1][i],
                            task->parameter[0] + i * channels,
                            task->in[0] + self->cell[i] * batch * channels, batch, channels);
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->inputs[0]->channels, forward_cells);
    return true;
}

/* din += weight dout; dweight += in dout, examples ascending. */
static void backward_output(const lk_task *task, int64_t i) {
    const readout *self = task->node->settings;
    int64_t channels = task->node->inputs[0]->channels, batch = task->batch;
    int64_t at = self->cell[i] * batch * channels;
    const float *weight = task->parameter[0] + i * channels, *dout = task->dout + i * batch;
    float *dweight = task->dparameter[0] + i * channels;
    if (task->fresh[0]) {
        memset(dweight, 0, (size_t)channels * sizeof *dweight);
    }
    for (int64_t n = 0; n < batch; n++) {
        if (task->din[0] != NULL) {
            task->kernels->axpy(task->din[0] + at + n * channels, dout[n], weight, channels);
        }
        task->kernels->axpy(dweight, dout[n], task->in[0] + at + n * channels, channels);
    }
    float sum = task->kernels->sum(dout, batch);
    task->dparameter[1][i] = task->fresh[1] ? sum : task->dparameter[1][i] + sum;
}

/* Of input cells [first, last). */
static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const readout *self = task->node->settings;
    int64_t floats = task->batch * task->node->inputs[0]->channels;
    for (int64_t c = first; c < last; c++) {
        if (task->din[0] != NULL) {
            lk_begin_din(task, 0, c * floats, floats);
        }
        for (int64_t k = self->begin[c]; k < self->begin[c + 1]; k++) {
            backward_output(task, self->readers[k]);
        }
    }
}

static bool backward(const lk_task *task) {
    const readout *self = task->node->settings;
    const lk_node *input = task->node->inputs[0];
    int64_t outputs_per_cell = (self->count + input->cells - 1) / input->cells;
    lk_run_range(task, input->cells, 2 * outputs_per_cell * task->batch * input->channels,
                 backward_cells);
    return true;
}

const lk_op lk_readout_op = {
    .name = "readout",
    .definition = "out[i] = bias[i] + weight[i] . in[cell[i]]",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .sets_fresh = true,
};

/* ---- maker ----------------------------------------------------------------------------------- */

/* Counts the readers of each cell, then lists them. */
static void list_readers(readout *self, int64_t cells) {
    for (int64_t i = 0; i < self->count; i++) {
        self->begin[self->cell[i] + 1]++;
    }
    for (int64_t c = 0; c < cells; c++) {
        self->begin[c + 1] += self->begin[c];
    }
    for (int64_t i = 0; i < self->count; i++) {
        self->readers[self->begin[self->cell[i]]++] = (int32_t)i;
    }
    for (int64_t c = cells; c > 0; c--) {
        self->begin[c] = self->begin[c - 1];
    }
    self->begin[0] = 0;
}

static readout *make_settings(lk_graph *graph, int64_t cells, const int32_t *cell, int64_t count) {
    readout *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->count = count;
    self->cell = lk_arena_take(graph->arena, count, sizeof *self->cell);
    self->readers = lk_arena_take(graph->arena, count, sizeof *self->readers);
    self->begin = lk_arena_take(graph->arena, cells + 1, sizeof *self->begin);
    if (self->cell == NULL || self->readers == NULL || self->begin == NULL) {
        return NULL;
    }
    memcpy(self->cell, cell, (size_t)count * sizeof *cell);
    list_readers(self, cells);
    return self;
}

static lk_status declare(lk_graph *graph, const char *name, int64_t count, int64_t channels,
                         lk_init init, int32_t parameters[2]) {
    char text[256];
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_graph_declare(graph, text, count, channels, init, &parameters[0]));
    snprintf(text, sizeof text, "%s.bias", name);
    return lk_graph_declare(graph, text, count, 1, LK_INIT_ZERO, &parameters[1]);
}

lk_node *lk_readout(lk_graph *graph, const char *name, lk_node *input, const int32_t *cell,
                    int64_t count, lk_init init) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        LK_REQUIRE(cell[i] >= 0 && cell[i] < input->cells);
    }
    int32_t parameters[2];
    graph->failed = declare(graph, name, count, input->channels, init, parameters);
    readout *self = graph->failed == LK_OK ? make_settings(graph, input->cells, cell, count) : NULL;
    if (graph->failed == LK_OK && self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, count * (int64_t)sizeof *cell);
    }
    return graph->failed != LK_OK
               ? NULL
               : lk_graph_add(graph, &lk_readout_op, name, 1, &input, 2, parameters, self);
}
