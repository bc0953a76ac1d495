/* PixelCNN++ as its code writes it (openai/pixel-cnn, nn.py and model.py), in double: padded
 * convolutions, shifts, lists of features that the way down pops. Only the shifts come before the
 * bias, not after it. Included by *_test.c only. */
#ifndef LK_FAMILIES_TESTING_PIXELCNN_PLUS_H
#define LK_FAMILIES_TESTING_PIXELCNN_PLUS_H

#include <stdio.h>

#include "models/testing_gradients.h"

#define PLUS_CELLS 64
#define PLUS_CHANNELS 64
#define PLUS_LIST 64
#define PLUS_WEIGHTS 4096

typedef struct plus_features {
    int64_t height, width, channels;
    double at[PLUS_CELLS][PLUS_CHANNELS];
} plus_features;

typedef struct plus_network {
    const lk_model *model;
    int64_t height, width, colours, label;
    testing_bump bump;
} plus_network;

static inline plus_network plus_network_of(const lk_model *model) {
    const lk_shape *shape = &model->data.shape;
    return (plus_network){.model = model,
                          .height = shape->size[0],
                          .width = shape->size[1],
                          .colours = shape->axes == 3 ? shape->size[2] : 1};
}

/* All values of a parameter; returns how many. */
static inline int64_t plus_read(const plus_network *n, const char *layer, const char *what,
                                double *value) {
    char name[128];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t found = lk_parameters_find(n->model->parameters, name);
    if (found < 0) {
        fail_msg("no parameter %s", name);
    }
    const lk_parameter *parameter = &n->model->parameters->list[found];
    int64_t count = parameter->rows * parameter->columns;
    assert_true(count <= PLUS_WEIGHTS);
    for (int64_t i = 0; i < count; i++) {
        value[i] = testing_bumped(&n->bump, parameter->value + i);
    }
    return count;
}

/* The weights g v / |v| of units whose rows are [first, last) of `columns`; their gains stand from
 * `unit` on. */
static inline void plus_normalise(double *weight, const double *gain, int64_t unit, int64_t first,
                                  int64_t last, int64_t columns) {
    for (int64_t c = 0; c < columns; c++) {
        double squares = 0;
        for (int64_t r = first; r < last; r++) {
            squares += weight[r * columns + c] * weight[r * columns + c];
        }
        for (int64_t r = first; r < last; r++) {
            weight[r * columns + c] *= gain[unit + c] / sqrt(squares);
        }
    }
}

/* A filter of rows x columns whose upper left corner stands at (top, left) from the pixel read. */
typedef struct plus_filter {
    int64_t rows, columns, top, left, stride;
} plus_filter;

static const plus_filter plus_down = {2, 3, -1, -1, 1};       /* down_shifted_conv2d */
static const plus_filter plus_down_right = {2, 2, -1, -1, 1}; /* down_right_shifted_conv2d */
static const plus_filter plus_nin = {1, 1, 0, 0, 1};

static inline void plus_conv(const plus_network *n, const char *layer, const plus_features *in,
                             plus_filter f, plus_features *out) {
    double weight[PLUS_WEIGHTS], gain[PLUS_CHANNELS], bias[PLUS_CHANNELS];
    int64_t rows = plus_read(n, layer, "weight", weight),
            columns = plus_read(n, layer, "gain", gain);
    assert_int_equal(plus_read(n, layer, "bias", bias), columns);
    rows /= columns;
    assert_int_equal(rows, f.rows * f.columns * in->channels);
    plus_normalise(weight, gain, 0, 0, rows, columns);
    *out = (plus_features){(in->height + f.stride - 1) / f.stride,
                           (in->width + f.stride - 1) / f.stride,
                           columns,
                           {{0}}};
    for (int64_t p = 0; p < out->height * out->width; p++) {
        for (int64_t c = 0; c < columns; c++) {
            out->at[p][c] = bias[c];
        }
        for (int64_t r = 0; r < rows; r++) {
            int64_t tap = r / in->channels;
            int64_t y = p / out->width * f.stride + f.top + tap / f.columns;
            int64_t x = p % out->width * f.stride + f.left + tap % f.columns;
            if (y < 0 || y >= in->height || x < 0 || x >= in->width) {
                continue;
            }
            for (int64_t c = 0; c < columns; c++) {
                out->at[p][c] +=
                    weight[r * columns + c] * in->at[y * in->width + x][r % in->channels];
            }
        }
    }
}

