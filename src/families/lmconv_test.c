/* Locally masked convolutions against the paper: the network in double, its masks made by walking
 * along the order as the paper does; as a distribution under each of its orders; learning. Against
 * ordinary masks: lmconv_mask_test.c. */
#include <stdio.h>

#include "models/order.h"
#include "models/testing_gradients.h"
#include "models/testing_learning.h"
#include "ops/testing_logistic.h"

#define SEED 20207

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *order;
    const char *set[6];
    int32_t sets;
} image_case;

static const image_case cases[] = {
    {{3, {3, 3, 1}}, 2, 0, "natural", {"orders=0", "blocks=1", "channels=3"}, 3},
    {{3, {3, 4, 1}}, 2, 0, "natural", {"blocks=1", "channels=2", "first_kernel=3"}, 3},
    {{2, {3, 3}}, 2, 0, "zigzag", {"orders=0", "blocks=1", "channels=3", "kernel=5"}, 4},
    {{3, {1, 2, 3}}, 3, 0, "natural", {"orders=4", "blocks=1", "channels=3"}, 3},
    {{3, {2, 1, 3}}, 2, 0, "random:5", {"orders=0", "blocks=2", "channels=2"}, 3},
    {{3, {2, 2, 1}}, 5, 0, "s-curve:7", {"orders=0", "blocks=0", "channels=4"}, 3},
    {{3, {3, 2, 1}}, 2, 0, "natural", {"orders=2", "blocks=1", "channels=3", "dropout=0.3"}, 4},
    {{3, {3, 2, 1}}, 2, 3, "natural", {"orders=3", "blocks=1", "channels=3", "first_kernel=3"}, 4},
    {{3, {2, 2, 1}},
     5,
     0,
     "natural",
     {"orders=2", "blocks=1", "channels=4", "distribution=logistic", "mixtures=2"},
     5},
    {{3, {2, 1, 3}},
     3,
     0,
     "natural",
     {"orders=2", "blocks=1", "channels=4", "distribution=logistic", "mixtures=2"},
     5},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_untrained(lk_context *context, const image_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context,
               lk_model_create(context, "lmconv", c->set, c->sets, data, c->order, 5, &model));
    return model;
}

static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model = make_untrained(context, c);
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- the paper's network in double ----------------------------------------------------------- */

#define CELLS_MOST 32
#define FEATURES_MOST 48

typedef struct features {
    int64_t channels;
    double at[CELLS_MOST][FEATURES_MOST];
} features;

typedef struct network {
    const lk_model *model;
    int64_t height, width, colours, cells; /* colours: cells of a pixel, each of `values` */
    int64_t values;
    int32_t rank[CELLS_MOST], components; /* 0: no mixture */
    int64_t label;
    testing_bump bump;
} network;

/* Of a variant. */
static network make_network(const lk_model *model, int32_t variant) {
    const lk_shape *shape = &model->data.shape;
    network n = {.model = model,
                 .height = shape->size[0],
                 .width = shape->size[1],
                 .colours = shape->axes == 3 ? shape->size[2] : 1,
                 .cells = model->data.variables,
                 .values = 1};
    testing_ok(model->context, model->family->ordering(model, variant, n.rank));
    if (strcmp(lk_settings_text(&model->settings, "distribution"), "logistic") == 0) {
        n.components = (int32_t)lk_settings_integer(&model->settings, "mixtures");
        n.values = n.colours;
        n.cells /= n.colours;
        n.colours = 1;
        for (int64_t p = 0; p < n.cells; p++) { /* S-curves go from pixel to pixel */
            n.rank[p] = n.rank[p * n.values] / (int32_t)n.values;
        }
    }
    return n;
}

static double weight_of(const network *n, const char *layer, const char *what, int64_t at) {
    char name[128];
    snprintf(name, sizeof name, "%s%s", layer, what);
    int32_t found = lk_parameters_find(n->model->parameters, name);
    if (found < 0) {
        fail_msg("no parameter %s", name);
    }
    const lk_parameter *parameter = &n->model->parameters->list[found];
    assert_true(at < parameter->rows * parameter->columns);
    return testing_bumped(&n->bump, parameter->value + at);
}

/* Algorithm 1: walk along the order; a cell sees what was generated before it, under type B itself
 * too. mask[cell][other]. */
static void make_mask(const network *n, char type, bool mask[CELLS_MOST][CELLS_MOST]) {
    bool generated[CELLS_MOST] = {false};
    memset(mask, 0, sizeof(bool[CELLS_MOST][CELLS_MOST]));
    for (int32_t turn = 0; turn < n->cells; turn++) {
        int64_t cell = 0;
        while (n->rank[cell] != turn) {
            cell++;
        }
        memcpy(mask[cell], generated, sizeof generated);
        mask[cell][cell] = type == 'B';
        generated[cell] = true;
    }
}

