/* A cache of graphs. */
#include "models/networks.h"

#include "base/memory.h"

lk_status lk_networks_init(lk_networks *variants, const lk_model *model) {
    *variants = (lk_networks){.model = model, .count = lk_model_variants(model)};
    variants->graph = lk_allocate(variants->count, sizeof *variants->graph);
    if (variants->graph == NULL) {
        return lk_fail_no_memory(model->context, "networks",
                                 variants->count * (int64_t)sizeof *variants->graph);
    }
    return LK_OK;
}

void lk_networks_deinit(lk_networks *variants) {
    for (int32_t v = 0; variants->graph != NULL && v < variants->count; v++) {
        lk_graph_destroy(variants->graph[v]);
    }
    lk_release(variants->graph);
    *variants = (lk_networks){0};
}

lk_status lk_networks_graph(lk_networks *variants, int32_t variant, lk_graph **graph) {
    LK_REQUIRE(variant >= 0 && variant < variants->count);
    if (variants->graph[variant] == NULL) {
        LK_TRY(lk_model_graph(variants->model, variant, &variants->graph[variant]));
    }
    *graph = variants->graph[variant];
    return LK_OK;
}
