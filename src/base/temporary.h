/* Files that are to vanish unless they get a name of their own: PATH.tmp-PID. All that this process
 * has stand in a list that a signal handler may walk. The library sets no handlers; a program that
 * dies by a signal may call lk_temporaries_remove in its own (the command does).
 *
 * What a killed process left is removed by the next one that writes the same PATH. A name alone
 * says nothing of whose a file is, so that ours have a mark beside, which goes before a file gets
 * its own name: the sticky bit of the mode, which means nothing on a file and which nobody sets.
 * Whatever has no mark stays, be it of somebody else or on a disk that keeps no such bit. */
#ifndef LK_BASE_TEMPORARY_H
#define LK_BASE_TEMPORARY_H

#include <sys/stat.h>

#include "base/context.h"

typedef struct lk_temporary lk_temporary;

/* To be kept in the mode of a temporary that is given another one. */
#define LK_TEMPORARY_MARK S_ISVTX

/* PATH.tmp-PID, new, open for writing; `mode` as of open(2). LK_IO names `path`, and the temporary
 * is then NULL. */
lk_status lk_temporary_create(lk_context *context, const char *path, mode_t mode,
                              lk_temporary **temporary, int *descriptor);
/* PATH.tmp-lock, which one process at a time may have: LK_MISMATCH says which one has it. It goes
 * with its process, however that ends. */
lk_status lk_temporary_lock(lk_context *context, const char *path, lk_temporary **temporary);
/* Both end the temporary; the first gives the file its name, or leaves errno and the file to the
 * second. remove(NULL) is allowed. */
bool lk_temporary_rename(lk_temporary *temporary, const char *path);
void lk_temporary_remove(lk_temporary *temporary);

/* Removes what processes that are gone left beside PATH. */
void lk_temporaries_sweep(const char *path);
/* Removes all temporaries of this process, which is about to die. Async-signal-safe. */
void lk_temporaries_remove(void);

#endif
