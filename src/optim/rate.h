/* Learning-rate schedules: a factor in [0, 1] of the base rate, by step t = 0, 1, ...
 *
 *   constant     1
 *   cosine       final + (1 - final) (1 + cos(pi u)) / 2, u = min(1, t / (total_steps - 1));
 *     Loshchilov and Hutter 2017
 *   step         decay^floor(e / decay_epochs)
 *   exponential  decay^(e / decay_epochs)
 *
 * with e = t / steps_in_epoch, times the warm-up min(1, (t + 1) / warmup_steps): linear from 0, the
 * first step being a real one. Computed in double by base/double_maths.h: the same bits on every
 * machine. */
#ifndef LK_OPTIM_RATE_H
#define LK_OPTIM_RATE_H

#include <stdint.h>

#include "base/context.h"

typedef struct lk_rate_options {
    const char *name;      /* "constant", "cosine", "step", "exponential" */
    int64_t warmup_steps;  /* 0: none */
    double final_fraction; /* cosine: reached at the end of the last epoch */
    double decay;          /* step, exponential: factor in (0, 1] */
    double decay_epochs;   /* step: every so many epochs; exponential: per so many epochs; > 0 */
} lk_rate_options;

/* "constant", no warm-up; final_fraction 0, decay 0.5 every 10 epochs for those that use them. */
lk_rate_options lk_rate_defaults(void);
/* LK_INVALID names the option that is out of range, and what is allowed. total_steps 0: not known
 * (then no cosine). */
lk_status lk_rate_check(lk_context *context, const lk_rate_options *options, int64_t total_steps);
/* Options that lk_rate_check accepts; steps_in_epoch >= 1. */
double lk_rate_factor(const lk_rate_options *options, int64_t step, int64_t steps_in_epoch,
                      int64_t total_steps);

#endif
