/* What the files of the run share; not for others. */
#ifndef LK_MODELS_RUN_INSIDE_H
#define LK_MODELS_RUN_INSIDE_H

#include "graph/execution.h"
#include "models/run.h"
#include "models/run_learn.h"

struct lk_run {
    const lk_model *model;
    lk_run_options options;
    lk_run_learner *learner; /* owned; NULL: it does not learn */
    lk_graph *graph;         /* owned: of the model, or of the learner's twin */
    lk_graph **networks;     /* owned, [the model's networks], or NULL: those that it has turned to,
                                `graph` among them */
    lk_execution *execution; /* owned */
    lk_window window;        /* of a network that slides; its graph NULL: it is held whole */
    bool borrowed;           /* graph and window are those of the run that it stands beside */
    int64_t variables;       /* of an item */
    int64_t unit, capacity;  /* variables of a position; positions of one forward */
    int64_t period;          /* symbols or rows of a position of a network that slides */
    /* Of a network that strides: an item may end within a position. Owned, [capacity * unit], NULL
     * where it cannot: how many lanes have a value at each place of such a last forward. */
    int64_t *active;
    bool cut;              /* the last forward was such */
    lk_local_reader local; /* of a model that is given a slower sequence; else read NULL */
    uint16_t *along;       /* owned, [lanes][capacity][LK_LOCAL_CELLS]: what it says; or NULL */
    int64_t lanes;         /* of the present items */
    int64_t end;           /* positions of the window graph that hold values */
    int64_t first, count;  /* places of the last forward, or of the present step */
    int64_t seen;          /* variables that are done, of each lane */
    int64_t unset;         /* of the present step's places */
    int64_t learned;       /* `seen` when it last learned */
};

static inline bool lk_run_slides(const lk_run *run) {
    return run->window.graph != NULL;
}

#endif
