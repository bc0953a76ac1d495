/* The Transformer decoder against its equations in double; as a distribution: sums to one, is the
 * same under every schedule, has the gradients that central differences give; its patterns; and
 * what is known of special weights. */
#include <stdio.h>

#include "models/stream_testing.h"
#include "models/testing_gradients.h"

#define SEED 1706

typedef struct decoder_case {
    lk_shape shape;
    int32_t alphabet;
    const char *order;
    const char *set[8];
    int32_t sets;
} decoder_case;

static const decoder_case cases[] = {
    {{1, {6}}, 2, "natural", {"layers=1", "width=4", "heads=2"}, 3},
    {{1, {4}}, 3, "natural", {"layers=2", "width=6", "heads=1", "positions=distance"}, 4},
    {{2, {2, 3}}, 2, "random:5", {"layers=2", "width=4", "heads=2", "widening=2"}, 4},
    {{3, {1, 2, 3}}, 3, "natural", {"layers=1", "width=6", "heads=3", "window=3"}, 4},
    {{2, {3, 3}}, 2, "reversed", {"layers=2", "width=4", "heads=2", "pattern=strided"}, 4},
    {{1, {7}},
     2,
     "natural",
     {"layers=2", "width=4", "heads=2", "pattern=fixed", "stride=3", "summary=1"},
     6},
    {{1, {5}},
     2,
     "natural",
     {"layers=2", "width=4", "heads=2", "positions=distance", "window=2", "dropout=0.5",
      "attention_dropout=0.5"},
     7},
    {{1, {1}}, 4, "natural", {"layers=1", "width=4", "heads=2"}, 3},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make(lk_context *context, const decoder_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, "transformer", c->set, c->sets, data, c->order, 3, &model));
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- the equations in double ----------------------------------------------------------------- */

#define PLACES_MOST 16
#define WIDTH_MOST 32

typedef struct decoder {
    const lk_model *model;
    testing_bump bump;
    int64_t places, width, heads;
    int32_t at[PLACES_MOST]; /* the variable at each place of the order */
} decoder;

typedef double features[PLACES_MOST][WIDTH_MOST];

static double weight(const decoder *d, const char *layer, const char *what, int64_t i) {
    char name[192];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t index = lk_parameters_find(d->model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return testing_bumped(&d->bump, &d->model->parameters->list[index].value[i]);
}

/* The learned vector of the grid place `cell`: a row of each axis's table. */
static double position(const decoder *d, const char *name, int64_t cell, int64_t c) {
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

static bool has_positions(const decoder *d) {
    return strcmp(lk_settings_text(&d->model->settings, "positions"), "distance") != 0;
}

static void told(const decoder *d, const uint16_t *x, features f) {
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
            f[k][c] = sum + (has_positions(d) ? position(d, "place", d->at[k], c) : 0);
        }
    }
}

