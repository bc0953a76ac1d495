/* What each conditional of a network reads, by changing one value after another. Included by
 * *_test.c only. */
#ifndef LK_MODELS_TESTING_FIELD_H
#define LK_MODELS_TESTING_FIELD_H

#include "models/testing.h"

/* Whether the conditional of variable v reads variable `changed`. */
typedef bool testing_sees(const lk_model *model, int64_t v, int64_t changed);

/* Of image models: how far a variable's pixel stands above v's, and to the left of it. */
static inline void testing_apart(const lk_model *model, int64_t v, int64_t changed, int64_t *up,
                                 int64_t *left) {
    const lk_shape *shape = &model->data.shape;
    int64_t colours = shape->axes == 3 ? shape->size[2] : 1, width = shape->size[1];
    *up = v / colours / width - changed / colours / width;
    *left = v / colours % width - changed / colours % width;
}

static inline bool testing_sees_all_before(const lk_model *model, int64_t v, int64_t changed) {
    return model->rank[changed] < model->rank[v];
}

/* The conditionals that move when a value is changed are exactly those that `sees` names. */
static inline void testing_field(const lk_model *model, testing_sees *sees, uint64_t seed) {
    int64_t variables = model->data.variables;
    int32_t alphabet = model->data.alphabet;
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x = malloc((size_t)((variables + 1) * variables) * sizeof *x);
    testing_random_values(model, 1, seed, x);
    for (int64_t n = 1; n <= variables; n++) {
        memcpy(x + n * variables, x, (size_t)variables * sizeof *x);
        x[n * variables + n - 1] = (uint16_t)((x[n - 1] + alphabet / 2) % alphabet);
    }
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context,
               lk_execution_create(graph, LK_PLAN_EVALUATE, variables + 1, &execution));
    testing_give(execution, graph, variables + 1, 0);
    testing_ok(model->context, lk_execution_forward(execution, x, variables + 1));
    size_t floats = (size_t)lk_graph_channels(graph);
    for (int64_t i = 0; i < variables * variables; i++) {
        int64_t changed = i / variables, v = i % variables;
        const float *logits = lk_execution_parameters(execution, v);
        const float *other = logits + (size_t)(changed + 1) * floats;
        bool moved = memcmp(logits, other, floats * sizeof *logits) != 0;
        if (moved != sees(model, v, changed)) {
            fail_msg("%s, seed %llu: changing variable %lld %s the conditional of %lld",
                     model->family->name, (unsigned long long)seed, (long long)changed,
                     moved ? "moves" : "does not move", (long long)v);
        }
    }
    free(x);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
}

#endif
