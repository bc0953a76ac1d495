/* Drawing samples that share a network and an ordering. Not for other layers. */
#ifndef LK_JOBS_SAMPLE_GROUP_H
#define LK_JOBS_SAMPLE_GROUP_H

#include <stdatomic.h>

#include "jobs/sample.h"
#include "models/run.h"

typedef struct lk_sample_group {
    const lk_model *model;
    const lk_sample_options *options;
    lk_run_options how;    /* its network, ordering and shape; the rest is chosen here */
    int64_t variables;     /* of each sample, as the model sees it */
    int64_t places;        /* of these, that are drawn */
    const int64_t *sample; /* which ones, [count] */
    int64_t count;
    /* Where they go: examples of a data set, whose first is sample options->first; or, where that
     * is NULL, all side by side to `take`. */
    lk_dataset *samples;
    lk_take *take;
    void *argument;
    atomic_llong *drawn; /* variables, of all groups */
} lk_sample_group;

/* LK_INTERRUPTED when options->progress wants to end. */
lk_status lk_sample_group_draw(const lk_sample_group *group);
/* Of a team, whose ranks have each drawn some batches of the data set, with this status: rank 0 has
 * all of them then. */
lk_status lk_sample_group_gather(const lk_sample_group *group, int64_t batch, lk_status status);

#endif
