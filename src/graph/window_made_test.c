/* Graphs made by hand, run along a stream against one over the whole stream, bit for bit: networks
 * that stride, whose positions are several symbols; several fields; nodes that depend on given
 * fields alone, and on such as are given along the stream. By either schedule, and by both in
 * turns. And what is refused. */
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
#include "graph/execution.h"
#include "ops/ops.h"

#define SEED 20260117
#define SYMBOLS 48 /* of the whole stream */
#define STREAMS 3
#define ALPHABET 3
#define CLASSES 4

typedef struct made_case {
    const char *label;
    int32_t modelled;         /* fields, each with a cell for each symbol */
    int64_t given;            /* cells of a field before these, if any */
    int64_t period, lookback; /* symbols of a position; positions, by hand */
    void (*build)(lk_graph *graph, int64_t symbols);
    bool along; /* two fields are given along it, of 1 and 2 cells for each symbol */
} made_case;

/* ---- graphs ---------------------------------------------------------------------------------- */

static lk_node *conv(lk_graph *graph, const char *name, lk_node *input, int64_t channels,
                     const int32_t (*taps)[LK_GRID_AXES], int32_t count, int32_t stride) {
    lk_conv_options options = {.grid = {1, {input != NULL ? input->cells : 1}, 1},
                               .channels = channels,
                               .taps = taps,
                               .tap_count = count,
                               .bias = true,
                               .init = LK_INIT_HE,
                               .stride = {stride}};
    return lk_conv(graph, name, input, options);
}

/* Cell i of `count` reads cell i / each. */
static lk_node *repeated(lk_graph *graph, lk_node *input, int64_t each, int64_t count) {
    int32_t cell[2 * SYMBOLS];
    for (int64_t i = 0; i < count; i++) {
        cell[i] = (int32_t)(i / each);
    }
    return lk_select_cells(graph, input, cell, count);
}

static lk_node *head(lk_graph *graph, const char *name, lk_node *node) {
    return lk_dense(graph, name, lk_relu(graph, node), ALPHABET);
}

static const int32_t before[][LK_GRID_AXES] = {{-2}, {-1}};
static const int32_t around[][LK_GRID_AXES] = {{-1}, {0}, {1}};
static const int32_t here[][LK_GRID_AXES] = {{-5}, {0}};

/* Pairs of symbols are read by a convolution of stride 2, also ahead within the pair, then by one
 * along the pairs; a symbol gets what its pair's predecessor knows. */
static void build_halved(lk_graph *graph, int64_t symbols) {
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *down = conv(graph, "down", symbol, 5, around, 3, 2);
    down = conv(graph, "coarse", lk_relu(graph, down), 5, here, 2, 1);
    lk_node *up = repeated(graph, lk_shift_from_start(graph, "none", down, 1), 2, symbols);
    lk_node *fine = conv(graph, "fine", symbol, 5, before, 2, 1);
    lk_graph_finish(graph, head(graph, "logits", lk_add(graph, up, fine)), &lk_categorical);
}

/* Pairs, and back to symbols by a transposed convolution, the second of which also reads the pair
 * before. */
static void build_restored(lk_graph *graph, int64_t symbols) {
    static const int32_t two[][LK_GRID_AXES] = {{-1}, {0}}, wide[][LK_GRID_AXES] = {{0}, {1}, {3}};
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *fine = conv(graph, "fine", symbol, 5, before, 2, 1);
    lk_node *down = conv(graph, "down", lk_relu(graph, fine), 6, two, 2, 2);
    lk_conv_options options = {.grid = {1, {symbols}, 1},
                               .channels = 5,
                               .taps = wide,
                               .tap_count = 3,
                               .bias = true,
                               .init = LK_INIT_HE,
                               .stride = {2}};
    lk_node *up = lk_conv_up(graph, "up", lk_relu(graph, down), options);
    lk_graph_finish(graph, head(graph, "logits", lk_add(graph, up, fine)), &lk_categorical);
}

