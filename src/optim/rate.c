/* Schedules as a table: the names that the options may hold, each with its formula (rate.h). */
#include "optim/rate.h"

#include <string.h>

#include "base/double_maths.h"

typedef struct moment {
    int64_t step, steps_in_epoch, total_steps;
} moment;

static double constant(const lk_rate_options *options, moment now) {
    (void)options;
    (void)now;
    return 1;
}

static double cosine(const lk_rate_options *options, moment now) {
    int64_t last = now.total_steps - 1;
    double u = now.step >= last ? 1 : (double)now.step / (double)last;
    double shape = (1 + lk_double_cos_pi(u)) / 2;
    return options->final_fraction + (1 - options->final_fraction) * shape;
}

static double step_periods(const lk_rate_options *options, moment now) {
    return (double)now.step / (double)now.steps_in_epoch / options->decay_epochs;
}

static double by_step(const lk_rate_options *options, moment now) {
    double periods = step_periods(options, now);
    return periods >= 0x1p+62 ? 0 : lk_double_power(options->decay, (int64_t)periods);
}

static double exponential(const lk_rate_options *options, moment now) {
    return lk_double_exp(step_periods(options, now) * lk_double_log(options->decay));
}

static const struct {
    const char *name;
    double (*factor)(const lk_rate_options *options, moment now);
} SCHEDULES[] = {
    {"constant", constant}, {"cosine", cosine}, {"step", by_step}, {"exponential", exponential}};

#define SCHEDULE_COUNT ((int)(sizeof SCHEDULES / sizeof *SCHEDULES))

static int find(const char *name) {
    for (int i = 0; i < SCHEDULE_COUNT; i++) {
        if (name != NULL && strcmp(SCHEDULES[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

lk_rate_options lk_rate_defaults(void) {
    return (lk_rate_options){.name = "constant", .decay = 0.5, .decay_epochs = 10};
}

lk_status lk_rate_check(lk_context *context, const lk_rate_options *options, int64_t total_steps) {
    int schedule = find(options->name);
    if (schedule < 0) {
        return lk_fail(context, LK_INVALID,
                       "no learning-rate schedule '%s': constant, cosine, step or exponential",
                       options->name == NULL ? "" : options->name);
    }
    if (options->warmup_steps < 0) {
        return lk_fail(context, LK_INVALID, "warm-up of %lld steps: it must be 0 or more",
                       (long long)options->warmup_steps);
    }
    if (!(options->final_fraction >= 0 && options->final_fraction <= 1)) {
        return lk_fail(context, LK_INVALID,
                       "final fraction %g of the learning rate: it must be from 0 to 1",
                       options->final_fraction);
    }
    if (!(options->decay > 0 && options->decay <= 1)) {
        return lk_fail(context, LK_INVALID,
                       "decay %g of the learning rate: it must be above 0 and at most 1",
                       options->decay);
    }
    if (!(options->decay_epochs > 0)) {
        return lk_fail(context, LK_INVALID,
                       "learning-rate decay each %g epochs: it must be above 0",
                       options->decay_epochs);
    }
    if (SCHEDULES[schedule].factor == cosine && total_steps <= 0) {
        return lk_fail(context, LK_INVALID,
                       "a cosine schedule must know its end: give a number of epochs");
    }
    return LK_OK;
}

double lk_rate_factor(const lk_rate_options *options, int64_t step, int64_t steps_in_epoch,
                      int64_t total_steps) {
    int schedule = find(options->name);
    LK_REQUIRE(schedule >= 0 && step >= 0 && steps_in_epoch >= 1);
    double factor =
        SCHEDULES[schedule].factor(options, (moment){step, steps_in_epoch, total_steps});
    if (step + 1 < options->warmup_steps) {
        factor *= (double)(step + 1) / (double)options->warmup_steps;
    }
    return factor;
}
