/* The product's plan: how B is prepared, and how the work is cut into pieces. The cut depends on the product alone, never on
 * the number of threads. The scheme is that of K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", ACM TOMS 34(3), 2008, with the accumulators loaded from C at every depth block instead of being added to
 * it, so that each element stays one chain.
 *
 * Three ways to read B: packed once for all pieces (the common one); where it lies, when few rows would not pay for packing;
 * and by lanes of A, when there are few columns (product_narrow.c). */
#include <string.h>

#include "base/arena.h"
#include "base/context.h"
#include "kernels/product_inside.h"

enum {
    DEPTH_BLOCK = 256,           /* a packed panel and a strip of it fit the first cache */
    BLOCK_FLOATS = 80 * 1024,    /* of B that every panel meets: the second cache */
    ROUND_FLOATS = 8 * 1024 * 1024, /* of packed B at a time */
    GROUP_ROWS = 96,
    NARROW_COLUMNS = 6,          /* up to here rows fill vectors better than columns */
    DIRECT_PANELS = 3,           /* up to here packing B costs more than it saves */
    PIECE_WORK = 1 << 20,        /* fused multiply-adds that are worth a thread's waking */
    MOST_PIECES = 64,
};

struct lk_workspace {
    float *packed, *scratch;
    int64_t *offset;
    int64_t packed_capacity, scratch_capacity, offset_capacity;
};

lk_workspace *lk_workspace_create(void)
{
    return lk_allocate(1, sizeof(lk_workspace));
}

void lk_workspace_destroy(lk_workspace *workspace)
{
    if (workspace != NULL) {
        lk_release(workspace->packed);
        lk_release(workspace->scratch);
        lk_release(workspace->offset);
        lk_release(workspace);
    }
}

/* Grows by half at least: the steps of a generation each need a little more than the one before. */
static int64_t grown(int64_t capacity, int64_t count)
{
    return lk_maximum(count, capacity + capacity / 2);
}

static bool reserve_floats(float **memory, int64_t *capacity, int64_t count)
{
    if (count <= *capacity) {
        return true;
    }
    lk_release(*memory);
    count = grown(*capacity, count);
    *memory = lk_allocate(count, sizeof(float));
    *capacity = *memory != NULL ? count : 0;
    return *memory != NULL;
}

static bool reserve_offsets(lk_workspace *workspace, int64_t count)
{
    if (count <= workspace->offset_capacity) {
        return true;
    }
    lk_release(workspace->offset);
    count = grown(workspace->offset_capacity, count);
    workspace->offset = lk_allocate(count, sizeof(int64_t));
    workspace->offset_capacity = workspace->offset != NULL ? count : 0;
    return workspace->offset != NULL;
}

int64_t lk_product_scratch(const lk_product_plan *plan)
{
    const int64_t widest = lk_maximum(plan->group, plan->tile->columns);
    return lk_round_up(plan->block * widest + 2 * (int64_t)plan->tile->rows * plan->tile->columns, 16);
}

static int64_t row_work(const lk_product *product, int64_t row)
{
    const int64_t depth = lk_depth_end(product, row) - lk_depth_begin(product, row);
    return lk_maximum(depth, 0) * lk_column_end(product, row);
}

