#include "models/slice_embedder.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/memory.h"
#include "models/pixels.h"

typedef char layer_name[64];

/* Places for the slices of a field that come before: those before (0, 0), or all of them. */
static int32_t places_of(int32_t stride, bool all) {
    int32_t each = 2 * stride - 1;
    return all ? each * each : each * stride - stride;
}

/* Of a pixel in a field. */
static int32_t colours_of(const lk_slice_embedder *e, int32_t field) {
    return (int32_t)(e->graph->fields[field].cells / (e->slices.height * e->slices.width));
}

static int64_t channels_of_places(const lk_slice_embedder *e) {
    int64_t channels = 0;
    for (int32_t f = 0; f <= e->earlier; f++) {
        channels += (int64_t)places_of(e->slices.stride, f < e->earlier) * (colours_of(e, f) + 1);
    }
    return channels;
}

static int64_t pixels_of(const lk_slice *slice) {
    return slice->height * slice->width;
}

/* What the places of all slices take, as cells and as values of one example. */
static lk_status allow_places(const lk_slice_embedder *e) {
    lk_slice largest = lk_slices_at(&e->slices, 0);
    double cells = (double)pixels_of(&largest) * (double)channels_of_places(e);
    return lk_memory_allow(e->graph->context, NULL, "the slices before each slice",
                           2.0 * sizeof(int32_t) * cells * lk_slices_used(&e->slices));
}

lk_status lk_slice_embedder_init(lk_graph *graph, const lk_model *model, const lk_slices *slices,
                                 const lk_field *field, lk_slice_embedder *embedder) {
    static const float zero_and_one[] = {0.0f, 1.0f};
    lk_node *parts[LK_VIEW_PARTS_MOST + 1];
    int32_t earlier = (int32_t)(field - graph->fields);
    *embedder = (lk_slice_embedder){.graph = graph,
                                    .slices = *slices,
                                    .earlier = earlier,
                                    .channels = lk_settings_integer(&model->settings, "embedding"),
                                    .blocks = lk_settings_integer(&model->settings, "blocks"),
                                    .dropout = lk_settings_real(&model->settings, "dropout")};
    LK_TRY(lk_mask_size(graph, model, "embedder_kernel", &embedder->kernel));
    LK_TRY(allow_places(embedder));
    for (int32_t f = 0; f <= earlier; f++) {
        parts[f] = lk_pixels_numbers(graph, &graph->fields[f]);
    }
    parts[earlier + 1] = lk_constant(graph, zero_and_one, 2, 1);
    embedder->board = lk_concatenate(graph, parts, earlier + 2);
    return graph->failed;
}

/* ---- places ---------------------------------------------------------------------------------- */

/* The board's cell behind those of the fields. */
static int32_t zero_of(const lk_slice_embedder *e) {
    const lk_field *last = &e->graph->fields[e->earlier];
    return (int32_t)(last->first + last->cells);
}

/* Writes the cells of the board that are the channels of one place, at the embedder's pixel
 * `at`. */
static int32_t *add_place(const lk_slice_embedder *e, const lk_slice *target, int32_t field,
                          int32_t place, int64_t at, int32_t *cell) {
    const lk_slices *s = &e->slices;
    const lk_field *of = &e->graph->fields[field];
    int64_t columns = lk_slices_at(s, 0).width;
    int32_t each = 2 * s->stride - 1, colours = colours_of(e, field), zero = zero_of(e);
    int32_t row = target->row + place / each - s->stride + 1;
    int32_t column = target->column + place % each - s->stride + 1;
    int64_t y = row + s->stride * (at / columns), x = column + s->stride * (at % columns);
    bool there = row >= 0 && row < s->stride && column >= 0 && column < s->stride &&
                 y < s->height && x < s->width;
    for (int32_t c = 0; c < colours; c++) {
        *cell++ = there ? (int32_t)(of->first + (y * s->width + x) * colours + c) : zero;
    }
    *cell++ = zero + there;
    return cell;
}

/* out[i] = in[cell[i]] of the slice's cells, which `fill` writes. */
typedef void fill_cells(const lk_slice_embedder *e, const lk_slice *slice, int64_t count,
                        int32_t *cell);
static lk_node *choose(const lk_slice_embedder *e, lk_node *in, const lk_slice *slice,
                       int64_t count, fill_cells *fill) {
    int32_t *cell = lk_arena_take(e->graph->arena, count, sizeof *cell);
    if (cell == NULL) {
        e->graph->failed = lk_fail_no_memory(e->graph->context, "slices", 4 * count);
        return NULL;
    }
    fill(e, slice, count, cell);
    return lk_select_cells(e->graph, in, cell, count);
}

static void fill_places(const lk_slice_embedder *e, const lk_slice *target, int64_t count,
                        int32_t *cell) {
    int32_t stride = e->slices.stride;
    for (int64_t at = 0; at < count / channels_of_places(e); at++) {
        for (int32_t f = 0; f <= e->earlier; f++) {
            for (int32_t p = 0; p < places_of(stride, f < e->earlier); p++) {
                cell = add_place(e, target, f, p, at, cell);
            }
        }
    }
}

/* From pixels of the largest slice to cells of this one. */
static void fill_own(const lk_slice_embedder *e, const lk_slice *slice, int64_t count,
                     int32_t *cell) {
    int64_t columns = lk_slices_at(&e->slices, 0).width, groups = count / pixels_of(slice);
    for (int64_t i = 0; i < count; i++) {
        int64_t pixel = i / groups;
        cell[i] = (int32_t)(pixel / slice->width * columns + pixel % slice->width);
    }
}

/* ---- the network ----------------------------------------------------------------------------- */

static lk_node *residual(const lk_slice_embedder *e, int64_t block, lk_node *x, lk_grid grid,
                         const lk_mask *window) {
    lk_graph *graph = e->graph;
    layer_name text;
    snprintf(text, sizeof text, "embedder.block%lld.in", (long long)block);
    lk_node *added =
        lk_pixels_masked(graph, text, lk_relu(graph, x), grid, e->channels, window, LK_CENTRE_ALL);
    added = lk_relu(graph, added);
    added = e->dropout > 0.0 ? lk_dropout(graph, added, e->dropout) : added;
    snprintf(text, sizeof text, "embedder.block%lld.out", (long long)block);
    lk_conv_options options =
        lk_pixels_options(grid, e->channels, window, LK_CENTRE_ALL, LK_INIT_ZERO);
    return lk_add(graph, x, lk_conv(graph, text, added, options));
}

lk_node *lk_slice_embedding(const lk_slice_embedder *e, const lk_slice *slice, int32_t groups) {
    lk_mask window;
    lk_slice largest = lk_slices_at(&e->slices, 0);
    lk_grid grid = {2, {largest.height, largest.width}, 1};
    int64_t channels = channels_of_places(e);
    if (channels == 0) {
        return NULL;
    }
    lk_window_make(&window, e->kernel);
    lk_node *places = choose(e, e->board, slice, pixels_of(&largest) * channels, fill_places);
    lk_node *x =
        lk_pixels_masked(e->graph, "embedder.in", lk_cells_to_channels(e->graph, places, channels),
                         grid, e->channels, &window, LK_CENTRE_ALL);
    for (int64_t block = 1; block <= e->blocks; block++) {
        x = residual(e, block, x, grid, &window);
    }
    return choose(e, lk_relu(e->graph, x), slice, pixels_of(slice) * groups, fill_own);
}
