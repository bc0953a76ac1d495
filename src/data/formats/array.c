/* Arrays of numbers: see array.h. */
#include "data/formats/array.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

/* Examples are transposed in tiles of so many, that a column-major file is not read with one cache
 * miss a value. */
#define TILE 64

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

static double float_element(const lk_array *array, const uint8_t *p) {
    uint64_t raw = raw_element(array, p);
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

/* An integer element; large unsigned ones become INT64_MAX. */
static int64_t integer_element(const lk_array *array, const uint8_t *p) {
    uint64_t raw = raw_element(array, p);
    if (array->kind == 'i') {
        int32_t unused = 64 - 8 * array->width;
        return (int64_t)(raw << unused) >> unused;
    }
    return raw > INT64_MAX ? INT64_MAX : (int64_t)raw;
}

/* False: not an integer within +-2^53, and *real says what it is. */
static bool element(const lk_array *array, const uint8_t *p, int64_t *value, double *real) {
    if (array->kind != 'f') {
        *value = integer_element(array, p);
        return true;
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
    return integer ? lk_fail_alphabet(context, reading, place, value)
                   : fail_real(context, reading->name, place, real);
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

lk_status lk_array_values(lk_context *context, const lk_reading *reading, const lk_array *array,
                          lk_dataset *dataset) {
    if (array->axes < 1) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the array is a single number; data need the axes (examples, variables)",
                       reading->name);
    }
    bool image = array->axes >= 3;
    lk_shape shape = lk_shape_vector(array->axes > 1 ? array->size[1] : 1);
    if (image) {
        shape = (lk_shape){
            .axes = 3,
            .size = {array->size[1], array->size[2], array->axes > 3 ? array->size[3] : 1}};
    }
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, shape, array->size[0], INT64_MAX));
    dataset->alphabet = image && array->width == 1 && array->kind == 'u' ? 256 : 0;
    return array->fortran ? read_fortran(context, reading, array, dataset)
                          : read_c_order(context, reading, array, dataset);
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

/* ---- writing --------------------------------------------------------------------------------- */

int lk_array_axes(const lk_dataset *dataset, int64_t size[LK_SHAPE_MOST + 1]) {
    lk_shape shape = dataset->shape;
    int32_t axes = shape.axes == 3 && shape.size[2] == 1 ? 2 : shape.axes;
    size[0] = dataset->examples;
    if (axes == 0 || axes >= LK_SHAPE_MOST) {
        size[1] = dataset->variables;
        return 2;
    }
    memcpy(size + 1, shape.size, (size_t)axes * sizeof size[0]);
    return axes + 1;
}

void lk_array_put(const lk_dataset *dataset, int width, bool big_endian, lk_buffer *buffer) {
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, dataset->variables * width);
        if (!out) {
            return;
        }
        memset(out, 0, (size_t)(dataset->variables * width));
        for (int64_t i = 0; i < dataset->variables; ++i, out += width) {
            out[big_endian ? width - 1 : 0] = (uint8_t)(values[i] & 0xFF);
            if (width > 1) {
                out[big_endian ? width - 2 : 1] = (uint8_t)(values[i] >> 8);
            }
        }
        buffer->size += dataset->variables * width;
    }
}
