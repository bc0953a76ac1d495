/* The Bernoulli distribution: it is one, its gradient, its integer CDF and what coding with that
 * costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <stdio.h>

#include "base/maths.h"
#include "dist/check.h"

static double nll_in_double(double logit, int x) {
    double z = x ? -logit : logit;
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

static void test_sums_to_one(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    assert_int_equal(lk_bernoulli.channels(&HEAD(2)), 1);
    for (float logit = -60.0f; logit <= 60.0f; logit += 0.37f) {
        float both[2] = {logit, logit};
        uint16_t x[2] = {0, 1};
        float nll[2];
        float p[2];
        lk_bernoulli.nll(kernels, &HEAD(2), both, x, 2, nll);
        lk_bernoulli.probabilities(kernels, &HEAD(2), both, 1, 1.0f, p);
        double total = exp(-(double)nll[0]) + exp(-(double)nll[1]);
        if (!(fabs(total - 1) < 1e-6) || !(fabsf(p[0] + p[1] - 1.0f) < 2e-7f)) {
            fail_msg("logit %g: %.9g, %.9g", (double)logit, total, (double)(p[0] + p[1]));
        }
        for (int s = 0; s < 2; s++) {
            double expected = exp(-nll_in_double((double)logit, s));
            if (!(fabs((double)p[s] - expected) <= 3e-7 * expected)) {
                fail_msg("logit %g: p(%d) = %.9g, expected %.9g", (double)logit, s, (double)p[s],
                         expected);
            }
        }
    }
}

static void test_gradient(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    const double step = 1e-5;
    for (float logit = -20.0f; logit <= 20.0f; logit += 0.29f) {
        for (uint16_t x = 0; x < 2; x++) {
            double at = (double)logit;
            double slope = (nll_in_double(at + step, x) - nll_in_double(at - step, x)) / (2 * step);
            float gradient;
            lk_bernoulli.gradient(kernels, &HEAD(2), &logit, &x, 0.5f, 1, &gradient);
            if (!(fabs((double)gradient - 0.5 * slope) < 1e-7)) {
                fail_msg("logit %g, x %d: %.9g, expected %.9g", at, (int)x, (double)gradient,
                         0.5 * slope);
            }
        }
    }
}

/* The rule of split.h, from every table; any bits give a valid CDF, and one that grows with the
 * logit. */
static void test_cdf_is_valid_everywhere(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 40503u) {
        float logit = lk_float_of_bits((uint32_t)bits);
        uint32_t cdf[3];
        lk_bernoulli.cdf(tables[0], &HEAD(2), &logit, cdf);
        check_cdf(cdf, 2, "any bits");
        for (int32_t t = 1; t < count; t++) {
            uint32_t other[3];
            lk_bernoulli.cdf(tables[t], &HEAD(2), &logit, other);
            assert_memory_equal(cdf, other, sizeof cdf);
        }
    }
    uint32_t previous = WHOLE;
    for (float logit = -30.0f; logit <= 30.0f; logit += 0x1p-9f) {
        uint32_t cdf[3];
        lk_bernoulli.cdf(tables[0], &HEAD(2), &logit, cdf);
        if (cdf[1] > previous) {
            fail_msg("logit %g: cdf[1] rises from %u to %u", (double)logit, (unsigned)previous,
                     (unsigned)cdf[1]);
        }
        previous = cdf[1];
    }
}

