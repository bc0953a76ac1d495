/* Running: the same calls for a network that is held whole and for one that slides. */
#include <string.h>

#include "base/memory.h"
#include "models/run_inside.h"

/* ---- what it is ------------------------------------------------------------------------------ */

int64_t lk_run_variables(const lk_run *run) {
    return run->variables;
}

int64_t lk_run_window(const lk_run *run) {
    return run->capacity * run->unit;
}

int64_t lk_run_unit(const lk_run *run) {
    return run->unit;
}

int64_t lk_run_lanes(const lk_run *run) {
    return run->options.lanes;
}

int64_t lk_run_variable(const lk_run *run, int64_t place) {
    return lk_run_slides(run) ? place : run->graph->by_rank[place];
}

lk_head lk_run_head(const lk_run *run, int64_t place) {
    int64_t variable = lk_run_slides(run) ? place % run->unit : run->graph->by_rank[place];
    return lk_graph_head(run->graph, variable);
}

int64_t lk_run_step_end(const lk_run *run, int64_t place) {
    const lk_graph *graph = run->graph;
    return lk_run_slides(run) ? place + 1
                              : graph->rank_begin[graph->rank[graph->by_rank[place]] + 1];
}

int64_t lk_run_channels(const lk_run *run) {
    return lk_graph_channels(run->graph);
}

const lk_graph *lk_run_graph(const lk_run *run) {
    return run->graph;
}

const char *lk_run_first_not_finite(const lk_run *run) {
    const lk_node *node = lk_execution_first_not_finite(run->execution);
    return node != NULL ? node->name : NULL;
}

/* ---- running --------------------------------------------------------------------------------- */

/* Makes room for `positions` behind those that hold values. */
static void make_room(lk_run *run, int64_t positions) {
    if (run->end + positions > run->window.positions) {
        lk_execution_window_slide(run->execution, run->end);
        run->end = run->window.lookback;
    }
}

/* Where a forward ends: within a position only at an item's end. */
static int64_t positions_of(const lk_run *run, int64_t count) {
    return (count + run->unit - 1) / run->unit;
}

void lk_run_set_local(lk_run *run, lk_local_reader local) {
    run->local = local;
}

/* What is given along `count` positions from `first` on, of which each is a frame. */
static lk_status read_along(lk_run *run, int64_t first, int64_t count) {
    for (int64_t lane = 0; lane < run->lanes && run->along != NULL; lane++) {
        LK_TRY(run->local.read(run->local.argument, lane, first, count,
                               run->along + lane * count * LK_LOCAL_CELLS));
    }
    lk_execution_set_along(run->execution, run->along);
    return LK_OK;
}

lk_status lk_run_begin(lk_run *run, int64_t lanes, const uint16_t *given) {
    LK_REQUIRE(lanes >= 1 && lanes <= run->options.lanes);
    LK_REQUIRE(given != NULL || run->graph->given == 0);
    LK_REQUIRE(run->along == NULL || run->local.read != NULL);
    run->lanes = lanes;
    run->end = run->first = run->count = run->seen = run->unset = run->learned = 0;
    run->cut = false;
    lk_execution_give(run->execution, given, lanes);
    if (!lk_run_slides(run)) {
        return run->options.schedules == LK_PARALLEL ? LK_OK
                                                     : lk_execution_begin(run->execution, lanes);
    }
    return lk_execution_window_begin(run->execution, lanes);
}

/* An item that ends within a position: the rest of that is zeros, and counts nothing. */
static lk_status forward_cut(lk_run *run, int64_t from, const uint16_t *x, int64_t count) {
    int64_t whole = positions_of(run, count) * run->unit;
    uint16_t *filled = lk_allocate(run->lanes * whole, sizeof *filled);
    if (filled == NULL) {
        return lk_fail_no_memory(run->model->context, "values", run->lanes * whole * 2);
    }
    for (int64_t lane = 0; lane < run->lanes; lane++) {
        memcpy(filled + lane * whole, x + lane * count, (size_t)count * sizeof *x);
    }
    for (int64_t place = 0; place < whole; place++) {
        run->active[place] = place < count ? run->lanes : 0;
    }
    lk_execution_set_active(run->execution, run->active);
    lk_status status = lk_execution_window_forward(run->execution, from, run->end, filled);
    lk_release(filled);
    return status;
}

