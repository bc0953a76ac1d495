/* Attention on its closed forms, sizes that fill blocks and strips, and what it
 * refuses. The rows of ops/testing_cases.h have the rest. */
#include "ops/testing_attention.h"

#include "graph/steps.h"

/* ---- closed forms ---------------------------------------------------------------------------- */

static lk_node *make_strict(lk_graph *graph, lk_node *const *source) {
    return make_attention_strict(graph, source);
}

static const op_case strict_row = {"strict",
                                   3,
                                   {{40, 3, true}, {40, 3, true}, {40, 5, true}},
                                   make_strict,
                                   reference_attention_strict};

static float *values_of(const op_bench *bench, int input, int64_t cell, int64_t n) {
    int64_t channels = bench->node->inputs[input]->channels;
    return bench->in[input] + (cell * bench->batch + n) * channels;
}

static const float *out_of(const op_bench *bench, int64_t cell, int64_t n) {
    return bench->out + (cell * bench->batch + n) * bench->node->channels;
}

static void forward_both_ways(op_bench *bench, bool steps) {
    if (steps) {
        testing_forward_by_steps(bench, bench->context->kernels, bench->context->pool);
    } else {
        testing_forward(bench, bench->context->kernels, bench->context->pool);
    }
}

/* Q = 0: the mean of the values that are read, to the bit of its chain; nothing read: 0. */
static void test_without_queries_it_is_the_mean(void **state) {
    (void)state;
    op_bench bench;
    testing_bench_init(&bench, &strict_row, 3);
    memset(bench.in[0], 0, (size_t)testing_floats(bench.node->inputs[0], 3) * sizeof(float));
    for (int steps = 0; steps < 2; steps++) {
        forward_both_ways(&bench, steps);
        int64_t empty = 0;
        for (int64_t i = 0; i < 40; i++) {
            int64_t keys[TESTING_QUERIES_MOST];
            int64_t count = testing_keys(&testing_settings_strict, bench.node, i, keys);
            empty += count == 0;
            for (int64_t c = 0; c < 5; c++) {
                float sum = 0.0f;
                for (int64_t s = 0; s < count; s++) {
                    sum += values_of(&bench, 2, keys[s], 1)[c];
                }
                float expected = count > 0 ? sum / (float)count : 0.0f;
                assert_memory_equal(&out_of(&bench, i, 1)[c], &expected, sizeof expected);
            }
        }
        assert_true(empty > 0 && empty < 40);
    }
    testing_bench_deinit(&bench);
}

static lk_node *make_last_one(lk_graph *graph, lk_node *const *source) {
    lk_attention_options options = {.heads = 1, .pattern = {.window = 1}};
    return lk_attention(graph, "attention", source[0], source[1], source[2], options);
}

/* One key: its value, whatever the scores. */
static void test_one_key_gives_its_value(void **state) {
    (void)state;
    static const op_case row = {"one key",
                                3,
                                {{9, 3, false}, {7, 3, true}, {7, 5, true}},
                                make_last_one,
                                reference_attention_whole};
    op_bench bench;
    testing_bench_init(&bench, &row, 2);
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    for (int64_t i = 0; i < 9; i++) {
        assert_memory_equal(out_of(&bench, i, 1), values_of(&bench, 2, 6, 1), 5 * sizeof(float));
    }
    testing_bench_deinit(&bench);
}

/* Scores of 10,000: finite, and all of the weight on one key. */
static void test_large_scores(void **state) {
    (void)state;
    op_bench bench;
    testing_bench_init(&bench, &strict_row, 2);
    for (int64_t i = 0; i < 40; i++) {
        for (int64_t n = 0; n < 2; n++) {
            for (int64_t c = 0; c < 3; c++) {
                values_of(&bench, 0, i, n)[c] = c == 0 ? 100.0f * sqrtf(3.0f) : 0.0f;
                /* In no order: the greatest of those read, and not the last of them. */
                values_of(&bench, 1, i, n)[c] = c == 0 ? (float)(i * 17 % 40) * 10.0f - 200.0f : 0;
            }
        }
    }
    for (int steps = 0; steps < 2; steps++) {
        forward_both_ways(&bench, steps);
        for (int64_t i = 0; i < 40; i++) {
            int64_t keys[TESTING_QUERIES_MOST], best = 0;
            int64_t count = testing_keys(&testing_settings_strict, bench.node, i, keys);
            for (int64_t s = 1; s < count; s++) {
                best = keys[s] * 17 % 40 > keys[best] * 17 % 40 ? s : best;
            }
            if (count > 0) {
                assert_memory_equal(out_of(&bench, i, 1), values_of(&bench, 2, keys[best], 1),
                                    5 * sizeof(float));
            }
        }
    }
    testing_bench_deinit(&bench);
}

