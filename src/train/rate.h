/* Learning-rate schedules: a factor in [0, 1] of the base rate, by step. */
#ifndef LK_TRAIN_RATE_H
#define LK_TRAIN_RATE_H

#include <stdint.h>

typedef struct lk_rate_options {
    const char *name;       /* "constant", "cosine", "step", "exponential" */
    int64_t warmup_steps;   /* linear from 0 */
    double final_fraction;  /* cosine: reached at the end of the last epoch */
    double decay;           /* step, exponential: factor */
    double decay_epochs;    /* step: every so many epochs; exponential: per so many epochs */
} lk_rate_options;

/* cosine needs total_steps > 0. Uses exact arithmetic only, so that it is the same on every machine. */
double lk_rate_factor(const lk_rate_options *options, int64_t step, int64_t steps_in_epoch, int64_t total_steps);

#endif
