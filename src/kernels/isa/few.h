/* The micro-kernel of a step: a product of few rows, all of whose operands are read where they lie.
 *
 *   acc[n]     = start[row][n], or 0 when start is NULL
 *   acc[n]     = fmaf(run.a[row][k], run.b[k][n], acc[n])   for k = 0 .. run.depth - 1, run after
 *     run
 *   c[row][n]  = acc[n]
 *
 * for all rows and first <= n < columns, whatever their numbers: each element is one chain in one
 * order, as in kernels/product.h. The steps of a generation multiply a row, or a row for each
 * example, with weights that packing would cost as much as multiplying; and with so little work
 * that looking for the best way would cost as much again. Where the number of columns is no
 * multiple of LK_FEW_COLUMNS, elements of c may be written twice, with the same value; so c is then
 * not `start`. It is never any run's a. */
#ifndef LK_KERNELS_ISA_FEW_H
#define LK_KERNELS_ISA_FEW_H

#include <stdbool.h>
#include <stdint.h>

#define LK_FEW_COLUMNS 16
#define LK_FEW_STRIP 64 /* columns at most that several blocks of rows meet */

typedef struct lk_few_run {
    const float *a; /* row r at a + row(r) * a_stride */
    const float *b; /* [depth], b_stride apart */
    int64_t depth;
    const int8_t *b8; /* the same of 8 bits, where call->unit is given; else not looked at */
} lk_few_run;

typedef struct lk_few_call {
    int64_t rows, first, columns;
    const lk_few_run *run;
    int64_t runs;
    int64_t a_stride, b_stride, c_stride;
    const int32_t *a_row, *c_row; /* NULL: row(r) = r */
    float *c;
    const float *start; /* of row r: start + r * start_stride; NULL: 0 */
    int64_t start_stride;
    const float *unit; /* [columns], powers of two: b[k][n] is b8[k][n] unit[n], widened in
                          the register; NULL: as it is */
    /* Of a single run whose b comes from further than the second cache: strips of columns are
     * asked for one ahead, after the last one what stands at `next`; `next_b8` if unit is given. */
    bool far;
    const float *next; /* [depth], b_stride apart; NULL: nothing */
    const int8_t *next_b8;
    float *room; /* [depth][LK_FEW_STRIP], where a strip that several blocks of rows meet is kept */
} lk_few_call;

typedef void lk_few(const lk_few_call *call);

#endif
