/* WaveNet against its equations in double, forward and backward; as a distribution; and its closed
 * forms: the field, gates that are shut, windows of any length, what is kept of the past. */
#include <stdio.h>

#include "graph/window.h"
#include "families/testing_wavenet.h"
#include "models/run.h"
#include "models/testing_temporal.h"

#define SEED 2016

typedef struct wave_case {
    int64_t variables;
    int32_t alphabet, labels;
    const char *set[8];
    int32_t sets;
} wave_case;

static const wave_case cases[] = {
    {9, 2, 0, {"layers=3", "cycle=2", "channels=4", "gates=3", "skip=5"}, 5},
    {5, 3, 0, {"layers=2", "cycle=2", "channels=3", "gates=4", "skip=4", "kernel=3"}, 6},
    {11, 2, 0, {"layers=4", "cycle=3", "dilation=3", "channels=3", "gates=2", "skip=3"}, 6},
    {5, 3, 3, {"layers=2", "cycle=2", "channels=4", "gates=3", "skip=3"}, 5},
    {4, 5, 0, {"layers=1", "channels=6", "gates=5", "skip=3"}, 4},
    {1, 2, 0, {"layers=2", "channels=2", "gates=2", "skip=2"}, 4},
};
#define CASES (sizeof cases / sizeof *cases)

static lk_model *make_model(lk_context *context, const wave_case *c) {
    lk_data_description data = testing_data(c->variables, c->alphabet);
    lk_model *model;
    data.labels = c->labels;
    testing_ok(context,
               lk_model_create(context, "wavenet", c->set, c->sets, data, "natural", 3, &model));
    testing_random_weights_of(model, 0.7f, SEED);
    return model;
}

/* ---- the equations in double ----------------------------------------------------------------- */

static void equals_the_equations(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_equations(make_model(*state, &cases[i]), (int64_t)i, SEED);
    }
}

static void gradients_are_the_equations(void **state) {
    for (size_t i = 0; i < CASES - 1; i++) { /* the last is too small to move many weights */
        check_gradients(make_model(*state, &cases[i]), SEED);
    }
}

static void is_a_distribution(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_distribution(make_model(*state, &cases[i]), SEED);
    }
}

