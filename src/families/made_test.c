/* MADE against the paper: masks as equations 12 and 13 define them, in double; and as a
 * distribution: sums to one, is causal, is the same under every schedule, has the gradients that
 * central differences give. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dist/dist.h"
#include "graph/execution.h"
#include "models/model.h"
#include "ops/ops.h"

typedef struct made_case {
    int64_t variables;
    int32_t alphabet;
    const char *order;
    const char *set[8];
    int32_t sets;
} made_case;

static const made_case cases[] = {
    {6, 2, "natural", {"hidden=7"}, 1},
    {6, 2, "reversed", {"hidden=9,5", "activation=tanh", "direct=false"}, 3},
    {5, 2, "random:3", {"hidden=17", "masks=3", "order_agnostic=true"}, 3},
    {6, 2, "natural", {"hidden=4,6", "masks=2", "activation=sigmoid"}, 3},
    {4, 3, "random:1", {"hidden=13"}, 1},
    {3, 5, "natural", {"hidden=8,8", "degrees=random", "activation=softplus"}, 3},
    {6, 2, "natural", {"hidden=40,30", "masks=2", "degrees=near", "shift=2"}, 4},
    {1, 2, "natural", {"hidden=3"}, 1},
};
#define CASES (sizeof cases / sizeof *cases)

static lk_context *context;

static int set_up(void **state) {
    (void)state;
    return lk_context_create(2, &context) == LK_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    lk_context_destroy(context);
    return 0;
}

/* Random biases too: zero ones would hide mistakes. */
static lk_model *make_model(const made_case *c) {
    lk_data_description data = {
        .shape = {1, {c->variables}}, .variables = c->variables, .alphabet = c->alphabet};
    lk_model *model;
    if (lk_model_create(context, "made", c->set, c->sets, data, c->order, 5, &model) != LK_OK) {
        fail_msg("%s", lk_context_message(context));
    }
    lk_random random = {11, LK_FOR_CHECK};
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows && parameter->columns == 1; e++) {
            parameter->value[e] = lk_random_unit(random, (uint64_t)p, (uint64_t)e) - 0.5f;
        }
    }
    return model;
}

static int64_t settings_of(const made_case *c) {
    int64_t size = 1;
    for (int64_t v = 0; v < c->variables; v++) {
        size *= c->alphabet;
    }
    return size;
}

static void decode(const made_case *c, int64_t code, uint16_t *x) {
    for (int64_t v = 0; v < c->variables; v++, code /= c->alphabet) {
        x[v] = (uint16_t)(code % c->alphabet);
    }
}

static void test_sums_to_one(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(&cases[i]);
        for (int32_t variant = 0; variant < lk_model_variants(model); variant++) {
            lk_graph *graph;
            lk_execution *execution;
            assert_int_equal(lk_model_graph(model, variant, &graph), LK_OK);
            assert_int_equal(lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution), LK_OK);
            double total = 0.0, nll;
            uint16_t x[8];
            for (int64_t code = 0; code < settings_of(&cases[i]); code++) {
                decode(&cases[i], code, x);
                assert_int_equal(lk_execution_forward(execution, x, 1), LK_OK);
                assert_int_equal(lk_execution_nll(execution, &nll, NULL), LK_OK);
                total += exp(-nll);
            }
            if (fabs(total - 1.0) > 2e-6) {
                fail_msg("case %zu, mask %d: probabilities sum to %.9f", i, variant, total);
            }
            lk_execution_destroy(execution);
            lk_graph_destroy(graph);
        }
        lk_model_destroy(model);
    }
}

static void test_incremental_equals_parallel(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(&cases[i]);
        for (int32_t variant = 0; variant < lk_model_variants(model); variant++) {
            lk_graph *graph;
            lk_execution *parallel, *incremental;
            assert_int_equal(lk_model_graph(model, variant, &graph), LK_OK);
            assert_int_equal(lk_execution_create(graph, LK_PLAN_EVALUATE, 17, &parallel), LK_OK);
            assert_int_equal(lk_execution_create(graph, LK_PLAN_INCREMENTAL, 17, &incremental),
                             LK_OK);
            uint16_t x[17 * 8], column[17];
            for (int64_t n = 0; n < 17; n++) {
                decode(&cases[i], n * 5 % settings_of(&cases[i]), x + n * graph->variables);
            }
            assert_int_equal(lk_execution_forward(parallel, x, 17), LK_OK);
            assert_int_equal(lk_execution_begin(incremental, 17), LK_OK);
            for (int32_t step = 0; step < graph->steps; step++) {
                assert_int_equal(lk_execution_compute(incremental, step), LK_OK);
                for (int64_t k = graph->rank_begin[step]; k < graph->rank_begin[step + 1]; k++) {
                    int64_t v = graph->by_rank[k];
                    assert_memory_equal(lk_execution_parameters(parallel, v),
                                        lk_execution_parameters(incremental, v),
                                        (size_t)(17 * lk_graph_channels(graph)) * sizeof(float));
                    for (int64_t n = 0; n < 17; n++) {
                        column[n] = x[n * graph->variables + v];
                    }
                    lk_execution_set(incremental, v, column);
                }
            }
            lk_execution_destroy(parallel);
            lk_execution_destroy(incremental);
            lk_graph_destroy(graph);
        }
        lk_model_destroy(model);
    }
}

/* ---- the paper's network, in double, with masks as matrices ---------------------------------- */

typedef struct reference {
    int64_t variables, hidden;
    const float *w, *b, *v, *c, *a; /* W [H][D], b [H], V [D][H], c [D], A [D][D] */
    int32_t degree[64];
} reference;

