/* What a team must agree on: rank 0 has the clock, the user and the files. */
#include "team/team.h"
#include "train/trainer.h"

/* All that a decision is made from, or is one. */
typedef struct lead {
    lk_train_state state;
    lk_plan_clock plan;
    double stepping, validation_took;
    int64_t session_examples;
    int32_t stop, saves;
} lead;

lk_status lk_trainer_share(lk_trainer *t, void *bytes, int64_t size) {
    lk_context *context = t->model->context;
    return lk_team_share(context->team, context, bytes, size);
}

lk_status lk_trainer_follow(lk_trainer *t, bool *saves) {
    lead l = {.state = t->state,
              .plan = t->plan,
              .stepping = t->stepping,
              .validation_took = t->validation_took,
              .session_examples = t->session_examples,
              .stop = (int32_t)t->stop,
              .saves = *saves};
    LK_TRY(lk_trainer_share(t, &l, sizeof l));
    t->state = l.state;
    t->plan = l.plan;
    t->stepping = l.stepping;
    t->validation_took = l.validation_took;
    t->session_examples = l.session_examples;
    t->stop = (lk_stop)l.stop;
    *saves = l.saves != 0;
    return LK_OK;
}
