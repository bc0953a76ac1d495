/* What the tests of the model families share: small models and data in memory, and the checks that
 * every family must pass. Included by *_test.c only. */
#ifndef LK_MODELS_TESTING_H
#define LK_MODELS_TESTING_H

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
#include "graph/execution.h"
#include "models/model.h"

static inline lk_context *testing_context(int threads) {
    lk_context *context;
    lk_status status = lk_context_create(threads, &context);
    if (status != LK_OK) {
        fail_msg("no context: %s", lk_context_message(context));
    }
    return context;
}

/* A context with two workers for all tests of a group: for cmocka. */
static inline int testing_set_up(void **state) {
    *state = testing_context(2);
    return 0;
}

/* One without workers. */
static inline int testing_set_up_alone(void **state) {
    *state = testing_context(1);
    return 0;
}

static inline int testing_tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

static inline void testing_ok(lk_context *context, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s: %s", lk_status_text(status), lk_context_message(context));
    }
}

/* status must be `expected` and the message contain `part`. */
static inline void testing_refused(lk_context *context, lk_status status, lk_status expected,
                                   const char *part) {
    if (status != expected || strstr(lk_context_message(context), part) == NULL) {
        fail_msg("expected '%s' with \"%s\"; got '%s': %s", lk_status_text(expected), part,
                 lk_status_text(status), lk_context_message(context));
    }
}

static inline lk_data_description testing_data(int64_t variables, int32_t alphabet) {
    return (lk_data_description){
        .shape = {.axes = 1, .size = {variables}}, .variables = variables, .alphabet = alphabet};
}

static inline lk_model *testing_model(lk_context *context, const char *family,
                                      const char *const *assignments, int32_t count,
                                      int64_t variables, int32_t alphabet, const char *order,
                                      uint64_t seed) {
    lk_model *model;
    testing_ok(context, lk_model_create(context, family, assignments, count,
                                        testing_data(variables, alphabet), order, seed, &model));
    return model;
}

/* Weights that make every conditional depend on what it may: also those that start at zero, which
 * would hide mistakes. */
static inline void testing_random_weights_of(lk_model *model, float weight, uint64_t seed) {
    lk_random random = {seed, LK_FOR_CHECK};
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] = weight * lk_random_normal(random, (uint64_t)p, (uint64_t)e);
        }
    }
}

static inline void testing_random_weights(lk_model *model, float weight) {
    testing_random_weights_of(model, weight, 11);
}

/* x[count][variables], each value as likely as any other. */
/* All weights of parameters whose names contain `part`. */
static inline void testing_set_weights(lk_model *model, const char *part, float value) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0;
             strstr(parameter->name, part) != NULL && e < parameter->rows * parameter->columns;
             e++) {
            parameter->value[e] = value;
        }
    }
}

/* All weights of the one, by their names, become the other's, which may have more. */
static inline void testing_copy_weights(const lk_model *from, lk_model *to) {
    for (int32_t p = 0; p < from->parameters->count; p++) {
        const lk_parameter *parameter = &from->parameters->list[p];
        int32_t at = lk_parameters_find(to->parameters, parameter->name);
        assert_true(at >= 0);
        memcpy(to->parameters->list[at].value, parameter->value,
               (size_t)(parameter->rows * parameter->columns) * sizeof(float));
    }
}

static inline void testing_random_values(const lk_model *model, int64_t count, uint64_t seed,
                                         uint16_t *x) {
    lk_random random = {seed, LK_FOR_CHECK};
    for (int64_t i = 0; i < count * model->data.variables; i++) {
        x[i] = (uint16_t)lk_random_below(random, 0, (uint64_t)i, (uint64_t)model->data.alphabet);
    }
}

/* Examples in memory, all 0. */
static inline lk_dataset *testing_dataset(lk_context *context, int64_t examples, int64_t variables,
                                          int32_t alphabet) {
    lk_dataset *dataset;
    lk_shape shape = {.axes = 1, .size = {variables}};
    testing_ok(context,
               lk_dataset_create(context, "test data", shape, examples, alphabet, &dataset));
    return dataset;
}

