/* What the files of the checkpoint share; not for others. */
#ifndef LK_TRAIN_CHECKPOINT_INSIDE_H
#define LK_TRAIN_CHECKPOINT_INSIDE_H

#include "data/safetensors.h"
#include "train/checkpoint.h"

#define LK_CHECKPOINT_FORMAT "likely checkpoint 1"

/* LK_FORMAT, with what is wrong. */
lk_status lk_checkpoint_damaged(lk_context *context, const lk_checkpoint *c, const char *what);
/* One of its texts; the caller's. */
lk_status lk_checkpoint_json(lk_context *context, const lk_checkpoint *c,
                             const lk_safetensors *file, const char *key, json_t **json);
/* LK_MISMATCH with the first option that was another `then`, to which what version 0.1 did not
 * write may be added. */
lk_status lk_checkpoint_compare(lk_context *context, const lk_checkpoint *c, json_t *then);

#endif
