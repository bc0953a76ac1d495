/* A run against one network over the whole of the data, bit for bit: by either schedule, held whole
 * or sliding, in pieces of any size, several lanes side by side, along sequences without end. */
#include "models/testing.h"

#include "models/run.h"

#define LANES 3
#define LENGTH 61 /* positions of what has no end */

typedef struct run_case {
    const char *family;
    lk_shape own, there; /* size 0: without end */
    int32_t alphabet;
    int32_t labels; /* of a model that is given one: 3 or more */
    const char *view;
    const char *set[6];
    int32_t sets;
} run_case;

#define ENDLESS \
    {           \
        1, {    \
            0   \
        }       \
    }

/* The last three are of more variables than a window holds. */
static const run_case cases[] = {
    {"pixelcnn",
     {3, {6, 5, 1}},
     {3, {6, 5, 1}},
     2,
     0,
     NULL,
     {"blocks=1", "channels=3", "head=4"},
     3},
    {"made", {1, {7}}, {1, {7}}, 3, 0, NULL, {"hidden=9,8"}, 1},
    {"bernoulli-mixture", {1, {7}}, {1, {7}}, 2, 0, NULL, {"components=3"}, 1},
    {"charrnn", {1, {6}}, {1, {6}}, 3, 0, NULL, {"width=5"}, 1},
    {"charrnn", {1, {6}}, {1, {6}}, 3, 4, NULL, {"width=5"}, 1},
    {"made", {1, {7}}, {1, {7}}, 8, 3, "bits:2", {"hidden=9,8"}, 1},
    {"pixelcnn",
     {3, {4, 3, 1}},
     {3, {4, 3, 1}},
     8,
     3,
     "bits:1",
     {"blocks=1", "channels=3", "head=4"},
     3},
    {"pixelcnn",
     {3, {6, 5, 1}},
     {3, {11, 9, 1}},
     2,
     0,
     NULL,
     {"blocks=2", "channels=3", "head=4"},
     3},
    {"pixelcnn",
     {3, {6, 7, 3}},
     {3, {2, 3, 3}},
     5,
     0,
     NULL,
     {"blocks=1", "channels=2", "head=3"},
     3},
    {"pixelcnn", {2, {6, 5}}, {2, {1, 1}}, 3, 0, NULL, {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn",
     {2, {6, 5}},
     {2, {LENGTH, 7}},
     2,
     0,
     NULL,
     {"blocks=2", "channels=3", "head=4", "kernel=5"},
     4},
    {"pixelcnn",
     {3, {5, 4, 3}},
     {3, {LENGTH, 3, 3}},
     4,
     0,
     NULL,
     {"blocks=1", "channels=2", "head=3", "block_kernel=5"},
     4},
    {"pixelcnn",
     {3, {5, 4, 3}},
     {3, {LENGTH, 3, 3}},
     4,
     3,
     NULL,
     {"blocks=1", "channels=2", "distribution=logistic", "mixtures=2"},
     4},
    {"gated-pixelcnn",
     {3, {5, 4, 3}},
     {3, {LENGTH, 3, 3}},
     4,
     3,
     NULL,
     {"layers=2", "channels=2", "head=3", "first_kernel=5"},
     4},
    {"gated-pixelcnn",
     {3, {4, 3, 1}},
     {3, {11, 4, 1}},
     8,
     3,
     "bits:1",
     {"layers=2", "channels=3"},
     2},
    {"grayscale",
     {3, {4, 3, 3}},
     {3, {7, 4, 3}},
     8,
     3,
     "grey:2",
     {"depth=1", "first_depth=1", "embedding=1", "filters=2"},
     4},
    {"pixelsnail",
     {3, {4, 3, 3}},
     {3, {4, 3, 3}},
     5,
     3,
     NULL,
     {"blocks=1", "resnets=1", "channels=2", "mixtures=2"},
     4},
    {"pixelsnail",
     {3, {5, 4, 1}},
     {3, {LENGTH, 4, 1}},
     5,
     0,
     NULL,
     {"blocks=2", "resnets=1", "channels=2", "mixtures=2", "attention=false"},
     5},
    {"multiscale",
     {3, {4, 5, 1}},
     {3, {7, 6, 1}},
     2,
     3,
     NULL,
     {"blocks=1", "channels=2", "patch=2"},
     3},
    {"multiscale",
     {3, {4, 5, 3}},
     {3, {4, 5, 3}},
     4,
     0,
     NULL,
     {"blocks=1", "channels=2", "distribution=logistic", "mixtures=2"},
     4},
    {"pyramid", {3, {4, 3, 3}}, {3, {9, 4, 3}}, 3, 3, NULL, {"blocks=1", "channels=2"}, 2},
    {"subscale",
     {3, {5, 4, 3}},
     {3, {7, 3, 3}},
     4,
     3,
     NULL,
     {"layers=2", "channels=2", "blocks=1", "width=4"},
     4},
    {"subscale",
     {3, {4, 3, 1}},
     {3, {5, 7, 1}},
     8,
     0,
     "bits:1",
     {"layers=1", "channels=2", "stride=3", "size_upscaling=true"},
     4},
    {"lmconv",
     {3, {4, 5, 1}},
     {3, {11, 7, 1}},
     2,
     0,
     NULL,
     {"orders=1", "blocks=1", "channels=2"},
     3},
    {"lmconv",
     {3, {4, 3, 3}},
     {3, {9, 4, 3}},
     3,
     0,
     NULL,
     {"orders=0", "blocks=1", "channels=2"},
     3},
    {"pixelcnn++",
     {3, {5, 4, 3}},
     {3, {LENGTH, 3, 3}},
     5,
     3,
     NULL,
     {"depth=1", "levels=2", "filters=2", "mixtures=2"},
     4},
    {"pixelcnn++",
     {3, {6, 5, 1}},
     {3, {LENGTH, 5, 1}},
     2,
     0,
     NULL,
     {"depth=1", "levels=3", "filters=3"},
     3},
    {"pixelrnn",
     {3, {6, 5, 1}},
     {3, {11, 9, 1}},
     2,
     0,
     NULL,
     {"kind=row", "layers=2", "channels=2", "head=3"},
     4},
    {"pixelrnn",
     {3, {4, 5, 3}},
     {3, {6, 3, 3}},
     3,
     0,
     NULL,
     {"kind=diagonal", "layers=1", "channels=2", "head=3"},
     4},
    {"pixelrnn",
     {2, {6, 5}},
     {2, {LENGTH, 4}},
     2,
     0,
     NULL,
     {"kind=diagonal", "layers=2", "channels=3", "head=4", "kernel=5"},
     5},
    {"conv1d", {1, {6}}, {1, {23}}, 3, 0, NULL, {"layers=3", "channels=4"}, 2},
    {"charrnn", {1, {6}}, {1, {3}}, 3, 0, NULL, {"width=5"}, 1},
    {"transformer", {1, {6}}, {1, {6}}, 3, 4, NULL, {"layers=2", "width=4", "heads=2"}, 3},
    {"image-transformer",
     {3, {3, 4, 1}},
     {3, {3, 4, 1}},
     4,
     3,
     NULL,
     {"layers=2", "width=4", "local=2d", "block=2,2", "memory=1,1"},
     5},
    {"transformer",
     {1, {6}},
     {1, {23}},
     3,
     0,
     NULL,
     {"layers=2", "width=4", "heads=2", "positions=distance", "window=5"},
     5},
    {"transformer",
     {1, {4}},
     ENDLESS,
     3,
     3,
     NULL,
     {"layers=2", "width=4", "heads=2", "positions=distance", "window=3"},
     5},
    {"charrnn", {1, {4}}, ENDLESS, 3, 3, NULL, {"width=5"}, 1},
    {"pixelcnn",
     {3, {4, 3, 1}},
     {3, {11, 4, 1}},
     8,
     3,
     "bits:1",
     {"blocks=1", "channels=3", "head=4"},
     3},
    {"charrnn", {1, {9}}, ENDLESS, 2, 0, NULL, {"cell=gru", "width=5", "layers=1"}, 3},
    {"charrnn",
     {1, {4}},
     ENDLESS,
     3,
     0,
     NULL,
     {"cell=tanh", "width=6", "layers=3", "embedding=2"},
     4},
    {"conv1d", {1, {4}}, ENDLESS, 3, 0, NULL, {"layers=4", "channels=5", "cycle=3", "head=6"}, 4},
    {"conv1d", {1, {40}}, ENDLESS, 2, 0, NULL, {"layers=2", "channels=4", "kernel=2"}, 3},
    {"conv1d",
     {1, {4}},
     ENDLESS,
     3,
     0,
     NULL,
     {"layers=3", "channels=5", "head=6", "norm=channel", "weight_norm=true"},
     5},
    {"pixelcnn", {2, {6, 5}}, {2, {30, 2500}}, 2, 0, NULL, {"blocks=1", "channels=1", "head=1"}, 3},
    {"pixelrnn",
     {2, {6, 5}},
     {2, {9, 9000}},
     2,
     0,
     NULL,
     {"kind=diagonal", "layers=1", "channels=1", "head=1"},
     4},
    {"conv1d", {1, {6}}, {1, {70000}}, 2, 0, NULL, {"layers=2", "channels=2"}, 2},
};
#define CASES ((int)(sizeof cases / sizeof *cases))
#define SMALL (CASES - 3)

static lk_model *make_model(lk_context *context, const run_case *c, const char *order) {
    lk_model *model;
    lk_data_description data = {.shape = c->own,
                                .variables = lk_shape_variables(c->own),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    if (c->view != NULL) {
        testing_ok(context, lk_view_parse(context, c->view, data.shape, c->alphabet, &data.view));
    }
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, order, 5, &model));
    testing_random_weights(model, 0.5f);
    return model;
}

