/* Image Transformer (Parmar, Vaswani, Uszkoreit, Kaiser, Shazeer, Ku, Tran, ICML 2018): a
 * Transformer decoder over images whose layers read only what is near. With k counting places of
 * the order:
 *
 *   x_k = (what stands at place k - 1 and where that is) + where place k is
 *   x <- x + Wo attention(norm(x));  x <- x + W2 gelu(W1 norm(x))        in each layer
 *   what is said of place k = V norm(x_k) + c
 *
 * A place is a colour of a pixel, a symbol with a learned vector for each value, and what is said a
 * softmax; or a whole pixel, its colours joined by a layer (section 4.1; the code's convolution of
 * stride 3), and what is said a mixture of logistics (section 4.3). Place k reads places up to k,
 * itself included: what they hold is older than what is to be predicted. Of these (section 4.2):
 *
 *   1d  the own block of so many places, and so many places before the block
 *   2d  the own block of rows and columns, and a flange of rows above it and of columns at both of
 *       its sides. Blocks come in raster order, and so do the pixels of a block: that is the order
 *       of the image. So the flange is known above on the right, and on the left in the own rows.
 *
 * Of a view (models/parts.h) each part has such a network, in which a place is also told what two
 * convolutions over whole windows say of the part before at what stands there.
 *
 * Where: learned vectors for rows, columns and colours, which are summed. The norm is before each
 * part, as in models/decoder.h; the paper's code has it behind them. V begins at zero (Child et al.
 * 2019, section 6), so that a network begins as the marginals. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "models/decoder.h"
#include "models/label.h"
#include "models/parts.h"
#include "models/sequence.h"

static const lk_setting settings[] = {
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 256,
     .source = "section 5 (12 there)",
     .help = "layers"},
    {.key = "width",
     .kind = LK_INTEGER,
     .fallback = "64",
     .least = 1,
     .most = 1 << 14,
     .source = "section 5 (512 there)",
     .help = "channels of a place"},
    {.key = "heads",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 256,
     .source = "section 5",
     .help = "heads, which share the width"},
    {.key = "widening",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 64,
     .source = "section 5",
     .help = "how many times wider the hidden layer after an attention is"},
    {.key = "local",
     .kind = LK_CHOICE,
     .fallback = "1d",
     .choices = "1d|2d",
     .source = "section 4.2",
     .help = "blocks of places along the order, or of rows and columns"},
    {.key = "block",
     .kind = LK_INTEGERS,
     .fallback = "",
     .least = 1,
     .most = 1 << 20,
     .source = "section 4.2",
     .help = "places of a block, or its rows,columns; none: 256, or 8,16"},
    {.key = "memory",
     .kind = LK_INTEGERS,
     .fallback = "",
     .least = 0,
     .most = 1 << 20,
     .source = "section 4.2",
     .help = "places before a block that it reads; or the flange: rows above, columns at both "
             "sides; none: as many as the block has"},
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "section 5 (0.1 to 0.3 there)",
     .help = "probability of dropping a channel of what a layer adds, in training",
     .training_only = true},
    {.key = "attention_dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Vaswani et al. 2017, section 5.4",
     .help = "probability of dropping a weight of an attention, in training",
     .training_only = true},
    LK_OUTPUT_SETTINGS("softmax", false),
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

static bool by_blocks(const lk_model *model) {
    return strcmp(lk_settings_text(&model->settings, "local"), "2d") == 0;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* What stands at the places of the order, and which of it a place reads. */
typedef struct places {
    int64_t count;
    int32_t *cell;  /* [count]: a colour of a pixel, or a pixel, in raster order */
    int32_t *limit; /* [count]: the rank of the first variable of each */
    lk_attention_cut cut;
    lk_attention_pattern pattern; /* of cells */
} places;

/* The setting's one or two numbers, or, where there are none, those of `standard`. */
static lk_status numbers_of(const lk_model *model, const char *key, const int64_t *standard,
                            int64_t *numbers) {
    int32_t want = by_blocks(model) ? 2 : 1;
    int32_t count = lk_settings_integers(&model->settings, key, numbers, 2);
    if (count == 0) {
        memcpy(numbers, standard, 2 * sizeof *numbers);
    }
    if (count == 0 || count == want) {
        return LK_OK;
    }
    return lk_fail(model->context, LK_INVALID,
                   want == 1 ? "%s has %d numbers, but with local=1d it is one number of places"
                             : "%s has %d numbers, but with local=2d these are two, rows,columns",
                   key, count);
}

static lk_status block_of(const lk_model *model, int64_t block[2], int64_t memory[2]) {
    static const int64_t in_line[2] = {256, 0}, square[2] = {8, 16};
    LK_TRY(numbers_of(model, "block", by_blocks(model) ? square : in_line, block));
    return numbers_of(model, "memory", block, memory);
}

