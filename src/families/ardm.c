/* OA-ARDM: order-agnostic autoregressive diffusion (Hoogeboom, Gritsenko, Bastings, Poole, van den
 * Berg, Salimans, "Autoregressive Diffusion Models", ICLR 2022). One network says every variable
 * from any set of known ones; it is told which are known and how many. It is trained as EoNADE is
 * (train/known.h), and drawn in few steps: the variables of one step are
 * independent given those of earlier steps. A policy of k steps is a model of its own, with ranks
 * that are equal within a step, whose likelihood is computed: it is neither the mean over orders
 * that the paper reports nor an estimate of it. Steps are of equal size; another policy is an
 * ordering file with equal ranks.
 *
 * The network (body):
 *   mlp   as in EoNADE. The first layer is linear in the number of known variables too: its weight
 *         is part of the mask's, and the layer runs as a sum. All else is computed once a step.
 *   conv  residual blocks over an image, without masks:
 *           x <- x + conv(relu(norm(conv(relu(norm(x))))))
 *         the first convolution of a block reaches 1, 2, 4, 1, 2, 4 ... pixels. Nothing of one step
 *         serves another: a sample costs as many forward passes as there are steps, which is what
 *         `likely info` shows. (The paper's is a U-Net with attention.) */
#include <stdio.h>
#include <string.h>

#include "models/label.h"
#include "models/logits.h"
#include "models/nade.h"
#include "models/orders.h"
#include "models/pixels.h"

#define CONV_STEPS 20 /* of body=conv, where nothing is asked for */
#define REACHES 3     /* 1, 2, 4 */

static const lk_setting settings[] = {
    {.key = "body",
     .kind = LK_CHOICE,
     .fallback = "mlp",
     .choices = "mlp|conv",
     .source = "Hoogeboom et al. 2022 (a U-Net, a Transformer)",
     .help = "the network: layers of units; or, of images, convolutions"},
    LK_NADE_SETTINGS("500,500", "relu", "relu|sigmoid|tanh|softplus"),
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "6",
     .least = 1,
     .most = 256,
     .help = "of body=conv: residual blocks"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 13,
     .help = "of body=conv: features of a pixel"},
    {.key = "steps",
     .kind = LK_INTEGER,
     .fallback = "0",
     .least = 0,
     .most = 1 << 26,
     .source = "Hoogeboom et al. 2022",
     .help = "in how many steps all variables are drawn, those of a step independently; 0: one by "
             "one, with body=conv in 20",
     .evaluation = true},
    LK_ORDERS_SETTINGS(LK_ORDERS_OWN, true),
};

static bool is_conv(const lk_model *model) {
    return strcmp(lk_settings_text(&model->settings, "body"), "conv") == 0;
}

/* ---- policies -------------------------------------------------------------------------------- */

static int64_t steps_of(const lk_model *model) {
    int64_t steps = lk_settings_integer(&model->settings, "steps");
    return steps > 0 ? steps : is_conv(model) ? CONV_STEPS : INT64_MAX;
}

/* How many of sorted[count] are less. */
static int64_t below(const int32_t *sorted, int64_t count, int32_t rank) {
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < rank) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* An order in steps of equal size, up to one variable. */
static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    int64_t variables = model->data.variables, steps = steps_of(model);
    LK_TRY(lk_orders_ordering(model, variant, rank));
    if (steps >= variables) {
        return LK_OK;
    }
    int32_t *sorted;
    LK_TRY(lk_orders_sort(model->context, rank, variables, &sorted));
    for (int64_t v = 0; v < variables; v++) {
        rank[v] = (int32_t)(below(sorted, variables, rank[v]) * steps / variables);
    }
    lk_release(sorted);
    return LK_OK;
}

/* ---- convolutions ---------------------------------------------------------------------------- */

typedef struct network {
    lk_graph *graph;
    lk_grid grid; /* copies of the picture, height, width */
    int64_t channels;
    double dropout;
} network;

/* 3 x 3 pixels, `reach` apart, of one copy of the picture. */
static lk_node *convolution(const network *n, const char *name, lk_node *input, int32_t reach,
                            int64_t channels, lk_init init) {
    int32_t taps[9][LK_GRID_AXES], count = 0;
    for (int32_t y = -1; y <= 1; y++) {
        for (int32_t x = -1; x <= 1; x++, count++) {
            taps[count][0] = 0;
            taps[count][1] = y * reach;
            taps[count][2] = x * reach;
        }
    }
    return lk_conv(n->graph, name, input,
                   (lk_conv_options){.grid = n->grid,
                                     .channels = channels,
                                     .taps = (const int32_t(*)[LK_GRID_AXES])taps,
                                     .tap_count = count,
                                     .centre = LK_CENTRE_ALL,
                                     .bias = true,
                                     .init = init});
}

static lk_node *activated(const network *n, const char *name, lk_node *x) {
    char text[64];
    snprintf(text, sizeof text, "%s.norm", name);
    return lk_relu(n->graph, lk_channel_norm(n->graph, text, x, 1));
}

