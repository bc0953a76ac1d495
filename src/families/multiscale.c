/* Multiscale PixelCNN (Reed, van den Oord, Kalchbrenner, Gomez Colmenarejo, Wang, Chen, Belov, de
 * Freitas, "Parallel Multiscale Autoregressive Density Estimation", ICML 2017). A picture is said
 * from coarse to fine (models/levels.h): the base, every 2^S-th pixel, pixel by pixel; then, level
 * after level, in 2 x 2 tiles whose upper left pixel is known, one group of pixels after another:
 *
 *   p(x) = p(base) prod over levels of p(right | known) p(below | known, right)
 *                                      p(both | known, right, below)
 *
 * where pixels of a group are independent given the groups before (type A, `patch` = 1). A group is
 * said by a residual network on the grid of the tiles; nothing in it is masked:
 *
 *   h <- 3x3(planes of the known groups, side by side)
 *   h <- h + 3x3(relu(3x3(relu(h)) + V y))         `blocks` times; y: a class
 *   a <- 1x1(relu(h)) + 1x1 of type A(the pixel's earlier colours)     a cell for each colour
 *   logits <- 1x1(relu(a))
 *
 * With `patch` = M the grid is cut into M x M patches, and a shallow PixelCNN runs inside each, all
 * patches at once (type B, M = 4 in the paper): the masked 1x1 is then a masked 3x3, and `layers`
 * residual blocks of type B stand before the logits. So a picture is drawn in as many steps as
 *
 *   base pixels x colours + S x 3 x M^2 x colours,
 *
 * 55 for 28 x 28 from a base of 7 x 7, and that follows from the ranks alone. The base is said by a
 * PixelCNN. With distribution=logistic a network runs once for all colours of a pixel
 * (models/outputs.h). Grids of odd levels have cells outside the picture, which read as 0.
 *
 * Of a view (models/parts.h) each part has such networks, whose first features are also told, by
 * 1x1, what two convolutions over whole windows say of the part before it. */
#include <stdio.h>

#include "base/arena.h"
#include "models/coarse_to_fine.h"

#define PATCH_MOST 64
#define KERNEL 3

static const lk_setting settings[] = {
    LK_LEVELS_SETTING("how often the picture is halved, down to the base", "section 3"),
    {.key = "patch",
     .kind = LK_INTEGER,
     .fallback = "1",
     .least = 1,
     .most = PATCH_MOST,
     .source = "section 3.1",
     .help = "side of the patches inside of which pixels of a group depend on each other; 1: they "
             "do not (type A; type B has 4)"},
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "6",
     .least = 0,
     .most = 256,
     .source = "section 3.1",
     .help = "residual blocks of a group's network"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3.1",
     .help = "features of all networks, in the base for each colour"},
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "2",
     .least = 0,
     .most = 64,
     .source = "section 3.1",
     .help = "residual blocks of the PixelCNN inside patches, where these have a side above 1"},
    {.key = "base_blocks",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 0,
     .most = 256,
     .source = "section 3",
     .help = "residual blocks of the base's PixelCNN"},
    {.key = "share",
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .help = "levels share the weights of their networks"},
    LK_RESIDUAL_DROPOUT_SETTING("inside a residual block", false),
    LK_OUTPUT_SETTINGS("softmax", false),
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

/* ---- the ordering ---------------------------------------------------------------------------- */

/* Colours of the pixel of a level, from `first` on. */
static void rank_pixel(const lk_levels *levels, int64_t pixel, int64_t first, int32_t *rank) {
    for (int32_t c = 0; c < levels->colours && pixel >= 0; c++) {
        rank[pixel * levels->colours + c] = (int32_t)(first + c);
    }
}

/* Behind each rank the next one, whether or not there is a pixel of it: the graph numbers them
 * densely. */
static lk_status ranks(const lk_model *model, lk_shape shape, int32_t *rank) {
    lk_levels levels = lk_levels_of(model, shape);
    lk_sides base = lk_level_sides(&levels, levels.count);
    int64_t patch = setting(model, "patch"), next = base.height * base.width * levels.colours;
    for (int64_t i = 0; i < base.height * base.width; i++) {
        int64_t pixel = lk_level_pixel(&levels, levels.count, i / base.width, i % base.width);
        rank_pixel(&levels, pixel, i * levels.colours, rank);
    }
    for (int32_t level = levels.count; level > 0; level--) {
        lk_sides sides = lk_level_sides(&levels, level);
        for (int32_t g = LK_GROUP_RIGHT; g < LK_GROUPS; g++) {
            for (int64_t i = 0; i < sides.height * sides.width; i++) {
                int64_t row = i / sides.width, column = i % sides.width;
                int64_t pixel = lk_level_pixel(&levels, level - 1, 2 * row + lk_groups[g].row,
                                               2 * column + lk_groups[g].column);
                int64_t within = row % patch * patch + column % patch;
                rank_pixel(&levels, pixel, next + within * levels.colours, rank);
            }
            next += patch * patch * levels.colours;
        }
    }
    return LK_OK;
}

