/* Where a training run's minibatches come from, and what it is validated on: one row for examples
 * of a data set, one for texts. */
#ifndef LK_TRAIN_FEED_H
#define LK_TRAIN_FEED_H

#include "train/trainer.h"

struct lk_feed {
    /* Checks the data and prepares: sets batch_capacity, epoch_batches, epoch_examples, validates,
     * slices. */
    lk_status (*init)(lk_trainer *trainer);
    void (*deinit)(lk_trainer *trainer);
    /* At the beginning of an epoch, or in its midst after a checkpoint has been read. */
    lk_status (*begin)(lk_trainer *trainer);
    /* Minibatch number state.position, through the trainer's slices: batch_count, batch_nll and the
     * parameters' gradients. */
    lk_status (*run)(lk_trainer *trainer);
    /* What to call example i of the present minibatch in messages. */
    int64_t (*example)(const lk_trainer *trainer, int64_t i);
    /* Mean NLL in nats per example of the validation data under the weights as they are. last: of
     * the weights that are kept; calibrates the model where there is something to calibrate by. */
    lk_status (*validate)(lk_trainer *trainer, bool last, double *nll_nats);
    /* Baselines of the validation data, or the training data, in nats per example. */
    lk_status (*baselines)(const lk_trainer *trainer, lk_baselines *baselines);
    /* What identifies the data, for checkpoints; what is said of them in the model's history. NULL:
     * out of memory, if all could be read. */
    lk_status (*hash)(const lk_trainer *trainer, bool valid, json_t **text);
    json_t *(*describe)(const lk_trainer *trainer, bool valid);
};

extern const lk_feed lk_feed_examples, lk_feed_texts;

/* A hash as text, of `count` things. */
json_t *lk_history_hash(XXH128_hash_t hash, int64_t count, const char *what);

#endif
