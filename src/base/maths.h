/* Exact scalar mathematics: fixed polynomial evaluations in IEEE-754 float32 fused multiply-adds.
 * Nothing here or in anything that reaches a probability calls libm, except fmaf and sqrtf, which
 * IEEE-754 defines to the last bit. The kernels (kernels/isa/elementwise.c) evaluate these same
 * functions over arrays; compiled with wider instructions they give the same bits, because each
 * element sees the same operations. So there are no branches here, only selections, and every step
 * is an operation that vector units have.
 *
 * Total on all floats, infinities and NaN included; a NaN result is always the one NaN 0x7fc00000,
 * because which payload an operation hands on differs between processors. Subnormal results are
 * rounded gradually, never flushed to zero. Worst errors over the whole float range, in units in
 * the last place against long double, are stated at each function (found on every float from 2^-6
 * to 2^7 of both signs and on every 149th of the rest), and enforced by maths_test.c.
 *
 * The polynomials are weighted minimax fits (Remez exchange, coefficients rounded to float32 one
 * after the other, lowest first, the rest refitted). The reductions are the textbook ones: Muller,
 * Elementary Functions, chapters 11 and 12. */
#ifndef LK_BASE_MATHS_H
#define LK_BASE_MATHS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t lk_bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float lk_float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float lk_nan(void) {
    return lk_float_of_bits(0x7fc00000u);
}

static inline float lk_infinity(void) {
    return lk_float_of_bits(0x7f800000u);
}

static inline float lk_magnitude(float x) {
    return lk_float_of_bits(lk_bits_of_float(x) & 0x7fffffffu);
}

/* condition ? yes : no, in integers. The compiler turns ?: into branches first, and copies what
 * follows into both of them before it makes vectors of them; here it cannot. */
static inline float lk_select(int condition, float yes, float no) {
    uint32_t mask = 0u - (uint32_t)(condition != 0);
    return lk_float_of_bits((lk_bits_of_float(yes) & mask) | (lk_bits_of_float(no) & ~mask));
}

/* 2^n for -126 <= n <= 127. */
static inline float lk_power_of_two(int32_t n) {
    return lk_float_of_bits((uint32_t)(n + 127) << 23);
}

#define LK_LN2_HIGH 0x1.62e43p-1f    /* ln 2 to the nearest float */
#define LK_LN2_LOW (-0x1.05c61p-29f) /* what is missing */
#define LK_LOG2_E 0x1.715476p+0f
#define LK_ROUND_TO_INTEGER \
    0x1.8p+23f /* added and subtracted: rounds |x| < 2^22 to the nearest integer */

/* x = n ln 2 + r, |r| <= ln 2 / 2 (and a little more), for |x| < 2^20. */
typedef struct lk_exp_reduced {
    int32_t n;
    float r;
} lk_exp_reduced;

static inline lk_exp_reduced lk_exp_reduce(float x) {
    float shifted = fmaf(x, LK_LOG2_E, LK_ROUND_TO_INTEGER);
    float n = shifted - LK_ROUND_TO_INTEGER;
    float r = fmaf(n, -LK_LN2_HIGH, x);
    r = fmaf(n, -LK_LN2_LOW, r);
    int32_t integer = (int32_t)(lk_bits_of_float(shifted) - lk_bits_of_float(LK_ROUND_TO_INTEGER));
    return (lk_exp_reduced){integer, r};
}

/* exp(r) - 1 = r + r^2 q(r) for |r| <= 0.35; relative error of the polynomial 2^-30.9. */
static inline float lk_expm1_polynomial(float r) {
    float q = 0x1.9e25d6p-13f;
    q = fmaf(q, r, 0x1.6d495p-10f);
    q = fmaf(q, r, 0x1.1112fep-7f);
    q = fmaf(q, r, 0x1.5554ecp-5f);
    q = fmaf(q, r, 0x1.555554p-3f);
    q = fmaf(q, r, 0x1p-1f);
    return fmaf(r * r, q, r);
}

/* log(1 + f) = f + f^2 q(f) for |f| <= 1/3; relative error of the polynomial 2^-27.6. */
static inline float lk_log1p_polynomial(float f) {
    float q = -0x1.03037ap-3f;
    q = fmaf(q, f, 0x1.1ee68ap-3f);
    q = fmaf(q, f, -0x1.f56284p-4f);
    q = fmaf(q, f, 0x1.1eb8dep-3f);
    q = fmaf(q, f, -0x1.55884ep-3f);
    q = fmaf(q, f, 0x1.99d268p-3f);
    q = fmaf(q, f, -0x1.ffff6ap-3f);
    q = fmaf(q, f, 0x1.5555p-2f);
    q = fmaf(q, f, -0x1p-1f);
    return fmaf(f * f, q, f);
}

/* exp(x) - 1 for -64 <= x <= 64: no more, because 2^n must be a float. Worst error 0.9 ulp. */
static inline float lk_expm1_moderate(float x) {
    lk_exp_reduced reduced = lk_exp_reduce(x);
    float scale = lk_power_of_two(reduced.n);
    return fmaf(scale, lk_expm1_polynomial(reduced.r), scale - 1.0f);
}