/* Strides 2 and 3, one after another, and a recurrence at the coarsest. */
static void build_sixth(lk_graph *graph, int64_t symbols) {
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *half = lk_relu(graph, conv(graph, "half", symbol, 3, around, 3, 2));
    lk_node *sixth = conv(graph, "sixth", half, 8, around, 3, 3);
    lk_node *state = lk_channels(graph, lk_recurrent_lstm(graph, "state", sixth), 0, 2);
    lk_node *up = repeated(graph, lk_shift(graph, state, 1, 0.5f), 6, symbols);
    lk_node *fine = conv(graph, "fine", symbol, 2, before, 2, 1);
    lk_graph_finish(graph, head(graph, "logits", lk_add(graph, up, fine)), &lk_categorical);
}

/* One position has two variables; the second reads the first. */
static void build_two_fields(lk_graph *graph, int64_t symbols) {
    (void)symbols;
    lk_node *a = lk_embedding(graph, "a", graph->fields[0].node, ALPHABET, 4);
    lk_node *b = lk_embedding(graph, "b", graph->fields[1].node, ALPHABET, 4);
    lk_node *past = lk_shift(graph, lk_add(graph, a, b), 1, 0.0f);
    lk_node *state = lk_recurrent_tanh(graph, "state", lk_dense(graph, "in", past, 6));
    lk_node *first = head(graph, "first", state);
    lk_node *second = head(graph, "second", lk_add(graph, state, lk_dense(graph, "now", a, 6)));
    lk_graph_model(graph, 0, first, &lk_categorical, 0);
    lk_graph_model(graph, 1, second, &lk_categorical, 0);
    lk_graph_close(graph);
}

static const lk_linear_options plain = {.init = LK_INIT_GLOROT, .bias = true};

/* The class counts everywhere; what is made of it has one cell, or as many as there are symbols. */
static void build_class(lk_graph *graph, int64_t symbols) {
    lk_node *label = lk_embedding(graph, "label", graph->fields[0].node, CLASSES, 4);
    lk_node *everywhere = repeated(graph, lk_tanh(graph, label), symbols, symbols);
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *past = conv(graph, "past", symbol, 4, before, 2, 1);
    past = lk_add_to_all(graph, lk_add(graph, past, everywhere), label);
    lk_graph_finish(graph, head(graph, "logits", past), &lk_categorical);
}

/* 7 given values, which do not repeat, are read whole. */
static void build_seven(lk_graph *graph, int64_t symbols) {
    (void)symbols;
    lk_node *units = lk_dense_linear(graph, "units", graph->fields[0].node, 4, plain);
    lk_node *vector = lk_cells_to_channels(graph, lk_tanh(graph, units), 4);
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *past = lk_recurrent_tanh(graph, "state", lk_shift(graph, symbol, 1, 0.0f));
    lk_graph_finish(graph, head(graph, "logits", lk_add_to_all(graph, past, vector)),
                    &lk_categorical);
}

/* Of what is given along: one field as it is, of the other what stands before, which outlasts its
 * position; and the first alone is an output's past, so that nothing of the data is. */
static lk_node *read_along(lk_graph *graph, int64_t symbols) {
    int32_t second[2 * SYMBOLS];
    for (int64_t i = 0; i < symbols; i++) {
        second[i] = (int32_t)(2 * i + 1);
    }
    lk_node *one = lk_embedding(graph, "one", graph->fields[0].node, CLASSES, 4);
    lk_node *other = lk_select_cells(graph, graph->fields[1].node, second, symbols);
    other = lk_embedding(graph, "other", other, CLASSES, 4);
    return lk_add(graph, one, conv(graph, "above", lk_tanh(graph, other), 4, before, 2, 1));
}

static void build_slower(lk_graph *graph, int64_t symbols) {
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *state = lk_recurrent_tanh(graph, "state", lk_shift(graph, symbol, 1, 0.0f));
    lk_node *given = read_along(graph, symbols);
    lk_node *both = lk_add(graph, given, lk_multiply(graph, state, given));
    lk_graph_finish(graph, head(graph, "logits", both), &lk_categorical);
}

