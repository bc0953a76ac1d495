/* A network's gradients against central differences of the paper's equations in double, which a
 * test writes down as a function. Included by *_test.c only. */
#ifndef LK_MODELS_TESTING_GRADIENTS_H
#define LK_MODELS_TESTING_GRADIENTS_H

#include "base/slow.h"
#include "models/testing.h"

/* Of the equations in double sanitizers have little to say. */
#define GRADIENTS_APART (LK_SLOW ? 8 : 1)

/* One weight is this much more; NULL: none. */
typedef struct testing_bump {
    const float *weight;
    double by;
} testing_bump;

/* What the reference reads of a weight. */
static inline double testing_bumped(const testing_bump *bump, const float *weight) {
    return (double)*weight + (weight == bump->weight ? bump->by : 0.0);
}

/* One example, x[variables]; of each parameter every so many weights; `nll` reads its weights
 * through `bump`, which `network` holds. */
static inline void testing_gradients(lk_model *model, const uint16_t *x, int32_t every,
                                     uint64_t seed, testing_reference *nll, const void *network,
                                     testing_bump *bump) {
    lk_graph *graph;
    lk_execution *execution;
    testing_ok(model->context, lk_parameters_make_gradients(model->parameters));
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_TRAIN, 1, &execution));
    testing_give(execution, graph, 1, 0);
    testing_ok(model->context, lk_execution_forward(execution, x, 1));
    testing_ok(model->context, lk_execution_backward(execution));
    int64_t moving = 0;
    every *= GRADIENTS_APART;
    for (int32_t p = 0; p < model->parameters->count; p++) {
        const lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = p % every; e < parameter->rows * parameter->columns; e += every) {
            const double h = 1e-6;
            *bump = (testing_bump){parameter->value + e, h};
            double above = nll(network, x);
            bump->by = -h;
            double difference = (above - nll(network, x)) / (2 * h);
            moving += fabs(difference) > 1e-3;
            if (!(fabs((double)parameter->gradient[e] - difference) <=
                  1e-4 * (1.0 + fabs(difference)))) {
                fail_msg("%s[%lld], seed %llu: gradient %.9g, central difference %.9g",
                         parameter->name, (long long)e, (unsigned long long)seed,
                         (double)parameter->gradient[e], difference);
            }
        }
    }
    assert_true(moving > (LK_SLOW ? 0 : 10));
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
}

#endif