/* The data, and what one network over all of them says. */
typedef struct whole {
    lk_context *context;
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x;  /* [LANES][variables] */
    float *terms; /* [LANES][variables] */
    double nll[LANES];
    int64_t variables;
    const uint16_t *given; /* [LANES], or NULL */
} whole;

static void say(whole *w) {
    lk_execution_give(w->execution, w->given, LANES);
    testing_ok(w->context, lk_execution_forward(w->execution, w->x, LANES));
    testing_ok(w->context, lk_execution_nll(w->execution, w->nll, w->terms));
}

static whole make_whole(const lk_model *model, const run_case *c) {
    static const uint16_t labels[LANES] = {2, 0, 1};
    lk_shape there = c->there;
    there.size[0] = there.size[0] == 0 ? LENGTH : there.size[0];
    whole w = {.context = model->context, .given = c->labels > 0 ? labels : NULL};
    testing_ok(w.context, lk_shape_equal(there, c->own)
                              ? lk_model_graph(model, 0, &w.graph)
                              : lk_model_graph_at(model, there, &w.graph));
    w.variables = w.graph->variables;
    w.x = malloc((size_t)(LANES * w.variables) * sizeof *w.x);
    w.terms = malloc((size_t)(LANES * w.variables) * sizeof *w.terms);
    for (int64_t i = 0; i < LANES * w.variables; i++) {
        w.x[i] =
            (uint16_t)lk_random_below((lk_random){3, LK_FOR_CHECK}, (uint64_t)i, 0,
                                      (uint64_t)lk_graph_head(w.graph, i % w.variables).alphabet);
    }
    testing_ok(w.context, lk_execution_create(w.graph, LK_PLAN_EVALUATE, LANES, &w.execution));
    say(&w);
    return w;
}

