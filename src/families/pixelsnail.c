/* PixelSNAIL (Chen, Mishra, Rohaninejad, Abbeel, "PixelSNAIL: An Improved Autoregressive Generative
 * Model", ICML 2018), as the published model of its code has it (neocxi/pixelsnail-public,
 * h12_noup_smallkey). The network runs once for a pixel, on features that hold what is above and to
 * the left. A block (the paper's figure 2) is
 *
 *   ul <- resnet(ul)                                `resnets` times, 2 x 2 convolutions
 *   [key, value] = 1x1(resnet1([x, ul, where]))     query = 1x1(resnet1([ul, where]))
 *   ul <- resnet1(ul, attention(query, key, value))
 *
 * with the resnet(x, a) of models/gated_resnet.h, whose convolutions are 1x1 in resnet1, and, as
 * `where`, the pixel's row and column as (r - H / 2) / H and (c - W / 2) / W. At the end elu, 1x1:
 * what models/outputs.h makes a distribution of.
 *
 * Convolutions read the own row and the row above it, the own column and the one to the left: they
 * are blind to what is above on the right, which attention sees. Features hold what is before, and
 * nothing is shifted: the first convolutions read the row above and, of their own row, what is to
 * the left. Keys and values hold their own pixel x, queries hold none of theirs, so a query reads
 * what was there before its pixel's first colour: strictly earlier pixels, as the proof sees. The
 * first pixel reads none, and its attention is 0.
 *
 * Of a view (models/parts.h) each part has such a network, whose first features are also told, by
 * 1x1, what two convolutions over whole windows say of the part before it.
 *
 * A class is a bias in the gate of every resnet. With a softmax over several colours, which the
 * code does not have, each colour is told the earlier ones (models/pixel_head.h). Without attention
 * a block ends with resnet1(ul) alone. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "models/parts.h"
#include "models/pixel_head.h"

static const lk_setting settings[] = {
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 1,
     .most = 256,
     .source = "section 3 (12 there)",
     .help = "blocks: gated resnets, then an attention"},
    {.key = "resnets",
     .kind = LK_INTEGER,
     .fallback = "2",
     .least = 0,
     .most = 256,
     .source = "section 3 (4 there)",
     .help = "gated resnets of a block"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3 (256 there)",
     .help = "features of a pixel"},
    {.key = "keys",
     .kind = LK_INTEGER,
     .fallback = "8",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3 (16 there)",
     .help = "channels of keys and queries"},
    {.key = "values",
     .kind = LK_INTEGER,
     .fallback = "16",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3 (128 there)",
     .help = "channels of values"},
    {.key = "attention",
     .kind = LK_BOOLEAN,
     .fallback = "true",
     .source = "section 4",
     .help = "blocks attend to all earlier pixels"},
    {.key = "activation",
     .kind = LK_CHOICE,
     .fallback = "elu",
     .choices = "elu|concat-elu",
     .source = "Clevert et al., ICLR 2016; Salimans et al., PixelCNN++, ICLR 2017",
     .help = "f of the resnets; concat-elu doubles what convolutions read"},
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "section 4 (0.5 there)",
     .help = "probability of dropping a feature of a residual branch in training",
     .training_only = true},
    LK_OUTPUT_SETTINGS("logistic", false),
};

typedef struct network {
    const lk_model *model;
    lk_resnets resnets;
    lk_outputs output;
    lk_node *pixels; /* x: the colours of each pixel, as numbers */
    lk_node *where;  /* of each pixel; NULL without attention */
    int32_t *before; /* [pixels]: the rank of each pixel's first colour */
} network;

static int64_t setting(const network *n, const char *key) {
    return lk_settings_integer(&n->model->settings, key);
}

/* PREFIX + NUMBER + WHAT */
typedef char layer_name[64];
static const char *named(layer_name text, int64_t block, const char *what) {
    snprintf(text, sizeof(layer_name), "block%lld.%s", (long long)block, what);
    return text;
}

/* ---- a block --------------------------------------------------------------------------------- */

/* resnet1 of what `parts` hold, side by side. */
static lk_node *content(const network *n, const char *name, lk_node *const *parts, int32_t count) {
    lk_node *all = lk_join_channels(n->resnets.graph, parts, count);
    return lk_gated_resnet(&n->resnets, name, all, NULL, NULL);
}

