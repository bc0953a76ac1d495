/* Maximum likelihood by stochastic gradients: the loop. Deterministic to the bit: same data,
 * settings and seed give the same weights for any number of threads, and a run that was killed and
 * resumed ends as one that was not.
 *
 * A step: step number s uses variant s % K (MADE's masks in turn); minibatches as in
 * train/batches.h; mean NLL of the minibatch; gradients clipped (optim/clip.h); optimizer
 * (optim/optimizer.h); moving average (train/average.h). After an epoch `valid` is scored with the
 * averaged weights if there are any, by the mixture of the first LK_VALIDATION_VARIANTS variants
 * only: scoring 32 masks after every epoch would take as long as training. The best weights are
 * chosen by that figure. At the end the weights chosen are scored once by the whole mixture. */
#ifndef LK_TRAIN_TRAIN_H
#define LK_TRAIN_TRAIN_H

#include "data/items.h"
#include "models/model.h"
#include "optim/optimizer.h"
#include "optim/rate.h"

#define LK_VALIDATION_VARIANTS 4
#define LK_CALIBRATION_MOST 10000

typedef struct lk_train_progress {
    int64_t epoch,
        epochs; /* the present one, from 1; how many there will be at most, 0: not known */
    int64_t step, steps_in_epoch; /* batches done of the present epoch */
    int64_t examples_seen;        /* in all */
    double examples_per_second;   /* of the optimizer steps of this session */
    double seconds;               /* of this session */
    double seconds_left;          /* NaN: not known */
    double train_nll_nats;        /* mean over this epoch so far, per example */
    double valid_nll_nats;        /* of the last validation; NaN until measured */
    double best_valid_nll_nats;   /* NaN until measured */
    int64_t steps;                /* optimizer steps, in all */
    double learning_rate;         /* of the last one */
    int64_t recent;               /* examples since the last report, */
    double recent_nll_nats;       /* and their mean, each scored just before its step */
    bool epoch_ended;             /* or left where it is, at the end of the training */
    /* When an epoch ended: with the weights that were validated, averaged ones if there are any;
     * else NULL. */
    const lk_model *model;
    const char
        *note; /* NULL, or one line to show: early stop, a warning that nothing has been learned */
} lk_train_progress;

/* Of a team (team/team.h): what this rank has sent in so many optimizer steps. */
typedef struct lk_train_sent {
    int64_t steps, bytes, messages;
} lk_train_sent;

typedef struct lk_train_options {
    int64_t epochs; /* 0: until early stopping or minutes; at least one of the three must end it */
    double minutes; /* of this call, resumed or not; 0: no limit. Then the epoch is left where it
                       is. */
    int64_t batch_size;
    int64_t slices; /* of a minibatch (graph/slices.h), at most batch_size; 0: chosen */
    lk_optimizer_options optimizer;
    lk_rate_options rate;
    double clip; /* global gradient norm; 0: none */
    double ema;  /* decay of the weights' exponential moving average; 0: none */
    int64_t
        patience; /* epochs without a better validation NLL before stopping; 0: never stop early */
    uint64_t seed;
    const char *checkpoint;    /* path, or NULL: none */
    double checkpoint_seconds; /* at most so often, and at the end; 0: after every step. Writing
                                  takes at most a twentieth of the time: large models are saved less
                                  often. */
    bool *kept;  /* or NULL. Set when a training that is interrupted leaves in the model the weights
                    that it would end with: the best so far, or the present ones. Then they have a
                    history, and no calibration */
    bool resume; /* continue from `checkpoint`; when there is no such file yet, begin */
    const char
        *model_path; /* the best weights so far are saved here at each checkpoint; NULL: not */
    /* Called at most every progress_seconds (0: after every step) and at each end of an epoch;
     * false asks to stop: a checkpoint is written and LK_INTERRUPTED returned. NULL: none. */
    bool (*progress)(void *argument, const lk_train_progress *progress);
    /* Of a validation, in examples or symbols of texts; it cannot be stopped. NULL: none. */
    void (*validating)(void *argument, int64_t done, int64_t count);
    void *progress_argument; /* of both */
    double progress_seconds;
    lk_train_sent *sent; /* or NULL: counted in it */
} lk_train_options;

/* How many times the weights a training holds, and a checkpoint: with their gradients, what the
 * optimizer keeps of each, their average and the best ones. */
#define LK_TRAINED_SHARE 5

/* Adam at 0.001 in batches of 100, no clipping, no average, patience 30, seed 1, checkpoints each
 * 60 s. */
lk_train_options lk_train_defaults(void);

/* Trains model->parameters; at the end they hold the weights that did best on `valid` (averaged
 * ones if ema), or the last ones when valid is NULL. model->history is written, and
 * model->calibration from `valid`. For LK_BINARIZE_SAMPLE, `train` holds grey values and each epoch
 * binarizes afresh. The first non-finite value stops it: LK_NOT_FINITE, message naming epoch,
 * batch, node or parameter, and what to try. On resuming, LK_MISMATCH names an option that differs
 * and must not (epochs, minutes, patience may). After a failure model->parameters hold unspecified
 * weights, but for what `kept` says. */
lk_status lk_train(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                   const lk_train_options *options);

/* The same on texts (model->data.stream), by back-propagation truncated to windows of
 * model->data.variables symbols, the states carried from one to the next: batch_size lanes side by
 * side, of one text or of a text each (train/feed_texts.c). An example is a window of one lane.
 * `valid` may be NULL; both stay the caller's. */
lk_status lk_train_texts(lk_model *model, lk_items *train, lk_items *valid,
                         const lk_train_options *options);

/* Windows from the beginning of texts, as examples for lk_model_start. *sample is the caller's. */
lk_status lk_train_windows(lk_context *context, lk_items *texts, const lk_data_description *data,
                           lk_dataset **sample);

/* For families that fit in closed form or by EM: scores the data with the fitted model and writes
 * history and calibration as above. valid may be NULL. */
lk_status lk_train_finish_fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid);

/* Sets model->calibration from the NLLs of held-out examples: sorted, at most LK_CALIBRATION_MOST,
 * evenly spaced in rank. */
lk_status lk_model_calibrate(lk_model *model, const double *nll_nats, int64_t count);

#endif
