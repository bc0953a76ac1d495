/* What the micro-kernels of all instruction sets share: loop unrolling, and the choice of the
 * instance for a call. */
#ifndef LK_KERNELS_ISA_TILE_INSIDE_H
#define LK_KERNELS_ISA_TILE_INSIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/isa/tile.h"

/* Fully unrolled, whatever the optimization level thinks: the accumulators must become
 * registers. The depth goes by in fours: a core that its owner's neighbours use too has fewer
 * instructions to give than multiply-adds. */
#if defined(__clang__)
#define TILE_UNROLL _Pragma("clang loop unroll(full)")
#define TILE_UNROLL_DEPTH _Pragma("clang loop unroll_count(4)")
#else
#define TILE_UNROLL _Pragma("GCC unroll 24")
#define TILE_UNROLL_DEPTH _Pragma("GCC unroll 4")
#endif

#define TILE_DEPTHS 4       /* at a time, of A where it lies */
#define TILE_LINE_FLOATS 16 /* of a cache line */

static inline float *lk_tile_c_row(const lk_tile_rows_call *call, int64_t row) {
    return call->c + (call->c_row != NULL ? call->c_row[row] : row) * call->c_stride;
}

static inline bool lk_tile_follow(const int32_t *index, int64_t row, int64_t rows) {
    bool follow = true;
    for (int64_t r = 1; r < rows && index != NULL; r++) {
        follow = follow && index[row + r] == index[row] + r;
    }
    return follow;
}

/* Whether `rows` rows from `row` on follow one another, in A as in C. */
static inline bool lk_tile_is_even(const lk_tile_rows_call *call, int64_t row, int64_t rows) {
    return lk_tile_follow(call->a_row, row, rows) &&
           (call->c_row == call->a_row || lk_tile_follow(call->c_row, row, rows));
}

/* The functions of one number of rows and vectors: with B's rows equally spaced or gathered, and
 * with A where it lies, its rows anywhere or even, the block that begins at `row`. */
typedef void tile_rows_function(const lk_tile_rows_call *call, int64_t row);
typedef struct tile_instance {
    void (*run)(const lk_tile_call *call);
    tile_rows_function *run_rows, *run_even;
} tile_instance;

#define TILE_INSTANCE(block, height, vectors)                                                    \
    static void block##_##height##_##vectors(const lk_tile_call *call) {                         \
        if (call->b_offset != NULL) {                                                            \
            block(call, height, vectors, 1, 0);                                                  \
        } else if (call->ahead != 0) {                                                           \
            block(call, height, vectors, 0, 1);                                                  \
        } else {                                                                                 \
            block(call, height, vectors, 0, 0);                                                  \
        }                                                                                        \
    }                                                                                            \
    static void block##_lying_##height##_##vectors(const lk_tile_rows_call *call, int64_t row) { \
        block##_rows(call, row, height, vectors, 0);                                             \
    }                                                                                            \
    static void block##_even_##height##_##vectors(const lk_tile_rows_call *call, int64_t row) {  \
        block##_rows(call, row, height, vectors, 1);                                             \
    }
#define TILE_INSTANCES_2(block, vectors) \
    TILE_INSTANCE(block, 1, vectors) TILE_INSTANCE(block, 2, vectors)
#define TILE_INSTANCES_6(block, vectors) \
    TILE_INSTANCE(block, 1, vectors)     \
    TILE_INSTANCE(block, 2, vectors)     \
    TILE_INSTANCE(block, 3, vectors)     \
    TILE_INSTANCE(block, 4, vectors)     \
    TILE_INSTANCE(block, 5, vectors) TILE_INSTANCE(block, 6, vectors)
#define TILE_INSTANCES_8(block, vectors) \
    TILE_INSTANCES_6(block, vectors)     \
    TILE_INSTANCE(block, 7, vectors) TILE_INSTANCE(block, 8, vectors)
#define TILE_INSTANCES_12(block, vectors) \
    TILE_INSTANCES_8(block, vectors)      \
    TILE_INSTANCE(block, 9, vectors)      \
    TILE_INSTANCE(block, 10, vectors)     \
    TILE_INSTANCE(block, 11, vectors) TILE_INSTANCE(block, 12, vectors)
#define TILE_INSTANCES_16(block, vectors) \
    TILE_INSTANCES_12(block, vectors)     \
    TILE_INSTANCE(block, 13, vectors)     \
    TILE_INSTANCE(block, 14, vectors)     \
    TILE_INSTANCE(block, 15, vectors) TILE_INSTANCE(block, 16, vectors)
#define TILE_PAIR(block, rows, vectors)                               \
    {                                                                 \
        block##_##rows##_##vectors, block##_lying_##rows##_##vectors, \
            block##_even_##rows##_##vectors                           \
    }
#define TILE_NAMES_2(block, vectors) TILE_PAIR(block, 1, vectors), TILE_PAIR(block, 2, vectors)
#define TILE_NAMES_6(block, vectors)                                                          \
    TILE_NAMES_2(block, vectors), TILE_PAIR(block, 3, vectors), TILE_PAIR(block, 4, vectors), \
        TILE_PAIR(block, 5, vectors), TILE_PAIR(block, 6, vectors)
#define TILE_NAMES_8(block, vectors) \
    TILE_NAMES_6(block, vectors), TILE_PAIR(block, 7, vectors), TILE_PAIR(block, 8, vectors)
#define TILE_NAMES_12(block, vectors)                                                          \
    TILE_NAMES_8(block, vectors), TILE_PAIR(block, 9, vectors), TILE_PAIR(block, 10, vectors), \
        TILE_PAIR(block, 11, vectors), TILE_PAIR(block, 12, vectors)

#define TILE_NAMES_16(block, vectors)                                                            \
    TILE_NAMES_12(block, vectors), TILE_PAIR(block, 13, vectors), TILE_PAIR(block, 14, vectors), \
        TILE_PAIR(block, 15, vectors), TILE_PAIR(block, 16, vectors)

/* All rows of a call, given the instances of its width: whole blocks, then one of the rows that
 * remain. */
static inline void lk_tile_run_rows(const tile_instance *instances, int32_t most_rows,
                                    const lk_tile_rows_call *call) {
    for (int64_t row = 0, rows; row < call->rows; row += rows) {
        rows = call->rows - row < most_rows ? call->rows - row : most_rows;
        const tile_instance *block = &instances[rows - 1];
        (lk_tile_is_even(call, row, rows) ? block->run_even : block->run_rows)(call, row);
    }
}

#endif
