/* Clipping by the global norm of the gradients (Pascanu, Mikolov and Bengio 2013): when the
 * Euclidean norm over all parameters exceeds a limit, all are scaled by limit / norm. The sum of
 * squares is taken in double, by fixed pieces joined in their order. */
#ifndef LK_OPTIM_CLIP_H
#define LK_OPTIM_CLIP_H

#include "optim/spans.h"

typedef struct lk_clip {
    lk_parameters *parameters; /* not owned */
    lk_spans spans;
    double *partial; /* owned, [spans.pieces] */
} lk_clip;

lk_status lk_clip_init(lk_clip *clip, lk_parameters *parameters);
void lk_clip_deinit(lk_clip *clip);
/* The norm of the present gradients; not finite if one of them is not. */
double lk_clip_norm(lk_clip *clip);
/* What to scale the gradients by. */
double lk_clip_scale(double norm, double limit);

#endif
