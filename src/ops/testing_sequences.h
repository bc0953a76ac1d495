/* Sequences of cells: embedding, shift, dense layers, recurrent steps, each as its paper writes it,
 * in double. Included by ops/testing_cases.h only. */
#ifndef LK_OPS_TESTING_SEQUENCES_H
#define LK_OPS_TESTING_SEQUENCES_H

#include "ops/drop.h"
#include "ops/testing.h"

static inline lk_node *make_channels(lk_graph *graph, lk_node *const *source) {
    return lk_channels(graph, source[0], 2, 3);
}

static inline void reference_channels(const lk_node *node, double *const *in,
                                      double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = in[0][i / 3 * node->inputs[0]->channels + 2 + i % 3];
    }
}

static inline lk_node *make_shift(lk_graph *graph, lk_node *const *source) {
    return lk_shift(graph, source[0], 2, 0.25f);
}

static inline lk_node *make_shift_data(lk_graph *graph, lk_node *const *source) {
    return lk_shift(graph, source[0], 1, (float)TESTING_ALPHABET);
}

static inline lk_node *make_shift_far(lk_graph *graph, lk_node *const *source) {
    return lk_shift(graph, source[0], 9, 0.0f);
}

static inline lk_node *make_shift_start(lk_graph *graph, lk_node *const *source) {
    return lk_shift_from_start(graph, "shift", source[0], 3);
}

static inline lk_node *make_shift_start_far(lk_graph *graph, lk_node *const *source) {
    return lk_shift_from_start(graph, "shift", source[0], 9);
}

static inline void testing_shift(const lk_node *node, int64_t by, double constant,
                                 double *const *in, double *const *parameter, int64_t batch,
                                 double *out) {
    int64_t each = batch * node->channels;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        double start = node->parameter_count > 0 ? parameter[0][i % node->channels] : constant;
        out[i] = i / each < by ? start : in[0][i - by * each];
    }
}

#define TESTING_SHIFT(name, by, constant)                                                       \
    static inline void reference_##name(const lk_node *node, double *const *in,                 \
                                        double *const *parameter, int64_t batch, double *out) { \
        testing_shift(node, by, constant, in, parameter, batch, out);                           \
    }
TESTING_SHIFT(shift, 2, 0.25)
TESTING_SHIFT(shift_data, 1, TESTING_ALPHABET)
TESTING_SHIFT(shift_far, 9, 0)
TESTING_SHIFT(shift_start, 3, 0)

static inline lk_node *make_embedding(lk_graph *graph, lk_node *const *source) {
    return lk_embedding(graph, "embedding", source[0], TESTING_ALPHABET, 5);
}

static inline lk_node *make_embedding_wide(lk_graph *graph, lk_node *const *source) {
    return lk_embedding(graph, "embedding", source[0], TESTING_ALPHABET + 2, 200);
}

static inline void reference_embedding(const lk_node *node, double *const *in,
                                       double *const *parameter, int64_t batch, double *out) {
    int64_t channels = node->channels;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = parameter[0][(int64_t)in[0][i / channels] * channels + i % channels];
    }
}

static inline lk_node *make_dense_cells(lk_graph *graph, lk_node *const *source) {
    return lk_dense(graph, "dense", source[0], 5);
}

static inline lk_node *make_dense_cells_wide(lk_graph *graph, lk_node *const *source) {
    return lk_dense(graph, "dense", source[0], 131);
}

static inline void reference_dense_cells(const lk_node *node, double *const *in,
                                         double *const *parameter, int64_t batch, double *out) {
    int64_t from = node->inputs[0]->channels, to = node->channels;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = parameter[1][i % to];
        for (int64_t k = 0; k < from; k++) {
            out[i] += in[0][i / to * from + k] * parameter[0][k * to + i % to];
        }
    }
}

/* ---- recurrent steps ------------------------------------------------------------------------- */

static inline double testing_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* x[gate][unit] + sum_k h[k] U[k][gate][unit] */
static inline double testing_gate(const double *x, const double *h, const double *u, int64_t width,
                                  int64_t gates, int64_t gate, int64_t unit) {
    double sum = x[gate * width + unit];
    for (int64_t k = 0; k < width; k++) {
        sum += h[k] * u[k * gates * width + gate * width + unit];
    }
    return sum;
}

static inline void testing_tanh_step(const double *x, const double *before, const double *u,
                                     int64_t w, double *out) {
    for (int64_t j = 0; j < w; j++) {
        out[j] = tanh(testing_gate(x, before, u, w, 1, 0, j));
    }
}

