/* One entropy-coded stream, in both directions: what is coded by a call is decoded by the same
 * call, so that a layout of symbols stands once. */
#ifndef LK_CODEC_CODE_H
#define LK_CODEC_CODE_H

#include "base/memory.h"
#include "codec/rans.h"

typedef struct lk_code {
    bool decoding;
    lk_interval *interval; /* encoding: owned, [capacity], in the order in which they are met */
    int64_t count, capacity;
    bool no_memory;       /* sticky */
    lk_rans_decoder rans; /* decoding */
    bool wrong;           /* sticky: decoded what no encoder writes */
} lk_code;

/* Encoding: room for `capacity` intervals, so that the list need not grow. */
static inline void lk_code_reserve(lk_code *code, int64_t capacity) {
    lk_interval *larger = lk_resize(code->interval, capacity, sizeof *larger);
    code->no_memory |= larger == NULL;
    if (larger != NULL) {
        code->interval = larger;
        code->capacity = capacity;
    }
}

static inline lk_interval lk_code_step(lk_code *code, lk_interval interval) {
    if (code->decoding) {
        lk_rans_advance(&code->rans, interval);
        code->wrong |= code->rans.failed;
        return interval;
    }
    if (code->count == code->capacity) {
        lk_code_reserve(code, code->capacity > 0 ? 2 * code->capacity : 1024);
    }
    if (code->count < code->capacity) {
        code->interval[code->count++] = interval;
    }
    return interval;
}

/* A symbol of cdf[alphabet + 1]; returns it. */
static inline uint32_t lk_code_symbol(lk_code *code, const uint32_t *cdf, int32_t alphabet,
                                      uint32_t symbol) {
    if (code->decoding) {
        symbol = (uint32_t)lk_rans_symbol(cdf, alphabet, lk_rans_position(&code->rans));
    }
    lk_code_step(code, (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]});
    return symbol;
}

/* A number of so many bits, each as likely as the others. */
static inline uint32_t lk_code_bits(lk_code *code, int bits, uint32_t value) {
    uint32_t size = UINT32_C(1) << (LK_CDF_BITS - bits);
    value = code->decoding ? lk_rans_position(&code->rans) / size : value;
    lk_code_step(code, (lk_interval){value * size, size});
    return value;
}

#endif
