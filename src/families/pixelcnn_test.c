/* PixelCNN against the paper: the network in double, with masks as full kernels of zeros and ones;
 * and as a distribution: sums to one, is causal also among the colours of a pixel, is the same
 * under every schedule, has the gradients that central differences give. */
#include <stdio.h>

#include "models/testing_gradients.h"

#define SEED 20161

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet;
    const char *set[8];
    int32_t sets;
} image_case;

static const image_case cases[] = {
    {{3, {3, 3, 1}}, 2, {"blocks=2", "channels=3", "head=5"}, 3},
    {{2, {2, 4}}, 2, {"blocks=1", "channels=2", "head=3", "kernel=3", "block_kernel=5"}, 5},
    {{3, {1, 2, 3}}, 3, {"blocks=2", "channels=3", "head=4"}, 3},
    {{3, {2, 1, 3}}, 2, {"blocks=1", "channels=2", "head=3"}, 3},
    {{3, {2, 2, 1}}, 5, {"blocks=0", "channels=4", "head=7"}, 3},
    {{3, {3, 3, 1}}, 2, {"blocks=2", "channels=3", "head=5", "norm=channel"}, 4},
    {{3, {1, 2, 3}}, 3, {"blocks=1", "channels=3", "head=4", "weight_norm=true"}, 4},
    {{3, {2, 1, 3}},
     2,
     {"blocks=1", "channels=2", "head=3", "norm=channel", "weight_norm=true"},
     5},
    {{3, {3, 2, 1}}, 2, {"blocks=2", "channels=3", "head=4", "dropout=0.3"}, 4},
};
#define CASES (sizeof cases / sizeof *cases)

