/* See rans.h for the formula and the layout of the stream. */
#include "codec/rans.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#define LOWEST (UINT64_C(1) << 32) /* L */
#define MASK ((UINT32_C(1) << LK_CDF_BITS) - 1)
#define STATE_LEAST 5 /* bytes of a state: L has five */

/* The encoder moves a word out when floor(x / size) would reach 2^(64 - LK_CDF_BITS). */
#define FULL_SHIFT (64 - LK_CDF_BITS)

typedef struct word_list {
    uint32_t *word;
    int64_t count, capacity;
} word_list;

static bool append(word_list *list, uint32_t word) {
    if (list->count == list->capacity) {
        int64_t capacity = list->capacity > 0 ? list->capacity * 2 : 1024;
        uint32_t *larger = lk_resize(list->word, capacity, sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        list->word = larger;
        list->capacity = capacity;
    }
    list->word[list->count++] = word;
    return true;
}

static void put_little_endian(uint8_t *at, uint64_t value, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get_little_endian(const uint8_t *at, int64_t bytes) {
    uint64_t value = 0;
    for (int64_t i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

static int64_t state_bytes(uint64_t state) {
    int64_t bytes = STATE_LEAST;
    while (bytes < 8 && state >> (8 * bytes) != 0) {
        bytes++;
    }
    return bytes;
}

static bool push_all(const lk_interval *intervals, int64_t count, uint64_t *state,
                     word_list *words) {
    uint64_t x = LOWEST;
    for (int64_t i = count - 1; i >= 0; i--) {
        uint32_t start = intervals[i].start, size = intervals[i].size;
        LK_REQUIRE(size >= 1 && size <= MASK + 1 && start <= MASK + 1 - size);
        if (x >> FULL_SHIFT >= size) {
            if (!append(words, (uint32_t)x)) {
                return false;
            }
            x >>= 32;
        }
        x = (x / size << LK_CDF_BITS) + start + x % size;
    }
    *state = x;
    return true;
}

bool lk_rans_encode(const lk_interval *intervals, int64_t count, uint8_t **bytes, int64_t *size) {
    LK_REQUIRE(count >= 0);
    word_list words = {0};
    uint64_t state = 0;
    uint8_t *stream = NULL;
    if (push_all(intervals, count, &state, &words)) {
        int64_t head = state_bytes(state);
        *size = head + 4 * words.count;
        stream = lk_allocate(*size, 1);
        if (stream != NULL) {
            put_little_endian(stream, state, head);
            for (int64_t i = 0; i < words.count; i++) {
                put_little_endian(stream + head + 4 * i, words.word[words.count - 1 - i], 4);
            }
        }
    }
    lk_release(words.word);
    *bytes = stream;
    return stream != NULL;
}

void lk_rans_begin(lk_rans_decoder *decoder, const uint8_t *bytes, int64_t size) {
    *decoder = (lk_rans_decoder){.state = LOWEST, .at = bytes, .end = bytes, .failed = true};
    if (size < STATE_LEAST) {
        return;
    }
    int64_t head = STATE_LEAST + (size - STATE_LEAST) % 4;
    decoder->state = get_little_endian(bytes, head);
    decoder->at = bytes + head;
    decoder->end = bytes + size;
    decoder->failed = bytes[head - 1] == 0; /* the encoder stores no leading zero byte */
}

uint32_t lk_rans_position(const lk_rans_decoder *decoder) {
    return (uint32_t)decoder->state & MASK;
}

void lk_rans_advance(lk_rans_decoder *decoder, lk_interval interval) {
    uint64_t x = decoder->state;
    x = interval.size * (x >> LK_CDF_BITS) + ((uint32_t)x & MASK) - interval.start;
    if (x < LOWEST) {
        if (decoder->end - decoder->at >= 4) {
            x = x << 32 | get_little_endian(decoder->at, 4);
            decoder->at += 4;
        } else {
            decoder->failed = true;
        }
    }
    decoder->state = x;
}

int32_t lk_rans_symbol(const uint32_t *cdf, int32_t alphabet, uint32_t position) {
    int32_t low = 0, high = alphabet;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (cdf[middle] <= position) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

bool lk_rans_finished(const lk_rans_decoder *decoder) {
    return !decoder->failed && decoder->at == decoder->end && decoder->state == LOWEST;
}
