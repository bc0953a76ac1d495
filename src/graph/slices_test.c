/* A minibatch in slices against the same minibatch whole, for a convolution with dropout and
 * normalised weights, an LSTM that is given a label and drops memory and weights, a MADE whose
 * weights outweigh its values, and lanes of a stream: likelihoods bit for bit; gradients up to the
 * rounding of their sums; for each number of slices the same bits for any number of threads, for
 * minibatches that are not full, and for subtrees computed apart. Failures are the first
 * slice's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "dist/dist.h"
#include "graph/execution_inside.h"
#include "graph/gradient_tree.h"
#include "graph/slices.h"
#include "graph/weight_drop.h"
#include "ops/ops.h"
#include "ops/rules.h"

#define SEED 20261126
#define SIDE 9
#define VARIABLES ((int64_t)SIDE * SIDE)
#define BATCH 13
#define SLICES_MOST 9

typedef enum family { CONVOLUTION, RECURRENCE, HEAVY, FAMILIES } family;

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    uint16_t *x; /* [BATCH][VARIABLES] */
    uint16_t given[BATCH];
} network;

static lk_node *build_convolution(lk_graph *graph) {
    static const int32_t above[][LK_GRID_AXES] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}};
    static const int32_t here[][LK_GRID_AXES] = {{-1, 0}, {0, 0}};
    lk_conv_options options = {.grid = {2, {SIDE, SIDE}, 1},
                               .channels = 16,
                               .taps = above,
                               .tap_count = 4,
                               .bias = true,
                               .init = LK_INIT_HE};
    lk_node *node = lk_conv(graph, "first", graph->data, options);
    node = lk_dropout(graph, lk_relu(graph, node), 0.25);
    options.taps = here;
    options.tap_count = 2;
    node = lk_normalise_weights(graph, "second", lk_conv(graph, "second", node, options));
    node = lk_locked_dropout(graph, lk_tanh(graph, node), 0.25);
    return lk_dense(graph, "logits", node, 1);
}

static lk_node *build_recurrence(lk_graph *graph) {
    static const int32_t nought[VARIABLES];
    lk_node *label = graph->fields[lk_graph_find(graph, "label")].node;
    label = lk_select_cells(graph, label, nought, VARIABLES);
    lk_node *x = lk_embedding(graph, "x", lk_shift(graph, graph->data, 1, 2.0f), 3, 24);
    x = lk_add(graph, x, lk_embedding(graph, "label", label, 3, 24));
    lk_node *lstm = lk_recurrent_lstm(graph, "lstm", lk_dropout(graph, x, 0.25));
    lk_recurrent_lstm_drop(lstm, 0.25);
    int32_t recurrent = lk_parameters_find(graph->parameters, "lstm.recurrent");
    lk_parameters_drop(graph->parameters, recurrent, 0.25);
    return lk_dense(graph, "logits", lk_channels(graph, lstm, 0, 6), 1);
}

static lk_node *build_heavy(lk_graph *graph) {
    int32_t hidden[50], out[VARIABLES];
    for (int32_t u = 0; u < 50; u++) {
        hidden[u] = 1 + u * ((int32_t)VARIABLES - 1) / 50;
    }
    for (int32_t v = 0; v < VARIABLES; v++) {
        out[v] = v;
    }
    lk_linear_options how = {LK_INIT_GLOROT, true, true};
    lk_node *node = lk_masked_linear(graph, "hidden", graph->data, 50, hidden, how);
    return lk_masked_linear(graph, "logits", lk_relu(graph, node), VARIABLES, out, how);
}

static lk_node *build(lk_graph *graph, family which) {
    return which == CONVOLUTION  ? build_convolution(graph)
           : which == RECURRENCE ? build_recurrence(graph)
                                 : build_heavy(graph);
}