/* A value that is not finite spoils those who read it, and nobody else. */
static void test_what_is_not_read_may_be_infinite(void **state) {
    (void)state;
    op_bench clean, bench;
    testing_bench_init(&clean, &strict_row, 2);
    testing_bench_init(&bench, &strict_row, 2);
    testing_forward(&clean, clean.context->kernels, clean.context->pool);
    values_of(&bench, 2, 20, 0)[3] = INFINITY;
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    int64_t spoilt = 0;
    for (int64_t i = 0; i < 40; i++) {
        if (bench.node->inputs[1]->ready[20] < bench.node->inputs[1]->ready[i]) {
            spoilt += !isfinite(out_of(&bench, i, 0)[3]);
        } else {
            assert_memory_equal(out_of(&bench, i, 0), out_of(&clean, i, 0), 5 * sizeof(float));
        }
        assert_memory_equal(out_of(&bench, i, 1), out_of(&clean, i, 1), 5 * sizeof(float));
    }
    assert_true(spoilt > 0);
    testing_bench_deinit(&clean);
    testing_bench_deinit(&bench);
}

/* ---- order ----------------------------------------------------------------------------------- */

static const op_case along_row = {"along",
                                  3,
                                  {{36, 4, true}, {36, 4, true}, {36, 4, true}},
                                  make_attention_strict,
                                  reference_attention_strict};
static const op_case across_row = {"across",
                                   3,
                                   {{36, 4, false}, {36, 4, false}, {36, 4, false}},
                                   make_attention_strict,
                                   reference_attention_strict};

/* Cells and order relabelled together: the same bits. Both sources have as many cells of each
 * ready step, at other places. */
