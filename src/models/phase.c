#include "models/phase.h"

#include "ops/ops.h"

lk_node *lk_phase_add(const lk_model *model, lk_graph *graph, const char *name, lk_node *x) {
    int64_t unit = lk_model_unit(model);
    if (unit == 1 || x == NULL) {
        return x;
    }
    int32_t *phase = lk_arena_take(graph->arena, x->cells, sizeof *phase);
    if (phase == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, x->cells * 4);
        return NULL;
    }
    for (int64_t t = 0; t < x->cells; t++) {
        phase[t] = (int32_t)(t % unit);
    }
    lk_node *vectors =
        lk_lookup(graph, name, graph->data, unit, NULL, NULL, graph->alphabet, x->channels);
    return lk_add(graph, x, lk_select_cells(graph, vectors, phase, x->cells));
}
