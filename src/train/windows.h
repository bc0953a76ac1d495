/* Training along texts: the network slides over lanes of them, window after window, cut into slices
 * (graph/slices.h). What a window's end carries is the next one's beginning, and gradients stop
 * there: truncated back-propagation through time. */
#ifndef LK_TRAIN_WINDOWS_H
#define LK_TRAIN_WINDOWS_H

#include "graph/slices.h"
#include "models/model.h"

typedef struct lk_windows lk_windows;

/* Of the model's window (data.variables symbols), `lanes` side by side, in so many slices (0:
 * chosen). The model must outlive it. */
lk_status lk_windows_create(const lk_model *model, int64_t slices, int64_t lanes,
                            lk_windows **windows);
void lk_windows_destroy(lk_windows *windows);
lk_slices *lk_windows_slices(lk_windows *windows);
/* To the beginning of a text in every lane; given[lanes], or NULL. */
lk_status lk_windows_begin(lk_windows *windows, const uint16_t *given);
/* The next window of each lane, x[lanes][window], and of a model that is given a slower sequence
 * along[lanes][positions][LK_LOCAL_CELLS] (else NULL): nll_nats[lanes], and the parameters'
 * gradients of their mean. active[window]: how many of the first lanes still have a symbol there,
 * the others have ended; NULL: all. */
lk_status lk_windows_train(lk_windows *windows, const uint16_t *x, const uint16_t *along,
                           const int64_t *active, double *nll_nats);
/* What the future depends on: floats in all; copied out, and back in after begin, when `seen`
 * symbols of every lane had been run. */
int64_t lk_windows_carried(const lk_windows *windows);
lk_status lk_windows_save(const lk_windows *windows, float *carried);
void lk_windows_restore(lk_windows *windows, int64_t seen, const float *carried);
/* What version 0.1 carried in its checkpoints: floats in all; and what of it is carried now. */
int64_t lk_windows_whole(const lk_windows *windows);
void lk_windows_take_whole(const lk_windows *windows, int64_t seen, const float *whole,
                           float *carried);

#endif
