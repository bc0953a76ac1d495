/* The discretized logistic distribution (Salimans, Karpathy, Chen, Kingma, "PixelCNN++", ICLR 2017,
 * section 2.1): what a logistic distribution puts into each of V bins. Means and scales are those
 * of the data scaled to -1 .. 1, as published; all is computed in levels, 0 .. V - 1, whose halves
 * are floats without an error:
 *
 *   m = (V - 1)/2 mean + (V - 1)/2     e = exp(-max(log_scale, floor)) 2/(V - 1), levels on -1
 *   a = (x + 1/2 - m) e                b = (x - 1/2 - m) e
 *   p(0) = sigmoid(a)                  p(V - 1) = sigmoid(-b)
 *   p(x) = sigmoid(a) - sigmoid(b)     between
 *
 * Neighbours share an edge to the last bit, and a - b is e up to rounding, so that
 *
 *   log p(x) = log(1 - exp(-e)) - softplus(-a) - softplus(b)
 *
 * holds for all x, without the first and the last term at the last level and without the first and
 * the third at level 0: no thresholds, and nothing of the mass is lost. Derivatives:
 *
 *   by the mean       (sigmoid(b) - sigmoid(-a)) exp(-log_scale)
 *   by the log scale  b sigmoid(b) - a sigmoid(-a) - e/(exp(e) - 1), 0 below the floor
 *
 * The floor is the published -7 up to 8 bits: a scale of 0.116 levels of 8 bits, where a level in
 * the middle has at most p = 0.973. Deeper levels are narrower, and their floor is as far down as
 * lets a level be as probable: -7 - log((V - 1)/255), which is -12.55 at 16 bits. */
#ifndef LK_KERNELS_LOGISTIC_H
#define LK_KERNELS_LOGISTIC_H

#include "base/maths.h"

/* Components of a mixture, at most. */
#define LK_MIXTURE_MOST 256

typedef struct lk_logistic {
    float last;   /* V - 1 */
    float half;   /* (V - 1)/2 */
    float unit;   /* 2/(V - 1): a level's width */
    float lowest; /* the floor of log scales */
} lk_logistic;

/* Of V >= 2 levels. */
static inline lk_logistic lk_logistic_levels(int32_t alphabet) {
    float last = (float)(alphabet - 1), deeper = last > 255.0f ? last / 255.0f : 1.0f;
    return (lk_logistic){last, 0.5f * last, 2.0f / last, -7.0f - lk_log_scalar(deeper)};
}

/* The log scale that counts; NaN stays. */
static inline float lk_logistic_held(const lk_logistic *levels, float log_scale) {
    return lk_select(log_scale < levels->lowest, levels->lowest, log_scale);
}

#endif
