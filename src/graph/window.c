/* Proving that a graph repeats along its variables, and listing what each step of a position
 * computes. */
#include "graph/window.h"

#include <string.h>

#include "base/memory.h"
#include "graph/op.h"

static lk_status refuse(const lk_graph *graph, const lk_node *node, const char *why) {
    return lk_fail(graph->context, LK_UNSUPPORTED,
                   "node %s (%s) does not repeat along a stream: %s", node->name, node->op->name,
                   why);
}

/* ---- what reads what ------------------------------------------------------------------------- */

static int64_t cell_at(const lk_span *span, int64_t i) {
    return span->by != NULL ? span->by[span->first + i] : span->first + i;
}

/* Cell by cell the same, `apart` further. */
static bool spans_agree(const lk_span *a, const lk_span *b, int64_t apart) {
    if (a->count != b->count) {
        return false;
    }
    if (a->by == NULL && b->by == NULL) {
        return a->first + apart == b->first || a->count == 0;
    }
    for (int64_t i = 0; i < a->count; i++) {
        if (cell_at(a, i) + apart != cell_at(b, i)) {
            return false;
        }
    }
    return true;
}

/* Whether `cell` reads what the same cell of the position before reads, `apart` further. */
static bool reads_alike(const lk_node *node, int32_t input, int64_t cell, int64_t per_position,
                        int64_t apart) {
    lk_span here[LK_SPANS_MOST], before[LK_SPANS_MOST];
    int32_t count = node->op->reads(node, input, cell, here, LK_SPANS_MOST);
    bool agree = node->op->reads(node, input, cell - per_position, before, LK_SPANS_MOST) == count;
    for (int32_t s = 0; s < count && agree; s++) {
        agree = spans_agree(&before[s], &here[s], apart);
    }
    return agree;
}

/* From position `first` >= 1 on. */
static bool positions_alike(const lk_window *w, const lk_node *node, int32_t input, int64_t first,
                            int64_t apart) {
    int64_t per_position = node->cells / w->positions;
    for (int64_t cell = first * per_position; cell < node->cells; cell++) {
        if (!reads_alike(node, input, cell, per_position, apart)) {
            return false;
        }
    }
    return true;
}

static const lk_node *source(const lk_node *node, int32_t input) {
    return input < 0 ? node : node->inputs[input];
}

/* The step of a position at which its cell number `cell` comes: when what it reads of the
 * position's own variables is there. Taken from the last position, before which nothing is cut
 * off. */
static int32_t step_of(const lk_window *w, const lk_node *node, int64_t cell) {
    int64_t before = w->positions - 1, first = before * w->nodes[node->index].cells;
    int64_t step = node->ready[first + cell] - before * w->steps;
    return step > 0 ? (int32_t)step : 0;
}

/* ---- the proof: order and nodes -------------------------------------------------------------- */

static lk_status prove_field(const lk_window *w, const lk_field *field) {
    int64_t each = field->cells / w->positions;
    for (int64_t c = 0; c < field->cells; c++) {
        int64_t rank = field->rank[c];
        if (field->cells % w->positions != 0 || rank / w->steps != c / each ||
            (c >= each && rank != field->rank[c - each] + w->steps)) {
            return lk_fail(w->graph->context, LK_UNSUPPORTED,
                           "a stream is read from its beginning to its end, but the ordering has "
                           "variable %lld at rank %lld: only the natural ordering streams",
                           (long long)(field->first + c) + 1, (long long)rank);
        }
    }
    return LK_OK;
}

/* Every position has its own ranks, and each has them alike. */
static lk_status prove_order(const lk_window *w) {
    if (w->graph->steps % w->positions != 0) {
        return lk_fail(w->graph->context, LK_UNSUPPORTED,
                       "a stream is read from its beginning to its end, but the ordering has %d "
                       "ranks for %lld positions: only the natural ordering streams",
                       w->graph->steps, (long long)w->positions);
    }
    for (int32_t f = 0; f < w->graph->field_count; f++) {
        if (w->graph->fields[f].role == LK_MODELLED) {
            LK_TRY(prove_field(w, &w->graph->fields[f]));
        }
    }
    return LK_OK;
}

static bool is_output(const lk_graph *graph, const lk_node *node) {
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (graph->fields[f].output == node) {
            return true;
        }
    }
    return false;
}

