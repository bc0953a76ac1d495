/* What the tests of the distributions share. Included by tests only, after cmocka. */
#ifndef LK_DIST_CHECK_H
#define LK_DIST_CHECK_H

#include <math.h>

#include "dist/dist.h"

/* Of a variable whose logits stand side by side. */
#define HEAD(symbols) ((const lk_head){.alphabet = (symbols), .channels = (symbols)})
#define WHOLE (UINT32_C(1) << LK_CDF_BITS)

static inline void check_cdf(const uint32_t *cdf, int32_t alphabet, const char *what) {
    if (cdf[0] != 0 || cdf[alphabet] != WHOLE) {
        fail_msg("%s: cdf from %u to %u", what, (unsigned)cdf[0], (unsigned)cdf[alphabet]);
    }
    for (int32_t s = 0; s < alphabet; s++) {
        if (cdf[s + 1] <= cdf[s]) {
            fail_msg("%s: cdf[%d] = %u, cdf[%d] = %u", what, (int)s, (unsigned)cdf[s], (int)s + 1,
                     (unsigned)cdf[s + 1]);
        }
    }
}

/* Expected code length minus entropy, in bits: sum of p log2(p / q), q the integer
 * probabilities. */
static inline double excess_bits(const uint32_t *cdf, const double *p, int32_t alphabet) {
    double excess = 0;
    for (int32_t s = 0; s < alphabet; s++) {
        double q = (double)(cdf[s + 1] - cdf[s]) / WHOLE;
        excess += p[s] > 0 ? p[s] * log2(p[s] / q) : 0;
    }
    return excess;
}

/* FNV-1a over the numbers, low byte first. */
static inline uint64_t cdf_hash(uint64_t hash, const uint32_t *cdf, int32_t alphabet) {
    for (int32_t s = 0; s <= alphabet; s++) {
        for (int shift = 0; shift < 32; shift += 8) {
            hash = (hash ^ ((cdf[s] >> shift) & 0xffu)) * UINT64_C(1099511628211);
        }
    }
    return hash;
}
#define FNV_START UINT64_C(14695981039346656037)

#endif
