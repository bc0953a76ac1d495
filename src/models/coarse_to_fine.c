#include "models/coarse_to_fine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "models/label.h"

#define BASE_FIRST 7 /* size of the base's first convolution */
#define KERNEL 3     /* of those between */

static int64_t pixels_of(const lk_coarse_to_fine *c) {
    return c->levels.height * c->levels.width;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* With a cell of zeros behind them. */
static lk_node *with_outside(lk_graph *graph, lk_node *numbers) {
    lk_node *both[] = {numbers, numbers == NULL ? NULL : lk_zeros(graph, 1, numbers->channels)};
    return lk_concatenate(graph, both, 2);
}

/* The part before this one is known for the whole picture. */
static lk_node *part_before(const lk_coarse_to_fine *c, const lk_field *before) {
    static const int32_t sizes[] = {BASE_FIRST, KERNEL};
    lk_grid grid = {2, {c->levels.height, c->levels.width}, 1};
    lk_node *said =
        lk_part_features(c->graph, "part", &c->output, before, grid, c->channels, sizes);
    return said == NULL ? NULL : with_outside(c->graph, said);
}

lk_status lk_coarse_to_fine_init(lk_coarse_to_fine *c, const lk_model *model, lk_graph *graph,
                                 const lk_field *field, const lk_field *before) {
    lk_grid grid;
    *c = (lk_coarse_to_fine){.model = model,
                             .graph = graph,
                             .levels = lk_levels_of(model, model->data.shape),
                             .channels = lk_settings_integer(&model->settings, "channels"),
                             .dropout = lk_settings_real(&model->settings, "dropout")};
    LK_TRY(lk_pixels_grid(graph, model, &grid));
    LK_TRY(lk_outputs_init(graph, model, field, &c->output));
    c->groups = lk_outputs_groups(&c->output);
    c->pixels = with_outside(graph, lk_outputs_numbers(graph, &c->output, field, 1));
    c->values = c->groups == 1
                    ? c->pixels
                    : with_outside(graph, lk_outputs_numbers(graph, &c->output, field, c->groups));
    c->before = part_before(c, before);
    c->said_at = lk_arena_take(graph->arena, pixels_of(c) * c->groups, sizeof *c->said_at);
    return c->said_at != NULL ? LK_OK
                              : lk_fail_no_memory(graph->context, "places of logits", field->cells);
}

int64_t *lk_coarse_to_fine_pick(const lk_coarse_to_fine *c, lk_pick pick, lk_sides sides) {
    int64_t count = sides.height * sides.width;
    int64_t *pixel = lk_arena_take(c->graph->arena, count, sizeof *pixel);
    for (int64_t i = 0; pixel != NULL && i < count; i++) {
        int64_t row = i / sides.width, column = i % sides.width;
        pixel[i] = lk_level_pixel(&c->levels, pick.level, pick.row + row * pick.step,
                                  pick.column + column * pick.step);
    }
    return pixel;
}

/* Cells of `groups` each. */
static lk_node *take(const lk_coarse_to_fine *c, lk_node *node, const int64_t *pixel, int64_t count,
                     int32_t groups) {
    int32_t *cell = lk_arena_take(c->graph->arena, count * groups, sizeof *cell);
    for (int64_t i = 0; cell != NULL && i < count * groups; i++) {
        int64_t p = pixel[i / groups], outside = pixels_of(c) * groups;
        cell[i] = (int32_t)(p < 0 ? outside : p * groups + i % groups);
    }
    return cell == NULL ? NULL : lk_select_cells(c->graph, node, cell, count * groups);
}

lk_node *lk_coarse_to_fine_pixels(const lk_coarse_to_fine *c, const int64_t *pixel, int64_t count) {
    return take(c, c->pixels, pixel, count, 1);
}

lk_node *lk_coarse_to_fine_values(const lk_coarse_to_fine *c, const int64_t *pixel, int64_t count) {
    return take(c, c->values, pixel, count, c->groups);
}

void lk_coarse_to_fine_say(lk_coarse_to_fine *c, lk_node *logits, const int64_t *pixel,
                           int64_t count) {
    LK_REQUIRE(c->said_count < LK_NODE_INPUTS_MOST);
    for (int64_t i = 0; i < count * c->groups; i++) {
        int64_t p = pixel[i / c->groups];
        if (p >= 0) {
            c->said_at[p * c->groups + i % c->groups] = (int32_t)(c->said_cells + i);
        }
    }
    c->said[c->said_count++] = logits;
    c->said_cells += count * c->groups;
}

void lk_coarse_to_fine_end(lk_coarse_to_fine *c) {
    lk_node *all = lk_concatenate(c->graph, c->said, c->said_count);
    all = lk_select_cells(c->graph, all, c->said_at, pixels_of(c) * c->groups);
    lk_outputs_model(c->graph, &c->output, c->groups, all);
}

/* ---- layers ---------------------------------------------------------------------------------- */

const char *lk_stage_names(const lk_stage *s, lk_stage_name name, const char *format, ...) {
    int length = snprintf(name, sizeof(lk_stage_name), "%s", s->prefix);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name + length, sizeof(lk_stage_name) - (size_t)length, format, arguments);
    va_end(arguments);
    return name;
}

