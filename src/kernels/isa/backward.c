/* Derivatives of the elementwise functions, from the output y = f(x) or, where that does not tell
 * the input, from y = x: din = before + f'(x) dy, where `before` is what din holds, or 0. */
#include "base/maths.h"
#include "kernels/isa/name.h"

#define LK_BACKWARD(name, expression)                                                              \
    static inline __attribute__((always_inline)) void name##_onto(                                 \
        float *din, const bool fresh, const float *y, const float *dy, int64_t count) {            \
        LK_INDEPENDENT                                                                             \
        for (int64_t i = 0; i < count; i++) {                                                      \
            float before = fresh ? 0.0f : din[i];                                                  \
            din[i] = expression;                                                                   \
        }                                                                                          \
    }                                                                                              \
    void LK_KERNEL(name)(float *din, bool fresh, const float *y, const float *dy, int64_t count) { \
        if (fresh) {                                                                               \
            name##_onto(din, true, y, dy, count);                                                  \
        } else {                                                                                   \
            name##_onto(din, false, y, dy, count);                                                 \
        }                                                                                          \
    }

/* A selection, not a product: 0 times an infinite dy would be NaN. */
LK_BACKWARD(relu_backward, y[i] > 0.0f ? before + dy[i] : before)
/* tanh' = 1 - tanh^2 */
LK_BACKWARD(tanh_backward, fmaf(dy[i], fmaf(-y[i], y[i], 1.0f), before))
/* sigmoid' = sigmoid (1 - sigmoid) */
LK_BACKWARD(sigmoid_backward, fmaf(dy[i], y[i] * (1.0f - y[i]), before))
/* softplus' = sigmoid = 1 - exp(-softplus) */
LK_BACKWARD(softplus_backward, fmaf(dy[i], lk_softplus_slope(y[i]), before))
/* elu' = e^x = elu + 1 below 0 */
LK_BACKWARD(elu_backward, fmaf(dy[i], lk_elu_slope(y[i]), before))
/* Of the input: gelu falls and rises. */
LK_BACKWARD(gelu_backward, fmaf(dy[i], lk_gelu_slope(y[i]), before))
LK_BACKWARD(gelu_tanh_backward, fmaf(dy[i], lk_gelu_tanh_slope(y[i]), before))
