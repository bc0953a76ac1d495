/* Derivatives of the elementwise functions, from the output y = f(x) or, where that does not tell
 * the input, from y = x: din += f'(x) dy. */
#include "base/maths.h"
#include "kernels/isa/name.h"

#define LK_BACKWARD(name, expression)                                                  \
    void LK_KERNEL(name)(float *din, const float *y, const float *dy, int64_t count) { \
        LK_INDEPENDENT                                                                 \
        for (int64_t i = 0; i < count; i++) {                                          \
            din[i] = expression;                                                       \
        }                                                                              \
    }

/* A selection, not a product: 0 times an infinite dy would be NaN. */
LK_BACKWARD(relu_backward, y[i] > 0.0f ? din[i] + dy[i] : din[i])
/* tanh' = 1 - tanh^2 */
LK_BACKWARD(tanh_backward, fmaf(dy[i], fmaf(-y[i], y[i], 1.0f), din[i]))
/* sigmoid' = sigmoid (1 - sigmoid) */
LK_BACKWARD(sigmoid_backward, fmaf(dy[i], y[i] * (1.0f - y[i]), din[i]))
/* softplus' = sigmoid = 1 - exp(-softplus) */
LK_BACKWARD(softplus_backward, fmaf(dy[i], lk_softplus_slope(y[i]), din[i]))
/* elu' = e^x = elu + 1 below 0 */
LK_BACKWARD(elu_backward, fmaf(dy[i], lk_elu_slope(y[i]), din[i]))
/* Of the input: gelu falls and rises. */
LK_BACKWARD(gelu_backward, fmaf(dy[i], lk_gelu_slope(y[i]), din[i]))
LK_BACKWARD(gelu_tanh_backward, fmaf(dy[i], lk_gelu_tanh_slope(y[i]), din[i]))
