/* The inner loops of attention (ops/attention.c) that are not products. In a block,
 * LK_ATTENTION_LANES queries stand side by side and their keys follow one another downwards, so
 * that each lane has its own chain: the sum of its exponentials, keys ascending. A query alone has
 * its keys side by side, and the same chain. */
#include "base/maths.h"
#include "kernels/isa/maximum.h"
#include "kernels/isa/name.h"

void LK_KERNEL(attention_weights)(float *x, float *sum, int64_t keys, int64_t stride) {
    float greatest[LK_ATTENTION_LANES], total[LK_ATTENTION_LANES];
    for (int lane = 0; lane < LK_ATTENTION_LANES; lane++) {
        greatest[lane] = -lk_infinity();
        total[lane] = 0.0f;
    }
    for (int64_t k = 0; k < keys; k++) {
        const float *row = x + k * stride;
        for (int lane = 0; lane < LK_ATTENTION_LANES; lane++) {
            greatest[lane] = lk_select(row[lane] > greatest[lane], row[lane], greatest[lane]);
        }
    }
    for (int64_t k = 0; k < keys; k++) {
        float *row = x + k * stride;
        LK_INDEPENDENT
        for (int lane = 0; lane < LK_ATTENTION_LANES; lane++) {
            float e = lk_exp_scalar(row[lane] - greatest[lane]);
            row[lane] = e;
            total[lane] += e;
        }
    }
    for (int lane = 0; lane < LK_ATTENTION_LANES; lane++) {
        sum[lane] = total[lane];
    }
}

float LK_KERNEL(attention_weights_alone)(float *x, int64_t keys) {
    float greatest = maximum_of_array(x, keys), total = 0.0f;
    LK_INDEPENDENT
    for (int64_t k = 0; k < keys; k++) {
        x[k] = lk_exp_scalar(x[k] - greatest);
    }
    for (int64_t k = 0; k < keys; k++) {
        total += x[k];
    }
    return total;
}

void LK_KERNEL(attention_dscores)(float *dweight, const float *weight, const float *mean,
                                  int64_t keys, int64_t stride) {
    for (int64_t k = 0; k < keys; k++) {
        float *d = dweight + k * stride;
        const float *w = weight + k * stride;
        LK_INDEPENDENT
        for (int lane = 0; lane < LK_ATTENTION_LANES; lane++) {
            d[lane] = w[lane] * (d[lane] - mean[lane]);
        }
    }
}
