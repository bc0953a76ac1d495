#include "ops/pieces.h"

#include <string.h>

/* About 10 microseconds of light work: less is not worth waking a thread for. */
#define FLOATS_PER_PIECE 16384
/* Of the node, at once: with what is read for them they stay in the first cache. */
#define FLOATS_AT_ONCE 2048

typedef struct run {
    const lk_task *task;
    lk_cells_function *range; /* one of the four */
    lk_values_function *values;
    lk_rows_function *rows;
    lk_state_function *state;
    int64_t count, per_piece;
} run;

static void run_values(const run *r, int64_t first, int64_t last) {
    const lk_task *task = r->task;
    int64_t floats = task->batch * task->node->channels;
    for (int64_t i = first; i < last; i++) {
        r->values(task, task->cells[i], task->cells[i] * floats, floats);
    }
}

static void run_rows(const run *r, int64_t first, int64_t last) {
    const lk_task *task = r->task;
    int64_t floats = task->batch * task->node->channels, most = FLOATS_AT_ONCE / floats;
    for (int64_t i = first, cells; i < last; i += cells) {
        for (cells = 1;
             cells < most && i + cells < last && task->cells[i + cells] == task->cells[i] + cells;
             cells++) {
        }
        r->rows(task, task->cells[i] * task->batch, cells * task->batch);
    }
}

static void run_states(const run *r, int64_t first, int64_t last) {
    const lk_task *task = r->task;
    for (int64_t i = 0; i < task->cell_count; i++) {
        for (int64_t n = first; n < last; n++) {
            r->state(task, task->cells[i], n);
        }
    }
}

static void run_piece(void *argument, int64_t piece, int worker) {
    const run *r = argument;
    int64_t first = piece * r->per_piece, last = first + r->per_piece;
    last = last < r->count ? last : r->count;
    if (r->range != NULL) {
        r->range(r->task, first, last, worker);
    } else {
        (r->values != NULL ? run_values : r->rows != NULL ? run_rows : run_states)(r, first, last);
    }
}

static void run_pieces(run r, int64_t floats_of_one) {
    int64_t fit = floats_of_one > 0 ? FLOATS_PER_PIECE / floats_of_one : r.count;
    r.per_piece = fit > 0 ? fit : 1;
    lk_pool_run(r.task->pool, (r.count + r.per_piece - 1) / r.per_piece, run_piece, &r);
}

void lk_run_range(const lk_task *task, int64_t count, int64_t floats_of_one,
                  lk_cells_function *function) {
    if (count > 0 && count * floats_of_one <= FLOATS_PER_PIECE) {
        function(task, 0, count, 0);
        return;
    }
    run_pieces((run){.task = task, .range = function, .count = count}, floats_of_one);
}

void lk_run_cells(const lk_task *task, int64_t floats_per_cell, lk_cells_function *function) {
    lk_run_range(task, task->cell_count, floats_per_cell, function);
}

bool lk_run_values(const lk_task *task, lk_values_function *function) {
    const int64_t floats = task->batch * task->node->channels;
    if (task->cell_count * floats <= FLOATS_PER_PIECE) { /* a step: by far the most calls */
        for (int64_t i = 0; i < task->cell_count; i++) {
            function(task, task->cells[i], task->cells[i] * floats, floats);
        }
        return true;
    }
    run_pieces((run){.task = task, .values = function, .count = task->cell_count}, floats);
    return true;
}

bool lk_run_rows(const lk_task *task, lk_rows_function *function) {
    run_pieces((run){.task = task, .rows = function, .count = task->cell_count},
               task->batch * task->node->channels);
    return true;
}

bool lk_forward_rows(const lk_task *task) {
    return lk_run_rows(task, task->node->op->forward_rows);
}

bool lk_backward_rows(const lk_task *task) {
    bool wanted = false;
    for (int32_t i = 0; i < task->node->input_count; i++) {
        wanted = wanted || task->din[i] != NULL;
    }
    return !wanted || lk_run_rows(task, task->node->op->backward_rows);
}

void lk_run_recurrence(const lk_task *task, int64_t floats_per_example,
                       lk_state_function *function) {
    run_pieces((run){.task = task, .state = function, .count = task->batch}, floats_per_example);
}

void lk_begin_din(const lk_task *task, int32_t input, int64_t at, int64_t floats) {
    if (lk_din_fresh(task, input)) {
        memset(task->din[input] + at, 0, (size_t)floats * sizeof(float));
    }
}
