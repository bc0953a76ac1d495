/* The entropy coder: range asymmetric numeral systems (Duda 2013), 64-bit state, 32-bit words, integers only. A stack: the encoder
 * pushes symbols in reverse order, the decoder pops them in order. */
#ifndef LK_CODEC_RANS_H
#define LK_CODEC_RANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dist/dist.h"

/* Encoder over caller-collected intervals: encodes intervals[0..count) so that a decoder meets them in that order. Appends to a growing
 * buffer owned by the caller (lk_release). false: out of memory. The state's leading zero bytes are not stored. */
bool lk_rans_encode(const lk_interval *intervals, int64_t count, uint8_t **bytes, int64_t *size);

typedef struct lk_rans_decoder {
    uint64_t state;
    const uint8_t *at, *end;
    bool failed;  /* sticky: ran out of bytes */
} lk_rans_decoder;
void lk_rans_begin(lk_rans_decoder *decoder, const uint8_t *bytes, int64_t size);
/* The position in [0, 2^LK_CDF_BITS) that the next symbol's interval holds; then advance by that interval. */
uint32_t lk_rans_position(const lk_rans_decoder *decoder);
void lk_rans_advance(lk_rans_decoder *decoder, lk_interval interval);
/* True when all bytes are used and the state is the encoder's first one: a strong check that decoding went right. */
bool lk_rans_finished(const lk_rans_decoder *decoder);

#endif
