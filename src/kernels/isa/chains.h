/* Sums and maxima of a fixed shape: element i goes to chain i % 16, in order; then halves are joined pairwise, 8, 4, 2 and 1
 * apart. The shape is part of the arithmetic, so that 4, 8 and 16 lanes give the same bits. */
#ifndef LK_KERNELS_ISA_CHAINS_H
#define LK_KERNELS_ISA_CHAINS_H

#include "base/maths.h"
#include "kernels/isa/name.h"

static inline float chains_add(const float chain[LK_CHAINS]) {
    float half[LK_CHAINS];
    memcpy(half, chain, sizeof half);
    for (int apart = LK_CHAINS / 2; apart > 0; apart /= 2) {
        for (int j = 0; j < apart; j++) {
            half[j] += half[j + apart];
        }
    }
    return half[0];
}

/* The greater one; a NaN stays once it is there. */
static inline float maximum_of(float so_far, float x) {
    return ((x > so_far) | (x != x)) ? x : so_far;
}

static inline float chains_maximum(const float *in, int64_t count) {
    float chain[LK_CHAINS];
    for (int j = 0; j < LK_CHAINS; j++) {
        chain[j] = -lk_infinity();
    }
    int64_t i = 0;
    for (; i + LK_CHAINS <= count; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] = maximum_of(chain[j], in[i + j]);
        }
    }
    for (int j = 0; i + j < count; j++) {
        chain[j] = maximum_of(chain[j], in[i + j]);
    }
    for (int apart = LK_CHAINS / 2; apart > 0; apart /= 2) {
        for (int j = 0; j < apart; j++) {
            chain[j] = maximum_of(chain[j], chain[j + apart]);
        }
    }
    return chain[0] == chain[0] ? chain[0] : lk_nan();
}

#endif
