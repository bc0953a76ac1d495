/* The networks of a model. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "models/model.h"

/* Ranks of the view's parts: all of one before any of the next. Cells of a pixel have those of its
 * first values. */
static lk_status part_ranks(const lk_model *model, const int32_t *rank, int32_t **ranks) {
    int64_t variables = model->data.variables;
    const lk_view *view = lk_model_view(model);
    int32_t most = 0;
    for (int64_t v = 0; v < variables; v++) {
        most = rank[v] > most ? rank[v] : most;
    }
    if (most >= INT32_MAX / LK_VIEW_PARTS_MOST) {
        return lk_fail(model->context, LK_INVALID, "a rank of %d is too large for a view", most);
    }
    *ranks = lk_allocate(lk_model_modelled(model), sizeof **ranks);
    if (*ranks == NULL) {
        return lk_fail_no_memory(model->context, "ordering", lk_model_modelled(model) * 4);
    }
    for (int32_t p = 0; p < view->part_count; p++) {
        int64_t cells = view->parts[p].cells, count = lk_view_cells(view, p, variables);
        int32_t *of = *ranks + lk_view_first(view, p, variables);
        for (int64_t c = 0; c < count; c++) {
            of[c] = rank[c / cells * view->values + c % cells] + p * (most + 1);
        }
    }
    return LK_OK;
}

int32_t lk_model_fields(const lk_model *model, const int32_t *rank, lk_field *fields) {
    const lk_data_description *data = &model->data;
    const lk_view *view = lk_model_view(model);
    int32_t count = 0;
    for (int32_t p = 0; p < (view != NULL ? view->part_count : 1); p++) {
        fields[count++] =
            (lk_field){.name = view != NULL ? view->parts[p].name : "data",
                       .cells = lk_view_cells(view, p, data->variables),
                       .alphabet = view != NULL ? view->parts[p].alphabet : data->alphabet,
                       .alphabets = data->alphabets,
                       .rank = rank + lk_view_first(view, p, data->variables)};
    }
    if (data->labels > 0) {
        fields[count++] =
            (lk_field){.name = "label", .role = LK_GIVEN, .cells = 1, .alphabet = data->labels};
    }
    if (data->local.alphabet > 0) {
        const lk_local_form *local = &data->local;
        fields[count++] = (lk_field){
            .name = "local",
            .role = LK_ALONG,
            .cells = data->variables / lk_model_unit(model) * LK_LOCAL_CELLS,
            .alphabet = local->every > local->alphabet ? local->every : local->alphabet + 1,
        };
    }
    return count;
}

lk_status lk_model_graph_ranked(const lk_model *model, int32_t variant, const int32_t *rank,
                                lk_graph **graph) {
    LK_REQUIRE(variant >= 0 && variant < lk_model_variants(model));
    lk_graph *made = NULL;
    lk_field fields[LK_MODEL_FIELDS_MOST];
    int32_t *ranks = NULL;
    *graph = NULL;
    if (lk_model_view(model) != NULL) {
        LK_TRY(part_ranks(model, rank, &ranks));
    }
    int32_t count = lk_model_fields(model, ranks != NULL ? ranks : rank, fields);
    lk_status status =
        lk_graph_create_fields(model->context, model->parameters, fields, count, &made);
    lk_release(ranks);
    if (status == LK_OK) {
        status = model->family->build(model, variant, made);
    }
    if (status != LK_OK) {
        lk_graph_destroy(made);
        return status;
    }
    *graph = made;
    return LK_OK;
}

lk_status lk_model_graph(const lk_model *model, int32_t variant, lk_graph **graph) {
    if (model->family->ordering == NULL) {
        return lk_model_graph_ranked(model, variant, model->rank, graph);
    }
    int32_t *rank = lk_allocate(model->data.variables, sizeof *rank);
    if (rank == NULL) {
        return lk_fail_no_memory(model->context, "ordering",
                                 model->data.variables * (int64_t)sizeof *rank);
    }
    lk_status status = model->family->ordering(model, variant, rank);
    if (status == LK_OK) {
        status = lk_model_graph_ranked(model, variant, rank, graph);
    }
    lk_release(rank);
    return status;
}

bool lk_model_ranked_by_shape(const lk_model *model) {
    return model->family->ranks != NULL || strcmp(model->order_name, "natural") == 0;
}

static lk_status rank_at(const lk_model *model, lk_shape shape, int32_t *rank) {
    if (model->family->ranks != NULL) {
        return model->family->ranks(model, shape, rank);
    }
    for (int64_t v = 0; v < lk_shape_variables(shape); v++) {
        rank[v] = (int32_t)v;
    }
    return LK_OK;
}

lk_status lk_model_graph_at(const lk_model *model, lk_shape shape, lk_graph **graph) {
    *graph = NULL;
    if (!lk_model_any_size(model) || !lk_model_ranked_by_shape(model)) {
        char want[64];
        lk_shape_print(model->data.shape, want, sizeof want);
        return lk_fail(model->context, LK_MISMATCH,
                       "a %s model%s takes data of its own size alone, %s", model->family->name,
                       lk_model_any_size(model) ? " with an ordering of its own" : "", want);
    }
    lk_model there = *model; /* borrows everything but the ordering */
    there.data.shape = shape;
    there.data.variables = lk_shape_variables(shape);
    LK_TRY(lk_model_check_shape(model->context, model->family->name, shape));
    there.rank = lk_allocate(there.data.variables, sizeof *there.rank);
    if (there.rank == NULL) {
        return lk_fail_no_memory(model->context, "ordering",
                                 there.data.variables * (int64_t)sizeof *there.rank);
    }
    lk_status status = rank_at(model, shape, there.rank);
    status = status == LK_OK ? lk_model_graph(&there, 0, graph) : status;
    lk_release(there.rank);
    return status;
}

lk_status lk_model_graph_ordered(const lk_model *model, lk_shape shape, lk_graph **graph) {
    *graph = NULL;
    return lk_shape_equal(shape, model->data.shape) ? lk_model_graph(model, 0, graph)
           : model->family->ranks != NULL           ? lk_model_graph_at(model, shape, graph)
                                                    : LK_OK;
}