lk_node *lk_stage_conv(const lk_stage *s, const char *name, lk_node *input, int64_t channels,
                       const lk_mask *mask, lk_centre centre, lk_init init) {
    lk_stage_name text;
    lk_conv_options options = lk_pixels_options(s->grid, channels, mask, centre, init);
    options.rank = s->rank;
    return lk_conv(s->of->graph, lk_stage_names(s, text, "%s", name), input, options);
}

static lk_node *block(const lk_stage *s, lk_node *x, int64_t number) {
    lk_graph *graph = s->of->graph;
    lk_stage_name text;
    char name[32];
    int64_t channels = x == NULL ? 1 : x->channels;
    snprintf(name, sizeof name, "block%lld.in", (long long)number);
    lk_node *node =
        lk_stage_conv(s, name, lk_relu(graph, x), channels, &s->mask, s->centre, LK_INIT_HE);
    node = lk_label_add(graph, lk_stage_names(s, text, "block%lld.label", (long long)number), node);
    node = lk_relu(graph, node);
    node = s->of->dropout > 0.0 ? lk_dropout(graph, node, s->of->dropout) : node;
    snprintf(name, sizeof name, "block%lld.out", (long long)number);
    return lk_add(graph, x,
                  lk_stage_conv(s, name, node, channels, &s->mask, s->centre, LK_INIT_ZERO));
}

lk_node *lk_stage_blocks(const lk_stage *s, lk_node *x, int64_t count) {
    for (int64_t number = 1; number <= count; number++) {
        x = block(s, x, number);
    }
    return x;
}

static int64_t stage_pixels(const lk_stage *s) {
    int64_t pixels = 1;
    for (int32_t axis = 0; axis < s->grid.axes; axis++) {
        pixels *= s->grid.size[axis];
    }
    return pixels;
}

lk_node *lk_stage_told(const lk_stage *s, const char *name, lk_node *x, const int64_t *pixel) {
    const lk_coarse_to_fine *c = s->of;
    int64_t cells = stage_pixels(s) * s->grid.groups;
    lk_stage_name text;
    if (c->before == NULL) {
        return x;
    }
    int32_t *cell = lk_arena_take(c->graph->arena, cells, sizeof *cell);
    for (int64_t i = 0; cell != NULL && i < cells; i++) {
        int64_t p = pixel[i / s->grid.groups];
        cell[i] = (int32_t)(p < 0 ? pixels_of(c) : p);
    }
    return cell == NULL ? NULL
                        : lk_part_add(c->graph, lk_stage_names(s, text, "%s", name), x,
                                      lk_select_cells(c->graph, c->before, cell, cells));
}

