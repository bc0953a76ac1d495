/* A learning rate planned by time: its curve ends when the minutes that were asked for are over,
 * whatever the model and the machine. Two such runs see other rates at the same step, so that
 * neither can be repeated to the bit; all else stands. Steps end early enough for the validation
 * behind them, as far as it is known how long that takes. The warm-up is measured: after the first
 * steps it is known how many there will be, of which a small share warms up. */
#ifndef LK_TRAIN_PLAN_H
#define LK_TRAIN_PLAN_H

#include <stdbool.h>

#include "optim/rate.h"
#include "train/state.h"

typedef struct lk_plan_clock {
    double before;  /* of the plan, over when this session began */
    double reserve; /* seconds kept for the validation that ends the training */
} lk_plan_clock;

/* At the beginning of a session: the plan of the checkpoint that state came from, or a new one, of
 * so many minutes (0: as it was planned). */
lk_plan_clock lk_plan_begin(const lk_rate_options *rate, double minutes, lk_train_state *state);
/* `session`: its seconds so far. `reserve`: what the last validation is going to take; of the plan
 * at most half is kept for it. */
void lk_plan_tick(lk_plan_clock *clock, double session, double reserve, lk_train_state *state);
bool lk_plan_over(const lk_plan_clock *clock, const lk_train_state *state);
/* What is left of the plan was for the validation. */
void lk_plan_end(lk_train_state *state);
/* Where a step stands in the curve. */
lk_rate_moment lk_plan_moment(const lk_rate_options *rate, const lk_plan_clock *clock,
                              const lk_train_state *state, int64_t step, int64_t steps_in_epoch,
                              int64_t total_steps);

#endif
