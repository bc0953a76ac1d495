/* Drawing one variable of samples side by side from the conditionals that a network has computed.
 * Not for other layers. */
#ifndef LK_JOBS_SAMPLE_DRAW_H
#define LK_JOBS_SAMPLE_DRAW_H

#include "graph/graph.h"
#include "jobs/sample.h"

typedef struct lk_draw {
    const lk_sample_options *options;
    const lk_graph *graph; /* whose distribution it is */
    lk_pool *pool;
    const int64_t *sample; /* [count]: their numbers */
    int64_t count;
    int64_t variables;  /* of a sample */
    float *probability; /* [count][alphabet]: scratch */
    uint16_t *column;   /* [count]: receives what is drawn */
    uint16_t *values;   /* [count][variables]: receives it too */
} lk_draw;

/* parameters: [count][channels]. A held variable has its value; another is decided by (seed,
 * sample, variable) and the conditional. */
void lk_draw_variable(const lk_draw *draw, int64_t variable, const float *parameters);

#endif
