/* Baselines: all counts in one pass over the data. */
#include "train/baseline.h"

#include <math.h>

#include "base/arena.h"
#include "base/double_maths.h"

#define COUNTS_MOST ((int64_t)1 << 24)

double lk_baseline_uniform(int64_t variables, int32_t alphabet) {
    return (double)variables * lk_double_log((double)alphabet);
}

static double entropy_term(double probability) {
    return probability > 0 ? -probability * lk_double_log(probability) : 0;
}

/* The variable is 1 with the mean of value / (alphabet - 1). */
static double grey_entropy(const lk_dataset *data, const int64_t *counts) {
    double sum = 0;
    for (int32_t s = 0; s < data->alphabet; s++) {
        sum += (double)s * (double)counts[s];
    }
    double one = sum / (double)(data->alphabet - 1) / (double)data->examples;
    return entropy_term(one) + entropy_term(1 - one);
}

static double entropy(const lk_dataset *data, const int64_t *counts) {
    double sum = 0;
    for (int32_t s = 0; s < data->alphabet; s++) {
        sum += entropy_term((double)counts[s] / (double)data->examples);
    }
    return sum;
}

double lk_baseline_histogram(const lk_dataset *data, lk_binarization binarization) {
    if (data->alphabet < 2 || data->variables > COUNTS_MOST / data->alphabet) {
        return (double)NAN;
    }
    int64_t *counts = lk_allocate(data->variables * data->alphabet, sizeof *counts);
    if (counts == NULL) {
        return (double)NAN;
    }
    for (int64_t i = 0; i < data->examples; i++) {
        const uint16_t *x = data->values + i * data->variables;
        for (int64_t v = 0; v < data->variables; v++) {
            counts[v * data->alphabet + x[v]]++;
        }
    }
    double sum = 0;
    for (int64_t v = 0; v < data->variables; v++) {
        const int64_t *of_variable = counts + v * data->alphabet;
        sum += binarization == LK_BINARIZE_SAMPLE ? grey_entropy(data, of_variable)
                                                  : entropy(data, of_variable);
    }
    lk_release(counts);
    return sum;
}
