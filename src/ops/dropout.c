/* Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 2014), inverted: in
 * training a value is zeroed with probability `rate`, the others are divided by 1 - rate
 * (ops/drop.h). */
#include "ops/drop.h"
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

typedef struct dropout {
    lk_drop drop;
    bool locked; /* the same channels at all cells (Gal and Ghahramani, NIPS 2016) */
} dropout;

/* Factors drawn at a time. */
#define DRAWN 256

/* to[i] = factor[i] * from[i], or added to what is there. What is dropped is 0 whatever it was. */
static void apply(const lk_task *task, int32_t cell, const float *from, float *to, bool add) {
    const dropout *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels,
            before = task->first_example * task->node->channels;
    for (int64_t i = 0; i < floats; i += DRAWN) {
        float factor[DRAWN];
        int64_t here = floats - i < DRAWN ? floats - i : DRAWN;
        lk_drop_draw(&self->drop, task, self->locked ? 0 : cell, before + i, here, factor);
        (add ? task->kernels->drop_add : task->kernels->drop)(to + i, factor, from + i, here);
    }
}

static void forward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    if (task->training) {
        apply(task, cell, task->in[0] + at, task->out + at, false);
    } else {
        memcpy(task->out + at, task->in[0] + at, (size_t)floats * sizeof(float));
    }
}

static bool forward(const lk_task *task) {
    return lk_run_values(task, forward_values);
}

static void backward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    if (task->training) {
        apply(task, cell, task->dout + at, task->din[0] + at, true);
    } else {
        task->kernels->add(task->din[0] + at, task->dout + at, floats);
    }
}

static bool backward(const lk_task *task) {
    return task->din[0] == NULL || lk_run_values(task, backward_values);
}

const lk_op lk_dropout_op = {
    .name = "dropout",
    .definition =
        "out[c] = in[c]; in training in[c] / (1 - rate) with probability 1 - rate, else 0",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_shape_like_input,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
};

static lk_node *make(lk_graph *graph, lk_node *input, double rate, bool locked) {
    dropout *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    *self = (dropout){lk_drop_make(rate), locked};
    return lk_graph_add(graph, &lk_dropout_op, NULL, 1, &input, 0, NULL, self);
}

lk_node *lk_dropout(lk_graph *graph, lk_node *input, double rate) {
    return make(graph, input, rate, false);
}

lk_node *lk_locked_dropout(lk_graph *graph, lk_node *input, double rate) {
    return make(graph, input, rate, true);
}
