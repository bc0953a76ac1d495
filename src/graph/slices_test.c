/* A minibatch in slices against the same minibatch whole, for the networks of graph/testing.h and
 * for lanes of a stream: likelihoods bit for bit; gradients up to the rounding of their sums; for
 * each number of slices the same bits for any number of threads, for minibatches that are not full,
 * and for subtrees computed apart. */
#include "graph/testing.h"

#include "graph/gradient_tree.h"

#define SLICES_MOST 9

/* ---- how many -------------------------------------------------------------------------------- */

static lk_node *build_lstm(lk_graph *graph, int64_t width) {
    lk_node *x = lk_embedding(graph, "x", lk_shift(graph, graph->data, 1, 2.0f), 3, 4 * width);
    lk_node *lstm = lk_recurrent_lstm(graph, "lstm", x);
    return lk_dense(graph, "logits", lk_channels(graph, lstm, 0, width), 1);
}

static lk_node *build_narrow(lk_graph *graph, family which) {
    (void)which;
    return build_lstm(graph, 64);
}

static lk_node *build_wide(lk_graph *graph, family which) {
    (void)which;
    return build_lstm(graph, 512);
}

/* Weights of 16 MiB, read at every position. */
static lk_node *build_wider(lk_graph *graph, family which) {
    (void)which;
    return build_lstm(graph, 1024);
}

/* A power of two; never of slices whose values do not outweigh the weights; more examples are never
 * cut into fewer. */
static void check_choice(const network *n, int64_t batch_most) {
    int64_t values = 0, before = 1;
    for (int32_t i = 0; i < n->graph->node_count; i++) {
        values += n->graph->nodes[i]->cells * n->graph->nodes[i]->channels;
    }
    for (int64_t batch = 1; batch <= batch_most; batch += 1 + batch / 50) {
        int64_t slices = lk_slices_choose(n->graph, batch);
        assert_true(slices >= before && slices <= batch && (slices & (slices - 1)) == 0);
        assert_true(slices == 1 ||
                    batch * values >= 3 * slices * lk_parameters_total(n->parameters));
        before = slices;
    }
    assert_true(before > 1);
}

static void test_choice(void **state) {
    (void)state;
    network made = make(1, HEAVY), narrow = make_with(2, build_narrow, 0);
    network wide = make_with(3, build_wide, 0), wider = make_with(4, build_wider, 0);
    network convolution = make(1, CONVOLUTION);
    assert_int_equal(lk_slices_choose(made.graph, 200), 1);
    assert_int_equal(lk_slices_choose(convolution.graph, 8), 1); /* fits a cache as it is */
    assert_int_equal(lk_slices_choose(narrow.graph, 4), 1);
    assert_int_equal(lk_slices_choose(narrow.graph, 32), 4);
    assert_int_equal(lk_slices_choose(wide.graph, 8), 1);
    assert_int_equal(lk_slices_choose(wide.graph, 32), 4);
    assert_int_equal(lk_slices_choose(wide.graph, 64), 8);
    assert_int_equal(lk_slices_choose(wider.graph, 32), 1);
    assert_int_equal(lk_slices_choose(wider.graph, 63), 1);
    assert_int_equal(lk_slices_choose(wider.graph, 64), 2);
    check_choice(&made, 100000);
    check_choice(&narrow, 2000);
    check_choice(&wide, 2000);
    check_choice(&convolution, 5000);
    release(&made);
    release(&narrow);
    release(&wide);
    release(&wider);
    release(&convolution);
}

/* ---- minibatches ----------------------------------------------------------------------------- */

static float *run_whole(const network *n, int64_t count, double *nll) {
    lk_execution *execution;
    fine(n, lk_execution_create(n->graph, LK_PLAN_TRAIN, BATCH, &execution));
    lk_execution_set_training(execution, true, SEED, 3);
    lk_execution_set_weights(execution, weights());
    lk_execution_set_example_weights(execution, example_weights());
    lk_execution_give(execution, n->given, count);
    fine(n, lk_execution_forward(execution, n->x, count));
    fine(n, lk_execution_nll(execution, nll, NULL));
    fine(n, lk_execution_backward(execution));
    lk_execution_destroy(execution);
    return take_gradients(n);
}

