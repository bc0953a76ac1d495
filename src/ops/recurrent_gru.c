/* Gated recurrent unit (Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio, EMNLP
 * 2014, equations 5 to 8), the reset gate before the product:
 *
 *   z = sigmoid(x_z + U_z h_{t-1});   r = sigmoid(x_r + U_r h_{t-1});   q = r h_{t-1};   n =
 *     tanh(x_n + U_n q)
 *   h_t = z h_{t-1} + (1 - z) n
 *
 * Each product and each sum of q and h_t is rounded. A cell holds [h | z r n | q]; readers take
 * h. */
#include "ops/recurrent.h"

#include "base/arena.h"

enum { GATES = 3, SLOTS = 5, H = 0, Z = 1, R = 2, N = 3, Q = 4 };

typedef struct step {
    const lk_task *task;
    int64_t cell;
    float *dgates; /* of this cell */
    float *dh; /* what the step after gives h; receives what this one gives the step before, but for
                  the products */
    float *dq;
} step;

static const float *value_of(const step *s, int64_t n) {
    return s->task->out + (s->cell * s->task->batch + n) * s->task->node->channels;
}

static int64_t width_of(const step *s) {
    const lk_recurrent *self = s->task->node->settings;
    return self->width;
}

static void reset_ahead(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const int64_t w = width_of(s), before = s->task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        float *v = s->task->out + (s->cell * s->task->batch + n) * SLOTS * w;
        s->task->kernels->sigmoid(v + Z * w, v + Z * w, 2 * w);
        for (int64_t u = 0; u < w; u++) {
            v[Q * w + u] = s->cell > 0 ? v[R * w + u] * v[H * w + u - before] : 0.0f;
        }
    }
}

static void update_ahead(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const int64_t w = width_of(s), before = s->task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        float *v = s->task->out + (s->cell * s->task->batch + n) * SLOTS * w;
        s->task->kernels->tanh(v + N * w, v + N * w, w);
        for (int64_t u = 0; u < w; u++) {
            v[H * w + u] = (1.0f - v[Z * w + u]) * v[N * w + u];
        }
        for (int64_t u = 0; u < w && s->cell > 0; u++) {
            v[H * w + u] = v[Z * w + u] * v[H * w + u - before] + v[H * w + u];
        }
    }
}

/* The two products alternate: each keeps its part of U packed in a workspace of its own. */
static bool steps_ahead(const lk_task *task, lk_workspace *second) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width, stride = SLOTS * w, floats = task->batch * stride;
    lk_reuse reuse = task->cell_count > 1 ? LK_B_KEEP : LK_B_ONCE;
    lk_recurrent_gates zr = {0, 2, task->workspace, reuse}, candidate = {2, 1, second, reuse};
    bool made = true;
    for (int64_t i = 0; i < task->cell_count && made; i++) {
        step s = {.task = task, .cell = task->cells[i]};
        float *v = task->out + s.cell * floats;
        made = s.cell == 0 || lk_recurrent_ahead(task, &zr, v - floats, stride, v + Z * w, stride);
        lk_recurrent_examples(task, reset_ahead, &s);
        made = made && (s.cell == 0 ||
                        lk_recurrent_ahead(task, &candidate, v + Q * w, stride, v + N * w, stride));
        lk_recurrent_examples(task, update_ahead, &s);
    }
    return made;
}

static bool forward(const lk_task *task) {
    lk_workspace *second = lk_workspace_create();
    lk_recurrent_take_input(task, Z);
    bool made = second != NULL && steps_ahead(task, second);
    lk_workspace_destroy(second);
    return made;
}

/* Through the last equation: z and n; dq begins with what q's own channels receive. */
static void update_back(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const int64_t w = width_of(s), before = s->task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        const float *v = value_of(s, n), *d = s->task->dout + (v - s->task->out);
        float *da = s->dgates + n * GATES * w, *dh = s->dh + n * w, *dq = s->dq + n * w;
        for (int64_t u = 0; u < w; u++) {
            float z = v[Z * w + u], candidate = v[N * w + u], h = dh[u] + d[H * w + u];
            float h_before = s->cell > 0 ? v[H * w + u - before] : 0.0f;
            da[0 * w + u] = 0.0f + (h * (h_before - candidate) + d[Z * w + u]) * (z * (1.0f - z));
            da[2 * w + u] = 0.0f + (h * (1.0f - z) + d[N * w + u]) * (1.0f - candidate * candidate);
            dh[u] = h * z;
            dq[u] = d[Q * w + u];
        }
    }
}

/* Through q = r h_{t-1}. */
static void reset_back(void *argument, int64_t first, int64_t last) {
    const step *s = argument;
    const int64_t w = width_of(s), before = s->task->batch * SLOTS * w;
    for (int64_t n = first; n < last; n++) {
        const float *v = value_of(s, n), *d = s->task->dout + (v - s->task->out);
        float *da = s->dgates + n * GATES * w, *dh = s->dh + n * w, *dq = s->dq + n * w;
        for (int64_t u = 0; u < w; u++) {
            float r = v[R * w + u], h_before = s->cell > 0 ? v[H * w + u - before] : 0.0f;
            da[1 * w + u] = 0.0f + (dq[u] * h_before + d[R * w + u]) * (r * (1.0f - r));
            dh[u] = dq[u] * r + dh[u];
        }
    }
}

static bool steps_back(const lk_task *task, float *dgates, float *scratch, lk_workspace *second) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width, each = task->batch * w;
    lk_recurrent_gates zr = {0, 2, task->workspace, LK_B_KEEP},
                       candidate = {2, 1, second, LK_B_KEEP};
    bool made = true;
    for (int64_t i = task->cell_count - 1; i >= 0 && made; i--) {
        step s = {task, task->first_cell + i, dgates + i * GATES * each, scratch, scratch + each};
        lk_recurrent_examples(task, update_back, &s);
        made = s.cell == 0 ||
               lk_recurrent_back(task, &candidate, s.dgates + 2 * w, GATES * w, s.dq, w);
        lk_recurrent_examples(task, reset_back, &s);
        made = made && (i == 0 || lk_recurrent_back(task, &zr, s.dgates, GATES * w, s.dh, w));
    }
    return made;
}

static bool backward(const lk_task *task) {
    const lk_recurrent *self = task->node->settings;
    int64_t w = self->width;
    float *states, *dgates = lk_recurrent_dgates(task, 2, &states);
    lk_workspace *second = lk_workspace_create();
    bool made = dgates != NULL && second != NULL;
    if (made) {
        lk_recurrent_gates zr = {.first = 0, .count = 2}, candidate = {.first = 2, .count = 1};
        made = steps_back(task, dgates, states, second) &&
               lk_recurrent_weight(task, zr, task->out + H * w, 1, dgates) &&
               lk_recurrent_weight(task, candidate, task->out + Q * w, 0, dgates);
        lk_recurrent_give_input(task, dgates);
    }
    lk_workspace_destroy(second);
    return made;
}

const lk_op lk_recurrent_gru_op = {
    .name = "recurrent GRU",
    .definition =
        "z, r = sig(x[t] + U h[t-1]); n = tanh(x[t] + U (r h[t-1])); h[t] = z h[t-1] + (1 - z) n",
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

lk_node *lk_recurrent_gru(lk_graph *graph, const char *name, lk_node *x) {
    return lk_recurrent_make(graph, &lk_recurrent_gru_op, name, x, GATES, SLOTS);
}
