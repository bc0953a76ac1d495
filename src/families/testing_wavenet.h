/* WaveNet's equations in double, with a class and a slower sequence. Included by wavenet*_test.c
 * only. */
#ifndef LK_FAMILIES_TESTING_WAVENET_H
#define LK_FAMILIES_TESTING_WAVENET_H

#include <stdio.h>

#include "families/testing_local.h"
#include "models/testing_gradients.h"

#define LENGTH_MOST 16
#define FEATURES_MOST 24

typedef struct features {
    int64_t channels;
    double at[LENGTH_MOST][FEATURES_MOST];
} features;

typedef struct network {
    const lk_model *model;
    testing_bump bump;
} network;

static inline int64_t setting(const network *n, const char *key) {
    return lk_settings_integer(&n->model->settings, key);
}

static inline const lk_parameter *find(const network *n, const char *name) {
    int32_t index = lk_parameters_find(n->model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return &n->model->parameters->list[index];
}

static inline double weight(const network *n, const lk_parameter *p, int64_t row, int64_t column) {
    return testing_bumped(&n->bump, &p->value[row * p->columns + column]);
}

/* out[t] = b + sum over k of W[k] in[t - (kernel - 1 - k) dilation] */
static inline features convolve(const network *n, const char *layer, const features *in,
                                int64_t kernel, int64_t dilation) {
    char name[128];
    snprintf(name, sizeof name, "%s.weight", layer);
    const lk_parameter *w = find(n, name);
    snprintf(name, sizeof name, "%s.bias", layer);
    const lk_parameter *b = find(n, name);
    features out = {.channels = w->columns};
    assert_int_equal(w->rows, kernel * in->channels);
    for (int64_t t = 0; t < n->model->data.variables; t++) {
        for (int64_t c = 0; c < out.channels; c++) {
            out.at[t][c] = weight(n, b, c, 0);
            for (int64_t k = 0; k < kernel; k++) {
                int64_t from = t - (kernel - 1 - k) * dilation;
                for (int64_t i = 0; from >= 0 && i < in->channels; i++) {
                    out.at[t][c] += weight(n, w, k * in->channels + i, c) * in->at[from][i];
                }
            }
        }
    }
    return out;
}

static inline features rectified(features f) {
    for (int64_t i = 0; i < LENGTH_MOST * FEATURES_MOST; i++) {
        double *value = &f.at[i / FEATURES_MOST][i % FEATURES_MOST];
        *value = *value > 0.0 ? *value : 0.0;
    }
    return f;
}

static inline features look_up(const network *n, const uint16_t *x) {
    features out = {.channels = setting(n, "channels")};
    for (int64_t k = 1; k <= setting(n, "kernel"); k++) {
        char name[64];
        snprintf(name, sizeof name, "first%lld.table", (long long)k);
        const lk_parameter *table = find(n, name);
        for (int64_t t = 0; t < n->model->data.variables; t++) {
            int64_t symbol = t >= k ? x[t - k] : n->model->data.alphabet;
            for (int64_t c = 0; c < out.channels; c++) {
                out.at[t][c] += weight(n, table, symbol, c);
            }
        }
    }
    return out;
}

static inline double read_weight(const void *network_of_test, const lk_parameter *p,
                                 int64_t element) {
    const network *n = network_of_test;
    return testing_bumped(&n->bump, &p->value[element]);
}

/* Of label 0, which the tests give. */
static inline features gate(const network *n, int64_t layer, const features *both) {
    features out = {.channels = both->channels / 2};
    char name[64], own[32];
    snprintf(own, sizeof own, "layer%lld", (long long)layer + 1);
    snprintf(name, sizeof name, "%s.label.table", own);
    const lk_parameter *label = n->model->data.labels > 0 ? find(n, name) : NULL;
    for (int64_t t = 0; t < n->model->data.variables; t++) {
        for (int64_t c = 0; c < out.channels; c++) {
            int64_t g = c + out.channels;
            double a = both->at[t][c] + local_told(n->model, read_weight, n, own, t, c) +
                       (label != NULL ? weight(n, label, 0, c) : 0.0);
            double b = both->at[t][g] + local_told(n->model, read_weight, n, own, t, g) +
                       (label != NULL ? weight(n, label, 0, g) : 0.0);
            out.at[t][c] = tanh(a) / (1.0 + exp(-b));
        }
    }
    return out;
}

/* What the head reads. */
static inline features skips(const network *n, const uint16_t *x) {
    features f = look_up(n, x), all = {.channels = 0};
    int64_t layers = setting(n, "layers"), dilation = 1;
    for (int64_t l = 0; l < layers; l++) {
        char name[64];
        dilation = l % setting(n, "cycle") == 0 ? 1 : dilation * setting(n, "dilation");
        snprintf(name, sizeof name, "layer%lld.gate", (long long)l + 1);
        features both = convolve(n, name, &f, setting(n, "kernel"), dilation);
        features z = gate(n, l, &both);
        snprintf(name, sizeof name, "layer%lld.out", (long long)l + 1);
        features added = l + 1 < layers ? convolve(n, name, &z, 1, 1) : (features){0};
        for (int64_t t = 0; t < n->model->data.variables; t++) {
            for (int64_t c = 0; c < f.channels; c++) {
                f.at[t][c] += added.at[t][c];
            }
            for (int64_t c = 0; c < z.channels; c++) {
                all.at[t][all.channels + c] = z.at[t][c];
            }
        }
        all.channels += z.channels;
    }
    return convolve(n, "skip1", &all, 1, 1);
}

static inline double reference_nll(const void *of_test, const uint16_t *x) {
    const network *n = of_test;
    int32_t alphabet = n->model->data.alphabet;
    features f = rectified(skips(n, x));
    f = rectified(convolve(n, "head", &f, 1, 1));
    f = convolve(n, "logits", &f, 1, 1);
    double nll = 0.0;
    for (int64_t t = 0; t < n->model->data.variables; t++) {
        double sum = 0.0;
        for (int32_t a = 0; a < alphabet; a++) {
            sum += exp(alphabet == 2 ? a * f.at[t][0] : f.at[t][a]);
        }
        nll += log(sum) - (alphabet == 2 ? x[t] * f.at[t][0] : f.at[t][x[t]]);
    }
    return nll;
}

/* What every such network must be; it is destroyed. */
static inline void check_equations(lk_model *model, int64_t number, uint64_t seed) {
    const network n = {.model = model};
    uint16_t x[9 * LENGTH_MOST];
    testing_random_values(model, 9, seed + 1, x);
    testing_equals(model, x, 9, reference_nll, &n, number, seed);
    lk_model_destroy(model);
}

static inline void check_gradients(lk_model *model, uint64_t seed) {
    network n = {.model = model};
    uint16_t x[LENGTH_MOST];
    testing_random_values(model, 1, seed + 2, x);
    testing_gradients(model, x, 1, seed, reference_nll, &n, &n.bump);
    lk_model_destroy(model);
}

static inline void check_distribution(lk_model *model, uint64_t seed) {
    uint16_t x[17 * LENGTH_MOST];
    testing_random_values(model, 17, seed + 1, x);
    testing_sums_to_one(model);
    testing_parallel_is_incremental(model, x, 17);
    testing_sample_costs_one_pass(model);
    lk_model_destroy(model);
}

#endif
