/* elu of a value and of its negative (Shang et al. 2016, "Concatenated ReLU"; Salimans et al. 2017,
 * PixelCNN++): a row of `width` values x gives `width` values elu(x), then `width` values elu(-x).
 * One of the two is +-x and the other e^-|x| - 1, so one exponential does for both. */
#include "base/maths.h"
#include "kernels/isa/name.h"

void LK_KERNEL(concat_elu)(float *out, const float *in, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++, in += width, out += 2 * width) {
        float *above = out, *below = out + width;
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            float x = in[i], curved = lk_elu_scalar(-lk_magnitude(x));
            curved = lk_select(x == x, curved, lk_nan());
            above[i] = lk_select(x > 0.0f, x, curved);
            below[i] = lk_select(x < 0.0f, -x, curved);
        }
    }
}

static inline __attribute__((always_inline)) void backward_onto(float *din, const bool fresh,
                                                                const float *out, const float *dout,
                                                                int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++) {
        const float *above = out, *below = out + width, *dabove = dout, *dbelow = dout + width;
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            float sum = fmaf(dabove[i], lk_elu_slope(above[i]), fresh ? 0.0f : din[i]);
            din[i] = fmaf(-dbelow[i], lk_elu_slope(below[i]), sum);
        }
        din += width;
        out += 2 * width;
        dout += 2 * width;
    }
}

void LK_KERNEL(concat_elu_backward)(float *din, bool fresh, const float *out, const float *dout,
                                    int64_t rows, int64_t width) {
    if (fresh) {
        backward_onto(din, true, out, dout, rows, width);
    } else {
        backward_onto(din, false, out, dout, rows, width);
    }
}
