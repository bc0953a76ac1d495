/* Weight normalisation through a whole network: a convolution of two colours with a mask, and a
 * dense layer. What operations see is g v / |v| to the last bit; the gradients of v and g are
 * the derivatives of that, by central differences in double; schedules and threads give the same
 * bits; beginnings and the unit without a direction are as the header says. */
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
#include "graph/execution.h"
#include "graph/weight_norm.h"
#include "ops/ops.h"

#define SEED 20240701
#define VARIABLES 8
#define EXAMPLES 5

typedef struct network {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
} network;

static lk_status build(lk_graph *graph, bool normalised) {
    static const int32_t taps[][LK_GRID_AXES] = {{-2}, {-1}, {0}};
    lk_conv_options options = {.grid = {1, {VARIABLES / 2}, 2},
                               .channels = 5,
                               .taps = taps,
                               .tap_count = 3,
                               .centre = LK_CENTRE_A,
                               .bias = true,
                               .init = LK_INIT_HE};
    lk_node *node = lk_conv(graph, "conv", graph->data, options);
    node = lk_tanh(graph, normalised ? lk_normalise_weights(graph, "conv", node) : node);
    node = lk_dense(graph, "out", node, 1);
    node = normalised ? lk_normalise_weights(graph, "out", node) : node;
    return lk_graph_finish(graph, node, &lk_bernoulli);
}

static network make(int threads, bool normalised) {
    static const int32_t rank[VARIABLES] = {0, 1, 2, 3, 4, 5, 6, 7};
    network n;
    assert_int_equal(lk_context_create(threads, &n.context), LK_OK);
    assert_int_equal(lk_parameters_create(n.context, &n.parameters), LK_OK);
    assert_int_equal(lk_graph_create(n.context, n.parameters, VARIABLES, 2, rank, &n.graph), LK_OK);
    assert_int_equal(build(n.graph, normalised), LK_OK);
    assert_int_equal(lk_parameters_initialise(n.parameters, SEED), LK_OK);
    assert_int_equal(lk_parameters_make_gradients(n.parameters), LK_OK);
    return n;
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

static int64_t floats(const lk_parameter *p) {
    return p->rows * p->columns;
}

static void randomise(network *n) {
    for (int32_t i = 0; i < n->parameters->count; i++) {
        lk_parameter *p = &n->parameters->list[i];
        for (int64_t e = 0; e < floats(p); e++) {
            p->value[e] =
                lk_random_normal((lk_random){SEED, LK_FOR_CHECK}, (uint64_t)i, (uint64_t)e);
        }
    }
}

static void fill(uint16_t *x) {
    for (int i = 0; i < EXAMPLES * VARIABLES; i++) {
        x[i] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 99, (uint64_t)i, 2);
    }
}

/* The layers, and the rows of their bands: the mask of type A lets the first colour see two taps of
 * two colours, the second one also the first colour of its own pixel. */
static const struct layer {
    const char *weight, *gain, *bias;
    int bands;
    int64_t begin[3];
} layers[] = {{"conv.weight", "conv.gain", "conv.bias", 2, {0, 4, 9}},
              {"out.weight", "out.gain", "out.bias", 1, {0, 5}}};

/* w of a layer from v and g, in double. */
static void derive(const struct layer *layer, int64_t columns, const double *v, const double *g,
                   double *w) {
    for (int b = 0; b < layer->bands; b++) {
        for (int64_t c = 0; c < columns; c++) {
            double sum = 0;
            for (int64_t r = layer->begin[b]; r < layer->begin[b + 1]; r++) {
                sum += v[r * columns + c] * v[r * columns + c];
            }
            for (int64_t r = layer->begin[b]; r < layer->begin[b + 1]; r++) {
                w[r * columns + c] =
                    sum == 0 ? 0 : g[b * columns + c] / sqrt(sum) * v[r * columns + c];
            }
        }
    }
}

static double *widened(const lk_parameter *p) {
    double *wide = malloc((size_t)floats(p) * sizeof *wide);
    for (int64_t e = 0; e < floats(p); e++) {
        wide[e] = (double)p->value[e];
    }
    return wide;
}

