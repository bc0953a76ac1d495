/* out[t] = in[t - by] along a sequence of cells; before the start, t < by, a constant or a trained
 * vector: "what came before the first symbol". It is what makes the prediction of a cell see only
 * those before it. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct shift {
    int64_t by;
    float constant;
    bool trained;
} shift;

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    node->cells = node->inputs[0]->cells;
    node->channels = node->inputs[0]->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const shift *self = node->settings;
    (void)input;
    (void)most;
    if (cell < self->by) {
        return 0;
    }
    spans[0] = (lk_span){.first = cell - self->by, .count = 1};
    return 1;
}

static int64_t reach(const lk_node *node) {
    const shift *self = node->settings;
    return self->by;
}

static void begin_cell(const lk_task *task, float *out) {
    const shift *self = task->node->settings;
    int64_t channels = task->node->channels;
    for (int64_t n = 0; n < task->batch; n++) {
        for (int64_t c = 0; c < channels; c++) {
            out[n * channels + c] = self->trained ? task->parameter[0][c] : self->constant;
        }
    }
}

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const shift *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        float *out = task->out + task->cells[i] * floats;
        if (task->cells[i] < self->by) {
            begin_cell(task, out);
        } else {
            memcpy(out, task->in[0] + (task->cells[i] - self->by) * floats,
                   (size_t)floats * sizeof(float));
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

/* The start vector's gradient: over the cells before the start, ascending, and their examples,
 * ascending. */
static void backward_start(const lk_task *task) {
    const shift *self = task->node->settings;
    int64_t channels = task->node->channels, last = task->first_cell + task->cell_count;
    int64_t rows = (self->by < last ? self->by : last) * task->batch;
    if (task->fresh[0]) {
        memset(task->dparameter[0], 0, (size_t)channels * sizeof(float));
    }
    for (int64_t row = task->first_cell * task->batch; row < rows; row++) {
        task->kernels->add(task->dparameter[0], task->dout + row * channels, channels);
    }
}

static bool backward(const lk_task *task) {
    const shift *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    int64_t first = task->first_cell > self->by ? task->first_cell : self->by;
    int64_t kept = task->first_cell + task->cell_count - first;
    if (self->trained) {
        backward_start(task);
    }
    if (task->din[0] != NULL && kept > 0) {
        task->kernels->add(task->din[0] + (first - self->by) * floats, task->dout + first * floats,
                           kept * floats);
    }
    return true;
}

const lk_op lk_shift_op = {
    .name = "shift",
    .definition = "out[t] = in[t - by]; a constant or start for t < by",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .reach = reach,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
};

static lk_node *make(lk_graph *graph, const char *name, lk_node *input, shift settings) {
    LK_REQUIRE(settings.by >= 0);
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    int32_t parameter = 0;
    if (settings.trained) {
        char text[256];
        snprintf(text, sizeof text, "%s.start", name);
        graph->failed = lk_graph_declare(graph, text, input->channels, 1, LK_INIT_ZERO, &parameter);
    }
    shift *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (graph->failed != LK_OK || self == NULL) {
        graph->failed =
            graph->failed != LK_OK ? graph->failed : lk_fail_no_memory(graph->context, "shift", 32);
        return NULL;
    }
    *self = settings;
    return lk_graph_add(graph, &lk_shift_op, name, 1, &input, settings.trained ? 1 : 0, &parameter,
                        self);
}

lk_node *lk_shift(lk_graph *graph, lk_node *input, int64_t by, float constant) {
    return make(graph, NULL, input, (shift){by, constant, false});
}

lk_node *lk_shift_from_start(lk_graph *graph, const char *name, lk_node *input, int64_t by) {
    return make(graph, name, input, (shift){by, 0.0f, true});
}
