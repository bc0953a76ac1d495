/* The polynomials of base/double_maths.h, for its functions and for the kernel that computes them
 * over arrays (kernels/isa/log_sums.c). No branches, so that vectors can be made of them.
 *
 * exp: x = k ln 2 + r with ln 2 split in two, |r| <= ln 2 / 2, Taylor to r^13 (next term 4e-18).
 * log: x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = (m - 1) / (m + 1), 2 atanh(f) = 2 (f + f^3/3 +
 * ...) to f^23 (next term 6e-21). */
#ifndef LK_BASE_DOUBLE_MATHS_INSIDE_H
#define LK_BASE_DOUBLE_MATHS_INSIDE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LK_DOUBLE_LN2_HIGH 0x1.62e42fee00000p-1 /* its last 21 bits are zero: k times it is exact */
#define LK_DOUBLE_LN2_LOW 0x1.a39ef35793c76p-33
#define LK_DOUBLE_LOG2_E 0x1.71547652b82fep+0
#define LK_DOUBLE_ROOT_OF_2 0x1.6a09e667f3bcdp+0
#define LK_DOUBLE_MANTISSA 0xfffffffffffffu

static inline double lk_double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t lk_bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* -1022 <= exponent <= 1023 */
static inline double lk_double_power_of_two(int64_t exponent) {
    return lk_double_of_bits((uint64_t)(exponent + 1023) << 52);
}

/* e^(x - k ln 2), where k is the integer next to x / ln 2. */
static inline double lk_double_exp_reduced(double x, double k) {
    double r = fma(-k, LK_DOUBLE_LN2_HIGH, x);
    double low = -k * LK_DOUBLE_LN2_LOW;
    double sum = r + low;
    double p = 0x1.6124613a86d09p-33; /* 1 / n!, n = 13 .. 2 */
    p = fma(p, sum, 0x1.1eed8eff8d898p-29);
    p = fma(p, sum, 0x1.ae64567f544e4p-26);
    p = fma(p, sum, 0x1.27e4fb7789f5cp-22);
    p = fma(p, sum, 0x1.71de3a556c734p-19);
    p = fma(p, sum, 0x1.a01a01a01a01ap-16);
    p = fma(p, sum, 0x1.a01a01a01a01ap-13);
    p = fma(p, sum, 0x1.6c16c16c16c17p-10);
    p = fma(p, sum, 0x1.1111111111111p-7);
    p = fma(p, sum, 0x1.5555555555555p-5);
    p = fma(p, sum, 0x1.5555555555555p-3);
    p = fma(p, sum, 0.5);
    /* e^r - 1 = r + (low + r^2 p): the small parts first. */
    double part = fma(sum * sum, p, low);
    return 1 + (r + part);
}

/* log(2^k (1 + d)). With f = d / (2 + d): log(1 + d) = d - d^2/2 + f (d^2/2 + series), the form of
 * fdlibm, which keeps the leading terms exact. */
static inline double lk_double_log_reduced(double d, double k) {
    double f = d / (2 + d);
    double square = f * f;
    double series = 2.0 / 23;
    series = fma(series, square, 2.0 / 21);
    series = fma(series, square, 2.0 / 19);
    series = fma(series, square, 2.0 / 17);
    series = fma(series, square, 2.0 / 15);
    series = fma(series, square, 2.0 / 13);
    series = fma(series, square, 2.0 / 11);
    series = fma(series, square, 2.0 / 9);
    series = fma(series, square, 2.0 / 7);
    series = fma(series, square, 2.0 / 5);
    series = fma(series, square, 2.0 / 3);
    series *= square;
    double half = 0.5 * d * d;
    double tail = fma(f, half + series, k * LK_DOUBLE_LN2_LOW);
    return fma(k, LK_DOUBLE_LN2_HIGH, d - (half - tail));
}

#endif
