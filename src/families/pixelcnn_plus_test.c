/* PixelCNN++ against its code in double (testing_pixelcnn_plus.h); as a distribution: sums to one,
 * is the same under every schedule, has the gradients that central differences give, learns by
 * heart; what it sees, how it begins, what a sample costs. */
#include "families/testing_pixelcnn_plus.h"
#include "models/testing_learning.h"

#define SEED 20170112

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *set[6];
    int32_t sets;
} image_case;

static const image_case cases[] = {
    {{3, {3, 3, 1}}, 2, 0, {"depth=1", "levels=2", "filters=3"}, 3},
    {{2, {2, 4}}, 2, 3, {"depth=2", "levels=1", "filters=2"}, 3},
    {{3, {5, 2, 1}}, 2, 0, {"depth=1", "levels=3", "filters=2", "dropout=0.5"}, 4},
    {{3, {2, 2, 1}}, 5, 0, {"depth=1", "levels=2", "filters=3", "mixtures=3"}, 4},
    {{3, {1, 3, 1}}, 7, 2, {"depth=1", "levels=2", "filters=2", "distribution=softmax"}, 4},
    {{3, {2, 1, 3}}, 3, 0, {"depth=1", "levels=2", "filters=2", "mixtures=4"}, 4},
    {{3, {1, 2, 3}}, 3, 0, {"depth=1", "levels=2", "filters=3", "distribution=softmax"}, 4},
    {{3, {2, 2, 2}}, 2, 2, {"depth=1", "levels=2", "filters=2"}, 3},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context,
               lk_model_create(context, "pixelcnn++", c->set, c->sets, data, "natural", 5, &model));
    return model;
}

/* All parameters random: biases, gains, and what a class adds. */
static lk_model *make_random(lk_context *context, const image_case *c) {
    lk_model *model = make_model(context, c);
    testing_random_weights_of(model, 0.7f, SEED);
    return model;
}

/* ---- as the code says, and a distribution ---------------------------------------------------- */

