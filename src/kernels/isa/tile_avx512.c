/* The micro-kernel for AVX-512: 12 rows x 32 columns fill 24 of the 32 registers. The narrower 16 x
 * 16 and the 16 x 8 in half-width registers keep a remainder from costing a whole block: a batch of
 * 100 is 3 x 32 + 8. Up to 6 rows may go 6 x 64, two 2 x 128.
 *
 * Of three rows of the full block two take their float of A from memory in the multiply-add itself.
 * Where a neighbour has the core's other thread, as on most rented machines, instructions are what
 * is short: 24 multiply-adds of 139 GFLOP/s with 42 instructions become 160 with 31, while alone
 * both reach 174 (Sapphire Rapids). All three would need 26 loads in 12 cycles, which older
 * processors do not have. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/isa/tile_inside.h"

#define TILE_MOST_ROWS 16
#define TILE_LYING_ROWS 12 /* more rows than registers for pointers */
#define TILE_WIDE_ROWS 6   /* of four vectors */
#define TILE_MOST_VECTORS 8

/* Compilers load a float once that two multiply-adds need. */
static inline __attribute__((always_inline)) __m512 multiply_add_at(const float *p, __m512 b,
                                                                    __m512 c) {
    __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(c) : "v"(b), "m"(*p));
    return c;
}

#define TILE_NAME(x) avx512_##x
#define TILE_LANES 16
#define TILE_VECTOR __m512
#define TILE_LOAD(p) _mm512_loadu_ps(p)
#define TILE_STORE(p, v) _mm512_storeu_ps(p, v)
#define TILE_BROADCAST(x) _mm512_set1_ps(x)
#define TILE_FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define TILE_FMA_AT(p, b, c) multiply_add_at(p, b, c)
#define TILE_AT(row, vectors) ((vectors) == 2 && (row) % 3 != 2)
#include "kernels/isa/tile_body.h"
#include "kernels/isa/tile_rows_body.h"
#undef TILE_NAME
#undef TILE_LANES
#undef TILE_VECTOR
#undef TILE_LOAD
#undef TILE_STORE
#undef TILE_BROADCAST
#undef TILE_FMA
#undef TILE_FMA_AT
#undef TILE_AT

#define TILE_NAME(x) avx512_half_##x
#define TILE_LANES 8
#define TILE_VECTOR __m256
#define TILE_LOAD(p) _mm256_loadu_ps(p)
#define TILE_STORE(p, v) _mm256_storeu_ps(p, v)
#define TILE_BROADCAST(x) _mm256_set1_ps(x)
#define TILE_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#include "kernels/isa/tile_body.h"
#include "kernels/isa/tile_rows_body.h"

TILE_INSTANCES_16(avx512_half_block, 1)
TILE_INSTANCES_16(avx512_block, 1)
TILE_INSTANCES_12(avx512_block, 2)
TILE_INSTANCES_6(avx512_block, 4)
TILE_INSTANCES_2(avx512_block, 8)

static const tile_instance instances[5][TILE_MOST_ROWS] = {
    {TILE_NAMES_16(avx512_half_block, 1)}, {TILE_NAMES_16(avx512_block, 1)},
    {TILE_NAMES_12(avx512_block, 2)},      {TILE_NAMES_6(avx512_block, 4)},
    {TILE_NAMES_2(avx512_block, 8)},
};

/* Widths 8, 16, 32, 64, 128 are 0, 1, 2, 3, 4. */
static const tile_instance *of_width(int32_t columns) {
    return instances[columns > 32 ? 2 + columns / 64 : columns >> 4];
}

static void avx512_run(const lk_tile_call *call) {
    of_width(call->columns)[call->rows - 1].run(call);
}

static void avx512_run_rows(const lk_tile_rows_call *call) {
    lk_tile_run_rows(of_width(call->columns), call->columns > 32 ? TILE_WIDE_ROWS : TILE_LYING_ROWS,
                     call);
}

const lk_tile lk_tile_avx512 = {.rows = 12,
                                .columns = 32,
                                .widths = {8, 16, 32, 64, 128},
                                .most_rows = {16, 16, 12, 6, 2},
                                .run = avx512_run,
                                .run_rows = avx512_run_rows};
#endif
