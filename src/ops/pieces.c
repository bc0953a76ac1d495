#include "ops/pieces.h"

#include <string.h>

/* About 10 microseconds of light work: less is not worth waking a thread for. */
#define FLOATS_PER_PIECE 16384

typedef struct run {
    const lk_task *task;
    lk_cells_function *cells; /* one of the two */
    lk_values_function *values;
    int64_t cells_per_piece;
} run;

static void run_piece(void *argument, int64_t piece, int worker) {
    const run *r = argument;
    const lk_task *task = r->task;
    int64_t first = piece * r->cells_per_piece, last = first + r->cells_per_piece;
    last = last < task->cell_count ? last : task->cell_count;
    if (r->cells != NULL) {
        r->cells(task, first, last, worker);
        return;
    }
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        r->values(task, task->cells[i], task->cells[i] * floats, floats);
    }
}

static void run_pieces(run r, int64_t floats_per_cell) {
    int64_t cells = floats_per_cell > 0 ? FLOATS_PER_PIECE / floats_per_cell : r.task->cell_count;
    r.cells_per_piece = cells > 0 ? cells : 1;
    int64_t pieces = (r.task->cell_count + r.cells_per_piece - 1) / r.cells_per_piece;
    lk_pool_run(r.task->pool, pieces, run_piece, &r);
}

void lk_run_cells(const lk_task *task, int64_t floats_per_cell, lk_cells_function *function) {
    run_pieces((run){.task = task, .cells = function}, floats_per_cell);
}

bool lk_run_values(const lk_task *task, lk_values_function *function) {
    run_pieces((run){.task = task, .values = function}, task->batch * task->node->channels);
    return true;
}

void lk_begin_din(const lk_task *task, int32_t input, int64_t at, int64_t floats) {
    if (lk_din_fresh(task, input)) {
        memset(task->din[input] + at, 0, (size_t)floats * sizeof(float));
    }
}