/* Told apart by `eval`: the base, then the groups of each level. */
static int32_t groups(const lk_model *model, lk_shape shape, int32_t *group) {
    lk_levels levels = lk_levels_of(model, shape);
    for (int64_t v = 0; v < lk_shape_variables(shape); v++) {
        int64_t row = v / levels.colours / levels.width, column = v / levels.colours % levels.width;
        int32_t level = lk_level_of(&levels, row, column);
        int32_t place = (int32_t)((row >> level & 1) * 2 + (column >> level & 1)) - 1;
        group[v] = level == levels.count ? 0 : 1 + 3 * (levels.count - 1 - level) + place;
    }
    return 1 + 3 * levels.count;
}

static void group_name(const lk_model *model, int32_t group, char name[LK_GROUP_NAME]) {
    int32_t level = (int32_t)setting(model, "scales") - (group - 1) / 3;
    if (group == 0) {
        snprintf(name, LK_GROUP_NAME, "base");
    } else {
        snprintf(name, LK_GROUP_NAME, "level %d %s", level,
                 lk_groups[LK_GROUP_RIGHT + (group - 1) % 3].name);
    }
}

/* ---- a group --------------------------------------------------------------------------------- */

typedef struct group {
    lk_coarse_to_fine *of;
    int32_t level, number;
    char prefix[32];
    lk_sides sides;       /* of its grid */
    const int64_t *pixel; /* [height * width]: -1 outside the picture */
} group;

static const int64_t *pixels_of(const group *g, int32_t number) {
    const lk_group *where = &lk_groups[number];
    return lk_coarse_to_fine_pick(g->of, (lk_pick){g->level - 1, where->row, where->column, 2},
                                  g->sides);
}

/* What the known groups say, on the grid of the tiles. */
static lk_node *features(const group *g, int64_t blocks) {
    lk_coarse_to_fine *c = g->of;
    lk_node *plane[LK_GROUPS];
    lk_stage s = {.of = c,
                  .prefix = g->prefix,
                  .grid = {2, {g->sides.height, g->sides.width}, 1},
                  .centre = LK_CENTRE_ALL};
    for (int32_t known = 0; known < g->number; known++) {
        const int64_t *pixel = pixels_of(g, known);
        plane[known] = pixel == NULL
                           ? NULL
                           : lk_coarse_to_fine_pixels(c, pixel, g->sides.height * g->sides.width);
    }
    lk_window_make(&s.mask, KERNEL);
    lk_node *x = lk_join_channels(c->graph, plane, g->number);
    x = lk_stage_conv(&s, "first", x, c->channels, &s.mask, LK_CENTRE_ALL, LK_INIT_HE);
    x = lk_stage_told(&s, "first", x, g->pixel);
    return lk_relu(c->graph, lk_stage_blocks(&s, x, blocks));
}

/* Inside patches: the grid's cells patch after patch, in rows and columns of each. */
typedef struct patches {
    lk_stage stage;
    int64_t count, tiles;
    int32_t *cell;  /* [count]: of the tiles' grid; behind its last where there is none */
    int64_t *pixel; /* [count]; -1: none */
} patches;

/* The first axis counts patches, so that taps do not leave one. Where the grid is smaller than a
 * patch, the patch is. */
static bool cut(const group *g, int64_t side, patches *p) {
    lk_arena *arena = g->of->graph->arena;
    int64_t height = g->sides.height < side ? g->sides.height : side;
    int64_t width = g->sides.width < side ? g->sides.width : side;
    int64_t across = (g->sides.width + width - 1) / width;
    int64_t down = (g->sides.height + height - 1) / height;
    p->tiles = g->sides.height * g->sides.width;
    p->count = across * down * height * width;
    p->stage = (lk_stage){.of = g->of,
                          .prefix = g->prefix,
                          .grid = {3, {across * down, height, width}, g->of->groups},
                          .centre = LK_CENTRE_B};
    p->cell = lk_arena_take(arena, p->count, sizeof *p->cell);
    p->pixel = lk_arena_take(arena, p->count, sizeof *p->pixel);
    for (int64_t i = 0; p->cell != NULL && p->pixel != NULL && i < p->count; i++) {
        int64_t patch = i / (height * width);
        int64_t row = patch / across * height + i / width % height;
        int64_t column = patch % across * width + i % width;
        bool inside = row < g->sides.height && column < g->sides.width;
        p->cell[i] = (int32_t)(inside ? row * g->sides.width + column : p->tiles);
        p->pixel[i] = inside ? g->pixel[p->cell[i]] : -1;
    }
    return p->cell != NULL && p->pixel != NULL;
}