/* The plain network with the weights that the normalised one derives. */
static network twin(const network *n) {
    network plain = make(1, false);
    for (int l = 0; l < 2; l++) {
        lk_parameter *to = find(&plain, layers[l].weight), *bias = find(&plain, layers[l].bias);
        double *v = widened(find(n, layers[l].weight)), *g = widened(find(n, layers[l].gain));
        double *w = malloc((size_t)floats(to) * sizeof *w);
        derive(&layers[l], to->columns, v, g, w);
        for (int64_t e = 0; e < floats(to); e++) {
            to->value[e] = (float)w[e];
        }
        memcpy(bias->value, find(n, layers[l].bias)->value, (size_t)floats(bias) * sizeof(float));
        free(v);
        free(g);
        free(w);
    }
    return plain;
}

static void run(const network *n, float *parameters) {
    uint16_t x[EXAMPLES * VARIABLES];
    lk_execution *execution;
    fill(x);
    assert_int_equal(lk_execution_create(n->graph, LK_PLAN_TRAIN, EXAMPLES, &execution), LK_OK);
    assert_int_equal(lk_execution_forward(execution, x, EXAMPLES), LK_OK);
    for (int64_t v = 0; v < VARIABLES; v++) {
        memcpy(parameters + v * EXAMPLES, lk_execution_parameters(execution, v),
               EXAMPLES * sizeof(float));
    }
    assert_int_equal(lk_execution_backward(execution), LK_OK);
    lk_execution_destroy(execution);
}

