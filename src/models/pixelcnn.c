/* PixelCNN (van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016, sections 3.3 to 3.5, table 1):
 *
 *   a first masked convolution, 7 x 7 of type A, to 2h features;
 *   residual blocks (figure 5, left): x + 1x1(relu(3x3(relu(1x1(relu(x)))))), 2h -> h -> h -> 2h, all of type B;
 *   relu, 1x1, relu, 1x1: the logits of a Bernoulli (binary images) or of a softmax over all values (section 3.5: "pixels as discrete
 *   variables").
 *
 * A pixel of several channels (R, G, B) has a block of features for each, as in section 3.4: at the centre the block of channel c sees
 * those of the channels before it (type A), and its own too (type B). Each block is one cell of the engine, so that
 * p(R | before) p(G | R, before) p(B | R, G, before) falls out of the ready steps. `channels` is h of one block. Instead of batch
 * normalisation, which the paper does not mention either, the last layer of each residual block starts at zero: the network begins as its
 * shortest path. Two other normalisations can be asked for: of the channels that a block reads, and of the weights of all layers. */
#include <stdio.h>
#include <string.h>

#include "dist/dist.h"
#include "models/marginals.h"
#include "ops/ops.h"

#define KERNEL_MOST 31

static const lk_setting settings[] = {
    {.key = "blocks", .kind = LK_INTEGER, .fallback = "7", .least = 0, .most = 256, .help = "residual blocks"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .help = "features h inside a residual block (2h between blocks), for each colour"},
    {.key = "head",
     .kind = LK_INTEGER,
     .fallback = "64",
     .least = 1,
     .most = 1 << 14,
     .help = "features of the last layer before the logits, for each colour"},
    {.key = "kernel",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 3,
     .most = KERNEL_MOST,
     .help = "size of the first convolution (odd)"},
    {.key = "block_kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = KERNEL_MOST,
     .help = "size of the convolutions inside the blocks (odd)"},
    {.key = "norm",
     .kind = LK_CHOICE,
     .fallback = "none",
     .choices = "none|channel",
     .help = "what a residual block reads is normalised over its channels (Ba et al. 2016), or not",
     .later = true},
    {.key = "weight_norm",
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .help = "weights are trained as directions and gains (Salimans and Kingma 2016)",
     .later = true},
};

/* The taps of a kernel x kernel mask: those before the centre in raster order, and the centre. */
typedef struct mask {
    int32_t taps[KERNEL_MOST * KERNEL_MOST][LK_GRID_AXES];
    int32_t count;
} mask;

static void make_mask(mask *m, int32_t kernel) {
    int32_t reach = kernel / 2;
    m->count = 0;
    for (int32_t y = -reach; y <= 0; y++) {
        for (int32_t x = -reach; x <= (y < 0 ? reach : 0); x++) {
            m->taps[m->count][0] = y;
            m->taps[m->count][1] = x;
            m->taps[m->count++][2] = 0;
        }
    }
}

static lk_status find_grid(lk_graph *graph, const lk_model *model, lk_grid *grid) {
    const lk_shape *shape = &model->data.shape;
    if (shape->axes != 2 && shape->axes != 3) {
        return lk_fail(
            graph->context, LK_INVALID,
            "pixelcnn is for images, and these data are vectors of %lld variables: give their shape, as --shape "
            "28x28x1 (height x width x channels)",
            (long long)model->data.variables);
    }
    if (shape->axes == 3 && shape->size[2] > 16) {
        return lk_fail(graph->context, LK_INVALID,
                       "pixelcnn takes images of at most 16 channels, not %lld (a shape is height x "
                       "width x channels)",
                       (long long)shape->size[2]);
    }
    *grid = (lk_grid){2, {shape->size[0], shape->size[1]}, shape->axes == 3 ? (int32_t)shape->size[2] : 1};
    return LK_OK;
}

static lk_status find_kernel(lk_graph *graph, const lk_model *model, const char *key, int32_t *kernel) {
    *kernel = (int32_t)lk_settings_integer(&model->settings, key);
    return *kernel % 2 == 1
               ? LK_OK
               : lk_fail(graph->context, LK_INVALID, "%s=%d: a mask has a centre, so its size is odd", key, *kernel);
}

