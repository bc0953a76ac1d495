/* A graph run along a stream by windows, against one over the whole stream: bit for bit, in
 * parallel and step by step, saved and restored, a given field beside it. And truncated
 * back-propagation: the first window's gradient is the ordinary one; a later window's is that with
 * the carried values held constant (central differences). */
#include <stdio.h>

#include "models/testing.h"

#include "dist/dist.h"
#include "graph/op.h"
#include "ops/ops.h"

#define LENGTH 61
#define STREAMS 3

typedef struct window_case {
    const char *family;
    lk_shape shape; /* of the model; rows of `width` pixels when it has more than one axis */
    int64_t width;
    int32_t alphabet;
    const char *set[6];
    int32_t sets;
    int64_t lookback; /* positions kept: one more than the widest read, by hand */
} window_case;

static const window_case cases[] = {
    {"charrnn", {1, {4}}, 1, 5, {"width=7"}, 1, 2},
    {"charrnn", {1, {9}}, 1, 2, {"cell=gru", "width=5", "layers=1"}, 3, 2},
    {"charrnn", {1, {4}}, 1, 3, {"cell=tanh", "width=6", "layers=3", "embedding=2"}, 4, 2},
    {"transformer",
     {1, {4}},
     1,
     3,
     {"layers=2", "width=4", "heads=2", "positions=distance", "window=3"},
     5,
     3},
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
    {"pixelcnn",
     {3, {5, 4, 3}},
     3,
     4,
     {"blocks=1", "channels=2", "head=3", "kernel=3", "distribution=logistic", "mixtures=2"},
     6,
     2},
    {"conv1d",
     {1, {4}},
     1,
     5,
     {"layers=1", "channels=3", "head=3", "distribution=logistic", "mixtures=2"},
     5,
     4},
    {"gated-pixelcnn",
     {2, {6, 5}},
     7,
     2,
     {"layers=2", "channels=3", "head=4", "first_kernel=5"},
     4,
     3},
    {"gated-pixelcnn",
     {3, {5, 4, 3}},
     3,
     4,
     {"layers=2", "channels=2", "head=3", "first_kernel=3"},
     4,
     2},
    {"pixelcnn++", {2, {6, 5}}, 7, 5, {"depth=1", "levels=1", "filters=3"}, 3, 3},
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

/* A graph of so many positions; of a window also the execution that goes along it. */
typedef struct network {
    lk_graph *graph;
    lk_execution *execution;
    lk_window window;
    int64_t end; /* positions that hold values */
} network;

static lk_model *make_model(lk_context *context, const window_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", 5, &model));
    testing_random_weights(model, 0.5f);
    testing_ok(context, lk_parameters_make_gradients(model->parameters));
    return model;
}

static lk_shape shape_of(const window_case *c, int64_t positions) {
    lk_shape shape = c->shape;
    shape.size[0] = positions;
    shape.size[1] = shape.axes > 1 ? c->width : 0;
    return shape;
}

static network make_network(const lk_model *model, const window_case *c, int64_t positions,
                            lk_plan plan) {
    network n = {0};
    testing_ok(model->context, lk_model_graph_at(model, shape_of(c, positions), &n.graph));
    testing_ok(model->context, lk_execution_create(n.graph, plan, STREAMS, &n.execution));
    return n;
}

/* As many new positions as `width` behind the lookback. */
static network make_window(const lk_model *model, const window_case *c, int64_t width,
                           lk_plan plan) {
    network n = {0};
    testing_ok(model->context,
               lk_model_graph_at(model, shape_of(c, c->lookback + width), &n.graph));
    testing_ok(model->context,
               lk_window_init(&n.window, n.graph, lk_shape_variables(shape_of(c, 1))));
    testing_ok(model->context, lk_execution_create_along(&n.window, plan, STREAMS, &n.execution));
    testing_ok(model->context, lk_execution_window_begin(n.execution, STREAMS));
    return n;
}

static void destroy_network(network *n) {
    lk_execution_destroy(n->execution);
    lk_window_deinit(&n->window);
    lk_graph_destroy(n->graph);
}

/* The whole stream at once, and x[STREAMS][LENGTH * unit]. */
static uint16_t *run_whole(const network *w, const window_case *c) {
    uint16_t *x = malloc((size_t)(STREAMS * w->graph->variables) * sizeof *x);
    for (int64_t i = 0; i < STREAMS * w->graph->variables; i++) {
        x[i] = (uint16_t)lk_random_below((lk_random){3, LK_FOR_CHECK}, (uint64_t)i, 0,
                                         (uint64_t)c->alphabet);
    }
    testing_ok(w->graph->context, lk_execution_forward(w->execution, x, STREAMS));
    return x;
}

static void same_parameters(const network *whole, int64_t variable, const network *n,
                            int64_t there) {
    size_t bytes = (size_t)(STREAMS * lk_graph_channels(whole->graph)) * sizeof(float);
    const float *want = lk_execution_parameters(whole->execution, variable);
    const float *got = lk_execution_parameters(n->execution, there);
    if (memcmp(want, got, bytes) != 0) {
        fail_msg("variable %lld: %.9g in the stream, %.9g in one network", (long long)variable,
                 (double)got[0], (double)want[0]);
    }
}

static void make_room(network *n, int64_t positions) {
    if (n->end + positions > n->window.positions) {
        lk_execution_window_slide(n->execution, n->end);
        n->end = n->window.lookback;
    }
}

/* x[STREAMS][positions * unit] of the positions from `first`. */
static uint16_t *cut(const uint16_t *x, int64_t unit, int64_t first, int64_t positions) {
    uint16_t *piece = malloc((size_t)(STREAMS * positions * unit) * sizeof *piece);
    for (int64_t n = 0; n < STREAMS; n++) {
        memcpy(piece + n * positions * unit, x + (n * LENGTH + first) * unit,
               (size_t)(positions * unit) * sizeof *piece);
    }
    return piece;
}

/* The positions [first, first + positions) of the stream come next. */
static void run_parallel(network *n, const network *whole, const uint16_t *x, int64_t first,
                         int64_t positions) {
    int64_t unit = n->window.unit;
    uint16_t *piece = cut(x, unit, first, positions);
    make_room(n, positions);
    testing_ok(n->graph->context,
               lk_execution_window_forward(n->execution, n->end, n->end + positions, piece));
    for (int64_t v = 0; v < positions * unit; v++) {
        same_parameters(whole, first * unit + v, n, n->end * unit + v);
    }
    n->end += positions;
    free(piece);
}

static void test_lookback(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network n = make_window(model, &cases[i], 3, LK_PLAN_INCREMENTAL);
        assert_int_equal(n.window.lookback, cases[i].lookback);
        destroy_network(&n);
        lk_model_destroy(model);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* How many positions back the cells of the last position read `from`. */
static int64_t read_back(const lk_graph *graph, const lk_node *from, int64_t positions) {
    lk_span spans[LK_SPANS_MOST];
    int64_t most = 0;
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
            int64_t cell = node->cells - node->cells / positions;
            for (; (input < 0 ? node : node->inputs[input]) == from && cell < node->cells; cell++) {
                int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
                for (int32_t s = 0; s < count; s++) {
                    int64_t read = spans[s].first / (from->cells / positions);
                    assert_null(spans[s].by);
                    most = positions - 1 - read > most ? positions - 1 - read : most;
                }
            }
        }
    }
    return most;
}

