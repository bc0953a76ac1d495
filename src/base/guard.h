/* What a command reads and writes: nothing eats an input. Files are the same when device and inode
 * are, links followed. A context without a guard (a library's) may read and write as it likes. */
#ifndef LK_BASE_GUARD_H
#define LK_BASE_GUARD_H

#include <sys/stat.h>

#include "base/context.h"

typedef struct lk_identity {
    dev_t device;
    ino_t inode;
    int descriptor;   /* that is open already; -1 */
    const char *name; /* not owned; NULL: one of a folder's */
} lk_identity;

typedef struct lk_guard {
    lk_identity *inputs, *outputs; /* owned */
    int64_t input_count, output_count;
    mode_t hidden; /* bits of a mode, of the group and of others, that some input does not have */
} lk_guard;

void lk_guard_deinit(lk_guard *guard);
/* What is read, before it is: refused if it is an output, or gives its content but once and is read
 * already. The name must stay. */
lk_status lk_guard_input(lk_context *context, const char *name);
/* The same for a file of a folder, whose name need not stay. */
lk_status lk_guard_member(lk_context *context, const char *name, const struct stat *about);
/* What will be written: refused if it is an input, or an output already. The name must stay. */
lk_status lk_guard_output(lk_context *context, const char *name);
/* What is about to be written, `about` what stands there: refused if it is an input. */
lk_status lk_guard_write(lk_context *context, const char *name, const struct stat *about);
/* The mode of what is written: of a new file, no wider than the inputs'; of one that is replaced,
 * its own without what is hidden. */
mode_t lk_guard_mode(const lk_context *context, const struct stat *replaced);
/* Makes a folder of such a mode, unless it is there. */
lk_status lk_guard_folder(lk_context *context, const char *path);

#endif
