/* The graph: fields, nodes, their cells, ready steps, and the proof.
 *
 * A model's data are fields. A given field (a class label) is known before anything else, and so is
 * one that is given along a stream, a piece with each position (a slower sequence); a modelled
 * field is what the distribution is of. The modelled fields' cells, one field after another, are
 * the variables; an ordering gives each of them a rank.
 *
 * The value of a node, for one example, is an array of cells, each with some channels; a cell is
 * the smallest piece that becomes computable on its own. In memory: [cell][example][channel]. Each
 * field has a node that holds its values as numbers. Every operation declares which input cells an
 * output cell reads; from this alone follow
 *   ready(cell) = 0 for constants and given fields, rank + 1 for variables, the maximum over what
 *                 it reads for the rest,
 * the causality proof (parameters of p(x_v | ...) must be ready at step <= rank(v)), and both
 * schedules (graph/execution.h).
 *
 *   word       is
 *   variable   a number that the model predicts: a cell of a modelled field
 *   rank       when a variable's turn comes; equal ranks are independent given the lower ones
 *   place      a variable's number in coding order: by (rank, variable)
 *   position   along a stream, what repeats: a symbol of a text, a row of an image
 *   cell       the smallest piece of a node's value
 *   pixel      a point of a grid, which has a cell for each of its groups (colours) */
#ifndef LK_GRAPH_GRAPH_H
#define LK_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/context.h"
#include "graph/head.h"
#include "graph/parameters.h"
#include "graph/steps.h"

#define LK_NODE_INPUTS_MOST 64
#define LK_NODE_PARAMETERS_MOST 4
#define LK_FIELDS_MOST 16

struct lk_op;

typedef struct lk_node lk_node;
struct lk_node {
    const struct lk_op *op;
    const char *name; /* unique within the graph, for messages: "hidden1" */
    int32_t index;    /* position in the graph; inputs stand before their readers */
    int64_t cells;
    int64_t channels;
    const int32_t *ready;    /* [cells]; this and what follows of it may be shared with an input */
    const int32_t *by_ready; /* [cells]: cells sorted by (ready, cell) */
    lk_steps steps;          /* where each ready step's cells begin in by_ready */
    /* Of values that are read at no later step than they come (graph/brief.h): from the first to
     * the last cell of a step, at most. 0: they are kept. Once the graph is closed. */
    int64_t brief_cells;
    /* The last step at which a node reads it, or at which it comes; INT32_MAX: others read it too.
     * Once the graph is closed. */
    int32_t last_read;
    int32_t input_count;
    lk_node **inputs;
    int32_t parameter_count;
    int32_t parameters[LK_NODE_PARAMETERS_MOST]; /* indices into the graph's lk_parameters */
    void *settings;      /* the operation's own, in the graph's arena; fixed once built */
    bool needs_gradient; /* some parameter stands at or before this node */
};

typedef enum lk_field_role {
    LK_MODELLED, /* ready at rank + 1 */
    LK_GIVEN,    /* ready at once */
    LK_ALONG,    /* the same, and along a stream given anew with each position */
} lk_field_role;

typedef struct lk_field {
    const char *name; /* "data", "label", "high" */
    lk_field_role role;
    int64_t cells;
    int32_t alphabet;         /* the largest of its cells' */
    const int32_t *alphabets; /* [cells]: where they differ; NULL: all are `alphabet` */
    const int32_t *rank;      /* [cells], nonnegative, on one scale for all fields; NULL if given */
    /* Filled by the graph. */
    int64_t first; /* of its cells: among those of all fields of its role */
    /* [cells + 1]: where the symbols of a cell begin when those of all cells are counted through;
     * NULL where alphabets are alike, and it is cell * alphabet. */
    const int64_t *symbols;
    lk_node *node;   /* its values as floats, 1 channel; node number i is field number i's */
    lk_node *output; /* parameters of the conditionals, cell for cell; NULL if given */
    lk_head head;    /* of all its cells, but for the alphabet where these differ */
} lk_field;

typedef struct lk_graph {
    lk_context *context;
    lk_arena *arena;
    lk_parameters *parameters; /* not owned; shared by all graphs of one model */
    lk_field *fields;          /* [field_count], in the arena */
    int32_t field_count;
    int64_t variables, given; /* cells of the modelled fields; of the given ones; */
    int64_t along;            /* and of those that are given along a stream */
    int32_t alphabet;         /* the largest of the variables' */
    const int32_t *rank;      /* [variables], in the arena; ranks are 0..steps-1, each used */
    int32_t steps;       /* number of distinct ranks = number of sequential steps of a generation */
    int32_t *by_rank;    /* [variables]: variables sorted by (rank, variable) */
    int64_t *rank_begin; /* [steps + 1] */
    lk_node **nodes;     /* those of the fields first */
    int32_t node_count, node_capacity;
    lk_node *data;     /* of the first modelled field */
    const char *scope; /* what names of nodes and parameters begin with: "", "high." */
    void *plan_room;   /* for graph/memory_plan.h to see what an execution would take */
    bool finished;
    lk_status failed; /* sticky: the first failure while building; node makers then return NULL */
} lk_graph;

