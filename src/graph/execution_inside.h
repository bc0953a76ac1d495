/* What the files of the execution share; not for other layers. */
#ifndef LK_GRAPH_EXECUTION_INSIDE_H
#define LK_GRAPH_EXECUTION_INSIDE_H

#include "graph/derived.h"
#include "graph/execution.h"
#include "graph/memory_plan.h"
#include "graph/op.h"
#include "graph/window.h"

struct lk_execution {
    const lk_graph *graph; /* not owned */
    lk_plan plan;
    int64_t batch, count; /* capacity; examples of the present call */
    int64_t first,
        last; /* variables of the present call: all, or places of a stream that are new */
    lk_memory_plan memory;
    float *pool_of_values;        /* one block; node i's value at memory.value[i] * batch */
    float **value, **gradient;    /* [nodes], into the block; gradient NULL where none is needed */
    uint16_t *symbols;            /* [variables][count]: the data as integers */
    uint16_t *given;              /* [count][graph->given] */
    int64_t given_count;          /* examples that it holds */
    const uint16_t *given_along;  /* of the call; not owned */
    const int64_t *active;        /* [variables of the call], or NULL; not owned */
    const float *weights;         /* [variables], or NULL: of the gradients; not owned */
    const float *example_weights; /* [count][variables], or NULL: of terms too; not owned */
    float *nll;                   /* [variables][count]: terms of the last lk_execution_nll */
    int32_t next_step;            /* incremental: the step that comes next; */
    int32_t *at_step;             /* [nodes]: where in its list of steps each node is then */
    /* Incremental: [nodes], laid out once for all steps; but for where values are, and which cells.
     * Not while `unready`: something else than these has changed. */
    struct lk_step_task *step_task;
    const float **step_pointers; /* of inputs and parameters, node after node */
    bool unready;
    /* Of streams; window NULL: the graph is run whole. */
    const lk_window *window; /* `along`, whose arrays are not owned */
    lk_window along;
    int64_t length;   /* positions of a call, at most */
    int64_t *begin;   /* [nodes]: the position that the node's memory begins with */
    int64_t room;     /* positions before this one have memory in all nodes */
    int32_t *cells;   /* of a call, room for them */
    int32_t *numbers; /* 0, 1, ...: cells of backward, from any one on */
    int64_t trained;  /* positions before this one are never passed over by backward again */
    bool unsettled;   /* late cells of the last position computed are yet to come */
    bool training;
    uint64_t seed, step;
    /* Of a slice of a minibatch (graph/slices.h): where it begins, how many examples the mean is
     * over (0: those of the call), and where the gradients of parameters go (NULL: into the
     * parameters); not owned. */
    int64_t first_example, examples;
    float *const *own_gradient;
    lk_workspace *workspace;
    lk_derived *derived; /* weights that operations see instead of parameters; NULL: none */
    lk_pool *pool;       /* not owned */
    lk_context *context; /* where failures are told: the graph's, or a slice's; not owned */
};

/* Room for one task's pointers. */
typedef struct lk_task_arrays {
    const float *in[LK_NODE_INPUTS_MOST];
    float *din[LK_NODE_INPUTS_MOST];
    bool din_fresh[LK_NODE_INPUTS_MOST];
    const float *parameter[LK_NODE_PARAMETERS_MOST];
    float *dparameter[LK_NODE_PARAMETERS_MOST];
    bool fresh[LK_NODE_PARAMETERS_MOST];
} lk_task_arrays;

typedef struct lk_step_task {
    lk_task task;
    const float **in; /* [inputs], of the task */
} lk_step_task;

/* Room for these; before the steps of a begin; some cells of a step. */
lk_status lk_execution_prepare_steps(lk_execution *execution);
lk_status lk_execution_step(lk_execution *execution, const lk_node *node, const int32_t *cells,
                            int64_t count);

/* What an execution along a window needs beside its values. */
lk_status lk_execution_prepare_window(lk_execution *execution);
/* Computes again what depends on parameters and on no variable. */
lk_status lk_execution_window_weights_changed(lk_execution *execution);
/* Backward passes over the positions of the last call, which must be there. */
void lk_execution_window_pass(lk_execution *execution);
void lk_execution_place_values(lk_execution *execution, int64_t count);
lk_task lk_execution_task(lk_execution *execution, const lk_node *node, lk_task_arrays *arrays);

/* How many of the call's examples have a value at a place of it: the first ones. */
static inline int64_t lk_active_examples(const lk_execution *e, int64_t place) {
    int64_t active = e->active == NULL ? e->count : e->active[place - e->first] - e->first_example;
    return active < 0 ? 0 : active < e->count ? active : e->count;
}

/* Work over the call's variables is cut into pieces of so many: enough to be worth a thread's while
 * at small batches. */
#define LK_VARIABLES_PER_PIECE 32
static inline int64_t lk_variable_pieces(const lk_execution *e) {
    return (e->last - e->first + LK_VARIABLES_PER_PIECE - 1) / LK_VARIABLES_PER_PIECE;
}
/* Where the variables of a piece begin and end. */
static inline int64_t lk_first_variable(const lk_execution *e, int64_t piece) {
    return e->first + piece * LK_VARIABLES_PER_PIECE;
}
static inline int64_t lk_last_variable(const lk_execution *e, int64_t piece) {
    int64_t last = lk_first_variable(e, piece) + LK_VARIABLES_PER_PIECE;
    return last < e->last ? last : e->last;
}

/* The variable at a place of the call. */
static inline int64_t lk_variable_at(const lk_execution *e, int64_t place) {
    return e->window != NULL ? lk_window_variable(e->window, place) : place;
}
/* The cells of a node that the call is of: all that depend on no variable. */
static inline lk_range lk_range_of_call(const lk_execution *e, const lk_node *node) {
    const lk_window_node *w = e->window != NULL ? &e->window->nodes[node->index] : NULL;
    if (w == NULL || w->constant) {
        return (lk_range){0, node->cells};
    }
    return (lk_range){e->first / e->window->unit * w->cells, e->last / e->window->unit * w->cells};
}

/* The weights that operations see, from the parameters as they are now. */
static inline void lk_execution_derive(lk_execution *e) {
    lk_derived_update(e->derived, (lk_derived_step){e->training, e->seed, e->step}, e->pool);
}
/* Multiplies values [count][width] of a variable with the examples' weights, if there are any. */
void lk_weigh_examples(const lk_execution *execution, int64_t variable, int64_t width,
                       float *values);
/* Puts x[count][last - first] into the fields' nodes. */
void lk_execution_fill(lk_execution *execution, const uint16_t *x);
/* The same with what is given along, of the call's positions. */
void lk_execution_fill_along(lk_execution *execution);
/* Where the gradient of parameter `index` goes. */
static inline float *lk_execution_gradient(const lk_execution *e, int32_t index) {
    return lk_parameters_gradient(e->graph->parameters, e->own_gradient, index);
}
/* Where a variable's example 0 stands in its field's node, or the node of its output. */
static inline float *lk_execution_cell(const lk_execution *execution, const lk_field *field,
                                       const lk_node *node, int64_t variable) {
    return execution->value[node->index] +
           (variable - field->first) * execution->count * node->channels;
}

/* Computes these cells of a node. */
lk_status lk_execution_run(lk_execution *execution, const lk_node *node, const int32_t *cells,
                           int64_t count);

#endif
