/* A stream run window by window, in parallel and step by step, against one network over the whole
 * of it: bit for bit. And truncated back-propagation: the first window's gradient is the ordinary
 * one; a later window's is that with the carried values held constant (central differences). */
#include "models/testing.h"

#include "models/flow.h"

#define LENGTH 61
#define STREAMS 3

typedef struct flow_case {
    const char *family;
    lk_shape shape; /* of the model; rows of `width` pixels when it has more than one axis */
    int64_t width;
    int32_t alphabet;
    const char *set[6];
    int32_t sets;
    int64_t lookback; /* positions kept: one more than the widest read, by hand */
} flow_case;

static const flow_case cases[] = {
    {"charrnn", {1, {4}}, 1, 5, {"width=7"}, 1, 2},
    {"charrnn", {1, {9}}, 1, 2, {"cell=gru", "width=5", "layers=1"}, 3, 2},
    {"charrnn", {1, {4}}, 1, 3, {"cell=tanh", "width=6", "layers=3", "embedding=2"}, 4, 2},
    {"conv1d", {1, {4}}, 1, 3, {"layers=4", "channels=5", "cycle=3", "head=6"}, 4, 9},
    {"conv1d", {1, {40}}, 1, 2, {"layers=2", "channels=4", "kernel=2"}, 3, 3},
    {"conv1d",
     {1, {4}},
     1,
     3,
     {"layers=3", "channels=5", "head=6", "norm=channel", "weight_norm=true"},
     5,
     9},
    {"pixelcnn", {2, {6, 5}}, 7, 2, {"blocks=2", "channels=3", "head=4", "kernel=5"}, 4, 3},
    {"pixelcnn",
     {3, {5, 4, 3}},
     3,
     4,
     {"blocks=1", "channels=2", "head=3", "block_kernel=5"},
     4,
     4},
    {"pixelrnn", {2, {6, 5}}, 7, 2, {"layers=2", "channels=3", "head=4", "kernel=3"}, 4, 2},
    {"pixelrnn",
     {2, {6, 5}},
     4,
     2,
     {"kind=diagonal", "layers=2", "channels=3", "head=4", "kernel=5"},
     5,
     3},
    {"pixelrnn",
     {3, {5, 4, 3}},
     2,
     4,
     {"kind=diagonal", "layers=1", "channels=2", "head=3", "kernel=3"},
     5,
     2},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const flow_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", 5, &model));
    lk_random random = {11, LK_FOR_CHECK};
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] = 0.5f * lk_random_normal(random, (uint64_t)p, (uint64_t)e);
        }
    }
    return model;
}

static lk_flow *make_flow(const lk_model *model, const flow_case *c, lk_plan plan, int64_t window) {
    lk_flow *flow;
    testing_ok(model->context,
               c->shape.axes == 1
                   ? lk_flow_create(model, plan, STREAMS, window, &flow)
                   : lk_flow_create_rows(model, plan, STREAMS, window, c->width, &flow));
    return flow;
}

/* The whole stream at once. */
typedef struct whole {
    lk_graph *graph;
    lk_execution *execution;
    int64_t unit;
    uint16_t *x; /* [STREAMS][LENGTH * unit] */
} whole;

static whole make_whole(const lk_model *model, const flow_case *c, lk_plan plan) {
    whole w = {0};
    lk_shape shape = c->shape;
    shape.size[0] = LENGTH;
    shape.size[1] = shape.axes > 1 ? c->width : 0;
    w.unit = lk_shape_variables(shape) / LENGTH;
    w.x = malloc((size_t)(STREAMS * LENGTH * w.unit) * sizeof *w.x);
    for (int64_t i = 0; i < STREAMS * LENGTH * w.unit; i++) {
        w.x[i] = (uint16_t)lk_random_below((lk_random){3, LK_FOR_CHECK}, (uint64_t)i, 0,
                                           (uint64_t)c->alphabet);
    }
    testing_ok(model->context, lk_model_graph_at(model, shape, &w.graph));
    testing_ok(model->context, lk_execution_create(w.graph, plan, STREAMS, &w.execution));
    testing_ok(model->context, lk_execution_forward(w.execution, w.x, STREAMS));
    return w;
}

static void destroy_whole(whole *w) {
    lk_execution_destroy(w->execution);
    lk_graph_destroy(w->graph);
    free(w->x);
}

static void same_parameters(const whole *w, int64_t variable, const float *got) {
    size_t bytes = (size_t)(STREAMS * lk_graph_channels(w->graph)) * sizeof(float);
    const float *want = lk_execution_parameters(w->execution, variable);
    if (memcmp(want, got, bytes) != 0) {
        fail_msg("variable %lld: %.9g in the stream, %.9g in one network", (long long)variable,
                 (double)got[0], (double)want[0]);
    }
}

