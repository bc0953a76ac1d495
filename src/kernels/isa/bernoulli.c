/* The Bernoulli distribution of a logit l: p(x = 1) = sigmoid(l).
 *
 *   nll = softplus(x ? -l : l)                            d nll / d l = sigmoid(l) - x = x ?
 *     -sigmoid(-l) : sigmoid(l)
 *
 * The right-hand form keeps its relative accuracy where the model is sure. x, 0 or 1, becomes a
 * sign bit. */
#include "base/maths.h"
#include "kernels/isa/name.h"

static inline float negate_if(float value, uint16_t x) {
    return lk_float_of_bits(lk_bits_of_float(value) ^ ((uint32_t)x << 31));
}

void LK_KERNEL(bernoulli_nll)(float *nll, const float *logit, const uint16_t *x, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        nll[i] = lk_softplus_scalar(negate_if(logit[i], x[i]));
    }
}

void LK_KERNEL(bernoulli_gradient)(float *gradient, const float *logit, const uint16_t *x,
                                   float scale, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        gradient[i] = scale * negate_if(lk_sigmoid_scalar(negate_if(logit[i], x[i])), x[i]);
    }
}
