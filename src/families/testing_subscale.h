/* A Subscale Pixel Network's equations in double, written by the picture's coordinates. Included by
 * *_test.c only. */
#ifndef LK_FAMILIES_TESTING_SUBSCALE_H
#define LK_FAMILIES_TESTING_SUBSCALE_H

#include "families/testing_gated.h"

typedef struct subscale_network {
    gated_network gated; /* of no slice yet */
    int64_t height, width, stride;
} subscale_network;

static inline subscale_network subscale_network_of(const lk_model *model) {
    gated_network gated = gated_network_of(model);
    return (subscale_network){.gated = gated,
                              .height = gated.height,
                              .width = gated.width,
                              .stride = lk_settings_integer(&model->settings, "stride")};
}

/* One part of a view, or the values as they are: x[pixels * colours]. */
typedef struct subscale_part {
    const char *prefix;
    int32_t alphabet;
    const uint16_t *x;
} subscale_part;

static inline int64_t subscale_sizes(int64_t size, int64_t first, int64_t stride) {
    int64_t count = 0;
    for (int64_t at = first; at < size; at += stride) {
        count++;
    }
    return count;
}

/* relu(x), elementwise. */
static inline void subscale_relu(gated_features *f) {
    for (int64_t i = 0; i < GATED_CELLS_MOST * GATED_FEATURES_MOST; i++) {
        double *value = &f->at[0][0] + i;
        *value = *value > 0 ? *value : 0;
    }
}

/* Section 3.2: each slice before (i, j), at the place of its distance from (i, j). */
static inline void subscale_places(const subscale_network *n, const subscale_part *parts,
                                   int32_t part, int64_t i, int64_t j, int64_t columns,
                                   gated_features *out) {
    int64_t s = n->stride, colours = n->gated.colours;
    memset(out, 0, sizeof *out);
    for (int32_t p = 0; p <= part; p++) {
        for (int64_t d = 0; d < (2 * s - 1) * (2 * s - 1); d++) {
            int64_t di = d / (2 * s - 1) - s + 1, dj = d % (2 * s - 1) - s + 1;
            bool before = di < 0 || (di == 0 && dj < 0);
            if (p == part && !before) {
                continue;
            }
            for (int64_t at = 0; at < GATED_CELLS_MOST; at++) {
                int64_t y = i + di + s * (at / columns), x = j + dj + s * (at % columns);
                bool slice = i + di >= 0 && i + di < s && j + dj >= 0 && j + dj < s;
                if (slice && y < n->height && x < n->width) {
                    for (int64_t c = 0; c < colours; c++) {
                        out->at[at][out->channels + c] = gated_number(
                            parts[p].alphabet, parts[p].x[(y * n->width + x) * colours + c]);
                    }
                    out->at[at][out->channels + colours] = 1;
                }
            }
            out->channels += colours + 1;
        }
    }
}

/* relu(e), for each colour of the slice's pixels. */
static inline void subscale_embed(const subscale_network *n, const subscale_part *parts,
                                  int32_t part, int64_t i, int64_t j, gated_features *told) {
    const lk_settings *settings = &n->gated.model->settings;
    int64_t channels = lk_settings_integer(settings, "embedding");
    int64_t size = lk_settings_integer(settings, "embedder_kernel");
    int64_t colours = n->gated.colours, width = subscale_sizes(n->width, j, n->stride);
    int64_t height = subscale_sizes(n->height, i, n->stride);
    gated_features places, x, f, g;
    gated_network grid = n->gated;
    grid.prefix = parts[part].prefix;
    grid.height = subscale_sizes(n->height, 0, n->stride);
    grid.width = subscale_sizes(n->width, 0, n->stride);
    grid.colours = 1;
    assert_true(grid.height * grid.width <= GATED_CELLS_MOST);
    subscale_places(n, parts, part, i, j, grid.width, &places);
    gated_convolve(&grid, "embedder.in", &places, size, GATED_ALL, channels, &x);
    for (int64_t block = 1; block <= lk_settings_integer(settings, "blocks"); block++) {
        char name[64];
        f = x;
        subscale_relu(&f);
        snprintf(name, sizeof name, "embedder.block%lld.in", (long long)block);
        gated_convolve(&grid, name, &f, size, GATED_ALL, channels, &g);
        subscale_relu(&g);
        snprintf(name, sizeof name, "embedder.block%lld.out", (long long)block);
        gated_convolve(&grid, name, &g, size, GATED_ALL, channels, &f);
        gated_add(&x, &f);
    }
    subscale_relu(&x);
    memset(told, 0, sizeof *told);
    told->channels = channels;
    for (int64_t cell = 0; cell < height * width * colours; cell++) {
        int64_t row = cell / colours / width, column = cell / colours % width;
        memcpy(told->at[cell], x.at[row * grid.width + column], sizeof told->at[cell]);
    }
}