/* What all layers have in common. */
typedef struct style {
    lk_grid grid;
    bool norm, weight_norm;
} style;

static lk_node *masked(lk_graph *graph, const char *name, lk_node *input, const style *s, int64_t channels,
                       const mask *m, lk_centre centre) {
    lk_conv_options options = {.grid = s->grid,
                               .channels = channels,
                               .taps = m->taps,
                               .tap_count = m->count,
                               .centre = centre,
                               .bias = true,
                               .init = LK_INIT_HE};
    lk_node *node = lk_conv(graph, name, input, options);
    return s->weight_norm ? lk_normalise_weights(graph, name, node) : node;
}

/* 1x1(relu(input)), type B. */
static lk_node *pixel_wise(lk_graph *graph, const char *name, lk_node *input, const style *s, int64_t channels,
                           lk_init init) {
    lk_node *node = lk_conv_1x1(graph, name, lk_relu(graph, input), s->grid, channels, LK_CENTRE_B, init);
    return s->weight_norm ? lk_normalise_weights(graph, name, node) : node;
}

static lk_node *residual_block(lk_graph *graph, int64_t number, lk_node *input, const style *s, int64_t channels,
                               const mask *m) {
    char name[64];
    snprintf(name, sizeof name, "block%lld.norm", (long long)number);
    lk_node *node = s->norm ? lk_channel_norm(graph, name, input, 1) : input;
    snprintf(name, sizeof name, "block%lld.in", (long long)number);
    node = pixel_wise(graph, name, node, s, channels, LK_INIT_HE);
    snprintf(name, sizeof name, "block%lld.masked", (long long)number);
    node = masked(graph, name, lk_relu(graph, node), s, channels, m, LK_CENTRE_B);
    snprintf(name, sizeof name, "block%lld.out", (long long)number);
    node = pixel_wise(graph, name, node, s, 2 * channels, LK_INIT_ZERO);
    return lk_add(graph, input, node);
}

/* Symbols above the binary ones become numbers in -1 .. 1. */
static lk_node *numbers(lk_graph *graph) {
    return graph->alphabet == 2 ? graph->data
                                : lk_scale(graph, graph->data, 2.0f / (float)(graph->alphabet - 1), -1.0f);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    style s = {.norm = strcmp(lk_settings_text(&model->settings, "norm"), "channel") == 0,
               .weight_norm = lk_settings_boolean(&model->settings, "weight_norm")};
    int32_t kernel, block_kernel;
    LK_TRY(find_grid(graph, model, &s.grid));
    LK_TRY(find_kernel(graph, model, "kernel", &kernel));
    LK_TRY(find_kernel(graph, model, "block_kernel", &block_kernel));
    int64_t channels = lk_settings_integer(&model->settings, "channels");
    int64_t blocks = lk_settings_integer(&model->settings, "blocks");
    bool binary = graph->alphabet == 2;
    mask m;
    make_mask(&m, kernel);
    lk_node *node = masked(graph, "first", numbers(graph), &s, 2 * channels, &m, LK_CENTRE_A);
    make_mask(&m, block_kernel);
    for (int64_t i = 1; i <= blocks; i++) {
        node = residual_block(graph, i, node, &s, channels, &m);
    }
    int64_t head = lk_settings_integer(&model->settings, "head");
    node = pixel_wise(graph, "head", node, &s, head, LK_INIT_HE);
    node = pixel_wise(graph, "logits", node, &s, binary ? 1 : graph->alphabet, LK_INIT_GLOROT);
    return lk_graph_finish(graph, node, binary ? &lk_bernoulli : &lk_categorical);
}

/* The biases of the logits, one set for each colour. */
static lk_status start(lk_model *model, const lk_dataset *train) {
    const lk_shape *shape = &model->data.shape;
    int32_t bias = lk_parameters_find(model->parameters, "logits.bias");
    return lk_pooled_logits(model, train, shape->axes == 3 ? shape->size[2] : 1, model->parameters->list[bias].value);
}

const lk_family lk_pixelcnn_family = {
    .name = "pixelcnn",
    .summary = "masked convolutions over images: binary, grey or colour, with a softmax over all values",
    .paper = "van den Oord, Kalchbrenner, Kavukcuoglu: Pixel Recurrent Neural Networks, ICML 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .build = build,
    .any_size = true,
    .start = start,
};
