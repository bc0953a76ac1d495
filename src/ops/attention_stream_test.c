/* Two layers of attention along a stream: a window that slides over it, in both schedules, gives
 * the bits of one network over all of it; a position has one cell or two, of ranks of their own or
 * of one. What has no window is refused. Incremental against parallel in any order, with gradients.
 */
#include <stdio.h>

#include "ops/testing_attention.h"

#include "dist/dist.h"
#include "graph/execution.h"

enum { LENGTH = 53, STREAMS = 3, WINDOW = 5, ALPHABET = 4, MOST_UNIT = 2 };

typedef struct stream_case {
    const char *label;
    int64_t unit; /* variables of a position */
    bool apart;   /* they have ranks of their own */
    bool strict;  /* queries from what is before, keys with the symbol itself */
    int64_t window, stride;
    int64_t lookback; /* by hand */
} stream_case;

static const stream_case cases[] = {
    /* One more than is read: with its own key a query reads WINDOW - 1 positions back. */
    {"symbols", 1, true, false, WINDOW, 0, WINDOW},
    {"strict", 1, true, true, WINDOW, 0, WINDOW + 1},
    {"every third", 1, true, false, WINDOW, 3, 3 * (WINDOW - 1) + 1},
    {"pairs in turn", 2, true, true, WINDOW, 0, (WINDOW + 1) / 2 + 1},
    {"pairs at once", 2, false, true, WINDOW + 1, 0, (WINDOW + 1) / 2 + 1},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static int32_t rank_of(const stream_case *c, int64_t variable) {
    return (int32_t)(c->apart ? variable : variable / c->unit);
}

static lk_node *attend(lk_graph *graph, const stream_case *c, const char *name, lk_node *q,
                       lk_node *kv, const int32_t *limit) {
    char text[64];
    lk_node *node[3];
    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s.%d", name, i);
        node[i] = lk_dense(graph, text, i == 0 ? q : kv, 6);
    }
    lk_attention_cut cut = {.stride = c->stride};
    lk_attention_options options = {.heads = 2,
                                    .limit = limit,
                                    .distances = c->window > 0 ? 4 : 0,
                                    .cells_of_position = c->unit,
                                    .dropout = 0.2};
    if (c->stride > 0) {
        options.pattern = lk_attention_strided(&cut);
    }
    options.pattern.window = c->window;
    return lk_attention(graph, name, node[0], node[1], node[2], options);
}

/* What a query has of its own: the symbols before its position. */
static lk_graph *build(lk_context *context, lk_parameters *parameters, const stream_case *c,
                       int64_t positions, const int32_t *order) {
    int64_t variables = positions * c->unit;
    int32_t *rank = lk_allocate(variables, sizeof *rank);
    lk_graph *graph;
    for (int64_t v = 0; v < variables; v++) {
        rank[v] = order != NULL ? order[v] : rank_of(c, v);
    }
    assert_int_equal(lk_graph_create(context, parameters, variables, ALPHABET, rank, &graph),
                     LK_OK);
    lk_node *symbol = lk_embedding(graph, "symbol", graph->data, ALPHABET, 6);
    lk_node *before = order != NULL
                          ? lk_zeros(graph, variables, 6)
                          : lk_shift_from_start(graph, "shift", symbol, c->apart ? 1 : c->unit);
    lk_node *key = c->strict || order != NULL ? symbol : before;
    lk_node *node = attend(graph, c, "first", before, key, graph->fields[0].rank);
    node = lk_tanh(graph, lk_add(graph, node, before));
    node = attend(graph, c, "second", node, c->strict ? lk_add(graph, symbol, node) : node,
                  graph->fields[0].rank);
    lk_graph_finish(graph, lk_dense(graph, "logits", node, ALPHABET), &lk_categorical);
    lk_release(rank);
    return graph;
}

