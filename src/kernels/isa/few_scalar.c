/* The step's micro-kernel in plain C: the definition that the others agree with, and the
 * fallback. */
#include <math.h>
#include <stddef.h>

#include "kernels/isa/name.h"

static inline float weight(const lk_few_call *call, const lk_few_run *run, int64_t k, int64_t n) {
    const int64_t at = k * call->b_stride + n;
    return call->unit != NULL ? (float)run->b8[at] * call->unit[n] : run->b[at];
}

static void run_row(const lk_few_call *call, int64_t row) {
    const int64_t distance = (call->a_row != NULL ? call->a_row[row] : row) * call->a_stride;
    const float *start = call->start + row * call->start_stride;
    float *c = call->c + (call->c_row != NULL ? call->c_row[row] : row) * call->c_stride;
    for (int64_t n = call->first; n < call->columns; n++) {
        c[n] = call->start != NULL ? start[n] : 0.0f;
    }
    for (int64_t i = 0; i < call->runs; i++) {
        const lk_few_run *run = &call->run[i];
        for (int64_t k = 0; k < run->depth; k++) {
            for (int64_t n = call->first; n < call->columns; n++) {
                c[n] = fmaf(run->a[distance + k], weight(call, run, k, n), c[n]);
            }
        }
    }
}

void lk_few_scalar(const lk_few_call *call) {
    for (int64_t row = 0; row < call->rows; row++) {
        run_row(call, row);
    }
}
