#include "models/run_learn.h"

#include <string.h>

#include "base/memory.h"
#include "models/run.h"
#include "optim/optimizer.h"

struct lk_run_learner {
    const lk_model *model;   /* not owned */
    lk_model twin;           /* borrows everything but the parameters */
    lk_optimizer *optimizer; /* owned */
    float rate;
};

/* Building a network declares the parameters, in the order in which it declared the model's. */
static lk_status make(lk_run_learner *learner) {
    lk_optimizer_options how = lk_optimizer_defaults();
    how.beta1 = 0;
    how.learning_rate = (double)learner->rate;
    lk_graph *graph;
    LK_TRY(lk_parameters_create(learner->twin.context, &learner->twin.parameters));
    LK_TRY(lk_model_graph(&learner->twin, 0, &graph));
    lk_graph_destroy(graph);
    learner->twin.parameters->frozen = true;
    LK_TRY(lk_parameters_make_gradients(learner->twin.parameters));
    LK_TRY(lk_optimizer_create(learner->twin.parameters, &how, &learner->optimizer));
    lk_run_learner_forget(learner);
    return LK_OK;
}

lk_status lk_run_learner_create(const lk_model *model, float rate, lk_run_learner **learner) {
    *learner = NULL;
    if (!lk_learn_rate_valid(rate)) {
        return lk_fail(model->context, LK_INVALID,
                       "a model learns at a rate above 0, up to %g; not at %g",
                       (double)LK_LEARN_RATE_MOST, lk_told((double)rate));
    }
    if (model->family->fit != NULL) {
        return lk_fail(
            model->context, LK_INVALID,
            "a %s is counted or fitted, not trained by gradients: it cannot learn from "
            "what it meets%s",
            model->family->name,
            lk_advice_or(model->context, "adapt", " (leave out --adapt)", " (learning_rate 0)"));
    }
    lk_run_learner *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(model->context, "a learning model", (int64_t)sizeof *made);
    }
    made->model = model;
    made->rate = rate;
    made->twin = *model;
    made->twin.parameters = NULL;
    lk_status status = make(made);
    if (status != LK_OK) {
        lk_run_learner_destroy(made);
        return status;
    }
    *learner = made;
    return LK_OK;
}

void lk_run_learner_destroy(lk_run_learner *learner) {
    if (learner != NULL) {
        lk_optimizer_destroy(learner->optimizer);
        lk_parameters_destroy(learner->twin.parameters);
        lk_release(learner);
    }
}

const lk_model *lk_run_learner_twin(const lk_run_learner *learner) {
    return &learner->twin;
}

void lk_run_learner_step(lk_run_learner *learner, int64_t variables) {
    lk_optimizer_step(learner->optimizer, (double)learner->rate, 1.0 / (double)variables, NULL);
}

static void copy_weights(const lk_parameters *from, lk_parameters *to) {
    LK_REQUIRE(to->count == from->count);
    for (int32_t p = 0; p < to->count; p++) {
        const lk_parameter *a = &from->list[p];
        LK_REQUIRE(to->list[p].rows == a->rows && to->list[p].columns == a->columns);
        memcpy(to->list[p].value, a->value, (size_t)(a->rows * a->columns) * sizeof(float));
    }
}

void lk_run_learner_forget(lk_run_learner *learner) {
    const lk_parameters *parameters = learner->twin.parameters;
    copy_weights(learner->model->parameters, learner->twin.parameters);
    *lk_optimizer_steps(learner->optimizer) = 0;
    for (int32_t p = 0; p < parameters->count; p++) {
        int64_t floats = parameters->list[p].rows * parameters->list[p].columns;
        for (int32_t slot = 0; slot < LK_OPTIMIZER_SLOTS_MOST; slot++) {
            memset(lk_optimizer_slot(learner->optimizer, slot, p), 0,
                   (size_t)floats * sizeof(float));
        }
    }
}
