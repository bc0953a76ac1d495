/* The layers of models/coarse_to_fine.h in double, as plain loops over grids, and its base: for the
 * families that say pictures level after level. Included by *_test.c only. */
#ifndef LK_MODELS_TESTING_COARSE_TO_FINE_H
#define LK_MODELS_TESTING_COARSE_TO_FINE_H

#include <stdio.h>

#include "models/testing_gradients.h"
#include "models/testing_learning.h"
#include "ops/testing_logistic.h"

#define FINE_CELLS 96
#define FINE_CHANNELS 32

/* A cell for each group of each pixel of a grid. */
typedef struct fine_features {
    int64_t channels;
    double at[FINE_CELLS][FINE_CHANNELS];
} fine_features;

typedef struct fine_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *set[10];
    int32_t sets;
} fine_case;

typedef struct fine_network {
    const lk_model *model;
    const uint16_t *x; /* the example */
    int64_t height, width, colours, groups, scales, label;
    int64_t components; /* 0: no mixture */
    testing_bump bump;
    double nll; /* what has been added up */
} fine_network;

static inline lk_model *fine_model(lk_context *context, const char *family, const fine_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context,
               lk_model_create(context, family, c->set, c->sets, data, "natural", 5, &model));
    return model;
}

static inline int64_t fine_setting(const fine_network *n, const char *key) {
    return lk_settings_integer(&n->model->settings, key);
}

static inline fine_network fine_network_of(const lk_model *model) {
    const lk_shape *shape = &model->data.shape;
    fine_network n = {.model = model,
                      .height = shape->size[0],
                      .width = shape->size[1],
                      .colours = shape->axes == 3 ? shape->size[2] : 1};
    n.scales = fine_setting(&n, "scales");
    n.groups = n.colours;
    if (strcmp(lk_settings_text(&model->settings, "distribution"), "logistic") == 0) {
        n.components = fine_setting(&n, "mixtures");
        n.groups = 1;
    }
    return n;
}

