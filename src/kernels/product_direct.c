/* One piece of a product with few rows, as the steps of a generation have them: copying B would
 * cost as much as multiplying with it, so it is read where it lies, in strips as wide as the
 * columns allow. Columns that do not fill the narrowest strip are computed in one that begins
 * before them. */
#include "kernels/product_inside.h"

enum {
    /* Of a block: rows of B often stand a power of two apart and share a few sets of the caches; so
     * many still fit the second one. */
    DEPTH_BLOCK = 64,
    CACHED_FLOATS = 1 << 18, /* of B: what is larger comes from further than the second cache */
    LINE_FLOATS = 16,
    FEWEST_ROWS = 2, /* up to here a strip is met so fast that the next one must be asked for at
                        once, not row by row */
    ROWS_AHEAD = 16, /* of B, where a single strip runs through the whole depth */
};

/* The piece's strips, in the order in which they are met: column after column, depth block after
 * depth block. */
typedef struct walk {
    const lk_product_plan *plan;
    int64_t first_column, last_column, block;
    bool single; /* one strip: its rows follow each other at one distance, and each asks for one
                    further on */
} walk;

/* How far behind the strip that ends at `column` the one stands that will be met next: each of its
 * rows is a stream of its own, too short for the processor to follow. Rows that are gathered are
 * near each other only within a block. */
static int64_t distance_ahead(const walk *w, int64_t column, int64_t columns) {
    if (column < w->last_column) {
        return columns;
    }
    const lk_product_plan *plan = w->plan;
    return plan->b_offset != NULL
               ? 0
               : w->block * plan->b.depth_stride - (w->last_column - w->first_column - columns);
}

static void prefetch_strip(const lk_panel *panel, const lk_strip *strip, int64_t columns,
                           int64_t ahead) {
    const lk_segment *first = &panel->segment[0], *last = &panel->segment[panel->segments - 1];
    for (int64_t k = first->begin; k < last->end; k++) {
        const float *row =
            strip->data + (strip->offset != NULL ? strip->offset[k] : k * strip->stride) + ahead;
        for (int64_t n = 0; n < columns; n += LINE_FLOATS) {
            __builtin_prefetch(row + n, 0, 2);
        }
    }
}

static void run_panel(const lk_panel *panel, const walk *w, bool ahead) {
    const lk_product_plan *plan = panel->plan;
    for (int64_t n = w->first_column, columns; n < w->last_column; n += columns) {
        columns = lk_tile_fitting(plan->tile, panel->rows, w->last_column - n);
        int64_t shift = 0;
        if (columns == 0) {
            columns = w->last_column - n;
            shift = plan->tile->widths[0] - columns;
        }
        lk_strip strip = {.data = plan->b.data + n - shift,
                          .stride = plan->b.depth_stride,
                          .offset = plan->b_offset};
        const int64_t distance = ahead ? distance_ahead(w, n + columns, columns) : 0;
        if (distance != 0 && w->single) {
            strip.ahead = ROWS_AHEAD * plan->b.depth_stride;
        } else if (distance != 0 && (panel->rows <= FEWEST_ROWS || plan->b_offset != NULL)) {
            prefetch_strip(panel, &strip, columns, distance);
        } else {
            strip.ahead = distance;
        }
        lk_panel_run(panel, &strip, n, columns, shift);
    }
}

void lk_product_direct_piece(void *argument, int64_t piece, int worker) {
    const lk_product_plan *plan = argument;
    const int64_t part = piece / plan->column_pieces;
    const int64_t first_row = plan->row_cut[part], last_row = plan->row_cut[part + 1];
    const int64_t first_column =
        plan->first_column + piece % plan->column_pieces * plan->column_step;
    const int64_t last_column = lk_minimum(first_column + plan->column_step, plan->last_column);
    const int64_t panels = (last_row - first_row + plan->tile->rows - 1) / plan->tile->rows;
    const int64_t rows = (last_row - first_row + panels - 1) / panels;
    const bool is_large = (plan->end - plan->begin) * plan->last_column > CACHED_FLOATS;
    const int64_t columns = last_column - first_column;
    const bool single =
        plan->b_offset == NULL && lk_tile_fitting(plan->tile, rows, columns) == columns;
    const int64_t block = is_large && !single ? lk_minimum(DEPTH_BLOCK, plan->block) : plan->block;
    const walk w = {plan, first_column, last_column, block, single};
    lk_panel panel = {.plan = plan,
                      .patch = plan->scratch + worker * plan->scratch_stride,
                      .a_begin = plan->few_begin,
                      .a_stride = plan->few_stride};
    lk_panel_start(plan->product, first_row, last_row, rows, first_column, last_column);
    for (int64_t begin = plan->begin; begin < plan->end; begin += block) {
        const int64_t end = lk_minimum(begin + block, plan->end);
        for (panel.row = first_row; panel.row < last_row; panel.row += rows) {
            panel.rows = lk_minimum(rows, last_row - panel.row);
            panel.a = plan->few + panel.row;
            if (lk_panel_open(&panel, begin, end)) {
                run_panel(&panel, &w, is_large && panel.row == first_row);
            }
        }
    }
}
