/* The product's plan: how B is prepared, and how the work is cut into pieces. The cut depends on
 * the product alone, never on the number of threads. The scheme is that of K. Goto and R. van de
 * Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008, with the
 * accumulators loaded from C at every depth block instead of being added to it, so that each
 * element stays one chain.
 *
 * Four ways: both packed (the common one, product_packed.c); B where it lies, when few rows would
 * not pay for packing (product_direct.c); A where it lies, when B is small, or kept packed for few
 * rows (product_lying.c); and by lanes of A, when there are few columns (product_narrow.c). */
#include "base/context.h"
#include "kernels/product_inside.h"

enum {
    DEPTH_LEAST = 128, /* of a block; what it reads and writes of C must pay */
    DEPTH_MOST = 512,
    ROUND_FLOATS = 8 * 1024 * 1024, /* of packed B at a time */
    NARROW_COLUMNS = 6,             /* up to here rows fill vectors better than columns */
    KEPT_PANELS = 4,   /* up to here a kept B is met by all rows at once, strip after strip */
    DIRECT_PANELS = 3, /* up to here packing B costs more than it saves */
    DEEP_FLOATS = 4 * 1024 * 1024, /* of a B that is larger than the caches */
    DEEP_ROWS = 1024,              /* of A, which comes from the last cache for each piece again */
    DEEP_COLUMNS = 512,
    DEEP_STRIPS = 4,      /* of a piece */
    DIRECT_COLUMNS = 128, /* a piece of longer rows of B takes at least so much of each, for the
                                 sake of the page tables */
    PIECE_WORK = 1 << 20, /* fused multiply-adds that are worth a thread's waking */
    PIECE_FLOATS =
        1
        << 16, /* the same when B is only read once: it comes from the last cache or from memory */
    MOST_PIECES = 32,
};

static float *floats_of(lk_workspace *workspace, int room, int64_t count) {
    return lk_room_take(&workspace->room[room], count, sizeof(float));
}

static int64_t row_work(const lk_product *product, int64_t row) {
    const int64_t depth = lk_depth_end(product, row) - lk_depth_begin(product, row);
    return lk_maximum(depth, 0) * lk_column_end(product, row);
}

/* Row cuts of about equal work, at multiples of `unit`. */
static void cut_rows(lk_product_plan *plan, int64_t work, int64_t pieces, int64_t unit) {
    const lk_product *product = plan->product;
    int64_t done = 0, made = 0;
    plan->row_cut[0] = 0;
    if (lk_is_rectangle(product)) {
        const int64_t each = lk_round_up((product->rows + pieces - 1) / pieces, unit);
        while (plan->row_cut[made] < product->rows) {
            plan->row_cut[made + 1] = lk_minimum(plan->row_cut[made] + each, product->rows);
            made++;
        }
        plan->row_pieces = made;
        return;
    }
    for (int64_t row = 0; row < product->rows;) {
        const int64_t last = lk_minimum(row + unit, product->rows);
        for (; row < last; row++) {
            done += row_work(product, row);
        }
        if (row < product->rows && made + 1 < pieces && done >= (made + 1) * (work / pieces)) {
            plan->row_cut[++made] = row;
        }
    }
    plan->row_cut[++made] = product->rows;
    plan->row_pieces = made;
}

static void cut(lk_product_plan *plan) {
    const lk_product *product = plan->product;
    const int64_t work = lk_product_multiply_adds(product);
    const int64_t read =
        plan->direct ? (plan->end - plan->begin) * plan->last_column / PIECE_FLOATS : 0;
    int64_t pieces = lk_maximum(1, lk_minimum(lk_maximum(work / PIECE_WORK, read), MOST_PIECES));
    const int64_t unit = plan->narrow ? plan->strip : plan->tile->rows;
    plan->column_pieces = 1;
    plan->column_step = product->columns;
    if (!plan->narrow && (!plan->lying || plan->kept)) {
        const int64_t columns = plan->last_column - plan->first_column;
        const int64_t strips = (columns + plan->width - 1) / plan->width;
        const int64_t panels = (product->rows + unit - 1) / unit;
        const int64_t most = lk_maximum(1, plan->met_floats / plan->block / plan->width);
        int64_t parts = plan->direct || plan->kept ? 1 : (strips + most - 1) / most;
        parts = lk_minimum(strips, lk_maximum(parts, (pieces + panels - 1) / panels));
        if (plan->direct && columns > DIRECT_COLUMNS) {
            parts = lk_minimum(parts, columns / DIRECT_COLUMNS);
        }
        if (plan->deep) {
            pieces = 1;
            parts = lk_maximum(parts, lk_minimum(strips / DEEP_STRIPS, MOST_PIECES));
        }
        plan->column_step = (strips + parts - 1) / parts * plan->width;
        plan->column_pieces = (columns + plan->column_step - 1) / plan->column_step;
        pieces = (pieces + plan->column_pieces - 1) / plan->column_pieces;
    }
    cut_rows(plan, work, pieces, unit);
}

