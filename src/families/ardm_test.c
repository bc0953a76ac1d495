/* OA-ARDM: as a distribution, for any number of steps; its training objective against the mean over
 * all orders, by enumeration; a policy's likelihood against the terms of its steps, each from what
 * is known before it; and what is known of it. */
#include "families/testing_known.h"
#include "train/train.h"

#include <stdio.h>

#define SEED 2022
#define VARIABLES_MOST 12

typedef struct ardm_case {
    lk_shape shape;
    int32_t alphabet;
    const char *order;
    int32_t steps; /* of the graph */
    const char *set[5];
    int32_t sets;
} ardm_case;

#define CONV "body=conv", "blocks=2", "channels=3"
static const ardm_case cases[] = {
    {{1, {6}}, 2, "natural", 6, {"hidden=5,4", "orders=2"}, 2},
    {{1, {7}}, 2, "random:3", 3, {"hidden=5", "steps=3"}, 2},
    {{1, {4}}, 3, "reversed", 2, {"hidden=5,3", "steps=2", "orders=3"}, 3},
    {{2, {2, 3}}, 2, "natural", 6, {CONV}, 3},
    {{3, {2, 3, 1}}, 2, "random:5", 4, {CONV, "steps=4", "orders=2"}, 5},
    {{3, {1, 2, 2}}, 3, "natural", 3, {CONV, "steps=3"}, 4},
    {{3, {1, 1, 3}}, 2, "reversed", 1, {CONV, "steps=1"}, 4},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make(lk_context *context, const ardm_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, "ardm", c->set, c->sets, data, c->order, SEED, &model));
    testing_random_weights(model, 0.7f);
    return model;
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * VARIABLES_MOST];
        testing_sums_to_one(model);
        testing_random_values(model, 17, SEED, x);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

/* -log p = sum over steps of the terms of that step given all earlier ones, which the network that
 * is trained says. */
static void test_a_policy_is_its_steps(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        int64_t variables = model->data.variables;
        lk_graph *graph, *known;
        lk_execution *execution;
        uint16_t x[VARIABLES_MOST];
        half h = {.model = model};
        double nll, sum = 0.0;
        testing_random_values(model, 1, SEED, x);
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        testing_ok(*state, lk_model_graph_known(model, &known));
        testing_ok(*state, lk_execution_create(known, LK_PLAN_EVALUATE, 1, &execution));
        assert_int_equal(graph->steps, cases[i].steps);
        for (int32_t step = 0; step < graph->steps; step++) {
            int64_t set = 0;
            float terms[VARIABLES_MOST];
            for (int64_t v = 0; v < variables; v++) {
                set |= (int64_t)(graph->rank[v] < step) << v;
            }
            term_of_set(&h, execution, x, set);
            lk_execution_set_example_weights(execution, NULL);
            testing_ok(*state, lk_execution_nll(execution, &nll, terms));
            for (int64_t v = 0; v < variables; v++) {
                sum += graph->rank[v] == step ? (double)terms[v] : 0.0;
            }
        }
        testing_nll(model, x, 1, &nll);
        if (!(fabs(nll - sum) <= 2e-6 * (1.0 + sum))) {
            fail_msg("case %d: %.9g nats, its steps say %.9g", i, nll, sum);
        }
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        lk_graph_destroy(known);
        lk_model_destroy(model);
    }
}

static void test_objective_is_the_mean_over_all_orders(void **state) {
    static const ardm_case tiny[] = {
        {{1, {KNOWN_D}}, 3, "natural", 0, {"hidden=6,5"}, 1},
        {{3, {2, 2, 1}}, 2, "natural", 0, {CONV}, 3},
        {{3, {1, 2, 2}}, 3, "natural", 0, {CONV}, 3},
    };
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++) {
        lk_model *model = make(*state, &tiny[i]);
        testing_objective_is_the_mean_over_orders(model, SEED);
        lk_model_destroy(model);
    }
}

/* With as many steps as variables the network of units is EoNADE's. */
static void test_of_units_it_is_eonade(void **state) {
    static const char *const set[] = {"hidden=7,4", "activation=sigmoid"};
    lk_model *one = testing_model(*state, "ardm", set, 2, 6, 2, "random:2", SEED);
    lk_model *other = testing_model(*state, "eonade", set, 2, 6, 2, "random:2", SEED);
    testing_random_weights(one, 1.0f);
    testing_random_weights(other, 1.0f);
    testing_same_nll(one, other);
    lk_model_destroy(one);
    lk_model_destroy(other);
}

