#include "base/guard.h"

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
                     const struct stat *about) {
    if ((*count & (*count - 1)) == 0) { /* full at every power of two */
        int64_t capacity = *count == 0 ? 1 : 2 * *count;
        lk_identity *larger = lk_resize(*list, capacity, sizeof *larger);
        if (larger == NULL) {
            return lk_fail_no_memory(context, "a list of files",
                                     capacity * (int64_t)sizeof *larger);
        }
        *list = larger;
    }
    (*list)[(*count)++] = (lk_identity){about->st_dev, about->st_ino, name};
    return LK_OK;
}

static lk_status refuse(lk_context *context, const char *output, const char *input) {
    return lk_fail(context, LK_INVALID,
                   "%s: would be written over an input%s%s; nothing was written: name another "
                   "output",
                   output, input != NULL ? ", " : " (a file of a folder)",
                   input != NULL ? input : "");
}

static lk_status take_input(lk_context *context, const char *name, const char *kept,
                            const struct stat *about) {
    lk_guard *guard = context->guard;
    const lk_identity *output = find(guard->outputs, guard->output_count, about);
    if (output != NULL) {
        return refuse(context, output->name, name);
    }
    mode_t readers = about->st_mode & GROUP_AND_OTHERS;
    guard->hidden |= GROUP_AND_OTHERS & ~readers;
    return add(context, &guard->inputs, &guard->input_count, kept, about);
}

static lk_status look(lk_context *context, const char *name, struct stat *about, bool *there) {
    lk_place place;
    lk_status status = lk_place_find(context, name, &place);
    *there = status == LK_OK && place.there && keeps(&place.about);
    *about = place.about;
    lk_place_release(&place);
    return status;
}

lk_status lk_guard_input(lk_context *context, const char *name) {
    struct stat about;
    bool there = false;
    LK_TRY(context->guard != NULL ? look(context, name, &about, &there) : LK_OK);
    return there ? take_input(context, name, name, &about) : LK_OK;
}

lk_status lk_guard_member(lk_context *context, const char *name, const struct stat *about) {
    return context->guard != NULL ? take_input(context, name, NULL, about) : LK_OK;
}

lk_status lk_guard_output(lk_context *context, const char *name) {
    lk_guard *guard = context->guard;
    struct stat about;
    bool there = false;
    LK_TRY(guard != NULL ? look(context, name, &about, &there) : LK_OK);
    if (!there) {
        return LK_OK;
    }
    const lk_identity *other = find(guard->outputs, guard->output_count, &about);
    if (other != NULL) {
        return lk_fail(context, LK_INVALID, "%s: is %s too; name two outputs", name, other->name);
    }
    LK_TRY(lk_guard_write(context, name, &about));
    return add(context, &guard->outputs, &guard->output_count, name, &about);
}

lk_status lk_guard_write(lk_context *context, const char *name, const struct stat *about) {
    const lk_guard *guard = context->guard;
    const lk_identity *input =
        guard != NULL ? find(guard->inputs, guard->input_count, about) : NULL;
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
