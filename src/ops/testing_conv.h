/* Convolutions to be tested, and the definition in double, with taps and masks looked up pixel by
 * pixel. */
#ifndef LK_OPS_TESTING_CONV_H
#define LK_OPS_TESTING_CONV_H

#include "ops/testing.h"

/* The input's pixel that the output's pixel reads by a tap. */
static inline bool testing_conv_step(const lk_conv_options *o, int64_t pixel, const int32_t *tap,
                                     int64_t *other) {
    int64_t size = 1, to = 0;
    bool inside = true;
    for (int32_t axis = o->grid.axes - 1; axis >= 0; axis--) {
        int64_t stride = o->stride[axis] == 0 ? 1 : o->stride[axis];
        int64_t outputs = (o->grid.size[axis] + stride - 1) / stride;
        int64_t at = pixel % outputs * stride + tap[axis];
        pixel /= outputs;
        inside = inside && at >= 0 && at < o->grid.size[axis];
        to += at * size;
        size *= o->grid.size[axis];
    }
    *other = to;
    return inside;
}

static inline bool testing_conv_sees(const lk_conv_options *o, int32_t tap, int32_t group,
                                     int32_t input_group) {
    bool centre = true;
    for (int32_t axis = 0; axis < o->grid.axes; axis++) {
        centre = centre && o->taps[tap][axis] == 0;
    }
    return !centre || o->centre == LK_CENTRE_ALL || input_group < group ||
           (o->centre == LK_CENTRE_B && input_group == group);
}

/* Whether the ranks, if there are any, let one cell read another. */
static inline bool testing_conv_may(const lk_conv_options *o, int64_t cell, int64_t other) {
    return o->rank == NULL || o->rank[other] < o->rank[cell] ||
           (o->centre == LK_CENTRE_B && o->rank[other] == o->rank[cell]);
}

/* The input's channel that row k of a block holds for the output's channel. */
static inline int64_t testing_conv_channel(const lk_conv_options *o, int64_t channel, int64_t k) {
    const lk_conv_sparse *s = &o->sparse;
    return s->size == 0
               ? k
               : s->reads[channel / s->size * s->count + k / s->size] * s->size + k % s->size;
}

static inline void testing_convolve(const lk_conv_options *o, const lk_node *node,
                                    double *const *in, double *const *parameter, int64_t batch,
                                    double *out) {
    int64_t inputs = node->inputs[0]->channels, groups = o->grid.groups, outputs = o->channels;
    int64_t rows = o->sparse.size > 0 ? o->sparse.count * o->sparse.size : inputs;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        int64_t cell = i / (batch * outputs), n = i / outputs % batch, c = i % outputs, block = 0;
        double sum = o->bias ? parameter[1][cell % groups * outputs + c] : 0.0;
        for (int32_t g = 0; g <= cell % groups; g++) {
            for (int32_t t = 0; t < o->tap_count; t++) {
                for (int32_t h = 0; h < groups; h++) {
                    int64_t other;
                    if (!testing_conv_sees(o, t, g, h)) {
                        continue;
                    }
                    if (g == cell % groups &&
                        testing_conv_step(o, cell / groups, o->taps[t], &other) &&
                        testing_conv_may(o, cell, other * groups + h)) {
                        for (int64_t k = 0; k < rows; k++) {
                            sum += parameter[0][(block * rows + k) * outputs + c] *
                                   in[0][((other * groups + h) * batch + n) * inputs +
                                         testing_conv_channel(o, c, k)];
                        }
                    }
                    block++;
                }
            }
        }
        out[i] = sum;
    }
}

/* What each pixel of the input writes by each tap. */
static inline void testing_convolve_up(const lk_conv_options *o, const lk_node *node,
                                       double *const *in, double *const *parameter, int64_t batch,
                                       double *out) {
    int64_t inputs = node->inputs[0]->channels, outputs = o->channels;
    for (int64_t i = 0; i < testing_floats(node, batch); i++) {
        out[i] = o->bias ? parameter[1][i % outputs] : 0.0;
    }
    for (int64_t pixel = 0; pixel < node->inputs[0]->cells; pixel++) {
        for (int32_t t = 0; t < o->tap_count; t++) {
            int64_t to;
            if (!testing_conv_step(o, pixel, o->taps[t], &to)) {
                continue;
            }
            for (int64_t i = 0; i < batch * inputs * outputs; i++) {
                int64_t n = i / (inputs * outputs), k = i / outputs % inputs, c = i % outputs;
                out[(to * batch + n) * outputs + c] +=
                    parameter[0][(t * inputs + k) * outputs + c] *
                    in[0][(pixel * batch + n) * inputs + k];
            }
        }
    }
}

static const int32_t testing_taps_3x3[][LK_GRID_AXES] = {
    {-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}};
static const int32_t testing_taps_1x1[][LK_GRID_AXES] = {{0, 0}};
static const int32_t testing_taps_dilated[][LK_GRID_AXES] = {{-6}, {-3}, {0}};
static const int32_t testing_taps_whole[][LK_GRID_AXES] = {
    {-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}, {0, 1}, {1, -1}, {1, 0}, {1, 1}};
