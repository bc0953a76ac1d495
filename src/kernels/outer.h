/* Sums of outer products, as the gradients of a convolution's weights are: few sums, each of very
 * many terms.
 *
 *   C[m][n] = C[m][n] + sum over runs in order, then k < count, of A[a + k][m] * B[b + k][n]
 *
 * each sum one left-to-right chain of float32 fused multiply-adds that goes on from what C holds,
 * as in kernels/product.h. A and B stand as the micro-kernel reads them, so they are read where
 * they lie. Single-threaded; takes no memory. */
#ifndef LK_KERNELS_OUTER_H
#define LK_KERNELS_OUTER_H

#include "kernels/kernels.h"

/* Rows of A and of B that meet one after another. */
typedef struct lk_outer_run {
    int64_t a, b, count;
} lk_outer_run;

typedef struct lk_outer {
    int64_t rows, columns; /* of C */
    const float *a, *b;    /* rows of `rows` and of `columns` floats side by side */
    int64_t a_stride, b_stride;
    float *c;
    int64_t c_stride;
    const lk_outer_run *run;
    int64_t runs;
    bool fetches; /* A and B are not in a cache, as a rule: their rows are asked for before */
} lk_outer;

void lk_outer_add(const lk_outer *outer, const lk_kernels *kernels);

#endif
