/* exp: x = k ln 2 + r with ln 2 split in two, |r| <= ln 2 / 2, Taylor to r^13 (next term 4e-18).
 * log: x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = (m - 1) / (m + 1), 2 atanh(f) = 2 (f + f^3/3 +
 * ...) to f^23 (next term 6e-21). cos(pi t) = sin(pi (1/2 - t)) around 1/2 and 1 - 2 sin(pi t /
 * 2)^2 at the ends, Taylor to u^17, |u| <= 1/4 (next term 2e-19). */
#include "base/double_maths.h"

#include <math.h>
#include <string.h>

static const double LN2_HIGH =
    0x1.62e42fee00000p-1; /* its last 21 bits are zero: k times it is exact */
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double LOG2_E = 0x1.71547652b82fep+0;

static double power_of_two(int64_t exponent) {
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double lk_double_exp(double x) {
    /* 1 / n! */
    static const double TERM[] = {
        0x1.6124613a86d09p-33, 0x1.1eed8eff8d898p-29, 0x1.ae64567f544e4p-26, 0x1.27e4fb7789f5cp-22,
        0x1.71de3a556c734p-19, 0x1.a01a01a01a01ap-16, 0x1.a01a01a01a01ap-13, 0x1.6c16c16c16c17p-10,
        0x1.1111111111111p-7,  0x1.5555555555555p-5,  0x1.5555555555555p-3,  0.5};
    if (!(x <= 709.782712893384)) {
        return x > 0 ? (double)INFINITY : x;
    }
    if (x < -708) {
        return 0;
    }
    double scaled = x * LOG2_E;
    int64_t k = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double r = fma(-(double)k, LN2_HIGH, x);
    double low = -(double)k * LN2_LOW;
    double sum = r + low;
    double polynomial = TERM[0];
    for (unsigned i = 1; i < sizeof TERM / sizeof *TERM; i++) {
        polynomial = fma(polynomial, sum, TERM[i]);
    }
    /* e^r - 1 = r + (low + r^2 polynomial): the small parts first. */
    double part = fma(sum * sum, polynomial, low);
    double result = 1 + (r + part);
    return k > 1023 ? result * 2 * power_of_two(1023) : result * power_of_two(k);
}

double lk_double_log(double x) {
    if (!(x > 0)) {
        return x == 0 ? -(double)INFINITY : (double)NAN;
    }
    if (x > 0x1.fffffffffffffp+1023) {
        return x;
    }
    int64_t k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p+54;
        k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    k += (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffu) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        k++;
    }
    /* With d = m - 1 and f = d / (2 + d): log(1 + d) = d - d^2/2 + f (d^2/2 + series), the form of
     * fdlibm, which keeps the leading terms exact. */
    double d = m - 1;
    double f = d / (2 + d);
    double square = f * f;
    double series = 2.0 / 23;
    for (int n = 21; n >= 3; n -= 2) {
        series = fma(series, square, 2.0 / n);
    }
    series *= square;
    double half = 0.5 * d * d;
    double tail = fma(f, half + series, (double)k * LN2_LOW);
    return fma((double)k, LN2_HIGH, d - (half - tail));
}

/* sin(pi u), |u| <= 1/4. */
static double sine(double u) {
    /* (-1)^n pi^(2n+1) / (2n+1)! for n = 8 .. 0 */
    static const double TERM[] = {
        0x1.aaec32af93359p-21, -0x1.6fadb9f155744p-16, 0x1.e8f434d018d63p-12,
        -0x1.e3074fde8871fp-8, 0x1.50783487ee782p-4,   -0x1.32d2cce62bd86p-1,
        0x1.466bc6775aae2p+1,  -0x1.4abbce625be53p+2,  0x1.921fb54442d18p+1};
    double square = u * u;
    double polynomial = TERM[0];
    for (unsigned i = 1; i < sizeof TERM / sizeof *TERM; i++) {
        polynomial = fma(polynomial, square, TERM[i]);
    }
    return u * polynomial;
}

double lk_double_cos_pi(double t) {
    if (t > 0.25 && t < 0.75) {
        return sine(0.5 - t);
    }
    double half = sine((t < 0.5 ? t : 1 - t) / 2);
    double cosine = fma(-2 * half, half, 1);
    return t < 0.5 ? cosine : -cosine;
}

double lk_double_power(double base, int64_t exponent) {
    double result = 1;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            result *= base;
        }
        base *= base;
    }
    return result;
}

double lk_double_log_sum(const double *x, int64_t count) {
    double largest = -(double)INFINITY, sum = 0.0;
    for (int64_t i = 0; i < count; i++) {
        largest = x[i] > largest ? x[i] : largest;
    }
    for (int64_t i = 0; i < count && largest != -(double)INFINITY; i++) {
        sum += lk_double_exp(x[i] - largest);
    }
    return sum > 0.0 ? largest + lk_double_log(sum) : -(double)INFINITY;
}