/* Row cuts of about equal work, at multiples of `unit`. */
static void cut_rows(lk_product_plan *plan, int64_t work, int64_t pieces, int64_t unit)
{
    const lk_product *product = plan->product;
    int64_t done = 0, made = 0;
    plan->row_cut[0] = 0;
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

static void cut(lk_product_plan *plan)
{
    const lk_product *product = plan->product;
    const int64_t work = lk_product_multiply_adds(product);
    int64_t pieces = lk_maximum(1, lk_minimum(work / PIECE_WORK, MOST_PIECES));
    const int64_t unit = plan->narrow ? plan->tile->columns : plan->tile->rows;
    plan->column_pieces = 1;
    plan->column_step = product->columns;
    if (!plan->narrow) {
        const int64_t columns = plan->last_column - plan->first_column;
        const int64_t strips = (columns + plan->tile->columns - 1) / plan->tile->columns;
        const int64_t panels = (product->rows + unit - 1) / unit;
        const int64_t most = lk_maximum(1, BLOCK_FLOATS / plan->block / plan->tile->columns);
        int64_t parts = (strips + most - 1) / most;
        parts = lk_minimum(strips, lk_maximum(parts, (pieces + panels - 1) / panels));
        plan->column_step = (strips + parts - 1) / parts * plan->tile->columns;
        plan->column_pieces = (columns + plan->column_step - 1) / plan->column_step;
        pieces = (pieces + plan->column_pieces - 1) / plan->column_pieces;
    }
    cut_rows(plan, work, pieces, unit);
}

static void run_pieces(lk_pool *pool, int64_t pieces, lk_piece *piece, lk_product_plan *plan)
{
    if (pool != NULL && pieces > 1) {
        lk_pool_run(pool, pieces, piece, plan);
        return;
    }
    for (int64_t i = 0; i < pieces; i++) {
        piece(plan, i, 0);
    }
}

/* Piece: one depth block of B, all strips that are not read directly. */
static void pack_piece(void *argument, int64_t piece, int worker)
{
    (void)worker;
    lk_product_plan *plan = argument;
    const int64_t width = plan->tile->columns;
    const int64_t begin = plan->begin + piece * plan->block;
    const int64_t end = lk_minimum(begin + plan->block, plan->end);
    float *out = plan->packed + piece * plan->block * plan->packed_columns;
    const int64_t whole_end = plan->tail != 0 ? plan->first_column + (plan->last_column - plan->first_column) / width * width
                                              : plan->last_column;
    for (int64_t n = plan->first_column; n < whole_end && !plan->direct; n += width) {
        lk_pack(out, width, &plan->b, n, width, begin, end);
        out += width * (end - begin);
    }
    if (plan->tail != 0) {
        lk_pack(out, plan->tail, &plan->b, whole_end, plan->last_column - whole_end, begin, end);
    }
}

/* Columns [first_column, last_column): prepares B and runs all pieces. */
static bool run_round(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace)
{
    const int64_t width = plan->tile->columns;
    const int64_t rest = (plan->last_column - plan->first_column) % width;
    plan->tail = rest != 0 ? lk_tile_width(plan->tile, rest) : 0;
    plan->packed_columns = plan->tail + (plan->direct ? 0 : plan->last_column - plan->first_column - rest);
    if (!reserve_floats(&workspace->packed, &workspace->packed_capacity, (plan->end - plan->begin) * plan->packed_columns)) {
        return false;
    }
    plan->packed = workspace->packed;
    cut(plan);
    const int64_t pieces = plan->row_pieces * plan->column_pieces;
    if (plan->packed_columns != 0 && plan->end > plan->begin) {
        const int64_t blocks = (plan->end - plan->begin + plan->block - 1) / plan->block;
        run_pieces(pieces > 1 ? pool : NULL, blocks, pack_piece, plan);
    }
    run_pieces(pool, pieces, lk_product_block_piece, plan);
    return true;
}

static bool run_blocks(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace)
{
    const lk_product *product = plan->product;
    const int64_t depth = lk_maximum(plan->end - plan->begin, 1);
    plan->direct = product->rows <= DIRECT_PANELS * plan->tile->rows && plan->b.lane_stride == 1 &&
                   plan->b.lane_index == NULL;
    if (plan->direct && plan->b.depth_index != NULL) {
        if (!reserve_offsets(workspace, product->depth)) {
            return false;
        }
        for (int64_t k = plan->begin; k < plan->end; k++) {
            workspace->offset[k] = plan->b.depth_index[k] * plan->b.depth_stride;
        }
        plan->b_offset = workspace->offset;
    }
    const int64_t strips = plan->direct ? INT64_MAX / 2 / plan->tile->columns
                                        : lk_maximum(1, ROUND_FLOATS / depth / plan->tile->columns);
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

static bool run_narrow(lk_product_plan *plan, lk_pool *pool, lk_workspace *workspace)
{
    const lk_product *product = plan->product;
    plan->direct = plan->b.lane_stride == 1 && plan->b.lane_index == NULL && plan->b.depth_index == NULL;
    if (!plan->direct && plan->end > plan->begin) {
        if (!reserve_floats(&workspace->packed, &workspace->packed_capacity, (plan->end - plan->begin) * product->columns)) {
            return false;
        }
        plan->packed = workspace->packed;
        lk_pack(plan->packed, product->columns, &plan->b, 0, product->columns, plan->begin, plan->end);
    }
    cut(plan);
    run_pieces(pool, plan->row_pieces, lk_product_narrow_piece, plan);
    return true;
}

bool lk_product_run(const lk_product *product, const lk_kernels *kernels, lk_pool *pool, lk_workspace *workspace)
{
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
        .group = lk_round_up(lk_minimum(product->rows, GROUP_ROWS), kernels->tile->rows),
    };
    plan.end = lk_maximum(plan.begin, plan.end);
    const int64_t depth = plan.end - plan.begin;
    const int64_t blocks = lk_maximum(1, (depth + DEPTH_BLOCK - 1) / DEPTH_BLOCK);
    plan.block = lk_maximum(1, (depth + blocks - 1) / blocks);
    plan.narrow = product->columns <= lk_minimum(NARROW_COLUMNS, plan.tile->rows) && product->column_end == NULL;
    plan.scratch_stride = lk_product_scratch(&plan);
    const int64_t workers = pool != NULL ? lk_pool_threads(pool) : 1;
    if (!reserve_floats(&workspace->scratch, &workspace->scratch_capacity, workers * plan.scratch_stride)) {
        return false;
    }
    plan.scratch = workspace->scratch;
    return plan.narrow ? run_narrow(&plan, pool, workspace) : run_blocks(&plan, pool, workspace);
}
