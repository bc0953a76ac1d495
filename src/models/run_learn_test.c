/* A model that learns while it is run: what it says next is what weights say that are moved here
 * along the gradient of what it met; by either schedule and any number of threads the same bits;
 * new items are met by what was learned, until it is forgotten; the model's own weights never
 * change. */
#include "models/testing.h"

#include "models/run.h"
#include "optim/optimizer.h"

#define ITEMS 3
#define LANES 3
#define RATE 0.01f

typedef struct learning_case {
    const char *family;
    lk_shape own, there; /* size 0: without end */
    int32_t alphabet;
    int64_t variables; /* that are run along, of an item */
    int64_t window;    /* of learning, in variables */
    const char *set[4];
    int32_t sets;
} learning_case;

/* The last learning window of an item may be cut off by its end. */
static const learning_case cases[] = {
    {"charrnn", {1, {16}}, {1, {0}}, 7, 5 * 32 + 9, 32, {"width=9", "layers=2"}, 2},
    {"conv1d",
     {1, {16}},
     {1, {0}},
     7,
     5 * 32,
     32,
     {"channels=6", "layers=4", "head=5", "weight_norm=true"},
     4},
    {"conv1d", {1, {16}}, {1, {100}}, 3, 100, 32, {"channels=4", "layers=2", "head=5"}, 3},
    {"pixelcnn", {3, {4, 5, 1}}, {3, {9, 7, 1}}, 4, 63, 35, {"blocks=1", "channels=3"}, 2},
    {"pixelcnn", {3, {4, 5, 3}}, {3, {4, 5, 3}}, 4, 60, 60, {"blocks=1", "channels=3"}, 2},
    {"transformer",
     {1, {16}},
     {1, {0}},
     7,
     5 * 32,
     32,
     {"layers=2", "width=8", "positions=distance", "window=5"},
     4},
    {"made", {1, {11}}, {1, {11}}, 3, 11, 11, {"hidden=9,8"}, 1},
    {"charrnn", {1, {16}}, {1, {16}}, 5, 16, 16, {"width=9", "cell=gru"}, 2},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const learning_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->own, .variables = lk_shape_variables(c->own), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", 5, &model));
    testing_random_weights(model, 0.4f);
    return model;
}

static int64_t size_of(const learning_case *c) {
    return (int64_t)ITEMS * LANES * c->variables;
}

/* [ITEMS][LANES][variables] */
static uint16_t *make_data(const learning_case *c) {
    uint16_t *x = malloc((size_t)size_of(c) * sizeof *x);
    for (int64_t i = 0; i < size_of(c); i++) {
        uint64_t draw = lk_random_below((lk_random){4, LK_FOR_CHECK}, 0, (uint64_t)i, 3);
        x[i] = (uint16_t)(draw % (uint64_t)c->alphabet);
    }
    return x;
}

/* The variables [first, first + count) of one item of each lane; and back. */
static void gather(const learning_case *c, const uint16_t *x, int64_t first, int64_t count,
                   uint16_t *window) {
    for (int64_t n = 0; n < LANES; n++) {
        memcpy(window + n * count, x + n * c->variables + first, (size_t)count * sizeof *x);
    }
}

