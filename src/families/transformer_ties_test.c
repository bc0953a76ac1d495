/* The Transformer under orders whose variables share ranks, in two streams: against its equations
 * in double, as a distribution, with gradients; in as many steps as there are ranks; and what it
 * does not take. */
#include "families/testing_transformer.h"

#define SEED 1906

typedef struct tied_case {
    lk_shape shape;
    int32_t alphabet;
    int32_t rank[PLACES_MOST];
    const char *set[8];
    int32_t sets;
} tied_case;

static const tied_case cases[] = {
    {{1, {6}}, 2, {0, 0, 1, 1, 2, 2}, {"layers=1", "width=4", "heads=2"}, 3},
    {{1, {5}}, 3, {2, 0, 1, 0, 2}, {"layers=2", "width=6", "heads=1"}, 3},
    {{2, {3, 3}}, 2, {0, 1, 0, 2, 2, 2, 1, 3, 1}, {"layers=3", "width=4", "heads=2"}, 3},
    {{3, {1, 2, 3}}, 2, {0, 1, 2, 0, 1, 2}, {"layers=2", "width=6", "heads=3"}, 3},
    {{1, {3}}, 2, {0, 0, 0}, {"layers=2", "width=4", "heads=2"}, 3},
    {{1, {4}},
     5,
     {1, 0, 0, 1},
     {"layers=2", "width=4", "heads=2", "dropout=0.5", "attention_dropout=0.5"},
     5},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_status try_make(lk_context *context, const tied_case *c, lk_model **model) {
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    return lk_model_create_ranked(context, "transformer", c->set, c->sets, data, c->rank, "ranks",
                                  0, model);
}

static lk_model *make(lk_context *context, const tied_case *c) {
    lk_model *model;
    testing_ok(context, try_make(context, c, &model));
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        decoder d = reference_of(model);
        uint16_t x[9 * PLACES_MOST];
        assert_true(d.ties);
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, reference_nll, &d, i, SEED);
        testing_gradients(model, x, 7, SEED, reference_nll, &d, &d.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * PLACES_MOST];
        testing_random_weights_of(model, 1.0f, SEED + 2);
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

static void test_steps(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        lk_graph *graph;
        int32_t ranks = 0;
        for (int64_t v = 0; v < model->data.variables; v++) {
            ranks = cases[i].rank[v] >= ranks ? cases[i].rank[v] + 1 : ranks;
        }
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        assert_int_equal(graph->steps, ranks);
        assert_true(lk_graph_multiply_adds_cached(graph) <= lk_graph_multiply_adds_forward(graph));
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

static void test_refusals(void **state) {
    static const char *const sets[] = {"positions=distance", "orders=2"};
    for (int i = 0; i < 2; i++) {
        tied_case c = cases[0];
        lk_model *model;
        c.set[c.sets++] = sets[i];
        testing_refused(*state, try_make(*state, &c, &model), LK_INVALID,
                        "the ordering has 3 ranks for 6 variables");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
