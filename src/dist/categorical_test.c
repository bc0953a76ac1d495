/* The categorical distribution: it is one, its gradient, its integer CDF and what coding with that
 * costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/maths.h"
#include "base/random.h"
#include "dist/check.h"

#define SEED 5u
#define MOST 65536

/* Logits uniform on [-spread / 2, spread / 2). */
static void fill(float *logits, int32_t alphabet, float spread, uint64_t stream) {
    lk_random random = {SEED, LK_FOR_CHECK};
    for (int32_t s = 0; s < alphabet; s++) {
        logits[s] = (lk_random_unit(random, stream, (uint64_t)s) - 0.5f) * spread;
    }
}

static void softmax_in_double(const float *logits, int32_t alphabet, double *p) {
    double greatest = -INFINITY;
    for (int32_t s = 0; s < alphabet; s++) {
        greatest = (double)logits[s] > greatest ? (double)logits[s] : greatest;
    }
    double sum = 0;
    for (int32_t s = 0; s < alphabet; s++) {
        p[s] = exp((double)logits[s] - greatest);
        sum += p[s];
    }
    for (int32_t s = 0; s < alphabet; s++) {
        p[s] /= sum;
    }
}

static const int32_t alphabets[] = {1, 2, 3, 4, 5, 16, 17, 256, 1000, 1024, 1025, 65536};
#define ALPHABETS (sizeof alphabets / sizeof alphabets[0])

static float logits[MOST];
static double exact[MOST];
static float probability[MOST];
static uint32_t cdf[MOST + 1];
static uint32_t other[MOST + 1];

static void test_sums_to_one(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    for (size_t i = 0; i < ALPHABETS; i++) {
        int32_t alphabet = alphabets[i];
        int32_t step = alphabet > 2000 ? 1009 : 1;
        assert_int_equal(lk_categorical.channels(&HEAD(alphabet)), alphabet);
        fill(logits, alphabet, 12.0f, i);
        softmax_in_double(logits, alphabet, exact);
        lk_categorical.probabilities(kernels, &HEAD(alphabet), logits, 1, 1.0f, probability);
        double total = 0;
        for (int32_t s = 0; s < alphabet; s += step) {
            uint16_t x = (uint16_t)s;
            float nll;
            lk_categorical.nll(kernels, &HEAD(alphabet), logits, &x, 1, &nll);
            total += exp(-(double)nll);
            if (!(fabs(exp(-(double)nll) / exact[s] - 1) < 3e-6) ||
                !(fabs((double)probability[s] / exact[s] - 1) < 3e-6)) {
                fail_msg("alphabet %d, symbol %d: nll %.9g, p %.9g, expected p %.9g", (int)alphabet,
                         (int)s, (double)nll, (double)probability[s], exact[s]);
            }
        }
        double total_of_probabilities = (double)kernels->sum(probability, alphabet);
        if ((step == 1 && !(fabs(total - 1) < 3e-6)) ||
            !(fabs(total_of_probabilities - 1) < 3e-6)) {
            fail_msg("alphabet %d: sums %.9g and %.9g", (int)alphabet, total,
                     total_of_probabilities);
        }
    }
}

static void test_gradient(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    enum { V = 19, COUNT = 3 };
    float rows[COUNT * V];
    float gradient[COUNT * V];
    uint16_t x[COUNT] = {4, 0, 18};
    fill(rows, COUNT * V, 9.0f, 50);
    lk_categorical.gradient(kernels, &HEAD(V), rows, x, 0.25f, COUNT, gradient);
    for (int row = 0; row < COUNT; row++) {
        for (int s = 0; s < V; s++) {
            const double step = 1e-5;
            double nll[2];
            for (int side = 0; side < 2; side++) {
                double sum = 0;
                double at_x = 0;
                for (int r = 0; r < V; r++) {
                    double l = (double)rows[row * V + r] + (r == s ? (side ? step : -step) : 0);
                    sum += exp(l);
                    at_x = r == x[row] ? l : at_x;
                }
                nll[side] = log(sum) - at_x;
            }
            double expected = 0.25 * (nll[1] - nll[0]) / (2 * step);
            if (!(fabs((double)gradient[row * V + s] - expected) < 1e-7)) {
                fail_msg("row %d, logit %d: %.9g, expected %.9g", row, s,
                         (double)gradient[row * V + s], expected);
            }
        }
    }
}

