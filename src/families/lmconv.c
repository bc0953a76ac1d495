/* Locally masked convolutions (Jain, Abbeel, Pathak, "Locally Masked Convolution for Autoregressive
 * Models", UAI 2020): masks that differ from place to place, so that one set of weights serves many
 * orders; here the eight S-curves of section 4.2, rows or columns to and fro from each corner.
 * Training goes through the orders in turn, one a minibatch, and the model is the even mixture of
 * the eight joint distributions, as a MADE of eight masks is.
 *
 * All convolutions are masked by rank, the first of type A, the others of type B. The network is a
 * PixelCNN++ (Salimans et al., ICLR 2017) of one stream and one resolution: on the way up residual
 * blocks
 *
 *   c = norm(conv(f(x)))      f(x) = elu(x, -x)
 *   a, b = conv(drop(f(c)))   x <- x + norm(a) sigmoid(b)
 *
 * and as many on the way down, each of which also adds 1x1(f(skip)) to c, the skips being what the
 * way up passed, last first. norm is over the channels of a cell (positional normalisation, Li et
 * al., NeurIPS 2019): batch norm would let a pixel see those to come. Beside the pixels the first
 * convolution reads a plane of ones, which tells it what its mask lets through. The logits are a
 * 1x1 of elu(x), which starts at zero.
 *
 * Values have a Bernoulli, a softmax, or a mixture of logistics (models/outputs.h), for which the
 * network runs once for a pixel. A class, which the paper does not have, is a bias in the gate of
 * every block. Of a view (models/parts.h) each part has such a network, whose first features are
 * also told, by 1x1, what two convolutions over whole windows say of the part before it.
 *
 * Left out: the dilated convolutions between the blocks (the published code's layer has no
 * dilation). */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "models/label.h"
#include "models/order.h"
#include "models/parts.h"

#define BLOCKS_MOST 64

static const lk_setting settings[] = {
    {.key = "orders",
     .kind = LK_INTEGER,
     .fallback = "8",
     .least = 0,
     .most = LK_S_CURVES,
     .source = "section 4.2",
     .help = "so many of the eight S-curves, trained in turn and evaluated as an ensemble; 0: the "
             "ordering that the model is given, alone"},
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 0,
     .most = BLOCKS_MOST,
     .source = "Salimans et al., PixelCNN++, ICLR 2017, section 2.4",
     .help = "residual blocks on the way up, and as many on the way down"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "24",
     .least = 1,
     .most = 1 << 13,
     .source = "section 5",
     .help = "features, for each colour"},
    {.key = "first_kernel",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 3,
     .most = 7,
     .source = "van den Oord et al., Pixel Recurrent Neural Networks, ICML 2016, table 1",
     .help = "size of the first convolution (odd)"},
    {.key = "kernel",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 3,
     .most = 7,
     .source = "section 5",
     .help = "size of the other convolutions (odd)"},
    LK_RESIDUAL_DROPOUT_SETTING("inside a residual block", false),
    LK_OUTPUT_SETTINGS("softmax", false),
};

/* ---- orders ---------------------------------------------------------------------------------- */

static int32_t variants(const lk_model *model) {
    int32_t orders = (int32_t)lk_settings_integer(&model->settings, "orders");
    return orders > 0 ? orders : 1;
}

static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    lk_order_grid grid;
    if (lk_settings_integer(&model->settings, "orders") == 0) {
        memcpy(rank, model->rank, (size_t)model->data.variables * sizeof *rank);
        return LK_OK;
    }
    if (strcmp(model->order_name, "natural") != 0) {
        return lk_fail(model->context, LK_INVALID,
                       "lmconv has S-curves of its own: order %s needs the setting orders=0",
                       model->order_name);
    }
    if (model->data.shape.axes == 1) { /* what the network refuses, in words of its own */
        memcpy(rank, model->rank, (size_t)model->data.variables * sizeof *rank);
        return LK_OK;
    }
    LK_TRY(lk_order_grid_of(model->context, "an S-curve", model->data.shape, &grid));
    lk_order_s_curve(&grid, variant, rank);
    return LK_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

typedef struct network {
    lk_graph *graph;
    lk_grid grid;
    const int32_t *rank; /* of the grid's cells */
    int64_t channels;
    int32_t kernel;
    double dropout;
} network;

/* Cells that hold all colours of a pixel come where its first colour does. */
static const int32_t *ranks_of(lk_graph *graph, const lk_outputs *output) {
    const int32_t *rank = output->field->rank;
    int32_t colours = output->colours / lk_outputs_groups(output);
    int64_t pixels = output->field->cells / colours;
    if (colours == 1) {
        return rank;
    }
    int32_t *of = lk_arena_take(graph->arena, pixels, sizeof *of);
    for (int64_t p = 0; of != NULL && p < pixels; p++, rank += colours) {
        of[p] = rank[0];
        for (int32_t c = 1; c < colours; c++) {
            of[p] = rank[c] < of[p] ? rank[c] : of[p];
        }
    }
    return of;
}

/* Under the order of the variables. */
static lk_node *masked(const network *n, const char *name, lk_node *input, int64_t channels,
                       int32_t kernel, lk_centre centre, lk_init init) {
    lk_mask window;
    lk_window_make(&window, kernel);
    lk_conv_options options = lk_pixels_options(n->grid, channels, &window, centre, init);
    options.rank = n->rank;
    return lk_conv(n->graph, name, input, options);
}

static lk_node *normalised(const network *n, const char *name, lk_node *input) {
    char text[64];
    snprintf(text, sizeof text, "%s.norm", name);
    return lk_channel_norm(n->graph, text, input, 1);
}

