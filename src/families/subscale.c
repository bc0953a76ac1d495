/* Subscale Pixel Network (Menick, Kalchbrenner, "Generating High Fidelity Images with Subscale
 * Pixel Networks and Multidimensional Upscaling", ICLR 2019). A picture is S x S slices, small
 * pictures of every S-th row and column (models/slices.h), one after another in raster order of
 * their offsets (i, j); raster scan inside each, the colours of a pixel in sequence. One set of
 * weights says all of them. For each slice (section 3.2):
 *
 *   e = embedder(earlier slices)      each in a place that says where it stands relative to this
 *     one
 *   a = attention over the slice's own sub-pixels, flattened, each reading those before it
 *   p = Gated PixelCNN of the slice, whose gates are told relu(e) + a
 *
 * The earlier slices are channels of one picture: slice (i + di, j + dj) is in place (di, dj), one
 * that is not there, or a pixel beyond its edge, is empty. Beside the colours each place has a
 * channel that is 1 where there is a pixel, else 0. The embedder is a residual network without
 * masks,
 *
 *   x = conv(places)      x <- x + conv(relu(conv(relu(x))))     `blocks` times
 *
 * for all that it reads is known before the slice begins. The vertical stack is told relu(e) alone:
 * a holds pixels of the own row. The attention is layers of models/decoder.h over
 *
 *   dense(sub-pixel before, row, column, colour)     row and column as (r - h / 2) / h
 *
 * With distribution=logistic it, and the PixelCNN, take pixels whole (models/outputs.h).
 *
 * Multidimensional upscaling (section 4). Size: with size_upscaling the first slice, a small
 * picture, is said by a decoder of its own, "first.", without an embedder. Depth: seen through
 * --view bits:3 the high bits of all pixels come before the low bits of any, each by a network of
 * its own. That of the low bits has all slices of the high ones in places too, the own one and
 * later ones among them. It says low bits only, so that nothing is counted twice.
 *
 * Training is on all slices at once, exactly; the paper draws one of them for each picture. What it
 * does not say, or we do not have from it: the blocks of the embedder, and what attention is told
 * of where it is. A class is a bias in the gates. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "models/decoder.h"
#include "models/gated_stacks.h"
#include "models/parts.h"
#include "models/slice_embedder.h"

static const lk_setting settings[] = {
    {.key = "stride",
     .kind = LK_INTEGER,
     .fallback = "2",
     .least = 1,
     .most = LK_SLICES_STRIDE_MOST,
     .source = "section 3 (S; 8 there of 256 x 256)",
     .help = "slices along each axis, of every so-manieth row and column"},
    {.key = "size_upscaling",
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .source = "section 4",
     .help = "the first slice has a decoder of its own"},
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 0,
     .most = 256,
     .source = "section 3.2",
     .help = "residual blocks of the embedder"},
    {.key = "embedding",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3.2",
     .help = "features of the embedder"},
    {.key = "embedder_kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "section 3.2",
     .help = "size of the embedder's convolutions (odd)"},
    {.key = "attention",
     .kind = LK_INTEGER,
     .fallback = "1",
     .least = 0,
     .most = 256,
     .source = "section 3.2",
     .help = "layers of the attention inside a slice; 0: none"},
    {.key = "width",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3.2",
     .help = "channels of the attention"},
    {.key = "heads",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 256,
     .source = "section 3.2",
     .help = "heads, which share the width"},
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 256,
     .source = "section 3.2",
     .help = "layers of both stacks of the decoder"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "van den Oord et al., Gated PixelCNN, NIPS 2016, figure 2",
     .help = "features of each stack, for each colour"},
    {.key = "first_kernel",
     .kind = LK_INTEGER,
     .fallback = "5",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "van den Oord et al., Pixel Recurrent Neural Networks, ICML 2016, table 1",
     .help = "size of the stacks' first convolutions (odd)"},
    {.key = "kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "van den Oord et al., Gated PixelCNN, NIPS 2016, figure 2",
     .help = "size of the stacks' other convolutions (odd)"},
    {.key = "head",
     .kind = LK_INTEGER,
     .fallback = "64",
     .least = 1,
     .most = 1 << 14,
     .source = "van den Oord et al., Pixel Recurrent Neural Networks, ICML 2016, table 1",
     .help = "features of the last layer before the logits, for each colour"},
    LK_RESIDUAL_DROPOUT_SETTING("of a residual branch", false),
    LK_OUTPUT_SETTINGS("softmax", false),
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

static lk_slices slices_of(const lk_model *model, lk_shape shape) {
    return lk_slices_of(shape, (int32_t)setting(model, "stride"));
}

static lk_status ranks(const lk_model *model, lk_shape shape, int32_t *rank) {
    lk_slices slices = slices_of(model, shape);
    lk_slices_rank(&slices, rank);
    return LK_OK;
}

/* The first slice. */
static int64_t scale(const lk_model *model) {
    return setting(model, "stride");
}

