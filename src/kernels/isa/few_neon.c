/* The step's micro-kernel for 64-bit ARM: up to 24 of the 32 registers are sums. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels/isa/few_inside.h"
#include "kernels/isa/name.h"

static inline float32x4_t widen(const int8_t *p, float32x4_t unit) {
    uint32_t four;
    memcpy(&four, p, sizeof four);
    int16x8_t halves = vmovl_s8(vcreate_s8(four));
    return vmulq_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(halves))), unit);
}

#define FEW_NAME(x) neon_##x
#define FEW_LANES 4
#define FEW_VECTOR float32x4_t
#define FEW_ZERO vdupq_n_f32(0.0f)
#define FEW_LOAD(p) vld1q_f32(p)
#define FEW_STORE(p, v) vst1q_f32(p, v)
#define FEW_BROADCAST(x) vdupq_n_f32(x)
#define FEW_FMA(a, b, c) vfmaq_f32(c, a, b)
#define FEW_WIDEN(p, unit) widen(p, unit)
#include "kernels/isa/few_body.h"
#undef FEW_NAME
#define FEW_NAME(x) neon_single_##x
#include "kernels/isa/few_single.h"

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
    static const few_set set = {shapes, 4, 8};
    few_run(&set, call);
}
#endif
