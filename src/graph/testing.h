/* What the tests of slices share: a convolution with dropout and normalised weights, an LSTM that
 * is given a label and drops memory and weights, a MADE whose weights outweigh its values. Included
 * by *_test.c only; not every test uses all of it. */
#ifndef LK_GRAPH_TESTING_H
#define LK_GRAPH_TESTING_H

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
#include "graph/slices.h"
#include "graph/weight_drop.h"
#include "ops/ops.h"

#define SEED 20261126
#define SIDE 9
#define VARIABLES ((int64_t)SIDE * SIDE)
#define BATCH 13

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

static inline lk_node *build(lk_graph *graph, family which) {
    return which == CONVOLUTION  ? build_convolution(graph)
           : which == RECURRENCE ? build_recurrence(graph)
                                 : build_heavy(graph);
}

static inline network make_with(int threads, lk_node *(*build_it)(lk_graph *, family),
                                family which) {
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

static inline network make(int threads, family which) {
    return make_with(threads, build, which);
}

static inline void release(network *n) {
    lk_release(n->x);
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

static inline void fine(const network *n, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s", lk_context_message(n->context));
    }
}

/* What each variable counts in gradients. */
static inline const float *weights(void) {
    static float weight[VARIABLES];
    for (int64_t v = 0; v < VARIABLES; v++) {
        weight[v] = (float)(1 + v % 3);
    }
    return weight;
}

/* What it counts of each example, in likelihoods too: [BATCH][VARIABLES]. */
static inline const float *example_weights(void) {
    static float weight[BATCH * VARIABLES];
    for (int64_t i = 0; i < BATCH * VARIABLES; i++) {
        weight[i] = (float)(i * 7 % 5) / 2.0f;
    }
    return weight;
}

/* All gradients one after another, then zeroed. */
static inline float *take_gradients(const network *n) {
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

#endif
