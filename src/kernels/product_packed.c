/* One piece of the product with B packed: for every depth block, groups of A's rows are packed, and
 * each panel of a group then meets every strip of B. Accumulators return to C between depth blocks,
 * which changes no bits, since a chain goes on where it stood. While a group is multiplied, the
 * memory of the next one is asked for. Where several pieces have the same rows, these are packed
 * before, once. B is packed before too, but for a deep one, of which each piece packs its columns
 * at each depth block: they are in the cache then, and go to memory never. */
#include "kernels/product_inside.h"

enum { LINE_FLOATS = 16 };

/* Rows [row, last) at depths [begin, end). */
typedef struct group {
    int64_t block, row, last, begin, end;
} group;

typedef struct walk {
    const lk_product_plan *plan;
    float *part; /* the piece's columns of B at one depth block; NULL: B was packed before, whole */
    int64_t first_row, last_row, first_column, last_column;
    int64_t rows; /* of a group */
} walk;

/* The group's part of the staircase; empty when it has nothing in this depth block. */
static group group_at(const walk *w, int64_t block, int64_t row) {
    const lk_product *product = w->plan->product;
    group g = {.block = block, .row = row, .last = lk_minimum(row + w->rows, w->last_row)};
    g.begin = lk_maximum(block, lk_depth_begin(product, row));
    g.end = lk_minimum(block + w->plan->block, lk_depth_end(product, g.last - 1));
    return g;
}

static bool has_next(const walk *w, const group *g) {
    return g->last < w->last_row || g->block + w->plan->block < w->plan->end;
}

static group next_group(const walk *w, const group *g) {
    return g->last < w->last_row ? group_at(w, g->block, g->last)
                                 : group_at(w, g->block + w->plan->block, w->first_row);
}

/* Where strip and block of packed B begin; all strips before the tail are equally wide. */
static lk_strip strip_at(const walk *w, int64_t column, int64_t block) {
    const lk_product_plan *plan = w->plan;
    const int64_t length = lk_minimum(plan->block, plan->end - block);
    return (lk_strip){
        .data = w->part != NULL ? w->part + (column - w->first_column) * length
                                : plan->packed + (block - plan->begin) * plan->packed_columns +
                                      (column - plan->first_column) * length,
        .begin = block,
        .stride = plan->last_column - column < plan->width ? plan->tail : plan->width,
    };
}

/* The lines of C that the next strip will write. */
static void prefetch_c(const lk_panel *panel, int64_t column, int64_t last_column) {
    const int64_t columns = panel->plan->width;
    if (!panel->plan->c_contiguous || column + 2 * columns > last_column) {
        return;
    }
    for (int64_t r = 0; r < panel->rows; r++) {
        for (int64_t n = column + columns; n < column + 2 * columns; n += LINE_FLOATS) {
            __builtin_prefetch(panel->c[r] + n, 1);
        }
    }
}

static void run_group(const walk *w, const group *g, float *scratch) {
    const lk_product_plan *plan = w->plan;
    const int64_t columns = plan->width, rows = plan->tile->rows;
    const bool packed = plan->packed_a != NULL, ahead = !packed && has_next(w, g);
    const int64_t panel_stride = (packed ? plan->end - plan->begin : plan->block) * rows;
    const group next = ahead ? next_group(w, g) : *g;
    const int64_t strips = (w->last_column - w->first_column + columns - 1) / columns;
    const int64_t slots = strips * ((g->last - g->row + rows - 1) / rows);
    int64_t slot = 0;
    lk_panel panel = {.plan = plan,
                      .patch = scratch + plan->group * plan->block,
                      .a = packed ? plan->packed_a + g->row / rows * panel_stride : scratch,
                      .a_begin = packed ? plan->begin : g->begin,
                      .a_stride = rows};
    if (!packed) {
        lk_pack_strips(scratch, panel_stride, rows, &plan->a, g->row, g->last - g->row, g->begin,
                       g->end);
    }
    for (panel.row = g->row; panel.row < g->last; panel.row += rows, panel.a += panel_stride) {
        panel.rows = lk_minimum(rows, g->last - panel.row);
        if (!lk_panel_open(&panel, g->begin, g->end)) {
            slot += strips;
            continue;
        }
        for (int64_t n = w->first_column; n < w->last_column; n += columns, slot++) {
            if (ahead && next.begin < next.end) {
                lk_pack_prefetch(&plan->a, next.row, next.last - next.row, next.begin, next.end,
                                 slot, slots);
            }
            prefetch_c(&panel, n, w->last_column);
            const lk_strip strip = strip_at(w, n, g->block);
            lk_panel_run(&panel, &strip, n, lk_minimum(columns, plan->last_column - n), 0);
        }
    }
}

void lk_product_pack_a_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_product_plan *plan = argument;
    const int64_t rows = plan->tile->rows, depth = plan->end - plan->begin;
    const int64_t row = piece * plan->group,
                  last = lk_minimum(row + plan->group, plan->product->rows);
    const int64_t begin = lk_depth_begin(plan->product, row),
                  end = lk_depth_end(plan->product, last - 1);
    if (begin < end) {
        lk_pack_strips(plan->packed_a + row * depth + (begin - plan->begin) * rows, rows * depth,
                       rows, &plan->a, row, last - row, begin, end);
    }
}

void lk_product_packed_piece(void *argument, int64_t piece, int worker) {
    const lk_product_plan *plan = argument;
    const lk_product *product = plan->product;
    walk w = {.plan = plan};
    w.first_row = plan->row_cut[piece / plan->column_pieces];
    w.last_row = plan->row_cut[piece / plan->column_pieces + 1];
    w.first_column = plan->first_column + piece % plan->column_pieces * plan->column_step;
    w.last_column = lk_minimum(w.first_column + plan->column_step, plan->last_column);
    if (w.first_column >= lk_column_end(product, w.last_row - 1)) {
        return;
    }
    const int64_t rows = w.last_row - w.first_row;
    const int64_t groups = (rows + plan->group - 1) / plan->group;
    w.rows = lk_round_up((rows + groups - 1) / groups, plan->tile->rows);
    lk_panel_start(product, w.first_row, w.last_row, plan->tile->rows, w.first_column,
                   w.last_column);
    if (plan->begin == plan->end) {
        return;
    }
    float *scratch = plan->scratch + worker * plan->scratch_stride;
    w.part = plan->deep ? scratch + plan->scratch_stride - plan->part_floats : NULL;
    group g = group_at(&w, plan->begin, w.first_row);
    for (;; g = next_group(&w, &g)) {
        if (plan->deep && g.row == w.first_row) {
            lk_product_pack_b(plan, w.part, w.first_column, w.last_column, g.block);
        }
        if (g.begin < g.end) {
            run_group(&w, &g, scratch);
        }
        if (!has_next(&w, &g)) {
            return;
        }
    }
}
