/* Every operation bit for bit: for each instruction set, 1, 2 and 7 threads, all cells at once and
 * step by step, forward and backward; in batches of any size; and its declared dependencies against
 * what really changes when an input cell does. */
#include "ops/testing_cases.h"

/* ---- the same bits --------------------------------------------------------------------------- */

/* What backward gives: all gradients one after another. set: operations that can set din find
 * garbage there, not zeros. */
static float *gradients(op_bench *bench, const lk_kernels *kernels, lk_pool *pool, bool set,
                        int64_t *count) {
    const lk_node *node = bench->node;
    float *dout = testing_values(node, bench->batch, 50), *din[TESTING_SOURCES_MOST] = {NULL};
    float *dparameter[LK_NODE_PARAMETERS_MOST] = {NULL};
    bool fresh[LK_NODE_PARAMETERS_MOST] = {true, true, true, true};
    int64_t size[TESTING_SOURCES_MOST + LK_NODE_PARAMETERS_MOST] = {0}, total = 0;
    for (int32_t i = 0; i < node->input_count; i++) {
        size[i] = node->inputs[i]->index > 0 ? testing_floats(node->inputs[i], bench->batch) : 0;
        total += size[i];
    }
    for (int32_t p = 0; p < node->parameter_count; p++) {
        const lk_parameter *parameter = &bench->parameters->list[node->parameters[p]];
        size[TESTING_SOURCES_MOST + p] = parameter->rows * parameter->columns;
        total += size[TESTING_SOURCES_MOST + p];
    }
    float *all = lk_allocate(total, sizeof *all), *at = all;
    for (int32_t i = 0; i < node->input_count; at += size[i++]) {
        din[i] = size[i] > 0 ? at : NULL;
    }
    for (int32_t p = 0; p < node->parameter_count; at += size[TESTING_SOURCES_MOST + p++]) {
        dparameter[p] = at;
    }
    lk_task task = testing_task(bench, kernels, pool);
    task.dout = dout;
    task.din = din;
    task.dparameter = dparameter;
    task.fresh = fresh;
    bool din_fresh[TESTING_SOURCES_MOST];
    for (int32_t i = 0; i < node->input_count && set && node->op->sets_fresh; i++) {
        din_fresh[i] = true;
        if (din[i] != NULL) {
            memset(din[i], 0xff, (size_t)size[i] * sizeof(float));
        }
        task.din_fresh = din_fresh;
    }
    assert_true(node->op->backward(&task));
    lk_release(dout);
    *count = total;
    return all;
}

static void require_equal(const op_case *row, const char *what, const char *isa, int threads,
                          const float *got, const float *expected, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(&got[i], &expected[i], sizeof *got) != 0) {
            fail_msg("%s, %s, %s, %d threads, element %lld: %.9g, expected %.9g", row->label, what,
                     isa, threads, (long long)i, (double)got[i], (double)expected[i]);
        }
    }
}

static void check_bits(const op_case *row, const lk_kernels *kernels, int threads) {
    op_bench bench;
    int64_t count = 0;
    testing_bench_init(&bench, row, 17);
    const lk_kernels *scalar = lk_kernels_named("scalar");
    int64_t floats = testing_floats(bench.node, bench.batch);
    lk_pool *pool = lk_pool_create(threads);
    float *expected = lk_allocate(floats, sizeof *expected);
    testing_forward(&bench, scalar, bench.context->pool);
    memcpy(expected, bench.out, (size_t)floats * sizeof *expected);
    testing_forward(&bench, kernels, pool);
    require_equal(row, "parallel", kernels->isa, threads, bench.out, expected, floats);
    testing_forward_by_steps(&bench, kernels, pool);
    require_equal(row, "step by step", kernels->isa, threads, bench.out, expected, floats);
    if (bench.node->op->backward != NULL) {
        float *a = gradients(&bench, scalar, bench.context->pool, false, &count),
              *b = gradients(&bench, kernels, pool, true, &count);
        require_equal(row, "backward", kernels->isa, threads, b, a, count);
        lk_release(a);
        lk_release(b);
    }
    lk_release(expected);
    lk_pool_destroy(pool);
    testing_bench_deinit(&bench);
}

