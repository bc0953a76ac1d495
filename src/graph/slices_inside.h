/* What the files of slices share; not for other layers. */
#ifndef LK_GRAPH_SLICES_INSIDE_H
#define LK_GRAPH_SLICES_INSIDE_H

#include <stdatomic.h>

#include "graph/gradient_team.h"
#include "graph/slices.h"

/* A thread, or a group of threads, and the slice that failed on it. */
typedef struct slice_worker {
    lk_context context; /* its pool, and where its failure is told */
    lk_status status;
    int64_t failed;
} slice_worker;

struct lk_slices {
    lk_graph *graph; /* not owned */
    lk_slices_options options;
    lk_gradient_team *team; /* owned; NULL: whoever is alone */
    bool idle;              /* there are fewer slices than ranks, and nothing runs here */
    int64_t here;           /* slices that run here; of who is idle, as if the first did */
    int worker_count;       /* with pools of their own, where there are several */
    slice_worker *worker;   /* [worker_count], owned */
    int64_t execution_count;
    lk_execution **execution; /* owned; of streams one for each slice, else one for each worker */
    lk_execution *suspect;    /* of these */
    int64_t part_count;
    float **part;    /* [part_count][parameters], owned; the first are the parameters' own */
    float *gradient; /* [part_count - 1][all floats], owned: what the others point into */
    /* The present run. */
    const uint16_t *x, *given, *along;
    const float *example_weights; /* or NULL */
    double *nll_nats;
    int64_t count, slices;   /* examples; slices of the whole minibatch */
    _Atomic int64_t next;    /* slice that nobody has begun */
    int64_t position[2];     /* of streams: the first, and the one behind the last */
    int64_t values_per_lane; /* of x */
};

/* What is given with examples first, first + 1, ... */
void lk_slices_give(const lk_slices *slices, lk_execution *execution, int64_t first, int64_t count);
/* All slices that run here, of what the fields of the present run say. */
lk_status lk_slices_run_all(lk_slices *slices);

#endif
