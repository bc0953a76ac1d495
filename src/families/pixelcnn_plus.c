/* PixelCNN++ (Salimans, Karpathy, Chen, Kingma, ICLR 2017; where the paper leaves something open,
 * as its code, openai/pixel-cnn). The network runs once for a pixel, on two streams of features:
 * u knows the rows above, ul these and what is to the left in the own row (section 2.4, figure 2).
 *
 *   resnet(x, a) = x + gate(conv(drop(f(conv(f(x)) + 1x1(f(a))))))     f = concat-elu (section 2.5)
 *   gate(p, q)   = p sigmoid(q)
 *
 * Convolutions of u read the own row and the one above it, columns -1 .. 1; those of ul two rows
 * and two columns. The way up has `levels` levels of `depth` resnets for each stream; u comes
 * first, and ul is also told u (a above). From level to level the grid halves by convolutions of
 * stride 2 (section 2.3). The way down begins with what the way up ended with and doubles the grid
 * by transposed convolutions; each of its resnets is also told what one on the way up said, the
 * last first, strided ones too (section 2.4: shortcuts). So levels but the coarsest have one resnet
 * more. At the end elu, 1x1: what models/outputs.h makes a distribution of.
 *
 * Features hold what is before, and nothing is shifted: the first convolutions read the rows above,
 * and of their own row what is to the left. A plane of ones tells where the image ends. Sides may
 * be odd: a halved grid is rounded up, and doubling leaves out what would lie outside.
 *
 * With a softmax over several colours, which the paper does not have, each colour has a layer of
 * features of its own, told the earlier colours of the pixel.
 *
 * A class is a bias in the gate of every resnet. All weights are normalised, and begin with what
 * layers say of 16 examples at mean 0 and deviation 1, before gates at 0.1 (Salimans and Kingma
 * 2016; graph/data_start.h). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/data_start.h"
#include "models/outputs.h"
#include "models/pixels.h"

#define LEVELS_MOST 8
#define START_EXAMPLES 16
#define LABEL_SCALE 0.05f

static const lk_setting settings[] = {
    {.key = "depth",
     .kind = LK_INTEGER,
     .fallback = "5",
     .least = 1,
     .most = 64,
     .source = "section 3",
     .help = "resnets of each stream at a level, on the way up"},
    {.key = "levels",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 1,
     .most = LEVELS_MOST,
     .source = "section 2.3",
     .help = "resolutions, each half of the one before"},
    {.key = "filters",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3 (192 there, 160 in the code)",
     .help = "features of each stream"},
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "section 2.5 (0.5 there)",
     .help = "probability of dropping a feature of a residual branch in training",
     .training_only = true},
    LK_OUTPUT_SETTINGS("logistic", false),
};

/* A binary value has one parameter, whatever it is called. */
static lk_status prepare(lk_model *model) {
    return model->data.alphabet == 2
               ? lk_settings_set(model->context, &model->settings, "distribution", "softmax")
               : LK_OK;
}

typedef struct stream {
    const char *name;
    int32_t right; /* the last column that its convolutions read */
} stream;
enum { U, UL, STREAMS };
static const stream streams[STREAMS] = {{"u", 1}, {"ul", 0}};

/* What one place of the way up said, for the way down. */
typedef struct shortcut {
    lk_node *node[STREAMS];
} shortcut;

typedef struct network {
    lk_graph *graph;
    lk_grid grid[LEVELS_MOST];
    int64_t filters, depth, levels;
    double dropout;
    const lk_field *label; /* NULL: nothing is given */
    lk_node *at[STREAMS];  /* the streams, as far as they are built */
    shortcut *said;        /* [levels * (depth + 1)], `count` of them not yet taken back */
    int64_t count;
} network;

/* ---- layers ---------------------------------------------------------------------------------- */

typedef char layer_name[64];

static lk_conv_options options_of(const network *n, int64_t level, int64_t channels,
                                  const lk_mask *mask) {
    return (lk_conv_options){.grid = n->grid[level],
                             .channels = channels,
                             .taps = mask->taps,
                             .tap_count = mask->count,
                             .bias = true,
                             .init = LK_INIT_HE};
}

