/* The sparse patterns of attention: which keys they read, what two layers of them connect, and that
 * a pattern as wide as the sequence is full attention. */
#include "ops/testing_attention.h"

enum { SIDE = 12, SQUARE = SIDE * SIDE };

static const lk_attention_cut cuts[] = {
    {.stride = SIDE, .summary = 2},
    {.grid = {1, {SQUARE}, 1}, .block = {9}, .flange = {5}, .stride = SIDE, .summary = 1},
    {.grid = {2, {SIDE, SIDE}, 1}, .block = {4, 5}, .flange = {3, 2}, .stride = 7, .summary = 1},
    {.grid = {1, {SQUARE}, 1}, .block = {SQUARE}, .stride = SQUARE, .summary = SQUARE},
};

/* One after another, all readable, read up to their query. */
static lk_graph *sequence_graph(lk_context *context, lk_parameters *parameters) {
    int32_t rank[SQUARE];
    lk_graph *graph;
    for (int32_t i = 0; i < SQUARE; i++) {
        rank[i] = i;
    }
    assert_int_equal(lk_graph_create(context, parameters, SQUARE, 2, rank, &graph), LK_OK);
    return graph;
}

/* Which keys each query reads, itself included. */
static void reads_of(lk_attention_pattern pattern, bool reads[SQUARE][SQUARE]) {
    lk_context *context;
    lk_parameters *parameters;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    lk_graph *graph = sequence_graph(context, parameters);
    int32_t limit[SQUARE];
    for (int32_t i = 0; i < SQUARE; i++) {
        limit[i] = i + 1; /* the data are ready at rank + 1 */
    }
    lk_attention_options options = {.heads = 1, .limit = limit, .pattern = pattern};
    lk_node *node =
        lk_attention(graph, "attention", graph->data, graph->data, graph->data, options);
    assert_non_null(node);
    memset(reads, 0, SQUARE * sizeof reads[0]);
    for (int64_t i = 0; i < SQUARE; i++) {
        lk_span spans[LK_SPANS_MOST];
        int32_t count = node->op->reads(node, 1, i, spans, LK_SPANS_MOST);
        for (int64_t s = 0; count > 0 && s < spans[0].count; s++) {
            reads[i][spans[0].by[spans[0].first + s]] = true;
        }
    }
    lk_graph_destroy(graph);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

static bool one[SQUARE][SQUARE], two[SQUARE][SQUARE];

/* Whether two layers connect every pair j <= i, and no other. */
static void require_triangle(void) {
    for (int64_t i = 0; i < SQUARE; i++) {
        for (int64_t j = 0; j < SQUARE; j++) {
            bool joined = false;
            for (int64_t k = 0; k < SQUARE; k++) {
                joined = joined || (two[i][k] && one[k][j]);
            }
            if (joined != (j <= i)) {
                fail_msg("query %lld and key %lld: %d", (long long)i, (long long)j, joined);
            }
        }
    }
}

static void test_strided_patterns_connect_all(void **state) {
    (void)state;
    lk_attention_pattern last = {.window = SIDE};
    reads_of(last, one);
    reads_of(lk_attention_strided(&cuts[0]), two);
    require_triangle();
}

/* The Sparse Transformer's fixed patterns: by the summaries of earlier runs, where these hold what
 * their run does. */
static void test_fixed_patterns(void **state) {
    (void)state;
    static bool both[SQUARE][SQUARE];
    lk_attention_cut own = {.grid = {1, {SQUARE}, 1}, .block = {SIDE}};
    reads_of(lk_attention_blocks(&own), one);
    reads_of(lk_attention_summaries(&cuts[0]), two);
    reads_of(lk_attention_fixed(&cuts[0], SQUARE), both);
    for (int64_t i = 0; i < SQUARE; i++) {
        for (int64_t j = 0; j < SQUARE; j++) {
            assert_true(one[i][j] == (j <= i && j / SIDE == i / SIDE));
            assert_true(two[i][j] == (j <= i && j % SIDE >= SIDE - 2));
            assert_true(both[i][j] == (one[i][j] || two[i][j]));
            two[i][j] = both[i][j];
        }
    }
    require_triangle();
}

static void test_blocks_and_flanges(void **state) {
    (void)state;
    reads_of(lk_attention_blocks(&cuts[1]), one);
    reads_of(lk_attention_blocks(&cuts[2]), two);
    for (int64_t i = 0; i < SQUARE; i++) {
        for (int64_t j = 0; j < SQUARE; j++) {
            int64_t row = i / SIDE / 4 * 4, column = i % SIDE / 5 * 5;
            int64_t key_row = j / SIDE, key_column = j % SIDE;
            assert_true(one[i][j] == (j <= i && j >= i / 9 * 9 - 5));
            assert_true(two[i][j] == (j <= i && key_row >= row - 3 && key_row < row + 4 &&
                                      key_column >= column - 2 && key_column < column + 7));
        }
    }
}

static lk_node *make_pattern(lk_graph *graph, lk_node *const *source,
                             lk_attention_pattern pattern) {
    int32_t limit[SQUARE];
    for (int64_t i = 0; i < SQUARE; i++) {
        limit[i] = source[1]->ready[i];
    }
    lk_attention_options options = {.heads = 2, .limit = limit, .pattern = pattern};
    return lk_attention(graph, "attention", source[0], source[1], source[2], options);
}

static lk_node *make_full(lk_graph *graph, lk_node *const *source) {
    return make_pattern(graph, source, (lk_attention_pattern){0});
}
static lk_node *make_wide_window(lk_graph *graph, lk_node *const *source) {
    return make_pattern(graph, source, (lk_attention_pattern){.window = SQUARE});
}
static lk_node *make_one_block(lk_graph *graph, lk_node *const *source) {
    return make_pattern(graph, source, lk_attention_blocks(&cuts[3]));
}
static lk_node *make_all_summaries(lk_graph *graph, lk_node *const *source) {
    return make_pattern(graph, source, lk_attention_summaries(&cuts[3]));
}
static lk_node *make_one_fixed(lk_graph *graph, lk_node *const *source) {
    return make_pattern(graph, source, lk_attention_fixed(&cuts[3], SQUARE));
}

/* As wide as there are keys: full attention, to the bit. */
static void test_wide_patterns_are_full(void **state) {
    (void)state;
    static const op_source shape = {SQUARE, 4, false};
    const op_case rows[] = {
        {"full", 3, {shape, shape, shape}, make_full, NULL},
        {"window", 3, {shape, shape, shape}, make_wide_window, NULL},
        {"block", 3, {shape, shape, shape}, make_one_block, NULL},
        {"summaries", 3, {shape, shape, shape}, make_all_summaries, NULL},
        {"fixed", 3, {shape, shape, shape}, make_one_fixed, NULL},
    };
    op_bench full, bench;
    testing_bench_init(&full, &rows[0], 2);
    testing_forward(&full, full.context->kernels, full.context->pool);
    for (int r = 1; r < 5; r++) {
        testing_bench_init(&bench, &rows[r], 2);
        testing_forward(&bench, bench.context->kernels, bench.context->pool);
        assert_memory_equal(bench.out, full.out,
                            (size_t)testing_floats(full.node, 2) * sizeof(float));
        testing_bench_deinit(&bench);
    }
    testing_bench_deinit(&full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strided_patterns_connect_all),
        cmocka_unit_test(test_fixed_patterns),
        cmocka_unit_test(test_blocks_and_flanges),
        cmocka_unit_test(test_wide_patterns_are_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
