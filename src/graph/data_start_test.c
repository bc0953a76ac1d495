/* Data-dependent initialisation of a network with every kind of layer that can be normalised: two
 * colours under a mask, strides down and up, a dense layer, weights that two layers share, dropout,
 * a label. Afterwards every layer's units have mean 0 and standard deviation s over the data, as
 * the network then computes them; the same bits with any instruction set and number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "dist/dist.h"
#include "graph/data_start.h"
#include "graph/execution_inside.h"
#include "graph/weight_norm.h"
#include "ops/ops.h"

#define SEED 20261128
#define SYMBOLS 8 /* of two colours */
#define VARIABLES (2 * SYMBOLS)
#define EXAMPLES 37

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    uint16_t x[EXAMPLES * VARIABLES], given[EXAMPLES];
} network;

typedef const int32_t tap_list[][LK_GRID_AXES];
static const tap_list three = {{-2}, {-1}, {0}};
static const tap_list pair = {{0}, {1}};

static lk_node *conv(lk_graph *graph, const char *name, lk_node *input, int32_t groups,
                     lk_centre centre) {
    lk_conv_options options = {.grid = {1, {SYMBOLS}, groups},
                               .channels = 5,
                               .taps = three,
                               .tap_count = 3,
                               .centre = centre,
                               .bias = true,
                               .init = LK_INIT_HE};
    return lk_normalise_weights(graph, name, lk_conv(graph, name, input, options));
}

static lk_node *dense(lk_graph *graph, const char *name, lk_node *input, int64_t channels) {
    return lk_normalise_weights(graph, name, lk_dense(graph, name, input, channels));
}

/* Down by 2 and up again, over pixels of both colours, a step late. */
static lk_node *coarse(lk_graph *graph, lk_node *fine) {
    lk_conv_options options = {.grid = {1, {SYMBOLS}, 1},
                               .channels = 4,
                               .taps = three,
                               .tap_count = 3,
                               .bias = false,
                               .init = LK_INIT_HE,
                               .stride = {2}};
    lk_node *down = lk_normalise_weights(graph, "down", lk_conv(graph, "down", fine, options));
    options.taps = pair;
    options.tap_count = 2;
    options.channels = 5;
    options.bias = true;
    return lk_normalise_weights(graph, "up", lk_conv_up(graph, "up", lk_elu(graph, down), options));
}

static lk_status build(lk_graph *graph) {
    static const int32_t doubled[VARIABLES] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
    static const int32_t first[SYMBOLS] = {0, 2, 4, 6, 8, 10, 12, 14};
    lk_node *label = graph->fields[lk_graph_find(graph, "label")].node;
    lk_node *node = conv(graph, "colours", graph->data, 2, LK_CENTRE_A);
    node = lk_add_to_all(graph, node, lk_embedding(graph, "label", label, 3, 5));
    node = lk_dropout(graph, lk_concat_elu(graph, node), 0.25);
    node = dense(graph, "shared", node, 5);
    node = dense(graph, "shared", lk_concat_elu(graph, node), 5);
    lk_node *up = coarse(graph, lk_select_cells(graph, node, first, SYMBOLS));
    node = lk_add(graph, node, lk_select_cells(graph, up, doubled, VARIABLES));
    node = lk_gate_linear(graph, dense(graph, "gate", lk_elu(graph, node), 6));
    return lk_graph_finish(graph, dense(graph, "left", node, 1), &lk_bernoulli);
}

static double scale(const char *layer) {
    return strcmp(layer, "gate") == 0 ? 0.1 : strcmp(layer, "left") == 0 ? 0 : 1;
}

static void make(network *n, int threads, const lk_kernels *kernels) {
    int32_t rank[VARIABLES];
    for (int32_t v = 0; v < VARIABLES; v++) {
        rank[v] = v;
    }
    lk_field fields[] = {{.name = "data", .cells = VARIABLES, .alphabet = 2, .rank = rank},
                         {.name = "label", .role = LK_GIVEN, .cells = 1, .alphabet = 3}};
    assert_int_equal(lk_context_create(threads, &n->context), LK_OK);
    n->context->kernels = kernels != NULL ? kernels : n->context->kernels;
    assert_int_equal(lk_parameters_create(n->context, &n->parameters), LK_OK);
    assert_int_equal(lk_graph_create_fields(n->context, n->parameters, fields, 2, &n->graph),
                     LK_OK);
    if (build(n->graph) != LK_OK) {
        fail_msg("%s", lk_context_message(n->context));
    }
    assert_int_equal(lk_parameters_initialise(n->parameters, SEED), LK_OK);
    for (int64_t i = 0; i < EXAMPLES * VARIABLES; i++) {
        n->x[i] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 0, (uint64_t)i, 2);
    }
    for (int64_t i = 0; i < EXAMPLES; i++) {
        n->given[i] = (uint16_t)(i * i % 3);
    }
}

static void release(network *n) {
    lk_graph_destroy(n->graph);
    lk_parameters_destroy(n->parameters);
    lk_context_destroy(n->context);
}

static lk_parameter *find(const network *n, const char *name) {
    int32_t index = lk_parameters_find(n->parameters, name);
    assert_true(index >= 0);
    return &n->parameters->list[index];
}

