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
LK_UNARY(relu, x == x ? (x > 0.0f ? x : 0.0f) : lk_nan())
LK_UNARY(add, out[i] + x)

void LK_KERNEL(axpy)(float *out, float scale, const float *in, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = fmaf(scale, in[i], out[i]);
    }
}