/* The rule of categorical.c, once more, in 128-bit integers and without its order of operations. */
static void cdf_by_the_rule(const float *l, int32_t alphabet, uint32_t *out) {
    float m = -INFINITY;
    for (int32_t s = 0; s < alphabet; s++) {
        m = l[s] > m ? l[s] : m;
    }
    int bits = 0;
    while ((1 << bits) < alphabet) {
        bits++;
    }
    int b = 40 - bits < 30 ? 40 - bits : 30;
    __extension__ typedef unsigned __int128 wide;
    wide total = 0;
    for (int pass = 0; pass < 2; pass++) {
        wide share = pass == 0 ? 0 : ((wide)(WHOLE - (uint32_t)alphabet) << 40) / total;
        wide sum = 0;
        for (int32_t s = 0; s < alphabet; s++) {
            out[s] = (uint32_t)s + (uint32_t)((sum * share) >> 40);
            sum += (wide)ldexp((double)lk_exp_scalar(l[s] - m), b);
        }
        total = sum;
    }
    out[alphabet] = WHOLE;
}

static void test_cdf_follows_the_rule(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    static const float spreads[] = {0.0f, 0.01f, 1.0f, 5.0f, 20.0f, 80.0f, 300.0f, 2e30f};
    for (size_t i = 0; i < ALPHABETS; i++) {
        for (size_t k = 0; k < sizeof spreads / sizeof spreads[0]; k++) {
            int32_t alphabet = alphabets[i];
            fill(logits, alphabet, spreads[k], 100 + i * 10 + k);
            lk_categorical.cdf(tables[0], &HEAD(alphabet), logits, cdf);
            check_cdf(cdf, alphabet, "finite logits");
            for (int32_t t = 1; t < count; t++) {
                lk_categorical.cdf(tables[t], &HEAD(alphabet), logits, other);
                assert_memory_equal(cdf, other, sizeof *cdf * ((size_t)alphabet + 1));
            }
            if (alphabet != 2) {
                cdf_by_the_rule(logits, alphabet, other);
                assert_memory_equal(cdf, other, sizeof *cdf * ((size_t)alphabet + 1));
            }
        }
    }
}

static void test_two_symbols_are_bernoulli(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    for (uint64_t i = 0; i < 2000; i++) {
        fill(logits, 2, 40.0f, 5000 + i);
        float logit = logits[1] - logits[0];
        lk_categorical.cdf(kernels, &HEAD(2), logits, cdf);
        lk_bernoulli.cdf(kernels, &HEAD(2), &logit, other);
        assert_memory_equal(cdf, other, 3 * sizeof *cdf);
        assert_true(logit > 0.0f ? cdf[1] < WHOLE / 2 + 1 : cdf[1] >= WHOLE / 2);
    }
}

static void test_uniform(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static const float levels[] = {0.0f, -7.25f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < ALPHABETS; i++) {
        int32_t alphabet = alphabets[i];
        for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
            for (int32_t s = 0; s < alphabet; s++) {
                logits[s] = levels[k];
            }
            lk_categorical.cdf(kernels, &HEAD(alphabet), logits, cdf);
            check_cdf(cdf, alphabet, "equal logits");
            lk_categorical.probabilities(kernels, &HEAD(alphabet), logits, 1, 1.0f, probability);
            uint32_t floor_size = WHOLE / (uint32_t)alphabet;
            for (int32_t s = 0; s < alphabet; s++) {
                uint32_t size = cdf[s + 1] - cdf[s];
                if (size + 1 < floor_size || size > floor_size + 2) {
                    fail_msg("alphabet %d, level %g: size of %d is %u", (int)alphabet,
                             (double)levels[k], (int)s, (unsigned)size);
                }
                if (!(fabs((double)probability[s] * alphabet - 1) < 1e-6)) {
                    fail_msg("alphabet %d, level %g: p(%d) = %g", (int)alphabet, (double)levels[k],
                             (int)s, (double)probability[s]);
                }
            }
        }
    }
}

