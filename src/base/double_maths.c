/* exp and log: double_maths_inside.h. cos(pi t) = sin(pi (1/2 - t)) around 1/2 and 1 - 2 sin(pi t /
 * 2)^2 at the ends, Taylor to u^17, |u| <= 1/4 (next term 2e-19). */
#include "base/double_maths.h"

#include "base/double_maths_inside.h"

double lk_double_exp(double x) {
    if (!(x <= 709.782712893384)) {
        return x > 0 ? (double)INFINITY : x;
    }
    if (x < -708) {
        return 0;
    }
    double scaled = x * LK_DOUBLE_LOG2_E;
    int64_t k = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double result = lk_double_exp_reduced(x, (double)k);
    return k > 1023 ? result * 2 * lk_double_power_of_two(1023)
                    : result * lk_double_power_of_two(k);
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
    uint64_t bits = lk_bits_of_double(x);
    k += (int64_t)(bits >> 52) - 1023;
    double m = lk_double_of_bits((bits & LK_DOUBLE_MANTISSA) | (uint64_t)1023 << 52);
    if (m > LK_DOUBLE_ROOT_OF_2) {
        m *= 0.5;
        k++;
    }
    return lk_double_log_reduced(m - 1, (double)k);
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
