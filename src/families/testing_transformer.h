/* The equations of the Transformer decoder in double, in one stream, and in two where variables
 * share ranks. Included by *_test.c only. */
#ifndef LK_FAMILIES_TESTING_TRANSFORMER_H
#define LK_FAMILIES_TESTING_TRANSFORMER_H

#include <stdio.h>

#include "families/testing_local.h"
#include "models/testing_gradients.h"

#define PLACES_MOST 16
#define WIDTH_MOST 32

typedef struct decoder {
    const lk_model *model;
    testing_bump bump;
    int64_t places, width, heads;
    int32_t at[PLACES_MOST];   /* the variable at each place of the order */
    int32_t rank[PLACES_MOST]; /* with ties, of each variable; then `at` is natural */
    bool ties;
} decoder;

typedef double features[PLACES_MOST][WIDTH_MOST];

static inline double weight(const decoder *d, const char *layer, const char *what, int64_t i) {
    char name[192];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t index = lk_parameters_find(d->model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return testing_bumped(&d->bump, &d->model->parameters->list[index].value[i]);
}

static inline double read_weight(const void *decoder_of_test, const lk_parameter *p,
                                 int64_t element) {
    const decoder *d = decoder_of_test;
    return testing_bumped(&d->bump, &p->value[element]);
}

/* The learned vector of the grid place `cell`: a row of each axis's table. */
static inline double position(const decoder *d, const char *name, int64_t cell, int64_t c) {
    const lk_shape *shape = &d->model->data.shape;
    double sum = 0;
    for (int32_t axis = shape->axes - 1; axis >= 0; axis--) {
        char table[64];
        int64_t row = cell % shape->size[axis];
        cell /= shape->size[axis];
        snprintf(table, sizeof table, "%s.%d", name, (int)axis + 1);
        if (shape->size[axis] > 1 || shape->axes == 1) {
            sum += weight(d, table, "table", row * d->width + c);
        }
    }
    return sum;
}

static inline bool has_positions(const decoder *d) {
    return strcmp(lk_settings_text(&d->model->settings, "positions"), "distance") != 0 &&
           !d->model->data.stream;
}

static inline void told(const decoder *d, const uint16_t *x, features f) {
    for (int64_t k = 0; k < d->places; k++) {
        for (int64_t c = 0; c < d->width; c++) {
            double sum;
            if (k == 0) {
                sum = weight(d, "before", "start", c);
            } else {
                int32_t before = d->at[k - 1];
                sum = weight(d, "symbol", "table", x[before] * d->width + c) +
                      (has_positions(d) ? position(d, "stands", before, c) : 0);
            }
            f[k][c] = sum + (has_positions(d) ? position(d, "place", d->at[k], c)
                                              : local_told(d->model, read_weight, d, "told", k, c));
        }
    }
}

static inline void normalise(const decoder *d, const char *name, features in, features out) {
    for (int64_t k = 0; k < d->places; k++) {
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < d->width; c++) {
            mean += in[k][c] / (double)d->width;
        }
        for (int64_t c = 0; c < d->width; c++) {
            variance += (in[k][c] - mean) * (in[k][c] - mean) / (double)d->width;
        }
        for (int64_t c = 0; c < d->width; c++) {
            out[k][c] = weight(d, name, "gain", c) * (in[k][c] - mean) / sqrt(variance + 1e-5) +
                        weight(d, name, "bias", c);
        }
    }
}

static inline void dense(const decoder *d, const char *name, features in, int64_t from, int64_t to,
                         features out) {
    for (int64_t k = 0; k < d->places; k++) {
        for (int64_t o = 0; o < to; o++) {
            out[k][o] = weight(d, name, "bias", o);
            for (int64_t i = 0; i < from; i++) {
                out[k][o] += in[k][i] * weight(d, name, "weight", i * to + o);
            }
        }
    }
}

/* Two streams: what was seen, and what is asked. */
static inline void told_apart(const decoder *d, const uint16_t *x, features seen, features asked) {
    for (int64_t v = 0; v < d->places; v++) {
        for (int64_t c = 0; c < d->width; c++) {
            asked[v][c] = position(d, "place", v, c);
            seen[v][c] =
                weight(d, "symbol", "table", x[v] * d->width + c) + position(d, "stands", v, c);
        }
    }
}

/* Whether place k reads place j in this layer, from the paper's words; own: what was seen reads
 * its own rank too. */
static inline bool reads(const decoder *d, int64_t layer, bool own, int64_t k, int64_t j) {
    const lk_settings *settings = &d->model->settings;
    const char *pattern = lk_settings_text(settings, "pattern");
    int64_t window = lk_settings_integer(settings, "window");
    int64_t l = lk_settings_integer(settings, "stride"),
            c = lk_settings_integer(settings, "summary");
    l = l > 0 ? l : 3;
    if (d->ties) {
        return own ? d->rank[j] <= d->rank[k] : d->rank[j] < d->rank[k];
    }
    if (j > k) {
        return false;
    }
    if (strcmp(pattern, "strided") == 0) {
        return layer % 2 == 0 ? k - j < l : (k - j) % l == 0;
    }
    if (strcmp(pattern, "fixed") == 0) {
        return layer % 2 == 0 ? j / l == k / l : j % l >= l - c;
    }
    return window == 0 || k - j < window;
}

