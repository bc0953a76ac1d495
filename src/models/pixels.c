#include "models/pixels.h"

#include <stdio.h>

#include "base/arena.h"
#include "dist/dist.h"
#include "models/marginals.h"

void lk_mask_rectangle(lk_mask *mask, int32_t top, int32_t bottom, int32_t left, int32_t right) {
    mask->count = 0;
    for (int32_t y = top; y <= bottom; y++) {
        for (int32_t x = left; x <= right; x++) {
            mask->taps[mask->count][0] = y;
            mask->taps[mask->count][1] = x;
            mask->taps[mask->count++][2] = 0;
        }
    }
}

void lk_window_make(lk_mask *mask, int32_t kernel) {
    int32_t reach = kernel / 2;
    lk_mask_rectangle(mask, -reach, reach, -reach, reach);
}

void lk_mask_make(lk_mask *mask, int32_t kernel) {
    int32_t reach = kernel / 2;
    mask->count = 0;
    for (int32_t y = -reach; y <= 0; y++) {
        for (int32_t x = -reach; x <= (y < 0 ? reach : 0); x++) {
            mask->taps[mask->count][0] = y;
            mask->taps[mask->count][1] = x;
            mask->taps[mask->count++][2] = 0;
        }
    }
}

lk_status lk_mask_size(lk_graph *graph, const lk_model *model, const char *key, int32_t *kernel) {
    *kernel = (int32_t)lk_settings_integer(&model->settings, key);
    return *kernel % 2 == 1
               ? LK_OK
               : lk_fail(graph->context, LK_INVALID,
                         "%s=%d: a mask has a centre, so its size is odd", key, *kernel);
}

lk_status lk_pixels_grid(lk_graph *graph, const lk_model *model, lk_grid *grid) {
    const lk_shape *shape = &model->data.shape;
    if (shape->axes != 2 && shape->axes != 3) {
        return lk_fail(graph->context, LK_INVALID,
                       "%s is for images, and these data are vectors: give their "
                       "shape%s (height x width x channels)",
                       model->family->name,
                       lk_advice(graph->context, "shape", ", as --shape 28x28x1"));
    }
    if (shape->axes == 3 && shape->size[2] > LK_CHANNELS_MOST) {
        return lk_fail(graph->context, LK_INVALID,
                       "%s takes images of at most %d channels, not %lld (a shape is height x "
                       "width x channels)",
                       model->family->name, LK_CHANNELS_MOST, (long long)shape->size[2]);
    }
    *grid = (lk_grid){
        2, {shape->size[0], shape->size[1]}, shape->axes == 3 ? (int32_t)shape->size[2] : 1};
    return LK_OK;
}

lk_node *lk_pixels_numbers(lk_graph *graph, const lk_field *field) {
    return field->alphabet == 2
               ? field->node
               : lk_scale(graph, field->node, 2.0f / (float)(field->alphabet - 1), -1.0f);
}

lk_node *lk_pixels_where(lk_graph *graph, lk_grid grid) {
    float height = (float)grid.size[0], width = (float)grid.size[1];
    int64_t cells = grid.size[0] * grid.size[1] * grid.groups;
    int64_t channels = grid.groups > 1 ? 2 + grid.groups : 2;
    float *where = lk_arena_take(graph->arena, cells * channels, sizeof *where);
    if (where == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "places", cells * channels * 4);
        return NULL;
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        int64_t pixel = cell / grid.groups, group = cell % grid.groups;
        float *at = where + cell * channels;
        at[0] = ((float)(pixel / grid.size[1]) - 0.5f * height) / height;
        at[1] = ((float)(pixel % grid.size[1]) - 0.5f * width) / width;
        for (int64_t g = 0; g < channels - 2; g++) {
            at[2 + g] = g == group ? 1.0f : 0.0f;
        }
    }
    return lk_constant(graph, where, cells, channels);
}

lk_conv_options lk_pixels_options(lk_grid grid, int64_t channels, const lk_mask *mask,
                                  lk_centre centre, lk_init init) {
    return (lk_conv_options){.grid = grid,
                             .channels = channels,
                             .taps = (const int32_t(*)[LK_GRID_AXES])mask->taps,
                             .tap_count = mask->count,
                             .centre = centre,
                             .bias = true,
                             .init = init};
}

lk_node *lk_pixels_masked(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                          int64_t channels, const lk_mask *mask, lk_centre centre) {
    return lk_conv(graph, name, input, lk_pixels_options(grid, channels, mask, centre, LK_INIT_HE));
}

lk_node *lk_pixels_dense(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                         int64_t channels, lk_init init) {
    return lk_conv_1x1(graph, name, lk_relu(graph, input), grid, channels, LK_CENTRE_B, init);
}

int64_t lk_pixels_logits(const lk_field *field) {
    return field->alphabet == 2 ? 1 : field->alphabet;
}

void lk_pixels_model(lk_graph *graph, const lk_field *field, lk_node *logits) {
    lk_graph_model(graph, field->node->index, logits,
                   field->alphabet == 2 ? &lk_bernoulli : &lk_categorical, 0);
}

lk_status lk_pixels_start(lk_model *model, const lk_dataset *train) {
    const lk_shape *shape = &model->data.shape;
    const lk_view *view = lk_model_view(model);
    int64_t pixels = shape->axes == 3 ? shape->size[0] * shape->size[1] : model->data.variables;
    for (int32_t part = view == NULL ? -1 : 0; part < (view == NULL ? 0 : view->part_count);
         part++) {
        char name[64];
        snprintf(name, sizeof name, "%s%slogits.bias", part < 0 ? "" : view->parts[part].name,
                 part < 0 ? "" : ".");
        int32_t bias = lk_parameters_find(model->parameters, name);
        LK_REQUIRE(bias >= 0);
        int64_t colours = lk_view_cells(view, part, model->data.variables) / pixels;
        LK_TRY(lk_pooled_logits(model, train, part, colours, model->parameters->list[bias].value));
    }
    return LK_OK;
}
