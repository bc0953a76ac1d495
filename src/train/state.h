/* Where a training run stands: with the weights and the optimizer's slots, all that its
 * continuation depends on. */
#ifndef LK_TRAIN_STATE_H
#define LK_TRAIN_STATE_H

#include <stdint.h>

typedef struct lk_train_state {
    int64_t epoch;              /* epochs ended */
    int64_t position;           /* batches done of the present one */
    int64_t step;               /* optimizer steps taken, in all */
    int64_t examples_seen;      /* in all */
    int64_t best_epoch;         /* the epoch (from 1) with the best validation NLL; 0: none yet */
    int64_t since_best;         /* epochs ended since */
    double epoch_nll_nats;      /* sum over the examples of the present epoch so far */
    double best_valid_nll_nats; /* NaN until measured */
    double seconds;             /* spent in optimizer steps, in all sessions */
    double epoch_seconds;       /* the same, in the present epoch */
    /* Of a training whose rate is planned by time (train/plan.h). */
    double plan_seconds; /* the whole time; 0: not planned */
    double plan_elapsed; /* how much of it was over when last looked at, in all sessions */
    double plan_warmup;  /* steps; 0: not measured yet */
} lk_train_state;

#endif
