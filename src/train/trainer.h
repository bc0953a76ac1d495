/* What the files of the training loop share; not for other layers. */
#ifndef LK_TRAIN_TRAINER_H
#define LK_TRAIN_TRAINER_H

#include <jansson.h>
#include <xxhash.h>

#include "base/measure.h"
#include "data/items.h"
#include "graph/slices.h"
#include "models/run.h"
#include "train/baseline.h"
#include "train/batches.h"
#include "train/checkpoint.h"
#include "optim/clip.h"
#include "train/evaluate.h"
#include "train/known.h"
#include "train/plan.h"
#include "models/networks.h"
#include "train/windows.h"
#include "train/state.h"
#include "train/train.h"

typedef enum lk_stop {
    LK_STOP_NOT,
    LK_STOP_EPOCHS,
    LK_STOP_MINUTES,
    LK_STOP_PATIENCE,
    LK_STOP_ASKED
} lk_stop;

typedef struct lk_trainer lk_trainer;
typedef struct lk_feed lk_feed;

/* A text and its length. */
typedef struct lk_text_place {
    int64_t item, length;
} lk_text_place;

struct lk_trainer {
    lk_model *model; /* not owned, as the data sets */
    lk_train_options options;
    const lk_feed *feed;
    const char *train_path;
    bool validates;
    int64_t batch_capacity, batch_count; /* examples of a minibatch: at most; of the present one */
    int64_t epoch_batches, epoch_examples; /* of a whole epoch */
    int64_t valid_examples;     /* that a validation runs, by all networks that it asks */
    double valid_examples_last; /* how many times as many the last one runs, by all there are */
    int64_t total_steps;        /* 0: not known */
    /* Of examples (feed_examples.c). */
    const lk_dataset *train, *valid;
    lk_dataset
        *valid_part; /* owned: those of the validation data for which there is time, or NULL */
    lk_networks networks;
    int32_t bound_variant; /* of the network that the slices are bound to */
    lk_graph *known_graph; /* owned: what order-agnostic models are trained on; else NULL */
    lk_known known;        /* of it */
    lk_walk *walk;         /* owned, over the validation data */
    lk_items *valid_items; /* owned */
    lk_batches batches;
    double *valid_nll; /* owned, [valid examples]; NULL without */
    bool scored_kept;  /* by the weights that are to be kept, which were validated last */
    /* Of texts (feed_texts.c). */
    lk_items *train_texts, *valid_texts;
    lk_windows *windows;      /* owned */
    lk_run *valid_run;        /* owned: lanes of one validation text */
    uint16_t *window_along;   /* owned, or NULL: of a model that is given a slower sequence */
    uint16_t *window_symbols; /* owned, [lanes][window] */
    uint16_t *lane_labels;    /* owned, [lanes] */
    float *carried;           /* owned: what the windows carry, as of a checkpoint */
    lk_text_place *places;    /* owned, of several texts: [texts], the longest first */
    int64_t groups;           /* of lanes: places group * lanes, ... */
    int32_t *group_order;     /* owned, [groups] */
    int64_t *active;          /* owned, [window]: lanes that have a symbol there */
    /* Of both. */
    lk_slices *slices;       /* the feed's: its own, or its windows' */
    int64_t slices_of_0_1;   /* how many version 0.1 would have cut minibatches into */
    lk_optimizer *optimizer; /* owned */
    lk_average *average;     /* owned, or NULL */
    lk_clip clip;
    float **best;      /* owned; NULL without validation data */
    double *batch_nll; /* owned, [batch] */
    lk_train_state state;
    lk_stop stop;
    json_t *described, *epochs; /* owned: the options that decide the weights; the history */
    double valid_nll_nats;      /* of the last validation; NaN */
    double epoch_nll_nats;      /* per example, of the epoch last recorded */
    lk_baselines baselines;     /* of the validation data, or the training data; NaN: not yet */
    lk_plan_clock plan;
    /* This session, in seconds of a monotonic clock. */
    double began, last_step, last_report, last_checkpoint, checkpoint_took;
    double stepping;        /* spent in steps */
    double validation_took; /* the last one, in seconds; 0: none yet */
    int64_t session_examples, session_steps;
    int64_t recent;         /* examples since the last report, */
    double recent_nll_nats; /* and their sum */
    bool unsaved;           /* model_path is older than the weights that would be saved */
    char note[256];
};

/* The number of slices that the options ask for, at most one for each example; 0: to be chosen. */
static inline int64_t lk_trainer_asked_slices(const lk_trainer *t) {
    return t->options.slices < t->batch_capacity ? t->options.slices : t->batch_capacity;
}

/* step.c: one minibatch. */
lk_status lk_trainer_step(lk_trainer *trainer);
/* The factor of the learning rate at a step. */
double lk_trainer_rate(const lk_trainer *trainer, int64_t step);
/* LK_NOT_FINITE with its message, when a weight is not finite. */
lk_status lk_trainer_check_weights(lk_trainer *trainer);
/* Of weights that no validation has looked at: finite ones may give values that are not. */
lk_status lk_trainer_check_kept(lk_trainer *trainer);

/* follow.c: of a team. Where training stands, how it is planned, whether it stops and whether it is
 * saved now, are as on rank 0. */
lk_status lk_trainer_follow(lk_trainer *trainer, bool *saves);
/* Rank 0's bytes, on all ranks. */
lk_status lk_trainer_share(lk_trainer *trainer, void *bytes, int64_t size);

/* epoch.c: validation, best weights, the epoch's record. */
lk_status lk_trainer_validate(lk_trainer *trainer, int64_t epoch, bool *improved);
lk_status lk_trainer_end_epoch(lk_trainer *trainer);
/* For feeds, as they validate: so many of `count` examples or symbols are done. Goes on. */
bool lk_trainer_tell_validated(void *trainer, int64_t done, int64_t count);
/* What models that have learned nothing reach on the validation data (without any, on the training
 * data), in nats per example: found once. */
lk_status lk_trainer_find_baselines(lk_trainer *trainer);
/* The mean NLL per example of this epoch's minibatches so far, each scored just before its step;
 * NaN before the first. */
double lk_trainer_epoch_nll(const lk_trainer *trainer);

/* history.c */
/* NULL: out of memory, if all could be read. */
lk_status lk_trainer_describe(const lk_trainer *trainer, json_t **described);
bool lk_trainer_record_epoch(lk_trainer *trainer, bool whole);
lk_status lk_trainer_write_history(lk_trainer *trainer, double final_valid_nll_nats);
/* What is said of a data set; model->history from a JSON object, which is taken. */
json_t *lk_history_data(const lk_dataset *data);
void lk_history_baselines(json_t **history, const lk_baselines *baselines);
lk_status lk_history_take(lk_model *model, json_t *history);

/* Exchanges the weights with their average, if there is one: twice restores them. */
void lk_trainer_swap_average(lk_trainer *trainer);

/* save.c: the checkpoint and, if `model`, the model with the best weights so far. */
lk_checkpoint lk_trainer_checkpoint(lk_trainer *trainer);
lk_status lk_trainer_save(lk_trainer *trainer, bool model);
/* Exchanges the model's weights with those that would be kept if training ended now; twice restores
 * them. */
void lk_trainer_swap_kept(lk_trainer *trainer);

/* train.c: seconds that the validation is going to take that ends the training. */
double lk_trainer_validation_ahead(const lk_trainer *trainer);

#endif
