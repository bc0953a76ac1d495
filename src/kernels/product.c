/* The product's plan: how B is prepared, and how the work is cut into pieces. The cut depends on
 * the product alone, never on the number of threads. The scheme is that of K. Goto and R. van de
 * Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008, with the
 * accumulators loaded from C at every depth block instead of being added to it, so that each
 * element stays one chain.
 *
 * Four ways: both packed (the common one, product_packed.c); B where it lies, when few rows would
 * not pay for packing (product_direct.c); A where it lies, when B is small (product_lying.c); and
 * by lanes of A, when there are few columns (product_narrow.c). */
#include <string.h>

#include "base/arena.h"
#include "base/context.h"
#include "kernels/product_inside.h"

enum {
    DEPTH_BLOCK = 256,              /* a packed panel and a strip of it fit the first cache */
    BLOCK_FLOATS = 80 * 1024,       /* of B that every panel meets: the second cache */
    ROUND_FLOATS = 8 * 1024 * 1024, /* of packed B at a time */
    GROUP_ROWS = 96,
    NARROW_COLUMNS = 6,       /* up to here rows fill vectors better than columns */
    LYING_FLOATS = 80 * 1024, /* of B that every row meets: the second cache */
    DIRECT_PANELS = 3,        /* up to here packing B costs more than it saves */
    DIRECT_COLUMNS = 128,     /* a piece of longer rows of B takes at least so much of each, for the
                                 sake of the page tables */
    PIECE_WORK = 1 << 20,     /* fused multiply-adds that are worth a thread's waking */
    PIECE_FLOATS =
        1
        << 16, /* the same when B is only read once: it comes from the last cache or from memory */
    MOST_PIECES = 32,
};

struct lk_workspace {
    float *packed, *scratch;
    int64_t *offset;
    lk_tile_run *run;
    int64_t packed_capacity, scratch_capacity, offset_capacity, run_capacity;
    void *extra; /* of the operations */
    int64_t extra_capacity;
    lk_workspace **part; /* of the workers */
    int parts;
};

lk_workspace *lk_workspace_create(void) {
    return lk_allocate(1, sizeof(lk_workspace));
}

void lk_workspace_destroy(lk_workspace *workspace) {
    if (workspace != NULL) {
        lk_release(workspace->packed);
        lk_release(workspace->scratch);
        lk_release(workspace->offset);
        lk_release(workspace->run);
        lk_release(workspace->extra);
        for (int i = 0; i < workspace->parts; i++) {
            lk_workspace_destroy(workspace->part[i]);
        }
        lk_release(workspace->part);
        lk_release(workspace);
    }
}

void *lk_workspace_scratch(lk_workspace *workspace, int64_t bytes) {
    if (bytes > workspace->extra_capacity || workspace->extra == NULL) {
        lk_release(workspace->extra);
        workspace->extra_capacity = bytes + bytes / 2;
        workspace->extra = lk_allocate(workspace->extra_capacity, 1);
        workspace->extra_capacity = workspace->extra != NULL ? workspace->extra_capacity : 0;
    }
    return workspace->extra;
}

bool lk_workspace_divide(lk_workspace *workspace, int workers) {
    if (workers <= workspace->parts) {
        return true;
    }
    lk_workspace **part = lk_allocate(workers, sizeof(*part));
    if (part == NULL) {
        return false;
    }
    if (workspace->parts > 0) {
        memcpy(part, workspace->part, (size_t)workspace->parts * sizeof(*part));
    }
    lk_release(workspace->part);
    workspace->part = part;
    for (; workspace->parts < workers; workspace->parts++) {
        part[workspace->parts] = lk_workspace_create();
        if (part[workspace->parts] == NULL) {
            return false;
        }
    }
    return true;
}

lk_workspace *lk_workspace_part(lk_workspace *workspace, int worker) {
    LK_REQUIRE(worker >= 0 && worker < workspace->parts);
    return workspace->part[worker];
}

/* Grows by half at least: the steps of a generation each need a little more than the one before. */
static int64_t grown(int64_t capacity, int64_t count) {
    return lk_maximum(count, capacity + capacity / 2);
}

static bool reserve_floats(float **memory, int64_t *capacity, int64_t count) {
    if (count <= *capacity) {
        return true;
    }
    lk_release(*memory);
    count = grown(*capacity, count);
    *memory = lk_allocate(count, sizeof(float));
    *capacity = *memory != NULL ? count : 0;
    return *memory != NULL;
}