/* Mean NLL in nats of binary examples: h = max(0, b + (W . M) x), M[k][d] = 1 if m(k) >= d; y = c +
 * (V . M') h + (A . M'') x, M'[d][k] = 1 if d > m(k), M''[d][e] = 1 if d > e, with inputs numbered
 * from 1. */
static double reference_nll(const reference *r, const uint16_t *x, int64_t count, double *bump,
                            const float *bumped) {
    double total = 0.0;
    for (int64_t n = 0; n < count; n++) {
        const uint16_t *xn = x + n * r->variables;
        double h[64];
        for (int64_t k = 0; k < r->hidden; k++) {
            double sum = (double)r->b[k] + (bumped == &r->b[k] ? *bump : 0.0);
            for (int64_t d = 1; d <= r->variables; d++) {
                const float *w = &r->w[k * r->variables + d - 1];
                sum += r->degree[k] >= d ? ((double)*w + (bumped == w ? *bump : 0.0)) * xn[d - 1]
                                         : 0.0;
            }
            h[k] = sum > 0.0 ? sum : 0.0;
        }
        for (int64_t d = 1; d <= r->variables; d++) {
            double y = (double)r->c[d - 1] + (bumped == &r->c[d - 1] ? *bump : 0.0);
            for (int64_t k = 0; k < r->hidden; k++) {
                const float *v = &r->v[(d - 1) * r->hidden + k];
                y += d > r->degree[k] ? ((double)*v + (bumped == v ? *bump : 0.0)) * h[k] : 0.0;
            }
            for (int64_t e = 1; e < d; e++) {
                const float *a = &r->a[(d - 1) * r->variables + e - 1];
                y += ((double)*a + (bumped == a ? *bump : 0.0)) * xn[e - 1];
            }
            total += log1p(exp(xn[d - 1] != 0 ? -y : y));
        }
    }
    return total / (double)count;
}

static const float *values(const lk_model *model, const char *name) {
    int32_t at = lk_parameters_find(model->parameters, name);
    assert_true(at >= 0);
    return model->parameters->list[at].value;
}

static reference make_reference(const lk_model *model, int64_t variables, int64_t hidden) {
    reference r = {variables,
                   hidden,
                   values(model, "hidden1.weight"),
                   values(model, "hidden1.bias"),
                   values(model, "logits.weight"),
                   values(model, "logits.bias"),
                   values(model, "direct.weight"),
                   {0}};
    for (int64_t k = 0; k < hidden; k++) {
        r.degree[k] = (int32_t)(1 + k * (variables - 1) / hidden); /* evenly over 1 .. D - 1 */
    }
    return r;
}

static void test_equals_the_paper(void **state) {
    (void)state;
    made_case c = {9, 2, "natural", {"hidden=31"}, 1};
    lk_model *model = make_model(&c);
    reference r = make_reference(model, 9, 31);
    lk_graph *graph;
    lk_execution *execution;
    assert_int_equal(lk_model_graph(model, 0, &graph), LK_OK);
    assert_int_equal(lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution), LK_OK);
    for (int64_t code = 0; code < 512; code += 7) {
        uint16_t x[9];
        double nll, expected;
        decode(&c, code, x);
        assert_int_equal(lk_execution_forward(execution, x, 1), LK_OK);
        assert_int_equal(lk_execution_nll(execution, &nll, NULL), LK_OK);
        expected = reference_nll(&r, x, 1, NULL, NULL);
        if (fabs(nll - expected) > 1e-5) {
            fail_msg("example %lld: %.8f nats, the paper's equations give %.8f", (long long)code,
                     nll, expected);
        }
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_gradients_match_central_differences(void **state) {
    (void)state;
    made_case c = {9, 2, "natural", {"hidden=31"}, 1};
    lk_model *model = make_model(&c);
    reference r = make_reference(model, 9, 31);
    assert_int_equal(lk_parameters_make_gradients(model->parameters), LK_OK);
    lk_graph *graph;
    lk_execution *execution;
    uint16_t x[13 * 9];
    for (int64_t n = 0; n < 13; n++) {
        decode(&c, n * 39 % 512, x + n * 9);
    }
    assert_int_equal(lk_model_graph(model, 0, &graph), LK_OK);
    assert_int_equal(lk_execution_create(graph, LK_PLAN_TRAIN, 13, &execution), LK_OK);
    assert_int_equal(lk_execution_forward(execution, x, 13), LK_OK);
    assert_int_equal(lk_execution_backward(execution), LK_OK);
    int64_t nonzero = 0;
    for (int32_t p = 0; p < model->parameters->count; p++) {
        const lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            double up = 1e-6, down = -1e-6;
            double difference = (reference_nll(&r, x, 13, &up, parameter->value + e) -
                                 reference_nll(&r, x, 13, &down, parameter->value + e)) /
                                2e-6;
            nonzero += fabs(difference) > 1e-4;
            if (fabs(difference - (double)parameter->gradient[e]) >
                1e-6 + 1e-4 * fabs(difference)) {
                fail_msg("%s[%lld]: gradient %.9g, central difference %.9g", parameter->name,
                         (long long)e, (double)parameter->gradient[e], difference);
            }
        }
    }
    assert_true(nonzero > 100);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_cached_sample_costs_one_pass(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(&cases[i]);
        lk_graph *graph;
        assert_int_equal(lk_model_graph(model, 0, &graph), LK_OK);
        assert_true(lk_graph_multiply_adds_cached(graph) <= lk_graph_multiply_adds_forward(graph));
        assert_int_equal(graph->steps, cases[i].variables);
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_incremental_equals_parallel),
        cmocka_unit_test(test_equals_the_paper),
        cmocka_unit_test(test_gradients_match_central_differences),
        cmocka_unit_test(test_cached_sample_costs_one_pass),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