static void normalise(const decoder *d, const char *name, features in, features out) {
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

static void dense(const decoder *d, const char *name, features in, int64_t from, int64_t to,
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

/* Whether place k reads place j in this layer, from the paper's words. */
static bool reads(const decoder *d, int64_t layer, int64_t k, int64_t j) {
    const lk_settings *settings = &d->model->settings;
    const char *pattern = lk_settings_text(settings, "pattern");
    int64_t window = lk_settings_integer(settings, "window");
    int64_t l = lk_settings_integer(settings, "stride"),
            c = lk_settings_integer(settings, "summary");
    l = l > 0 ? l : 3;
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

static double score(const decoder *d, const char *name, features q, features k, int64_t h,
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

static void attend(const decoder *d, int64_t layer, features x) {
    char name[64], text[128];
    features n, q, k, v, mixed = {{0}}, added;
    int64_t each = d->width / d->heads;
    snprintf(name, sizeof name, "layer%d", (int)layer + 1);
    snprintf(text, sizeof text, "%s.norm1", name);
    normalise(d, text, x, n);
    snprintf(text, sizeof text, "%s.query", name);
    dense(d, text, n, d->width, d->width, q);
    snprintf(text, sizeof text, "%s.key", name);
    dense(d, text, n, d->width, d->width, k);
    snprintf(text, sizeof text, "%s.value", name);
    dense(d, text, n, d->width, d->width, v);
    snprintf(text, sizeof text, "%s.attention", name);
    for (int64_t i = 0; i < d->places; i++) {
        for (int64_t h = 0; h < d->heads; h++) {
            double total = 0;
            for (int64_t j = 0; j <= i; j++) {
                double e = reads(d, layer, i, j) ? exp(score(d, text, q, k, h, i, j)) : 0;
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

static void widen(const decoder *d, int64_t layer, features x) {
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

static double reference_nll(const void *network, const uint16_t *x) {
    const decoder *d = network;
    int32_t alphabet = d->model->data.alphabet;
    features f, n, logits;
    told(d, x, f);
    for (int64_t l = 0; l < lk_settings_integer(&d->model->settings, "layers"); l++) {
        attend(d, l, f);
        widen(d, l, f);
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

static decoder reference_of(const lk_model *model) {
    decoder d = {.model = model,
                 .places = model->data.variables,
                 .width = lk_settings_integer(&model->settings, "width"),
                 .heads = lk_settings_integer(&model->settings, "heads")};
    for (int32_t v = 0; v < model->data.variables; v++) {
        d.at[model->rank[v]] = v;
    }
    return d;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        decoder d = reference_of(model);
        uint16_t x[9 * PLACES_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, reference_nll, &d, i, SEED);
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < 6; i++) { /* those without dropout */
        lk_model *model = make(*state, &cases[i]);
        decoder d = reference_of(model);
        uint16_t x[PLACES_MOST];
        testing_random_values(model, 1, SEED + 2, x);
        testing_gradients(model, x, 5, SEED, reference_nll, &d, &d.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * PLACES_MOST];
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* Where nothing that attends or widens adds anything, and places are told nothing, the logits
 * depend on the symbol before alone: a bigram model, whatever comes earlier. */
static void test_without_attention_it_is_a_bigram(void **state) {
    decoder_case c = cases[1];
    lk_model *model = make(*state, &c);
    static const char *const silent[] = {"layer1.mixed", "layer1.narrow", "layer2.mixed",
                                         "layer2.narrow"};
    for (int i = 0; i < 4; i++) {
        for (int part = 0; part < 2; part++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", silent[i], part == 0 ? "weight" : "bias");
            int32_t index = lk_parameters_find(model->parameters, name);
            lk_parameter *p = &model->parameters->list[index];
            memset(p->value, 0, (size_t)(p->rows * p->columns) * sizeof *p->value);
        }
    }
    /* NLL(a b c d) = f(a) + g(a, b) + g(b, c) + g(c, d), so that this sum over both is 0. */
    static const uint16_t x[4][4] = {{0, 1, 2, 0}, {2, 1, 1, 2}, {0, 1, 1, 2}, {2, 1, 2, 0}};
    double nll[4];
    testing_nll(model, x[0], 4, nll);
    assert_true(fabs(nll[0] + nll[1] - nll[2] - nll[3]) < 1e-5);
    lk_model_destroy(model);
}

/* A stride no shorter than the sequence leaves nothing out in the first pattern, and the second one
 * is the place itself alone. */
static void test_strides_that_leave_nothing_out(void **state) {
    decoder_case full = {{1, {6}}, 2, "natural", {"layers=1", "width=4", "heads=2"}, 3};
    decoder_case strided = full, fixed = full;
    strided.set[3] = "pattern=strided";
    strided.set[4] = "stride=6";
    fixed.set[3] = "pattern=fixed";
    fixed.set[4] = "stride=9";
    strided.sets = fixed.sets = 5;
    const decoder_case *all[] = {&full, &strided, &fixed};
    uint16_t x[7 * PLACES_MOST];
    double nll[3][7];
    for (int i = 0; i < 3; i++) {
        lk_model *model = make(*state, all[i]);
        testing_random_values(model, 7, SEED, x);
        testing_nll(model, x, 7, nll[i]);
        lk_model_destroy(model);
    }
    assert_memory_equal(nll[0], nll[1], sizeof nll[0]);
    assert_memory_equal(nll[0], nll[2], sizeof nll[0]);
}

/* Other orderings of the same weights: each sums to one by itself. */
static void test_orders(void **state) {
    decoder_case c = {{1, {6}}, 2, "natural", {"layers=1", "width=4", "heads=2", "orders=3"}, 4};
    lk_model *model = make(*state, &c);
    assert_int_equal(lk_model_variants(model), 3);
    for (int32_t variant = 0; variant < 3; variant++) {
        uint16_t *x;
        double total = 0, nll[64];
        lk_graph *graph;
        lk_execution *execution;
        int64_t points = testing_domain(6, 2, &x);
        testing_ok(*state, lk_model_graph(model, variant, &graph));
        assert_int_equal(graph->steps, 6);
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, points, &execution));
        testing_ok(*state, lk_execution_forward(execution, x, points));
        testing_ok(*state, lk_execution_nll(execution, nll, NULL));
        for (int64_t i = 0; i < points; i++) {
            total += exp(-nll[i]);
        }
        assert_true(fabs(total - 1) < 1e-5);
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        free(x);
    }
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    const char *odd[] = {"width=10", "heads=4"}, *far[] = {"positions=distance", "orders=2"};
    testing_refused(
        context,
        lk_model_create(context, "transformer", odd, 2, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "is not a multiple of heads=4");
    const char *both[] = {"pattern=strided", "window=3"}, *mixed[] = {"distribution=logistic"};
    lk_data_description colours = {.shape = {3, {2, 2, 3}}, .variables = 12, .alphabet = 9};
    testing_refused(
        context, lk_model_create(context, "transformer", mixed, 1, colours, "natural", 1, &model),
        LK_INVALID, "one mixture for the colours of a pixel");
    testing_refused(
        context,
        lk_model_create(context, "transformer", both, 2, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "window is for pattern=full");
    testing_refused(
        context,
        lk_model_create(context, "transformer", far, 2, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "several orderings need positions=axes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_without_attention_it_is_a_bigram),
        cmocka_unit_test(test_strides_that_leave_nothing_out),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
