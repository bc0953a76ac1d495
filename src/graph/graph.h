/* The graph: nodes, their cells, ready steps, and the proof.
 *
 * The value of a node, for one example, is an array of cells, each with some channels; a cell is
 * the smallest piece that becomes computable on its own. In memory: [cell][example][channel]. The
 * data node's cells are the variables, in variable order; the ordering gives each variable a rank.
 * Every operation declares which input cells an output cell reads; from this alone follow
 *   ready(cell) = 0 for constants, rank + 1 for data, the maximum over what it reads for the rest,
 * the causality proof (parameters of p(x_v | ...) must be ready at step <= rank(v)), and both
 * schedules (graph/execution.h). */
#ifndef LK_GRAPH_GRAPH_H
#define LK_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/context.h"
#include "graph/parameters.h"

#define LK_NODE_INPUTS_MOST 64
#define LK_NODE_PARAMETERS_MOST 4

struct lk_op;
struct lk_dist;

typedef struct lk_node lk_node;
struct lk_node {
    const struct lk_op *op;
    const char *name; /* unique within the graph, for messages: "hidden1" */
    int32_t index;    /* position in the graph; inputs stand before their readers */
    int64_t cells;
    int64_t channels;
    int32_t *ready;      /* [cells] */
    int32_t *by_ready;   /* [cells]: cells sorted by (ready, cell) */
    int64_t *step_begin; /* [steps + 2]: cells of ready step s are by_ready[step_begin[s] ..
                            step_begin[s+1]) */
    int32_t input_count;
    lk_node **inputs;
    int32_t parameter_count;
    int32_t parameters[LK_NODE_PARAMETERS_MOST]; /* indices into the graph's lk_parameters */
    void *settings;      /* the operation's own, in the graph's arena; fixed once built */
    bool needs_gradient; /* some parameter stands at or before this node */
};

typedef struct lk_graph {
    lk_context *context;
    lk_arena *arena;
    lk_parameters *parameters; /* not owned; shared by all graphs of one model */
    int64_t variables;
    int32_t alphabet;
    const int32_t *rank; /* [variables], in the arena; ranks are 0..steps-1, each used */
    int32_t steps;       /* number of distinct ranks = number of sequential steps of a generation */
    int32_t *by_rank;    /* [variables]: variables sorted by (rank, variable) */
    int64_t *rank_begin; /* [steps + 1] */
    lk_node **nodes;
    int32_t node_count, node_capacity;
    lk_node *data;   /* node 0: value of variable v as a float, 1 channel */
    lk_node *output; /* parameters of the conditionals: cell v is variable v's */
    const struct lk_dist *dist;
    lk_status failed; /* sticky: the first failure while building; node makers then return NULL */
} lk_graph;

/* A new graph with its data node. `rank` holds any nonnegative integers (equal ones allowed); they
 * are renumbered densely. */
lk_status lk_graph_create(lk_context *context, lk_parameters *parameters, int64_t variables,
                          int32_t alphabet, const int32_t *rank, lk_graph **graph);
void lk_graph_destroy(lk_graph *graph);

/* For operations' makers (ops/NAME.h): adds a node, taking the settings that the maker put into the
 * graph's arena; runs the operation's shape rule, derives the ready steps. NULL input anywhere, or
 * an earlier failure, gives NULL. `name` may be NULL. */
lk_node *lk_graph_add(lk_graph *graph, const struct lk_op *op, const char *name,
                      int32_t input_count, lk_node *const *inputs, int32_t parameter_count,
                      const int32_t *parameters, void *settings);

/* Ends the building: `output` (cells == variables, channels as the distribution wants)
 * parameterises `dist`. Runs the proof: LK_CAUSALITY names the node and the cell at fault, and the
 * path by which it sees what it must not. */
lk_status lk_graph_finish(lk_graph *graph, lk_node *output, const struct lk_dist *dist);

/* Multiply-adds, per example: of one forward pass; of a cached sample (every cell once); of a naive
 * sample (a forward pass for each step). */
int64_t lk_graph_multiply_adds_forward(const lk_graph *graph);
int64_t lk_graph_multiply_adds_cached(const lk_graph *graph);
int64_t lk_graph_multiply_adds_naive(const lk_graph *graph);

#endif
