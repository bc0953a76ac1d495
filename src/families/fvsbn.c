/* Fully visible sigmoid belief network (Neal, Artificial Intelligence 1992): a logistic regression
 * of each variable on those before it,
 *
 *   p(x_i = 1 | x_<i) = sigmoid(b_i + S_i x_<i)
 *
 * and, where there are more symbols than two, a softmax of as many logits, of one-hot inputs. Its
 * NLL is convex in the weights.
 *
 * This is the part of DARN (Gregor, Danihelka, Mnih, Blundell, Wierstra, ICML 2014) that has an
 * exact likelihood. DARN adds stochastic hidden units h, over whose 2^|h| states p(x) is a sum: it
 * is trained on a bound of log p(x), and what it reports is an estimate by importance sampling.
 * Neither is a likelihood that could be coded with, so that part is not offered. Its deterministic
 * hidden units are those of `nade` and `made`. */
#include "models/logits.h"

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)model;
    (void)variant;
    const int32_t *rank = lk_logits_ranks(graph);
    lk_linear_options options = {.init = LK_INIT_ZERO, .bias = true, .sole = true};
    lk_node *logits = rank == NULL ? NULL
                                   : lk_masked_linear(graph, "logits", lk_logits_inputs(graph),
                                                      lk_graph_units(graph), rank, options);
    lk_logits_model(graph, lk_logits_label(graph, "logits", logits));
    return lk_graph_close(graph);
}

const lk_family lk_fvsbn_family = {
    .name = "fvsbn",
    .place = 43,
    .summary = "fully visible sigmoid belief network: a logistic regression of each variable on "
               "those before it; the part of DARN that has a likelihood (with its stochastic "
               "hidden units DARN has only a bound)",
    .paper = "Neal: Connectionist learning of belief networks, Artificial Intelligence 1992; "
             "Gregor, Danihelka, Mnih, Blundell, Wierstra: Deep AutoRegressive Networks, ICML 2014",
    .given = true,
    .views = true,
    .tables = true,
    .per_variable = true,
    .any_order = true,
    .build = build,
    .start = lk_logits_start,
};