static void run_pieces(lk_pool *pool, int64_t pieces, lk_piece *piece, lk_product_plan *plan) {
    if (pool != NULL && pieces > 1) {
        lk_pool_run(pool, pieces, piece, plan);
        return;
    }
    for (int64_t i = 0; i < pieces; i++) {
        piece(plan, i, 0);
    }
}

void lk_product_pack_columns(float *out, const lk_tile *tile, int64_t width, const lk_side *b,
                             int64_t first, int64_t columns, int64_t begin, int64_t end) {
    const int64_t rest = columns % width, whole = columns - rest;
    lk_pack_strips(out, width * (end - begin), width, b, first, whole, begin, end);
    if (rest != 0) {
        lk_pack(out + whole * (end - begin), lk_tile_width(tile, rest), b, first + whole, rest,
                begin, end);
    }
}

void lk_product_pack_b(const lk_product_plan *plan, float *out, int64_t first, int64_t last,
                       int64_t begin) {
    lk_product_pack_columns(out, plan->tile, plan->width, &plan->b, first, last - first, begin,
                            lk_minimum(begin + plan->block, plan->end));
}

/* Piece: one depth block of B, all strips. */
static void pack_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    lk_product_plan *plan = argument;
    lk_product_pack_b(plan, plan->packed + piece * plan->block * plan->packed_columns,
                      plan->first_column, plan->last_column, plan->begin + piece * plan->block);
}

/* Where several pieces have the same rows. */
static bool pack_a(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const int64_t rows = lk_round_up(plan->product->rows, plan->tile->rows);
    const int64_t floats = rows * (plan->end - plan->begin);
    if (plan->packed_a != NULL || plan->column_pieces == 1 || floats > ROUND_FLOATS) {
        return true;
    }
    plan->packed_a = floats_of(workspace, LK_ROOM_PACKED_A, floats);
    if (plan->packed_a == NULL) {
        return false;
    }
    run_pieces(pool, (rows + plan->group - 1) / plan->group, lk_product_pack_a_piece, plan);
    return true;
}

/* The round's columns as strips of packed B. */
static void lay_strips(lk_product_plan *plan) {
    const int64_t columns = plan->last_column - plan->first_column, rest = columns % plan->width;
    plan->tail = rest != 0 ? lk_tile_width(plan->tile, rest) : 0;
    plan->packed_columns = columns - rest + plan->tail;
}

/* Of several rounds only the last one's part is still there. */
static bool pack_b(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const int64_t depth = plan->end - plan->begin;
    const bool whole = plan->first_column == 0 &&
                       plan->last_column == lk_column_end(plan->product, plan->product->rows - 1);
    plan->packed = floats_of(workspace, LK_ROOM_PACKED, depth * plan->packed_columns);
    if (plan->packed != NULL && (plan->product->b_reuse != LK_B_KEPT || !whole)) {
        run_pieces(pool, (depth + plan->block - 1) / plan->block, pack_piece, plan);
    }
    return plan->packed != NULL;
}

/* Columns [first_column, last_column). */
static bool run_round(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    lay_strips(plan);
    cut(plan);
    if (!pack_a(plan, pool, workspace)) {
        return false;
    }
    const int64_t pieces = plan->row_pieces * plan->column_pieces;
    if (!plan->deep && !pack_b(plan, pieces > 1 ? pool : NULL, workspace)) {
        return false;
    }
    run_pieces(pool, pieces, lk_product_packed_piece, plan);
    return true;
}
static bool run_packed(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const lk_product *product = plan->product;
    const int64_t strips =
        lk_maximum(1, ROUND_FLOATS / lk_maximum(plan->end - plan->begin, 1) / plan->width);
    const int64_t columns = lk_column_end(product, product->rows - 1);
    for (int64_t n = 0; n < columns; n = plan->last_column) {
        plan->first_column = n;
        plan->last_column = lk_minimum(n + strips * plan->width, columns);
        if (!run_round(plan, pool, workspace)) {
            return false;
        }
    }
    return true;
}

