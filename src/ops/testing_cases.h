/* The operations and shapes that are tested, each with its definition written out in double. A new
 * operation needs a row here: ops_test.c fails while one is missing. */
#ifndef LK_OPS_TESTING_CASES_H
#define LK_OPS_TESTING_CASES_H

#include "ops/testing.h"
#include "ops/testing_attention.h"
#include "ops/testing_conv.h"
#include "ops/testing_elementwise.h"
#include "ops/testing_grid.h"
#include "ops/testing_logistic.h"
#include "ops/testing_running.h"
#include "ops/testing_sequences.h"

/* ---- moving cells ---------------------------------------------------------------------------- */

static inline lk_node *make_zeros(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_zeros(graph, 5, 3);
}

static inline void reference_zeros(const lk_node *node, double *const *in, double *const *parameter,
                                   int64_t batch, double *out) {
    (void)in;
    (void)parameter;
    memset(out, 0, (size_t)testing_floats(node, batch) * sizeof *out);
}

static inline lk_node *make_fill(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_fill(graph, 7, 2, 0.75f);
}

static inline void reference_fill(const lk_node *node, double *const *in, double *const *parameter,
                                  int64_t batch, double *out) {
    (void)in;
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = 0.75;
    }
}

static const float testing_constant[3 * 5] = {0.5f, 1, -2, 3, 4, 5, 6, -7, 8, 9, 10, 11, 12, 13, 0};

static inline lk_node *make_constant(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_constant(graph, testing_constant, 3, 5);
}

static inline void reference_constant(const lk_node *node, double *const *in,
                                      double *const *parameter, int64_t batch, double *out) {
    (void)in;
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = (double)testing_constant[i / (5 * batch) * 5 + i % 5];
    }
}

static inline lk_node *make_one_hot(lk_graph *graph, lk_node *const *source) {
    return lk_one_hot(graph, source[0], TESTING_ALPHABET);
}

static inline void reference_one_hot(const lk_node *node, double *const *in,
                                     double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    for (int64_t i = 0; i < node->cells * batch; i++) {
        int64_t cell = i / batch, n = i % batch;
        out[i] = in[0][cell / TESTING_ALPHABET * batch + n] == (double)(cell % TESTING_ALPHABET);
    }
}

static const int32_t testing_selected[] = {4, 4, 0, 8, 1};

static inline lk_node *make_select(lk_graph *graph, lk_node *const *source) {
    return lk_select_cells(graph, source[0], testing_selected, 5);
}

static inline void reference_select(const lk_node *node, double *const *in,
                                    double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    int64_t each = batch * node->channels;
    for (int64_t i = 0; i < 5 * each; i++) {
        out[i] = in[0][testing_selected[i / each] * each + i % each];
    }
}

static inline lk_node *make_concatenate(lk_graph *graph, lk_node *const *source) {
    return lk_concatenate(graph, source, 3);
}

static inline void reference_concatenate(const lk_node *node, double *const *in,
                                         double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    for (int i = 0; i < 3; i++) {
        int64_t count = testing_floats(node->inputs[i], batch);
        memcpy(out, in[i], (size_t)count * sizeof *out);
        out += count;
    }
}

static inline lk_node *make_join_channels(lk_graph *graph, lk_node *const *source) {
    return lk_join_channels(graph, source, 3);
}

static inline void reference_join_channels(const lk_node *node, double *const *in,
                                           double *const *parameter, int64_t batch, double *out) {
    (void)parameter;
    for (int64_t row = 0; row < node->cells * batch; row++) {
        for (int i = 0; i < 3; i++) {
            int64_t channels = node->inputs[i]->channels;
            memcpy(out, in[i] + row * channels, (size_t)channels * sizeof *out);
            out += channels;
        }
    }
}

static inline lk_node *make_cells_to_channels(lk_graph *graph, lk_node *const *source) {
    return lk_cells_to_channels(graph, source[0], 3);
}