static void logistic_is_one_too(void **state) {
    static const char *const set[] = {
        "layers=2", "channels=3", "gates=3", "skip=4", "distribution=logistic", "mixtures=2"};
    lk_model *model = testing_model(*state, "wavenet", set, 6, 4, 6, "natural", 3);
    uint16_t x[17 * 4];
    testing_random_weights_of(model, 0.7f, SEED);
    testing_random_values(model, 17, SEED + 1, x);
    testing_sums_to_one(model);
    testing_parallel_is_incremental(model, x, 17);
    lk_model_destroy(model);
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* The conditional at t changes with the values at t - field .. t - 1, and with no other: field =
 * kernel + (kernel - 1) sum of dilations. */
static void field_is_as_wide_as_its_taps(void **state) {
    static const char *const set[] = {"layers=4", "cycle=3", "channels=8", "gates=8", "skip=8"};
    enum { LENGTH = 24, FIELD = 2 + 1 + 2 + 4 + 1 };
    lk_model *model = testing_model(*state, "wavenet", set, 5, LENGTH, 4, "natural", 3);
    lk_graph *graph;
    lk_execution *execution;
    uint16_t x[(LENGTH + 1) * LENGTH];
    testing_random_weights_of(model, 0.5f, SEED);
    testing_random_values(model, 1, SEED, x);
    for (int n = 1; n <= LENGTH; n++) {
        memcpy(x + n * LENGTH, x, LENGTH * sizeof *x);
        x[n * LENGTH + n - 1] = (uint16_t)((x[n - 1] + 1) % 4);
    }
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, LENGTH + 1, &execution));
    testing_ok(*state, lk_execution_forward(execution, x, LENGTH + 1));
    for (int t = 0; t < LENGTH; t++) {
        const float *logits = lk_execution_parameters(execution, t);
        for (int from = 0; from < LENGTH; from++) {
            bool moved = memcmp(logits, logits + (from + 1) * 4, 4 * sizeof *logits) != 0;
            if (moved != (from < t && from >= t - FIELD)) {
                fail_msg("value %d %s the conditional of %d", from,
                         moved ? "moves" : "does not move", t);
            }
        }
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* With all gates' weights 0 nothing of the past passes: the likelihood is that of the symbols'
 * frequencies, if the logits are their logarithms. */
static void shut_gates_leave_the_frequencies(void **state) {
    static const double p[] = {0.5, 0.25, 0.125, 0.125};
    static const uint16_t x[] = {0, 2, 0, 1, 3, 0, 1, 0};
    static const char *const set[] = {"layers=3", "channels=4", "gates=4", "skip=4"};
    lk_model *model = testing_model(*state, "wavenet", set, 4, 8, 4, "natural", 3);
    double nll, entropy = 0.0;
    testing_random_weights_of(model, 0.5f, SEED);
    testing_set_weights(model, ".gate.", 0.0f);
    testing_set_weights(model, "skip1.bias", 0.0f);
    testing_set_weights(model, "head.bias", 0.0f);
    int32_t bias = lk_parameters_find(model->parameters, "logits.bias");
    for (int a = 0; a < 4; a++) {
        model->parameters->list[bias].value[a] = (float)log(p[a]);
        entropy -= 8.0 * p[a] * log(p[a]);
    }
    testing_nll(model, x, 1, &nll);
    assert_true(fabs(nll - entropy) < 1e-6);
    lk_model_destroy(model);
}

/* What is added for a label that says nothing is nothing. */
static void empty_labels_change_no_bit(void **state) {
    wave_case with = cases[3], without = with;
    without.labels = 0;
    lk_model *told = make_model(*state, &with), *plain = make_model(*state, &without);
    uint16_t x[9 * LENGTH_MOST];
    double a[9], b[9];
    testing_copy_weights(plain, told);
    testing_set_weights(told, ".label.", 0.0f);
    testing_random_values(plain, 9, SEED, x);
    testing_nll_given(told, x, 9, 2, a);
    testing_nll(plain, x, 9, b);
    assert_memory_equal(a, b, sizeof a);
    testing_set_weights(told, "layer1.label.", 1.0f);
    testing_nll_given(told, x, 9, 2, a);
    assert_memory_not_equal(a, b, sizeof a);
    lk_model_destroy(told);
    lk_model_destroy(plain);
}

/* ---- along streams --------------------------------------------------------------------------- */

static lk_model *stream_model(lk_context *context, const lk_symbols *symbols,
                              const char *const *set, int32_t sets) {
    lk_data_description data = {.shape = {1, {30}},
                                .variables = 30,
                                .alphabet = lk_symbols_alphabet(symbols),
                                .stream = true,
                                .symbols = *symbols};
    lk_model *model;
    testing_ok(context, lk_model_create(context, "wavenet", set, sets, data, "natural", 5, &model));
    testing_random_weights(model, 0.2f);
    return model;
}

#define LONG 3000

/* terms[LONG]: by forwards of so many symbols. */
static void walk(const lk_model *model, const uint16_t *x, int64_t window, float *terms) {
    const lk_run_options how = {.shape = {1, {0}}, .schedules = LK_PARALLEL, .window = window};
    lk_run *run;
    double nll;
    testing_ok(model->context, lk_run_open(model, &how, &run));
    testing_ok(model->context, lk_run_begin(run, 1, NULL));
    for (int64_t at = 0; at < LONG;) {
        int64_t here = lk_run_window(run) < LONG - at ? lk_run_window(run) : LONG - at;
        testing_ok(model->context, lk_run_forward(run, x + at, here));
        testing_ok(model->context, lk_run_nll(run, &nll, terms + at));
        at += here;
    }
    lk_run_close(run);
}

/* Of 1, 2 and 6 symbols a frame, in windows of 64, of about 1,000 and of all. */
static void windows_are_not_seen(void **state) {
    static const char *const set[] = {"layers=9", "cycle=8", "channels=6", "gates=6", "skip=8"};
    static const lk_sound_form forms[] = {
        {LK_SOUND_MULAW, 1, 0, 8000}, {LK_SOUND_BYTES, 1, 0, 8000}, {LK_SOUND_BYTES, 3, 0, 8000}};
    for (int i = 0; i < 3; i++) {
        const lk_symbols symbols = {.kind = LK_SYMBOLS_SOUND, .sound = forms[i]};
        const int64_t unit = lk_symbols_unit(&symbols);
        lk_model *model = stream_model(*state, &symbols, set, 5);
        uint16_t x[LONG];
        float terms[3][LONG];
        assert_int_equal(lk_parameters_find(model->parameters, "phase.table") >= 0, unit > 1);
        for (int64_t t = 0; t < LONG; t++) {
            x[t] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 0, (uint64_t)t, 256);
        }
        walk(model, x, 66, terms[0]);
        walk(model, x, 1002, terms[1]);
        walk(model, x, LONG, terms[2]);
        assert_memory_equal(terms[0], terms[1], sizeof terms[0]);
        assert_memory_equal(terms[0], terms[2], sizeof terms[0]);
        lk_model_destroy(model);
    }
}

