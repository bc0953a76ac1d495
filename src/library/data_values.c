/* Examples in the caller's memory, wherever their values stand. */
#include <string.h>

#include "base/memory.h"
#include "library/library.h"

lk_status lk_check_shape(lk_context *context, const lk_shape *shape, const char *name) {
    bool right = shape->axes >= 0 && shape->axes <= LK_SHAPE_MOST;
    for (int32_t a = 0; right && a < shape->axes; a++) {
        right = shape->size[a] >= 1 && shape->size[a] <= LK_VALUES_MOST;
    }
    right = right && (shape->axes == 0 || lk_shape_variables(*shape) <= LK_VALUES_MOST);
    return right ? LK_OK
                 : lk_fail(context, LK_INVALID,
                           "%s has %d axes or a size that is none: at most %d axes are allowed, of "
                           "1 or more values, %lld in all",
                           name, shape->axes, LK_SHAPE_MOST, (long long)LK_VALUES_MOST);
}

static lk_status check(lk_context *context, const lk_values *v) {
    LK_TRY(lk_need(context, v->values, "lk_data_from_values: values->values"));
    LK_TRY(lk_check_shape(context, &v->shape, "lk_data_from_values: shape"));
    int64_t variables = v->shape.axes > 0 ? lk_shape_variables(v->shape) : 0;
    if ((v->bits != 8 && v->bits != 16) || variables < 1 || v->examples < 1 ||
        v->examples > LK_VALUES_MOST / variables) {
        return lk_fail(context, LK_INVALID,
                       "lk_data_from_values: %lld examples of %lld variables of %d bits: expected "
                       "1 or more, 8 or 16 bits, at most %lld values",
                       (long long)v->examples, (long long)variables, v->bits,
                       (long long)LK_VALUES_MOST);
    }
    if (v->alphabet != 0 && (v->alphabet < 2 || v->alphabet > LK_ALPHABET_MOST)) {
        return lk_fail(context, LK_INVALID,
                       "lk_data_from_values: an alphabet of %d symbols: expected 2 .. %d, or 0",
                       v->alphabet, LK_ALPHABET_MOST);
    }
    return LK_OK;
}

/* Where each value of an example stands from its first one, and the step between examples. False:
 * further than a pointer reaches. */
static bool list_offsets(const lk_values *v, int64_t *offset, int64_t *step) {
    int64_t strides[1 + LK_SHAPE_MOST], variables = 1, reach = 0;
    bool dense = true;
    for (int32_t a = 0; a <= v->shape.axes; a++) {
        dense = dense && v->strides[a] == 0;
    }
    for (int32_t a = v->shape.axes; a >= 0; a--) {
        int64_t size = a > 0 ? v->shape.size[a - 1] : v->examples;
        strides[a] = dense ? variables : v->strides[a];
        variables *= a > 0 ? size : 1;
        int64_t far = strides[a] < 0 ? -(strides[a] + 1) : strides[a], here;
        if (__builtin_mul_overflow(far, size, &here) ||
            __builtin_add_overflow(reach, here, &reach) || reach > INT64_MAX / 4) {
            return false;
        }
    }
    for (int64_t i = 0; i < variables; i++) {
        int64_t rest = i;
        offset[i] = 0;
        for (int32_t a = v->shape.axes; a > 0; a--) {
            offset[i] += rest % v->shape.size[a - 1] * strides[a];
            rest /= v->shape.size[a - 1];
        }
    }
    *step = strides[0];
    return true;
}

/* Returns the largest value. */
static uint16_t copy(const lk_values *v, const int64_t *offset, int64_t step, lk_dataset *to) {
    const uint8_t *narrow = v->values;
    const uint16_t *wide = v->values;
    uint16_t largest = 0, *out = to->values;
    for (int64_t n = 0; n < v->examples; n++) {
        for (int64_t i = 0; i < to->variables; i++, out++) {
            int64_t at = n * step + offset[i];
            *out = v->bits == 8 ? narrow[at] : wide[at];
            largest = *out > largest ? *out : largest;
        }
    }
    return largest;
}

/* Of a variable: its column's, its own, or that of all. */
static int32_t alphabet_of(const lk_values *v, const lk_dataset *d, int64_t variable) {
    bool words = d->columns != NULL && lk_columns_have_words(d->columns);
    return words                  ? lk_columns_alphabet(d->columns, (int32_t)variable)
           : v->alphabets != NULL ? v->alphabets[variable]
                                  : d->alphabet;
}