static inline void reference_cells_to_channels(const lk_node *node, double *const *in,
                                               double *const *parameter, int64_t batch,
                                               double *out) {
    (void)parameter;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        int64_t group = i / (3 * batch), n = i / 3 % batch, c = i % 3;
        out[i] = in[0][(3 * group + c) * batch + n];
    }
}

/* ---- masked linear --------------------------------------------------------------------------- */

/* Limits from 0 (reads nothing) to beyond the last step, in no order or ascending. */
static inline int32_t testing_limit(int64_t unit, int64_t units, bool ordered) {
    return (int32_t)(ordered ? unit * 6 / units : (unit * 7 + 3) % 6);
}

static inline lk_node *testing_masked(lk_graph *graph, lk_node *input, int64_t units, bool ordered,
                                      lk_linear_options options) {
    int32_t limit[256];
    for (int64_t u = 0; u < units; u++) {
        limit[u] = testing_limit(u, units, ordered);
    }
    return lk_masked_linear(graph, "linear", input, units, limit, options);
}

static inline lk_node *make_masked(lk_graph *graph, lk_node *const *source) {
    return testing_masked(graph, source[0], 129, false, (lk_linear_options){.bias = true});
}

static inline lk_node *make_masked_bare(lk_graph *graph, lk_node *const *source) {
    return testing_masked(graph, source[0], 17, false, (lk_linear_options){.bias = false});
}

static inline lk_node *make_masked_sole(lk_graph *graph, lk_node *const *source) {
    return testing_masked(graph, source[0], 33, true,
                          (lk_linear_options){.bias = true, .sole = true});
}

static inline lk_node *make_dense(lk_graph *graph, lk_node *const *source) {
    return lk_dense_linear(graph, "linear", source[0], 3, (lk_linear_options){.bias = true});
}

static inline lk_node *make_dense_one(lk_graph *graph, lk_node *const *source) {
    return lk_dense_linear(graph, "linear", source[0], 1, (lk_linear_options){.bias = true});
}

static inline void testing_linear(const lk_node *node, double *const *in, double *const *parameter,
                                  int64_t batch, double *out, bool masked, bool ordered) {
    const lk_node *input = node->inputs[0];
    for (int64_t u = 0; u < node->cells; u++) {
        for (int64_t n = 0; n < batch; n++) {
            double sum = node->parameter_count > 1 ? parameter[1][u] : 0;
            for (int64_t k = 0; k < input->cells; k++) {
                bool reads = !masked || input->ready[k] <= testing_limit(u, node->cells, ordered);
                sum += reads ? parameter[0][u * input->cells + k] * in[0][k * batch + n] : 0;
            }
            out[u * batch + n] = sum;
        }
    }
}

static inline void reference_masked(const lk_node *node, double *const *in,
                                    double *const *parameter, int64_t batch, double *out) {
    testing_linear(node, in, parameter, batch, out, true, false);
}

static inline void reference_masked_ordered(const lk_node *node, double *const *in,
                                            double *const *parameter, int64_t batch, double *out) {
    testing_linear(node, in, parameter, batch, out, true, true);
}

static inline void reference_dense(const lk_node *node, double *const *in, double *const *parameter,
                                   int64_t batch, double *out) {
    testing_linear(node, in, parameter, batch, out, false, false);
}

/* ---- tables and mixtures --------------------------------------------------------------------- */

static const int64_t testing_parent_begin[] = {0, 0, 1, 3, 3};
static const int32_t testing_parent[] = {2, 4, 0};
static const int64_t testing_row_begin[] = {0, 1, 4, 13}; /* 1, 3, 9, 1 rows */

static inline lk_node *make_lookup(lk_graph *graph, lk_node *const *source) {
    return lk_lookup(graph, "lookup", source[0], 4, testing_parent_begin, testing_parent,
                     TESTING_ALPHABET, 5);
}

static inline void reference_lookup(const lk_node *node, double *const *in,
                                    double *const *parameter, int64_t batch, double *out) {
    (void)node;
    for (int64_t i = 0; i < 4 * batch * 5; i++) {
        int64_t table = i / (5 * batch), n = i / 5 % batch;
        int64_t index = table == 1   ? (int64_t)in[0][2 * batch + n]
                        : table == 2 ? 3 * (int64_t)in[0][4 * batch + n] + (int64_t)in[0][n]
                                     : 0;
        out[i] = parameter[0][(testing_row_begin[table] + index) * 5 + i % 5];
    }
}

