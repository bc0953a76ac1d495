/* The coder: round trips over random intervals, coded bits against the entropy, damage. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "codec/rans.h"

#define WHOLE (UINT32_C(1) << LK_CDF_BITS)

static uint64_t below(uint64_t seed, uint64_t a, uint64_t limit) {
    return lk_random_below((lk_random){.seed = seed, .purpose = LK_FOR_CHECK}, a, 7, limit);
}

static double uniform(uint64_t seed, uint64_t a) {
    return lk_random_unit((lk_random){.seed = seed, .purpose = LK_FOR_CHECK}, a, 3);
}

/* Sizes over all magnitudes, the smallest and the whole included, at any place. */
static lk_interval any_interval(uint64_t seed, uint64_t i) {
    uint64_t kind = below(seed, 4 * i, 8);
    uint32_t size = (uint32_t)(1 + below(seed, 4 * i + 1,
                                         UINT64_C(1) << below(seed, 4 * i + 2, LK_CDF_BITS + 1)));
    size = kind == 0 ? 1 : kind == 1 ? WHOLE : kind == 2 ? WHOLE - 1 : size;
    return (lk_interval){.start = (uint32_t)below(seed, 4 * i + 3, WHOLE - size + UINT64_C(1)),
                         .size = size};
}

static double information_bits(const lk_interval *intervals, int64_t count) {
    double bits = 0;
    for (int64_t i = 0; i < count; i++) {
        bits += LK_CDF_BITS - log2(intervals[i].size);
    }
    return bits;
}

/* Decodes and compares; true when everything agrees. */
static bool gives_back(const lk_interval *intervals, int64_t count, const uint8_t *bytes,
                       int64_t size) {
    lk_rans_decoder decoder;
    lk_rans_begin(&decoder, bytes, size);
    for (int64_t i = 0; i < count; i++) {
        uint32_t offset =
            lk_rans_position(&decoder) - intervals[i].start; /* wraps below the start */
        if (offset >= intervals[i].size) {
            return false;
        }
        lk_rans_advance(&decoder, intervals[i]);
    }
    return lk_rans_finished(&decoder);
}

static void round_trips(void **state) {
    (void)state;
    static const int64_t counts[] = {0, 1, 2, 3, 17, 129, 1000, 20000};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            lk_interval *intervals = lk_allocate(counts[c], sizeof *intervals);
            assert_non_null(intervals);
            for (int64_t i = 0; i < counts[c]; i++) {
                intervals[i] = any_interval(seed, (uint64_t)i);
            }
            uint8_t *bytes = NULL;
            int64_t size = 0;
            assert_true(lk_rans_encode(intervals, counts[c], &bytes, &size));
            if (!gives_back(intervals, counts[c], bytes, size)) {
                fail_msg("count %lld, seed %llu: the round trip differs", (long long)counts[c],
                         (unsigned long long)seed);
            }
            /* 32 bits of first state, at most 8 of rounding to bytes, and a vanishing
             * inefficiency */
            double bits = information_bits(intervals, counts[c]);
            if (8.0 * (double)size > bits * (1 + 1e-5) + 41 || 8.0 * (double)size < bits + 31) {
                fail_msg("count %lld, seed %llu: %lld bytes for %.3f bits", (long long)counts[c],
                         (unsigned long long)seed, (long long)size, bits);
            }
            lk_release(bytes);
            lk_release(intervals);
        }
    }
}

/* The format: bytes that a few lines of arbitrary-precision Python gave from the formula in
 * rans.h. */
static void known_bytes(void **state) {
    (void)state;
    static const lk_interval intervals[] = {
        {0, WHOLE / 2}, {5, 1},       {WHOLE / 2, WHOLE / 2}, {0, WHOLE}, {100, 70000},
        {WHOLE - 3, 3}, {12345, 678}, {0, WHOLE - 1},         {777, 1},
    };
    static const uint8_t expected[] = {0x05, 0x00, 0x00, 0xD2, 0xB2, 0x00, 0xA9, 0x78,
                                       0xFD, 0xFF, 0xFF, 0x8C, 0x09, 0x04, 0x00, 0x00};
    const int64_t count = sizeof intervals / sizeof intervals[0];
    uint8_t *bytes = NULL;
    int64_t size = 0;
    assert_true(lk_rans_encode(intervals, count, &bytes, &size));
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_true(gives_back(intervals, count, bytes, size));
    lk_release(bytes);
}

static void certain_symbols_cost_nothing(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    lk_interval *intervals = lk_allocate(COUNT, sizeof *intervals);
    for (int64_t i = 0; i < COUNT; i++) {
        intervals[i] = (lk_interval){.start = 0, .size = WHOLE};
    }
    intervals[500] = (lk_interval){.start = 5, .size = WHOLE / 2};
    uint8_t *bytes = NULL;
    int64_t size = 0;
    assert_true(lk_rans_encode(intervals, COUNT, &bytes, &size));
    assert_int_equal(size, 5);
    assert_true(gives_back(intervals, COUNT, bytes, size));
    lk_release(bytes);
    lk_release(intervals);
}