/* Of the past as much is kept as the taps of each layer read, at the sizes of the paper's course:
 * `dilation` cells of each layer's channels, and the symbols that are looked up. */
static void queues_are_what_taps_need(void **state) {
    const lk_symbols bytes = {0};
    lk_model *model = stream_model(*state, &bytes, NULL, 0);
    int64_t need = 2; /* floats */
    for (int64_t layer = 0; layer < 18; layer++) {
        need += 48 * (INT64_C(1) << layer % 9);
    }
    lk_graph *graph;
    lk_window window;
    testing_ok(*state, lk_model_graph_at(model, (lk_shape){1, {1200}}, &graph));
    testing_ok(*state, lk_window_init(&window, graph, 1));
    int64_t kept = lk_execution_window_floats(&window);
    if (kept < need || (double)kept > 1.2 * (double)need) {
        fail_msg("%lld floats are kept, %lld are needed", (long long)kept, (long long)need);
    }
    int64_t held = 0; /* with room for what is new, one at a time */
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_window_node *node = &window.nodes[i];
        held += node->kept > 0
                    ? lk_window_held(&window, i, 1) * node->cells * graph->nodes[i]->channels
                    : 0;
    }
    if ((double)held > 1.2 * (double)need) {
        fail_msg("%lld floats are held, %lld are needed", (long long)held, (long long)need);
    }
    lk_window_deinit(&window);
    lk_graph_destroy(graph);
    int64_t read, past; /* bytes, as a run that draws has them */
    testing_ok(*state, lk_run_past(model, &read, &past));
    assert_int_equal(read, 4 * kept);
    if (past < read || (double)past > 1.2 * (double)read) {
        fail_msg("%lld bytes are held, %lld are read", (long long)past, (long long)read);
    }
    lk_model_destroy(model);
}

static void refusals(void **state) {
    testing_refuses_dilations(*state, "wavenet");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_equations),
        cmocka_unit_test(gradients_are_the_equations),
        cmocka_unit_test(is_a_distribution),
        cmocka_unit_test(logistic_is_one_too),
        cmocka_unit_test(field_is_as_wide_as_its_taps),
        cmocka_unit_test(shut_gates_leave_the_frequencies),
        cmocka_unit_test(empty_labels_change_no_bit),
        cmocka_unit_test(windows_are_not_seen),
        cmocka_unit_test(queues_are_what_taps_need),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
