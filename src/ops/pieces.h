/* Cutting an operation's cells into pieces of pool work: by the amount of work alone, never by the
 * number of threads. */
#ifndef LK_OPS_PIECES_H
#define LK_OPS_PIECES_H

#include "graph/op.h"

/* Computes cells task->cells[first .. last). */
typedef void lk_cells_function(const lk_task *task, int64_t first, int64_t last, int worker);

/* Runs `function` over all the task's cells; floats_per_cell is the work of one (for all
 * examples). */
void lk_run_cells(const lk_task *task, int64_t floats_per_cell, lk_cells_function *function);

/* The same over the numbers 0 .. count - 1 of anything else, floats_of_one being the work of
 * one. */
void lk_run_range(const lk_task *task, int64_t count, int64_t floats_of_one,
                  lk_cells_function *function);

/* Where cells are a recurrence and examples independent: a piece takes some examples through all of
 * the task's cells, in their order. floats_per_example is the work of all cells. */
typedef void lk_state_function(const lk_task *task, int64_t cell, int64_t example);
void lk_run_recurrence(const lk_task *task, int64_t floats_per_example,
                       lk_state_function *function);

/* The same for operations whose cells read only themselves: `function` gets one cell and where its
 * `floats` values (of all examples) stand in the arrays. Always true, so that a forward or backward
 * rule can end with it. */
typedef void lk_values_function(const lk_task *task, int32_t cell, int64_t at, int64_t floats);
bool lk_run_values(const lk_task *task, lk_values_function *function);
/* And for those to which cells are all alike: `rows` (cell, example) pairs from `row` on, which lie
 * side by side in the arrays, of as many cells at once as the first cache likes. */
bool lk_run_rows(const lk_task *task, lk_rows_function *function);
/* Forward and backward of operations whose row has them for some rows. */
bool lk_forward_rows(const lk_task *task);
bool lk_backward_rows(const lk_task *task);
/* For those that add into din: zeroes `floats` values of it if they are fresh, while they are about
 * to be in the cache anyway. */
void lk_begin_din(const lk_task *task, int32_t input, int64_t at, int64_t floats);

#endif
