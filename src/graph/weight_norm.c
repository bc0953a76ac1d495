#include "graph/weight_norm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* ---- declaration ----------------------------------------------------------------------------------------------- */

static lk_status check_same(lk_context *context, const lk_parameter *weight, int32_t gain, int32_t bands,
                            const int64_t *begin) {
    const lk_weight_norm *norm = weight->norm;
    if (norm->gain == gain && norm->bands == bands &&
        memcmp(norm->begin, begin, (size_t)(bands + 1) * sizeof *begin) == 0) {
        return LK_OK;
    }
    return lk_fail(context, LK_MISMATCH, "parameter %s is already normalised, in other units", weight->name);
}

lk_status lk_parameters_normalise(lk_parameters *parameters, int32_t weight, const char *gain, int32_t bands,
                                  const int64_t *begin) {
    const lk_parameter *w = &parameters->list[weight];
    LK_REQUIRE(bands >= 1 && begin[0] == 0 && begin[bands] == w->rows && w->live == NULL);
    lk_init init = w->init == LK_INIT_ZERO ? LK_INIT_ZERO : LK_INIT_NORM;
    int32_t index;
    LK_TRY(lk_parameters_declare(parameters, gain, bands * w->columns, 1, init, &index));
    lk_parameter *p = &parameters->list[weight]; /* declaring may have moved the list */
    if (p->norm != NULL) {
        return check_same(parameters->context, p, index, bands, begin);
    }
    lk_weight_norm *norm = calloc(1, sizeof *norm);
    int64_t *copy = lk_allocate(bands + 1, sizeof *copy);
    if (norm == NULL || copy == NULL) {
        free(norm);
        lk_release(copy);
        return lk_fail_no_memory(parameters->context, gain, (bands + 1) * (int64_t)sizeof *copy);
    }
    memcpy(copy, begin, (size_t)(bands + 1) * sizeof *copy);
    *norm = (lk_weight_norm){index, bands, copy};
    p->norm = norm;
    p->init = p->init == LK_INIT_ZERO ? LK_INIT_HE : p->init;
    return LK_OK;
}

void lk_weight_norm_destroy(lk_weight_norm *norm) {
    if (norm != NULL) {
        lk_release(norm->begin);
        free(norm);
    }
}

/* ---- one band -------------------------------------------------------------------------------------------------- */

/* norm[c] = the root of the sum over rows of v[r][c]^2; squares of floats are exact. */
static void norms(double *norm, const float *v, int64_t rows, int64_t columns) {
    memset(norm, 0, (size_t)columns * sizeof *norm);
    for (int64_t r = 0; r < rows; r++, v += columns) {
        for (int64_t c = 0; c < columns; c++) {
            norm[c] += (double)v[c] * (double)v[c];
        }
    }
    for (int64_t c = 0; c < columns; c++) {
        norm[c] = sqrt(norm[c]);
    }
}

static double over(double value, double norm) {
    return norm == 0 ? 0 : value / norm;
}

void lk_weight_norm_start(lk_parameters *parameters, const lk_parameter *weight) {
    const lk_weight_norm *norm = weight->norm;
    lk_parameter *gain = &parameters->list[norm->gain];
    for (int32_t b = 0; b < norm->bands && gain->init == LK_INIT_NORM; b++) {
        for (int64_t c = 0; c < weight->columns; c++) {
            double sum = 0;
            for (int64_t r = norm->begin[b]; r < norm->begin[b + 1]; r++) {
                double v = (double)weight->value[r * weight->columns + c];
                sum += v * v;
            }
            gain->value[b * weight->columns + c] = (float)sqrt(sum);
        }
    }
}

/* ---- the weights of an execution ------------------------------------------------------------------------------- */

typedef struct derived_weight {
    float *value, *gradient; /* w and dw; NULL where the parameter is seen as it is */
    double *norm, *scale;    /* [bands * columns]: |v| and g / |v| */
    double *dot;             /* [bands * columns]: sum over rows of dw v; NULL without gradients */
} derived_weight;

struct lk_derived {
    const lk_parameters *parameters; /* not owned */
    int32_t count;
    derived_weight *weight; /* [count] */
    const bool *touched;    /* of the present call */
};

static bool allocate(derived_weight *d, const lk_parameter *p, bool gradients) {
    int64_t floats = p->rows * p->columns, units = p->norm->bands * p->columns;
    d->value = lk_allocate(floats, sizeof *d->value);
    d->norm = lk_allocate(units, sizeof *d->norm);
    d->scale = lk_allocate(units, sizeof *d->scale);
    if (gradients) {
        d->gradient = lk_allocate(floats, sizeof *d->gradient);
        d->dot = lk_allocate(units, sizeof *d->dot);
    }
    return d->value != NULL && d->norm != NULL && d->scale != NULL &&
           (!gradients || (d->gradient != NULL && d->dot != NULL));
}

