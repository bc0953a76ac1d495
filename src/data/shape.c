#include "data/shape.h"

#include <stdio.h>
#include <string.h>

int64_t lk_shape_variables(lk_shape shape) {
    int64_t variables = shape.axes > 0 ? 1 : 0;
    for (int32_t i = 0; i < shape.axes; ++i) {
        if (shape.size[i] < 0 || __builtin_mul_overflow(variables, shape.size[i], &variables)) {
            return INT64_MAX;
        }
    }
    return variables;
}

bool lk_shape_equal(lk_shape a, lk_shape b) {
    return a.axes == b.axes && memcmp(a.size, b.size, (size_t)a.axes * sizeof a.size[0]) == 0;
}

lk_shape lk_shape_picture(lk_shape shape) {
    int64_t variables = shape.axes == 1 ? shape.size[0] : 0, side = 1;
    while (side * side < variables && side < INT32_MAX) {
        side++;
    }
    if (shape.axes == 2 || (variables > 0 && side * side == variables)) {
        int64_t height = shape.axes == 2 ? shape.size[0] : side;
        return (lk_shape){3, {height, shape.axes == 2 ? shape.size[1] : side, 1}};
    }
    return shape;
}

void lk_shape_print(lk_shape shape, char *text, size_t capacity) {
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < shape.axes && used < capacity; ++i) {
        int length = snprintf(text + used, capacity - used, "%s%lld", i ? "x" : "",
                              (long long)shape.size[i]);
        used += (size_t)length;
    }
}

lk_shape lk_shape_vector(int64_t variables) {
    return (lk_shape){.axes = 1, .size = {variables}};
}
