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
 * features of its own, told the earlier colours of the pixel (models/pixel_head.h).
 *
 * Of a view (models/parts.h) each part has such a network, whose first features are also told, by
 * 1x1, what two convolutions over whole windows say of the part before it.
 *
 * The convolutions inside resnets can be block-sparse (models/block_sparse.h), as in Gray, Radford,
 * Kingma 2017. A class is a bias in the gate of every resnet. All weights are normalised, and begin
 * with what layers say of 16 examples at mean 0 and deviation 1, before gates at 0.1 (Salimans and
 * Kingma 2016; graph/data_start.h). */
#include <stdio.h>
#include <string.h>

#include "models/parts.h"
#include "models/pixel_head.h"

#define LEVELS_MOST 8

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
    LK_BLOCK_SPARSE_SETTINGS("resnets", false),
    LK_OUTPUT_SETTINGS("logistic", false),
};

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
    lk_resnets resnets; /* on the finest grid */
    lk_grid grid[LEVELS_MOST];
    int64_t filters, depth, levels;
    lk_node *before;      /* features of the view's part before this one; NULL: it is the first */
    lk_node *at[STREAMS]; /* the streams, as far as they are built */
    shortcut *said;       /* [levels * (depth + 1)], `count` of them not yet taken back */
    int64_t count;
} network;

typedef char layer_name[64];

/* ---- layers ---------------------------------------------------------------------------------- */

/* auxiliary: NULL, or what the resnet is told beside x. Its convolutions read the own row and the
 * one above. */
static lk_node *resnet(const network *n, const char *name, int which, int64_t level,
                       lk_node *auxiliary) {
    lk_resnets here = n->resnets;
    lk_mask mask;
    here.grid = n->grid[level];
    lk_mask_rectangle(&mask, -1, 0, -1, streams[which].right);
    return lk_gated_resnet(&here, name, n->at[which], &mask, auxiliary);
}

/* Of stride 2. */
static lk_conv_options strided(const network *n, int64_t level, const lk_mask *mask) {
    lk_conv_options options =
        lk_pixels_options(n->grid[level], n->filters, mask, LK_CENTRE_ALL, LK_INIT_HE);
    options.stride[0] = options.stride[1] = 2;
    return options;
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
        lk_node *auxiliary =
            which == U ? from->node[U] : lk_join_channels(n->resnets.graph, both, 2);
        n->at[which] = resnet(n, name, which, level, auxiliary);
    }
}

static void remember(network *n) {
    memcpy(n->said[n->count++].node, n->at, sizeof n->at);
}

/* From this level to the next one. */
static void halve(network *n, int64_t level) {
    lk_graph *graph = n->resnets.graph;
    for (int which = 0; which < STREAMS; which++) {
        layer_name name;
        lk_mask mask;
        snprintf(name, sizeof name, "halve%d.%s", (int)level + 1, streams[which].name);
        lk_mask_rectangle(&mask, -1, 0, -1, streams[which].right);
        n->at[which] = lk_normalise_weights(
            graph, name, lk_conv(graph, name, n->at[which], strided(n, level, &mask)));
    }
}

/* Back to this level from the next one. Of u a pixel in an odd column has two neighbours there,
 * both of rows that it may know. */
static void twice(network *n, int64_t level) {
    lk_graph *graph = n->resnets.graph;
    for (int which = 0; which < STREAMS; which++) {
        layer_name name;
        lk_mask mask;
        snprintf(name, sizeof name, "double%d.%s", (int)level + 1, streams[which].name);
        lk_mask_rectangle(&mask, 0, 1, -streams[which].right, 1);
        n->at[which] = lk_normalise_weights(
            graph, name, lk_conv_up(graph, name, n->at[which], strided(n, level, &mask)));
    }
}

/* u: two rows above. ul: the row above, and to the left of it; then the left of the own row. */
static void begin(network *n, lk_node *pixels) {
    lk_mask above, row, left;
    lk_mask_rectangle(&above, -2, -1, -1, 1);
    lk_mask_rectangle(&row, -1, -1, -1, 1);
    lk_mask_rectangle(&left, -1, 0, -1, -1);
    n->at[U] = lk_resnets_conv(&n->resnets, "first.u", pixels, n->filters, &above);
    n->at[U] = lk_part_add(n->resnets.graph, "first.u", n->at[U], n->before);
    lk_node *beside = lk_resnets_conv(&n->resnets, "first.left", pixels, n->filters, &left);
    lk_node *over = lk_resnets_conv(&n->resnets, "first.above", pixels, n->filters, &row);
    n->at[UL] = lk_part_add(n->resnets.graph, "first.ul", lk_add(n->resnets.graph, over, beside),
                            n->before);
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
    return lk_elu(n->resnets.graph, n->at[UL]);
}

/* ---- the network ----------------------------------------------------------------------------- */

static lk_status init(network *n, const lk_model *model, lk_graph *graph) {
    *n = (network){.resnets = {.graph = graph,
                               .doubled = true,
                               .dropout = lk_settings_real(&model->settings, "dropout"),
                               .sparse = lk_block_sparse_of(&model->settings)},
                   .filters = lk_settings_integer(&model->settings, "filters"),
                   .depth = lk_settings_integer(&model->settings, "depth"),
                   .levels = lk_settings_integer(&model->settings, "levels")};
    LK_TRY(lk_pixels_grid(graph, model, &n->grid[0]));
    n->grid[0].groups = 1;
    n->resnets.grid = n->grid[0];
    for (int64_t level = 1; level < n->levels; level++) {
        n->grid[level] = n->grid[0];
        for (int axis = 0; axis < 2; axis++) {
            n->grid[level].size[axis] = (n->grid[level - 1].size[axis] + 1) / 2;
        }
    }
    n->said = lk_arena_take(graph->arena, n->levels * (n->depth + 1), sizeof *n->said);
    return n->said != NULL ? LK_OK : lk_fail_no_memory(graph->context, "shortcuts", 0);
}

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    network n;
    lk_outputs output;
    LK_TRY(init(&n, model, graph));
    LK_TRY(lk_outputs_init(graph, model, field, &output));
    n.before = lk_part_features(graph, "part", &output, before, n.grid[0], n.filters,
                                (const int32_t[]){7, 3});
    lk_node *ul = features(&n, lk_pixel_numbers_and_one(&n.resnets, &output));
    lk_pixel_head(&n.resnets, &output, ul, n.filters);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, build_part);
}

const lk_family lk_pixelcnn_plus_family = {
    .name = "pixelcnn++",
    .place = 84,
    .summary =
        "gated resnets at several resolutions with shortcuts: binary, grey or colour images, "
        "also given a class or on a view",
    .paper = "Salimans, Karpathy, Chen, Kingma: PixelCNN++, ICLR 2017",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_resnets_start,
};
