/* What the micro-kernels of all instruction sets share: loop unrolling, and the choice of the instance for a call. */
#ifndef LK_KERNELS_ISA_TILE_INSIDE_H
#define LK_KERNELS_ISA_TILE_INSIDE_H

#include <stddef.h>

#include "kernels/isa/tile.h"

/* Fully unrolled, whatever the optimization level thinks: the accumulators must become registers. */
#if defined(__clang__)
#define TILE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TILE_UNROLL _Pragma("GCC unroll 16")
#endif

/* One function per number of rows and vectors, with B's rows equally spaced and gathered. */
#define TILE_INSTANCE(block, rows, vectors)                            \
    static void block##_##rows##_##vectors(const lk_tile_call *call) { \
        if (call->b_offset != NULL) {                                  \
            block(call, rows, vectors, 1);                             \
        } else {                                                       \
            block(call, rows, vectors, 0);                             \
        }                                                              \
    }
#define TILE_INSTANCES_2(block, vectors) TILE_INSTANCE(block, 1, vectors) TILE_INSTANCE(block, 2, vectors)
#define TILE_INSTANCES_6(block, vectors)                                                               \
    TILE_INSTANCE(block, 1, vectors)                                                                   \
    TILE_INSTANCE(block, 2, vectors) TILE_INSTANCE(block, 3, vectors) TILE_INSTANCE(block, 4, vectors) \
        TILE_INSTANCE(block, 5, vectors) TILE_INSTANCE(block, 6, vectors)
#define TILE_INSTANCES_8(block, vectors) \
    TILE_INSTANCES_6(block, vectors) TILE_INSTANCE(block, 7, vectors) TILE_INSTANCE(block, 8, vectors)
#define TILE_INSTANCES_12(block, vectors)                                                                \
    TILE_INSTANCES_8(block, vectors)                                                                     \
    TILE_INSTANCE(block, 9, vectors) TILE_INSTANCE(block, 10, vectors) TILE_INSTANCE(block, 11, vectors) \
        TILE_INSTANCE(block, 12, vectors)
#define TILE_NAMES_2(block, vectors) block##_1_##vectors, block##_2_##vectors
#define TILE_NAMES_6(block, vectors)                                                                         \
    block##_1_##vectors, block##_2_##vectors, block##_3_##vectors, block##_4_##vectors, block##_5_##vectors, \
        block##_6_##vectors
#define TILE_NAMES_8(block, vectors) TILE_NAMES_6(block, vectors), block##_7_##vectors, block##_8_##vectors
#define TILE_NAMES_12(block, vectors) \
    TILE_NAMES_8(block, vectors), block##_9_##vectors, block##_10_##vectors, block##_11_##vectors, block##_12_##vectors

typedef void tile_instance(const lk_tile_call *call);

#endif
