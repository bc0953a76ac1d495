/* A minibatch in slices against the same minibatch whole: likelihoods bit for bit, with dropout
 * too; gradients up to the rounding of their sums; the same bits for any number of threads, for
 * minibatches that are not full, and with normalised weights. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "dist/dist.h"
#include "graph/slices.h"
#include "ops/ops.h"

#define SEED 20261126
#define SIDE 24
#define VARIABLES ((int64_t)SIDE * SIDE)
#define CHANNELS 64
#define BATCH 37

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    uint16_t *x; /* [BATCH][VARIABLES] */
} network;

static lk_status build(lk_graph *graph, bool normalised) {
    static const int32_t above[][LK_GRID_AXES] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}};
    static const int32_t here[][LK_GRID_AXES] = {{-1, 0}, {0, 0}};
    lk_conv_options options = {.grid = {2, {SIDE, SIDE}, 1},
                               .channels = CHANNELS,
                               .taps = above,
                               .tap_count = 4,
                               .bias = true,
                               .init = LK_INIT_HE};
    lk_node *node = lk_conv(graph, "first", graph->data, options);
    node = lk_dropout(graph, lk_relu(graph, node), 0.25);
    options.taps = here;
    options.tap_count = 2;
    node = lk_conv(graph, "second", node, options);
    node = normalised ? lk_normalise_weights(graph, "second", node) : node;
    node = lk_locked_dropout(graph, lk_tanh(graph, node), 0.25);
    return lk_graph_finish(graph, lk_dense(graph, "logits", node, 1), &lk_bernoulli);
}

