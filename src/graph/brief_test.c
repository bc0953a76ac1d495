/* Which values generation need not keep, and that it says the same without them. */
#include "graph/brief.h"
#include "graph/testing.h"

static const lk_node *node_of(const network *n, const char *op, int32_t number) {
    for (int32_t i = 0; i < n->graph->node_count; i++) {
        if (strcmp(n->graph->nodes[i]->op->name, op) == 0 && number-- == 0) {
            return n->graph->nodes[i];
        }
    }
    fail_msg("no %s", op);
    return NULL;
}

/* The first cell of a row comes with one near the end of the row before, all of whose reads are
 * inside the grid: a step's cells lie less than a row apart. */
static void assert_brief(const lk_node *node) {
    assert_in_range(node->brief_cells, 1, SIDE);
}

/* Of the convolutions' inputs those are kept that the next row reads; the output is, and so is what
 * a recurrence hands on. */
static void test_what_is_kept(void **state) {
    (void)state;
    network n = make(1, CONVOLUTION);
    assert_brief(node_of(&n, "convolution", 0));
    assert_brief(node_of(&n, "activation", 0));
    assert_int_equal(node_of(&n, "dropout", 0)->brief_cells, 0);
    assert_brief(node_of(&n, "convolution", 1));
    assert_brief(node_of(&n, "activation", 1));
    assert_int_equal(node_of(&n, "dense", 0)->brief_cells, 0);
    assert_int_equal(n.graph->data->brief_cells, 0);
    release(&n);
    n = make(1, RECURRENCE);
    assert_int_equal(node_of(&n, "recurrent LSTM", 0)->brief_cells, 0);
    assert_brief(node_of(&n, "channels", 0));
    release(&n);
    n = make(1, HEAVY);
    assert_int_equal(node_of(&n, "activation", 0)->brief_cells, 0);
    release(&n);
}

/* All variables from their conditionals' own values; fewer examples than there is room for. */
static void compare(const network *n, lk_execution *whole, lk_execution *steps, int64_t count) {
    uint16_t column[BATCH];
    if (n->graph->given > 0) {
        lk_execution_give(whole, n->given, count);
        lk_execution_give(steps, n->given, count);
    }
    fine(n, lk_execution_forward(whole, n->x, count));
    fine(n, lk_execution_begin(steps, count));
    for (int64_t v = 0; v < VARIABLES; v++) {
        fine(n, lk_execution_compute(steps, (int32_t)v));
        assert_memory_equal(lk_execution_parameters(steps, v), lk_execution_parameters(whole, v),
                            (size_t)count * sizeof(float));
        for (int64_t i = 0; i < count; i++) {
            column[i] = n->x[i * VARIABLES + v];
        }
        lk_execution_set(steps, v, column);
    }
    assert_null(lk_execution_first_not_finite(steps));
}

static void test_says_the_same_in_less(void **state) {
    (void)state;
    for (family f = 0; f < FAMILIES; f++) {
        network n = make(2, f);
        lk_execution *whole, *steps;
        int64_t kept = lk_execution_bytes(n.graph, LK_PLAN_INCREMENTAL, 1);
        int64_t less = lk_execution_bytes(n.graph, LK_PLAN_STEPS, 1);
        assert_true(f == CONVOLUTION ? less < kept / 2 : less <= kept);
        fine(&n, lk_execution_create(n.graph, LK_PLAN_EVALUATE, BATCH, &whole));
        fine(&n, lk_execution_create(n.graph, LK_PLAN_STEPS, BATCH, &steps));
        compare(&n, whole, steps, BATCH);
        compare(&n, whole, steps, 1);
        compare(&n, whole, steps, 5);
        lk_execution_destroy(whole);
        lk_execution_destroy(steps);
        release(&n);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_says_the_same_in_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