static inline lk_node *make_mixture_state(lk_graph *graph, lk_node *const *source) {
    (void)source;
    return lk_mixture_state(graph, "mixture", &graph->fields[0], 17);
}

/* Variables in order of rank: 1 3 | 2 | 0 | 4 5. */
static inline void reference_mixture_state(const lk_node *node, double *const *in,
                                           double *const *parameter, int64_t batch, double *out) {
    static const int order[] = {1, 3, 2, 0}, read[] = {0, 2, 3, 4};
    int64_t components = node->channels;
    for (int64_t i = 0; i < node->cells * batch; i++) {
        int64_t s = i / batch, n = i % batch;
        double *state = out + i * components, most = -INFINITY;
        for (int64_t k = 0; k < components; k++) {
            state[k] = parameter[0][k];
            for (int j = 0; j < read[s]; j++) {
                int64_t row = order[j] * TESTING_ALPHABET + (int64_t)in[0][order[j] * batch + n];
                state[k] += parameter[1][row * components + k];
            }
            most = fmax(most, state[k]);
        }
        for (int64_t k = 0; k < components; k++) {
            state[k] -= most;
        }
    }
}

static inline lk_node *make_mixture_readout(lk_graph *graph, lk_node *const *source) {
    return lk_mixture_readout(graph, "mixture", source[0], &graph->fields[0]);
}

static inline void reference_mixture_readout(const lk_node *node, double *const *in,
                                             double *const *parameter, int64_t batch, double *out) {
    static const int rank[TESTING_VARIABLES] = {2, 0, 1, 0, 3, 3};
    int64_t components = node->inputs[0]->channels;
    for (int64_t i = 0; i < TESTING_VARIABLES * batch * TESTING_ALPHABET; i++) {
        int64_t v = i / (batch * TESTING_ALPHABET), n = i / TESTING_ALPHABET % batch,
                a = i % TESTING_ALPHABET;
        double sum = 0;
        for (int64_t k = 0; k < components; k++) {
            sum += exp(in[0][(rank[v] * batch + n) * components + k] +
                       parameter[0][(v * TESTING_ALPHABET + a) * components + k]);
        }
        out[i] = log(sum);
    }
}

