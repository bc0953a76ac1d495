/* The micro-kernel of the matrix product: a small block of C held in registers while the depth runs
 * by.
 *
 *   acc[r][n] = start[r], or start_row[n], or c[r][n] when both are NULL
 *   acc[r][n] = fmaf(a[k * a_stride + r], B(k)[n], acc[r][n])   for k = 0 .. depth-1, in this order
 *   c[r][n]   = acc[r][n]
 *
 * for r < call->rows and n < call->columns, which is one of tile->widths for at most so many rows
 * as tile->most_rows says: few rows need more columns to keep the multipliers busy, and to read B
 * in long pieces. Every implementation gives the same bits, because every element is one chain in
 * one order. An implementation is compiled with the flags of its instruction set; which one runs is
 * decided by the kernel table (kernels.h) alone. */
#ifndef LK_KERNELS_ISA_TILE_H
#define LK_KERNELS_ISA_TILE_H

#include <stdint.h>

#define LK_TILE_MOST_ROWS 16
#define LK_TILE_MOST_COLUMNS 128
#define LK_TILE_WIDTHS 5

typedef struct lk_tile_call {
    int32_t rows;    /* 1 .. lk_tile.most_rows of the width */
    int32_t columns; /* one of lk_tile.widths */
    int64_t depth;
    const float *a; /* element r of depth k at a[k * a_stride + r] */
    int64_t a_stride;
    const float *b; /* row k at b + b_offset[k], or at b + k * b_stride when b_offset is NULL */
    int64_t b_stride;
    const int64_t *b_offset;
    int64_t ahead; /* what stands so many floats behind each row of B is asked for meanwhile (0:
                      nothing) */
    float *const
        *c; /* `rows` pointers to the block's rows; all `columns` columns are read and written */
    int64_t c_offset;   /* added to each of them */
    const float *start; /* `rows` start values, or NULL: start from C */
    const float
        *start_row; /* start NULL: start values of all rows, c_offset is added too; or NULL */
} lk_tile_call;

/* The same for many rows of A that are read where they lie, row after row in blocks of tile->rows:
 *
 *   acc[n]     = start[n], or c[row][n] when start is NULL
 *   acc[n]     = fmaf(a[row][k], b[n], acc[n])      for k in run[0], run[1], ..., with b's rows one
 *     after another from each run's first one on
 *   c[row][n]  = acc[n]
 *
 * for n < columns, one of tile->widths up to tile->columns. */
typedef struct lk_tile_run {
    int64_t offset, count; /* of floats side by side */
    int64_t b;             /* the row of b that meets the first */
} lk_tile_run;

typedef struct lk_tile_rows_call {
    int64_t rows;
    int32_t columns, runs;
    const lk_tile_run *run;
    const float *a; /* row r begins at a + row(r) * a_stride */
    int64_t a_stride;
    const int32_t *a_row; /* NULL: row(r) = r */
    const float *b;       /* [depth][columns] */
    float *c;             /* likewise */
    int64_t c_stride;
    const int32_t *c_row;
    const float *start; /* [columns], or NULL */
} lk_tile_rows_call;

typedef struct lk_tile {
    int32_t rows, columns;             /* of the full block */
    int32_t widths[LK_TILE_WIDTHS];    /* ascending; 0 ends */
    int32_t most_rows[LK_TILE_WIDTHS]; /* of a block of that width; `rows` or more up to
                                          `columns`, then fewer and fewer */
    void (*run)(const lk_tile_call *call);
    void (*run_rows)(const lk_tile_rows_call *call);
} lk_tile;

extern const lk_tile lk_tile_scalar;
#if defined(__x86_64__)
extern const lk_tile lk_tile_avx2; /* needs avx2 and fma (-mavx2 -mfma) */
extern const lk_tile
    lk_tile_avx512; /* needs avx512f, avx512vl, avx2 and fma (-mavx512f -mavx512vl -mavx2 -mfma) */
#elif defined(__aarch64__)
extern const lk_tile lk_tile_neon;
#endif

#endif
