#include "ops/lstm_cell.h"

#include <stddef.h>

enum { H = LK_LSTM_H, C = LK_LSTM_C, I = LK_LSTM_I, F = LK_LSTM_F, O = LK_LSTM_O, G = LK_LSTM_G };

void lk_lstm_cell_ahead(const lk_kernels *kernels, int64_t width, const float *c_before,
                        const float *keep, float *value) {
    const int64_t w = width;
    float *v = value;
    kernels->sigmoid(v + I * w, v + I * w, 3 * w);
    kernels->tanh(v + G * w, v + G * w, w);
    for (int64_t u = 0; u < w; u++) {
        v[C * w + u] = v[I * w + u] * (keep != NULL ? keep[u] * v[G * w + u] : v[G * w + u]);
    }
    for (int64_t u = 0; u < w && c_before != NULL; u++) {
        v[C * w + u] = v[F * w + u] * c_before[u] + v[C * w + u];
    }
    kernels->tanh(v + H * w, v + C * w, w);
    for (int64_t u = 0; u < w; u++) {
        v[H * w + u] *= v[O * w + u];
    }
}

void lk_lstm_cell_back(const lk_kernels *kernels, int64_t width, const lk_lstm_cell *cell) {
    const int64_t w = width;
    const float *v = cell->value, *d = cell->dvalue;
    float *da = cell->dgates, *tanh_c = da; /* until the first gate's derivative takes its place */
    kernels->tanh(tanh_c, v + C * w, w);
    for (int64_t u = 0; u < w; u++) {
        float i = v[I * w + u], f = v[F * w + u], o = v[O * w + u], g = v[G * w + u];
        float keep = cell->keep != NULL ? cell->keep[u] : 1.0f;
        float c_before = cell->c_before != NULL ? cell->c_before[u] : 0.0f;
        float h = cell->dh[u] + d[H * w + u], y = tanh_c[u];
        float c = cell->dc[u] + d[C * w + u] + h * o * (1.0f - y * y);
        da[0 * w + u] = (c * (keep * g) + d[I * w + u]) * (i * (1.0f - i));
        da[1 * w + u] = (c * c_before + d[F * w + u]) * (f * (1.0f - f));
        da[2 * w + u] = (h * y + d[O * w + u]) * (o * (1.0f - o));
        da[3 * w + u] = (c * (keep * i) + d[G * w + u]) * (1.0f - g * g);
        cell->dc_before[u] = c * f;
    }
}
