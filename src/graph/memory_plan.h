/* Where each buffer of an execution lies: a dry pass over the graph gives every value and gradient
 * a first and a last moment of use, and buffers whose lives do not overlap share memory. Where a
 * graph is run whole, a value may be written over an input (lk_op.in_place), which is gone then. */
#ifndef LK_GRAPH_MEMORY_PLAN_H
#define LK_GRAPH_MEMORY_PLAN_H

#include "graph/execution.h"

/* Offsets are in floats per example; -1: no such buffer. Moments: node i is computed at i, its
 * backward runs at 2 * nodes - 1 - i. */
typedef struct lk_memory_plan {
    int64_t *value;    /* [nodes] */
    int64_t *gradient; /* [nodes] */
    bool *kept;        /* [nodes]: the value is there after the last node has run */
    int64_t total;     /* floats per example */
} lk_memory_plan;

/* Of a graph held whole (window NULL), or slid along a stream with `length` new positions; of its
 * gradients all positions are held. false: out of memory. */
bool lk_memory_plan_make(const lk_graph *graph, lk_plan plan, const lk_window *window,
                         int64_t length, lk_memory_plan *memory);
/* The total alone, in the graph's own room (lk_memory_plan_room bytes), so that it cannot fail. */
int64_t lk_memory_plan_total(const lk_graph *graph, lk_plan plan, const lk_window *window,
                             int64_t length);
int64_t lk_memory_plan_room(int32_t nodes);
void lk_memory_plan_release(lk_memory_plan *memory);

#endif