void lk_stage_say(const lk_stage *s, lk_node *x, const int64_t *pixel) {
    lk_coarse_to_fine *c = s->of;
    lk_stage_name name;
    lk_node *logits =
        lk_conv_1x1(c->graph, lk_stage_names(s, name, "logits"), lk_relu(c->graph, x), s->grid,
                    lk_outputs_channels(&c->output, s->grid.groups), LK_CENTRE_B, LK_INIT_ZERO);
    lk_coarse_to_fine_say(c, logits, pixel, stage_pixels(s));
}

lk_node *lk_stage_interleave(const lk_stage *s, lk_node *const *group, const int32_t *pixel) {
    lk_graph *graph = s->of->graph;
    int32_t groups = s->grid.groups;
    int64_t cells = stage_pixels(s) * groups;
    int32_t *cell = lk_arena_take(graph->arena, cells, sizeof *cell);
    lk_node *all = lk_concatenate(graph, group, groups);
    if (all == NULL || cell == NULL) {
        return NULL;
    }
    for (int64_t i = 0; i < cells; i++) {
        int64_t p = pixel != NULL ? pixel[i / groups] : i / groups;
        cell[i] = (int32_t)(i % groups * group[0]->cells + p);
    }
    return lk_select_cells(graph, all, cell, cells);
}

/* ---- the base -------------------------------------------------------------------------------- */

lk_status lk_coarse_to_fine_base(lk_coarse_to_fine *c, int64_t blocks) {
    int32_t level = c->levels.count;
    lk_sides sides = lk_level_sides(&c->levels, level);
    int64_t *pixel = lk_coarse_to_fine_pick(c, (lk_pick){.level = level, .step = 1}, sides);
    lk_stage s = {.of = c,
                  .prefix = "base.",
                  .grid = {2, {sides.height, sides.width}, c->groups},
                  .centre = LK_CENTRE_B};
    lk_mask first;
    lk_stage_name name;
    if (pixel == NULL) {
        return lk_fail_no_memory(c->graph->context, "the base", 8 * sides.height * sides.width);
    }
    lk_mask_make(&first, BASE_FIRST);
    lk_mask_make(&s.mask, KERNEL);
    lk_node *x = lk_coarse_to_fine_values(c, pixel, sides.height * sides.width);
    x = lk_stage_conv(&s, "first", x, c->channels, &first, LK_CENTRE_A, LK_INIT_HE);
    x = lk_stage_told(&s, "first", x, pixel);
    x = lk_label_add(c->graph, lk_stage_names(&s, name, "first.label"), x);
    lk_stage_say(&s, lk_stage_blocks(&s, x, blocks), pixel);
    return LK_OK;
}

/* ---- the start ------------------------------------------------------------------------------- */

/* The prefix of a layer of logits, by the name of its biases; false: it is another parameter, or of
 * another part of a view than the one called `scope`. */
static bool prefix_of(const char *parameter, const char *scope, lk_stage_name prefix) {
    static const char ending[] = "logits.bias";
    size_t length = strlen(parameter), behind = sizeof ending - 1, own = strlen(scope);
    if (length < behind || strcmp(parameter + length - behind, ending) != 0 ||
        strncmp(parameter, scope, own) != 0 || (own > 0 && parameter[own] != '.')) {
        return false;
    }
    snprintf(prefix, sizeof(lk_stage_name), "%.*s", (int)(length - behind), parameter);
    return true;
}

static lk_status start_part(lk_model *model, const lk_dataset *train, int32_t part,
                            const char *scope) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_stage_name prefix;
        if (prefix_of(model->parameters->list[p].name, scope, prefix)) {
            LK_TRY(lk_outputs_start_part(model, train, part, prefix));
        }
    }
    return LK_OK;
}

lk_status lk_coarse_to_fine_start(lk_model *model, const lk_dataset *train) {
    const lk_view *view = lk_model_view(model);
    for (int32_t part = 0; view != NULL && part < view->part_count; part++) {
        LK_TRY(start_part(model, train, part, view->parts[part].name));
    }
    return view == NULL ? start_part(model, train, -1, "") : LK_OK;
}
