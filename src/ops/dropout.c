/* Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 2014), inverted: in training a value is zeroed with
 * probability `rate`, the others are divided by 1 - rate. Who is zeroed is named by (optimizer step, node, cell, example), four examples to
 * one random block, so that it does not depend on threads or schedule, and backward draws the same again instead of keeping it. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#include <string.h>

typedef struct dropout {
    uint32_t threshold; /* a word below it means: zeroed */
    float scale;
    bool locked; /* the same channels at all cells (Gal and Ghahramani, NIPS 2016) */
} dropout;

/* to[i] = kept ? scale * from[i] : 0, or added to what is there. */
static void apply(const lk_task *task, int32_t cell, const float *from, float *to, bool add) {
    const dropout *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels;
    uint64_t a = task->step << 16 | (uint64_t)task->node->index;
    uint64_t b = self->locked ? 0 : (uint64_t)cell << 32;
    for (int64_t i = 0; i < floats; i += 4) {
        uint32_t words[4];
        lk_random_block(task->random, a, b | (uint64_t)(i / 4), words);
        int64_t here = floats - i < 4 ? floats - i : 4;
        for (int64_t k = 0; k < here; k++) {
            float value = words[k] < self->threshold ? 0.0f : self->scale * from[i + k];
            to[i + k] = add ? to[i + k] + value : value;
        }
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
    .definition = "out[c] = in[c]; in training in[c] / (1 - rate) with probability 1 - rate, else 0",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_shape_like_input,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

static lk_node *make(lk_graph *graph, lk_node *input, double rate, bool locked) {
    LK_REQUIRE(rate >= 0.0 && rate < 1.0);
    dropout *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (input == NULL || self == NULL) {
        return NULL;
    }
    self->threshold = (uint32_t)(rate * 4294967296.0);
    self->scale = (float)(1.0 / (1.0 - rate));
    self->locked = locked;
    return lk_graph_add(graph, &lk_dropout_op, NULL, 1, &input, 0, NULL, self);
}

lk_node *lk_dropout(lk_graph *graph, lk_node *input, double rate) {
    return make(graph, input, rate, false);
}

lk_node *lk_locked_dropout(lk_graph *graph, lk_node *input, double rate) {
    return make(graph, input, rate, true);
}