/* Random values whose variables depend on each other: x_v leans on x_{v-1}. */
static inline lk_dataset *testing_random_data(lk_context *context, int64_t examples,
                                              int64_t variables, int32_t alphabet, uint64_t seed) {
    lk_dataset *dataset = testing_dataset(context, examples, variables, alphabet);
    lk_random random = {seed, LK_FOR_CHECK};
    for (int64_t n = 0; n < examples; n++) {
        uint16_t *x = dataset->values + n * variables;
        for (int64_t v = 0; v < variables; v++) {
            bool copy = v > 0 && lk_random_unit(random, (uint64_t)n, (uint64_t)(2 * v)) < 0.6f;
            x[v] = copy ? x[v - 1]
                        : (uint16_t)lk_random_below(random, (uint64_t)n, (uint64_t)(2 * v + 1),
                                                    (uint64_t)alphabet);
        }
    }
    return dataset;
}

static inline void testing_fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                               uint64_t seed) {
    lk_fit_options options = {.seed = seed};
    testing_ok(model->context, model->family->fit(model, train, valid, &options));
}

/* What every example is given along, [graph->along], set by tests of models that are given such. */
static uint16_t *testing_along;

/* Every example gets the same label, if the network takes one, and the same along. */
static inline void testing_give(lk_execution *execution, const lk_graph *graph, int64_t count,
                                uint16_t label) {
    static uint16_t along[1 << 16];
    assert_true(count * graph->along <= (1 << 16));
    for (int64_t i = 0; i < count * graph->along; i++) {
        along[i] = testing_along[i % graph->along];
    }
    lk_execution_set_along(execution, along);
    uint16_t *given = malloc((size_t)count * sizeof *given);
    assert_true(graph->given <= 1);
    for (int64_t n = 0; n < count; n++) {
        given[n] = label;
    }
    lk_execution_give(execution, given, count);
    free(given);
}

/* NLL of each example by the parallel schedule of a variant, given a label. */
static inline void testing_nll_of(const lk_model *model, int32_t variant, const uint16_t *x,
                                  int64_t count, uint16_t label, double *nll_nats) {
    lk_graph *graph;
    lk_execution *execution;
    testing_ok(model->context, lk_model_graph(model, variant, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, count, &execution));
    testing_give(execution, graph, count, label);
    testing_ok(model->context, lk_execution_forward(execution, x, count));
    testing_ok(model->context, lk_execution_nll(execution, nll_nats, NULL));
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
}

/* Of variant 0. */
static inline void testing_nll_given(const lk_model *model, const uint16_t *x, int64_t count,
                                     uint16_t label, double *nll_nats) {
    testing_nll_of(model, 0, x, count, label, nll_nats);
}

/* Given the first label. */
static inline void testing_nll(const lk_model *model, const uint16_t *x, int64_t count,
                               double *nll_nats) {
    testing_nll_given(model, x, count, 0, nll_nats);
}

/* A likelihood that a test writes down in double: x[variables]. */
typedef double testing_reference(const void *network, const uint16_t *x);

/* x[count][modelled], at most 64 of them; `which` case, of what seed, is for the message. */
static inline void testing_equals(const lk_model *model, const uint16_t *x, int64_t count,
                                  testing_reference *reference, const void *network, int64_t which,
                                  uint64_t seed) {
    double nll[64];
    assert_true(count <= 64);
    testing_nll(model, x, count, nll);
    for (int64_t e = 0; e < count; e++) {
        double expected = reference(network, x + e * lk_model_modelled(model));
        if (!(fabs(nll[e] - expected) <= 1e-5 * (1.0 + expected))) {
            fail_msg("case %lld, seed %llu, example %lld: %.9g nats, the equations give %.9g",
                     (long long)which, (unsigned long long)seed, (long long)e, nll[e], expected);
        }
    }
}

