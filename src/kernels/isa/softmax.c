/* The softmax of rows of logits, and the categorical distribution on it. With m = max x and z = sum of exp(x_s - m):
 *
 *   log p_s = (x_s - m) - log z        nll = log z - (x_v - m)        d nll / d x_s = exp(x_s - m) / z - (s == v)
 *
 * z is summed in the shape of chains.h. */
#include "kernels/isa/chains.h"

/* exp(x - m) of one block of chains. */
static inline void exp_block(float *exps, const float *in, float maximum) {
    LK_INDEPENDENT
    for (int j = 0; j < LK_CHAINS; j++) {
        exps[j] = lk_exp_scalar(in[j] - maximum);
    }
}

/* z, and the exponentials themselves where `exps` is not NULL (it may be `in`). */
static inline float exp_sum(float *exps, const float *in, float maximum, int64_t width) {
    float chain[LK_CHAINS] = {0};
    float block[LK_CHAINS];
    int64_t i = 0;
    for (; i + LK_CHAINS <= width; i += LK_CHAINS) {
        exp_block(block, in + i, maximum);
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += block[j];
        }
        if (exps != NULL) {
            memcpy(exps + i, block, sizeof block);
        }
    }
    if (i < width) {
        /* Filled up with -inf, whose exponential adds a +0 that changes nothing. */
        float padded[LK_CHAINS];
        for (int j = 0; j < LK_CHAINS; j++) {
            padded[j] = i + j < width ? in[i + j] : -lk_infinity();
        }
        exp_block(block, padded, maximum);
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += block[j];
        }
        if (exps != NULL) {
            memcpy(exps + i, block, (size_t)(width - i) * sizeof *block);
        }
    }
    return chains_add(chain);
}

void LK_KERNEL(log_softmax)(float *out, const float *in, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, out += width, in += width) {
        float maximum = chains_maximum(in, width);
        float log_sum = lk_log_scalar(exp_sum(NULL, in, maximum, width));
        LK_INDEPENDENT
        for (int64_t s = 0; s < width; s++) {
            out[s] = (in[s] - maximum) - log_sum;
        }
    }
}

void LK_KERNEL(categorical_nll)(float *nll, const float *logits, const uint16_t *x, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, logits += width) {
        float maximum = chains_maximum(logits, width);
        nll[row] = lk_log_scalar(exp_sum(NULL, logits, maximum, width)) - (logits[x[row]] - maximum);
    }
}

void LK_KERNEL(categorical_gradient)(float *gradient, const float *logits, const uint16_t *x, float scale, int64_t rows,
                                     int64_t width) {
    for (int64_t row = 0; row < rows; row++, gradient += width, logits += width) {
        float maximum = chains_maximum(logits, width);
        float sum = exp_sum(gradient, logits, maximum, width);
        float exp_of_x = gradient[x[row]];
        LK_INDEPENDENT
        for (int64_t s = 0; s < width; s++) {
            gradient[s] = scale * (gradient[s] / sum);
        }
        gradient[x[row]] = scale * (exp_of_x / sum - 1.0f);
    }
}
