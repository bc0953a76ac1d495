/* The softmax of rows of logits, and the categorical distribution on it. With m = max x and z = sum of exp(x_s - m):
 *
 *   log p_s = (x_s - m) - log z        nll = log z - (x_v - m)        d nll / d x_s = exp(x_s - m) / z - (s == v)
 *
 * z is summed in the shape of chains.h. */
#include "kernels/isa/chains.h"
#include "kernels/isa/maximum.h"

#define BLOCK 256 /* exponentials on the stack; whole chains */

static inline void add_to_chains(float chain[LK_CHAINS], const float *in, int64_t count) {
    for (int64_t i = 0; i < count; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += in[i + j];
        }
    }
}

/* z, and the exponentials themselves where `exps` is not NULL. */
static float exp_sum(float *exps, const float *in, float maximum, int64_t width) {
    float chain[LK_CHAINS] = {0};
    float block[BLOCK];
    for (int64_t first = 0; first < width; first += BLOCK) {
        int64_t count = width - first < BLOCK ? width - first : BLOCK;
        for (int64_t i = 0; i < count; i++) {
            block[i] = in[first + i] - maximum;
        }
        /* Filled up with -inf, whose exponential adds a +0 that changes nothing, so that all are whole vectors. */
        int64_t padded = (count + LK_CHAINS - 1) / LK_CHAINS * LK_CHAINS;
        for (int64_t i = count; i < padded; i++) {
            block[i] = -lk_infinity();
        }
        LK_KERNEL(exp)(block, block, padded);
        add_to_chains(chain, block, padded);
        if (exps != NULL) {
            memcpy(exps + first, block, (size_t)count * sizeof *block);
        }
    }
    return chains_add(chain);
}

void LK_KERNEL(log_softmax)(float *out, const float *in, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, out += width, in += width) {
        float maximum = maximum_of_array(in, width);
        float log_sum = lk_log_scalar(exp_sum(NULL, in, maximum, width));
        LK_INDEPENDENT
        for (int64_t s = 0; s < width; s++) {
            out[s] = (in[s] - maximum) - log_sum;
        }
    }
}

void LK_KERNEL(categorical_nll)(float *nll, const float *logits, const uint16_t *x, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, logits += width) {
        float maximum = maximum_of_array(logits, width);
        nll[row] = lk_log_scalar(exp_sum(NULL, logits, maximum, width)) - (logits[x[row]] - maximum);
    }
}

void LK_KERNEL(categorical_gradient)(float *gradient, const float *logits, const uint16_t *x, float scale, int64_t rows,
                                     int64_t width) {
    for (int64_t row = 0; row < rows; row++, gradient += width, logits += width) {
        float maximum = maximum_of_array(logits, width);
        float sum = exp_sum(gradient, logits, maximum, width);
        float exp_of_x = gradient[x[row]];
        LK_INDEPENDENT
        for (int64_t s = 0; s < width; s++) {
            gradient[s] = scale * (gradient[s] / sum);
        }
        gradient[x[row]] = scale * (exp_of_x / sum - 1.0f);
    }
}