/* down_shifted_deconv2d (3 columns) and down_right_shifted_deconv2d (2) of stride 2: what each
 * pixel writes; the first column of three is cut off, as all that lies outside. */
static inline void plus_deconv(const plus_network *n, const char *layer, const plus_features *in,
                               int64_t filter, int64_t height, int64_t width, plus_features *out) {
    double weight[PLUS_WEIGHTS], gain[PLUS_CHANNELS], bias[PLUS_CHANNELS];
    int64_t rows = plus_read(n, layer, "weight", weight),
            columns = plus_read(n, layer, "gain", gain);
    plus_read(n, layer, "bias", bias);
    rows /= columns;
    assert_int_equal(rows, 2 * filter * in->channels);
    plus_normalise(weight, gain, 0, 0, rows, columns);
    *out = (plus_features){height, width, columns, {{0}}};
    for (int64_t i = 0; i < height * width * columns; i++) {
        out->at[i / columns][i % columns] = bias[i % columns];
    }
    for (int64_t p = 0; p < in->height * in->width; p++) {
        for (int64_t r = 0; r < rows; r++) {
            int64_t tap = r / in->channels, y = p / in->width * 2 + tap / filter;
            int64_t x = p % in->width * 2 + tap % filter - (filter == 3);
            for (int64_t c = 0; c < columns && y < height && x >= 0 && x < width; c++) {
                out->at[y * width + x][c] += weight[r * columns + c] * in->at[p][r % in->channels];
            }
        }
    }
}

static inline double plus_elu(double x) {
    return x > 0 ? x : expm1(x);
}

static inline void plus_concat_elu(const plus_features *in, plus_features *out) {
    *out = (plus_features){in->height, in->width, 2 * in->channels, {{0}}};
    assert_true(out->channels <= PLUS_CHANNELS);
    for (int64_t i = 0; i < in->height * in->width * in->channels; i++) {
        double x = in->at[i / in->channels][i % in->channels];
        out->at[i / in->channels][i % in->channels] = plus_elu(x);
        out->at[i / in->channels][in->channels + i % in->channels] = plus_elu(-x);
    }
}

static inline void plus_add(plus_features *to, const plus_features *from) {
    for (int64_t i = 0; i < PLUS_CELLS * PLUS_CHANNELS; i++) {
        (&to->at[0][0])[i] += (&from->at[0][0])[i];
    }
}

static inline void plus_concat(const plus_features *a, const plus_features *b, plus_features *out) {
    *out = *a;
    out->channels += b->channels;
    for (int64_t p = 0; p < a->height * a->width; p++) {
        memcpy(out->at[p] + a->channels, b->at[p], (size_t)b->channels * sizeof(double));
    }
}

/* nn.gated_resnet; x becomes its result. */
static inline void plus_resnet(const plus_network *n, const char *name, plus_filter f,
                               const plus_features *a, plus_features *x) {
    plus_features bent, c1, c2, more;
    char layer[4][96];
    static const char *const part[] = {"in", "aux", "gate", "label"};
    for (int i = 0; i < 4; i++) {
        snprintf(layer[i], sizeof layer[i], "%s.%s", name, part[i]);
    }
    plus_concat_elu(x, &bent);
    plus_conv(n, layer[0], &bent, f, &c1);
    if (a != NULL) {
        plus_concat_elu(a, &bent);
        plus_conv(n, layer[1], &bent, plus_nin, &more);
        plus_add(&c1, &more);
    }
    plus_concat_elu(&c1, &bent);
    plus_conv(n, layer[2], &bent, f, &c2);
    int64_t filters = x->channels;
    double hw[PLUS_WEIGHTS] = {0};
    if (n->model->data.labels > 0) {
        plus_read(n, layer[3], "table", hw);
    }
    for (int64_t i = 0; i < x->height * x->width * filters; i++) {
        const double *c = c2.at[i / filters], *h = hw + n->label * 2 * filters;
        int64_t k = i % filters;
        x->at[i / filters][k] += (c[k] + h[k]) / (1 + exp(-c[filters + k] - h[filters + k]));
    }
}

