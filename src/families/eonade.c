/* EoNADE, DeepNADE: one network for all orders of the variables (Uria, Murray, Larochelle, "A Deep
 * and Tractable Density Estimator", ICML 2014; Uria et al., JMLR 2016). It reads which variables
 * are known, m, and their values:
 *
 *   h1 = g(W (m x) + F m + c1)    h2 = g(U h1 + c2)  ...    p(x_i = 1 | x_m) = sigmoid(V_i h + b_i)
 *
 * With other symbols than 0 and 1 m x is one-hot, and p a softmax.
 *
 * Training: of every example a set m of its own is known, and the others count D / (D - d) each,
 * which in expectation is the NLL of a random order (train/known.h). Nothing is causal in that
 * network. Under an order h1 is a running sum, as in NADE, and the further layers are computed once
 * for each place: D (2 H + H^2) multiply-adds for two layers.
 *
 * The model is the even mixture of its orders: log-mean-exp of joint log-likelihoods. Its NLL is at
 * most the mean of the orders' own, which the published code reports by default. Any variables may
 * be held in a sample: an order is chosen that has them first. */
#include "models/logits.h"
#include "models/nade.h"
#include "models/orders.h"

static const lk_setting settings[] = {
    LK_NADE_SETTINGS("500,500", "relu", "relu|sigmoid|tanh|softplus"),
    LK_ORDERS_SETTINGS(LK_ORDERS_OWN, true),
};

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant; /* the ranks of the graph's variables say which it is */
    lk_logits_model(graph, lk_nade_logits(model, graph, true));
    return lk_graph_close(graph);
}

static lk_status build_known(const lk_model *model, lk_graph *graph) {
    lk_logits_model(graph, lk_nade_logits_of_known(model, graph));
    return lk_graph_close(graph);
}

const lk_family lk_eonade_family = {
    .name = "eonade",
    .place = 47,
    .summary = "order-agnostic NADE: one network for all orders, evaluated as an ensemble of any "
               "number of them; completes any part of an example",
    .paper = "Uria, Murray, Larochelle: A Deep and Tractable Density Estimator, ICML 2014",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .tables = true,
    .per_variable = true,
    .variants = lk_orders_count,
    .variant = "order",
    .ordering = lk_orders_ordering,
    .any_order = true,
    .build = build,
    .build_known = build_known,
    .start = lk_logits_start,
};