static void destroy_whole(whole *w) {
    lk_execution_destroy(w->execution);
    lk_graph_destroy(w->graph);
    free(w->x);
    free(w->terms);
}

static lk_run *open_run(const lk_model *model, const run_case *c, lk_schedules schedules,
                        int64_t window) {
    lk_run *run;
    lk_run_options options = {
        .shape = c->there, .schedules = schedules, .lanes = LANES, .window = window};
    testing_ok(model->context, lk_run_open(model, &options, &run));
    assert_int_equal(lk_run_lanes(run), LANES);
    return run;
}

/* At most so many lanes are looked at: the run may have fewer than the whole. */
static void same_parameters(const whole *w, const lk_run *run, int64_t place, int64_t lanes) {
    lk_head head = lk_run_head(run, place);
    size_t bytes = (size_t)(lanes * head.channels) * sizeof(float);
    const float *want = lk_execution_parameters(w->execution, lk_run_variable(run, place));
    const float *got = lk_run_parameters(run, place);
    if (memcmp(want, got, bytes) != 0) {
        fail_msg("place %lld: %.9g, in one network %.9g", (long long)place, (double)got[0],
                 (double)want[0]);
    }
}

/* ---- the parallel schedule ----------------------------------------------------------------- */

/* The next `count` variables of the first `lanes` items; adds their sums to `nll`. */
static void forward_piece(const whole *w, lk_run *run, int64_t at, int64_t count, int64_t lanes,
                          double *nll) {
    uint16_t *x = malloc((size_t)(lanes * count) * sizeof *x);
    float *terms = malloc((size_t)(lanes * count) * sizeof *terms);
    double sums[LANES], want;
    for (int64_t n = 0; n < lanes; n++) {
        memcpy(x + n * count, w->x + n * w->variables + at, (size_t)count * sizeof *x);
    }
    testing_ok(w->context, lk_run_forward(run, x, count));
    for (int64_t place = at; place < at + count; place++) {
        same_parameters(w, run, place, lanes);
    }
    testing_ok(w->context, lk_run_nll(run, sums, terms));
    for (int64_t n = 0; n < lanes; n++) {
        assert_memory_equal(terms + n * count, w->terms + n * w->variables + at,
                            (size_t)count * sizeof *terms);
        want = 0.0;
        for (int64_t i = 0; i < count; i++) {
            want += (double)terms[n * count + i];
        }
        assert_memory_equal(&sums[n], &want, sizeof want);
        nll[n] += sums[n];
    }
    free(x);
    free(terms);
}