static const window_case large[] = {
    {"conv1d", {1, {64}}, 1, 65, {"layers=30", "cycle=10", "channels=32"}, 3, 1025},
    {"conv1d", {1, {64}}, 1, 65, {"layers=30", "cycle=10", "channels=32", "kernel=2"}, 4, 513},
    {"charrnn", {1, {64}}, 1, 65, {"layers=2"}, 1, 2},
    {"pixelcnn", {3, {32, 32, 3}}, 32, 8, {"blocks=15", "channels=16", "head=32"}, 3, 4},
};

/* What the readers need is their past and a position that is new, of every node. */
static void test_memory(void **state) {
    static const int64_t width = 16;
    for (int i = 0; i < (int)(sizeof large / sizeof *large); i++) {
        lk_model *model = make_model(*state, &large[i]);
        network n = make_window(model, &large[i], width, LK_PLAN_INCREMENTAL);
        int64_t past = 0, new = 0, whole = lk_execution_bytes(n.graph, LK_PLAN_INCREMENTAL, 1);
        for (int32_t k = 0; k < n.graph->node_count; k++) {
            const lk_node *node = n.graph->nodes[k];
            int64_t bytes = node->cells / n.window.positions * node->channels * 4;
            past += read_back(n.graph, node, n.window.positions) * bytes;
            new += bytes;
        }
        int64_t taken = lk_execution_window_bytes(&n.window, LK_PLAN_INCREMENTAL, 1, width);
        int64_t carried = lk_execution_window_floats(&n.window) * 4;
        int64_t trains = lk_execution_window_bytes(&n.window, LK_PLAN_LEARN, 1, width);
        int64_t whole_trains = lk_execution_bytes(n.graph, LK_PLAN_LEARN, 1);
        printf("%s %s: readers need %lld bytes of the past and %lld for %lld new positions; %lld "
               "are taken, %lld carried; of all nodes alike %lld; in training %lld, %lld\n",
               large[i].family, large[i].set[0], (long long)past, (long long)(new *width),
               (long long)width, (long long)taken, (long long)carried, (long long)whole,
               (long long)trains, (long long)whole_trains);
        assert_true(2 * taken <= 3 * (past + new *width) && taken <= whole);
        assert_true(carried >= past && carried <= past + new);
        assert_true(trains <= whole_trains);
        destroy_network(&n);
        lk_model_destroy(model);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Windows of one size, and of any sizes one after another. */
static void test_parallel_windows(void **state) {
    static const int64_t widths[] = {1, 2, 7, 20, LENGTH};
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network whole = make_network(model, &cases[i], LENGTH, LK_PLAN_EVALUATE);
        uint16_t *x = run_whole(&whole, &cases[i]);
        for (int k = 0; k < 10; k++) {
            network n = make_window(model, &cases[i], widths[k % 5], LK_PLAN_INCREMENTAL);
            for (int64_t at = 0, length; at < LENGTH; at += length) {
                length = k < 5 ? widths[k] : 1 + (at * 5 + 3) % widths[k % 5];
                length = at + length > LENGTH ? LENGTH - at : length;
                run_parallel(&n, &whole, x, at, length);
            }
            destroy_network(&n);
        }
        free(x);
        destroy_network(&whole);
        lk_model_destroy(model);
    }
}

static void test_incremental(void **state) {
    static const int64_t widths[] = {1, 5, LENGTH};
    for (int i = 0; i < CASES * 3; i++) {
        const window_case *c = &cases[i / 3];
        lk_model *model = make_model(*state, c);
        network whole = make_network(model, c, LENGTH, LK_PLAN_EVALUATE);
        network n = make_window(model, c, widths[i % 3], LK_PLAN_INCREMENTAL);
        uint16_t *x = run_whole(&whole, c);
        for (int64_t at = 0; at < LENGTH; at++, n.end++) {
            make_room(&n, 1);
            for (int64_t v = 0; v < n.window.unit; v++) {
                int64_t here = n.end * n.window.unit + v;
                uint16_t values[STREAMS];
                for (int64_t s = 0; s < STREAMS; s++) {
                    values[s] = x[(s * LENGTH + at) * n.window.unit + v];
                }
                testing_ok(*state, lk_execution_window_compute(n.execution, here));
                same_parameters(&whole, at * n.window.unit + v, &n, here);
                lk_execution_set(n.execution, here, values);
            }
        }
        free(x);
        destroy_network(&n);
        destroy_network(&whole);
        lk_model_destroy(model);
    }
}

/* Takes from `from` what the future depends on, and gives it to a window that begins. */
static float *carry(const network *from) {
    size_t floats = (size_t)(lk_execution_window_floats(&from->window) * STREAMS);
    float *carried = malloc(floats * sizeof *carried);
    lk_execution_window_save(from->execution, from->end, carried);
    return carried;
}

static void resume(network *to, const float *carried) {
    testing_ok(to->graph->context, lk_execution_window_begin(to->execution, STREAMS));
    to->end = to->window.lookback;
    lk_execution_window_restore(to->execution, to->end, carried);
}

static void test_saved_and_restored(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network whole = make_network(model, &cases[i], LENGTH, LK_PLAN_EVALUATE);
        uint16_t *x = run_whole(&whole, &cases[i]);
        network first = make_window(model, &cases[i], 8, LK_PLAN_INCREMENTAL);
        network second = make_window(model, &cases[i], 8, LK_PLAN_INCREMENTAL);
        for (int64_t at = 0; at < 23; at++) {
            run_parallel(&first, &whole, x, at, 1);
        }
        float *carried = carry(&first);
        resume(&second, carried);
        for (int64_t at = 23; at + 8 <= LENGTH; at += 8) {
            run_parallel(&second, &whole, x, at, 8);
        }
        free(carried);
        free(x);
        destroy_network(&first);
        destroy_network(&second);
        destroy_network(&whole);
        lk_model_destroy(model);
    }
}

