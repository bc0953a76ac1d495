#include "jobs/masks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/formats.h"
#include "data/sheet.h"
#include "graph/op.h"

#define MATRIX_SIDE 1024 /* larger ones are drawn smaller: each pixel a mean */
#define WINDOW_SIDE 160  /* pixels of a window's longer side, about */
#define GAP 6
#define GAP_GREY 96

typedef struct picture {
    int64_t height, width;
    uint8_t *rgb; /* owned */
} picture;

typedef struct album {
    const lk_model *model;
    picture picture[LK_MASKS_MOST];
    lk_mask_drawn *drawn;
    int32_t count;
} album;

static bool make(picture *p, int64_t height, int64_t width) {
    *p = (picture){height, width, lk_allocate(height * width * 3, 1)};
    return p->rgb != NULL;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Marks the input cells that a cell reads. */
static int64_t mark(const lk_node *node, int64_t cell, uint8_t *reads) {
    lk_span spans[LK_SPANS_MOST];
    int64_t open = 0;
    int32_t count = node->op->reads(node, 0, cell, spans, LK_SPANS_MOST);
    memset(reads, 0, (size_t)node->inputs[0]->cells);
    for (int32_t i = 0; i < count; i++) {
        for (int64_t k = spans[i].first; k < spans[i].first + spans[i].count; k++) {
            reads[spans[i].by != NULL ? spans[i].by[k] : k] = 1;
        }
        open += spans[i].count;
    }
    return open;
}

/* ---- matrices -------------------------------------------------------------------------------- */

static bool draw_matrix(const lk_node *node, uint8_t *reads, picture *p, lk_mask_drawn *drawn) {
    const lk_node *input = node->inputs[0];
    int64_t rows = node->cells, columns = input->cells;
    int64_t by = (rows > columns ? rows : columns) / MATRIX_SIDE + 1;
    *drawn = (lk_mask_drawn){.rows = rows, .columns = columns};
    if (!make(p, (rows + by - 1) / by, (columns + by - 1) / by)) {
        return false;
    }
    for (int64_t row = 0; row < rows; row += by) { /* one row stands for its neighbours */
        mark(node, node->by_ready[row], reads);
        for (int64_t column = 0; column < columns; column++) {
            uint8_t *at = p->rgb + (row / by * p->width + column / by) * 3;
            int64_t wide = smaller(by, columns - column / by * by);
            int32_t add = reads[input->by_ready[column]] ? (int32_t)(255 / wide) : 0;
            for (int i = 0; i < 3; i++) {
                at[i] = (uint8_t)(at[i] + add);
            }
        }
    }
    for (int64_t row = 0; row < rows; row++) {
        drawn->open += mark(node, row, reads);
    }
    return true;
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Cells stand pixel by pixel, a pixel's groups together. */
typedef struct grid {
    int64_t height, width, groups;
} grid;

static bool find_grid(const lk_model *model, const lk_node *node, grid *g) {
    lk_shape shape = model->data.shape;
    bool image = shape.axes == 2 || shape.axes == 3;
    g->height = image ? shape.size[0] : 1;
    g->width = image ? shape.size[1] : model->data.variables;
    g->groups = node->cells / (g->height * g->width);
    return node->cells % (g->height * g->width) == 0 && node->inputs[0]->cells == node->cells;
}

/* How far from the pixel in the middle its groups read, along both axes. */
static void measure(const lk_node *node, const grid *g, uint8_t *reads, int64_t *reach_y,
                    int64_t *reach_x) {
    int64_t y0 = g->height / 2, x0 = g->width / 2;
    *reach_y = *reach_x = 0;
    for (int64_t group = 0; group < g->groups; group++) {
        mark(node, (y0 * g->width + x0) * g->groups + group, reads);
        for (int64_t cell = 0; cell < node->cells; cell++) {
            int64_t y = cell / g->groups / g->width - y0, x = cell / g->groups % g->width - x0;
            *reach_y = reads[cell] && llabs(y) > *reach_y ? llabs(y) : *reach_y;
            *reach_x = reads[cell] && llabs(x) > *reach_x ? llabs(x) : *reach_x;
        }
    }
}

static void fill_square(picture *p, int64_t top, int64_t left, int64_t side, const uint8_t rgb[3]) {
    for (int64_t i = 0; i < (side - 1) * (side - 1); i++) { /* a line stays black */
        memcpy(p->rgb + ((top + i / (side - 1)) * p->width + left + i % (side - 1)) * 3, rgb, 3);
    }
}

static bool draw_window(const lk_model *model, const lk_node *node, uint8_t *reads, picture *p,
                        lk_mask_drawn *drawn) {
    grid g;
    int64_t reach_y, reach_x;
    if (!find_grid(model, node, &g)) {
        return true;
    }
    measure(node, &g, reads, &reach_y, &reach_x);
    int64_t rows = 2 * reach_y + 1, columns = 2 * reach_x + 1, y0 = g.height / 2, x0 = g.width / 2;
    int64_t side = WINDOW_SIDE / (rows > columns ? rows : columns);
    side = side < 3 ? 3 : side > 24 ? 24 : side;
    *drawn = (lk_mask_drawn){.rows = rows, .columns = columns, .window = true};
    if (rows * columns == 1 || !make(p, rows * side, g.groups * (columns * side + GAP) - GAP)) {
        return rows * columns == 1;
    }
    for (int64_t group = 0; group < g.groups; group++) {
        drawn->open += mark(node, (y0 * g.width + x0) * g.groups + group, reads);
        for (int64_t i = 0; i < rows * columns; i++) {
            int64_t y = y0 + i / columns - reach_y, x = x0 + i % columns - reach_x;
            bool inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
            const uint8_t *of = reads + (inside ? (y * g.width + x) * g.groups : 0);
            bool centre = y == y0 && x == x0;
            uint8_t rgb[3] = {centre ? 70 : 40, 40, centre ? 70 : 40};
            for (int64_t k = 0; inside && k < g.groups; k++) {
                if (of[k] != 0 && g.groups == 3) {
                    rgb[k] = 255;
                } else if (of[k] != 0) {
                    memset(rgb, 255, 3);
                }
            }
            fill_square(p, i / columns * side, group * (columns * side + GAP) + i % columns * side,
                        side, rgb);
        }
    }
    return true;
}

/* ---- all ------------------------------------------------------------------------------------- */

/* The mask stays unless it is there already; the layer's name is listed with it. */
static void keep(album *a, const lk_node *node) {
    picture *p = &a->picture[a->count];
    lk_mask_drawn *drawn = &a->drawn[a->count];
    int32_t same = 0;
    if (p->rgb == NULL) {
        return;
    }
    while (same < a->count &&
           !(a->picture[same].height == p->height && a->picture[same].width == p->width &&
             memcmp(a->picture[same].rgb, p->rgb, (size_t)(p->height * p->width * 3)) == 0)) {
        same++;
    }
    char *nodes = a->drawn[same].nodes;
    size_t used = same < a->count ? strlen(nodes) : 0;
    if (same == a->count) {
        a->count++;
        drawn->nodes[0] = '\0';
    } else {
        lk_release(p->rgb);
        p->rgb = NULL;
    }
    if (used + strlen(node->name) + 8 < sizeof drawn->nodes) {
        snprintf(nodes + used, sizeof drawn->nodes - used, "%s%s", used > 0 ? ", " : "",
                 node->name);
    } else if (used > 4 && strcmp(nodes + used - 3, "...") != 0) {
        snprintf(nodes + used, sizeof drawn->nodes - used, ", ...");
    }
}

static lk_status collect(album *a, const lk_graph *graph) {
    for (int32_t i = 0; i < graph->node_count && a->count < LK_MASKS_MOST; i++) {
        const lk_node *node = graph->nodes[i];
        bool matrix = strcmp(node->op->name, "masked linear") == 0;
        if (!matrix && strcmp(node->op->name, "convolution") != 0) {
            continue;
        }
        uint8_t *reads = lk_allocate(node->inputs[0]->cells, 1);
        picture *p = &a->picture[a->count];
        lk_mask_drawn *drawn = &a->drawn[a->count];
        bool done = reads != NULL && (matrix ? draw_matrix(node, reads, p, drawn)
                                             : draw_window(a->model, node, reads, p, drawn));
        lk_release(reads);
        if (!done) {
            return lk_fail_no_memory(a->model->context, "masks", node->cells);
        }
        keep(a, node);
    }
    return LK_OK;
}

static lk_status write_album(const album *a, const char *path) {
    lk_sheet sheet;
    int64_t height = 0, width = 1;
    for (int32_t i = 0; i < a->count; i++) {
        height += a->picture[i].height + (i > 0 ? GAP : 0);
        width = a->picture[i].width > width ? a->picture[i].width : width;
    }
    LK_TRY(lk_sheet_init(a->model->context, path, (lk_sheet_tile){height, width, 3}, 1, 1, &sheet));
    uint8_t *at = lk_sheet_at(&sheet, 0, 0);
    for (int64_t y = 0; y < height; y++) {
        memset(at + y * sheet.width * 3, GAP_GREY, (size_t)width * 3);
    }
    for (int32_t i = 0; i < a->count; i++) {
        const picture *p = &a->picture[i];
        for (int64_t y = 0; y < p->height; y++, at += sheet.width * 3) {
            memcpy(at, p->rgb + y * p->width * 3, (size_t)p->width * 3);
        }
        at += GAP * sheet.width * 3;
    }
    lk_status status = lk_sheet_write(a->model->context, path, &sheet);
    lk_sheet_deinit(&sheet);
    return status;
}

lk_status lk_masks_write(const lk_model *model, int32_t network, const char *path,
                         lk_mask_drawn drawn[LK_MASKS_MOST], int32_t *count) {
    album a = {.model = model, .drawn = drawn};
    lk_graph *graph;
    LK_TRY(lk_model_graph(model, network, &graph));
    lk_status status = collect(&a, graph);
    if (status == LK_OK && a.count == 0) {
        status = lk_fail(model->context, LK_UNSUPPORTED, "%s: this %s has no masked layer to draw",
                         path, model->family->name);
    }
    status = status == LK_OK ? write_album(&a, path) : status;
    for (int32_t i = 0; i < LK_MASKS_MOST; i++) {
        lk_release(a.picture[i].rgb);
    }
    lk_graph_destroy(graph);
    *count = a.count;
    return status;
}