static void test_equals_the_code(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        plus_network n = plus_network_of(model);
        uint16_t x[5 * PLUS_CELLS];
        testing_random_values(model, 5, SEED + 1, x);
        testing_equals(model, x, 5, plus_nll, &n, i, SEED);
        for (n.label = 0; n.label < cases[i].labels; n.label++) {
            double nll;
            testing_nll_given(model, x, 1, (uint16_t)n.label, &nll);
            assert_true(fabs(nll - plus_nll(&n, x)) <= 1e-5 * (1 + nll));
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        plus_network n = plus_network_of(model);
        uint16_t x[PLUS_CELLS];
        testing_random_values(model, 1, SEED + 1, x);
        testing_gradients(model, x, 7, SEED, plus_nll, &n, &n.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        uint16_t x[17 * PLUS_CELLS];
        testing_random_weights_of(model, 1.0f, SEED + 2);
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* With all blocks it has the dense network's parameters and bits; with some of them fewer weights,
 * and is a distribution all the same. */
static void test_block_sparse(void **state) {
    static const image_case dense = {
        {3, {3, 3, 1}}, 2, 0, {"depth=1", "levels=2", "filters=16"}, 3};
    image_case sparse = dense;
    sparse.set[sparse.sets++] = "block_sparse=8";
    sparse.set[sparse.sets++] = "block_density=1";
    lk_model *a = make_random(*state, &dense), *b = make_random(*state, &sparse);
    uint16_t x[17 * PLUS_CELLS];
    double nll[17], want[17];
    testing_random_values(a, 17, SEED + 1, x);
    testing_nll(a, x, 17, want);
    testing_nll(b, x, 17, nll);
    assert_memory_equal(nll, want, sizeof nll);
    sparse.set[sparse.sets - 1] = "block_density=0.25";
    lk_model *c = make_random(*state, &sparse);
    assert_true(lk_parameters_total(c->parameters) < lk_parameters_total(a->parameters) / 2);
    testing_sums_to_one(c);
    testing_parallel_is_incremental(c, x, 17);
    testing_sample_costs_one_pass(c);
    lk_model_destroy(a);
    lk_model_destroy(b);
    lk_model_destroy(c);
}

/* ---- what it sees ---------------------------------------------------------------------------- */

/* Which conditionals move when a value is changed: exactly those of later values, in images of odd
 * sides too, since three levels reach further than these. */
static void check_field(lk_context *context, const image_case *c) {
    lk_model *model = make_random(context, c);
    int64_t variables = model->data.variables;
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x = malloc((size_t)((variables + 1) * variables) * sizeof *x);
    testing_random_values(model, 1, SEED + 1, x);
    for (int64_t n = 1; n <= variables; n++) {
        memcpy(x + n * variables, x, (size_t)variables * sizeof *x);
        x[n * variables + n - 1] = (uint16_t)((x[n - 1] + c->alphabet / 2) % c->alphabet);
    }
    testing_ok(context, lk_model_graph(model, 0, &graph));
    testing_ok(context, lk_execution_create(graph, LK_PLAN_EVALUATE, variables + 1, &execution));
    testing_ok(context, lk_execution_forward(execution, x, variables + 1));
    size_t floats = (size_t)lk_graph_channels(graph);
    for (int64_t i = 0; i < variables * variables; i++) {
        int64_t changed = i / variables, v = i % variables;
        const float *logits = lk_execution_parameters(execution, v);
        const float *other = logits + (size_t)(changed + 1) * floats;
        bool moved = memcmp(logits, other, floats * sizeof *logits) != 0;
        if (moved != (changed < v)) {
            fail_msg("seed %d: changing variable %lld %s the conditional of %lld", SEED,
                     (long long)changed, moved ? "moves" : "does not move", (long long)v);
        }
    }
    free(x);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_sees_all_before(void **state) {
    static const image_case fields[] = {
        {{3, {7, 9, 1}}, 64, 0, {"depth=2", "levels=3", "filters=8"}, 3},
        {{3, {4, 5, 3}}, 64, 0, {"depth=2", "levels=3", "filters=8"}, 3},
        {{3, {3, 5, 3}}, 64, 0, {"depth=2", "levels=2", "filters=8", "distribution=softmax"}, 4},
    };
    for (int i = 0; i < 3; i++) {
        check_field(*state, &fields[i]);
    }
}

/* ---- cost ------------------------------------------------------------------------------------ */

/* A sample runs the network once a pixel, at every size and with colours: exactly one pass. */
static void test_sample_is_one_pass(void **state) {
    static const lk_shape sizes[] = {{3, {28, 28, 1}}, {3, {32, 32, 3}}, {3, {17, 3, 3}}};
    for (int i = 0; i < 3; i++) {
        const image_case c = {sizes[i], 256, 0, {"depth=2", "filters=4"}, 2};
        lk_model *model = make_model(*state, &c);
        lk_graph *graph;
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        assert_int_equal(graph->steps, graph->variables);
        assert_int_equal(lk_graph_multiply_adds_cached(graph),
                         lk_graph_multiply_adds_forward(graph));
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

/* ---- the start ------------------------------------------------------------------------------- */

static const image_case starts[] = {
    {{3, {5, 5, 1}}, 2, 0, {"depth=1", "levels=2", "filters=8"}, 3},
    {{3, {5, 5, 1}}, 16, 0, {"depth=1", "levels=2", "filters=8", "mixtures=5"}, 4},
    {{3, {4, 3, 3}}, 16, 0, {"depth=1", "levels=2", "filters=8", "mixtures=5"}, 4},
    {{3, {4, 3, 3}}, 16, 0, {"depth=1", "levels=2", "filters=8", "distribution=softmax"}, 4},
};
#define STARTS ((int)(sizeof starts / sizeof *starts))

/* The entropy of an image of independent pixels that are as frequent as in the data, each colour by
 * itself. */
static double marginal_nll(const lk_dataset *data, int64_t colours) {
    double nll = 0;
    for (int64_t c = 0; c < colours; c++) {
        double count[64] = {0}, total = 0;
        for (int64_t i = c; i < data->examples * data->variables; i += colours) {
            count[data->values[i]]++;
            total++;
        }
        for (int a = 0; a < 64; a++) {
            nll -= count[a] > 0 ? count[a] * log(count[a] / total) : 0;
        }
    }
    return nll / (double)data->examples;
}

static void test_starts_near_the_marginals(void **state) {
    for (int i = 0; i < STARTS; i++) {
        lk_model *model = make_model(*state, &starts[i]);
        int64_t colours = starts[i].shape.size[2];
        lk_dataset *train =
            testing_random_data(*state, 40, model->data.variables, starts[i].alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        double nll = testing_mean_nll(model, train), marginal = marginal_nll(train, colours);
        if (!(fabs(nll - marginal) < 0.15 * marginal)) {
            fail_msg("start %d, seed %d: %.6g nats before training, marginals %.6g", i, SEED, nll,
                     marginal);
        }
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

/* What says mean 0 and its deviation already does not move when it is asked to again; the last
 * layer begins otherwise. */
static void test_start_is_standard(void **state) {
    for (int i = 0; i < STARTS; i++) {
        lk_model *model = make_model(*state, &starts[i]), *again = make_model(*state, &starts[i]);
        lk_dataset *train =
            testing_random_data(*state, 16, model->data.variables, starts[i].alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        testing_ok(*state, lk_model_start(again, train));
        testing_ok(*state, lk_model_start(again, train));
        int normalised = 0;
        for (int32_t p = 0; p < model->parameters->count; p++) {
            const lk_parameter *a = &model->parameters->list[p], *b = &again->parameters->list[p];
            normalised += a->norm != NULL;
            for (int64_t e = 0; strstr(a->name, "logits") == NULL && e < a->rows * a->columns;
                 e++) {
                if (!(fabs((double)(a->value[e] - b->value[e])) <=
                      1e-4 * (1 + fabs((double)a->value[e])))) {
                    fail_msg("start %d: %s[%lld] is %.9g, and then %.9g", i, a->name, (long long)e,
                             (double)a->value[e], (double)b->value[e]);
                }
            }
        }
        assert_true(normalised > 20);
        lk_dataset_destroy(train);
        lk_model_destroy(again);
        lk_model_destroy(model);
    }
}

/* What a class adds begins with a deviation of 0.05. */
static void test_classes_begin_small(void **state) {
    const image_case c = {{3, {3, 3, 1}}, 4, 7, {"depth=1", "levels=1", "filters=32"}, 3};
    lk_model *model = make_model(*state, &c);
    lk_dataset *train = testing_random_data(*state, 9, 9, 4, SEED);
    train->labels = lk_allocate(9, sizeof *train->labels);
    testing_ok(*state, lk_model_start(model, train));
    int at = lk_parameters_find(model->parameters, "down1.1.u.label.table");
    const lk_parameter *table = &model->parameters->list[at];
    double squares = 0, count = (double)(table->rows * table->columns);
    for (int64_t i = 0; i < table->rows * table->columns; i++) {
        squares += (double)table->value[i] * (double)table->value[i];
    }
    assert_true(fabs(sqrt(squares / count) - 0.05) < 0.005);
    train->labels[4] = 7;
    testing_refused(*state, lk_model_start(model, train), LK_MISMATCH, "example 5");
    lk_dataset_destroy(train);
    lk_model_destroy(model);
}

/* ---- learning, and refusals ------------------------------------------------------------------ */

static void test_learns_by_heart(void **state) {
    static const image_case few[] = {
        {{3, {5, 5, 1}}, 2, 0, {"depth=1", "levels=2", "filters=8"}, 3},
        {{3, {5, 5, 1}}, 4, 0, {"depth=1", "levels=2", "filters=16", "mixtures=8"}, 4},
        {{3, {2, 2, 3}}, 4, 0, {"depth=1", "levels=2", "filters=16", "mixtures=16"}, 4},
        {{3, {4, 3, 3}}, 4, 0, {"depth=1", "levels=2", "filters=16", "distribution=softmax"}, 4},
    };
    for (int i = 0; i < 4; i++) {
        lk_model *model = make_model(*state, &few[i]);
        lk_dataset *train =
            testing_random_data(*state, 8, model->data.variables, few[i].alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        testing_learn_first(model, train, 400, 0.01);
        testing_learns_by_heart(model, train, 600, 0.002);
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

/* The same weights without a class, copied by name. */
static void test_no_class_bias_is_no_class(void **state) {
    const image_case c = {{3, {3, 4, 1}}, 4, 3, {"depth=1", "levels=2", "filters=4"}, 3};
    image_case plain = c;
    plain.labels = 0;
    lk_model *given = make_random(*state, &c), *model = make_random(*state, &plain);
    for (int32_t p = 0; p < given->parameters->count; p++) {
        lk_parameter *from = &given->parameters->list[p];
        int32_t at = lk_parameters_find(model->parameters, from->name);
        size_t bytes = (size_t)(from->rows * from->columns) * sizeof(float);
        if (at < 0) {
            assert_non_null(strstr(from->name, ".label.table"));
            memset(from->value, 0, bytes);
        } else {
            memcpy(model->parameters->list[at].value, from->value, bytes);
        }
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

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    lk_data_description vector = testing_data(20, 4),
                        image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2},
                        deep = {.shape = {3, {2, 2, 5}}, .variables = 20, .alphabet = 8};
    testing_refused(context,
                    lk_model_create(context, "pixelcnn++", NULL, 0, vector, "natural", 1, &model),
                    LK_INVALID, "pixelcnn++ is for images");
    testing_refused(context,
                    lk_model_create(context, "pixelcnn++", NULL, 0, deep, "natural", 1, &model),
                    LK_INVALID, "at most 4 channels");
    testing_refused(context,
                    lk_model_create(context, "pixelcnn++", NULL, 0, image, "reversed", 1, &model),
                    LK_CAUSALITY, "would see");
}

/* Of binary values a mixture would say one probability by many parameters. */
static void test_binary_is_bernoulli(void **state) {
    static const char *const asked[] = {"distribution=logistic"};
    lk_data_description image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2};
    lk_model *model;
    testing_ok(*state,
               lk_model_create(*state, "pixelcnn++", asked, 1, image, "natural", 1, &model));
    assert_string_equal(lk_settings_text(&model->settings, "distribution"), "softmax");
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_code),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_block_sparse),
        cmocka_unit_test(test_sees_all_before),
        cmocka_unit_test(test_sample_is_one_pass),
        cmocka_unit_test(test_starts_near_the_marginals),
        cmocka_unit_test(test_start_is_standard),
        cmocka_unit_test(test_classes_begin_small),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_no_class_bias_is_no_class),
        cmocka_unit_test(test_binary_is_bernoulli),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
