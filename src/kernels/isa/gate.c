/* Products of two values: out = a b, and the gated activation (van den Oord et al. 2016,
 * "Conditional Image Generation with PixelCNN Decoders", equation 2): a row holds `width` values a,
 * then `width` values b, and gives tanh(a) sigmoid(b), or a sigmoid(b) (Dauphin et al. 2017).
 * Backward computes tanh and sigmoid again: their product does not tell them. */
#include "base/maths.h"
#include "kernels/isa/name.h"

void LK_KERNEL(multiply)(float *out, const float *a, const float *b, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = a[i] * b[i];
    }
}

void LK_KERNEL(multiply_add)(float *out, const float *a, const float *b, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = fmaf(a[i], b[i], out[i]);
    }
}

void LK_KERNEL(gate)(float *out, const float *in, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in += 2 * width, out += width) {
        const float *a = in, *b = in + width;
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            out[i] = lk_tanh_scalar(a[i]) * lk_sigmoid_scalar(b[i]);
        }
    }
}

/* A factor of a gradient, or 0 where both together are next to nothing, as behind a gate that is
 * shut. On its way down the product would become subnormal, and products of subnormal numbers take
 * many processors a hundred times as long. */
static inline __attribute__((always_inline)) float factor(float gradient, float by) {
    return fabsf(gradient * by) < 0x1p-80F ? 0.0f : by;
}

static inline __attribute__((always_inline)) void gate_backward_onto(float *din, const bool fresh,
                                                                     const float *in,
                                                                     const float *dout,
                                                                     int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in += 2 * width, din += 2 * width, dout += width) {
        const float *a = in, *b = in + width;
        float *da = din, *db = din + width;
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            float t = lk_tanh_scalar(a[i]), s = lk_sigmoid_scalar(b[i]);
            float by_a = dout[i] * s, by_b = dout[i] * t;
            da[i] = fmaf(by_a, factor(by_a, fmaf(-t, t, 1.0f)), fresh ? 0.0f : da[i]);
            db[i] = fmaf(by_b, factor(by_b, s * (1.0f - s)), fresh ? 0.0f : db[i]);
        }
    }
}

void LK_KERNEL(gate_backward)(float *din, bool fresh, const float *in, const float *dout,
                              int64_t rows, int64_t width) {
    if (fresh) {
        gate_backward_onto(din, true, in, dout, rows, width);
    } else {
        gate_backward_onto(din, false, in, dout, rows, width);
    }
}

void LK_KERNEL(gate_linear)(float *out, const float *in, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in += 2 * width, out += width) {
        const float *a = in, *b = in + width;
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            out[i] = a[i] * lk_sigmoid_scalar(b[i]);
        }
    }
}

static inline __attribute__((always_inline)) void
gate_linear_backward_onto(float *din, const bool fresh, const float *in, const float *dout,
                          int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in += 2 * width, din += 2 * width, dout += width) {
        const float *a = in, *b = in + width;
        float *da = din, *db = din + width;
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            float s = lk_sigmoid_scalar(b[i]);
            float by_b = dout[i] * a[i];
            da[i] = fmaf(dout[i], factor(dout[i], s), fresh ? 0.0f : da[i]);
            db[i] = fmaf(by_b, factor(by_b, s * (1.0f - s)), fresh ? 0.0f : db[i]);
        }
    }
}

void LK_KERNEL(gate_linear_backward)(float *din, bool fresh, const float *in, const float *dout,
                                     int64_t rows, int64_t width) {
    if (fresh) {
        gate_linear_backward_onto(din, true, in, dout, rows, width);
    } else {
        gate_linear_backward_onto(din, false, in, dout, rows, width);
    }
}
