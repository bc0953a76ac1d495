/* The layers of models/gated_resnet.h and models/pixel_head.h in double, as the codes of PixelCNN++
 * and PixelSNAIL have them: filters of rows x columns over padded images. Included by *_test.c
 * only. */
#ifndef LK_MODELS_TESTING_RESNETS_H
#define LK_MODELS_TESTING_RESNETS_H

#include <stdio.h>

#include "models/testing_gradients.h"
#include "ops/testing_logistic.h"

#define RESNETS_PIXELS 32
#define RESNETS_CHANNELS 64
#define RESNETS_WEIGHTS 4096

typedef struct resnets_reference {
    const lk_model *model;
    const char *prefix; /* of layers: "", or "high." of a part of a view */
    int32_t alphabet;
    int64_t height, width, colours, label;
    bool doubled;
    testing_bump bump;
} resnets_reference;

typedef struct resnets_features {
    int64_t channels;
    double at[RESNETS_PIXELS][RESNETS_CHANNELS];
} resnets_features;

static inline resnets_reference resnets_reference_of(const lk_model *model, bool doubled) {
    const lk_shape *shape = &model->data.shape;
    return (resnets_reference){.model = model,
                               .prefix = "",
                               .alphabet = model->data.alphabet,
                               .height = shape->size[0],
                               .width = shape->size[1],
                               .colours = shape->axes == 3 ? shape->size[2] : 1,
                               .doubled = doubled};
}

/* All values of a parameter; returns how many. */
static inline int64_t resnets_read(const resnets_reference *r, const char *layer, const char *what,
                                   double *value) {
    char name[128];
    snprintf(name, sizeof name, "%s%s.%s", r->prefix, layer, what);
    int32_t found = lk_parameters_find(r->model->parameters, name);
    if (found < 0) {
        fail_msg("no parameter %s", name);
    }
    const lk_parameter *parameter = &r->model->parameters->list[found];
    int64_t count = parameter->rows * parameter->columns;
    assert_true(count <= RESNETS_WEIGHTS);
    for (int64_t i = 0; i < count; i++) {
        value[i] = testing_bumped(&r->bump, parameter->value + i);
    }
    return count;
}

/* Rows [first, last) of `columns` become g v / |v|. */
static inline void resnets_normalise(double *weight, const double *gain, int64_t first,
                                     int64_t last, int64_t columns) {
    for (int64_t c = 0; c < columns; c++) {
        double squares = 0;
        for (int64_t row = first; row < last; row++) {
            squares += weight[row * columns + c] * weight[row * columns + c];
        }
        for (int64_t row = first; row < last; row++) {
            weight[row * columns + c] *= gain[c] / sqrt(squares);
        }
    }
}

/* A filter whose upper left corner stands at (top, left) from its pixel; pixels that it reads are
 * `reach` apart, 0: next to each other. */
typedef struct resnets_filter {
    int64_t rows, columns, top, left, reach;
} resnets_filter;

static const resnets_filter resnets_1x1 = {1, 1, 0, 0, 1};
static const resnets_filter resnets_2x2 = {2, 2, -1, -1, 1};

static inline void resnets_conv(const resnets_reference *r, const char *layer,
                                const resnets_features *in, resnets_filter f,
                                resnets_features *out) {
    double weight[RESNETS_WEIGHTS], gain[RESNETS_CHANNELS], bias[RESNETS_CHANNELS];
    int64_t columns = resnets_read(r, layer, "gain", gain);
    int64_t rows = resnets_read(r, layer, "weight", weight) / columns;
    assert_int_equal(resnets_read(r, layer, "bias", bias), columns);
    assert_int_equal(rows, f.rows * f.columns * in->channels);
    resnets_normalise(weight, gain, 0, rows, columns);
    memset(out, 0, sizeof *out);
    out->channels = columns;
    for (int64_t p = 0; p < r->height * r->width; p++) {
        memcpy(out->at[p], bias, (size_t)columns * sizeof *bias);
        for (int64_t row = 0; row < rows; row++) {
            int64_t tap = row / in->channels, reach = f.reach > 0 ? f.reach : 1;
            int64_t y = p / r->width + f.top + tap / f.columns * reach;
            int64_t x = p % r->width + f.left + tap % f.columns * reach;
            bool inside = y >= 0 && y < r->height && x >= 0 && x < r->width;
            for (int64_t c = 0; c < columns && inside; c++) {
                out->at[p][c] +=
                    weight[row * columns + c] * in->at[y * r->width + x][row % in->channels];
            }
        }
    }
}

