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
 * stack starts at zero: the network begins as its shortest path. */
#include <stdio.h>

#include "models/label.h"
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
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Salimans et al., PixelCNN++, ICLR 2017, section 2.5",
     .help = "probability of dropping a feature of a residual branch in training",
     .training_only = true},
    LK_OUTPUT_SETTINGS("softmax", false),
};

/* What all layers of one field's network have in common. */
typedef struct network {
    lk_graph *graph;
    const char *prefix; /* of names: "", or "high." */
    lk_grid grid;
    lk_outputs output;
    int64_t channels, layers;
    int32_t first_kernel, kernel;
    double dropout;
    lk_node *before; /* features of the view's part before this one; NULL: it is the first */
} network;

/* PREFIX + layerNUMBER.WHAT */
typedef char layer_name[96];
static const char *named(const network *n, layer_name text, int64_t number, const char *what) {
    snprintf(text, sizeof(layer_name), "%slayer%lld.%s", n->prefix, (long long)number, what);
    return text;
}

/* ---- a layer --------------------------------------------------------------------------------- */

/* tanh(. + V y) sigmoid(. + V y), of what the convolutions of a stack say and what is given. */
static lk_node *gate(const network *n, int64_t number, const char *stack, lk_node *sum) {
    layer_name text;
    char what[64];
    snprintf(what, sizeof what, "%s.label", stack);
    sum = lk_label_add(n->graph, named(n, text, number, what), sum);
    if (n->before != NULL) {
        snprintf(what, sizeof what, "%s.before", stack);
        sum = lk_add(n->graph, sum,
                     lk_conv_1x1(n->graph, named(n, text, number, what), n->before, n->grid,
                                 2 * n->channels, LK_CENTRE_ALL, LK_INIT_GLOROT));
    }
    return lk_gate(n->graph, sum);
}

/* v': of the rows above, and, once V knows only these, of V in the own row too. */
static lk_node *vertical(const network *n, int64_t number, lk_node *input) {
    layer_name text;
    lk_mask mask;
    int32_t reach = (number == 1 ? n->first_kernel : n->kernel) / 2;
    lk_mask_rectangle(&mask, -reach, number == 1 ? -1 : 0, -reach, reach);
    return lk_pixels_masked(n->graph, named(n, text, number, "vertical"), input, n->grid,
                            2 * n->channels, &mask, LK_CENTRE_ALL);
}

/* u: of what is to the left, and of the rows above by way of v'. */
static lk_node *horizontal(const network *n, int64_t number, lk_node *input, lk_node *above) {
    layer_name text;
    lk_mask mask;
    int32_t reach = (number == 1 ? n->first_kernel : n->kernel) / 2;
    lk_mask_rectangle(&mask, 0, 0, -reach, 0);
    lk_node *left =
        lk_pixels_masked(n->graph, named(n, text, number, "horizontal"), input, n->grid,
                         2 * n->channels, &mask, number == 1 ? LK_CENTRE_A : LK_CENTRE_B);
    return lk_add(n->graph, left,
                  lk_conv_1x1(n->graph, named(n, text, number, "link"), above, n->grid,
                              2 * n->channels, LK_CENTRE_ALL, LK_INIT_GLOROT));
}

static lk_node *layers(const network *n, lk_node *input) {
    layer_name text;
    lk_node *v = input, *h = input;
    for (int64_t number = 1; number <= n->layers; number++) {
        bool first = number == 1;
        lk_node *above = vertical(n, number, v);
        lk_node *u = gate(n, number, "horizontal", horizontal(n, number, h, above));
        if (!first && n->dropout > 0.0) {
            u = lk_dropout(n->graph, u, n->dropout);
        }
        lk_node *out = lk_conv_1x1(n->graph, named(n, text, number, "out"), u, n->grid, n->channels,
                                   LK_CENTRE_B, first ? LK_INIT_GLOROT : LK_INIT_ZERO);
        h = first ? out : lk_add(n->graph, h, out);
        v = number < n->layers ? gate(n, number, "vertical", above) : NULL;
    }
    return h;
}

/* ---- the network ----------------------------------------------------------------------------- */

/* s: what the part of a view before this one says. */
static lk_node *features_of(const network *n, const lk_field *before) {
    char name[64];
    snprintf(name, sizeof name, "%sbefore", n->prefix);
    return lk_part_features(n->graph, name, &n->output, before, n->grid, n->channels,
                            (const int32_t[]){n->first_kernel, n->kernel});
}

/* p(field | the parts of the view before it, the label). */
static void build_field(const lk_model *model, network *n, const lk_field *field,
                        const lk_field *before) {
    layer_name text;
    n->before = features_of(n, before);
    lk_node *node = layers(n, lk_outputs_numbers(n->graph, &n->output, field, n->grid.groups));
    snprintf(text, sizeof text, "%shead", n->prefix);
    node = lk_pixels_dense(n->graph, text, node, n->grid,
                           lk_settings_integer(&model->settings, "head"), LK_INIT_HE);
    snprintf(text, sizeof text, "%slogits", n->prefix);
    int64_t channels = lk_outputs_channels(&n->output, n->grid.groups);
    node = lk_pixels_dense(n->graph, text, node, n->grid, channels, LK_INIT_GLOROT);
    lk_outputs_model(n->graph, &n->output, n->grid.groups, node);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    network n = {.graph = graph,
                 .prefix = "",
                 .channels = lk_settings_integer(&model->settings, "channels"),
                 .layers = lk_settings_integer(&model->settings, "layers"),
                 .dropout = lk_settings_real(&model->settings, "dropout")};
    LK_TRY(lk_pixels_grid(graph, model, &n.grid));
    LK_TRY(lk_mask_size(graph, model, "first_kernel", &n.first_kernel));
    LK_TRY(lk_mask_size(graph, model, "kernel", &n.kernel));
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        char prefix[32];
        snprintf(prefix, sizeof prefix, "%s.", field->name);
        n.prefix = lk_model_view(model) != NULL ? prefix : "";
        if (field->role == LK_MODELLED) {
            LK_TRY(lk_outputs_init(graph, model, field, &n.output));
            n.grid.groups = lk_outputs_groups(&n.output);
            build_field(model, &n, field, f > 0 ? field - 1 : NULL);
        }
    }
    return lk_graph_close(graph);
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
