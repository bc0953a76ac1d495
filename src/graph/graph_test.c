/* The graph: ready steps, orderings, and that the proof refuses every leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dist/dist.h"
#include "graph/execution.h"
#include "graph/graph.h"
#include "ops/ops.h"

typedef struct fixture {
    lk_context *context;
    lk_parameters *parameters;
} fixture;

static int set_up(void **state) {
    static fixture f;
    assert_int_equal(lk_context_create(1, &f.context), LK_OK);
    assert_int_equal(lk_parameters_create(f.context, &f.parameters), LK_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    lk_parameters_destroy(f->parameters);
    lk_context_destroy(f->context);
    return 0;
}

static lk_graph *make_graph(fixture *f, int64_t variables, const int32_t *rank) {
    lk_graph *graph;
    assert_int_equal(lk_graph_create(f->context, f->parameters, variables, 2, rank, &graph), LK_OK);
    return graph;
}

static const lk_linear_options plain = {.init = LK_INIT_GLOROT, .bias = true};

static void test_ranks_are_numbered_densely(void **state) {
    lk_graph *graph = make_graph(*state, 5, (int32_t[]){70, 3, 70, 9, 3});
    assert_int_equal(graph->steps, 3);
    assert_memory_equal(graph->rank, ((int32_t[]){2, 0, 2, 1, 0}), 5 * sizeof(int32_t));
    assert_memory_equal(graph->by_rank, ((int32_t[]){1, 4, 3, 0, 2}), 5 * sizeof(int32_t));
    assert_memory_equal(graph->data->ready, ((int32_t[]){3, 1, 3, 2, 1}), 5 * sizeof(int32_t));
    lk_graph_destroy(graph);
}

static void test_ready_steps_follow_reads(void **state) {
    lk_graph *graph = make_graph(*state, 4, (int32_t[]){0, 1, 2, 3});
    lk_node *hidden =
        lk_masked_linear(graph, "hidden", graph->data, 5, (int32_t[]){0, 1, 2, 3, 2}, plain);
    assert_memory_equal(hidden->ready, ((int32_t[]){0, 1, 2, 3, 2}), 5 * sizeof(int32_t));
    assert_int_equal(hidden->steps.count, 4);
    assert_memory_equal(hidden->steps.begin, ((int32_t[]){0, 1, 2, 4, 5}), 5 * sizeof(int32_t));
    assert_ptr_equal(lk_relu(graph, hidden)->by_ready, hidden->by_ready); /* kept once */
    lk_node *picked = lk_select_cells(graph, hidden, (int32_t[]){4, 0}, 2);
    assert_memory_equal(picked->ready, ((int32_t[]){2, 0}), 2 * sizeof(int32_t));
    lk_node *both = lk_concatenate(graph, (lk_node *[]){picked, hidden}, 2);
    assert_int_equal(both->cells, 7);
    assert_int_equal(both->ready[0], 2);
    assert_int_equal(both->ready[5], 3);
    lk_node *all = lk_dense_linear(graph, "all", hidden, 1, plain);
    assert_int_equal(all->ready[0], 3);
    lk_graph_destroy(graph);
}

/* An output that may read one step too much, at each variable in turn, and through a hidden
 * layer. */
static void test_every_leak_is_refused(void **state) {
    fixture *f = *state;
    for (int32_t leak = 0; leak < 6; leak++) {
        int32_t rank[] = {5, 4, 3, 2, 1, 0}, limit[6];
        lk_graph *graph = make_graph(f, 6, rank);
        memcpy(limit, rank, sizeof limit);
        limit[leak]++;
        lk_node *hidden =
            lk_masked_linear(graph, "deep", graph->data, 6, (int32_t[]){1, 2, 3, 4, 5, 6}, plain);
        lk_node *out = lk_masked_linear(graph, "leaky", lk_relu(graph, hidden), 6, limit, plain);
        assert_int_equal(lk_graph_finish(graph, out, &lk_bernoulli), LK_CAUSALITY);
        const char *message = lk_context_message(f->context);
        char cell[32];
        snprintf(cell, sizeof cell, "leaky, cell %d", leak);
        assert_non_null(strstr(message, cell));
        assert_non_null(strstr(message, "<- deep["));
        assert_non_null(strstr(message, "<- data["));
        lk_graph_destroy(graph);
    }
}