lk_status lk_run_forward(lk_run *run, const uint16_t *x, int64_t count) {
    LK_TRY(lk_context_ask(run->model->context));
    LK_REQUIRE(run->unset == 0 && count >= 1 && count <= lk_run_window(run));
    LK_REQUIRE(count % run->unit == 0 || count == run->variables - run->seen);
    LK_REQUIRE(count <= run->variables - run->seen);
    run->first = run->seen;
    run->count = count;
    run->seen += count;
    if (!lk_run_slides(run)) {
        return lk_execution_forward(run->execution, x, run->lanes);
    }
    int64_t positions = positions_of(run, count);
    LK_TRY(read_along(run, run->first / run->unit, positions));
    make_room(run, positions);
    int64_t from = run->end;
    run->end += positions;
    run->cut = count % run->unit != 0;
    if (run->cut) {
        return forward_cut(run, from, x, count);
    }
    lk_execution_set_active(run->execution, NULL);
    return lk_execution_window_forward(run->execution, from, run->end, x);
}

lk_status lk_run_nll(lk_run *run, double *nll_nats, float *terms) {
    int64_t whole = positions_of(run, run->count) * run->unit;
    float *filled = NULL;
    if (!run->cut || terms == NULL) {
        return lk_execution_nll(run->execution, nll_nats, terms);
    }
    filled = lk_allocate(run->lanes * whole, sizeof *filled);
    if (filled == NULL) {
        return lk_fail_no_memory(run->model->context, "likelihoods", run->lanes * whole * 4);
    }
    lk_status status = lk_execution_nll(run->execution, nll_nats, filled);
    for (int64_t lane = 0; lane < run->lanes; lane++) {
        memcpy(terms + lane * run->count, filled + lane * whole,
               (size_t)run->count * sizeof *terms);
    }
    lk_release(filled);
    return status;
}

lk_status lk_run_next(lk_run *run, int64_t *first, int64_t *last) {
    LK_TRY(lk_context_ask(run->model->context));
    LK_REQUIRE(run->unset == 0 && run->seen < run->variables);
    const lk_graph *graph = run->graph;
    *first = run->seen;
    if (!lk_run_slides(run)) {
        int32_t step = graph->rank[graph->by_rank[run->seen]];
        *last = graph->rank_begin[step + 1];
        run->first = *first;
        run->count = run->unset = *last - *first;
        return lk_execution_compute(run->execution, step);
    }
    if (run->seen % run->unit == 0) {
        LK_TRY(read_along(run, run->seen / run->unit, 1));
        make_room(run, 1);
        run->end++; /* counted as soon as its first variable is under way */
    }
    *last = *first + 1;
    run->first = *first;
    run->count = run->unset = 1;
    int64_t variable = (run->end - 1) * run->unit + run->seen % run->unit;
    return lk_execution_window_compute(run->execution, graph->rank[variable]);
}

/* Where a place of the present step or of the last forward stands. */
static int64_t variable_now(const lk_run *run, int64_t place) {
    if (!lk_run_slides(run)) {
        return run->graph->by_rank[place];
    }
    int64_t positions = positions_of(run, run->first + run->count);
    return run->end * run->unit - (positions * run->unit - place);
}

void lk_run_set(lk_run *run, int64_t place, const uint16_t *values) {
    LK_REQUIRE(run->unset >= 1 && place >= run->first && place < run->first + run->count);
    lk_execution_set(run->execution, variable_now(run, place), values);
    if (--run->unset == 0) {
        run->seen += run->count;
    }
}

const float *lk_run_parameters(const lk_run *run, int64_t place) {
    LK_REQUIRE(place >= run->first && place < run->first + run->count);
    return lk_execution_parameters(run->execution, variable_now(run, place));
}

/* ---- learning -------------------------------------------------------------------------------- */

static lk_status learn(lk_run *run) {
    int64_t window = lk_run_window(run);
    if (lk_run_slides(run)) {
        LK_TRY(lk_execution_window_backward(run->execution, run->end - run->capacity, run->end));
    } else {
        LK_TRY(lk_execution_backward(run->execution));
    }
    lk_run_learner_step(run->learner, window);
    LK_TRY(lk_execution_weights_changed(run->execution));
    if (lk_run_slides(run)) {
        make_room(run, run->capacity);
    }
    return LK_OK;
}

lk_status lk_run_learn(lk_run *run) {
    bool full = run->unset == 0 && run->seen > run->learned && run->seen % lk_run_window(run) == 0;
    if (run->learner == NULL || !full) {
        return LK_OK;
    }
    run->learned = run->seen;
    return learn(run);
}

void lk_run_forget(lk_run *run) {
    if (run->learner != NULL) {
        lk_run_learner_forget(run->learner);
    }
}
