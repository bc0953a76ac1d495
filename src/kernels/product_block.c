/* One piece of the product in blocks: for every depth block, a group of A's rows is packed; each of its panels then meets every
 * strip of B. Accumulators return to C between depth blocks, which changes no bits, since a chain goes on where it stood.
 * A block that is not whole (a last strip, the step of a column staircase, scattered columns) is run in scratch and its valid
 * elements are copied. */
#include <string.h>

#include "kernels/product_inside.h"

typedef struct lk_panel {
    const lk_product_plan *plan;
    int64_t row, rows;
    int64_t block_begin;      /* of the depth block */
    int64_t packed_begin;     /* depth at which `a` begins */
    const float *a;
    bool fused;               /* start values go straight into the registers */
    float start[LK_TILE_MOST_ROWS];
    float *c[LK_TILE_MOST_ROWS];
    float *patch;             /* scratch for one block of C */
    int32_t segments;
    lk_segment segment[LK_MOST_SEGMENTS];
} lk_panel;

static bool is_uniform(const lk_product *product, int64_t row, int64_t rows)
{
    return lk_depth_begin(product, row) == lk_depth_begin(product, row + rows - 1) &&
           lk_depth_end(product, row) == lk_depth_end(product, row + rows - 1);
}

/* Whether the first block's registers can take the start values themselves. */
static bool can_fuse(const lk_product *product, int64_t row, int64_t rows)
{
    return product->start != LK_START_C && is_uniform(product, row, rows) &&
           lk_depth_begin(product, row) < lk_depth_end(product, row);
}

static void write_start(const lk_product *product, int64_t row, int64_t first_column, int64_t last_column)
{
    const float value = lk_start_value(product, row);
    float *c = product->c + lk_c_row(product, row) * product->c_row_stride;
    const int64_t last = lk_minimum(last_column, lk_column_end(product, row));
    for (int64_t n = first_column; n < last; n++) {
        c[lk_c_column(product, n)] = value;
    }
}

static void copy_patch(const lk_panel *panel, int64_t first_row, int64_t column, int64_t columns, bool to_c)
{
    const lk_product *product = panel->plan->product;
    const int64_t width = panel->plan->tile->columns;
    for (int64_t r = first_row; r < panel->rows; r++) {
        float *c = panel->c[r];
        float *patch = panel->patch + r * width;
        const int64_t valid = lk_minimum(columns, lk_column_end(product, panel->row + r) - column);
        for (int64_t i = 0; i < valid; i++) {
            float *element = c + lk_c_column(product, column + i);
            if (to_c) {
                *element = patch[i];
            } else {
                patch[i] = *element;
            }
        }
    }
}

static void run_segments(const lk_panel *panel, lk_tile_call *call, float *const *c, int64_t first_row)
{
    const lk_product_plan *plan = panel->plan;
    const float *b = call->b;
    for (int32_t i = 0; i < panel->segments; i++) {
        const lk_segment *segment = &panel->segment[i];
        const int64_t first = lk_maximum(segment->first, first_row);
        if (first >= segment->last) {
            continue;
        }
        call->rows = (int32_t)(segment->last - first);
        call->depth = segment->end - segment->begin;
        call->a = panel->a + (segment->begin - panel->packed_begin) * plan->tile->rows + first;
        call->c = c + first;
        call->start = panel->fused ? panel->start + first : NULL;
        if (call->b_offset != NULL) {
            call->b_offset = plan->b_offset + segment->begin;
        } else {
            call->b = b + (segment->begin - panel->block_begin) * call->b_stride;
        }
        plan->tile->run(call);
    }
}