static void test_cdf_by_hand(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static const struct {
        float logit;
        uint32_t size_of_zero;
    } rows[] = {
        {0.0f, WHOLE / 2},     {-0.0f, WHOLE / 2},      {1e30f, 1},        {-1e30f, WHOLE - 1},
        {1.0986123f, 4194304}, {-1.0986123f, 12582912}, {16.0f, 2},        {-16.0f, WHOLE - 2},
        {FLT_MAX, 1},          {2.0f, 1999893},         {-2.0f, 14777323},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t cdf[3];
        lk_bernoulli.cdf(kernels, &HEAD(2), &rows[i].logit, cdf);
        if (cdf[1] != rows[i].size_of_zero) {
            fail_msg("logit %g: %u, expected %u", (double)rows[i].logit, (unsigned)cdf[1],
                     (unsigned)rows[i].size_of_zero);
        }
    }
    const float infinity = lk_infinity();
    const float less = -infinity;
    const float nan = lk_nan();
    uint32_t cdf[3];
    lk_bernoulli.cdf(kernels, &HEAD(2), &infinity, cdf);
    assert_int_equal(cdf[1], 1);
    lk_bernoulli.cdf(kernels, &HEAD(2), &less, cdf);
    assert_int_equal(cdf[1], WHOLE - 1);
    lk_bernoulli.cdf(kernels, &HEAD(2), &nan, cdf);
    assert_int_equal(cdf[1], WHOLE / 2);
}

static void test_code_length(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    double worst = 0;
    double worst_at = 0;
    double worst_share = 0;
    for (double power = -9; power <= 0; power += 0.003) {
        double wanted = 0.5 * pow(10, power) + (power < -8.99 ? 5e-10 : 0);
        for (int side = 0; side < 2; side++) {
            float logit = (float)log(wanted / (1 - wanted)) * (side ? -1.0f : 1.0f);
            double p1 = 1 / (1 + exp(-(double)logit));
            double p0 = 1 / (1 + exp((double)logit));
            double p[2] = {p0, p1};
            uint32_t cdf[3];
            lk_bernoulli.cdf(kernels, &HEAD(2), &logit, cdf);
            double excess = excess_bits(cdf, p, 2);
            double entropy = -p0 * log2(p0) - p1 * log2(p1);
            worst_at = excess > worst ? wanted : worst_at;
            worst = fmax(worst, excess);
            worst_share = wanted >= 1e-5 ? fmax(worst_share, excess / entropy) : worst_share;
        }
    }
    printf("bernoulli: expected code length exceeds the entropy by at most %.3g bits (at p = "
           "%.3g), and for p >= 1e-5 by at "
           "most %.3g of it\n",
           worst, worst_at, worst_share);
    assert_true(worst <
                8.6e-8); /* 2^-24 / ln 2: what the least size costs a symbol that never comes */
    assert_true(worst_share < 1e-6);
}

static void test_temperature(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    float logit = 1.5f;
    float p[2];
    lk_bernoulli.probabilities(kernels, &HEAD(2), &logit, 1, 0.5f, p);
    assert_true(fabs((double)p[1] - 1 / (1 + exp(-3.0))) < 1e-7);
    lk_bernoulli.probabilities(kernels, &HEAD(2), &logit, 1, 0.0f, p);
    assert_true(p[0] == 0.0f && p[1] == 1.0f);
    logit = 0.0f;
    lk_bernoulli.probabilities(kernels, &HEAD(2), &logit, 1, 0.0f, p);
    assert_true(p[0] == 1.0f && p[1] == 0.0f);
    logit = -1e30f;
    lk_bernoulli.probabilities(kernels, &HEAD(2), &logit, 1, 1e-30f, p);
    assert_true(p[0] == 1.0f && p[1] == 0.0f);
}

/* Part of the file format: these bits may never change. */
static void test_cdf_is_frozen(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    uint64_t hash = FNV_START;
    for (int32_t i = -6000; i <= 6000; i++) {
        float logit = (float)i * 0.00390625f;
        uint32_t cdf[3];
        lk_bernoulli.cdf(kernels, &HEAD(2), &logit, cdf);
        hash = cdf_hash(hash, cdf, 2);
    }
    printf("bernoulli: hash of 12001 CDFs %016llx\n", (unsigned long long)hash);
    assert_true(hash == UINT64_C(0x35aa3ddaff0e415d));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),   cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_cdf_by_hand),   cmocka_unit_test(test_cdf_is_valid_everywhere),
        cmocka_unit_test(test_code_length),   cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_cdf_is_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
