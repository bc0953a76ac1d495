/* Arrays of numbers: see array.h. */
#include "data/formats/array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Examples are transposed in tiles of so many, that a column-major file is not read with one cache
 * miss a value. */
#define TILE 64

int32_t lk_array_type(char kind, int32_t width) {
    static const char *const types[] = {"b1", "u1", "i1", "u2", "i2", "u4",
                                        "i4", "u8", "i8", "f2", "f4", "f8"};
    for (int32_t i = 0; i < (int32_t)(sizeof types / sizeof types[0]); ++i) {
        if (types[i][0] == kind && types[i][1] - '0' == width) {
            return i + 1;
        }
    }
    return 0;
}

int64_t lk_array_elements(const lk_array *array) {
    int64_t elements = 1;
    bool zero = false;
    for (int32_t i = 0; i < array->axes; ++i) {
        zero = zero || array->size[i] == 0;
        if (array->size[i] < 0 || array->size[i] > LK_VALUES_MOST) {
            return -1;
        }
        if (array->size[i] > 0 && elements > LK_VALUES_MOST / array->size[i]) {
            return -1;
        }
        elements *= array->size[i] > 0 ? array->size[i] : 1;
    }
    return zero ? 0 : elements;
}

static uint64_t raw_element(const lk_array *array, const uint8_t *p) {
    uint64_t raw = 0;
    for (int32_t i = 0; i < array->width; ++i) {
        int32_t shift = 8 * (array->big_endian ? array->width - 1 - i : i);
        raw |= (uint64_t)p[i] << shift;
    }
    return raw;
}

/* IEEE binary16: sign, 5 bits of exponent, 10 of fraction. */
static double half_value(uint64_t raw) {
    int32_t exponent = (int32_t)(raw >> 10 & 31), fraction = (int32_t)(raw & 1023);
    double magnitude = exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                       : exponent == 0
                           ? (double)fraction / (1 << 24)
                           : (double)(1024 + fraction) * (double)(1 << exponent) / (1 << 25);
    return raw >> 15 != 0 ? -magnitude : magnitude;
}

static double float_element(const lk_array *array, const uint8_t *p) {
    uint64_t raw = raw_element(array, p);
    if (array->width == 2) {
        return half_value(raw);
    }
    if (array->width == 8) {
        double value;
        memcpy(&value, &raw, sizeof value);
        return value;
    }
    uint32_t half = (uint32_t)raw;
    float value;
    memcpy(&value, &half, sizeof value);
    return (double)value;
}

/* An integer element. False: it is beyond INT64_MAX. */
static bool integer_element(const lk_array *array, const uint8_t *p, int64_t *value) {
    uint64_t raw = raw_element(array, p);
    if (array->kind == 'i') {
        int32_t unused = 64 - 8 * array->width;
        *value = (int64_t)(raw << unused) >> unused;
        return true;
    }
    *value = (int64_t)raw;
    return raw <= INT64_MAX;
}

/* False: not an integer within +-2^53 (of integers: not within 64 bits), and *real says what it
 * is. */
static bool element(const lk_array *array, const uint8_t *p, int64_t *value, double *real) {
    if (array->kind != 'f') {
        *real = (double)raw_element(array, p);
        return integer_element(array, p, value);
    }
    *real = float_element(array, p);
    if (!(*real >= -9007199254740992.0 && *real <= 9007199254740992.0)) {
        return false;
    }
    *value = (int64_t)*real;
    return (double)*value == *real;
}

static lk_status fail_real(lk_context *context, const char *name, const char *place, double real) {
    return lk_fail(context, LK_FORMAT,
                   "%s: %s: %.9g is not an integer that can be a value; data must be integers "
                   "(scale or round them first)",
                   name, place, real);
}

static lk_status read_element(lk_context *context, const lk_reading *reading, const lk_array *array,
                              const uint8_t *p, int64_t row, int64_t column, uint16_t *out) {
    int64_t value;
    double real;
    bool integer = element(array, p, &value, &real);
    if (integer && value >= 0 && value < reading->limit) {
        *out = (uint16_t)value;
        return LK_OK;
    }
    char place[80];
    snprintf(place, sizeof place, "row %lld, column %lld", (long long)row + 1,
             (long long)column + 1);
    return integer              ? lk_fail_alphabet(context, reading, place, value)
           : array->kind == 'f' ? fail_real(context, reading->name, place, real)
                                : lk_fail_large(context, reading, place, raw_element(array, p));
}

/* Bytes are what the large files are made of: worth a loop without calls. */
static lk_status read_bytes(lk_context *context, const lk_reading *reading, const lk_array *array,
                            lk_dataset *dataset) {
    int64_t count = dataset->examples * dataset->variables;
    int32_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        int32_t value = array->data[i];
        largest = value > largest ? value : largest;
        dataset->values[i] = (uint16_t)value;
    }
    for (int64_t i = 0; largest >= reading->limit && i < count; ++i) {
        LK_TRY(read_element(context, reading, array, array->data + i, i / dataset->variables,
                            i % dataset->variables, &dataset->values[i]));
    }
    return LK_OK;
}

static lk_status read_c_order(lk_context *context, const lk_reading *reading, const lk_array *array,
                              lk_dataset *dataset) {
    if (array->kind == 'u' && array->width == 1) {
        return read_bytes(context, reading, array, dataset);
    }
    const uint8_t *p = array->data;
    uint16_t *out = dataset->values;
    for (int64_t row = 0; row < dataset->examples; ++row) {
        for (int64_t column = 0; column < dataset->variables; ++column, p += array->width) {
            LK_TRY(read_element(context, reading, array, p, row, column, out++));
        }
    }
    return LK_OK;
}

