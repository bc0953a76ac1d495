/* Classification by a model of p(x | label): every label is given to every item, and Bayes' rule
 * with equally probable labels chooses,
 *
 *   argmax_y p(x | y),     p(y | x) = p(x | y) / sum_z p(x | z)
 *
 * the lowest of equals. Of an item that is impossible under every label the labels stay equally
 * probable. */
#ifndef LK_JOBS_CLASSIFY_H
#define LK_JOBS_CLASSIFY_H

#include "models/walk.h"

typedef struct lk_classification {
    int64_t items;
    int32_t labels;   /* of the model: 0 .. labels - 1 */
    uint16_t *chosen; /* owned, [items] */
    int64_t correct;  /* items whose chosen label is their own */
    double log_loss;  /* mean of -log p(own label | x), nats; may be infinite */
} lk_classification;

/* The items have labels, for comparison (else LK_MISMATCH); LK_INVALID when the model is given
 * none. It does not learn meanwhile; options->items and labels are not used, and progress is called
 * anew for each label. lk_classification_deinit, whatever comes of it. */
lk_status lk_classify(const lk_model *model, lk_items *items, const lk_walk_options *options,
                      lk_classification *classification);
void lk_classification_deinit(lk_classification *classification);

#endif
