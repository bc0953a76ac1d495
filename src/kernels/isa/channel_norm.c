/* Layer normalisation (Ba, Kiros, Hinton 2016) of rows: with m and v the mean and the variance of
 * the row's `width` values,
 *
 *   n = (in - m) / sqrt(v + epsilon)        out = gain n + bias
 *
 * and backward, with e = gain dout:  din += (e - mean(e) - n mean(e n)) / sqrt(v + epsilon),  dgain
 * += dout n,  dbias += dout.
 *
 * Gain and bias are `groups` rows of width values, which the rows take in turn.
 *
 * The statistics are doubles: the mean of large values with a small spread would otherwise lose the
 * spread's digits, and here they cost little beside the products that a network consists of. Sums
 * have the shape of chains.h; square root and division are IEEE-754's. */
#include "kernels/isa/chains.h"

static inline double join(const double c[LK_CHAINS]) {
    double even = ((c[0] + c[8]) + (c[4] + c[12])) + ((c[2] + c[10]) + (c[6] + c[14]));
    double odd = ((c[1] + c[9]) + (c[5] + c[13])) + ((c[3] + c[11]) + (c[7] + c[15]));
    return even + odd;
}

static double mean_of(const float *in, int64_t width) {
    double chain[LK_CHAINS] = {0};
    int64_t i = 0;
    for (; i + LK_CHAINS <= width; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += (double)in[i + j];
        }
    }
    for (int j = 0; i + j < width; j++) {
        chain[j] += (double)in[i + j];
    }
    return join(chain) / (double)width;
}

static double variance_of(const float *in, double mean, int64_t width) {
    double chain[LK_CHAINS] = {0};
    int64_t i = 0;
    for (; i + LK_CHAINS <= width; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            double away = (double)in[i + j] - mean;
            chain[j] += away * away;
        }
    }
    for (int j = 0; i + j < width; j++) {
        double away = (double)in[i + j] - mean;
        chain[j] += away * away;
    }
    return join(chain) / (double)width;
}

/* n = (in - mean) scale. */
typedef struct statistics {
    double mean, scale;
} statistics;

static inline statistics statistics_of(const float *in, int64_t width, double epsilon) {
    double mean = mean_of(in, width);
    return (statistics){mean, 1.0 / sqrt(variance_of(in, mean, width) + epsilon)};
}

void LK_KERNEL(channel_norm)(float *out, const float *in, const float *gain, const float *bias,
                             double epsilon, int64_t rows, int64_t groups, int64_t width) {
    int64_t group = 0;
    for (int64_t row = 0; row < rows; row++, in += width, out += width) {
        int64_t at = group * width;
        group = group + 1 < groups ? group + 1 : 0;
        statistics s = statistics_of(in, width, epsilon);
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            out[i] = fmaf(gain[at + i], (float)(((double)in[i] - s.mean) * s.scale), bias[at + i]);
        }
    }
}

/* The means of e and e n; dgain and dbias grow on the way. */
static inline void sum_gradients(double *mean_e, double *mean_en, double *dgain, double *dbias,
                                 statistics s, const float *in, const float *gain,
                                 const float *dout, int64_t width) {
    double of_e[LK_CHAINS] = {0}, of_en[LK_CHAINS] = {0};
    for (int64_t first = 0; first < width; first += LK_CHAINS) {
        int here = width - first < LK_CHAINS ? (int)(width - first) : LK_CHAINS;
        for (int j = 0; j < here; j++) {
            double n = ((double)in[first + j] - s.mean) * s.scale, d = (double)dout[first + j];
            double e = (double)gain[first + j] * d;
            of_e[j] += e;
            of_en[j] += e * n;
            dgain[first + j] += d * n;
            dbias[first + j] += d;
        }
    }
    *mean_e = join(of_e) / (double)width;
    *mean_en = join(of_en) / (double)width;
}

void LK_KERNEL(channel_norm_backward)(float *din, double *dgain, double *dbias, const float *in,
                                      const float *gain, const float *dout, double epsilon,
                                      int64_t rows, int64_t groups, int64_t width) {
    int64_t group = 0;
    for (int64_t row = 0; row < rows; row++, in += width, dout += width) {
        int64_t at = group * width;
        group = group + 1 < groups ? group + 1 : 0;
        statistics s = statistics_of(in, width, epsilon);
        double mean_e, mean_en;
        sum_gradients(&mean_e, &mean_en, dgain + at, dbias + at, s, in, gain + at, dout, width);
        if (din == NULL) {
            continue;
        }
        LK_INDEPENDENT
        for (int64_t i = 0; i < width; i++) {
            double n = ((double)in[i] - s.mean) * s.scale,
                   e = (double)gain[at + i] * (double)dout[i];
            din[i] += (float)((e - mean_e - n * mean_en) * s.scale);
        }
        din += width;
    }
}
