/* Where a training writes: the model, a checkpoint beside it, and a lock, so that no other training
 * writes the same. */
#ifndef LK_CLI_TRAIN_OUT_H
#define LK_CLI_TRAIN_OUT_H

#include "base/temporary.h"
#include "cli/common.h"

typedef struct train_out {
    const char *model;
    char *checkpoint; /* owned; NULL: none is kept */
    bool whole;       /* the model is a file; else it is written once, as it comes */
    lk_temporary *lock;
} train_out;

/* Tries the names and takes the lock. `steps`: it is trained by gradients, with checkpoints. Close
 * in any case. */
lk_status train_out_open(const cli_arguments *arguments, lk_context *context, bool steps,
                         train_out *out);
void train_out_close(train_out *out);
/* Replaces what an interrupted training says by what is left of it. */
lk_status train_out_interrupted(lk_context *context, const train_out *out);

#endif