/* Pairs of symbols, and nothing of the data. */
static void build_slower_pairs(lk_graph *graph, int64_t symbols) {
    lk_node *down = conv(graph, "down", read_along(graph, symbols), 4, around, 2, 2);
    lk_node *up = repeated(graph, lk_relu(graph, down), 2, symbols);
    lk_graph_finish(graph, head(graph, "logits", up), &lk_categorical);
}

static const made_case cases[] = {
    {"halved", 1, 0, 2, 6, build_halved, false},
    {"a sixth", 1, 0, 6, 2, build_sixth, false},
    {"two fields", 2, 0, 1, 2, build_two_fields, false},
    {"a class", 1, 1, 1, 3, build_class, false},
    {"seven", 1, 7, 1, 2, build_seven, false},
    {"restored", 1, 0, 2, 2, build_restored, false},
    {"slower", 1, 0, 1, 3, build_slower, true},
    {"slower pairs", 1, 0, 2, 2, build_slower_pairs, true},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* ---- streams --------------------------------------------------------------------------------- */

typedef struct fixture {
    lk_context *context;
    lk_parameters *parameters;
    const made_case *c;
    lk_graph *graph; /* of the whole stream */
    lk_execution *whole;
    uint16_t *x; /* [STREAMS][variables] */
    uint16_t given[STREAMS * 8];
    uint16_t along[STREAMS * SYMBOLS * 3]; /* as the whole graph takes it */
} fixture;

static void ok(lk_context *context, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s: %s", lk_status_text(status), lk_context_message(context));
    }
}

/* The variables of a symbol come one after another, whatever their fields. */
static lk_graph *make_graph(fixture *f, int64_t symbols) {
    int32_t rank[2][SYMBOLS * 2];
    lk_field fields[4] = {{.name = "given", .role = LK_GIVEN, .cells = f->c->given, .alphabet = 4}};
    int32_t count = f->c->given > 0 ? 1 : 0;
    for (int32_t k = 1; k <= 2 && f->c->along; k++) {
        fields[count++] = (lk_field){.name = k == 1 ? "slow" : "slower",
                                     .role = LK_ALONG,
                                     .cells = k * symbols,
                                     .alphabet = CLASSES};
    }
    for (int32_t m = 0; m < f->c->modelled; m++) {
        for (int64_t i = 0; i < symbols; i++) {
            rank[m][i] = (int32_t)(i * f->c->modelled + m);
        }
        fields[count++] = (lk_field){.name = m == 0 ? "data" : "more",
                                     .cells = symbols,
                                     .alphabet = ALPHABET,
                                     .rank = rank[m]};
    }
    lk_graph *graph;
    ok(f->context, lk_graph_create_fields(f->context, f->parameters, fields, count, &graph));
    f->c->build(graph, symbols);
    ok(f->context, graph->failed);
    assert_true(graph->finished);
    return graph;
}

static void randomise(lk_parameters *parameters) {
    for (int32_t p = 0; p < parameters->count; p++) {
        lk_parameter *parameter = &parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] =
                0.5f * lk_random_normal((lk_random){SEED, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)e);
        }
    }
}

static void begin_case(fixture *f, const made_case *c, lk_plan plan) {
    *f = (fixture){.c = c};
    ok(NULL, lk_context_create(2, &f->context));
    ok(f->context, lk_parameters_create(f->context, &f->parameters));
    f->graph = make_graph(f, SYMBOLS);
    randomise(f->parameters);
    ok(f->context, lk_parameters_make_gradients(f->parameters));
    f->x = lk_allocate(STREAMS * f->graph->variables, sizeof *f->x);
    for (int64_t i = 0; i < STREAMS * f->graph->variables; i++) {
        f->x[i] =
            (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 77, (uint64_t)i, ALPHABET);
    }
    for (int i = 0; i < STREAMS * 8; i++) {
        f->given[i] = (uint16_t)((i * 5 + 1) % CLASSES);
    }
    for (int64_t i = 0; i < STREAMS * SYMBOLS * 3; i++) {
        f->along[i] =
            (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 78, (uint64_t)i, CLASSES);
    }
    ok(f->context, lk_execution_create(f->graph, plan, STREAMS, &f->whole));
    lk_execution_give(f->whole, f->given, STREAMS);
    lk_execution_set_along(f->whole, f->along);
    ok(f->context, lk_execution_forward(f->whole, f->x, STREAMS));
}