/* ---- truncated back-propagation -------------------------------------------------------------- */

static void test_first_window_has_the_ordinary_gradient(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network whole = make_network(model, &cases[i], LENGTH, LK_PLAN_TRAIN);
        uint16_t *x = run_whole(&whole, &cases[i]);
        testing_ok(*state, lk_execution_backward(whole.execution));
        float *want[64];
        for (int32_t p = 0; p < model->parameters->count; p++) {
            const lk_parameter *parameter = &model->parameters->list[p];
            size_t bytes = (size_t)(parameter->rows * parameter->columns) * sizeof(float);
            want[p] = memcpy(malloc(bytes), parameter->gradient, bytes);
        }
        network n = make_window(model, &cases[i], LENGTH, LK_PLAN_TRAIN);
        run_parallel(&n, &whole, x, 0, LENGTH);
        testing_ok(*state, lk_execution_backward(n.execution));
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
        free(x);
        destroy_network(&n);
        destroy_network(&whole);
        lk_model_destroy(model);
    }
}

#define SEEN 19
#define WIDTH 6

/* Mean NLL of the WIDTH positions behind carried ones, whose values are held. */
static double window_nll(network *n, const uint16_t *x, const float *carried) {
    double nll[STREAMS], total = 0.0;
    resume(n, carried);
    testing_ok(n->graph->context,
               lk_execution_window_forward(n->execution, n->end, n->end + WIDTH, x));
    testing_ok(n->graph->context, lk_execution_nll(n->execution, nll, NULL));
    for (int s = 0; s < STREAMS; s++) {
        total += nll[s] / STREAMS;
    }
    return total;
}

