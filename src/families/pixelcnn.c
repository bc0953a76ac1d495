/* PixelCNN (van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016,
 * sections 3.3 to 3.5, table 1):
 *
 *   a first masked convolution, 7 x 7 of type A, to 2h features;
 *   residual blocks (figure 5, left): x + 1x1(relu(3x3(relu(1x1(relu(x)))))), 2h -> h -> h -> 2h,
 *     all of type B;
 *   relu, 1x1, relu, 1x1: the logits of a Bernoulli (binary images) or of a softmax over all values
 *     (section 2.2: "pixels as discrete
 *   variables").
 *
 * A pixel of several channels (R, G, B) has a block of features for each, as in section 3.4: at the
 * centre the block of channel c sees those of the channels before it (type A), and its own too
 * (type B). Each block is one cell of the engine, so that p(R | before) p(G | R, before) p(B | R,
 * G, before) falls out of the ready steps. `channels` is h of one block. Instead of batch
 * normalisation, which the paper does not mention either, the last layer of each residual block
 * starts at zero: the network begins as its shortest path. Two other normalisations can be asked
 * for: of the channels that a block reads, and of the weights of all layers. The weights inside the
 * residual blocks can be block-sparse (models/block_sparse.h).
 *
 * With distribution=logistic a pixel is one cell of all its channels: the first mask leaves out the
 * whole pixel (type A), the network runs once for it, and its last layer says a mixture of which
 * each colour is given those before it (models/outputs.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/block_sparse.h"
#include "models/label.h"
#include "models/parts.h"

static const lk_setting settings[] = {
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 0,
     .most = 256,
     .source = "sections 3.3 and 3.5",
     .help = "residual blocks"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "table 1",
     .help = "features h inside a residual block (2h between blocks), for each colour"},
    {.key = "head",
     .kind = LK_INTEGER,
     .fallback = "64",
     .least = 1,
     .most = 1 << 14,
     .source = "table 1",
     .help = "features of the last layer before the logits, for each colour"},
    {.key = "kernel",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "section 3.4, table 1",
     .help = "size of the first convolution (odd)"},
    {.key = "block_kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "section 3.5, table 1",
     .help = "size of the convolutions inside the blocks (odd)"},
    {.key = "norm",
     .kind = LK_CHOICE,
     .fallback = "none",
     .choices = "none|channel",
     .source = "Ba et al. 2016, section 3",
     .help = "what a residual block reads is normalised over its channels, or not",
     .later = true},
    {.key = "weight_norm",
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .source = "Salimans and Kingma, NIPS 2016, section 2",
     .help = "weights are trained as directions and gains",
     .later = true},
    LK_RESIDUAL_DROPOUT_SETTING("inside a residual block", true),
    LK_BLOCK_SPARSE_SETTINGS("residual blocks", true),
    LK_OUTPUT_SETTINGS("softmax", true),
};

/* What all layers of one field's network have in common. */
typedef struct style {
    const char *prefix; /* of names: "", or "high." */
    lk_grid grid;
    lk_outputs output;
    bool norm, weight_norm;
    double dropout;
    lk_block_sparse sparse; /* of the layers inside residual blocks */
} style;

/* The layer's name: PREFIX + name. */
typedef char layer_name[96];
static const char *named(const style *s, layer_name text, const char *name) {
    snprintf(text, sizeof(layer_name), "%s%s", s->prefix, name);
    return text;
}

static lk_node *masked(lk_graph *graph, const char *name, lk_node *input, const style *s,
                       int64_t channels, const lk_mask *mask, lk_centre centre) {
    layer_name text;
    lk_node *node =
        lk_pixels_masked(graph, named(s, text, name), input, s->grid, channels, mask, centre);
    return s->weight_norm ? lk_normalise_weights(graph, text, node) : node;
}

/* The class, as a bias of each feature. */
static lk_node *told(lk_graph *graph, const char *name, lk_node *node, const style *s) {
    layer_name text;
    char label[80];
    snprintf(label, sizeof label, "%s.label", name);
    return lk_label_add(graph, named(s, text, label), node);
}

/* 1x1(relu(input)), type B. */
static lk_node *pixel_wise(lk_graph *graph, const char *name, lk_node *input, const style *s,
                           int64_t channels, lk_init init) {
    layer_name text;
    lk_node *node = lk_pixels_dense(graph, named(s, text, name), input, s->grid, channels, init);
    return s->weight_norm ? lk_normalise_weights(graph, text, node) : node;
}

/* A layer inside a residual block, of type B, on relu(input). */
static lk_node *block_layer(lk_graph *graph, const char *name, lk_node *input, const style *s,
                            int64_t channels, const lk_mask *mask, lk_init init, uint64_t layer) {
    layer_name text;
    return lk_block_sparse_conv(graph, named(s, text, name), lk_relu(graph, input),
                                lk_pixels_options(s->grid, channels, mask, LK_CENTRE_B, init),
                                &s->sparse, layer);
}

