/* Gated PixelCNN against the paper: the network in double, with masks as full kernels of zeros and
 * ones; as a distribution: sums to one, is the same under every schedule, has the gradients that
 * central differences give, learns by heart. What it sees: gated_pixelcnn_field_test.c. */
#include "families/testing_gated.h"
#include "models/testing_learning.h"

#define SEED 20165

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *set[6];
    int32_t sets;
} image_case;

static const image_case cases[] = {
    {{3, {3, 3, 1}}, 2, 0, {"layers=2", "channels=3", "head=5"}, 3},
    {{2, {2, 4}}, 2, 0, {"layers=3", "channels=2", "head=3", "first_kernel=3", "kernel=5"}, 5},
    {{3, {1, 2, 3}}, 3, 0, {"layers=2", "channels=3", "head=4"}, 3},
    {{3, {2, 1, 3}}, 2, 2, {"layers=2", "channels=2", "head=3"}, 3},
    {{3, {2, 2, 1}}, 5, 3, {"layers=3", "channels=4", "head=7"}, 3},
    {{3, {3, 2, 1}}, 2, 0, {"layers=1", "channels=3", "head=4", "dropout=0.3"}, 4},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_family(lk_context *context, const char *family, const image_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context,
               lk_model_create(context, family, c->set, c->sets, data, "natural", 5, &model));
    return model;
}

/* All parameters random: biases, and the layers that start at zero, would hide mistakes. */
static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model = make_family(context, "gated-pixelcnn", c);
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- the paper's network in double ----------------------------------------------------------- */

static double reference_nll(const gated_network *n, const uint16_t *x) {
    int32_t alphabet = n->model->data.alphabet;
    int64_t variables = n->model->data.variables;
    gated_features in = {.channels = 1}, logits;
    double nll = 0.0;
    for (int64_t i = 0; i < variables; i++) {
        in.at[i][0] = gated_number(alphabet, x[i]);
    }
    gated_logits(n, &in, alphabet == 2 ? 1 : alphabet, &logits);
    for (int64_t i = 0; i < variables; i++) {
        nll += gated_nll(&logits, i, alphabet, x[i]);
    }
    return nll;
}

static double nll_of(const void *network_of_test, const uint16_t *x) {
    return reference_nll(network_of_test, x);
}

/* ---- as the paper says, and a distribution --------------------------------------------------- */

static void test_equals_the_paper(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        gated_network n = gated_network_of(model);
        uint16_t x[9 * GATED_CELLS_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, nll_of, &n, i, SEED);
        for (n.label = 0; n.label < cases[i].labels; n.label++) {
            double nll;
            testing_nll_given(model, x, 1, (uint16_t)n.label, &nll);
            assert_true(fabs(nll - reference_nll(&n, x)) <= 1e-5 * (1 + nll));
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        gated_network n = gated_network_of(model);
        uint16_t x[GATED_CELLS_MOST];
        testing_random_values(model, 1, SEED + 1, x);
        testing_gradients(model, x, 3, SEED, nll_of, &n, &n.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[17 * GATED_CELLS_MOST];
        testing_random_weights_of(model, 1.0f, SEED + 2);
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* ---- closed forms ---------------------------------------------------------------------------- */

static void zero_parameters(lk_model *model, const char *part) {
    int cleared = 0;
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        if (strstr(parameter->name, part) != NULL) {
            memset(parameter->value, 0,
                   (size_t)(parameter->rows * parameter->columns) * sizeof(float));
            cleared++;
        }
    }
    assert_true(cleared > 0);
}

/* The same weights without a class, copied by name. */
static void test_no_class_bias_is_no_class(void **state) {
    const image_case c = {{3, {3, 4, 1}}, 4, 3, {"layers=3", "channels=4", "head=5"}, 3};
    image_case plain = c;
    plain.labels = 0;
    lk_model *given = make_model(*state, &c), *model = make_model(*state, &plain);
    zero_parameters(given, ".label.table");
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *to = &model->parameters->list[p];
        int32_t at = lk_parameters_find(given->parameters, to->name);
        assert_true(at >= 0);
        memcpy(to->value, given->parameters->list[at].value,
               (size_t)(to->rows * to->columns) * sizeof(float));
    }
    uint16_t x[5 * 12];
    double with[5], without[5];
    testing_random_values(model, 5, SEED, x);
    testing_nll(model, x, 5, without);
    for (uint16_t label = 0; label < 3; label++) {
        testing_nll_given(given, x, 5, label, with);
        assert_memory_equal(with, without, sizeof with);
    }
    testing_random_weights_of(given, 0.5f, SEED + 7);
    testing_nll_given(given, x, 5, 0, without);
    testing_nll_given(given, x, 5, 2, with);
    assert_true(with[0] != without[0]);
    lk_model_destroy(given);
    lk_model_destroy(model);
}

/* 3 x 3 pixels under 3 x 3 windows, the pairs counted by hand. */
static void test_counts_what_is_multiplied(void **state) {
    const image_case c = {
        {3, {3, 3, 1}}, 2, 0, {"layers=2", "channels=2", "head=1", "first_kernel=3"}, 4};
    lk_model *model = make_model(*state, &c);
    lk_graph *graph;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    /* From a row to the row above, 2 times: 7 pairs within 3 columns; the left neighbour: 6. */
    int64_t above = 2 * 7, row = 3 * 7, left = 6, pixels = 9, link = pixels * 4 * 4,
            out = pixels * 2 * 2;
    assert_int_equal(lk_graph_multiply_adds_forward(graph),
                     (above + left) * 4 + (above + row + left + pixels) * 2 * 4 + 2 * (link + out) +
                         pixels * 2 + pixels);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* ---- learning -------------------------------------------------------------------------------- */

/* Before training it is near the marginals, pooled over all pixels. */
static void test_learns_by_heart(void **state) {
    const image_case c = {{3, {5, 5, 1}}, 2, 0, {"layers=3", "channels=8", "head=16"}, 3};
    lk_model *model = make_family(*state, "gated-pixelcnn", &c);
    lk_dataset *train = testing_random_data(*state, 8, 25, 2, SEED);
    double ones = 0;
    for (int i = 0; i < 8 * 25; i++) {
        ones += train->values[i] / 200.0;
    }
    testing_ok(*state, lk_model_start(model, train));
    double start = testing_mean_nll(model, train),
           marginal = -25 * (ones * log(ones) + (1 - ones) * log(1 - ones));
    if (!(fabs(start - marginal) < 0.05 * marginal)) {
        fail_msg("seed %d: %.6g nats before training, marginals %.6g", SEED, start, marginal);
    }
    testing_learns_by_heart(model, train, 300, 0.01);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    lk_data_description vector = testing_data(20, 2),
                        image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2};
    static const char *const even[] = {"kernel=4", "first_kernel=6"};
    testing_refused(
        context, lk_model_create(context, "gated-pixelcnn", NULL, 0, vector, "natural", 1, &model),
        LK_INVALID, "gated-pixelcnn is for images");
    for (int i = 0; i < 2; i++) {
        testing_refused(
            context,
            lk_model_create(context, "gated-pixelcnn", even + i, 1, image, "natural", 1, &model),
            LK_INVALID, "odd");
    }
    testing_refused(
        context, lk_model_create(context, "gated-pixelcnn", NULL, 0, image, "reversed", 1, &model),
        LK_CAUSALITY, "would see");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_paper),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_no_class_bias_is_no_class),
        cmocka_unit_test(test_counts_what_is_multiplied),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
