/* The coder on anything: the input's first byte picks what the rest is.
 *   even: intervals to be coded and decoded again (round trip);
 *   odd: a stream to be decoded, with a CDF made from its first bytes (total on any bytes, failure
 *     sticky). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/rans.h"

#define WHOLE (UINT32_C(1) << LK_CDF_BITS)
#define SYMBOLS 6

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

static uint32_t word_at(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void round_trip(const uint8_t *bytes, int64_t size) {
    int64_t count = size / 8;
    lk_interval *intervals = lk_allocate(count, sizeof *intervals);
    expect(intervals != NULL);
    for (int64_t i = 0; i < count; i++) {
        uint32_t shift = bytes[8 * i + 7] % (LK_CDF_BITS + 1); /* sizes of all magnitudes */
        uint32_t length = 1 + word_at(bytes + 8 * i) % (WHOLE >> shift);
        intervals[i] = (lk_interval){.start = word_at(bytes + 8 * i + 4) % (WHOLE - length + 1),
                                     .size = length};
    }
    uint8_t *stream = NULL;
    int64_t length = 0;
    expect(lk_rans_encode(intervals, count, &stream, &length));
    lk_rans_decoder decoder;
    lk_rans_begin(&decoder, stream, length);
    for (int64_t i = 0; i < count; i++) {
        expect(lk_rans_position(&decoder) - intervals[i].start < intervals[i].size);
        lk_rans_advance(&decoder, intervals[i]);
    }
    expect(lk_rans_finished(&decoder));
    lk_release(stream);
    lk_release(intervals);
}

static int ascending(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void decode(const uint8_t *bytes, int64_t size) {
    uint32_t cdf[SYMBOLS + 1] = {0};
    if (size < 4 * (SYMBOLS - 1)) {
        return;
    }
    for (int i = 1; i < SYMBOLS; i++) {
        cdf[i] = word_at(bytes + 4 * (i - 1)) % (WHOLE + 1);
    }
    qsort(cdf + 1, SYMBOLS - 1, sizeof cdf[0], ascending);
    cdf[SYMBOLS] = WHOLE;
    size -= 4 * (SYMBOLS - 1);
    uint8_t *stream = malloc(size > 0 ? (size_t)size : 1); /* exact, for the sanitizer */
    expect(stream != NULL);
    memcpy(stream, bytes + 4 * (SYMBOLS - 1), (size_t)size);
    lk_rans_decoder decoder;
    lk_rans_begin(&decoder, stream, size);
    bool failed = decoder.failed;
    for (int64_t i = 0; i < 4 * size + 16; i++) {
        uint32_t position = lk_rans_position(&decoder);
        expect(position < WHOLE);
        int symbol = 0;
        while (cdf[symbol + 1] <= position) {
            symbol++;
        }
        lk_rans_advance(&decoder,
                        (lk_interval){.start = cdf[symbol], .size = cdf[symbol + 1] - cdf[symbol]});
        expect(decoder.failed || !failed);
        failed = decoder.failed;
    }
    (void)lk_rans_finished(&decoder);
    free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] % 2 == 0) {
        round_trip(data + 1, (int64_t)size - 1);
    } else if (size > 0) {
        decode(data + 1, (int64_t)size - 1);
    }
    return 0;
}
