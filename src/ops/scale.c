/* out = scale in + shift, elementwise: symbols become numbers near 0, as a convolution wants them. One fused multiply-add. */
#include <math.h>

#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct scaling {
    float scale, shift;
} scaling;

static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const scaling *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int64_t at = task->cells[i] * floats;
        for (int64_t k = 0; k < floats; k++) {
            task->out[at + k] = fmaf(self->scale, task->in[0][at + k], self->shift);
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

static void backward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const scaling *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        int64_t at = task->cells[i] * floats;
        task->kernels->axpy(task->din[0] + at, self->scale, task->dout + at, floats);
    }
}

static bool backward(const lk_task *task) {
    if (task->din[0] != NULL) {
        lk_run_cells(task, task->batch * task->node->channels, backward_cells);
    }
    return true;
}

const lk_op lk_scale_op = {
    .name = "scale",
    .definition = "out[c] = scale in[c] + shift",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_shape_like_input,
    .reads = lk_reads_same_cell,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_scale(lk_graph *graph, lk_node *input, float scale, float shift) {
    scaling *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    *self = (scaling){scale, shift};
    return lk_graph_add(graph, &lk_scale_op, NULL, 1, &input, 0, NULL, self);
}