/* exp(x) for -104 <= x <= 89. */
static inline float lk_exp_inside(float x) {
    lk_exp_reduced reduced = lk_exp_reduce(x);
    /* 2^n in two factors: the first product is exact, the second one rounds, overflows and
     * underflows as it should. */
    int32_t half = reduced.n >> 1;
    float significand = 1.0f + lk_expm1_polynomial(reduced.r);
    return significand * lk_power_of_two(half) * lk_power_of_two(reduced.n - half);
}

/* exp(x). Worst error 0.98 ulp. exp(-inf) = 0, exp(inf) = inf. */
static inline float lk_exp_scalar(float x) {
    /* Beyond these the result is 0 or inf anyway; a NaN becomes -104 and is put back at the end. */
    float inside = x > -104.0f ? x : -104.0f;
    inside = lk_select(inside < 89.0f, inside, 89.0f);
    return lk_select(x == x, lk_exp_inside(inside), lk_nan());
}

/* exp(-|x|), NaN counting as infinity. */
static inline float lk_exp_of_minus_magnitude(float x) {
    float inside = -lk_magnitude(x);
    return lk_exp_inside(inside > -104.0f ? inside : -104.0f);
}

/* log(x). Worst error 0.94 ulp. log(+-0) = -inf, log(inf) = inf, log(negative) = NaN. */
static inline float lk_log_scalar(float x) {
    int subnormal = x < 0x1p-126f;
    float normal = lk_select(subnormal, x * 0x1p+23f, x);
    /* x = 2^exponent (1 + f) with 2/3 <= 1 + f < 4/3 (0x3f2aaaab is 2/3). */
    uint32_t bits = lk_bits_of_float(normal);
    uint32_t exponent_bits = (bits - 0x3f2aaaabu) & 0xff800000u;
    float f = lk_float_of_bits(bits - exponent_bits) - 1.0f;
    float exponent = (float)((int32_t)exponent_bits >> 23) - lk_select(subnormal, 23.0f, 0.0f);
    float result = fmaf(exponent, LK_LN2_LOW, lk_log1p_polynomial(f));
    result = fmaf(exponent, LK_LN2_HIGH, result);
    result = lk_select(x < lk_infinity(), result, lk_infinity());
    result = lk_select(x > 0.0f, result, -lk_infinity());
    return lk_select(x >= 0.0f, result, lk_nan());
}

/* tanh(x) = (e^2x - 1) / (e^2x + 1). Worst error 2.40 ulp; exactly x where tanh(x) rounds to x; +-1
 * from |x| = 9.02 on. */
static inline float lk_tanh_scalar(float x) {
    float magnitude = lk_magnitude(x);
    float inside = magnitude < 10.0f ? magnitude : 10.0f;
    float e = lk_expm1_moderate(inside + inside);
    float result = e / (e + 2.0f);
    uint32_t sign = lk_bits_of_float(x) & 0x80000000u;
    result = lk_float_of_bits(lk_bits_of_float(result) | sign);
    return lk_select(x == x, result, lk_nan());
}

/* 1 / (1 + exp(-x)), accurate in both tails. Worst error 2.41 ulp. */
static inline float lk_sigmoid_scalar(float x) {
    float e = lk_exp_of_minus_magnitude(x);
    float result = lk_select(x < 0.0f, e, 1.0f) / (1.0f + e);
    return lk_select(x == x, result, lk_nan());
}

/* log(1 + e^x) = max(x, 0) + log1p(e^-|x|), accurate in both tails. Worst error 1.82 ulp. */
static inline float lk_softplus_scalar(float x) {
    float e = lk_exp_of_minus_magnitude(x);
    /* 1 + e = 2 (1 + (e - 1) / 2), so that the polynomial's argument stays within 1/3. */
    int far = e > 0x1.555556p-2f;
    float f = lk_select(far, (e - 1.0f) * 0.5f, e);
    float log1p_of_e = lk_log1p_polynomial(f) + lk_select(far, LK_LN2_HIGH, 0.0f);
    float result = lk_select(x > 0.0f, x, 0.0f) + log1p_of_e;
    return lk_select(x == x, result, lk_nan());
}

/* elu(x) = x where x > 0, else e^x - 1 (Clevert, Unterthiner, Hochreiter 2016). Worst error 0.9
 * ulp. +0 for both zeros, -1 at -inf. */
static inline float lk_elu_scalar(float x) {
    float inside = -lk_magnitude(x);
    float below = lk_expm1_moderate(inside > -64.0f ? inside : -64.0f);
    float result = lk_select(x > 0.0f, x, below);
    return lk_select(x == x, result, lk_nan());
}

/* The derivative of elu, from its output y >= -1: e^x = y + 1 where x <= 0. Exact but for that
 * sum. */
static inline float lk_elu_slope(float y) {
    return lk_select(y > 0.0f, 1.0f, y + 1.0f);
}