static network make_with(int threads, lk_node *(*build_it)(lk_graph *, family), family which) {
    int32_t rank[VARIABLES];
    network n;
    assert_int_equal(lk_context_create(threads, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    for (int32_t v = 0; v < VARIABLES; v++) {
        rank[v] = v;
    }
    lk_field fields[] = {{.name = "data", .cells = VARIABLES, .alphabet = 2, .rank = rank},
                         {.name = "label", .role = LK_GIVEN, .cells = 1, .alphabet = 3}};
    assert_int_equal(lk_graph_create_fields(n.context, n.parameters, fields, 2, &n.graph), LK_OK);
    lk_status status = lk_graph_finish(n.graph, build_it(n.graph, which), &lk_bernoulli);
    if (status != LK_OK) {
        fail_msg("%s", lk_context_message(n.context));
    }
    assert_int_equal(lk_parameters_initialise(n.parameters, SEED), LK_OK);
    assert_int_equal(lk_parameters_make_gradients(n.parameters), LK_OK);
    n.x = lk_allocate(BATCH * VARIABLES, sizeof *n.x);
    for (int64_t i = 0; i < BATCH * VARIABLES; i++) {
        n.x[i] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 0, (uint64_t)i, 2);
    }
    for (int64_t i = 0; i < BATCH; i++) {
        n.given[i] = (uint16_t)(i * i % 3);
    }
    return n;
}

static network make(int threads, family which) {
    return make_with(threads, build, which);
}

static void release(network *n) {
    lk_release(n->x);
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

static void fine(const network *n, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s", lk_context_message(n->context));
    }
}

/* What each variable counts in gradients. */
static const float *weights(void) {
    static float weight[VARIABLES];
    for (int64_t v = 0; v < VARIABLES; v++) {
        weight[v] = (float)(1 + v % 3);
    }
    return weight;
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
    fine(n, lk_execution_create(n->graph, LK_PLAN_TRAIN, BATCH, &execution));
    lk_execution_set_training(execution, true, SEED, 3);
    lk_execution_set_weights(execution, weights());
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

/* ---- the tree -------------------------------------------------------------------------------- */

/* The definition: the largest power of two below their number stands on the left. */
static float sum_of(const float *value, int64_t count) {
    int64_t left = 1;
    while (2 * left < count) {
        left *= 2;
    }
    return count == 1 ? value[0] : sum_of(value, left) + sum_of(value + left, count - left);
}

static void test_shape_of_the_tree(void **state) {
    (void)state;
    network n = make(3, HEAVY);
    int64_t floats = lk_parameters_total(n.parameters);
    for (int64_t count = 1; count <= 20; count++) {
        float *all = lk_allocate(count * floats, sizeof *all), *at = all;
        float **part = lk_allocate(count * n.parameters->count, sizeof *part);
        for (int64_t i = 0; i < count * n.parameters->count; i++) {
            const lk_parameter *p = &n.parameters->list[i % n.parameters->count];
            part[i] = at;
            at += p->rows * p->columns;
        }
        for (int64_t i = 0; i < count * floats; i++) {
            all[i] = lk_random_normal((lk_random){SEED, LK_FOR_CHECK}, 1, (uint64_t)i);
        }
        float *want = lk_allocate(floats, sizeof *want), value[20];
        for (int64_t i = 0; i < floats; i++) {
            for (int64_t k = 0; k < count; k++) {
                value[k] = all[k * floats + i];
            }
            want[i] = sum_of(value, count);
        }
        lk_gradient_tree_join(n.parameters, part, count);
        assert_memory_equal(all, want, (size_t)floats * sizeof *want);
        lk_release(all);
        lk_release(part);
        lk_release(want);
    }
    release(&n);
}

static void test_subtrees(void **state) {
    (void)state;
    static const int64_t has[][3] = {{1, 0, 1}, {7, 0, 7}, {7, 0, 4}, {7, 4, 7}, {7, 4, 6},
                                     {7, 6, 7}, {8, 4, 8}, {9, 8, 9}, {9, 0, 8}};
    static const int64_t not [][3] = {{7, 0, 3}, {7, 1, 3}, {7, 3, 7}, {7, 4, 8},
                                      {7, 0, 0}, {8, 2, 6}, {9, 0, 7}, {9, 4, 9}};
    for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
        assert_true(lk_gradient_tree_has(has[i][0], has[i][1], has[i][2]));
    }
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        assert_false(lk_gradient_tree_has(not [i][0], not [i][1], not [i][2]));
    }
}

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
    network wide = make_with(3, build_wide, 0), convolution = make(1, CONVOLUTION);
    assert_int_equal(lk_slices_choose(made.graph, 200), 1);
    assert_int_equal(lk_slices_choose(convolution.graph, 8), 1); /* fits a cache as it is */
    assert_int_equal(lk_slices_choose(narrow.graph, 4), 1);
    assert_int_equal(lk_slices_choose(narrow.graph, 32), 4);
    assert_int_equal(lk_slices_choose(wide.graph, 8), 1);
    assert_int_equal(lk_slices_choose(wide.graph, 32), 4);
    assert_int_equal(lk_slices_choose(wide.graph, 64), 8);
    check_choice(&made, 100000);
    check_choice(&narrow, 2000);
    check_choice(&wide, 2000);
    check_choice(&convolution, 5000);
    release(&made);
    release(&narrow);
    release(&wide);
    release(&convolution);
}

