/* The step's micro-kernel for AVX-512: up to 24 of the 32 registers are sums; the others hold a row
 * of b. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#include "kernels/isa/few_inside.h"
#include "kernels/isa/name.h"

#define FEW_NAME(x) avx512_##x
#define FEW_LANES 16
#define FEW_VECTOR __m512
#define FEW_ZERO _mm512_setzero_ps()
#define FEW_LOAD(p) _mm512_loadu_ps(p)
#define FEW_STORE(p, v) _mm512_storeu_ps(p, v)
#define FEW_BROADCAST(x) _mm512_set1_ps(x)
#define FEW_FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define FEW_WIDEN(p, unit)                                                                         \
    _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(p)))), \
                  unit)
#include "kernels/isa/few_body.h"
#undef FEW_NAME
#define FEW_NAME(x) avx512_single_##x
#include "kernels/isa/few_single.h"

FEW_INSTANCES_2(avx512_block, 8)
FEW_INSTANCES_4(avx512_block, 6)
FEW_INSTANCES_6(avx512_block, 4)
FEW_INSTANCES_8(avx512_block, 3)
FEW_INSTANCES_8(avx512_block, 2)
FEW_INSTANCES_8(avx512_block, 1)
FEW_INSTANCES_6(avx512_single_block, 4)
FEW_INSTANCES_8(avx512_single_block, 1)

static const few_shape shapes[] = {
    {128, 2, {FEW_NAMES_2(avx512_block, 8)}},      {96, 4, {FEW_NAMES_4(avx512_block, 6)}},
    {64, 6, {FEW_NAMES_6(avx512_block, 4)}},       {48, 8, {FEW_NAMES_8(avx512_block, 3)}},
    {32, 8, {FEW_NAMES_8(avx512_block, 2)}},       {16, 8, {FEW_NAMES_8(avx512_block, 1)}},
    {4, 6, {FEW_NAMES_6(avx512_single_block, 4)}}, {1, 8, {FEW_NAMES_8(avx512_single_block, 1)}},
};

void lk_few_avx512(const lk_few_call *call) {
    static const few_set set = {shapes, 16, 8};
    few_run(&set, call);
}
#endif