static bool reserve_offsets(lk_workspace *workspace, int64_t count) {
    if (count <= workspace->offset_capacity) {
        return true;
    }
    lk_release(workspace->offset);
    count = grown(workspace->offset_capacity, count);
    workspace->offset = lk_allocate(count, sizeof(int64_t));
    workspace->offset_capacity = workspace->offset != NULL ? count : 0;
    return workspace->offset != NULL;
}

static bool reserve_runs(lk_workspace *workspace, int64_t count) {
    if (count <= workspace->run_capacity) {
        return true;
    }
    lk_release(workspace->run);
    count = grown(workspace->run_capacity, count);
    workspace->run = lk_allocate(count, sizeof(*workspace->run));
    workspace->run_capacity = workspace->run != NULL ? count : 0;
    return workspace->run != NULL;
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
    if (!plan->narrow && !plan->lying) {
        const int64_t columns = plan->last_column - plan->first_column;
        const int64_t strips = (columns + plan->tile->columns - 1) / plan->tile->columns;
        const int64_t panels = (product->rows + unit - 1) / unit;
        const int64_t most = lk_maximum(1, BLOCK_FLOATS / plan->block / plan->tile->columns);
        int64_t parts = plan->direct ? 1 : (strips + most - 1) / most;
        parts = lk_minimum(strips, lk_maximum(parts, (pieces + panels - 1) / panels));
        if (plan->direct && columns > DIRECT_COLUMNS) {
            parts = lk_minimum(parts, columns / DIRECT_COLUMNS);
        }
        plan->column_step = (strips + parts - 1) / parts * plan->tile->columns;
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

/* Piece: one depth block of B, all strips. */
static void pack_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    lk_product_plan *plan = argument;
    const int64_t width = plan->tile->columns;
    const int64_t begin = plan->begin + piece * plan->block;
    const int64_t end = lk_minimum(begin + plan->block, plan->end);
    const int64_t columns = plan->last_column - plan->first_column;
    const int64_t whole = columns - (plan->tail != 0 ? columns % width : 0);
    float *out = plan->packed + piece * plan->block * plan->packed_columns;
    lk_pack_strips(out, width * (end - begin), width, &plan->b, plan->first_column, whole, begin,
                   end);
    if (plan->tail != 0) {
        lk_pack(out + whole * (end - begin), plan->tail, &plan->b, plan->first_column + whole,
                columns - whole, begin, end);
    }
}

/* Columns [first_column, last_column): packs B and runs all pieces. */
static bool run_round(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const int64_t columns = plan->last_column - plan->first_column,
                  rest = columns % plan->tile->columns;
    plan->tail = rest != 0 ? lk_tile_width(plan->tile, rest) : 0;
    plan->packed_columns = columns - rest + plan->tail;
    if (!reserve_floats(&workspace->packed, &workspace->packed_capacity,
                        (plan->end - plan->begin) * plan->packed_columns)) {
        return false;
    }
    plan->packed = workspace->packed;
    cut(plan);
    const int64_t pieces = plan->row_pieces * plan->column_pieces;
    const bool whole = plan->first_column == 0 &&
                       plan->last_column == lk_column_end(plan->product, plan->product->rows - 1);
    if (plan->product->b_reuse != LK_B_KEPT ||
        !whole) { /* of several rounds only the last one's part is still there */
        run_pieces(pieces > 1 ? pool : NULL,
                   (plan->end - plan->begin + plan->block - 1) / plan->block, pack_piece, plan);
    }
    run_pieces(pool, pieces, lk_product_packed_piece, plan);
    return true;
}

static bool run_packed(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const lk_product *product = plan->product;
    const int64_t strips =
        lk_maximum(1, ROUND_FLOATS / lk_maximum(plan->end - plan->begin, 1) / plan->tile->columns);
    const int64_t columns = lk_column_end(product, product->rows - 1);
    for (int64_t n = 0; n < columns; n = plan->last_column) {
        plan->first_column = n;
        plan->last_column = lk_minimum(n + strips * plan->tile->columns, columns);
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
    if (!reserve_floats(&workspace->packed, &workspace->packed_capacity,
                        (plan->end - plan->begin) * plan->few_stride)) {
        return false;
    }
    plan->few = workspace->packed;
    if (plan->end > plan->begin) { /* a product of depth 0 packs nothing, into no memory */
        lk_pack(workspace->packed, plan->few_stride, side, 0, lanes, plan->begin, plan->end);
    }
    return true;
}

static bool run_direct(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const lk_product *product = plan->product;
    if (plan->b.depth_index != NULL) {
        if (!reserve_offsets(workspace, plan->end)) {
            return false;
        }
        for (int64_t k = plan->begin; k < plan->end; k++) {
            workspace->offset[k] = plan->b.depth_index[k] * plan->b.depth_stride;
        }
        plan->b_offset = workspace->offset;
    }
    plan->last_column = lk_column_end(product, product->rows - 1);
    cut(plan);
    if (!prepare_few(plan, &plan->a, product->rows, workspace)) {
        return false;
    }
    run_pieces(pool, plan->row_pieces * plan->column_pieces, lk_product_direct_piece, plan);
    return true;
}

/* B is packed as one block, strip after strip. */
static bool run_lying(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace) {
    const int64_t columns = plan->product->columns, rest = columns % plan->tile->columns;
    plan->tail = rest != 0 ? lk_tile_width(plan->tile, rest) : 0;
    plan->packed_columns = columns - rest + plan->tail;
    plan->last_column = columns;
    plan->block = plan->end;
    if (!reserve_floats(&workspace->packed, &workspace->packed_capacity,
                        plan->end * plan->packed_columns) ||
        !reserve_runs(workspace, plan->end)) {
        return false;
    }
    plan->packed = workspace->packed;
    plan->runs = lk_product_list_runs(&plan->a, plan->end, workspace->run);
    plan->run = workspace->run;
    cut(plan);
    if (plan->product->b_reuse != LK_B_KEPT && plan->end > 0) {
        pack_piece(plan, 0, 0);
    }
    run_pieces(pool, plan->row_pieces, lk_product_lying_piece, plan);
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

static void choose_way(lk_product_plan *plan) {
    const lk_product *product = plan->product;
    const lk_tile *tile = plan->tile;
    plan->narrow =
        product->columns <= lk_minimum(NARROW_COLUMNS, tile->rows) && product->column_end == NULL;
    /* A strip that begins before its columns must still begin inside B. */
    const bool fills = lk_column_end(product, product->rows - 1) >= tile->widths[0];
    plan->direct = !plan->narrow && fills && product->b_reuse == LK_B_ONCE &&
                   product->rows <= DIRECT_PANELS * tile->rows && plan->b.lane_stride == 1 &&
                   plan->b.lane_index == NULL;
    /* What is kept packed must be found again the same way: runs are looked at only where nothing
     * is kept. */
    plan->lying = !plan->narrow && !plan->direct && lk_is_rectangle(product) &&
                  plan->c_contiguous && product->start != LK_START_BIAS &&
                  product->depth * product->columns <= LYING_FLOATS && plan->a.depth_stride == 1 &&
                  (plan->a.depth_index == NULL || product->b_reuse == LK_B_ONCE) &&
                  lk_product_runs_are_long(&plan->a, product->depth);
    plan->strip = tile->columns;
    for (int32_t i = 0; i < LK_TILE_WIDTHS && product->columns <= tile->most_rows[i]; i++) {
        plan->strip = lk_maximum(plan->strip, tile->widths[i]);
    }
    const int64_t depth = plan->end - plan->begin;
    const int64_t blocks = lk_maximum(1, (depth + DEPTH_BLOCK - 1) / DEPTH_BLOCK);
    plan->block = lk_maximum(1, (depth + blocks - 1) / blocks);
    plan->group = lk_round_up(lk_minimum(product->rows, GROUP_ROWS), tile->rows);
    const int64_t lanes = lk_maximum(plan->group, plan->strip);
    plan->scratch_stride =
        lk_round_up(plan->block * lanes + 2 * LK_TILE_MOST_ROWS * LK_TILE_MOST_COLUMNS, 16);
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
    choose_way(&plan);
    const int64_t workers = pool != NULL ? lk_pool_threads(pool) : 1;
    if (!reserve_floats(&workspace->scratch, &workspace->scratch_capacity,
                        workers * plan.scratch_stride)) {
        return false;
    }
    plan.scratch = workspace->scratch;
    return plan.narrow   ? run_narrow(&plan, pool, workspace)
           : plan.lying  ? run_lying(&plan, pool, workspace)
           : plan.direct ? run_direct(&plan, pool, workspace)
                         : run_packed(&plan, pool, workspace);
}
