/* For testing_cases.h: operations whose cells read only themselves, in double. */
#ifndef LK_OPS_TESTING_ELEMENTWISE_H
#define LK_OPS_TESTING_ELEMENTWISE_H

#include "ops/drop.h"
#include "ops/testing.h"

static inline void testing_map(const lk_node *node, const double *in, int64_t batch, double *out,
                               double (*f)(double)) {
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = f(in[i]);
    }
}

#define TESTING_ELEMENTWISE(name, formula)                                                      \
    static inline double testing_f_##name(double x) {                                           \
        return formula;                                                                         \
    }                                                                                           \
    static inline lk_node *make_##name(lk_graph *graph, lk_node *const *source) {               \
        return lk_##name(graph, source[0]);                                                     \
    }                                                                                           \
    static inline void reference_##name(const lk_node *node, double *const *in,                 \
                                        double *const *parameter, int64_t batch, double *out) { \
        (void)parameter;                                                                        \
        testing_map(node, in[0], batch, out, testing_f_##name);                                 \
    }
TESTING_ELEMENTWISE(relu, x > 0 ? x : 0)
TESTING_ELEMENTWISE(tanh, tanh(x))
TESTING_ELEMENTWISE(sigmoid, 1 / (1 + exp(-x)))
TESTING_ELEMENTWISE(softplus, log1p(exp(x)))
TESTING_ELEMENTWISE(elu, x > 0 ? x : expm1(x))
TESTING_ELEMENTWISE(gelu, x / (1 + exp(-1.702 * x)))
TESTING_ELEMENTWISE(gelu_tanh, x *(1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))) / 2)

static inline lk_node *make_scale(lk_graph *graph, lk_node *const *source) {
    return lk_scale(graph, source[0], 0.25f, -1.0f);
}

static inline void reference_scale(const lk_node *node, double *const *in, double *const *parameter,
                                   int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = 0.25 * in[0][i] - 1.0;
    }
}

static inline lk_node *make_add_to_all(lk_graph *graph, lk_node *const *source) {
    return lk_add_to_all(graph, source[0], source[1]);
}

static inline void reference_add_to_all(const lk_node *node, double *const *in,
                                        double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    int64_t floats = batch * node->channels;
    for (int64_t i = 0; i < node->cells * floats; i++) {
        out[i] = in[0][i] + in[1][i % floats];
    }
}

static inline lk_node *make_add(lk_graph *graph, lk_node *const *source) {
    return lk_add(graph, source[0], source[1]);
}

static inline void reference_add(const lk_node *node, double *const *in, double *const *parameter,
                                 int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = in[0][i] + in[1][i];
    }
}

static inline lk_node *make_multiply(lk_graph *graph, lk_node *const *source) {
    return lk_multiply(graph, source[0], source[1]);
}

static inline void reference_multiply(const lk_node *node, double *const *in,
                                      double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = in[0][i] * in[1][i];
    }
}

static inline lk_node *make_gate(lk_graph *graph, lk_node *const *source) {
    return lk_gate(graph, source[0]);
}

static inline void reference_gate(const lk_node *node, double *const *in, double *const *parameter,
                                  int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        int64_t row = i / node->channels, k = i % node->channels;
        const double *x = in[0] + row * 2 * node->channels;
        out[i] = tanh(x[k]) / (1 + exp(-x[node->channels + k]));
    }
}

static inline lk_node *make_gate_linear(lk_graph *graph, lk_node *const *source) {
    return lk_gate_linear(graph, source[0]);
}

static inline void reference_gate_linear(const lk_node *node, double *const *in,
                                         double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        int64_t row = i / node->channels, k = i % node->channels;
        const double *x = in[0] + row * 2 * node->channels;
        out[i] = x[k] / (1 + exp(-x[node->channels + k]));
    }
}

static inline lk_node *make_concat_elu(lk_graph *graph, lk_node *const *source) {
    return lk_concat_elu(graph, source[0]);
}

static inline void reference_concat_elu(const lk_node *node, double *const *in,
                                        double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    int64_t width = node->channels / 2;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        int64_t row = i / node->channels, k = i % node->channels;
        double x = in[0][row * width + k % width] * (k < width ? 1 : -1);
        out[i] = x > 0 ? x : expm1(x);
    }
}

static inline lk_node *make_channel_norm(lk_graph *graph, lk_node *const *source) {
    return lk_channel_norm(graph, "norm", source[0], 1);
}

static inline lk_node *make_channel_norm_groups(lk_graph *graph, lk_node *const *source) {
    return lk_channel_norm(graph, "norm", source[0], 3);
}

static inline void testing_normalise(int64_t groups, const lk_node *node, const double *in,
                                     double *const *parameter, int64_t batch, double *out) {
    int64_t width = node->channels / groups;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        const double *x = in + i / width * width;
        double mean = 0, variance = 0;
        for (int64_t k = 0; k < width; k++) {
            mean += x[k] / (double)width;
        }
        for (int64_t k = 0; k < width; k++) {
            variance += (x[k] - mean) * (x[k] - mean) / (double)width;
        }
        int64_t channel = i % node->channels;
        out[i] =
            parameter[0][channel] * (in[i] - mean) / sqrt(variance + 1e-5) + parameter[1][channel];
    }
}

static inline void reference_channel_norm(const lk_node *node, double *const *in,
                                          double *const *parameter, int64_t batch, double *out) {
    testing_normalise(1, node, in[0], parameter, batch, out);
}

static inline void reference_channel_norm_groups(const lk_node *node, double *const *in,
                                                 double *const *parameter, int64_t batch,
                                                 double *out) {
    testing_normalise(3, node, in[0], parameter, batch, out);
}

/* The factors are drawn as the bench's tasks do; how many are zero is tested apart. */
static inline lk_node *make_dropout(lk_graph *graph, lk_node *const *source) {
    return lk_dropout(graph, source[0], 0.3);
}

static inline void reference_dropout(const lk_node *node, double *const *in,
                                     double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    const lk_task task = testing_drawing(node);
    const lk_drop drop = lk_drop_make(0.3);
    int64_t floats = batch * node->channels;
    float *factor = calloc((size_t)floats, sizeof *factor);
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        if (i % floats == 0) {
            lk_drop_draw(&drop, &task, i / floats, 0, floats, factor);
        }
        out[i] = (double)factor[i % floats] * in[0][i];
    }
    free(factor);
}

#endif
