/* Pyramid PixelCNN (Kolesnikov, Lampert, "PixelCNN Models with Auxiliary Variables for Natural
 * Image Modeling", ICML 2017, section 3.3): small pictures first. The paper's auxiliary variables
 * are smaller pictures that are functions of the larger ones, so that what it adds up is a bound.
 * Here the smaller picture is a part of the larger one, every second pixel of it (models/levels.h),
 * and the sum is the likelihood itself:
 *
 *   p(x) = p(base) prod over levels s = S - 1 .. 0 of p(the new pixels of s | level s + 1)
 *
 * The three quarters of a level that are new are said in raster order. Most of what is computed
 * depends on the level above alone, hence runs once, in one step:
 *
 *   h <- 3x3(level s + 1);  h <- h + 3x3(relu(3x3(relu(h)) + V y))       `blocks` times, unmasked
 *   e <- transposed 3x3 of stride 2(relu(h)), to the grid of level s
 *
 * and what is computed for each new pixel is a small network on the grid of level s, masked by
 * rank: a pixel reads all of level s + 1 within its window, before and behind it, and of the new
 * pixels those before it:
 *
 *   a <- e + 5x5 of type A(level s)
 *   a <- a + 3x3(relu(3x3(relu(a)) + V y)) of type B             `small_blocks` times
 *   logits <- 1x1(relu(a))
 *
 * (V y: a class.) The base is said by a PixelCNN. With distribution=logistic a network runs once
 * for all colours of a pixel (models/outputs.h). Of a view (models/parts.h) each part has such
 * networks, told by 1x1 what two convolutions over whole windows say of the part before it. */
#include <stdio.h>

#include "base/arena.h"
#include "models/coarse_to_fine.h"

#define KERNEL 3
#define SMALL_FIRST 5

