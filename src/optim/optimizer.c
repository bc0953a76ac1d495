/* Optimizers as a table: how many slots each keeps, and what it does to one span of weights
 * (formulas: optimizer.h). A step is one pass over the weights, in pieces that fit the cache. */
#include "optim/optimizer.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "base/double_maths.h"
#include "optim/spans.h"

/* One step's numbers, the same for all spans. */
typedef struct step {
    lk_optimizer *optimizer;
    lk_adam_step adam;
    lk_average *average;
    float average_decay;
} step;

/* The arrays of one span. */
typedef struct view {
    float *weight, *slot0, *slot1;
    const float *gradient;
    int64_t count;
} view;

typedef struct rule {
    const char *name;
    int32_t slots;
    void (*apply)(const step *now, const view *at, float weight_decay);
} rule;

struct lk_optimizer {
    lk_parameters *parameters; /* not owned */
    lk_optimizer_options options;
    const rule *rule;
    lk_spans spans;
    float **
        slot[LK_OPTIMIZER_SLOTS_MOST]; /* owned: arrays parallel to the parameters, zero at first */
    int64_t steps;
};

static const lk_kernels *kernels_of(const step *now) {
    return now->optimizer->parameters->context->kernels;
}

static void sgd(const step *now, const view *at, float weight_decay) {
    kernels_of(now)->sgd(at->weight, at->slot0, at->gradient, now->adam.learning_rate,
                         (float)now->optimizer->options.momentum, weight_decay,
                         now->adam.gradient_scale, at->count);
}

static void adam(const step *now, const view *at, float weight_decay) {
    lk_adam_step numbers = now->adam;
    numbers.l2_decay = weight_decay;
    kernels_of(now)->adam(at->weight, at->slot0, at->slot1, at->gradient, &numbers, at->count);
}

static void adamw(const step *now, const view *at, float weight_decay) {
    lk_adam_step numbers = now->adam;
    numbers.weight_decay = weight_decay;
    kernels_of(now)->adam(at->weight, at->slot0, at->slot1, at->gradient, &numbers, at->count);
}

static void adagrad(const step *now, const view *at, float weight_decay) {
    kernels_of(now)->adagrad(at->weight, at->slot0, at->gradient, now->adam.learning_rate,
                             now->adam.epsilon, weight_decay, now->adam.gradient_scale, at->count);
}

static const rule RULES[] = {
    {"sgd", 1, sgd}, {"adam", 2, adam}, {"adamw", 2, adamw}, {"adagrad", 1, adagrad}};

/* ---- options --------------------------------------------------------------------------------- */

lk_optimizer_options lk_optimizer_defaults(void) {
    return (lk_optimizer_options){.name = "adam",
                                  .learning_rate = 0.001,
                                  .momentum = 0.9,
                                  .beta1 = 0.9,
                                  .beta2 = 0.999,
                                  .epsilon = 1e-8};
}

static const rule *find_rule(const char *name) {
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        if (name != NULL && strcmp(RULES[i].name, name) == 0) {
            return &RULES[i];
        }
    }
    return NULL;
}

/* least <= value < limit, in float too: 1 - 1e-9 would become 1 and never forget. */
static lk_status in_range(lk_context *context, const char *what, double value, double least,
                          double limit) {
    if (value >= least && (double)(float)value < limit) {
        return LK_OK;
    }
    return lk_fail(context, LK_INVALID, "%s %g: it must be at least %g and below %g", what,
                   lk_told(value), least, limit);
}