/* Constant nodes whose cells are the same at each position: they read nothing, or what is. */
static bool is_same(const lk_window *w, const lk_node *node) {
    bool same = node->op->alike && !node->op->recurrent && node->cells % w->positions == 0;
    for (int32_t input = 0; input < node->input_count && same; input++) {
        const lk_node *from = node->inputs[input];
        lk_span spans[LK_SPANS_MOST];
        int64_t apart = from->cells / w->positions;
        same = positions_alike(w, node, input, 1, 0);
        if (!same && w->nodes[from->index].same && positions_alike(w, node, input, 1, apart)) {
            int32_t count = node->op->reads(node, input, 0, spans, LK_SPANS_MOST);
            same = true;
            for (int32_t s = 0; s < count; s++) {
                for (int64_t i = 0; i < spans[s].count; i++) {
                    same = same && cell_at(&spans[s], i) < apart;
                }
            }
        }
    }
    return same;
}

/* Lists the cells of a position by their steps. */
static lk_status list_cells(lk_window *w, const lk_node *node) {
    lk_window_node *n = &w->nodes[node->index];
    int32_t *step = lk_allocate(n->cells, sizeof *step);
    n->order = lk_arena_take(w->arena, n->cells, sizeof *n->order);
    bool made = step != NULL && n->order != NULL;
    for (int64_t cell = 0; made && cell < n->cells; cell++) {
        step[cell] = step_of(w, node, cell);
    }
    made = made && lk_steps_make(w->arena, step, n->cells, n->order, &n->steps);
    lk_release(step);
    if (!made) {
        return lk_fail_no_memory(w->graph->context, node->name, n->cells * 8);
    }
    n->late = n->steps.step[n->steps.count - 1] == w->steps;
    n->kept = n->late ? 1 : 0; /* where late cells go */
    return LK_OK;
}

/* Of a field: it is given along the stream. Of another node: it reads one that is so. */
static bool is_along(const lk_window *w, const lk_node *node) {
    const lk_field *field = lk_graph_field_of(w->graph, node);
    bool along = field != NULL && field->role == LK_ALONG;
    for (int32_t input = 0; input < node->input_count; input++) {
        along = along || w->nodes[node->inputs[input]->index].along;
    }
    return along;
}

static lk_status begin_node(lk_window *w, const lk_node *node) {
    lk_window_node *n = &w->nodes[node->index];
    bool field = node->index < w->graph->field_count;
    n->along = is_along(w, node);
    n->constant = !n->along && node->steps.step[node->steps.count - 1] == 0;
    n->same = n->constant && is_same(w, node);
    n->brief = !n->constant && !field && !is_output(w->graph, node);
    if (n->constant) {
        return n->same || !is_output(w->graph, node)
                   ? LK_OK
                   : refuse(w->graph, node, "it depends on no variable, and its cells differ");
    }
    if (!node->op->alike && !field) {
        return refuse(w->graph, node, "each of its cells has parameters of its own");
    }
    if (node->cells % w->positions != 0) {
        return refuse(w->graph, node, "it has not equally many cells for each position");
    }
    n->cells = node->cells / w->positions;
    return list_cells(w, node);
}

/* ---- the proof: reads ------------------------------------------------------------------------ */

static void look_back(lk_window *w, int64_t positions) {
    w->lookback = positions > w->lookback ? positions : w->lookback;
}

/* Cell `cell` of a position reads one of `from`, so many positions back. A late cell comes with the
 * next position. */
static void note_read(lk_window *w, const lk_node *node, int32_t step, const lk_node *from,
                      int64_t from_cell, int64_t back) {
    lk_window_node *n = &w->nodes[from->index];
    int32_t from_step = step_of(w, from, from_cell);
    int64_t kept = back + (step == w->steps ? 1 : 0);
    n->kept = kept > n->kept ? kept : n->kept;
    n->brief = n->brief && back == 0 && step == from_step && node != from;
    if (back == 0 && from_step > step && w->disorder == NULL) {
        w->disorder = node;
    }
    look_back(w, back);
}

