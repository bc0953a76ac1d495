/* The exact functions against long double over the whole float range: every STRIDE-th bit pattern,
 * every special value, and every float of some regions where a reduction or a selection changes.
 * The bounds are those that maths.h states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/maths.h"

/* Where long double is made of software (113 bits) fewer are looked at: the bits are those of other
 * machines anyway. */
#if LDBL_MANT_DIG > 64
#define STRIDE 99991u
#define COMMON_STRIDE 30011u
#define SPAN 200u
#else
#define STRIDE 997u
#define COMMON_STRIDE 257u
#define SPAN 4000u
#endif

static long double exact_exp(long double x) {
    return expl(x);
}
static long double exact_log(long double x) {
    return logl(x);
}
static long double exact_tanh(long double x) {
    return tanhl(x);
}
static long double exact_sigmoid(long double x) {
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}
static long double exact_softplus(long double x) {
    return x < 0 ? log1pl(expl(x)) : x + log1pl(expl(-x));
}
static long double exact_elu(long double x) {
    return x > 0 ? x : expm1l(x);
}
static long double exact_swish(long double x, long double u) {
    return u < -11400 ? 0 : x / (1 + expl(-u));
}
static long double exact_gelu(long double x) {
    return exact_swish(x, (long double)LK_GELU * x);
}
static long double exact_gelu_tanh(long double x) {
    return exact_swish(x, x * ((long double)LK_GELU_TANH_A + (long double)LK_GELU_TANH_B * x * x));
}
/* Of the functions' own domain only: outside it they hold on to the ends. */
static long double exact_slope(long double y) {
    return y < 0 ? 0 : -expm1l(-y);
}
static long double exact_log1mexp(long double t) {
    return t < 0.5L ? logl(-expm1l(-t)) : log1pl(-expl(-t));
}

typedef struct function {
    const char *name;
    float (*approximate)(float x);
    long double (*exact)(long double x);
    double ulp_most;
} function;

static const function functions[] = {
    {"exp", lk_exp_scalar, exact_exp, 0.98},
    {"log", lk_log_scalar, exact_log, 0.94},
    {"tanh", lk_tanh_scalar, exact_tanh, 2.40},
    {"sigmoid", lk_sigmoid_scalar, exact_sigmoid, 2.41},
    {"softplus", lk_softplus_scalar, exact_softplus, 1.82},
    {"slope", lk_softplus_slope, exact_slope, 0.90},
    {"elu", lk_elu_scalar, exact_elu, 0.90},
    {"gelu", lk_gelu_scalar, exact_gelu, 54},
    {"gelu tanh", lk_gelu_tanh_scalar, exact_gelu_tanh, 16},
    {"log1mexp", lk_log1mexp_scalar, exact_log1mexp, 2.16},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

/* The distance in units of the last place of a float at `exact`. */
static double ulp_error(float value, long double exact) {
    if (isnan(exact) || isnan(value)) {
        return isnan(exact) && lk_bits_of_float(value) == 0x7fc00000u ? 0 : INFINITY;
    }
    /* What rounds to infinity may be infinity, and infinity must be exact. */
    long double overflow = (long double)FLT_MAX + 0x1p+103L;
    if (isinf(value) || fabsl(exact) >= overflow) {
        return isinf(value) && fabsl(exact) >= overflow && (value > 0) == (exact > 0) ? 0
                                                                                      : INFINITY;
    }
    int exponent = -126;
    if (exact != 0) {
        (void)frexpl(exact, &exponent);
        exponent = exponent - 1 < -126 ? -126 : exponent - 1;
    }
    return (double)(fabsl((long double)value - exact) / ldexpl(1, exponent - 23));
}

typedef struct worst {
    double error;
    float at;
} worst;

static void look(const function *f, uint32_t bits, worst *worst_seen) {
    float x = lk_float_of_bits(bits);
    double error = ulp_error(f->approximate(x), f->exact(x));
    if (error > worst_seen->error) {
        *worst_seen = (worst){error, x};
    }
}

static void verdict(const function *f, const char *where, worst seen) {
    printf("%-9s %-22s worst error %.4f ulp at %a (%.9g); allowed %.2f\n", f->name, where,
           seen.error, (double)seen.at, (double)seen.at, f->ulp_most);
    assert_true(seen.error <= f->ulp_most);
}

static void test_whole_range(void **state) {
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        worst seen = {-1, 0};
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += STRIDE) {
            look(&functions[i], (uint32_t)bits, &seen);
        }
        verdict(&functions[i], "whole range", seen);
    }
}

