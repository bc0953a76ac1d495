/* Running a graph along a stream: the parallel and the incremental schedule over the positions that
 * are new, and where the values of those before them are.
 *
 * Positions are numbered as in the window's graph: 0, 1, ... from the stream's beginning, until it
 * is full and slides. A node that slides has memory for some positions only:
 *
 *   positions   begin                         end = the next one
 *   memory      [ over | kept, which readers read | new ...      ]
 *
 * When the new ones would not fit, what is kept moves to the front. Operations find a cell by its
 * number alone, so they get a pointer to where cell 0 would stand; before the memory, as a rule,
 * where nothing is read or written. When the window slides, positions get other numbers, and
 * nothing moves but these pointers. Where there are gradients, positions stay until backward has
 * passed over them, if it goes back no further than a window; gradients themselves are whole. */
#include <string.h>

#include "base/memory.h"
#include "graph/execution_inside.h"

static bool slides(const lk_execution *e, int32_t node) {
    return !e->window->nodes[node].constant;
}

/* Floats of one position of a node; for one stream; for all. */
static int64_t channels_of(const lk_window *window, int32_t node) {
    return window->nodes[node].cells * window->graph->nodes[node]->channels;
}

static int64_t floats_of(const lk_execution *e, int32_t node) {
    return channels_of(e->window, node) * e->count;
}

static float *memory_of(const lk_execution *e, int32_t node) {
    return e->pool_of_values + e->memory.value[node] * e->batch;
}

/* ---- where values are ------------------------------------------------------------------------ */

/* The node's memory begins with this position. The pointer is computed as a number, since it may
 * lead out of the memory. */
static void place(lk_execution *e, int32_t node, int64_t begin) {
    uintptr_t before = (uintptr_t)(begin * floats_of(e, node)) * sizeof(float);
    e->begin[node] = begin;
    e->value[node] = (float *)((uintptr_t)memory_of(e, node) - before);
}

static int64_t end_of_memory(const lk_execution *e, int32_t node) {
    return e->begin[node] + lk_window_held(e->window, node, e->length);
}

/* The first position of those before `end` that must be there. */
static int64_t first_kept(const lk_execution *e, int32_t node, int64_t end) {
    int64_t kept = e->window->nodes[node].kept;
    return end > kept ? end - kept : 0;
}

/* Positions that a later call needs; brief nodes have none. */
static int64_t carried_of(const lk_window *window, int32_t node) {
    return window->nodes[node].brief ? 0 : window->nodes[node].kept;
}

/* The first position that backward may yet pass over, when `last` is where the new ones end. */
static int64_t first_trained(const lk_execution *e, int64_t first, int64_t last) {
    int64_t most = last - e->length, trained = e->trained > most ? e->trained : most;
    return lk_plan_trains(e->plan) && trained < first ? trained : first;
}

static void make_room(lk_execution *e, int32_t node, int64_t first, int64_t last) {
    if (last > end_of_memory(e, node)) {
        int64_t floats = floats_of(e, node);
        int64_t from = first_kept(e, node, first_trained(e, first, last));
        float *memory = memory_of(e, node);
        if (!e->window->nodes[node].brief || lk_plan_trains(e->plan)) {
            memmove(memory, memory + (from - e->begin[node]) * floats,
                    (size_t)((first - from) * floats) * sizeof(float));
        }
        place(e, node, from);
    }
}

static void find_room(lk_execution *e) {
    e->room = e->window->positions;
    for (int32_t i = 0; i < e->graph->node_count; i++) {
        if (slides(e, i) && end_of_memory(e, i) < e->room) {
            e->room = end_of_memory(e, i);
        }
    }
}

/* The call is of positions [first, last). */
static void enter(lk_execution *e, int64_t first, int64_t last) {
    LK_REQUIRE(e->window != NULL && e->count >= 1);
    e->first = first * e->window->unit;
    e->last = last * e->window->unit;
    if (last > e->room) {
        for (int32_t i = 0; i < e->graph->node_count; i++) {
            if (slides(e, i)) {
                make_room(e, i, first, last);
            }
        }
        find_room(e);
    }
}

