/* NADE: neural autoregressive distribution estimator (Larochelle, Murray, AISTATS 2011; Uria, Cote,
 * Gregor, Murray, Larochelle, JMLR 2016), over the variables in any order o:
 *
 *   h_k = g(c + sum_{j < k} W[o_j] x[o_j])      p(x[o_k] = 1 | x[o_<k]) = sigmoid(b[o_k] + V[o_k] h_k)
 *
 * where all h_k share W and c, so that their sums run from one to the next and all of it costs
 * O(variables x hidden). More symbols than two: a row of W for each, and a softmax of as many logits
 * (JMLR 2016). Further layers, which all places share, make it deep (Uria, Murray,
 * Larochelle, "A Deep and Tractable Density Estimator", ICML 2014):
 *
 *   h2_k = g(U h_k + c2)
 *
 * The published code squashes probabilities to 0.00005 .. 0.99995, which the papers do not; here
 * they are what the formula says. */
#include <stdio.h>
#include <string.h>

#include "models/label.h"
#include "models/logits.h"

#define LAYERS_MOST 16

static const lk_setting settings[] = {
    {.key = "hidden",
     .kind = LK_INTEGERS,
     .fallback = "500",
     .least = 1,
     .most = 1 << 20,
     .source = "Larochelle and Murray 2011; further layers: Uria, Murray, Larochelle, ICML 2014",
     .help = "units of each hidden layer, as 500 or 500,500"},
    {.key = "activation",
     .kind = LK_CHOICE,
     .fallback = "sigmoid",
     .choices = "sigmoid|relu|tanh|softplus",
     .source = "Larochelle and Murray 2011 (sigmoid)",
     .help = "nonlinearity of the hidden units"},
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Srivastava et al., JMLR 2014",
     .help = "probability of dropping a hidden unit at a place in training",
     .training_only = true},
};

/* Nonlinearity, dropout. */
static lk_node *activated(const lk_model *model, lk_graph *graph, lk_node *layer) {
    double rate = lk_settings_real(&model->settings, "dropout");
    layer = lk_activation(graph, lk_settings_text(&model->settings, "activation"), layer);
    return rate > 0.0 ? lk_dropout(graph, layer, rate) : layer;
}

static lk_node *hidden_layers(const lk_model *model, lk_graph *graph, const int64_t *units,
                              int32_t layers) {
    lk_node *layer = lk_running_sum(
        graph, "hidden1", (lk_running_sum_options){.channels = units[0], .init = LK_INIT_GLOROT});
    layer = activated(model, graph, lk_label_add(graph, "hidden1.label", layer));
    for (int32_t i = 1; i < layers; i++) {
        char name[32], label[48];
        snprintf(name, sizeof name, "hidden%d", i + 1);
        snprintf(label, sizeof label, "%s.label", name);
        layer = lk_dense(graph, name, layer, units[i]);
        layer = activated(model, graph, lk_label_add(graph, label, layer));
    }
    return layer;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    int64_t units[LAYERS_MOST];
    int32_t layers = lk_settings_integers(&model->settings, "hidden", units, LAYERS_MOST);
    if (layers < 1 || layers > LAYERS_MOST) {
        return lk_fail(graph->context, LK_INVALID, "nade takes 1 to %d hidden layers", LAYERS_MOST);
    }
    lk_node *hidden = hidden_layers(model, graph, units, layers);
    const int32_t *rank = lk_logits_ranks(graph);
    lk_node *logits = rank == NULL ? NULL
                                   : lk_readout(graph, "logits", hidden, rank,
                                                lk_logits_count(graph), LK_INIT_GLOROT);
    lk_logits_model(graph, lk_logits_label(graph, "logits", logits));
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
    .build = build,
    .start = lk_logits_start,
};