/* As a whole network has it, or in pieces: of the run's window, or (cut > 0) of any size. */
static void forward_all(const whole *w, lk_run *run, int64_t lanes, int64_t cut) {
    double nll[LANES] = {0};
    int64_t unit = lk_run_unit(run), window = lk_run_window(run) / unit;
    testing_ok(w->context, lk_run_begin(run, lanes, w->given));
    for (int64_t at = 0, count; at < w->variables; at += count) {
        count = cut == 0 ? window : 1 + (at * 5 + cut) % window;
        count = count * unit > w->variables - at ? w->variables - at : count * unit;
        forward_piece(w, run, at, count, lanes, nll);
    }
    for (int64_t n = 0; n < lanes; n++) {
        if (!(fabs(nll[n] - w->nll[n]) <= 1e-12 * w->nll[n])) {
            fail_msg("item %lld: %.17g nats, in one network %.17g", (long long)n, nll[n],
                     w->nll[n]);
        }
    }
}

static void test_parallel(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i], "natural");
        whole w = make_whole(model, &cases[i]);
        lk_run *run = open_run(model, &cases[i], LK_PARALLEL, 0);
        bool endless = cases[i].there.size[0] == 0;
        assert_int_equal(lk_run_variables(run), endless ? INT64_MAX : w.variables);
        forward_all(&w, run, LANES, 0);
        forward_all(&w, run, 1, 0); /* fewer lanes; nothing of the first items is remembered */
        forward_all(&w, run, LANES, 0);
        lk_run_close(run);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

/* The parts of a view come one after another; the rows of an S-curve go to and fro; a rule may have
 * any order. */
