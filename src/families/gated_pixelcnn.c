/* Gated PixelCNN (van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu, "Conditional
 * Image Generation with PixelCNN Decoders", NIPS 2016; its figure 2 is a layer). Two stacks, so
 * that a pixel sees all that was before it within reach; under the masks of one stack it is blind
 * to a triangle on the right (section 2.2). With p = `channels`:
 *
 *   v' = n x n convolution of V to 2p features      V <- gate(v')
 *   u  = 1 x n convolution of H + 1x1(v'), to 2p    H <- H + 1x1(gate(u))
 *   gate(a, b) = tanh(a) sigmoid(b)                 (equation 2)
 *
 * then relu, 1x1, relu, 1x1 on H: the logits of a Bernoulli (binary images) or of a softmax. The
 * first layer has no residual, which would carry the pixel itself.
 *
 * Features hold what is before, and nothing is shifted: V at row r knows the rows above r. So the
 * first vertical convolution reads the rows above; later ones also their own row, on both sides;
 * the link, 1x1, reads v' of its own pixel. The vertical stack knows whole rows, hence all colours;
 * a pixel of several channels has a block of features for each in the horizontal stack, as in
 * pixelcnn.c; or, with distribution=logistic, one cell for all its colours (models/outputs.h).
 *
 * A class is a bias in every gate (section 2.3, equation 4); the part of a view before this one, a
 * map s of features that every gate reads by 1x1 (section 2.3). What a layer adds to the horizontal
 * stack starts at zero: the network begins as its shortest path. The layers are
 * models/gated_stacks.c. */
#include "models/gated_stacks.h"
#include "models/parts.h"

static const lk_setting settings[] = {
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "8",
     .least = 1,
     .most = 256,
     .source = "section 3",
     .help = "layers of both stacks"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "figure 2",
     .help = "features p of each stack, for each colour"},
    {.key = "first_kernel",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "van den Oord et al., Pixel Recurrent Neural Networks, ICML 2016, table 1",
     .help = "size of the first layer's convolutions (odd)"},
    {.key = "kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "figure 2",
     .help = "size n of the other convolutions (odd)"},
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

/* p(field | the part of the view before it, the label). */
static lk_status part(const lk_model *model, lk_graph *graph, const lk_field *field,
                      const lk_field *before) {
    lk_grid grid;
    lk_outputs output;
    lk_gated_stacks n;
    LK_TRY(lk_pixels_grid(graph, model, &grid));
    LK_TRY(lk_gated_stacks_init(graph, model, &n));
    LK_TRY(lk_outputs_init(graph, model, field, &output));
    n.grid = grid;
    n.grid.groups = lk_outputs_groups(&output);
    n.told = LK_CENTRE_ALL;
    n.told_vertical = n.told_horizontal =
        lk_part_features(graph, "before", &output, before, n.grid, n.channels,
                         (const int32_t[]){n.first_kernel, n.kernel});
    lk_node *logits = lk_gated_stacks_logits(
        &n, lk_outputs_numbers(graph, &output, field, n.grid.groups),
        lk_settings_integer(&model->settings, "head"), lk_outputs_channels(&output, n.grid.groups));
    lk_outputs_model(graph, &output, n.grid.groups, logits);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, part);
}

const lk_family lk_gated_pixelcnn_family = {
    .name = "gated-pixelcnn",
    .place = 82,
    .summary = "two stacks of gated convolutions, without a blind spot: binary, grey or colour "
               "images, also given a class",
    .paper = "van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu: Conditional "
             "Image Generation with PixelCNN Decoders, NIPS 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_outputs_start,
};
