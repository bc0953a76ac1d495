/* Which operations' weights can be normalised, and what their output units are. Their forward and
 * backward know nothing of it. */
#include "graph/weight_norm.h"

#include <stdio.h>

#include "ops/conv_inside.h"

extern const lk_op lk_conv_op, lk_conv_up_op, lk_dense_op;

static int32_t conv_bands(const lk_node *node) {
    return ((const lk_conv_settings *)node->settings)->grid.groups;
}

static int32_t one_band(const lk_node *node) {
    (void)node;
    return 1;
}

static void whole(const lk_node *node, int64_t *begin) {
    begin[0] = 0;
    begin[1] = node->inputs[0]->channels;
}

/* Parameter 0 is the weight, its columns are units, its rows fall into `bands` bands of units of
 * their own. */
static const struct {
    const lk_op *op;
    int32_t (*bands)(const lk_node *node);
    void (*begin)(const lk_node *node, int64_t *begin);
} rows[] = {
    {&lk_conv_op, conv_bands, lk_conv_bands},
    {&lk_conv_up_op, conv_bands, lk_conv_bands},
    {&lk_dense_op, one_band, whole},
};

static lk_status normalise(lk_graph *graph, const char *name, const lk_node *node, int32_t row) {
    char text[256];
    snprintf(text, sizeof text, "%s%s.gain", graph->scope, name);
    int32_t bands = rows[row].bands(node);
    int64_t *begin = lk_arena_take(graph->arena, bands + 1, sizeof *begin);
    if (begin == NULL) {
        return lk_fail_no_memory(graph->context, name, (bands + 1) * (int64_t)sizeof *begin);
    }
    rows[row].begin(node, begin);
    return lk_parameters_normalise(graph->parameters, node->parameters[0], text, bands, begin);
}

lk_node *lk_normalise_weights(lk_graph *graph, const char *name, lk_node *node) {
    if (node == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    int32_t row = 0, count = (int32_t)(sizeof rows / sizeof *rows);
    while (row < count && rows[row].op != node->op) {
        row++;
    }
    LK_REQUIRE(row < count);
    graph->failed = normalise(graph, name, node, row);
    return graph->failed == LK_OK ? node : NULL;
}
