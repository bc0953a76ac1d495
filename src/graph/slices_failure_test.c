/* What is told when slices fail, or have values that are not finite: the first one by its number,
 * whoever ran it; and every place where memory may run out (base/sweep.h). */
#include "graph/testing.h"

#include "base/sweep.h"
#include "graph/execution_inside.h"
#include "ops/rules.h"

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

/* The slice of the first example whose NLL is not finite can be looked at; so can that of the first
 * lane. */
static void look(int threads, bool stream) {
    network n = make(threads, RECURRENCE);
    double nll[BATCH];
    lk_window window;
    lk_slices *slices;
    lk_slices_options options = {.batch = BATCH, .slices = 4}; /* from 0, 3, 6, 9 */
    if (stream) {
        fine(&n, lk_window_init(&window, n.graph, 1));
        options.window = &window;
    }
    fine(&n, lk_slices_create(n.graph, options, &slices));
    int64_t each = stream ? 5 : VARIABLES;
    memset(n.x, 0, (size_t)(BATCH * VARIABLES) * sizeof *n.x);
    n.x[7 * each] = n.x[12 * each] = 1;
    int32_t table = lk_parameters_find(n.parameters, "x.table");
    n.parameters->list[table].value[n.parameters->list[table].columns] = NAN;
    if (stream) {
        fine(&n, lk_slices_window_begin(slices, n.given));
        fine(&n, lk_slices_window_run(slices, 0, each, n.x, nll));
    } else {
        fine(&n, lk_slices_run(slices, n.x, n.given, BATCH, nll));
    }
    assert_true(isfinite(nll[6]) && isnan(nll[7]) && isfinite(nll[8]) && isnan(nll[12]));
    lk_execution *execution = lk_slices_execution(slices);
    assert_int_equal(execution->first_example, 6);
    assert_int_equal(execution->count, 3);
    const lk_node *node = lk_execution_first_not_finite(execution);
    assert_non_null(node);
    assert_string_equal(node->name, "x");
    lk_slices_destroy(slices);
    if (stream) {
        lk_window_deinit(&window);
    }
    release(&n);
}

static void test_not_finite(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 5};
    for (int t = 0; t < 4; t++) {
        look(threads[t], false);
        look(threads[t], true);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Which network, in how many slices, on how many threads; along windows or not. */
typedef struct memory_case {
    const char *name;
    family which;
    int64_t slices;
    int threads;
    bool stream;
} memory_case;

static const memory_case memory_cases[] = {
    {"walk", CONVOLUTION, 5, 1, false}, {"apart", CONVOLUTION, 6, 2, false},
    {"heavy", HEAVY, 6, 2, false},      {"one", RECURRENCE, 1, 2, false},
    {"lanes", RECURRENCE, 3, 1, true},  {"groups of lanes", RECURRENCE, 2, 4, true},
};

typedef struct subject {
    const memory_case *row;
    network n;
    lk_window window;
} subject;

static void *prepare(const sweep_subject *how) {
    subject *made = calloc(1, sizeof *made);
    made->row = how->row;
    made->n = make(made->row->threads, made->row->which);
    if (made->row->stream) {
        fine(&made->n, lk_window_init(&made->window, made->n.graph, 1));
    }
    return made;
}

static void release_subject(void *made) {
    subject *s = made;
    if (s->row->stream) {
        lk_window_deinit(&s->window);
    }
    release(&s->n);
    free(s);
}

static lk_context *context_of(void *made) {
    return ((subject *)made)->n.context;
}

static lk_status run_all(subject *s, lk_slices *slices, double *nll) {
    lk_slices_set_training(slices, true, SEED, 1);
    if (!s->row->stream) {
        return lk_slices_run(slices, s->n.x, s->n.given, BATCH, nll);
    }
    LK_TRY(lk_slices_window_begin(slices, s->n.given));
    LK_TRY(lk_slices_window_run(slices, 0, 5, s->n.x, nll));
    lk_slices_window_slide(slices, 5);
    return lk_slices_window_run(slices, s->window.lookback, s->window.lookback + 5, s->n.x, nll);
}

static lk_status act_run(void *made, uint64_t *digest) {
    subject *s = made;
    double nll[BATCH];
    lk_slices *slices;
    lk_slices_options options = {
        .batch = BATCH, .slices = s->row->slices, .window = s->row->stream ? &s->window : NULL};
    LK_TRY(lk_slices_create(s->n.graph, options, &slices));
    lk_status status = run_all(s, slices, nll);
    lk_slices_destroy(slices);
    LK_TRY(status);
    *digest = sweep_hash(*digest, nll, sizeof nll);
    for (int32_t p = 0; p < s->n.parameters->count; p++) {
        const lk_parameter *parameter = &s->n.parameters->list[p];
        int64_t bytes = parameter->rows * parameter->columns * (int64_t)sizeof(float);
        *digest = sweep_hash(*digest, parameter->gradient, bytes);
    }
    return LK_OK;
}

static void test_memory(void **state) {
    (void)state;
    const sweep_act act = {"run", act_run};
    for (size_t i = 0; i < sizeof memory_cases / sizeof *memory_cases; i++) {
        const memory_case *row = &memory_cases[i];
        const sweep_subject how = {row->name, prepare, release_subject, context_of, row};
        sweep(&how, &act);
    }
    sweep_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_failure),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_memory),
    };
    sweep_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
