/* The list is slots that are claimed and left by compare-and-swap; a name in a slot belongs to
 * whoever takes it out: its writer, or a handler that unlinks it. It is the process's own, as its
 * signals are, and with lk_memory_watch the only thing that no context holds. */
#include "base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define SLOTS 64 /* of a block */
#define ATTEMPTS_MOST 1000
#define LOCK_ATTEMPTS 5
#define INFIX ".tmp-"
#define LOCK_NAME "lock"

typedef _Atomic(char *) slot;

typedef struct block {
    slot slots[SLOTS];
    _Atomic(struct block *) next;
} block;

static block first;

struct lk_temporary {
    char *path; /* owned, unless a handler took it */
    slot *slot;
    int lock; /* the descriptor of a lock; -1 */
};

/* ---- the list -------------------------------------------------------------------------------- */

static slot *put_into(block *b, char *path) {
    for (int i = 0; i < SLOTS; i++) {
        char *empty = NULL;
        if (atomic_compare_exchange_strong(&b->slots[i], &empty, path)) {
            return &b->slots[i];
        }
    }
    return NULL;
}

/* NULL: out of memory. Blocks stay, for whoever walks along them. */
static slot *enlist(char *path) {
    slot *found = NULL;
    for (block *b = &first; (found = put_into(b, path)) == NULL; b = atomic_load(&b->next)) {
        block *made = atomic_load(&b->next) == NULL ? lk_allocate(1, sizeof *made) : NULL,
              *end = NULL;
        if (made == NULL && atomic_load(&b->next) == NULL) {
            return NULL;
        }
        if (made != NULL && !atomic_compare_exchange_strong(&b->next, &end, made)) {
            lk_release(made);
        }
    }
    return found;
}

void lk_temporaries_remove(void) {
    int error = errno;
    for (block *b = &first; b != NULL; b = atomic_load(&b->next)) {
        for (int i = 0; i < SLOTS; i++) {
            char *path = atomic_exchange(&b->slots[i], NULL);
            if (path != NULL) {
                unlink(path);
            }
        }
    }
    errno = error;
}

/* Takes the path. */
static lk_status make(lk_context *context, char *path, lk_temporary **temporary) {
    lk_temporary *made = lk_allocate(1, sizeof *made);
    *temporary = NULL;
    slot *own = made != NULL && path != NULL ? enlist(path) : NULL;
    if (own == NULL) {
        lk_release(path);
        lk_release(made);
        return lk_fail_no_memory(context, "a file's name", FILENAME_MAX);
    }
    *made = (lk_temporary){.path = path, .slot = own, .lock = -1};
    *temporary = made;
    return LK_OK;
}

static void end(lk_temporary *temporary) {
    char *own = temporary->path;
    if (atomic_compare_exchange_strong(temporary->slot, &own, NULL)) {
        lk_release(temporary->path);
    }
    if (temporary->lock >= 0) {
        close(temporary->lock);
    }
    lk_release(temporary);
}

bool lk_temporary_rename(lk_temporary *temporary, const char *path) {
    struct stat about;
    if (lstat(temporary->path, &about) == 0 && (about.st_mode & LK_TEMPORARY_MARK) != 0 &&
        chmod(temporary->path, about.st_mode & 0777) != 0) {
        return false;
    }
    bool renamed = rename(temporary->path, path) == 0;
    if (renamed) {
        end(temporary);
    }
    return renamed;
}

void lk_temporary_remove(lk_temporary *temporary) {
    if (temporary != NULL) {
        unlink(temporary->path);
        end(temporary);
    }
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Of names so long that nothing fits behind them, so many bytes are taken. */
#define NAME_BYTES_MOST 220

/* How many bytes of the path begin a temporary's: no name grows beyond what file systems take, and
 * none is cut inside a character. */
static int begins(const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    size_t most = strlen(base);
    for (most = most < NAME_BYTES_MOST ? most : NAME_BYTES_MOST;
         most > 0 && ((unsigned char)base[most] & 0xC0) == 0x80;) {
        most--;
    }
    return (int)((size_t)(base - path) + most);
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool is_marked(int descriptor) {
    struct stat about;
    return fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) &&
           (about.st_mode & LK_TEMPORARY_MARK) != 0 && about.st_uid == geteuid();
}

/* Removes what is marked and nobody has locked, while it is locked: who waits for the lock looks
 * again. Where files cannot be locked all that are marked are taken for left. */
static void remove_left(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor >= 0) {
        bool ours = is_marked(descriptor);
        if (ours && (flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)) {
            unlink(path);
        }
        close(descriptor);
    }
}

static lk_status cannot_create(lk_context *context, const char *path, int error) {
    return lk_fail(context, LK_IO, "%s: cannot create: %s", path, strerror(error));
}

/* Marked from the first on; where open() does not do that, a moment later. */
static int open_marked(const char *path, int how, mode_t mode) {
    int descriptor =
        open(path, how | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode | LK_TEMPORARY_MARK);
    struct stat about;
    if (descriptor >= 0 && !is_marked(descriptor) && fstat(descriptor, &about) == 0) {
        fchmod(descriptor, (about.st_mode & 0777) | LK_TEMPORARY_MARK);
    }
    return descriptor;
}

static int open_new(const char *path, mode_t mode) {
    int descriptor = open_marked(path, O_WRONLY, mode);
    if (descriptor < 0 && errno == EEXIST) { /* of a process that had our number? */
        remove_left(path);
        descriptor = open_marked(path, O_WRONLY, mode);
    }
    if (descriptor >= 0) {
        flock(descriptor, LOCK_EX | LOCK_NB);
    }
    return descriptor;
}