static lk_node *conv(const network *n, const char *name, lk_node *input, lk_conv_options options) {
    return lk_normalise_weights(n->graph, name, lk_conv(n->graph, name, input, options));
}

static lk_node *dense(const network *n, const char *name, lk_node *input, int64_t channels) {
    return lk_normalise_weights(n->graph, name, lk_dense(n->graph, name, input, channels));
}

/* The convolution of a stream: its own row and the one above. */
static lk_node *stream_conv(const network *n, const char *name, int which, int64_t level,
                            lk_node *input, int64_t channels) {
    lk_mask mask;
    lk_mask_rectangle(&mask, -1, 0, -1, streams[which].right);
    return conv(n, name, input, options_of(n, level, channels, &mask));
}

/* The class, as a bias before the gate. */
static lk_node *told(const network *n, const char *name, lk_node *node) {
    layer_name text;
    if (n->label == NULL) {
        return node;
    }
    snprintf(text, sizeof text, "%s.label", name);
    return lk_add_to_all(
        n->graph, node,
        lk_embedding(n->graph, text, n->label->node, n->label->alphabet, 2 * n->filters));
}

/* auxiliary: NULL, or what the resnet is told beside x. */
static lk_node *resnet(const network *n, const char *name, int which, int64_t level,
                       lk_node *auxiliary) {
    lk_graph *graph = n->graph;
    lk_node *x = n->at[which];
    layer_name text;
    snprintf(text, sizeof text, "%s.in", name);
    lk_node *node = stream_conv(n, text, which, level, lk_concat_elu(graph, x), n->filters);
    if (auxiliary != NULL) {
        snprintf(text, sizeof text, "%s.aux", name);
        node = lk_add(graph, node, dense(n, text, lk_concat_elu(graph, auxiliary), n->filters));
    }
    node = lk_concat_elu(graph, node);
    node = n->dropout > 0.0 ? lk_dropout(graph, node, n->dropout) : node;
    snprintf(text, sizeof text, "%s.gate", name);
    node = told(n, name, stream_conv(n, text, which, level, node, 2 * n->filters));
    return lk_add(graph, x, lk_gate_linear(graph, node));
}

/* ---- the way up and the way down ------------------------------------------------------------- */

/* A level's resnet of both streams: name WAY + LEVEL.NUMBER.STREAM, counted from 1. */
static void up_resnet(network *n, int64_t level, int64_t number) {
    for (int which = 0; which < STREAMS; which++) {
        layer_name name;
        snprintf(name, sizeof name, "up%d.%d.%s", (int)level + 1, (int)number + 1,
                 streams[which].name);
        n->at[which] = resnet(n, name, which, level, which == UL ? n->at[U] : NULL);
    }
}

static void down_resnet(network *n, int64_t level, int64_t number) {
    const shortcut *from = &n->said[--n->count];
    for (int which = 0; which < STREAMS; which++) {
        layer_name name;
        snprintf(name, sizeof name, "down%d.%d.%s", (int)level + 1, (int)number + 1,
                 streams[which].name);
        lk_node *both[] = {n->at[U], from->node[UL]};
        lk_node *auxiliary = which == U ? from->node[U] : lk_join_channels(n->graph, both, 2);
        n->at[which] = resnet(n, name, which, level, auxiliary);
    }
}

static void remember(network *n) {
    memcpy(n->said[n->count++].node, n->at, sizeof n->at);
}

/* From this level to the next one. */
static void halve(network *n, int64_t level) {
    for (int which = 0; which < STREAMS; which++) {
        layer_name name;
        lk_mask mask;
        snprintf(name, sizeof name, "halve%d.%s", (int)level + 1, streams[which].name);
        lk_mask_rectangle(&mask, -1, 0, -1, streams[which].right);
        lk_conv_options options = options_of(n, level, n->filters, &mask);
        options.stride[0] = options.stride[1] = 2;
        n->at[which] = conv(n, name, n->at[which], options);
    }
}