static void run_by_steps(const network *n, float *parameters) {
    uint16_t x[EXAMPLES * VARIABLES], column[EXAMPLES];
    lk_execution *execution;
    fill(x);
    assert_int_equal(lk_execution_create(n->graph, LK_PLAN_INCREMENTAL, EXAMPLES, &execution),
                     LK_OK);
    assert_int_equal(lk_execution_begin(execution, EXAMPLES), LK_OK);
    for (int32_t v = 0; v < VARIABLES; v++) {
        assert_int_equal(lk_execution_compute(execution, v), LK_OK);
        memcpy(parameters + v * EXAMPLES, lk_execution_parameters(execution, v),
               EXAMPLES * sizeof(float));
        for (int i = 0; i < EXAMPLES; i++) {
            column[i] = x[i * VARIABLES + v];
        }
        lk_execution_set(execution, v, column);
    }
    lk_execution_destroy(execution);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void test_operations_see_the_normalised_weight(void **state) {
    (void)state;
    float got[VARIABLES * EXAMPLES], expected[VARIABLES * EXAMPLES], steps[VARIABLES * EXAMPLES];
    network n = make(1, true);
    randomise(&n);
    network plain = twin(&n);
    run(&n, got);
    run(&plain, expected);
    run_by_steps(&n, steps);
    assert_memory_equal(got, expected, sizeof got);
    assert_memory_equal(got, steps, sizeof got);
    release(&n);
    release(&plain);
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* sum of G w(v, g), whose derivatives by v and g are the gradients when G is that of w. */
static double weighted(const struct layer *layer, const lk_parameter *plain, const double *v,
                       const double *g) {
    double sum = 0, *w = malloc((size_t)floats(plain) * sizeof *w);
    derive(layer, plain->columns, v, g, w);
    for (int64_t e = 0; e < floats(plain); e++) {
        sum += w[e] * (double)plain->gradient[e];
    }
    free(w);
    return sum;
}

static void compare(const struct layer *layer, const lk_parameter *plain, double *v, double *g,
                    double *at, const lk_parameter *p) {
    const double h = 1e-5;
    for (int64_t e = 0; e < floats(p); e++) {
        double held = at[e];
        at[e] = held + h;
        double above = weighted(layer, plain, v, g);
        at[e] = held - h;
        double below = weighted(layer, plain, v, g);
        at[e] = held;
        double expected = (above - below) / (2 * h);
        if (!(fabs((double)p->gradient[e] - expected) <= 1e-6 * (1 + fabs(expected)))) {
            fail_msg("d %s[%lld] = %.9g, expected %.9g", p->name, (long long)e,
                     (double)p->gradient[e], expected);
        }
    }
}

static void test_gradients(void **state) {
    (void)state;
    float unused[VARIABLES * EXAMPLES];
    network n = make(1, true);
    randomise(&n);
    network plain = twin(&n);
    run(&n, unused);
    run(&plain, unused);
    for (int l = 0; l < 2; l++) {
        const lk_parameter *weight = find(&n, layers[l].weight), *gain = find(&n, layers[l].gain);
        double *v = widened(weight), *g = widened(gain);
        compare(&layers[l], find(&plain, layers[l].weight), v, g, v, weight);
        compare(&layers[l], find(&plain, layers[l].weight), v, g, g, gain);
        const lk_parameter *bias = find(&n, layers[l].bias), *same = find(&plain, layers[l].bias);
        assert_memory_equal(bias->gradient, same->gradient, (size_t)floats(bias) * sizeof(float));
        free(v);
        free(g);
    }
    release(&n);
    release(&plain);
}

static void test_any_threads(void **state) {
    (void)state;
    float one[VARIABLES * EXAMPLES], four[VARIABLES * EXAMPLES];
    network a = make(1, true), b = make(4, true);
    randomise(&a);
    randomise(&b);
    run(&a, one);
    run(&b, four);
    assert_memory_equal(one, four, sizeof one);
    for (int32_t i = 0; i < a.parameters->count; i++) {
        const lk_parameter *p = &a.parameters->list[i];
        assert_memory_equal(p->gradient, b.parameters->list[i].gradient,
                            (size_t)floats(p) * sizeof(float));
    }
    release(&a);
    release(&b);
}

/* A direction of length 0 is a weight of 0 and stays where it is; everything else goes on. */
static void test_a_unit_without_direction(void **state) {
    (void)state;
    float got[VARIABLES * EXAMPLES], expected[VARIABLES * EXAMPLES];
    network n = make(1, true);
    randomise(&n);
    lk_parameter *v = find(&n, "conv.weight"), *g = find(&n, "conv.gain");
    for (int64_t r = 4; r < 9; r++) {
        v->value[r * v->columns + 2] = 0;
    }
    network plain = twin(&n);
    run(&n, got);
    run(&plain, expected);
    assert_memory_equal(got, expected, sizeof got);
    assert_true(g->gradient[5 + 2] == 0 && g->gradient[5 + 1] != 0 && g->gradient[2] != 0);
    for (int64_t r = 4; r < 9; r++) {
        assert_true(v->gradient[r * v->columns + 2] == 0 &&
                    isfinite(v->gradient[r * v->columns + 1]));
    }
    release(&n);
    release(&plain);
}

/* ---- beginnings ------------------------------------------------------------------------------ */

static void test_begins_as_without(void **state) {
    (void)state;
    network n = make(1, true);
    for (int l = 0; l < 2; l++) {
        const lk_parameter *p = find(&n, layers[l].weight);
        double *v = widened(p), *g = widened(find(&n, layers[l].gain)),
               *w = malloc((size_t)floats(p) * sizeof *w);
        derive(&layers[l], p->columns, v, g, w);
        for (int64_t e = 0; e < floats(p); e++) {
            assert_true(v[e] != 0 && fabs(w[e] - v[e]) <= 1e-7 * fabs(v[e]));
        }
        free(v);
        free(g);
        free(w);
    }
    release(&n);
}

static void test_begins_at_zero(void **state) {
    (void)state;
    lk_context *context;
    lk_parameters *parameters;
    int32_t weight;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    assert_int_equal(lk_parameters_declare(parameters, "w", 3, 2, LK_INIT_ZERO, &weight), LK_OK);
    assert_int_equal(lk_parameters_normalise(parameters, weight, "g", 1, (int64_t[]){0, 3}), LK_OK);
    assert_int_equal(lk_parameters_initialise(parameters, SEED), LK_OK);
    const lk_parameter *w = &parameters->list[weight],
                       *g = &parameters->list[lk_parameters_find(parameters, "g")];
    assert_true(g->rows == 2 && g->value[0] == 0 && g->value[1] == 0);
    for (int64_t e = 0; e < 6; e++) {
        assert_true(w->value[e] != 0);
    }
    /* Again, as another graph of the same model does, and in units that are not the same. */
    assert_int_equal(lk_parameters_normalise(parameters, weight, "g", 1, (int64_t[]){0, 3}), LK_OK);
    assert_int_equal(parameters->count, 2);
    assert_int_equal(lk_parameters_normalise(parameters, weight, "g", 2, (int64_t[]){0, 1, 3}),
                     LK_MISMATCH);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_see_the_normalised_weight),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_any_threads),
        cmocka_unit_test(test_a_unit_without_direction),
        cmocka_unit_test(test_begins_as_without),
        cmocka_unit_test(test_begins_at_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