/* model.model_spec: the features of ul before the last layer. */
static inline void plus_features_of(const plus_network *n, const plus_features *input,
                                    plus_features *ul) {
    static plus_features u_list[PLUS_LIST], ul_list[PLUS_LIST], both, u;
    static const plus_filter first_u = {2, 3, -2, -1, 1}, above = {1, 3, -1, -1, 1},
                             left = {2, 1, -1, -1, 1};
    const lk_settings *settings = &n->model->settings;
    int depth = (int)lk_settings_integer(settings, "depth"), count = 0;
    int levels = (int)lk_settings_integer(settings, "levels");
    plus_filter down = plus_down, down_right = plus_down_right;
    down.stride = down_right.stride = 2;
    char name[64];
    plus_conv(n, "first.u", input, first_u, &u_list[0]);
    plus_conv(n, "first.above", input, above, &ul_list[0]);
    plus_conv(n, "first.left", input, left, &both);
    plus_add(&ul_list[0], &both);
    for (int level = 1; level <= levels; level++) {
        for (int i = 1; i <= depth; i++, count++) {
            u_list[count + 1] = u_list[count];
            ul_list[count + 1] = ul_list[count];
            snprintf(name, sizeof name, "up%d.%d.u", level, i);
            plus_resnet(n, name, plus_down, NULL, &u_list[count + 1]);
            snprintf(name, sizeof name, "up%d.%d.ul", level, i);
            plus_resnet(n, name, plus_down_right, &u_list[count + 1], &ul_list[count + 1]);
        }
        if (level < levels) {
            snprintf(name, sizeof name, "halve%d.u", level);
            plus_conv(n, name, &u_list[count], down, &u_list[count + 1]);
            snprintf(name, sizeof name, "halve%d.ul", level);
            plus_conv(n, name, &ul_list[count], down_right, &ul_list[count + 1]);
            count++;
        }
    }
    u = u_list[count];
    *ul = ul_list[count];
    for (int level = levels; level >= 1; level--) {
        for (int i = 1; i <= depth + (level < levels); i++) {
            count--;
            snprintf(name, sizeof name, "down%d.%d.u", level, i);
            plus_resnet(n, name, plus_down, &u_list[count], &u);
            plus_concat(&u, &ul_list[count], &both);
            snprintf(name, sizeof name, "down%d.%d.ul", level, i);
            plus_resnet(n, name, plus_down_right, &both, ul);
        }
        if (level > 1) {
            /* As large as the list's next. */
            const plus_features *there = &u_list[count - 1];
            snprintf(name, sizeof name, "double%d.u", level - 1);
            plus_deconv(n, name, &u, 3, there->height, there->width, &both);
            u = both;
            snprintf(name, sizeof name, "double%d.ul", level - 1);
            plus_deconv(n, name, ul, 2, there->height, there->width, &both);
            *ul = both;
        }
    }
    assert_int_equal(count, 0);
    for (int64_t i = 0; i < PLUS_CELLS * PLUS_CHANNELS; i++) {
        (&ul->at[0][0])[i] = plus_elu((&ul->at[0][0])[i]);
    }
}

/* ---- the likelihood of a pixel --------------------------------------------------------------- */

static inline double plus_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* nn.discretized_mix_logistic_loss, at V levels, without its thresholds. */
static inline double plus_logistic_nll(const plus_network *n, const double *out,
                                       const uint16_t *x) {
    int64_t components = lk_settings_integer(&n->model->settings, "mixtures");
    double unit = 2.0 / (n->model->data.alphabet - 1), total = 0, weights = 0;
    for (int64_t k = 0; k < components; k++) {
        double p = exp(out[k]);
        const double *at = out + components;
        weights += p;
        for (int64_t c = 0; c < n->colours; c++, at += (2 + c - 1) * components) {
            double mean = at[k], inverse = exp(-fmax(at[components + k], -7)),
                   value = x[c] * unit - 1;
            for (int64_t i = 0; i < c; i++) {
                mean += tanh(at[(2 + i) * components + k]) * (x[i] * unit - 1);
            }
            double upper = plus_sigmoid((value - mean + unit / 2) * inverse);
            double lower = plus_sigmoid((value - mean - unit / 2) * inverse);
            p *= (x[c] == n->model->data.alphabet - 1 ? 1 : upper) - (x[c] == 0 ? 0 : lower);
        }
        total += p;
    }
    return log(weights) - log(total);
}