/* How far back the cells of one input are read; a read of a later position is refused. */
static lk_status measure_input(lk_window *w, const lk_node *node, int32_t input) {
    const lk_node *from = source(node, input);
    int64_t each = w->nodes[node->index].cells, from_each = from->cells / w->positions;
    bool constant = w->nodes[from->index].constant;
    lk_span spans[LK_SPANS_MOST];
    for (int64_t cell = 0; cell < node->cells; cell++) {
        int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
        int32_t step = step_of(w, node, cell % each);
        int64_t position = cell / each;
        for (int32_t s = 0; s < count; s++) {
            int64_t read_position = 0, read_cell = 0;
            for (int64_t i = 0; i < spans[s].count; i++) {
                read_cell++;
                if (i == 0 || spans[s].by != NULL || read_cell == from_each) {
                    int64_t read = cell_at(&spans[s], i);
                    read_position = read / from_each;
                    read_cell = read - read_position * from_each;
                }
                if (read_position > position) {
                    return refuse(w->graph, node, "it reads later positions");
                }
                if (constant) {
                    look_back(w, position - read_position);
                } else {
                    note_read(w, node, step, from, read_cell, position - read_position);
                }
            }
        }
    }
    return LK_OK;
}

/* What this graph is too short to show. */
static lk_status measure_reach(lk_window *w, const lk_node *node) {
    int64_t each = node->inputs[0]->cells / w->positions;
    int64_t reach = node->op->reach == NULL || each == 0 ? 0 : node->op->reach(node);
    if (reach < 0) {
        return refuse(w->graph, node, "it reads later positions");
    }
    if (reach == LK_REACH_ALL) {
        return refuse(w->graph, node, "it reads back to the beginning, without a window");
    }
    if (reach > 0) {
        look_back(w, (reach + each - 1) / each);
    }
    return LK_OK;
}

/* Whether each position reads the same cells of a constant node; else these are the same. */
static bool reads_fixed(const lk_window *w, const lk_node *node, int32_t input) {
    int64_t last = w->positions > 1 ? w->positions - 1 : 1;
    return w->nodes[source(node, input)->index].constant &&
           positions_alike(w, node, input, last, 0);
}

static lk_status measure_node(lk_window *w, const lk_node *node) {
    if (node->input_count > 0) {
        LK_TRY(measure_reach(w, node));
    }
    for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
        const lk_window_node *from = &w->nodes[source(node, input)->index];
        if (reads_fixed(w, node, input)) {
            continue;
        }
        if (from->constant && !from->same) {
            return refuse(w->graph, node,
                          "at each position it reads other cells of a node that depends on no "
                          "variable, and these differ");
        }
        LK_TRY(measure_input(w, node, input));
    }
    return LK_OK;
}

/* Beyond the lookback, where nothing is cut off by the beginning, each position reads what the one
 * before it reads, one further. */
static lk_status compare_node(const lk_window *w, const lk_node *node) {
    for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
        int64_t apart = reads_fixed(w, node, input) ? 0 : source(node, input)->cells / w->positions;
        if (!positions_alike(w, node, input, w->lookback + 1, apart)) {
            return refuse(w->graph, node, "its cells read differently at different positions");
        }
    }
    return LK_OK;
}

static lk_status prove(lk_window *w) {
    const lk_graph *graph = w->graph;
    LK_TRY(prove_order(w));
    for (int32_t i = 0; i < graph->node_count; i++) {
        LK_TRY(begin_node(w, graph->nodes[i]));
    }
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        if (!w->nodes[i].constant) {
            LK_TRY(measure_node(w, graph->nodes[i]));
        }
    }
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        if (!w->nodes[i].constant) {
            LK_TRY(compare_node(w, graph->nodes[i]));
        }
    }
    /* One more than is read: the last position kept has late cells, which are computed only when
     * the next position is. */
    w->lookback++;
    return LK_OK;
}

/* ---- what each step computes ----------------------------------------------------------------- */

/* A counting sort: in the first pass run_begin counts, in the second it tells where to put what. */
static lk_status list_runs(lk_window *w) {
    const lk_graph *graph = w->graph;
    int32_t total = 0;
    w->run_begin = lk_arena_take(w->arena, w->steps + 2, sizeof *w->run_begin);
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        total += w->nodes[i].steps.count;
    }
    w->run = lk_arena_take(w->arena, total, sizeof *w->run);
    if (w->run_begin == NULL || w->run == NULL) {
        return lk_fail_no_memory(graph->context, "window", total * (int64_t)sizeof *w->run);
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t i = graph->field_count; i < graph->node_count; i++) {
            const lk_steps *steps = &w->nodes[i].steps;
            for (int32_t s = 0; s < steps->count; s++) {
                int32_t *at = &w->run_begin[steps->step[s]];
                if (pass == 1) {
                    w->run[*at] =
                        (lk_window_run){i, steps->begin[s], steps->begin[s + 1] - steps->begin[s]};
                }
                ++*at;
            }
        }
        memmove(w->run_begin + 1, w->run_begin, ((size_t)w->steps + 1) * sizeof *w->run_begin);
        w->run_begin[0] = 0;
        for (int64_t s = 0; s <= w->steps && pass == 0; s++) {
            w->run_begin[s + 1] += w->run_begin[s];
        }
    }
    return LK_OK;
}

