/* Second sets of weights: the moving average, and the copies that are kept of the best ones. */
#include "optim/average.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

static int64_t elements(const lk_parameter *parameter) {
    return parameter->rows * parameter->columns;
}

float **lk_weights_copy(const lk_parameters *parameters) {
    float **values = lk_allocate(parameters->count + 1, sizeof *values);
    for (int32_t i = 0; values != NULL && i < parameters->count; i++) {
        values[i] = lk_allocate(elements(&parameters->list[i]), sizeof(float));
        if (values[i] == NULL) {
            lk_weights_release(values, parameters->count);
            return NULL;
        }
    }
    if (values != NULL) {
        lk_weights_store(parameters, values);
    }
    return values;
}

void lk_weights_store(const lk_parameters *parameters, float **values) {
    for (int32_t i = 0; i < parameters->count; i++) {
        const lk_parameter *p = &parameters->list[i];
        memcpy(values[i], p->value, (size_t)elements(p) * sizeof(float));
    }
}

void lk_weights_release(float **values, int32_t count) {
    for (int32_t i = 0; values != NULL && i < count; i++) {
        lk_release(values[i]);
    }
    lk_release(values);
}

/* The numbers, not the arrays: those of a model that was loaded may stand in one room
 * (graph/parameters.c), which is no array that could be released. */
void lk_weights_swap(lk_parameters *parameters, float **values) {
    for (int32_t i = 0; i < parameters->count; i++) {
        float *value = parameters->list[i].value;
        for (int64_t e = 0; e < elements(&parameters->list[i]); e++) {
            float number = value[e];
            value[e] = values[i][e];
            values[i][e] = number;
        }
    }
}

lk_status lk_average_create(lk_parameters *parameters, double decay, lk_average **average) {
    LK_REQUIRE(decay > 0 && decay < 1);
    *average = NULL;
    lk_average *made = lk_allocate(1, sizeof *made);
    if (made != NULL) {
        *made = (lk_average){
            .parameters = parameters, .value = lk_weights_copy(parameters), .decay = decay};
    }
    if (made == NULL || made->value == NULL) {
        lk_release(made);
        return lk_fail_no_memory(parameters->context, "averaged weights",
                                 lk_parameters_total(parameters) * (int64_t)sizeof(float));
    }
    *average = made;
    return LK_OK;
}

void lk_average_destroy(lk_average *average) {
    if (average != NULL) {
        lk_weights_release(average->value, average->parameters->count);
        lk_release(average);
    }
}

float lk_average_decay(const lk_average *average) {
    double t = (double)average->updates;
    double early = (1 + t) / (10 + t);
    return (float)(early < average->decay ? early : average->decay);
}
