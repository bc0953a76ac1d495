/* The Image Transformer's equations in double. Included by *_test.c only. */
#ifndef LK_FAMILIES_TESTING_IMAGE_TRANSFORMER_H
#define LK_FAMILIES_TESTING_IMAGE_TRANSFORMER_H

#include <stdio.h>

#include "models/testing_gradients.h"
#include "ops/testing_logistic.h"

#define LOCAL_PLACES 32
#define LOCAL_WIDTH 64

typedef struct local_decoder {
    const lk_model *model;
    testing_bump bump;
    int64_t places, width, heads, label;
    int64_t rows, columns, colours, groups; /* groups: places of a pixel */
    int64_t block[2], memory[2];
    bool square;
    int64_t at[LOCAL_PLACES]; /* what stands at each place, in raster order */
} local_decoder;

typedef double local_features[LOCAL_PLACES][LOCAL_WIDTH];

static inline double local_weight(const local_decoder *d, const char *layer, const char *what,
                                  int64_t i) {
    char name[192];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t index = lk_parameters_find(d->model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return testing_bumped(&d->bump, &d->model->parameters->list[index].value[i]);
}

/* Row, column and colour of what stands at a place. */
static inline void local_stand(const local_decoder *d, int64_t place, int64_t where[3]) {
    int64_t pixel = d->at[place] / d->groups;
    where[0] = pixel / d->columns;
    where[1] = pixel % d->columns;
    where[2] = d->at[place] % d->groups;
}

static inline double local_position(const local_decoder *d, const char *name, int64_t place,
                                    int64_t c) {
    int64_t where[3];
    const int64_t sizes[] = {d->rows, d->columns, d->groups};
    double sum = 0;
    local_stand(d, place, where);
    for (int axis = 0; axis < 3; axis++) {
        char table[64];
        snprintf(table, sizeof table, "%s.%d", name, axis + 1);
        if (sizes[axis] > 1 || (d->places == 1 && axis == 0)) {
            sum += local_weight(d, table, "table", where[axis] * d->width + c);
        }
    }
    return sum;
}

/* A pixel's colours by a layer; or a vector for each value of each colour. */
static inline double local_content(const local_decoder *d, const uint16_t *x, int64_t cell,
                                   int64_t c) {
    double last = d->model->data.alphabet - 1;
    if (d->groups == 1 &&
        (d->colours > 1 || lk_parameters_find(d->model->parameters, "pixel.weight") >= 0)) {
        double sum = local_weight(d, "pixel", "bias", c);
        for (int64_t i = 0; i < d->colours; i++) {
            sum += local_weight(d, "pixel", "weight", i * d->width + c) *
                   (2 * x[cell * d->colours + i] / last - 1);
        }
        return sum;
    }
    char name[32];
    snprintf(name, sizeof name, d->groups > 1 ? "symbol%d" : "symbol", (int)(cell % d->groups) + 1);
    return local_weight(d, name, "table", x[cell] * d->width + c);
}

static inline void local_told(const local_decoder *d, const uint16_t *x, local_features f) {
    for (int64_t k = 0; k < d->places; k++) {
        for (int64_t c = 0; c < d->width; c++) {
            f[k][c] = k == 0 ? local_weight(d, "before", "start", c)
                             : local_content(d, x, d->at[k - 1], c) +
                                   local_position(d, "stands", k - 1, c);
            f[k][c] += local_position(d, "place", k, c);
            f[k][c] += d->model->data.labels > 0
                           ? local_weight(d, "label", "table", d->label * d->width + c)
                           : 0;
        }
    }
}

/* Section 4.2, in its words. */
static inline bool local_reads(const local_decoder *d, int64_t k, int64_t j) {
    int64_t query[3], key[3];
    if (!d->square) {
        return j <= k && j >= k / d->block[0] * d->block[0] - d->memory[0];
    }
    local_stand(d, k, query);
    local_stand(d, j, key);
    int64_t top = query[0] / d->block[0] * d->block[0], left = query[1] / d->block[1] * d->block[1];
    return j <= k && key[0] >= top - d->memory[0] && key[0] < top + d->block[0] &&
           key[1] >= left - d->memory[1] && key[1] < left + d->block[1] + d->memory[1];
}

static inline void local_normalise(const local_decoder *d, const char *name, local_features in,
                                   local_features out) {
    for (int64_t k = 0; k < d->places; k++) {
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < d->width; c++) {
            mean += in[k][c] / (double)d->width;
        }
        for (int64_t c = 0; c < d->width; c++) {
            variance += (in[k][c] - mean) * (in[k][c] - mean) / (double)d->width;
        }
        for (int64_t c = 0; c < d->width; c++) {
            out[k][c] =
                local_weight(d, name, "gain", c) * (in[k][c] - mean) / sqrt(variance + 1e-5) +
                local_weight(d, name, "bias", c);
        }
    }
}

static inline void local_dense(const local_decoder *d, const char *name, local_features in,
                               int64_t from, int64_t to, local_features out) {
    assert_true(to <= LOCAL_WIDTH);
    for (int64_t k = 0; k < d->places; k++) {
        for (int64_t o = 0; o < to; o++) {
            out[k][o] = local_weight(d, name, "bias", o);
            for (int64_t i = 0; i < from; i++) {
                out[k][o] += in[k][i] * local_weight(d, name, "weight", i * to + o);
            }
        }
    }
}