/* In the list before it is there: a signal may come between the two. */
lk_status lk_temporary_create(lk_context *context, const char *path, mode_t mode,
                              lk_temporary **temporary, int *descriptor) {
    struct stat about;
    int error = lstat(path, &about) != 0 && errno == ENAMETOOLONG ? ENAMETOOLONG : EEXIST;
    *descriptor = -1;
    *temporary = NULL;
    for (int k = 0; k < ATTEMPTS_MOST && error == EEXIST; k++) {
        long pid = (long)getpid();
        LK_TRY(make(context,
                    k == 0 ? lk_print("%.*s" INFIX "%ld", begins(path), path, pid)
                           : lk_print("%.*s" INFIX "%ld-%d", begins(path), path, pid, k),
                    temporary));
        *descriptor = open_new((*temporary)->path, mode);
        if (*descriptor >= 0) {
            return LK_OK;
        }
        error = errno;
        end(*temporary);
        *temporary = NULL;
    }
    return cannot_create(context, path, error);
}

/* ---- locking --------------------------------------------------------------------------------- */

static bool lock(int descriptor) {
    const struct timespec moment = {.tv_nsec = 20000000};
    for (int i = 0; i < LOCK_ATTEMPTS; i++) { /* somebody may only be looking whether it is held */
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
            return true; /* where files cannot be locked, nobody is kept out */
        }
        nanosleep(&moment, NULL);
    }
    return false;
}

/* The file that was locked may have been removed since it was opened. */
static bool still_there(int descriptor, const char *path) {
    struct stat own, there;
    return fstat(descriptor, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino &&
           own.st_dev == there.st_dev;
}

static lk_status refuse_held(lk_context *context, const char *path, int descriptor) {
    char holder[32] = "?";
    ssize_t length = pread(descriptor, holder, sizeof holder - 1, 0);
    holder[length > 0 ? length : 1] = '\0';
    return lk_fail(context, LK_MISMATCH,
                   "%s: process %s is working on it; wait for its end, or name another file", path,
                   holder);
}

/* Holds the lock of `name`; *descriptor -1: it was removed meanwhile. */
static lk_status take_lock(lk_context *context, const char *path, const char *name,
                           int *descriptor) {
    lk_status status = LK_OK;
    *descriptor = open_marked(name, O_RDWR, 0666);
    if (*descriptor < 0 && errno == EEXIST) {
        *descriptor = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    }
    if (*descriptor < 0) {
        return errno == ENOENT ? LK_OK : cannot_create(context, path, errno);
    }
    if (!is_marked(*descriptor) && still_there(*descriptor, name)) {
        status = lk_fail(context, LK_INVALID,
                         "%s: %s stands in the way, which is no lock of ours: move it", path, name);
    } else if (!lock(*descriptor)) {
        status = refuse_held(context, path, *descriptor);
    }
    if (status != LK_OK || !still_there(*descriptor, name)) {
        close(*descriptor);
        *descriptor = -1;
    }
    return status;
}

/* Takes the name. */
static lk_status make_lock(lk_context *context, const char *path, char *name,
                           lk_temporary **temporary) {
    int descriptor = -1;
    char number[32];
    int length = snprintf(number, sizeof number, "%ld", (long)getpid());
    lk_status status = name != NULL ? LK_OK : lk_fail_no_memory(context, "a name", FILENAME_MAX);
    while (status == LK_OK && descriptor < 0) {
        status = take_lock(context, path, name, &descriptor);
    }
    if (status != LK_OK) {
        lk_release(name);
        return status;
    }
    status = make(context, name, temporary);
    if (status != LK_OK) {
        close(descriptor);
        return status;
    }
    (*temporary)->lock = descriptor;
    if (ftruncate(descriptor, 0) == 0 && write(descriptor, number, (size_t)length) == length) {
        return LK_OK;
    }
    status = lk_fail(context, LK_IO, "%s: cannot lock it: %s", path, strerror(errno));
    lk_temporary_remove(*temporary);
    *temporary = NULL;
    return status;
}

/* In the list only once it is ours, since a handler must not remove another's; so none comes in
 * between. */
lk_status lk_temporary_lock(lk_context *context, const char *path, lk_temporary **temporary) {
    sigset_t all, before;
    *temporary = NULL;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    lk_status status =
        make_lock(context, path, lk_print("%.*s" INFIX LOCK_NAME, begins(path), path), temporary);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* ---- what others left ------------------------------------------------------------------------ */

/* PID or PID-K, of a process that is gone or had our number */
static bool is_gone(const char *text) {
    char *behind;
    long pid = *text >= '1' && *text <= '9' ? strtol(text, &behind, 10) : 0;
    if (pid == 0) {
        return false;
    }
    behind += *behind == '-' ? 1 + strspn(behind + 1, "0123456789") : 0;
    bool gone = pid == (long)getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH);
    return *behind == '\0' && gone;
}

static bool is_ours(const char *name, const char *base) {
    size_t length = (size_t)begins(base), infix = strlen(INFIX);
    return strncmp(name, base, length) == 0 && strncmp(name + length, INFIX, infix) == 0 &&
           (strcmp(name + length + infix, LOCK_NAME) == 0 || is_gone(name + length + infix));
}

void lk_temporaries_sweep(const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    char *folder =
        slash != NULL ? lk_duplicate_part(path, (size_t)(base - path)) : lk_duplicate("./");
    DIR *stream = folder != NULL ? opendir(folder) : NULL;
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        char *left = is_ours(entry->d_name, base) ? lk_print("%s%s", folder, entry->d_name) : NULL;
        if (left != NULL) {
            remove_left(left);
        }
        lk_release(left);
    }
    if (stream != NULL) {
        closedir(stream);
    }
    lk_release(folder);
}
