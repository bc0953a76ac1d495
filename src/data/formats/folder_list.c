#include "data/formats/folder_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/guard.h"
#include "base/memory.h"

#define DEPTH_MOST 32

/* ---- listing --------------------------------------------------------------------------------- */

static bool has_ending(const char *name, const char *const *endings) {
    size_t length = strlen(name);
    for (; *endings != NULL; ++endings) {
        size_t size = strlen(*endings);
        if (length > size && strcasecmp(name + length - size, *endings) == 0) {
            return true;
        }
    }
    return false;
}

static char *join(const char *folder, const char *name) {
    size_t length = strlen(folder);
    return lk_print("%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
}

/* Takes the name. */
static lk_status add(lk_context *context, lk_folder *list, char *name, int32_t label) {
    if ((list->count & (list->count - 1)) == 0) { /* full at every power of two */
        int64_t capacity = list->count == 0 ? 1 : 2 * list->count;
        lk_folder_file *files = lk_resize(list->files, capacity, sizeof *files);
        if (files == NULL) {
            lk_release(name);
            return lk_fail_no_memory(context, "a list of files", capacity * (int64_t)sizeof *files);
        }
        list->files = files;
    }
    if (name == NULL) {
        return lk_fail_no_memory(context, "a name", 1);
    }
    list->files[list->count++] = (lk_folder_file){.name = name, .label = label};
    return LK_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const lk_folder_file *)a)->name, ((const lk_folder_file *)b)->name);
}

static void sort(lk_folder *list) {
    if (list->count > 1) {
        qsort(list->files, (size_t)list->count, sizeof *list->files, by_name);
    }
}

/* What is looked for, and found. */
typedef struct search {
    const char *const *endings;
    int32_t label;              /* that files get */
    int32_t depth;              /* folders within folders */
    lk_folder *files, *folders; /* folders NULL: their files are wanted too */
} search;

static lk_status scan(lk_context *context, const search *how, const char *path, const char *within);

/* Sorts an entry into files or folders, or neither. The path is the entry's own, `inside` is its
 * name in the list. */
static lk_status add_entry(lk_context *context, const search *how, const char *path,
                           const char *inside, const char *name) {
    struct stat about;
    if (stat(path, &about) != 0) {
        return lk_fail(context, LK_IO, "%s: cannot look at it: %s", path, strerror(errno));
    }
    if (S_ISREG(about.st_mode) && has_ending(name, how->endings)) {
        LK_TRY(lk_guard_member(context, path, &about));
        return add(context, how->files, lk_duplicate(inside), how->label);
    }
    if (!S_ISDIR(about.st_mode) || how->folders != NULL) {
        return S_ISDIR(about.st_mode) ? add(context, how->folders, lk_duplicate(name), -1) : LK_OK;
    }
    search deeper = *how;
    deeper.depth++;
    return deeper.depth <= DEPTH_MOST
               ? scan(context, &deeper, path, inside)
               : lk_fail(context, LK_INVALID,
                         "%s: more than %d folders within each other; is it a circle of links?",
                         path, DEPTH_MOST);
}

/* The entries of path (in the list as within/NAME). */
static lk_status scan(lk_context *context, const search *how, const char *path,
                      const char *within) {
    DIR *stream = opendir(path);
    if (stream == NULL) {
        return lk_fail(context, LK_IO, "%s: cannot open the folder: %s", path, strerror(errno));
    }
    lk_status status = LK_OK;
    for (struct dirent *entry; status == LK_OK && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char *file = join(path, entry->d_name);
        char *inside = within != NULL ? join(within, entry->d_name) : lk_duplicate(entry->d_name);
        status = file != NULL && inside != NULL
                     ? add_entry(context, how, file, inside, entry->d_name)
                     : lk_fail_no_memory(context, path, (int64_t)strlen(path));
        lk_release(file);
        lk_release(inside);
    }
    closedir(stream);
    return status;
}

/* The parts of a data set in folders of their own are no classes. */
static lk_status refuse_parts(lk_context *context, const lk_folder *classes) {
    static const char *const parts[] = {"train",      "training", "val",    "valid",
                                        "validation", "test",     "testing"};
    int64_t found = 0;
    for (int64_t i = 0; i < classes->count; ++i) {
        for (size_t p = 0; p < sizeof parts / sizeof parts[0]; ++p) {
            found += strcasecmp(classes->files[i].name, parts[p]) == 0;
        }
    }
    if (found < 2 || found < classes->count) {
        return LK_OK;
    }
    return lk_fail(
        context, LK_INVALID,
        "%s: holds the parts of a data set (%s, %s), not classes of pictures; give one of them",
        classes->path, classes->files[0].name, classes->files[1].name);
}

/* Subfolders, and folders within them: the first of a name are the classes, unless pictures stand
 * beside them. */
static lk_status scan_subfolders(lk_context *context, const lk_folder *subfolders,
                                 const char *const *endings, lk_folder *folder) {
    bool classes = folder->count == 0;
    LK_TRY(classes ? refuse_parts(context, subfolders) : LK_OK);
    for (int64_t i = 0; i < subfolders->count; ++i) {
        const char *name = subfolders->files[i].name;
        search how = {.endings = endings, .label = -1, .depth = 1, .files = folder};
        LK_TRY(classes ? lk_dictionary_add(context, &folder->classes, name, (int64_t)strlen(name),
                                           &how.label)
                       : LK_OK);
        char *path = join(folder->path, name);
        lk_status status = path != NULL ? scan(context, &how, path, name)
                                        : lk_fail_no_memory(context, name, (int64_t)strlen(name));
        lk_release(path);
        LK_TRY(status);
    }
    return LK_OK;
}

lk_status lk_folder_list(lk_context *context, const char *path, const char *const *endings,
                         lk_folder *folder) {
    lk_folder subfolders = {.path = path};
    *folder = (lk_folder){.path = path};
    const search how = {.endings = endings, .label = -1, .files = folder, .folders = &subfolders};
    lk_status status = scan(context, &how, path, NULL);
    if (status == LK_OK) {
        sort(&subfolders);
        status = scan_subfolders(context, &subfolders, endings, folder);
    }
    lk_folder_deinit(&subfolders);
    if (status != LK_OK) {
        lk_folder_deinit(folder);
        return status;
    }
    sort(folder);
    return LK_OK;
}

void lk_folder_deinit(lk_folder *folder) {
    for (int64_t i = 0; i < folder->count; ++i) {
        lk_release(folder->files[i].name);
    }
    lk_release(folder->files);
    lk_dictionary_deinit(&folder->classes);
    folder->files = NULL;
    folder->count = 0;
}

lk_status lk_folder_read(lk_context *context, const lk_folder *folder, int64_t index, char **path,
                         lk_bytes *bytes) {
    *bytes = (lk_bytes){0};
    *path = join(folder->path, folder->files[index].name);
    return *path != NULL ? lk_file_read(context, *path, LK_DATA_BYTES_MOST, bytes)
                         : lk_fail_no_memory(context, folder->path, (int64_t)strlen(folder->path));
}
