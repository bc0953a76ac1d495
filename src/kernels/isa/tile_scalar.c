/* The micro-kernel in plain C: the definition that the others agree with, and the fallback. */
#include <math.h>
#include <stddef.h>

#include "kernels/isa/tile.h"

static void scalar_run(const lk_tile_call *call) {
    for (int32_t r = 0; r < call->rows; r++) {
        float *c = call->c[r] + call->c_offset;
        for (int32_t n = 0; n < call->columns; n++) {
            c[n] = call->start != NULL       ? call->start[r]
                   : call->start_row != NULL ? call->start_row[call->c_offset + n]
                                             : c[n];
        }
        for (int64_t k = 0; k < call->depth; k++) {
            const float *b =
                call->b + (call->b_offset != NULL ? call->b_offset[k] : k * call->b_stride);
            const float a = call->a[k * call->a_stride + r];
            for (int32_t n = 0; n < call->columns; n++) {
                c[n] = fmaf(a, b[n], c[n]);
            }
        }
    }
}

static void scalar_run_rows(const lk_tile_rows_call *call) {
    for (int64_t row = 0; row < call->rows; row++) {
        const float *a = call->a + (call->a_row != NULL ? call->a_row[row] : row) * call->a_stride;
        float *c = call->c + (call->c_row != NULL ? call->c_row[row] : row) * call->c_stride;
        for (int32_t n = 0; n < call->columns && call->start != NULL; n++) {
            c[n] = call->start[n];
        }
        for (int32_t i = 0; i < call->runs; i++) {
            const int64_t last = call->run[i].offset + call->run[i].count;
            const float *b = call->b + call->run[i].b * call->columns;
            for (int64_t k = call->run[i].offset; k < last; k++, b += call->columns) {
                for (int32_t n = 0; n < call->columns; n++) {
                    c[n] = fmaf(a[k], b[n], c[n]);
                }
            }
        }
    }
}

const lk_tile lk_tile_scalar = {.rows = 4,
                                .columns = 8,
                                .widths = {4, 8},
                                .most_rows = {4, 4},
                                .run = scalar_run,
                                .run_rows = scalar_run_rows};
