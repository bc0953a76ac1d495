/* NADE against its equations, as the double loop over variables; as a distribution; and what is
 * known of it: without input weights it is independent Bernoullis, and it is a MADE with a hidden
 * layer for each variable. */
#include "families/testing_nade.h"
#include "models/logits.h"
#include "models/testing_learning.h"

#define SEED 2011
#define VARIABLES_MOST 9

typedef struct nade_case {
    int64_t variables;
    int32_t alphabet;
    int32_t rank[VARIABLES_MOST]; /* all 0: the natural order */
    const char *activation;
    int32_t layers;
    const char *set[4];
    int32_t sets;
} nade_case;

static const nade_case cases[] = {
    {6, 2, {0}, "sigmoid", 1, {"hidden=5"}, 1},
    {7, 2, {3, 1, 6, 0, 2, 5, 4}, "relu", 1, {"hidden=17", "activation=relu"}, 2},
    {6, 2, {1, 0, 1, 2, 0, 2}, "tanh", 2, {"hidden=4,6", "activation=tanh"}, 2},
    {4, 3, {2, 0, 3, 1}, "sigmoid", 1, {"hidden=7"}, 1},
    {4, 5, {0, 1, 1, 0}, "softplus", 3, {"hidden=5,3,4", "activation=softplus"}, 2},
    {1, 2, {0}, "sigmoid", 1, {"hidden=3"}, 1},
    {5, 2, {0}, "sigmoid", 1, {"hidden=4", "dropout=0.5"}, 2},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make(lk_context *context, const nade_case *c) {
    lk_model *model =
        testing_model(context, "nade", c->set, c->sets, c->variables, c->alphabet, "natural", SEED);
    bool ranked = false;
    for (int64_t v = 0; v < c->variables; v++) {
        ranked = ranked || c->rank[v] != 0;
    }
    for (int64_t v = 0; v < c->variables && ranked; v++) {
        model->rank[v] = c->rank[v];
    }
    testing_random_weights(model, 1.0f);
    return model;
}

static nade_network network_of(const lk_model *model, const nade_case *c) {
    return (nade_network){
        .model = model, .rank = model->rank, .activation = c->activation, .layers = c->layers};
}

static void test_sums_to_one(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        testing_sums_to_one(model);
        lk_model_destroy(model);
    }
}

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        nade_network network = network_of(model, &cases[i]);
        uint16_t x[40 * VARIABLES_MOST];
        testing_random_values(model, 40, SEED, x);
        testing_equals(model, x, 40, nade_nll, &network, i, SEED);
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        nade_network network = network_of(model, &cases[i]);
        uint16_t x[VARIABLES_MOST];
        testing_random_values(model, 1, SEED + 1, x);
        if (cases[i].variables > 1) {
            testing_gradients(model, x, 1, SEED + 1, nade_nll, &network, &network.bump);
        }
        lk_model_destroy(model);
    }
}

static void test_parallel_is_incremental(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * VARIABLES_MOST];
        testing_random_values(model, 17, SEED, x);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

static void test_sample_costs_one_pass(void **state) {
    lk_model *model = make(*state, &cases[1]);
    testing_sample_costs_one_pass(model);
    lk_model_destroy(model);
}

static float *value(const lk_model *model, const char *name) {
    int32_t index = lk_parameters_find(model->parameters, name);
    assert_true(index >= 0);
    return model->parameters->list[index].value;
}

/* W = 0: every logit is b + V g(c), whatever came before. */
static void test_without_input_weights_variables_are_independent(void **state) {
    lk_model *model = make(*state, &cases[1]);
    float *w = value(model, "hidden1.weight"), *c = value(model, "hidden1.bias"),
          *v = value(model, "logits.weight"), *b = value(model, "logits.bias");
    memset(w, 0, 7 * 17 * sizeof *w);
    uint16_t x[40 * 7];
    double nll[40];
    testing_random_values(model, 40, SEED, x);
    testing_nll(model, x, 40, nll);
    for (int n = 0; n < 40; n++) {
        double expected = 0.0;
        for (int i = 0; i < 7; i++) {
            double logit = (double)b[i];
            for (int k = 0; k < 17; k++) {
                logit += (double)v[i * 17 + k] * fmax((double)c[k], 0.0);
            }
            expected += log1p(exp(x[n * 7 + i] != 0 ? -logit : logit));
        }
        if (!(fabs(nll[n] - expected) <= 1e-5 * expected)) {
            fail_msg("example %d: %.9g nats, independent Bernoullis %.9g", n, nll[n], expected);
        }
    }
    lk_model_destroy(model);
}

