/* The step's micro-kernel for 64-bit ARM, of weights of 8 bits (graph/quantized.h): integers
 * are widened in the register, times their unit, which is exact. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels/isa/few_inside.h"
#include "kernels/isa/name.h"

#undef FEW_WEIGHT
#undef FEW_WEIGHTS
#undef FEW_WIDEN
#undef FEW_UNIT
#define FEW_WEIGHT int8_t
#define FEW_WEIGHTS(run) ((run).b8)

static inline float32x4_t widen(const int8_t *p, float32x4_t unit) {
    uint32_t four;
    memcpy(&four, p, sizeof four);
    int16x8_t halves = vmovl_s8(vcreate_s8(four));
    return vmulq_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(halves))), unit);
}

#define FEW_NAME(x) neon_8_##x
#define FEW_LANES 4
#define FEW_VECTOR float32x4_t
#define FEW_ZERO vdupq_n_f32(0.0f)
#define FEW_LOAD(p) vld1q_f32(p)
#define FEW_STORE(p, v) vst1q_f32(p, v)
#define FEW_BROADCAST(x) vdupq_n_f32(x)
#define FEW_FMA(a, b, c) vfmaq_f32(c, a, b)
#define FEW_UNIT(call, column) FEW_LOAD((call)->unit + (column))
#define FEW_WIDEN(p, unit) widen(p, unit)
#include "kernels/isa/few_body.h"
#undef FEW_NAME
#undef FEW_LANES
#undef FEW_VECTOR
#undef FEW_ZERO
#undef FEW_LOAD
#undef FEW_STORE
#undef FEW_BROADCAST
#undef FEW_FMA
#undef FEW_UNIT
#undef FEW_WIDEN

#define FEW_NAME(x) neon_single8_##x
#define FEW_LANES 1
#define FEW_VECTOR float
#define FEW_ZERO 0.0f
#define FEW_LOAD(p) (*(p))
#define FEW_STORE(p, v) (*(p) = (v))
#define FEW_BROADCAST(x) (x)
#define FEW_FMA(a, b, c) fmaf(a, b, c)
#define FEW_UNIT(call, column) ((call)->unit[column])
#define FEW_WIDEN(p, unit) ((float)*(p) * (unit))
#include "kernels/isa/few_body.h"

FEW_INSTANCES_2(neon_8_block, 6)
FEW_INSTANCES_4(neon_8_block, 4)
FEW_INSTANCES_8(neon_8_block, 2)
FEW_INSTANCES_8(neon_8_block, 1)
FEW_INSTANCES_6(neon_single8_block, 4)
FEW_INSTANCES_8(neon_single8_block, 1)

static const few_shape shapes[] = {
    {24, 2, {FEW_NAMES_2(neon_8_block, 6)}},      {16, 4, {FEW_NAMES_4(neon_8_block, 4)}},
    {8, 8, {FEW_NAMES_8(neon_8_block, 2)}},       {4, 8, {FEW_NAMES_8(neon_8_block, 1)}},
    {4, 6, {FEW_NAMES_6(neon_single8_block, 4)}}, {1, 8, {FEW_NAMES_8(neon_single8_block, 1)}},
};

void lk_few8_neon(const lk_few_call *call) {
    few_run(shapes, 4, call);
}
#endif