static uint16_t *symbols(int64_t count) {
    uint16_t *x = malloc((size_t)count * sizeof *x);
    for (int64_t i = 0; i < count; i++) {
        x[i] = (uint16_t)lk_random_below((lk_random){3, LK_FOR_CHECK}, (uint64_t)i, 0, ALPHABET);
    }
    return x;
}

/* ---- along a stream -------------------------------------------------------------------------- */

typedef struct bench {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *whole, *graph;
    lk_execution *all, *along;
    lk_window window;
    uint16_t *x;
    int64_t end;
} bench;

static void randomise(lk_parameters *parameters) {
    for (int32_t p = 0; p < parameters->count; p++) {
        lk_parameter *parameter = &parameters->list[p];
        for (int64_t i = 0; i < parameter->rows * parameter->columns; i++) {
            parameter->value[i] =
                0.6f * lk_random_normal((lk_random){7, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)i);
        }
    }
}

static void bench_init(bench *b, const stream_case *c, int64_t width) {
    *b = (bench){.end = 0};
    assert_int_equal(lk_context_create(2, &b->context), LK_OK);
    assert_int_equal(lk_parameters_create(b->context, &b->parameters), LK_OK);
    b->whole = build(b->context, b->parameters, c, LENGTH, NULL);
    assert_int_equal(b->whole->failed, LK_OK);
    randomise(b->parameters);
    b->graph = build(b->context, b->parameters, c, c->lookback + width, NULL);
    assert_int_equal(lk_execution_create(b->whole, LK_PLAN_EVALUATE, STREAMS, &b->all), LK_OK);
    if (lk_window_init(&b->window, b->graph, c->unit) != LK_OK) {
        fail_msg("%s: %s", c->label, lk_context_message(b->context));
    }
    assert_int_equal(lk_execution_create_along(&b->window, LK_PLAN_INCREMENTAL, STREAMS, &b->along),
                     LK_OK);
    assert_int_equal(lk_execution_window_begin(b->along, STREAMS), LK_OK);
    b->x = symbols(STREAMS * LENGTH * c->unit);
    assert_int_equal(lk_execution_forward(b->all, b->x, STREAMS), LK_OK);
}

static void bench_deinit(bench *b) {
    lk_execution_destroy(b->all);
    lk_execution_destroy(b->along);
    lk_window_deinit(&b->window);
    lk_graph_destroy(b->whole);
    lk_graph_destroy(b->graph);
    lk_parameters_destroy(b->parameters);
    lk_context_destroy(b->context);
    free(b->x);
}

static void make_room(bench *b, int64_t positions) {
    if (b->end + positions > b->window.positions) {
        lk_execution_window_slide(b->along, b->end);
        b->end = b->window.lookback;
    }
}

static void require_same(const bench *b, const stream_case *c, int64_t variable, int64_t there) {
    const float *want = lk_execution_parameters(b->all, variable);
    const float *got = lk_execution_parameters(b->along, there);
    if (memcmp(want, got, STREAMS * ALPHABET * sizeof(float)) != 0) {
        fail_msg("%s: variable %lld: %.9g in the stream, %.9g in one network", c->label,
                 (long long)variable, (double)got[0], (double)want[0]);
    }
}

static void test_lookback(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        bench b;
        int64_t shown;
        bench_init(&b, &cases[i], 3);
        assert_int_equal(b.window.lookback, cases[i].lookback);
        /* What is too short to show it tells as much, or more. */
        lk_graph *shorter = build(b.context, b.parameters, &cases[i], 2, NULL);
        assert_int_equal(lk_window_lookback(shorter, cases[i].unit, &shown), LK_OK);
        assert_true(shown >= cases[i].lookback && shown <= cases[i].lookback + cases[i].stride + 1);
        lk_graph_destroy(shorter);
        bench_deinit(&b);
    }
}