static void run_strip(const lk_panel *panel, int64_t column, int64_t columns)
{
    const lk_product_plan *plan = panel->plan;
    const lk_product *product = plan->product;
    const lk_tile *tile = plan->tile;
    int64_t first = 0;
    while (first < panel->rows && lk_column_end(product, panel->row + first) <= column) {
        first++;
    }
    if (first == panel->rows) {
        return;
    }
    const int64_t longest = lk_minimum(columns, lk_column_end(product, panel->row + panel->rows - 1) - column);
    lk_tile_call call = {.columns = lk_tile_width(tile, longest), .a_stride = tile->rows};
    if (plan->direct && columns == tile->columns) {
        call.b = plan->b.data + column + (plan->b_offset != NULL ? 0 : panel->block_begin * plan->b.depth_stride);
        call.b_stride = plan->b.depth_stride;
        call.b_offset = plan->b_offset;
    } else {
        call.b = lk_packed_strip(plan, column, panel->block_begin);
        call.b_stride = columns == tile->columns ? tile->columns : plan->tail;
    }
    const bool whole = plan->c_contiguous && call.columns <= lk_column_end(product, panel->row + first) - column &&
                       call.columns <= columns;
    if (whole) {
        call.c_offset = column;
        run_segments(panel, &call, panel->c, first);
        return;
    }
    float *patch[LK_TILE_MOST_ROWS];
    for (int64_t r = 0; r < panel->rows; r++) {
        patch[r] = panel->patch + r * tile->columns;
    }
    if (!panel->fused) {
        copy_patch(panel, first, column, columns, false);
    }
    run_segments(panel, &call, patch, first);
    copy_patch(panel, first, column, columns, true);
}

static void run_panel(lk_panel *panel, int64_t begin, int64_t end, int64_t first_column, int64_t last_column)
{
    const lk_product_plan *plan = panel->plan;
    const lk_product *product = plan->product;
    panel->segments = lk_product_segments(product, panel->row, panel->rows, begin, end, panel->segment);
    if (panel->segments == 0) {
        return;
    }
    panel->fused = can_fuse(product, panel->row, panel->rows) && begin == lk_depth_begin(product, panel->row);
    for (int64_t r = 0; r < panel->rows; r++) {
        panel->c[r] = product->c + lk_c_row(product, panel->row + r) * product->c_row_stride;
        panel->start[r] = panel->fused ? lk_start_value(product, panel->row + r) : 0.0f;
    }
    for (int64_t n = first_column; n < last_column; n += plan->tile->columns) {
        run_strip(panel, n, lk_minimum(plan->tile->columns, plan->last_column - n));
    }
}

static void start_group(const lk_product_plan *plan, int64_t row, int64_t last, int64_t first_column, int64_t last_column)
{
    const lk_product *product = plan->product;
    for (int64_t m = row; m < last; m += plan->tile->rows) {
        const int64_t rows = lk_minimum(plan->tile->rows, last - m);
        for (int64_t r = 0; r < rows && !can_fuse(product, m, rows); r++) {
            write_start(product, m + r, first_column, last_column);
        }
    }
}

void lk_product_block_piece(void *argument, int64_t piece, int worker)
{
    const lk_product_plan *plan = argument;
    const lk_product *product = plan->product;
    const int64_t part = piece / plan->column_pieces;
    const int64_t last_row = plan->row_cut[part + 1];
    const int64_t first_column = plan->first_column + piece % plan->column_pieces * plan->column_step;
    const int64_t last_column = lk_minimum(first_column + plan->column_step, plan->last_column);
    float *scratch = plan->scratch + worker * plan->scratch_stride;
    const int64_t panel_stride = plan->block * plan->tile->rows;
    lk_panel panel = {.plan = plan, .patch = scratch + plan->group / plan->tile->rows * panel_stride};
    int64_t block = plan->begin;
    do {
        for (int64_t row = plan->row_cut[part]; row < last_row; row += plan->group) {
            const int64_t last = lk_minimum(row + plan->group, last_row);
            if (block == plan->begin && product->start != LK_START_C) {
                start_group(plan, row, last, first_column, last_column);
            }
            const int64_t begin = lk_maximum(block, lk_depth_begin(product, row));
            const int64_t end = lk_minimum(block + plan->block, lk_depth_end(product, last - 1));
            if (begin >= end || first_column >= lk_column_end(product, last - 1)) {
                continue;
            }
            lk_pack_strips(scratch, panel_stride, plan->tile->rows, &plan->a, row, last - row, begin, end);
            panel.block_begin = block;
            panel.packed_begin = begin;
            panel.a = scratch;
            for (panel.row = row; panel.row < last; panel.row += plan->tile->rows, panel.a += panel_stride) {
                panel.rows = lk_minimum(plan->tile->rows, last - panel.row);
                const int64_t panel_last = panel.row + panel.rows - 1;
                run_panel(&panel, lk_maximum(begin, lk_depth_begin(product, panel.row)),
                          lk_minimum(end, lk_depth_end(product, panel_last)), first_column, last_column);
            }
        }
        block += plan->block;
    } while (block < plan->end);
}
