#include "graph/quantized.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"

/* Kernels widen what columns share; rows must be so much better. */
#define ROWS_WIN 0.5

/* Weights of one output: `count` of them, `stride` apart. */
typedef struct group {
    const float *weight;
    int64_t count, stride;
} group;

static group group_of(const lk_parameter *p, bool by_rows, int64_t g) {
    return by_rows ? (group){p->value + g * p->columns, p->columns, 1}
                   : (group){p->value + g, p->rows, p->columns};
}

/* 2^exponent, exact. */
static double power(int32_t exponent) {
    return ldexp(1.0, exponent);
}

static int8_t rounded(float weight, double unit) {
    double whole = nearbyint((double)weight / unit);
    double most = LK_QUANTIZED_MOST;
    return (int8_t)(whole > most ? most : whole < -most ? -most : whole);
}

static double squared_error(group g, int32_t exponent) {
    double sum = 0.0, unit = power(exponent);
    for (int64_t i = 0; i < g.count; i++) {
        float weight = g.weight[i * g.stride];
        double off = (double)weight - unit * rounded(weight, unit);
        sum += off * off;
    }
    return sum;
}

/* The least exponent with which the largest weight is no more than 127, or the one below it. */
static void choose_exponent(group g, int32_t *exponent, double *error) {
    double most = 0.0;
    for (int64_t i = 0; i < g.count; i++) {
        double size = fabs((double)g.weight[i * g.stride]);
        most = size > most ? size : most;
    }
    int32_t holds = LK_EXPONENT_LEAST;
    while (most > LK_QUANTIZED_MOST * power(holds)) {
        holds++;
    }
    *exponent = holds;
    *error = squared_error(g, holds);
    double cut = holds > LK_EXPONENT_LEAST ? squared_error(g, holds - 1) : INFINITY;
    if (cut < *error) {
        *exponent = holds - 1;
        *error = cut;
    }
}

/* exponent[...], and the whole error. */
static double choose(const lk_parameter *p, bool by_rows, int8_t *exponent) {
    double total = 0.0;
    for (int64_t g = 0; g < lk_quantized_exponents(p, by_rows); g++) {
        int32_t own;
        double error;
        choose_exponent(group_of(p, by_rows, g), &own, &error);
        exponent[g] = (int8_t)own;
        total += error;
    }
    return total;
}

/* ---- what a parameter holds ------------------------------------------------------------------ */

static lk_status take_room(lk_context *context, lk_parameter *p, bool by_rows) {
    lk_quantized *q = lk_allocate(1, sizeof *q);
    int64_t weights = p->rows * p->columns;
    if (q != NULL) {
        q->value = lk_allocate(weights, 1);
        q->exponent = lk_allocate(lk_quantized_exponents(p, by_rows), 1);
        q->unit = lk_allocate(lk_quantized_exponents(p, by_rows), sizeof *q->unit);
        q->by_rows = by_rows;
    }
    p->quantized = q;
    if (q == NULL || q->value == NULL || q->exponent == NULL || q->unit == NULL) {
        lk_parameter_forget_quantized(p);
        return lk_fail_no_memory(context, "weights of 8 bits", weights);
    }
    return LK_OK;
}

/* Of the weight at row r, column c. */
static float unit_of(const lk_quantized *q, int64_t r, int64_t c) {
    return q->unit[q->by_rows ? r : c];
}

static void set_units(lk_parameter *p) {
    for (int64_t g = 0; g < lk_quantized_exponents(p, p->quantized->by_rows); g++) {
        p->quantized->unit[g] = (float)power(p->quantized->exponent[g]);
    }
}

static void set_weights(lk_parameter *p) {
    for (int64_t i = 0; i < p->rows * p->columns; i++) {
        float unit = unit_of(p->quantized, i / p->columns, i % p->columns);
        p->value[i] = (float)p->quantized->value[i] * unit;
    }
}

static void round_weights(lk_parameter *p) {
    for (int64_t i = 0; i < p->rows * p->columns; i++) {
        float unit = unit_of(p->quantized, i / p->columns, i % p->columns);
        p->quantized->value[i] = rounded(p->value[i], (double)unit);
    }
}

bool lk_parameter_can_quantize(const lk_parameter *p) {
    bool can = true;
    for (int64_t i = 0; i < p->rows * p->columns && can; i++) {
        can = fabs((double)p->value[i]) <= LK_QUANTIZED_MOST * power(LK_EXPONENT_MOST);
    }
    return can;
}

lk_status lk_parameter_quantize(lk_context *context, lk_parameter *p) {
    if (p->quantized != NULL) {
        return LK_OK;
    }
    if (!lk_parameter_can_quantize(p)) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "parameter %.200s has a weight that is not finite, or far too large for 8 "
                       "bits",
                       p->name);
    }
    int8_t *rows = lk_allocate(p->rows, 1), *columns = lk_allocate(p->columns, 1);
    lk_status status = rows == NULL || columns == NULL
                           ? lk_fail_no_memory(context, "weights of 8 bits", p->rows + p->columns)
                           : LK_OK;
    if (status == LK_OK) {
        bool wins = choose(p, true, rows) < ROWS_WIN * choose(p, false, columns);
        status = take_room(context, p, wins);
        if (status == LK_OK) {
            memcpy(p->quantized->exponent, wins ? rows : columns,
                   (size_t)lk_quantized_exponents(p, wins));
            set_units(p);
            round_weights(p);
            set_weights(p);
        }
    }
    lk_release(rows);
    lk_release(columns);
    return status;
}

lk_status lk_parameter_set_quantized(lk_context *context, lk_parameter *p, const int8_t *value,
                                     const int8_t *exponent, bool by_rows) {
    int64_t weights = p->rows * p->columns, exponents = lk_quantized_exponents(p, by_rows);
    for (int64_t i = 0; i < weights; i++) {
        if (value[i] < -LK_QUANTIZED_MOST) {
            return lk_fail(context, LK_FORMAT, "weight %lld of %.200s is %d: the least is %d",
                           (long long)i + 1, p->name, value[i], -LK_QUANTIZED_MOST);
        }
    }
    for (int64_t g = 0; g < exponents; g++) {
        if (exponent[g] < LK_EXPONENT_LEAST || exponent[g] > LK_EXPONENT_MOST) {
            return lk_fail(context, LK_FORMAT, "exponent %lld of %.200s is %d: outside %d..%d",
                           (long long)g + 1, p->name, exponent[g], LK_EXPONENT_LEAST,
                           LK_EXPONENT_MOST);
        }
    }
    lk_parameter_forget_quantized(p);
    LK_TRY(take_room(context, p, by_rows));
    memcpy(p->quantized->value, value, (size_t)weights);
    memcpy(p->quantized->exponent, exponent, (size_t)exponents);
    set_units(p);
    set_weights(p);
    return LK_OK;
}

void lk_parameter_forget_quantized(lk_parameter *p) {
    if (p->quantized != NULL) {
        lk_release(p->quantized->value);
        lk_release(p->quantized->exponent);
        lk_release(p->quantized->unit);
        lk_release(p->quantized);
        p->quantized = NULL;
    }
}

void lk_parameters_forget_quantized(lk_parameters *parameters) {
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter_forget_quantized(&parameters->list[i]);
    }
}

int64_t lk_parameters_quantized(const lk_parameters *parameters) {
    int64_t count = 0;
    for (int32_t i = 0; i < parameters->count; i++) {
        const lk_parameter *p = &parameters->list[i];
        count += p->quantized != NULL ? p->rows * p->columns : 0;
    }
    return count;
}
