/* The one matrix product, with staircases.
 *
 *   C[m][n] = start(m, n) + sum over k in [depth_begin[m], depth_end[m]) of A[m][k] * B[k][n],
 *     for n < column_end[m]
 *
 * each sum one left-to-right chain of float32 fused multiply-adds in ascending k (fmaf(A, B,
 * accumulator)): the result does not depend on blocking, instruction set, threads or on which other
 * rows and columns are computed beside it. Terms outside the staircase are never added (not even as
 * zeros, which could turn -0 into +0), and elements n >= column_end[m] are not written.
 *
 * Elements are found by offset: A(m,k) at a[row(m) * a_row_stride + column(k) * a_column_stride],
 * where row(m) is a_row_index[m], or m itself when the index is NULL; the same for B and C. So
 * transposes, permutations (units sorted by degree) and gathers cost nothing but the packing. */
#ifndef LK_KERNELS_PRODUCT_H
#define LK_KERNELS_PRODUCT_H

#include "base/pool.h"
#include "kernels/caches.h"
#include "kernels/kernels.h"

typedef struct lk_workspace lk_workspace;

typedef struct lk_operand {
    const float *data;
    int64_t row_stride, column_stride;
    const int32_t *row_index, *column_index; /* NULL: identity */
} lk_operand;

typedef enum lk_start {
    LK_START_ZERO, /* C is overwritten */
    LK_START_C,    /* accumulate onto what C holds */
    LK_START_BIAS, /* start from bias[row(m)], row() as C's rows */
    LK_START_ROW,  /* start each row from bias[n], n < columns */
} lk_start;

/* For the steps of a recurrence, which multiply one B again and again: it is packed once. */
typedef enum lk_reuse {
    LK_B_ONCE,
    LK_B_KEEP, /* products with LK_B_KEPT follow */
    LK_B_KEPT, /* a promise: the last product on this workspace had the same sizes, staircases and
                * B, with LK_B_KEEP or LK_B_KEPT, and B has not changed since */
} lk_reuse;

/* For products whose A's rows are made of runs of one B's rows, each product of others, as a
 * convolution's cells at an edge meet some of its taps: B is packed once, whole. */
typedef struct lk_packed {
    float *data; /* [lk_packed_floats()], not owned */
    int64_t depth, columns;
} lk_packed;
/* Whether it is worth it: B stays in a cache, and fills the width of a block. */
bool lk_packed_suits(const lk_kernels *kernels, const lk_workspace *workspace, int64_t depth,
                     int64_t columns);
int64_t lk_packed_floats(const lk_kernels *kernels, int64_t depth, int64_t columns);
void lk_packed_make(const lk_packed *packed, const lk_operand *b, const lk_kernels *kernels);

typedef struct lk_product {
    int64_t rows, columns, depth;
    lk_operand a, b;
    float *c;
    int64_t c_row_stride, c_column_stride;
    const int32_t *c_row_index, *c_column_index;
    lk_start start;
    const float *bias;
    /* Staircases, each NULL (whole) or of `rows` nondecreasing entries. */
    const int32_t *depth_begin, *depth_end, *column_end;
    lk_reuse b_reuse;
    /* NULL, or in place of b, with all of its columns: runs of a row of A, `depth` floats in all,
     * with the rows of B that they meet. Then A has no column index, nothing has a staircase, C's
     * columns lie side by side, and sums do not start from LK_START_BIAS. */
    const lk_packed *packed;
    const lk_tile_run *run;
    int32_t runs;
} lk_product;

/* Runs the product on the pool (NULL: on the caller alone). Packing buffers come from `workspace`,
 * which is reusable, grows on demand and belongs to one caller; false when out of memory. */
lk_workspace *lk_workspace_create(void);
void lk_workspace_destroy(lk_workspace *workspace);
/* Blocks for other caches than this machine's, before the first product. */
void lk_workspace_set_caches(lk_workspace *workspace, lk_caches caches);
/* For operations: memory of their own besides, valid until the next call; NULL when out of
 * memory. */
void *lk_workspace_scratch(lk_workspace *workspace, int64_t bytes);
/* A workspace for each of `workers` workers, whose pieces run products of their own; false when out
 * of memory. Then part `worker`. */
bool lk_workspace_divide(lk_workspace *workspace, int workers);
lk_workspace *lk_workspace_part(lk_workspace *workspace, int worker);
bool lk_product_run(const lk_product *product, const lk_kernels *kernels, lk_pool *pool,
                    lk_workspace *workspace);

/* The definition, one fmaf at a time: the specification and the test oracle. */
void lk_product_naive(const lk_product *product);

/* Fused multiply-adds that the staircases leave. */
int64_t lk_product_multiply_adds(const lk_product *product);

#endif