/* SPAN floats on both sides of each centre. */
static void test_dense_regions(void **state) {
    (void)state;
    static const float centres[] = {
        0.0f,        0x1p-126f, 0x1p-149f * 8000,
        1.0f / 3,    0.5f,      2.0f / 3,
        4.0f / 3,    1.0f,      1.0986123f,
        0.34657359f, 1.03972f,  8.6643f,
        9.01f,       10.0f,     16.6f,
        87.3365f,    88.72283f, 89.0f,
        103.2789f,   103.9721f, 104.0f,
        17.32868f,   63.9f,     2.0f,
        0.6931f,     0x1p+127f, 0x1p+20f,
        0x1p-20f,    0x1p-12f,  50.0f,
    };
    for (size_t i = 0; i < FUNCTIONS; i++) {
        worst seen = {-1, 0};
        for (size_t c = 0; c < sizeof centres / sizeof centres[0]; c++) {
            uint32_t centre = lk_bits_of_float(centres[c]);
            uint32_t first = centre < SPAN ? 0 : centre - SPAN;
            for (uint32_t bits = first; bits <= centre + SPAN; bits++) {
                look(&functions[i], bits, &seen);
                look(&functions[i], bits | 0x80000000u, &seen);
            }
        }
        verdict(&functions[i], "around special places", seen);
    }
}

/* Where most logits lie: one of COMMON_STRIDE floats between 2^-6 and 2^7, both signs. */
static void test_common_region(void **state) {
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        worst seen = {-1, 0};
        for (uint32_t bits = lk_bits_of_float(0x1p-6f); bits < lk_bits_of_float(0x1p+7f);
             bits += COMMON_STRIDE) {
            look(&functions[i], bits, &seen);
            look(&functions[i], bits | 0x80000000u, &seen);
        }
        verdict(&functions[i], "2^-6 to 2^7", seen);
    }
}

static void expect(const char *what, float value, float expected) {
    if (lk_bits_of_float(value) != lk_bits_of_float(expected)) {
        print_error("%s: %a (%08x), expected %a (%08x)\n", what, (double)value,
                    (unsigned)lk_bits_of_float(value), (double)expected,
                    (unsigned)lk_bits_of_float(expected));
    }
    assert_int_equal(lk_bits_of_float(value), lk_bits_of_float(expected));
}

static void test_special_values(void **state) {
    (void)state;
    const float inf = lk_infinity();
    expect("exp(0)", lk_exp_scalar(0.0f), 1.0f);
    expect("exp(-0)", lk_exp_scalar(-0.0f), 1.0f);
    expect("exp(inf)", lk_exp_scalar(inf), inf);
    expect("exp(-inf)", lk_exp_scalar(-inf), 0.0f);
    expect("exp(89)", lk_exp_scalar(89.0f), inf);
    expect("exp(FLT_MAX)", lk_exp_scalar(FLT_MAX), inf);
    expect("exp(-FLT_MAX)", lk_exp_scalar(-FLT_MAX), 0.0f);
    expect("exp(-103.5)", lk_exp_scalar(-103.5f), 0x1p-149f);
    expect("log(0)", lk_log_scalar(0.0f), -inf);
    expect("log(-0)", lk_log_scalar(-0.0f), -inf);
    expect("log(1)", lk_log_scalar(1.0f), 0.0f);
    expect("log(inf)", lk_log_scalar(inf), inf);
    expect("log(-1)", lk_log_scalar(-1.0f), lk_nan());
    expect("log(-inf)", lk_log_scalar(-inf), lk_nan());
    expect("log(-2^-149)", lk_log_scalar(-0x1p-149f), lk_nan());
    expect("log(2)", lk_log_scalar(2.0f), LK_LN2_HIGH);
    expect("tanh(0)", lk_tanh_scalar(0.0f), 0.0f);
    expect("tanh(-0)", lk_tanh_scalar(-0.0f), -0.0f);
    expect("tanh(2^-149)", lk_tanh_scalar(0x1p-149f), 0x1p-149f);
    expect("tanh(-2^-13)", lk_tanh_scalar(-0x1p-13f), -0x1p-13f);
    expect("tanh(inf)", lk_tanh_scalar(inf), 1.0f);
    expect("tanh(-inf)", lk_tanh_scalar(-inf), -1.0f);
    expect("sigmoid(0)", lk_sigmoid_scalar(0.0f), 0.5f);
    expect("sigmoid(-0)", lk_sigmoid_scalar(-0.0f), 0.5f);
    expect("sigmoid(inf)", lk_sigmoid_scalar(inf), 1.0f);
    expect("sigmoid(-inf)", lk_sigmoid_scalar(-inf), 0.0f);
    expect("softplus(inf)", lk_softplus_scalar(inf), inf);
    expect("softplus(-inf)", lk_softplus_scalar(-inf), 0.0f);
    expect("softplus(FLT_MAX)", lk_softplus_scalar(FLT_MAX), FLT_MAX);
    expect("softplus(0)", lk_softplus_scalar(0.0f), LK_LN2_HIGH);
    expect("softplus(-0)", lk_softplus_scalar(-0.0f), LK_LN2_HIGH);
    expect("elu(-0)", lk_elu_scalar(-0.0f), 0.0f);
    expect("elu(-inf)", lk_elu_scalar(-inf), -1.0f);
    expect("elu(inf)", lk_elu_scalar(inf), inf);
    expect("gelu(-inf)", lk_gelu_scalar(-inf), -0.0f);
    expect("gelu(inf)", lk_gelu_scalar(inf), inf);
    expect("gelu(-FLT_MAX)", lk_gelu_scalar(-FLT_MAX), -0.0f);
    expect("gelu tanh(-inf)", lk_gelu_tanh_scalar(-inf), -0.0f);
    expect("gelu tanh(FLT_MAX)", lk_gelu_tanh_scalar(FLT_MAX), FLT_MAX);
    expect("gelu's slope at -inf", lk_gelu_slope(-inf), 0.0f);
    expect("gelu tanh's slope at inf", lk_gelu_tanh_slope(inf), 1.0f);
    expect("slope(0)", lk_softplus_slope(0.0f), 0.0f);
    expect("slope(inf)", lk_softplus_slope(inf), 1.0f);
    expect("log1mexp(0)", lk_log1mexp_scalar(0.0f), -inf);
    expect("log1mexp(-0)", lk_log1mexp_scalar(-0.0f), -inf);
    expect("log1mexp(inf)", lk_log1mexp_scalar(inf), 0.0f);
    expect("log1mexp(-inf)", lk_log1mexp_scalar(-inf), lk_nan());
    expect("log1mexp(-1)", lk_log1mexp_scalar(-1.0f), lk_nan());
    expect("slope(-1)", lk_softplus_slope(-1.0f), 0.0f);
}