/* out and before: [h | c | i f o g]; keep NULL: everything */
static inline void testing_lstm_keep(const double *x, const double *before, const double *u,
                                     int64_t w, const float *keep, double *out) {
    for (int64_t j = 0; j < w; j++) {
        double i = testing_sigmoid(testing_gate(x, before, u, w, 4, 0, j));
        double f = testing_sigmoid(testing_gate(x, before, u, w, 4, 1, j));
        double o = testing_sigmoid(testing_gate(x, before, u, w, 4, 2, j));
        double g = tanh(testing_gate(x, before, u, w, 4, 3, j));
        double c = f * before[w + j] + i * g * (keep != NULL ? (double)keep[j] : 1.0);
        double slots[] = {o * tanh(c), c, i, f, o, g};
        for (int s = 0; s < 6; s++) {
            out[s * w + j] = slots[s];
        }
    }
}

static inline void testing_lstm_step(const double *x, const double *before, const double *u,
                                     int64_t w, double *out) {
    testing_lstm_keep(x, before, u, w, NULL, out);
}

/* out and before: [h | z r n | q] */
static inline void testing_gru_step(const double *x, const double *before, const double *u,
                                    int64_t w, double *out) {
    for (int64_t j = 0; j < w; j++) {
        out[w + j] = testing_sigmoid(testing_gate(x, before, u, w, 3, 0, j));
        out[2 * w + j] = testing_sigmoid(testing_gate(x, before, u, w, 3, 1, j));
        out[4 * w + j] = out[2 * w + j] * before[j];
    }
    for (int64_t j = 0; j < w; j++) {
        double z = out[w + j], n = tanh(testing_gate(x, out + 4 * w, u, w, 3, 2, j));
        out[3 * w + j] = n;
        out[j] = z * before[j] + (1 - z) * n;
    }
}

typedef void testing_step(const double *x, const double *before, const double *u, int64_t width,
                          double *out);

static inline void testing_recurrent(const lk_node *node, double *const *in,
                                     double *const *parameter, int64_t batch, double *out,
                                     int64_t slots, testing_step *step) {
    int64_t width = node->channels / slots, from = node->inputs[0]->channels;
    double *zero = calloc((size_t)node->channels, sizeof *zero);
    for (int64_t row = 0; row < node->cells * batch; row++) {
        const double *before = row < batch ? zero : out + (row - batch) * node->channels;
        step(in[0] + row * from, before, parameter[0], width, out + row * node->channels);
    }
    free(zero);
}

#define TESTING_RECURRENT(name, slots)                                                      \
    static inline lk_node *make_recurrent_##name(lk_graph *graph, lk_node *const *source) { \
        return lk_recurrent_##name(graph, #name, source[0]);                                \
    }                                                                                       \
    static inline void reference_recurrent_##name(const lk_node *node, double *const *in,   \
                                                  double *const *parameter, int64_t batch,  \
                                                  double *out) {                            \
        testing_recurrent(node, in, parameter, batch, out, slots, testing_##name##_step);   \
    }
TESTING_RECURRENT(tanh, 1)
TESTING_RECURRENT(gru, 5)
TESTING_RECURRENT(lstm, 6)

#define TESTING_DROPPED 0.4

static inline lk_node *make_recurrent_lstm_dropped(lk_graph *graph, lk_node *const *source) {
    lk_node *lstm = lk_recurrent_lstm(graph, "lstm", source[0]);
    lk_recurrent_lstm_drop(lstm, TESTING_DROPPED);
    return lstm;
}

static inline void reference_recurrent_lstm_dropped(const lk_node *node, double *const *in,
                                                    double *const *parameter, int64_t batch,
                                                    double *out) {
    int64_t width = node->channels / 6, from = node->inputs[0]->channels;
    const lk_task task = testing_drawing(node);
    const lk_drop drop = lk_drop_make(TESTING_DROPPED);
    double *zero = calloc((size_t)node->channels, sizeof *zero);
    float *keep = calloc((size_t)(batch * width), sizeof *keep);
    for (int64_t row = 0; row < node->cells * batch; row++) {
        if (row % batch == 0) {
            lk_drop_draw(&drop, &task, row / batch, 0, batch * width, keep);
        }
        const double *before = row < batch ? zero : out + (row - batch) * node->channels;
        testing_lstm_keep(in[0] + row * from, before, parameter[0], width,
                          keep + row % batch * width, out + row * node->channels);
    }
    free(keep);
    free(zero);
}

#endif
