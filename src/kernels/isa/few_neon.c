/* The step's micro-kernel for 64-bit ARM: up to 24 of the 32 registers are sums. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>

#include "kernels/isa/few_inside.h"
#include "kernels/isa/name.h"

#define FEW_NAME(x) neon_##x
#define FEW_LANES 4
#define FEW_VECTOR float32x4_t
#define FEW_ZERO vdupq_n_f32(0.0f)
#define FEW_LOAD(p) vld1q_f32(p)
#define FEW_STORE(p, v) vst1q_f32(p, v)
#define FEW_BROADCAST(x) vdupq_n_f32(x)
#define FEW_FMA(a, b, c) vfmaq_f32(c, a, b)
#include "kernels/isa/few_body.h"
#undef FEW_NAME
#undef FEW_LANES
#undef FEW_VECTOR
#undef FEW_ZERO
#undef FEW_LOAD
#undef FEW_STORE
#undef FEW_BROADCAST
#undef FEW_FMA

#define FEW_NAME(x) neon_single_##x
#define FEW_LANES 1
#define FEW_VECTOR float
#define FEW_ZERO 0.0f
#define FEW_LOAD(p) (*(p))
#define FEW_STORE(p, v) (*(p) = (v))
#define FEW_BROADCAST(x) (x)
#define FEW_FMA(a, b, c) fmaf(a, b, c)
#include "kernels/isa/few_body.h"

FEW_INSTANCES_2(neon_block, 8)
FEW_INSTANCES_4(neon_block, 6)
FEW_INSTANCES_6(neon_block, 4)
FEW_INSTANCES_8(neon_block, 3)
FEW_INSTANCES_8(neon_block, 2)
FEW_INSTANCES_8(neon_block, 1)
FEW_INSTANCES_6(neon_single_block, 4)
FEW_INSTANCES_8(neon_single_block, 1)

static const few_shape shapes[] = {
    {32, 2, {FEW_NAMES_2(neon_block, 8)}},       {24, 4, {FEW_NAMES_4(neon_block, 6)}},
    {16, 6, {FEW_NAMES_6(neon_block, 4)}},       {12, 8, {FEW_NAMES_8(neon_block, 3)}},
    {8, 8, {FEW_NAMES_8(neon_block, 2)}},        {4, 8, {FEW_NAMES_8(neon_block, 1)}},
    {4, 6, {FEW_NAMES_6(neon_single_block, 4)}}, {1, 8, {FEW_NAMES_8(neon_single_block, 1)}},
};

void lk_few_neon(const lk_few_call *call) {
    few_run(shapes, 4, call);
}
#endif
