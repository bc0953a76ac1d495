/* The product of a step: few rows, everything read where it lies (kernels/isa/few.h). What
 * kernels/product.h does with any product costs more to prepare than such a one takes. */
#ifndef LK_KERNELS_FEW_H
#define LK_KERNELS_FEW_H

#include "base/pool.h"
#include "kernels/kernels.h"

/* Whether so many rows are few: with more, or with a B that no cache holds, packing pays. */
bool lk_few_suits(int64_t rows, int64_t columns, int64_t depth);
/* The same of a B that no cache holds, if there are enough rows for it: single rows of C, not
 * scattered, of a multiple of LK_FEW_COLUMNS. */
bool lk_few_suits_far(int64_t rows, int64_t columns, int64_t depth);
/* The same of weights of 8 bits, which nothing else knows how to read. */
bool lk_few8_suits(int64_t rows, int64_t columns);
/* All columns (call->first is 0), in pieces where it is worth a thread's while; the same bits. */
void lk_few_run_on(lk_pool *pool, const lk_kernels *kernels, const lk_few_call *call);

#endif
