#include "models/pixel_head.h"

#include <stdio.h>

#include "base/arena.h"

static int64_t pixels_of(const lk_resnets *resnets) {
    return resnets->grid.size[0] * resnets->grid.size[1];
}

lk_node *lk_pixel_field_and_one(const lk_resnets *resnets, const lk_outputs *output,
                                const lk_field *field) {
    lk_node *numbers = lk_outputs_numbers(resnets->graph, output, field, 1);
    lk_node *one = lk_fill(resnets->graph, pixels_of(resnets), 1, 1.0f);
    lk_node *both[] = {numbers, one};
    return lk_join_channels(resnets->graph, both, 2);
}

lk_node *lk_pixel_numbers_and_one(const lk_resnets *resnets, const lk_outputs *output) {
    return lk_pixel_field_and_one(resnets, output, output->field);
}

/* A cell for each colour of a pixel: what a layer of its own says of the pixel's features. */
static lk_node *split_colours(const lk_resnets *resnets, lk_node *node, int32_t colours,
                              int64_t channels) {
    lk_graph *graph = resnets->graph;
    int64_t pixels = pixels_of(resnets);
    lk_node *colour[LK_CHANNELS_MOST];
    int32_t *cell = lk_arena_take(graph->arena, pixels * colours, sizeof *cell);
    for (int32_t c = 0; c < colours; c++) {
        char name[32];
        snprintf(name, sizeof name, "colour%d", c + 1);
        colour[c] = lk_resnets_dense(resnets, name, node, channels);
    }
    for (int64_t i = 0; cell != NULL && i < pixels * colours; i++) {
        cell[i] = (int32_t)(i % colours * pixels + i / colours);
    }
    return cell == NULL ? NULL
                        : lk_select_cells(graph, lk_concatenate(graph, colour, colours), cell,
                                          pixels * colours);
}

static lk_node *colour_logits(const lk_resnets *resnets, const lk_outputs *output, lk_node *node,
                              int64_t channels) {
    lk_graph *graph = resnets->graph;
    lk_grid grid = resnets->grid;
    grid.groups = output->colours;
    lk_node *earlier = lk_conv_1x1(graph, "colours", lk_pixels_numbers(graph, output->field), grid,
                                   channels, LK_CENTRE_A, LK_INIT_HE);
    earlier = lk_normalise_weights(graph, "colours", earlier);
    node = split_colours(resnets, node, output->colours, channels);
    node = lk_elu(graph, lk_add(graph, node, earlier));
    node = lk_conv_1x1(graph, "logits", node, grid, lk_outputs_channels(output, grid.groups),
                       LK_CENTRE_B, LK_INIT_HE);
    return lk_normalise_weights(graph, "logits", node);
}

void lk_pixel_head(const lk_resnets *resnets, const lk_outputs *output, lk_node *features,
                   int64_t channels) {
    int32_t groups = lk_outputs_groups(output);
    lk_node *logits = groups > 1 ? colour_logits(resnets, output, features, channels)
                                 : lk_resnets_dense(resnets, "logits", features,
                                                    lk_outputs_channels(output, groups));
    lk_outputs_model(resnets->graph, output, groups, logits);
}