/* ---- minibatches ----------------------------------------------------------------------------- */

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

/* ---- failures -------------------------------------------------------------------------------- */

/* out = in; out of memory where an example's variable number `at` is 1. */
static bool trap_forward(const lk_task *task) {
    const int64_t *at = task->node->settings;
    memcpy(task->out, task->in[0], (size_t)(task->node->cells * task->batch) * sizeof *task->out);
    for (int64_t i = 0; i < task->batch; i++) {
        if (task->in[0][*at * task->batch + i] == 1.0f) {
            return false;
        }
    }
    return true;
}

static bool trap_backward(const lk_task *task) {
    return task->din[0] == NULL;
}

static const lk_op trap_op = {.name = "trap",
                              .inputs_least = 1,
                              .inputs_most = 1,
                              .shape = lk_shape_like_input,
                              .reads = lk_reads_same_cell,
                              .multiply_adds = lk_no_multiply_adds,
                              .forward = trap_forward,
                              .backward = trap_backward};

static lk_node *build_traps(lk_graph *graph, family which) {
    (void)which;
    static int64_t at[] = {0, 1};
    lk_node *node = graph->data;
    node = lk_graph_add(graph, &trap_op, "first trap", 1, &node, 0, NULL, &at[0]);
    node = lk_graph_add(graph, &trap_op, "second trap", 1, &node, 0, NULL, &at[1]);
    return lk_dense(graph, "logits", lk_shift(graph, node, 1, 0.0f), 1);
}

/* Of slices 2, 5, 6 and 7 that fail, 2 is told, whoever ran it and whatever came first. */
static void test_first_failure(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 5, 8};
    for (int t = 0; t < 5; t++) {
        network n = make_with(threads[t], build_traps, 0);
        lk_slices *slices;
        double nll[BATCH];
        fine(&n,
             lk_slices_create(n.graph, (lk_slices_options){.batch = 12, .slices = 12}, &slices));
        for (int round = 0; round < 20; round++) {
            memset(n.x, 0, (size_t)(BATCH * VARIABLES) * sizeof *n.x);
            n.x[5 * VARIABLES] = n.x[6 * VARIABLES] = n.x[7 * VARIABLES] = 1;
            n.x[2 * VARIABLES + 1] = 1;
            assert_int_equal(lk_slices_run(slices, n.x, n.given, 12, nll), LK_NO_MEMORY);
            assert_non_null(strstr(lk_context_message(n.context), "second trap"));
            n.x[2 * VARIABLES + 1] = 0;
            assert_int_equal(lk_slices_run(slices, n.x, n.given, 12, nll), LK_NO_MEMORY);
            assert_non_null(strstr(lk_context_message(n.context), "first trap"));
            n.x[5 * VARIABLES] = n.x[6 * VARIABLES] = n.x[7 * VARIABLES] = 0;
            fine(&n, lk_slices_run(slices, n.x, n.given, 12, nll));
        }
        lk_slices_destroy(slices);
        release(&n);
    }
}

/* The slice of the first example whose NLL is not finite can be looked at. */
static void test_not_finite(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 5};
    for (int t = 0; t < 4; t++) {
        network n = make(threads[t], RECURRENCE);
        double nll[BATCH];
        lk_slices *slices;
        lk_slices_options options = {.batch = BATCH, .slices = 4}; /* from 0, 3, 6, 9 */
        fine(&n, lk_slices_create(n.graph, options, &slices));
        memset(n.x, 0, (size_t)(BATCH * VARIABLES) * sizeof *n.x);
        n.x[7 * VARIABLES] = n.x[12 * VARIABLES] = 1;
        int32_t table = lk_parameters_find(n.parameters, "x.table");
        n.parameters->list[table].value[n.parameters->list[table].columns] = NAN;
        fine(&n, lk_slices_run(slices, n.x, n.given, BATCH, nll));
        assert_true(isfinite(nll[6]) && isnan(nll[7]) && isfinite(nll[8]) && isnan(nll[12]));
        lk_execution *execution = lk_slices_execution(slices);
        assert_int_equal(execution->first_example, 6);
        const lk_node *node = lk_execution_first_not_finite(execution);
        assert_non_null(node);
        assert_string_equal(node->name, "x");
        lk_slices_destroy(slices);
        release(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape_of_the_tree),
        cmocka_unit_test(test_subtrees),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_equals_the_whole),
        cmocka_unit_test(test_any_threads),
        cmocka_unit_test(test_subtrees_apart),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_stream_in_one_slice),
        cmocka_unit_test(test_first_failure),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
