/* The discretized logistic mixture: it is the published distribution, its gradient, its intervals
 * and what coding with those costs, drawing from it. */
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

#define SEED 20261128u
#define MIXED(symbols, mixed)                      \
    ((const lk_head){.dist = &lk_logistic_mixture, \
                     .alphabet = (symbols),        \
                     .components = (mixed),        \
                     .channels = 3 * (mixed)})

static float drawn(uint64_t stream, uint64_t index, float low, float high) {
    float unit = lk_random_unit((lk_random){SEED, LK_FOR_CHECK}, stream, index);
    return low + (high - low) * unit;
}

/* Weights, means and log scales over ranges where all cases of the formula occur. */
static void fill(float *parameters, int32_t components, uint64_t stream) {
    for (int32_t k = 0; k < components; k++) {
        parameters[k] = drawn(stream, 3 * (uint64_t)k, -2.0f, 2.0f);
        parameters[components + k] = drawn(stream, 3 * (uint64_t)k + 1, -1.3f, 1.3f);
        parameters[2 * components + k] = drawn(stream, 3 * (uint64_t)k + 2, -8.0f, 1.0f);
    }
}

/* ---- the definition, in double --------------------------------------------------------------- */

static double sigmoid(double t) {
    return t < 0 ? exp(t) / (1 + exp(t)) : 1 / (1 + exp(-t));
}

/* sigmoid(a) - sigmoid(b) for a > b, on the side where both are small. */
static double between(double a, double b) {
    return a + b > 0 ? between(-b, -a) : sigmoid(a) - sigmoid(b);
}

static double floor_in_double(int32_t alphabet) {
    return alphabet <= 256 ? -7.0 : -7.0 - log((alphabet - 1) / 255.0);
}

/* The paper's formula, in the scale of the data. */
static double logistic(int32_t alphabet, int32_t x, double mean, double log_scale) {
    double half = 1.0 / (alphabet - 1), scaled = 2.0 * x / (alphabet - 1) - 1;
    double s = exp(fmax(log_scale, floor_in_double(alphabet)));
    double a = (scaled - mean + half) / s, b = (scaled - mean - half) / s;
    return x == 0 ? sigmoid(a) : x == alphabet - 1 ? sigmoid(-b) : between(a, b);
}

static double p_in_double(const lk_head *head, const double *parameters, int32_t x) {
    double sum = 0, all = 0;
    for (int32_t k = 0; k < head->components; k++) {
        double weight = exp(parameters[k]);
        all += weight;
        sum += weight * logistic(head->alphabet, x, parameters[head->components + k],
                                 parameters[2 * head->components + k]);
    }
    return sum / all;
}

static void widen(double *out, const float *in, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        out[i] = (double)in[i];
    }
}

static double nll_of(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                     int32_t x) {
    uint16_t symbol = (uint16_t)x;
    float nll;
    lk_logistic_mixture.nll(kernels, head, parameters, &symbol, 1, &nll);
    return (double)nll;
}

/* ---- probability ----------------------------------------------------------------------------- */

static void check_sum(const lk_head *head, const float *parameters, double most) {
    const lk_kernels *kernels = lk_kernels_named("scalar");
    double total = 0;
    for (int32_t x = 0; x < head->alphabet; x++) {
        total += exp(-nll_of(kernels, head, parameters, x));
    }
    if (!(fabs(total - 1) <= most)) {
        fail_msg("%d levels, mean %g, log scale %g: sum %.9g", head->alphabet,
                 (double)parameters[head->components], (double)parameters[2 * head->components],
                 total);
    }
}