static void scatter(const learning_case *c, const float *window, int64_t first, int64_t count,
                    float *terms) {
    for (int64_t n = 0; n < LANES; n++) {
        memcpy(terms + n * c->variables + first, window + n * count, (size_t)count * sizeof *terms);
    }
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- three ways, terms[ITEMS][LANES][variables] ---------------------------------------------- */

static void run_parallel(const learning_case *c, lk_run *run, lk_context *context,
                         const uint16_t *x, float *terms) {
    uint16_t values[LANES * 128];
    float here[LANES * 128];
    double sums[LANES];
    for (int64_t item = 0; item < ITEMS; item++, x += LANES * c->variables) {
        testing_ok(context, lk_run_begin(run, LANES, NULL));
        for (int64_t at = 0, count; at < c->variables; at += count) {
            count = smaller(lk_run_window(run), c->variables - at);
            gather(c, x, at, count, values);
            testing_ok(context, lk_run_forward(run, values, count));
            testing_ok(context, lk_run_nll(run, sums, here));
            scatter(c, here, at, count, terms + item * LANES * c->variables);
            testing_ok(context, lk_run_learn(run));
        }
    }
}

static void run_incremental(const learning_case *c, lk_run *run, lk_context *context,
                            const uint16_t *x, float *terms) {
    uint16_t values[LANES];
    for (int64_t item = 0; item < ITEMS; item++) {
        testing_ok(context, lk_run_begin(run, LANES, NULL));
        for (int64_t first = 0, last = 0; last < c->variables;) {
            testing_ok(context, lk_run_next(run, &first, &last));
            for (int64_t place = first; place < last; place++) {
                int64_t v = lk_run_variable(run, place);
                lk_head head = lk_run_head(run, place);
                for (int64_t n = 0; n < LANES; n++) {
                    int64_t i = (item * LANES + n) * c->variables + v;
                    values[n] = x[i];
                    head.dist->nll(context->kernels, &head,
                                   lk_run_parameters(run, place) + n * head.channels, &x[i], 1,
                                   &terms[i]);
                }
                lk_run_set(run, place, values);
            }
            testing_ok(context, lk_run_learn(run));
        }
    }
}

/* A network whose weights are moved here. Held whole, or, unit > 0, on a window that slides. */
typedef struct by_hand {
    lk_model *model;
    lk_graph *graph;
    lk_execution *execution;
    lk_optimizer *optimizer;
    lk_window window;
    int64_t positions; /* of learning */
} by_hand;

static by_hand make_by_hand(lk_model *model, const learning_case *c) {
    by_hand h = {.model = model};
    lk_optimizer_options how = lk_optimizer_defaults();
    how.beta1 = 0;
    testing_ok(model->context, lk_optimizer_create(model->parameters, &how, &h.optimizer));
    if (lk_shape_equal(c->own, c->there)) {
        testing_ok(model->context, lk_model_graph(model, 0, &h.graph));
        testing_ok(model->context,
                   lk_execution_create(h.graph, LK_PLAN_LEARN, LANES, &h.execution));
    } else {
        lk_shape shape = c->there;
        shape.size[0] = 1;
        int64_t unit = lk_shape_variables(shape);
        h.positions = c->window / unit;
        shape.size[0] = 40 + 2 * h.positions; /* more than it needs */
        testing_ok(model->context, lk_model_graph_at(model, shape, &h.graph));
        testing_ok(model->context, lk_window_init(&h.window, h.graph, unit));
        testing_ok(model->context,
                   lk_execution_create_along(&h.window, LK_PLAN_LEARN, LANES, &h.execution));
    }
    return h;
}

static void destroy_by_hand(by_hand *h) {
    lk_optimizer_destroy(h->optimizer);
    lk_execution_destroy(h->execution);
    lk_window_deinit(&h->window);
    lk_graph_destroy(h->graph);
}

static void step(by_hand *h, const learning_case *c) {
    lk_optimizer_step(h->optimizer, (double)RATE, 1.0 / (double)c->window, NULL);
}

static void item_whole(by_hand *h, const learning_case *c, const uint16_t *x, float *terms) {
    double sums[LANES];
    testing_ok(h->model->context, lk_execution_forward(h->execution, x, LANES));
    testing_ok(h->model->context, lk_execution_nll(h->execution, sums, terms));
    testing_ok(h->model->context, lk_execution_backward(h->execution));
    step(h, c);
}

static void item_sliding(by_hand *h, const learning_case *c, const uint16_t *x, float *terms) {
    lk_context *context = h->model->context;
    uint16_t values[LANES * 128];
    float here[LANES * 128];
    double sums[LANES];
    testing_ok(context, lk_execution_window_begin(h->execution, LANES));
    for (int64_t at = 0, count, end = 0; at < c->variables; at += count) {
        count = smaller(c->window, c->variables - at);
        int64_t positions = count / h->window.unit;
        if (end + positions > h->window.positions) {
            lk_execution_window_slide(h->execution, end);
            end = h->window.lookback;
        }
        gather(c, x, at, count, values);
        testing_ok(context,
                   lk_execution_window_forward(h->execution, end, end + positions, values));
        testing_ok(context, lk_execution_nll(h->execution, sums, here));
        scatter(c, here, at, count, terms);
        if (count == c->window) {
            testing_ok(context, lk_execution_backward(h->execution));
            step(h, c);
        }
        end += positions;
    }
}

static void run_by_hand(lk_model *model, const learning_case *c, const uint16_t *x, float *terms) {
    by_hand h = make_by_hand(model, c);
    for (int64_t item = 0; item < ITEMS; item++) {
        int64_t at = item * LANES * c->variables;
        if (h.positions > 0) {
            item_sliding(&h, c, x + at, terms + at);
        } else {
            item_whole(&h, c, x + at, terms + at);
        }
    }
    destroy_by_hand(&h);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void same(const learning_case *c, const float *terms, const float *expected,
                 const char *what) {
    for (int64_t i = 0; i < size_of(c); i++) {
        if (memcmp(&terms[i], &expected[i], sizeof *terms) != 0) {
            fail_msg("%s, %s: term %lld is %.9g, by hand %.9g", c->family, what, (long long)i,
                     (double)terms[i], (double)expected[i]);
        }
    }
}

static lk_run *open_run(const lk_model *model, const learning_case *c, lk_schedules schedules) {
    lk_run *run;
    lk_run_options options = {
        .shape = c->there, .schedules = schedules, .lanes = LANES, .learning_rate = RATE};
    testing_ok(model->context, lk_run_open(model, &options, &run));
    assert_int_equal(lk_run_window(run), c->window);
    return run;
}

static void check_case(const learning_case *c, int threads) {
    lk_context *context = testing_context(threads);
    lk_model *model = make_model(context, c), *other = make_model(context, c);
    lk_fingerprint before = lk_model_fingerprint(model);
    uint16_t *x = make_data(c);
    float *expected = malloc((size_t)size_of(c) * sizeof *expected);
    float *terms = malloc((size_t)size_of(c) * sizeof *terms);
    run_by_hand(other, c, x, expected);
    lk_run *both = open_run(model, c, LK_BOTH);
    lk_run *steps = open_run(model, c, LK_INCREMENTAL);
    for (int again = 0; again < 2; again++) {
        run_parallel(c, both, context, x, terms);
        same(c, terms, expected, "parallel");
        lk_run_forget(both);
        run_incremental(c, both, context, x, terms);
        same(c, terms, expected, "incremental");
        lk_run_forget(both);
        run_incremental(c, steps, context, x, terms);
        same(c, terms, expected, "incremental alone");
        lk_run_forget(steps);
    }
    run_parallel(c, both, context, x, terms);
    run_parallel(c, both, context, x, terms); /* not forgotten */
    assert_memory_not_equal(terms, expected, (size_t)size_of(c) * sizeof *terms);
    lk_fingerprint after = lk_model_fingerprint(model);
    assert_memory_equal(&before, &after, sizeof before);
    lk_run_close(both);
    lk_run_close(steps);
    free(terms);
    free(expected);
    free(x);
    lk_model_destroy(other);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_learns_by_the_definition(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        for (int threads = 1; threads <= 7; threads += 3) {
            check_case(&cases[i], threads);
        }
    }
}

/* Pieces of a learning window, forward and step by step in turns. */
static void test_pieces(void **state) {
    (void)state;
    const learning_case *c = &cases[0];
    lk_context *context = testing_context(2);
    lk_model *model = make_model(context, c);
    uint16_t *x = make_data(c), values[LANES * 32];
    float *expected = malloc((size_t)size_of(c) * sizeof *expected), here[LANES * 32];
    lk_run *whole = open_run(model, c, LK_PARALLEL), *cut = open_run(model, c, LK_BOTH);
    run_parallel(c, whole, context, x, expected);
    testing_ok(context, lk_run_begin(cut, LANES, NULL));
    for (int64_t at = 0, count; at < c->variables; at += count) {
        double sums[LANES];
        count = smaller(at % 32 == 0 ? 5 : at % 32 == 5 ? 11 : 16, c->variables - at);
        gather(c, x, at, count, values);
        testing_ok(context, lk_run_forward(cut, values, count));
        testing_ok(context, lk_run_nll(cut, sums, here));
        for (int64_t n = 0; n < LANES; n++) {
            assert_memory_equal(here + n * count, expected + n * c->variables + at,
                                (size_t)count * sizeof *here);
        }
        testing_ok(context, lk_run_learn(cut));
        testing_ok(context, lk_run_learn(cut)); /* once is enough */
    }
    lk_run_close(whole);
    lk_run_close(cut);
    free(expected);
    free(x);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void test_what_does_not_learn(void **state) {
    (void)state;
    static const float bad[] = {-1.0f, 1.5f, INFINITY, NAN};
    lk_context *context = testing_context(1);
    lk_model *model = make_model(context, &cases[0]);
    lk_model *counted = testing_model(context, "histogram", NULL, 0, 4, 2, "natural", 1);
    lk_run *run;
    lk_run_options options = {0};
    for (int i = 0; i < 4; i++) {
        options.learning_rate = bad[i];
        testing_refused(context, lk_run_open(model, &options, &run), LK_INVALID,
                        "at a rate above 0");
        assert_null(run);
    }
    options.learning_rate = RATE;
    testing_refused(context, lk_run_open(counted, &options, &run), LK_INVALID, "counted or fitted");
    options.learning_rate = 0.0f;
    testing_ok(context, lk_run_open(model, &options, &run));
    uint16_t x[16] = {0};
    testing_ok(context, lk_run_begin(run, 1, NULL));
    testing_ok(context, lk_run_forward(run, x, 16));
    testing_ok(context, lk_run_learn(run)); /* nothing */
    lk_run_forget(run);
    lk_run_close(run);
    lk_model_destroy(counted);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_by_the_definition),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_what_does_not_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
