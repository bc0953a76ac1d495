/* Sums, maxima and tests over arrays. Their shape (chains.h) is part of the arithmetic. */
#include "kernels/isa/chains.h"
#include "kernels/isa/maximum.h"

float LK_KERNEL(sum)(const float *in, int64_t count) {
    float chain[LK_CHAINS] = {0};
    int64_t i = 0;
    for (; i + LK_CHAINS <= count; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += in[i + j];
        }
    }
    for (int j = 0; i + j < count; j++) {
        chain[j] += in[i + j];
    }
    return chains_add(chain);
}

double LK_KERNEL(sum_squares)(const float *in, int64_t count) {
    double chain[LK_CHAINS] = {0};
    int64_t i = 0;
    for (; i + LK_CHAINS <= count; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += (double)in[i + j] * in[i + j]; /* the product is exact */
        }
    }
    for (int j = 0; i + j < count; j++) {
        chain[j] += (double)in[i + j] * in[i + j];
    }
    for (int apart = LK_CHAINS / 2; apart > 0; apart /= 2) {
        for (int j = 0; j < apart; j++) {
            chain[j] += chain[j + apart];
        }
    }
    return chain[0];
}

static inline float dot(const float *a, const float *b, int64_t count) {
    float chain[LK_CHAINS] = {0};
    int64_t i = 0;
    for (; i + LK_CHAINS <= count; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] = fmaf(a[i + j], b[i + j], chain[j]);
        }
    }
    for (int j = 0; i + j < count; j++) {
        chain[j] = fmaf(a[i + j], b[i + j], chain[j]);
    }
    return chains_add(chain);
}

void LK_KERNEL(dots)(float *out, float start, const float *vector, const float *in, int64_t rows,
                     int64_t width) {
    for (int64_t r = 0; r < rows; r++) {
        out[r] = start + dot(vector, in + r * width, width);
    }
}

float LK_KERNEL(maximum)(const float *in, int64_t count) {
    return maximum_of_array(in, count);
}

bool LK_KERNEL(all_finite)(const float *in, int64_t count) {
    uint32_t greatest = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t magnitude = lk_bits_of_float(in[i]) & 0x7fffffffu;
        greatest = magnitude > greatest ? magnitude : greatest;
    }
    return greatest < 0x7f800000u;
}
