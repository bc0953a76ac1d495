/* Learning a few examples by heart, which any network can that sees its inputs. Included by
 * *_test.c only. */
#ifndef LK_MODELS_TESTING_LEARNING_H
#define LK_MODELS_TESTING_LEARNING_H

#include "base/slow.h"
#include "models/testing.h"
#include "optim/optimizer.h"

/* Of all examples of the data, at most 64, by variant 0. */
static inline double testing_mean_nll(const lk_model *model, const lk_dataset *data) {
    double nll[64], sum = 0;
    assert_true(data->examples <= 64);
    testing_nll(model, data->values, data->examples, nll);
    for (int64_t n = 0; n < data->examples; n++) {
        sum += nll[n] / (double)data->examples;
    }
    return sum;
}

/* So many steps of Adam on all of them at once; then the mean NLL in nats. */
static inline double testing_learn(lk_model *model, const lk_dataset *data, int64_t steps,
                                   double rate) {
    lk_optimizer_options options = lk_optimizer_defaults();
    lk_optimizer *optimizer;
    lk_graph *graph;
    lk_execution *execution;
    testing_ok(model->context, lk_optimizer_create(model->parameters, &options, &optimizer));
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context,
               lk_execution_create(graph, LK_PLAN_TRAIN, data->examples, &execution));
    for (int64_t step = 0; step < steps; step++) {
        testing_ok(model->context, lk_execution_forward(execution, data->values, data->examples));
        testing_ok(model->context, lk_execution_backward(execution));
        lk_optimizer_step(optimizer, rate, 1.0, NULL);
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_optimizer_destroy(optimizer);
    return testing_mean_nll(model, data);
}

/* Where that is slow a tenth of the steps, after which some has been learnt. */
#define LEARNING_SHARE (LK_SLOW ? 10 : 1)

/* At a higher rate, before testing_learns_by_heart(). */
static inline void testing_learn_first(lk_model *model, const lk_dataset *data, int64_t steps,
                                       double rate) {
    testing_learn(model, data, steps / LEARNING_SHARE, rate);
}

/* Eight different examples have probability 1/8 each: log 8 nats. */
static inline void testing_learns_by_heart(lk_model *model, const lk_dataset *data, int64_t steps,
                                           double rate) {
    double end = testing_learn(model, data, steps / LEARNING_SHARE, rate),
           uniform = (double)data->variables * log((double)data->alphabet),
           most = LEARNING_SHARE > 1 ? uniform : log((double)data->examples) + 0.2;
    if (!(end < most)) {
        fail_msg("%s: %.6g nats after %lld steps, at most %.6g", model->family->name, end,
                 (long long)(steps / LEARNING_SHARE), most);
    }
}

#endif
