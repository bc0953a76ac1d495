/* The micro-kernel for AVX2 with FMA: 6 rows x 16 columns fill 12 of the 16 registers; 6 x 8 for narrow remainders. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/isa/tile_inside.h"

#define TILE_NAME(x) avx2_##x
#define TILE_MOST_ROWS 6
#define TILE_MOST_VECTORS 2
#define TILE_LANES 8
#define TILE_VECTOR __m256
#define TILE_LOAD(p) _mm256_loadu_ps(p)
#define TILE_STORE(p, v) _mm256_storeu_ps(p, v)
#define TILE_BROADCAST(x) _mm256_set1_ps(x)
#define TILE_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#include "kernels/isa/tile_body.h"

TILE_INSTANCES_6(avx2_block, 1)
TILE_INSTANCES_6(avx2_block, 2)

static tile_instance *const instances[2][TILE_MOST_ROWS] = {
    {TILE_NAMES_6(avx2_block, 1)},
    {TILE_NAMES_6(avx2_block, 2)},
};

static void avx2_run(const lk_tile_call *call)
{
    instances[call->columns / 8 - 1][call->rows - 1](call);
}

const lk_tile lk_tile_avx2 = {.rows = 6, .columns = 16, .widths = {8, 16}, .run = avx2_run};
#endif