static void end_case(fixture *f) {
    lk_execution_destroy(f->whole);
    lk_graph_destroy(f->graph);
    lk_release(f->x);
    lk_parameters_destroy(f->parameters);
    lk_context_destroy(f->context);
}

/* A window that goes along the streams. */
typedef struct along {
    fixture *f;
    lk_graph *graph;
    lk_window window;
    lk_execution *execution;
    int64_t end, seen; /* positions: of the window that hold values; of the streams */
    uint16_t given[STREAMS * SYMBOLS * 3]; /* along the next call's */
} along;

static void begin_along(along *a, fixture *f, int64_t width, lk_plan plan) {
    const made_case *c = f->c;
    *a = (along){.f = f, .graph = make_graph(f, (c->lookback + width) * c->period)};
    int64_t period = 0;
    ok(f->context, lk_window_period(a->graph, &period));
    assert_int_equal(period, c->period);
    ok(f->context, lk_window_init(&a->window, a->graph, period * c->modelled));
    assert_int_equal(a->window.lookback, c->lookback);
    ok(f->context, lk_execution_create_along(&a->window, plan, STREAMS, &a->execution));
    lk_execution_give(a->execution, f->given, STREAMS);
    ok(f->context, lk_execution_window_begin(a->execution, STREAMS));
}

static void end_along(along *a) {
    lk_execution_destroy(a->execution);
    lk_window_deinit(&a->window);
    lk_graph_destroy(a->graph);
}

static void make_room(along *a, int64_t positions) {
    if (a->end + positions > a->window.positions) {
        lk_execution_window_slide(a->execution, a->end);
        a->end = a->window.lookback;
    }
}

/* The variable of the whole graph at `place` of the streams. */
static int64_t variable_of(const along *a, int64_t place) {
    const made_case *c = a->f->c;
    int64_t position = place / a->window.unit, rest = place % a->window.unit;
    int64_t field = rest / c->period, symbol = position * c->period + rest % c->period;
    return field * SYMBOLS + symbol;
}

static void same_parameters(const along *a, int64_t place, int64_t window_place) {
    int64_t want = variable_of(a, place);
    int64_t got = lk_window_variable(&a->window, window_place);
    if (memcmp(lk_execution_parameters(a->f->whole, want),
               lk_execution_parameters(a->execution, got),
               (size_t)(STREAMS * ALPHABET) * sizeof(float)) != 0) {
        fail_msg("%s: place %lld differs", a->f->c->label, (long long)place);
    }
}

/* Of the next positions, each with its part of one field and then of the other. */
static void give_along(along *a, int64_t positions) {
    int64_t period = a->f->c->period;
    uint16_t *to = a->given;
    for (int64_t i = 0; i < STREAMS * positions && a->f->c->along; i++) {
        const uint16_t *from = a->f->along + i / positions * SYMBOLS * 3;
        int64_t symbol = (a->seen + i % positions) * period;
        memcpy(to, from + symbol, (size_t)period * sizeof *to);
        memcpy(to + period, from + SYMBOLS + 2 * symbol, (size_t)(2 * period) * sizeof *to);
        to += 3 * period;
    }
    lk_execution_set_along(a->execution, a->given);
}