/* The side with few lanes: read where it lies if the micro-kernel can, otherwise packed whole. */
static bool prepare_few(lk_product_plan *plan, const lk_side *side, int64_t lanes,
                        lk_workspace *workspace) {
    if (side->depth_index == NULL && side->lane_index == NULL &&
        (side->lane_stride == 1 || lanes == 1)) {
        plan->few = side->data;
        plan->few_begin = 0;
        plan->few_stride = side->depth_stride;
        return true;
    }
    plan->few_stride = lk_round_up(lanes, 4);
    plan->few_begin = plan->begin;
    float *few = floats_of(workspace, LK_ROOM_PACKED, (plan->end - plan->begin) * plan->few_stride);
    if (few == NULL) {
        return false;
    }
    plan->few = few;
    if (plan->end > plan->begin) { /* a product of depth 0 packs nothing */
        lk_pack(few, plan->few_stride, side, 0, lanes, plan->begin, plan->end);
    }
    return true;
}

static bool run_direct(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const lk_product *product = plan->product;
    if (plan->b.depth_index != NULL) {
        int64_t *offset =
            lk_room_take(&workspace->room[LK_ROOM_OFFSETS], plan->end, sizeof(*offset));
        if (offset == NULL) {
            return false;
        }
        for (int64_t k = plan->begin; k < plan->end; k++) {
            offset[k] = plan->b.depth_index[k] * plan->b.depth_stride;
        }
        plan->b_offset = offset;
    }
    plan->last_column = lk_column_end(product, product->rows - 1);
    cut(plan);
    if (!prepare_few(plan, &plan->a, product->rows, workspace)) {
        return false;
    }
    run_pieces(pool, plan->row_pieces * plan->column_pieces, lk_product_direct_piece, plan);
    return true;
}

/* Piece: the strips of a piece's columns, through the whole depth. */
static void pack_strips_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    lk_product_plan *plan = argument;
    const int64_t first = piece * plan->column_step,
                  last = lk_minimum(first + plan->column_step, plan->last_column);
    lk_product_pack_b(plan, plan->packed + first * plan->end, first, last, 0);
}

/* B was packed by lk_packed_make(). */
static bool run_packed_before(lk_product_plan *plan, lk_pool *pool) {
    const lk_product *product = plan->product;
    plan->last_column = product->columns;
    plan->block = plan->end;
    plan->packed = product->packed->data;
    plan->packed_depth = product->packed->depth;
    plan->run = product->run;
    plan->runs = product->runs;
    cut(plan);
    run_pieces(pool, plan->row_pieces * plan->column_pieces, lk_product_lying_piece, plan);
    return true;
}

/* B is packed as one block, strip after strip. */
static bool run_lying(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    plan->last_column = plan->product->columns;
    lay_strips(plan);
    plan->block = plan->packed_depth = plan->end;
    plan->packed = floats_of(workspace, LK_ROOM_PACKED, plan->end * plan->packed_columns);
    lk_tile_run *run = lk_room_take(&workspace->room[LK_ROOM_RUNS], plan->end, sizeof(*run));
    if (plan->packed == NULL || run == NULL) {
        return false;
    }
    plan->runs = lk_product_list_runs(&plan->a, plan->end, run);
    plan->run = run;
    cut(plan);
    const int64_t pieces = plan->row_pieces * plan->column_pieces;
    if (plan->product->b_reuse != LK_B_KEPT && plan->end > 0) {
        run_pieces(pieces > 1 ? pool : NULL, plan->column_pieces, pack_strips_piece, plan);
    }
    run_pieces(pool, pieces, lk_product_lying_piece, plan);
    return true;
}

static bool run_narrow(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    cut(plan);
    if (!prepare_few(plan, &plan->b, plan->product->columns, workspace)) {
        return false;
    }
    run_pieces(pool, plan->row_pieces, lk_product_narrow_piece, plan);
    return true;
}

/* A panel of A takes half of the first cache, through which the strips of B pass; a block of B
 * takes three eighths of the second, the rows of A that meet it half of that: what C takes and what
 * comes next need the rest. */
static void choose_blocks(lk_product_plan *plan, const lk_caches *caches) {
    const lk_tile *tile = plan->tile;
    const int64_t first = caches->first / (int64_t)sizeof(float),
                  second = caches->second / (int64_t)sizeof(float);
    const int64_t fits = first / 2 / tile->rows / 32 * 32;
    const int64_t most = lk_minimum(lk_maximum(fits, DEPTH_LEAST), DEPTH_MOST);
    const int64_t depth = plan->end - plan->begin;
    const int64_t blocks = lk_maximum(1, (depth + most - 1) / most);
    plan->block = lk_maximum(1, (depth + blocks - 1) / blocks);
    plan->met_floats = lk_met_floats(caches);
    plan->few_floats = first / 2;
    const int64_t group = lk_maximum(second * 3 / 16 / most / tile->rows, 1) * tile->rows;
    plan->group = lk_round_up(lk_minimum(plan->product->rows, group), tile->rows);
}

