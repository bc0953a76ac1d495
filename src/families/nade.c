/* NADE: neural autoregressive distribution estimator (Larochelle, Murray, AISTATS 2011; Uria, Cote,
 * Gregor, Murray, Larochelle, JMLR 2016), over the variables in any order o:
 *
 *   h_k = g(c + sum_{j < k} W[o_j] x[o_j])
 *   p(x[o_k] = 1 | x[o_<k]) = sigmoid(b[o_k] + V[o_k] h_k)
 *
 * where all h_k share W and c, so that their sums run from one to the next and all of it costs
 * O(variables x hidden). More symbols than two: a row of W for each, and a softmax of as many
 * logits. Further layers, which all places share, make it deep (Uria, Murray, Larochelle, "A Deep
 * and Tractable Density Estimator", ICML 2014):
 *
 *   h2_k = g(U h_k + c2)
 *
 * The published code squashes probabilities to 0.00005 .. 0.99995, which the papers do not; here
 * they are what the formula says. */
#include "models/logits.h"
#include "models/nade.h"

static const lk_setting settings[] = {
    LK_NADE_SETTINGS("500", "sigmoid", "sigmoid|relu|tanh|softplus"),
};

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    lk_logits_model(graph, lk_nade_logits(model, graph, false));
    return lk_graph_close(graph);
}

const lk_family lk_nade_family = {
    .name = "nade",
    .place = 45,
    .summary = "neural autoregressive distribution estimator: one hidden layer that is summed "
               "variable after variable, in any order",
    .paper = "Larochelle, Murray: The Neural Autoregressive Distribution Estimator, AISTATS 2011",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .tables = true,
    .per_variable = true,
    .any_order = true,
    .build = build,
    .start = lk_logits_start,
};
