/* Networks that go down to a coarser grid and up again (PixelCNN++, section 2.3; Ramachandran et
 * al. 2017): at which step each cell is ready, listed by hand on 4 x 4 pixels; that a cached sample
 * computes every cell once and gives the bits of whole passes, at even and odd sizes; gradients
 * through both directions are in ops_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "dist/dist.h"
#include "graph/execution.h"
#include "ops/ops.h"

#define SEED 20261128
#define LANES 2
#define NODES_MOST 64

/* ---- the network: rows above (u), and pixels above and to the left (ul) ---------------------- */

typedef const int32_t tap_list[][LK_GRID_AXES];

static const tap_list above = {{-2, -1}, {-2, 0}, {-2, 1}, {-1, -1}, {-1, 0}, {-1, 1}};
static const tap_list before = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}};
static const tap_list down_u = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}, {0, 1}};
static const tap_list down_ul = {{-1, -1}, {-1, 0}, {0, -1}, {0, 0}};
static const tap_list up_u = {{0, -1}, {0, 0}, {0, 1}, {1, -1}, {1, 0}, {1, 1}};
static const tap_list up_ul = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

static lk_conv_options options_of(lk_grid grid, const int32_t (*taps)[LK_GRID_AXES], int32_t count,
                                  int32_t stride) {
    return (lk_conv_options){.grid = grid,
                             .channels = 3,
                             .taps = taps,
                             .tap_count = count,
                             .bias = true,
                             .init = LK_INIT_HE,
                             .stride = {stride, stride}};
}

/* Down once and up again, what is there on the way down added on the way up. */
static lk_node *down_and_up(lk_graph *graph, const char *name, lk_node *fine, lk_grid grid,
                            bool rows, int levels) {
    char text[32];
    snprintf(text, sizeof text, "%s.down%d", name, levels);
    lk_conv_options down = rows ? options_of(grid, down_u, 6, 2) : options_of(grid, down_ul, 4, 2);
    lk_node *coarse = lk_conv(graph, text, lk_concat_elu(graph, fine), down);
    coarse = levels > 1
                 ? down_and_up(graph, name, coarse, lk_conv_output_grid(&down), rows, levels - 1)
                 : coarse;
    snprintf(text, sizeof text, "%s.up%d", name, levels);
    lk_conv_options up = rows ? options_of(grid, up_u, 6, 2) : options_of(grid, up_ul, 4, 2);
    return lk_add(graph, fine, lk_conv_up(graph, text, lk_elu(graph, coarse), up));
}

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
} network;

