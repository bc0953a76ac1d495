/* Slower sequences beside texts, from files. */
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "data/items.h"

/* NAME.txt for NAME with whatever ending; or the one file. */
static char *local_name(const lk_items *items, int64_t item, const char *path, bool folder) {
    const char *name = lk_items_name_inside(items, item);
    const char *last = strrchr(name, '/');
    bool alone = strcmp(name, lk_items_name(items, item)) == 0;
    name = alone && last != NULL ? last + 1 : name;
    const char *dot = strrchr(name, '.');
    bool ends = dot != NULL && dot != name && strchr(dot, '/') == NULL;
    int stem = (int)(ends ? dot - name : (int64_t)strlen(name));
    return folder ? lk_print("%s/%.*s.txt", path, stem, name) : lk_duplicate(path);
}

static lk_status read_local(lk_context *context, const lk_items *items, const char *path,
                            bool folder, lk_local *local) {
    int64_t unit = lk_symbols_unit(lk_items_symbols(items));
    for (int64_t i = 0; i < lk_items_count(items); i++) {
        char *name = local_name(items, i, path, folder);
        lk_status status = name == NULL
                               ? lk_fail_no_memory(context, "a name", 1)
                               : lk_local_add_file(local, name, lk_items_length(items, i) / unit,
                                                   lk_items_name(items, i));
        lk_release(name);
        LK_TRY(status);
    }
    return LK_OK;
}

lk_status lk_items_read_local_files(lk_context *context, lk_items *items, const char *path,
                                    const lk_local_form *form) {
    bool folder = lk_is_folder(path);
    lk_local *local;
    LK_REQUIRE(lk_items_symbols(items) != NULL);
    if (lk_items_count(items) > 1 && !folder) {
        return lk_fail(
            context, LK_INVALID,
            "%s: one file, but %s holds %lld texts: name a folder with a file of symbols "
            "for each, NAME.txt for NAME",
            path, lk_items_path(items), (long long)lk_items_count(items));
    }
    LK_TRY(lk_local_create(context, form, lk_items_count(items), &local));
    lk_status status = read_local(context, items, path, folder, local);
    if (status != LK_OK) {
        lk_local_destroy(local);
        return status;
    }
    if (form->alphabet == 0) {
        lk_local_learn(local);
    }
    lk_items_local_take(items, local);
    return LK_OK;
}