/* Where the variable `column` of example 0 stands in a column-major array, in elements. */
static int64_t fortran_offset(const lk_array *array, int64_t column) {
    int64_t index[LK_SHAPE_MOST] = {0}, offset = 0;
    for (int32_t axis = array->axes - 1; axis > 0; --axis) {
        index[axis] = column % array->size[axis];
        column /= array->size[axis];
    }
    for (int32_t axis = array->axes - 1; axis >= 0; --axis) {
        offset = offset * array->size[axis] + index[axis];
    }
    return offset;
}

static lk_status read_fortran(lk_context *context, const lk_reading *reading, const lk_array *array,
                              lk_dataset *dataset) {
    for (int64_t first = 0; first < dataset->examples; first += TILE) {
        int64_t last = first + TILE < dataset->examples ? first + TILE : dataset->examples;
        for (int64_t column = 0; column < dataset->variables; ++column) {
            const uint8_t *p = array->data + fortran_offset(array, column) * array->width;
            for (int64_t row = first; row < last; ++row) {
                LK_TRY(read_element(context, reading, array, p + row * array->width, row, column,
                                    &dataset->values[row * dataset->variables + column]));
            }
        }
    }
    return LK_OK;
}

/* ---- axes ------------------------------------------------------------------------------------ */

#define CHANNELS_MOST 4

/* (N,C,H,W), as PyTorch has pictures. */
static bool has_channels_first(const lk_reading *reading, const lk_array *array) {
    const int64_t *size = array->size;
    lk_shape as_they_are = {3, {size[1], size[2], size[3]}};
    return array->axes == 4 && size[1] >= 1 && size[1] <= CHANNELS_MOST &&
           size[3] > CHANNELS_MOST && !lk_shape_equal(reading->shape, as_they_are);
}

/* Each example from (C,H,W) to (H,W,C). */
static lk_status turn(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    int64_t channels = dataset->shape.size[0], height = dataset->shape.size[1],
            width = dataset->shape.size[2], pixels = height * width;
    uint16_t *scratch = lk_resize(NULL, dataset->variables, sizeof *scratch);
    if (scratch == NULL) {
        return lk_fail_no_memory(context, reading->name, dataset->variables * 2);
    }
    for (int64_t row = 0; row < dataset->examples; ++row) {
        uint16_t *values = dataset->values + row * dataset->variables;
        memcpy(scratch, values, (size_t)dataset->variables * sizeof *scratch);
        for (int64_t i = 0; i < dataset->variables; ++i) {
            values[i] = scratch[i % channels * pixels + i / channels];
        }
    }
    lk_release(scratch);
    dataset->shape = (lk_shape){3, {height, width, channels}};
    return lk_dataset_note(context, dataset,
                           "axes (examples, %lld channels, %lld, %lld) are taken as (examples, "
                           "%lld, %lld, %lld channels)",
                           (long long)channels, (long long)height, (long long)width,
                           (long long)height, (long long)width, (long long)channels);
}

/* Of an example, as it stands in the file. */
static lk_shape shape_of(const lk_array *array) {
    return array->axes < 3
               ? lk_shape_vector(array->axes > 1 ? array->size[1] : 1)
               : (lk_shape){3,
                            {array->size[1], array->size[2], array->axes > 3 ? array->size[3] : 1}};
}

lk_status lk_array_fits(lk_context *context, const lk_reading *reading, const lk_array *array) {
    lk_shape shape = shape_of(array);
    if (array->axes < 1) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the array is a single number; data need the axes (examples, variables)",
                       reading->name);
    }
    if (has_channels_first(reading, array)) {
        shape = (lk_shape){3, {shape.size[1], shape.size[2], shape.size[0]}};
    }
    bool any = array->size[0] > 0 && lk_shape_variables(shape) > 0;
    return any ? lk_reading_fits(context, reading, reading->name, shape) : LK_OK;
}

lk_status lk_array_values(lk_context *context, const lk_reading *reading, const lk_array *array,
                          lk_dataset *dataset) {
    lk_shape shape = shape_of(array);
    bool image = array->axes >= 3;
    LK_TRY(lk_array_fits(context, reading, array));
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, shape, array->size[0], INT64_MAX));
    dataset->alphabet = image && array->width == 1 && array->kind == 'u' ? 256 : 0;
    LK_TRY(array->fortran ? read_fortran(context, reading, array, dataset)
                          : read_c_order(context, reading, array, dataset));
    lk_array stored = *array;
    stored.channels_first = has_channels_first(reading, array);
    dataset->stored = lk_array_stored(&stored);
    return stored.channels_first ? turn(context, reading, dataset) : LK_OK;
}

lk_status lk_array_labels(lk_context *context, const char *name, const lk_array *array,
                          int32_t **labels) {
    *labels = NULL;
    if (array->axes < 1 || array->axes > 2 || (array->axes == 2 && array->size[1] != 1)) {
        return lk_fail(context, LK_FORMAT,
                       "%s: labels must be an array of one axis, but this has %d", name,
                       array->axes);
    }
    int32_t *made = lk_allocate(array->size[0], sizeof *made);
    if (!made) {
        return lk_fail_no_memory(context, "labels", array->size[0] * 4);
    }
    for (int64_t i = 0; i < array->size[0]; ++i) {
        int64_t value = 0;
        double real = 0;
        bool integer = element(array, array->data + i * array->width, &value, &real);
        if (!integer || value < INT32_MIN || value > INT32_MAX) {
            lk_release(made);
            return lk_fail(context, LK_FORMAT, "%s: label %lld (%.9g) is not an integer of 32 bits",
                           name, (long long)i + 1, integer ? (double)value : real);
        }
        made[i] = (int32_t)value;
    }
    *labels = made;
    return LK_OK;
}
