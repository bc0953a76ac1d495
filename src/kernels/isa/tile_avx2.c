/* The micro-kernel for AVX2 with FMA: 6 rows x 16 columns fill 12 of the 16 registers; 6 x 8 for
 * narrow remainders; 2 x 32 and 1 x 64 where there are only one or two rows. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/isa/tile_inside.h"

#define TILE_NAME(x) avx2_##x
#define TILE_MOST_ROWS 6
#define TILE_MOST_VECTORS 8
#define TILE_LANES 8
#define TILE_VECTOR __m256
#define TILE_LOAD(p) _mm256_loadu_ps(p)
#define TILE_STORE(p, v) _mm256_storeu_ps(p, v)
#define TILE_BROADCAST(x) _mm256_set1_ps(x)
#define TILE_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#include "kernels/isa/tile_body.h"
#include "kernels/isa/tile_rows_body.h"

TILE_INSTANCES_6(avx2_block, 1)
TILE_INSTANCES_6(avx2_block, 2)
TILE_INSTANCES_2(avx2_block, 4)
TILE_INSTANCE(avx2_block, 1, 8)

static const tile_instance instances[4][TILE_MOST_ROWS] = {
    {TILE_NAMES_6(avx2_block, 1)},
    {TILE_NAMES_6(avx2_block, 2)},
    {TILE_NAMES_2(avx2_block, 4)},
    {TILE_PAIR(avx2_block, 1, 8)},
};

/* Widths 8, 16, 32, 64 are 0, 1, 2, 3. */
static const tile_instance *of_width(int32_t columns) {
    return instances[columns > 32 ? 3 : columns >> 4];
}

static void avx2_run(const lk_tile_call *call) {
    of_width(call->columns)[call->rows - 1].run(call);
}

static void avx2_run_rows(const lk_tile_rows_call *call) {
    lk_tile_run_rows(of_width(call->columns), TILE_MOST_ROWS, call);
}

const lk_tile lk_tile_avx2 = {.rows = 6,
                              .columns = 16,
                              .widths = {8, 16, 32, 64},
                              .most_rows = {6, 6, 2, 1},
                              .run = avx2_run,
                              .run_rows = avx2_run_rows};
#endif
