#include "data/label_names.h"

#include <string.h>

#include "base/memory.h"
#include "data/labels.h"
#include "data/text.h"

#define FIELD "name:"
#define FOLDER "folder"

/* Part of a name. */
typedef struct span {
    const char *start;
    size_t length;
} span;

bool lk_labels_by_name(const char *labels) {
    return strncmp(labels, FIELD, strlen(FIELD)) == 0 || strcmp(labels, FOLDER) == 0;
}

/* Which field; 0: the folder. */
static lk_status parse(lk_context *context, const char *rule, int64_t *field) {
    const uint8_t *number = (const uint8_t *)rule + strlen(FIELD);
    *field = 0;
    if (strcmp(rule, FOLDER) == 0) {
        return LK_OK;
    }
    bool integer =
        lk_number_parse(number, number + strlen((const char *)number), field) == LK_NUMBER_INTEGER;
    return integer && *field >= 1
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "labels %.40s: name:N takes field N of the names of files, counted from 1 "
                         "(a file of this name: ./%.40s)",
                         rule, rule);
}

/* The name itself, without folders and its ending. */
static span stem_of(const char *name) {
    const char *slash = strrchr(name, '/'), *start = slash != NULL ? slash + 1 : name;
    const char *dot = strrchr(start, '.');
    return (span){start, dot != NULL && dot != start ? (size_t)(dot - start) : strlen(start)};
}

/* Field number `field`; false: it is not there, or empty. *fields: how many there are, up to it. */
static bool find_field(span stem, int64_t field, span *found, int64_t *fields) {
    const char *at = stem.start, *end = stem.start + stem.length;
    for (*fields = 0;; at += found->length + 1) {
        size_t length = 0;
        while (at + length < end && strchr("_-", at[length]) == NULL) {
            length++;
        }
        *found = (span){at, length};
        if (++*fields == field) {
            return length > 0;
        }
        if (at + length == end) {
            return false;
        }
    }
}

/* A name without the path of the folder; empty: it is the one file's. */
static const char *within(const lk_file_names *names, const char *name) {
    size_t length = strlen(names->path);
    name += strncmp(name, names->path, length) == 0 ? length : 0;
    return name + strspn(name, "/");
}

static bool is_named(span folder) {
    return folder.length > 0 &&
           !(folder.length <= 2 && strncmp(folder.start, "..", folder.length) == 0);
}

/* False: the file stands in no subfolder. */
static bool find_folder(const lk_file_names *names, const char *name, span *found) {
    const char *inside = within(names, name), *last = strrchr(name, '/');
    if (*inside != '\0') {
        *found = (span){inside, strcspn(inside, "/")};
        return inside[found->length] == '/';
    }
    const char *start = last;
    while (start != NULL && start > name && start[-1] != '/') {
        start--;
    }
    *found = (span){start, (size_t)(last - start)};
    return start != NULL && is_named(*found);
}

static lk_status fail_name(lk_context *context, const lk_file_names *names, const char *name,
                           int64_t field, int64_t fields) {
    const char *inside = within(names, name), *slash = *inside != '\0' ? "/" : "";
    if (field == 0) {
        return lk_fail(context, LK_MISMATCH,
                       "%s%s%s: stands in no subfolder, whose name would be its label", names->path,
                       slash, inside);
    }
    return fields < field
               ? lk_fail(context, LK_MISMATCH,
                         "%s%s%s: the name has %lld field%s, parted by _ or -, and the label is "
                         "to be field %lld",
                         names->path, slash, inside, (long long)fields, fields == 1 ? "" : "s",
                         (long long)field)
               : lk_fail(context, LK_MISMATCH,
                         "%s%s%s: field %lld of the name, which is to be the label, is empty",
                         names->path, slash, inside, (long long)field);
}

static lk_status label_all(lk_context *context, int64_t field, const lk_file_names *names,
                           int32_t *labels, lk_dictionary *classes) {
    for (int64_t i = 0; i < names->count; i++) {
        const char *name = names->name(names->of, i);
        int64_t fields = 0;
        span found;
        bool there = field == 0 ? find_folder(names, name, &found)
                                : find_field(stem_of(name), field, &found, &fields);
        if (!there || found.length > LK_TEXT_MOST) {
            return fail_name(context, names, name, field, fields);
        }
        LK_TRY(lk_dictionary_add(context, classes, found.start, (int64_t)found.length, &labels[i]));
    }
    if (classes->count > LK_ALPHABET_MOST) {
        return lk_fail(context, LK_UNSUPPORTED, "%s: %d different labels; a model knows at most %d",
                       names->path, classes->count, LK_ALPHABET_MOST);
    }
    return lk_labels_sort(context, classes, labels, names->count);
}

lk_status lk_labels_of_names(lk_context *context, const char *rule, const lk_file_names *names,
                             int32_t **labels, lk_dictionary *classes) {
    int64_t field;
    *labels = NULL;
    *classes = (lk_dictionary){0};
    LK_TRY(parse(context, rule, &field));
    *labels = lk_allocate(names->count, sizeof **labels);
    lk_status status = *labels != NULL ? label_all(context, field, names, *labels, classes)
                                       : lk_fail_no_memory(context, "labels", names->count * 4);
    if (status != LK_OK) {
        lk_release(*labels);
        lk_dictionary_deinit(classes);
        *labels = NULL;
    }
    return status;
}
