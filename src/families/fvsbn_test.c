/* The fully visible sigmoid belief network: as a distribution; against its equation in double; and
 * what is known of it: any table of two variables is one, one variable is its frequency, and its
 * NLL is convex, so that every training ends in the same. */
#include "models/testing_gradients.h"
#include "models/testing_learning.h"

#define SEED 1992

typedef struct network {
    const lk_model *model;
    testing_bump bump;
} network;

/* sum_i -log sigmoid(+-(b_i + S_i x_<i)) */
static double equation(const void *argument, const uint16_t *x) {
    const network *n = argument;
    const lk_parameters *p = n->model->parameters;
    const float *s = p->list[lk_parameters_find(p, "logits.weight")].value,
                *b = p->list[lk_parameters_find(p, "logits.bias")].value;
    int64_t variables = n->model->data.variables;
    double nll = 0.0;
    for (int64_t i = 0; i < variables; i++) {
        double logit = testing_bumped(&n->bump, b + i);
        for (int64_t j = 0; j < variables; j++) {
            if (n->model->rank[j] < n->model->rank[i]) {
                logit += testing_bumped(&n->bump, s + i * variables + j) * x[j];
            }
        }
        nll += log1p(exp(x[i] != 0 ? -logit : logit));
    }
    return nll;
}

static lk_model *make(lk_context *context, int64_t variables, int32_t alphabet, const char *order) {
    lk_model *model = testing_model(context, "fvsbn", NULL, 0, variables, alphabet, order, SEED);
    testing_random_weights(model, 1.0f);
    return model;
}

static void test_is_a_distribution(void **state) {
    static const struct {
        int64_t variables;
        int32_t alphabet;
        const char *order;
    } cases[] = {{6, 2, "natural"}, {6, 2, "random:3"}, {4, 3, "reversed"}, {1, 2, "natural"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lk_model *model = make(*state, cases[i].variables, cases[i].alphabet, cases[i].order);
        uint16_t x[17 * 6];
        testing_sums_to_one(model);
        testing_random_values(model, 17, SEED, x);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

static void test_equals_the_equation(void **state) {
    lk_model *model = make(*state, 9, 2, "random:4");
    network n = {.model = model};
    uint16_t x[40 * 9];
    testing_random_values(model, 40, SEED, x);
    testing_equals(model, x, 40, equation, &n, 0, SEED);
    testing_gradients(model, x, 1, SEED, equation, &n, &n.bump);
    lk_model_destroy(model);
}

/* The empirical entropy of examples, nats. */
static double entropy(const lk_dataset *data) {
    double sum = 0.0;
    size_t bytes = (size_t)data->variables * sizeof *data->values;
    for (int64_t n = 0; n < data->examples; n++) {
        int64_t alike = 0;
        for (int64_t m = 0; m < data->examples; m++) {
            alike += memcmp(data->values + n * data->variables, data->values + m * data->variables,
                            bytes) == 0;
        }
        sum -= log((double)alike / (double)data->examples) / (double)data->examples;
    }
    return sum;
}

/* From other weights each time, to the optimum. */
static double trained(lk_context *context, const lk_dataset *data, uint64_t seed) {
    lk_model *model = testing_model(context, "fvsbn", NULL, 0, data->variables, 2, "natural", seed);
    testing_random_weights_of(model, 0.5f, seed);
    testing_ok(context, lk_parameters_make_gradients(model->parameters));
    testing_learn(model, data, 1500, 0.03);
    double end = testing_learn(model, data, 1500, 0.003);
    lk_model_destroy(model);
    return end;
}

static void test_reaches_the_entropy_of_two_variables(void **state) {
    for (int64_t variables = 1; variables <= 2; variables++) {
        lk_dataset *data = testing_random_data(*state, 50, variables, 2, SEED);
        double end = trained(*state, data, 1), best = entropy(data);
        if (!(fabs(end - best) <= 1e-5)) {
            fail_msg("%lld variables: %.9g nats, their entropy is %.9g", (long long)variables, end,
                     best);
        }
        lk_dataset_destroy(data);
    }
}

static void test_is_convex(void **state) {
    lk_dataset *data = testing_random_data(*state, 64, 4, 2, SEED);
    double one = trained(*state, data, 1), other = trained(*state, data, 2);
    if (!(fabs(one - other) <= 1e-5)) {
        fail_msg("from two seeds: %.9g and %.9g nats", one, other);
    }
    lk_dataset_destroy(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_equals_the_equation),
        cmocka_unit_test(test_reaches_the_entropy_of_two_variables),
        cmocka_unit_test(test_is_convex),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