/* x[STREAMS][length * unit] of the positions from `first`. */
static uint16_t *cut(const whole *w, int64_t first, int64_t length) {
    uint16_t *x = malloc((size_t)(STREAMS * length * w->unit) * sizeof *x);
    for (int64_t n = 0; n < STREAMS; n++) {
        memcpy(x + n * length * w->unit, w->x + (n * LENGTH + first) * w->unit,
               (size_t)(length * w->unit) * sizeof *x);
    }
    return x;
}

static void run_parallel(lk_flow *flow, const whole *w, int64_t first, int64_t length) {
    uint16_t *x = cut(w, first, length);
    testing_ok(w->graph->context, lk_flow_forward(flow, x, length));
    for (int64_t v = 0; v < length * w->unit; v++) {
        same_parameters(w, first * w->unit + v, lk_flow_parameters(flow, v));
    }
    free(x);
}

static void test_lookback(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        lk_flow *flow = make_flow(model, &cases[i], LK_PLAN_INCREMENTAL, 3);
        assert_int_equal(lk_flow_lookback(flow), cases[i].lookback);
        lk_flow_destroy(flow);
        lk_model_destroy(model);
    }
}

/* Windows of one size, and of any sizes one after another. */
static void test_parallel_windows(void **state) {
    static const int64_t windows[] = {1, 2, 7, 20, LENGTH};
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        whole w = make_whole(model, &cases[i], LK_PLAN_INCREMENTAL);
        for (int k = 0; k < 10; k++) {
            int64_t window = windows[k % 5];
            lk_flow *flow = make_flow(model, &cases[i], LK_PLAN_INCREMENTAL, window);
            testing_ok(*state, lk_flow_begin(flow, STREAMS));
            for (int64_t at = 0, length; at < LENGTH; at += length) {
                length = k < 5 ? window : 1 + (at * 5 + 3) % window;
                length = at + length > LENGTH ? LENGTH - at : length;
                run_parallel(flow, &w, at, length);
            }
            assert_int_equal(lk_flow_seen(flow), LENGTH);
            lk_flow_destroy(flow);
        }
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

static void test_incremental(void **state) {
    static const int64_t windows[] = {1, 5, LENGTH, 0};
    for (int i = 0; i < CASES * 4; i++) {
        const flow_case *c = &cases[i / 4];
        lk_model *model = make_model(*state, c);
        whole w = make_whole(model, c, LK_PLAN_INCREMENTAL);
        lk_flow *flow = make_flow(model, c, LK_PLAN_INCREMENTAL, windows[i % 4]);
        for (int round = 0; round < 2; round++) { /* the second must not remember the first */
            testing_ok(*state, lk_flow_begin(flow, STREAMS));
            for (int64_t v = 0; v < LENGTH * w.unit; v++) {
                const float *parameters;
                uint16_t values[STREAMS];
                testing_ok(*state, lk_flow_next(flow, &parameters));
                same_parameters(&w, v, parameters);
                for (int64_t n = 0; n < STREAMS; n++) {
                    values[n] = w.x[n * LENGTH * w.unit + v];
                }
                lk_flow_set(flow, values);
            }
        }
        lk_flow_destroy(flow);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

static void test_saved_and_restored(void **state) {
    for (int i = 0; i < CASES * 2; i++) {
        const flow_case *c = &cases[i / 2];
        int64_t before = i % 2 == 0 ? 1 : 23; /* less and more than is looked back */
        lk_model *model = make_model(*state, c);
        whole w = make_whole(model, c, LK_PLAN_INCREMENTAL);
        lk_flow *first = make_flow(model, c, LK_PLAN_INCREMENTAL, 8),
                *second = make_flow(model, c, LK_PLAN_INCREMENTAL, 8);
        testing_ok(*state, lk_flow_begin(first, STREAMS));
        for (int64_t at = 0; at < before; at++) {
            run_parallel(first, &w, at, 1);
        }
        float *carried =
            malloc((size_t)(lk_flow_carried_floats(first) * STREAMS) * sizeof *carried);
        lk_flow_save(first, carried);
        testing_ok(*state, lk_flow_begin(second, STREAMS));
        lk_flow_restore(second, lk_flow_seen(first), carried);
        for (int64_t at = before; at + 8 <= LENGTH; at += 8) {
            run_parallel(second, &w, at, 8);
        }
        free(carried);
        lk_flow_destroy(first);
        lk_flow_destroy(second);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

/* ---- truncated back-propagation -------------------------------------------------------------- */

static void test_first_window_has_the_ordinary_gradient(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_ok(*state, lk_parameters_make_gradients(model->parameters));
        whole w = make_whole(model, &cases[i], LK_PLAN_TRAIN);
        testing_ok(*state, lk_execution_backward(w.execution));
        float *want[64];
        for (int32_t p = 0; p < model->parameters->count; p++) {
            const lk_parameter *parameter = &model->parameters->list[p];
            size_t bytes = (size_t)(parameter->rows * parameter->columns) * sizeof(float);
            want[p] = memcpy(malloc(bytes), parameter->gradient, bytes);
        }
        lk_flow *flow = make_flow(model, &cases[i], LK_PLAN_TRAIN, LENGTH);
        testing_ok(*state, lk_flow_begin(flow, STREAMS));
        run_parallel(flow, &w, 0, LENGTH);
        testing_ok(*state, lk_execution_backward(lk_flow_execution(flow)));
        for (int32_t p = 0; p < model->parameters->count; p++) {
            const lk_parameter *parameter = &model->parameters->list[p];
            for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
                if (want[p][e] != parameter->gradient[e]) {
                    fail_msg("%s[%lld]: %.9g, in one network %.9g", parameter->name, (long long)e,
                             (double)parameter->gradient[e], (double)want[p][e]);
                }
            }
            free(want[p]);
        }
        lk_flow_destroy(flow);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

#define SEEN 19
#define WINDOW 6

/* Mean NLL of the window after SEEN positions whose values are held. */
static double window_nll(lk_flow *flow, const uint16_t *x, const float *carried) {
    double nll[STREAMS], total = 0.0;
    const lk_graph *graph = lk_flow_graph(flow);
    testing_ok(graph->context, lk_flow_begin(flow, STREAMS));
    lk_flow_restore(flow, SEEN, carried);
    testing_ok(graph->context, lk_flow_forward(flow, x, WINDOW));
    testing_ok(graph->context, lk_flow_nll(flow, nll, NULL));
    for (int n = 0; n < STREAMS; n++) {
        total += nll[n] / STREAMS;
    }
    return total;
}

/* The NLL at `step` along a random direction in the space of all parameters; the gradient along
 * it. */
static double nll_along(lk_flow *flow, const uint16_t *x, const float *carried, lk_model *model,
                        uint64_t direction, float step, double *slope) {
    lk_random random = {direction, LK_FOR_CHECK};
    double nll = 0.0;
    for (int turn = 0; turn < 2; turn++) { /* there, and back again */
        for (int32_t p = 0; p < model->parameters->count; p++) {
            lk_parameter *parameter = &model->parameters->list[p];
            for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
                float along = lk_random_normal(random, (uint64_t)p, (uint64_t)e);
                *slope += turn == 0 ? (double)along * (double)parameter->gradient[e] : 0.0;
                parameter->value[e] += turn == 0 ? step * along : -step * along;
            }
        }
        nll = turn == 0 ? window_nll(flow, x, carried) : nll;
    }
    return nll;
}

static void test_later_windows_hold_what_is_carried(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_ok(*state, lk_parameters_make_gradients(model->parameters));
        whole w = make_whole(model, &cases[i], LK_PLAN_TRAIN);
        lk_flow *flow = make_flow(model, &cases[i], LK_PLAN_TRAIN, WINDOW);
        testing_ok(*state, lk_flow_begin(flow, STREAMS));
        for (int64_t at = 0; at < SEEN; at++) {
            run_parallel(flow, &w, at, 1);
        }
        float *carried = malloc((size_t)(lk_flow_carried_floats(flow) * STREAMS) * sizeof *carried);
        lk_flow_save(flow, carried);
        uint16_t *x = cut(&w, SEEN, WINDOW);
        window_nll(flow, x, carried);
        testing_ok(*state, lk_execution_backward(lk_flow_execution(flow)));
        for (uint64_t direction = 0; direction < 8; direction++) {
            double slope = 0.0, unused = 0.0, h = 0.0005;
            double above = nll_along(flow, x, carried, model, direction, (float)h, &slope);
            double below = nll_along(flow, x, carried, model, direction, (float)-h, &unused);
            double want = (above - below) / (2.0 * h);
            if (!(fabs(want - slope) <= 0.02 * (1.0 + fabs(want)))) {
                fail_msg("%s: the gradient along a direction is %.6g, by central differences %.6g",
                         cases[i].family, slope, want);
            }
        }
        free(x);
        free(carried);
        lk_flow_destroy(flow);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

/* ---- what does not stream -------------------------------------------------------------------- */

static void test_refusals(void **state) {
    lk_flow *flow;
    lk_model *made = testing_model(*state, "made", NULL, 0, 6, 2, "natural", 1);
    testing_refused(*state, lk_flow_create(made, LK_PLAN_INCREMENTAL, 1, 4, &flow), LK_MISMATCH,
                    "its own size alone");
    lk_model_destroy(made);
    lk_model *reversed = testing_model(*state, "charrnn", NULL, 0, 6, 2, "reversed", 1);
    testing_refused(*state, lk_flow_create(reversed, LK_PLAN_INCREMENTAL, 1, 4, &flow), LK_MISMATCH,
                    "ordering");
    testing_refused(*state, lk_flow_create_rows(reversed, LK_PLAN_INCREMENTAL, 1, 4, 3, &flow),
                    LK_MISMATCH, "rows");
    lk_model_destroy(reversed);
}

static int set_up(void **state) {
    *state = testing_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookback),
        cmocka_unit_test(test_parallel_windows),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_saved_and_restored),
        cmocka_unit_test(test_first_window_has_the_ordinary_gradient),
        cmocka_unit_test(test_later_windows_hold_what_is_carried),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