static void test_parallel_windows(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        for (int64_t width = 1; width <= 10; width += 3) {
            const stream_case *c = &cases[i];
            bench b;
            bench_init(&b, c, width);
            for (int64_t at = 0, length; at < LENGTH; at += length, b.end += length) {
                uint16_t piece[STREAMS * 10 * MOST_UNIT];
                length = LENGTH - at < width ? LENGTH - at : width;
                for (int64_t n = 0; n < STREAMS; n++) {
                    memcpy(piece + n * length * c->unit, b.x + (n * LENGTH + at) * c->unit,
                           (size_t)(length * c->unit) * sizeof *piece);
                }
                make_room(&b, length);
                assert_int_equal(lk_execution_window_forward(b.along, b.end, b.end + length, piece),
                                 LK_OK);
                for (int64_t v = 0; v < length * c->unit; v++) {
                    require_same(&b, c, at * c->unit + v, b.end * c->unit + v);
                }
            }
            bench_deinit(&b);
        }
    }
}

static void test_incremental(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const stream_case *c = &cases[i];
        bench b;
        bench_init(&b, c, 4);
        for (int64_t at = 0; at < LENGTH; at++, b.end++) {
            make_room(&b, 1);
            for (int64_t v = 0; v < c->unit; v++) {
                int64_t here = b.end * c->unit + v;
                uint16_t values[STREAMS];
                for (int64_t n = 0; n < STREAMS; n++) {
                    values[n] = b.x[(n * LENGTH + at) * c->unit + v];
                }
                if (c->apart || v == 0) {
                    assert_int_equal(lk_execution_window_compute(b.along, c->apart ? here : b.end),
                                     LK_OK);
                }
                require_same(&b, c, at * c->unit + v, here);
                lk_execution_set(b.along, here, values);
            }
        }
        bench_deinit(&b);
    }
}

static void test_without_a_window_it_does_not_stream(void **state) {
    (void)state;
    const stream_case full = {.label = "full", .unit = 1, .apart = true, .strict = true};
    lk_context *context;
    lk_parameters *parameters;
    int64_t lookback;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    lk_graph *graph = build(context, parameters, &full, 9, NULL);
    assert_int_equal(lk_window_lookback(graph, 1, &lookback), LK_UNSUPPORTED);
    assert_non_null(strstr(lk_context_message(context), "first (attention)"));
    assert_non_null(strstr(lk_context_message(context), "without a window"));
    lk_graph_destroy(graph);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

/* ---- in any order ---------------------------------------------------------------------------- */

enum { VARIABLES = 11 };
static const int32_t orders[][VARIABLES] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
    {7, 2, 9, 0, 10, 4, 1, 8, 3, 6, 5},
    {2, 0, 1, 0, 1, 2, 2, 1, 0, 1, 0},
};

static const stream_case any = {.label = "any order", .unit = 1, .apart = true, .strict = true};

/* The mean NLL of the examples, in double. */
static double mean_nll(lk_execution *execution, const uint16_t *x) {
    double nll[STREAMS], sum = 0;
    assert_int_equal(lk_execution_forward(execution, x, STREAMS), LK_OK);
    assert_int_equal(lk_execution_nll(execution, nll, NULL), LK_OK);
    for (int n = 0; n < STREAMS; n++) {
        sum += nll[n] / STREAMS;
    }
    return sum;
}

