/* Running a graph along a stream: the parallel and the incremental schedule over the positions that
 * are new. */
#include <string.h>

#include "base/arena.h"
#include "graph/execution_inside.h"

lk_status lk_execution_window_begin(lk_execution *execution, const lk_window *window,
                                    int64_t count) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(window->graph == graph && execution->plan != LK_PLAN_EVALUATE);
    LK_REQUIRE(count >= 1 && count <= execution->batch);
    lk_execution_place_values(execution, count);
    lk_execution_derive(execution);
    for (int32_t i = 1; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        if (window->nodes[i].constant) {
            LK_TRY(lk_execution_run(execution, node, node->by_ready, node->cells));
        }
    }
    return LK_OK;
}

/* The cells of positions [first, last), in the order of their ready steps, into `cells`. */
static int64_t cells_of(const lk_window *window, const lk_node *node, int64_t first, int64_t last,
                        int32_t *cells) {
    int64_t per_position = window->nodes[node->index].cells, count = 0;
    for (int64_t i = 0; i < node->cells; i++) {
        int32_t cell = node->by_ready[i];
        if (cell >= first * per_position && cell < last * per_position) {
            cells[count++] = cell;
        }
    }
    return count;
}

static void enter(lk_execution *execution, const lk_window *window, int64_t first, int64_t last) {
    LK_REQUIRE(window->graph == execution->graph && execution->count >= 1);
    execution->window = window;
    execution->first = first * window->unit;
    execution->last = last * window->unit;
}

lk_status lk_execution_window_forward(lk_execution *execution, const lk_window *window,
                                      int64_t first, int64_t last, const uint16_t *x) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(0 <= first && first < last && last <= window->positions);
    enter(execution, window, first, last);
    lk_execution_derive(execution);
    lk_execution_fill(execution, x);
    int64_t most = 0;
    for (int32_t i = 1; i < graph->node_count; i++) {
        most = graph->nodes[i]->cells > most ? graph->nodes[i]->cells : most;
    }
    int32_t *cells = lk_allocate(most, sizeof *cells);
    lk_status status =
        cells == NULL ? lk_fail_no_memory(execution->context, "window", most * 4) : LK_OK;
    for (int32_t i = 1; i < graph->node_count && status == LK_OK; i++) {
        const lk_node *node = graph->nodes[i];
        if (!window->nodes[i].constant) {
            status = lk_execution_run(execution, node, cells,
                                      cells_of(window, node, first, last, cells));
        }
    }
    lk_release(cells);
    return status;
}

lk_status lk_execution_window_compute(lk_execution *execution, const lk_window *window,
                                      int64_t step) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(step >= 0 && step < graph->steps);
    enter(execution, window, step / window->unit, step / window->unit + 1);
    for (int32_t i = 1; i < graph->node_count; i++) {
        const lk_window_node *w = &window->nodes[i];
        if (!w->constant && w->step_begin[step + 1] > w->step_begin[step]) {
            LK_TRY(lk_execution_run(execution, graph->nodes[i], w->by_step + w->step_begin[step],
                                    w->step_begin[step + 1] - w->step_begin[step]));
        }
    }
    return LK_OK;
}

lk_status lk_execution_window_backward(lk_execution *execution, const lk_window *window,
                                       int64_t first, int64_t last) {
    LK_REQUIRE(0 <= first && first < last && last <= window->positions);
    enter(execution, window, first, last);
    return lk_execution_backward(execution);
}

/* ---- what is carried ------------------------------------------------------------------------- */

/* Floats of one position of a node, for each stream. */
static int64_t floats_of(const lk_window *window, int32_t node) {
    return window->nodes[node].cells * window->graph->nodes[node]->channels;
}

void lk_execution_window_slide(lk_execution *execution, const lk_window *window, int64_t from) {
    LK_REQUIRE(from >= 0 && from + window->lookback <= window->positions);
    for (int32_t i = 0; i < execution->graph->node_count; i++) {
        int64_t floats = floats_of(window, i) * execution->count;
        if (!window->nodes[i].constant) {
            memmove(execution->value[i], execution->value[i] + from * floats,
                    (size_t)(window->lookback * floats) * sizeof(float));
        }
    }
}

int64_t lk_execution_window_floats(const lk_window *window) {
    int64_t total = 0;
    for (int32_t i = 0; i < window->graph->node_count; i++) {
        total += window->nodes[i].constant ? 0 : floats_of(window, i) * window->lookback;
    }
    return total;
}

void lk_execution_window_save(const lk_execution *execution, const lk_window *window, int64_t from,
                              float *values) {
    for (int32_t i = 0; i < execution->graph->node_count; i++) {
        int64_t floats = floats_of(window, i) * execution->count;
        if (!window->nodes[i].constant) {
            memcpy(values, execution->value[i] + from * floats,
                   (size_t)(window->lookback * floats) * sizeof(float));
            values += window->lookback * floats;
        }
    }
}

void lk_execution_window_restore(lk_execution *execution, const lk_window *window, int64_t from,
                                 const float *values) {
    for (int32_t i = 0; i < execution->graph->node_count; i++) {
        int64_t floats = floats_of(window, i) * execution->count;
        if (!window->nodes[i].constant) {
            memcpy(execution->value[i] + from * floats, values,
                   (size_t)(window->lookback * floats) * sizeof(float));
            values += window->lookback * floats;
        }
    }
}