/* ---- attention ------------------------------------------------------------------------------- */

static inline void subscale_dense(const gated_network *n, const char *name,
                                  const gated_features *in, int64_t to, gated_features *out) {
    gated_features result = {.channels = to};
    const float *weights = gated_find(n, name, ".weight"), *biases = gated_find(n, name, ".bias");
    assert_true(to <= GATED_FEATURES_MOST);
    for (int64_t i = 0; i < (in->channels + 1) * to; i++) {
        int64_t from = i / to, o = i % to; /* the last is the bias */
        bool bias = from == in->channels;
        double weight = testing_bumped(&n->bump, bias ? biases + o : weights + i);
        for (int64_t cell = 0; cell < GATED_CELLS_MOST; cell++) {
            result.at[cell][o] += weight * (bias ? 1 : in->at[cell][from]);
        }
    }
    *out = result;
}

static inline void subscale_norm(const gated_network *n, const char *name, const gated_features *in,
                                 gated_features *out) {
    double count = (double)in->channels, gain[GATED_FEATURES_MOST], bias[GATED_FEATURES_MOST];
    *out = (gated_features){.channels = in->channels};
    for (int64_t c = 0; c < in->channels; c++) {
        gain[c] = testing_bumped(&n->bump, gated_find(n, name, ".gain") + c);
        bias[c] = testing_bumped(&n->bump, gated_find(n, name, ".bias") + c);
    }
    for (int64_t i = 0; i < GATED_CELLS_MOST; i++) {
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < in->channels; c++) {
            mean += in->at[i][c] / count;
        }
        for (int64_t c = 0; c < in->channels; c++) {
            variance += (in->at[i][c] - mean) * (in->at[i][c] - mean) / count;
        }
        for (int64_t c = 0; c < in->channels; c++) {
            out->at[i][c] = gain[c] * (in->at[i][c] - mean) / sqrt(variance + 1e-5) + bias[c];
        }
    }
}

/* Each cell reads those up to itself, which hold what was before it. */
static inline void subscale_mix(const gated_features *q, const gated_features *k,
                                const gated_features *v, int64_t heads, gated_features *out) {
    int64_t each = q->channels / heads;
    *out = (gated_features){.channels = q->channels};
    for (int64_t i = 0; i < GATED_CELLS_MOST * heads; i++) {
        int64_t cell = i / heads, first = i % heads * each;
        double total = 0;
        for (int64_t j = 0; j <= cell; j++) {
            double dot = 0;
            for (int64_t c = first; c < first + each; c++) {
                dot += q->at[cell][c] * k->at[j][c];
            }
            double e = exp(dot / sqrt((double)each));
            total += e;
            for (int64_t c = first; c < first + each; c++) {
                out->at[cell][c] += e * v->at[j][c];
            }
        }
        for (int64_t c = first; c < first + each; c++) {
            out->at[cell][c] /= total;
        }
    }
}

static inline void subscale_attention_layer(const gated_network *n, int64_t number, int64_t heads,
                                            gated_features *x) {
    gated_features f, q, k, v, mixed;
    char name[8][64];
    static const char *const what[] = {"norm1", "query", "key",  "value",
                                       "mixed", "norm2", "wide", "narrow"};
    for (int i = 0; i < 8; i++) {
        snprintf(name[i], sizeof name[i], "attention.layer%lld.%s", (long long)number, what[i]);
    }
    subscale_norm(n, name[0], x, &f);
    subscale_dense(n, name[1], &f, x->channels, &q);
    subscale_dense(n, name[2], &f, x->channels, &k);
    subscale_dense(n, name[3], &f, x->channels, &v);
    subscale_mix(&q, &k, &v, heads, &mixed);
    subscale_dense(n, name[4], &mixed, x->channels, &f);
    gated_add(x, &f);
    subscale_norm(n, name[5], x, &f);
    subscale_dense(n, name[6], &f, 4 * x->channels, &q);
    for (int64_t i = 0; i < GATED_CELLS_MOST * GATED_FEATURES_MOST; i++) {
        double *value = &q.at[0][0] + i;
        *value /= 1 + exp(-1.702 * *value);
    }
    subscale_dense(n, name[7], &q, x->channels, &f);
    gated_add(x, &f);
}