static lk_status fill(lk_window *w) {
    LK_TRY(list_runs(w));
    if (w->disorder != NULL) {
        return refuse(w->graph, w->disorder, "at some positions it reads what comes later");
    }
    if (w->positions <= w->lookback) {
        return lk_fail(w->graph->context, LK_INVALID,
                       "a window of %lld positions is not longer than the %lld that are read back",
                       (long long)w->positions, (long long)w->lookback);
    }
    return LK_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The window, proved; to be deinitialised whatever becomes of it. */
static lk_status begin(lk_window *w, const lk_graph *graph, int64_t unit) {
    LK_REQUIRE(unit >= 1 && graph->variables % unit == 0);
    *w = (lk_window){.graph = graph,
                     .unit = unit,
                     .positions = graph->variables / unit,
                     .lookback = 1,
                     .arena = lk_arena_create()};
    w->steps = graph->steps / w->positions;
    w->nodes =
        w->arena == NULL ? NULL : lk_arena_take(w->arena, graph->node_count, sizeof *w->nodes);
    if (w->nodes == NULL) {
        return lk_fail_no_memory(graph->context, "window",
                                 graph->node_count * (int64_t)sizeof *w->nodes);
    }
    return prove(w);
}

lk_status lk_window_lookback(const lk_graph *graph, int64_t unit, int64_t *lookback) {
    lk_window window;
    lk_status status = begin(&window, graph, unit);
    *lookback = window.lookback;
    lk_window_deinit(&window);
    return status;
}

lk_status lk_window_init(lk_window *window, const lk_graph *graph, int64_t unit) {
    lk_status status = begin(window, graph, unit);
    status = status == LK_OK ? fill(window) : status;
    if (status != LK_OK) {
        lk_window_deinit(window);
    }
    return status;
}

void lk_window_deinit(lk_window *window) {
    lk_arena_destroy(window->arena);
    *window = (lk_window){0};
}

/* ---- what it says ---------------------------------------------------------------------------- */

int64_t lk_window_held(const lk_window *window, int32_t node, int64_t length) {
    const lk_window_node *n = &window->nodes[node];
    int64_t room = n->brief ? 0 : (n->kept + 5) / 6;
    return n->kept + (room > length ? room : length);
}

int64_t lk_window_variable(const lk_window *window, int64_t place) {
    const lk_graph *graph = window->graph;
    int64_t position = place / window->unit, rest = place % window->unit;
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        int64_t each = field->role == LK_MODELLED ? field->cells / window->positions : 0;
        if (rest < each) {
            return field->first + position * each + rest;
        }
        rest -= each;
    }
    LK_REQUIRE(false);
    return -1;
}

/* ---- the period ------------------------------------------------------------------------------ */

static int64_t common_multiple(int64_t a, int64_t b) {
    int64_t x = a, y = b;
    while (y != 0) {
        int64_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/* Of each node: what it strides over, times what its inputs do. */
lk_status lk_window_period(const lk_graph *graph, int64_t *period) {
    int64_t *of = lk_allocate(graph->node_count, sizeof *of);
    if (of == NULL) {
        return lk_fail_no_memory(graph->context, "window", graph->node_count * 8);
    }
    *period = 1;
    for (int32_t i = 0; i < graph->node_count && *period <= INT32_MAX; i++) {
        const lk_node *node = graph->nodes[i];
        of[i] = 1;
        for (int32_t k = 0; k < node->input_count && of[i] <= INT32_MAX; k++) {
            of[i] = common_multiple(of[i], of[node->inputs[k]->index]);
        }
        of[i] *= node->op->stride != NULL ? node->op->stride(node) : 1;
        *period = of[i] <= INT32_MAX ? common_multiple(*period, of[i]) : of[i];
    }
    lk_release(of);
    return *period <= INT32_MAX
               ? LK_OK
               : lk_fail(graph->context, LK_UNSUPPORTED,
                         "the strides of the network come round only after more than %d positions",
                         INT32_MAX);
}