static lk_status check(lk_context *context, const lk_optimizer_options *options) {
    if (find_rule(options->name) == NULL) {
        return lk_fail(context, LK_INVALID, "no optimizer '%s': sgd, adam, adamw or adagrad",
                       options->name == NULL ? "" : options->name);
    }
    LK_TRY(in_range(context, "learning rate", options->learning_rate, 0, 1e30));
    LK_TRY(in_range(context, "momentum", options->momentum, 0, 1));
    LK_TRY(in_range(context, "beta1", options->beta1, 0, 1));
    LK_TRY(in_range(context, "beta2", options->beta2, 0, 1));
    LK_TRY(in_range(context, "epsilon", options->epsilon, 1e-30, 1e30));
    return in_range(context, "weight decay", options->weight_decay, 0, 1e30);
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool make_slots(lk_optimizer *optimizer) {
    const lk_parameters *parameters = optimizer->parameters;
    for (int32_t s = 0; s < optimizer->rule->slots; s++) {
        float **arrays = lk_allocate(parameters->count + 1, sizeof *arrays);
        optimizer->slot[s] = arrays;
        for (int32_t i = 0; arrays != NULL && i < parameters->count; i++) {
            arrays[i] =
                lk_allocate(parameters->list[i].rows * parameters->list[i].columns, sizeof(float));
            if (arrays[i] == NULL) {
                return false;
            }
        }
        if (arrays == NULL) {
            return false;
        }
    }
    return true;
}

lk_status lk_optimizer_create(lk_parameters *parameters, const lk_optimizer_options *options,
                              lk_optimizer **optimizer) {
    *optimizer = NULL;
    LK_TRY(check(parameters->context, options));
    LK_TRY(lk_parameters_make_gradients(parameters));
    lk_optimizer *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(parameters->context, "optimizer", (int64_t)sizeof *made);
    }
    made->parameters = parameters;
    made->options = *options;
    made->rule = find_rule(options->name);
    made->options.name = made->rule->name;
    lk_status status = lk_spans_init(&made->spans, parameters);
    if (status == LK_OK && !make_slots(made)) {
        status = lk_fail_no_memory(parameters->context, "optimizer state",
                                   made->rule->slots * lk_parameters_total(parameters) *
                                       (int64_t)sizeof(float));
    }
    if (status != LK_OK) {
        lk_optimizer_destroy(made);
        return status;
    }
    *optimizer = made;
    return LK_OK;
}

void lk_optimizer_destroy(lk_optimizer *optimizer) {
    if (optimizer == NULL) {
        return;
    }
    for (int32_t s = 0; s < LK_OPTIMIZER_SLOTS_MOST; s++) {
        lk_weights_release(optimizer->slot[s], optimizer->parameters->count);
    }
    lk_spans_deinit(&optimizer->spans);
    lk_release(optimizer);
}

int64_t *lk_optimizer_steps(lk_optimizer *optimizer) {
    return &optimizer->steps;
}

float *lk_optimizer_slot(lk_optimizer *optimizer, int32_t slot, int32_t parameter) {
    LK_REQUIRE(slot >= 0 && parameter >= 0 && parameter < optimizer->parameters->count);
    return slot < optimizer->rule->slots ? optimizer->slot[slot][parameter] : NULL;
}

/* ---- a step ---------------------------------------------------------------------------------- */

static void step_span(void *argument, lk_weight_span span, int64_t piece) {
    (void)piece;
    const step *now = argument;
    const lk_optimizer *optimizer = now->optimizer;
    const lk_parameter *p = &optimizer->parameters->list[span.parameter];
    view at = {.weight = p->value + span.offset,
               .gradient = p->gradient + span.offset,
               .count = span.count};
    at.slot0 = optimizer->slot[0][span.parameter] + span.offset;
    at.slot1 = optimizer->rule->slots > 1 ? optimizer->slot[1][span.parameter] + span.offset : NULL;
    float weight_decay = p->decays ? (float)optimizer->options.weight_decay : 0;
    optimizer->rule->apply(now, &at, weight_decay);
    if (now->average != NULL) {
        kernels_of(now)->average(now->average->value[span.parameter] + span.offset, at.weight,
                                 now->average_decay, at.count);
    }
}

void lk_optimizer_step(lk_optimizer *optimizer, double learning_rate, double gradient_scale,
                       lk_average *average) {
    const lk_optimizer_options *options = &optimizer->options;
    optimizer->steps++;
    step now = {.optimizer = optimizer, .average = average};
    now.adam = (lk_adam_step){
        .learning_rate = (float)learning_rate,
        .beta1 = (float)options->beta1,
        .beta2 = (float)options->beta2,
        .epsilon = (float)options->epsilon,
        .gradient_scale = (float)gradient_scale,
    };
    /* From the floats that the kernel uses, or the first steps would be off by the rounding of
     * beta2 over 1 - beta2. */
    now.adam.correction1 = (float)(1 - lk_double_power((double)now.adam.beta1, optimizer->steps));
    now.adam.correction2 = (float)(1 - lk_double_power((double)now.adam.beta2, optimizer->steps));
    now.average_decay = average != NULL ? lk_average_decay(average) : 0;
    lk_spans_run(&optimizer->spans, optimizer->parameters->context->pool, step_span, &now);
    if (average != NULL) {
        average->updates++;
    }
}