static const int32_t testing_taps_volume[][LK_GRID_AXES] = {
    {1, -1, 2}, {0, 0, 0}, {-1, 0, -3}, {0, 1, 0}, {-2, 1, 1}};
static const int32_t testing_taps_beyond[][LK_GRID_AXES] = {{-5}, {-1}, {7}};

static const int32_t testing_taps_up[][LK_GRID_AXES] = {{0, -1}, {0, 0}, {0, 1},
                                                        {1, -1}, {1, 0}, {1, 1}};
static const int32_t testing_taps_up_left[][LK_GRID_AXES] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

/* Zigzag over 5 x 4 pixels; any, some of them equal, of 3 x 3 pixels of 3 colours; of 13 cells. */
static const int32_t testing_zigzag[20] = {0,  1,  5, 6,  2,  4,  7,  13, 3,  8,
                                           12, 14, 9, 11, 15, 18, 10, 16, 17, 19};
static const int32_t testing_any_colours[27] = {4, 9, 9, 0, 1,  20, 20, 5,  6, 9, 2, 2,  11, 12,
                                                3, 8, 8, 8, 21, 0,  7,  13, 4, 4, 1, 22, 5};
static const int32_t testing_any_line[13] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 0};

#define TESTING_CONV(name, ...) TESTING_CONV_RANKED(name, NULL, __VA_ARGS__)
#define TESTING_CONV_RANKED(name, ranks, ...) TESTING_CONV_OPTIONS(name, __VA_ARGS__, ranks, {0})
#define TESTING_CONV_OPTIONS(name, ...)                                                \
    static const lk_conv_options testing_conv_##name = {__VA_ARGS__};                  \
    static inline lk_node *make_conv_##name(lk_graph *graph, lk_node *const *source) { \
        return lk_conv(graph, "conv", source[0], testing_conv_##name);                 \
    }                                                                                  \
    static inline void reference_conv_##name(const lk_node *node, double *const *in,   \
                                             double *const *parameter, int64_t batch,  \
                                             double *out) {                            \
        testing_convolve(&testing_conv_##name, node, in, parameter, batch, out);       \
    }
TESTING_CONV(a, {2, {5, 4}, 1}, 17, testing_taps_3x3, 5, LK_CENTRE_A, true, LK_INIT_HE, {0})
TESTING_CONV(b, {2, {5, 4}, 1}, 9, testing_taps_3x3, 5, LK_CENTRE_B, true, LK_INIT_HE, {0})
TESTING_CONV(wide, {2, {5, 4}, 1}, 17, testing_taps_3x3 + 2, 3, LK_CENTRE_B, true, LK_INIT_HE, {0})
TESTING_CONV(rgb_a, {2, {3, 3}, 3}, 5, testing_taps_3x3, 5, LK_CENTRE_A, true, LK_INIT_HE, {0})
TESTING_CONV(rgb_b, {2, {3, 3}, 3}, 8, testing_taps_3x3, 5, LK_CENTRE_B, true, LK_INIT_HE, {0})
TESTING_CONV(data, {2, {2, 1}, 3}, 7, testing_taps_3x3, 5, LK_CENTRE_A, true, LK_INIT_HE, {0})
TESTING_CONV(1x1, {2, {2, 2}, 3}, 1, testing_taps_1x1, 1, LK_CENTRE_B, true, LK_INIT_HE, {0})
TESTING_CONV(dilated, {1, {13}, 1}, 4, testing_taps_dilated, 3, LK_CENTRE_B, true, LK_INIT_HE, {0})
TESTING_CONV(volume, {3, {3, 2, 4}, 1}, 3, testing_taps_volume, 5, LK_CENTRE_ALL, true, LK_INIT_HE,
             {0})
TESTING_CONV(beyond, {1, {2}, 1}, 3, testing_taps_beyond, 3, LK_CENTRE_A, false, LK_INIT_HE, {0})
TESTING_CONV(long, {1, {415}, 1}, 2, testing_taps_dilated, 3, LK_CENTRE_B, true, LK_INIT_HE, {0})
TESTING_CONV(strided, {2, {5, 4}, 1}, 17, testing_taps_3x3, 5, LK_CENTRE_A, true, LK_INIT_HE,
             {2, 2})
TESTING_CONV(strided_rgb, {2, {3, 5}, 3}, 5, testing_taps_3x3, 5, LK_CENTRE_B, true, LK_INIT_HE,
             {1, 3})
TESTING_CONV(strided_dilated, {1, {13}, 1}, 4, testing_taps_dilated, 3, LK_CENTRE_B, false,
             LK_INIT_HE, {2})
TESTING_CONV(strided_volume, {3, {3, 2, 4}, 1}, 3, testing_taps_volume, 5, LK_CENTRE_ALL, true,
             LK_INIT_HE, {2, 3, 2})
TESTING_CONV(strided_long, {1, {415}, 1}, 2, testing_taps_dilated, 3, LK_CENTRE_B, true, LK_INIT_HE,
             {2})
TESTING_CONV_RANKED(zigzag_a, testing_zigzag, {2, {5, 4}, 1}, 17, testing_taps_whole, 9,
                    LK_CENTRE_A, true, LK_INIT_HE, {0})
TESTING_CONV_RANKED(zigzag_b, testing_zigzag, {2, {5, 4}, 1}, 9, testing_taps_whole, 9, LK_CENTRE_B,
                    true, LK_INIT_HE, {0})
TESTING_CONV_RANKED(any_a, testing_any_colours, {2, {3, 3}, 3}, 5, testing_taps_whole, 9,
                    LK_CENTRE_A, true, LK_INIT_HE, {0})
TESTING_CONV_RANKED(any_b, testing_any_colours, {2, {3, 3}, 3}, 3, testing_taps_whole, 9,
                    LK_CENTRE_B, false, LK_INIT_HE, {0})
TESTING_CONV_RANKED(any_line, testing_any_line, {1, {13}, 1}, 4, testing_taps_beyond, 3,
                    LK_CENTRE_B, true, LK_INIT_HE, {0})

/* Block-sparse: three groups of inputs, of which each of four groups of outputs reads two. */
static const int32_t testing_sparse_reads[] = {0, 2, 1, 2, 0, 1, 0, 2};
TESTING_CONV_OPTIONS(sparse, {2, {5, 4}, 1}, 20, testing_taps_3x3, 5, LK_CENTRE_B, true, LK_INIT_HE,
                     {0}, NULL, {5, 2, testing_sparse_reads})
TESTING_CONV_OPTIONS(sparse_wide, {1, {20}, 1}, 32, testing_taps_dilated + 1, 2, LK_CENTRE_B, true,
                     LK_INIT_HE, {0}, NULL, {8, 2, testing_sparse_reads})
TESTING_CONV_OPTIONS(sparse_rgb, {2, {3, 3}, 3}, 8, testing_taps_3x3, 5, LK_CENTRE_A, false,
                     LK_INIT_HE, {0}, NULL, {2, 2, testing_sparse_reads})
TESTING_CONV_OPTIONS(sparse_strided, {2, {5, 4}, 1}, 4, testing_taps_3x3, 5, LK_CENTRE_ALL, true,
                     LK_INIT_HE, {2, 2}, NULL, {1, 2, testing_sparse_reads})
TESTING_CONV_OPTIONS(sparse_long, {1, {415}, 1}, 4, testing_taps_dilated, 3, LK_CENTRE_ALL, true,
                     LK_INIT_HE, {0}, NULL, {1, 2, testing_sparse_reads})
TESTING_CONV_OPTIONS(sparse_ranks, {2, {5, 4}, 1}, 12, testing_taps_whole, 9, LK_CENTRE_B, true,
                     LK_INIT_HE, {0}, testing_zigzag, {3, 2, testing_sparse_reads})
TESTING_CONV_OPTIONS(sparse_1x1, {2, {5, 4}, 1}, 12, testing_taps_1x1, 1, LK_CENTRE_ALL, true,
                     LK_INIT_HE, {0}, NULL, {3, 2, testing_sparse_reads})

#define TESTING_CONV_UP(name, ...)                                                        \
    static const lk_conv_options testing_conv_up_##name = {__VA_ARGS__, NULL, {0}};       \
    static inline lk_node *make_conv_up_##name(lk_graph *graph, lk_node *const *source) { \
        return lk_conv_up(graph, "conv", source[0], testing_conv_up_##name);              \
    }                                                                                     \
    static inline void reference_conv_up_##name(const lk_node *node, double *const *in,   \
                                                double *const *parameter, int64_t batch,  \
                                                double *out) {                            \
        testing_convolve_up(&testing_conv_up_##name, node, in, parameter, batch, out);    \
    }
TESTING_CONV_UP(rows, {2, {5, 7}, 1}, 17, testing_taps_up, 6, LK_CENTRE_ALL, true, LK_INIT_HE,
                {2, 2})
TESTING_CONV_UP(left, {2, {6, 4}, 1}, 3, testing_taps_up_left, 4, LK_CENTRE_ALL, false, LK_INIT_HE,
                {2, 2})
TESTING_CONV_UP(gaps, {1, {10}, 1}, 4, testing_taps_1x1, 1, LK_CENTRE_ALL, true, LK_INIT_HE, {3})
TESTING_CONV_UP(volume, {3, {3, 2, 4}, 1}, 3, testing_taps_volume, 5, LK_CENTRE_ALL, true,
                LK_INIT_HE, {2, 3, 2})
TESTING_CONV_UP(same, {2, {3, 4}, 1}, 5, testing_taps_3x3, 5, LK_CENTRE_ALL, true, LK_INIT_HE, {0})
TESTING_CONV_UP(long, {2, {65, 9}, 1}, 2, testing_taps_up, 6, LK_CENTRE_ALL, true, LK_INIT_HE,
                {2, 2})

#endif
