/* The layers of a Gated PixelCNN in double, with masks as full kernels of zeros and ones. Included
 * by *_test.c only. */
#ifndef LK_FAMILIES_TESTING_GATED_H
#define LK_FAMILIES_TESTING_GATED_H

#include <stdio.h>

#include "models/testing_gradients.h"

#define GATED_CELLS_MOST 32
#define GATED_FEATURES_MOST 256

typedef struct gated_features {
    int64_t channels;
    double at[GATED_CELLS_MOST][GATED_FEATURES_MOST];
} gated_features;

typedef struct gated_network {
    const lk_model *model;
    const char *prefix; /* of names */
    int64_t height, width, colours, label;
    const gated_features *told_vertical, *told_horizontal; /* by gates; NULL: nothing */
    testing_bump bump;
} gated_network;

static inline gated_network gated_network_of(const lk_model *model) {
    const lk_shape *shape = &model->data.shape;
    return (gated_network){.model = model,
                           .prefix = "",
                           .height = shape->size[0],
                           .width = shape->size[1],
                           .colours = shape->axes == 3 ? shape->size[2] : 1};
}

static inline const float *gated_find(const gated_network *n, const char *layer, const char *what) {
    char name[128];
    snprintf(name, sizeof name, "%s%s%s", n->prefix, layer, what);
    int32_t found = lk_parameters_find(n->model->parameters, name);
    if (found < 0) {
        fail_msg("no parameter %s", name);
    }
    return n->model->parameters->list[found].value;
}

/* What a layer reads: rows above; these, and the own one; the left, and of the own pixel the
 * earlier colours, or the own colour too; only the own pixel, all colours or those up to it; or the
 * whole window. */
typedef enum gated_window {
    GATED_ABOVE,
    GATED_UP_TO_ROW,
    GATED_LEFT_A,
    GATED_LEFT_B,
    GATED_HERE_ALL,
    GATED_HERE_B,
    GATED_ALL,
} gated_window;

static inline bool gated_lets_through(gated_window w, int64_t y, int64_t x, int64_t from_colour,
                                      int64_t colour) {
    bool here = y == 0 && x == 0;
    switch (w) {
    case GATED_ABOVE:
        return y < 0;
    case GATED_UP_TO_ROW:
        return y <= 0;
    case GATED_LEFT_A:
        return (y == 0 && x < 0) || (here && from_colour < colour);
    case GATED_LEFT_B:
        return (y == 0 && x < 0) || (here && from_colour <= colour);
    case GATED_HERE_ALL:
        return here;
    case GATED_HERE_B:
        return here && from_colour <= colour;
    case GATED_ALL:
        return true;
    }
    return false;
}

static inline void gated_convolve(const gated_network *n, const char *layer,
                                  const gated_features *in, int64_t size, gated_window w,
                                  int64_t channels, gated_features *out) {
    const float *weights = gated_find(n, layer, ".weight"), *bias = gated_find(n, layer, ".bias");
    int64_t block = 0, reach = size / 2;
    memset(out, 0, sizeof *out);
    out->channels = channels;
    for (int64_t i = 0; i < n->colours * size * size * n->colours; i++) {
        int64_t from = i % n->colours, x = i / n->colours % size - reach;
        int64_t y = i / n->colours / size % size - reach, colour = i / n->colours / size / size;
        if (!gated_lets_through(w, y, x, from, colour)) {
            continue;
        }
        for (int64_t k = 0; k < in->channels * channels; k++) {
            double weight = testing_bumped(&n->bump, weights + block * in->channels * channels + k);
            for (int64_t p = 0; p < n->height * n->width; p++) {
                int64_t row = p / n->width + y, column = p % n->width + x;
                if (row >= 0 && row < n->height && column >= 0 && column < n->width) {
                    out->at[p * n->colours + colour][k % channels] +=
                        weight *
                        in->at[(row * n->width + column) * n->colours + from][k / channels];
                }
            }
        }
        block++;
    }
    for (int64_t i = 0; i < n->height * n->width * n->colours * channels; i++) {
        int64_t cell = i / channels, c = i % channels;
        out->at[cell][c] += testing_bumped(&n->bump, bias + cell % n->colours * channels + c);
    }
}

static inline void gated_add(gated_features *to, const gated_features *from) {
    for (int64_t i = 0; i < GATED_CELLS_MOST * from->channels; i++) {
        int64_t cell = i / from->channels, c = i % from->channels;
        to->at[cell][c] += from->at[cell][c];
    }
}