static void start(network *n) {
    if (lk_data_start(n->graph, n->x, n->given, EXAMPLES, scale) != LK_OK) {
        fail_msg("%s", lk_context_message(n->context));
    }
}

/* Mean and standard deviation of one unit of a node, by an execution that keeps all values. */
static void expect_unit(const lk_execution *e, const lk_node *node, int64_t bands, int64_t unit,
                        double mean, double deviation) {
    double sum = 0, squares = 0;
    int64_t count = 0, channels = node->channels;
    for (int64_t cell = unit / channels; cell < node->cells; cell += bands) {
        for (int64_t i = 0; i < EXAMPLES; i++, count++) {
            double value =
                (double)e->value[node->index][(cell * EXAMPLES + i) * channels + unit % channels];
            sum += value;
            squares += value * value;
        }
    }
    sum /= (double)count;
    double got = sqrt(squares / (double)count - sum * sum);
    if ((mean == mean && !(fabs(sum - mean) <= 1e-5)) || !(fabs(got - deviation) <= 1e-5)) {
        fail_msg("%s, unit %lld: mean %.9g, standard deviation %.9g; expected %g, %g", node->name,
                 (long long)unit, sum, got, mean, deviation);
    }
}

/* The second of two layers that share their weights is what it is. */
static void test_every_layer(void **state) {
    (void)state;
    network n;
    lk_execution *e;
    bool seen[16] = {false};
    int layers = 0;
    make(&n, 2, NULL);
    start(&n);
    assert_int_equal(lk_parameters_make_gradients(n.parameters), LK_OK);
    assert_int_equal(lk_execution_create(n.graph, LK_PLAN_LEARN, EXAMPLES, &e), LK_OK);
    lk_execution_give(e, n.given, EXAMPLES);
    lk_execution_set_training(e, true, 0, 0);
    assert_int_equal(lk_execution_forward(e, n.x, EXAMPLES), LK_OK);
    for (int32_t i = 0; i < n.graph->node_count; i++) {
        const lk_node *node = n.graph->nodes[i];
        const lk_weight_norm *norm =
            node->parameter_count > 0 ? n.parameters->list[node->parameters[0]].norm : NULL;
        if (norm == NULL || seen[node->parameters[0]] || scale(node->name) == 0) {
            continue;
        }
        assert_true(node->parameters[0] < 16);
        seen[node->parameters[0]] = true;
        layers++;
        for (int64_t unit = 0; unit < norm->bands * node->channels; unit++) {
            double mean = node->parameter_count > 1 ? 0 : (double)NAN;
            expect_unit(e, node, norm->bands, unit, mean, scale(node->name));
        }
    }
    assert_int_equal(layers, 5);
    lk_execution_destroy(e);
    release(&n);
}

/* A layer of scale 0, and weights that are no directions and gains, are not touched. */
static void test_leaves_the_rest(void **state) {
    (void)state;
    static const char *const names[] = {"left.weight", "left.gain",   "left.bias",
                                        "label.table", "gate.weight", "up.weight"};
    network a, b;
    make(&a, 1, NULL);
    make(&b, 1, NULL);
    start(&b);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const lk_parameter *p = find(&a, names[i]), *q = find(&b, names[i]);
        assert_memory_equal(p->value, q->value, (size_t)(p->rows * p->columns) * sizeof(float));
    }
    release(&a);
    release(&b);
}

/* It says the same everywhere, so it cannot have another deviation; a layer that begins at zero
 * stays there. */
static void test_still_units(void **state) {
    (void)state;
    network n;
    make(&n, 1, NULL);
    lk_parameter *v = find(&n, "gate.weight"), *g = find(&n, "gate.gain");
    find(&n, "gate.bias")->value[2] = 3;
    for (int64_t r = 0; r < v->rows; r++) {
        v->value[r * v->columns + 2] = 0;
    }
    float before = g->value[2];
    find(&n, "up.gain")->value[1] = 0;
    start(&n);
    assert_true(g->value[2] == before && find(&n, "gate.bias")->value[2] == 0);
    assert_true(find(&n, "up.gain")->value[1] == 0 && isfinite(find(&n, "up.bias")->value[1]));
    release(&n);
}

static void expect_same(const network *a, const network *b, const char *what) {
    for (int32_t i = 0; i < a->parameters->count; i++) {
        const lk_parameter *p = &a->parameters->list[i], *q = &b->parameters->list[i];
        if (memcmp(p->value, q->value, (size_t)(p->rows * p->columns) * sizeof(float)) != 0) {
            fail_msg("%s: %s differs", what, p->name);
        }
    }
}

static void test_same_bits(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    network first;
    make(&first, 1, lk_kernels_named("scalar"));
    start(&first);
    for (int32_t t = 0; t < count; t++) {
        network other;
        make(&other, t + 2, tables[t]);
        start(&other);
        expect_same(&first, &other, tables[t]->isa);
        release(&other);
    }
    release(&first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_layer),
        cmocka_unit_test(test_leaves_the_rest),
        cmocka_unit_test(test_still_units),
        cmocka_unit_test(test_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
