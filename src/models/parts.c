#include "models/parts.h"

#include <stdio.h>

#include "base/arena.h"

/* "high." */
static const char *scope_of(lk_graph *graph, const lk_field *field) {
    char text[64];
    snprintf(text, sizeof text, "%s.", field->name);
    return lk_arena_string(graph->arena, text);
}

static lk_status build_part(const lk_model *model, lk_graph *graph, int32_t f, lk_part *part) {
    const lk_field *field = &graph->fields[f];
    if (lk_model_view(model) != NULL) {
        const char *scope = scope_of(graph, field);
        if (scope == NULL) {
            return lk_fail_no_memory(graph->context, field->name, 64);
        }
        graph->scope = scope;
    }
    lk_status status = part(model, graph, field, f > 0 ? field - 1 : NULL);
    graph->scope = "";
    return status;
}

lk_status lk_parts_build(const lk_model *model, lk_graph *graph, lk_part *part) {
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (graph->fields[f].role == LK_MODELLED) {
            LK_TRY(build_part(model, graph, f, part));
        }
    }
    return lk_graph_close(graph);
}

lk_grid lk_part_grid(const lk_outputs *output, const lk_field *before, lk_grid grid) {
    grid.groups = lk_outputs_colours(output, before) == grid.groups ? grid.groups : 1;
    return grid;
}

lk_node *lk_part_spread(lk_graph *graph, lk_node *node, lk_grid from, lk_grid to) {
    if (from.groups == to.groups || node == NULL) {
        return node;
    }
    int64_t cells = to.size[0] * to.size[1] * to.groups;
    int32_t *cell = lk_arena_take(graph->arena, cells, sizeof *cell);
    for (int64_t i = 0; cell != NULL && i < cells; i++) {
        cell[i] = (int32_t)(i / to.groups);
    }
    return cell == NULL ? NULL : lk_select_cells(graph, node, cell, cells);
}

lk_node *lk_part_features(lk_graph *graph, const char *name, const lk_outputs *output,
                          const lk_field *before, lk_grid grid, int64_t channels,
                          const int32_t sizes[2]) {
    if (before == NULL) {
        return NULL;
    }
    lk_grid own = lk_part_grid(output, before, grid);
    lk_node *node = lk_outputs_numbers(graph, output, before, own.groups);
    for (int i = 0; i < 2; i++) {
        char text[96];
        lk_mask window;
        lk_window_make(&window, sizes[i]);
        snprintf(text, sizeof text, "%s%d", name, i + 1);
        node = lk_relu(graph,
                       lk_pixels_masked(graph, text, node, own, channels, &window, LK_CENTRE_ALL));
    }
    return lk_part_spread(graph, node, own, grid);
}

lk_node *lk_part_add(lk_graph *graph, const char *name, lk_node *x, lk_node *s) {
    if (s == NULL || x == NULL) {
        return x;
    }
    char text[96];
    snprintf(text, sizeof text, "%s.part", name);
    return lk_add(graph, x, lk_dense(graph, text, s, x->channels));
}
