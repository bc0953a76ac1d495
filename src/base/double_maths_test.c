/* Against long double, over random arguments of the whole range and the edges. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/double_maths.h"

#define TRIES 300000

static uint64_t state = 12345; /* a plain LCG of the test's own: seed 12345 */

static double unit(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) * 0x1p-53;
}

static double ulps(double got, long double want) {
    if (got == (double)want) {
        return 0;
    }
    double size = fabs((double)want);
    double ulp = nextafter(size, (double)INFINITY) - size;
    return (double)(fabsl((long double)got - want) / (long double)ulp);
}

static void exp_is_close(void **unused) {
    (void)unused;
    double worst = 0, where = 0;
    for (int i = 0; i < TRIES; i++) {
        double x = i % 2 ? -708 + unit() * 1417 : -1 + 2 * unit();
        double error = ulps(lk_double_exp(x), expl((long double)x));
        if (error > worst) {
            worst = error;
            where = x;
        }
    }
    printf("exp: worst %.3f ulp at %.17g\n", worst, where);
    assert_true(worst <= 2);
    assert_true(lk_double_exp(0) == 1 && lk_double_exp(-0.0) == 1);
    assert_true(lk_double_exp(-INFINITY) == 0 && lk_double_exp(-709) == 0);
    assert_true(isinf(lk_double_exp(INFINITY)) && isinf(lk_double_exp(709.79)));
    assert_true(isfinite(lk_double_exp(709.78)));
    assert_true(isnan(lk_double_exp(NAN)));
}

static void log_is_close(void **unused) {
    (void)unused;
    double worst = 0, where = 0;
    for (int i = 0; i < TRIES; i++) {
        double x = i % 3 == 0   ? ldexp(1 + unit(), (int)(unit() * 2040) - 1020)
                   : i % 3 == 1 ? 0.5 + unit()
                                : ldexp(unit(), -1030);
        if (x == 0) {
            continue;
        }
        double error = ulps(lk_double_log(x), logl((long double)x));
        if (error > worst) {
            worst = error;
            where = x;
        }
    }
    printf("log: worst %.3f ulp at %.17g\n", worst, where);
    assert_true(worst <= 2);
    assert_true(lk_double_log(1) == 0);
    assert_true(isinf(lk_double_log(0)) && lk_double_log(0) < 0);
    assert_true(isinf(lk_double_log(INFINITY)) && lk_double_log(INFINITY) > 0);
    assert_true(isnan(lk_double_log(-1)) && isnan(lk_double_log(NAN)) &&
                isnan(lk_double_log(-INFINITY)));
    assert_true(ulps(lk_double_log(5e-324), logl((long double)5e-324)) <= 2);
    assert_true(ulps(lk_double_log(DBL_MAX), logl((long double)DBL_MAX)) <= 2);
}

static void cosine_is_close(void **unused) {
    (void)unused;
    double worst = 0;
    for (int i = 0; i < TRIES; i++) {
        double t = unit();
        long double want = cosl(3.14159265358979323846264338327950288L * (long double)t);
        double error = (double)fabsl((long double)lk_double_cos_pi(t) - want) / DBL_EPSILON;
        worst = error > worst ? error : worst;
    }
    printf("cos(pi t): worst %.3f ulp of 1\n", worst);
    assert_true(worst <= 2);
    assert_true(lk_double_cos_pi(0) == 1 && lk_double_cos_pi(0.5) == 0 &&
                lk_double_cos_pi(1) == -1);
}

static void power_is_repeated_product(void **unused) {
    (void)unused;
    assert_true(lk_double_power(3, 0) == 1 && lk_double_power(3, 5) == 243 &&
                lk_double_power(0, 7) == 0);
    assert_true(fabs(lk_double_power(0.999, 1000000)) < 1e-300);
    assert_true(fabs(lk_double_power(0.999, 1234) / (double)powl(0.999L, 1234) - 1) < 1e-12);
}

static void log_sum_is_close(void **unused) {
    (void)unused;
    double x[20];
    for (int tries = 0; tries < 1000; tries++) {
        long double sum = 0;
        for (int i = 0; i < 20; i++) {
            x[i] = i % 7 == 6 ? -INFINITY : -20 + 30 * unit();
            sum += expl((long double)x[i]);
        }
        assert_true(fabs(lk_double_log_sum(x, 20) - (double)logl(sum)) < 1e-14);
    }
    assert_true(lk_double_log_sum((const double[]){-5000, -5000}, 2) == log(2) - 5000);
    assert_true(lk_double_log_sum((const double[]){-INFINITY, -7}, 2) == -7);
    double none = lk_double_log_sum((const double[]){-INFINITY, -INFINITY}, 2);
    assert_true(isinf(none) && none < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_close), cmocka_unit_test(log_is_close),
        cmocka_unit_test(cosine_is_close), cmocka_unit_test(power_is_repeated_product),
        cmocka_unit_test(log_sum_is_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