static lk_data_description describe(const image_case *c) {
    return (lk_data_description){
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
}

/* All parameters random: biases, and the layers that start at zero, would hide mistakes. */
static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model;
    testing_ok(context, lk_model_create(context, "pixelcnn", c->set, c->sets, describe(c),
                                        "natural", 5, &model));
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- the paper's network in double ----------------------------------------------------------- */

#define CELLS_MOST 32
#define FEATURES_MOST 16

typedef struct features {
    int64_t channels;
    double at[CELLS_MOST][FEATURES_MOST];
} features;

typedef struct network {
    const lk_model *model;
    int64_t height, width, colours;
    testing_bump bump;
} network;

/* Figure 2 of the paper: rows above, pixels to the left, and at the centre what the type lets
 * through. */
static bool mask_lets_through(int64_t y, int64_t x, int64_t from_colour, int64_t colour,
                              char type) {
    if (y < 0 || (y == 0 && x < 0)) {
        return true;
    }
    return y == 0 && x == 0 && (from_colour < colour || (type == 'B' && from_colour == colour));
}

static double weight_of(const network *n, const float *weight) {
    return testing_bumped(&n->bump, weight);
}

static const lk_parameter *find(const network *n, const char *layer, const char *what) {
    char name[128];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t at = lk_parameters_find(n->model->parameters, name);
    assert_true(at >= 0);
    return &n->model->parameters->list[at];
}

/* What a unit's weights are multiplied by: 1, or g / |v| (Salimans and Kingma 2016, equation 2). */
static double unit_scale(const network *n, const char *layer, int64_t unit, double squares) {
    if (!lk_settings_boolean(&n->model->settings, "weight_norm")) {
        return 1;
    }
    return weight_of(n, find(n, layer, "gain")->value + unit) / sqrt(squares);
}

static void convolve(const network *n, const char *layer, const features *in, int64_t size,
                     char type, features *out) {
    const lk_parameter *w = find(n, layer, "weight"), *b = find(n, layer, "bias");
    int64_t reach = size / 2, colours = n->colours;
    out->channels = w->columns;
    for (int64_t cell = 0; cell < n->height * n->width * colours; cell++) {
        int64_t row = cell / colours / n->width, column = cell / colours % n->width,
                colour = cell % colours, block = 0;
        double squares[FEATURES_MOST] = {0};
        for (int64_t c = 0; c < out->channels; c++) {
            out->at[cell][c] = 0;
        }
        for (int64_t g = 0; g <= colour; g++) {
            for (int64_t tap = 0; tap < size * size * colours; tap++) {
                int64_t y = tap / colours / size - reach, x = tap / colours % size - reach,
                        h = tap % colours;
                if (!mask_lets_through(y, x, h, g, type)) {
                    continue;
                }
                bool inside =
                    row + y >= 0 && row + y < n->height && column + x >= 0 && column + x < n->width;
                const double *from =
                    in->at[inside ? ((row + y) * n->width + column + x) * colours + h : 0];
                for (int64_t k = 0; g == colour && k < in->channels * out->channels; k++) {
                    double weight =
                        weight_of(n, w->value + block * in->channels * out->channels + k);
                    squares[k % out->channels] += weight * weight;
                    out->at[cell][k % out->channels] +=
                        inside ? weight * from[k / out->channels] : 0;
                }
                block++;
            }
        }
        for (int64_t c = 0; c < out->channels; c++) {
            int64_t unit = colour * out->channels + c;
            out->at[cell][c] = unit_scale(n, layer, unit, squares[c]) * out->at[cell][c] +
                               weight_of(n, b->value + unit);
        }
    }
}

static void rectify(features *f) {
    for (int64_t i = 0; i < CELLS_MOST * FEATURES_MOST; i++) {
        double *value = &f->at[i / FEATURES_MOST][i % FEATURES_MOST];
        *value = *value > 0.0 ? *value : 0.0;
    }
}

/* Ba, Kiros, Hinton 2016, equation 4. */
static void normalise(const network *n, const char *layer, features *f) {
    const float *gain = find(n, layer, "gain")->value, *bias = find(n, layer, "bias")->value;
    for (int64_t cell = 0; cell < CELLS_MOST; cell++) {
        double mean = 0, variance = 0, *x = f->at[cell];
        for (int64_t c = 0; c < f->channels; c++) {
            mean += x[c] / (double)f->channels;
        }
        for (int64_t c = 0; c < f->channels; c++) {
            variance += (x[c] - mean) * (x[c] - mean) / (double)f->channels;
        }
        for (int64_t c = 0; c < f->channels; c++) {
            x[c] = weight_of(n, gain + c) * (x[c] - mean) / sqrt(variance + 1e-5) +
                   weight_of(n, bias + c);
        }
    }
}

static void layer(const network *n, const char *name, int64_t size, features *f) {
    features out = {0};
    rectify(f);
    convolve(n, name, f, size, 'B', &out);
    *f = out;
}

static double reference_nll(const network *n, const uint16_t *x) {
    const lk_settings *settings = &n->model->settings;
    int32_t alphabet = n->model->data.alphabet;
    features in = {.channels = 1}, f = {0};
    for (int64_t v = 0; v < n->model->data.variables; v++) {
        in.at[v][0] = alphabet == 2 ? x[v] : 2.0 * x[v] / (alphabet - 1) - 1.0;
    }
    convolve(n, "first", &in, lk_settings_integer(settings, "kernel"), 'A', &f);
    for (int64_t b = 1; b <= lk_settings_integer(settings, "blocks"); b++) {
        static const char *const part[] = {"in", "masked", "out"};
        features inner = f;
        char norm[64];
        snprintf(norm, sizeof norm, "block%lld.norm", (long long)b);
        if (strcmp(lk_settings_text(settings, "norm"), "channel") == 0) {
            normalise(n, norm, &inner);
        }
        for (int i = 0; i < 3; i++) {
            char name[64];
            snprintf(name, sizeof name, "block%lld.%s", (long long)b, part[i]);
            layer(n, name, i == 1 ? lk_settings_integer(settings, "block_kernel") : 1, &inner);
        }
        for (int64_t i = 0; i < CELLS_MOST * FEATURES_MOST; i++) {
            f.at[i / FEATURES_MOST][i % FEATURES_MOST] +=
                inner.at[i / FEATURES_MOST][i % FEATURES_MOST];
        }
    }
    layer(n, "head", 1, &f);
    layer(n, "logits", 1, &f);
    double nll = 0.0;
    for (int64_t v = 0; v < n->model->data.variables; v++) {
        double sum = 0.0;
        for (int32_t a = 0; a < alphabet; a++) {
            sum += exp(alphabet == 2 ? a * f.at[v][0] : f.at[v][a]);
        }
        nll += log(sum) - (alphabet == 2 ? x[v] * f.at[v][0] : f.at[v][x[v]]);
    }
    return nll;
}

static network make_network(const lk_model *model) {
    const lk_shape *shape = &model->data.shape;
    return (network){.model = model,
                     .height = shape->size[0],
                     .width = shape->size[1],
                     .colours = shape->axes == 3 ? shape->size[2] : 1};
}

/* ---- tests ----------------------------------------------------------------------------------- */

static double nll_of(const void *network_of_test, const uint16_t *x) {
    return reference_nll(network_of_test, x);
}

static void test_equals_the_paper(void **state) {
    lk_context *context = *state;
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(context, &cases[i]);
        network n = make_network(model);
        uint16_t x[9 * CELLS_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, nll_of, &n, (int64_t)i, SEED);
        lk_model_destroy(model);
    }
}

static void check_gradients(lk_context *context, const image_case *c) {
    lk_model *model = make_model(context, c);
    network n = make_network(model);
    uint16_t x[CELLS_MOST];
    testing_random_values(model, 1, SEED + 1, x);
    testing_gradients(model, x, 1, SEED, nll_of, &n, &n.bump);
    lk_model_destroy(model);
}

static void test_gradients(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_gradients(*state, &cases[i]);
    }
}