static void choose_scratch(lk_product_plan *plan) {
    const int64_t lanes = lk_maximum(plan->group, plan->strip);
    plan->scratch_stride =
        lk_round_up(plan->block * lanes + 2 * LK_TILE_MOST_ROWS * LK_TILE_MOST_COLUMNS, 16);
    plan->part_floats = plan->deep ? plan->met_floats + plan->block * LK_TILE_MOST_COLUMNS : 0;
    plan->scratch_stride += plan->part_floats;
}

static void choose_way(lk_product_plan *plan) {
    const lk_product *product = plan->product;
    const lk_tile *tile = plan->tile;
    if (product->packed != NULL) {
        LK_REQUIRE(lk_is_rectangle(product) && plan->c_contiguous &&
                   product->start != LK_START_BIAS && product->a.column_index == NULL &&
                   product->columns == product->packed->columns);
        plan->lying = true;
        plan->width = lk_lying_width(tile, product->columns);
        plan->strip = tile->columns;
        choose_scratch(plan);
        return;
    }
    plan->narrow =
        product->columns <= lk_minimum(NARROW_COLUMNS, tile->rows) && product->column_end == NULL;
    /* A strip that begins before its columns must still begin inside B. */
    const bool fills = lk_column_end(product, product->rows - 1) >= tile->widths[0];
    plan->direct = !plan->narrow && fills && product->b_reuse == LK_B_ONCE &&
                   product->rows <= DIRECT_PANELS * tile->rows && plan->b.lane_stride == 1 &&
                   plan->b.lane_index == NULL;
    plan->kept = product->b_reuse != LK_B_ONCE && product->rows <= KEPT_PANELS * tile->rows &&
                 product->depth * product->columns <= ROUND_FLOATS;
    /* What is kept packed must be found again the same way: runs are looked at only where nothing
     * is kept. */
    plan->lying = !plan->narrow && !plan->direct && lk_is_rectangle(product) &&
                  plan->c_contiguous && product->start != LK_START_BIAS &&
                  (plan->kept || product->depth * product->columns <= plan->met_floats) &&
                  plan->a.depth_stride == 1 &&
                  (plan->a.depth_index == NULL || product->b_reuse == LK_B_ONCE) &&
                  lk_product_runs_are_long(&plan->a, product->depth);
    plan->strip = tile->columns;
    for (int32_t i = 0; i < LK_TILE_WIDTHS && product->columns <= tile->most_rows[i]; i++) {
        plan->strip = lk_maximum(plan->strip, tile->widths[i]);
    }
    plan->kept = plan->kept && plan->lying;
    plan->deep = !plan->narrow && !plan->direct && !plan->lying && lk_is_rectangle(product) &&
                 product->b_reuse == LK_B_ONCE && product->rows <= DEEP_ROWS &&
                 product->columns >= DEEP_COLUMNS &&
                 product->depth * product->columns >= DEEP_FLOATS;
    plan->width =
        plan->lying && !plan->kept ? lk_lying_width(tile, product->columns) : tile->columns;
    choose_scratch(plan);
}

bool lk_product_run(const lk_product *product, const lk_kernels *kernels, lk_pool *pool,
                    lk_workspace *workspace) {
    LK_REQUIRE(product->rows >= 0 && product->columns >= 0 && product->depth >= 0);
    if (product->rows == 0 || product->columns == 0) {
        return true;
    }
    const lk_operand *a = &product->a, *b = &product->b;
    lk_product_plan plan = {
        .product = product,
        .tile = kernels->tile,
        .a = {a->data, a->row_stride, a->column_stride, a->row_index, a->column_index},
        .b = {b->data, b->column_stride, b->row_stride, b->column_index, b->row_index},
        .c_contiguous = product->c_column_stride == 1 && product->c_column_index == NULL,
        .begin = lk_depth_begin(product, 0),
        .end = lk_depth_end(product, product->rows - 1),
    };
    plan.end = lk_maximum(plan.begin, plan.end);
    choose_blocks(&plan, &workspace->caches);
    choose_way(&plan);
    const int64_t workers = pool != NULL ? lk_pool_threads(pool) : 1;
    plan.scratch = floats_of(workspace, LK_ROOM_SCRATCH, workers * plan.scratch_stride);
    if (plan.scratch == NULL) {
        return false;
    }
    if (product->packed != NULL) {
        return run_packed_before(&plan, pool);
    }
    return plan.narrow   ? run_narrow(&plan, pool, workspace)
           : plan.lying  ? run_lying(&plan, pool, workspace)
           : plan.direct ? run_direct(&plan, pool, workspace)
                         : run_packed(&plan, pool, workspace);
}