static void test_sums_to_one(void **state) {
    (void)state;
    static const int32_t alphabets[] = {2, 3, 4, 17, 256, 1000};
    float parameters[3 * 7];
    for (float mean = -3.0f; mean <= 3.0f; mean += 0.173f) {
        for (float log_scale = -7.0f; log_scale <= 2.0f; log_scale += 0.25f) {
            float one[] = {0.7f, mean, log_scale};
            for (size_t a = 0; a < 5; a++) {
                check_sum(&MIXED(alphabets[a], 1), one, 1e-6);
            }
        }
    }
    for (uint64_t stream = 0; stream < 20; stream++) {
        fill(parameters, 7, stream);
        check_sum(&MIXED(alphabets[stream % 6], 7), parameters, 1e-6);
    }
    fill(parameters, 3, 99);
    check_sum(&MIXED(65536, 3), parameters, 2e-6);
    float sharp[] = {0.0f, 0.3f, -12.0f};
    check_sum(&MIXED(65536, 1), sharp, 2e-6);
}

/* Of a scale that no float holds a level is improbable, not impossible. */
static void test_widest_scales(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static const float log_scales[] = {104.0f, 150.0f, 1e4f, 1e30f};
    for (int i = 0; i < 4; i++) {
        float one[] = {0.7f, 0.1f, log_scales[i]};
        double nll = nll_of(kernels, &MIXED(256, 1), one, 7), wide = (double)log_scales[i];
        double expected = wide - log(2.0 / 255) + 2 * log(2);
        if (!(fabs(nll - expected) < 1e-6 * expected)) {
            fail_msg("log scale %g: %.9g nats, expected %.9g", wide, nll, expected);
        }
        check_sum(&MIXED(256, 1), one, 1e-6);
    }
}

static void test_is_the_paper_s(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static const int32_t alphabets[] = {2, 3, 4, 17, 256, 1000};
    double worst = 0;
    for (uint64_t stream = 0; stream < 60; stream++) {
        lk_head head = MIXED(alphabets[stream % 6], 1 + (int32_t)(stream % 5));
        float parameters[15];
        double wide[15];
        fill(parameters, head.components, stream);
        widen(wide, parameters, head.channels);
        for (int32_t x = 0; x < head.alphabet; x++) {
            double nll = nll_of(kernels, &head, parameters, x);
            double expected = -log(p_in_double(&head, wide, x));
            double error = fabs(nll - expected) / (1 + expected);
            worst = fmax(worst, isinf(expected) ? 0 : error);
            if (!(error < 2e-5) && !(expected > 600)) {
                fail_msg("stream %d, %d levels, x %d: %.9g, expected %.9g", (int)stream,
                         head.alphabet, x, nll, expected);
            }
        }
    }
    printf("logistic mixture: worst error of the NLL %.3g of 1 + NLL\n", worst);
}

/* Inner levels at the floor of the scale: p = 0.973, at 8 bits and at 16; the ends are not
 * bounded. */
static void test_floor(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    float eight[] = {0.0f, 2.0f * 100 / 255 - 1, -30.0f};
    float sixteen[] = {0.0f, 2.0f * 30000 / 65535 - 1, -30.0f};
    float end[] = {0.0f, -1.2f, -30.0f};
    assert_true(fabs(exp(-nll_of(kernels, &MIXED(256, 1), eight, 100)) - 0.973) < 5e-4);
    assert_true(fabs(exp(-nll_of(kernels, &MIXED(65536, 1), sixteen, 30000)) - 0.973) < 5e-4);
    assert_true(nll_of(kernels, &MIXED(256, 1), end, 0) == 0);
    float gradient[3];
    uint16_t x = 101;
    lk_logistic_mixture.gradient(kernels, &MIXED(256, 1), eight, &x, 1.0f, 1, gradient);
    assert_true(gradient[1] < -900.0f && gradient[2] == 0.0f);
    eight[2] = -7.0f;
    lk_logistic_mixture.gradient(kernels, &MIXED(256, 1), eight, &x, 1.0f, 1, gradient);
    assert_true(gradient[2] < -1.0f);
}

static void test_equal_components_are_one(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    float many[3 * 5], one[3];
    for (uint64_t stream = 0; stream < 8; stream++) {
        fill(one, 1, stream);
        for (int k = 0; k < 15; k++) {
            many[k] = one[k / 5];
        }
        for (int32_t x = 0; x < 256; x++) {
            double left = nll_of(kernels, &MIXED(256, 5), many, x);
            double right = nll_of(kernels, &MIXED(256, 1), one, x);
            assert_true(fabs(left - right) <= 1e-6 * (1 + right));
        }
    }
}

