/* Running sums and readouts, for the table of cases: the double loop, every state by itself. */
#ifndef LK_OPS_TESTING_RUNNING_H
#define LK_OPS_TESTING_RUNNING_H

#include "ops/testing.h"

static inline lk_node *make_running_sum(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_running_sum(graph, "sum", (lk_running_sum_options){.channels = 5});
}

static inline lk_node *make_running_sum_wide(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_running_sum(graph, "sum", (lk_running_sum_options){.channels = 129, .seen = true});
}

static inline lk_node *make_sum_of_known(lk_graph *graph, lk_node *const *source) {
    return lk_sum_of_known(graph, "sum", source,
                           (lk_running_sum_options){.channels = 17, .seen = true});
}

/* State s reads the first read[s] of the variables in order of rank: 1 3 | 2 | 0 | 4 5. */
static inline void testing_states(const lk_node *node, const int *read, double *const *in,
                                  double *const *parameter, int64_t batch, bool seen, double *out) {
    static const int order[TESTING_VARIABLES] = {1, 3, 2, 0, 4, 5};
    int64_t channels = node->channels;
    for (int64_t i = 0; i < node->cells * batch * channels; i++) {
        int64_t s = i / channels / batch, n = i / channels % batch, k = i % channels;
        out[i] = parameter[1][k];
        for (int j = 0; j < read[s]; j++) {
            int64_t v = order[j], row = v * TESTING_ALPHABET + (int64_t)in[0][v * batch + n];
            out[i] += parameter[0][row * channels + k];
            if (seen) {
                row = TESTING_VARIABLES * TESTING_ALPHABET + v;
                out[i] += parameter[0][row * channels + k];
            }
        }
    }
}

static inline void reference_running_sum(const lk_node *node, double *const *in,
                                         double *const *parameter, int64_t batch, double *out) {
    static const int read[] = {0, 2, 3, 4};
    testing_states(node, read, in, parameter, batch, node->channels > 5, out);
}

static inline void reference_sum_of_known(const lk_node *node, double *const *in,
                                          double *const *parameter, int64_t batch, double *out) {
    static const int read[] = {TESTING_VARIABLES};
    testing_states(node, read, in, parameter, batch, true, out);
}

static inline lk_node *make_reveal(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_reveal(graph, &graph->fields[0], 2);
}

/* Values 0, 1, 2 as -1, 0, 1; three pixels of two colours. */
static inline void reference_reveal(const lk_node *node, double *const *in,
                                    double *const *parameter, int64_t batch, double *out) {
    static const int32_t rank[TESTING_VARIABLES] = {2, 0, 1, 0, 3, 3};
    static const int known[] = {0, 2, 3, 4};
    (void)parameter;
    for (int64_t i = 0; i < node->cells * batch; i++) {
        int64_t s = i / batch / 3, n = i % batch;
        double *at = out + i * 5;
        for (int64_t c = 0; c < 2; c++) {
            int64_t v = i / batch % 3 * 2 + c;
            at[c] = rank[v] < s ? in[0][v * batch + n] - 1 : 0;
            at[2 + c] = rank[v] < s;
        }
        at[4] = known[s] / 6.0;
    }
}

/* Some cells are read by nobody, others by several, not in order. */
static const int32_t testing_readout[] = {3, 0, 3, 6, 1, 3, 0};

static inline lk_node *make_readout(lk_graph *graph, lk_node *const *source) {
    return lk_readout(graph, "readout", source[0], testing_readout, 7, LK_INIT_ZERO);
}

static inline void reference_readout(const lk_node *node, double *const *in,
                                     double *const *parameter, int64_t batch, double *out) {
    int64_t channels = node->inputs[0]->channels;
    for (int64_t i = 0; i < node->cells * batch; i++) {
        int64_t o = i / batch, at = (testing_readout[o] * batch + i % batch) * channels;
        out[i] = parameter[1][o];
        for (int64_t k = 0; k < channels; k++) {
            out[i] += parameter[0][o * channels + k] * in[0][at + k];
        }
    }
}

static inline lk_node *make_channels_to_cells(lk_graph *graph, lk_node *const *source) {
    return lk_channels_to_cells(graph, source[0]);
}

static inline void reference_channels_to_cells(const lk_node *node, double *const *in,
                                               double *const *parameter, int64_t batch,
                                               double *out) {
    (void)parameter;
    int64_t channels = node->inputs[0]->channels;
    for (int64_t i = 0; i < node->cells * batch; i++) {
        int64_t cell = i / batch / channels, k = i / batch % channels;
        out[i] = in[0][(cell * batch + i % batch) * channels + k];
    }
}

#endif
