/* A network at the model's own size and at others, held whole or sliding, against one network over
 * the whole of the data: the same bits by either schedule. */
#include "models/testing.h"

#include "models/network.h"

typedef struct network_case {
    const char *family;
    lk_shape own, there;
    int32_t alphabet;
    const char *set[4];
    int32_t sets;
} network_case;

/* The last ones are of more variables than a window holds. */
static const network_case cases[] = {
    {"pixelcnn", {3, {6, 5, 1}}, {3, {6, 5, 1}}, 2, {"blocks=1", "channels=3", "head=4"}, 3},
    {"pixelcnn", {3, {6, 5, 1}}, {3, {11, 9, 1}}, 2, {"blocks=2", "channels=3", "head=4"}, 3},
    {"pixelcnn", {3, {6, 7, 3}}, {3, {2, 3, 3}}, 5, {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn", {2, {6, 5}}, {2, {1, 1}}, 3, {"blocks=1", "channels=2", "head=3"}, 3},
    {"conv1d", {1, {6}}, {1, {23}}, 3, {"layers=3", "channels=4"}, 2},
    {"charrnn", {1, {6}}, {1, {3}}, 3, {"width=5"}, 1},
    {"pixelrnn",
     {3, {6, 5, 1}},
     {3, {11, 9, 1}},
     2,
     {"kind=row", "layers=2", "channels=2", "head=3"},
     4},
    {"pixelrnn",
     {3, {4, 5, 3}},
     {3, {6, 3, 3}},
     3,
     {"kind=diagonal", "layers=1", "channels=2", "head=3"},
     4},
    {"pixelcnn", {2, {6, 5}}, {2, {30, 2500}}, 2, {"blocks=1", "channels=1", "head=1"}, 3},
    {"pixelrnn",
     {2, {6, 5}},
     {2, {9, 9000}},
     2,
     {"kind=diagonal", "layers=1", "channels=1", "head=1"},
     4},
    {"conv1d", {1, {6}}, {1, {70000}}, 2, {"layers=2", "channels=2"}, 2},
};
#define CASES ((int)(sizeof cases / sizeof *cases))
#define COUNT 2

static lk_model *make_model(lk_context *context, const network_case *c, const char *order) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->own, .variables = lk_shape_variables(c->own), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, order, 5, &model));
    lk_random random = {11, LK_FOR_CHECK};
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] = 0.5f * lk_random_normal(random, (uint64_t)p, (uint64_t)e);
        }
    }
    return model;
}

/* The data, and what one network over all of them says. */
typedef struct whole {
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x;
    double nll[COUNT];
    float *terms;
    int64_t variables, seen;
} whole;

static whole make_whole(const lk_model *model, const network_case *c) {
    whole w = {.variables = lk_shape_variables(c->there)};
    w.x = malloc((size_t)(COUNT * w.variables) * sizeof *w.x);
    w.terms = malloc((size_t)(COUNT * w.variables) * sizeof *w.terms);
    for (int64_t i = 0; i < COUNT * w.variables; i++) {
        w.x[i] = (uint16_t)lk_random_below((lk_random){3, LK_FOR_CHECK}, (uint64_t)i, 0,
                                           (uint64_t)c->alphabet);
    }
    testing_ok(model->context, lk_model_graph_at(model, c->there, &w.graph));
    testing_ok(model->context, lk_execution_create(w.graph, LK_PLAN_EVALUATE, COUNT, &w.execution));
    testing_ok(model->context, lk_execution_forward(w.execution, w.x, COUNT));
    testing_ok(model->context, lk_execution_nll(w.execution, w.nll, w.terms));
    return w;
}

static void destroy_whole(whole *w) {
    lk_execution_destroy(w->execution);
    lk_graph_destroy(w->graph);
    free(w->x);
    free(w->terms);
}

static void same_parameters(const whole *w, const lk_network *network, int64_t place) {
    size_t bytes = (size_t)(COUNT * lk_graph_channels(w->graph)) * sizeof(float);
    const float *want = lk_execution_parameters(w->execution, lk_network_variable(network, place));
    const float *got = lk_network_parameters(network, place);
    if (memcmp(want, got, bytes) != 0) {
        fail_msg("place %lld: %.9g, in one network %.9g", (long long)place, (double)got[0],
                 (double)want[0]);
    }
}

static lk_status visit(void *argument, const lk_network *network, int64_t first, int64_t last) {
    whole *w = argument;
    assert_int_equal(first, w->seen);
    for (w->seen = first; w->seen < last; w->seen++) {
        same_parameters(w, network, w->seen);
    }
    return LK_OK;
}

static void test_parallel(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i], "natural");
        whole w = make_whole(model, &cases[i]);
        lk_network *network;
        double nll[COUNT];
        float *terms = malloc((size_t)(COUNT * w.variables) * sizeof *terms);
        testing_ok(*state,
                   lk_network_open(model, 0, cases[i].there, LK_PLAN_EVALUATE, COUNT, &network));
        for (int round = 0; round < 2; round++) {
            w.seen = 0;
            testing_ok(*state, lk_network_forward(network, w.x, COUNT, nll, terms, visit, &w));
            assert_int_equal(w.seen, w.variables);
            assert_memory_equal(nll, w.nll, sizeof nll);
            assert_memory_equal(terms, w.terms, (size_t)(COUNT * w.variables) * sizeof *terms);
        }
        free(terms);
        lk_network_close(network);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

static void test_incremental(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i], "natural");
        whole w = make_whole(model, &cases[i]);
        lk_network *network;
        testing_ok(*state,
                   lk_network_open(model, 0, cases[i].there, LK_PLAN_INCREMENTAL, COUNT, &network));
        assert_int_equal(lk_network_variables(network), w.variables);
        testing_ok(*state, lk_network_begin(network, COUNT));
        int64_t expected = 0;
        for (int64_t step = 0; step < lk_network_steps(network); step++) {
            int64_t first, last;
            testing_ok(*state, lk_network_compute(network, step));
            lk_network_step(network, step, &first, &last);
            assert_int_equal(first, expected);
            for (int64_t place = first; place < last; place++) {
                int64_t variable = lk_network_variable(network, place);
                uint16_t values[COUNT] = {w.x[variable], w.x[w.variables + variable]};
                same_parameters(&w, network, place);
                lk_network_set(network, place, values);
            }
            expected = last;
        }
        assert_int_equal(expected, w.variables);
        lk_network_close(network);
        destroy_whole(&w);
        lk_model_destroy(model);
    }
}

static void test_batch_fits(void **state) {
    lk_model *model = make_model(*state, &cases[1], "natural");
    static const lk_shape wide = {3, {1000, 4000, 1}}, wider = {3, {1000, 4000000, 1}};
    int64_t small = 64, large = 64, none = 64;
    testing_ok(*state, lk_network_fit_batch(model, wide, LK_PLAN_EVALUATE, 64 << 20, &small));
    testing_ok(*state, lk_network_fit_batch(model, wide, LK_PLAN_EVALUATE, 128 << 20, &large));
    testing_ok(*state, lk_network_fit_batch(model, wide, LK_PLAN_EVALUATE, 1, &none));
    assert_true(none == 1 && small > 1 && large > small && large < 64);
    lk_network *network;
    testing_refused(*state, lk_network_open(model, 0, wider, LK_PLAN_EVALUATE, 64, &network),
                    LK_UNSUPPORTED, "GiB");
    lk_model_destroy(model);
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
        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_batch_fits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