/* Every NaN, of whatever payload and sign, comes out as the one NaN. */
static void test_nan_is_canonical(void **state) {
    (void)state;
    static const uint32_t nans[] = {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xff800001u,
                                    0x7fffffffu, 0xffffffffu, 0x7fabcdefu};
    for (size_t i = 0; i < FUNCTIONS; i++) {
        for (size_t n = 0; n < sizeof nans / sizeof nans[0]; n++) {
            expect(functions[i].name, functions[i].approximate(lk_float_of_bits(nans[n])),
                   lk_nan());
        }
    }
}

static void test_identities(void **state) {
    (void)state;
    for (int k = -149; k <= 127; k++) {
        float power = k >= -126 ? lk_power_of_two(k) : lk_power_of_two(k + 64) * 0x1p-64f;
        float expected = (float)(k * 0.693147180559945309417232121458L);
        expect("log(2^k) is k ln 2 to the nearest float", lk_log_scalar(power), expected);
    }
    for (uint32_t bits = 0; bits < 0x7f800000u; bits += 65537u) {
        float x = lk_float_of_bits(bits);
        expect("tanh is odd", lk_tanh_scalar(-x), -lk_tanh_scalar(x));
        float up = lk_sigmoid_scalar(x);
        float down = lk_sigmoid_scalar(-x);
        if (!(fabsf(up + down - 1.0f) <= 0x1p-23f) || !(lk_tanh_scalar(x) <= 1.0f)) {
            print_error("at %a: sigmoid %a, %a\n", (double)x, (double)up, (double)down);
            fail();
        }
    }
}

/* Not proved, but looked at: on this grid exp never falls, also across the reduction's seams. */
static void test_exp_does_not_fall(void **state) {
    (void)state;
    float previous = -1.0f;
    for (float x = -110.0f; x < 90.0f; x += 0.0078125f) {
        float value = lk_exp_scalar(x);
        if (!(value >= previous)) {
            print_error("exp(%a) = %a after %a\n", (double)x, (double)value, (double)previous);
        }
        assert_true(value >= previous);
        previous = value;
    }
}

/* Part of the file format: these bits may never change, on any machine. */
static void test_bits_are_frozen(void **state) {
    (void)state;
    static const uint64_t expected[FUNCTIONS] = {
        UINT64_C(0x1683f3e892653508), UINT64_C(0xa18f18fd8fb6a0d1), UINT64_C(0xc313691f65b5493a),
        UINT64_C(0x6e40b3e482632606), UINT64_C(0xe67036cfc707950e), UINT64_C(0x9000d58fe58e3619),
        UINT64_C(0xd39b8b665884404b), UINT64_C(0xe3e20094eebb8266), UINT64_C(0x35b4c61a1d748846),
        UINT64_C(0x6ed8ad857f168d91),
    };
    for (size_t i = 0; i < FUNCTIONS; i++) {
        uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a, a word at a time */
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 32749u) {
            uint32_t result =
                lk_bits_of_float(functions[i].approximate(lk_float_of_bits((uint32_t)bits)));
            hash = (hash ^ result) * UINT64_C(1099511628211);
        }
        if (hash != expected[i]) {
            print_error("%s: hash %016llx, expected %016llx\n", functions[i].name,
                        (unsigned long long)hash, (unsigned long long)expected[i]);
        }
        assert_true(hash == expected[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_special_values), cmocka_unit_test(test_nan_is_canonical),
        cmocka_unit_test(test_identities),     cmocka_unit_test(test_exp_does_not_fall),
        cmocka_unit_test(test_dense_regions),  cmocka_unit_test(test_common_region),
        cmocka_unit_test(test_whole_range),    cmocka_unit_test(test_bits_are_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