/* Impossible symbols keep the least size, have an infinite nll, and are never drawn. */
static void test_impossible_and_extreme(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    for (int32_t alphabet = 2; alphabet <= 300; alphabet = alphabet * 3 - 1) {
        for (int32_t s = 0; s < alphabet; s++) {
            logits[s] = s % 2 == 0 ? -INFINITY : 0.5f;
        }
        lk_categorical.cdf(kernels, &HEAD(alphabet), logits, cdf);
        check_cdf(cdf, alphabet, "half of them impossible");
        lk_categorical.probabilities(kernels, &HEAD(alphabet), logits, 1, 1.0f, probability);
        for (uint16_t x = 0; x < alphabet; x++) {
            float nll;
            lk_categorical.nll(kernels, &HEAD(alphabet), logits, &x, 1, &nll);
            assert_true(x % 2 == 0 ? nll == INFINITY : nll < 10.0f);
            assert_true((probability[x] == 0.0f) == (x % 2 == 0));
            assert_true(x % 2 == 1 || cdf[x + 1] - cdf[x] <= 2);
        }
        for (int i = 0; i <= 1000; i++) {
            float unit = i == 1000 ? 0x1.fffffep-1f : (float)i / 1000.0f;
            assert_int_equal(lk_probabilities_draw(probability, alphabet, unit) % 2, 1);
        }
    }
    static const float extremes[] = {1e30f, -1e30f, FLT_MAX, -FLT_MAX, 0.0f, -INFINITY, 3.0f};
    for (int32_t s = 0; s < 7; s++) {
        logits[s] = extremes[s];
    }
    lk_categorical.cdf(kernels, &HEAD(7), logits, cdf);
    check_cdf(cdf, 7, "extreme logits");
    assert_int_equal(cdf[3] - cdf[2], WHOLE - 6);
    logits[1] = NAN;
    logits[6] = INFINITY;
    lk_categorical.cdf(kernels, &HEAD(7), logits, cdf);
    check_cdf(cdf, 7, "NaN and infinity");
    assert_int_equal(cdf[7] - cdf[6], WHOLE - 6);
}

/* Any bits at all: a decoder must survive them. */
static void test_any_bits(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    lk_random random = {SEED + 1, LK_FOR_CHECK};
    for (uint64_t i = 0; i < 3000; i++) {
        int32_t alphabet = 2 + (int32_t)lk_random_below(random, i, 1000, 40);
        for (int32_t s = 0; s < alphabet; s++) {
            uint32_t words[4];
            lk_random_block(random, i, (uint64_t)s, words);
            logits[s] = lk_float_of_bits(words[1] % 8 == 0 ? words[0] | 0x7f800000u : words[0]);
        }
        lk_categorical.cdf(tables[0], &HEAD(alphabet), logits, cdf);
        check_cdf(cdf, alphabet, "any bits");
        for (int32_t t = 1; t < count; t++) {
            lk_categorical.cdf(tables[t], &HEAD(alphabet), logits, other);
            assert_memory_equal(cdf, other, sizeof *cdf * ((size_t)alphabet + 1));
        }
        for (int k = 0; k < 3; k++) {
            lk_categorical.probabilities(tables[0], &HEAD(alphabet), logits, 1, 0.5f * (float)k,
                                         probability);
            int32_t drawn = lk_probabilities_draw(probability, alphabet, 0.7f);
            assert_true(drawn >= 0 && drawn < alphabet && probability[drawn] > 0.0f);
        }
    }
}

static void code_length(int32_t alphabet, double allowed) {
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static const float spreads[] = {0.0f, 1.0f, 4.0f, 10.0f, 20.0f, 40.0f, 100.0f, 1000.0f};
    for (size_t k = 0; k < sizeof spreads / sizeof spreads[0]; k++) {
        double worst = 0;
        double entropy = 0;
        for (uint64_t i = 0; i < (alphabet > 1024 ? 2 : 50); i++) {
            fill(logits, alphabet, spreads[k], 1000 + k * 100 + i);
            softmax_in_double(logits, alphabet, exact);
            lk_categorical.cdf(kernels, &HEAD(alphabet), logits, cdf);
            worst = fmax(worst, excess_bits(cdf, exact, alphabet));
            entropy = 0;
            for (int32_t s = 0; s < alphabet; s++) {
                entropy -= exact[s] > 0 ? exact[s] * log2(exact[s]) : 0;
            }
        }
        printf("categorical %d, logits spread %g: entropy near %.4g bits, code length at most %.3g "
               "bits above it\n",
               (int)alphabet, (double)spreads[k], entropy, worst);
        assert_true(worst <= allowed);
    }
}

