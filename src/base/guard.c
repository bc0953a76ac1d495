#include "base/guard.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"

#define GROUP_AND_OTHERS 066

void lk_guard_deinit(lk_guard *guard) {
    lk_release(guard->inputs);
    lk_release(guard->outputs);
    *guard = (lk_guard){0};
}

/* Pipes and devices keep nothing that could be eaten. */
static bool keeps(const struct stat *about) {
    return S_ISREG(about->st_mode) || S_ISDIR(about->st_mode);
}

static const lk_identity *find(const lk_identity *list, int64_t count, const struct stat *about) {
    for (int64_t i = 0; i < count; i++) {
        if (list[i].inode == about->st_ino && list[i].device == about->st_dev) {
            return &list[i];
        }
    }
    return NULL;
}

static lk_status add(lk_context *context, lk_identity **list, int64_t *count, const char *name,
                     int descriptor, const struct stat *about) {
    if ((*count & (*count - 1)) == 0) { /* full at every power of two */
        int64_t capacity = *count == 0 ? 1 : 2 * *count;
        lk_identity *larger = lk_resize(*list, capacity, sizeof *larger);
        if (larger == NULL) {
            return lk_fail_no_memory(context, "a list of files",
                                     capacity * (int64_t)sizeof *larger);
        }
        *list = larger;
    }
    (*list)[(*count)++] = (lk_identity){about->st_dev, about->st_ino, descriptor, name};
    return LK_OK;
}

static lk_status refuse(lk_context *context, const char *output, const char *input) {
    return lk_fail(context, LK_INVALID,
                   "%s: would be written over an input%s%s; nothing was written: name another "
                   "output",
                   output, input != NULL ? ", " : " (a file of a folder)",
                   input != NULL ? input : "");
}

static lk_status take_input(lk_context *context, const char *name, const char *kept, int descriptor,
                            const struct stat *about) {
    lk_guard *guard = context->guard;
    const lk_identity *output =
        keeps(about) ? find(guard->outputs, guard->output_count, about) : NULL;
    if (output != NULL) {
        return refuse(context, output->name, name);
    }
    guard->hidden |= keeps(about) ? GROUP_AND_OTHERS & ~about->st_mode : 0;
    return add(context, &guard->inputs, &guard->input_count, kept, descriptor, about);
}

/* A pipe, and what is open already, whose place moves with each reading. */
static lk_status check_once(lk_context *context, const char *name, const lk_place *place) {
    const lk_guard *guard = context->guard;
    bool pipe = S_ISFIFO(place->about.st_mode) || S_ISSOCK(place->about.st_mode);
    for (int64_t i = 0; i < guard->input_count; i++) {
        const lk_identity *other = &guard->inputs[i];
        bool same = other->inode == place->about.st_ino && other->device == place->about.st_dev;
        if (same && (pipe || (place->descriptor >= 0 && other->descriptor == place->descriptor))) {
            return lk_fail(context, LK_INVALID,
                           "%s: gives its content but once, and is to be read "
                           "twice; give one of them as a file",
                           name);
        }
    }
    return LK_OK;
}

lk_status lk_guard_input(lk_context *context, const char *name) {
    lk_place place;
    if (context->guard == NULL) {
        return LK_OK;
    }
    lk_status status = lk_place_find(context, name, &place);
    if (status == LK_OK && place.there) {
        status = check_once(context, name, &place);
        status = status == LK_OK ? take_input(context, name, name, place.descriptor, &place.about)
                                 : status;
    }
    lk_place_release(&place);
    return status;
}

lk_status lk_guard_member(lk_context *context, const char *name, const struct stat *about) {
    return context->guard != NULL ? take_input(context, name, NULL, -1, about) : LK_OK;
}

static lk_status take_output(lk_context *context, const char *name, const lk_place *place) {
    lk_guard *guard = context->guard;
    const lk_identity *other = find(guard->outputs, guard->output_count, &place->about);
    if (other != NULL) {
        return lk_fail(context, LK_INVALID, "%s: is %s too; name two outputs", name, other->name);
    }
    LK_TRY(lk_guard_write(context, name, &place->about));
    return add(context, &guard->outputs, &guard->output_count, name, -1, &place->about);
}

lk_status lk_guard_output(lk_context *context, const char *name) {
    lk_place place;
    if (context->guard == NULL) {
        return LK_OK;
    }
    lk_status status = lk_place_find(context, name, &place);
    if (status == LK_OK && place.there && keeps(&place.about)) {
        status = take_output(context, name, &place);
    }
    lk_place_release(&place);
    return status;
}

lk_status lk_guard_write(lk_context *context, const char *name, const struct stat *about) {
    const lk_guard *guard = context->guard;
    const lk_identity *input =
        guard != NULL && keeps(about) ? find(guard->inputs, guard->input_count, about) : NULL;
    return input != NULL ? refuse(context, name, input->name) : LK_OK;
}

mode_t lk_guard_mode(const lk_context *context, const struct stat *replaced) {
    mode_t hidden = context != NULL && context->guard != NULL ? context->guard->hidden : 0;
    if (replaced == NULL) {
        return 0666 & ~hidden;
    }
    mode_t unread = hidden & 044; /* who may not read the inputs gets no right at all */
    return replaced->st_mode & 0777 & ~(unread | unread >> 1 | unread >> 2);
}

lk_status lk_guard_folder(lk_context *context, const char *path) {
    mode_t mode = lk_guard_mode(context, NULL);
    return mkdir(path, mode | (mode & 0444) >> 2) == 0 || errno == EEXIST
               ? LK_OK
               : lk_fail(context, LK_IO, "%s: cannot make the folder: %s", path, strerror(errno));
}
