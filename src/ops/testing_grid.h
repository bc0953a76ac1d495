/* LSTMs over grids, as the paper writes them, in double: pixel after pixel, no waves. Included by
 * ops/testing_cases.h only. */
#ifndef LK_OPS_TESTING_GRID_H
#define LK_OPS_TESTING_GRID_H

#include "ops/testing.h"
#include "ops/testing_sequences.h"

/* x += sum over taps and groups of U h; the state that c comes from is copied to before's second
 * slot. */
static inline void testing_grid_gather(const lk_grid_lstm_options *o, int64_t cell, int64_t n,
                                       int64_t batch, int64_t w, const double *u, const double *out,
                                       double *x, double *before) {
    int64_t groups = o->grid.groups, width = o->grid.size[1], group = cell % groups;
    int64_t row = cell / groups / width, column = cell / groups % width;
    for (int32_t t = 0; t < o->tap_count; t++) {
        int64_t r = row + o->taps[t][0], c = column + o->taps[t][1];
        for (int64_t g = 0; g < groups && r >= 0 && c >= 0 && c < width; g++) {
            const double *state = out + (((r * width + c) * groups + g) * batch + n) * 6 * w;
            const double *block = u + ((group * o->tap_count + t) * groups + g) * w * 4 * w;
            for (int64_t i = 0; i < 4 * w * w; i++) {
                x[i % (4 * w)] += state[i / (4 * w)] * block[i];
            }
            if (t == o->carry && g == group) {
                memcpy(before + w, state + w, (size_t)w * sizeof *before);
            }
        }
    }
}

static inline void testing_grid_lstm(const lk_grid_lstm_options *o, const lk_node *node,
                                     double *const *in, double *const *parameter, int64_t batch,
                                     double *out) {
    int64_t w = node->channels / 6, groups = o->grid.groups, width = o->grid.size[1];
    bool from_right = false;
    for (int32_t t = 0; t < o->tap_count; t++) {
        from_right = from_right || (o->taps[t][0] == 0 && o->taps[t][1] > 0);
    }
    double *x = calloc((size_t)(10 * w), sizeof *x), *before = x + 4 * w;
    for (int64_t i = 0; i < node->cells * batch; i++) {
        int64_t n = i % batch, pixel = i / batch / groups;
        int64_t column = from_right ? width - 1 - pixel % width : pixel % width;
        int64_t cell = (pixel / width * width + column) * groups + i / batch % groups;
        memset(before, 0, (size_t)(6 * w) * sizeof *before);
        memcpy(x, in[0] + (cell * batch + n) * 4 * w, (size_t)(4 * w) * sizeof *x);
        testing_grid_gather(o, cell, n, batch, w, parameter[0], out, x, before);
        testing_lstm_step(x, before, parameter[0], w,
                          out + (cell * batch + n) * 6 * w); /* h before is 0: no more is added */
    }
    free(x);
}

static const int32_t testing_taps_row[][LK_GRID_AXES] = {{-1, -1}, {-1, 0}, {-1, 1}};
static const int32_t testing_taps_left[][LK_GRID_AXES] = {{-1, 0}, {0, -1}};
static const int32_t testing_taps_right[][LK_GRID_AXES] = {{-1, 0}, {0, 1}};
static const int32_t testing_taps_steep[][LK_GRID_AXES] = {{-1, 2}, {0, -1}, {-2, -1}, {-1, 9}};

#define TESTING_GRID(name, ...)                                                        \
    static const lk_grid_lstm_options testing_grid_##name = {__VA_ARGS__};             \
    static inline lk_node *make_grid_##name(lk_graph *graph, lk_node *const *source) { \
        return lk_grid_lstm(graph, "grid", source[0], testing_grid_##name);            \
    }                                                                                  \
    static inline void reference_grid_##name(const lk_node *node, double *const *in,   \
                                             double *const *parameter, int64_t batch,  \
                                             double *out) {                            \
        testing_grid_lstm(&testing_grid_##name, node, in, parameter, batch, out);      \
    }
TESTING_GRID(row, {2, {3, 4}, 1}, testing_taps_row, 3, 1)
TESTING_GRID(row_rgb, {2, {3, 2}, 3}, testing_taps_row, 3, 1)
TESTING_GRID(left, {2, {3, 4}, 1}, testing_taps_left, 2, 1)
TESTING_GRID(right, {2, {3, 4}, 1}, testing_taps_right, 2, 1)
TESTING_GRID(right_rgb, {2, {2, 3}, 3}, testing_taps_right, 2, 1)
TESTING_GRID(narrow, {2, {4, 1}, 1}, testing_taps_steep, 4, 0)
TESTING_GRID(steep, {2, {3, 4}, 1}, testing_taps_steep, 4, 2)

#endif
