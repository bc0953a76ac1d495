/* What can be read but once, as from a pipe, for whoever reads at any place, more than once. */
#ifndef LK_BASE_SPOOL_H
#define LK_BASE_SPOOL_H

#include "base/context.h"

/* $TMPDIR, or /tmp. */
const char *lk_spool_folder(void);
/* All of these bytes, or all that `from` still gives, to a file that stands there. */
lk_status lk_spool_put(lk_context *context, const char *name, int to, const uint8_t *data,
                       int64_t size);
lk_status lk_spool_copy(lk_context *context, const char *name, int from, int to);
/* Copies all that `from` still gives into a file without a name, in $TMPDIR or /tmp, which ends
 * with its descriptor, the caller's. `name` is for messages. */
lk_status lk_spool(lk_context *context, const char *name, int from, int *spooled);
/* An empty one, to be written and read. */
lk_status lk_spool_empty(lk_context *context, int *spooled);

/* Copies what a path gives but once, so that the context's files find it at its start under the
 * same path whenever it is opened; what is no pipe or device stays as it is. Of one path at a
 * time. */
lk_status lk_spool_path(lk_context *context, const char *path);
void lk_spool_forget(lk_context *context);

#endif