static void run_parallel(along *a, int64_t positions) {
    int64_t unit = a->window.unit, first = a->seen * unit, count = positions * unit;
    uint16_t x[STREAMS * SYMBOLS * 2];
    make_room(a, positions);
    for (int64_t i = 0; i < STREAMS * count; i++) {
        x[i] = a->f->x[i / count * a->f->graph->variables + variable_of(a, first + i % count)];
    }
    give_along(a, positions);
    ok(a->f->context, lk_execution_window_forward(a->execution, a->end, a->end + positions, x));
    for (int64_t i = 0; i < count; i++) {
        same_parameters(a, first + i, a->end * unit + i);
    }
    a->end += positions;
    a->seen += positions;
}

/* A position, one of its steps after another. */
static void run_steps(along *a) {
    const made_case *c = a->f->c;
    int64_t unit = a->window.unit;
    make_room(a, 1);
    give_along(a, 1);
    for (int64_t step = 0; step < unit; step++) {
        int64_t k =
            step % c->modelled * c->period + step / c->modelled; /* in the order of fields */
        int64_t place = a->seen * unit + k, here_place = a->end * unit + k;
        uint16_t values[STREAMS];
        ok(a->f->context,
           lk_execution_window_compute(a->execution, a->end * a->window.steps + step));
        same_parameters(a, place, here_place);
        for (int64_t s = 0; s < STREAMS; s++) {
            values[s] = a->f->x[s * a->f->graph->variables + variable_of(a, place)];
        }
        lk_execution_set(a->execution, lk_window_variable(&a->window, here_place), values);
    }
    a->end++;
    a->seen++;
}

static int64_t positions_left(const along *a) {
    return SYMBOLS / a->f->c->period - a->seen;
}

static void test_parallel(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        fixture f;
        begin_case(&f, &cases[i], LK_PLAN_EVALUATE);
        for (int64_t width = 1; width <= 5; width++) {
            along a;
            begin_along(&a, &f, width, LK_PLAN_INCREMENTAL);
            while (positions_left(&a) > 0) {
                int64_t length = 1 + a.seen * 7 % width;
                run_parallel(&a, length < positions_left(&a) ? length : positions_left(&a));
            }
            end_along(&a);
        }
        end_case(&f);
    }
}

static void test_incremental(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        fixture f;
        begin_case(&f, &cases[i], LK_PLAN_EVALUATE);
        for (int64_t width = 1; width <= 5; width += 2) {
            along a;
            begin_along(&a, &f, width, LK_PLAN_INCREMENTAL);
            while (positions_left(&a) > 0) {
                run_steps(&a);
            }
            end_along(&a);
        }
        end_case(&f);
    }
}

/* Saved after either schedule, restored into another window. */
static void carry_over(const along *from, along *to) {
    size_t floats = (size_t)(lk_execution_window_floats(&from->window) * STREAMS);
    float *values = lk_allocate((int64_t)floats, sizeof *values);
    ok(from->f->context, lk_execution_window_settle(from->execution, from->end));
    lk_execution_window_save(from->execution, from->end, values);
    begin_along(to, from->f, 4, LK_PLAN_INCREMENTAL);
    to->seen = from->seen;
    to->end = from->end < to->window.lookback ? from->end : to->window.lookback;
    lk_execution_window_restore(to->execution, to->end, values);
    lk_release(values);
}

static void test_both_in_turns(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        fixture f;
        begin_case(&f, &cases[i], LK_PLAN_EVALUATE);
        along a, b;
        begin_along(&a, &f, 2, LK_PLAN_INCREMENTAL);
        for (int turn = 0; positions_left(&a) > 0; turn++) {
            if (turn % 3 == 0) {
                run_parallel(&a, positions_left(&a) > 1 ? 2 : 1);
            } else {
                run_steps(&a);
            }
            carry_over(&a, &b);
            for (int more = 0; more < 3 && positions_left(&b) > 0; more++) {
                if ((turn + more) % 2 == 0) {
                    run_parallel(&b, 1);
                } else {
                    run_steps(&b);
                }
            }
            end_along(&b);
        }
        end_along(&a);
        end_case(&f);
    }
}