static void test_same_bits(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 7};
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    for (int c = 0; c < TESTING_CASES; c++) {
        for (int32_t k = 0; k < count; k++) {
            for (int t = 0; t < 3; t++) {
                check_bits(&testing_cases[c], tables[k], threads[t]);
            }
        }
    }
}

/* ---- in place -------------------------------------------------------------------------------- */

static float *copied(const float *from, int64_t floats) {
    float *to = lk_allocate(floats, sizeof *to);
    memcpy(to, from, (size_t)floats * sizeof *to);
    return to;
}

/* The output over an input, and that input's gradient over the output's. */
static void check_over(op_bench *bench, int32_t k) {
    const lk_node *node = bench->node;
    int64_t floats = testing_floats(node, bench->batch);
    float *dout = testing_values(node, bench->batch, 50), *din[2][TESTING_SOURCES_MOST] = {{NULL}};
    const bool fresh[TESTING_SOURCES_MOST] = {true, true, true};
    testing_forward(bench, bench->context->kernels, bench->context->pool);
    float *expected = copied(bench->out, floats), *held = bench->in[k],
          *over = copied(dout, floats);
    for (int32_t i = 0; i < node->input_count; i++) {
        din[0][i] = copied(bench->in[i], floats);
        din[1][i] = i == k ? over : copied(bench->in[i], floats);
    }
    lk_task task = testing_task(bench, bench->context->kernels, bench->context->pool);
    task.din_fresh = fresh;
    task.dout = dout;
    task.din = din[0];
    assert_true(!node->op->sets_fresh || node->op->backward(&task));
    task.dout = over;
    task.din = din[1];
    assert_true(!node->op->sets_fresh || node->op->backward(&task));
    for (int32_t i = 0; i < node->input_count && node->op->sets_fresh; i++) {
        require_equal(bench->row, "backward in place", "best", 1, din[1][i], din[0][i], floats);
    }
    bench->in[k] = task.out = copied(held, floats);
    assert_true(node->op->forward(&task));
    require_equal(bench->row, "forward in place", "best", 1, task.out, expected, floats);
    for (int32_t i = 0; i < node->input_count; i++) {
        lk_release(din[0][i]);
        lk_release(din[1][i]);
    }
    lk_release(bench->in[k]);
    bench->in[k] = held;
    lk_release(expected);
    lk_release(dout);
}

static void test_in_place(void **state) {
    (void)state;
    int64_t checked = 0;
    for (int c = 0; c < TESTING_CASES; c++) {
        op_bench bench;
        testing_bench_init(&bench, &testing_cases[c], 17);
        const lk_node *node = bench.node;
        for (int32_t k = 0; k < node->input_count && node->op->in_place; k++) {
            bool twice = k > 0 && node->inputs[k] == node->inputs[0];
            if (node->inputs[k]->channels == node->channels && !twice) {
                check_over(&bench, k);
                checked++;
            }
        }
        testing_bench_deinit(&bench);
    }
    assert_true(checked > 0);
}

/* Example n alone gives what it gives among 17. */
static void check_batch(const op_case *row) {
    op_bench many, one;
    testing_bench_init(&many, row, 17);
    many.training = false; /* an example's place decides what is dropped of it */
    testing_forward(&many, many.context->kernels, many.context->pool);
    testing_bench_init(&one, row, 1);
    one.training = false;
    for (int64_t n = 0; n < 17; n += 4) {
        for (int32_t i = 0; i < one.node->input_count; i++) {
            const lk_node *input = one.node->inputs[i];
            for (int64_t cell = 0; cell < input->cells; cell++) {
                memcpy(one.in[i] + cell * input->channels,
                       many.in[i] + (cell * 17 + n) * input->channels,
                       (size_t)input->channels * sizeof(float));
            }
        }
        testing_forward(&one, one.context->kernels, one.context->pool);
        for (int64_t cell = 0; cell < one.node->cells; cell++) {
            require_equal(row, "batch of 1", "best", 1, one.out + cell * one.node->channels,
                          many.out + (cell * 17 + n) * one.node->channels, one.node->channels);
        }
    }
    testing_bench_deinit(&many);
    testing_bench_deinit(&one);
}

static void test_any_batch(void **state) {
    (void)state;
    for (int c = 0; c < TESTING_CASES; c++) {
        check_batch(&testing_cases[c]);
    }
}

