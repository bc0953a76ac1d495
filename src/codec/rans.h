/* The entropy coder: range asymmetric numeral systems (Duda 2013, arXiv:1311.2540), 64-bit state,
 * 32-bit words, integers only.
 *
 * With M = 2^LK_CDF_BITS and a symbol of interval [start, start + size) of M, the encoder's step on
 * the state x is
 *   x' = floor(x / size) * M + start + (x mod size)
 * and the decoder's
 *   x = size * floor(x' / M) + (x' mod M) - start,
 * exact inverses: the state grows by log2(M / size) bits, the symbol's cost. Between symbols L <= x
 * < 2^32 L with L = 2^32; a step that would leave this moves the low 32 bits to the stream first. A
 * symbol of size M costs nothing at all.
 *
 * It is a stack: the encoder pushes symbols in reverse order, so that the decoder pops them in
 * order. The stream is written backwards for the same reason: first the final state (least
 * significant byte first, without its leading zero bytes: 5 to 8 bytes; how many follows from the
 * size, since the rest are whole words), then the words, last one first.
 *
 * The encoder begins at x = L. That is 32 bits of which the decoder knows the value, and they are
 * not wasted: a decoder that met wrong probabilities or damaged bytes ends in some other state, or
 * runs out of words, but for about one case in 2^32. */
#ifndef LK_CODEC_RANS_H
#define LK_CODEC_RANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dist/dist.h"

/* Encodes intervals[0..count) so that a decoder meets them in that order. *bytes (caller's:
 * lk_release) becomes the stream of *size bytes. false: out of memory. Each interval must have size
 * >= 1 and end at 2^LK_CDF_BITS at most. */
bool lk_rans_encode(const lk_interval *intervals, int64_t count, uint8_t **bytes, int64_t *size);

/* Total on any bytes: what it reads is in [bytes, bytes + size), and a damaged stream only gives
 * wrong positions. */
typedef struct lk_rans_decoder {
    uint64_t state;
    const uint8_t *at, *end;
    bool failed; /* sticky: ran out of bytes, or could not begin */
} lk_rans_decoder;
void lk_rans_begin(lk_rans_decoder *decoder, const uint8_t *bytes, int64_t size);
/* The position in [0, 2^LK_CDF_BITS) that the next symbol's interval holds; then advance by that
 * interval. */
uint32_t lk_rans_position(const lk_rans_decoder *decoder);
void lk_rans_advance(lk_rans_decoder *decoder, lk_interval interval);
/* The symbol whose interval holds `position`: cdf[s] <= position < cdf[s + 1]. */
int32_t lk_rans_symbol(const uint32_t *cdf, int32_t alphabet, uint32_t position);
/* True when nothing failed, all bytes are used and the state is the encoder's first one. */
bool lk_rans_finished(const lk_rans_decoder *decoder);

#endif