/* Twice: nothing of the first run may be left in the second. */
static float *run_sliced(const network *n, lk_slices_options options, int64_t count, double *nll) {
    lk_slices *slices;
    double before[BATCH];
    fine(n, lk_slices_create(n->graph, options, &slices));
    assert_int_equal(lk_slices_count(slices), options.slices);
    lk_slices_set_weights(slices, weights());
    lk_slices_set_example_weights(slices, example_weights());
    lk_slices_set_training(slices, true, SEED, 2);
    fine(n, lk_slices_run(slices, n->x, n->given, BATCH, before));
    lk_release(take_gradients(n));
    lk_slices_set_training(slices, true, SEED, 3);
    fine(n, lk_slices_run(slices, n->x, n->given, count, nll));
    lk_slices_destroy(slices);
    return take_gradients(n);
}

static void assert_near(const char *what, const float *sliced, const float *whole, int64_t floats) {
    for (int64_t i = 0; i < floats; i++) {
        if (!(fabsf(sliced[i] - whole[i]) <= 1e-5f + 1e-5f * fabsf(whole[i]))) {
            fail_msg("%s, gradient %lld: %.9g in slices, %.9g whole", what, (long long)i,
                     (double)sliced[i], (double)whole[i]);
        }
    }
}

static const int64_t counts[] = {BATCH, 5, 1};
#define COUNTS ((int)(sizeof counts / sizeof *counts))

static void test_equals_the_whole(void **state) {
    (void)state;
    for (family which = 0; which < FAMILIES; which++) {
        network n = make(2, which);
        int64_t floats = lk_parameters_total(n.parameters);
        for (int c = 0; c < COUNTS; c++) {
            double whole_nll[BATCH], nll[BATCH];
            float *whole = run_whole(&n, counts[c], whole_nll);
            for (int64_t slices = 1; slices <= SLICES_MOST; slices++) {
                lk_slices_options options = {.batch = BATCH, .slices = slices};
                float *sliced = run_sliced(&n, options, counts[c], nll);
                assert_memory_equal(nll, whole_nll, (size_t)counts[c] * sizeof *nll);
                assert_near("examples", sliced, whole, floats);
                if (slices == 1 || counts[c] == 1) {
                    assert_memory_equal(sliced, whole, (size_t)floats * sizeof *sliced);
                }
                lk_release(sliced);
            }
            lk_release(whole);
        }
        release(&n);
    }
}

static void test_any_threads(void **state) {
    (void)state;
    static const int threads[] = {2, 3, 5, 4, 64};
    for (family which = 0; which < FAMILIES; which++) {
        network one = make(1, which);
        double nll[BATCH];
        float *first[SLICES_MOST + 1][COUNTS];
        int64_t floats = lk_parameters_total(one.parameters);
        for (int64_t slices = 1; slices <= SLICES_MOST; slices++) {
            for (int c = 0; c < COUNTS; c++) {
                lk_slices_options options = {.batch = BATCH, .slices = slices};
                first[slices][c] = run_sliced(&one, options, counts[c], nll);
            }
        }
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            network n = make(threads[t], which);
            for (int64_t slices = 1; slices <= (t < 3 ? SLICES_MOST : 2); slices++) {
                for (int c = 0; c < COUNTS; c++) {
                    lk_slices_options options = {.batch = BATCH, .slices = slices};
                    float *other = run_sliced(&n, options, counts[c], nll);
                    assert_memory_equal(other, first[slices][c], (size_t)floats * sizeof *other);
                    lk_release(other);
                }
            }
            release(&n);
        }
        for (int64_t slices = 1; slices <= SLICES_MOST; slices++) {
            for (int c = 0; c < COUNTS; c++) {
                lk_release(first[slices][c]);
            }
        }
        release(&one);
    }
}

