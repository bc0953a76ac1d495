#include "models/label.h"

const lk_field *lk_label_field(const lk_graph *graph) {
    int32_t label = lk_graph_find(graph, "label");
    return label < 0 ? NULL : &graph->fields[label];
}

lk_node *lk_label_add(lk_graph *graph, const char *name, lk_node *x) {
    const lk_field *label = lk_label_field(graph);
    return label == NULL || x == NULL ? x
                                      : lk_add_to_all(graph, x,
                                                      lk_embedding(graph, name, label->node,
                                                                   label->alphabet, x->channels));
}
