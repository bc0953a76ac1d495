/* One piece of a product with few columns: the roles are exchanged (a product of two numbers does
 * not mind), so that the lanes of a vector are rows of C and no lane is idle. Strips of A's rows
 * are packed [depth][rows]; the block's rows are the columns of B. Where some rows stand outside
 * their staircase the block is run on a copy, and only the active lanes are kept. */
#include <string.h>

#include "kernels/product_inside.h"

static float *c_element(const lk_product *product, int64_t row, int64_t column) {
    return product->c + lk_c_row(product, row) * product->c_row_stride +
           lk_c_column(product, column);
}

static void load_strip(const lk_product *product, float *sums, int64_t width, int64_t row,
                       int64_t rows) {
    for (int64_t n = 0; n < product->columns; n++) {
        for (int64_t i = 0; i < width; i++) {
            float value = 0.0f;
            if (i < rows) {
                value = product->start == LK_START_C ? *c_element(product, row + i, n)
                                                     : lk_start_value(product, row + i, n);
            }
            sums[n * width + i] = value;
        }
    }
}

static void store_strip(const lk_product *product, const float *sums, int64_t width, int64_t row,
                        int64_t rows) {
    for (int64_t n = 0; n < product->columns; n++) {
        for (int64_t i = 0; i < rows; i++) {
            *c_element(product, row + i, n) = sums[n * width + i];
        }
    }
}

/* One segment on all lanes; those outside [first, last) get their sums back. */
static void run_segment(const lk_product_plan *plan, lk_tile_call *call, const lk_segment *segment,
                        float *sums, float *copy, int64_t rows) {
    const int64_t width = call->columns;
    const bool whole = segment->first == 0 && segment->last == rows;
    float *c[LK_TILE_MOST_ROWS];
    float *target = whole ? sums : copy;
    for (int64_t n = 0; n < call->rows; n++) {
        c[n] = target + n * width;
    }
    if (!whole) {
        memcpy(copy, sums, (size_t)(call->rows * width) * sizeof(float));
    }
    call->c = c;
    plan->tile->run(call);
    for (int64_t n = 0; n < call->rows && !whole; n++) {
        memcpy(sums + n * width + segment->first, copy + n * width + segment->first,
               (size_t)(segment->last - segment->first) * sizeof(float));
    }
}

static void run_strip(const lk_product_plan *plan, float *scratch, int64_t row, int64_t rows) {
    const lk_product *product = plan->product;
    const int64_t width = lk_tile_width(plan->tile, rows);
    float *sums = scratch + plan->block * plan->strip;
    float *copy = sums + plan->tile->rows * plan->strip;
    const int64_t last = lk_depth_end(product, row + rows - 1);
    lk_tile_call call = {.rows = (int32_t)product->columns,
                         .columns = (int32_t)width,
                         .b_stride = width,
                         .a_stride = plan->few_stride};
    load_strip(product, sums, width, row, rows);
    for (int64_t begin = lk_depth_begin(product, row); begin < last; begin += plan->block) {
        const int64_t end = lk_minimum(begin + plan->block, last);
        lk_segment segment[LK_MOST_SEGMENTS];
        const int32_t segments = lk_product_segments(product, row, rows, begin, end, segment);
        lk_pack(scratch, width, &plan->a, row, rows, begin, end);
        for (int32_t i = 0; i < segments; i++) {
            call.depth = segment[i].end - segment[i].begin;
            call.b = scratch + (segment[i].begin - begin) * width;
            call.a = plan->few + (segment[i].begin - plan->few_begin) * plan->few_stride;
            run_segment(plan, &call, &segment[i], sums, copy, rows);
        }
    }
    store_strip(product, sums, width, row, rows);
}

void lk_product_narrow_piece(void *argument, int64_t piece, int worker) {
    const lk_product_plan *plan = argument;
    float *scratch = plan->scratch + worker * plan->scratch_stride;
    const int64_t last = plan->row_cut[piece + 1];
    for (int64_t row = plan->row_cut[piece]; row < last; row += plan->strip) {
        run_strip(plan, scratch, row, lk_minimum(plan->strip, last - row));
    }
}
