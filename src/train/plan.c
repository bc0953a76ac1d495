#include "train/plan.h"

#include <math.h>

#define MEASURED_STEPS 4  /* from which their number is estimated */
#define WARMUP_SHARE 0.02 /* of the steps that there will be */
#define WARMUP_LEAST 10.0
#define WARMUP_MOST 1000.0
#define RESERVE_MOST 0.5 /* of the plan, for a validation */

lk_plan_clock lk_plan_begin(const lk_rate_options *rate, double minutes, lk_train_state *state) {
    if (rate->by_time && minutes > 0) {
        state->plan_seconds = 60 * minutes;
    }
    if (rate->by_time && rate->warmup_steps > 0) {
        state->plan_warmup = (double)rate->warmup_steps;
    }
    return (lk_plan_clock){.before = state->plan_elapsed};
}

/* Before it is known how many steps there will be, the longest warm-up holds. */
static void measure_warmup(lk_train_state *s) {
    if (s->plan_warmup == 0 && s->step >= MEASURED_STEPS && s->seconds > 0) {
        double steps = s->plan_seconds / (s->seconds / (double)s->step);
        s->plan_warmup = fmin(fmax(ceil(WARMUP_SHARE * steps), WARMUP_LEAST), WARMUP_MOST);
    }
}

void lk_plan_tick(lk_plan_clock *clock, double session, double reserve, lk_train_state *state) {
    if (state->plan_seconds > 0) {
        state->plan_elapsed = clock->before + session;
        clock->reserve = fmin(reserve, RESERVE_MOST * state->plan_seconds);
        measure_warmup(state);
    }
}

bool lk_plan_over(const lk_plan_clock *clock, const lk_train_state *state) {
    return state->plan_seconds > 0 && state->plan_elapsed >= state->plan_seconds - clock->reserve;
}

void lk_plan_end(lk_train_state *state) {
    state->plan_elapsed = fmax(state->plan_elapsed, state->plan_seconds);
}

lk_rate_moment lk_plan_moment(const lk_rate_options *rate, const lk_plan_clock *clock,
                              const lk_train_state *s, int64_t step, int64_t steps_in_epoch,
                              int64_t total_steps) {
    double warmup = s->plan_warmup > 0 ? s->plan_warmup : WARMUP_MOST;
    return (lk_rate_moment){
        .step = step,
        .steps_in_epoch = steps_in_epoch,
        .total_steps = total_steps,
        .time =
            s->plan_seconds > 0 ? fmin(s->plan_elapsed / (s->plan_seconds - clock->reserve), 1) : 0,
        .warmup_steps = rate->by_time ? (int64_t)warmup : rate->warmup_steps,
    };
}
