#include "train/learner.h"

#include <string.h>

#include "base/memory.h"
#include "models/twin.h"
#include "optim/optimizer.h"

struct lk_learner {
    const lk_model *model;   /* not owned */
    lk_model *twin;          /* owned: the weights that learn */
    lk_optimizer *optimizer; /* owned */
    lk_flow *flow;           /* owned, of the twin */
    float rate;
};

static lk_status make(lk_learner *learner, int64_t lanes) {
    lk_optimizer_options how = lk_optimizer_defaults();
    how.beta1 = 0;
    how.learning_rate = (double)learner->rate;
    LK_TRY(lk_model_twin_create(learner->model, &learner->twin));
    LK_TRY(lk_optimizer_create(learner->twin->parameters, &how, &learner->optimizer));
    return lk_flow_create(learner->twin, LK_PLAN_TRAIN, lanes, LK_LEARNER_WINDOW, &learner->flow);
}

lk_status lk_learner_create(const lk_model *model, int64_t lanes, float rate,
                            lk_learner **learner) {
    *learner = NULL;
    if (!lk_learner_takes(rate)) {
        return lk_fail(model->context, LK_INVALID,
                       "a model learns from a text at a rate above 0, up to %g; not at %g",
                       (double)LK_LEARNER_RATE_MOST, (double)rate);
    }
    lk_learner *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(model->context, "a learning model", (int64_t)sizeof *made);
    }
    made->model = model;
    made->rate = rate;
    lk_status status = make(made, lanes);
    if (status != LK_OK) {
        lk_learner_destroy(made);
        return status;
    }
    *learner = made;
    return LK_OK;
}

void lk_learner_destroy(lk_learner *learner) {
    if (learner == NULL) {
        return;
    }
    lk_flow_destroy(learner->flow);
    lk_optimizer_destroy(learner->optimizer);
    lk_model_twin_destroy(learner->twin);
    lk_release(learner);
}

lk_flow *lk_learner_flow(lk_learner *learner) {
    return learner->flow;
}

static void forget(lk_learner *learner) {
    const lk_parameters *parameters = learner->twin->parameters;
    lk_model_twin_reset(learner->twin, learner->model);
    *lk_optimizer_steps(learner->optimizer) = 0;
    for (int32_t p = 0; p < parameters->count; p++) {
        int64_t floats = parameters->list[p].rows * parameters->list[p].columns;
        for (int32_t slot = 0; slot < LK_OPTIMIZER_SLOTS_MOST; slot++) {
            memset(lk_optimizer_slot(learner->optimizer, slot, p), 0,
                   (size_t)floats * sizeof(float));
        }
    }
}

lk_status lk_learner_begin(lk_learner *learner, int64_t lanes) {
    forget(learner);
    LK_TRY(lk_flow_begin(learner->flow, lanes));
    lk_flow_reserve(learner->flow, LK_LEARNER_WINDOW);
    return LK_OK;
}

lk_status lk_learner_follow(lk_learner *learner) {
    if (lk_flow_seen(learner->flow) % LK_LEARNER_WINDOW != 0) {
        return LK_OK;
    }
    LK_TRY(lk_flow_backward(learner->flow, LK_LEARNER_WINDOW));
    lk_optimizer_step(learner->optimizer, (double)learner->rate, 1.0 / LK_LEARNER_WINDOW, NULL);
    LK_TRY(lk_flow_weights_changed(learner->flow));
    lk_flow_reserve(learner->flow, LK_LEARNER_WINDOW);
    return LK_OK;
}
