/* The step's micro-kernel for AVX2 with FMA: up to 12 of the 16 registers are sums. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#include "kernels/isa/few_inside.h"
#include "kernels/isa/name.h"

#define FEW_NAME(x) avx2_##x
#define FEW_LANES 8
#define FEW_VECTOR __m256
#define FEW_ZERO _mm256_setzero_ps()
#define FEW_LOAD(p) _mm256_loadu_ps(p)
#define FEW_STORE(p, v) _mm256_storeu_ps(p, v)
#define FEW_BROADCAST(x) _mm256_set1_ps(x)
#define FEW_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define FEW_WIDEN(p, unit)                                                                         \
    _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p)))), \
                  unit)
#include "kernels/isa/few_body.h"
#undef FEW_NAME
#define FEW_NAME(x) avx2_single_##x
#include "kernels/isa/few_single.h"

FEW_INSTANCES_1(avx2_block, 8)
FEW_INSTANCES_2(avx2_block, 4)
FEW_INSTANCES_4(avx2_block, 3)
FEW_INSTANCES_6(avx2_block, 2)
FEW_INSTANCES_8(avx2_block, 1)
FEW_INSTANCES_2(avx2_single_block, 4)
FEW_INSTANCES_8(avx2_single_block, 1)

static const few_shape shapes[] = {
    {64, 1, {FEW_NAMES_1(avx2_block, 8)}},       {32, 2, {FEW_NAMES_2(avx2_block, 4)}},
    {24, 4, {FEW_NAMES_4(avx2_block, 3)}},       {16, 6, {FEW_NAMES_6(avx2_block, 2)}},
    {8, 8, {FEW_NAMES_8(avx2_block, 1)}},        {4, 2, {FEW_NAMES_2(avx2_single_block, 4)}},
    {1, 8, {FEW_NAMES_8(avx2_single_block, 1)}},
};

void lk_few_avx2(const lk_few_call *call) {
    /* Units want registers too: beside the sums of the widest block there are none. */
    static const few_set set = {shapes, 8, 6}, with_units = {shapes + 1, 8, 6};
    few_run(call->unit != NULL ? &with_units : &set, call);
}
#endif
