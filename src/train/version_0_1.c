#include "train/version_0_1.h"

#include "graph/op.h"

/* So many examples that the values of the widest node are 2 MiB; all of them in recurrences, and
 * where weights outweigh values. */
static int64_t examples_of(const lk_graph *graph) {
    int64_t widest = 1, values = 0, examples = 4;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        int64_t bytes = node->cells * node->channels * (int64_t)sizeof(float);
        if (i > 0 && node->op->recurrent) {
            return INT64_MAX;
        }
        widest = bytes > widest ? bytes : widest;
        values += node->cells * node->channels;
    }
    while (2 * examples * widest <= 2 << 20) {
        examples *= 2;
    }
    return examples * values >= 4 * lk_parameters_total(graph->parameters) ? examples : INT64_MAX;
}

int64_t lk_slices_of_version_0_1(const lk_graph *graph, int64_t batch) {
    int64_t examples = examples_of(graph);
    if (examples >= batch) {
        return 1;
    }
    int64_t slices = (batch + examples - 1) / examples;
    return slices + slices % 2;
}
