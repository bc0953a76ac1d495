/* The tables that isa/table.c makes, one per instruction set that was built (the build defines
 * LK_HAVE_...). */
#ifndef LK_KERNELS_ISA_TABLES_H
#define LK_KERNELS_ISA_TABLES_H

#include "kernels/kernels.h"

extern const lk_kernels lk_kernels_scalar;
extern const lk_kernels lk_kernels_avx2;
extern const lk_kernels lk_kernels_avx512;
extern const lk_kernels lk_kernels_neon;

#endif
