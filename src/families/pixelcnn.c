/* PixelCNN (van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016,
 * sections 3.3 to 3.5, table 1):
 *
 *   a first masked convolution, 7 x 7 of type A, to 2h features;
 *   residual blocks (figure 5, left): x + 1x1(relu(3x3(relu(1x1(relu(x)))))), 2h -> h -> h -> 2h,
 *     all of type B;
 *   relu, 1x1, relu, 1x1: the logits of a Bernoulli (binary images) or of a softmax over all values
 *     (section 3.5: "pixels as discrete
 *   variables").
 *
 * A pixel of several channels (R, G, B) has a block of features for each, as in section 3.4: at the
 * centre the block of channel c sees those of the channels before it (type A), and its own too
 * (type B). Each block is one cell of the engine, so that p(R | before) p(G | R, before) p(B | R,
 * G, before) falls out of the ready steps. `channels` is h of one block. Instead of batch
 * normalisation, which the paper does not mention either, the last layer of each residual block
 * starts at zero: the network begins as its shortest path. Two other normalisations can be asked
 * for: of the channels that a block reads, and of the weights of all layers. */
#include <stdio.h>
#include <string.h>

#include "models/pixels.h"

static const lk_setting settings[] = {
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 0,
     .most = 256,
     .help = "residual blocks"},
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
     .most = LK_MASK_SIZE_MOST,
     .help = "size of the first convolution (odd)"},
    {.key = "block_kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
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
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .help =
         "probability of dropping a feature inside a residual block in training (as in PixelCNN++)",
     .training_only = true,
     .later = true},
};

/* What all layers have in common. */
typedef struct style {
    lk_grid grid;
    bool norm, weight_norm;
    double dropout;
} style;

static lk_node *masked(lk_graph *graph, const char *name, lk_node *input, const style *s,
                       int64_t channels, const lk_mask *mask, lk_centre centre) {
    lk_node *node = lk_pixels_masked(graph, name, input, s->grid, channels, mask, centre);
    return s->weight_norm ? lk_normalise_weights(graph, name, node) : node;
}

/* 1x1(relu(input)), type B. */
static lk_node *pixel_wise(lk_graph *graph, const char *name, lk_node *input, const style *s,
                           int64_t channels, lk_init init) {
    lk_node *node = lk_pixels_dense(graph, name, input, s->grid, channels, init);
    return s->weight_norm ? lk_normalise_weights(graph, name, node) : node;
}

static lk_node *residual_block(lk_graph *graph, int64_t number, lk_node *input, const style *s,
                               int64_t channels, const lk_mask *mask) {
    char name[64];
    snprintf(name, sizeof name, "block%lld.norm", (long long)number);
    lk_node *node = s->norm ? lk_channel_norm(graph, name, input, 1) : input;
    snprintf(name, sizeof name, "block%lld.in", (long long)number);
    node = pixel_wise(graph, name, node, s, channels, LK_INIT_HE);
    snprintf(name, sizeof name, "block%lld.masked", (long long)number);
    node = masked(graph, name, lk_relu(graph, node), s, channels, mask, LK_CENTRE_B);
    node = s->dropout > 0.0 ? lk_dropout(graph, node, s->dropout) : node;
    snprintf(name, sizeof name, "block%lld.out", (long long)number);
    node = pixel_wise(graph, name, node, s, 2 * channels, LK_INIT_ZERO);
    return lk_add(graph, input, node);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    style s = {.norm = strcmp(lk_settings_text(&model->settings, "norm"), "channel") == 0,
               .weight_norm = lk_settings_boolean(&model->settings, "weight_norm"),
               .dropout = lk_settings_real(&model->settings, "dropout")};
    int32_t kernel, block_kernel;
    LK_TRY(lk_pixels_grid(graph, model, &s.grid));
    LK_TRY(lk_mask_size(graph, model, "kernel", &kernel));
    LK_TRY(lk_mask_size(graph, model, "block_kernel", &block_kernel));
    int64_t channels = lk_settings_integer(&model->settings, "channels");
    int64_t blocks = lk_settings_integer(&model->settings, "blocks");
    lk_mask mask;
    lk_mask_make(&mask, kernel);
    lk_node *node =
        masked(graph, "first", lk_pixels_numbers(graph), &s, 2 * channels, &mask, LK_CENTRE_A);
    lk_mask_make(&mask, block_kernel);
    for (int64_t i = 1; i <= blocks; i++) {
        node = residual_block(graph, i, node, &s, channels, &mask);
    }
    int64_t head = lk_settings_integer(&model->settings, "head");
    node = pixel_wise(graph, "head", node, &s, head, LK_INIT_HE);
    node = pixel_wise(graph, "logits", node, &s, lk_pixels_logits(graph), LK_INIT_GLOROT);
    return lk_pixels_finish(graph, node);
}

const lk_family lk_pixelcnn_family = {
    .name = "pixelcnn",
    .place = 70,
    .summary =
        "masked convolutions over images: binary, grey or colour, with a softmax over all values",
    .paper = "van den Oord, Kalchbrenner, Kavukcuoglu: Pixel Recurrent Neural Networks, ICML 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .build = build,
    .any_size = true,
    .start = lk_pixels_start,
};
