/* Streams: a graph whose cells repeat, position after position, can be run along a stream of any
 * length. A position is `unit` consecutive variables (one symbol of a text, one row of an image);
 * every node has equally many cells for each.
 *
 * Derived from the operations' own dependency rules, as all schedules are: that the cells of a
 * position read nothing of later positions, that they read the same wherever the position stands,
 * and how many positions back they read at most. A window graph of `lookback` + W positions then
 * serves the whole stream: when it is full, the values of its last `lookback` positions move to its
 * front and W new ones follow (graph/execution.h). */
#ifndef LK_GRAPH_WINDOW_H
#define LK_GRAPH_WINDOW_H

#include "graph/graph.h"

typedef struct lk_window_node {
    int64_t cells; /* for each position */
    bool constant; /* depends on no variable */
    int32_t
        *by_step; /* [cells of the node], sorted by (step, cell): a cell's step is that of its ready
                   * rank, but never before its position's first; not for constant nodes */
    int64_t *step_begin; /* [steps + 2] */
} lk_window_node;

typedef struct lk_window {
    const lk_graph *graph;
    int64_t unit, positions, lookback;
    lk_window_node *nodes; /* [graph->node_count], in the window's arena */
    lk_arena *arena;       /* owned */
} lk_window;

/* How many positions back the graph reads, at any length: at least 1. LK_UNSUPPORTED names the node
 * whose cells do not repeat. */
lk_status lk_window_lookback(const lk_graph *graph, int64_t unit, int64_t *lookback);
/* A window over all of the graph's variables; LK_INVALID when it is not longer than its
 * lookback. */
lk_status lk_window_init(lk_window *window, const lk_graph *graph, int64_t unit);
void lk_window_deinit(lk_window *window);

#endif
