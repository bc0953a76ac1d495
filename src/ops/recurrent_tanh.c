/* The simple recurrent step (Elman, Finding structure in time, Cognitive Science 1990): h_t =
 * tanh(x_t + U h_{t-1}). */
#include "ops/recurrent.h"

#include <string.h>

#include "base/arena.h"

enum { GATES = 1, SLOTS = 1 };

static bool forward(const lk_task *task) {
    int64_t floats = task->batch * task->node->channels;
    lk_reuse reuse = task->cell_count > 1 ? LK_B_KEEP : LK_B_ONCE;
    lk_recurrent_gates gates = {0, GATES, task->workspace, reuse};
    bool made = true;
    lk_recurrent_take_input(task, 0);
    for (int64_t i = 0; i < task->cell_count && made; i++) {
        float *h = task->out + task->cells[i] * floats;
        made = task->cells[i] == 0 ||
               lk_recurrent_ahead(task, &gates, h - floats, task->node->channels, h,
                                  task->node->channels);
        task->kernels->tanh(h, h, floats);
    }
    return made;
}

/* dgates of all cells, the last first; dh holds what the step after gives h. */
static bool steps_back(const lk_task *task, float *dgates, float *dh) {
    int64_t width = task->node->channels, floats = task->batch * width;
    lk_recurrent_gates gates = {0, GATES, task->workspace, LK_B_KEEP};
    bool made = true;
    for (int64_t i = task->cell_count - 1; i >= 0 && made; i--) {
        int64_t at = (task->first_cell + i) * floats;
        task->kernels->add(dh, task->dout + at, floats);
        task->kernels->tanh_backward(dgates + i * floats, true, task->out + at, dh, floats);
        memset(dh, 0, (size_t)floats * sizeof *dh);
        made = i == 0 || lk_recurrent_back(task, &gates, dgates + i * floats, width, dh, width);
    }
    return made;
}

static bool backward(const lk_task *task) {
    float *states, *dgates = lk_recurrent_dgates(task, 1, &states);
    if (dgates == NULL) {
        return false;
    }
    lk_recurrent_gates gates = {.first = 0, .count = GATES};
    bool made =
        steps_back(task, dgates, states) && lk_recurrent_weight(task, gates, task->out, 1, dgates);
    lk_recurrent_give_input(task, dgates);
    return made;
}

const lk_op lk_recurrent_tanh_op = {
    .name = "recurrent tanh",
    .definition = "h[t] = tanh(x[t] + U h[t-1])",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_recurrent_shape,
    .reads = lk_recurrent_reads,
    .recurrent = true,
    .alike = true,
    .multiply_adds = lk_recurrent_multiply_adds,
    .forward = forward,
    .backward = backward,
    .sets_fresh = true,
};

lk_node *lk_recurrent_tanh(lk_graph *graph, const char *name, lk_node *x) {
    return lk_recurrent_make(graph, &lk_recurrent_tanh_op, name, x, GATES, SLOTS);
}