/* ---- dependencies ---------------------------------------------------------------------------- */

/* Whether `cell` reads cell `from` of the input, by itself or through earlier cells of its own
 * node. */
static bool declares(const lk_node *node, int32_t input, int64_t cell, int64_t from) {
    lk_span spans[LK_SPANS_MOST];
    int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
    for (int32_t s = 0; s < count; s++) {
        for (int64_t i = 0; i < spans[s].count; i++) {
            int64_t read =
                spans[s].by != NULL ? spans[s].by[spans[s].first + i] : spans[s].first + i;
            if (read == from) {
                return true;
            }
        }
    }
    count = node->op->recurrent ? node->op->reads(node, -1, cell, spans, LK_SPANS_MOST) : 0;
    for (int32_t s = 0; s < count; s++) {
        LK_REQUIRE(spans[s].by == NULL);
        for (int64_t i = 0; i < spans[s].count; i++) {
            if (declares(node, input, spans[s].first + i, from)) {
                return true;
            }
        }
    }
    return false;
}

/* Not by the same number everywhere: a norm over channels would not notice. */
static void perturb(op_bench *bench, int32_t input, int64_t cell) {
    const lk_node *from = bench->node->inputs[input];
    float *value = bench->in[input] + cell * bench->batch * from->channels;
    for (int64_t i = 0; i < bench->batch * from->channels; i++) {
        value[i] = from->index == 0 ? (float)(((int)value[i] + 1) % TESTING_ALPHABET)
                                    : value[i] + 1.5f + 0.25f * (float)(i % 3);
    }
}

static void check_dependencies(const op_case *row) {
    op_bench bench;
    testing_bench_init(&bench, row, 17);
    const lk_node *node = bench.node;
    int64_t floats = testing_floats(node, bench.batch), each = bench.batch * node->channels;
    float *before = lk_allocate(floats, sizeof *before);
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    memcpy(before, bench.out, (size_t)floats * sizeof *before);
    for (int32_t input = 0; input < node->input_count; input++) {
        int64_t held_floats = testing_floats(node->inputs[input], bench.batch);
        float *held = lk_allocate(held_floats, sizeof *held);
        memcpy(held, bench.in[input], (size_t)held_floats * sizeof *held);
        for (int64_t from = 0; from < node->inputs[input]->cells; from++) {
            perturb(&bench, input, from);
            testing_forward(&bench, bench.context->kernels, bench.context->pool);
            memcpy(bench.in[input], held, (size_t)held_floats * sizeof *held);
            for (int64_t cell = 0; cell < node->cells; cell++) {
                bool moved = memcmp(bench.out + cell * each, before + cell * each,
                                    (size_t)each * sizeof(float)) != 0;
                if (moved != declares(node, input, cell, from)) {
                    fail_msg("%s: cell %lld %s, though it declares %s, when cell %lld of input %d "
                             "changes",
                             row->label, (long long)cell, moved ? "changes" : "does not change",
                             moved ? "not to read it" : "to read it", (long long)from, input);
                }
            }
        }
        lk_release(held);
    }
    lk_release(before);
    testing_bench_deinit(&bench);
}

static void test_dependencies(void **state) {
    (void)state;
    for (int c = 0; c < TESTING_CASES; c++) {
        check_dependencies(&testing_cases[c]);
    }
}

/* ---- dropout in training --------------------------------------------------------------------- */

/* Zeros as often as it should, the rest scaled; the same for any threads and steps; another step,
 * another choice; backward drops what forward dropped. */