/* ---- gradients ------------------------------------------------------------------------------- */

static float *take_gradients(const lk_parameters *parameters) {
    float *all = lk_allocate(lk_parameters_total(parameters), sizeof *all), *at = all;
    for (int32_t p = 0; p < parameters->count; p++) {
        const lk_parameter *parameter = &parameters->list[p];
        int64_t floats = parameter->rows * parameter->columns;
        memcpy(at, parameter->gradient, (size_t)floats * sizeof *at);
        at += floats;
    }
    return all;
}

/* The whole stream in one window, by either schedule. */
static void test_gradients(void **state) {
    (void)state;
    for (int i = 0; i < CASES * 2; i++) {
        fixture f;
        along a;
        begin_case(&f, &cases[i / 2], LK_PLAN_TRAIN);
        ok(f.context, lk_execution_backward(f.whole));
        float *want = take_gradients(f.parameters);
        begin_along(&a, &f, SYMBOLS / f.c->period, LK_PLAN_TRAIN);
        if (i % 2 == 0) {
            run_parallel(&a, SYMBOLS / f.c->period);
        }
        while (positions_left(&a) > 0) {
            run_steps(&a);
        }
        ok(f.context, lk_execution_window_backward(a.execution, 0, a.end));
        float *got = take_gradients(f.parameters);
        for (int64_t e = 0; e < lk_parameters_total(f.parameters); e++) {
            if (got[e] != want[e]) {
                fail_msg("%s: gradient %lld is %.9g, in one network %.9g", f.c->label, (long long)e,
                         (double)got[e], (double)want[e]);
            }
        }
        lk_release(got);
        lk_release(want);
        end_along(&a);
        end_case(&f);
    }
}

/* Window after window, each passed over by backward: in parallel, step by step, and in pieces. */
static void test_gradients_along(void **state) {
    (void)state;
    static const int64_t width = 4;
    for (int i = 0; i < CASES; i++) {
        fixture f;
        along a, b;
        begin_case(&f, &cases[i], LK_PLAN_EVALUATE);
        begin_along(&a, &f, width, LK_PLAN_TRAIN);
        begin_along(&b, &f, width, LK_PLAN_TRAIN);
        for (int turn = 0; positions_left(&a) >= width; turn++) {
            run_parallel(&a, width);
            ok(f.context, lk_execution_window_backward(a.execution, a.end - width, a.end));
            float *want = take_gradients(f.parameters);
            make_room(&b, width);
            for (int64_t k = 0; k < width; k += turn % 3 == 2 && k == 0 ? 2 : 1) {
                if (turn % 3 == 2 && k == 0) {
                    run_parallel(&b, 2);
                } else {
                    run_steps(&b);
                }
            }
            ok(f.context, lk_execution_window_backward(b.execution, b.end - width, b.end));
            float *got = take_gradients(f.parameters);
            assert_memory_equal(got, want, (size_t)lk_parameters_total(f.parameters) * sizeof *got);
            lk_release(got);
            lk_release(want);
        }
        end_along(&a);
        end_along(&b);
        end_case(&f);
    }
}

/* What depends on parameters and on no variable follows them. */
static void test_weights_change(void **state) {
    (void)state;
    for (int train = 0; train < 2; train++) {
        fixture f;
        along a;
        begin_case(&f, &cases[3], LK_PLAN_EVALUATE);
        begin_along(&a, &f, 4, train == 1 ? LK_PLAN_TRAIN : LK_PLAN_INCREMENTAL);
        int32_t label = lk_parameters_find(f.parameters, "label.table");
        for (int64_t e = 0; e < 4 * CLASSES; e++) {
            f.parameters->list[label].value[e] += 1.0f;
        }
        ok(f.context, lk_execution_forward(f.whole, f.x, STREAMS));
        if (train == 0) {
            ok(f.context, lk_execution_weights_changed(a.execution));
        }
        run_parallel(&a, 4);
        run_steps(&a);
        end_along(&a);
        end_case(&f);
    }
}