/* Along the gradient itself the NLL rises as it says. */
static void check_gradient(lk_graph *graph, const uint16_t *x) {
    lk_execution *execution;
    lk_parameters *parameters = graph->parameters;
    assert_int_equal(lk_parameters_make_gradients(parameters), LK_OK);
    assert_int_equal(lk_execution_create(graph, LK_PLAN_TRAIN, STREAMS, &execution), LK_OK);
    mean_nll(execution, x);
    assert_int_equal(lk_execution_backward(execution), LK_OK);
    for (int32_t p = 0; p < parameters->count; p++) {
        lk_parameter *parameter = &parameters->list[p];
        int64_t count = parameter->rows * parameter->columns;
        float held[256], gradient[256];
        double norm = 0, change[2];
        assert_true(count <= 256);
        memcpy(held, parameter->value, (size_t)count * sizeof *held);
        memcpy(gradient, parameter->gradient, (size_t)count * sizeof *held);
        for (int64_t i = 0; i < count; i++) {
            norm += (double)gradient[i] * (double)gradient[i];
        }
        for (int side = 0; side < 2 && norm > 1e-12; side++) {
            for (int64_t i = 0; i < count; i++) {
                double step = (side == 0 ? 0.01 : -0.01) / sqrt(norm);
                parameter->value[i] = (float)((double)held[i] + step * (double)gradient[i]);
            }
            change[side] = mean_nll(execution, x);
            memcpy(parameter->value, held, (size_t)count * sizeof *held);
        }
        double found = norm > 1e-12 ? (change[0] - change[1]) / 0.02 : 0;
        if (!(fabs(found - sqrt(norm)) <= 2e-3 * (0.1 + sqrt(norm)))) {
            fail_msg("%s: the NLL rises by %.6g, the gradient's norm is %.6g", parameter->name,
                     found, sqrt(norm));
        }
    }
    lk_execution_destroy(execution);
}

static void check_order(const int32_t *order) {
    lk_context *context;
    lk_parameters *parameters;
    lk_execution *parallel, *steps;
    assert_int_equal(lk_context_create(2, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    lk_graph *graph = build(context, parameters, &any, VARIABLES, order);
    if (graph->failed != LK_OK) {
        fail_msg("%s", lk_context_message(context));
    }
    randomise(parameters);
    uint16_t *x = symbols(STREAMS * VARIABLES);
    assert_int_equal(lk_execution_create(graph, LK_PLAN_EVALUATE, STREAMS, &parallel), LK_OK);
    assert_int_equal(lk_execution_create(graph, LK_PLAN_INCREMENTAL, STREAMS, &steps), LK_OK);
    assert_int_equal(lk_execution_forward(parallel, x, STREAMS), LK_OK);
    assert_int_equal(lk_execution_begin(steps, STREAMS), LK_OK);
    for (int32_t s = 0; s < graph->steps; s++) {
        assert_int_equal(lk_execution_compute(steps, s), LK_OK);
        for (int64_t v = 0; v < VARIABLES; v++) {
            uint16_t values[STREAMS];
            for (int n = 0; n < STREAMS; n++) {
                values[n] = x[n * VARIABLES + v];
            }
            if (graph->rank[v] == s) {
                assert_memory_equal(lk_execution_parameters(steps, v),
                                    lk_execution_parameters(parallel, v),
                                    STREAMS * ALPHABET * sizeof(float));
                lk_execution_set(steps, v, values);
            }
        }
    }
    check_gradient(graph, x);
    free(x);
    lk_execution_destroy(parallel);
    lk_execution_destroy(steps);
    lk_graph_destroy(graph);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

static void test_any_order(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        check_order(orders[i]);
    }
}

/* A limit one too high reads the variable itself: refused by the proof. */
static void test_a_leak_is_refused(void **state) {
    (void)state;
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    int32_t limit[VARIABLES];
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    assert_int_equal(lk_graph_create(context, parameters, VARIABLES, ALPHABET, orders[1], &graph),
                     LK_OK);
    for (int64_t v = 0; v < VARIABLES; v++) {
        limit[v] = graph->rank[v] + (v == 4);
    }
    lk_node *q = lk_zeros(graph, VARIABLES, 2);
    lk_node *k = lk_embedding(graph, "symbol", graph->data, ALPHABET, 2);
    lk_node *node =
        lk_attention(graph, "leaky", q, k, k, (lk_attention_options){.heads = 1, .limit = limit});
    lk_graph_finish(graph, lk_dense(graph, "logits", node, ALPHABET), &lk_categorical);
    assert_int_equal(graph->failed, LK_CAUSALITY);
    assert_non_null(strstr(lk_context_message(context), "leaky"));
    lk_graph_destroy(graph);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookback),
        cmocka_unit_test(test_parallel_windows),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_without_a_window_it_does_not_stream),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_a_leak_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
