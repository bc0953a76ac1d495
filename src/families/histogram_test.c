/* Histograms against the frequencies that they are defined by. */
#include "models/testing.h"

#define SEED 20240611

static int64_t count_equal(const lk_dataset *data, const uint16_t *x) {
    int64_t equal = 0;
    for (int64_t n = 0; n < data->examples; n++) {
        equal +=
            memcmp(data->values + n * data->variables, x, (size_t)data->variables * sizeof *x) == 0;
    }
    return equal;
}

static void check_probability(const char *what, int64_t point, double nll, double expected) {
    if (expected == 0.0 ? nll != INFINITY : !(fabs(nll + log(expected)) <= 2e-6)) {
        fail_msg("%s, point %lld, seed %d: p = %.9g, expected %.9g", what, (long long)point, SEED,
                 exp(-nll), expected);
    }
}

/* The joint: exactly the (smoothed) joint frequencies, for any ordering. */
static void check_joint(const char *order, const char *smoothing, double pseudo) {
    lk_context *context = testing_context(2);
    const char *assignments[] = {smoothing};
    lk_model *model = testing_model(context, "histogram", assignments, 1, 4, 3, order, SEED);
    lk_dataset *train = testing_random_data(context, 200, 4, 3, SEED);
    testing_fit(model, train, NULL, SEED);
    uint16_t *x;
    int64_t points = testing_domain(4, 3, &x);
    double *nll = malloc((size_t)points * sizeof *nll);
    testing_nll(model, x, points, nll);
    for (int64_t i = 0; i < points; i++) {
        double expected =
            ((double)count_equal(train, x + 4 * i) + pseudo) / (200.0 + pseudo * (double)points);
        check_probability(order, i, nll[i], expected);
    }
    testing_sums_to_one(model);
    testing_parallel_is_incremental(model, train->values, train->examples);
    free(nll);
    free(x);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_joint(void **state) {
    (void)state;
    check_joint("natural", "smoothing=0", 0.0);
    check_joint("natural", "smoothing=1", 1.0);
    check_joint("reversed", "smoothing=0", 0.0);
    check_joint("random:5", "smoothing=0.25", 0.25);
}

/* One histogram a variable: products of frequencies, one step. */
static void test_per_variable(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    static const char *const assignments[] = {"smoothing=0.5", "joint=no"};
    lk_model *model = testing_model(context, "histogram", assignments, 2, 3, 4, "natural", SEED);
    lk_dataset *train = testing_random_data(context, 77, 3, 4, SEED);
    testing_fit(model, train, train, SEED);
    uint16_t *x;
    int64_t points = testing_domain(3, 4, &x);
    double nll[64];
    testing_nll(model, x, points, nll);
    for (int64_t i = 0; i < points; i++) {
        double expected = 1.0;
        for (int v = 0; v < 3; v++) {
            int64_t count = 0;
            for (int64_t n = 0; n < 77; n++) {
                count += train->values[3 * n + v] == x[3 * i + v];
            }
            expected *= ((double)count + 0.5) / (77.0 + 0.5 * 4);
        }
        check_probability("per variable", i, nll[i], expected);
    }
    lk_graph *graph;
    testing_ok(context, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, 1);
    lk_graph_destroy(graph);
    testing_sums_to_one(model);
    testing_parallel_is_incremental(model, train->values, train->examples);
    free(x);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_choice(void **state) {
    (void)state;
    lk_context *context = testing_context(1);
    lk_model *few = testing_model(context, "histogram", NULL, 0, 20, 2, "natural", SEED);
    lk_model *many = testing_model(context, "histogram", NULL, 0, 21, 2, "natural", SEED);
    assert_int_equal(lk_parameters_total(few->parameters), 2 * ((1 << 20) - 1));
    assert_int_equal(lk_parameters_total(many->parameters), 2 * 21);
    lk_model_destroy(few);
    lk_model_destroy(many);
    static const char *const yes[] = {"joint=yes"}, *const cells[] = {"cells=8", "joint=yes"};
    lk_model *none;
    lk_status status =
        lk_model_create(context, "histogram", yes, 1, testing_data(784, 2), "natural", 1, &none);
    testing_refused(context, status, LK_INVALID, "set joint=no");
    status =
        lk_model_create(context, "histogram", cells, 2, testing_data(4, 2), "natural", 1, &none);
    testing_refused(context, status, LK_INVALID, "more than 8 cells");
    lk_context_destroy(context);
}

static void test_wrong_data(void **state) {
    (void)state;
    lk_context *context = testing_context(1);
    lk_model *model = testing_model(context, "histogram", NULL, 0, 3, 2, "natural", SEED);
    lk_dataset *wide = testing_random_data(context, 9, 4, 2, SEED),
               *rich = testing_random_data(context, 9, 3, 5, SEED);
    lk_fit_options options = {.seed = SEED};
    assert_int_equal(model->family->fit(model, wide, NULL, &options), LK_MISMATCH);
    assert_int_equal(model->family->fit(model, rich, NULL, &options), LK_MISMATCH);
    lk_dataset_destroy(wide);
    lk_dataset_destroy(rich);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joint),
        cmocka_unit_test(test_per_variable),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_wrong_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