/* In one step all variables are independent: the same logits for every example. */
static void test_one_step_is_independent(void **state) {
    lk_model *model = make(*state, &cases[CASES - 1]);
    const uint16_t x[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0};
    double nll[4];
    testing_nll(model, x, 4, nll);
    assert_true(fabs((nll[1] - nll[0]) - (nll[3] - nll[2])) <= 1e-6);
    lk_model_destroy(model);
}

/* A step costs a pass of the network that is trained. */
static void test_a_sample_costs_a_pass_for_each_step(void **state) {
    lk_model *model = make(*state, &cases[4]);
    lk_graph *graph, *known;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    testing_ok(*state, lk_model_graph_known(model, &known));
    assert_int_equal(lk_graph_multiply_adds_cached(graph),
                     graph->steps * lk_graph_multiply_adds_forward(known));
    lk_graph_destroy(graph);
    lk_graph_destroy(known);
    lk_model_destroy(model);
}

/* Eight examples: from what any part of them says of the rest. */
static void test_trains(void **state) {
    for (int i = 0; i < 2; i++) {
        const ardm_case *c = &cases[i == 0 ? 0 : 3];
        lk_model *model;
        lk_data_description description = {.shape = c->shape, .variables = 6, .alphabet = 2};
        testing_ok(*state, lk_model_create(*state, "ardm", c->set, c->sets, description, "natural",
                                           SEED, &model));
        lk_dataset *data = testing_random_data(*state, 64, 6, 2, SEED);
        data->shape = c->shape;
        double before[64], after[64], gain = 0.0;
        testing_ok(*state, lk_model_start(model, data));
        testing_nll(model, data->values, 64, before);
        lk_train_options options = lk_train_defaults();
        options.epochs = 60;
        options.batch_size = 16;
        options.optimizer.learning_rate = 0.01;
        testing_ok(*state, lk_train(model, data, NULL, &options));
        testing_nll(model, data->values, 64, after);
        for (int n = 0; n < 64; n++) {
            gain += (before[n] - after[n]) / 64;
        }
        printf("body %d: %.3f nats better\n", i, gain);
        assert_true(gain > 0.3);
        lk_dataset_destroy(data);
        lk_model_destroy(model);
    }
}

static void test_refusals(void **state) {
    static const char *const set[] = {CONV};
    lk_model *model;
    testing_refused(
        *state,
        lk_model_create(*state, "ardm", set, 3, testing_data(6, 2), "natural", SEED, &model),
        LK_INVALID, "ardm is for images");
}

/* The natural order is a random one and has its name, whether the model is made or was saved when
 * it did not. */
static void test_natural_order_is_named(void **state) {
    static const char *const set[] = {"hidden=4", "order_seed=7"};
    static const int32_t natural[] = {0, 1, 2, 3, 4, 5};
    lk_model *made = testing_model(*state, "ardm", set, 2, 6, 2, "natural", SEED), *loaded;
    lk_model *asked = testing_model(*state, "ardm", set, 2, 6, 2, "random:7", SEED);
    testing_ok(*state, lk_model_create_ranked(*state, "ardm", set, 2, testing_data(6, 2), natural,
                                              "natural", 0, &loaded));
    assert_string_equal(made->order_name, "random:7");
    assert_string_equal(loaded->order_name, "random:7");
    assert_memory_equal(made->rank, asked->rank, sizeof natural);
    assert_memory_equal(loaded->rank, asked->rank, sizeof natural);
    lk_model_destroy(made);
    lk_model_destroy(loaded);
    lk_model_destroy(asked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_a_policy_is_its_steps),
        cmocka_unit_test(test_objective_is_the_mean_over_all_orders),
        cmocka_unit_test(test_of_units_it_is_eonade),
        cmocka_unit_test(test_one_step_is_independent),
        cmocka_unit_test(test_a_sample_costs_a_pass_for_each_step),
        cmocka_unit_test(test_trains),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_natural_order_is_named),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
