#include "base/guard.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"

#define GROUP_AND_OTHERS 066
#define LIST "a list of files"

void lk_guard_deinit(lk_guard *guard) {
    for (int64_t i = 0; i < guard->output_count; i++) {
        lk_release(guard->outputs[i].last);
    }
    lk_release(guard->inputs);
    lk_release(guard->outputs);
    *guard = (lk_guard){0};
}

/* Pipes and devices keep nothing that could be eaten. */
static bool keeps(const struct stat *about) {
    return S_ISREG(about->st_mode) || S_ISDIR(about->st_mode);
}

static bool is(const lk_identity *file, const struct stat *about) {
    return file->inode == about->st_ino && file->device == about->st_dev;
}

static const lk_identity *find_input(const lk_guard *guard, const struct stat *about) {
    for (int64_t i = 0; keeps(about) && i < guard->input_count; i++) {
        if (is(&guard->inputs[i], about)) {
            return &guard->inputs[i];
        }
    }
    return NULL;
}

static const lk_target *find_output(const lk_guard *guard, const struct stat *about) {
    for (int64_t i = 0; keeps(about) && i < guard->output_count; i++) {
        if (is(&guard->outputs[i].file, about)) {
            return &guard->outputs[i];
        }
    }
    return NULL;
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
    const lk_target *output = find_output(guard, about);
    lk_identity *list = lk_room_for_one(guard->inputs, guard->input_count, sizeof *list);
    if (list == NULL) {
        return lk_fail_no_memory(context, LIST, (guard->input_count + 1) * (int64_t)sizeof *list);
    }
    guard->inputs = list;
    guard->hidden |= keeps(about) ? GROUP_AND_OTHERS & ~about->st_mode : 0;
    list[guard->input_count++] = (lk_identity){about->st_dev, about->st_ino, descriptor, kept};
    return output == NULL ? LK_OK : refuse(context, output->file.name, name);
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

/* ---- outputs --------------------------------------------------------------------------------- */

static lk_status find_folder(lk_context *context, const char *path, lk_target *target) {
    struct stat about;
    char *folder = lk_path_folder(path);
    target->last = lk_path_name(path);
    if (folder != NULL && stat(folder, &about) == 0) {
        target->folder_device = about.st_dev;
        target->folder_inode = about.st_ino;
    }
    bool made = folder != NULL && target->last != NULL;
    lk_release(folder);
    return made ? LK_OK : lk_fail_no_memory(context, "a name", (int64_t)strlen(path));
}

static bool same(const lk_target *a, const lk_target *b) {
    const lk_identity *x = &a->file, *y = &b->file;
    return (x->inode != 0 && x->inode == y->inode && x->device == y->device) ||
           (x->descriptor >= 0 && x->descriptor == y->descriptor) ||
           (a->folder_inode != 0 && a->folder_inode == b->folder_inode &&
            a->folder_device == b->folder_device && strcmp(a->last, b->last) == 0);
}

static lk_status refuse_twice(lk_context *context, const lk_target *target) {
    const lk_guard *guard = context->guard;
    for (int64_t i = 0; i < guard->output_count; i++) {
        if (same(&guard->outputs[i], target)) {
            return lk_fail(context, LK_INVALID,
                           "%s: is to be written twice, also as %s; name two outputs",
                           target->file.name, guard->outputs[i].file.name);
        }
    }
    return LK_OK;
}

/* Takes target->last, also when it fails. */
static lk_status add_output(lk_context *context, lk_target *target) {
    lk_guard *guard = context->guard;
    lk_target *list = lk_room_for_one(guard->outputs, guard->output_count, sizeof *list);
    if (list == NULL) {
        lk_release(target->last);
        return lk_fail_no_memory(context, LIST, (guard->output_count + 1) * (int64_t)sizeof *list);
    }
    guard->outputs = list;
    list[guard->output_count++] = *target;
    return LK_OK;
}

/* What a place is, if it is no output yet; target->last is the caller's, also after a failure. */
static lk_status find_target(lk_context *context, const char *name, const lk_place *place,
                             lk_target *target) {
    *target = (lk_target){.file = {.descriptor = place->descriptor, .name = name}};
    if (place->there) {
        target->file.device = place->about.st_dev;
        target->file.inode = place->about.st_ino;
    }
    LK_TRY(find_folder(context, place->path, target));
    return refuse_twice(context, target);
}

static lk_status take_output(lk_context *context, const char *name, const lk_place *place) {
    lk_target target;
    LK_TRY(place->there ? lk_guard_write(context, name, &place->about) : LK_OK);
    lk_status status = find_target(context, name, place, &target);
    if (status != LK_OK) {
        lk_release(target.last);
        return status;
    }
    return add_output(context, &target);
}

/* Devices may be written by as many as like. */
lk_status lk_guard_output(lk_context *context, const char *name) {
    lk_place place;
    if (context->guard == NULL) {
        return LK_OK;
    }
    lk_status status = lk_place_find(context, name, &place);
    bool device = place.there && place.descriptor < 0 &&
                  (S_ISCHR(place.about.st_mode) || S_ISBLK(place.about.st_mode));
    status = status == LK_OK && !device ? take_output(context, name, &place) : status;
    lk_place_release(&place);
    return status;
}

lk_status lk_guard_output_member(lk_context *context, const char *name) {
    lk_place place;
    lk_target target = {0};
    if (context->guard == NULL) {
        return LK_OK;
    }
    lk_status status = lk_place_find(context, name, &place);
    status = status == LK_OK ? find_target(context, name, &place, &target) : status;
    lk_release(target.last);
    lk_place_release(&place);
    return status;
}

lk_status lk_guard_open_output(lk_context *context, const char *name, int descriptor) {
    struct stat about;
    if (context->guard == NULL || fstat(descriptor, &about) != 0 || !keeps(&about) ||
        find_output(context->guard, &about) != NULL) {
        return LK_OK;
    }
    LK_TRY(lk_guard_write(context, name, &about));
    lk_target target = {.file = {about.st_dev, about.st_ino, descriptor, name}};
    target.last = lk_duplicate(name);
    return target.last != NULL ? add_output(context, &target)
                               : lk_fail_no_memory(context, "a name", (int64_t)strlen(name));
}

bool lk_guard_is_input(const lk_context *context, int descriptor) {
    struct stat about;
    return context->guard != NULL && fstat(descriptor, &about) == 0 &&
           find_input(context->guard, &about) != NULL;
}

lk_status lk_guard_write(lk_context *context, const char *name, const struct stat *about) {
    const lk_identity *input = context->guard != NULL ? find_input(context->guard, about) : NULL;
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
