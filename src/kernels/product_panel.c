/* A panel of A's rows meets a strip of B: segment by segment of its staircase, straight on C where
 * the whole block may be written, otherwise (a last strip, the step of a column staircase,
 * scattered columns) in scratch, of which the valid elements are copied. */
#include "kernels/product_inside.h"

#include <string.h>

static bool is_uniform(const lk_product *product, int64_t row, int64_t rows) {
    return lk_depth_begin(product, row) == lk_depth_begin(product, row + rows - 1) &&
           lk_depth_end(product, row) == lk_depth_end(product, row + rows - 1);
}

/* Whether the registers of the first block can take the start values themselves. */
static bool can_fuse(const lk_product *product, int64_t row, int64_t rows) {
    return product->start != LK_START_C && is_uniform(product, row, rows) &&
           lk_depth_begin(product, row) < lk_depth_end(product, row);
}

static void write_start(const lk_product *product, int64_t row, int64_t first_column,
                        int64_t last_column) {
    float *c = product->c + lk_c_row(product, row) * product->c_row_stride;
    const int64_t last = lk_minimum(last_column, lk_column_end(product, row));
    for (int64_t n = first_column; n < last; n++) {
        c[lk_c_column(product, n)] = lk_start_value(product, row, n);
    }
}

void lk_panel_start(const lk_product *product, int64_t row, int64_t last_row, int64_t panel_rows,
                    int64_t first_column, int64_t last_column) {
    for (int64_t m = row; m < last_row && product->start != LK_START_C; m += panel_rows) {
        const int64_t rows = lk_minimum(panel_rows, last_row - m);
        if (can_fuse(product, m, rows)) {
            continue;
        }
        for (int64_t r = 0; r < rows; r++) {
            write_start(product, m + r, first_column, last_column);
        }
    }
}

bool lk_panel_open(lk_panel *panel, int64_t begin, int64_t end) {
    const lk_product *product = panel->plan->product;
    const int64_t first = lk_depth_begin(product, panel->row);
    begin = lk_maximum(begin, first);
    end = lk_minimum(end, lk_depth_end(product, panel->row + panel->rows - 1));
    panel->segments =
        lk_product_segments(product, panel->row, panel->rows, begin, end, panel->segment);
    panel->fused = begin == first && can_fuse(product, panel->row, panel->rows);
    for (int64_t r = 0; r < panel->rows; r++) {
        panel->c[r] = product->c + lk_c_row(product, panel->row + r) * product->c_row_stride;
        panel->start[r] = panel->fused ? lk_start_value(product, panel->row + r, 0) : 0.0f;
    }
    return panel->segments != 0;
}

static void copy_row(float *to, const float *from, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

/* Between C and the patch, whose row r begins at patch + r * width. */
static void copy_patch(const lk_panel *panel, float *patch, int64_t width, int64_t first_row,
                       int64_t column, int64_t columns, bool to_c) {
    const lk_product_plan *plan = panel->plan;
    for (int64_t r = first_row; r < panel->rows; r++, patch += width) {
        float *c = panel->c[r];
        const int64_t valid =
            lk_minimum(columns, lk_column_end(plan->product, panel->row + r) - column);
        if (plan->c_contiguous) {
            copy_row(to_c ? c + column : patch, to_c ? patch : c + column, valid);
            continue;
        }
        for (int64_t i = 0; i < valid; i++) {
            float *element = c + lk_c_column(plan->product, column + i);
            *(to_c ? element : &patch[i]) = to_c ? patch[i] : *element;
        }
    }
}

/* `c`: the block's rows, from first_row on. */
static void run_segments(const lk_panel *panel, lk_tile_call *call, const lk_strip *strip,
                         float *const *c, int64_t first_row) {
    for (int32_t i = 0; i < panel->segments; i++) {
        const lk_segment *segment = &panel->segment[i];
        const int64_t first = lk_maximum(segment->first, first_row);
        if (first >= segment->last) {
            continue;
        }
        call->rows = (int32_t)(segment->last - first);
        call->depth = segment->end - segment->begin;
        call->a = panel->a + (segment->begin - panel->a_begin) * panel->a_stride + first;
        call->c = c + first - first_row;
        call->start = panel->fused && call->start_row == NULL ? panel->start + first : NULL;
        if (strip->offset != NULL) {
            call->b = strip->data;
            call->b_offset = strip->offset + segment->begin;
        } else {
            call->b = strip->data + (segment->begin - strip->begin) * strip->stride;
        }
        panel->plan->tile->run(call);
    }
}

static int64_t first_inside(const lk_panel *panel, int64_t column) {
    const lk_product *product = panel->plan->product;
    int64_t first = 0;
    while (product->column_end != NULL && first < panel->rows &&
           product->column_end[panel->row + first] <= column) {
        first++;
    }
    return first;
}

void lk_panel_run(const lk_panel *panel, const lk_strip *strip, int64_t column, int64_t columns,
                  int64_t shift) {
    const lk_product_plan *plan = panel->plan;
    const lk_product *product = plan->product;
    const int64_t first = first_inside(panel, column);
    if (first == panel->rows) {
        return;
    }
    const int64_t longest =
        lk_minimum(columns, lk_column_end(product, panel->row + panel->rows - 1) - column);
    const int64_t shortest =
        lk_minimum(columns, lk_column_end(product, panel->row + first) - column);
    const int32_t width = lk_tile_width(plan->tile, longest + shift);
    lk_tile_call call = {.columns = width,
                         .a_stride = panel->a_stride,
                         .b_stride = strip->stride,
                         .ahead = strip->ahead};
    const bool from_row = panel->fused && product->start == LK_START_ROW;
    if (plan->c_contiguous && width == shortest) {
        call.c_offset = column;
        call.start_row = from_row ? product->bias : NULL;
        run_segments(panel, &call, strip, panel->c + first, first);
        return;
    }
    float *rows[LK_TILE_MOST_ROWS], start_row[LK_TILE_MOST_COLUMNS] = {0};
    if (from_row) {
        copy_row(start_row + shift, product->bias + column, longest);
        call.start_row = start_row;
    }
    for (int64_t r = first; r < panel->rows; r++) {
        rows[r - first] = panel->patch + (r - first) * width;
    }
    if (!panel->fused) { /* zeros beside what counts: product_pack.c says why */
        memset(panel->patch, 0, (size_t)((panel->rows - first) * width) * sizeof *panel->patch);
        copy_patch(panel, panel->patch + shift, width, first, column, longest, false);
    }
    run_segments(panel, &call, strip, rows, first);
    copy_patch(panel, panel->patch + shift, width, first, column, longest, true);
}
