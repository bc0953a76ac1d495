/* The micro-kernel in plain C: the definition that the others agree with, and the fallback. */
#include <math.h>
#include <stddef.h>

#include "kernels/isa/tile.h"

static void scalar_run(const lk_tile_call *call) {
    for (int32_t r = 0; r < call->rows; r++) {
        float *c = call->c[r] + call->c_offset;
        if (call->start != NULL) {
            for (int32_t n = 0; n < call->columns; n++) {
                c[n] = call->start[r];
            }
        }
        for (int64_t k = 0; k < call->depth; k++) {
            const float *b = call->b + (call->b_offset != NULL ? call->b_offset[k] : k * call->b_stride);
            const float a = call->a[k * call->a_stride + r];
            for (int32_t n = 0; n < call->columns; n++) {
                c[n] = fmaf(a, b[n], c[n]);
            }
        }
    }
}

const lk_tile lk_tile_scalar = {.rows = 4, .columns = 8, .widths = {4, 8}, .run = scalar_run};
