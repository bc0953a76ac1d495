/* Sums of a fixed shape: element i goes to chain i % 16, in order; then halves are joined pairwise,
 * 8, 4, 2 and 1 apart. The shape is part of the arithmetic, so that 4, 8 and 16 lanes give the same
 * bits. */
#ifndef LK_KERNELS_ISA_CHAINS_H
#define LK_KERNELS_ISA_CHAINS_H

#include "base/maths.h"
#include "kernels/isa/name.h"

/* Pairs 8 apart, then 4, 2 and 1. */
static inline float chains_add(const float c[LK_CHAINS]) {
    float even = ((c[0] + c[8]) + (c[4] + c[12])) + ((c[2] + c[10]) + (c[6] + c[14]));
    float odd = ((c[1] + c[9]) + (c[5] + c[13])) + ((c[3] + c[11]) + (c[7] + c[15]));
    return even + odd;
}

#endif
