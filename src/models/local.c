#include "models/local.h"

#include <stdio.h>
#include <string.h>

#include "models/temporal.h"

/* Number `which` of what each position is given, so often in a row. */
static lk_node *pick(lk_graph *graph, lk_node *given, int64_t which, int64_t times) {
    int64_t count = given->cells / LK_LOCAL_CELLS * times;
    int32_t *cell = lk_arena_take(graph->arena, count, sizeof *cell);
    if (cell == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "local", count * 4);
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        cell[i] = (int32_t)(i / times * LK_LOCAL_CELLS + which);
    }
    return lk_select_cells(graph, given, cell, count);
}

lk_node *lk_local_upsampled(const lk_model *model, lk_graph *graph) {
    static const char *const weights[] = {"local.before", "local.here", "local.after"};
    const lk_local_form *form = &model->data.local;
    int32_t field = lk_graph_find(graph, "local");
    if (field < 0) {
        return NULL;
    }
    bool learned = strcmp(lk_settings_text(&model->settings, "upsampling"), "learned") == 0;
    int64_t channels = lk_settings_integer(&model->settings, "local_channels");
    int64_t unit = lk_model_unit(model), rows = (int64_t)form->alphabet + 1;
    lk_node *given = graph->fields[field].node;
    lk_node *sum = lk_embedding(graph, "local", pick(graph, given, 1, unit), rows, channels);
    lk_node *phase = learned ? pick(graph, given, LK_LOCAL_CELLS - 1, unit) : NULL;
    for (int64_t k = 0; k < 3 && learned; k++) {
        lk_node *features =
            lk_embedding(graph, "local", pick(graph, given, k, unit), rows, channels);
        lk_node *weight = lk_embedding(graph, weights[k], phase, form->every, channels);
        sum = lk_add(graph, sum, lk_multiply(graph, weight, features));
    }
    return sum;
}

lk_node *lk_local_told(lk_graph *graph, const char *layer, lk_node *x, lk_node *local) {
    char name[64];
    if (local == NULL || x == NULL) {
        return x;
    }
    snprintf(name, sizeof name, "%s.local", layer);
    return lk_add(graph, x, lk_temporal_1x1(graph, name, local, x->channels, LK_INIT_GLOROT));
}