/* The NLL at `step` along a random direction in the space of all parameters; the gradient along
 * it. */
static double nll_along(network *n, const uint16_t *x, const float *carried, lk_model *model,
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
        nll = turn == 0 ? window_nll(n, x, carried) : nll;
    }
    return nll;
}

static void check_directions(network *n, const uint16_t *x, const float *carried, lk_model *model) {
    for (uint64_t direction = 0; direction < 8; direction++) {
        double slope = 0.0, unused = 0.0, h = 0.0005;
        double above = nll_along(n, x, carried, model, direction, (float)h, &slope);
        double below = nll_along(n, x, carried, model, direction, (float)-h, &unused);
        double want = (above - below) / (2.0 * h);
        if (!(fabs(want - slope) <= 0.02 * (1.0 + fabs(want)))) {
            fail_msg("%s: the gradient along a direction is %.6g, by central differences %.6g",
                     model->family->name, slope, want);
        }
    }
}

/* Computed by either schedule. */
static void test_later_windows_hold_what_is_carried(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        network whole = make_network(model, &cases[i], LENGTH, LK_PLAN_EVALUATE);
        uint16_t *x = run_whole(&whole, &cases[i]);
        network n = make_window(model, &cases[i], WIDTH, LK_PLAN_TRAIN);
        for (int64_t at = 0; at < SEEN; at++) {
            run_parallel(&n, &whole, x, at, 1);
        }
        float *carried = carry(&n);
        uint16_t *piece = cut(x, n.window.unit, SEEN, WIDTH);
        window_nll(&n, piece, carried);
        testing_ok(*state, lk_execution_window_backward(n.execution, n.end, n.end + WIDTH));
        check_directions(&n, piece, carried, model);
        free(piece);
        free(carried);
        free(x);
        destroy_network(&n);
        destroy_network(&whole);
        lk_model_destroy(model);
    }
}

