/* What the step's micro-kernels of all instruction sets share: instances of a block, and how rows
 * and columns are cut into blocks. */
#ifndef LK_KERNELS_ISA_FEW_INSIDE_H
#define LK_KERNELS_ISA_FEW_INSIDE_H

#include <stddef.h>

#include "kernels/isa/few.h"

/* Fully unrolled, whatever the optimization level thinks: the accumulators must become
 * registers. */
#if defined(__clang__)
#define FEW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FEW_UNROLL _Pragma("GCC unroll 16")
#endif

#define FEW_MOST_ROWS 8
#define FEW_MOST_VECTORS 8
#define FEW_LINE_FLOATS 16 /* of a cache line */
#define FEW_SOME_ROWS 5    /* a block of no fewer is worth its loads of b */

typedef void few_block(const lk_few_call *call, int64_t row, int64_t column);

/* Of weights that are floats, and of 8 bits. */
typedef struct few_pair {
    few_block *wide, *narrow;
} few_pair;

/* A block so many vectors wide; of up to `rows` rows, with as many accumulators as there are
 * registers. */
typedef struct few_shape {
    int32_t columns, rows;
    few_pair block[FEW_MOST_ROWS]; /* of 1, 2, ... rows */
} few_shape;

#define FEW_INSTANCE(block, height, vectors)                                                \
    static void block##_##height##_##vectors(const lk_few_call *call, int64_t row,          \
                                             int64_t column) {                              \
        block(call, row, column, height, vectors, false);                                   \
    }                                                                                       \
    static void block##_##height##_##vectors##_narrow(const lk_few_call *call, int64_t row, \
                                                      int64_t column) {                     \
        block(call, row, column, height, vectors, true);                                    \
    }
#define FEW_INSTANCES_1(block, vectors) FEW_INSTANCE(block, 1, vectors)
#define FEW_INSTANCES_2(block, vectors) \
    FEW_INSTANCE(block, 1, vectors) FEW_INSTANCE(block, 2, vectors)
#define FEW_INSTANCES_4(block, vectors) \
    FEW_INSTANCES_2(block, vectors)     \
    FEW_INSTANCE(block, 3, vectors) FEW_INSTANCE(block, 4, vectors)
#define FEW_INSTANCES_6(block, vectors) \
    FEW_INSTANCES_4(block, vectors)     \
    FEW_INSTANCE(block, 5, vectors) FEW_INSTANCE(block, 6, vectors)
#define FEW_INSTANCES_8(block, vectors) \
    FEW_INSTANCES_6(block, vectors)     \
    FEW_INSTANCE(block, 7, vectors) FEW_INSTANCE(block, 8, vectors)
#define FEW_PAIR(block, height, vectors) \
    { block##_##height##_##vectors, block##_##height##_##vectors##_narrow }
#define FEW_NAMES_1(block, vectors) FEW_PAIR(block, 1, vectors)
#define FEW_NAMES_2(block, vectors) FEW_PAIR(block, 1, vectors), FEW_PAIR(block, 2, vectors)
#define FEW_NAMES_4(block, vectors) \
    FEW_NAMES_2(block, vectors), FEW_PAIR(block, 3, vectors), FEW_PAIR(block, 4, vectors)
#define FEW_NAMES_6(block, vectors) \
    FEW_NAMES_4(block, vectors), FEW_PAIR(block, 5, vectors), FEW_PAIR(block, 6, vectors)
#define FEW_NAMES_8(block, vectors) \
    FEW_NAMES_6(block, vectors), FEW_PAIR(block, 7, vectors), FEW_PAIR(block, 8, vectors)

/* The widest of the shapes, which stand from wide to narrow, that has room in so many columns and
 * takes all rows at once, or of many rows some. The last one has room anywhere. */
static inline const few_shape *few_fitting(const few_shape *shape, int64_t rows, int64_t columns) {
    const int64_t least = rows < FEW_SOME_ROWS ? rows : FEW_SOME_ROWS;
    while (shape->columns > columns || shape->rows < least) {
        shape++;
    }
    return shape;
}

/* Asks for part `part` of `parts` of the columns [first, last) of b. Its rows are streams too short
 * for the processor to follow. */
static inline void few_fetch(const lk_few_call *call, int64_t first, int64_t last, int64_t part,
                             int64_t parts) {
    for (int64_t i = 0; i < call->runs; i++) {
        const lk_few_run *run = &call->run[i];
        for (int64_t k = run->depth * part / parts; k < run->depth * (part + 1) / parts; k++) {
            for (int64_t n = first; n < last && call->unit == NULL; n += FEW_LINE_FLOATS) {
                __builtin_prefetch(run->b + k * call->b_stride + n, 0, 2);
            }
            for (int64_t n = first; n < last && call->unit != NULL; n += 4 * FEW_LINE_FLOATS) {
                __builtin_prefetch(run->b8 + k * call->b_stride + n, 0, 2);
            }
        }
    }
}

/* All rows of so many columns, in blocks of about equal height; meanwhile the next columns of a far
 * b are fetched. */
static inline void few_strip(const few_shape *shape, const lk_few_call *call, int64_t column) {
    const int64_t blocks = (call->rows + shape->rows - 1) / shape->rows;
    const int64_t next = column + shape->columns, behind = next + shape->columns;
    for (int64_t left = blocks, row = 0; left > 0; left--) {
        const int64_t rows = (call->rows - row + left - 1) / left;
        if (call->far) {
            few_fetch(call, next, behind < call->columns ? behind : call->columns, blocks - left,
                      blocks);
        }
        const few_pair *block = &shape->block[rows - 1];
        (call->unit != NULL ? block->narrow : block->wide)(call, row, column);
        row += rows;
    }
}

/* Columns that do not fill a vector of `lanes` are computed in one that begins before them, if
 * there are as many. */
static inline void few_run(const few_shape *shapes, int64_t lanes, const lk_few_call *call) {
    for (int64_t column = call->first; column < call->columns;) {
        int64_t left = call->columns - column;
        if (left < lanes && call->columns - call->first >= lanes) {
            column = call->columns - lanes;
            left = lanes;
        }
        const few_shape *shape = few_fitting(shapes, call->rows, left);
        few_strip(shape, call, column);
        column += shape->columns;
    }
}

#endif
