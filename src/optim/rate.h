/* Learning-rate schedules: a factor in [0, 1] of the base rate, by step t = 0, 1, ...
 *
 *   constant     1
 *   cosine       final + (1 - final) (1 + cos(pi u)) / 2; Loshchilov and Hutter 2017
 *   linear       final + (1 - final) (1 - u)
 *   step         decay^floor(e / decay_epochs)
 *   exponential  decay^(e / decay_epochs)
 *
 * with u = min(1, t / (total_steps - 1)) or, planned by time, the share of the time that is over,
 * if that is more; and e = t / steps_in_epoch. Times the warm-up min(1, (t + 1) / warmup_steps):
 * linear from 0, the first step being a real one. Computed in double by base/double_maths.h: the
 * same bits on every machine. */
#ifndef LK_OPTIM_RATE_H
#define LK_OPTIM_RATE_H

#include <stdint.h>

#include "base/context.h"

typedef struct lk_rate_options {
    const char *name;      /* "constant", "cosine", "linear", "step", "exponential" */
    int64_t warmup_steps;  /* 0: none */
    double final_fraction; /* cosine, linear: reached at the end */
    bool by_time;          /* cosine, linear: the end is a time, and no run is like another */
    double decay;          /* step, exponential: factor in (0, 1] */
    double decay_epochs;   /* step: every so many epochs; exponential: per so many epochs; > 0 */
} lk_rate_options;

/* "constant", no warm-up; final_fraction 0, decay 0.5 every 10 epochs for those that use them. */
lk_rate_options lk_rate_defaults(void);
/* Where a training stands when a step is taken. */
typedef struct lk_rate_moment {
    int64_t step, steps_in_epoch, total_steps; /* total_steps 0: not known */
    double time;          /* by_time: the share of the planned time that is over, 0 to 1 */
    int64_t warmup_steps; /* that last; by_time they are measured (train/plan.h) */
} lk_rate_moment;

/* LK_INVALID names the option that is out of range, and what is allowed. total_steps 0: not known
 * (then no cosine or linear but by time). */
lk_status lk_rate_check(lk_context *context, const lk_rate_options *options, int64_t total_steps);
/* Options that lk_rate_check accepts; steps_in_epoch >= 1. */
double lk_rate_factor(const lk_rate_options *options, lk_rate_moment now);
/* Whether its curve ends somewhere. */
bool lk_rate_ends(const lk_rate_options *options);

#endif