static void test_code_length(void **state) {
    (void)state;
    /* The least sizes cost at most V / 2^24 nats; the cutting costs less than that again. */
    code_length(3, 3 * 1.45 / WHOLE + 1e-9);
    code_length(256, 256 * 1.45 / WHOLE + 1e-9);
    code_length(65536, 65536 * 1.45 / WHOLE);
}

static void test_temperature(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    const float l[4] = {0.5f, 2.0f, 2.0f, -1.0f};
    float p[4];
    lk_categorical.probabilities(kernels, &HEAD(4), l, 1, 0.0f, p);
    assert_true(p[0] == 0.0f && p[1] == 1.0f && p[2] == 0.0f && p[3] == 0.0f);
    lk_categorical.probabilities(kernels, &HEAD(4), l, 1, 2.0f, p);
    assert_true(fabs((double)(p[1] / p[0]) - exp(0.75)) < 1e-6);
    lk_categorical.probabilities(kernels, &HEAD(4), l, 1, 1e-38f, p);
    assert_true(p[0] == 0.0f && p[1] == 0.5f && p[2] == 0.5f && p[3] == 0.0f);
}

/* Examples with the same parameters are seen to be alike; that changes nothing. */
static void test_alike(void **state) {
    enum { COUNT = 9, V = 5 };
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    const float row[V] = {0.3f, -2.0f, -INFINITY, 4.5f, 0.0f};
    const uint16_t x[COUNT] = {0, 4, 3, 3, 1, 2, 0, 4, 1};
    float parameters[COUNT * V], nll[COUNT], one, p[COUNT * V], own[V];
    for (int i = 0; i < COUNT; i++) {
        memcpy(parameters + i * V, row, sizeof row);
    }
    for (int differ = 0; differ < 2; differ++) {
        parameters[(COUNT - 1) * V] += (float)differ;
        assert_true(lk_parameters_alike(parameters, V, COUNT) == (differ == 0));
        lk_categorical.nll(kernels, &HEAD(V), parameters, x, COUNT, nll);
        lk_categorical.probabilities(kernels, &HEAD(V), parameters, COUNT, 0.7f, p);
        for (int i = 0; i < COUNT; i++) {
            lk_categorical.nll(kernels, &HEAD(V), parameters + i * V, x + i, 1, &one);
            lk_categorical.probabilities(kernels, &HEAD(V), parameters + i * V, 1, 0.7f, own);
            assert_memory_equal(&nll[i], &one, sizeof one);
            assert_memory_equal(p + i * V, own, sizeof own);
        }
    }
    assert_false(lk_parameters_alike(parameters, V, 1));
}

/* Part of the file format: these bits may never change. */
static void test_cdf_is_frozen(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    uint64_t hash = FNV_START;
    for (size_t i = 0; i < ALPHABETS; i++) {
        for (uint32_t k = 0; k < 4; k++) {
            for (int32_t s = 0; s < alphabets[i]; s++) {
                uint32_t scrambled = ((uint32_t)s * 2654435761u + k * 40503u) >> 16;
                logits[s] = (float)((int32_t)scrambled - 32768) * 0x1p-15f * (float)(1 << (2 * k));
            }
            lk_categorical.cdf(kernels, &HEAD(alphabets[i]), logits, cdf);
            hash = cdf_hash(hash, cdf, alphabets[i]);
        }
    }
    printf("categorical: hash of %d CDFs %016llx\n", (int)(4 * ALPHABETS),
           (unsigned long long)hash);
    assert_true(hash == UINT64_C(0x18fc9596e85ac30a));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_cdf_follows_the_rule),
        cmocka_unit_test(test_two_symbols_are_bernoulli),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_impossible_and_extreme),
        cmocka_unit_test(test_any_bits),
        cmocka_unit_test(test_code_length),
        cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_cdf_is_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
