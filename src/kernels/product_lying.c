/* One piece of a product whose B is small, as the layers of a convolution have it: packing A's rows
 * would cost about as much as multiplying with them, so they are read where they lie, some at a
 * time while all strips of B meet them. The depth may lie in several runs, as the channels that a
 * convolution reads at each of its taps. Or B is large but kept packed, and the rows are few, as
 * the steps of a recurrence have them: each strip of B then comes once, and meets all rows. */
#include "kernels/product_inside.h"

#include <string.h>

enum {
    RUN_LEAST = 8,  /* shorter ones are not worth a loop of their own */
    ROWS_LEAST = 6, /* of a block: fewer make more loads of B than they are worth */
};

static bool continues(const lk_side *a, int64_t k) {
    return a->depth_index == NULL || a->depth_index[k] == a->depth_index[k - 1] + 1;
}

bool lk_product_runs_are_long(const lk_side *a, int64_t depth) {
    int64_t runs = 1;
    for (int64_t k = 1; k < depth && a->depth_index != NULL; k++) {
        runs += !continues(a, k);
    }
    return a->depth_stride == 1 && runs * RUN_LEAST <= depth;
}

int32_t lk_product_list_runs(const lk_side *a, int64_t depth, lk_tile_run *run) {
    if (depth == 0) {
        return 0;
    }
    if (a->depth_index == NULL) {
        run[0] = (lk_tile_run){0, depth, 0};
        return 1;
    }
    int32_t runs = 0;
    for (int64_t k = 0; k < depth; k++) {
        if (k == 0 || !continues(a, k)) {
            run[runs++] = (lk_tile_run){a->depth_index[k], 0, k};
        }
        run[runs - 1].count++;
    }
    return runs;
}

bool lk_packed_suits(const lk_kernels *kernels, const lk_workspace *workspace, int64_t depth,
                     int64_t columns) {
    return columns >= kernels->tile->columns / 2 &&
           depth * columns <= lk_met_floats(&workspace->caches);
}

/* Columns in strips of `width`, with those that the last one has too many. */
static int64_t padded(const lk_tile *tile, int64_t width, int64_t columns) {
    const int64_t rest = columns % width;
    return columns - rest + (rest != 0 ? lk_tile_width(tile, rest) : 0);
}

/* The widest blocks make the most of each float of A, if they leave no more columns empty. Not for
 * a B that is kept and comes from the last cache: their few rows would meet it too fast. */
int64_t lk_lying_width(const lk_tile *tile, int64_t columns) {
    int64_t best = tile->columns;
    for (int32_t i = 0; i < LK_TILE_WIDTHS && tile->widths[i] != 0; i++) {
        const int64_t width = tile->widths[i];
        if (width > best && tile->most_rows[i] >= ROWS_LEAST &&
            padded(tile, width, columns) <= padded(tile, best, columns)) {
            best = width;
        }
    }
    return best;
}

int64_t lk_packed_floats(const lk_kernels *kernels, int64_t depth, int64_t columns) {
    return depth * padded(kernels->tile, lk_lying_width(kernels->tile, columns), columns);
}

void lk_packed_make(const lk_packed *packed, const lk_operand *b, const lk_kernels *kernels) {
    const lk_side side = {b->data, b->column_stride, b->row_stride, b->column_index, b->row_index};
    lk_product_pack_columns(packed->data, kernels->tile,
                            lk_lying_width(kernels->tile, packed->columns), &side, 0,
                            packed->columns, 0, packed->depth);
}

/* Between `rows` rows of C, whose columns [column, column + valid) count, and the patch; into the
 * patch, start values. */
static void copy_patch(const lk_product *product, const lk_tile_rows_call *part, int64_t row,
                       int64_t column, int64_t valid, bool to_c) {
    for (int64_t r = 0; r < part->rows; r++) {
        float *c = product->c + lk_c_row(product, row + r) * product->c_row_stride + column;
        float *mine = part->c + r * part->columns;
        for (int64_t n = 0; n < valid; n++) {
            if (to_c) {
                c[n] = mine[n];
            } else {
                mine[n] = product->start == LK_START_C
                              ? c[n]
                              : lk_start_value(product, row + r, column + n);
            }
        }
        if (!to_c) { /* the block adds to these too, to nobody's use (product_pack.c says why 0) */
            memset(mine + valid, 0, (size_t)(part->columns - valid) * sizeof *mine);
        }
    }
}

/* The last strip, when it is narrower than its block: on a patch. */
static void run_tail(const lk_product_plan *plan, const lk_tile_rows_call *call, int64_t row,
                     int64_t column, float *patch) {
    lk_tile_rows_call part = *call;
    part.c = patch;
    part.c_stride = call->columns;
    part.c_row = NULL;
    part.start = NULL;
    for (int64_t done = 0; done < call->rows; done += part.rows) {
        part.rows = lk_minimum(plan->tile->rows, call->rows - done);
        if (call->a_row != NULL) {
            part.a_row = call->a_row + done;
        } else {
            part.a = call->a + done * call->a_stride;
        }
        copy_patch(plan->product, &part, row + done, column, plan->last_column - column, false);
        plan->tile->run_rows(&part);
        copy_patch(plan->product, &part, row + done, column, plan->last_column - column, true);
    }
}

static void run_rows(const lk_product_plan *plan, int64_t row, int64_t rows, int64_t first_column,
                     int64_t last_column, float *patch) {
    static const float zeros[LK_TILE_MOST_COLUMNS];
    const lk_product *product = plan->product;
    const int64_t width = plan->width, depth = plan->packed_depth;
    const int32_t *a_row = plan->a.lane_index, *c_row = product->c_row_index;
    lk_tile_rows_call call = {
        .rows = rows,
        .runs = plan->runs,
        .run = plan->run,
        .a = plan->a.data + (a_row != NULL ? 0 : row * plan->a.lane_stride),
        .a_stride = plan->a.lane_stride,
        .a_row = a_row != NULL ? a_row + row : NULL,
        .c_stride = product->c_row_stride,
        .c_row = c_row != NULL ? c_row + row : NULL,
    };
    float *c = product->c + (c_row != NULL ? 0 : row * product->c_row_stride);
    for (int64_t n = first_column; n < last_column; n += width) {
        const int64_t columns = lk_minimum(width, last_column - n);
        call.columns = lk_tile_width(plan->tile, columns);
        call.b = plan->packed + n * depth;
        call.c = c + n;
        call.start = product->start == LK_START_ROW    ? product->bias + n
                     : product->start == LK_START_ZERO ? zeros
                                                       : NULL;
        if (columns < call.columns) {
            run_tail(plan, &call, row, n, patch);
        } else {
            plan->tile->run_rows(&call);
        }
    }
}

void lk_product_lying_piece(void *argument, int64_t piece, int worker) {
    const lk_product_plan *plan = argument;
    const int64_t part = piece / plan->column_pieces, most = plan->tile->rows;
    const int64_t first_column = piece % plan->column_pieces * plan->column_step,
                  last_column = lk_minimum(first_column + plan->column_step, plan->last_column);
    const int64_t last = plan->row_cut[part + 1];
    const int64_t some =
        plan->kept ? last
                   : lk_maximum(1, plan->few_floats / lk_maximum(plan->end, 1) / most) * most;
    for (int64_t row = plan->row_cut[part]; row < last; row += some) {
        run_rows(plan, row, lk_minimum(some, last - row), first_column, last_column,
                 plan->scratch + worker * plan->scratch_stride);
    }
}
