/* Writing a data set as a folder of PNG pictures: 0.png, or 000.png to 999.png, in their order; or,
 * where examples have names, under these, in folders of their own. A name that does not end in .png
 * gets that: photo.jpg becomes photo.jpg.png, since a PNG is what it is. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/guard.h"
#include "base/memory.h"
#include "data/formats/format.h"
#include "data/text.h"

bool lk_names_folder(const char *path) {
    size_t length = strlen(path);
    return length > 1 && path[length - 1] == '/';
}

/* The folders of a file's path, from `from` on. */
static lk_status make_folders(lk_context *context, char *path, size_t from, lk_batch *batch) {
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        LK_TRY(lk_batch_folder(context, path, batch));
        *slash = '/';
    }
    return LK_OK;
}

/* NULL: out of memory. */
static char *path_of(const char *folder, const lk_dataset *dataset, int64_t index) {
    const char *slash = lk_names_folder(folder) ? "" : "/";
    if (dataset->names == NULL) {
        int digits = snprintf(NULL, 0, "%lld", (long long)dataset->examples - 1);
        return lk_print("%s%s%0*lld.png", folder, slash, digits, (long long)index);
    }
    const char *name = dataset->names[index], *ending = strrchr(name, '.');
    bool png = ending != NULL && strcasecmp(ending, ".png") == 0;
    return lk_print("%s%s%s%s", folder, slash, name, png ? "" : ".png");
}

/* *known: whether the name stands among those before it. */
static lk_status add_name(lk_context *context, const char *file, lk_dictionary *names,
                          bool *known) {
    int32_t before = names->count, number = before;
    int64_t length = (int64_t)strlen(file);
    lk_status status =
        length <= LK_TEXT_MOST ? lk_dictionary_add(context, names, file, length, &number) : LK_OK;
    *known = number < before;
    return status;
}

/* The file that two examples would have: photo.jpg, and photo.jpg.png beside it. NULL: there is
 * none. It is the caller's (lk_release). */
static lk_status find_double(lk_context *context, const char *path, const lk_dataset *dataset,
                             char **file) {
    lk_dictionary names = {0};
    lk_status status = LK_OK;
    bool known = false;
    *file = NULL;
    for (int64_t i = 0;
         dataset->names != NULL && i < dataset->examples && status == LK_OK && !known; ++i) {
        lk_release(*file);
        *file = path_of(path, dataset, i);
        status = *file == NULL ? lk_fail_no_memory(context, path, (int64_t)strlen(path))
                               : add_name(context, *file, &names, &known);
    }
    lk_dictionary_deinit(&names);
    if (!known) {
        lk_release(*file);
        *file = NULL;
    }
    return status;
}

static lk_status check_names(lk_context *context, const char *path, const lk_dataset *dataset) {
    char *file;
    LK_TRY(find_double(context, path, dataset, &file));
    lk_status status = file == NULL
                           ? LK_OK
                           : lk_fail(context, LK_INVALID,
                                     "%s: two pictures would have this name; write .npy", file);
    lk_release(file);
    return status;
}

lk_status lk_dataset_note_names(lk_context *context, lk_dataset *dataset) {
    char *file, quoted[LK_QUOTE_CAPACITY];
    LK_TRY(find_double(context, "", dataset, &file));
    if (file == NULL) {
        return LK_OK;
    }
    const uint8_t *name = (const uint8_t *)file + 1; /* behind the slash */
    lk_status status = lk_dataset_note(
        context, dataset,
        "two pictures would come back as '%s': decompress them into an .npy, not into a folder",
        lk_text_quote(name, name + strlen(file + 1), quoted));
    lk_release(file);
    return status;
}

static lk_status write_example(lk_context *context, const char *folder, const lk_dataset *dataset,
                               int64_t index, bool exact, lk_batch *batch) {
    lk_dataset one = *dataset;
    one.examples = 1;
    one.values = dataset->values + index * dataset->variables;
    lk_buffer buffer = {0};
    char *path = path_of(folder, dataset, index);
    if (path == NULL) {
        return lk_fail_no_memory(context, folder, (int64_t)strlen(folder));
    }
    lk_encode *encode = exact ? lk_png_format.restore : lk_png_format.write;
    lk_status status = encode(context, path, &one, &buffer);
    if (status == LK_OK) {
        status = make_folders(context, path, strlen(folder) + !lk_names_folder(folder), batch);
    }
    status = status == LK_OK ? lk_guard_output_member(context, path) : status;
    if (status == LK_OK) {
        status = lk_buffer_hold(context, path, &buffer, batch);
    }
    lk_buffer_release(&buffer);
    lk_release(path);
    return status;
}

lk_status lk_folder_write(lk_context *context, const char *path, const lk_dataset *dataset,
                          bool exact) {
    LK_TRY(check_names(context, path, dataset));
    lk_batch batch = {0}; /* all of them or none */
    lk_status status = lk_batch_folder(context, path, &batch);
    for (int64_t i = 0; i < dataset->examples && status == LK_OK; ++i) {
        status = write_example(context, path, dataset, i, exact, &batch);
    }
    status = status == LK_OK ? lk_batch_commit(context, &batch) : status;
    lk_batch_abandon(&batch);
    return status;
}
