/* What the conditional of one variable sees: by the graph, which variables it can depend on at all;
 * by perturbation, how much it does. */
#ifndef LK_JOBS_RECEPTIVE_H
#define LK_JOBS_RECEPTIVE_H

#include "models/model.h"

typedef struct lk_receptive {
    int64_t variable;    /* of the data */
    int64_t variables;   /* of an example; of texts, of a window */
    const lk_view *view; /* the model's, or NULL */
    lk_shape shape;
    /* Owned, [variables]. `earlier`: of lower rank, so that it might be seen; `seen`: some path of
     * the graph leads from it to the conditional. `blind`: earlier, not seen, and no farther away
     * than the farthest that is seen: of an image in rows and in columns, of a sequence in places;
     * columns of a table have no distance. What is earlier and neither is out of reach. */
    bool *earlier, *seen, *blind;
    /* Owned, [variables]: the total variation distance, 0 to 1, by which the conditional moves when
     * this value is changed, the mean over `examples` drawn from the model; 0 where it is not
     * seen. */
    double *change;
    int32_t examples;
    int64_t earlier_count, seen_count, blind_count;
} lk_receptive;

/* Of the model's first network. lk_receptive_deinit in any case. */
lk_status lk_receptive_field(const lk_model *model, int64_t variable, lk_receptive *field);
void lk_receptive_deinit(lk_receptive *field);
/* A picture: white the variable itself, dark blue what comes later, red its blind spot, violet what
 * is earlier and out of reach, else grey by how much it changes, the most of all being the
 * brightest; a channel beside the other. */
lk_status lk_receptive_write(lk_context *context, const lk_receptive *field, const char *path);

#endif