static int32_t groups(const lk_model *model, lk_shape shape, int32_t *group) {
    lk_slices slices = slices_of(model, shape);
    for (int64_t v = 0; v < lk_shape_variables(shape); v++) {
        group[v] = lk_slices_number(&slices, v / slices.colours);
    }
    return slices.stride * slices.stride;
}

static void group_name(const lk_model *model, int32_t group, char name[LK_GROUP_NAME]) {
    int32_t stride = (int32_t)setting(model, "stride");
    snprintf(name, LK_GROUP_NAME, "slice %d,%d", group / stride, group % stride);
}

/* ---- the network of a field ------------------------------------------------------------------ */

typedef struct network {
    const lk_model *model;
    lk_graph *graph;
    lk_slices slices;
    lk_outputs output;
    lk_slice_embedder embedder;
    lk_node *pixels; /* the field's: [pixels * groups] */
} network;

static int32_t *take(const network *n, int64_t count) {
    int32_t *taken = lk_arena_take(n->graph->arena, count, sizeof *taken);
    if (taken == NULL && n->graph->failed == LK_OK) {
        n->graph->failed = lk_fail_no_memory(n->graph->context, "slices", 4 * count);
    }
    return taken;
}

/* out[i] = in[cell[i]]; cell NULL: there was no memory for it. */
static lk_node *chosen(const network *n, lk_node *in, const int32_t *cell, int64_t count) {
    return cell == NULL ? NULL : lk_select_cells(n->graph, in, cell, count);
}

static int32_t groups_of(const network *n) {
    return lk_outputs_groups(&n->output);
}

/* The slice's own cells: a pixel's colours, or the pixel. */
static int64_t cells_of(const network *n, const lk_slice *slice) {
    return slice->height * slice->width * groups_of(n);
}

/* ---- the decoder ----------------------------------------------------------------------------- */

/* The cells of a node of [pixels * groups] that are the slice's, in its order. */
static int32_t *cells_in(const network *n, const lk_slice *slice) {
    int32_t groups = groups_of(n);
    int64_t count = cells_of(n, slice);
    int32_t *cell = take(n, count);
    for (int64_t i = 0; cell != NULL && i < count; i++) {
        cell[i] = (int32_t)(lk_slices_pixel(&n->slices, slice, i / groups) * groups + i % groups);
    }
    return cell;
}

/* Layers of attention over the slice; each cell reads what was before it. */
static lk_node *attention_of(const network *n, lk_grid grid, const int32_t *cell, lk_node *own) {
    lk_graph *graph = n->graph;
    int64_t count = grid.size[0] * grid.size[1] * grid.groups;
    int64_t layers = setting(n->model, "attention"), width = setting(n->model, "width");
    int32_t variables = n->output.colours / grid.groups; /* of a cell */
    int32_t *limit = take(n, count);
    for (int64_t i = 0; limit != NULL && cell != NULL && i < count; i++) {
        limit[i] = n->output.field->rank[cell[i] * variables];
    }
    lk_node *parts[] = {lk_shift(graph, own, 1, 0.0f), lk_pixels_where(graph, grid)};
    lk_node *x = lk_dense(graph, "attention.in", lk_join_channels(graph, parts, 2), width);
    lk_decoder decoder = {.heads = setting(n->model, "heads"),
                          .widening = 4,
                          .limit = limit,
                          .dropout = lk_settings_real(&n->model->settings, "dropout")};
    for (int64_t layer = 1; layer <= layers && limit != NULL; layer++) {
        char name[48];
        snprintf(name, sizeof name, "attention.layer%lld", (long long)layer);
        x = lk_decoder_layer(graph, name, x, &decoder, (lk_attention_pattern){0}, NULL);
    }
    x = lk_channel_norm(graph, "attention.norm", x, 1);
    return lk_dense(graph, "attention.out", x, setting(n->model, "embedding"));
}

/* What is said of the slice: cells in its order. embedding NULL: nothing is known before it. */
static lk_status say_slice(const network *n, const lk_slice *slice, lk_node *embedding,
                           lk_node **logits) {
    lk_gated_stacks stacks;
    const int32_t *cell = cells_in(n, slice);
    int64_t count = cells_of(n, slice);
    LK_TRY(lk_gated_stacks_init(n->graph, n->model, &stacks));
    lk_node *own = n->slices.stride > 1 ? chosen(n, n->pixels, cell, count) : n->pixels;
    stacks.grid = (lk_grid){2, {slice->height, slice->width}, groups_of(n)};
    stacks.told = LK_CENTRE_B;
    stacks.told_vertical = stacks.told_horizontal = embedding;
    if (setting(n->model, "attention") > 0) {
        lk_node *attended = attention_of(n, stacks.grid, cell, own);
        stacks.told_horizontal =
            embedding == NULL ? attended : lk_add(n->graph, embedding, attended);
    }
    *logits = lk_gated_stacks_logits(&stacks, own, setting(n->model, "head"),
                                     lk_outputs_channels(&n->output, groups_of(n)));
    return n->graph->failed;
}

