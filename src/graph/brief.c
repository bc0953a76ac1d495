#include "graph/brief.h"

#include "graph/op.h"

/* Until the readers have been looked at. */
enum { KEPT = 0, MAYBE = 1 };

/* Whether all cells of the span come at this step. */
static bool comes_at(const lk_node *from, const lk_span *span, int32_t step) {
    bool comes = true;
    for (int64_t i = 0; i < span->count && comes; i++) {
        int64_t cell = span->by != NULL ? span->by[span->first + i] : span->first + i;
        comes = from->ready[cell] == step;
    }
    return comes;
}

/* Whether what `node` reads of this input comes, cell by cell, when it is read. */
static bool reads_at_once(const lk_node *node, int32_t input) {
    const lk_node *from = input < 0 ? node : node->inputs[input];
    lk_span spans[LK_SPANS_MOST];
    bool at_once = true;
    for (int64_t cell = 0; cell < node->cells && at_once; cell++) {
        int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
        for (int32_t s = 0; s < count && at_once; s++) {
            at_once = comes_at(from, &spans[s], node->ready[cell]);
        }
    }
    return at_once;
}

/* From the first to the last cell of a step, at most. */
static int64_t cells_of_step(const lk_node *node) {
    const lk_steps *steps = &node->steps;
    int64_t most = 0;
    for (int32_t s = 0; s < steps->count; s++) { /* of one step they ascend */
        int64_t cells =
            node->by_ready[steps->begin[s + 1] - 1] - node->by_ready[steps->begin[s]] + 1;
        most = cells > most ? cells : most;
    }
    return most;
}

/* The last step at which `node` reads of this input; -1: never. */
static int32_t last_read(const lk_node *node, int32_t input) {
    lk_span spans[LK_SPANS_MOST];
    for (int64_t i = node->cells - 1; i >= 0; i--) {
        int32_t cell = node->by_ready[i];
        int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
        for (int32_t s = 0; s < count; s++) {
            if (spans[s].count > 0) {
                return node->ready[cell];
            }
        }
    }
    return -1;
}

/* Steps at which nodes come; of those that others read between the steps, all. */
static void begin_last_reads(lk_graph *graph) {
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_steps *steps = &graph->nodes[i]->steps;
        graph->nodes[i]->last_read = i < graph->field_count ? INT32_MAX
                                     : steps->count > 0     ? steps->step[steps->count - 1]
                                                            : 0;
    }
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (graph->fields[f].output != NULL) {
            graph->fields[f].output->last_read = INT32_MAX;
        }
    }
}

static void find_last_reads(lk_graph *graph) {
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t input = 0; input < node->input_count; input++) {
            lk_node *from = node->inputs[input];
            int32_t last = from->last_read < INT32_MAX ? last_read(node, input) : INT32_MAX;
            from->last_read = last > from->last_read ? last : from->last_read;
        }
    }
}

void lk_graph_find_brief(lk_graph *graph) {
    begin_last_reads(graph);
    for (int32_t i = 0; i < graph->node_count; i++) {
        graph->nodes[i]->brief_cells = graph->nodes[i]->last_read == INT32_MAX ? KEPT : MAYBE;
    }
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
            lk_node *from = input < 0 ? graph->nodes[i] : node->inputs[input];
            if (from->brief_cells == MAYBE && !reads_at_once(node, input)) {
                from->brief_cells = KEPT;
            }
        }
    }
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        lk_node *node = graph->nodes[i];
        int64_t cells = node->brief_cells == MAYBE ? cells_of_step(node) : 0;
        node->brief_cells = 2 * cells <= node->cells ? cells : 0;
    }
    find_last_reads(graph);
}