/* A new graph with a node for each field, at most LK_FIELDS_MOST, at least one of them modelled.
 * What fields point to is copied. Ranks may be equal; they are renumbered densely. */
lk_status lk_graph_create_fields(lk_context *context, lk_parameters *parameters,
                                 const lk_field *fields, int32_t count, lk_graph **graph);
/* One modelled field, "data". */
lk_status lk_graph_create(lk_context *context, lk_parameters *parameters, int64_t variables,
                          int32_t alphabet, const int32_t *rank, lk_graph **graph);
void lk_graph_destroy(lk_graph *graph);

/* For operations' makers (ops/NAME.h): lk_parameters_declare in the graph's scope. */
lk_status lk_graph_declare(lk_graph *graph, const char *name, int64_t rows, int64_t columns,
                           lk_init init, int32_t *index);
/* For operations' makers (ops/NAME.h): adds a node, taking the settings that the maker put into the
 * graph's arena; runs the operation's shape rule, derives the ready steps. NULL input anywhere, or
 * an earlier failure, gives NULL. `name` may be NULL. */
lk_node *lk_graph_add(lk_graph *graph, const struct lk_op *op, const char *name,
                      int32_t input_count, lk_node *const *inputs, int32_t parameter_count,
                      const int32_t *parameters, void *settings);

/* `output` parameterises `dist` for the modelled field number `field`: as many cells, and no fewer
 * channels than the largest alphabet wants. components: of a mixture, else 0. */
void lk_graph_model(lk_graph *graph, int32_t field, lk_node *output, const lk_dist *dist,
                    int32_t components);
/* Ends the building, when every modelled field has its output. Runs the proof: LK_CAUSALITY names
 * the node and the cell at fault, and the path by which it sees what it must not. */
lk_status lk_graph_close(lk_graph *graph);
/* Both, of a graph with one modelled field. */
lk_status lk_graph_finish(lk_graph *graph, lk_node *output, const lk_dist *dist);

/* The field of a variable; its alphabet; its head. */
const lk_field *lk_graph_field(const lk_graph *graph, int64_t variable);
lk_head lk_graph_head(const lk_graph *graph, int64_t variable);
/* Of a cell of a field: its alphabet; the number of its first symbol when all are counted
 * through. */
static inline int32_t lk_field_alphabet(const lk_field *field, int64_t cell) {
    return field->alphabets != NULL ? field->alphabets[cell] : field->alphabet;
}
static inline int64_t lk_field_symbol(const lk_field *field, int64_t cell) {
    return field->symbols != NULL ? field->symbols[cell] : cell * field->alphabet;
}
/* Symbols of all cells of a field. */
int64_t lk_field_symbols(const lk_field *field);
/* Two symbols in every cell: networks that have one-hot inputs else read the value itself, and a
 * Bernoulli has one logit. */
static inline bool lk_field_binary(const lk_field *field) {
    return field->alphabet == 2 && field->alphabets == NULL;
}
/* Such inputs, or logits, of all its cells. */
static inline int64_t lk_field_units(const lk_field *field) {
    return lk_field_binary(field) ? field->cells : lk_field_symbols(field);
}
/* Of all modelled fields. */
int64_t lk_graph_units(const lk_graph *graph);
/* The field whose values a node holds; NULL: it is another node. */
const lk_field *lk_graph_field_of(const lk_graph *graph, const lk_node *node);
/* The most channels that a head has. */
int64_t lk_graph_channels(const lk_graph *graph);
/* A field by name: its number; -1: there is none. */
int32_t lk_graph_find(const lk_graph *graph, const char *name);

/* Multiply-adds, per example: of one forward pass; of a cached sample (every cell once); of a naive
 * sample (a forward pass for each step). */
int64_t lk_graph_multiply_adds_forward(const lk_graph *graph);
int64_t lk_graph_multiply_adds_cached(const lk_graph *graph);
int64_t lk_graph_multiply_adds_naive(const lk_graph *graph);
/* Whether a node has so much to do in one step of so many examples that threads can share it;
 * otherwise they had better have examples of their own. */
bool lk_graph_shares_steps(const lk_graph *graph, int64_t batch);

#endif