static void test_the_tight_graph_passes(void **state) {
    int32_t rank[] = {5, 4, 3, 2, 1, 0};
    lk_graph *graph = make_graph(*state, 6, rank);
    lk_node *hidden =
        lk_masked_linear(graph, "deep", graph->data, 6, (int32_t[]){1, 2, 3, 4, 5, 6}, plain);
    lk_node *out = lk_masked_linear(graph, "tight", lk_relu(graph, hidden), 6, rank, plain);
    assert_int_equal(lk_graph_finish(graph, out, &lk_bernoulli), LK_OK);
    /* 1+2+..+6 for the hidden layer; output of rank r reads the r units of limit <= r. The unit
     * that reads all is left out of a sample: nothing that is drawn depends on it. */
    assert_int_equal(lk_graph_multiply_adds_forward(graph), 21 + 15);
    assert_int_equal(lk_graph_multiply_adds_cached(graph), 15 + 15);
    assert_int_equal(lk_graph_multiply_adds_naive(graph), 6 * 36);
    lk_graph_destroy(graph);
}

static void test_equal_ranks_do_not_see_each_other(void **state) {
    int32_t rank[] = {0, 0, 1, 1}, limit[] = {0, 0, 1, 1};
    lk_graph *graph = make_graph(*state, 4, rank);
    lk_node *out = lk_masked_linear(graph, "out", graph->data, 4, limit, plain);
    assert_int_equal(lk_graph_finish(graph, out, &lk_bernoulli), LK_OK);
    assert_int_equal(graph->steps, 2);
    assert_int_equal(lk_graph_multiply_adds_forward(graph),
                     4); /* the last two read the first two */
    lk_graph_destroy(graph);
}

static void test_wrong_output_is_refused(void **state) {
    fixture *f = *state;
    lk_graph *graph = make_graph(f, 3, (int32_t[]){0, 1, 2});
    lk_node *out = lk_masked_linear(graph, "short", graph->data, 2, (int32_t[]){0, 0}, plain);
    assert_int_equal(lk_graph_finish(graph, out, &lk_bernoulli), LK_INVALID);
    assert_non_null(strstr(lk_context_message(f->context), "short has 2 cells"));
    lk_graph_destroy(graph);
}

static void test_failures_stick(void **state) {
    fixture *f = *state;
    lk_graph *graph = make_graph(f, 3, (int32_t[]){0, 1, 2});
    lk_node *a = lk_masked_linear(graph, "a", graph->data, 2, (int32_t[]){1, 1}, plain);
    lk_node *b = lk_masked_linear(graph, "b", graph->data, 3, (int32_t[]){1, 1, 1}, plain);
    assert_null(lk_add(graph, a, b));
    assert_null(lk_relu(graph, a));
    assert_int_equal(lk_graph_finish(graph, a, &lk_bernoulli), LK_INVALID);
    lk_graph_destroy(graph);
}

static void test_scopes_keep_layers_apart(void **state) {
    fixture *f = *state;
    lk_graph *graph = make_graph(f, 3, (int32_t[]){0, 1, 2});
    lk_node *plain_one = lk_dense(graph, "layer", graph->data, 2);
    graph->scope = "low.";
    lk_node *node = lk_normalise_weights(graph, "layer", lk_dense(graph, "layer", graph->data, 2));
    lk_node *unnamed = lk_relu(graph, node);
    graph->scope = "";
    assert_string_equal(plain_one->name, "layer");
    assert_string_equal(node->name, "low.layer");
    assert_memory_equal(unnamed->name, "low.activation#", strlen("low.activation#"));
    assert_int_not_equal(node->parameters[0], plain_one->parameters[0]);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"low.layer.weight", "low.layer.bias", "low.layer.gain"};
        assert_true(lk_parameters_find(f->parameters, names[i]) >= 0);
    }
    lk_graph_destroy(graph);
}

static void test_table_of_operations_is_whole(void **state) {
    (void)state;
    const char *fault = NULL;
    if (!lk_ops_complete(&fault)) {
        fail_msg("operation %s lacks something", fault);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ranks_are_numbered_densely, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ready_steps_follow_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_leak_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_tight_graph_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_ranks_do_not_see_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_output_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures_stick, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scopes_keep_layers_apart, set_up, tear_down),
        cmocka_unit_test(test_table_of_operations_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