static void test_is_a_distribution(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[17 * CELLS_MOST];
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

/* Which conditionals move when a variable changes: only later ones, and the very next one does (G
 * sees R). */
static void test_colours_in_order(void **state) {
    lk_context *context = *state;
    const image_case c = {{3, {2, 3, 3}}, 4, {"blocks=1", "channels=8", "head=16"}, 3};
    lk_model *model = make_model(context, &c);
    lk_graph *graph;
    lk_execution *execution;
    uint16_t x[19 * CELLS_MOST];
    testing_random_values(model, 1, SEED + 1, x);
    for (int64_t n = 1; n < 19; n++) {
        memcpy(x + n * 18, x, 18 * sizeof *x);
        x[n * 18 + n - 1] = (uint16_t)((x[n - 1] + 2) % 4);
    }
    testing_ok(context, lk_model_graph(model, 0, &graph));
    testing_ok(context, lk_execution_create(graph, LK_PLAN_EVALUATE, 19, &execution));
    testing_ok(context, lk_execution_forward(execution, x, 19));
    for (int64_t changed = 0; changed < 18; changed++) {
        for (int64_t v = 0; v < 18; v++) {
            const float *logits = lk_execution_parameters(execution, v);
            bool moved = memcmp(logits, logits + (changed + 1) * 4, 4 * sizeof *logits) != 0;
            if (v <= changed ? moved : v == changed + 1 && changed % 3 < 2 && !moved) {
                fail_msg("seed %d: changing variable %lld %s the conditional of %lld", SEED,
                         (long long)changed, moved ? "moves" : "does not move", (long long)v);
            }
        }
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_cached_sample_costs_one_pass(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* 3 x 3 pixels under a 3 x 3 mask, the pairs counted by hand. */
static void test_counts_what_is_multiplied(void **state) {
    lk_context *context = *state;
    const image_case c = {{3, {3, 3, 1}}, 2, {"blocks=0", "channels=2", "head=1", "kernel=3"}, 4};
    lk_model *model = make_model(context, &c);
    lk_graph *graph;
    testing_ok(context, lk_model_graph(model, 0, &graph));
    /* Left neighbours: 2 in each of 3 rows; above: 3 in each of 2 rows; above left and right: 2
     * each. 4 features; head 4, logits 1. */
    int64_t pairs = 2 * 3 + 3 * 2 + 2 * 2 + 2 * 2;
    assert_int_equal(lk_graph_multiply_adds_forward(graph), pairs * 4 + 9 * 4 + 9);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* Models saved before there were the last eight settings keep their fingerprints; those that use
 * them get others. */
static void test_later_settings_leave_fingerprints(void **state) {
    for (int i = 0; i < 2; i++) {
        const image_case c = {
            {2, {2, 2}}, 2, {"blocks=0", i == 0 ? "norm=none" : "norm=channel"}, 2};
        lk_model *model = make_model(*state, &c), before = *model;
        before.settings.count -= 8;
        lk_fingerprint with = lk_model_fingerprint(model), without = lk_model_fingerprint(&before);
        assert_int_equal(memcmp(&with, &without, sizeof with) != 0, i);
        lk_model_destroy(model);
    }
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    lk_data_description vector = testing_data(20, 2), image = describe(&cases[0]);
    const char *even[] = {"kernel=4"};
    testing_refused(context,
                    lk_model_create(context, "pixelcnn", NULL, 0, vector, "natural", 1, &model),
                    LK_INVALID, "--shape");
    testing_refused(context,
                    lk_model_create(context, "pixelcnn", even, 1, image, "natural", 1, &model),
                    LK_INVALID, "odd");
    testing_refused(context,
                    lk_model_create(context, "pixelcnn", NULL, 0, image, "reversed", 1, &model),
                    LK_CAUSALITY, "would see");
}

/* The biases begin at the frequencies of each colour. */
static void test_start(void **state) {
    lk_context *context = *state;
    const image_case c = {{3, {1, 2, 3}}, 2, {"blocks=0"}, 1};
    lk_model *model = make_model(context, &c);
    lk_dataset *train = testing_dataset(context, 3, 6, 2);
    static const uint16_t values[] = {1, 0, 0, 1, 0, 0, 1, 1, 0,
                                      1, 0, 0, 1, 0, 0, 0, 1, 0}; /* 5, 2 and 0 of 6 */
    memcpy(train->values, values, sizeof values);
    testing_ok(context, lk_model_start(model, train));
    const float *bias =
        model->parameters->list[lk_parameters_find(model->parameters, "logits.bias")].value;
    static const double ones[] = {5, 2, 0};
    for (int g = 0; g < 3; g++) {
        double expected = log((ones[g] + 1) / (7 - ones[g]));
        if (!(fabs((double)bias[g] - expected) < 1e-6)) {
            fail_msg("colour %d: %.9g, expected %.9g", g, (double)bias[g], expected);
        }
    }
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_paper),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_colours_in_order),
        cmocka_unit_test(test_cached_sample_costs_one_pass),
        cmocka_unit_test(test_counts_what_is_multiplied),
        cmocka_unit_test(test_later_settings_leave_fingerprints),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_start),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