lk_status lk_derived_create(const lk_parameters *parameters, bool gradients, lk_derived **derived) {
    int32_t normalised = 0;
    *derived = NULL;
    for (int32_t i = 0; i < parameters->count; i++) {
        normalised += parameters->list[i].norm != NULL;
    }
    if (normalised == 0) {
        return LK_OK;
    }
    lk_derived *made = calloc(1, sizeof *made);
    bool enough = made != NULL;
    if (enough) {
        *made = (lk_derived){.parameters = parameters, .count = parameters->count};
        made->weight = lk_allocate(made->count, sizeof *made->weight);
        enough = made->weight != NULL;
    }
    for (int32_t i = 0; enough && i < made->count; i++) {
        enough = parameters->list[i].norm == NULL || allocate(&made->weight[i], &parameters->list[i], gradients);
    }
    if (!enough) {
        lk_derived_destroy(made);
        return lk_fail_no_memory(parameters->context, "normalised weights",
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
        derived_weight *d = &derived->weight[i];
        lk_release(d->value);
        lk_release(d->gradient);
        lk_release(d->norm);
        lk_release(d->scale);
        lk_release(d->dot);
    }
    lk_release(derived->weight);
    free(derived);
}

static void update_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_derived *derived = argument;
    const derived_weight *d = &derived->weight[piece];
    const lk_parameter *p = &derived->parameters->list[piece];
    int64_t columns = p->columns;
    for (int32_t b = 0; d->value != NULL && b < p->norm->bands; b++) {
        int64_t first = p->norm->begin[b], last = p->norm->begin[b + 1];
        const float *gain = derived->parameters->list[p->norm->gain].value + b * columns;
        double *norm = d->norm + b * columns, *scale = d->scale + b * columns;
        norms(norm, p->value + first * columns, last - first, columns);
        for (int64_t c = 0; c < columns; c++) {
            scale[c] = over((double)gain[c], norm[c]);
        }
        for (int64_t r = first; r < last; r++) {
            for (int64_t c = 0; c < columns; c++) {
                d->value[r * columns + c] = (float)(scale[c] * (double)p->value[r * columns + c]);
            }
        }
    }
}

void lk_derived_update(lk_derived *derived, lk_pool *pool) {
    if (derived != NULL) {
        lk_pool_run(pool, derived->count, update_piece, derived);
    }
}

static const derived_weight *find(const lk_derived *derived, int32_t index) {
    LK_REQUIRE(derived == NULL || index < derived->count);
    return derived != NULL && derived->weight[index].value != NULL ? &derived->weight[index] : NULL;
}

const float *lk_derived_value(const lk_derived *derived, const lk_parameters *parameters, int32_t index) {
    const derived_weight *d = find(derived, index);
    return d != NULL ? d->value : parameters->list[index].value;
}

float *lk_derived_gradient(const lk_derived *derived, const lk_parameters *parameters, int32_t index) {
    const derived_weight *d = find(derived, index);
    return d != NULL ? d->gradient : parameters->list[index].gradient;
}

static void chain_band(const derived_weight *d, const lk_parameter *p, float *gain_gradient, int32_t b) {
    int64_t columns = p->columns, first = p->norm->begin[b], last = p->norm->begin[b + 1];
    const double *norm = d->norm + b * columns, *scale = d->scale + b * columns;
    double *dot = d->dot + b * columns;
    memset(dot, 0, (size_t)columns * sizeof *dot);
    for (int64_t r = first; r < last; r++) {
        for (int64_t c = 0; c < columns; c++) {
            dot[c] += (double)d->gradient[r * columns + c] * (double)p->value[r * columns + c];
        }
    }
    for (int64_t c = 0; c < columns; c++) {
        dot[c] = over(dot[c], norm[c]);
        gain_gradient[b * columns + c] = (float)dot[c];
        dot[c] = over(dot[c], norm[c]);
    }
    for (int64_t r = first; r < last; r++) {
        for (int64_t c = 0; c < columns; c++) {
            int64_t at = r * columns + c;
            p->gradient[at] = (float)(scale[c] * ((double)d->gradient[at] - dot[c] * (double)p->value[at]));
        }
    }
}

static void chain_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_derived *derived = argument;
    const lk_parameter *p = &derived->parameters->list[piece];
    if (p->norm == NULL || !derived->touched[piece]) {
        return;
    }
    for (int32_t b = 0; b < p->norm->bands; b++) {
        chain_band(&derived->weight[piece], p, derived->parameters->list[p->norm->gain].gradient, b);
    }
}

void lk_derived_chain(lk_derived *derived, const bool *touched, lk_pool *pool) {
    if (derived != NULL) {
        derived->touched = touched;
        lk_pool_run(pool, derived->count, chain_piece, derived);
    }
}