/* Ranks of blocks in raster order, and of the pixels of each, colours one after another. */
static void rank_blocks(lk_grid grid, const int64_t block[2], int32_t *rank) {
    int64_t height = grid.size[0], width = grid.size[1];
    int32_t next = 0;
    for (int64_t top = 0; top < height; top += block[0]) {
        for (int64_t left = 0; left < width; left += block[1]) {
            for (int64_t y = top; y < top + block[0] && y < height; y++) {
                for (int64_t x = left; x < left + block[1] && x < width; x++) {
                    for (int64_t c = 0; c < grid.groups; c++) {
                        rank[(y * width + x) * grid.groups + c] = next++;
                    }
                }
            }
        }
    }
}

static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    const lk_shape *shape = &model->data.shape;
    int64_t block[2], memory[2];
    (void)variant;
    if (!by_blocks(model) || shape->axes < 2) { /* no image: build says so */
        memcpy(rank, model->rank, (size_t)model->data.variables * sizeof *rank);
        return LK_OK;
    }
    LK_TRY(block_of(model, block, memory));
    if (strcmp(model->order_name, "natural") != 0) {
        return lk_fail(model->context, LK_INVALID,
                       "the order of local=2d is that of its blocks: take local=1d for order %s",
                       model->order_name);
    }
    int32_t colours = shape->axes == 3 ? (int32_t)shape->size[2] : 1;
    rank_blocks((lk_grid){2, {shape->size[0], shape->size[1]}, colours}, block, rank);
    return LK_OK;
}

static int64_t block_of_place(const void *self, int64_t place) {
    const places *p = self;
    return p->pattern.group(p->pattern.self, p->cell[place]);
}

static bool block_reads_place(const void *self, int64_t block, int64_t place) {
    const places *p = self;
    return p->pattern.reads(p->pattern.self, block, p->cell[place]);
}

/* Blocks along the order are of places; others of what stands there. */
static lk_attention_pattern pattern_of(const lk_model *model, const places *p) {
    return by_blocks(model) ? (lk_attention_pattern){.groups = p->pattern.groups,
                                                     .group = block_of_place,
                                                     .reads = block_reads_place,
                                                     .self = p}
                            : p->pattern;
}

/* ---- places ---------------------------------------------------------------------------------- */

/* A place of several variables: a pixel, whose colours must follow one another. */
static lk_status take_places(const lk_graph *graph, const lk_field *field, int64_t variables,
                             places *p) {
    p->count = field->cells / variables;
    p->cell = lk_arena_take(graph->arena, p->count, sizeof *p->cell);
    p->limit = lk_arena_take(graph->arena, p->count, sizeof *p->limit);
    if (p->cell == NULL || p->limit == NULL) {
        return lk_fail_no_memory(graph->context, "places", p->count * 8);
    }
    for (int64_t i = 0; i < field->cells; i += variables) { /* parts of a view follow one another */
        int64_t step = field->first + i, variable = graph->by_rank[step] - field->first;
        p->cell[i / variables] = (int32_t)(variable / variables);
        p->limit[i / variables] = (int32_t)step;
    }
    return LK_OK;
}

static void cut_blocks(const lk_model *model, lk_grid grid, const int64_t block[2],
                       const int64_t memory[2], places *p) {
    p->cut = (lk_attention_cut){.grid = grid};
    if (!by_blocks(model)) {
        p->cut.grid = (lk_grid){1, {p->count}, 1};
    }
    for (int axis = 0; axis < p->cut.grid.axes; axis++) {
        p->cut.block[axis] = block[axis];
        p->cut.flange[axis] = memory[axis];
    }
    p->pattern = lk_attention_blocks(&p->cut);
}

static bool is_natural(const places *p) {
    for (int64_t k = 0; k < p->count; k++) {
        if (p->cell[k] != k) {
            return false;
        }
    }
    return true;
}

/* From cells to places, and back. */
static lk_node *to_places(lk_graph *graph, const places *p, lk_node *node) {
    return node == NULL || is_natural(p) ? node : lk_select_cells(graph, node, p->cell, p->count);
}

static lk_node *from_places(lk_graph *graph, const places *p, lk_node *node) {
    int32_t *place = lk_arena_take(graph->arena, p->count, sizeof *place);
    for (int64_t k = 0; place != NULL && k < p->count; k++) {
        place[p->cell[k]] = (int32_t)k;
    }
    return place == NULL || is_natural(p) ? node : lk_select_cells(graph, node, place, p->count);
}

/* ---- the network ----------------------------------------------------------------------------- */

typedef struct network {
    const lk_model *model;
    lk_graph *graph;
    lk_outputs output;
    lk_grid grid;
    lk_shape shape; /* of cells: height x width, x colours */
    places places;
    const lk_field *before; /* the view's part before this one; NULL: it is the first */
} network;

