/* Schedules as a table: the names that the options may hold, each with its formula (rate.h). */
#include "optim/rate.h"

#include <string.h>

#include "base/double_maths.h"

typedef lk_rate_moment moment;

static double constant(const lk_rate_options *options, moment now) {
    (void)options;
    (void)now;
    return 1;
}

/* How much of the way is done. */
static double share_done(const lk_rate_options *options, moment now) {
    int64_t last = now.total_steps - 1;
    double by_step = now.total_steps <= 0 ? 0
                     : now.step >= last   ? 1
                                          : (double)now.step / (double)last;
    double by_time = options->by_time ? now.time < 1 ? now.time : 1 : 0;
    return by_step > by_time ? by_step : by_time;
}

static double between(const lk_rate_options *options, double shape) {
    return options->final_fraction + (1 - options->final_fraction) * shape;
}

static double cosine(const lk_rate_options *options, moment now) {
    return between(options, (1 + lk_double_cos_pi(share_done(options, now))) / 2);
}

static double linear(const lk_rate_options *options, moment now) {
    return between(options, 1 - share_done(options, now));
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
    bool ends;
} SCHEDULES[] = {{"constant", constant, false},
                 {"cosine", cosine, true},
                 {"linear", linear, true},
                 {"step", by_step, false},
                 {"exponential", exponential, false}};

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
        return lk_fail(
            context, LK_INVALID,
            "no learning-rate schedule '%s': constant, cosine, linear, step or exponential",
            options->name == NULL ? "" : options->name);
    }
    if (options->warmup_steps < 0) {
        return lk_fail(context, LK_INVALID, "warm-up of %lld steps: it must be 0 or more",
                       (long long)options->warmup_steps);
    }
    if (!(options->final_fraction >= 0 && options->final_fraction <= 1)) {
        return lk_fail(context, LK_INVALID,
                       "final fraction %g of the learning rate: it must be from 0 to 1",
                       lk_told(options->final_fraction));
    }
    if (!(options->decay > 0 && options->decay <= 1)) {
        return lk_fail(context, LK_INVALID,
                       "decay %g of the learning rate: it must be above 0 and at most 1",
                       lk_told(options->decay));
    }
    if (!(options->decay_epochs > 0)) {
        return lk_fail(context, LK_INVALID,
                       "learning-rate decay each %g epochs: it must be above 0",
                       lk_told(options->decay_epochs));
    }
    if (SCHEDULES[schedule].ends && total_steps <= 0 && !options->by_time) {
        return lk_fail(context, LK_INVALID,
                       "a %s schedule must know its end: give a number of epochs or minutes",
                       options->name);
    }
    return LK_OK;
}

double lk_rate_factor(const lk_rate_options *options, lk_rate_moment now) {
    int schedule = find(options->name);
    LK_REQUIRE(schedule >= 0 && now.step >= 0 && now.steps_in_epoch >= 1);
    double factor = SCHEDULES[schedule].factor(options, now);
    if (now.step + 1 < now.warmup_steps) {
        factor *= (double)(now.step + 1) / (double)now.warmup_steps;
    }
    return factor;
}

bool lk_rate_ends(const lk_rate_options *options) {
    int schedule = find(options->name);
    return schedule >= 0 && SCHEDULES[schedule].ends;
}