static void test_dropout_in_training(void **state) {
    (void)state;
    static const op_case row = {
        "dropout 64x17, training", 1, {{64, 17, false}}, make_dropout, reference_dropout};
    op_bench bench;
    testing_bench_init(&bench, &row, 33);
    int64_t floats = testing_floats(bench.node, bench.batch), zeros = 0, moved = 0;
    lk_pool *pool = lk_pool_create(7);
    float *ones = lk_allocate(floats, sizeof *ones),
          *gradient = lk_allocate(floats, sizeof *gradient), *din[] = {gradient};
    for (int64_t i = 0; i < floats; i++) {
        ones[i] = 1.0f;
    }
    lk_task task = testing_task(&bench, bench.context->kernels, pool);
    task.step = 5;
    task.dout = ones;
    task.din = din;
    assert_true(bench.node->op->forward(&task) && bench.node->op->backward(&task));
    for (int64_t i = 0; i < floats; i++) {
        float scale = (float)(1.0 / 0.7), expected = bench.out[i] == 0.0f ? 0.0f : scale;
        zeros += bench.out[i] == 0.0f;
        if (gradient[i] != expected || bench.out[i] != expected * bench.in[0][i]) {
            fail_msg("element %lld: in %.9g, out %.9g, gradient %.9g", (long long)i,
                     (double)bench.in[0][i], (double)bench.out[i], (double)gradient[i]);
        }
    }
    double deviation = sqrt(0.3 * 0.7 * (double)floats);
    if (!(fabs((double)zeros - 0.3 * (double)floats) <= 4 * deviation)) {
        fail_msg("seed %d: %lld of %lld dropped, rate 0.3", TESTING_SEED, (long long)zeros,
                 (long long)floats);
    }
    memcpy(gradient, bench.out, (size_t)floats * sizeof *gradient);
    task.pool = bench.context->pool;
    assert_true(bench.node->op->forward(&task));
    require_equal(&row, "again", "best", 1, bench.out, gradient, floats);
    task.step = 6;
    assert_true(bench.node->op->forward(&task));
    for (int64_t i = 0; i < floats; i++) {
        moved += (bench.out[i] == 0.0f) != (gradient[i] == 0.0f);
    }
    assert_true(moved > floats / 4); /* 2 * 0.3 * 0.7 = 0.42 of them are expected to */
    lk_release(ones);
    lk_release(gradient);
    lk_pool_destroy(pool);
    testing_bench_deinit(&bench);
}

/* Neither values nor an LSTM's updates are dropped outside training. */
static void test_nothing_is_dropped_outside_training(void **state) {
    (void)state;
    static const op_case whole = {
        "LSTM", 1, {{5, 28, true}}, make_recurrent_lstm, reference_recurrent_lstm};
    static const op_case rows[] = {
        {"dropout", 1, {{6, 3, false}}, make_dropout, reference_dropout},
        {"dropped LSTM",
         1,
         {{5, 28, true}},
         make_recurrent_lstm_dropped,
         reference_recurrent_lstm_dropped},
    };
    op_bench bench, lstm;
    testing_bench_init(&lstm, &whole, 3);
    testing_forward(&lstm, lstm.context->kernels, lstm.context->pool);
    for (int r = 0; r < 2; r++) {
        testing_bench_init(&bench, &rows[r], 3);
        bench.training = false;
        testing_forward(&bench, bench.context->kernels, bench.context->pool);
        require_equal(&rows[r], "not training", "best", 1, bench.out,
                      r == 0 ? bench.in[0] : lstm.out, testing_floats(bench.node, 3));
        testing_bench_deinit(&bench);
    }
    testing_bench_deinit(&lstm);
}

static lk_node *make_locked_dropout(lk_graph *graph, lk_node *const *source) {
    return lk_locked_dropout(graph, source[0], 0.3);
}

/* One draw for all cells of an example. */
static void test_locked_dropout(void **state) {
    (void)state;
    static const op_case row = {"locked dropout 5x64, training",
                                1,
                                {{5, 64, false}},
                                make_locked_dropout,
                                reference_dropout};
    op_bench bench;
    testing_bench_init(&bench, &row, 3);
    int64_t floats = bench.batch * bench.node->channels, zeros = 0;
    lk_task task = testing_task(&bench, bench.context->kernels, bench.context->pool);
    assert_true(bench.node->op->forward(&task));
    for (int64_t i = 0; i < floats; i++) {
        zeros += bench.out[i] == 0.0f;
        for (int64_t cell = 1; cell < bench.node->cells; cell++) {
            assert_true((bench.out[i] == 0.0f) == (bench.out[cell * floats + i] == 0.0f));
        }
    }
    assert_true(zeros > 0 && zeros < floats);
    testing_bench_deinit(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_any_batch),
        cmocka_unit_test(test_dependencies),
        cmocka_unit_test(test_dropout_in_training),
        cmocka_unit_test(test_locked_dropout),
        cmocka_unit_test(test_nothing_is_dropped_outside_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