static const op_case testing_cases[] = {
    {"relu 7x3", 1, {{7, 3, false}}, make_relu, reference_relu},
    {"tanh 17x1", 1, {{17, 1, false}}, make_tanh, reference_tanh},
    {"sigmoid 1x129", 1, {{1, 129, false}}, make_sigmoid, reference_sigmoid},
    {"softplus 7x3", 1, {{7, 3, true}}, make_softplus, reference_softplus},
    {"elu 7x3", 1, {{7, 3, true}}, make_elu, reference_elu},
    {"gelu 17x1", 1, {{17, 1, false}}, make_gelu, reference_gelu},
    {"gelu 1x129", 1, {{1, 129, true}}, make_gelu, reference_gelu},
    {"gelu with tanh 7x3", 1, {{7, 3, false}}, make_gelu_tanh, reference_gelu_tanh},
    {"concat elu 5x17", 1, {{5, 17, false}}, make_concat_elu, reference_concat_elu},
    {"concat elu 129x3", 1, {{129, 3, true}}, make_concat_elu, reference_concat_elu},
    {"add to all 5x17", 2, {{5, 17, true}, {1, 17, true}}, make_add_to_all, reference_add_to_all},
    {"add to all 9x700",
     2,
     {{9, 700, false}, {1, 700, true}},
     make_add_to_all,
     reference_add_to_all},
    {"add 5x17", 2, {{5, 17, false}, {5, 17, true}}, make_add, reference_add},
    {"multiply 5x17", 2, {{5, 17, false}, {5, 17, true}}, make_multiply, reference_multiply},
    {"gate 5x34", 1, {{5, 34, false}}, make_gate, reference_gate},
    {"gate 3x2", 1, {{3, 2, true}}, make_gate, reference_gate},
    {"linear gate 5x34", 1, {{5, 34, false}}, make_gate_linear, reference_gate_linear},
    {"linear gate 3x2", 1, {{3, 2, true}}, make_gate_linear, reference_gate_linear},
    {"channel norm 5x17", 1, {{5, 17, false}}, make_channel_norm, reference_channel_norm},
    {"channel norm 3x129", 1, {{3, 129, true}}, make_channel_norm, reference_channel_norm},
    {"channel norm 101x6 in 3 groups",
     1,
     {{101, 6, true}},
     make_channel_norm_groups,
     reference_channel_norm_groups},
    {"dropout 6x3", 1, {{6, 3, false}}, make_dropout, reference_dropout},
    {"zeros 5x3", 0, {{0, 0, false}}, make_zeros, reference_zeros},
    {"fill 7x2", 0, {{0, 0, false}}, make_fill, reference_fill},
    {"constant 3x5", 0, {{0, 0, false}}, make_constant, reference_constant},
    {"one hot", 1, {{0, 0, false}}, make_one_hot, reference_one_hot},
    {"select 5 of 9x3", 1, {{9, 3, false}}, make_select, reference_select},
    {"concatenate 3, 1, 5",
     3,
     {{3, 2, false}, {1, 2, false}, {5, 2, true}},
     make_concatenate,
     reference_concatenate},
    {"join channels 2, 1, 5",
     3,
     {{3, 2, false}, {3, 1, false}, {3, 5, true}},
     make_join_channels,
     reference_join_channels},
    {"cells to channels 12 to 4x3",
     1,
     {{12, 1, false}},
     make_cells_to_channels,
     reference_cells_to_channels},
    {"masked linear 17 to 129", 1, {{17, 1, false}}, make_masked, reference_masked},
    {"masked linear 129 to 17, no bias", 1, {{129, 1, true}}, make_masked_bare, reference_masked},
    {"masked linear 29 to 33, sole",
     1,
     {{29, 1, true}},
     make_masked_sole,
     reference_masked_ordered},
    {"masked linear 29 to 33, sole, inputs out of order",
     1,
     {{29, 1, false}},
     make_masked_sole,
     reference_masked_ordered},
    {"dense linear 5 to 3", 1, {{5, 1, false}}, make_dense, reference_dense},
    {"dense linear 1 to 1", 1, {{1, 1, false}}, make_dense_one, reference_dense},
    {"logistic colours 2x3, 5 components",
     2,
     {{2, 50, true}, {0, 0, false}},
     make_logistic_rgb,
     reference_logistic_rgb},
    {"logistic colours 3x2, 17 components",
     2,
     {{3, 102, false}, {0, 0, false}},
     make_logistic_pairs,
     reference_logistic_pairs},
    {"logistic colours 6x1, 3 components",
     2,
     {{6, 9, true}, {0, 0, false}},
     make_logistic_alone,
     reference_logistic_alone},
    {"lookup 4 tables", 1, {{0, 0, false}}, make_lookup, reference_lookup},
    {"mixture state, 17 components",
     1,
     {{0, 0, false}},
     make_mixture_state,
     reference_mixture_state},
    {"mixture readout, 17 components",
     1,
     {{4, 17, true}},
     make_mixture_readout,
     reference_mixture_readout},
    {"mixture readout, 300 components",
     1,
     {{4, 300, true}},
     make_mixture_readout,
     reference_mixture_readout},
    {"running sum, 5 channels", 1, {{0, 0, false}}, make_running_sum, reference_running_sum},
    {"running sum with rows for seen, 129 channels",
     1,
     {{0, 0, false}},
     make_running_sum_wide,
     reference_running_sum},
    {"sum of known, 17 channels", 1, {{0, 0, false}}, make_sum_of_known, reference_sum_of_known},
    {"reveal 3 pixels of 2 colours", 1, {{0, 0, false}}, make_reveal, reference_reveal},
    {"readout 7x17", 1, {{7, 17, true}}, make_readout, reference_readout},
    {"readout 9x129", 1, {{9, 129, false}}, make_readout, reference_readout},
    {"channels to cells 5x3",
     1,
     {{5, 3, false}},
     make_channels_to_cells,
     reference_channels_to_cells},
    {"scale 6x3", 1, {{6, 3, false}}, make_scale, reference_scale},
    {"scale, data", 1, {{0, 0, false}}, make_scale, reference_scale},
    {"convolution 5x4, 3x3 type A, 3 to 17", 1, {{20, 3, true}}, make_conv_a, reference_conv_a},
    {"convolution 5x4, 3x3 type B, 5 to 9", 1, {{20, 5, false}}, make_conv_b, reference_conv_b},
    {"convolution 5x4, 3 taps of type B, 16 to 17, packed once",
     1,
     {{20, 16, false}},
     make_conv_wide,
     reference_conv_wide},
    {"convolution 20, dilated by 3, 24 to 32, sparse, packed once",
     1,
     {{20, 24, true}},
     make_conv_sparse_wide,
     reference_conv_sparse_wide},
    {"convolution 3x3x3 colours, 3x3 type A, 2 to 5",
     1,
     {{27, 2, true}},
     make_conv_rgb_a,
     reference_conv_rgb_a},
    {"convolution 3x3x3 colours, 3x3 type B, 3 to 8",
     1,
     {{27, 3, false}},
     make_conv_rgb_b,
     reference_conv_rgb_b},
    {"convolution of data, 2x1x3 colours", 1, {{0, 0, false}}, make_conv_data, reference_conv_data},
    {"convolution 1x1, 3 colours, 4 to 1", 1, {{12, 4, true}}, make_conv_1x1, reference_conv_1x1},
    {"convolution 13, dilated by 3, 4 to 4",
     1,
     {{13, 4, true}},
     make_conv_dilated,
     reference_conv_dilated},
    {"convolution 3x2x4, scattered taps, all",
     1,
     {{24, 2, false}},
     make_conv_volume,
     reference_conv_volume},
    {"convolution 2, taps beyond the grid, no bias",
     1,
     {{2, 3, true}},
     make_conv_beyond,
     reference_conv_beyond},
    {"convolution 415, 1 to 2, several pieces",
     1,
     {{415, 1, true}},
     make_conv_long,
     reference_conv_long},
    {"convolution 5x4 by 2x2, 3x3 type A, 3 to 17",
     1,
     {{20, 3, true}},
     make_conv_strided,
     reference_conv_strided},
    {"convolution 3x5x3 colours by 1x3, 3x3 type B, 2 to 5",
     1,
     {{45, 2, false}},
     make_conv_strided_rgb,
     reference_conv_strided_rgb},
    {"convolution 13 by 2, dilated by 3, 4 to 4",
     1,
     {{13, 4, true}},
     make_conv_strided_dilated,
     reference_conv_strided_dilated},
    {"convolution 3x2x4 by 2x3x2, scattered taps, all",
     1,
     {{24, 2, false}},
     make_conv_strided_volume,
     reference_conv_strided_volume},
    {"convolution 415 by 2, 1 to 2",
     1,
     {{415, 1, true}},
     make_conv_strided_long,
     reference_conv_strided_long},
    {"transposed convolution to 5x7 by 2x2, 3 to 17",
     1,
     {{12, 3, true}},
     make_conv_up_rows,
     reference_conv_up_rows},
    {"transposed convolution to 6x4 by 2x2, 5 to 3, no bias",
     1,
     {{6, 5, false}},
     make_conv_up_left,
     reference_conv_up_left},
    {"transposed convolution to 10 by 3, gaps, 2 to 4",
     1,
     {{4, 2, true}},
     make_conv_up_gaps,
     reference_conv_up_gaps},
    {"transposed convolution to 3x2x4 by 2x3x2, scattered taps, 2 to 3",
     1,
     {{4, 2, true}},
     make_conv_up_volume,
     reference_conv_up_volume},
    {"transposed convolution to 3x4, no stride, 4 to 5",
     1,
     {{12, 4, false}},
     make_conv_up_same,
     reference_conv_up_same},
    {"transposed convolution to 65x9 by 2x2, 1 to 2, several pieces",
     1,
     {{165, 1, true}},
     make_conv_up_long,
     reference_conv_up_long},
    {"convolution 5x4 by zigzag, 3x3 type A, 3 to 17",
     1,
     {{20, 3, true}},
     make_conv_zigzag_a,
     reference_conv_zigzag_a},
    {"convolution 5x4 by zigzag, 3x3 type B, 5 to 9",
     1,
     {{20, 5, false}},
     make_conv_zigzag_b,
     reference_conv_zigzag_b},
    {"convolution 3x3x3 colours by ranks, 3x3 type A, 2 to 5",
     1,
     {{27, 2, true}},
     make_conv_any_a,
     reference_conv_any_a},
    {"convolution 3x3x3 colours by ranks, 3x3 type B, 3 to 3",
     1,
     {{27, 3, false}},
     make_conv_any_b,
     reference_conv_any_b},
    {"convolution 13 by ranks, 2 to 4",
     1,
     {{13, 2, true}},
     make_conv_any_line,
     reference_conv_any_line},
    {"block-sparse convolution 5x4, 3x3 type B, 15 to 20",
     1,
     {{20, 15, false}},
     make_conv_sparse,
     reference_conv_sparse},
    {"block-sparse convolution 3x3x3 colours, 3x3 type A, 6 to 8",
     1,
     {{27, 6, true}},
     make_conv_sparse_rgb,
     reference_conv_sparse_rgb},
    {"block-sparse convolution 5x4 by 2x2, 3x3, 3 to 4",
     1,
     {{20, 3, false}},
     make_conv_sparse_strided,
     reference_conv_sparse_strided},
    {"block-sparse convolution 415, 3 to 4, several pieces",
     1,
     {{415, 3, true}},
     make_conv_sparse_long,
     reference_conv_sparse_long},
    {"block-sparse convolution 5x4 by zigzag, 3x3 type B, 9 to 12",
     1,
     {{20, 9, false}},
     make_conv_sparse_ranks,
     reference_conv_sparse_ranks},
    {"block-sparse convolution 5x4, 1x1, 9 to 12",
     1,
     {{20, 9, false}},
     make_conv_sparse_1x1,
     reference_conv_sparse_1x1},
    {"channels 2 to 4 of 7x6", 1, {{7, 6, false}}, make_channels, reference_channels},
    {"shift 7x3 by 2", 1, {{7, 3, false}}, make_shift, reference_shift},
    {"shift the data", 1, {{0, 0, false}}, make_shift_data, reference_shift_data},
    {"shift 5x3 by 9", 1, {{5, 3, false}}, make_shift_far, reference_shift_far},
    {"shift 7x3 by 3, trained start", 1, {{7, 3, true}}, make_shift_start, reference_shift_start},
    {"shift 5x3 by 9, trained start", 1, {{5, 3, true}}, make_shift_start_far, reference_shift_far},
    {"embedding 3x5", 1, {{0, 0, false}}, make_embedding, reference_embedding},
    {"embedding 5x200", 1, {{0, 0, false}}, make_embedding_wide, reference_embedding},
    {"dense 7x3 to 5", 1, {{7, 3, false}}, make_dense_cells, reference_dense_cells},
    {"dense 4x1 to 131", 1, {{4, 1, true}}, make_dense_cells_wide, reference_dense_cells},
    {"recurrent tanh 5x7", 1, {{5, 7, true}}, make_recurrent_tanh, reference_recurrent_tanh},
    {"recurrent tanh 4x3, out of order",
     1,
     {{4, 3, false}},
     make_recurrent_tanh,
     reference_recurrent_tanh},
    {"recurrent GRU 5x7", 1, {{5, 21, true}}, make_recurrent_gru, reference_recurrent_gru},
    {"recurrent GRU 1x3", 1, {{1, 9, true}}, make_recurrent_gru, reference_recurrent_gru},
    {"recurrent LSTM 5x5", 1, {{5, 20, true}}, make_recurrent_lstm, reference_recurrent_lstm},
    {"recurrent LSTM 5x7, updates dropped",
     1,
     {{5, 28, true}},
     make_recurrent_lstm_dropped,
     reference_recurrent_lstm_dropped},
    {"recurrent LSTM 4x9, out of order",
     1,
     {{4, 36, false}},
     make_recurrent_lstm,
     reference_recurrent_lstm},
    {"row LSTM 3x4, 5", 1, {{12, 20, true}}, make_grid_row, reference_grid_row},
    {"row LSTM 3x4, 3, out of order", 1, {{12, 12, false}}, make_grid_row, reference_grid_row},
    {"row LSTM 3x2x3 colours, 2", 1, {{18, 8, true}}, make_grid_row_rgb, reference_grid_row_rgb},
    {"diagonal LSTM 3x4 from the left, 5",
     1,
     {{12, 20, true}},
     make_grid_left,
     reference_grid_left},
    {"diagonal LSTM 3x4 from the right, 5",
     1,
     {{12, 20, true}},
     make_grid_right,
     reference_grid_right},
    {"diagonal LSTM 3x4 from the right, 3, out of order",
     1,
     {{12, 12, false}},
     make_grid_right,
     reference_grid_right},
    {"diagonal LSTM 2x3x3 colours from the right, 2",
     1,
     {{18, 8, false}},
     make_grid_right_rgb,
     reference_grid_right_rgb},
    {"attention 7 to 9, 2 heads of 3 and 5",
     3,
     {{7, 6, false}, {9, 6, false}, {9, 10, false}},
     make_attention_limited,
     reference_attention_limited},
    {"attention 7 to 17, unmasked, of 5 and 1",
     3,
     {{7, 5, true}, {17, 5, false}, {17, 1, true}},
     make_attention_whole,
     reference_attention_whole},
    {"attention 37, of 1 and 2",
     3,
     {{37, 1, false}, {37, 1, false}, {37, 2, false}},
     make_attention_limited_alone,
     reference_attention_limited_alone},
    {"attention 13, strict, of 2 and 8",
     3,
     {{13, 2, true}, {13, 2, true}, {13, 8, true}},
     make_attention_strict,
     reference_attention_strict},
    {"attention 17 to 13, window 4, of 3 and 3",
     3,
     {{17, 3, false}, {13, 3, false}, {13, 3, false}},
     make_attention_window,
     reference_attention_window},
    {"attention 18, residues of 3, 3 heads of 2 and 1",
     3,
     {{18, 6, true}, {18, 6, false}, {18, 3, false}},
     make_attention_groups,
     reference_attention_groups},
    {"attention 9 to 17, residues of 4, window 5, of 2 and 2",
     3,
     {{9, 2, true}, {17, 2, false}, {17, 2, false}},
     make_attention_groups_window,
     reference_attention_groups_window},
    {"attention 13, dropout, 2 heads of 2 and 3",
     3,
     {{13, 4, false}, {13, 4, false}, {13, 6, false}},
     make_attention_dropped,
     reference_attention_dropped},
    {"attention 13, strict, distances, 2 heads of 1 and 2",
     3,
     {{13, 2, true}, {13, 2, true}, {13, 4, true}},
     make_attention_distances,
     reference_attention_distances},
    {"attention 18, strict, window 5, distances of 3 cells, dropout, of 2 and 2",
     3,
     {{18, 2, true}, {18, 2, true}, {18, 2, true}},
     make_attention_distances_window,
     reference_attention_distances_window},
    {"grid LSTM 4x1, steep taps, 3", 1, {{4, 12, true}}, make_grid_narrow, reference_grid_narrow},
    {"grid LSTM 3x4, steep taps, 2", 1, {{12, 8, false}}, make_grid_steep, reference_grid_steep},
};
#define TESTING_CASES ((int)(sizeof testing_cases / sizeof *testing_cases))

#endif