void lk_execution_window_slide(lk_execution *execution, int64_t end) {
    lk_execution *e = execution;
    int64_t by = end - e->window->lookback;
    LK_REQUIRE(by >= 0 && end <= e->window->positions);
    for (int32_t i = 0; i < e->graph->node_count; i++) {
        if (slides(e, i)) {
            place(e, i, e->begin[i] - by);
        }
    }
    e->trained -= by;
    find_room(e);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The most cells that a call computes of one node: those of its positions, and late ones of the
 * position before. */
lk_status lk_execution_prepare_window(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    int64_t most = 1, trained = 0;
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        int64_t cells = execution->window->nodes[i].cells * (execution->length + 1);
        int64_t all = lk_plan_trains(execution->plan) ? graph->nodes[i]->cells : 0;
        most = cells > most ? cells : most;
        trained = all > trained ? all : trained;
    }
    execution->begin = lk_allocate(graph->node_count, sizeof *execution->begin);
    execution->cells = lk_allocate(most, sizeof *execution->cells);
    execution->numbers = lk_allocate(trained, sizeof *execution->numbers);
    for (int64_t i = 0; execution->numbers != NULL && i < trained; i++) {
        execution->numbers[i] = (int32_t)i;
    }
    return execution->begin != NULL && execution->cells != NULL && execution->numbers != NULL
               ? LK_OK
               : lk_fail_no_memory(graph->context, "window",
                                   most * (int64_t)sizeof *execution->cells);
}

static lk_status run_constants(lk_execution *e, bool trained) {
    for (int32_t i = e->graph->field_count; i < e->graph->node_count; i++) {
        const lk_node *node = e->graph->nodes[i];
        if (e->window->nodes[i].constant && (node->needs_gradient || !trained)) {
            LK_TRY(lk_execution_run(e, node, node->by_ready, node->cells));
        }
    }
    return LK_OK;
}

lk_status lk_execution_window_begin(lk_execution *execution, int64_t count) {
    lk_execution *e = execution;
    LK_REQUIRE(e->window != NULL && count >= 1 && count <= e->batch);
    lk_execution_place_values(e, count);
    memset(e->begin, 0, (size_t)e->graph->node_count * sizeof *e->begin);
    find_room(e);
    e->unsettled = false;
    e->trained = 0;
    lk_execution_derive(e);
    return run_constants(e, false);
}

lk_status lk_execution_window_weights_changed(lk_execution *execution) {
    return run_constants(execution, true);
}

/* ---- the parallel schedule ------------------------------------------------------------------- */

/* Cells of position `position`, order[begin .. end) of each, behind `count` ones in e->cells. */
static int64_t list_cells(lk_execution *e, int32_t node, int64_t position, int32_t begin,
                          int32_t end, int64_t count) {
    const lk_window_node *w = &e->window->nodes[node];
    int64_t before = position * w->cells;
    for (int32_t i = begin; i < end; i++) {
        e->cells[count++] = (int32_t)(before + w->order[i]);
    }
    return count;
}

/* All cells of positions [first, last), and those that are late from the one before. */
static lk_status run_positions(lk_execution *e, int32_t node, int64_t first, int64_t last) {
    const lk_window_node *w = &e->window->nodes[node];
    const lk_steps *steps = &w->steps;
    int64_t count = 0;
    if (e->unsettled && w->late) {
        count = list_cells(e, node, first - 1, steps->begin[steps->count - 1],
                           steps->begin[steps->count], count);
    }
    for (int64_t position = first; position < last; position++) {
        count = list_cells(e, node, position, 0, (int32_t)w->cells, count);
    }
    return lk_execution_run(e, e->graph->nodes[node], e->cells, count);
}

lk_status lk_execution_window_forward(lk_execution *execution, int64_t first, int64_t last,
                                      const uint16_t *x) {
    lk_execution *e = execution;
    LK_REQUIRE(0 <= first && first < last && last <= e->window->positions &&
               last - first <= e->length);
    enter(e, first, last);
    lk_execution_derive(e);
    if (lk_plan_trains(e->plan)) { /* the weights are others, then */
        LK_TRY(run_constants(e, true));
    }
    lk_execution_fill(e, x);
    lk_execution_fill_along(e);
    for (int32_t i = e->graph->field_count; i < e->graph->node_count; i++) {
        if (!e->window->nodes[i].constant) {
            LK_TRY(run_positions(e, i, first, last));
        }
    }
    e->unsettled = false;
    return LK_OK;
}

/* ---- the incremental schedule ---------------------------------------------------------------- */

