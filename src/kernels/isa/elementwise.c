/* Functions of one number, over arrays: base/maths.h, once per element. */
#include "base/maths.h"
#include "kernels/isa/name.h"

enum { COLUMNS_MOST = 64 };

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

void LK_KERNEL(give)(float *out, bool fresh, const float *in, int64_t count) {
    if (!fresh) {
        LK_KERNEL(add)(out, in, count);
        return;
    }
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = 0.0f + in[i]; /* no negative zero */
    }
}

void LK_KERNEL(sum_of)(float *out, const float *a, const float *b, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = a[i] + b[i];
    }
}

/* So many columns, whose sums stay in registers; a constant after inlining. */
static inline __attribute__((always_inline)) void
add_columns(float *out, const float *in, int64_t rows, int64_t stride, const int columns) {
    float sum[COLUMNS_MOST];
    for (int j = 0; j < columns; j++) {
        sum[j] = out[j];
    }
    for (int64_t r = 0; r < rows; r++, in += stride) {
        for (int j = 0; j < columns; j++) {
            sum[j] += in[j];
        }
    }
    for (int j = 0; j < columns; j++) {
        out[j] = sum[j];
    }
}

void LK_KERNEL(add_rows)(float *out, const float *in, int64_t rows, int64_t stride, int64_t width) {
    int64_t i = 0;
    for (; i + 64 <= width; i += 64) {
        add_columns(out + i, in + i, rows, stride, 64);
    }
    for (; i + 32 <= width; i += 32) {
        add_columns(out + i, in + i, rows, stride, 32);
    }
    for (; i + 16 <= width; i += 16) {
        add_columns(out + i, in + i, rows, stride, 16);
    }
    for (; i + 8 <= width; i += 8) {
        add_columns(out + i, in + i, rows, stride, 8);
    }
    for (; i < width; i++) {
        add_columns(out + i, in + i, rows, stride, 1);
    }
}

void LK_KERNEL(axpy)(float *out, float scale, const float *in, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = fmaf(scale, in[i], out[i]);
    }
}
