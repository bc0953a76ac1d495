/* What order-agnostic models are trained on. */
#include <string.h>

#include "base/memory.h"
#include "models/model.h"

bool lk_family_may_be_agnostic(const lk_family *family) {
    return lk_setting_find(family->settings, family->setting_count, LK_ORDER_AGNOSTIC) >= 0;
}

bool lk_family_any_subset(const lk_family *family) {
    return family->build_known != NULL;
}

bool lk_model_any_subset(const lk_model *model) {
    return lk_family_may_be_agnostic(model->family)
               ? lk_settings_boolean(&model->settings, LK_ORDER_AGNOSTIC)
               : lk_family_any_subset(model->family);
}

/* Behind the `count` fields that there are. */
static lk_status list_known(const lk_model *model, lk_field *fields, int32_t *count) {
    for (int32_t f = 0, all = *count; f < all; f++) {
        if (fields[f].role == LK_MODELLED) {
            if (fields[f].alphabet >= LK_ALPHABET_MOST) {
                return lk_fail(model->context, LK_UNSUPPORTED,
                               "%s is trained on data of at most %d symbols, not %d",
                               model->family->name, LK_ALPHABET_MOST - 1, fields[f].alphabet);
            }
            fields[(*count)++] = (lk_field){.name = "known",
                                            .role = LK_GIVEN,
                                            .cells = fields[f].cells,
                                            .alphabet = fields[f].alphabet + 1};
        }
    }
    return LK_OK;
}

static lk_status build_known(const lk_model *model, const int32_t *rank, lk_graph **graph) {
    lk_field fields[LK_FIELDS_MOST];
    int32_t count = lk_model_fields(model, rank, fields);
    LK_TRY(list_known(model, fields, &count));
    LK_TRY(lk_graph_create_fields(model->context, model->parameters, fields, count, graph));
    return model->family->build_known(model, *graph);
}

lk_status lk_model_graph_known(const lk_model *model, lk_graph **graph) {
    lk_graph *made = NULL;
    *graph = NULL;
    int32_t *rank = lk_allocate(lk_model_modelled(model), sizeof *rank); /* all 0 */
    if (rank == NULL) {
        return lk_fail_no_memory(model->context, "ordering", lk_model_modelled(model) * 4);
    }
    lk_status status = build_known(model, rank, &made);
    lk_release(rank);
    if (status != LK_OK) {
        lk_graph_destroy(made);
        return status;
    }
    *graph = made;
    return LK_OK;
}

void lk_known_nodes(const lk_graph *graph, lk_node *nodes[LK_FIELDS_MOST]) {
    int32_t modelled = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        modelled += graph->fields[f].role == LK_MODELLED;
    }
    for (int32_t i = 0; i < modelled; i++) {
        nodes[i] = graph->fields[graph->field_count - modelled + i].node;
    }
}