/* As machines would: each runs equally large subtrees, the last one what is left, and their
 * gradients are joined by the same tree; those that a small minibatch leaves nothing for are left
 * out. */
static float *run_subtrees(const network *n, int64_t slices, int64_t size, int64_t count,
                           double *nll) {
    int64_t floats = lk_parameters_total(n->parameters), here = count < slices ? count : slices;
    int64_t subtrees = (here + size - 1) / size;
    float **part = lk_allocate(subtrees * n->parameters->count, sizeof *part);
    float **all = lk_allocate(subtrees, sizeof *all);
    for (int64_t t = 0; t * size < slices; t++) {
        int64_t last = (t + 1) * size < slices ? (t + 1) * size : slices;
        lk_slices_options options = {
            .batch = BATCH, .slices = slices, .first = t * size, .last = last};
        float *at = run_sliced(n, options, count, nll);
        if (t >= subtrees) { /* nothing to run */
            for (int64_t i = 0; i < floats; i++) {
                assert_true(at[i] == 0.0f);
            }
            lk_release(at);
            continue;
        }
        all[t] = at;
        for (int32_t p = 0; p < n->parameters->count; p++) {
            part[t * n->parameters->count + p] = at;
            at += n->parameters->list[p].rows * n->parameters->list[p].columns;
        }
    }
    lk_gradient_tree_join(n->parameters, part, subtrees);
    float *joined = all[0];
    for (int64_t t = 1; t < subtrees; t++) {
        lk_release(all[t]);
    }
    lk_release(all);
    lk_release(part);
    return joined;
}

static void test_subtrees_apart(void **state) {
    (void)state;
    for (family which = 0; which < FAMILIES; which++) {
        network n = make(2, which);
        int64_t floats = lk_parameters_total(n.parameters);
        for (int64_t slices = 7; slices <= SLICES_MOST; slices++) {
            for (int c = 0; c < COUNTS; c++) {
                double nll[BATCH], part_nll[BATCH];
                lk_slices_options options = {.batch = BATCH, .slices = slices};
                float *together = run_sliced(&n, options, counts[c], nll);
                for (int64_t size = 1; size <= 8; size *= 2) {
                    float *joined = run_subtrees(&n, slices, size, counts[c], part_nll);
                    assert_memory_equal(joined, together, (size_t)floats * sizeof *joined);
                    assert_memory_equal(part_nll, nll, (size_t)counts[c] * sizeof *nll);
                    lk_release(joined);
                }
                lk_release(together);
            }
        }
        release(&n);
    }
}

/* ---- streams --------------------------------------------------------------------------------- */

#define POSITIONS 7 /* of a window */
#define WINDOWS 5

/* Windows of the lanes x, sliding; carried through a file, as it were, in their midst. */
static float *run_stream(int threads, int64_t slice_count, double *nll) {
    network n = make(threads, RECURRENCE);
    lk_window window;
    lk_slices *slices;
    fine(&n, lk_window_init(&window, n.graph, 1));
    lk_slices_options options = {.batch = BATCH, .slices = slice_count, .window = &window};
    int64_t floats = lk_parameters_total(n.parameters);
    float *all = lk_allocate(WINDOWS * floats, sizeof *all);
    float *carried = lk_allocate(lk_execution_window_floats(&window) * BATCH, sizeof *carried);
    uint16_t *x = lk_allocate(BATCH * POSITIONS, sizeof *x);
    fine(&n, lk_slices_create(n.graph, options, &slices));
    fine(&n, lk_slices_window_begin(slices, n.given));
    int64_t end = 0;
    for (int64_t w = 0; w < WINDOWS; w++) {
        for (int64_t i = 0; i < BATCH * POSITIONS; i++) {
            x[i] = n.x[i / POSITIONS * VARIABLES + w * POSITIONS + i % POSITIONS];
        }
        if (w == 2) {
            lk_slices_window_save(slices, end, carried);
            lk_slices_destroy(slices);
            fine(&n, lk_slices_create(n.graph, options, &slices));
            fine(&n, lk_slices_window_begin(slices, n.given));
            lk_slices_window_restore(slices, window.lookback, carried);
        } else if (w > 0) {
            lk_slices_window_slide(slices, end);
        }
        end = w > 0 ? window.lookback : 0;
        lk_slices_set_training(slices, true, SEED, (uint64_t)w);
        fine(&n, lk_slices_window_run(slices, end, end + POSITIONS, x, nll + w * BATCH));
        end += POSITIONS;
        float *gradients = take_gradients(&n);
        memcpy(all + w * floats, gradients, (size_t)floats * sizeof *gradients);
        lk_release(gradients);
    }
    lk_slices_destroy(slices);
    lk_window_deinit(&window);
    lk_release(x);
    lk_release(carried);
    release(&n);
    return all;
}

