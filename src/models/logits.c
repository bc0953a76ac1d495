#include "models/logits.h"

#include <stdio.h>

#include "base/arena.h"
#include "dist/dist.h"
#include "models/label.h"
#include "models/marginals.h"

/* Of a cell of the field. */
static int64_t logits_of(const lk_field *field, int64_t cell) {
    return lk_field_binary(field) ? 1 : lk_field_alphabet(field, cell);
}

lk_node *lk_logits_inputs(lk_graph *graph) {
    lk_node *part[LK_FIELDS_MOST];
    int32_t count = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_MODELLED) {
            part[count++] = lk_field_binary(field)
                                ? field->node
                                : lk_one_hot(graph, field->node, field->alphabet);
        }
    }
    return count == 1 ? part[0] : lk_concatenate(graph, part, count);
}

int32_t *lk_logits_ranks(lk_graph *graph) {
    int64_t count = lk_graph_units(graph);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    int32_t *rank = lk_arena_take(graph->arena, count, sizeof *rank), *at = rank;
    if (rank == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "logits", count * (int64_t)sizeof *rank);
    }
    for (int64_t v = 0; rank != NULL && v < graph->variables; v++) {
        const lk_field *field = lk_graph_field(graph, v);
        for (int64_t i = 0; i < logits_of(field, v - field->first); i++) {
            *at++ = graph->rank[v];
        }
    }
    return rank;
}

/* The logits of one field, from its first one on. */
static lk_node *logits_part(lk_graph *graph, lk_node *logits, int64_t first, int64_t count) {
    int32_t *cell = lk_arena_take(graph->arena, count, sizeof *cell);
    if (cell == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "logits", count * (int64_t)sizeof *cell);
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        cell[i] = (int32_t)(first + i);
    }
    return lk_select_cells(graph, logits, cell, count);
}

void lk_logits_model(lk_graph *graph, lk_node *logits) {
    int64_t first = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_MODELLED) {
            bool binary = lk_field_binary(field), whole = field->cells == graph->variables;
            int64_t count = lk_field_units(field);
            lk_node *own = whole ? logits : logits_part(graph, logits, first, count);
            own = binary                     ? own
                  : field->alphabets != NULL ? lk_cells_to_symbols(graph, own, field)
                                             : lk_cells_to_channels(graph, own, field->alphabet);
            lk_graph_model(graph, f, own, binary ? &lk_bernoulli : &lk_categorical, 0);
            first += count;
        }
    }
}

lk_status lk_logits_start(lk_model *model, const lk_dataset *train) {
    int32_t bias = lk_parameters_find(model->parameters, "logits.bias");
    return lk_marginal_logits(model, train, model->parameters->list[bias].value);
}

lk_node *lk_logits_label(lk_graph *graph, const char *name, lk_node *layer) {
    const lk_field *field = lk_label_field(graph);
    if (field == NULL || layer == NULL) {
        return layer;
    }
    char text[48];
    snprintf(text, sizeof text, "%s.label", name);
    lk_node *one_hot = lk_one_hot(graph, field->node, field->alphabet);
    return lk_add(graph, layer,
                  lk_dense_linear(graph, text, one_hot, layer->cells,
                                  (lk_linear_options){.init = LK_INIT_ZERO}));
}