static inline double fine_weight(const fine_network *n, const char *prefix, const char *layer,
                                 const char *what, int64_t at) {
    char name[128];
    snprintf(name, sizeof name, "%s%s.%s", prefix, layer, what);
    int32_t found = lk_parameters_find(n->model->parameters, name);
    if (found < 0) {
        fail_msg("no parameter %s", name);
    }
    const lk_parameter *parameter = &n->model->parameters->list[found];
    assert_true(at < parameter->rows * parameter->columns);
    return testing_bumped(&n->bump, parameter->value + at);
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* A grid, and a mask: a square window of odd size around each pixel. */
typedef struct fine_stage {
    const char *prefix;
    int64_t height, width, groups;
    int64_t size;
    bool raster;         /* only what stands up to the pixel */
    char centre;         /* at the pixel itself: 'A', 'B', or '*' for all groups */
    int64_t patch;       /* above 0: windows do not leave patches of this side */
    const int32_t *rank; /* [pixels * groups]: under A only lower ones, under B none higher */
} fine_stage;

static inline bool fine_reads(const fine_stage *s, int64_t pixel, int64_t group, int64_t y,
                              int64_t x, int64_t from) {
    int64_t row = pixel / s->width, column = pixel % s->width;
    if (row + y < 0 || row + y >= s->height || column + x < 0 || column + x >= s->width) {
        return false;
    }
    if (s->patch > 0 &&
        ((row + y) / s->patch != row / s->patch || (column + x) / s->patch != column / s->patch)) {
        return false;
    }
    if (s->rank == NULL) {
        return true;
    }
    int32_t own = s->rank[pixel * s->groups + group];
    int32_t other = s->rank[(pixel + y * s->width + x) * s->groups + from];
    return s->centre == 'A' ? other < own : other <= own;
}

/* Blocks of weights stand by (group, tap, group read), those that the mask lets through. */
static inline void fine_conv(const fine_network *n, const fine_stage *s, const char *layer,
                             const fine_features *in, int64_t channels, fine_features *out) {
    int64_t reach = s->size / 2, block = 0, pixels = s->height * s->width;
    memset(out, 0, sizeof *out);
    out->channels = channels;
    for (int64_t i = 0; i < s->groups * s->size * s->size * s->groups; i++) {
        int64_t from = i % s->groups, x = i / s->groups % s->size - reach;
        int64_t y = i / s->groups / s->size % s->size - reach;
        int64_t group = i / s->groups / s->size / s->size;
        bool here = y == 0 && x == 0;
        if ((s->raster && (y > 0 || (y == 0 && x > 0))) ||
            (here && s->centre == 'A' && from >= group) ||
            (here && s->centre == 'B' && from > group)) {
            continue;
        }
        for (int64_t p = 0; p < pixels; p++) {
            if (!fine_reads(s, p, group, y, x, from)) {
                continue;
            }
            const double *read = in->at[(p + y * s->width + x) * s->groups + from];
            double *to = out->at[p * s->groups + group];
            for (int64_t k = 0; k < in->channels * channels; k++) {
                int64_t at = block * in->channels * channels + k;
                to[k % channels] +=
                    fine_weight(n, s->prefix, layer, "weight", at) * read[k / channels];
            }
        }
        block++;
    }
    for (int64_t i = 0; i < pixels * s->groups * channels; i++) {
        int64_t cell = i / channels, c = i % channels;
        out->at[cell][c] +=
            fine_weight(n, s->prefix, layer, "bias", cell % s->groups * channels + c);
    }
}

static inline void fine_relu(fine_features *f) {
    for (int64_t i = 0; i < FINE_CELLS * FINE_CHANNELS; i++) {
        double *value = &f->at[0][0] + i;
        *value = *value > 0 ? *value : 0;
    }
}

static inline void fine_add(fine_features *to, const fine_features *from) {
    for (int64_t i = 0; i < FINE_CELLS * FINE_CHANNELS; i++) {
        (&to->at[0][0])[i] += (&from->at[0][0])[i];
    }
}

static inline void fine_label(const fine_network *n, const char *prefix, const char *layer,
                              fine_features *f) {
    for (int64_t i = 0; i < FINE_CELLS * f->channels && n->model->data.labels > 0; i++) {
        f->at[i / f->channels][i % f->channels] +=
            fine_weight(n, prefix, layer, "table", n->label * f->channels + i % f->channels);
    }
}

static inline void fine_blocks(const fine_network *n, const fine_stage *s, int64_t count,
                               fine_features *x) {
    for (int64_t number = 1; number <= count; number++) {
        fine_features f = *x, inner;
        char in[32], label[32], last[32];
        snprintf(in, sizeof in, "block%d.in", (int)number);
        snprintf(label, sizeof label, "block%d.label", (int)number);
        snprintf(last, sizeof last, "block%d.out", (int)number);
        fine_relu(&f);
        fine_conv(n, s, in, &f, x->channels, &inner);
        fine_label(n, s->prefix, label, &inner);
        fine_relu(&inner);
        fine_conv(n, s, last, &inner, x->channels, &f);
        fine_add(x, &f);
    }
}

/* 1x1 of features of whole pixels for each group: COLOUR1, ... */
static inline void fine_split(const fine_network *n, const fine_stage *s, const fine_features *f,
                              int64_t channels, fine_features *out) {
    fine_stage alone = {s->prefix, s->height, s->width, 1, .size = 1, .centre = '*'};
    memset(out, 0, sizeof *out);
    out->channels = channels;
    for (int64_t g = 0; g < s->groups; g++) {
        fine_features one;
        char name[32];
        snprintf(name, sizeof name, "colour%d", (int)g + 1);
        fine_conv(n, &alone, name, f, channels, &one);
        for (int64_t p = 0; p < s->height * s->width; p++) {
            memcpy(out->at[p * s->groups + g], one.at[p], sizeof one.at[p]);
        }
    }
}

/* ---- pixels ---------------------------------------------------------------------------------- */

static inline int64_t fine_side(int64_t side, int64_t level) {
    for (; level > 0; level--) {
        side = (side + 1) / 2;
    }
    return side;
}

/* Of the picture; -1: outside. */
static inline int64_t fine_pixel(const fine_network *n, int64_t level, int64_t row,
                                 int64_t column) {
    for (; level > 0; level--) {
        row *= 2;
        column *= 2;
    }
    return row < n->height && column < n->width ? row * n->width + column : -1;
}

static inline double fine_number(const fine_network *n, int64_t pixel, int64_t colour) {
    int32_t alphabet = n->model->data.alphabet;
    uint16_t x = pixel < 0 ? 0 : n->x[pixel * n->colours + colour];
    return pixel < 0 ? 0 : alphabet == 2 ? x : 2.0 * x / (alphabet - 1) - 1.0;
}

/* A cell for each pixel, behind the channels that there are. */
static inline void fine_plane(const fine_network *n, const int64_t *pixel, int64_t count,
                              fine_features *out) {
    for (int64_t i = 0; i < count * n->colours; i++) {
        out->at[i / n->colours][out->channels + i % n->colours] =
            fine_number(n, pixel[i / n->colours], i % n->colours);
    }
    out->channels += n->colours;
}

/* A cell for each group. */
static inline void fine_values(const fine_network *n, const int64_t *pixel, int64_t count,
                               fine_features *out) {
    memset(out, 0, sizeof *out);
    if (n->groups == 1) {
        fine_plane(n, pixel, count, out);
        return;
    }
    out->channels = 1;
    for (int64_t i = 0; i < count * n->groups; i++) {
        out->at[i][0] = fine_number(n, pixel[i / n->groups], i % n->groups);
    }
}

static inline double fine_symbol_nll(const double *logit, int32_t alphabet, uint16_t x) {
    double sum = 0;
    for (int32_t a = 0; a < alphabet; a++) {
        sum += exp(alphabet == 2 ? a * logit[0] : logit[a]);
    }
    return log(sum) - (alphabet == 2 ? x * logit[0] : logit[x]);
}

/* Adds up what the features say of these pixels; -1: nothing. */
static inline void fine_say(fine_network *n, const fine_stage *s, const fine_features *f,
                            const int64_t *pixel) {
    int32_t alphabet = n->model->data.alphabet;
    int64_t wide = n->components > 0
                       ? lk_logistic_colours_channels((int32_t)n->colours, n->components)
                   : alphabet == 2 ? 1
                                   : alphabet;
    fine_stage here = {s->prefix, s->height, s->width, s->groups, .size = 1, .centre = 'B'};
    fine_features read = *f, logits;
    fine_relu(&read);
    fine_conv(n, &here, "logits", &read, wide, &logits);
    for (int64_t i = 0; i < s->height * s->width * s->groups; i++) {
        int64_t p = pixel[i / s->groups];
        const uint16_t *x = n->x + p * n->colours;
        if (p >= 0) {
            n->nll += n->components > 0 ? testing_pixel_nll(logits.at[i], n->components,
                                                            (int32_t)n->colours, alphabet, x)
                                        : fine_symbol_nll(logits.at[i], alphabet, x[i % s->groups]);
        }
    }
}

static inline void fine_base(fine_network *n) {
    int64_t channels = fine_setting(n, "channels"), pixel[FINE_CELLS];
    fine_stage s = {"base.",
                    fine_side(n->height, n->scales),
                    fine_side(n->width, n->scales),
                    n->groups,
                    .size = 7,
                    .raster = true,
                    .centre = 'A'};
    fine_features in, x;
    for (int64_t i = 0; i < s.height * s.width; i++) {
        pixel[i] = fine_pixel(n, n->scales, i / s.width, i % s.width);
    }
    fine_values(n, pixel, s.height * s.width, &in);
    fine_conv(n, &s, "first", &in, channels, &x);
    fine_label(n, "base.", "first.label", &x);
    s.size = 3;
    s.centre = 'B';
    fine_blocks(n, &s, fine_setting(n, "base_blocks"), &x);
    fine_say(n, &s, &x, pixel);
}

/* ---- tests that the families share ----------------------------------------------------------- */

/* The network of a case under some weights says what `reference` does, for each class, and has its
 * gradients. `reference` takes a fine_network. */
static inline void fine_equals(lk_context *context, const char *family, const fine_case *cases,
                               int count, uint64_t seed, testing_reference *reference) {
    for (int i = 0; i < count; i++) {
        lk_model *model = fine_model(context, family, &cases[i]);
        testing_random_weights_of(model, 0.4f, seed);
        fine_network n = fine_network_of(model);
        uint16_t x[5 * FINE_CELLS];
        testing_random_values(model, 5, seed + 1, x);
        testing_equals(model, x, 5, reference, &n, i, seed);
        for (n.label = 0; n.label < cases[i].labels; n.label++) {
            double nll, expected = reference(&n, x);
            testing_nll_given(model, x, 1, (uint16_t)n.label, &nll);
            assert_true(fabs(nll - expected) <= 1e-5 * (1 + expected));
        }
        n.label = 0;
        testing_gradients(model, x, 5, seed, reference, &n, &n.bump);
        lk_model_destroy(model);
    }
}

/* Sums to one; both schedules agree to the bit. */
static inline void fine_is_a_distribution(lk_context *context, const char *family,
                                          const fine_case *cases, int count, uint64_t seed) {
    for (int i = 0; i < count; i++) {
        lk_model *model = fine_model(context, family, &cases[i]);
        uint16_t x[17 * FINE_CELLS];
        testing_random_weights_of(model, 1.0f, seed);
        testing_random_values(model, 17, seed + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

/* Before training it is near the marginals, pooled over all pixels; then eight examples are learned
 * by heart. */
static inline void fine_learns(lk_context *context, const char *family, const fine_case *c,
                               uint64_t seed) {
    lk_model *model = fine_model(context, family, c);
    int64_t variables = model->data.variables;
    lk_dataset *train = testing_random_data(context, 8, variables, 2, seed);
    double ones = 0;
    for (int64_t i = 0; i < 8 * variables; i++) {
        ones += train->values[i] / (8.0 * (double)variables);
    }
    testing_ok(context, lk_model_start(model, train));
    double start = testing_mean_nll(model, train);
    double marginal = -(double)variables * (ones * log(ones) + (1 - ones) * log(1 - ones));
    if (!(fabs(start - marginal) < 0.01 * marginal)) {
        fail_msg("seed %llu: %.6g nats before training, marginals %.6g", (unsigned long long)seed,
                 start, marginal);
    }
    testing_learns_by_heart(model, train, 300, 0.01);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

/* The network of a model at another shape is that of a model made for it, weights copied. */
static inline void fine_takes_any_size(lk_context *context, const char *family, const fine_case *c,
                                       const lk_shape *shapes, int count) {
    lk_model *model = fine_model(context, family, c);
    testing_random_weights_of(model, 0.5f, 3);
    for (int i = 0; i < count; i++) {
        fine_case there = *c;
        lk_graph *one, *two;
        there.shape = shapes[i];
        lk_model *made = fine_model(context, family, &there);
        testing_random_weights_of(made, 0.5f, 3);
        testing_ok(context, lk_model_graph_at(model, shapes[i], &one));
        testing_ok(context, lk_model_graph(made, 0, &two));
        assert_int_equal(one->steps, two->steps);
        assert_int_equal(one->variables, two->variables);
        assert_memory_equal(one->rank, two->rank, (size_t)one->variables * sizeof *one->rank);
        assert_int_equal(lk_graph_multiply_adds_forward(one), lk_graph_multiply_adds_forward(two));
        assert_int_equal(lk_parameters_total(model->parameters),
                         lk_parameters_total(made->parameters));
        lk_graph_destroy(one);
        lk_graph_destroy(two);
        lk_model_destroy(made);
    }
    lk_model_destroy(model);
}

static inline void fine_refuses(lk_context *context, const char *family) {
    lk_model *model;
    lk_data_description vector = testing_data(20, 2),
                        image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2};
    testing_refused(context,
                    lk_model_create(context, family, NULL, 0, vector, "natural", 1, &model),
                    LK_INVALID, "is for images");
    testing_refused(context,
                    lk_model_create(context, family, NULL, 0, image, "reversed", 1, &model),
                    LK_CAUSALITY, "ordering of its own");
    int32_t rank[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    static const char *const one[] = {"scales=1"};
    testing_refused(context,
                    lk_model_create_ranked(context, family, one, 1, image, rank, family, 0, &model),
                    LK_FORMAT, "its ordering is not");
}

#endif