static inline void local_attend(const local_decoder *d, local_features q, local_features k,
                                local_features v, local_features mixed) {
    int64_t each = d->width / d->heads;
    for (int64_t i = 0; i < d->places * d->heads; i++) {
        int64_t query = i / d->heads, first = i % d->heads * each;
        double total = 0, sum[LOCAL_WIDTH] = {0};
        for (int64_t j = 0; j <= query; j++) {
            double score = 0;
            for (int64_t c = first; c < first + each; c++) {
                score += q[query][c] * k[j][c] / sqrt((double)each);
            }
            double e = local_reads(d, query, j) ? exp(score) : 0;
            total += e;
            for (int64_t c = 0; c < each; c++) {
                sum[c] += e * v[j][first + c];
            }
        }
        for (int64_t c = 0; c < each; c++) {
            mixed[query][first + c] = sum[c] / total;
        }
    }
}

static inline void local_add(const local_decoder *d, local_features x, local_features more) {
    for (int64_t i = 0; i < d->places * d->width; i++) {
        x[i / d->width][i % d->width] += more[i / d->width][i % d->width];
    }
}

static inline void local_layer(const local_decoder *d, int64_t number, local_features x) {
    static const char *const parts[] = {"norm1", "query", "key",  "value",
                                        "mixed", "norm2", "wide", "narrow"};
    char name[8][64];
    local_features n, q, k, v, mixed, added;
    int64_t wide = lk_settings_integer(&d->model->settings, "widening") * d->width;
    for (int i = 0; i < 8; i++) {
        snprintf(name[i], sizeof name[i], "layer%d.%s", (int)number, parts[i]);
    }
    local_normalise(d, name[0], x, n);
    local_dense(d, name[1], n, d->width, d->width, q);
    local_dense(d, name[2], n, d->width, d->width, k);
    local_dense(d, name[3], n, d->width, d->width, v);
    local_attend(d, q, k, v, mixed);
    local_dense(d, name[4], mixed, d->width, d->width, added);
    local_add(d, x, added);
    local_normalise(d, name[5], x, n);
    local_dense(d, name[6], n, d->width, wide, q);
    for (int64_t i = 0; i < d->places * wide; i++) {
        q[i / wide][i % wide] /= 1 + exp(-1.702 * q[i / wide][i % wide]);
    }
    local_dense(d, name[7], q, wide, d->width, added);
    local_add(d, x, added);
}

static inline double local_symbol_nll(const double *logit, int32_t alphabet, uint16_t x) {
    double sum = 0;
    for (int32_t a = 0; a < alphabet; a++) {
        sum += exp(alphabet == 2 ? a * logit[0] : logit[a]);
    }
    return log(sum) - (alphabet == 2 ? x * logit[0] : logit[x]);
}

static inline double local_reference_nll(const void *network, const uint16_t *x) {
    const local_decoder *d = network;
    const lk_settings *settings = &d->model->settings;
    int32_t alphabet = d->model->data.alphabet;
    int64_t components = lk_settings_integer(settings, "mixtures");
    bool logistic = strcmp(lk_settings_text(settings, "distribution"), "logistic") == 0;
    local_features f, n, out;
    double nll = 0;
    local_told(d, x, f);
    for (int64_t l = 1; l <= lk_settings_integer(settings, "layers"); l++) {
        local_layer(d, l, f);
    }
    local_normalise(d, "norm", f, n);
    local_dense(d, "logits", n, d->width,
                logistic        ? lk_logistic_colours_channels((int32_t)d->colours, components)
                : alphabet == 2 ? 1
                                : alphabet,
                out);
    for (int64_t k = 0; k < d->places; k++) {
        nll += logistic ? testing_pixel_nll(out[k], components, (int32_t)d->colours, alphabet,
                                            x + d->at[k] * d->colours)
                        : local_symbol_nll(out[k], alphabet, x[d->at[k]]);
    }
    return nll;
}

/* Blocks in raster order, raster inside: the larger, the later. */
static inline double local_turn_of(const local_decoder *d, int64_t cell) {
    int64_t pixel = cell / d->groups, r = pixel / d->columns, c = pixel % d->columns;
    const int64_t digits[] = {r / d->block[0], c / d->block[1], r % d->block[0], c % d->block[1],
                              cell % d->groups};
    double turn = 0;
    for (int i = 0; i < 5; i++) {
        turn = 64 * turn + (double)digits[i];
    }
    return turn;
}

static inline local_decoder local_reference_of(const lk_model *model) {
    const lk_shape *shape = &model->data.shape;
    const lk_settings *settings = &model->settings;
    bool logistic = strcmp(lk_settings_text(settings, "distribution"), "logistic") == 0;
    local_decoder d = {.model = model,
                       .rows = shape->size[0],
                       .columns = shape->size[1],
                       .colours = shape->axes == 3 ? shape->size[2] : 1,
                       .width = lk_settings_integer(settings, "width"),
                       .heads = lk_settings_integer(settings, "heads"),
                       .square = strcmp(lk_settings_text(settings, "local"), "2d") == 0};
    d.groups = logistic ? 1 : d.colours;
    d.places = d.rows * d.columns * d.groups;
    if (lk_settings_integers(settings, "block", d.block, 2) == 0) {
        d.block[0] = 256;
    }
    if (lk_settings_integers(settings, "memory", d.memory, 2) == 0) {
        memcpy(d.memory, d.block, sizeof d.memory);
    }
    for (int64_t cell = 0; cell < d.places; cell++) {
        int64_t place = model->rank[cell * (d.colours / d.groups)] / (d.colours / d.groups);
        if (d.square) {
            place = 0;
            for (int64_t other = 0; other < d.places; other++) {
                place += local_turn_of(&d, other) < local_turn_of(&d, cell);
            }
        }
        d.at[place] = cell;
    }
    return d;
}

#endif