static network make(int64_t height, int64_t width, int levels) {
    network n;
    int64_t pixels = height * width;
    int32_t *rank = malloc((size_t)pixels * sizeof *rank);
    for (int32_t v = 0; v < pixels; v++) {
        rank[v] = v;
    }
    assert_int_equal(lk_context_create(2, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    assert_int_equal(lk_graph_create(n.context, n.parameters, pixels, 2, rank, &n.graph), LK_OK);
    free(rank);
    lk_grid grid = {2, {height, width}, 1};
    lk_node *u = lk_conv(n.graph, "u", n.graph->data, options_of(grid, above, 6, 1));
    lk_node *ul = lk_conv(n.graph, "ul", n.graph->data, options_of(grid, before, 4, 1));
    u = down_and_up(n.graph, "u", u, grid, true, levels);
    ul = down_and_up(n.graph, "ul", ul, grid, false, levels);
    lk_node *logits = lk_dense(n.graph, "logits", lk_elu(n.graph, lk_add(n.graph, u, ul)), 1);
    if (lk_graph_finish(n.graph, logits, &lk_bernoulli) != LK_OK) {
        fail_msg("%s", lk_context_message(n.context));
    }
    assert_int_equal(lk_parameters_initialise(n.parameters, SEED), LK_OK);
    return n;
}

static void release(network *n) {
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

/* ---- ready steps ----------------------------------------------------------------------------- */

static const lk_node *named(const lk_graph *graph, const char *name) {
    for (int32_t i = 0; i < graph->node_count; i++) {
        if (strcmp(graph->nodes[i]->name, name) == 0) {
            return graph->nodes[i];
        }
    }
    fail_msg("no node %s", name);
    return NULL;
}

static void expect_ready(const network *n, const char *name, const int32_t *expected,
                         int64_t cells) {
    const lk_node *node = named(n->graph, name);
    assert_int_equal(node->cells, cells);
    for (int64_t c = 0; c < cells; c++) {
        if (node->ready[c] != expected[c]) {
            fail_msg("%s: cell %lld is ready at step %d, expected %d", name, (long long)c,
                     node->ready[c], expected[c]);
        }
    }
}

/* 4 x 4 pixels in raster order. Row r of u holds rows < r as far as one column to the right; a
 * coarse cell comes with its last fine one, and what is made of it again at once. */
static void test_ready_steps(void **state) {
    (void)state;
    static const int32_t u[] = {0, 0, 0, 0, 2, 3, 4, 4, 6, 7, 8, 8, 10, 11, 12, 12};
    static const int32_t ul[] = {0, 1, 2, 3, 2, 5, 6, 7, 6, 9, 10, 11, 10, 13, 14, 15};
    static const int32_t u_down[] = {0, 0, 7, 8}, ul_down[] = {0, 2, 6, 10};
    static const int32_t u_up[] = {0, 0, 0, 0, 0, 0, 0, 0, 7, 8, 8, 8, 7, 8, 8, 8};
    static const int32_t ul_up[] = {0, 0, 2, 2, 0, 0, 2, 2, 6, 6, 10, 10, 6, 6, 10, 10};
    network n = make(4, 4, 1);
    expect_ready(&n, "u", u, 16);
    expect_ready(&n, "ul", ul, 16);
    expect_ready(&n, "u.down1", u_down, 4);
    expect_ready(&n, "ul.down1", ul_down, 4);
    expect_ready(&n, "u.up1", u_up, 16);
    expect_ready(&n, "ul.up1", ul_up, 16);
    release(&n);
}

/* ---- a sample computes each cell once -------------------------------------------------------- */

/* The operations of a graph, counting what they compute. */
static struct counted {
    lk_op op;
    const lk_op *real;
    int64_t cells;
} counted[NODES_MOST];

static bool count_and_run(const lk_task *task) {
    struct counted *c = &counted[task->node->index];
    c->cells += task->cell_count;
    return c->real->forward(task);
}

static void count_from_now(const network *n) {
    assert_true(n->graph->node_count <= NODES_MOST);
    for (int32_t i = n->graph->field_count; i < n->graph->node_count; i++) {
        lk_node *node = n->graph->nodes[i];
        counted[i] = (struct counted){.op = *node->op, .real = node->op};
        counted[i].op.forward = count_and_run;
        node->op = &counted[i].op;
    }
}

static void expect_counts(const network *n, int64_t passes) {
    for (int32_t i = n->graph->field_count; i < n->graph->node_count; i++) {
        const lk_node *node = n->graph->nodes[i];
        if (counted[i].cells != passes * node->cells) {
            fail_msg("%s: %lld cells computed, of %lld", node->name, (long long)counted[i].cells,
                     (long long)node->cells);
        }
        counted[i].cells = 0;
    }
}

static void draw_values(int64_t count, uint64_t stream, uint16_t *x) {
    for (int64_t i = 0; i < count; i++) {
        x[i] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, stream, (uint64_t)i, 2);
    }
}

/* A whole pass for each variable, with anything at those that are not known yet, against the cached
 * one. */
static void check_cached(int64_t height, int64_t width, int levels) {
    network n = make(height, width, levels);
    lk_execution *cached, *naive;
    int64_t variables = height * width;
    uint16_t *x = malloc((size_t)(LANES * variables) * sizeof *x);
    uint16_t *known = malloc((size_t)(LANES * variables) * sizeof *known);
    draw_values(LANES * variables, 0, x);
    draw_values(LANES * variables, 1, known);
    assert_int_equal(lk_execution_create(n.graph, LK_PLAN_INCREMENTAL, LANES, &cached), LK_OK);
    assert_int_equal(lk_execution_create(n.graph, LK_PLAN_EVALUATE, LANES, &naive), LK_OK);
    assert_int_equal(lk_execution_begin(cached, LANES), LK_OK);
    for (int32_t v = 0; v < variables; v++) {
        assert_int_equal(lk_execution_compute(cached, v), LK_OK);
        assert_int_equal(lk_execution_forward(naive, known, LANES), LK_OK);
        const float *a = lk_execution_parameters(cached, v), *b = lk_execution_parameters(naive, v);
        if (memcmp(a, b, LANES * sizeof *a) != 0) {
            fail_msg("%lld x %lld, variable %d: cached %.9g, naive %.9g", (long long)height,
                     (long long)width, v, (double)a[0], (double)b[0]);
        }
        uint16_t value[LANES];
        for (int64_t lane = 0; lane < LANES; lane++) {
            value[lane] = known[lane * variables + v] = x[lane * variables + v];
        }
        lk_execution_set(cached, v, value);
    }
    lk_execution_destroy(naive);
    lk_execution_destroy(cached);
    free(known);
    free(x);
    release(&n);
}

static void test_cached_is_naive(void **state) {
    (void)state;
    check_cached(5, 7, 2);
    check_cached(8, 8, 2);
    check_cached(28, 28, 1);
    check_cached(1, 3, 2);
    check_cached(17, 1, 3);
}

static void check_counts(int64_t height, int64_t width, int levels) {
    network n = make(height, width, levels);
    lk_execution *cached;
    uint16_t value[LANES] = {1, 0};
    assert_int_equal(lk_execution_create(n.graph, LK_PLAN_INCREMENTAL, LANES, &cached), LK_OK);
    count_from_now(&n);
    assert_int_equal(lk_execution_begin(cached, LANES), LK_OK);
    for (int32_t v = 0; v < height * width; v++) {
        assert_int_equal(lk_execution_compute(cached, v), LK_OK);
        lk_execution_set(cached, v, value);
    }
    expect_counts(&n, 1);
    assert_int_equal(lk_graph_multiply_adds_cached(n.graph),
                     lk_graph_multiply_adds_forward(n.graph));
    lk_execution_destroy(cached);
    release(&n);
}

static void test_each_cell_once(void **state) {
    (void)state;
    check_counts(5, 7, 2);
    check_counts(8, 8, 2);
    check_counts(28, 28, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_steps),
        cmocka_unit_test(test_cached_is_naive),
        cmocka_unit_test(test_each_cell_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
