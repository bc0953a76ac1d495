/* One piece of a product with few rows, as the steps of a generation have them: copying B would cost as much as multiplying
 * with it, so it is read where it lies, in strips as wide as the columns allow. Columns that do not fill the narrowest strip
 * are computed in one that begins before them. */
#include "kernels/product_inside.h"

enum {
    LINE_FLOATS = 16,
    SHALLOW = 16, /* depth of a block when rows of B are long: as many streams as a processor follows */
    LONG_COLUMNS = 256,
};

/* The widest strip of whole columns. */
static int64_t fitting_width(const lk_tile *tile, int64_t rows, int64_t columns) {
    int64_t width = 0;
    for (int32_t i = 0; i < LK_TILE_WIDTHS && tile->widths[i] != 0 && tile->widths[i] <= columns; i++) {
        if (tile->widths[i] <= tile->columns || rows <= tile->wide_rows) {
            width = tile->widths[i];
        }
    }
    return width;
}

static void prefetch_b(const lk_product_plan *plan, int64_t column, int64_t columns, int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++) {
        const int64_t offset = plan->b_offset != NULL ? plan->b_offset[k] : k * plan->b.depth_stride;
        for (int64_t n = 0; n < columns; n += LINE_FLOATS) {
            __builtin_prefetch(plan->b.data + offset + column + n);
        }
    }
}

static void run_panel(const lk_panel *panel, int64_t first_column, int64_t last_column, int64_t begin, int64_t end,
                      bool ahead) {
    const lk_product_plan *plan = panel->plan;
    for (int64_t n = first_column, columns; n < last_column; n += columns) {
        columns = fitting_width(plan->tile, panel->rows, last_column - n);
        int64_t shift = 0;
        if (columns == 0) {
            columns = last_column - n;
            shift = plan->tile->widths[0] - columns;
        }
        const lk_strip strip = {
            .data = plan->b.data + n - shift, .stride = plan->b.depth_stride, .offset = plan->b_offset};
        if (ahead && n + 2 * columns <= last_column) {
            prefetch_b(plan, n + columns, columns, begin, end);
        }
        lk_panel_run(panel, &strip, n, columns, shift);
    }
}

void lk_product_direct_piece(void *argument, int64_t piece, int worker) {
    const lk_product_plan *plan = argument;
    const int64_t part = piece / plan->column_pieces;
    const int64_t first_row = plan->row_cut[part], last_row = plan->row_cut[part + 1];
    const int64_t first_column = plan->first_column + piece % plan->column_pieces * plan->column_step;
    const int64_t last_column = lk_minimum(first_column + plan->column_step, plan->last_column);
    const int64_t panels = (last_row - first_row + plan->tile->rows - 1) / plan->tile->rows;
    const int64_t rows = (last_row - first_row + panels - 1) / panels;
    const bool is_long = plan->last_column > LONG_COLUMNS;
    const int64_t block = is_long ? lk_minimum(SHALLOW, plan->block) : plan->block;
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
                run_panel(&panel, first_column, last_column, begin, end, is_long && panel.row == first_row);
            }
        }
    }
}
