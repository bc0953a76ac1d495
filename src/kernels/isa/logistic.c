/* The discretized logistic distribution (kernels/logistic.h).
 *
 * logistic_below never falls as the edge rises. An edge and a mean are floats, so that their
 * difference a, times a number that is not negative, never falls: rounding keeps order. So do
 * 1 + e, 1 / e, and the fma's that add up the components. What remains is that e = exp(-a), in
 * double, never rises from one float a to the next greater one:
 *
 *   - Neighbouring floats are at least |a| 2^-24 apart, and the exponential's relative error is
 *     below 2^-51; where |a| > 2^-26 it moves further than two such errors.
 *   - Where |a| < 2^-20 nothing is reduced: e = 1 + (r + r^2 p), r = -a and p near 1/2. Then r
 *     moves by at least |r| 2^-24, while r^2 p is wrong by less than r^2 2^-51, which is less than
 *     half of that; and rounding 1 + ... keeps order.
 *
 * Beyond +-40 it stays as it is. */
#include "base/double_maths_inside.h"
#include "base/maths.h"
#include "kernels/isa/name.h"

#define FARTHEST 40.0f

/* Of a level x: where its bin begins and ends on the standard logistic's axis. */
typedef struct bin {
    float above, below, scale; /* a, b; exp(-log scale) */
    float width;               /* e */
    int first, last;           /* whether it is the first level, or the last */
} bin;

static inline bin bin_of(const lk_logistic *levels, float x, float mean, float log_scale) {
    float middle = mean * levels->half + levels->half;
    float scale = lk_exp_scalar(-lk_logistic_held(levels, log_scale));
    float width = scale * levels->unit;
    return (bin){((x + 0.5f) - middle) * width,
                 ((x - 0.5f) - middle) * width,
                 scale,
                 width,
                 x <= 0.0f,
                 x >= levels->last};
}

/* log(1 - exp(-e)); where the scale is so large that e is no float but 0, log(e). */
static inline float log_width(const lk_logistic *levels, float width, float log_scale) {
    float wide = lk_log_scalar(levels->unit) - lk_logistic_held(levels, log_scale);
    return lk_select(width == 0.0f, wide, lk_log1mexp_scalar(width));
}

void LK_KERNEL(logistic)(float *log_p, const lk_logistic *levels, const float *x, const float *mean,
                         const float *log_scale, int64_t count) {
    const lk_logistic l = *levels;
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        bin c = bin_of(&l, x[i], mean[i], log_scale[i]);
        float above = lk_select(c.last, 0.0f, lk_softplus_scalar(-c.above));
        float below = lk_select(c.first, 0.0f, lk_softplus_scalar(c.below));
        float width = lk_select(c.first | c.last, 0.0f, log_width(&l, c.width, log_scale[i]));
        log_p[i] = (width - above) - below;
    }
}

/* t / (exp(t) - 1), 1 at 0; beyond 64 next to nothing. */
static inline float share_of_width(float t) {
    float inside = lk_select(t < 64.0f, t, 64.0f);
    return lk_select(inside > 0.0f, inside / lk_expm1_moderate(inside), 1.0f);
}

void LK_KERNEL(logistic_slopes)(float *by_mean, float *by_log_scale, const lk_logistic *levels,
                                const float *x, const float *mean, const float *log_scale,
                                int64_t count) {
    const lk_logistic l = *levels;
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        bin c = bin_of(&l, x[i], mean[i], log_scale[i]);
        float above = lk_select(c.last, 0.0f, lk_sigmoid_scalar(-c.above));
        float below = lk_select(c.first, 0.0f, lk_sigmoid_scalar(c.below));
        float width = lk_select(c.first | c.last, 0.0f, share_of_width(c.width));
        float far = lk_select(c.first, 0.0f, c.below * below);
        float near = lk_select(c.last, 0.0f, c.above * above);
        int held = log_scale[i] < l.lowest;
        by_mean[i] = (below - above) * c.scale;
        by_log_scale[i] = lk_select(held, 0.0f, (far - near) - width);
    }
}

/* 1 / (1 + e^-a); NaN counts as +infinity. */
static inline double sigmoid_in_double(float a) {
    float t = a < FARTHEST ? -a : -FARTHEST;
    double x = (double)(t < FARTHEST ? t : FARTHEST);
    double shifted = x * LK_DOUBLE_LOG2_E + 0x1.8p+52; /* its last bits: k */
    double k = shifted - 0x1.8p+52;
    double power = lk_double_of_bits((lk_bits_of_double(shifted) + 1023) << 52);
    return 1.0 / (1.0 + lk_double_exp_reduced(x, k) * power);
}

double LK_KERNEL(logistic_below)(const double *weight, const float *mean, const float *inverse,
                                 float edge, int64_t components) {
    double below[LK_MIXTURE_MOST], sum = 0.0;
    LK_INDEPENDENT
    for (int64_t k = 0; k < components; k++) {
        below[k] = sigmoid_in_double((edge - mean[k]) * inverse[k]);
    }
    for (int64_t k = 0; k < components; k++) {
        sum = fma(weight[k], below[k], sum);
    }
    return sum;
}
