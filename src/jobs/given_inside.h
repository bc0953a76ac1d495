/* What the files that read given values share; not for others. */
#ifndef LK_JOBS_GIVEN_INSIDE_H
#define LK_JOBS_GIVEN_INSIDE_H

#include "jobs/given.h"

/* Rows all of which are open; `variables` counts all parts of a view. */
lk_status lk_given_open(lk_context *context, const char *name, int64_t examples, int64_t variables,
                        lk_shape shape, lk_given *given);
/* Holds a value of an example: all its parts. */
void lk_given_hold(const lk_model *model, int64_t example, int64_t variable, int32_t value,
                   lk_given *given);

/* Of the model's view; 1: it has none. */
static inline int64_t lk_given_parts(const lk_model *model) {
    const lk_view *view = lk_model_view(model);
    return view != NULL ? view->part_count : 1;
}

#endif