/* Back to this level from the next one. Of u a pixel in an odd column has two neighbours there,
 * both of rows that it may know. */
static void twice(network *n, int64_t level) {
    for (int which = 0; which < STREAMS; which++) {
        layer_name name;
        lk_mask mask;
        snprintf(name, sizeof name, "double%d.%s", (int)level + 1, streams[which].name);
        lk_mask_rectangle(&mask, 0, 1, -streams[which].right, 1);
        lk_conv_options options = options_of(n, level, n->filters, &mask);
        options.stride[0] = options.stride[1] = 2;
        n->at[which] =
            lk_normalise_weights(n->graph, name, lk_conv_up(n->graph, name, n->at[which], options));
    }
}

/* u: two rows above. ul: the row above, and to the left of it; then the left of the own row. */
static void begin(network *n, lk_node *pixels) {
    lk_mask above, row, left;
    lk_mask_rectangle(&above, -2, -1, -1, 1);
    lk_mask_rectangle(&row, -1, -1, -1, 1);
    lk_mask_rectangle(&left, -1, 0, -1, -1);
    n->at[U] = conv(n, "first.u", pixels, options_of(n, 0, n->filters, &above));
    n->at[UL] = lk_add(n->graph, conv(n, "first.above", pixels, options_of(n, 0, n->filters, &row)),
                       conv(n, "first.left", pixels, options_of(n, 0, n->filters, &left)));
    remember(n);
}

static lk_node *features(network *n, lk_node *pixels) {
    begin(n, pixels);
    for (int64_t level = 0; level < n->levels; level++) {
        if (level > 0) {
            halve(n, level - 1);
            remember(n);
        }
        for (int64_t number = 0; number < n->depth; number++) {
            up_resnet(n, level, number);
            remember(n);
        }
    }
    n->count--; /* what the way down begins with */
    for (int64_t level = n->levels - 1; level >= 0; level--) {
        int64_t more = level < n->levels - 1;
        if (more) {
            twice(n, level);
        }
        for (int64_t number = 0; number < n->depth + more; number++) {
            down_resnet(n, level, number);
        }
    }
    return lk_elu(n->graph, n->at[UL]);
}

/* ---- the last layers ------------------------------------------------------------------------- */

/* What is known of each pixel, as one cell, and a one. */
static lk_node *pixels_of(const network *n, const lk_outputs *output) {
    lk_node *numbers = lk_outputs_numbers(n->graph, output, output->field, 1);
    int64_t pixels = n->grid[0].size[0] * n->grid[0].size[1];
    lk_node *both[] = {numbers, lk_fill(n->graph, pixels, 1, 1.0f)};
    return lk_join_channels(n->graph, both, 2);
}

/* A cell for each colour of a pixel: what a layer of its own says of the pixel's features. */
static lk_node *split_colours(const network *n, lk_node *node, int32_t colours) {
    int64_t pixels = n->grid[0].size[0] * n->grid[0].size[1];
    lk_node *colour[16];
    int32_t *cell = lk_arena_take(n->graph->arena, pixels * colours, sizeof *cell);
    for (int32_t c = 0; c < colours; c++) {
        layer_name name;
        snprintf(name, sizeof name, "colour%d", c + 1);
        colour[c] = dense(n, name, node, n->filters);
    }
    for (int64_t i = 0; cell != NULL && i < pixels * colours; i++) {
        cell[i] = (int32_t)(i % colours * pixels + i / colours);
    }
    return cell == NULL ? NULL
                        : lk_select_cells(n->graph, lk_concatenate(n->graph, colour, colours), cell,
                                          pixels * colours);
}

