/* PixelRNN against the paper: the network in double, its diagonal LSTM on really skewed and
 * mirrored maps; and as a distribution: sums to one, each kind sees exactly the pixels that it
 * should, is the same under every schedule, has the gradients that central differences give, and
 * learns. */
#include <stdio.h>

#include "models/testing_gradients.h"

#define SEED 20163

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet;
    const char *set[8];
    int32_t sets;
} image_case;

static const image_case cases[] = {
    {{3, {2, 3, 1}}, 2, {"layers=2", "channels=3", "head=5"}, 3},
    {{2, {4, 2}}, 2, {"layers=2", "channels=2", "head=3", "kernel=3"}, 4},
    {{3, {2, 1, 3}}, 3, {"layers=1", "channels=2", "head=4"}, 3},
    {{3, {2, 3, 1}}, 2, {"kind=diagonal", "layers=2", "channels=3", "head=5"}, 4},
    {{2, {4, 2}}, 2, {"kind=diagonal", "layers=2", "channels=2", "head=3", "kernel=3"}, 5},
    {{3, {2, 1, 3}}, 3, {"kind=diagonal", "layers=1", "channels=2", "head=4"}, 4},
    {{3, {2, 2, 3}}, 2, {"kind=diagonal", "layers=1", "channels=2", "head=3", "kernel=3"}, 5},
    {{3, {2, 2, 3}}, 2, {"layers=2", "channels=2", "head=3", "kernel=3"}, 4},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, "pixelrnn", c->set, c->sets, data, "natural", 5, &model));
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- the paper's network in double ----------------------------------------------------------- */

#define SIDE_MOST 8
#define COLOURS_MOST 3
#define FEATURES_MOST 16

/* [row][column][colour][feature] */
typedef struct features {
    int64_t channels;
    double at[SIDE_MOST][SIDE_MOST][COLOURS_MOST][FEATURES_MOST];
} features;

typedef struct network {
    const lk_model *model;
    int64_t height, width, colours;
    testing_bump bump;
} network;

static network make_network(const lk_model *model) {
    const lk_shape *shape = &model->data.shape;
    return (network){.model = model,
                     .height = shape->size[0],
                     .width = shape->size[1],
                     .colours = shape->axes == 3 ? shape->size[2] : 1};
}

static double weight_of(const network *n, const char *layer, const char *what, int64_t at) {
    char name[128];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t found = lk_parameters_find(n->model->parameters, name);
    assert_true(found >= 0);
    const lk_parameter *parameter = &n->model->parameters->list[found];
    assert_true(at < parameter->rows * parameter->columns);
    return testing_bumped(&n->bump, parameter->value + at);
}

/* Figure 2 of the paper. */
static bool mask_lets_through(int64_t y, int64_t x, int64_t from_colour, int64_t colour,
                              char type) {
    if (y < 0 || (y == 0 && x < 0)) {
        return true;
    }
    return y == 0 && x == 0 && (from_colour < colour || (type == 'B' && from_colour == colour));
}

