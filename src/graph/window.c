/* Proving that a graph repeats along its variables, and listing what each step of a stream
 * computes. */
#include "graph/window.h"

#include <string.h>

#include "graph/op.h"

/* ---- the proof ------------------------------------------------------------------------------- */

static lk_status refuse(const lk_graph *graph, const lk_node *node, const char *why) {
    return lk_fail(graph->context, LK_UNSUPPORTED,
                   "node %s (%s) does not repeat along a stream: %s", node->name, node->op->name,
                   why);
}

static bool is_constant(const lk_node *node) {
    for (int64_t cell = 0; cell < node->cells; cell++) {
        if (node->ready[cell] > 0) {
            return false;
        }
    }
    return true;
}

static int64_t cell_at(const lk_span *span, int64_t i) {
    return span->by != NULL ? span->by[span->first + i] : span->first + i;
}

/* Cell by cell the same, `apart` further. */
static bool spans_agree(const lk_span *a, const lk_span *b, int64_t apart) {
    if (a->count != b->count) {
        return false;
    }
    for (int64_t i = 0; i < a->count; i++) {
        if (cell_at(a, i) + apart != cell_at(b, i)) {
            return false;
        }
    }
    return true;
}

typedef struct proof {
    const lk_graph *graph;
    int64_t positions;
    int64_t lookback; /* so far */
} proof;

/* How far back the cells of one input are read; a read of a later position is refused. */
static lk_status measure_input(proof *p, const lk_node *node, int32_t input) {
    const lk_node *from = input < 0 ? node : node->inputs[input];
    int64_t per_position = node->cells / p->positions,
            from_per_position = from->cells / p->positions;
    lk_span spans[LK_SPANS_MOST];
    for (int64_t cell = 0; cell < node->cells; cell++) {
        int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
        for (int32_t s = 0; s < count; s++) {
            for (int64_t i = 0; i < spans[s].count; i++) {
                int64_t back = cell / per_position - cell_at(&spans[s], i) / from_per_position;
                if (back < 0) {
                    return refuse(p->graph, node, "it reads later positions");
                }
                p->lookback = back > p->lookback ? back : p->lookback;
            }
        }
    }
    return LK_OK;
}

/* Beyond the lookback, where nothing is cut off by the beginning, each position reads what the one
 * before it reads, one further. */
static lk_status compare_input(const proof *p, const lk_node *node, int32_t input) {
    const lk_node *from = input < 0 ? node : node->inputs[input];
    int64_t per_position = node->cells / p->positions,
            from_per_position = from->cells / p->positions;
    lk_span here[LK_SPANS_MOST], before[LK_SPANS_MOST];
    for (int64_t cell = (p->lookback + 1) * per_position; cell < node->cells; cell++) {
        int32_t count = node->op->reads(node, input, cell, here, LK_SPANS_MOST);
        bool agree =
            node->op->reads(node, input, cell - per_position, before, LK_SPANS_MOST) == count;
        for (int32_t s = 0; s < count && agree; s++) {
            agree = spans_agree(&before[s], &here[s], from_per_position);
        }
        if (!agree) {
            return refuse(p->graph, node, "its cells read differently at different positions");
        }
    }
    return LK_OK;
}

static lk_status prove_node(proof *p, const lk_node *node) {
    if (!node->op->alike) {
        return refuse(p->graph, node, "each of its cells has parameters of its own");
    }
    if (node->cells % p->positions != 0) {
        return refuse(p->graph, node, "it has not equally many cells for each position");
    }
    if (node->op->reach != NULL) { /* also what this graph is too short to show */
        int64_t per_position = node->inputs[0]->cells / p->positions, reach = node->op->reach(node);
        if (reach < 0) {
            return refuse(p->graph, node, "it reads later positions");
        }
        int64_t back = (reach + per_position - 1) / per_position;
        p->lookback = back > p->lookback ? back : p->lookback;
    }
    for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
        LK_TRY(measure_input(p, node, input));
    }
    return LK_OK;
}

