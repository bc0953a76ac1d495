/* Mixtures: the autoregressive evaluation against the direct sum in double; EM against what EM
 * promises. */
#include "models/em.h"
#include "models/testing.h"

#define SEED 20240613

static const float *values(const lk_model *model, const char *name) {
    return model->parameters->list[lk_parameters_find(model->parameters, name)].value;
}

/* -log sum_k w_k prod_v p_k(x_v), in double, the weights normalised. */
static double direct_nll(const lk_model *model, int64_t components, const uint16_t *x) {
    const float *weight = values(model, "mixture.weight"),
                *component = values(model, "mixture.component");
    double total = 0.0, weights = 0.0;
    for (int64_t k = 0; k < components; k++) {
        double log_joint = (double)weight[k];
        for (int64_t v = 0; v < model->data.variables; v++) {
            log_joint += (double)component[(v * model->data.alphabet + x[v]) * components + k];
        }
        total += exp(log_joint);
        weights += exp((double)weight[k]);
    }
    return log(weights) - log(total);
}

static void check_mixture(int64_t variables, int32_t alphabet, const char *components,
                          const char *order) {
    lk_context *context = testing_context(2);
    const char *assignments[] = {components, "iterations=8", "starts=2", "short_iterations=2"};
    lk_model *model = testing_model(context, "bernoulli-mixture", assignments, 4, variables,
                                    alphabet, order, SEED);
    lk_dataset *train = testing_random_data(context, 150, variables, alphabet, SEED);
    testing_fit(model, train, NULL, SEED);
    int64_t k = lk_settings_integer(&model->settings, "components");
    double nll[150];
    testing_nll(model, train->values, 150, nll);
    for (int n = 0; n < 150; n++) {
        double expected = direct_nll(model, k, train->values + n * variables);
        if (!(fabs(nll[n] - expected) <= 2e-5)) {
            fail_msg("%s, %lld x %d, example %d: NLL %.9g, directly %.9g", components,
                     (long long)variables, alphabet, n, nll[n], expected);
        }
    }
    if (variables < 8) {
        testing_sums_to_one(model);
    }
    testing_parallel_is_incremental(model, train->values, train->examples);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_evaluation(void **state) {
    (void)state;
    check_mixture(5, 2, "components=1", "natural");
    check_mixture(5, 2, "components=3", "natural");
    check_mixture(4, 3, "components=17", "reversed");
    check_mixture(4, 5, "components=300", "random:9");
    check_mixture(40, 2, "components=17", "random:9");
}

/* Variables of equal rank are independent given the lower ranks: still a distribution, in fewer
 * steps. */
static void test_ties(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    const char *assignments[] = {"components=4"};
    lk_model *model =
        testing_model(context, "bernoulli-mixture", assignments, 1, 6, 2, "natural", SEED);
    static const int32_t rank[] = {0, 0, 5, 7, 5, 5};
    memcpy(model->rank, rank, sizeof rank);
    lk_dataset *train = testing_random_data(context, 100, 6, 2, SEED);
    testing_fit(model, train, NULL, SEED);
    lk_graph *graph;
    testing_ok(context, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, 3);
    lk_graph_destroy(graph);
    testing_sums_to_one(model);
    testing_parallel_is_incremental(model, train->values, train->examples);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

/* ---- EM -------------------------------------------------------------------------------------- */

typedef struct trace {
    double train[200], valid[200];
    int64_t count, stop_at;
} trace;

static bool record(void *argument, int64_t iteration, int64_t iterations, double train_nll,
                   double valid_nll) {
    trace *t = argument;
    assert_true(iteration == t->count + 1 && iteration <= iterations && t->count < 200);
    t->train[t->count] = train_nll;
    t->valid[t->count++] = valid_nll;
    return t->stop_at == 0 || t->count < t->stop_at;
}

static lk_em_options small_run(trace *t) {
    return (lk_em_options){.components = 5,
                           .iterations = 60,
                           .starts = 1,
                           .short_iterations = 1,
                           .smoothing = 1e-6,
                           .patience = 60,
                           .seed = SEED,
                           .progress = record,
                           .progress_argument = t};
}

static void test_never_worse(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    lk_dataset *train = testing_random_data(context, 400, 12, 3, SEED);
    float weight[5], component[12 * 3 * 5];
    trace t = {.count = 0};
    lk_em_options options = small_run(&t);
    testing_ok(context, lk_em_fit(context, train, NULL, 3, NULL, &options, weight, component));
    assert_int_equal(t.count, 60);
    for (int64_t i = 1; i < t.count; i++) {
        if (!(t.train[i] <= t.train[i - 1] + 1e-5)) {
            fail_msg("iteration %lld: NLL %.9g after %.9g", (long long)i, t.train[i],
                     t.train[i - 1]);
        }
    }
    assert_true(t.train[t.count - 1] < t.train[0] - 0.1);
    lk_dataset_destroy(train);
    lk_context_destroy(context);
}

/* One component is the histogram, reached at once. More examples than one chunk holds. */
static void test_one_component(void **state) {
    (void)state;
    lk_context *context = testing_context(1);
    lk_dataset *train = testing_random_data(context, 9000, 4, 3, SEED);
    float weight[1], component[12];
    trace t = {.count = 0};
    lk_em_options options = small_run(&t);
    options.components = 1;
    testing_ok(context, lk_em_fit(context, train, NULL, 3, NULL, &options, weight, component));
    for (int row = 0; row < 12; row++) {
        double count = 0;
        for (int64_t n = 0; n < 9000; n++) {
            count += train->values[4 * n + row / 3] == row % 3;
        }
        if (!(fabs((double)component[row] - log(count / 9000)) <= 1e-5)) {
            fail_msg("row %d: %.9g, expected %.9g", row, (double)component[row], log(count / 9000));
        }
    }
    lk_dataset_destroy(train);
    lk_context_destroy(context);
}

/* The parameters of the iteration that did best on the validation data, whatever came after. */
static void test_best_is_kept(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    static const char *const assignments[] = {"components=20", "smoothing=0.000001", "starts=1",
                                              "iterations=80", "patience=80"};
    lk_model *model =
        testing_model(context, "bernoulli-mixture", assignments, 5, 12, 3, "natural", SEED);
    lk_dataset *train = testing_random_data(context, 60, 12, 3, SEED);
    lk_dataset *valid = testing_random_data(context, 200, 12, 3, SEED + 1);
    trace t = {.count = 0};
    lk_fit_options options = {.seed = SEED, .progress = record, .progress_argument = &t};
    testing_ok(context, model->family->fit(model, train, valid, &options));
    double best = INFINITY, mean = 0.0, nll[200];
    for (int64_t i = 0; i < t.count; i++) {
        best = fmin(best, t.valid[i]);
    }
    assert_true(best < t.valid[t.count - 1] - 0.1); /* the run does overfit */
    testing_nll(model, valid->values, 200, nll);
    for (int n = 0; n < 200; n++) {
        mean += nll[n] / 200;
    }
    if (!(fabs(mean - best) <= 1e-4)) {
        fail_msg("validation NLL %.9g, the best iteration's was %.9g", mean, best);
    }
    lk_dataset_destroy(train);
    lk_dataset_destroy(valid);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_interrupted(void **state) {
    (void)state;
    lk_context *context = testing_context(1);
    lk_dataset *train = testing_random_data(context, 50, 4, 2, SEED);
    float weight[5], component[40] = {0};
    trace t = {.stop_at = 7};
    lk_em_options options = small_run(&t);
    assert_int_equal(lk_em_fit(context, train, NULL, 2, NULL, &options, weight, component),
                     LK_INTERRUPTED);
    assert_int_equal(t.count, 7);
    assert_true(component[0] < 0.0f); /* the best so far is there */
    lk_dataset_destroy(train);
    lk_context_destroy(context);
}

/* Bit for bit the same for 1, 2 and 7 threads and every instruction set. */
static void test_threads(void **state) {
    (void)state;
    float weight[4][5], component[4][23 * 2 * 5];
    static const int threads[] = {1, 2, 7, 1};
    for (int i = 0; i < 4; i++) {
        if (i == 3) {
            setenv("LIKELY_ISA", "scalar", 1);
        }
        lk_context *context = testing_context(threads[i]);
        lk_dataset *train = testing_random_data(context, 5000, 23, 2, SEED);
        trace t = {.count = 0};
        lk_em_options options = small_run(&t);
        options.iterations = 4;
        testing_ok(context,
                   lk_em_fit(context, train, train, 2, NULL, &options, weight[i], component[i]));
        lk_dataset_destroy(train);
        lk_context_destroy(context);
        if (memcmp(weight[i], weight[0], sizeof weight[0]) != 0 ||
            memcmp(component[i], component[0], sizeof component[0]) != 0) {
            fail_msg("run %d (%d threads) differs from run 0", i, threads[i]);
        }
    }
    unsetenv("LIKELY_ISA");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evaluation),   cmocka_unit_test(test_ties),
        cmocka_unit_test(test_never_worse),  cmocka_unit_test(test_one_component),
        cmocka_unit_test(test_best_is_kept), cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