static inline double resnets_elu(double x) {
    return x > 0 ? x : expm1(x);
}

static inline void resnets_bend(bool doubled, const resnets_features *in, resnets_features *out) {
    memset(out, 0, sizeof *out);
    out->channels = doubled ? 2 * in->channels : in->channels;
    assert_true(out->channels <= RESNETS_CHANNELS);
    for (int64_t i = 0; i < RESNETS_PIXELS * in->channels; i++) {
        double x = in->at[i / in->channels][i % in->channels], *to = out->at[i / in->channels];
        to[i % in->channels] = resnets_elu(x);
        if (doubled) {
            to[in->channels + i % in->channels] = resnets_elu(-x);
        }
    }
}

static inline void resnets_add(resnets_features *to, const resnets_features *from) {
    for (int64_t i = 0; i < RESNETS_PIXELS * RESNETS_CHANNELS; i++) {
        (&to->at[0][0])[i] += (&from->at[0][0])[i];
    }
}

/* More channels behind those there are. */
static inline void resnets_append(resnets_features *to, const resnets_features *from) {
    assert_true(to->channels + from->channels <= RESNETS_CHANNELS);
    for (int64_t p = 0; p < RESNETS_PIXELS; p++) {
        memcpy(to->at[p] + to->channels, from->at[p], (size_t)from->channels * sizeof(double));
    }
    to->channels += from->channels;
}

/* nn.gated_resnet; x becomes its result. */
static inline void resnets_layer(const resnets_reference *r, const char *name, resnets_filter f,
                                 const resnets_features *a, resnets_features *x) {
    resnets_features bent, c1, c2, more;
    char in[96], aux[96], gate[96], label[96];
    snprintf(in, sizeof in, "%s.in", name);
    snprintf(aux, sizeof aux, "%s.aux", name);
    snprintf(gate, sizeof gate, "%s.gate", name);
    snprintf(label, sizeof label, "%s.label", name);
    resnets_bend(r->doubled, x, &bent);
    resnets_conv(r, in, &bent, f, &c1);
    if (a != NULL) {
        resnets_bend(r->doubled, a, &bent);
        resnets_conv(r, aux, &bent, resnets_1x1, &more);
        resnets_add(&c1, &more);
    }
    resnets_bend(r->doubled, &c1, &bent);
    resnets_conv(r, gate, &bent, f, &c2);
    double hw[RESNETS_WEIGHTS] = {0};
    if (r->model->data.labels > 0) {
        resnets_read(r, label, "table", hw);
    }
    for (int64_t i = 0; i < r->height * r->width * x->channels; i++) {
        int64_t p = i / x->channels, k = i % x->channels;
        const double *h = hw + r->label * 2 * x->channels;
        double b = c2.at[p][x->channels + k] + h[x->channels + k];
        x->at[p][k] += (c2.at[p][k] + h[k]) / (1 + exp(-b));
    }
}

/* ---- the head -------------------------------------------------------------------------------- */

static inline double resnets_number(const resnets_reference *r, uint16_t x) {
    int32_t alphabet = r->alphabet;
    return alphabet == 2 ? x : 2.0 * x / (alphabet - 1) - 1.0;
}