/* ---- a given field --------------------------------------------------------------------------- */

/* A stream of 3 symbols, each read from the two before it and from a label of 4 that is the same at
 * every position. */
static lk_graph *make_labelled(lk_context *context, lk_parameters *parameters, int64_t positions) {
    int32_t rank[LENGTH], everywhere[LENGTH] = {0};
    for (int32_t v = 0; v < LENGTH; v++) {
        rank[v] = v;
    }
    lk_field fields[] = {
        {.name = "label", .role = LK_GIVEN, .cells = 1, .alphabet = 4},
        {.name = "data", .cells = positions, .alphabet = 3, .rank = rank},
    };
    lk_graph *graph;
    testing_ok(context, lk_graph_create_fields(context, parameters, fields, 2, &graph));
    lk_node *label = lk_select_cells(graph, graph->fields[0].node, everywhere, positions);
    lk_node *past = lk_embedding(graph, "past", graph->data, 3, 5);
    lk_node *sum =
        lk_add(graph, lk_embedding(graph, "label", label, 4, 5),
               lk_add(graph, lk_shift(graph, past, 1, 0.0f), lk_shift(graph, past, 2, 0.0f)));
    lk_node *logits = lk_dense(graph, "logits", lk_tanh(graph, sum), 3);
    testing_ok(context, lk_graph_finish(graph, logits, &lk_categorical));
    return graph;
}

static void test_a_given_field(void **state) {
    static const uint16_t labels[STREAMS] = {2, 0, 3}, others[STREAMS] = {1, 1, 3};
    lk_context *context = *state;
    lk_parameters *parameters;
    testing_ok(context, lk_parameters_create(context, &parameters));
    network whole = {.graph = make_labelled(context, parameters, LENGTH)};
    network n = {.graph = make_labelled(context, parameters, 9)};
    testing_ok(context, lk_parameters_initialise(parameters, 1));
    testing_ok(context, lk_window_init(&n.window, n.graph, 1));
    assert_int_equal(n.window.lookback, 3);
    testing_ok(context,
               lk_execution_create(whole.graph, LK_PLAN_EVALUATE, STREAMS, &whole.execution));
    testing_ok(context,
               lk_execution_create_along(&n.window, LK_PLAN_INCREMENTAL, STREAMS, &n.execution));
    for (int round = 0; round < 2; round++) {
        const uint16_t *given = round == 0 ? labels : others;
        lk_execution_give(whole.execution, given, STREAMS);
        uint16_t *x = run_whole(&whole, &(window_case){.alphabet = 3});
        lk_execution_give(n.execution, given, STREAMS);
        testing_ok(context, lk_execution_window_begin(n.execution, STREAMS));
        n.end = 0;
        for (int64_t at = 0; at < LENGTH; at++) {
            run_parallel(&n, &whole, x, at, 1);
        }
        free(x);
    }
    destroy_network(&n);
    destroy_network(&whole);
    lk_parameters_destroy(parameters);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookback),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_parallel_windows),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_saved_and_restored),
        cmocka_unit_test(test_first_window_has_the_ordinary_gradient),
        cmocka_unit_test(test_later_windows_hold_what_is_carried),
        cmocka_unit_test(test_a_given_field),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