/* A masked convolution of tall x wide weights. */
static void convolve(const network *n, const char *layer, const features *in, int64_t tall,
                     int64_t wide, char type, int64_t channels, features *out) {
    int64_t block = 0;
    memset(out, 0, sizeof *out);
    out->channels = channels;
    for (int64_t i = 0; i < n->colours * tall * wide * n->colours; i++) {
        int64_t from = i % n->colours, x = i / n->colours % wide - wide / 2;
        int64_t y = i / n->colours / wide % tall - tall / 2, colour = i / n->colours / wide / tall;
        if (!mask_lets_through(y, x, from, colour, type)) {
            continue;
        }
        for (int64_t k = 0; k < in->channels * channels; k++) {
            double weight = weight_of(n, layer, "weight", block * in->channels * channels + k);
            for (int64_t p = 0; p < n->height * n->width; p++) {
                int64_t row = p / n->width, column = p % n->width;
                if (row + y >= 0 && row + y < n->height && column + x >= 0 &&
                    column + x < n->width) {
                    out->at[row][column][colour][k % channels] +=
                        weight * in->at[row + y][column + x][from][k / channels];
                }
            }
        }
        block++;
    }
    for (int64_t i = 0; i < n->height * n->width * n->colours * channels; i++) {
        int64_t c = i % channels, colour = i / channels % n->colours, p = i / channels / n->colours;
        out->at[p / n->width][p % n->width][colour][c] +=
            weight_of(n, layer, "bias", colour * channels + c);
    }
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* States of an image, or (NULL) zeros. */
typedef struct states {
    double h[COLOURS_MOST][FEATURES_MOST], c[COLOURS_MOST][FEATURES_MOST];
} states;

/* Equation 3: one pixel's states from its input-to-state part and what the taps of K^ss read. */
static void cell(const network *n, const char *name, const double x[COLOURS_MOST][FEATURES_MOST],
                 const states *const *taps, int64_t tap_count, const states *carry, states *out) {
    int64_t h = lk_settings_integer(&n->model->settings, "channels");
    for (int64_t colour = 0; colour < n->colours; colour++) {
        for (int64_t u = 0; u < h; u++) {
            double gate[4];
            for (int64_t g = 0; g < 4; g++) {
                gate[g] = x[colour][g * h + u];
                for (int64_t k = 0; k < tap_count * n->colours * h; k++) {
                    const states *tap = taps[k / h / n->colours];
                    int64_t row = colour * tap_count * n->colours * h + k;
                    gate[g] += tap == NULL
                                   ? 0
                                   : weight_of(n, name, "recurrent", row * 4 * h + g * h + u) *
                                         tap->h[k / h % n->colours][k % h];
                }
            }
            double c = sigmoid(gate[0]) * tanh(gate[3]) +
                       sigmoid(gate[1]) * (carry == NULL ? 0 : carry->c[colour][u]);
            out->c[colour][u] = c;
            out->h[colour][u] = sigmoid(gate[2]) * tanh(c);
        }
    }
}

static void add_states(const network *n, const states *from,
                       double to[COLOURS_MOST][FEATURES_MOST]) {
    for (int64_t i = 0; i < n->colours * FEATURES_MOST; i++) {
        to[i / FEATURES_MOST][i % FEATURES_MOST] += from->h[i / FEATURES_MOST][i % FEATURES_MOST];
    }
}

/* Section 3.1. */
static void row_lstm(const network *n, const char *name, const features *x, features *sum) {
    states all[SIDE_MOST][SIDE_MOST] = {0};
    for (int64_t r = 0; r < n->height; r++) {
        for (int64_t c = 0; c < n->width; c++) {
            const states *above[3] = {NULL};
            for (int64_t t = 0; t < 3 && r > 0; t++) {
                above[t] = c + t - 1 >= 0 && c + t - 1 < n->width ? &all[r - 1][c + t - 1] : NULL;
            }
            cell(n, name, x->at[r][c], above, 3, above[1], &all[r][c]);
            add_states(n, &all[r][c], sum->at[r][c]);
        }
    }
}

/* Section 3.2 and figure 3: the map is skewed, each row offset by one from the row above, and its
 * columns are computed one after another, K^ss being 2x1 over the column before; mirrored: from the
 * right, the result moved one row down. */
static void diagonal_lstm(const network *n, const char *name, const features *x, bool mirrored,
                          features *sum) {
    static states skewed[SIDE_MOST][2 * SIDE_MOST]; /* outside the image: zero */
    memset(skewed, 0, sizeof skewed);
    for (int64_t column = 0; column < n->width + n->height - 1; column++) {
        for (int64_t r = 0; r < n->height; r++) {
            if (column < r || column >= r + n->width) {
                continue;
            }
            int64_t c = mirrored ? n->width - 1 - (column - r) : column - r;
            const states *before[2] = {NULL};
            before[0] = column > 0 && r > 0 ? &skewed[r - 1][column - 1] : NULL;
            before[1] = column > 0 ? &skewed[r][column - 1] : NULL;
            cell(n, name, x->at[r][c], before, 2, before[1], &skewed[r][column]);
            if (!mirrored || r + 1 < n->height) {
                add_states(n, &skewed[r][column], sum->at[mirrored ? r + 1 : r][c]);
            }
        }
    }
}

static void input_to_state(const network *n, const char *name, const features *in, int64_t wide,
                           features *x) {
    char layer[80];
    snprintf(layer, sizeof layer, "%s.input", name);
    convolve(n, layer, in, 1, wide, 'B', 4 * lk_settings_integer(&n->model->settings, "channels"),
             x);
}

static void lstm_layer(const network *n, int64_t number, features *f) {
    char name[64];
    features x, h = {.channels = lk_settings_integer(&n->model->settings, "channels")}, out;
    if (strcmp(lk_settings_text(&n->model->settings, "kind"), "row") == 0) {
        snprintf(name, sizeof name, "layer%lld.row", (long long)number);
        input_to_state(n, name, f, 3, &x);
        row_lstm(n, name, &x, &h);
    }
    for (int side = 0;
         side < 2 && strcmp(lk_settings_text(&n->model->settings, "kind"), "diagonal") == 0;
         side++) {
        snprintf(name, sizeof name, "layer%lld.%s", (long long)number,
                 side == 0 ? "left" : "right");
        input_to_state(n, name, f, 1, &x);
        diagonal_lstm(n, name, &x, side == 1, &h);
    }
    snprintf(name, sizeof name, "layer%lld.out", (long long)number);
    convolve(n, name, &h, 1, 1, 'B', f->channels, &out);
    for (int64_t i = 0; i < SIDE_MOST * SIDE_MOST * COLOURS_MOST * FEATURES_MOST; i++) {
        (&f->at[0][0][0][0])[i] += (&out.at[0][0][0][0])[i];
    }
}

/* 1x1(relu(f)) */
static void dense(const network *n, const char *name, int64_t channels, features *f) {
    features in = *f;
    for (int64_t i = 0; i < SIDE_MOST * SIDE_MOST * COLOURS_MOST * FEATURES_MOST; i++) {
        double *value = &in.at[0][0][0][0] + i;
        *value = *value > 0 ? *value : 0;
    }
    convolve(n, name, &in, 1, 1, 'B', channels, f);
}

static double reference_nll(const network *n, const uint16_t *x) {
    const lk_settings *settings = &n->model->settings;
    int64_t variables = n->model->data.variables, kernel = lk_settings_integer(settings, "kernel");
    int32_t alphabet = n->model->data.alphabet;
    features in = {.channels = 1}, f;
    for (int64_t v = 0; v < variables; v++) {
        int64_t p = v / n->colours;
        in.at[p / n->width][p % n->width][v % n->colours][0] =
            alphabet == 2 ? x[v] : 2.0 * x[v] / (alphabet - 1) - 1.0;
    }
    convolve(n, "first", &in, kernel, kernel, 'A', 2 * lk_settings_integer(settings, "channels"),
             &f);
    for (int64_t i = 1; i <= lk_settings_integer(settings, "layers"); i++) {
        lstm_layer(n, i, &f);
    }
    dense(n, "head", lk_settings_integer(settings, "head"), &f);
    dense(n, "logits", alphabet == 2 ? 1 : alphabet, &f);
    double nll = 0.0;
    for (int64_t v = 0; v < variables; v++) {
        int64_t p = v / n->colours;
        const double *logits = f.at[p / n->width][p % n->width][v % n->colours];
        double sum = 0.0;
        for (int32_t a = 0; a < alphabet; a++) {
            sum += exp(alphabet == 2 ? a * logits[0] : logits[a]);
        }
        nll += log(sum) - (alphabet == 2 ? x[v] * logits[0] : logits[x[v]]);
    }
    return nll;
}

/* ---- tests ----------------------------------------------------------------------------------- */

#define VARIABLES_MOST 64

static double nll_of(const void *network_of_test, const uint16_t *x) {
    return reference_nll(network_of_test, x);
}

static void test_equals_the_paper(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network n = make_network(model);
        uint16_t x[9 * VARIABLES_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, nll_of, &n, (int64_t)i, SEED);
        lk_model_destroy(model);
    }
}

