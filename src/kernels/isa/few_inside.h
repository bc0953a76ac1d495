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
#define FEW_LINE 64 /* bytes of the cache */

/* What a block does beside its sums as it goes down a far b. It asks for the next strip, so many
 * lines for a row: asked for at once they would be more than a processor has on its way, and it
 * would wait. And it keeps what it reads, row behind row, for the blocks that follow: b's own rows
 * often stand a power of two apart, where they drive each other out of the first cache. */
typedef struct few_ahead {
    const char *at;
    int64_t stride, lines;
    float *keep; /* [depth][the strip's columns]; NULL: nothing is kept */
} few_ahead;

typedef void few_block(const lk_few_call *call, int64_t row, int64_t column,
                       const few_ahead *ahead);

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

#define FEW_INSTANCE(block, height, vectors)                                                       \
    static void block##_##height##_##vectors(const lk_few_call *call, int64_t row, int64_t column, \
                                             const few_ahead *ahead) {                             \
        block(call, row, column, ahead, height, vectors, false);                                   \
    }                                                                                              \
    static void block##_##height##_##vectors##_narrow(const lk_few_call *call, int64_t row,        \
                                                      int64_t column, const few_ahead *ahead) {    \
        block(call, row, column, ahead, height, vectors, true);                                    \
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

/* What an instruction set has: shapes from wide to narrow, of which the last one has room anywhere;
 * floats in a vector; rows of the tallest block that keeps the multipliers busy. */
typedef struct few_set {
    const few_shape *shapes;
    int32_t lanes, tallest;
} few_set;

/* The widest shape that has room in so many columns and takes all rows in the fewest blocks. */
static inline const few_shape *few_fitting(const few_set *set, int64_t rows, int64_t columns) {
    const int64_t blocks = (rows + set->tallest - 1) / set->tallest,
                  height = columns < set->lanes ? 1 : (rows + blocks - 1) / blocks;
    const few_shape *shape = set->shapes;
    while (shape->columns > columns || shape->rows < height) {
        shape++;
    }
    return shape;
}

/* The strip that follows the one that ends at `column`: the next columns, or what comes then. */
static inline few_ahead few_next(const few_shape *shape, const lk_few_call *call, int64_t column) {
    const bool narrow = call->unit != NULL, more = column < call->columns;
    const int64_t size = narrow ? 1 : (int64_t)sizeof(float);
    const char *b = narrow ? (const char *)(more ? call->run->b8 + column : call->next_b8)
                           : (const char *)(more ? call->run->b + column : call->next);
    const int64_t left = (more ? call->columns - column : shape->columns) * size,
                  most = shape->columns * size;
    return (few_ahead){
        .at = b,
        .stride = call->b_stride * size,
        .lines = b == NULL ? 0 : ((left < most ? left : most) + FEW_LINE - 1) / FEW_LINE,
    };
}

/* All rows of so many columns, in blocks of about equal height; meanwhile the next strip of a far b
 * is asked for, by each of several blocks some lines of each row. */
static inline void few_strip(const few_shape *shape, const lk_few_call *call, int64_t column) {
    const int64_t blocks = (call->rows + shape->rows - 1) / shape->rows;
    const bool several = call->far && blocks > 1, keeps = several && call->unit == NULL;
    const few_ahead next =
        several ? few_next(shape, call, column + shape->columns) : (few_ahead){.lines = 0};
    const lk_few_call *later = call;
    lk_few_call again;
    lk_few_run kept;
    if (keeps) {
        kept = (lk_few_run){call->run->a, call->room - column, call->run->depth, NULL};
        again = *call;
        again.run = &kept;
        again.b_stride = shape->columns;
        later = &again;
    }
    for (int64_t done = 0, row = 0; done < blocks; done++) {
        const int64_t rows = (call->rows - row + blocks - done - 1) / (blocks - done);
        const int64_t line = next.lines * done / blocks;
        const few_ahead ahead = {.at = next.lines > 0 ? next.at + line * FEW_LINE : NULL,
                                 .stride = next.stride,
                                 .lines = next.lines * (done + 1) / blocks - line,
                                 .keep = keeps && done == 0 ? call->room : NULL};
        const few_pair *block = &shape->block[rows - 1];
        (call->unit != NULL ? block->narrow : block->wide)(done == 0 ? call : later, row, column,
                                                           &ahead);
        row += rows;
    }
}

/* Columns that do not fill a vector of `lanes` are computed in one that begins before them, if
 * there are as many. */
static inline void few_run(const few_set *set, const lk_few_call *call) {
    const int64_t lanes = set->lanes;
    for (int64_t column = call->first; column < call->columns;) {
        int64_t left = call->columns - column;
        if (left < lanes && call->columns - call->first >= lanes) {
            column = call->columns - lanes;
            left = lanes;
        }
        const few_shape *shape = few_fitting(set, call->rows, left);
        few_strip(shape, call, column);
        column += shape->columns;
    }
}

#endif
