/* Long short-term memory (Hochreiter and Schmidhuber, Neural Computation 1997, with the forget gate
 * of Gers, Schmidhuber and Cummins, 2000), without peepholes:
 *
 *   [i f o g]_t = x_t + U h_{t-1};   i, f, o = sigmoid(i, f, o);   g = tanh(g);   c_t = f c_{t-1} +
 *     i g;   h_t = o tanh(c_t)
 *
 * The arithmetic and the slots of a cell are those of kernels/lstm_cell.h; what is dropped of an
 * update is drawn again on the way back. */
#include "ops/recurrent.h"

#include <string.h>

#include "base/arena.h"

enum { GATES = LK_LSTM_GATES, SLOTS = LK_LSTM_SLOTS, H = LK_LSTM_H, C = LK_LSTM_C, I = LK_LSTM_I };

typedef struct step {
    const lk_task *task;
    int64_t cell;
    float *dgates;  /* of this cell */
    float *dh, *dc; /* what the step after gives h and c; dc receives what this one gives the step
                       before */
} step;

/* What this training step keeps of the updates of an example's cell, written to `place`; NULL:
 * everything. */
static const float *drawn(const lk_task *task, int64_t cell, int64_t n, float *place) {
    const lk_recurrent *self = task->node->settings;
    if (!task->training || self->drop.threshold == 0) {
        return NULL;
    }
    lk_drop_draw(&self->drop, task, cell, (task->first_example + n) * self->width, self->width,
                 place);
    return place;
}

static void gates_ahead(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const lk_task *task = s->task;
    const lk_recurrent *self = task->node->settings;
    const int64_t w = self->width, before = task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        float *v = task->out + (s->cell * task->batch + n) * SLOTS * w;
        const float *keep = drawn(task, s->cell, n, v + H * w);
        task->kernels->lstm_cell(v, s->cell > 0 ? v + C * w - before : NULL, keep, w);
    }
}

static bool forward(const lk_task *task) {
    const lk_recurrent *self = task->node->settings;
    int64_t stride = SLOTS * self->width, floats = task->batch * stride;
    lk_reuse reuse = task->cell_count > 1 ? LK_B_KEEP : LK_B_ONCE;
    lk_recurrent_gates gates = {0, GATES, task->workspace, reuse};
    bool made = true;
    lk_recurrent_take_input(task, I);
    for (int64_t i = 0; i < task->cell_count && made; i++) {
        step s = {.task = task, .cell = task->cells[i]};
        float *value = task->out + s.cell * floats;
        made = s.cell == 0 || lk_recurrent_ahead(task, &gates, value - floats, stride,
                                                 value + I * self->width, stride);
        lk_recurrent_examples(task, gates_ahead, &s);
    }
    return made;
}

static void gates_back(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const lk_task *task = s->task;
    const lk_recurrent *self = task->node->settings;
    const int64_t w = self->width, before = task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        int64_t at = (s->cell * task->batch + n) * SLOTS * w;
        const float *v = task->out + at;
        float *dgates = s->dgates + n * GATES * w;
        const lk_lstm_cell cell = {
            .value = v,
            .dvalue = task->dout + at,
            .c_before = s->cell > 0 ? v + C * w - before : NULL,
            .keep = drawn(task, s->cell, n, dgates + (GATES - 1) * w),
            .dh = s->dh + n * w,
            .dc = s->dc + n * w,
            .dgates = dgates,
            .dc_before = s->dc + n * w,
        };
        task->kernels->lstm_cell_backward(&cell, w);
        memset(s->dh + n * w, 0, (size_t)w * sizeof *s->dh);
    }
}

static bool steps_back(const lk_task *task, float *dgates, float *scratch) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width, each = task->batch * w;
    lk_recurrent_gates gates = {0, GATES, task->workspace, LK_B_KEEP};
    bool made = true;
    for (int64_t i = task->cell_count - 1; i >= 0 && made; i--) {
        step s = {task, task->first_cell + i, dgates + i * GATES * each, scratch, scratch + each};
        lk_recurrent_examples(task, gates_back, &s);
        made = i == 0 || lk_recurrent_back(task, &gates, s.dgates, GATES * w, s.dh, w);
    }
    return made;
}

static bool backward(const lk_task *task) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width;
    float *states, *dgates = lk_recurrent_dgates(task, 2, &states);
    if (dgates == NULL) {
        return false;
    }
    lk_recurrent_gates gates = {.first = 0, .count = GATES};
    bool made = steps_back(task, dgates, states) &&
                lk_recurrent_weight(task, gates, task->out + H * w, 1, dgates);
    lk_recurrent_give_input(task, dgates);
    return made;
}

const lk_op lk_recurrent_lstm_op = {
    .name = "recurrent LSTM",
    .definition =
        "[i f o g] = x[t] + U h[t-1]; c = sig(f) c[t-1] + sig(i) tanh(g); h = sig(o) tanh(c)",
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

lk_node *lk_recurrent_lstm(lk_graph *graph, const char *name, lk_node *x) {
    return lk_recurrent_make(graph, &lk_recurrent_lstm_op, name, x, GATES, SLOTS);
}

void lk_recurrent_lstm_drop(lk_node *lstm, double rate) {
    if (lstm != NULL) {
        LK_REQUIRE(lstm->op == &lk_recurrent_lstm_op);
        lk_recurrent *self = lstm->settings;
        self->drop = lk_drop_make(rate);
    }
}