static void test_mirrored(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    float here[9], there[9];
    for (uint64_t stream = 0; stream < 8; stream++) {
        fill(here, 3, stream);
        for (int k = 0; k < 9; k++) {
            there[k] = k / 3 == 1 ? -here[k] : here[k];
        }
        for (int32_t x = 0; x < 256; x++) {
            double left = nll_of(kernels, &MIXED(256, 3), here, x);
            double right = nll_of(kernels, &MIXED(256, 3), there, 255 - x);
            assert_true(fabs(left - right) <= 2e-5 * (1 + right));
        }
    }
}

/* ---- gradient -------------------------------------------------------------------------------- */

static void check_gradient(const lk_head *head, uint64_t stream) {
    const lk_kernels *kernels = lk_kernels_named("scalar");
    float parameters[15], gradient[15];
    double wide[15];
    fill(parameters, head->components, stream);
    widen(wide, parameters, head->channels);
    for (int32_t x = 0; x < head->alphabet; x += 1 + (int32_t)(stream % 3)) {
        uint16_t symbol = (uint16_t)x;
        lk_logistic_mixture.gradient(kernels, head, parameters, &symbol, 0.5f, 1, gradient);
        for (int64_t i = 0; i < head->channels; i++) {
            const double h = 1e-6, held = wide[i];
            wide[i] = held + h;
            double above = -log(p_in_double(head, wide, x));
            wide[i] = held - h;
            double below = -log(p_in_double(head, wide, x));
            wide[i] = held;
            double slope = 0.5 * (above - below) / (2 * h);
            if (isfinite(slope) && !(fabs((double)gradient[i] - slope) <=
                                     2e-4 * (1 + fabs(slope)) + 1e-7 * above / h)) {
                fail_msg("stream %d, %d levels, x %d, parameter %d: %.9g, expected %.9g",
                         (int)stream, head->alphabet, x, (int)i, (double)gradient[i], slope);
            }
        }
    }
}

static void test_gradient(void **state) {
    (void)state;
    static const int32_t alphabets[] = {2, 3, 4, 17, 256};
    for (uint64_t stream = 0; stream < 40; stream++) {
        check_gradient(&MIXED(alphabets[stream % 5], 1 + (int32_t)(stream % 4)), stream);
    }
}

/* Rows together are rows alone, in every table; scratch is cut into blocks. */
static void test_rows(void **state) {
    (void)state;
    enum { ROWS = 75, K = 17 };
    static float parameters[ROWS * 3 * K], gradient[ROWS * 3 * K], alone[3 * K];
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    uint16_t x[ROWS];
    float nll[ROWS], single;
    for (uint64_t n = 0; n < ROWS; n++) {
        fill(parameters + n * 3 * K, K, n);
        x[n] = (uint16_t)(n * 37 % 256);
    }
    for (int32_t t = 0; t < count; t++) {
        lk_logistic_mixture.nll(tables[t], &MIXED(256, K), parameters, x, ROWS, nll);
        lk_logistic_mixture.gradient(tables[t], &MIXED(256, K), parameters, x, 0.1f, ROWS,
                                     gradient);
        for (int64_t n = 0; n < ROWS; n++) {
            const float *row = parameters + n * 3 * K;
            lk_logistic_mixture.nll(tables[count - 1], &MIXED(256, K), row, x + n, 1, &single);
            lk_logistic_mixture.gradient(tables[count - 1], &MIXED(256, K), row, x + n, 0.1f, 1,
                                         alone);
            assert_memory_equal(&single, &nll[n], sizeof single);
            assert_memory_equal(alone, gradient + n * 3 * K, sizeof alone);
        }
    }
}

/* ---- intervals ------------------------------------------------------------------------------- */

/* Between neighbouring floats the function never falls: runs of them, on every scale of the domain
 * and around the seams of the exponential. */