static lk_status prove_order(const lk_graph *graph, int64_t unit) {
    LK_REQUIRE(unit >= 1 && graph->variables % unit == 0);
    for (int64_t v = 0; v < graph->variables; v++) {
        if (graph->rank[v] / unit != v / unit) {
            return lk_fail(graph->context, LK_UNSUPPORTED,
                           "a stream is read from its beginning to its end, but the ordering has "
                           "variable %lld at "
                           "rank %d: only the natural ordering streams",
                           (long long)v, graph->rank[v]);
        }
    }
    return LK_OK;
}

lk_status lk_window_lookback(const lk_graph *graph, int64_t unit, int64_t *lookback) {
    LK_TRY(prove_order(graph, unit));
    proof p = {graph, graph->variables / unit, 1};
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        LK_TRY(prove_node(&p, graph->nodes[i]));
    }
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
            LK_TRY(compare_input(&p, node, input));
        }
    }
    /* One more than is read: the last position kept has cells that read its own variables, and
     * these are computed only when the next position is. */
    *lookback = p.lookback + 1;
    return LK_OK;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int64_t step_of(const lk_window *window, const lk_node *node, int64_t cell) {
    int64_t begins = cell / window->nodes[node->index].cells * window->unit;
    return node->ready[cell] > begins ? node->ready[cell] : begins;
}

/* A counting sort by step. */
static lk_status list_node(lk_window *window, const lk_node *node) {
    lk_window_node *w = &window->nodes[node->index];
    int64_t steps = window->graph->steps;
    w->by_step = lk_arena_take(window->arena, node->cells, sizeof *w->by_step);
    w->step_begin = lk_arena_take(window->arena, steps + 2, sizeof *w->step_begin);
    if (w->by_step == NULL || w->step_begin == NULL) {
        return lk_fail_no_memory(window->graph->context, node->name, node->cells * 4);
    }
    for (int64_t cell = 0; cell < node->cells; cell++) {
        int64_t step = step_of(window, node, cell);
        if (step > (cell / w->cells + 1) * window->unit) {
            return refuse(window->graph, node, "a cell needs variables of later positions");
        }
        w->step_begin[step + 1]++;
    }
    for (int64_t s = 0; s <= steps; s++) {
        w->step_begin[s + 1] += w->step_begin[s];
    }
    for (int64_t cell = 0; cell < node->cells; cell++) {
        w->by_step[w->step_begin[step_of(window, node, cell)]++] = (int32_t)cell;
    }
    for (int64_t s = steps + 1; s > 0; s--) {
        w->step_begin[s] = w->step_begin[s - 1];
    }
    w->step_begin[0] = 0;
    return LK_OK;
}

static lk_status fill(lk_window *window) {
    const lk_graph *graph = window->graph;
    window->arena = lk_arena_create();
    window->nodes = window->arena == NULL
                        ? NULL
                        : lk_arena_take(window->arena, graph->node_count, sizeof *window->nodes);
    if (window->nodes == NULL) {
        return lk_fail_no_memory(graph->context, "window",
                                 graph->node_count * (int64_t)sizeof *window->nodes);
    }
    for (int32_t i = 0; i < graph->node_count; i++) {
        window->nodes[i].cells = graph->nodes[i]->cells / window->positions;
        window->nodes[i].constant = is_constant(graph->nodes[i]);
        if (i >= graph->field_count && !window->nodes[i].constant) {
            LK_TRY(list_node(window, graph->nodes[i]));
        }
    }
    return LK_OK;
}

lk_status lk_window_init(lk_window *window, const lk_graph *graph, int64_t unit) {
    *window = (lk_window){.graph = graph, .unit = unit, .positions = graph->variables / unit};
    LK_TRY(lk_window_lookback(graph, unit, &window->lookback));
    if (window->positions <= window->lookback) {
        return lk_fail(graph->context, LK_INVALID,
                       "a window of %lld positions is not longer than the %lld that are read back",
                       (long long)window->positions, (long long)window->lookback);
    }
    lk_status status = fill(window);
    if (status != LK_OK) {
        lk_window_deinit(window);
    }
    return status;
}

void lk_window_deinit(lk_window *window) {
    lk_arena_destroy(window->arena);
    *window = (lk_window){0};
}
