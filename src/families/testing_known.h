/* Order-agnostic models from a set of known variables, and their training objective by enumeration:
 * the mean over all sets is the mean over all orders. Included by *_test.c only. */
#ifndef LK_FAMILIES_TESTING_KNOWN_H
#define LK_FAMILIES_TESTING_KNOWN_H

#include "models/testing.h"

#define KNOWN_MOST 16

typedef struct half {
    const lk_model *model;
    bool known[KNOWN_MOST];
    float weight[KNOWN_MOST];
    uint16_t given[KNOWN_MOST];
} half;

/* Whose variables of `set`, one bit each, are known. */
static inline void know(half *h, const uint16_t *x, int64_t set) {
    const lk_model *model = h->model;
    int64_t variables = model->data.variables, size = 0;
    for (int64_t v = 0; v < variables; v++) {
        size += set >> v & 1;
    }
    for (int64_t v = 0; v < variables; v++) {
        h->known[v] = (set >> v & 1) != 0;
        h->given[v] = h->known[v] ? x[v] : (uint16_t)model->data.alphabet;
        h->weight[v] = h->known[v] ? 0.0f : (float)variables / (float)(variables - size);
    }
}

/* What the engine computes for one set. */
static inline double term_of_set(half *h, lk_execution *execution, const uint16_t *x, int64_t set) {
    double nll;
    know(h, x, set);
    lk_execution_give(execution, h->given, 1);
    lk_execution_set_example_weights(execution, h->weight);
    testing_ok(h->model->context, lk_execution_forward(execution, x, 1));
    testing_ok(h->model->context, lk_execution_nll(execution, &nll, NULL));
    return nll;
}

/* ---- the objective is the mean over all orders ----------------------------------------------- */

enum { KNOWN_D = 4, KNOWN_SETS = 1 << KNOWN_D, KNOWN_ORDERS = 24 };

/* E over d uniform on 0 .. KNOWN_D - 1 and sets of d, uniform. */
static inline double mean_over_sets(const lk_model *model, const uint16_t *x) {
    static const double choices[KNOWN_D] = {1, 4, 6, 4};
    lk_graph *graph;
    lk_execution *execution;
    half h = {.model = model};
    double mean = 0.0;
    testing_ok(model->context, lk_model_graph_known(model, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution));
    for (int64_t set = 0; set < KNOWN_SETS - 1; set++) {
        int size = 0;
        for (int v = 0; v < KNOWN_D; v++) {
            size += (int)(set >> v & 1);
        }
        mean += term_of_set(&h, execution, x, set) / (KNOWN_D * choices[size]);
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    return mean;
}

static inline double nll_in_order(const lk_model *model, const int32_t *rank, const uint16_t *x) {
    lk_graph *graph;
    lk_execution *execution;
    double nll;
    testing_ok(model->context, lk_model_graph_ranked(model, 0, rank, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution));
    testing_ok(model->context, lk_execution_forward(execution, x, 1));
    testing_ok(model->context, lk_execution_nll(execution, &nll, NULL));
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    return nll;
}

static inline double mean_over_orders(const lk_model *model, const uint16_t *x) {
    double mean = 0.0;
    int orders = 0;
    for (int32_t code = 0; code < KNOWN_D * KNOWN_D * KNOWN_D * KNOWN_D; code++) {
        int32_t rank[KNOWN_D] = {code % KNOWN_D, code / KNOWN_D % KNOWN_D,
                                 code / KNOWN_D / KNOWN_D % KNOWN_D,
                                 code / KNOWN_D / KNOWN_D / KNOWN_D};
        int used = 0;
        for (int v = 0; v < KNOWN_D; v++) {
            used |= 1 << rank[v];
        }
        if (used == KNOWN_SETS - 1) {
            mean += nll_in_order(model, rank, x) / KNOWN_ORDERS;
            orders++;
        }
    }
    assert_int_equal(orders, KNOWN_ORDERS);
    return mean;
}

static inline void testing_objective_is_the_mean_over_orders(const lk_model *model, uint64_t seed) {
    uint16_t x[5 * KNOWN_D];
    testing_random_values(model, 5, seed, x);
    for (int n = 0; n < 5; n++) {
        double sets = mean_over_sets(model, x + n * KNOWN_D);
        double orders = mean_over_orders(model, x + n * KNOWN_D);
        if (!(fabs(sets - orders) <= 2e-6 * orders)) {
            fail_msg("%s, example %d: over sets %.9g nats, over orders %.9g", model->family->name,
                     n, sets, orders);
        }
    }
}

#endif