/* Block `number` of the way "up" or "down"; skip NULL: it has none. */
static lk_node *residual_block(const network *n, const char *way, int32_t number, lk_node *x,
                               lk_node *skip) {
    lk_graph *graph = n->graph;
    char name[48];
    snprintf(name, sizeof name, "%s%d.in", way, number);
    lk_node *c =
        masked(n, name, lk_concat_elu(graph, x), n->channels, n->kernel, LK_CENTRE_B, LK_INIT_HE);
    c = normalised(n, name, c);
    if (skip != NULL) {
        snprintf(name, sizeof name, "%s%d.skip", way, number);
        c = lk_add(
            graph, c,
            masked(n, name, lk_concat_elu(graph, skip), n->channels, 1, LK_CENTRE_B, LK_INIT_HE));
    }
    c = lk_concat_elu(graph, c);
    c = n->dropout > 0.0 ? lk_dropout(graph, c, n->dropout) : c;
    snprintf(name, sizeof name, "%s%d.out", way, number);
    c = masked(n, name, c, 2 * n->channels, n->kernel, LK_CENTRE_B, LK_INIT_HE);
    lk_node *value = normalised(n, name, lk_channels(graph, c, 0, n->channels));
    snprintf(name, sizeof name, "%s%d.label", way, number);
    lk_node *open = lk_label_add(graph, name, lk_channels(graph, c, n->channels, n->channels));
    lk_node *gate = lk_sigmoid(graph, open);
    return lk_add(graph, x, lk_multiply(graph, value, gate));
}

/* ---- the network ----------------------------------------------------------------------------- */

static lk_node *up_and_down(const network *n, lk_node *x, int32_t blocks) {
    lk_node *passed[BLOCKS_MOST];
    for (int32_t i = 0; i < blocks; i++) {
        passed[i] = x;
        x = residual_block(n, "up", i + 1, x, NULL);
    }
    for (int32_t i = 0; i < blocks; i++) {
        x = residual_block(n, "down", i + 1, x, passed[blocks - 1 - i]);
    }
    return x;
}

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    network n = {.graph = graph,
                 .channels = lk_settings_integer(&model->settings, "channels"),
                 .dropout = lk_settings_real(&model->settings, "dropout")};
    int32_t first_kernel;
    lk_outputs output;
    LK_TRY(lk_outputs_init(graph, model, field, &output));
    LK_TRY(lk_outputs_check_order(graph, &output));
    LK_TRY(lk_pixels_grid(graph, model, &n.grid));
    LK_TRY(lk_mask_size(graph, model, "first_kernel", &first_kernel));
    LK_TRY(lk_mask_size(graph, model, "kernel", &n.kernel));
    n.grid.groups = lk_outputs_groups(&output);
    n.rank = ranks_of(graph, &output);
    if (n.rank == NULL) {
        return lk_fail_no_memory(graph->context, "ranks of pixels", output.field->cells * 4);
    }
    lk_node *numbers = lk_outputs_numbers(graph, &output, field, n.grid.groups);
    lk_node *seen[] = {numbers, numbers == NULL ? NULL : lk_fill(graph, numbers->cells, 1, 1.0f)};
    lk_node *node = masked(&n, "first", lk_join_channels(graph, seen, 2), n.channels, first_kernel,
                           LK_CENTRE_A, LK_INIT_HE);
    lk_node *s = lk_part_features(graph, "part", &output, before, n.grid, n.channels,
                                  (const int32_t[]){first_kernel, n.kernel});
    node = lk_part_add(graph, "first", normalised(&n, "first", node), s);
    node = up_and_down(&n, node, (int32_t)lk_settings_integer(&model->settings, "blocks"));
    node = masked(&n, "logits", lk_elu(graph, node), lk_outputs_channels(&output, n.grid.groups), 1,
                  LK_CENTRE_B, LK_INIT_ZERO);
    lk_outputs_model(graph, &output, n.grid.groups, node);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant; /* the order of the graph's variables says which it is */
    return lk_parts_build(model, graph, build_part);
}

/* ---- the start ------------------------------------------------------------------------------- */

/* The pixel that comes first sees nothing. With biases of zero all of its features would be zero,
 * and every norm would multiply its gradient by 1/sqrt(epsilon), 316: two norms a block, until it
 * is no float any more. So its channels differ from the beginning. */
static void spread_biases(const lk_model *model, lk_parameter *bias) {
    int64_t channels = lk_settings_integer(&model->settings, "channels");
    for (int64_t e = 0; e < bias->rows * bias->columns && channels > 1; e++) {
        bias->value[e] = 2.0f * (float)(e % channels) / (float)(channels - 1) - 1.0f;
    }
}

/* Of the layer "first" of each part. */
static bool is_first_bias(const char *name) {
    static const char wanted[] = "first.bias";
    size_t length = strlen(name), tail = sizeof wanted - 1;
    return length >= tail && strcmp(name + length - tail, wanted) == 0;
}

static lk_status start(lk_model *model, const lk_dataset *train) {
    LK_TRY(lk_outputs_start(model, train));
    for (int32_t i = 0; i < model->parameters->count; i++) {
        if (is_first_bias(model->parameters->list[i].name)) {
            spread_biases(model, &model->parameters->list[i]);
        }
    }
    return LK_OK;
}

static const char *one_size(const lk_model *model) {
    return variants(model) > 1 ? "orders above 1" : NULL;
}

const lk_family lk_lmconv_family = {
    .name = "lmconv",
    .place = 86,
    .any_order = true,
    .summary = "locally masked convolutions over images: one set of weights for eight orders, "
               "whose ensemble is the model, or for any other order",
    .paper = "Jain, Abbeel, Pathak: Locally Masked Convolution for Autoregressive Models, UAI 2020",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .variants = variants,
    .variant = "order",
    .ordering = ordering,
    .given = true,
    .views = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .one_size = one_size,
    .start = start,
};