static const lk_setting settings[] = {
    LK_LEVELS_SETTING("how often the picture is halved, down to the base", "section 3.3"),
    {.key = "blocks",
     .kind = LK_INTEGER,
     .fallback = "6",
     .least = 0,
     .most = 256,
     .source = "section 3.3",
     .help = "residual blocks of a level's embedding, which runs once"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3.3",
     .help = "features of the embeddings and of the base, there for each colour"},
    {.key = "small_blocks",
     .kind = LK_INTEGER,
     .fallback = "2",
     .least = 0,
     .most = 256,
     .source = "section 3.3",
     .help = "residual blocks of the network that runs pixel by pixel"},
    {.key = "small_channels",
     .kind = LK_INTEGER,
     .fallback = "16",
     .least = 1,
     .most = 1 << 14,
     .source = "section 3.3",
     .help = "features of the network that runs pixel by pixel, for each colour"},
    {.key = "base_blocks",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 0,
     .most = 256,
     .source = "section 3.3",
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

/* It is new at the level, and not in the one above. */
static bool is_new(const lk_levels *levels, int32_t level, int64_t row, int64_t column) {
    return level == levels->count || row % 2 != 0 || column % 2 != 0;
}

static lk_status ranks(const lk_model *model, lk_shape shape, int32_t *rank) {
    lk_levels levels = lk_levels_of(model, shape);
    int32_t next = 0;
    for (int32_t level = levels.count; level >= 0; level--) {
        lk_sides sides = lk_level_sides(&levels, level);
        for (int64_t i = 0; i < sides.height * sides.width; i++) {
            int64_t row = i / sides.width, column = i % sides.width;
            int64_t at = lk_level_pixel(&levels, level, row, column) * levels.colours;
            for (int32_t c = 0; c < levels.colours && is_new(&levels, level, row, column); c++) {
                rank[at + c] = next++;
            }
        }
    }
    return LK_OK;
}

/* Told apart by `eval`: the base, then what is new of each level. */
static int32_t groups(const lk_model *model, lk_shape shape, int32_t *group) {
    lk_levels levels = lk_levels_of(model, shape);
    for (int64_t v = 0; v < lk_shape_variables(shape); v++) {
        int64_t pixel = v / levels.colours;
        group[v] = levels.count - lk_level_of(&levels, pixel / levels.width, pixel % levels.width);
    }
    return 1 + levels.count;
}

static void group_name(const lk_model *model, int32_t group, char name[LK_GROUP_NAME]) {
    int32_t level = (int32_t)setting(model, "scales") - group;
    if (group == 0) {
        snprintf(name, LK_GROUP_NAME, "base");
    } else {
        snprintf(name, LK_GROUP_NAME, "level %d", level);
    }
}

/* ---- a level --------------------------------------------------------------------------------- */

typedef struct level_parts {
    lk_coarse_to_fine *of;
    char prefix[2][32]; /* of the embedding, of the small network */
    lk_sides above, sides;
    const int64_t *known; /* [above]: pixels of the level above */
    const int64_t *pixel; /* [sides] */
    int64_t *say;         /* [sides]: -1 for what is known */
    int32_t *rank;        /* [sides * groups]: 0 for what is known, then the new ones */
} level_parts;

/* What the level above says, for each pixel of this one. */
static lk_node *embedding(const level_parts *p, int64_t blocks) {
    lk_coarse_to_fine *c = p->of;
    lk_stage s = {.of = c,
                  .prefix = p->prefix[0],
                  .grid = {2, {p->above.height, p->above.width}, 1},
                  .centre = LK_CENTRE_ALL};
    lk_window_make(&s.mask, KERNEL);
    lk_node *x = lk_coarse_to_fine_pixels(c, p->known, p->above.height * p->above.width);
    x = lk_stage_conv(&s, "first", x, c->channels, &s.mask, LK_CENTRE_ALL, LK_INIT_HE);
    return lk_relu(c->graph, lk_stage_blocks(&s, x, blocks));
}

/* A cell for each group of a pixel, by a transposed convolution each. */
static lk_node *enlarge(const lk_stage *s, lk_node *x, int64_t channels) {
    lk_graph *graph = s->of->graph;
    lk_node *group[LK_CHANNELS_MOST];
    lk_grid grid = s->grid;
    grid.groups = 1;
    lk_conv_options options =
        lk_pixels_options(grid, channels, &s->mask, LK_CENTRE_ALL, LK_INIT_HE);
    options.stride[0] = options.stride[1] = 2;
    for (int32_t g = 0; g < s->grid.groups; g++) {
        lk_stage_name name;
        group[g] = lk_conv_up(graph, lk_stage_names(s, name, "colour%d", g + 1), x, options);
    }
    return lk_stage_interleave(s, group, NULL);
}

static void say_level(const level_parts *p, lk_node *known) {
    lk_coarse_to_fine *c = p->of;
    lk_stage s = {.of = c,
                  .prefix = p->prefix[1],
                  .grid = {2, {p->sides.height, p->sides.width}, c->groups},
                  .centre = LK_CENTRE_B};
    lk_mask first;
    lk_window_make(&first, SMALL_FIRST);
    lk_window_make(&s.mask, KERNEL);
    int64_t channels = setting(c->model, "small_channels");
    lk_node *x = enlarge(&s, known, channels);
    lk_node *own = lk_coarse_to_fine_values(c, p->pixel, p->sides.height * p->sides.width);
    s.rank = p->rank;
    own = lk_stage_conv(&s, "own", own, channels, &first, LK_CENTRE_A, LK_INIT_HE);
    x = lk_stage_told(&s, "own", lk_add(c->graph, x, own), p->pixel);
    x = lk_stage_blocks(&s, x, setting(c->model, "small_blocks"));
    lk_stage_say(&s, x, p->say);
}

/* Which pixels of the level are said, and in which order. */
static void order_level(const lk_levels *levels, int32_t level, int32_t groups, level_parts *p) {
    int32_t next = 1;
    for (int64_t i = 0; i < p->sides.height * p->sides.width; i++) {
        bool new = is_new(levels, level, i / p->sides.width, i % p->sides.width);
        p->say[i] = new ? p->pixel[i] : -1;
        for (int32_t g = 0; g < groups; g++) {
            p->rank[i * groups + g] = new ? next++ : 0;
        }
    }
}

static lk_status build_level(lk_coarse_to_fine *c, int32_t level) {
    bool share = lk_settings_boolean(&c->model->settings, "share");
    level_parts p = {.of = c,
                     .above = lk_level_sides(&c->levels, level + 1),
                     .sides = lk_level_sides(&c->levels, level)};
    int64_t count = p.sides.height * p.sides.width;
    static const char *const names[] = {"known.", "new."};
    for (int i = 0; i < 2; i++) {
        if (share) {
            snprintf(p.prefix[i], sizeof p.prefix[i], "%s", names[i]);
        } else {
            snprintf(p.prefix[i], sizeof p.prefix[i], "level%d.%s", level, names[i]);
        }
    }
    p.known = lk_coarse_to_fine_pick(c, (lk_pick){.level = level + 1, .step = 1}, p.above);
    p.pixel = lk_coarse_to_fine_pick(c, (lk_pick){.level = level, .step = 1}, p.sides);
    p.say = lk_arena_take(c->graph->arena, count, sizeof *p.say);
    p.rank = lk_arena_take(c->graph->arena, count * c->groups, sizeof *p.rank);
    if (p.known == NULL || p.pixel == NULL || p.say == NULL || p.rank == NULL) {
        return lk_fail_no_memory(c->graph->context, "a level of the picture", 32 * count);
    }
    order_level(&c->levels, level, c->groups, &p);
    say_level(&p, embedding(&p, setting(c->model, "blocks")));
    return LK_OK;
}

/* ---- the network ----------------------------------------------------------------------------- */

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    lk_coarse_to_fine c;
    LK_TRY(lk_coarse_to_fine_init(&c, model, graph, field, before));
    LK_TRY(lk_coarse_to_fine_base(&c, setting(model, "base_blocks")));
    for (int32_t level = c.levels.count - 1; level >= 0; level--) {
        LK_TRY(build_level(&c, level));
    }
    lk_coarse_to_fine_end(&c);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, build_part);
}

const lk_family lk_pyramid_family = {
    .name = "pyramid",
    .place = 152,
    .summary = "small pictures first, most of the network once for each size: binary, grey or "
               "colour images, also given a class or on a view",
    .paper =
        "Kolesnikov, Lampert: PixelCNN Models with Auxiliary Variables for Natural Image Modeling, "
        "ICML 2017",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_levels_prepare,
    .order = "pyramid",
    .ranks = ranks,
    .scale = lk_levels_scale,
    .groups = groups,
    .group_name = group_name,
    .build = build,
    .any_size = true,
    .falling_rate = 0.002,
    .start = lk_coarse_to_fine_start,
};
