#include "graph/weight_norm.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

/* ---- declaration ----------------------------------------------------------------------------- */

static lk_status check_same(lk_context *context, const lk_parameter *weight, int32_t gain,
                            int32_t bands, const int64_t *begin) {
    const lk_weight_norm *norm = weight->norm;
    if (norm->gain == gain && norm->bands == bands &&
        memcmp(norm->begin, begin, (size_t)(bands + 1) * sizeof *begin) == 0) {
        return LK_OK;
    }
    return lk_fail(context, LK_MISMATCH, "parameter %s is already normalised, in other units",
                   weight->name);
}

lk_status lk_parameters_normalise(lk_parameters *parameters, int32_t weight, const char *gain,
                                  int32_t bands, const int64_t *begin) {
    const lk_parameter *w = &parameters->list[weight];
    LK_REQUIRE(bands >= 1 && begin[0] == 0 && begin[bands] == w->rows && w->live == NULL);
    lk_init init = w->init == LK_INIT_ZERO ? LK_INIT_ZERO : LK_INIT_NORM;
    int32_t index;
    LK_TRY(lk_parameters_declare(parameters, gain, bands * w->columns, 1, init, &index));
    lk_parameter *p = &parameters->list[weight]; /* declaring may have moved the list */
    if (p->norm != NULL) {
        return check_same(parameters->context, p, index, bands, begin);
    }
    lk_weight_norm *norm = lk_allocate(1, sizeof *norm);
    int64_t *copy = lk_allocate(bands + 1, sizeof *copy);
    if (norm == NULL || copy == NULL) {
        lk_release(norm);
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
        lk_release(norm);
    }
}

/* ---- one band -------------------------------------------------------------------------------- */

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

/* ---- the weights of an execution ------------------------------------------------------------- */

bool lk_weight_norm_allocate(const lk_parameter *p, lk_derived_weight *d, bool gradients) {
    int64_t units = p->norm->bands * p->columns;
    d->norm = lk_allocate(units, sizeof *d->norm);
    d->scale = lk_allocate(units, sizeof *d->scale);
    d->dot = gradients ? lk_allocate(units, sizeof *d->dot) : NULL;
    return d->norm != NULL && d->scale != NULL && (!gradients || d->dot != NULL);
}

void lk_weight_norm_update(const lk_parameters *parameters, const lk_parameter *p,
                           lk_derived_weight *d) {
    int64_t columns = p->columns;
    for (int32_t b = 0; b < p->norm->bands; b++) {
        int64_t first = p->norm->begin[b], last = p->norm->begin[b + 1];
        const float *gain = parameters->list[p->norm->gain].value + b * columns;
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

static void chain_band(const lk_derived_weight *d, const lk_parameter *p, float *gradient,
                       float *gain_gradient, int32_t b) {
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
            gradient[at] =
                (float)(scale[c] * ((double)d->gradient[at] - dot[c] * (double)p->value[at]));
        }
    }
}

void lk_weight_norm_chain(const lk_parameter *p, const lk_derived_weight *d, float *gradient,
                          float *gain_gradient) {
    for (int32_t b = 0; b < p->norm->bands; b++) {
        chain_band(d, p, gradient, gain_gradient, b);
    }
}
