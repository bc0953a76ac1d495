/* Minibatches: the examples in an order drawn afresh each epoch by (LK_FOR_SHUFFLE, epoch),
 * batch_size at a time, the last batch holding what is left. On the way crops are drawn
 * (data/crops.h) and grey values binarized (data/dataset.h, lk_binarizer), both afresh each epoch,
 * and values become the parts of the model's view.
 * All is a function of seed, epoch and position. */
#ifndef LK_TRAIN_BATCHES_H
#define LK_TRAIN_BATCHES_H

#include "data/dataset.h"
#include "data/view.h"

typedef struct lk_batches {
    lk_context *context;
    const lk_dataset *data; /* not owned */
    lk_binarizer binarizer;
    const lk_view *view; /* NULL: values as they are; not owned */
    uint64_t seed;
    int64_t batch_size, batches; /* batches in an epoch */
    int32_t *order;              /* owned, [examples] */
    uint16_t *x;                 /* owned, [batch_size][modelled]: the batch last gathered */
    uint16_t *given;             /* owned, [batch_size]: its labels; NULL: the data have none */
    uint16_t *raw;               /* owned, [batch_size][variables]: before the view; or NULL */
    int64_t first, count;        /* that batch is order[first .. first + count) */
} lk_batches;

lk_status lk_batches_init(lk_batches *batches, lk_context *context, const lk_dataset *data,
                          const lk_view *view, lk_binarization binarization, int64_t batch_size,
                          uint64_t seed);
void lk_batches_deinit(lk_batches *batches);
/* Before any batch of an epoch is gathered. */
void lk_batches_begin(lk_batches *batches, int64_t epoch);
void lk_batches_gather(lk_batches *batches, int64_t batch);

#endif