/* Every point of the domain, in counting order, the last variable fastest. */
static inline int64_t testing_domain(int64_t variables, int32_t alphabet, uint16_t **x) {
    int64_t points = 1;
    for (int64_t v = 0; v < variables; v++) {
        points *= alphabet;
    }
    *x = malloc((size_t)(points * variables) * sizeof **x);
    for (int64_t i = 0; i < points; i++) {
        int64_t rest = i;
        for (int64_t v = variables - 1; v >= 0; v--) {
            (*x)[i * variables + v] = (uint16_t)(rest % alphabet);
            rest /= alphabet;
        }
    }
    return points;
}

static inline void testing_sums_to_one(const lk_model *model) {
    uint16_t *x;
    int64_t points = testing_domain(model->data.variables, model->data.alphabet, &x);
    double *nll = malloc((size_t)points * sizeof *nll), total = 0.0;
    testing_nll(model, x, points, nll);
    for (int64_t i = 0; i < points; i++) {
        total += exp(-nll[i]);
    }
    if (!(fabs(total - 1.0) <= 1e-5)) {
        fail_msg("%s: probabilities of all %lld points sum to %.9g", model->family->name,
                 (long long)points, total);
    }
    free(nll);
    free(x);
}

/* Two models say the same of their whole domain, to the bit. */
static inline void testing_same_nll(const lk_model *one, const lk_model *other) {
    uint16_t *x;
    int64_t points = testing_domain(one->data.variables, one->data.alphabet, &x);
    double *nll = malloc((size_t)(2 * points) * sizeof *nll);
    testing_nll(one, x, points, nll);
    testing_nll(other, x, points, nll + points);
    assert_memory_equal(nll, nll + points, (size_t)points * sizeof *nll);
    free(nll);
    free(x);
}

/* To draw an example, every variable is a step and no cell is computed twice. */
static inline void testing_sample_costs_one_pass(const lk_model *model) {
    lk_graph *graph;
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, lk_model_modelled(model));
    assert_true(lk_graph_multiply_adds_cached(graph) <= lk_graph_multiply_adds_forward(graph));
    lk_graph_destroy(graph);
}

/* Draws nothing: sets the given values step by step, and compares every parameter with the parallel
 * schedule's, bit for bit. */
static inline void testing_parallel_is_incremental(const lk_model *model, const uint16_t *x,
                                                   int64_t count) {
    lk_graph *graph;
    lk_execution *parallel, *steps;
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, count, &parallel));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_STEPS, count, &steps));
    testing_give(parallel, graph, count, 0);
    testing_give(steps, graph, count, 0);
    testing_ok(model->context, lk_execution_forward(parallel, x, count));
    testing_ok(model->context, lk_execution_begin(steps, count));
    uint16_t *column = malloc((size_t)count * sizeof *column);
    for (int32_t s = 0; s < graph->steps; s++) {
        testing_ok(model->context, lk_execution_compute(steps, s));
        for (int64_t i = graph->rank_begin[s]; i < graph->rank_begin[s + 1]; i++) {
            int64_t v = graph->by_rank[i];
            size_t bytes = (size_t)(count * lk_graph_head(graph, v).channels) * sizeof(float);
            if (memcmp(lk_execution_parameters(steps, v), lk_execution_parameters(parallel, v),
                       bytes) != 0) {
                fail_msg("%s: variable %lld: incremental %.9g, parallel %.9g (first example)",
                         model->family->name, (long long)v,
                         (double)lk_execution_parameters(steps, v)[0],
                         (double)lk_execution_parameters(parallel, v)[0]);
            }
            for (int64_t n = 0; n < count; n++) {
                column[n] = x[n * graph->variables + v];
            }
            lk_execution_set(steps, v, column);
        }
    }
    free(column);
    lk_execution_destroy(parallel);
    lk_execution_destroy(steps);
    lk_graph_destroy(graph);
}

#endif