/* A vector for each value of each colour, at the colour's cells. */
static lk_node *symbols(const network *n, int64_t width) {
    lk_graph *graph = n->graph;
    const lk_field *field = n->output.field;
    int32_t colours = n->output.colours, alphabet = field->alphabet;
    int64_t pixels = field->cells / colours;
    lk_node *colour[LK_CHANNELS_MOST];
    if (colours == 1) {
        return lk_embedding(graph, "symbol", field->node, alphabet, width);
    }
    int32_t *cell = lk_arena_take(graph->arena, field->cells, sizeof *cell);
    if (cell == NULL) {
        return NULL;
    }
    for (int32_t c = 0; c < colours; c++) {
        char name[32];
        for (int64_t p = 0; p < pixels; p++) {
            cell[p] = (int32_t)(p * colours + c);
        }
        snprintf(name, sizeof name, "symbol%d", c + 1);
        colour[c] = lk_embedding(graph, name, lk_select_cells(graph, field->node, cell, pixels),
                                 alphabet, width);
    }
    for (int64_t v = 0; v < field->cells; v++) {
        cell[v] = (int32_t)(v % colours * pixels + v / colours);
    }
    return lk_select_cells(graph, lk_concatenate(graph, colour, colours), cell, field->cells);
}

/* What stands at each cell, before it is known where. */
static lk_node *contents(const network *n, int64_t width) {
    return n->output.logistic
               ? lk_dense(n->graph, "pixel",
                          lk_outputs_numbers(n->graph, &n->output, n->output.field, 1), width)
               : symbols(n, width);
}

/* What a place is told. */
static lk_node *told(const network *n) {
    lk_graph *graph = n->graph;
    const places *p = &n->places;
    int64_t width = setting(n->model, "width");
    lk_node *held = to_places(graph, p, contents(n, width));
    lk_node *stands = lk_axis_positions(graph, "stands", n->shape, p->cell, p->count, width);
    lk_node *x = lk_shift_from_start(graph, "before", lk_add(graph, held, stands), 1);
    x = lk_add(graph, x, lk_axis_positions(graph, "place", n->shape, p->cell, p->count, width));
    lk_node *s = lk_part_features(graph, "part", &n->output, n->before, n->grid, width,
                                  (const int32_t[]){7, 3});
    x = lk_part_add(graph, "place", x, to_places(graph, p, s));
    return lk_label_add(graph, "label", x);
}

static lk_node *decoder(const network *n) {
    const lk_settings *settings_of = &n->model->settings;
    lk_decoder layers = {.heads = setting(n->model, "heads"),
                         .widening = setting(n->model, "widening"),
                         .limit = n->places.limit,
                         .dropout = lk_settings_real(settings_of, "dropout"),
                         .attention_dropout = lk_settings_real(settings_of, "attention_dropout")};
    lk_node *x = told(n);
    for (int64_t layer = 0; layer < setting(n->model, "layers"); layer++) {
        char name[32];
        snprintf(name, sizeof name, "layer%lld", (long long)layer + 1);
        x = lk_decoder_layer(n->graph, name, x, &layers, pattern_of(n->model, &n->places), NULL);
    }
    return lk_channel_norm(n->graph, "norm", x, 1);
}

static lk_status init(network *n, const lk_model *model, lk_graph *graph, const lk_field *field) {
    int64_t block[2], memory[2], width = setting(model, "width"), heads = setting(model, "heads");
    *n = (network){.model = model, .graph = graph};
    LK_TRY(lk_pixels_grid(graph, model, &n->grid));
    LK_TRY(lk_sequence_check(graph, model->family->name));
    LK_TRY(lk_outputs_init(graph, model, field, &n->output));
    LK_TRY(lk_outputs_check_order(graph, &n->output));
    LK_TRY(lk_decoder_check(graph, width, heads));
    n->grid.groups = lk_outputs_groups(&n->output);
    n->shape = (lk_shape){3, {n->grid.size[0], n->grid.size[1], n->grid.groups}};
    LK_TRY(block_of(model, block, memory));
    LK_TRY(take_places(graph, field, n->output.colours / n->grid.groups, &n->places));
    cut_blocks(model, n->grid, block, memory, &n->places);
    return LK_OK;
}

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    network n;
    LK_TRY(init(&n, model, graph, field));
    n.before = before;
    int32_t groups = lk_outputs_groups(&n.output);
    lk_node *logits =
        lk_dense_from_zero(graph, "logits", decoder(&n), lk_outputs_channels(&n.output, groups));
    lk_outputs_model(graph, &n.output, groups, from_places(graph, &n.places, logits));
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, build_part);
}

/* The layer "logits" of a softmax is one for all colours. */
const lk_family lk_image_transformer_family = {
    .name = "image-transformer",
    .place = 135,
    .any_order = true,
    .summary = "Transformer decoder whose layers read what is near: binary, grey or colour images, "
               "also given a class or on a view",
    .paper = "Parmar, Vaswani, Uszkoreit, Kaiser, Shazeer, Ku, Tran: Image Transformer, ICML 2018",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .prepare = lk_outputs_prepare,
    .ordering = ordering,
    .build = build,
    .start = lk_outputs_start_pooled,
    .clip = 1,
};
