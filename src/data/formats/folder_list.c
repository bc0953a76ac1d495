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
#include "data/text.h"

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
    lk_folder_file *files = lk_room_for_one(list->files, list->count, sizeof *files);
    if (files == NULL) {
        lk_release(name);
        return lk_fail_no_memory(context, "a list of files",
                                 (list->count + 1) * (int64_t)sizeof *files);
    }
    list->files = files;
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

static lk_status leave_out(lk_context *context, lk_left_out *kind, const char *name) {
    kind->count++;
    if (kind->first != NULL && strcmp(kind->first, name) <= 0) {
        return LK_OK;
    }
    lk_release(kind->first);
    kind->first = lk_duplicate(name);
    return kind->first != NULL ? LK_OK : lk_fail_no_memory(context, "a name", 1);
}

/* What is looked for, and found. */
typedef struct search {
    const char *const *endings;
    int32_t label;              /* that files get */
    int32_t depth;              /* folders within folders */
    lk_folder *files, *folders; /* folders NULL: their files are wanted too */
} search;

static lk_status scan(lk_context *context, const search *how, const char *path, const char *within);

/* A link to what is not there, or that goes round; `error` is of the attempt to follow it. */
static bool leads_nowhere(const char *path, int error) {
    struct stat about;
    bool nowhere = error == ENOENT || error == ENOTDIR || error == ELOOP;
    return nowhere && lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

/* Sorts an entry into files or folders, or neither. The path is the entry's own, `inside` is its
 * name in the list. */
static lk_status add_entry(lk_context *context, const search *how, const char *path,
                           const char *inside, const char *name) {
    struct stat about;
    if (stat(path, &about) != 0) {
        int error = errno;
        return leads_nowhere(path, error)
                   ? leave_out(context, &how->files->broken, inside)
                   : lk_fail(context, LK_IO, "%s: cannot look at it: %s", path, strerror(error));
    }
    if (S_ISREG(about.st_mode) && has_ending(name, how->endings)) {
        LK_TRY(lk_guard_member(context, path, &about));
        return add(context, how->files, lk_duplicate(inside), how->label);
    }
    if (!S_ISDIR(about.st_mode)) {
        return leave_out(context, &how->files->other, inside);
    }
    if (how->folders != NULL) {
        return add(context, how->folders, lk_duplicate(name), -1);
    }
    search deeper = *how;
    deeper.depth++;
    return deeper.depth <= DEPTH_MOST
               ? scan(context, &deeper, path, inside)
               : lk_fail(context, LK_INVALID,
                         "%s: more than %d folders within each other; is it a circle of links?",
                         path, DEPTH_MOST);
}

static bool is_hidden(const char *name) {
    return name[0] == '.' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
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
        const char *name = entry->d_name;
        if (name[0] == '.' && !is_hidden(name)) {
            continue;
        }
        char *file = join(path, name);
        char *inside = within != NULL ? join(within, name) : lk_duplicate(name);
        status = file == NULL || inside == NULL
                     ? lk_fail_no_memory(context, path, (int64_t)strlen(path))
                 : is_hidden(name) ? leave_out(context, &how->files->hidden, inside)
                                   : add_entry(context, how, file, inside, name);
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

/* ---- what is left out ------------------------------------------------------------------------ */

lk_status lk_folder_drop_empty(lk_context *context, lk_folder *folder) {
    int64_t kept = 0;
    lk_status status = LK_OK;
    for (int64_t i = 0; i < folder->count; ++i) {
        struct stat about;
        lk_folder_file file = folder->files[i];
        char *path = status == LK_OK ? join(folder->path, file.name) : NULL;
        if (status == LK_OK && path == NULL) {
            status = lk_fail_no_memory(context, "a name", 1);
        }
        if (path == NULL || stat(path, &about) != 0 || about.st_size > 0) {
            folder->files[kept++] = file; /* what cannot be looked at is told when it is opened */
        } else {
            status = leave_out(context, &folder->empty, file.name);
            lk_release(file.name);
        }
        lk_release(path);
    }
    folder->count = kept;
    return status;
}

lk_status lk_folder_tell(lk_context *context, const lk_folder *folder, char **line) {
    const struct {
        const lk_left_out *kind;
        const char *one, *many;
    } kinds[] = {{&folder->hidden, "hidden file or folder", "hidden files or folders"},
                 {&folder->empty, "empty file", "empty files"},
                 {&folder->broken, "link that leads nowhere", "links that lead nowhere"},
                 {&folder->other, "file of another kind", "files of other kinds"}};
    *line = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; ++k) {
        const lk_left_out *left = kinds[k].kind;
        char quoted[LK_QUOTE_CAPACITY];
        if (left->count == 0) {
            continue;
        }
        const uint8_t *first = (const uint8_t *)left->first;
        char *longer = lk_print(
            "%s%s%lld %s ('%s'%s)", *line != NULL ? *line : "left out: ", *line != NULL ? ", " : "",
            (long long)left->count, left->count == 1 ? kinds[k].one : kinds[k].many,
            lk_text_quote(first, first + strlen(left->first), quoted),
            left->count > 1 ? ", ..." : "");
        lk_release(*line);
        *line = longer;
        if (longer == NULL) {
            return lk_fail_no_memory(context, "a note", 1);
        }
    }
    return LK_OK;
}

void lk_folder_deinit(lk_folder *folder) {
    lk_release(folder->hidden.first);
    lk_release(folder->other.first);
    lk_release(folder->empty.first);
    lk_release(folder->broken.first);
    folder->hidden = folder->other = folder->empty = folder->broken = (lk_left_out){0};
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