static void check_run(const lk_kernels *kernels, float from, int count) {
    const double weight = 1.0;
    const float mean = 0.0f, inverse = 1.0f;
    uint32_t bits = lk_bits_of_float(from);
    double up = -1.0, down = 2.0;
    for (int i = 0; i < count; i++, bits++) {
        float a = lk_float_of_bits(bits);
        double right = kernels->logistic_below(&weight, &mean, &inverse, a, 1);
        double left = kernels->logistic_below(&weight, &mean, &inverse, -a, 1);
        if (!(right >= up) || !(left <= down) || !(left >= 0.0) || !(right <= 1.0)) {
            fail_msg("at %a: %a after %a, mirrored %a after %a", (double)a, right, up, left, down);
        }
        up = right;
        down = left;
    }
}

static void test_cumulative_never_falls(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    const lk_kernels *kernels = tables[0];
    check_run(kernels, 0.0f, 5000);
    for (uint64_t i = 0; i < 3000; i++) {
        float power = drawn(7, i, -40.0f, 5.35f);
        check_run(kernels, (float)exp2((double)power), 100);
    }
    for (int k = 0; k < 58; k++) {
        float seam = (float)((k + 0.5) * 0.69314718055994531);
        check_run(kernels, lk_float_of_bits(lk_bits_of_float(seam) - 1000), 2000);
    }
    check_run(kernels, lk_float_of_bits(lk_bits_of_float(40.0f) - 1000), 2000);
}

/* All intervals of all digits tile, and what is found at both ends of each is the symbol. */
static void check_digit(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                        int32_t digit, int32_t first, int32_t step, int32_t count, int32_t known) {
    const lk_search *search = lk_logistic_mixture.search;
    uint32_t end = 0;
    for (int32_t j = 0; j < count; j++) {
        lk_interval interval[LK_DIGITS_MOST], found;
        search->intervals(kernels, head, parameters, (uint16_t)(first + j * step), interval);
        lk_interval here = interval[digit];
        int32_t expected = digit + 1 == search->digits(head) ? first + j : j;
        for (int side = 0; side < 2; side++) {
            uint32_t position = side == 0 ? here.start : here.start + here.size - 1;
            int32_t symbol =
                search->find(kernels, head, parameters, digit, known, position, &found);
            if (symbol != expected || found.start != here.start || found.size != here.size ||
                here.start != end || here.size < 1) {
                fail_msg("%d levels, digit %d, %d: [%u, +%u) after %u; %d found at [%u, +%u)",
                         head->alphabet, digit, j, (unsigned)here.start, (unsigned)here.size,
                         (unsigned)end, symbol, (unsigned)found.start, (unsigned)found.size);
            }
        }
        end = here.start + here.size;
    }
    assert_int_equal(end, WHOLE);
}

static void check_intervals(const lk_kernels *kernels, const lk_head *head,
                            const float *parameters) {
    if (lk_logistic_mixture.search->digits(head) == 1) {
        check_digit(kernels, head, parameters, 0, 0, 1, head->alphabet, 0);
        return;
    }
    int32_t high = (head->alphabet + 255) / 256;
    check_digit(kernels, head, parameters, 0, 0, 256, high, 0);
    for (int32_t h = 0; h < high; h += h == 0 ? high - 1 : high / 3) {
        int32_t left = head->alphabet - 256 * h;
        check_digit(kernels, head, parameters, 1, 256 * h, 1, left < 256 ? left : 256, h);
    }
}