static network make(int threads, bool normalised) {
    int32_t rank[VARIABLES];
    network n;
    assert_int_equal(lk_context_create(threads, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    for (int32_t v = 0; v < VARIABLES; v++) {
        rank[v] = v;
    }
    assert_int_equal(lk_graph_create(n.context, n.parameters, VARIABLES, 2, rank, &n.graph), LK_OK);
    assert_int_equal(build(n.graph, normalised), LK_OK);
    assert_int_equal(lk_parameters_initialise(n.parameters, SEED), LK_OK);
    assert_int_equal(lk_parameters_make_gradients(n.parameters), LK_OK);
    n.x = lk_allocate(BATCH * VARIABLES, sizeof *n.x);
    for (int64_t i = 0; i < BATCH * VARIABLES; i++) {
        n.x[i] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 0, (uint64_t)i, 2);
    }
    return n;
}

static void release(network *n) {
    lk_release(n->x);
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

/* All gradients one after another, then zeroed. */
static float *take_gradients(const network *n) {
    float *all = lk_allocate(lk_parameters_total(n->parameters), sizeof *all), *at = all;
    for (int32_t p = 0; p < n->parameters->count; p++) {
        const lk_parameter *parameter = &n->parameters->list[p];
        int64_t floats = parameter->rows * parameter->columns;
        memcpy(at, parameter->gradient, (size_t)floats * sizeof *at);
        memset(parameter->gradient, 0, (size_t)floats * sizeof *at);
        at += floats;
    }
    return all;
}

static float *run_whole(const network *n, int64_t count, double *nll) {
    lk_execution *execution;
    assert_int_equal(lk_execution_create(n->graph, LK_PLAN_TRAIN, BATCH, &execution), LK_OK);
    lk_execution_set_training(execution, true, SEED, 3);
    assert_int_equal(lk_execution_forward(execution, n->x, count), LK_OK);
    assert_int_equal(lk_execution_nll(execution, nll, NULL), LK_OK);
    assert_int_equal(lk_execution_backward(execution), LK_OK);
    lk_execution_destroy(execution);
    return take_gradients(n);
}

/* Twice: nothing of the first run may be left in the second. */
static float *run_sliced(const network *n, int64_t count, double *nll) {
    lk_slices *slices;
    assert_int_equal(lk_slices_create(n->graph, BATCH, &slices), LK_OK);
    lk_slices_set_training(slices, true, SEED, 2);
    assert_int_equal(lk_slices_run(slices, n->x, BATCH, nll), LK_OK);
    lk_slices_set_training(slices, true, SEED, 3);
    assert_int_equal(lk_slices_run(slices, n->x, count, nll), LK_OK);
    lk_slices_destroy(slices);
    return take_gradients(n);
}

static void compare(bool normalised, int64_t count) {
    static const int threads[] = {1, 2, 7, 64};
    network one = make(1, normalised);
    double whole_nll[BATCH], nll[BATCH];
    int64_t floats = lk_parameters_total(one.parameters);
    float *whole = run_whole(&one, count, whole_nll), *first = NULL;
    for (int t = 0; t < 4; t++) {
        network n = make(threads[t], normalised);
        float *sliced = run_sliced(&n, count, nll);
        assert_memory_equal(nll, whole_nll, (size_t)count * sizeof *nll);
        for (int64_t i = 0; i < floats && t == 0; i++) {
            if (!(fabsf(sliced[i] - whole[i]) <= 1e-5f + 1e-5f * fabsf(whole[i]))) {
                fail_msg("%lld examples, gradient %lld: %.9g in slices, %.9g whole",
                         (long long)count, (long long)i, (double)sliced[i], (double)whole[i]);
            }
        }
        first = t == 0 ? sliced : first;
        assert_memory_equal(sliced, first, (size_t)floats * sizeof *sliced);
        if (t > 0) {
            lk_release(sliced);
        }
        release(&n);
    }
    lk_release(first);
    lk_release(whole);
    release(&one);
}

static void test_equals_the_whole(void **state) {
    (void)state;
    compare(false, BATCH);
    compare(true, BATCH);
}

static void test_fewer_examples(void **state) {
    (void)state;
    compare(false, 1);
    compare(false, 3);
    compare(false, 20);
}

/* Small minibatches and recurrences are left whole. */
static void test_what_is_cut(void **state) {
    (void)state;
    network n = make(1, false);
    assert_int_equal(lk_slices_count(n.graph, 4), 1);
    assert_true(lk_slices_count(n.graph, BATCH) >= 4 && lk_slices_count(n.graph, BATCH) % 2 == 0);
    release(&n);
    static const int32_t rank[] = {0, 1, 2};
    assert_int_equal(lk_context_create(1, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    assert_int_equal(lk_graph_create(n.context, n.parameters, 3, 2, rank, &n.graph), LK_OK);
    lk_node *x = lk_embedding(n.graph, "x", lk_shift(n.graph, n.graph->data, 1, 2.0f), 3, 8);
    lk_node *h = lk_channels(n.graph, lk_recurrent_lstm(n.graph, "h", x), 0, 2);
    assert_int_equal(lk_graph_finish(n.graph, lk_dense(n.graph, "logits", h, 1), &lk_bernoulli),
                     LK_OK);
    assert_int_equal(lk_slices_count(n.graph, 1 << 20), 1);
    n.x = NULL;
    release(&n);
}

/* The slice of the first example whose NLL is not finite can be looked at. */
static void test_not_finite(void **state) {
    (void)state;
    network n = make(2, false);
    double nll[BATCH];
    lk_slices *slices;
    assert_int_equal(lk_slices_create(n.graph, BATCH, &slices), LK_OK);
    n.parameters->list[lk_parameters_find(n.parameters, "second.weight")].value[0] = NAN;
    assert_int_equal(lk_slices_run(slices, n.x, BATCH, nll), LK_OK);
    assert_true(isnan(nll[0]));
    const lk_node *node = lk_execution_first_not_finite(lk_slices_execution(slices));
    assert_non_null(node);
    assert_string_equal(node->name, "second");
    lk_slices_destroy(slices);
    release(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_whole),
        cmocka_unit_test(test_fewer_examples),
        cmocka_unit_test(test_what_is_cut),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
