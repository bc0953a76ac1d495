#include "ops/pieces.h"

/* About 10 microseconds of light work: less is not worth waking a thread for. */
#define FLOATS_PER_PIECE 16384

typedef struct run {
    const lk_task *task;
    lk_cells_function *function;
    int64_t cells_per_piece;
} run;

static void run_piece(void *argument, int64_t piece, int worker) {
    const run *r = argument;
    int64_t first = piece * r->cells_per_piece;
    int64_t last = first + r->cells_per_piece;
    r->function(r->task, first, last < r->task->cell_count ? last : r->task->cell_count, worker);
}

void lk_run_cells(const lk_task *task, int64_t floats_per_cell, lk_cells_function *function) {
    int64_t cells = floats_per_cell > 0 ? FLOATS_PER_PIECE / floats_per_cell : task->cell_count;
    run r = {task, function, cells > 0 ? cells : 1};
    int64_t pieces = (task->cell_count + r.cells_per_piece - 1) / r.cells_per_piece;
    lk_pool_run(task->pool, pieces, run_piece, &r);
}