static void test_relabelled_cells(void **state) {
    (void)state;
    op_bench along, across;
    testing_bench_init(&along, &along_row, 3);
    testing_bench_init(&across, &across_row, 3);
    const int32_t *here = along.node->inputs[1]->by_ready;
    const int32_t *there = across.node->inputs[1]->by_ready;
    size_t bytes = 3 * 4 * sizeof(float);
    int64_t moved = 0;
    for (int64_t t = 0; t < 36; t++) {
        moved += here[t] != there[t];
        for (int input = 0; input < 3; input++) {
            memcpy(values_of(&across, input, there[t], 0), values_of(&along, input, here[t], 0),
                   bytes);
        }
    }
    assert_true(moved > 0);
    testing_forward(&along, along.context->kernels, along.context->pool);
    testing_forward(&across, across.context->kernels, across.context->pool);
    for (int64_t t = 0; t < 36; t++) {
        assert_memory_equal(out_of(&across, there[t], 0), out_of(&along, here[t], 0), bytes);
    }
    testing_bench_deinit(&along);
    testing_bench_deinit(&across);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

TESTING_ATTENTION(large, .heads = 2, .limits = 5)
TESTING_ATTENTION(large_groups, .heads = 1, .modulus = 3, .window = 41)

/* Blocks that are full and not, several strips, widths that the tile has and has not. */
static void test_large(void **state) {
    (void)state;
    static const op_case rows[] = {
        {"147 to 159, 2 heads of 16 and 24",
         3,
         {{147, 32, false}, {159, 32, true}, {159, 48, false}},
         make_attention_large,
         reference_attention_large},
        {"131 to 150, residues, window 41, of 19 and 70",
         3,
         {{131, 19, true}, {150, 19, false}, {150, 70, true}},
         make_attention_large_groups,
         reference_attention_large_groups},
    };
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    lk_pool *pool = lk_pool_create(3);
    for (int r = 0; r < 2; r++) {
        op_bench bench;
        testing_bench_init(&bench, &rows[r], 2);
        int64_t floats = testing_floats(bench.node, 2);
        double *in[3], *expected = calloc((size_t)floats, sizeof *expected), *none[1] = {NULL};
        float *first = lk_allocate(floats, sizeof *first);
        for (int i = 0; i < 3; i++) {
            int64_t each = testing_floats(bench.node->inputs[i], 2);
            in[i] = calloc((size_t)each, sizeof(double));
            for (int64_t k = 0; k < each; k++) {
                in[i][k] = (double)bench.in[i][k];
            }
        }
        rows[r].reference(bench.node, in, none, 2, expected);
        testing_forward(&bench, tables[count - 1], pool);
        memcpy(first, bench.out, (size_t)floats * sizeof *first);
        for (int64_t k = 0; k < floats; k++) {
            assert_true(fabs((double)first[k] - expected[k]) <= 1e-5 * (1 + fabs(expected[k])));
        }
        for (int32_t t = 0; t < count; t++) {
            testing_forward(&bench, tables[t], pool);
            assert_memory_equal(bench.out, first, (size_t)floats * sizeof *first);
            testing_forward_by_steps(&bench, tables[t], bench.context->pool);
            assert_memory_equal(bench.out, first, (size_t)floats * sizeof *first);
        }
        for (int i = 0; i < 3; i++) {
            free(in[i]);
        }
        free(expected);
        lk_release(first);
        testing_bench_deinit(&bench);
    }
    lk_pool_destroy(pool);
}

/* Every cell in a call of its own, as no schedule has them, and in the opposite order. */
static void test_cell_by_cell(void **state) {
    (void)state;
    static const op_case row = {"residues",
                                3,
                                {{44, 6, false}, {50, 6, false}, {50, 3, false}},
                                make_attention_groups,
                                reference_attention_groups};
    op_bench bench;
    testing_bench_init(&bench, &row, 2);
    int64_t floats = testing_floats(bench.node, 2);
    float *all = lk_allocate(floats, sizeof *all);
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    memcpy(all, bench.out, (size_t)floats * sizeof *all);
    for (int64_t each = 1; each <= 9; each += 8) {
        memset(bench.out, 0xff, (size_t)floats * sizeof *all);
        int32_t cells[44];
        for (int32_t i = 0; i < 44; i++) {
            cells[i] = 43 - i;
        }
        for (int64_t i = 0; i < 44; i += each) {
            lk_task task = testing_task(&bench, bench.context->kernels, bench.context->pool);
            task.cells = cells + i;
            task.cell_count = 44 - i < each ? 44 - i : each;
            assert_true(bench.node->op->forward(&task));
        }
        assert_memory_equal(bench.out, all, (size_t)floats * sizeof *all);
    }
    lk_release(all);
    testing_bench_deinit(&bench);
}

/* ---- dropout --------------------------------------------------------------------------------- */

/* With Q = 0 and values of 1 an output is the share of weights that are kept, times 1 / (1 - rate):
 * how often that is, that slices of a minibatch and steps drop the same, another step others. */
static void test_dropout(void **state) {
    (void)state;
    static const op_case row = {"dropped",
                                3,
                                {{60, 2, false}, {64, 2, false}, {64, 2, false}},
                                make_attention_dropped,
                                reference_attention_dropped};
    op_bench bench;
    testing_bench_init(&bench, &row, 7);
    int64_t floats = testing_floats(bench.node, 7), each = bench.node->channels;
    memset(bench.in[0], 0, (size_t)testing_floats(bench.node->inputs[0], 7) * sizeof(float));
    for (int64_t i = 0; i < testing_floats(bench.node->inputs[2], 7); i++) {
        bench.in[2][i] = 1.0f;
    }
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    double mean = 0;
    int64_t read = 0, differ = 0;
    float *whole = lk_allocate(floats, sizeof *whole);
    memcpy(whole, bench.out, (size_t)floats * sizeof *whole);
    for (int64_t i = 0; i < floats; i++) {
        int64_t keys[TESTING_QUERIES_MOST];
        int64_t count = testing_keys(&testing_settings_dropped, bench.node, i / (7 * each), keys);
        mean += (double)whole[i] * (double)count;
        read += count;
        differ += i % each == 1 && whole[i] != whole[i - 1];
    }
    mean /= (double)read;
    double deviation = sqrt(0.3 / 0.7 / (double)read);
    if (!(fabs(mean - 1) < 4 * deviation) || differ < 100) {
        fail_msg("mean %.9g, deviation %.3g, %lld heads differ", mean, deviation,
                 (long long)differ);
    }
    /* Examples 2, 3 and 4 as a slice. */
    op_bench slice;
    testing_bench_init(&slice, &row, 3);
    for (int input = 0; input < 3; input++) {
        for (int64_t cell = 0; cell < slice.node->inputs[input]->cells; cell++) {
            memcpy(values_of(&slice, input, cell, 0), values_of(&bench, input, cell, 2),
                   3 * 2 * sizeof(float));
        }
    }
    lk_task task = testing_task(&slice, slice.context->kernels, slice.context->pool);
    task.first_example = 2;
    assert_true(slice.node->op->forward(&task));
    for (int64_t cell = 0; cell < slice.node->cells; cell++) {
        assert_memory_equal(out_of(&slice, cell, 0), whole + (cell * 7 + 2) * each,
                            (size_t)(3 * each) * sizeof(float));
    }
    task = testing_task(&bench, bench.context->kernels, bench.context->pool);
    task.step = 9;
    assert_true(bench.node->op->forward(&task));
    assert_true(memcmp(bench.out, whole, (size_t)floats * sizeof *whole) != 0);
    bench.training = false;
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    for (int64_t i = 0; i < floats; i++) {
        assert_true(bench.out[i] == 0.0f || fabsf(bench.out[i] - 1.0f) < 1e-6f);
    }
    lk_release(whole);
    testing_bench_deinit(&slice);
    testing_bench_deinit(&bench);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void require_refused(op_source q, op_source k, op_source v, lk_attention_options options,
                            const char *part) {
    static const int32_t rank[TESTING_VARIABLES] = {2, 0, 1, 0, 3, 3};
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    assert_int_equal(lk_graph_create(context, parameters, TESTING_VARIABLES, 3, rank, &graph),
                     LK_OK);
    op_source shapes[] = {q, k, v};
    lk_node *node[3];
    for (int i = 0; i < 3; i++) {
        op_source *settings = lk_arena_take(graph->arena, 1, sizeof *settings);
        *settings = shapes[i];
        node[i] = lk_graph_add(graph, &testing_source_op, NULL, 1, &graph->data, 0, NULL, settings);
    }
    assert_null(lk_attention(graph, "attention", node[0], node[1], node[2], options));
    assert_int_equal(graph->failed, LK_INVALID);
    if (strstr(lk_context_message(context), part) == NULL) {
        fail_msg("no \"%s\" in: %s", part, lk_context_message(context));
    }
    assert_null(lk_attention(graph, "attention", node[0], NULL, node[2], options));
    lk_graph_destroy(graph);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

static int64_t first_of_many(const void *self, int64_t query) {
    (void)self;
    return 0 * query;
}

static void test_refusals(void **state) {
    (void)state;
    lk_attention_options many = {.heads = 1,
                                 .pattern = {.groups = (int64_t)1 << 28, .group = first_of_many}};
    require_refused((op_source){5, 4, true}, (op_source){6, 4, true}, (op_source){6, 4, true}, many,
                    "is too fine");
    lk_attention_options pair = {.heads = 2}, near = {.heads = 1, .distances = 3};
    require_refused((op_source){5, 4, true}, (op_source){6, 4, true}, (op_source){7, 4, true}, pair,
                    "6 keys and 7 values");
    require_refused((op_source){5, 4, true}, (op_source){6, 6, true}, (op_source){6, 4, true}, pair,
                    "divide into 2 heads");
    require_refused((op_source){5, 3, true}, (op_source){6, 3, true}, (op_source){6, 4, true}, pair,
                    "divide into 2 heads");
    require_refused((op_source){5, 4, true}, (op_source){6, 4, true}, (op_source){6, 4, true}, near,
                    "query 0 reads key 5, which stands behind it");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_queries_it_is_the_mean),
        cmocka_unit_test(test_one_key_gives_its_value),
        cmocka_unit_test(test_large_scores),
        cmocka_unit_test(test_what_is_not_read_may_be_infinite),
        cmocka_unit_test(test_relabelled_cells),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_cell_by_cell),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
