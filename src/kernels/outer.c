#include "kernels/outer.h"

#include <string.h>

#include "kernels/product_inside.h"

enum {
    DEPTH_MOST = 256, /* of a block */
    DEPTH_LEAST = 32,
    CACHED_FLOATS = 8192, /* its rows of A and B stay in the first cache while all blocks of C meet
                              them */
    LINE_FLOATS = 16,
    FETCHED = 2048, /* sums that take longer than asking for their terms */
    TAIL_MOST = 16, /* floats of the narrowest strip of any instruction set, at most */
};

/* Rows [a, a + depth) of A and [b, b + depth) of B. */
typedef struct block {
    const lk_outer *outer;
    const lk_tile *tile;
    const float *a, *b;
    int64_t depth;
} block;

static void run_strip(const block *k, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const lk_outer *outer = k->outer;
    float *c[LK_TILE_MOST_ROWS];
    for (int64_t r = 0; r < rows; r++) {
        c[r] = outer->c + (row + r) * outer->c_stride;
    }
    const lk_tile_call call = {.rows = (int32_t)rows,
                               .columns = (int32_t)columns,
                               .depth = k->depth,
                               .a = k->a + row,
                               .a_stride = outer->a_stride,
                               .b = k->b + column,
                               .b_stride = outer->b_stride,
                               .c = c,
                               .c_offset = column};
    k->tile->run(&call);
}

/* The last columns, fewer than the narrowest strip: on copies. */
static void run_tail(const block *k, int64_t row, int64_t rows, int64_t column, const float *tail) {
    const lk_outer *outer = k->outer;
    const int64_t width = k->tile->widths[0], valid = outer->columns - column;
    float patch[LK_TILE_MOST_ROWS][TAIL_MOST] = {0};
    float *c[LK_TILE_MOST_ROWS];
    for (int64_t r = 0; r < rows; r++) {
        c[r] = patch[r];
        memcpy(patch[r], outer->c + (row + r) * outer->c_stride + column,
               (size_t)valid * sizeof(float));
    }
    const lk_tile_call call = {.rows = (int32_t)rows,
                               .columns = (int32_t)width,
                               .depth = k->depth,
                               .a = k->a + row,
                               .a_stride = outer->a_stride,
                               .b = tail,
                               .b_stride = width,
                               .c = c};
    k->tile->run(&call);
    for (int64_t r = 0; r < rows; r++) {
        memcpy(outer->c + (row + r) * outer->c_stride + column, patch[r],
               (size_t)valid * sizeof(float));
    }
}

/* Asks for part `part` of `parts` of the rows behind those of the block, which come next as a
 * rule. */
static void prefetch_part(const float *rows, int64_t stride, int64_t floats, int64_t depth,
                          int64_t part, int64_t parts) {
    for (int64_t d = depth + depth * part / parts; d < depth + depth * (part + 1) / parts; d++) {
        for (int64_t n = 0; n < floats; n += LINE_FLOATS) {
            __builtin_prefetch(rows + d * stride + n, 0, 2);
        }
    }
}

/* Of a panel: what the widest strip that the columns fill can take. */
static int64_t most_rows(const lk_tile *tile, int64_t columns) {
    int64_t most = tile->rows;
    for (int32_t i = 0; i < LK_TILE_WIDTHS && tile->widths[i] != 0 &&
                        tile->widths[i] <= lk_minimum(columns, tile->columns);
         i++) {
        most = tile->most_rows[i];
    }
    return most;
}

static void run_block(const block *k) {
    const lk_outer *outer = k->outer;
    const int64_t height = most_rows(k->tile, outer->columns);
    const int64_t panels = (outer->rows + height - 1) / height;
    const int64_t most = (outer->rows + panels - 1) / panels, width = k->tile->widths[0];
    const int64_t tail = outer->columns % width, whole = outer->columns - tail;
    float copy[DEPTH_MOST * TAIL_MOST];
    for (int64_t d = 0; d < k->depth && tail != 0; d++) {
        memset(copy + d * width, 0, (size_t)width * sizeof(float));
        memcpy(copy + d * width, k->b + d * outer->b_stride + whole, (size_t)tail * sizeof(float));
    }
    for (int64_t row = 0; row < outer->rows; row += most) {
        const int64_t rows = lk_minimum(most, outer->rows - row);
        if (outer->fetches && outer->rows * outer->columns >= FETCHED) {
            prefetch_part(k->a, outer->a_stride, outer->rows, k->depth, row / most, panels);
            prefetch_part(k->b, outer->b_stride, outer->columns, k->depth, row / most, panels);
        }
        for (int64_t n = 0, columns; n < whole; n += columns) {
            columns = lk_tile_fitting(k->tile, rows, whole - n);
            run_strip(k, row, rows, n, columns);
        }
        if (tail != 0) {
            run_tail(k, row, rows, whole, copy);
        }
    }
}

void lk_outer_add(const lk_outer *outer, const lk_kernels *kernels) {
    if (outer->rows == 0 || outer->columns == 0) {
        return;
    }
    const int64_t fits = CACHED_FLOATS / (outer->rows + outer->columns) / 8 * 8;
    const int64_t depth = lk_maximum(DEPTH_LEAST, lk_minimum(fits, DEPTH_MOST));
    for (int64_t i = 0; i < outer->runs; i++) {
        const lk_outer_run *run = &outer->run[i];
        for (int64_t done = 0; done < run->count; done += depth) {
            const block k = {
                .outer = outer,
                .tile = kernels->tile,
                .a = outer->a + (run->a + done) * outer->a_stride,
                .b = outer->b + (run->b + done) * outer->b_stride,
                .depth = lk_minimum(depth, run->count - done),
            };
            run_block(&k);
        }
    }
}
