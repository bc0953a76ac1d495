/* out = scale in + shift, elementwise: symbols become numbers near 0, as a convolution wants them.
 * One fused multiply-add. */
#include <math.h>

#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct scaling {
    float scale, shift;
} scaling;

static void forward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    const scaling *self = task->node->settings;
    for (int64_t k = 0; k < floats; k++) {
        task->out[at + k] = fmaf(self->scale, task->in[0][at + k], self->shift);
    }
}

static void backward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels, floats = rows * task->node->channels;
    const scaling *self = task->node->settings;
    task->kernels->axpy(task->din[0] + at, self->scale, task->dout + at, floats);
}

const lk_op lk_scale_op = {
    .name = "scale",
    .definition = "out[c] = scale in[c] + shift",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_shape_like_input,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = lk_forward_rows,
    .backward = lk_backward_rows,
    .keeps = lk_keeps_nothing,
    .forward_rows = forward_rows,
    .backward_rows = backward_rows,
    .in_place = true,
};

lk_node *lk_scale(lk_graph *graph, lk_node *input, float scale, float shift) {
    scaling *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    *self = (scaling){scale, shift};
    return lk_graph_add(graph, &lk_scale_op, NULL, 1, &input, 0, NULL, self);
}
