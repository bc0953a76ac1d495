/* Long short-term memory (Hochreiter and Schmidhuber, Neural Computation 1997, with the forget gate of Gers, Schmidhuber and Cummins,
 * 2000), without peepholes:
 *
 *   [i f o g]_t = x_t + U h_{t-1};   i, f, o = sigmoid(i, f, o);   g = tanh(g);   c_t = f c_{t-1} + i g;   h_t = o tanh(c_t)
 *
 * Each product and each sum of c_t and h_t is rounded. A cell holds [h | c | i f o g]: readers take h; the next step reads h and c;
 * backward reads the gates instead of computing them again. */
#include "ops/recurrent.h"

#include "base/arena.h"

enum { GATES = 4, SLOTS = 6, H = 0, C = 1, I = 2, F = 3, O = 4, G = 5 };

typedef struct step {
    const lk_task *task;
    int64_t cell;
    float *dgates;  /* of this cell */
    float *dh, *dc; /* what the step after gives h and c; dc receives what this one gives the step before */
    float *scratch; /* [batch][3 * width] */
} step;

static void gates_ahead(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const lk_task *task = s->task;
    const lk_recurrent *self = task->node->settings;
    const int64_t w = self->width, before = task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        float *v = task->out + (s->cell * task->batch + n) * SLOTS * w;
        task->kernels->sigmoid(v + I * w, v + I * w, 3 * w);
        task->kernels->tanh(v + G * w, v + G * w, w);
        for (int64_t u = 0; u < w; u++) {
            v[C * w + u] = v[I * w + u] * v[G * w + u];
        }
        for (int64_t u = 0; u < w && s->cell > 0; u++) {
            v[C * w + u] = v[F * w + u] * v[C * w + u - before] + v[C * w + u];
        }
        task->kernels->tanh(v + H * w, v + C * w, w);
        for (int64_t u = 0; u < w; u++) {
            v[H * w + u] *= v[O * w + u];
        }
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
        made = s.cell == 0 || lk_recurrent_ahead(task, &gates, value - floats, stride, value + I * self->width, stride);
        lk_recurrent_examples(task, gates_ahead, &s);
    }
    return made;
}

/* The derivatives of one example's step, with what its own channels receive (d) besides. */
static void example_back(const step *s, int64_t n) {
    const lk_task *task = s->task;
    const lk_recurrent *self = task->node->settings;
    const int64_t w = self->width, row = s->cell * task->batch + n, before = task->batch * SLOTS * w;
    const float *v = task->out + row * SLOTS * w, *d = task->dout + row * SLOTS * w;
    float *da = s->dgates + n * GATES * w, *dh = s->dh + n * w, *dc = s->dc + n * w;
    float *tanh_c = s->scratch + n * w;
    task->kernels->tanh(tanh_c, v + C * w, w);
    for (int64_t u = 0; u < w; u++) {
        float i = v[I * w + u], f = v[F * w + u], o = v[O * w + u], g = v[G * w + u];
        float c_before = s->cell > 0 ? v[C * w + u - before] : 0.0f;
        float h = dh[u] + d[H * w + u], y = tanh_c[u];
        float c = dc[u] + d[C * w + u] + h * o * (1.0f - y * y);
        da[0 * w + u] = (c * g + d[I * w + u]) * (i * (1.0f - i));
        da[1 * w + u] = (c * c_before + d[F * w + u]) * (f * (1.0f - f));
        da[2 * w + u] = (h * y + d[O * w + u]) * (o * (1.0f - o));
        da[3 * w + u] = (c * i + d[G * w + u]) * (1.0f - g * g);
        dc[u] = c * f;
        dh[u] = 0.0f;
    }
}

static void gates_back(void *argument, int64_t first, int64_t last) {
    for (int64_t n = first; n < last; n++) {
        example_back(argument, n);
    }
}

static bool steps_back(const lk_task *task, float *dgates, float *scratch) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width, each = task->batch * w;
    lk_recurrent_gates gates = {0, GATES, task->workspace, LK_B_KEEP};
    bool made = true;
    for (int64_t t = task->node->cells - 1; t >= task->first_cell && made; t--) {
        step s = {task, t, dgates + t * GATES * each, scratch, scratch + each, scratch + 2 * each};
        lk_recurrent_examples(task, gates_back, &s);
        made = t == task->first_cell || lk_recurrent_back(task, &gates, s.dgates, GATES * w, s.dh, w);
    }
    return made;
}

static bool backward(const lk_task *task) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width, rows = task->node->cells * task->batch;
    float *dgates = lk_allocate((rows * GATES + task->batch * 3) * w, sizeof *dgates);
    if (dgates == NULL) {
        return false;
    }
    lk_recurrent_gates gates = {.first = 0, .count = GATES};
    bool made =
        steps_back(task, dgates, dgates + rows * GATES * w) &&
        lk_recurrent_weight(task, gates, rows - task->batch, task->out, SLOTS * w, dgates + task->batch * GATES * w);
    lk_recurrent_give_input(task, dgates);
    lk_release(dgates);
    return made;
}

const lk_op lk_recurrent_lstm_op = {
    .name = "recurrent LSTM",
    .definition = "[i f o g] = x[t] + U h[t-1]; c = sig(f) c[t-1] + sig(i) tanh(g); h = sig(o) tanh(c)",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = lk_recurrent_shape,
    .reads = lk_recurrent_reads,
    .recurrent = true,
    .alike = true,
    .multiply_adds = lk_recurrent_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_recurrent_lstm(lk_graph *graph, const char *name, lk_node *x) {
    return lk_recurrent_make(graph, &lk_recurrent_lstm_op, name, x, GATES, SLOTS);
}
