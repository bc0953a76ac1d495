/* What a command reads and writes: nothing eats an input, and no two outputs are one. Files are the
 * same when device and inode are, links followed; files that are not there yet when their folder is
 * and their last name. A context without a guard (a library's) may read and write as it likes. */
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

/* An output: what stands there, if something does that can be eaten, and where that is. */
typedef struct lk_target {
    lk_identity file; /* device and inode 0: nothing yet, or what keeps nothing */
    dev_t folder_device;
    ino_t folder_inode; /* 0: there is no such folder */
    char *last;         /* owned: the name in it */
} lk_target;

typedef struct lk_guard {
    lk_identity *inputs; /* owned */
    lk_target *outputs;  /* owned */
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
/* A file of a folder that is an output: refused if it is another output. */
lk_status lk_guard_output_member(lk_context *context, const char *name);
/* The same of what stands open to be written, whatever its name; it may be an output already. */
lk_status lk_guard_open_output(lk_context *context, const char *name, int descriptor);
/* What is about to be written, `about` what stands there: refused if it is an input. */
lk_status lk_guard_write(lk_context *context, const char *name, const struct stat *about);
/* Whether what stands open is an input, so that nothing may be said there. */
bool lk_guard_is_input(const lk_context *context, int descriptor);
/* The mode of what is written: of a new file, no wider than the inputs'; of one that is replaced,
 * its own without what is hidden. */
mode_t lk_guard_mode(const lk_context *context, const struct stat *replaced);
/* Makes a folder of such a mode, unless it is there. */
lk_status lk_guard_folder(lk_context *context, const char *path);

#endif
