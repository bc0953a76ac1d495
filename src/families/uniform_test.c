/* The uniform distribution: closed form, one step, no parameters. */
#include "models/testing.h"

static void test_closed_form(void **state) {
    (void)state;
    lk_context *context = testing_context(2);
    static const int32_t alphabets[] = {2, 3, 17};
    for (int i = 0; i < 3; i++) {
        int32_t alphabet = alphabets[i];
        lk_model *model = testing_model(context, "uniform", NULL, 0, 3, alphabet, "natural", 1);
        lk_dataset *train = testing_random_data(context, 5, 3, alphabet, 7);
        testing_fit(model, train, NULL, 1);
        assert_int_equal(lk_parameters_total(model->parameters), 0);
        double nll[5];
        testing_nll(model, train->values, 5, nll);
        for (int n = 0; n < 5; n++) {
            if (fabs(nll[n] - 3 * log(alphabet)) > 1e-5) {
                fail_msg("alphabet %d: NLL %.9g, expected %.9g", alphabet, nll[n],
                         3 * log(alphabet));
            }
        }
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, train->values, 5);
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
    lk_context_destroy(context);
}

static void test_one_step(void **state) {
    (void)state;
    lk_context *context = testing_context(1);
    lk_model *model = testing_model(context, "uniform", NULL, 0, 100, 2, "natural", 1);
    lk_graph *graph;
    testing_ok(context, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, 1);
    assert_int_equal(lk_graph_multiply_adds_forward(graph), 0);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_form),
        cmocka_unit_test(test_one_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
