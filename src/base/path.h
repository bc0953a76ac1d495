/* Where a path leads: to a file, to a pipe or a device, or to a descriptor that is open already.
 *
 * /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/N and /proc/self/fd/N, and links to them, are the
 * descriptor itself: read from where it stands, written through it, so that an append stays one. */
#ifndef LK_BASE_PATH_H
#define LK_BASE_PATH_H

#include <sys/stat.h>

#include "base/context.h"

typedef struct lk_place {
    char *path;     /* owned; links are followed, also one that leads to nothing yet */
    int descriptor; /* the open one that the path means; or -1 */
    bool linked;    /* the path is a link */
    bool there;     /* something stands there, and `about` says what */
    struct stat about;
} lk_place;

/* Fails when links go round. The place is the caller's: lk_place_release, also after a failure. */
lk_status lk_place_find(lk_context *context, const char *path, lk_place *place);
void lk_place_release(lk_place *place);
/* Whether what is written there is a file of its own, which can get its name when it is whole; else
 * it is written as it comes. */
bool lk_place_is_file(const lk_place *place);

/* As open(2), or another descriptor of the one that the path means, of its own. -1: errno says why;
 * else the caller's to close. */
int lk_place_open(const lk_place *place, int flags);

/* Whether anything stands there, links followed. */
bool lk_path_exists(const char *path);
bool lk_is_folder(const char *path);
/* The folder that a path stands in, "." where it names none, and its name there; slashes at the end
 * are part of neither. Both are the caller's (lk_release); NULL: out of memory. */
char *lk_path_folder(const char *path);
char *lk_path_name(const char *path);
/* Whether what stands there gives its content but once: a pipe, or what is open already. */
bool lk_path_gives_once(const char *path);

/* Opens for reading; a descriptor is the caller's to close. *own false: what was open already, of
 * which the offset is where it is read from. LK_IO names the path. */
lk_status lk_open(lk_context *context, const char *path, int *descriptor, bool *own);
/* Whether errno says only that a read or write is to be tried again, once this has waited for
 * `events` (poll(2)) where there is something to wait for. */
bool lk_wait(int descriptor, short events);

#endif