static lk_status run_step(lk_execution *e, int64_t position, int64_t step) {
    const lk_window *w = e->window;
    for (int32_t r = w->run_begin[step]; r < w->run_begin[step + 1]; r++) {
        const lk_window_run *run = &w->run[r];
        int64_t count = list_cells(e, run->node, position, run->begin, run->begin + run->count, 0);
        LK_TRY(lk_execution_step(e, e->graph->nodes[run->node], e->cells, count));
    }
    return LK_OK;
}

/* Late cells of the position before, if they are not there yet. */
static lk_status settle(lk_execution *e, int64_t end) {
    if (e->unsettled) {
        LK_TRY(run_step(e, end - 1, e->window->steps));
        e->unsettled = false;
    }
    return LK_OK;
}

lk_status lk_execution_window_compute(lk_execution *execution, int64_t step) {
    lk_execution *e = execution;
    int64_t position = step / e->window->steps, in_position = step % e->window->steps;
    LK_REQUIRE(step >= 0 && step < e->graph->steps);
    enter(e, position, position + 1);
    if (in_position == 0) {
        LK_TRY(settle(e, position));
        lk_execution_fill_along(e);
    }
    LK_TRY(run_step(e, position, in_position));
    e->unsettled = true;
    return LK_OK;
}

lk_status lk_execution_window_settle(lk_execution *execution, int64_t end) {
    return settle(execution, end);
}

lk_status lk_execution_window_backward(lk_execution *execution, int64_t first, int64_t last) {
    LK_REQUIRE(0 <= first && first < last && last <= execution->window->positions);
    LK_TRY(settle(execution, last));
    enter(execution, first, last);
    return lk_execution_backward(execution);
}

void lk_execution_window_pass(lk_execution *execution) {
    int64_t unit = execution->window->unit, first = execution->first / unit;
    for (int32_t i = 0; i < execution->graph->node_count; i++) {
        LK_REQUIRE(!slides(execution, i) || execution->begin[i] <= first_kept(execution, i, first));
    }
    execution->trained = execution->last / unit;
}

/* ---- what is carried ------------------------------------------------------------------------- */

int64_t lk_execution_window_floats(const lk_window *window) {
    int64_t total = 0;
    for (int32_t i = 0; i < window->graph->node_count; i++) {
        total += carried_of(window, i) * window->nodes[i].cells * window->graph->nodes[i]->channels;
    }
    return total;
}

/* Of each node so many positions before `end`; those before the stream's beginning are zero. */
void lk_execution_window_save(const lk_execution *execution, int64_t end, float *values) {
    const lk_execution *e = execution;
    LK_REQUIRE(!e->unsettled);
    for (int32_t i = 0; i < e->graph->node_count; i++) {
        int64_t carried = carried_of(e->window, i), floats = floats_of(e, i);
        int64_t there = carried < end ? carried : end;
        memset(values, 0, (size_t)((carried - there) * floats) * sizeof(float));
        memcpy(values + (carried - there) * floats, e->value[i] + (end - there) * floats,
               (size_t)(there * floats) * sizeof(float));
        values += carried * floats;
    }
}

void lk_execution_window_restore(lk_execution *execution, int64_t end, const float *values) {
    lk_execution *e = execution;
    for (int32_t i = 0; i < e->graph->node_count; i++) {
        int64_t carried = carried_of(e->window, i), floats = floats_of(e, i);
        int64_t there = carried < end ? carried : end;
        if (slides(e, i)) {
            place(e, i, first_kept(e, i, end));
        }
        memcpy(e->value[i] + (end - there) * floats, values + (carried - there) * floats,
               (size_t)(there * floats) * sizeof(float));
        values += carried * floats;
    }
    e->unsettled = false;
    e->trained = end;
    find_room(e);
}

int64_t lk_execution_window_whole_floats(const lk_window *window) {
    int64_t total = 0;
    for (int32_t i = 0; i < window->graph->node_count; i++) {
        total += window->lookback * channels_of(window, i);
    }
    return total;
}

void lk_execution_window_take_whole(const lk_window *window, int64_t count, int64_t end,
                                    const float *whole, float *values) {
    for (int32_t i = 0; i < window->graph->node_count; i++) {
        int64_t carried = carried_of(window, i), floats = channels_of(window, i) * count;
        int64_t there = carried < end ? carried : end;
        memset(values, 0, (size_t)((carried - there) * floats) * sizeof(float));
        memcpy(values + (carried - there) * floats, whole + (end - there) * floats,
               (size_t)(there * floats) * sizeof(float));
        values += carried * floats;
        whole += window->lookback * floats;
    }
}