/* x sigmoid(u) for u = high + low, of which |low| is small: what low adds is sigmoid'(high) low.
 * Far below 0, where sigmoid(u) is 0, the product is -0 also for infinite x. */
static inline float lk_swish_scalar(float x, float high, float low) {
    float s = lk_sigmoid_scalar(high);
    float result = lk_select(x > -128.0f, x, -128.0f) * fmaf(s * (1.0f - s), low, s);
    return lk_select(x == x, result, lk_nan());
}

/* d/dx of x sigmoid(u), with du = du/dx: sigmoid(u) + x sigmoid'(u) du. 1 and 0 at the ends. */
static inline float lk_swish_slope(float x, float u, float du) {
    float s = lk_sigmoid_scalar(u);
    return fmaf(x * du, s * (1.0f - s), s);
}

/* x within -limit .. limit, NaN as -limit. */
static inline float lk_within(float x, float limit) {
    float inside = x > -limit ? x : -limit;
    return lk_select(inside < limit, inside, limit);
}

/* The sigmoid form of gelu (Hendrycks and Gimpel 2016, section 2): x sigmoid(1.702 x), with 1.702
 * as the nearest float. Worst error 4.3 ulp, below -50, where sigmoid is subnormal, 54. */
#define LK_GELU 0x1.b3b646p+0f
static inline float lk_gelu_scalar(float x) {
    float inside = lk_within(x, 128.0f), high = LK_GELU * inside;
    return lk_swish_scalar(x, high, fmaf(LK_GELU, inside, -high));
}

/* Its derivative, from x. */
static inline float lk_gelu_slope(float x) {
    float inside = lk_within(x, 128.0f);
    return lk_select(x == x, lk_swish_slope(inside, LK_GELU * inside, LK_GELU), lk_nan());
}

/* The tanh form of gelu (the same section): x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 =
 * x sigmoid(u), u = x (a + b x^2), a and b the nearest floats to 2 sqrt(2/pi) and 0.044715 times
 * that. Worst error 4.6 ulp, below -9.9, where sigmoid is subnormal, 16. */
#define LK_GELU_TANH_A 0x1.988454p+0f
#define LK_GELU_TANH_B 0x1.2444f2p-4f
static inline float lk_gelu_tanh_scalar(float x) {
    float inside = lk_within(x, 16.0f), square = inside * inside;
    float cubic = LK_GELU_TANH_B * square, factor = LK_GELU_TANH_A + cubic;
    float high = inside * factor;
    /* What rounding lost of the square, of b x^2, of the sum (Knuth's, exact) and of the
     * product. */
    float part = factor - LK_GELU_TANH_A;
    float lost = (LK_GELU_TANH_A - (factor - part)) + (cubic - part);
    lost += fmaf(LK_GELU_TANH_B, square, -cubic);
    lost = fmaf(LK_GELU_TANH_B, fmaf(inside, inside, -square), lost);
    return lk_swish_scalar(x, high, fmaf(inside, lost, fmaf(inside, factor, -high)));
}

/* Its derivative, from x. */
static inline float lk_gelu_tanh_slope(float x) {
    float inside = lk_within(x, 16.0f), square = inside * inside;
    float u = inside * fmaf(LK_GELU_TANH_B, square, LK_GELU_TANH_A);
    float du = fmaf(3.0f * LK_GELU_TANH_B, square, LK_GELU_TANH_A);
    return lk_select(x == x, lk_swish_slope(inside, u, du), lk_nan());
}

/* log(1 - e^-t), the logarithm of an exponential variable's chance to be below t, for t >= 0; NaN
 * for t < 0. From e^-t = 1/2 on the polynomial of log(1 + f) has it, first in the form
 * log(1/2) + log(1 + (1 - 2 e^-t)), then, below 1/3, as it stands; nearer to 0 it is the logarithm
 * of -expm1(-t). Worst error 2.16 ulp. -inf at 0, +0 at infinity. */
static inline float lk_log1mexp_scalar(float t) {
    float inside = t < 64.0f ? t : 64.0f;
    inside = lk_select(inside > 0.0f, inside, 0.0f);
    float near = lk_log_scalar(-lk_expm1_moderate(-inside));
    float e = lk_exp_of_minus_magnitude(t);
    int half = e > 0x1.555556p-2f;
    float f = lk_select(half, 1.0f - (e + e), -e);
    float far = lk_log1p_polynomial(f) - lk_select(half, LK_LN2_HIGH, 0.0f);
    float result = lk_select(t < 0x1.62e43p-1f, near, 0.0f + far);
    return lk_select(t >= 0.0f, result, lk_nan());
}

/* The derivative of softplus, from its output y >= 0: sigmoid(x) = 1 - exp(-y). Worst error 0.9
 * ulp. */
static inline float lk_softplus_slope(float y) {
    float inside = y < 64.0f ? y : 64.0f;
    inside = lk_select(inside > 0.0f, inside, 0.0f);
    float result = 0.0f - lk_expm1_moderate(-inside); /* +0 at 0 */
    return lk_select(y == y, result, lk_nan());
}

#endif