/* Every seventh weight. */
static void check_gradients(lk_context *context, const image_case *c) {
    lk_model *model = make_model(context, c);
    network n = make_network(model);
    uint16_t x[VARIABLES_MOST];
    testing_random_values(model, 1, SEED + 1, x);
    testing_gradients(model, x, 7, SEED, nll_of, &n, &n.bump);
    lk_model_destroy(model);
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        check_gradients(*state, &cases[i]);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[17 * VARIABLES_MOST];
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

/* Whether the conditional of `reader` can depend on `seen`, both pixels, with one layer after a 3x3
 * convolution. */
static bool triangle_sees(int64_t width, int64_t reader, int64_t seen) {
    int64_t up = reader / width - seen / width, aside = reader % width - seen % width;
    /* In its own row: two to the left, by the 1x2 input-to-state and the first convolution. From
     * row to row the state reads one pixel to the right; the first convolution reads one more, but
     * only from the row above. */
    return up == 0 ? aside == 1 || aside == 2 : up > 0 && aside <= up + 2 && -aside <= up;
}

/* All earlier pixels but the last one of the row above, which the first convolution (type A) shows
 * only to pixels below it, and no LSTM carries those to the left in their own row. */
static bool diagonal_sees(int64_t width, int64_t reader, int64_t seen) {
    bool last_above = seen == reader / width * width - 1;
    return seen < reader && (!last_above || reader % width + 1 >= width - 1);
}

/* Exactly the triangle; or all that the diagonal BiLSTM can see. */
static void check_receptive_field(lk_context *context, const image_case *c, bool diagonal) {
    enum { SIDE = 7, PIXELS = SIDE * SIDE };
    lk_model *model = make_model(context, c);
    lk_graph *graph;
    lk_execution *execution;
    static uint16_t x[(PIXELS + 1) * PIXELS];
    testing_random_values(model, 1, SEED + 1, x);
    for (int64_t n = 1; n <= PIXELS; n++) {
        memcpy(x + n * PIXELS, x, PIXELS * sizeof *x);
        x[n * PIXELS + n - 1] ^= 1;
    }
    testing_ok(context, lk_model_graph(model, 0, &graph));
    testing_ok(context, lk_execution_create(graph, LK_PLAN_EVALUATE, PIXELS + 1, &execution));
    testing_ok(context, lk_execution_forward(execution, x, PIXELS + 1));
    for (int64_t changed = 0; changed < PIXELS; changed++) {
        for (int64_t v = 0; v < PIXELS; v++) {
            const float *logits = lk_execution_parameters(execution, v);
            bool moved = logits[changed + 1] != logits[0];
            if (moved !=
                (diagonal ? diagonal_sees(SIDE, v, changed) : triangle_sees(SIDE, v, changed))) {
                fail_msg("seed %d: changing pixel (%lld, %lld) %s the conditional of (%lld, %lld)",
                         SEED, (long long)changed / SIDE, (long long)changed % SIDE,
                         moved ? "moves" : "does not move", (long long)v / SIDE,
                         (long long)v % SIDE);
            }
        }
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_receptive_field(void **state) {
    static const image_case row = {
        {2, {7, 7}}, 2, {"layers=1", "channels=12", "head=16", "kernel=3"}, 4};
    static const image_case diagonal = {
        {2, {7, 7}}, 2, {"kind=diagonal", "layers=1", "channels=12", "head=16", "kernel=3"}, 5};
    check_receptive_field(*state, &row, false);
    check_receptive_field(*state, &diagonal, true);
}

static void test_cached_sample_costs_one_pass(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* 3 x 4 pixels, h = 2, one layer, the pairs of pixels counted by hand. */
static void test_counts_what_is_multiplied(void **state) {
    static const image_case of[] = {
        {{2, {3, 4}}, 2, {"kind=row", "layers=1", "channels=2", "head=1", "kernel=3"}, 5},
        {{2, {3, 4}}, 2, {"kind=diagonal", "layers=1", "channels=2", "head=1", "kernel=3"}, 5},
    };
    /* Left neighbours 9, pixels above 8, above left 6, above right 6. first: 4 features; out: 2 to
     * 4; head 4; logits 1. */
    const int64_t outside_lstm = (9 + 8 + 6 + 6) * 4 + 12 * 2 * 4 + 12 * 4 + 12;
    const int64_t lstm[] = {(9 + 12) * 4 * 8 + (8 + 6 + 6) * 2 * 8,
                            2 * (12 * 4 * 8 + (9 + 8) * 2 * 8)};
    for (int i = 0; i < 2; i++) {
        lk_model *model = make_model(*state, &of[i]);
        lk_graph *graph;
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        assert_int_equal(lk_graph_multiply_adds_forward(graph), outside_lstm + lstm[i]);
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

/* Plain gradient descent on eight images halves their NLL. */
static void test_learns(void **state) {
    static const image_case of[] = {
        {{2, {5, 5}}, 2, {"kind=row", "layers=2", "channels=6", "head=8", "kernel=3"}, 5},
        {{2, {5, 5}}, 2, {"kind=diagonal", "layers=2", "channels=6", "head=8", "kernel=3"}, 5},
    };
    for (int i = 0; i < 2; i++) {
        lk_model *model;
        lk_graph *graph;
        lk_execution *execution;
        lk_data_description data = {.shape = of[i].shape, .variables = 25, .alphabet = 2};
        testing_ok(*state, lk_model_create(*state, "pixelrnn", of[i].set, of[i].sets, data,
                                           "natural", 5, &model));
        lk_dataset *train = testing_random_data(*state, 8, 25, 2, SEED);
        testing_ok(*state, lk_model_start(model, train));
        testing_ok(*state, lk_parameters_make_gradients(model->parameters));
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_TRAIN, 8, &execution));
        double first = 0, last = 0;
        for (int step = 0; step <= 600; step++) {
            double nll[8];
            testing_ok(*state, lk_execution_forward(execution, train->values, 8));
            testing_ok(*state, lk_execution_nll(execution, nll, NULL));
            testing_ok(*state, lk_execution_backward(execution));
            last = 0;
            for (int n = 0; n < 8; n++) {
                last += nll[n] / 8;
            }
            first = step == 0 ? last : first;
            for (int32_t p = 0; p < model->parameters->count; p++) {
                lk_parameter *parameter = &model->parameters->list[p];
                for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
                    parameter->value[e] -= 0.1f * parameter->gradient[e];
                }
            }
        }
        if (!(last < first / 2)) {
            fail_msg("case %d, seed %d: %.6g nats at first, %.6g after 600 steps", i, SEED, first,
                     last);
        }
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

/* Output biases begin at the frequencies; forget gates begin open, all others where they were. */
static void test_start(void **state) {
    const image_case c = {{3, {1, 2, 3}}, 2, {"kind=diagonal", "layers=2", "channels=2"}, 3};
    lk_model *model;
    lk_data_description data = {.shape = c.shape, .variables = 6, .alphabet = 2};
    testing_ok(*state,
               lk_model_create(*state, "pixelrnn", c.set, c.sets, data, "natural", 5, &model));
    lk_dataset *train = testing_dataset(*state, 3, 6, 2);
    testing_ok(*state, lk_model_start(model, train));
    static const char *const names[] = {"layer1.left.input.bias", "layer1.right.input.bias",
                                        "layer2.left.input.bias", "layer2.right.input.bias"};
    for (int i = 0; i < 4; i++) {
        const lk_parameter *bias =
            &model->parameters->list[lk_parameters_find(model->parameters, names[i])];
        assert_int_equal(bias->rows, 3 * 8);
        for (int64_t e = 0; e < bias->rows; e++) {
            assert_true(bias->value[e] == (e % 8 == 2 || e % 8 == 3 ? 1.0f : 0.0f));
        }
    }
    const float *logits =
        model->parameters->list[lk_parameters_find(model->parameters, "logits.bias")].value;
    assert_true(fabs((double)logits[1] - log(1.0 / 7.0)) < 1e-6);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    lk_data_description image = {.shape = cases[0].shape, .variables = 6, .alphabet = 2};
    const char *diagonal[] = {"kind=diagonal"}, *even[] = {"kernel=4"};
    testing_refused(
        context,
        lk_model_create(context, "pixelrnn", NULL, 0, testing_data(20, 2), "natural", 1, &model),
        LK_INVALID, "pixelrnn is for images");
    testing_refused(context,
                    lk_model_create(context, "pixelrnn", even, 1, image, "natural", 1, &model),
                    LK_INVALID, "odd");
    testing_refused(context,
                    lk_model_create(context, "pixelrnn", diagonal, 1, image, "reversed", 1, &model),
                    LK_CAUSALITY, "would see");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_paper),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_receptive_field),
        cmocka_unit_test(test_cached_sample_costs_one_pass),
        cmocka_unit_test(test_counts_what_is_multiplied),
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