/* The taps of a mask of two axes, inside patches. */
static void mask_patches(int32_t kernel, lk_mask *mask) {
    lk_mask_make(mask, kernel);
    for (int32_t t = 0; t < mask->count; t++) {
        mask->taps[t][2] = mask->taps[t][1];
        mask->taps[t][1] = mask->taps[t][0];
        mask->taps[t][0] = 0;
    }
}

/* What the known groups say, for each colour by a layer of its own; where patches reach beyond the
 * tiles, of features that are 0. */
static lk_node *split(const patches *p, lk_node *known) {
    const lk_stage *s = &p->stage;
    int64_t channels = s->of->channels;
    lk_graph *graph = s->of->graph;
    lk_node *colour[LK_CHANNELS_MOST];
    if (p->count > p->tiles && known != NULL) {
        lk_node *both[] = {known, lk_zeros(graph, 1, known->channels)};
        known = lk_concatenate(graph, both, 2);
    }
    for (int32_t g = 0; g < s->grid.groups; g++) {
        lk_stage_name name;
        colour[g] = lk_dense(graph, lk_stage_names(s, name, "colour%d", g + 1), known, channels);
    }
    return lk_stage_interleave(s, colour, p->cell);
}

/* What is said of the group before each of its pixels: of its patch; of its own colours. */
static void say(patches *p, int64_t side, lk_node *known, int64_t layers) {
    lk_stage *s = &p->stage;
    lk_coarse_to_fine *c = s->of;
    lk_node *x = split(p, known);
    mask_patches(side > 1 ? KERNEL : 1, &s->mask);
    if (side > 1 || c->groups > 1) {
        lk_node *own = lk_coarse_to_fine_values(c, p->pixel, p->count);
        x = lk_add(c->graph, x,
                   lk_stage_conv(s, "own", own, c->channels, &s->mask, LK_CENTRE_A, LK_INIT_HE));
    }
    lk_stage inside = *s;
    char prefix[48];
    snprintf(prefix, sizeof prefix, "%spatch.", s->prefix);
    inside.prefix = prefix;
    x = lk_stage_blocks(&inside, x, side > 1 ? layers : 0);
    lk_stage_say(s, x, p->pixel);
}

static lk_status build_group(lk_coarse_to_fine *c, int32_t level, int32_t number) {
    group g = {
        .of = c, .level = level, .number = number, .sides = lk_level_sides(&c->levels, level)};
    patches p;
    int64_t side = setting(c->model, "patch");
    if (lk_settings_boolean(&c->model->settings, "share")) {
        snprintf(g.prefix, sizeof g.prefix, "%s.", lk_groups[number].name);
    } else {
        snprintf(g.prefix, sizeof g.prefix, "level%d.%s.", level, lk_groups[number].name);
    }
    g.pixel = pixels_of(&g, number);
    if (g.pixel == NULL || !cut(&g, side, &p)) {
        return lk_fail_no_memory(c->graph->context, "a group of pixels",
                                 8 * g.sides.height * g.sides.width);
    }
    say(&p, side, features(&g, setting(c->model, "blocks")), setting(c->model, "layers"));
    return LK_OK;
}

/* ---- the network ----------------------------------------------------------------------------- */

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    lk_coarse_to_fine c;
    LK_TRY(lk_coarse_to_fine_init(&c, model, graph, field, before));
    LK_TRY(lk_coarse_to_fine_base(&c, setting(model, "base_blocks")));
    for (int32_t level = c.levels.count; level > 0; level--) {
        for (int32_t number = LK_GROUP_RIGHT; number < LK_GROUPS; number++) {
            LK_TRY(build_group(&c, level, number));
        }
    }
    lk_coarse_to_fine_end(&c);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, build_part);
}

const lk_family lk_multiscale_family = {
    .name = "multiscale",
    .place = 150,
    .summary = "pictures from coarse to fine, groups of pixels at once: binary, grey or colour "
               "images, also given a class or on a view",
    .paper = "Reed et al.: Parallel Multiscale Autoregressive Density Estimation, ICML 2017",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_levels_prepare,
    .order = "multiscale",
    .ranks = ranks,
    .scale = lk_levels_scale,
    .groups = groups,
    .group_name = group_name,
    .build = build,
    .any_size = true,
    .falling_rate = 0.002,
    .start = lk_coarse_to_fine_start,
};