static inline double plus_symbol_nll(const double *logit, int32_t alphabet, uint16_t x) {
    double sum = 0;
    for (int32_t a = 0; a < alphabet; a++) {
        sum += exp(alphabet == 2 ? a * logit[0] : logit[a]);
    }
    return log(sum) - (alphabet == 2 ? x * logit[0] : logit[x]);
}

/* Colours one after another: features of their own, told the numbers of the earlier ones. */
static inline double plus_colours_nll(const plus_network *n, const plus_features *ul, int64_t pixel,
                                      const uint16_t *x) {
    static double logits[PLUS_WEIGHTS], colours[PLUS_WEIGHTS], gain[PLUS_CHANNELS], bias[64];
    static double lgain[PLUS_CHANNELS], lbias[PLUS_CHANNELS];
    double hidden[4][PLUS_CHANNELS], nll = 0;
    int32_t alphabet = n->model->data.alphabet;
    int64_t f = ul->channels, wide = alphabet == 2 ? 1 : alphabet, row = 0, at = 0;
    plus_read(n, "colours", "weight", colours);
    plus_read(n, "colours", "gain", gain);
    plus_read(n, "colours", "bias", bias);
    plus_read(n, "logits", "weight", logits);
    plus_read(n, "logits", "gain", lgain);
    plus_read(n, "logits", "bias", lbias);
    for (int64_t c = 0; c < n->colours; c++) {
        static plus_features own;
        char name[32];
        snprintf(name, sizeof name, "colour%d", (int)c + 1);
        plus_conv(n, name, ul, plus_nin, &own);
        plus_normalise(colours, gain, c * f, row, row + c, f);
        for (int64_t k = 0; k < f; k++) {
            hidden[c][k] = own.at[pixel][k] + bias[c * f + k];
            for (int64_t i = 0; i < c; i++) {
                double value = alphabet == 2 ? x[i] : 2.0 * x[i] / (alphabet - 1) - 1;
                hidden[c][k] += colours[(row + i) * f + k] * value;
            }
            hidden[c][k] = plus_elu(hidden[c][k]);
        }
        row += c;
        plus_normalise(logits, lgain, c * wide, at, at + (c + 1) * f, wide);
        double logit[PLUS_CHANNELS];
        for (int64_t a = 0; a < wide; a++) {
            logit[a] = lbias[c * wide + a];
            for (int64_t k = 0; k < (c + 1) * f; k++) {
                logit[a] += logits[(at + k) * wide + a] * hidden[k / f][k % f];
            }
        }
        at += (c + 1) * f;
        nll += plus_symbol_nll(logit, alphabet, x[c]);
    }
    return nll;
}

static inline double plus_nll(const void *network_of_test, const uint16_t *x) {
    const plus_network *n = network_of_test;
    static plus_features input, ul, out;
    int32_t alphabet = n->model->data.alphabet;
    bool logistic = strcmp(lk_settings_text(&n->model->settings, "distribution"), "logistic") == 0;
    double nll = 0;
    input = (plus_features){n->height, n->width, n->colours + 1, {{0}}};
    for (int64_t i = 0; i < n->height * n->width * n->colours; i++) {
        input.at[i / n->colours][i % n->colours] =
            alphabet == 2 ? x[i] : 2.0 * x[i] / (alphabet - 1) - 1.0;
        input.at[i / n->colours][n->colours] = 1;
    }
    plus_features_of(n, &input, &ul);
    if (logistic || n->colours == 1) {
        plus_conv(n, "logits", &ul, plus_nin, &out);
    }
    for (int64_t p = 0; p < n->height * n->width; p++) {
        const uint16_t *pixel = x + p * n->colours;
        nll += logistic          ? plus_logistic_nll(n, out.at[p], pixel)
               : n->colours == 1 ? plus_symbol_nll(out.at[p], alphabet, pixel[0])
                                 : plus_colours_nll(n, &ul, p, pixel);
    }
    return nll;
}

#endif