/* Logits of colours one after another. */
static lk_node *colour_logits(const network *n, const lk_outputs *output, lk_node *node) {
    lk_grid grid = n->grid[0];
    grid.groups = output->colours;
    lk_node *earlier = lk_conv_1x1(n->graph, "colours", lk_pixels_numbers(n->graph, output->field),
                                   grid, n->filters, LK_CENTRE_A, LK_INIT_HE);
    earlier = lk_normalise_weights(n->graph, "colours", earlier);
    node = lk_elu(n->graph, lk_add(n->graph, split_colours(n, node, output->colours), earlier));
    node = lk_conv_1x1(n->graph, "logits", node, grid, lk_outputs_channels(output, grid.groups),
                       LK_CENTRE_B, LK_INIT_HE);
    return lk_normalise_weights(n->graph, "logits", node);
}

static void add_output(const network *n, const lk_outputs *output, lk_node *node) {
    int32_t groups = lk_outputs_groups(output);
    lk_node *logits = groups > 1 ? colour_logits(n, output, node)
                                 : dense(n, "logits", node, lk_outputs_channels(output, groups));
    lk_outputs_model(n->graph, output, groups, logits);
}

static lk_status init(network *n, const lk_model *model, lk_graph *graph) {
    int32_t label = lk_graph_find(graph, "label");
    *n = (network){.graph = graph,
                   .filters = lk_settings_integer(&model->settings, "filters"),
                   .depth = lk_settings_integer(&model->settings, "depth"),
                   .levels = lk_settings_integer(&model->settings, "levels"),
                   .dropout = lk_settings_real(&model->settings, "dropout"),
                   .label = label < 0 ? NULL : &graph->fields[label]};
    LK_TRY(lk_pixels_grid(graph, model, &n->grid[0]));
    n->grid[0].groups = 1;
    for (int64_t level = 1; level < n->levels; level++) {
        n->grid[level] = n->grid[0];
        for (int axis = 0; axis < 2; axis++) {
            n->grid[level].size[axis] = (n->grid[level - 1].size[axis] + 1) / 2;
        }
    }
    n->said = lk_arena_take(graph->arena, n->levels * (n->depth + 1), sizeof *n->said);
    return n->said != NULL ? LK_OK : lk_fail_no_memory(graph->context, "shortcuts", 0);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    network n;
    lk_outputs output;
    const lk_field *field = lk_graph_field(graph, 0);
    LK_TRY(init(&n, model, graph));
    LK_TRY(lk_outputs_init(graph, model, field, &output));
    add_output(&n, &output, features(&n, pixels_of(&n, &output)));
    return lk_graph_close(graph);
}

/* ---- the start ------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static double scale_of(const char *layer) {
    return ends_with(layer, ".gate") ? 0.1 : 1.0;
}

/* Logits begin near their biases. */
static double scale_of_softmax(const char *layer) {
    return strcmp(layer, "logits") == 0 ? 0.1 : scale_of(layer);
}

/* What a class adds begins with the code's deviation, which is small beside that before gates;
 * tables are drawn with sqrt(2 / (rows + columns)). */
static void shrink_labels(lk_model *model) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *table = &model->parameters->list[p];
        float share = LABEL_SCALE * sqrtf((float)(table->rows + table->columns) / 2.0f);
        for (int64_t i = 0;
             ends_with(table->name, ".label.table") && i < table->rows * table->columns; i++) {
            table->value[i] *= share;
        }
    }
}

static lk_status start(lk_model *model, const lk_dataset *train) {
    shrink_labels(model);
    bool softmax = strcmp(lk_settings_text(&model->settings, "distribution"), "softmax") == 0;
    LK_TRY(
        lk_model_start_from(model, train, START_EXAMPLES, softmax ? scale_of_softmax : scale_of));
    return lk_outputs_start(model, train);
}

const lk_family lk_pixelcnn_plus_family = {
    .name = "pixelcnn++",
    .place = 84,
    .summary =
        "gated resnets at several resolutions with shortcuts: binary, grey or colour images, "
        "also given a class",
    .paper = "Salimans, Karpathy, Chen, Kingma: PixelCNN++, ICLR 2017",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .prepare = prepare,
    .build = build,
    .any_size = true,
    .start = start,
};
