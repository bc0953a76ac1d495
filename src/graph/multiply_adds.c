/* What a graph has to multiply. */
#include "graph/op.h"

#define SHARED_WORK (2 << 20) /* multiply-adds of an operation that workers can share */

static int64_t count_before(const lk_graph *graph, int32_t step) {
    int64_t total = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int64_t cell = 0; cell < node->cells; cell++) {
            total += node->ready[cell] < step ? node->op->multiply_adds(node, cell) : 0;
        }
    }
    return total;
}

int64_t lk_graph_multiply_adds_forward(const lk_graph *graph) {
    return count_before(graph, INT32_MAX);
}

int64_t lk_graph_multiply_adds_cached(const lk_graph *graph) {
    return count_before(graph,
                        graph->steps); /* what only the last variables decide is never computed */
}

int64_t lk_graph_multiply_adds_naive(const lk_graph *graph) {
    return graph->steps * lk_graph_multiply_adds_forward(graph);
}

/* The most that one node has to do in one step. */
static int64_t most_in_step(const lk_graph *graph) {
    int64_t most = 0;
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t s = 0; s < node->steps.count; s++) {
            int64_t total = 0;
            for (int32_t c = node->steps.begin[s]; c < node->steps.begin[s + 1]; c++) {
                total += node->op->multiply_adds(node, node->by_ready[c]);
            }
            most = total > most ? total : most;
        }
    }
    return most;
}

bool lk_graph_shares_steps(const lk_graph *graph, int64_t batch) {
    return most_in_step(graph) >= SHARED_WORK / batch;
}
