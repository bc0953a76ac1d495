/* Philox against the known answers that Random123 publishes (kat_vectors), and the statistics of
 * what is drawn from it. The bounds are five standard deviations or more: a fixed seed passes
 * always, a broken generator fails by far. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static const lk_random DRAWS = {.seed = 20240517, .purpose = LK_FOR_CHECK};

static void gives_the_known_answers(void **state) {
    (void)state;
    const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t words[4];
        lk_philox(known[i].counter, known[i].key, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

static uint64_t first_word(uint64_t seed, lk_purpose purpose, uint32_t attempt, uint64_t a,
                           uint64_t b) {
    uint32_t words[4];
    lk_random_attempt((lk_random){.seed = seed, .purpose = purpose}, attempt, a, b, words);
    return (uint64_t)words[0] << 32 | words[1];
}

/* Every part of a number's name changes the number, in its low and its high half. */
static void names_every_number(void **state) {
    (void)state;
    const uint64_t high = UINT64_C(1) << 32;
    const uint64_t draws[] = {
        first_word(1, LK_FOR_INIT, 0, 2, 3),    first_word(2, LK_FOR_INIT, 0, 2, 3),
        first_word(high, LK_FOR_INIT, 0, 2, 3), first_word(1, LK_FOR_SAMPLE, 0, 2, 3),
        first_word(1, LK_FOR_INIT, 1, 2, 3),    first_word(1, LK_FOR_INIT, 0, 3, 2),
        first_word(1, LK_FOR_INIT, 0, high, 3), first_word(1, LK_FOR_INIT, 0, 2, high),
    };
    const int count = (int)(sizeof draws / sizeof draws[0]);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            assert_int_not_equal(draws[i], draws[j]);
        }
    }
}

/* Part of the format: a change here would change every sample and every training run. */
static void keeps_its_numbers(void **state) {
    (void)state;
    assert_int_equal(first_word(0, LK_FOR_INIT, 0, 0, 0), UINT64_C(0xf1b644d8f8dc1230));
    assert_int_equal(first_word(42, LK_FOR_SAMPLE, 0, 7, 783), UINT64_C(0xb5339d5cb1bce673));
}

static void draws_uniform_numbers(void **state) {
    (void)state;
    enum { DRAWN = 200000, BINS = 50 };
    int64_t bins[BINS] = {0};
    double sum = 0;
    for (uint64_t i = 0; i < DRAWN; i++) {
        float unit = lk_random_unit(DRAWS, i, 5);
        assert_true(unit >= 0.0F && unit < 1.0F && unit * 0x1p24F == floorf(unit * 0x1p24F));
        sum += (double)unit;
        bins[(int)(unit * BINS)]++;
    }
    double chi_squared = 0;
    for (int bin = 0; bin < BINS; bin++) {
        double expected = (double)DRAWN / BINS;
        chi_squared += ((double)bins[bin] - expected) * ((double)bins[bin] - expected) / expected;
    }
    print_message("mean %.6f, chi squared %.1f on %d degrees of freedom\n", sum / DRAWN,
                  chi_squared, BINS - 1);
    assert_true(fabs(sum / DRAWN - 0.5) < 5 * 0.2887 / sqrt(DRAWN));
    assert_true(chi_squared > 49 - 5 * 9.9 && chi_squared < 49 + 5 * 9.9);
}

static void draws_below_a_limit(void **state) {
    (void)state;
    const uint64_t limits[] = {1, 2, 3, 7, 1000, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        double sum = 0;
        for (uint64_t i = 0; i < 20000; i++) {
            uint64_t draw = lk_random_below(DRAWS, l, i, limits[l]);
            assert_true(draw < limits[l]);
            sum += (double)draw;
        }
        double middle = ((double)limits[l] - 1) / 2;
        assert_true(fabs(sum / 20000 - middle) <= 5 * (double)limits[l] * 0.2887 / sqrt(20000));
    }
}

static void permutes(void **state) {
    (void)state;
    int64_t seen[4][4] = {{0}};
    for (uint64_t number = 0; number < 24000; number++) {
        int32_t permutation[4];
        lk_random_permutation(DRAWS, number, 4, permutation);
        int used = 0;
        for (int position = 0; position < 4; position++) {
            assert_in_range(permutation[position], 0, 3);
            used |= 1 << permutation[position];
            seen[position][permutation[position]]++;
        }
        assert_int_equal(used, 15);
    }
    for (int i = 0; i < 16; i++) {
        assert_in_range(seen[i / 4][i % 4], 6000 - 5 * 67, 6000 + 5 * 67);
    }
    int32_t one = -1;
    lk_random_permutation(DRAWS, 0, 1, &one);
    assert_int_equal(one, 0);
    lk_random_permutation(DRAWS, 0, 0, NULL);
}

static void draws_normal_numbers(void **state) {
    (void)state;
    enum { DRAWN = 200000 };
    double moments[5] = {0};
    int64_t within = 0;
    for (uint64_t i = 0; i < DRAWN; i++) {
        double value = (double)lk_random_normal(DRAWS, 3, i);
        double power = 1;
        for (int order = 1; order < 5; order++) {
            power *= value;
            moments[order] += power / DRAWN;
        }
        within += fabs(value) < 1;
    }
    double share = (double)within / DRAWN;
    print_message("moments %.4f %.4f %.4f %.4f, within one deviation %.4f\n", moments[1],
                  moments[2], moments[3], moments[4], share);
    double root = sqrt(DRAWN);
    assert_true(fabs(moments[1]) < 5 / root);
    assert_true(fabs(moments[2] - 1) < 5 * sqrt(2) / root);
    assert_true(fabs(moments[3]) < 5 * sqrt(15) / root);
    assert_true(fabs(moments[4] - 3) < 5 * sqrt(96) / root);
    assert_true(fabs(share - 0.682689) < 5 * 0.4654 / root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_known_answers), cmocka_unit_test(names_every_number),
        cmocka_unit_test(keeps_its_numbers),       cmocka_unit_test(draws_uniform_numbers),
        cmocka_unit_test(draws_below_a_limit),     cmocka_unit_test(permutes),
        cmocka_unit_test(draws_normal_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