/* Within a pixel the weights know colours in their own order alone. */
static bool has_weight(int64_t y, int64_t x, int64_t from, int64_t colour, char type) {
    return y != 0 || x != 0 || from < colour || (type == 'B' && from == colour);
}

static void convolve(const network *n, const char *layer, const features *in, int64_t size,
                     char type, int64_t channels, features *out) {
    static bool mask[CELLS_MOST][CELLS_MOST];
    int64_t block = 0, reach = size / 2, colours = n->colours;
    make_mask(n, type, mask);
    memset(out, 0, sizeof *out);
    out->channels = channels;
    for (int64_t i = 0; i < colours * size * size * colours; i++) {
        int64_t from = i % colours, x = i / colours % size - reach;
        int64_t y = i / colours / size % size - reach, colour = i / colours / size / size;
        if (!has_weight(y, x, from, colour, type)) {
            continue;
        }
        for (int64_t p = 0; p < n->height * n->width; p++) {
            int64_t row = p / n->width + y, column = p % n->width + x, cell = p * colours + colour,
                    other = (row * n->width + column) * colours + from;
            if (row < 0 || row >= n->height || column < 0 || column >= n->width ||
                !mask[cell][other]) {
                continue;
            }
            for (int64_t k = 0; k < in->channels * channels; k++) {
                out->at[cell][k % channels] +=
                    weight_of(n, layer, ".weight", block * in->channels * channels + k) *
                    in->at[other][k / channels];
            }
        }
        block++;
    }
    for (int64_t i = 0; i < n->cells * channels; i++) {
        out->at[i / channels][i % channels] +=
            weight_of(n, layer, ".bias", i / channels % colours * channels + i % channels);
    }
}

static double elu(double x) {
    return x > 0 ? x : exp(x) - 1;
}

static features concat_elu(const features *in) {
    features out = {.channels = 2 * in->channels};
    for (int64_t i = 0; i < CELLS_MOST * in->channels; i++) {
        int64_t c = i % in->channels;
        double x = in->at[i / in->channels][c];
        out.at[i / in->channels][c] = elu(x);
        out.at[i / in->channels][in->channels + c] = elu(-x);
    }
    return out;
}

/* Positional normalisation: over the channels of a cell. */
static void normalise(const network *n, const char *layer, int64_t channels, features *f) {
    for (int64_t cell = 0; cell < n->cells; cell++) {
        double mean = 0, variance = 0, *x = f->at[cell];
        for (int64_t c = 0; c < channels; c++) {
            mean += x[c] / (double)channels;
        }
        for (int64_t c = 0; c < channels; c++) {
            variance += (x[c] - mean) * (x[c] - mean) / (double)channels;
        }
        for (int64_t c = 0; c < channels; c++) {
            x[c] = weight_of(n, layer, ".norm.gain", c) * (x[c] - mean) / sqrt(variance + 1e-5) +
                   weight_of(n, layer, ".norm.bias", c);
        }
    }
}

static void residual_block(const network *n, const char *way, int64_t number, const features *skip,
                           features *x) {
    const lk_settings *settings = &n->model->settings;
    int64_t kernel = lk_settings_integer(settings, "kernel"), channels = x->channels;
    char name[64];
    features wide = concat_elu(x), c, more;
    snprintf(name, sizeof name, "%s%lld.in", way, (long long)number);
    convolve(n, name, &wide, kernel, 'B', channels, &c);
    normalise(n, name, channels, &c);
    if (skip != NULL) {
        snprintf(name, sizeof name, "%s%lld.skip", way, (long long)number);
        wide = concat_elu(skip);
        convolve(n, name, &wide, 1, 'B', channels, &more);
        for (int64_t i = 0; i < CELLS_MOST * FEATURES_MOST; i++) {
            (&c.at[0][0])[i] += (&more.at[0][0])[i];
        }
    }
    snprintf(name, sizeof name, "%s%lld.out", way, (long long)number);
    wide = concat_elu(&c);
    convolve(n, name, &wide, kernel, 'B', 2 * channels, &more);
    normalise(n, name, channels, &more);
    snprintf(name, sizeof name, "%s%lld.label", way, (long long)number);
    for (int64_t i = 0; i < n->cells * channels; i++) {
        double *ab = more.at[i / channels];
        ab[channels + i % channels] +=
            n->model->data.labels == 0
                ? 0
                : weight_of(n, name, ".table", n->label * channels + i % channels);
        x->at[i / channels][i % channels] +=
            ab[i % channels] / (1 + exp(-ab[channels + i % channels]));
    }
}

