/* Bytes of unknown number that are read or unpacked: they grow with what is really there, never
 * past a cap, nor past the memory that may be used. */
#ifndef LK_BASE_GROWING_H
#define LK_BASE_GROWING_H

#include "base/context.h"

typedef struct lk_growing {
    lk_bytes bytes;         /* owned by whoever made it; empty at first */
    int64_t capacity, most; /* most: the cap, which the caller checks */
} lk_growing;

/* Room for at least `least` bytes, at most most + 1, and the zero after them; doubles. */
lk_status lk_growing_reserve(lk_context *context, const char *path, lk_growing *growing,
                             int64_t least);
/* LK_FORMAT: more than `most`; `when` is "" or " when unpacked". */
lk_status lk_growing_too_large(lk_context *context, const char *path, const char *when,
                               int64_t most);

#endif
