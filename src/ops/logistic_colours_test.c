/* Logistic colours at the end of a network: enumerated, the chain of conditionals is the joint
 * distribution of one mixture for the pixel, sums to 1, has the joint's gradient, and is computed
 * colour by colour as it is all at once. */
#include "graph/execution.h"
#include "ops/testing_logistic.h"

#include "dist/dist.h"

#define ALPHABET 4
#define COMPONENTS 3

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    lk_execution *execution;
    int32_t colours;
    double numbers[COMPONENTS * 15]; /* of the pixel */
} network;

/* One pixel, whose numbers are a row of a table: of scale 1, for each seed others. */
static network make_network(int32_t colours, uint64_t seed, lk_plan plan) {
    static const int32_t rank[LK_COLOURS_MOST] = {0, 1, 2, 3};
    int64_t count = lk_logistic_colours_channels(colours, COMPONENTS);
    network n = {.colours = colours};
    assert_int_equal(lk_context_create(1, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    assert_int_equal(lk_graph_create(n.context, n.parameters, colours, ALPHABET, rank, &n.graph),
                     LK_OK);
    lk_node *said = lk_lookup(n.graph, "said", n.graph->data, 1, NULL, NULL, ALPHABET, count);
    lk_node *node = lk_logistic_colours(n.graph, said, &n.graph->fields[0], colours, COMPONENTS);
    lk_graph_model(n.graph, 0, node, &lk_logistic_mixture, COMPONENTS);
    if (lk_graph_close(n.graph) != LK_OK) {
        fail_msg("%s", lk_context_message(n.context));
    }
    assert_int_equal(n.graph->steps, colours);
    assert_int_equal(lk_parameters_make_gradients(n.parameters), LK_OK);
    for (int64_t i = 0; i < count; i++) {
        float value = lk_random_normal((lk_random){seed, LK_FOR_CHECK}, 1, (uint64_t)i);
        n.parameters->list[0].value[i] = value;
        n.numbers[i] = (double)value;
    }
    assert_int_equal(lk_execution_create(n.graph, plan, 1, &n.execution), LK_OK);
    return n;
}

static void release(network *n) {
    lk_execution_destroy(n->execution);
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

/* p(x) = sum_k pi_k prod_c p_k(x_c | x_i, i < c), as the paper has it. */
static double joint(const network *n, const double *numbers, const uint16_t *x) {
    double values[LK_COLOURS_MOST], sum = 0, all = 0;
    for (int32_t c = 0; c < n->colours; c++) {
        values[c] = x[c];
    }
    for (int64_t k = 0; k < COMPONENTS; k++) {
        double term = exp(numbers[k]);
        all += term;
        for (int32_t c = 0; c < n->colours; c++) {
            double mean = testing_colour_mean(numbers, k, COMPONENTS, c, values, ALPHABET);
            double log_scale = testing_colour_log_scale(numbers, k, COMPONENTS, c);
            term *= testing_logistic(ALPHABET, values[c], mean, log_scale);
        }
        sum += term;
    }
    return sum / all;
}

/* The next of all pixels; false behind the last. */
static bool next_pixel(const network *n, uint16_t *x) {
    int32_t c = 0;
    while (c < n->colours && ++x[c] == ALPHABET) {
        x[c++] = 0;
    }
    return c < n->colours;
}

static double nll_of(const network *n, const uint16_t *x) {
    double nll;
    assert_int_equal(lk_execution_forward(n->execution, x, 1), LK_OK);
    assert_int_equal(lk_execution_nll(n->execution, &nll, NULL), LK_OK);
    return nll;
}

static void test_chain_is_the_joint(void **state) {
    (void)state;
    for (int32_t colours = 1; colours <= LK_COLOURS_MOST; colours++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            network n = make_network(colours, seed, LK_PLAN_EVALUATE);
            uint16_t x[LK_COLOURS_MOST] = {0};
            double sum = 0;
            do {
                double chain = exp(-nll_of(&n, x)), expected = joint(&n, n.numbers, x);
                sum += chain;
                if (!(fabs(chain - expected) <= 3e-6 * expected)) {
                    fail_msg("%d colours, seed %d: %.9g, expected %.9g", colours, (int)seed, chain,
                             expected);
                }
            } while (next_pixel(&n, x));
            if (!(fabs(sum - 1) <= 1e-6)) {
                fail_msg("%d colours, seed %d: sum %.9g", colours, (int)seed, sum);
            }
            release(&n);
        }
    }
}

static void test_gradient_is_the_joint_s(void **state) {
    (void)state;
    const double h = 1e-6;
    network n = make_network(3, 7, LK_PLAN_TRAIN);
    uint16_t x[LK_COLOURS_MOST] = {0};
    int64_t count = lk_logistic_colours_channels(3, COMPONENTS);
    do {
        nll_of(&n, x);
        assert_int_equal(lk_execution_backward(n.execution), LK_OK);
        for (int64_t i = 0; i < count; i++) {
            double held = n.numbers[i], got = (double)n.parameters->list[0].gradient[i];
            n.numbers[i] = held + h;
            double above = -log(joint(&n, n.numbers, x));
            n.numbers[i] = held - h;
            double slope = (above + log(joint(&n, n.numbers, x))) / (2 * h);
            n.numbers[i] = held;
            if (!(fabs(got - slope) <= 2e-5 * (1 + fabs(slope)))) {
                fail_msg("number %d: %.9g, expected %.9g", (int)i, got, slope);
            }
        }
    } while (next_pixel(&n, x));
    release(&n);
}

/* Colour by colour, as a generation goes: the bits of all at once. */
static void test_incremental(void **state) {
    (void)state;
    network whole = make_network(3, 3, LK_PLAN_EVALUATE);
    network steps = make_network(3, 3, LK_PLAN_INCREMENTAL);
    uint16_t x[LK_COLOURS_MOST] = {0};
    do {
        nll_of(&whole, x);
        assert_int_equal(lk_execution_begin(steps.execution, 1), LK_OK);
        for (int32_t c = 0; c < 3; c++) {
            assert_int_equal(lk_execution_compute(steps.execution, c), LK_OK);
            assert_memory_equal(lk_execution_parameters(steps.execution, c),
                                lk_execution_parameters(whole.execution, c),
                                3 * COMPONENTS * sizeof(float));
            lk_execution_set(steps.execution, c, &x[c]);
        }
    } while (next_pixel(&whole, x));
    release(&whole);
    release(&steps);
}

/* Even with coefficients of 0 the colours depend on each other, through the one indicator. */
static void test_colours_hang_together(void **state) {
    (void)state;
    network n = make_network(2, 11, LK_PLAN_EVALUATE);
    int64_t count = lk_logistic_colours_channels(2, COMPONENTS);
    for (int64_t i = count - COMPONENTS; i < count; i++) {
        n.parameters->list[0].value[i] = 0.0f;
    }
    double p[2][2], most = 0;
    for (uint16_t first = 0; first < 2; first++) {
        for (uint16_t second = 0; second < 2; second++) {
            p[first][second] = exp(-nll_of(&n, (uint16_t[]){first, second}));
            most = fmax(most, p[first][second]);
        }
    }
    assert_true(fabs(p[0][0] * p[1][1] - p[0][1] * p[1][0]) > 1e-3 * most * most);
    release(&n);
}

static void test_shapes_that_do_not_fit(void **state) {
    (void)state;
    network n = make_network(3, 1, LK_PLAN_EVALUATE);
    lk_graph *graph;
    static const int32_t rank[4] = {0, 1, 2, 3};
    assert_int_equal(lk_graph_create(n.context, n.parameters, 4, ALPHABET, rank, &graph), LK_OK);
    lk_node *said = lk_lookup(graph, "said", graph->data, 1, NULL, NULL, ALPHABET, 30);
    assert_null(lk_logistic_colours(graph, said, &graph->fields[0], 3, COMPONENTS));
    assert_int_equal(graph->failed, LK_INVALID);
    lk_graph_destroy(graph);
    release(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_is_the_joint),
        cmocka_unit_test(test_gradient_is_the_joint_s),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_colours_hang_together),
        cmocka_unit_test(test_shapes_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