static lk_node *attend(const network *n, int64_t block, lk_node *ul) {
    layer_name text;
    lk_node *with[] = {n->pixels, ul, n->where}, *without[] = {ul, n->where};
    lk_node *held = content(n, named(text, block, "held"), with, 3);
    lk_node *key =
        lk_resnets_dense(&n->resnets, named(text, block, "key"), held, setting(n, "keys"));
    lk_node *value =
        lk_resnets_dense(&n->resnets, named(text, block, "value"), held, setting(n, "values"));
    lk_node *asked = content(n, named(text, block, "asked"), without, 2);
    lk_node *query =
        lk_resnets_dense(&n->resnets, named(text, block, "query"), asked, setting(n, "keys"));
    lk_attention_options options = {.heads = 1, .limit = n->before};
    return lk_attention(n->resnets.graph, named(text, block, "attention"), query, key, value,
                        options);
}

static lk_node *add_block(const network *n, int64_t block, lk_node *ul) {
    layer_name text;
    lk_mask mask;
    lk_mask_rectangle(&mask, -1, 0, -1, 0);
    for (int64_t number = 1; number <= setting(n, "resnets"); number++) {
        char name[32];
        snprintf(name, sizeof name, "resnet%lld", (long long)number);
        ul = lk_gated_resnet(&n->resnets, named(text, block, name), ul, &mask, NULL);
    }
    lk_node *mixed = n->where != NULL ? attend(n, block, ul) : NULL;
    return lk_gated_resnet(&n->resnets, named(text, block, "joined"), ul, NULL, mixed);
}

/* ---- the network ----------------------------------------------------------------------------- */

/* The row above, and to the left of it; then the left of the own row. */
static lk_node *begin(const network *n, const lk_field *part_before) {
    lk_mask row, left;
    lk_mask_rectangle(&row, -1, -1, -1, 1);
    lk_mask_rectangle(&left, -1, 0, -1, -1);
    lk_node *pixels = lk_pixel_numbers_and_one(&n->resnets, &n->output);
    int64_t channels = setting(n, "channels");
    lk_node *above = lk_resnets_conv(&n->resnets, "first.above", pixels, channels, &row);
    lk_node *before = lk_resnets_conv(&n->resnets, "first.left", pixels, channels, &left);
    lk_node *s = lk_part_features(n->resnets.graph, "part", &n->output, part_before,
                                  n->resnets.grid, channels, (const int32_t[]){7, 3});
    return lk_part_add(n->resnets.graph, "first", lk_add(n->resnets.graph, above, before), s);
}

/* What attention needs: where pixels are, and what was there before each. */
static lk_status take_places(network *n) {
    lk_graph *graph = n->resnets.graph;
    const lk_field *field = n->output.field;
    int64_t height = n->resnets.grid.size[0], width = n->resnets.grid.size[1];
    n->before = lk_arena_take(graph->arena, height * width, sizeof *n->before);
    if (n->before == NULL) {
        return lk_fail_no_memory(graph->context, "places", height * width * 4);
    }
    for (int64_t p = 0; p < height * width; p++) {
        n->before[p] = field->rank[p * n->output.colours];
    }
    n->where = lk_pixels_where(graph, n->resnets.grid);
    return LK_OK;
}

static lk_status init(network *n, const lk_model *model, lk_graph *graph, const lk_field *field) {
    bool doubled = strcmp(lk_settings_text(&model->settings, "activation"), "concat-elu") == 0;
    *n = (network){.model = model,
                   .resnets = {.graph = graph,
                               .doubled = doubled,
                               .dropout = lk_settings_real(&model->settings, "dropout")}};
    LK_TRY(lk_pixels_grid(graph, model, &n->resnets.grid));
    n->resnets.grid.groups = 1;
    LK_TRY(lk_outputs_init(graph, model, field, &n->output));
    n->pixels = lk_outputs_numbers(graph, &n->output, n->output.field, 1);
    return lk_settings_boolean(&model->settings, "attention") ? take_places(n) : LK_OK;
}

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    network n;
    LK_TRY(init(&n, model, graph, field));
    lk_node *ul = begin(&n, before);
    for (int64_t block = 1; block <= setting(&n, "blocks"); block++) {
        ul = add_block(&n, block, ul);
    }
    lk_pixel_head(&n.resnets, &n.output, lk_elu(graph, ul), setting(&n, "channels"));
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, build_part);
}

const lk_family lk_pixelsnail_family = {
    .name = "pixelsnail",
    .place = 140,
    .summary = "gated resnets and attention to all earlier pixels: binary, grey or colour images, "
               "also given a class or on a view",
    .paper = "Chen, Mishra, Rohaninejad, Abbeel: PixelSNAIL, ICML 2018",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_resnets_start,
};
