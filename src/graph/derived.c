#include "graph/derived.h"

#include "base/arena.h"
#include "base/memory.h"
#include "graph/weight_drop.h"
#include "graph/weight_norm.h"

struct lk_derived {
    const lk_parameters *parameters; /* not owned */
    int32_t count;
    lk_derived_weight *weight; /* [count] */
    lk_derived_step step;      /* of the last update */
    const bool *touched;       /* of the present call, as the next */
    float *const *gradient;
};

static bool is_derived(const lk_parameter *p, bool gradients) {
    return p->norm != NULL || (gradients && p->drop > 0.0f);
}

static bool allocate(const lk_parameter *p, lk_derived_weight *d, bool gradients) {
    int64_t floats = p->rows * p->columns;
    d->value = lk_allocate(floats, sizeof *d->value);
    d->gradient = gradients ? lk_allocate(floats, sizeof *d->gradient) : NULL;
    return d->value != NULL && (!gradients || d->gradient != NULL) &&
           (p->norm == NULL || lk_weight_norm_allocate(p, d, gradients));
}

lk_status lk_derived_create(const lk_parameters *parameters, bool gradients, lk_derived **derived) {
    int32_t count = 0;
    *derived = NULL;
    for (int32_t i = 0; i < parameters->count; i++) {
        count += is_derived(&parameters->list[i], gradients);
    }
    if (count == 0) {
        return LK_OK;
    }
    lk_derived *made = lk_allocate(1, sizeof *made);
    bool enough = made != NULL;
    if (enough) {
        *made = (lk_derived){.parameters = parameters, .count = parameters->count};
        made->weight = lk_allocate(made->count, sizeof *made->weight);
        enough = made->weight != NULL;
    }
    for (int32_t i = 0; enough && i < made->count; i++) {
        enough = !is_derived(&parameters->list[i], gradients) ||
                 allocate(&parameters->list[i], &made->weight[i], gradients);
    }
    if (!enough) {
        lk_derived_destroy(made);
        return lk_fail_no_memory(parameters->context, "derived weights",
                                 lk_parameters_total(parameters) * (int64_t)sizeof(float));
    }
    *derived = made;
    return LK_OK;
}

void lk_derived_destroy(lk_derived *derived) {
    if (derived == NULL) {
        return;
    }
    for (int32_t i = 0; derived->weight != NULL && i < derived->count; i++) {
        lk_derived_weight *d = &derived->weight[i];
        lk_release(d->value);
        lk_release(d->gradient);
        lk_release(d->norm);
        lk_release(d->scale);
        lk_release(d->dot);
    }
    lk_release(derived->weight);
    lk_release(derived);
}

static void update_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_derived *derived = argument;
    const lk_parameter *p = &derived->parameters->list[piece];
    lk_derived_weight *d = &derived->weight[piece];
    if (d->value == NULL) {
        return;
    }
    if (p->norm != NULL) {
        lk_weight_norm_update(derived->parameters, p, d);
    } else {
        lk_weight_drop(p, (int32_t)piece, &derived->step, p->value, d->value);
    }
}

void lk_derived_update(lk_derived *derived, lk_derived_step step, lk_pool *pool) {
    if (derived != NULL) {
        derived->step = step;
        lk_pool_run(pool, derived->count, update_piece, derived);
    }
}

static const lk_derived_weight *find(const lk_derived *derived, int32_t index) {
    LK_REQUIRE(derived == NULL || index < derived->count);
    return derived != NULL && derived->weight[index].value != NULL ? &derived->weight[index] : NULL;
}

const float *lk_derived_value(const lk_derived *derived, const lk_parameters *parameters,
                              int32_t index) {
    const lk_derived_weight *d = find(derived, index);
    return d != NULL ? d->value : parameters->list[index].value;
}

float *lk_derived_gradient(const lk_derived *derived, int32_t index) {
    const lk_derived_weight *d = find(derived, index);
    return d != NULL ? d->gradient : NULL;
}

static void chain_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_derived *derived = argument;
    const lk_parameter *p = &derived->parameters->list[piece];
    const lk_derived_weight *d = &derived->weight[piece];
    if (d->value == NULL || !derived->touched[piece]) {
        return;
    }
    float *gradient = lk_parameters_gradient(derived->parameters, derived->gradient, piece);
    if (p->norm != NULL) {
        lk_weight_norm_chain(
            p, d, gradient,
            lk_parameters_gradient(derived->parameters, derived->gradient, p->norm->gain));
    } else {
        lk_weight_drop(p, (int32_t)piece, &derived->step, d->gradient, gradient);
    }
}

void lk_derived_chain(lk_derived *derived, const bool *touched, float *const *gradient,
                      lk_pool *pool) {
    if (derived != NULL) {
        derived->touched = touched;
        derived->gradient = gradient;
        lk_pool_run(pool, derived->count, chain_piece, derived);
    }
}
