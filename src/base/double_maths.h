/* Exact mathematics in double: fixed polynomials in fma, no libm, the same bits on every machine.
 * For the few scalars that reach a weight or a reported likelihood outside the kernels: learning
 * rates, bias corrections, mixtures over variants. Worst errors are in units in the last place
 * against long double, enforced by double_maths_test.c. */
#ifndef LK_BASE_DOUBLE_MATHS_H
#define LK_BASE_DOUBLE_MATHS_H

#include <stdint.h>

/* e^x; 0 below -708 (results would be subnormal), infinity above 709.78, NaN for NaN. At most 2
 * ulp. */
double lk_double_exp(double x);
/* Natural logarithm; -infinity at 0, NaN below, infinity at infinity; subnormal numbers included.
 * At most 2 ulp. */
double lk_double_log(double x);
/* cos(pi t) for t in [0, 1], exact at 0, 1/2 and 1. At most 2 ulp of 1. */
double lk_double_cos_pi(double t);
/* log of the sum of e^x[i], summed in their order; -infinity where all are. No x is NaN or
 * +infinity. */
double lk_double_log_sum(const double *x, int64_t count);
/* base^exponent by repeated squaring, exponent >= 0. */
double lk_double_power(double base, int64_t exponent);

#endif
