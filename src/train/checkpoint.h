/* Checkpoints: all that a training run depends on, in one safetensors file that replaces the last
 * one atomically. docs/checkpoint.md describes it byte by byte. */
#ifndef LK_TRAIN_CHECKPOINT_H
#define LK_TRAIN_CHECKPOINT_H

#include <jansson.h>

#include "base/file.h"
#include "models/settings.h"
#include "optim/optimizer.h"
#include "train/state.h"

/* What is written and read; all of it belongs to the caller. */
typedef struct lk_checkpoint {
    const char *path;
    lk_parameters *parameters;
    lk_optimizer *optimizer;
    lk_average *average; /* NULL: no moving average */
    float **best;        /* arrays parallel to the parameters: weights that did best; used when
                            state->best_epoch > 0 */
    lk_train_state *state;
    const json_t
        *options; /* object: what must agree on resuming, each value a string, number or boolean */
    json_t *epochs; /* array: the history so far; reading replaces its elements */
    float *carried; /* of a stream: what its lanes carry, carried_count floats; NULL: none */
    int64_t carried_count;
    float *whole; /* reading: what lanes of version 0.1 carried, whole_count floats, comes here */
    int64_t whole_count;
    bool *read_whole;            /* whether it did; then `carried` stays as it is */
    const lk_settings *settings; /* reading: of the model; what joined its table later stands in no
                                    older file, and was at its fallback. NULL: none did */
    bool planned;                /* by time: that plan is kept too */
    int64_t steps_in_epoch;      /* reading: positions beyond it are refused */
    int64_t slices_of_0_1; /* reading a file that does not say in how many slices its minibatches
                               were: it was this number (train/version_0_1.h) */
} lk_checkpoint;

lk_status lk_checkpoint_write(lk_context *context, const lk_checkpoint *checkpoint);
/* LK_MISMATCH names the first option that differs, with both values; LK_FORMAT and LK_CORRUPT say
 * what is wrong with the file. After a failure the arrays may hold anything. */
lk_status lk_checkpoint_read(lk_context *context, const lk_checkpoint *checkpoint);
/* The same from memory, for fuzzing; `bytes` is taken. */
lk_status lk_checkpoint_parse(lk_context *context, const lk_checkpoint *checkpoint, lk_bytes bytes);
/* The options that stand in a checkpoint, before anything else of it is known: what a continuation
 * takes over where nothing else is asked for. The caller's: json_decref. */
lk_status lk_checkpoint_options(lk_context *context, const char *path, json_t **options);
/* Whether there is a file to resume from. */
bool lk_checkpoint_exists(const char *path);

#endif