static inline double score(const decoder *d, const char *name, features q, features k, int64_t h,
                           int64_t i, int64_t j) {
    int64_t each = d->width / d->heads, window = lk_settings_integer(&d->model->settings, "window");
    int64_t distances = window > 0 ? window : 128,
            apart = i - j < distances ? i - j : distances - 1;
    double sum = 0;
    for (int64_t c = h * each; c < (h + 1) * each; c++) {
        sum += q[i][c] * k[j][c];
    }
    return sum / sqrt((double)each) +
           (has_positions(d) ? 0 : weight(d, name, "distance", h * distances + apart));
}

static inline void attend(const decoder *d, int64_t layer, bool own, features memory, features x) {
    char name[64], text[128];
    features n, m, q, k, v, mixed = {{0}}, added;
    int64_t each = d->width / d->heads;
    snprintf(name, sizeof name, "layer%d", (int)layer + 1);
    snprintf(text, sizeof text, "%s.norm1", name);
    normalise(d, text, x, n);
    normalise(d, text, memory, m);
    snprintf(text, sizeof text, "%s.query", name);
    dense(d, text, n, d->width, d->width, q);
    snprintf(text, sizeof text, "%s.key", name);
    dense(d, text, m, d->width, d->width, k);
    snprintf(text, sizeof text, "%s.value", name);
    dense(d, text, m, d->width, d->width, v);
    snprintf(text, sizeof text, "%s.attention", name);
    for (int64_t i = 0; i < d->places; i++) {
        for (int64_t h = 0; h < d->heads; h++) {
            double total = 0;
            for (int64_t j = 0; j < d->places; j++) {
                double e = reads(d, layer, own, i, j) ? exp(score(d, text, q, k, h, i, j)) : 0;
                total += e;
                for (int64_t c = h * each; c < (h + 1) * each; c++) {
                    mixed[i][c] += e * v[j][c];
                }
            }
            for (int64_t c = h * each; c < (h + 1) * each; c++) {
                mixed[i][c] = total > 0 ? mixed[i][c] / total : 0;
            }
        }
    }
    snprintf(text, sizeof text, "%s.mixed", name);
    dense(d, text, mixed, d->width, d->width, added);
    for (int64_t i = 0; i < d->places * WIDTH_MOST; i++) {
        x[i / WIDTH_MOST][i % WIDTH_MOST] +=
            i % WIDTH_MOST < d->width ? added[i / WIDTH_MOST][i % WIDTH_MOST] : 0;
    }
}

static inline void widen(const decoder *d, int64_t layer, features x) {
    char name[64], text[128];
    features n, wide, added;
    int64_t widening = lk_settings_integer(&d->model->settings, "widening");
    snprintf(name, sizeof name, "layer%d", (int)layer + 1);
    snprintf(text, sizeof text, "%s.norm2", name);
    normalise(d, text, x, n);
    snprintf(text, sizeof text, "%s.wide", name);
    dense(d, text, n, d->width, widening * d->width, wide);
    for (int64_t i = 0; i < d->places; i++) {
        for (int64_t c = 0; c < widening * d->width; c++) {
            wide[i][c] /= 1 + exp(-1.702 * wide[i][c]);
        }
    }
    snprintf(text, sizeof text, "%s.narrow", name);
    dense(d, text, wide, widening * d->width, d->width, added);
    for (int64_t i = 0; i < d->places; i++) {
        for (int64_t c = 0; c < d->width; c++) {
            x[i][c] += added[i][c];
        }
    }
}

static inline double reference_nll(const void *network, const uint16_t *x) {
    const decoder *d = network;
    int32_t alphabet = d->model->data.alphabet;
    features f, seen, n, logits;
    if (d->ties) {
        told_apart(d, x, seen, f);
    } else {
        told(d, x, f);
    }
    for (int64_t l = 0; l < lk_settings_integer(&d->model->settings, "layers"); l++) {
        attend(d, l, false, d->ties ? seen : f, f);
        widen(d, l, f);
        if (d->ties) {
            attend(d, l, true, seen, seen);
            widen(d, l, seen);
        }
    }
    normalise(d, "norm", f, n);
    dense(d, "logits", n, d->width, alphabet == 2 ? 1 : alphabet, logits);
    double nll = 0;
    for (int64_t k = 0; k < d->places; k++) {
        double sum = 0, own = 0;
        for (int32_t a = 0; a < alphabet; a++) {
            double logit = alphabet == 2 ? a * logits[k][0] : logits[k][a];
            sum += exp(logit);
            own = a == x[d->at[k]] ? logit : own;
        }
        nll += log(sum) - own;
    }
    return nll;
}

static inline decoder reference_of(const lk_model *model) {
    decoder d = {.model = model,
                 .places = model->data.variables,
                 .width = lk_settings_integer(&model->settings, "width"),
                 .heads = lk_settings_integer(&model->settings, "heads")};
    bool taken[PLACES_MOST] = {false};
    for (int32_t v = 0; v < model->data.variables; v++) {
        d.rank[v] = model->rank[v];
        d.ties = d.ties || taken[model->rank[v]];
        taken[model->rank[v]] = true;
        d.at[model->rank[v]] = v;
    }
    for (int32_t v = 0; d.ties && v < model->data.variables; v++) {
        d.at[v] = v;
    }
    return d;
}

#endif
