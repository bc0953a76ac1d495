/* Functions of one number, over arrays: base/maths.h, once per element. */
#include "base/maths.h"
#include "kernels/isa/name.h"

#define LK_UNARY(name, expression)                                     \
    void LK_KERNEL(name)(float *out, const float *in, int64_t count) { \
        LK_INDEPENDENT                                                 \
        for (int64_t i = 0; i < count; i++) {                          \
            float x = in[i];                                           \
            out[i] = expression;                                       \
        }                                                              \
    }

LK_UNARY(exp, lk_exp_scalar(x))
LK_UNARY(log, lk_log_scalar(x))
LK_UNARY(tanh, lk_tanh_scalar(x))
LK_UNARY(sigmoid, lk_sigmoid_scalar(x))
LK_UNARY(softplus, lk_softplus_scalar(x))
LK_UNARY(elu, lk_elu_scalar(x))
LK_UNARY(gelu, lk_gelu_scalar(x))
LK_UNARY(gelu_tanh, lk_gelu_tanh_scalar(x))
LK_UNARY(log1mexp, lk_log1mexp_scalar(x))
LK_UNARY(relu, x == x ? (x > 0.0f ? x : 0.0f) : lk_nan())
LK_UNARY(add, out[i] + x)

void LK_KERNEL(sum_of)(float *out, const float *a, const float *b, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = a[i] + b[i];
    }
}

/* Some columns at a time, whose sums then stay in registers. */
void LK_KERNEL(add_rows)(float *out, const float *in, int64_t rows, int64_t stride, int64_t width) {
    enum { SOME = 32 };
    int64_t i = 0;
    for (; i + SOME <= width; i += SOME) {
        float sum[SOME];
        for (int j = 0; j < SOME; j++) {
            sum[j] = out[i + j];
        }
        for (int64_t r = 0; r < rows; r++) {
            for (int j = 0; j < SOME; j++) {
                sum[j] += in[r * stride + i + j];
            }
        }
        for (int j = 0; j < SOME; j++) {
            out[i + j] = sum[j];
        }
    }
    for (int64_t r = 0; r < rows && i < width; r++) {
        LK_KERNEL(add)(out + i, in + r * stride + i, width - i);
    }
}

void LK_KERNEL(axpy)(float *out, float scale, const float *in, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = fmaf(scale, in[i], out[i]);
    }
}
