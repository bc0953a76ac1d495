/* The micro-kernel for 64-bit ARM: 8 rows x 12 columns fill 24 of the 32 registers; 8 x 8 and 8 x 4
 * for remainders. */
#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/isa/tile_inside.h"

#define TILE_NAME(x) neon_##x
#define TILE_MOST_ROWS 8
#define TILE_MOST_VECTORS 3
#define TILE_LANES 4
#define TILE_VECTOR float32x4_t
#define TILE_LOAD(p) vld1q_f32(p)
#define TILE_STORE(p, v) vst1q_f32(p, v)
#define TILE_BROADCAST(x) vdupq_n_f32(x)
#define TILE_FMA(a, b, c) vfmaq_f32(c, a, b)
#include "kernels/isa/tile_body.h"
#include "kernels/isa/tile_rows_body.h"

TILE_INSTANCES_8(neon_block, 1)
TILE_INSTANCES_8(neon_block, 2)
TILE_INSTANCES_8(neon_block, 3)

static const tile_instance instances[3][TILE_MOST_ROWS] = {
    {TILE_NAMES_8(neon_block, 1)},
    {TILE_NAMES_8(neon_block, 2)},
    {TILE_NAMES_8(neon_block, 3)},
};

/* Widths 4, 8, 12 are 0, 1, 2. */
static const tile_instance *of_width(int32_t columns) {
    return instances[columns / 4 - 1];
}

static void neon_run(const lk_tile_call *call) {
    of_width(call->columns)[call->rows - 1].run(call);
}

static void neon_run_rows(const lk_tile_rows_call *call) {
    lk_tile_run_rows(of_width(call->columns), TILE_MOST_ROWS, call);
}

const lk_tile lk_tile_neon = {.rows = 8,
                              .columns = 12,
                              .widths = {4, 8, 12},
                              .most_rows = {8, 8, 8},
                              .run = neon_run,
                              .run_rows = neon_run_rows};
#endif