/* ---- all slices ------------------------------------------------------------------------------ */

/* By the decoder of the first slice alone, or by the embedder and the decoder of all. */
static lk_status add_slice(network *n, int32_t number, lk_node **logits) {
    lk_slice slice = lk_slices_at(&n->slices, number);
    const char *scope = n->graph->scope;
    bool apart = number == 0 && lk_settings_boolean(&n->model->settings, "size_upscaling");
    if (!apart) {
        lk_node *embedding = lk_slice_embedding(&n->embedder, &slice, groups_of(n));
        return say_slice(n, &slice, embedding, logits);
    }
    char text[64];
    snprintf(text, sizeof text, "%sfirst.", scope);
    n->graph->scope = lk_arena_string(n->graph->arena, text);
    lk_status status = n->graph->scope != NULL
                           ? say_slice(n, &slice, NULL, logits)
                           : lk_fail_no_memory(n->graph->context, "slices", sizeof text);
    n->graph->scope = scope;
    return status;
}

/* From the slices' order to the picture's. */
static lk_node *put_together(const network *n, lk_node *const *logits, int32_t count) {
    int64_t cells = n->slices.height * n->slices.width * groups_of(n);
    lk_slices of_cells = n->slices;
    if (n->slices.stride == 1) {
        return logits[0];
    }
    int32_t *place = take(n, cells);
    of_cells.colours = groups_of(n);
    if (place != NULL) {
        lk_slices_rank(&of_cells, place);
    }
    return chosen(n, lk_concatenate(n->graph, logits, count), place, cells);
}

static lk_status check(lk_graph *graph, const lk_model *model, const lk_slices *slices) {
    lk_grid grid;
    LK_TRY(lk_pixels_grid(graph, model, &grid));
    LK_TRY(lk_decoder_check(graph, setting(model, "width"), setting(model, "heads")));
    bool apart = lk_settings_boolean(&model->settings, "size_upscaling");
    if (apart && lk_slices_used(slices) == 1) {
        return lk_fail(graph->context, LK_INVALID,
                       "size_upscaling=true is for pictures of several slices, and with stride=%d "
                       "one of %lldx%lld has one",
                       slices->stride, (long long)slices->height, (long long)slices->width);
    }
    return LK_OK;
}

/* p(field | the parts of the view before it, the label). */
static lk_status part(const lk_model *model, lk_graph *graph, const lk_field *field,
                      const lk_field *before) {
    network n = {.model = model, .graph = graph, .slices = slices_of(model, model->data.shape)};
    lk_node *logits[LK_SLICES_STRIDE_MOST * LK_SLICES_STRIDE_MOST];
    int32_t count = 0;
    (void)before; /* the embedder takes all of them */
    LK_TRY(check(graph, model, &n.slices));
    LK_TRY(lk_outputs_init(graph, model, field, &n.output));
    LK_TRY(lk_slice_embedder_init(graph, model, &n.slices, field, &n.embedder));
    n.pixels = lk_outputs_numbers(graph, &n.output, field, groups_of(&n));
    for (int32_t k = 0; k < n.slices.stride * n.slices.stride; k++) {
        lk_slice slice = lk_slices_at(&n.slices, k);
        if (slice.height > 0 && slice.width > 0) {
            LK_TRY(add_slice(&n, k, &logits[count++]));
        }
    }
    lk_outputs_model(graph, &n.output, groups_of(&n), put_together(&n, logits, count));
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, part);
}

/* ---- the row --------------------------------------------------------------------------------- */

static lk_status start(lk_model *model, const lk_dataset *train) {
    bool apart = lk_settings_boolean(&model->settings, "size_upscaling");
    LK_TRY(lk_outputs_start(model, train));
    return apart ? lk_outputs_start_under(model, train, "first.") : LK_OK;
}

const lk_family lk_subscale_family = {
    .name = "subscale",
    .place = 170,
    .summary = "Subscale Pixel Network: slice after slice of every S-th row and column, each given "
               "those before: binary, grey or colour images, also given a class",
    .paper = "Menick, Kalchbrenner: Generating High Fidelity Images with Subscale Pixel Networks "
             "and Multidimensional Upscaling, ICLR 2019",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .order = "slices",
    .ranks = ranks,
    .scale = scale,
    .groups = groups,
    .group_name = group_name,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = start,
};
