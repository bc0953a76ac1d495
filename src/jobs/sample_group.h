/* Drawing samples that share a network: those of one variant, under one ordering. Not for other
 * layers. */
#ifndef LK_JOBS_SAMPLE_GROUP_H
#define LK_JOBS_SAMPLE_GROUP_H

#include "jobs/sample.h"

typedef struct lk_sample_group {
    const lk_sample_options *options;
    lk_graph *graph;
    const int64_t *sample; /* which samples, [count] */
    int64_t count;
    lk_dataset *samples; /* all; these ones are filled in */
    int64_t *done;       /* how many of all are drawn */
} lk_sample_group;

lk_status lk_sample_group_draw(const lk_sample_group *group);

#endif
