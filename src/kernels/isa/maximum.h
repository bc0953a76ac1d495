/* The maximum of an array, found in integers, where it does not matter in which order one looks:
 * the bits of a float, with all but the sign turned over when it is negative, rise with its value
 * (-0 below +0). */
#ifndef LK_KERNELS_ISA_MAXIMUM_H
#define LK_KERNELS_ISA_MAXIMUM_H

#include "base/maths.h"

static inline int32_t order_of_bits(int32_t bits) {
    return bits ^ ((bits >> 31) & INT32_MAX);
}

/* -inf of nothing; NaN if any is NaN. */
static inline float maximum_of_array(const float *in, int64_t count) {
    int32_t greatest = order_of_bits((int32_t)0xff800000u);
    uint32_t greatest_magnitude = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = lk_bits_of_float(in[i]);
        int32_t order = order_of_bits((int32_t)bits);
        uint32_t magnitude = bits & 0x7fffffffu;
        greatest = order > greatest ? order : greatest;
        greatest_magnitude = magnitude > greatest_magnitude ? magnitude : greatest_magnitude;
    }
    float value = lk_float_of_bits((uint32_t)order_of_bits(greatest));
    return greatest_magnitude > 0x7f800000u ? lk_nan() : value;
}

#endif
