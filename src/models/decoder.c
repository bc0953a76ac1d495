#include "models/decoder.h"

#include <stdio.h>

#include "base/arena.h"

/* NAME + part. */
typedef char part_name[128];
static const char *part(part_name text, const char *name, const char *what) {
    snprintf(text, sizeof(part_name), "%s.%s", name, what);
    return text;
}

/* A row of the axis's table for each cell. `apart`: places from one index of the axis to the
 * next. */
static lk_node *one_axis(lk_graph *graph, const char *name, int64_t size, int64_t apart,
                         const int32_t *cell, int64_t count, int64_t channels) {
    int32_t *row = lk_arena_take(graph->arena, count, sizeof *row);
    if (row == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, count * (int64_t)sizeof *row);
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        row[i] = (int32_t)((cell == NULL ? i : cell[i]) / apart % size);
    }
    lk_node *table =
        lk_lookup(graph, name, graph->data, size, NULL, NULL, graph->alphabet, channels);
    return lk_select_cells(graph, table, row, count);
}

lk_node *lk_axis_positions(lk_graph *graph, const char *name, lk_shape shape, const int32_t *cell,
                           int64_t count, int64_t channels) {
    lk_node *sum = NULL;
    int64_t apart = lk_shape_variables(shape);
    for (int32_t axis = 0; axis < shape.axes; axis++) {
        apart /= shape.size[axis];
        if (shape.size[axis] > 1 || (axis == 0 && lk_shape_variables(shape) == 1)) {
            char number[16];
            part_name text;
            snprintf(number, sizeof number, "%d", (int)axis + 1);
            lk_node *node = one_axis(graph, part(text, name, number), shape.size[axis], apart, cell,
                                     count, channels);
            sum = sum == NULL ? node : lk_add(graph, sum, node);
        }
    }
    return sum;
}

static lk_node *dropped(lk_graph *graph, lk_node *node, double rate) {
    return rate > 0.0 ? lk_dropout(graph, node, rate) : node;
}

static lk_decoder_memory remember(lk_graph *graph, const char *name, lk_node *n) {
    part_name text;
    int64_t channels = n == NULL ? 1 : n->channels;
    lk_node *key = lk_dense(graph, part(text, name, "key"), n, channels);
    return (lk_decoder_memory){key, lk_dense(graph, part(text, name, "value"), n, channels)};
}

lk_decoder_memory lk_decoder_remember(lk_graph *graph, const char *name, lk_node *x) {
    part_name text;
    return remember(graph, name, lk_channel_norm(graph, part(text, name, "norm1"), x, 1));
}

static lk_node *attend(lk_graph *graph, const char *name, lk_node *x, const lk_decoder *decoder,
                       lk_attention_pattern pattern, const lk_decoder_memory *memory) {
    part_name text;
    lk_node *n = lk_channel_norm(graph, part(text, name, "norm1"), x, 1);
    int64_t channels = x == NULL ? 1 : x->channels;
    lk_node *q = lk_dense(graph, part(text, name, "query"), n, channels);
    lk_decoder_memory of = memory != NULL ? *memory : remember(graph, name, n);
    lk_attention_options options = {.heads = decoder->heads,
                                    .limit = decoder->limit,
                                    .pattern = pattern,
                                    .distances = decoder->distances,
                                    .dropout = decoder->attention_dropout};
    lk_node *mixed =
        lk_attention(graph, part(text, name, "attention"), q, of.key, of.value, options);
    return lk_dense_from_zero(graph, part(text, name, "mixed"), mixed, channels);
}

lk_status lk_decoder_check(lk_graph *graph, int64_t width, int64_t heads) {
    return width % heads == 0 ? LK_OK
                              : lk_fail(graph->context, LK_INVALID,
                                        "width=%lld is not a multiple of heads=%lld, which share "
                                        "it",
                                        (long long)width, (long long)heads);
}

lk_node *lk_decoder_layer(lk_graph *graph, const char *name, lk_node *x, const lk_decoder *decoder,
                          lk_attention_pattern pattern, const lk_decoder_memory *memory) {
    part_name text;
    int64_t channels = x == NULL ? 1 : x->channels;
    lk_node *added = attend(graph, name, x, decoder, pattern, memory);
    x = lk_add(graph, x, dropped(graph, added, decoder->dropout));
    lk_node *wide = lk_channel_norm(graph, part(text, name, "norm2"), x, 1);
    wide = lk_dense(graph, part(text, name, "wide"), wide, decoder->widening * channels);
    added = lk_dense_from_zero(graph, part(text, name, "narrow"), lk_gelu(graph, wide), channels);
    return lk_add(graph, x, dropped(graph, added, decoder->dropout));
}