/* Equation 4: y = tanh(W_f x + V_f h) sigmoid(W_g x + V_g h), h being the class, one-hot, and with
 * s = 1x1(told) added as section 2.3 has it. */
static inline void gated_gate(const gated_network *n, const char *layer, const gated_features *sum,
                              const gated_features *told, gated_features *out) {
    int64_t p = sum->channels / 2;
    double given[GATED_FEATURES_MOST] = {0};
    gated_features all = *sum, more;
    if (told != NULL) {
        char name[80];
        snprintf(name, sizeof name, "%s.before", layer);
        gated_convolve(n, name, told, 1, GATED_HERE_B, 2 * p, &more);
        gated_add(&all, &more);
    }
    for (int64_t c = 0; c < 2 * p && n->model->data.labels > 0; c++) {
        given[c] =
            testing_bumped(&n->bump, gated_find(n, layer, ".label.table") + n->label * 2 * p + c);
    }
    memset(out, 0, sizeof *out);
    out->channels = p;
    for (int64_t i = 0; i < GATED_CELLS_MOST * p; i++) {
        const double *x = all.at[i / p];
        int64_t c = i % p;
        out->at[i / p][c] = tanh(x[c] + given[c]) / (1 + exp(-x[c + p] - given[c + p]));
    }
}

/* Figure 2. */
static inline void gated_layer(const gated_network *n, int64_t number, bool last, gated_features *v,
                               gated_features *h) {
    const lk_settings *settings = &n->model->settings;
    int64_t p = lk_settings_integer(settings, "channels");
    int64_t size = lk_settings_integer(settings, number == 1 ? "first_kernel" : "kernel");
    gated_features above, left, link, u, out;
    char name[5][64];
    static const char *const part[] = {"vertical", "horizontal", "link", "out"};
    for (int i = 0; i < 4; i++) {
        snprintf(name[i], sizeof name[i], "layer%lld.%s", (long long)number, part[i]);
    }
    gated_convolve(n, name[0], v, size, number == 1 ? GATED_ABOVE : GATED_UP_TO_ROW, 2 * p, &above);
    gated_convolve(n, name[1], h, size, number == 1 ? GATED_LEFT_A : GATED_LEFT_B, 2 * p, &left);
    gated_convolve(n, name[2], &above, 1, GATED_HERE_ALL, 2 * p, &link);
    gated_add(&left, &link);
    gated_gate(n, name[1], &left, n->told_horizontal, &u);
    gated_convolve(n, name[3], &u, 1, GATED_HERE_B, p, &out);
    if (number > 1) {
        gated_add(&out, h);
    }
    *h = out;
    if (!last) {
        gated_gate(n, name[0], &above, n->told_vertical, v);
    }
}

/* 1x1(relu(f)) */
static inline void gated_dense(const gated_network *n, const char *name, int64_t channels,
                               gated_features *f) {
    gated_features in = *f;
    for (int64_t i = 0; i < GATED_CELLS_MOST * GATED_FEATURES_MOST; i++) {
        double *value = &in.at[0][0] + i;
        *value = *value > 0 ? *value : 0;
    }
    gated_convolve(n, name, &in, 1, GATED_HERE_B, channels, f);
}

/* All layers, and the logits, of what the layers read. */
static inline void gated_logits(const gated_network *n, const gated_features *in, int64_t channels,
                                gated_features *logits) {
    const lk_settings *settings = &n->model->settings;
    int64_t layers = lk_settings_integer(settings, "layers");
    gated_features v = *in;
    *logits = *in;
    for (int64_t i = 1; i <= layers; i++) {
        gated_layer(n, i, i == layers, &v, logits);
    }
    gated_dense(n, "head", lk_settings_integer(settings, "head"), logits);
    gated_dense(n, "logits", channels, logits);
}

/* -log p of the value x at cell i, of a softmax, or of two values a Bernoulli. */
static inline double gated_nll(const gated_features *logits, int64_t i, int32_t alphabet,
                               uint16_t x) {
    double sum = 0.0;
    for (int32_t a = 0; a < alphabet; a++) {
        sum += exp(alphabet == 2 ? a * logits->at[i][0] : logits->at[i][a]);
    }
    return log(sum) - (alphabet == 2 ? x * logits->at[i][0] : logits->at[i][x]);
}

static inline double gated_number(int32_t alphabet, uint16_t x) {
    return alphabet == 2 ? x : 2.0 * x / (alphabet - 1) - 1.0;
}

#endif