/* Any bits give valid ones, which are the same in every table. */
static void test_intervals_are_valid_everywhere(void **state) {
    (void)state;
    static const int32_t alphabets[] = {2, 3, 17, 256, 4096, 4097, 65536};
    static const uint32_t special[] = {0x7fc00000u, 0xffc12345u, 0x7f800000u, 0xff800000u,
                                       0x7f7fffffu, 0xff7fffffu, 0x00000001u, 0x80000000u};
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    for (uint64_t stream = 0; stream < 80; stream++) {
        lk_head head = MIXED(alphabets[stream % 7], 1 + (int32_t)(stream % 4));
        float parameters[12];
        fill(parameters, head.components, stream);
        for (int64_t i = 0; i < head.channels && stream >= 14; i++) {
            uint32_t words[4];
            lk_random_block((lk_random){SEED, LK_FOR_CHECK}, stream, 1000 + (uint64_t)i, words);
            bool odd = stream % 2 == 0 ? words[0] % 2 == 0 : true;
            uint32_t bits = stream % 2 == 0 ? special[words[1] % 8] : words[2];
            parameters[i] = odd ? lk_float_of_bits(bits) : parameters[i];
        }
        check_intervals(tables[0], &head, parameters);
        for (int32_t t = 1; t < count; t++) {
            for (int32_t x = 0; x < head.alphabet; x += 1 + head.alphabet / 50) {
                lk_interval left[LK_DIGITS_MOST] = {{0}}, right[LK_DIGITS_MOST] = {{0}};
                lk_logistic_mixture.search->intervals(tables[0], &head, parameters, (uint16_t)x,
                                                      left);
                lk_logistic_mixture.search->intervals(tables[t], &head, parameters, (uint16_t)x,
                                                      right);
                assert_memory_equal(left, right, sizeof left);
            }
        }
    }
}

/* By how much the expected code length exceeds the entropy, of sharp and wide mixtures of 8 and 16
 * bits, as a share of it, or of a tenth of a bit where it is less. */
static double check_code_length(int32_t alphabet, const float *parameters, int32_t components) {
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    lk_head head = MIXED(alphabet, components);
    double wide[15], entropy = 0, length = 0;
    widen(wide, parameters, head.channels);
    int32_t digits = lk_logistic_mixture.search->digits(&head);
    for (int32_t x = 0; x < alphabet; x++) {
        double p = p_in_double(&head, wide, x), bits = 0;
        lk_interval interval[LK_DIGITS_MOST];
        lk_logistic_mixture.search->intervals(tables[0], &head, parameters, (uint16_t)x, interval);
        for (int32_t d = 0; d < digits; d++) {
            bits += LK_CDF_BITS - log2((double)interval[d].size);
        }
        entropy -= p > 0 ? p * log2(p) : 0;
        length += p > 0 ? p * bits : 0;
    }
    return (length - entropy) / fmax(entropy, 0.1);
}

