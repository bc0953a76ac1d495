/* One LSTM cell, forward and backward, in one pass over its units; the formulas stand in
 * kernels/lstm_cell.h. */
#include "base/maths.h"
#include "kernels/isa/name.h"

enum { H = LK_LSTM_H, C = LK_LSTM_C, I = LK_LSTM_I, F = LK_LSTM_F, O = LK_LSTM_O, G = LK_LSTM_G };

/* What is there (`is_first`, `keeps`) is a constant after inlining, so that the loop has no
 * branches. */
static inline __attribute__((always_inline)) void ahead(float *v, const float *c_before,
                                                        const float *keep, int64_t w,
                                                        const bool is_first, const bool keeps) {
    LK_INDEPENDENT
    for (int64_t u = 0; u < w; u++) {
        float i = lk_sigmoid_scalar(v[I * w + u]), f = lk_sigmoid_scalar(v[F * w + u]);
        float o = lk_sigmoid_scalar(v[O * w + u]), g = lk_tanh_scalar(v[G * w + u]);
        float update = i * (keeps ? keep[u] * g : g);
        float c = is_first ? update : f * c_before[u] + update;
        v[I * w + u] = i;
        v[F * w + u] = f;
        v[O * w + u] = o;
        v[G * w + u] = g;
        v[C * w + u] = c;
        v[H * w + u] = lk_tanh_scalar(c) * o;
    }
}

void LK_KERNEL(lstm_cell)(float *value, const float *c_before, const float *keep, int64_t width) {
    if (keep != NULL) {
        if (c_before == NULL) {
            ahead(value, c_before, keep, width, true, true);
        } else {
            ahead(value, c_before, keep, width, false, true);
        }
    } else if (c_before == NULL) {
        ahead(value, c_before, keep, width, true, false);
    } else {
        ahead(value, c_before, keep, width, false, false);
    }
}

static inline __attribute__((always_inline)) void back(const lk_lstm_cell *cell, int64_t w,
                                                       const bool is_first, const bool keeps) {
    const float *v = cell->value, *d = cell->dvalue, *keep = cell->keep;
    const float *dh = cell->dh, *dc = cell->dc, *c_before = cell->c_before;
    float *da = cell->dgates, *dc_before = cell->dc_before;
    LK_INDEPENDENT
    for (int64_t u = 0; u < w; u++) {
        float i = v[I * w + u], f = v[F * w + u], o = v[O * w + u], g = v[G * w + u];
        float kept = keeps ? keep[u] : 1.0f, before = is_first ? 0.0f : c_before[u];
        float h = dh[u] + d[H * w + u], y = lk_tanh_scalar(v[C * w + u]);
        float c = dc[u] + d[C * w + u] + h * o * (1.0f - y * y);
        da[0 * w + u] = 0.0f + (c * (kept * g) + d[I * w + u]) * (i * (1.0f - i));
        da[1 * w + u] = 0.0f + (c * before + d[F * w + u]) * (f * (1.0f - f));
        da[2 * w + u] = 0.0f + (h * y + d[O * w + u]) * (o * (1.0f - o));
        da[3 * w + u] = 0.0f + (c * (kept * i) + d[G * w + u]) * (1.0f - g * g);
        dc_before[u] = c * f;
    }
}

void LK_KERNEL(lstm_cell_backward)(const lk_lstm_cell *cell, int64_t width) {
    if (cell->keep != NULL) {
        if (cell->c_before == NULL) {
            back(cell, width, true, true);
        } else {
            back(cell, width, false, true);
        }
    } else if (cell->c_before == NULL) {
        back(cell, width, true, false);
    } else {
        back(cell, width, false, false);
    }
}
