/* The Transformer decoder against its equations in double; as a distribution: sums to one, is the
 * same under every schedule, has the gradients that central differences give; its patterns; and
 * what is known of special weights. */
#include <stdio.h>

#include "families/testing_transformer.h"
#include "models/stream_testing.h"

#define SEED 1706

typedef struct decoder_case {
    lk_shape shape;
    int32_t alphabet;
    const char *order;
    const char *set[8];
    int32_t sets;
} decoder_case;

static const decoder_case cases[] = {
    {{1, {6}}, 2, "natural", {"layers=1", "width=4", "heads=2"}, 3},
    {{1, {4}}, 3, "natural", {"layers=2", "width=6", "heads=1", "positions=distance"}, 4},
    {{2, {2, 3}}, 2, "random:5", {"layers=2", "width=4", "heads=2", "widening=2"}, 4},
    {{3, {1, 2, 3}}, 3, "natural", {"layers=1", "width=6", "heads=3", "window=3"}, 4},
    {{2, {3, 3}}, 2, "reversed", {"layers=2", "width=4", "heads=2", "pattern=strided"}, 4},
    {{1, {7}},
     2,
     "natural",
     {"layers=2", "width=4", "heads=2", "pattern=fixed", "stride=3", "summary=1"},
     6},
    {{1, {5}},
     2,
     "natural",
     {"layers=2", "width=4", "heads=2", "positions=distance", "window=2", "dropout=0.5",
      "attention_dropout=0.5"},
     7},
    {{1, {1}}, 4, "natural", {"layers=1", "width=4", "heads=2"}, 3},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make(lk_context *context, const decoder_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, "transformer", c->set, c->sets, data, c->order, 3, &model));
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        decoder d = reference_of(model);
        uint16_t x[9 * PLACES_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, reference_nll, &d, i, SEED);
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < 6; i++) { /* those without dropout */
        lk_model *model = make(*state, &cases[i]);
        decoder d = reference_of(model);
        uint16_t x[PLACES_MOST];
        testing_random_values(model, 1, SEED + 2, x);
        testing_gradients(model, x, 5, SEED, reference_nll, &d, &d.bump);
        lk_model_destroy(model);
    }
}

/* A slower sequence is given along a text. */
static void test_told_equals_the_equations(void **state) {
    static const local_case told[] = {
        {"transformer", 6, 3, 0, {2, 3}, {"layers=1", "width=4", "heads=2"}, 3},
        {"transformer",
         5,
         2,
         0,
         {3, 2},
         {"layers=2", "width=6", "heads=1", "window=3", "local_channels=3", "upsampling=learned"},
         6},
    };
    for (int i = 0; i < 2; i++) {
        lk_model *model = local_given_model(*state, &told[i]);
        decoder d = reference_of(model);
        uint16_t x[9 * PLACES_MOST];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, reference_nll, &d, i, SEED);
        testing_gradients(model, x, 1, SEED, reference_nll, &d, &d.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * PLACES_MOST];
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* Where nothing that attends or widens adds anything, and places are told nothing, the logits
 * depend on the symbol before alone: a bigram model, whatever comes earlier. */
static void test_without_attention_it_is_a_bigram(void **state) {
    decoder_case c = cases[1];
    lk_model *model = make(*state, &c);
    static const char *const silent[] = {"layer1.mixed", "layer1.narrow", "layer2.mixed",
                                         "layer2.narrow"};
    for (int i = 0; i < 4; i++) {
        for (int part = 0; part < 2; part++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", silent[i], part == 0 ? "weight" : "bias");
            int32_t index = lk_parameters_find(model->parameters, name);
            lk_parameter *p = &model->parameters->list[index];
            memset(p->value, 0, (size_t)(p->rows * p->columns) * sizeof *p->value);
        }
    }
    /* NLL(a b c d) = f(a) + g(a, b) + g(b, c) + g(c, d), so that this sum over both is 0. */
    static const uint16_t x[4][4] = {{0, 1, 2, 0}, {2, 1, 1, 2}, {0, 1, 1, 2}, {2, 1, 2, 0}};
    double nll[4];
    testing_nll(model, x[0], 4, nll);
    assert_true(fabs(nll[0] + nll[1] - nll[2] - nll[3]) < 1e-5);
    lk_model_destroy(model);
}

/* A stride no shorter than the sequence leaves nothing out in the first pattern, and the second one
 * is the place itself alone. */
static void test_strides_that_leave_nothing_out(void **state) {
    decoder_case full = {{1, {6}}, 2, "natural", {"layers=1", "width=4", "heads=2"}, 3};
    decoder_case strided = full, fixed = full;
    strided.set[3] = "pattern=strided";
    strided.set[4] = "stride=6";
    fixed.set[3] = "pattern=fixed";
    fixed.set[4] = "stride=9";
    strided.sets = fixed.sets = 5;
    const decoder_case *all[] = {&full, &strided, &fixed};
    uint16_t x[7 * PLACES_MOST];
    double nll[3][7];
    for (int i = 0; i < 3; i++) {
        lk_model *model = make(*state, all[i]);
        testing_random_values(model, 7, SEED, x);
        testing_nll(model, x, 7, nll[i]);
        lk_model_destroy(model);
    }
    assert_memory_equal(nll[0], nll[1], sizeof nll[0]);
    assert_memory_equal(nll[0], nll[2], sizeof nll[0]);
}

/* Other orderings of the same weights: each sums to one by itself. */
static void test_orders(void **state) {
    decoder_case c = {{1, {6}}, 2, "natural", {"layers=1", "width=4", "heads=2", "orders=3"}, 4};
    lk_model *model = make(*state, &c);
    assert_int_equal(lk_model_variants(model), 3);
    for (int32_t variant = 0; variant < 3; variant++) {
        uint16_t *x;
        double total = 0, nll[64];
        lk_graph *graph;
        lk_execution *execution;
        int64_t points = testing_domain(6, 2, &x);
        testing_ok(*state, lk_model_graph(model, variant, &graph));
        assert_int_equal(graph->steps, 6);
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, points, &execution));
        testing_ok(*state, lk_execution_forward(execution, x, points));
        testing_ok(*state, lk_execution_nll(execution, nll, NULL));
        for (int64_t i = 0; i < points; i++) {
            total += exp(-nll[i]);
        }
        assert_true(fabs(total - 1) < 1e-5);
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        free(x);
    }
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    const char *odd[] = {"width=10", "heads=4"}, *far[] = {"positions=distance", "orders=2"};
    testing_refused(
        context,
        lk_model_create(context, "transformer", odd, 2, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "is not a multiple of heads=4");
    const char *both[] = {"pattern=strided", "window=3"}, *mixed[] = {"distribution=logistic"};
    lk_data_description colours = {.shape = {3, {2, 2, 3}}, .variables = 12, .alphabet = 9};
    testing_refused(
        context, lk_model_create(context, "transformer", mixed, 1, colours, "natural", 1, &model),
        LK_INVALID, "one mixture for the colours of a pixel");
    testing_refused(
        context,
        lk_model_create(context, "transformer", both, 2, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "window is for pattern=full");
    testing_refused(
        context,
        lk_model_create(context, "transformer", far, 2, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "several orderings need positions=axes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_told_equals_the_equations),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_without_attention_it_is_a_bigram),
        cmocka_unit_test(test_strides_that_leave_nothing_out),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