static double nll_of_logits(const network *n, const features *f, const uint16_t *x) {
    int32_t alphabet = n->model->data.alphabet;
    double nll = 0.0;
    for (int64_t p = 0; n->components > 0 && p < n->cells; p++) {
        nll += testing_pixel_nll(f->at[p], n->components, (int32_t)n->values, alphabet,
                                 x + p * n->values);
    }
    for (int64_t v = 0; n->components == 0 && v < n->cells; v++) {
        double sum = 0.0;
        for (int32_t a = 0; a < alphabet; a++) {
            sum += exp(alphabet == 2 ? a * f->at[v][0] : f->at[v][a]);
        }
        nll += log(sum) - (alphabet == 2 ? x[v] * f->at[v][0] : f->at[v][x[v]]);
    }
    return nll;
}

static double reference_nll(const network *n, const uint16_t *x) {
    const lk_settings *settings = &n->model->settings;
    int32_t alphabet = n->model->data.alphabet;
    int64_t blocks = lk_settings_integer(settings, "blocks");
    features in = {.channels = n->values + 1}, f, passed[4];
    for (int64_t i = 0; i < n->cells * n->values; i++) {
        in.at[i / n->values][i % n->values] =
            alphabet == 2 ? x[i] : 2.0 * x[i] / (alphabet - 1) - 1.0;
        in.at[i / n->values][n->values] = 1;
    }
    convolve(n, "first", &in, lk_settings_integer(settings, "first_kernel"), 'A',
             lk_settings_integer(settings, "channels"), &f);
    normalise(n, "first", f.channels, &f);
    for (int64_t i = 0; i < blocks; i++) {
        passed[i] = f;
        residual_block(n, "up", i + 1, NULL, &f);
    }
    for (int64_t i = 0; i < blocks; i++) {
        residual_block(n, "down", i + 1, &passed[blocks - 1 - i], &f);
    }
    for (int64_t i = 0; i < n->cells * f.channels; i++) {
        double *value = &f.at[i / f.channels][i % f.channels];
        *value = elu(*value);
    }
    features out;
    convolve(n, "logits", &f, 1, 'B',
             n->components > 0 ? lk_logistic_colours_channels((int32_t)n->values, n->components)
             : alphabet == 2   ? 1
                               : alphabet,
             &out);
    return nll_of_logits(n, &out, x);
}

static double nll_of(const void *network_of_test, const uint16_t *x) {
    return reference_nll(network_of_test, x);
}

/* ---- as the paper says, and a distribution --------------------------------------------------- */

static void test_equals_the_paper(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[9 * CELLS_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        for (int32_t k = 0; k < lk_model_variants(model); k++) {
            network n = make_network(model, k);
            double nll[9];
            n.label = cases[i].labels > 0 ? k : 0;
            testing_nll_of(model, k, x, 9, (uint16_t)n.label, nll);
            for (int e = 0; e < 9; e++) {
                double expected = reference_nll(&n, x + e * n.cells * n.values);
                if (!(fabs(nll[e] - expected) <= 1e-5 * (1 + expected))) {
                    fail_msg("case %d, order %d, seed %d: %.9g nats, the equations give %.9g", i,
                             k + 1, SEED, nll[e], expected);
                }
            }
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network n = make_network(model, 0);
        uint16_t x[CELLS_MOST];
        testing_random_values(model, 1, SEED + 1, x);
        testing_gradients(model, x, 5, SEED, nll_of, &n, &n.bump);
        lk_model_destroy(model);
    }
}

/* Each S-curve alone, as the model's own ordering, has the bits that it has among the eight. */
static void test_is_a_distribution(void **state) {
    const image_case all = {{3, {3, 3, 1}}, 2, 0, "natural", {"blocks=1", "channels=3"}, 2};
    lk_model *eight = make_model(*state, &all);
    for (int32_t k = 0; k < LK_S_CURVES; k++) {
        char order[16];
        uint16_t x[17 * 9];
        double alone[17], among[17];
        snprintf(order, sizeof order, "s-curve:%d", k + 1);
        const image_case one = {all.shape, 2, 0, order, {"orders=0", "blocks=1", "channels=3"}, 3};
        lk_model *model = make_model(*state, &one);
        testing_random_values(model, 17, SEED + 1, x);
        testing_nll(model, x, 17, alone);
        testing_nll_of(eight, k, x, 17, 0, among);
        assert_memory_equal(alone, among, sizeof alone);
        testing_random_weights_of(model, 1.0f, SEED + 2);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
    lk_model_destroy(eight);
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[5 * CELLS_MOST];
        testing_random_values(model, 5, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 5);
        lk_model_destroy(model);
    }
}

/* Changing a variable moves no conditional of its turn or an earlier one, and the next one's. */
static void test_perturbation(void **state) {
    const image_case c = {{3, {4, 3, 1}}, 4, 0, "natural", {"blocks=1", "channels=6"}, 2};
    lk_model *model = make_model(*state, &c);
    for (int32_t k = 0; k < LK_S_CURVES; k++) {
        lk_graph *graph;
        lk_execution *execution;
        uint16_t x[13 * 12];
        network n = make_network(model, k);
        testing_random_values(model, 1, SEED, x);
        for (int64_t i = 0; i < 12; i++) {
            memcpy(x + (i + 1) * 12, x, 12 * sizeof *x);
            x[(i + 1) * 12 + i] = (uint16_t)((x[i] + 2) % 4);
        }
        testing_ok(*state, lk_model_graph(model, k, &graph));
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, 13, &execution));
        testing_ok(*state, lk_execution_forward(execution, x, 13));
        for (int64_t i = 0; i < 12 * 12; i++) {
            int64_t v = i / 12, changed = i % 12;
            const float *logits = lk_execution_parameters(execution, v);
            bool moved = memcmp(logits, logits + (changed + 1) * 4, 4 * sizeof *logits) != 0;
            bool later = n.rank[v] > n.rank[changed], next = n.rank[v] == n.rank[changed] + 1;
            if ((moved && !later) || (!moved && next)) {
                fail_msg("order %d: changing %lld %s the conditional of %lld", k + 1,
                         (long long)changed, moved ? "moves" : "does not move", (long long)v);
            }
        }
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
    }
    lk_model_destroy(model);
}

