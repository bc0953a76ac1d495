/* Maximum likelihood by stochastic gradients: the loop. Deterministic to the bit: same data, settings and seed give the same
 * weights for any number of threads, and a run that was killed and resumed ends as one that was not. */
#ifndef LK_TRAIN_TRAIN_H
#define LK_TRAIN_TRAIN_H

#include "models/model.h"
#include "train/optimizer.h"
#include "train/rate.h"

typedef struct lk_train_progress {
    int64_t epoch, epochs, step, steps_in_epoch;
    int64_t examples_seen;
    double examples_per_second, seconds, seconds_left;
    double train_nll_nats;      /* mean over this epoch so far, per example */
    double valid_nll_nats;      /* NaN until measured */
    double best_valid_nll_nats; /* NaN until measured */
    bool epoch_ended;
    const char *note;           /* NULL, or one line to show: early stop, a warning that nothing has been learned */
} lk_train_progress;

typedef struct lk_train_options {
    int64_t epochs;             /* 0: until early stopping or minutes; at least one of the three must end it */
    double minutes;             /* 0: no limit */
    int64_t batch_size;
    lk_optimizer_options optimizer;
    lk_rate_options rate;
    double clip;                /* global gradient norm; 0: none */
    double ema;                 /* decay of the weights' exponential moving average; 0: none */
    int64_t patience;           /* epochs without a better validation NLL before stopping; 0: never stop early */
    uint64_t seed;
    const char *checkpoint;     /* path, or NULL: none */
    double checkpoint_seconds;  /* at most so often (and at every end of an epoch that is due, and at the end) */
    bool resume;                /* continue from `checkpoint` */
    const char *model_path;     /* the best weights so far are saved here at each checkpoint; NULL: not */
    /* Called at most ~10 times a second and at each end of an epoch; false asks to stop: a checkpoint is written and
     * LK_INTERRUPTED returned. NULL: none. */
    bool (*progress)(void *argument, const lk_train_progress *progress);
    void *progress_argument;
} lk_train_options;

lk_train_options lk_train_defaults(void);

/* Trains model->parameters; at the end they hold the weights that did best on `valid` (averaged ones if ema), or the last ones when
 * valid is NULL. model->history is written, and model->calibration from `valid`. For LK_BINARIZE_SAMPLE, `train` holds grey values
 * and each epoch binarizes afresh. The first non-finite value stops it: LK_NOT_FINITE, message naming epoch, batch, node or parameter,
 * and what to try. */
lk_status lk_train(lk_model *model, const lk_dataset *train, const lk_dataset *valid, const lk_train_options *options);

#endif
