/* Streams: a graph whose cells repeat, position after position, can be run along a stream of any
 * length. A position is so many consecutive cells of every modelled field: one symbol of a text,
 * one row of an image; of a network that strides, as many symbols or rows as the strides come round
 * in (lk_window_period). Every node has equally many cells for each position.
 *
 * Derived from the operations' own dependency rules, as all schedules are: that the cells of a
 * position read nothing of later positions, that they read the same wherever the position stands,
 * at which of a position's steps each of them comes, and how many positions back they read at most.
 * A window graph of `lookback` + W positions then serves the whole stream: when it is full, its
 * last `lookback` positions become its first ones, and W new ones follow (graph/execution.h). What
 * is kept of a position's values is each node's own affair: as much of its past as its readers
 * read.
 *
 * Nodes that depend on no variable (constants, and what is computed from given fields) need not
 * repeat. Others may read them if each position reads the same cells, or if their own cells are the
 * same at each position. What is given along the stream, and what is computed from it, repeats as
 * variables do, and is ready at the first step of its position. */
#ifndef LK_GRAPH_WINDOW_H
#define LK_GRAPH_WINDOW_H

#include "graph/graph.h"

typedef struct lk_window_node {
    bool constant; /* depends on no variable: computed at the beginning, held whole */
    bool same;     /* constant, with the same cells at each position */
    bool along;    /* depends on what is given along the stream */
    int64_t cells; /* for each position; 0 if constant */
    /* Cells of a position, 0 .. cells - 1, by the step at which they come, counted from the
     * position's first. Those that need the position's last variable are late: they come with the
     * next position. */
    int32_t *order;
    lk_steps steps;
    bool late;    /* some cells are */
    int64_t kept; /* positions of the past that must be there when the next one is computed */
    bool brief;   /* cells are read in the call that computes them, or never: not kept at all */
} lk_window_node;

/* Some cells of a node that come at one step: order[begin .. begin + count). */
typedef struct lk_window_run {
    int32_t node, begin, count;
} lk_window_run;

typedef struct lk_window {
    const lk_graph *graph;
    int64_t unit;  /* variables of a position */
    int64_t steps; /* of a position */
    int64_t positions, lookback;
    lk_window_node *nodes; /* [graph->node_count], in the window's arena */
    lk_window_run *run;    /* by (step, node) */
    int32_t *run_begin;    /* [steps + 2]: where each step's runs begin; at `steps` the late ones */
    const lk_node *disorder; /* a node that reads what comes at a later step of its position */
    lk_arena *arena;         /* owned */
} lk_window;

/* How many symbols or rows a position has at least: the least common multiple of the strides
 * between the fields and any node. */
lk_status lk_window_period(const lk_graph *graph, int64_t *period);
/* How many positions back the graph reads, at any length: at least 1, and one more than its
 * operations do. A position has `unit` variables. LK_UNSUPPORTED names the node whose cells do not
 * repeat. */
lk_status lk_window_lookback(const lk_graph *graph, int64_t unit, int64_t *lookback);
/* A window over all of the graph's variables; LK_INVALID when it is not longer than its
 * lookback. */
lk_status lk_window_init(lk_window *window, const lk_graph *graph, int64_t unit);
void lk_window_deinit(lk_window *window);

/* Positions of a node's values that are held at a time, when up to `length` are computed in one
 * call. More than must be: what is kept moves to the front of the node's memory when that is full,
 * and moving should cost little beside computing. */
int64_t lk_window_held(const lk_window *window, int32_t node, int64_t length);
/* The variable that stands at `place` of the stream's: position after position, in each of them
 * field after field. */
int64_t lk_window_variable(const lk_window *window, int64_t place);

#endif