/* A channel for each colour. */
static inline void resnets_pixels(const resnets_reference *r, const uint16_t *x,
                                  resnets_features *out) {
    memset(out, 0, sizeof *out);
    out->channels = r->colours;
    for (int64_t i = 0; i < r->height * r->width * r->colours; i++) {
        out->at[i / r->colours][i % r->colours] = resnets_number(r, x[i]);
    }
}

static inline double resnets_symbol_nll(const double *logit, int32_t alphabet, uint16_t x) {
    double sum = 0;
    for (int32_t a = 0; a < alphabet; a++) {
        sum += exp(alphabet == 2 ? a * logit[0] : logit[a]);
    }
    return log(sum) - (alphabet == 2 ? x * logit[0] : logit[x]);
}

/* Softmaxes of colours one after another; hidden features of the earlier ones are read too. */
static inline double resnets_colours_nll(const resnets_reference *r,
                                         const resnets_features *features, const uint16_t *x) {
    static double earlier[RESNETS_WEIGHTS], earlier_gain[RESNETS_WEIGHTS],
        earlier_bias[RESNETS_WEIGHTS], last[RESNETS_WEIGHTS], gain[RESNETS_WEIGHTS],
        bias[RESNETS_WEIGHTS];
    static resnets_features hidden[4];
    int32_t alphabet = r->alphabet;
    int64_t f = features->channels, wide = alphabet == 2 ? 1 : alphabet, above = 0, at = 0;
    double nll = 0;
    resnets_read(r, "colours", "weight", earlier);
    resnets_read(r, "colours", "gain", earlier_gain);
    resnets_read(r, "colours", "bias", earlier_bias);
    resnets_read(r, "logits", "weight", last);
    resnets_read(r, "logits", "gain", gain);
    resnets_read(r, "logits", "bias", bias);
    for (int64_t c = 0; c < r->colours; c++) {
        char name[32];
        snprintf(name, sizeof name, "colour%d", (int)c + 1);
        resnets_conv(r, name, features, resnets_1x1, &hidden[c]);
        resnets_normalise(earlier, earlier_gain + c * f, above, above + c, f);
        resnets_normalise(last, gain + c * wide, at, at + (c + 1) * f, wide);
        for (int64_t p = 0; p < r->height * r->width; p++) {
            double logit[RESNETS_CHANNELS];
            for (int64_t k = 0; k < f; k++) {
                double sum = hidden[c].at[p][k] + earlier_bias[c * f + k];
                for (int64_t i = 0; i < c; i++) {
                    sum += earlier[(above + i) * f + k] * resnets_number(r, x[p * r->colours + i]);
                }
                hidden[c].at[p][k] = resnets_elu(sum);
            }
            for (int64_t a = 0; a < wide; a++) {
                logit[a] = bias[c * wide + a];
                for (int64_t k = 0; k < (c + 1) * f; k++) {
                    logit[a] += last[(at + k) * wide + a] * hidden[k / f].at[p][k % f];
                }
            }
            nll += resnets_symbol_nll(logit, alphabet, x[p * r->colours + c]);
        }
        above += c;
        at += (c + 1) * f;
    }
    return nll;
}

static inline double resnets_head_nll(const resnets_reference *r, const resnets_features *features,
                                      const uint16_t *x) {
    const char *distribution = lk_settings_text(&r->model->settings, "distribution");
    bool logistic = strcmp(distribution, "logistic") == 0;
    if (!logistic && r->colours > 1) {
        return resnets_colours_nll(r, features, x);
    }
    resnets_features out;
    int64_t components = lk_settings_integer(&r->model->settings, "mixtures");
    double nll = 0;
    resnets_conv(r, "logits", features, resnets_1x1, &out);
    for (int64_t p = 0; p < r->height * r->width; p++) {
        nll += logistic ? testing_pixel_nll(out.at[p], components, (int32_t)r->colours, r->alphabet,
                                            x + p * r->colours)
                        : resnets_symbol_nll(out.at[p], r->alphabet, x[p]);
    }
    return nll;
}

#endif
