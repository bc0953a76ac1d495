/* Convolutions masked by rank: raster ranks give what a mask of taps gives, to the bit; a network
 * under any order is causal by the proof and by perturbation, the same under both schedules, and
 * sees its window's earlier cells; mirrored data under the mirrored order give mirrored logits. */
#include <stdio.h>

#include "dist/dist.h"
#include "graph/execution.h"
#include "models/testing.h"
#include "ops/ops.h"

#define SEED 20201
#define CELLS_MOST 64
#define TAPS 9
#define CHANNELS 6
#define BATCH (CELLS_MOST + 1)

static const int32_t taps[TAPS][LK_GRID_AXES] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0},
                                                 {0, 1},   {1, -1}, {1, 0},  {1, 1}};
static const int32_t mirrored[TAPS][LK_GRID_AXES] = {{-1, 1}, {-1, 0}, {-1, -1}, {0, 1}, {0, 0},
                                                     {0, -1}, {1, 1},  {1, 0},   {1, -1}};

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    lk_execution *execution;
    int64_t cells;
} network;

/* What to build: rank NULL: the first five taps, which is the raster mask. */
typedef struct plan {
    lk_grid grid;
    const int32_t *rank;                 /* of the convolutions */
    const int32_t (*taps)[LK_GRID_AXES]; /* NULL: as they stand above */
} plan;

static lk_node *stack(lk_graph *graph, const plan *p) {
    lk_conv_options options = {.grid = p->grid,
                               .channels = CHANNELS,
                               .taps = p->taps == NULL ? taps : p->taps,
                               .tap_count = p->rank == NULL ? 5 : TAPS,
                               .centre = LK_CENTRE_A,
                               .bias = true,
                               .init = LK_INIT_HE,
                               .rank = p->rank};
    lk_node *node = lk_tanh(graph, lk_conv(graph, "first", graph->data, options));
    options.centre = LK_CENTRE_B;
    node = lk_tanh(graph, lk_conv(graph, "second", node, options));
    options.taps = taps + 4;
    options.tap_count = 1;
    options.channels = 1;
    return lk_conv(graph, "logits", node, options);
}

/* With the variables in order of `rank`. */
static lk_status make(network *n, const plan *p, const int32_t *rank) {
    n->cells = p->grid.size[0] * p->grid.size[1] * p->grid.groups;
    assert_int_equal(LK_OK, lk_context_create(1, &n->context));
    testing_ok(n->context, lk_parameters_create(n->context, &n->parameters));
    testing_ok(n->context,
               lk_graph_create(n->context, n->parameters, n->cells, 2, rank, &n->graph));
    lk_status status = lk_graph_finish(n->graph, stack(n->graph, p), &lk_bernoulli);
    if (status == LK_OK) {
        testing_ok(n->context, lk_parameters_initialise(n->parameters, SEED));
        testing_ok(n->context, lk_parameters_make_gradients(n->parameters));
        testing_ok(n->context, lk_execution_create(n->graph, LK_PLAN_TRAIN, BATCH, &n->execution));
    }
    return status;
}

static void must_make(network *n, const plan *p, const int32_t *rank) {
    if (make(n, p, rank) != LK_OK) {
        fail_msg("%s", lk_context_message(n->context));
    }
}

static void destroy(network *n) {
    lk_execution_destroy(n->execution);
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
    *n = (network){0};
}

static lk_parameter *parameter(const network *n, const char *name) {
    return &n->parameters->list[lk_parameters_find(n->parameters, name)];
}

static void draw(const network *n, int64_t count, uint16_t *x) {
    for (int64_t i = 0; i < count * n->cells; i++) {
        x[i] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 1, (uint64_t)i, 2);
    }
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void raster(const lk_grid *grid, int32_t *rank) {
    for (int32_t i = 0; i < grid->size[0] * grid->size[1] * grid->groups; i++) {
        rank[i] = i;
    }
}

/* By r + c; within an even one by r descending, an odd one by r ascending. */
static void zigzag(const lk_grid *grid, int32_t *rank) {
    int32_t next = 0;
    int64_t height = grid->size[0], width = grid->size[1];
    for (int64_t d = 0; d < height + width - 1; d++) {
        for (int64_t i = 0; i < height; i++) {
            int64_t r = d % 2 == 0 ? height - 1 - i : i, c = d - r;
            for (int32_t g = 0; c >= 0 && c < width && g < grid->groups; g++) {
                rank[(r * width + c) * grid->groups + g] = next++;
            }
        }
    }
}

/* Rows to and fro. */
static void s_curve(const lk_grid *grid, int32_t *rank) {
    int32_t width = (int32_t)grid->size[1];
    for (int32_t p = 0; p < grid->size[0] * width; p++) {
        int32_t r = p / width, c = p % width;
        rank[p] = r * width + (r % 2 == 0 ? c : width - 1 - c);
    }
}