/* ---- learning, and what is refused ----------------------------------------------------------- */

/* Exactly the marginals, pooled, before; then eight images by heart. */
static void test_learns_by_heart(void **state) {
    const image_case c = {
        {3, {5, 5, 1}}, 2, 0, "natural", {"orders=1", "blocks=1", "channels=8"}, 3};
    lk_model *model = make_untrained(*state, &c);
    lk_dataset *train = testing_random_data(*state, 8, 25, 2, SEED);
    double ones = 0;
    for (int i = 0; i < 8 * 25; i++) {
        ones += train->values[i] / 200.0;
    }
    testing_ok(*state, lk_model_start(model, train));
    double start = testing_mean_nll(model, train),
           marginal = -25 * (ones * log(ones) + (1 - ones) * log(1 - ones));
    if (!(fabs(start - marginal) < 0.01 * marginal)) {
        fail_msg("seed %d: %.6g nats before training, marginals %.6g", SEED, start, marginal);
    }
    testing_learns_by_heart(model, train, 300, 0.01);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

/* Gradients come through from the first pixel, which sees nothing, whatever the depth: the network
 * learns, and so do the biases that are all that this pixel has. */
static void check_depth(void **state, const char *blocks) {
    const image_case c = {{3, {3, 3, 1}}, 2, 0, "natural", {"orders=1", blocks, "channels=4"}, 3};
    lk_model *model = make_untrained(*state, &c);
    lk_dataset *train = testing_random_data(*state, 8, 9, 2, SEED);
    testing_ok(*state, lk_model_start(model, train));
    int32_t at = lk_parameters_find(model->parameters, "first.bias");
    assert_true(at >= 0);
    const lk_parameter *bias = &model->parameters->list[at];
    float before[4];
    memcpy(before, bias->value, sizeof before);
    double start = testing_mean_nll(model, train), end = testing_learn(model, train, 20, 0.001);
    if (!(end < start)) {
        fail_msg("seed %d, %s: %.6g nats after 20 steps, %.6g before", SEED, blocks, end, start);
    }
    for (int32_t i = 0; i < 4; i++) {
        if (bias->value[i] == before[i]) {
            fail_msg("seed %d, %s: bias %d has not moved from %g", SEED, blocks, i,
                     (double)before[i]);
        }
    }
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

static void test_every_depth_learns(void **state) {
    check_depth(state, "blocks=1");
    check_depth(state, "blocks=4");
    check_depth(state, "blocks=12");
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    lk_data_description vector = testing_data(20, 2),
                        image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2};
    static const char *const even[] = {"kernel=4", "first_kernel=6"};
    testing_refused(context,
                    lk_model_create(context, "lmconv", NULL, 0, vector, "natural", 1, &model),
                    LK_INVALID, "images");
    testing_refused(context,
                    lk_model_create(context, "lmconv", NULL, 0, image, "zigzag", 1, &model),
                    LK_INVALID, "orders=0");
    for (int i = 0; i < 2; i++) {
        testing_refused(
            context, lk_model_create(context, "lmconv", even + i, 1, image, "natural", 1, &model),
            LK_INVALID, "odd");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_paper),  cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution), cmocka_unit_test(test_perturbation),
        cmocka_unit_test(test_learns_by_heart),   cmocka_unit_test(test_every_depth_learns),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