static lk_node *residual_block(const network *n, int32_t number, lk_node *x) {
    char in[32], out[32];
    snprintf(in, sizeof in, "block%d.in", number + 1);
    snprintf(out, sizeof out, "block%d.out", number + 1);
    lk_node *h =
        convolution(n, in, activated(n, in, x), 1 << number % REACHES, n->channels, LK_INIT_HE);
    h = activated(n, out, h);
    h = n->dropout > 0.0 ? lk_dropout(n->graph, h, n->dropout) : h;
    return lk_add(n->graph, x, convolution(n, out, h, 1, n->channels, LK_INIT_ZERO));
}

/* Channels of all copies: of each colour in turn its logits. */
static lk_node *body(const network *n, const lk_model *model, lk_node *x, int64_t logits) {
    int32_t blocks = (int32_t)lk_settings_integer(&model->settings, "blocks");
    x = convolution(n, "first", x, 1, n->channels, LK_INIT_HE);
    x = lk_label_add(n->graph, "first.label", x);
    for (int32_t i = 0; i < blocks; i++) {
        x = residual_block(n, i, x);
    }
    return convolution(n, "logits", activated(n, "logits", x), 1, logits, LK_INIT_ZERO);
}

/* Each variable from the copy before its own step: rank NULL: there is one copy. */
static lk_node *logits_of_variables(lk_graph *graph, lk_node *logits, const int32_t *rank,
                                    int64_t pixels, int32_t colours) {
    int64_t each = logits != NULL ? logits->channels / colours : 0;
    int32_t *cell = lk_arena_take(graph->arena, pixels * colours, sizeof *cell);
    lk_node *colour[LK_NODE_INPUTS_MOST];
    if (cell == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "logits", pixels * colours * 4);
        return NULL;
    }
    for (int32_t c = 0; c < colours; c++) {
        for (int64_t p = 0; p < pixels; p++) {
            int64_t step = rank != NULL ? rank[p * colours + c] : 0;
            cell[p] = (int32_t)(step * pixels + p);
        }
        lk_node *own = colours > 1 ? lk_channels(graph, logits, c * each, each) : logits;
        colour[c] = lk_select_cells(graph, own, cell, pixels);
    }
    if (colours == 1) {
        return colour[0];
    }
    for (int64_t v = 0; v < pixels * colours; v++) {
        cell[v] = (int32_t)(v % colours * pixels + v / colours);
    }
    lk_node *all = lk_concatenate(graph, colour, colours);
    return lk_select_cells(graph, all, cell, pixels * colours);
}

/* known NULL: under the graph's ranks. */
static lk_status build_conv(const lk_model *model, lk_graph *graph, lk_node *known) {
    const lk_field *field = &graph->fields[0];
    lk_grid image;
    LK_TRY(lk_pixels_grid(graph, model, &image));
    if (lk_model_view(model) != NULL || field->alphabets != NULL) {
        return lk_fail(graph->context, LK_INVALID,
                       "ardm with body=conv takes pixels, and no views or columns of words");
    }
    lk_node *pixels = known == NULL ? lk_reveal(graph, field, image.groups)
                                    : lk_reveal_known(graph, field, known, image.groups);
    network n = {.graph = graph,
                 .grid = {.axes = 3,
                          .size = {known == NULL ? graph->steps : 1, image.size[0], image.size[1]},
                          .groups = 1},
                 .channels = lk_settings_integer(&model->settings, "channels"),
                 .dropout = lk_settings_real(&model->settings, "dropout")};
    lk_node *logits = body(&n, model, pixels, image.groups * lk_pixels_logits(field));
    lk_pixels_model(graph, field,
                    logits_of_variables(graph, logits, known == NULL ? graph->rank : NULL,
                                        image.size[0] * image.size[1], image.groups));
    return lk_graph_close(graph);
}

/* ---- the family ------------------------------------------------------------------------------ */

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant; /* the ranks of the graph's variables say which it is */
    if (is_conv(model)) {
        return build_conv(model, graph, NULL);
    }
    lk_logits_model(graph, lk_nade_logits(model, graph, true));
    return lk_graph_close(graph);
}

static lk_status build_known(const lk_model *model, lk_graph *graph) {
    if (is_conv(model)) {
        lk_node *known[LK_FIELDS_MOST];
        lk_known_nodes(graph, known);
        return build_conv(model, graph, known[0]);
    }
    lk_logits_model(graph, lk_nade_logits_of_known(model, graph));
    return lk_graph_close(graph);
}

static lk_status start(lk_model *model, const lk_dataset *train) {
    return is_conv(model) ? lk_pixels_start(model, train) : lk_logits_start(model, train);
}

const lk_family lk_ardm_family = {
    .name = "ardm",
    .place = 145,
    .summary = "order-agnostic autoregressive diffusion: one network for all orders, drawn in as "
               "many or as few steps as wanted, each with a likelihood of its own",
    .paper = "Hoogeboom, Gritsenko, Bastings, Poole, van den Berg, Salimans: Autoregressive "
             "Diffusion Models, ICLR 2022",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .tables = true,
    .variants = lk_orders_count,
    .variant = "order",
    .ordering = ordering,
    /* Variables that are drawn together should stand apart: of pixels in their natural order they
     * would be neighbours. */
    .reorder = lk_orders_scatter,
    .any_order = true,
    .build = build,
    .build_known = build_known,
    .start = start,
};
