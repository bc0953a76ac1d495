/* Bayes nets: proper distributions, the steps that the graph allows, and known tables recovered
 * from samples. */
#include <stdio.h>

#include "models/testing.h"

#define SEED 20240612

static const char alarm_text[] =
    "graph=burglary\nearthquake\nalarm: burglary earthquake\njohn: alarm\nmary: alarm\n";

/* Sums to 1, parallel equals incremental, so many steps. */
static void check_family(const char *graph_text, int64_t variables, int32_t alphabet,
                         const char *order, int32_t steps) {
    lk_context *context = testing_context(2);
    const char *assignments[] = {graph_text, "hidden=5,3", "activation=tanh"};
    lk_model *model =
        testing_model(context, "bayesnet", assignments, 3, variables, alphabet, order, SEED);
    testing_random_weights_of(model, 1.0f, SEED);
    testing_sums_to_one(model);
    lk_dataset *data = testing_random_data(context, 33, variables, alphabet, SEED);
    testing_parallel_is_incremental(model, data->values, data->examples);
    lk_graph *graph;
    testing_ok(context, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, steps);
    lk_graph_destroy(graph);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_distributions(void **state) {
    (void)state;
    check_family("graph=chain", 5, 2, "natural", 5);
    check_family("graph=chain", 4, 3, "random:3", 4);
    check_family("graph=independent", 4, 3, "natural", 1);
    check_family(alarm_text, 5, 2, "natural", 3);
    check_family(alarm_text, 5, 4, "reversed", 3);
}

/* A chain of more variables than one concatenation joins. */
static void test_long_chain(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    const char *assignments[] = {"hidden=2"};
    lk_model *model = testing_model(context, "bayesnet", assignments, 1, 150, 2, "natural", SEED);
    lk_dataset *data = testing_random_data(context, 3, 150, 2, SEED);
    testing_parallel_is_incremental(model, data->values, data->examples);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* The text of the file becomes the setting; the file is not needed again. */
static void test_graph_file(void **state) {
    (void)state;
    lk_context *context = testing_context(1);
    char path[] = "/tmp/lk_bayesnet_XXXXXX", assignment[64];
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    fclose(fdopen(descriptor, "w"));
    snprintf(assignment, sizeof assignment, "graph=%s", path);
    const char *assignments[] = {assignment};
    write_file(path, "x # cause\ny: x\n");
    lk_model *model = testing_model(context, "bayesnet", assignments, 1, 2, 3, "natural", SEED);
    assert_string_equal(lk_settings_text(&model->settings, "graph"), "x\ny: x\n");
    lk_model_destroy(model);
    lk_status status = lk_model_create(context, "bayesnet", assignments, 1, testing_data(3, 3),
                                       "natural", 1, &model);
    testing_refused(context, status, LK_MISMATCH, "names 2 variables, but the data have 3");
    write_file(path, "x\ny: z\n");
    status = lk_model_create(context, "bayesnet", assignments, 1, testing_data(2, 3), "natural", 1,
                             &model);
    testing_refused(context, status, LK_FORMAT, ": line 2: z is a parent but has no line");
    remove(path);
    status = lk_model_create(context, "bayesnet", assignments, 1, testing_data(2, 3), "natural", 1,
                             &model);
    testing_refused(context, status, LK_IO, path);
    lk_context_destroy(context);
}

/* ---- known tables ---------------------------------------------------------------------------- */

/* The alarm network with rates that few samples show: p(variable = 1 | parents). */
static double truth(int variable, const uint16_t *x) {
    static const double alarm[] = {0.05, 0.3, 0.9, 0.95};
    switch (variable) {
    case 0:
        return 0.2;
    case 1:
        return 0.3;
    case 2:
        return alarm[2 * x[0] + x[1]];
    case 3:
        return x[2] ? 0.9 : 0.05;
    default:
        return x[2] ? 0.7 : 0.01;
    }
}

static lk_dataset *sample_alarm(lk_context *context, int64_t examples) {
    lk_dataset *data = testing_dataset(context, examples, 5, 2);
    lk_random random = {SEED, LK_FOR_CHECK};
    for (int64_t n = 0; n < examples; n++) {
        uint16_t *x = data->values + 5 * n;
        for (int v = 0; v < 5; v++) {
            x[v] = (double)lk_random_unit(random, (uint64_t)n, (uint64_t)v) < truth(v, x);
        }
    }
    return data;
}

/* Plain full-batch gradient descent, to need nothing of the trainer. */
static void train(lk_model *model, const lk_dataset *data, int steps, float rate) {
    lk_graph *graph;
    lk_execution *execution;
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context, lk_parameters_make_gradients(model->parameters));
    testing_ok(model->context,
               lk_execution_create(graph, LK_PLAN_TRAIN, data->examples, &execution));
    double *nll = malloc((size_t)data->examples * sizeof *nll);
    for (int step = 0; step < steps; step++) {
        testing_ok(model->context, lk_execution_forward(execution, data->values, data->examples));
        testing_ok(model->context, lk_execution_nll(execution, nll, NULL));
        testing_ok(model->context, lk_execution_backward(execution));
        for (int32_t p = 0; p < model->parameters->count; p++) {
            lk_parameter *parameter = &model->parameters->list[p];
            for (int64_t i = 0; i < parameter->rows * parameter->columns; i++) {
                parameter->value[i] -= rate * parameter->gradient[i];
            }
        }
    }
    free(nll);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
}

/* p(x_v = 1 | the others as in x) from two joint probabilities would need sums; per-variable terms
 * give it directly. */
static double conditional(lk_model *model, const uint16_t *x, int variable) {
    lk_graph *graph;
    lk_execution *execution;
    double nll;
    float terms[5];
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution));
    testing_ok(model->context, lk_execution_forward(execution, x, 1));
    testing_ok(model->context, lk_execution_nll(execution, &nll, terms));
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    return exp(-(double)terms[variable]);
}

static int64_t count_parents(const lk_dataset *data, const uint16_t *x, int variable) {
    int64_t count = 0;
    for (int64_t n = 0; n < data->examples; n++) {
        const uint16_t *y = data->values + 5 * n;
        bool same = variable < 2 || (variable == 2 ? y[0] == x[0] && y[1] == x[1] : y[2] == x[2]);
        count += same;
    }
    return count;
}

static void test_alarm_recovered(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    const char *assignments[] = {alarm_text, "hidden=8"};
    lk_model *model = testing_model(context, "bayesnet", assignments, 2, 5, 2, "natural", SEED);
    lk_dataset *data = sample_alarm(context, 4000);
    train(model, data, 1500, 0.5f);
    uint16_t *x;
    int64_t points = testing_domain(5, 2, &x);
    for (int64_t i = 0; i < points; i++) {
        for (int v = 0; v < 5; v++) {
            if (x[5 * i + v] == 1) {
                double expected = truth(v, x + 5 * i), got = conditional(model, x + 5 * i, v);
                double deviation =
                    sqrt(expected * (1 - expected) / (double)count_parents(data, x + 5 * i, v));
                if (!(fabs(got - expected) <= 4 * deviation + 0.01)) {
                    fail_msg(
                        "seed %d, point %lld, variable %d: p = %.4f, truth %.4f, deviation %.4f",
                        SEED, (long long)i, v, got, expected, deviation);
                }
            }
        }
    }
    free(x);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_graph_file),
        cmocka_unit_test(test_alarm_recovered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