static void test_code_length(void **state) {
    (void)state;
    static const int32_t alphabets[] = {4, 256, 1000, 65536};
    for (int a = 0; a < 4; a++) {
        double worst = 0;
        for (uint64_t stream = 0; stream < (a == 3 ? 6 : 40); stream++) {
            float parameters[9];
            fill(parameters, 3, stream);
            worst = fmax(worst, check_code_length(alphabets[a], parameters, 3));
        }
        for (float log_scale = -13.0f; log_scale <= 0.0f; log_scale += a == 3 ? 3.0f : 1.0f) {
            float one[] = {0.0f, 0.1f, log_scale};
            worst = fmax(worst, check_code_length(alphabets[a], one, 1));
        }
        printf("logistic mixture of %d levels: expected code length exceeds the entropy by at "
               "most %.3g of it\n",
               alphabets[a], worst);
        assert_true(worst < 5e-4);
    }
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* At a fine grid of units the symbols come as often as their probabilities say. */
static void test_draws(void **state) {
    (void)state;
    enum { UNITS = 1 << 16 };
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static int32_t seen[256];
    float parameters[9];
    double wide[9];
    for (uint64_t stream = 0; stream < 4; stream++) {
        lk_head head = MIXED(stream % 2 == 0 ? 256 : 5, 3);
        fill(parameters, 3, stream);
        widen(wide, parameters, 9);
        memset(seen, 0, sizeof seen);
        int32_t before = 0;
        for (int i = 0; i < UNITS; i++) {
            float unit = ((float)i + 0.5f) / UNITS;
            int32_t x = lk_logistic_mixture.search->draw(kernels, &head, parameters, unit);
            assert_true(x >= before && x < head.alphabet);
            seen[x]++;
            before = x;
        }
        for (int32_t x = 0; x < head.alphabet; x++) {
            double p = p_in_double(&head, wide, x);
            if (!(fabs(seen[x] - p * UNITS) <= 1.01)) {
                fail_msg("stream %d, x %d: %d of %d, expected %g", (int)stream, x, seen[x], UNITS,
                         p * UNITS);
            }
        }
    }
    float far[] = {0.0f, -9.0f, -7.0f};
    float last = lk_float_of_bits(0x3f7fffffu);
    assert_int_equal(lk_logistic_mixture.search->draw(kernels, &MIXED(256, 1), far, last), 0);
}

static void test_probabilities(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static float p[2 * 600], parameters[18];
    fill(parameters, 3, 5);
    fill(parameters + 9, 3, 6);
    lk_head head = MIXED(600, 3);
    static const float temperatures[] = {1.0f, 0.5f, 2.0f};
    for (int t = 0; t < 3; t++) {
        lk_logistic_mixture.probabilities(kernels, &head, parameters, 2, temperatures[t], p);
        for (int n = 0; n < 2; n++) {
            double wide[9], all = 0;
            widen(wide, parameters + 9 * n, 9);
            for (int32_t x = 0; x < 600; x++) {
                all += pow(p_in_double(&head, wide, x), 1 / (double)temperatures[t]);
            }
            for (int32_t x = 0; x < 600; x++) {
                double expected = pow(p_in_double(&head, wide, x), 1 / (double)temperatures[t]);
                double relative = 2e-5 * (1 - log(expected / all));
                assert_true(fabs((double)p[n * 600 + x] - expected / all) <=
                            relative * expected / all + 1e-30);
            }
        }
    }
    lk_logistic_mixture.probabilities(kernels, &head, parameters, 1, 0.0f, p);
    double wide[9], most = 0, sum = 0;
    widen(wide, parameters, 9);
    int32_t best = 0;
    for (int32_t x = 0; x < 600; x++) {
        best = p_in_double(&head, wide, x) > most ? x : best;
        most = fmax(most, p_in_double(&head, wide, x));
        sum += (double)p[x];
    }
    assert_true(p[best] == 1.0f && sum == 1.0);
    for (int i = 0; i < 9; i++) {
        parameters[i] = lk_nan();
    }
    lk_logistic_mixture.probabilities(kernels, &head, parameters, 1, 1.0f, p);
    assert_true(p[0] == 1.0f / 600 && p[599] == 1.0f / 600);
    lk_logistic_mixture.probabilities(kernels, &head, parameters, 1, 0.0f, p);
    assert_true(p[0] == 1.0f && p[1] == 0.0f);
}

/* Part of the file format: these bits may never change. */
static void test_intervals_are_frozen(void **state) {
    (void)state;
    static const int32_t alphabets[] = {256, 65536, 3};
    const lk_kernels *kernels = lk_kernels_named("scalar");
    uint64_t hash = FNV_START;
    for (uint64_t stream = 0; stream < 60; stream++) {
        lk_head head = MIXED(alphabets[stream % 3], 1 + (int32_t)(stream % 4));
        float parameters[12];
        fill(parameters, head.components, stream);
        for (int32_t x = 0; x < head.alphabet; x += 1 + head.alphabet / 100) {
            lk_interval interval[LK_DIGITS_MOST] = {{0}};
            lk_logistic_mixture.search->intervals(kernels, &head, parameters, (uint16_t)x,
                                                  interval);
            uint32_t numbers[] = {interval[0].start, interval[0].size, interval[1].start,
                                  interval[1].size};
            hash = cdf_hash(hash, numbers, 3);
        }
    }
    printf("logistic mixture: hash of intervals %016llx\n", (unsigned long long)hash);
    assert_true(hash == UINT64_C(0x33f44799839a83f1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_widest_scales),
        cmocka_unit_test(test_is_the_paper_s),
        cmocka_unit_test(test_floor),
        cmocka_unit_test(test_equal_components_are_one),
        cmocka_unit_test(test_mirrored),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cumulative_never_falls),
        cmocka_unit_test(test_intervals_are_valid_everywhere),
        cmocka_unit_test(test_code_length),
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_intervals_are_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
