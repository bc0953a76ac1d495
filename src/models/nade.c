#include "models/nade.h"

#include <stdio.h>

#include "models/label.h"
#include "models/logits.h"

#define LAYERS_MOST 16

/* Nonlinearity, dropout. */
static lk_node *activated(const lk_model *model, lk_graph *graph, lk_node *layer) {
    double rate = lk_settings_real(&model->settings, "dropout");
    layer = lk_activation(graph, lk_settings_text(&model->settings, "activation"), layer);
    return rate > 0.0 ? lk_dropout(graph, layer, rate) : layer;
}

static bool find_units(const lk_model *model, lk_graph *graph, int64_t units[LAYERS_MOST],
                       int32_t *layers) {
    *layers = lk_settings_integers(&model->settings, "hidden", units, LAYERS_MOST);
    if (*layers < 1 || *layers > LAYERS_MOST) {
        graph->failed = lk_fail(graph->context, LK_INVALID, "%s takes 1 to %d hidden layers",
                                model->family->name, LAYERS_MOST);
    }
    return graph->failed == LK_OK;
}

/* All layers, the first of which is known NULL: in any order. */
static lk_node *hidden_layers(const lk_model *model, lk_graph *graph, lk_node *const *known,
                              bool seen) {
    int64_t units[LAYERS_MOST];
    int32_t layers;
    if (!find_units(model, graph, units, &layers)) {
        return NULL;
    }
    lk_running_sum_options sum = {.channels = units[0], .seen = seen, .init = LK_INIT_GLOROT};
    lk_node *layer = known == NULL ? lk_running_sum(graph, "hidden1", sum)
                                   : lk_sum_of_known(graph, "hidden1", known, sum);
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

lk_node *lk_nade_logits(const lk_model *model, lk_graph *graph, bool seen) {
    lk_node *hidden = hidden_layers(model, graph, NULL, seen);
    const int32_t *rank = lk_logits_ranks(graph);
    lk_node *logits = rank == NULL ? NULL
                                   : lk_readout(graph, "logits", hidden, rank,
                                                lk_graph_units(graph), LK_INIT_GLOROT);
    return lk_logits_label(graph, "logits", logits);
}

lk_node *lk_nade_logits_of_known(const lk_model *model, lk_graph *graph) {
    lk_node *known[LK_FIELDS_MOST];
    lk_known_nodes(graph, known);
    lk_node *hidden = hidden_layers(model, graph, known, true);
    lk_node *logits =
        lk_dense_linear(graph, "logits", lk_channels_to_cells(graph, hidden), lk_graph_units(graph),
                        (lk_linear_options){.init = LK_INIT_GLOROT, .bias = true});
    return lk_logits_label(graph, "logits", logits);
}
