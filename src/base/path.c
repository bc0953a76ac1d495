#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define LINKS_MOST 40

static const struct {
    const char *path;
    int descriptor; /* -1: a number follows */
} descriptors[] = {
    {"/dev/stdin", STDIN_FILENO},   {"/dev/stdout", STDOUT_FILENO},
    {"/dev/stderr", STDERR_FILENO}, {"/dev/fd/", -1},
    {"/proc/self/fd/", -1},
};
#define DESCRIPTORS ((int)(sizeof descriptors / sizeof *descriptors))

/* -1: it is none. */
static int number_of(const char *text) {
    char *end;
    long number = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
    return number >= 0 && *end == '\0' && number <= INT_MAX ? (int)number : -1;
}

static int descriptor_of(const char *path) {
    for (int i = 0; i < DESCRIPTORS; i++) {
        size_t length = strlen(descriptors[i].path);
        if (descriptors[i].descriptor < 0 && strncmp(path, descriptors[i].path, length) == 0) {
            return number_of(path + length);
        }
        if (strcmp(path, descriptors[i].path) == 0) {
            return descriptors[i].descriptor;
        }
    }
    return -1;
}

/* What the link `from` says, as a path. */
static char *read_link(const char *from) {
    char text[PATH_MAX];
    ssize_t length = readlink(from, text, sizeof text - 1);
    const char *slash = strrchr(from, '/');
    text[length > 0 ? length : 0] = '\0';
    int folder = text[0] != '/' && slash != NULL ? (int)(slash - from) + 1 : 0;
    return lk_print("%.*s%s", folder, from, text);
}

static bool is_link(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

/* realpath would not do: of /dev/stdout it gives the file behind, of a link to nothing none. */
static lk_status follow(lk_context *context, const char *path, lk_place *place) {
    for (int links = 0; place->descriptor < 0 && is_link(place->path); links++) {
        char *next = links < LINKS_MOST ? read_link(place->path) : NULL;
        if (next == NULL) {
            return links < LINKS_MOST ? lk_fail_no_memory(context, "a path", PATH_MAX)
                                      : lk_fail(context, LK_IO, "%s: %s", path, strerror(ELOOP));
        }
        lk_release(place->path);
        place->path = next;
        place->linked = true;
        place->descriptor = descriptor_of(next);
    }
    return LK_OK;
}

lk_status lk_place_find(lk_context *context, const char *path, lk_place *place) {
    bool other = context != NULL && context->alias != NULL && strcmp(path, context->alias) == 0;
    path = other ? context->aliased : path;
    *place = (lk_place){.path = lk_duplicate(path), .descriptor = descriptor_of(path)};
    if (place->path == NULL) {
        return lk_fail_no_memory(context, "a path", (int64_t)strlen(path));
    }
    LK_TRY(follow(context, path, place));
    bool standard = place->descriptor == STDOUT_FILENO && context != NULL;
    place->descriptor =
        standard && context->standard_output > 0 ? context->standard_output : place->descriptor;
    if (context != NULL && context->spooled != NULL && strcmp(path, context->spooled) == 0) {
        place->descriptor = context->spool;
    }
    place->there = (place->descriptor >= 0 ? fstat(place->descriptor, &place->about)
                                           : stat(place->path, &place->about)) == 0;
    return LK_OK;
}

void lk_place_release(lk_place *place) {
    lk_release(place->path);
    *place = (lk_place){.descriptor = -1};
}

bool lk_place_is_file(const lk_place *place) {
    return place->descriptor < 0 && (!place->there || S_ISREG(place->about.st_mode));
}

int lk_place_open(const lk_place *place, int flags) {
    return place->descriptor >= 0 ? fcntl(place->descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                                  : open(place->path, flags | O_CLOEXEC);
}

/* Where the name begins that ends at *end. */
static size_t find_name(const char *path, size_t *end) {
    *end = strlen(path);
    while (*end > 1 && path[*end - 1] == '/') {
        --*end;
    }
    size_t begin = *end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    return begin;
}

char *lk_path_folder(const char *path) {
    size_t end, begin = find_name(path, &end);
    return begin > 0 ? lk_duplicate_part(path, begin) : lk_duplicate(".");
}

char *lk_path_name(const char *path) {
    size_t end, begin = find_name(path, &end);
    return lk_duplicate_part(path + begin, end - begin);
}

bool lk_path_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0;
}

bool lk_is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

bool lk_path_gives_once(const char *path) {
    lk_place place;
    bool once = lk_place_find(NULL, path, &place) == LK_OK && place.there &&
                !S_ISDIR(place.about.st_mode) &&
                (place.descriptor >= 0 || !S_ISREG(place.about.st_mode));
    lk_place_release(&place);
    return once;
}

lk_status lk_open(lk_context *context, const char *path, int *descriptor, bool *own) {
    lk_place place;
    lk_status status = lk_place_find(context, path, &place);
    *descriptor = -1;
    *own = place.descriptor < 0;
    if (status == LK_OK) {
        *descriptor = lk_place_open(&place, O_RDONLY);
    }
    if (status == LK_OK && *descriptor < 0) {
        status = lk_fail(context, LK_IO, "%s: cannot open: %s", path, strerror(errno));
    }
    lk_place_release(&place);
    return status;
}

/* A terminal or pipe may have been made not to block by whoever had it before. */
bool lk_wait(int descriptor, short events) {
    if (errno == EAGAIN) {
        poll(&(struct pollfd){.fd = descriptor, .events = events}, 1, -1);
        return true;
    }
    return errno == EINTR;
}
