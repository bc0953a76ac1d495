/* What a batch of files holds: for file_write.c. */
#ifndef LK_BASE_FILE_BATCH_H
#define LK_BASE_FILE_BATCH_H

#include "base/file.h"
#include "base/temporary.h"

typedef struct lk_held {
    lk_temporary *temporary;
    char *path;
} lk_held;

/* Takes both, whatever comes of it. */
lk_status lk_batch_take(lk_context *context, lk_batch *batch, lk_temporary *temporary, char *path);
/* A new name is on the disk only when its folder is; where folders cannot be synced, nothing better
 * can be done. */
void lk_sync_folder_of(const char *path);

#endif
