/* The uniform distribution: every value of every variable equally probable, log(alphabet) nats a
 * variable. It has no parameters; it is the yardstick below which a model has learned something. */
#include "dist/dist.h"
#include "models/model.h"
#include "ops/ops.h"

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)model;
    (void)variant;
    lk_node *logits = lk_zeros(graph, graph->variables, graph->alphabet);
    return lk_graph_finish(graph, logits, &lk_categorical);
}

/* All variables are independent: one step generates them. */
static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    (void)variant;
    for (int64_t v = 0; v < model->data.variables; v++) {
        rank[v] = 0;
    }
    return LK_OK;
}

static lk_status fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                     const lk_fit_options *options) {
    (void)options;
    LK_TRY(lk_model_accepts(model, train));
    return valid == NULL ? LK_OK : lk_model_accepts(model, valid);
}

const lk_family lk_uniform_family = {
    .name = "uniform",
    .tables = true,
    .place = 10,
    .any_order = true,
    .yardstick = true,
    .summary = "every value equally probable: the yardstick, without parameters",
    .paper = "",
    .ordering = ordering,
    .build = build,
    .fit = fit,
};