/* ---- what is kept ---------------------------------------------------------------------------- */

/* By hand, of "halved": the embedding is read by `fine` two symbols back, a pair, and `down` comes
 * late; that reads one symbol of the pair before, and `coarse` five pairs back. */
static void test_kept(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t kept;
        bool late, brief;
    } want[] = {{"data", 1, true, false},   {"embedding", 2, true, false}, {"down", 1, true, true},
                {"coarse", 1, true, false}, {"none", 0, false, true},      {"fine", 0, false, true},
                {"logits", 0, false, false}};
    fixture f;
    along a;
    begin_case(&f, &cases[0], LK_PLAN_EVALUATE);
    begin_along(&a, &f, 3, LK_PLAN_INCREMENTAL);
    for (int i = 0; i < (int)(sizeof want / sizeof *want); i++) {
        for (int32_t n = 0; n < a.graph->node_count; n++) {
            const lk_window_node *w = &a.window.nodes[n];
            if (strcmp(a.graph->nodes[n]->name, want[i].name) == 0 &&
                (w->kept != want[i].kept || w->late != want[i].late || w->brief != want[i].brief)) {
                fail_msg("%s: kept %lld, late %d, brief %d", want[i].name, (long long)w->kept,
                         w->late, w->brief);
            }
        }
    }
    end_along(&a);
    end_case(&f);
}

/* ---- what is refused ------------------------------------------------------------------------- */

/* A given value for each symbol is not the same at each position. */
static void build_other_each(lk_graph *graph, int64_t symbols) {
    (void)symbols;
    lk_node *told = lk_embedding(graph, "told", graph->fields[0].node, CLASSES, 4);
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *past = lk_shift(graph, symbol, 1, 0.0f);
    lk_graph_finish(graph, head(graph, "logits", lk_add(graph, past, told)), &lk_categorical);
}

/* Reads what stands at twice its own place. */
static void build_stretched(lk_graph *graph, int64_t symbols) {
    lk_node *symbol = lk_embedding(graph, "embedding", graph->data, ALPHABET, 4);
    lk_node *past = repeated(graph, lk_shift(graph, symbol, 1, 0.0f), 2, symbols);
    lk_graph_finish(graph, head(graph, "logits", past), &lk_categorical);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        made_case c;
        int64_t unit;
        const char *part;
    } refused[] = {
        {{"each", 1, 12, 1, 1, build_other_each, false},
         1,
         "depends on no variable, and these differ"},
        {{"stretched", 1, 0, 1, 1, build_stretched, false}, 1, "read differently"},
        {{"not whole", 1, 0, 1, 1, build_halved, false}, 1, "not equally many cells"},
        {{"not whole", 1, 0, 1, 1, build_sixth, false}, 4, "not equally many cells"},
    };
    for (int i = 0; i < (int)(sizeof refused / sizeof *refused); i++) {
        fixture f = {.c = &refused[i].c};
        lk_window window;
        int64_t lookback;
        ok(NULL, lk_context_create(1, &f.context));
        ok(f.context, lk_parameters_create(f.context, &f.parameters));
        f.graph = make_graph(&f, 12);
        assert_int_equal(lk_window_lookback(f.graph, refused[i].unit, &lookback), LK_UNSUPPORTED);
        assert_int_equal(lk_window_init(&window, f.graph, refused[i].unit), LK_UNSUPPORTED);
        if (strstr(lk_context_message(f.context), refused[i].part) == NULL) {
            fail_msg("%s: %s", refused[i].c.label, lk_context_message(f.context));
        }
        lk_graph_destroy(f.graph);
        lk_parameters_destroy(f.parameters);
        lk_context_destroy(f.context);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_incremental),
        cmocka_unit_test(test_both_in_turns),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_gradients_along),
        cmocka_unit_test(test_weights_change),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
