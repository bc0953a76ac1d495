/* Shapes of examples, and binarization: the parts of a data set that need no file. */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "data/crops.h"

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

/* The random number is a multiple of 2^-24 below 1, so its product with up to 65535 is exact in
 * double. */
static bool draw(lk_random random, uint64_t key, uint64_t variable, uint16_t grey,
                 int32_t largest) {
    if (grey == 0 || grey >= largest) {
        return grey != 0;
    }
    return (double)lk_random_unit(random, key, variable) * largest < grey;
}

void lk_dataset_binarize(const lk_binarizer *binarizer, int64_t example, int64_t variables,
                         const uint16_t *grey, uint16_t *binary) {
    lk_random random = {binarizer->seed, LK_FOR_BINARIZE};
    uint64_t key = binarizer->epoch * (uint64_t)binarizer->examples + (uint64_t)example;
    uint16_t half = (uint16_t)(binarizer->alphabet / 2);
    switch (binarizer->how) {
    case LK_BINARIZE_NONE:
        memmove(binary, grey, (size_t)variables * sizeof *binary);
        return;
    case LK_BINARIZE_THRESHOLD:
        for (int64_t i = 0; i < variables; ++i) {
            binary[i] = grey[i] >= half;
        }
        return;
    case LK_BINARIZE_SAMPLE:
        for (int64_t i = 0; i < variables; ++i) {
            binary[i] = draw(random, key, (uint64_t)i, grey[i], binarizer->alphabet - 1);
        }
        return;
    }
}

void lk_dataset_binarize_all(lk_dataset *dataset, lk_binarization how, uint64_t seed,
                             uint64_t epoch) {
    if (dataset->crops != NULL && how == LK_BINARIZE_THRESHOLD) {
        lk_crops_threshold(dataset->crops, dataset->alphabet / 2);
    }
    lk_binarizer binarizer = {how, dataset->alphabet, dataset->examples, seed, epoch};
    for (int64_t i = 0; i < dataset->examples; ++i) {
        uint16_t *values = dataset->values + i * dataset->variables;
        lk_dataset_binarize(&binarizer, i, dataset->variables, values, values);
    }
    dataset->alphabet = 2;
}
