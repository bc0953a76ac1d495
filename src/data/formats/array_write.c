/* Arrays in files: plain, or as they stood in the file that they were read from. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/array.h"

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

/* ---- as it stood ----------------------------------------------------------------------------- */

/* dataset->stored, in bits from the lowest: 4 of the type, 1 for big-endian, 3 of the number of
 * axes, 1 for (N,C,H,W), 1 for column-major. Part of the compressed container's format. */
int32_t lk_array_stored(const lk_array *array) {
    return lk_array_type(array->kind, array->width) | array->big_endian << 4 | array->axes << 5 |
           array->channels_first << 8 | array->fortran << 9;
}

/* False: there is no such type. */
static bool set_type(lk_array *array, int32_t number) {
    static const char kinds[] = "buif";
    for (const char *kind = kinds; *kind != '\0'; ++kind) {
        for (int32_t width = 1; width <= 8; width *= 2) {
            if (lk_array_type(*kind, width) == number && number > 0) {
                array->kind = *kind;
                array->width = width;
                return true;
            }
        }
    }
    return false;
}

/* Whether every integer up to `largest` is one of the type. */
static bool type_holds(const lk_array *array, int32_t largest) {
    int32_t width = array->width;
    return array->kind == 'b'   ? largest <= 1
           : array->kind == 'f' ? width > 2 || largest <= 2048
           : array->kind == 'u' ? width > 1 || largest <= 255
                                : largest <= (width > 1 ? (width > 2 ? 65535 : 32767) : 127);
}

/* False: the shape of the examples gives no such axes. */
static bool set_axes(lk_array *array, const lk_dataset *dataset, int32_t axes, bool first) {
    const int64_t *size = dataset->shape.size;
    bool image = dataset->shape.axes == 3;
    array->axes = axes;
    array->size[0] = dataset->examples;
    array->channels_first = first && axes == 4;
    if (axes == 4 && image) {
        int order[3] = {first ? 2 : 0, first ? 0 : 1, first ? 1 : 2};
        for (int i = 0; i < 3; ++i) {
            array->size[i + 1] = size[order[i]];
        }
        return true;
    }
    if (axes == 3 && image && size[2] == 1) {
        array->size[1] = size[0];
        array->size[2] = size[1];
        return true;
    }
    array->size[1] = dataset->variables;
    return (axes == 2 && dataset->shape.axes == 1) || (axes == 1 && dataset->variables == 1);
}

static void set_plain_axes(lk_array *array, const lk_dataset *dataset) {
    int64_t size[LK_SHAPE_MOST + 1];
    array->axes = lk_array_axes(dataset, size);
    memcpy(array->size, size, sizeof array->size);
    array->channels_first = false;
}

lk_array lk_array_describe(const lk_dataset *dataset) {
    bool array_file = dataset->format == LK_FROM_NPY || dataset->format == LK_FROM_NPZ;
    int32_t stored = array_file ? dataset->stored : 0, largest = 0;
    for (int64_t i = 0; stored > 0 && i < dataset->examples * dataset->variables; ++i) {
        largest = dataset->values[i] > largest ? dataset->values[i] : largest;
    }
    lk_array array = {.big_endian = (stored >> 4 & 1) != 0, .fortran = (stored >> 9 & 1) != 0};
    if (!set_type(&array, stored & 15) || !type_holds(&array, largest)) {
        array.kind = 'u';
        array.width = dataset->alphabet <= 256 ? 1 : 2;
        array.big_endian = false;
    }
    if (!set_axes(&array, dataset, stored >> 5 & 7, (stored >> 8 & 1) != 0)) {
        set_plain_axes(&array, dataset);
    }
    return array;
}

static uint64_t half_bits(uint16_t value) {
    int shift = 0;
    while (value >> (shift + 1) != 0) {
        ++shift;
    }
    uint32_t fraction =
        shift <= 10 ? (uint32_t)value << (10 - shift) : (uint32_t)value >> (shift - 10);
    return value == 0 ? 0 : (uint64_t)(15 + shift) << 10 | (fraction & 1023);
}

/* The bits of an element. */
static uint64_t element_bits(const lk_array *array, uint16_t value) {
    float real = (float)value;
    double twice = (double)value;
    uint32_t single;
    uint64_t bits = value;
    if (array->kind == 'f' && array->width == 2) {
        bits = half_bits(value);
    } else if (array->kind == 'f' && array->width == 4) {
        memcpy(&single, &real, sizeof single);
        bits = single;
    } else if (array->kind == 'f') {
        memcpy(&bits, &twice, sizeof bits);
    }
    return bits;
}

static uint8_t *put_element(const lk_array *array, uint16_t value, uint8_t *out) {
    uint64_t bits = element_bits(array, value);
    for (int32_t i = 0; i < array->width; ++i) {
        int32_t shift = 8 * (array->big_endian ? array->width - 1 - i : i);
        out[i] = (uint8_t)(bits >> shift);
    }
    return out + array->width;
}

/* Which variable stands at a place of the example in the file: place[i] for i in the order of the
 * elements. */
static void order_variables(const lk_array *array, int64_t variables, int64_t *place) {
    int64_t size[3] = {1, 1, 1};
    for (int32_t axis = 1; axis < array->axes; ++axis) {
        size[axis - 1] = array->size[axis];
    }
    for (int64_t i = 0; i < variables; ++i) {
        int64_t at = i;
        if (array->fortran) { /* the first axis varies fastest */
            int64_t a = i % size[0], b = i / size[0] % size[1], c = i / size[0] / size[1];
            at = (a * size[1] + b) * size[2] + c;
        }
        int64_t pixels = size[1] * size[2];
        place[i] = array->channels_first ? at % pixels * size[0] + at / pixels : at;
    }
}

lk_status lk_array_put_as(lk_context *context, const lk_dataset *dataset, const lk_array *array,
                          lk_buffer *buffer) {
    int64_t variables = dataset->variables, examples = dataset->examples;
    if (array->kind == 'u' && !array->fortran && !array->channels_first) {
        lk_array_put(dataset, array->width, array->big_endian, buffer);
        return LK_OK;
    }
    int64_t *place = lk_resize(NULL, variables, sizeof *place);
    uint8_t *out = lk_buffer_room(buffer, examples * variables * array->width);
    if (place == NULL || out == NULL) {
        buffer->failed = true;
        lk_release(place);
        return lk_fail_no_memory(context, "an array", examples * variables * array->width);
    }
    order_variables(array, variables, place);
    int64_t outer = array->fortran ? variables : examples,
            inner = array->fortran ? examples : variables;
    for (int64_t i = 0; i < outer; ++i) {
        for (int64_t j = 0; j < inner; ++j) {
            int64_t example = array->fortran ? j : i, variable = place[array->fortran ? i : j];
            out = put_element(array, dataset->values[example * variables + variable], out);
        }
    }
    buffer->size += examples * variables * array->width;
    lk_release(place);
    return LK_OK;
}
