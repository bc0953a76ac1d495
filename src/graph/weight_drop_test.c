/* Dropped weights: how many and which, in a network that reads them; gradients come back to the
 * weights that were kept and to no others. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dist/dist.h"
#include "graph/execution.h"
#include "graph/weight_drop.h"
#include "ops/ops.h"

#define SEED 20240702
#define VARIABLES 6
#define WIDTH 40
#define EXAMPLES 3
#define RATE 0.3

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    int32_t weight; /* the recurrent one */
} network;

static network make(int threads, double rate) {
    static const int32_t rank[VARIABLES] = {0, 1, 2, 3, 4, 5};
    network n;
    assert_int_equal(lk_context_create(threads, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    assert_int_equal(lk_graph_create(n.context, n.parameters, VARIABLES, 2, rank, &n.graph), LK_OK);
    lk_node *node =
        lk_embedding(n.graph, "in", lk_shift(n.graph, n.graph->data, 1, 2.0f), 3, WIDTH);
    node = lk_recurrent_tanh(n.graph, "cell", node);
    assert_non_null(node);
    n.weight = node->parameters[0];
    lk_parameters_drop(n.parameters, n.weight, rate);
    assert_int_equal(lk_graph_finish(n.graph, lk_dense(n.graph, "out", node, 1), &lk_bernoulli),
                     LK_OK);
    assert_int_equal(lk_parameters_initialise(n.parameters, SEED), LK_OK);
    assert_int_equal(lk_parameters_make_gradients(n.parameters), LK_OK);
    return n;
}

static void release(network *n) {
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

/* One step forward and backward: the NLLs of the examples. */
static void run(const network *n, bool training, uint64_t step, double nll[EXAMPLES]) {
    static const uint16_t x[EXAMPLES * VARIABLES] = {0, 1, 1, 0, 1, 0, 1, 1, 1,
                                                     0, 0, 1, 0, 0, 1, 1, 0, 1};
    lk_execution *execution;
    assert_int_equal(lk_execution_create(n->graph, LK_PLAN_TRAIN, EXAMPLES, &execution), LK_OK);
    lk_execution_set_training(execution, training, SEED, step);
    assert_int_equal(lk_execution_forward(execution, x, EXAMPLES), LK_OK);
    assert_int_equal(lk_execution_nll(execution, nll, NULL), LK_OK);
    assert_int_equal(lk_execution_backward(execution), LK_OK);
    lk_execution_destroy(execution);
}

static void test_a_step_is_that_of_the_kept_weights(void **state) {
    (void)state;
    network n = make(2, RATE), plain = make(1, 0);
    lk_parameter *w = &n.parameters->list[n.weight], *p = &plain.parameters->list[plain.weight];
    double got[EXAMPLES], expected[EXAMPLES];
    lk_derived_step step = {true, SEED, 7};
    lk_weight_drop(w, n.weight, &step, w->value, p->value);
    int64_t zeros = 0, count = WIDTH * WIDTH;
    for (int64_t e = 0; e < count; e++) {
        zeros += p->value[e] == 0.0f;
        assert_true(p->value[e] == 0.0f ||
                    p->value[e] == (float)(1.0 / (1.0 - (double)w->drop)) * w->value[e]);
    }
    double deviation = sqrt(RATE * (1 - RATE) * (double)count);
    assert_true(fabs((double)zeros - RATE * (double)count) <= 4 * deviation);
    run(&n, true, 7, got);
    run(&plain, true, 7, expected);
    assert_memory_equal(got, expected, sizeof got);
    for (int64_t e = 0; e < count; e++) {
        float scale = p->value[e] == 0.0f ? 0.0f : (float)(1.0 / (1.0 - (double)w->drop));
        assert_true(w->gradient[e] == scale * p->gradient[e]);
    }
    release(&n);
    release(&plain);
}

static void test_another_step_drops_others_and_no_training_none(void **state) {
    (void)state;
    network n = make(1, RATE), plain = make(1, 0);
    double first[EXAMPLES], second[EXAMPLES], still[EXAMPLES], expected[EXAMPLES];
    run(&n, true, 7, first);
    run(&n, true, 8, second);
    run(&n, false, 7, still);
    run(&plain, false, 7, expected);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_equal(still, expected, sizeof still);
    assert_memory_equal(n.parameters->list[n.weight].gradient,
                        plain.parameters->list[plain.weight].gradient,
                        WIDTH * WIDTH * sizeof(float));
    release(&n);
    release(&plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_is_that_of_the_kept_weights),
        cmocka_unit_test(test_another_step_drops_others_and_no_training_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