/* a, of the slice's values in raster order, colours in sequence. */
static inline void subscale_attention(const gated_network *n, const gated_features *own,
                                      gated_features *out) {
    const lk_settings *settings = &n->model->settings;
    gated_features x = {.channels = n->colours > 1 ? 3 + n->colours : 3};
    double height = (double)n->height, width = (double)n->width;
    for (int64_t i = 0; i < n->height * n->width * n->colours; i++) {
        int64_t pixel = i / n->colours;
        x.at[i][0] = i > 0 ? own->at[i - 1][0] : 0;
        x.at[i][1] = ((double)(pixel / n->width) - height / 2) / height;
        x.at[i][2] = ((double)(pixel % n->width) - width / 2) / width;
        for (int64_t c = 0; c < n->colours && n->colours > 1; c++) {
            x.at[i][3 + c] = i % n->colours == c;
        }
    }
    subscale_dense(n, "attention.in", &x, lk_settings_integer(settings, "width"), &x);
    for (int64_t i = 1; i <= lk_settings_integer(settings, "attention"); i++) {
        subscale_attention_layer(n, i, lk_settings_integer(settings, "heads"), &x);
    }
    subscale_norm(n, "attention.norm", &x, out);
    subscale_dense(n, "attention.out", out, lk_settings_integer(settings, "embedding"), out);
}

/* ---- slices ---------------------------------------------------------------------------------- */

/* -log p of slice (i, j) of one part given what comes before. */
static inline double subscale_slice(const subscale_network *n, const subscale_part *parts,
                                    int32_t part, int64_t i, int64_t j) {
    const lk_settings *settings = &n->gated.model->settings;
    const subscale_part *of = &parts[part];
    bool apart = i == 0 && j == 0 && lk_settings_boolean(settings, "size_upscaling");
    int64_t colours = n->gated.colours;
    gated_network g = n->gated;
    gated_features own = {.channels = 1}, embedding, attended, logits;
    uint16_t x[GATED_CELLS_MOST];
    char prefix[64];
    snprintf(prefix, sizeof prefix, "%s%s", of->prefix, apart ? "first." : "");
    g.prefix = prefix;
    g.height = subscale_sizes(n->height, i, n->stride);
    g.width = subscale_sizes(n->width, j, n->stride);
    int64_t cells = g.height * g.width * colours;
    assert_true(cells <= GATED_CELLS_MOST);
    for (int64_t cell = 0; cell < cells; cell++) {
        int64_t row = i + n->stride * (cell / colours / g.width);
        int64_t column = j + n->stride * (cell / colours % g.width);
        x[cell] = of->x[(row * n->width + column) * colours + cell % colours];
        own.at[cell][0] = gated_number(of->alphabet, x[cell]);
    }
    if (!apart && (n->stride > 1 || part > 0)) {
        subscale_embed(n, parts, part, i, j, &embedding);
        g.told_vertical = g.told_horizontal = &embedding;
    }
    if (lk_settings_integer(settings, "attention") > 0) {
        subscale_attention(&g, &own, &attended);
        if (g.told_vertical != NULL) {
            gated_add(&attended, &embedding);
        }
        g.told_horizontal = &attended;
    }
    gated_logits(&g, &own, of->alphabet == 2 ? 1 : of->alphabet, &logits);
    double nll = 0.0;
    for (int64_t cell = 0; cell < cells; cell++) {
        nll += gated_nll(&logits, cell, of->alphabet, x[cell]);
    }
    return nll;
}

/* The parts of x: itself, or, behind one another, the two of the model's view. */
static inline int32_t subscale_parts(const lk_model *model, const uint16_t *x,
                                     subscale_part parts[2]) {
    static const char *const prefixes[] = {"high.", "low."};
    const lk_view *view = lk_model_view(model);
    parts[0] = (subscale_part){"", model->data.alphabet, x};
    for (int32_t p = 0; view != NULL && p < 2; p++) {
        parts[p] =
            (subscale_part){prefixes[p], view->parts[p].alphabet, x + p * model->data.variables};
    }
    return view != NULL ? 2 : 1;
}

static inline double subscale_nll(const void *network, const uint16_t *x) {
    const subscale_network *n = network;
    subscale_part parts[2];
    int64_t slices = n->stride * n->stride;
    int64_t count = subscale_parts(n->gated.model, x, parts) * slices;
    double nll = 0.0;
    for (int64_t k = 0; k < count; k++) {
        int64_t slice = k % slices;
        nll +=
            subscale_slice(n, parts, (int32_t)(k / slices), slice / n->stride, slice % n->stride);
    }
    return nll;
}

#endif
