#include "models/sequence.h"

#include "base/arena.h"

static bool in_natural_order(const lk_graph *graph) {
    for (int64_t v = 0; v < graph->variables; v++) {
        if (graph->by_rank[v] != v) {
            return false;
        }
    }
    return true;
}

lk_status lk_sequence_check(lk_graph *graph, const char *family) {
    return graph->steps == graph->variables
               ? LK_OK
               : lk_fail(graph->context, LK_INVALID,
                         "%s reads one variable after another, but the ordering has only %d ranks "
                         "for %lld variables",
                         family, graph->steps, (long long)graph->variables);
}

lk_node *lk_sequence_begin(lk_graph *graph, lk_node *node, bool several) {
    return !several && in_natural_order(graph)
               ? node
               : lk_select_cells(graph, node, graph->by_rank, graph->variables);
}

lk_node *lk_sequence_end(lk_graph *graph, lk_node *node, bool several) {
    if (node == NULL || (!several && in_natural_order(graph))) {
        return node;
    }
    int32_t *place = lk_arena_take(graph->arena, graph->variables, sizeof *place);
    if (place == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "ordering",
                                          graph->variables * (int64_t)sizeof *place);
        return NULL;
    }
    for (int64_t i = 0; i < graph->variables; i++) {
        place[graph->by_rank[i]] = (int32_t)i;
    }
    return lk_select_cells(graph, node, place, graph->variables);
}