/* Symbols drawn from the coded distribution: coded bits must agree with the information to a few
 * parts per million, also for the very skewed binary variables that a good model of binarized
 * images gives. */
static void coded_bits_are_the_entropy(void **state) {
    (void)state;
    enum { COUNT = 1000000 };
    static const double shares[] = {0.5, 0.9, 0.99, 0.9999, 0.0003};
    lk_interval *intervals = lk_allocate(COUNT, sizeof *intervals);
    for (size_t s = 0; s < sizeof shares / sizeof shares[0]; s++) {
        for (int64_t i = 0; i < COUNT; i++) {
            uint64_t at = (uint64_t)i;
            uint32_t zero =
                (uint32_t)(WHOLE *
                           (shares[s] * (0.9 + 0.1 * uniform(s, 2 * at)))); /* varies by variable */
            bool one = uniform(s, 2 * at + 1) * WHOLE >= zero;
            intervals[i] = one ? (lk_interval){zero, WHOLE - zero} : (lk_interval){0, zero};
        }
        uint8_t *bytes = NULL;
        int64_t size = 0;
        assert_true(lk_rans_encode(intervals, COUNT, &bytes, &size));
        double bits = information_bits(intervals, COUNT), coded = 8.0 * (double)size;
        print_message("share %-7g information %12.2f bits, coded %9.0f, excess %6.2f bits\n",
                      shares[s], bits, coded, coded - bits);
        assert_true(coded - bits >= 31 && coded - bits < 41 + 2e-6 * bits);
        assert_true(gives_back(intervals, COUNT, bytes, size));
        lk_release(bytes);
    }
    lk_release(intervals);
}

/* Reads symbols of the one given CDF until `count`; total on any bytes. */
static void decode_anything(const uint32_t *cdf, int32_t alphabet, int64_t count,
                            const uint8_t *bytes, int64_t size, lk_rans_decoder *decoder) {
    lk_rans_begin(decoder, bytes, size);
    bool failed = decoder->failed;
    for (int64_t i = 0; i < count; i++) {
        uint32_t position = lk_rans_position(decoder);
        assert_true(position < WHOLE);
        int32_t symbol = 0;
        while (symbol + 1 < alphabet && cdf[symbol + 1] <= position) {
            symbol++;
        }
        lk_rans_advance(decoder, (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]});
        assert_true(decoder->failed >= failed); /* sticky */
        failed = decoder->failed;
    }
}

static void any_bytes_decode(void **state) {
    (void)state;
    const uint32_t cdf[] = {0, 1, 1000, 8000000, WHOLE - 1, WHOLE};
    for (uint64_t seed = 0; seed < 2000; seed++) {
        int64_t size = (int64_t)below(seed, 1, 40);
        uint8_t *bytes =
            malloc((size_t)size + 1); /* sized exactly for the sanitizer but for the one byte */
        for (int64_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)below(seed, (uint64_t)(100 + i), 256);
        }
        lk_rans_decoder decoder;
        decode_anything(cdf, 5, 200, bytes, size, &decoder);
        assert_false(lk_rans_finished(&decoder));
        assert_true(decoder.at <= bytes + size);
        free(bytes);
    }
    lk_rans_decoder decoder;
    lk_rans_begin(&decoder, NULL, 0);
    assert_true(decoder.failed && !lk_rans_finished(&decoder));
}

/* Damage must show in the end state or in the number of words: all single flipped bits and all
 * truncations. */
static void damage_shows(void **state) {
    (void)state;
    enum { COUNT = 300 };
    const uint32_t cdf[] = {0, 100000, 8000000, WHOLE};
    lk_interval intervals[COUNT];
    for (int64_t i = 0; i < COUNT; i++) {
        uint64_t symbol = below(11, (uint64_t)i, 3);
        intervals[i] = (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]};
    }
    uint8_t *bytes = NULL;
    int64_t size = 0;
    assert_true(lk_rans_encode(intervals, COUNT, &bytes, &size));
    lk_rans_decoder decoder;
    for (int64_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        decode_anything(cdf, 3, COUNT, bytes, size, &decoder);
        assert_false(lk_rans_finished(&decoder));
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (int64_t length = 0; length < size; length++) {
        decode_anything(cdf, 3, COUNT, bytes, length, &decoder);
        assert_false(lk_rans_finished(&decoder));
    }
    decode_anything(cdf, 3, COUNT, bytes, size, &decoder);
    assert_true(lk_rans_finished(&decoder));
    lk_release(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(certain_symbols_cost_nothing),
        cmocka_unit_test(any_bytes_decode),
        cmocka_unit_test(coded_bits_are_the_entropy),
        cmocka_unit_test(damage_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