static void permuted(const lk_grid *grid, int32_t *rank) {
    lk_random_permutation((lk_random){SEED, LK_FOR_ORDER}, 0,
                          grid->size[0] * grid->size[1] * grid->groups, rank);
}

/* Four turns, a checkerboard twice over. */
static void four_turns(const lk_grid *grid, int32_t *rank) {
    for (int32_t i = 0; i < grid->size[0] * grid->size[1] * grid->groups; i++) {
        int32_t p = i / grid->groups;
        rank[i] = (int32_t)(p / grid->size[1] % 2 * 2 + p % grid->size[1] % 2);
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* A block of `from`, a network of five taps, is the one of `to` with the same groups and tap.
 * Counts what they would have in order. */
static void copy_blocks(const lk_grid *grid, bool centre_a, const float *from, float *to,
                        int64_t floats) {
    int64_t blocks = 0, all = 0;
    for (int32_t i = 0; i < grid->groups * TAPS * grid->groups; i++) {
        int32_t g = i / grid->groups / TAPS, t = i / grid->groups % TAPS, h = i % grid->groups;
        if (t == 4 && (centre_a ? h >= g : h > g)) {
            continue;
        }
        if (t < 5) {
            memcpy(to + all * floats, from + blocks++ * floats, (size_t)floats * sizeof *to);
        }
        all++;
    }
}

static void expect_blocks(const network *whole, const network *half, const lk_grid *grid,
                          const char *layer, int64_t inputs) {
    char name[64];
    snprintf(name, sizeof name, "%s.weight", layer);
    const lk_parameter *w = parameter(whole, name);
    size_t bytes = (size_t)(w->rows * w->columns) * sizeof(float);
    float *want = calloc(1, bytes); /* what no cell reads by has no gradient */
    copy_blocks(grid, layer[0] == 'f', parameter(half, name)->gradient, want, inputs * CHANNELS);
    assert_memory_equal(w->gradient, want, bytes);
    free(want);
}

static void check_raster(lk_grid grid) {
    int32_t rank[CELLS_MOST];
    network whole, half;
    uint16_t x[5 * CELLS_MOST];
    raster(&grid, rank);
    must_make(&whole, &(plan){grid, rank, NULL}, rank);
    must_make(&half, &(plan){grid, NULL, NULL}, rank);
    for (int32_t p = 0; p < half.parameters->count; p++) {
        lk_parameter *from = &half.parameters->list[p], *to = parameter(&whole, from->name);
        if (from->rows == to->rows) {
            memcpy(to->value, from->value, (size_t)(from->rows * from->columns) * sizeof(float));
        } else {
            copy_blocks(&grid, from->name[0] == 'f', from->value, to->value,
                        from->name[0] == 'f' ? CHANNELS : CHANNELS * CHANNELS);
        }
    }
    draw(&whole, 5, x);
    network *const both[] = {&whole, &half};
    for (int i = 0; i < 2; i++) {
        testing_ok(both[i]->context, lk_execution_forward(both[i]->execution, x, 5));
        testing_ok(both[i]->context, lk_execution_backward(both[i]->execution));
    }
    for (int64_t v = 0; v < whole.cells; v++) {
        assert_memory_equal(lk_execution_parameters(whole.execution, v),
                            lk_execution_parameters(half.execution, v), 5 * sizeof(float));
    }
    expect_blocks(&whole, &half, &grid, "first", 1);
    expect_blocks(&whole, &half, &grid, "second", CHANNELS);
    assert_int_equal(lk_graph_multiply_adds_forward(whole.graph),
                     lk_graph_multiply_adds_forward(half.graph));
    destroy(&whole);
    destroy(&half);
}

static void test_raster_is_a_mask_of_taps(void **state) {
    (void)state;
    check_raster((lk_grid){2, {5, 4}, 1});
    check_raster((lk_grid){2, {3, 4}, 3});
    check_raster((lk_grid){2, {1, 3}, 2});
}

/* Whether the first convolution may read it: a neighbour of lower rank. */
static bool neighbours(const lk_grid *grid, const int32_t *rank, int64_t cell, int64_t other) {
    int64_t p = cell / grid->groups, q = other / grid->groups, width = grid->size[1];
    int64_t dy = p / width - q / width, dx = p % width - q % width;
    bool here = p == q && other % grid->groups >= cell % grid->groups; /* the mask's type A */
    return rank[other] < rank[cell] && dy >= -1 && dy <= 1 && dx >= -1 && dx <= 1 && !here;
}

static void check_order(lk_grid grid, void (*order)(const lk_grid *, int32_t *)) {
    int32_t rank[CELLS_MOST];
    network n;
    uint16_t x[BATCH * CELLS_MOST];
    order(&grid, rank);
    must_make(&n, &(plan){grid, rank, NULL}, rank);
    draw(&n, 1, x);
    for (int64_t i = 0; i < n.cells; i++) {
        memcpy(x + (i + 1) * n.cells, x, (size_t)n.cells * sizeof *x);
        x[(i + 1) * n.cells + i] ^= 1;
    }
    testing_ok(n.context, lk_execution_forward(n.execution, x, n.cells + 1));
    for (int64_t i = 0; i < n.cells * n.cells; i++) {
        int64_t v = i / n.cells, changed = i % n.cells;
        const float *logit = lk_execution_parameters(n.execution, v);
        bool moved = logit[changed + 1] != logit[0];
        if ((moved && rank[changed] >= rank[v]) ||
            (!moved && neighbours(&grid, rank, v, changed))) {
            fail_msg("changing cell %lld of rank %d %s the logit of cell %lld of rank %d",
                     (long long)changed, rank[changed], moved ? "moves" : "does not move",
                     (long long)v, rank[v]);
        }
    }
    destroy(&n);
}

static void test_any_order(void **state) {
    (void)state;
    const lk_grid grey = {2, {5, 7}, 1}, colour = {2, {3, 4}, 3};
    void (*const orders[])(const lk_grid *, int32_t *) = {raster, zigzag, permuted, four_turns};
    for (int i = 0; i < 4; i++) {
        check_order(grey, orders[i]);
        check_order(colour, orders[i]);
    }
}

/* One step after another, with all values set, gives what the parallel schedule gives. */
static void check_schedules(lk_grid grid, void (*order)(const lk_grid *, int32_t *)) {
    int32_t rank[CELLS_MOST];
    network n;
    lk_execution *steps;
    uint16_t x[3 * CELLS_MOST], column[3];
    order(&grid, rank);
    must_make(&n, &(plan){grid, rank, NULL}, rank);
    draw(&n, 3, x);
    testing_ok(n.context, lk_execution_create(n.graph, LK_PLAN_INCREMENTAL, 3, &steps));
    testing_ok(n.context, lk_execution_forward(n.execution, x, 3));
    testing_ok(n.context, lk_execution_begin(steps, 3));
    for (int32_t s = 0; s < n.graph->steps; s++) {
        testing_ok(n.context, lk_execution_compute(steps, s));
        for (int64_t i = n.graph->rank_begin[s]; i < n.graph->rank_begin[s + 1]; i++) {
            int64_t v = n.graph->by_rank[i];
            assert_memory_equal(lk_execution_parameters(steps, v),
                                lk_execution_parameters(n.execution, v), 3 * sizeof(float));
            for (int64_t e = 0; e < 3; e++) {
                column[e] = x[e * n.cells + v];
            }
            lk_execution_set(steps, v, column);
        }
    }
    lk_execution_destroy(steps);
    destroy(&n);
}

static void test_both_schedules(void **state) {
    (void)state;
    check_schedules((lk_grid){2, {5, 7}, 1}, zigzag);
    check_schedules((lk_grid){2, {3, 4}, 3}, permuted);
    check_schedules((lk_grid){2, {5, 7}, 1}, four_turns);
}

/* Ranks of the mask that are not the order of the variables leak, and are refused. */
static void test_other_order_is_refused(void **state) {
    (void)state;
    const lk_grid grid = {2, {4, 4}, 1};
    int32_t mask[CELLS_MOST], rank[CELLS_MOST];
    network n = {0};
    zigzag(&grid, mask);
    raster(&grid, rank);
    assert_int_equal(make(&n, &(plan){grid, mask, NULL}, rank), LK_CAUSALITY);
    destroy(&n);
}

/* An S-curve, whose rows go to and fro: the same weights at mirrored taps. */
static void test_mirror(void **state) {
    (void)state;
    const lk_grid grid = {2, {5, 6}, 1};
    int32_t rank[CELLS_MOST], there[CELLS_MOST];
    network here, mirror;
    uint16_t x[CELLS_MOST], other[CELLS_MOST];
    s_curve(&grid, rank);
    for (int32_t p = 0; p < 30; p++) {
        there[p] = rank[p / 6 * 6 + 5 - p % 6];
    }
    must_make(&here, &(plan){grid, rank, NULL}, rank);
    must_make(&mirror, &(plan){grid, there, mirrored}, there);
    draw(&here, 1, x);
    for (int32_t p = 0; p < 30; p++) {
        other[p] = x[p / 6 * 6 + 5 - p % 6];
    }
    testing_ok(here.context, lk_execution_forward(here.execution, x, 1));
    testing_ok(mirror.context, lk_execution_forward(mirror.execution, other, 1));
    for (int64_t p = 0; p < 30; p++) {
        assert_memory_equal(lk_execution_parameters(here.execution, p),
                            lk_execution_parameters(mirror.execution, p / 6 * 6 + 5 - p % 6),
                            sizeof(float));
    }
    destroy(&here);
    destroy(&mirror);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raster_is_a_mask_of_taps),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_both_schedules),
        cmocka_unit_test(test_other_order_is_refused),
        cmocka_unit_test(test_mirror),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
