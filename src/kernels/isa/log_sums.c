/* log sum_r e^x[r] down many columns at once: each takes the steps of lk_double_log_sum
 * (base/double_maths.h) in their order. Only selections, and integers of 32 bits where they become
 * doubles or come from them: so it is all vectors. */
#include "base/double_maths_inside.h"
#include "kernels/isa/name.h"

#define BLOCK 64 /* columns, whose maxima and sums stay in the first cache */

/* As maths.h's: yes where the condition holds, in integers. */
static inline double select(int condition, double yes, double no) {
    uint64_t mask = 0u - (uint64_t)(condition != 0);
    return lk_double_of_bits((lk_bits_of_double(yes) & mask) | (lk_bits_of_double(no) & ~mask));
}

/* e^x for x <= 0. */
static inline double exp_below(double x) {
    double inside = select(x < -708.0, -708.0, x);
    int32_t k = (int32_t)(inside * LK_DOUBLE_LOG2_E - 0.5);
    double result = lk_double_exp_reduced(inside, (double)k) * lk_double_power_of_two(k);
    return select(x < -708.0, 0.0, result);
}

/* For x >= 1 and finite; of others some number. */
static inline double log_above(double x) {
    uint64_t bits = lk_bits_of_double(x);
    double m = lk_double_of_bits((bits & LK_DOUBLE_MANTISSA) | (uint64_t)1023 << 52);
    double k = (double)((int32_t)(bits >> 52) - 1023);
    k = select(m > LK_DOUBLE_ROOT_OF_2, k + 1.0, k);
    m = select(m > LK_DOUBLE_ROOT_OF_2, m * 0.5, m);
    return lk_double_log_reduced(m - 1, k);
}

static void log_sums_of_block(double *out, const double *x, int64_t rows, int64_t stride,
                              int64_t count) {
    double from[BLOCK], sum[BLOCK];
    for (int64_t i = 0; i < count; i++) {
        from[i] = -(double)INFINITY;
        sum[i] = 0.0;
    }
    for (int64_t r = 0; r < rows; r++) {
        const double *row = x + r * stride;
        for (int64_t i = 0; i < count; i++) {
            from[i] = select(row[i] > from[i], row[i], from[i]);
        }
    }
    for (int64_t i = 0; i < count; i++) { /* where nothing is more probable than 0, the sum is 0 */
        from[i] = select(from[i] == -(double)INFINITY, 0.0, from[i]);
    }
    for (int64_t r = 0; r < rows; r++) {
        const double *row = x + r * stride;
        for (int64_t i = 0; i < count; i++) {
            sum[i] += exp_below(row[i] - from[i]);
        }
    }
    for (int64_t i = 0; i < count; i++) {
        out[i] = select(sum[i] > 0.0, from[i] + log_above(sum[i]), -(double)INFINITY);
    }
}

void LK_KERNEL(log_sums)(double *out, const double *x, int64_t rows, int64_t stride,
                         int64_t count) {
    for (int64_t first = 0; first < count; first += BLOCK) {
        int64_t here = count - first < BLOCK ? count - first : BLOCK;
        log_sums_of_block(out + first, x + first, rows, stride, here);
    }
}