static void test_streams(void **state) {
    (void)state;
    network n = make(1, RECURRENCE);
    int64_t floats = lk_parameters_total(n.parameters) * WINDOWS;
    release(&n);
    double whole_nll[WINDOWS * BATCH], nll[WINDOWS * BATCH];
    float *whole = run_stream(2, 1, whole_nll);
    for (int64_t slices = 1; slices <= SLICES_MOST; slices++) {
        static const int threads[] = {1, 2, 3, 5};
        float *first = run_stream(1, slices, nll);
        assert_memory_equal(nll, whole_nll, sizeof nll);
        assert_near("lanes", first, whole, floats);
        for (int t = 1; t < 4; t++) {
            float *other = run_stream(threads[t], slices, nll);
            assert_memory_equal(nll, whole_nll, sizeof nll);
            assert_memory_equal(other, first, (size_t)floats * sizeof *other);
            lk_release(other);
        }
        lk_release(first);
    }
    lk_release(whole);
}

/* A stream of one slice is an execution along a window. */
static void test_stream_in_one_slice(void **state) {
    (void)state;
    double sliced_nll[WINDOWS * BATCH], nll[BATCH];
    float *sliced = run_stream(2, 1, sliced_nll);
    network n = make(2, RECURRENCE);
    lk_window window;
    lk_execution *execution;
    uint16_t x[BATCH * POSITIONS];
    fine(&n, lk_window_init(&window, n.graph, 1));
    fine(&n, lk_execution_create_along(&window, LK_PLAN_TRAIN, BATCH, &execution));
    lk_execution_give(execution, n.given, BATCH);
    fine(&n, lk_execution_window_begin(execution, BATCH));
    int64_t floats = lk_parameters_total(n.parameters), end = 0;
    for (int64_t w = 0; w < WINDOWS; w++) {
        for (int64_t i = 0; i < BATCH * POSITIONS; i++) {
            x[i] = n.x[i / POSITIONS * VARIABLES + w * POSITIONS + i % POSITIONS];
        }
        if (w > 0) {
            lk_execution_window_slide(execution, end);
        }
        end = (w > 0 ? window.lookback : 0) + POSITIONS;
        lk_execution_set_training(execution, true, SEED, (uint64_t)w);
        fine(&n, lk_execution_window_forward(execution, end - POSITIONS, end, x));
        fine(&n, lk_execution_nll(execution, nll, NULL));
        fine(&n, lk_execution_backward(execution));
        float *gradients = take_gradients(&n);
        assert_memory_equal(nll, sliced_nll + w * BATCH, sizeof nll);
        assert_memory_equal(gradients, sliced + w * floats, (size_t)floats * sizeof *gradients);
        lk_release(gradients);
    }
    lk_execution_destroy(execution);
    lk_window_deinit(&window);
    release(&n);
    lk_release(sliced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),      cmocka_unit_test(test_equals_the_whole),
        cmocka_unit_test(test_any_threads), cmocka_unit_test(test_subtrees_apart),
        cmocka_unit_test(test_streams),     cmocka_unit_test(test_stream_in_one_slice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