/* Before training the output is the histogram's, but for the little that small weights add. */
static void test_starts_at_the_marginals(void **state) {
    static const char *const set[] = {"hidden=9"};
    lk_model *model = testing_model(*state, "nade", set, 1, 5, 2, "natural", SEED);
    lk_dataset *data = testing_random_data(*state, 60, 5, 2, SEED);
    testing_ok(*state, lk_model_start(model, data));
    memset(value(model, "hidden1.weight"), 0, 5 * 9 * sizeof(float));
    memset(value(model, "logits.weight"), 0, 5 * 9 * sizeof(float));
    double expected = 0.0;
    for (int v = 0; v < 5; v++) {
        double ones = 0;
        for (int n = 0; n < 60; n++) {
            ones += data->values[n * 5 + v];
        }
        double p = (ones + 1) / 62; /* add-one frequencies */
        expected -= (ones * log(p) + (60 - ones) * log(1 - p)) / 60;
    }
    double total = testing_mean_nll(model, data);
    if (!(fabs(total - expected) <= 1e-5)) {
        fail_msg("%.9g nats, the histograms' %.9g", total, expected);
    }
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

/* ---- a MADE of (D - 1) H units --------------------------------------------------------------- */

enum { D = 6, H = 5 };

/* Units (i, h), i = 1 .. D - 1, read the inputs before i and feed output i alone; output 0 sees
 * g(c), a constant. */
static void copy_to_made(const lk_model *nade, lk_model *made) {
    const float *w = value(nade, "hidden1.weight"), *c = value(nade, "hidden1.bias"),
                *v = value(nade, "logits.weight"), *b = value(nade, "logits.bias");
    float *weight = value(made, "hidden1.weight"), *bias = value(made, "hidden1.bias"),
          *out = value(made, "logits.weight"), *start = value(made, "logits.bias");
    memset(weight, 0, (D - 1) * H * D * sizeof *weight);
    memset(out, 0, D * (D - 1) * H * sizeof *out);
    memcpy(start, b, D * sizeof *start);
    double first = (double)b[0];
    for (int h = 0; h < H; h++) {
        first += (double)v[h] / (1.0 + exp(-(double)c[h]));
        for (int i = 1; i < D; i++) {
            int unit = (i - 1) * H + h;
            bias[unit] = c[h];
            out[i * (D - 1) * H + unit] = v[i * H + h];
            for (int j = 0; j < i; j++) {
                weight[unit * D + j] = w[j * H + h];
            }
        }
    }
    start[0] = (float)first;
}

static void test_is_a_made_with_a_layer_for_each_variable(void **state) {
    static const char *const set[] = {"hidden=5"};
    static const char *const same[] = {"hidden=25", "activation=sigmoid", "direct=false"};
    lk_model *nade = testing_model(*state, "nade", set, 1, D, 2, "natural", SEED);
    lk_model *made = testing_model(*state, "made", same, 3, D, 2, "natural", SEED);
    testing_random_weights(nade, 1.0f);
    copy_to_made(nade, made);
    uint16_t *x;
    double one[64], other[64];
    int64_t points = testing_domain(D, 2, &x);
    testing_nll(nade, x, points, one);
    testing_nll(made, x, points, other);
    for (int64_t i = 0; i < points; i++) {
        if (!(fabs(one[i] - other[i]) <= 1e-5 * one[i])) {
            fail_msg("point %lld: nade %.9g nats, made %.9g", (long long)i, one[i], other[i]);
        }
    }
    free(x);
    lk_model_destroy(nade);
    lk_model_destroy(made);
}

static void test_learns_by_heart(void **state) {
    static const char *const set[] = {"hidden=16", "activation=relu"};
    lk_model *model = testing_model(*state, "nade", set, 2, 12, 2, "reversed", SEED);
    lk_dataset *data = testing_random_data(*state, 8, 12, 2, SEED);
    testing_ok(*state, lk_parameters_make_gradients(model->parameters));
    testing_learns_by_heart(model, data, 400, 0.02);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

static void test_takes_some_layers(void **state) {
    static const char *const set[] = {"hidden="};
    lk_model *model;
    testing_refused(
        *state,
        lk_model_create(*state, "nade", set, 1, testing_data(3, 2), "natural", SEED, &model),
        LK_INVALID, "hidden");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_parallel_is_incremental),
        cmocka_unit_test(test_sample_costs_one_pass),
        cmocka_unit_test(test_without_input_weights_variables_are_independent),
        cmocka_unit_test(test_starts_at_the_marginals),
        cmocka_unit_test(test_is_a_made_with_a_layer_for_each_variable),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_takes_some_layers),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