static lk_status check_values(lk_context *context, const lk_values *v, const lk_dataset *d) {
    for (int64_t i = 0; v->alphabets != NULL && i < d->variables; i++) {
        if (v->alphabets[i] < 1 || v->alphabets[i] > d->alphabet) {
            return lk_fail(context, LK_INVALID,
                           "lk_data_from_values: variable %lld has an alphabet of %d, of %d",
                           (long long)i, v->alphabets[i], d->alphabet);
        }
    }
    for (int64_t i = 0; i < d->examples * d->variables; i++) {
        int32_t alphabet = alphabet_of(v, d, i % d->variables);
        if (d->values[i] >= alphabet) {
            return lk_fail(context, LK_INVALID,
                           "lk_data_from_values: example %lld, variable %lld: %d is outside the "
                           "alphabet 0 .. %d",
                           (long long)(i / d->variables), (long long)(i % d->variables),
                           d->values[i], alphabet - 1);
        }
    }
    for (int64_t i = 0; v->labels != NULL && i < d->examples; i++) {
        int32_t labels = v->label != NULL && v->label->words != NULL
                             ? lk_dictionary_alphabet(&d->classes)
                             : LK_ALPHABET_MOST;
        if (v->labels[i] < 0 || v->labels[i] >= labels) {
            return lk_fail(context, LK_INVALID,
                           "lk_data_from_values: example %lld has label %d; labels are 0 .. %d",
                           (long long)i, v->labels[i], labels - 1);
        }
    }
    return LK_OK;
}

/* Where variables have alphabets of their own, the largest of these. */
static int32_t largest_alphabet(const lk_values *v, const lk_dataset *d, int32_t seen) {
    int64_t variables = d->variables;
    if (d->columns != NULL && lk_columns_have_words(d->columns)) {
        return lk_columns_largest_alphabet(d->columns);
    }
    int32_t largest = v->alphabets != NULL ? 2 : v->alphabet != 0 ? v->alphabet : seen;
    for (int64_t i = 0; v->alphabets != NULL && i < variables; i++) {
        int32_t here = v->alphabets[i] <= LK_ALPHABET_MOST ? v->alphabets[i] : 0;
        largest = here > largest ? here : largest;
    }
    return largest < 2 ? 2 : largest;
}

/* [count], a copy; NULL stays NULL. */
static lk_status copy_integers(lk_context *context, const int32_t *from, int64_t count,
                               int32_t **to) {
    if (from == NULL) {
        return LK_OK;
    }
    *to = lk_allocate(count, sizeof **to);
    if (*to == NULL) {
        return lk_fail_no_memory(context, "data", count * (int64_t)sizeof **to);
    }
    memcpy(*to, from, (size_t)count * sizeof **to);
    return LK_OK;
}

static lk_status fill(lk_context *context, const lk_values *v, lk_data *data) {
    int64_t variables = lk_shape_variables(v->shape), step = 0;
    LK_TRY(
        lk_dataset_create(context, "values in memory", v->shape, v->examples, 2, &data->dataset));
    int64_t *offset = lk_allocate(variables, sizeof *offset);
    if (offset == NULL) {
        return lk_fail_no_memory(context, "data", variables * (int64_t)sizeof *offset);
    }
    bool reachable = list_offsets(v, offset, &step);
    uint16_t largest = reachable ? copy(v, offset, step, data->dataset) : 0;
    lk_release(offset);
    if (!reachable) {
        return lk_fail(context, LK_INVALID, "lk_data_from_values: strides reach too far");
    }
    LK_TRY(lk_data_take_names(context, v, data->dataset));
    data->dataset->alphabet = largest_alphabet(v, data->dataset, (int32_t)largest + 1);
    LK_TRY(check_values(context, v, data->dataset));
    LK_TRY(copy_integers(context, v->alphabets, variables, &data->alphabets));
    return copy_integers(context, v->labels, v->examples, &data->dataset->labels);
}

lk_status lk_data_from_values(lk_context *context, const lk_values *values, lk_data **data) {
    if (data != NULL) {
        *data = NULL;
    }
    LK_TRY(lk_enter(context, "loading"));
    LK_TRY(lk_need(context, data, "lk_data_from_values: data"));
    LK_TRY(lk_need(context, values, "lk_data_from_values: values"));
    LK_TRY(check(context, values));
    lk_data *made;
    LK_TRY(lk_data_create(context, &made));
    lk_status status = fill(context, values, made);
    if (status != LK_OK) {
        lk_data_destroy(made);
        return lk_leave(context, status);
    }
    *data = made;
    return lk_leave(context, LK_OK);
}