static lk_node *residual_block(lk_graph *graph, int64_t number, lk_node *input, const style *s,
                               int64_t channels, const lk_mask *mask) {
    char name[64];
    layer_name text;
    lk_mask here;
    uint64_t layer = 3 * (uint64_t)number;
    lk_mask_make(&here, 1);
    snprintf(name, sizeof name, "block%lld.norm", (long long)number);
    lk_node *node = s->norm ? lk_channel_norm(graph, named(s, text, name), input, 1) : input;
    snprintf(name, sizeof name, "block%lld.in", (long long)number);
    node = block_layer(graph, name, node, s, channels, &here, LK_INIT_HE, layer);
    snprintf(name, sizeof name, "block%lld.masked", (long long)number);
    node = block_layer(graph, name, node, s, channels, mask, LK_INIT_HE, layer + 1);
    node = told(graph, name, node, s);
    node = s->dropout > 0.0 ? lk_dropout(graph, node, s->dropout) : node;
    snprintf(name, sizeof name, "block%lld.out", (long long)number);
    node = block_layer(graph, name, node, s, 2 * channels, &here, LK_INIT_ZERO, layer + 2);
    return lk_add(graph, input, node);
}

/* What a part of a view reads of the part before it, which is known for the whole image: two
 * convolutions over whole windows. */
static lk_node *context(lk_graph *graph, const lk_field *before, const style *s, int64_t channels,
                        int32_t kernel, int32_t block_kernel) {
    lk_mask window;
    style own = *s;
    own.grid = lk_part_grid(&s->output, before, s->grid);
    lk_window_make(&window, kernel);
    lk_node *node = lk_outputs_numbers(graph, &s->output, before, own.grid.groups);
    node = masked(graph, "context1", node, &own, channels, &window, LK_CENTRE_ALL);
    lk_window_make(&window, block_kernel);
    node = masked(graph, "context2", lk_relu(graph, node), &own, channels, &window, LK_CENTRE_ALL);
    return lk_part_spread(graph, node, own.grid, s->grid);
}

/* p(field | the parts of the view before it, the label). */
static lk_status build_field(const lk_model *model, lk_graph *graph, const lk_field *field,
                             const lk_field *before, const style *s) {
    int32_t kernel, block_kernel;
    LK_TRY(lk_mask_size(graph, model, "kernel", &kernel));
    LK_TRY(lk_mask_size(graph, model, "block_kernel", &block_kernel));
    int64_t channels = lk_settings_integer(&model->settings, "channels");
    int64_t blocks = lk_settings_integer(&model->settings, "blocks");
    lk_mask mask;
    lk_mask_make(&mask, kernel);
    lk_node *node = lk_outputs_numbers(graph, &s->output, field, s->grid.groups);
    node = masked(graph, "first", node, s, 2 * channels, &mask, LK_CENTRE_A);
    node = told(graph, "first", node, s);
    if (before != NULL) {
        node = lk_add(graph, node, context(graph, before, s, 2 * channels, kernel, block_kernel));
    }
    lk_mask_make(&mask, block_kernel);
    for (int64_t i = 1; i <= blocks; i++) {
        node = residual_block(graph, i, node, s, channels, &mask);
    }
    int64_t head = lk_settings_integer(&model->settings, "head");
    node = pixel_wise(graph, "head", node, s, head, LK_INIT_HE);
    int64_t logits = lk_outputs_channels(&s->output, s->grid.groups);
    node = pixel_wise(graph, "logits", node, s, logits, LK_INIT_GLOROT);
    lk_outputs_model(graph, &s->output, s->grid.groups, node);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    style s = {.prefix = "",
               .norm = strcmp(lk_settings_text(&model->settings, "norm"), "channel") == 0,
               .weight_norm = lk_settings_boolean(&model->settings, "weight_norm"),
               .dropout = lk_settings_real(&model->settings, "dropout"),
               .sparse = lk_block_sparse_of(&model->settings)};
    s.sparse.normalise = s.weight_norm;
    LK_TRY(lk_pixels_grid(graph, model, &s.grid));
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        char prefix[32];
        snprintf(prefix, sizeof prefix, "%s.", field->name);
        s.prefix = lk_model_view(model) != NULL ? prefix : "";
        if (field->role == LK_MODELLED) {
            LK_TRY(lk_outputs_init(graph, model, field, &s.output));
            s.grid.groups = lk_outputs_groups(&s.output);
            LK_TRY(build_field(model, graph, field, f > 0 ? field - 1 : NULL, &s));
        }
    }
    return lk_graph_close(graph);
}

const lk_family lk_pixelcnn_family = {
    .name = "pixelcnn",
    .place = 70,
    .summary =
        "masked convolutions over images: binary, grey or colour, with a softmax over all values",
    .paper = "van den Oord, Kalchbrenner, Kavukcuoglu: Pixel Recurrent Neural Networks, ICML 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_outputs_start,
};