static bool slides(const lk_model *model, const run_case *c) {
    return c->view == NULL && !lk_shape_equal(c->own, c->there) &&
           strcmp(c->set[0], "orders=1") != 0 && model->family->ranks == NULL;
}

static void test_windows_of_any_cutting(void **state) {
    static const int64_t positions[] = {1, 2, 7, 20, LENGTH};
    for (int i = 0; i < SMALL; i++) {
        lk_model *model = make_model(*state, &cases[i], "natural");
        whole w = make_whole(model, &cases[i]);
        for (int k = 0; k < 10; k++) {
            lk_run *run = open_run(model, &cases[i], LK_PARALLEL, 0);
            int64_t window = positions[k % 5] * lk_run_unit(run);
            lk_run_close(run);
            run = open_run(model, &cases[i], k < 5 ? LK_PARALLEL : LK_BOTH, window);
            assert_int_equal(lk_run_window(run), slides(model, &cases[i]) ? window : w.variables);
            forward_all(&w, run, LANES, k < 5 ? 0 : 3);
            lk_run_close(run);
        }
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

/* ---- the incremental schedule -------------------------------------------------------------- */

static void step_all(const whole *w, lk_run *run, int64_t lanes) {
    int64_t expected = 0;
    testing_ok(w->context, lk_run_begin(run, lanes, w->given));
    while (expected < w->variables) {
        int64_t first, last;
        testing_ok(w->context, lk_run_next(run, &first, &last));
        assert_int_equal(first, expected);
        for (int64_t place = first; place < last; place++) {
            same_parameters(w, run, place, lanes);
        }
        for (int64_t place = last - 1; place >= first; place--) { /* in any order */
            uint16_t values[LANES];
            for (int64_t n = 0; n < lanes; n++) {
                values[n] = w->x[n * w->variables + lk_run_variable(run, place)];
            }
            lk_run_set(run, place, values);
        }
        expected = last;
    }
}

static void test_incremental(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i], "natural");
        whole w = make_whole(model, &cases[i]);
        for (int k = 0; k < (i < SMALL ? 2 : 1); k++) {
            lk_run *run = open_run(model, &cases[i], k == 0 ? LK_INCREMENTAL : LK_BOTH, 0);
            step_all(&w, run, LANES);
            if (k == 1) { /* the other way, and back */
                forward_all(&w, run, LANES, 3);
                step_all(&w, run, 2);
                forward_all(&w, run, 2, 0);
            }
            lk_run_close(run);
        }
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

/* Equal ranks, and networks under another ordering than their own. */
static void test_orderings(void **state) {
    static const run_case made = {"made", {1, {6}}, {1, {6}}, 3, 0, NULL, {"hidden=8"}, 1};
    static const int32_t ranks[] = {2, 0, 1, 1, 0, 2};
    lk_model *model = make_model(*state, &made, "random:3");
    whole w = make_whole(model, &made);
    lk_run *run;
    for (int k = 0; k < 2; k++) {
        lk_run_options options = {
            .schedules = k == 0 ? LK_BOTH : LK_INCREMENTAL, .lanes = LANES, .rank = NULL};
        testing_ok(*state, lk_run_open(model, &options, &run));
        step_all(&w, run, LANES);
        lk_run_close(run);
    }
    lk_graph_destroy(w.graph);
    lk_execution_destroy(w.execution);
    testing_ok(*state, lk_model_graph_ranked(model, 0, ranks, &w.graph));
    testing_ok(*state, lk_execution_create(w.graph, LK_PLAN_EVALUATE, LANES, &w.execution));
    say(&w);
    lk_run_options options = {.schedules = LK_BOTH, .lanes = LANES, .rank = ranks};
    testing_ok(*state, lk_run_open(model, &options, &run));
    step_all(&w, run, LANES);
    assert_int_equal(lk_run_variable(run, 0), 1);
    forward_all(&w, run, LANES, 0);
    lk_run_close(run);
    destroy_whole(&w);
    lk_model_destroy(model);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_windows_of_any_cutting),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_orderings),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
