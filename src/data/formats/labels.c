/* Labels: one for each example, from text (one a line, numbers or words), IDX, NPY or an array of
 * an NPZ. */
#include "data/labels.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/array.h"
#include "data/formats/csv.h"
#include "data/label_names.h"

/* What is read: numbers, or symbols of classes where these are words. */
typedef struct lk_label_list {
    int32_t *labels; /* owned, [count] */
    int64_t count;
    lk_dictionary classes;
} lk_label_list;

/* ---- text ------------------------------------------------------------------------------------ */

/* The whole line is one field, perhaps in quotes. */
static lk_field field_of(const lk_line *line) {
    return lk_field_next(line->start, line->end, 0);
}

static bool read_number(const lk_line *line, int32_t *number) {
    lk_field field = lk_field_trimmed(field_of(line));
    int64_t value = 0;
    bool integer = field.closed && field.next == NULL &&
                   lk_number_parse(field.start, field.end, &value) == LK_NUMBER_INTEGER &&
                   value >= INT32_MIN && value <= INT32_MAX;
    *number = (int32_t)value;
    return integer;
}

/* Whether the line is the number's digits, and not 007, +7, 7.0 or 7e0. */
static bool is_spelled(const lk_line *line, int32_t number) {
    char digits[16];
    lk_field field = lk_field_trimmed(field_of(line));
    int length = snprintf(digits, sizeof digits, "%d", number);
    return field.end - field.start == length && memcmp(field.start, digits, (size_t)length) == 0;
}

static lk_status fail_line(lk_context *context, const lk_reading *reading, const lk_line *line,
                           const char *wanted) {
    char quoted[LK_QUOTE_CAPACITY];
    return lk_fail(context, LK_FORMAT,
                   "%s: line %lld: '%s' is not a label; one %s a line is needed", reading->name,
                   (long long)line->number, lk_text_quote(line->start, line->end, quoted), wanted);
}

/* False: the line in *wrong is no number. *spelled: all are written as numbers are, so that they
 * can be had again from these. */
static bool read_numbers(lk_text text, lk_label_list *list, lk_line *wrong, bool *spelled) {
    *spelled = true;
    for (list->count = 0; lk_text_line(&text, wrong); ++list->count) {
        int32_t number;
        if (!read_number(wrong, &number)) {
            return false;
        }
        *spelled = *spelled && is_spelled(wrong, number);
        list->labels[list->count] = number;
    }
    return true;
}

static lk_status read_words(lk_context *context, const lk_reading *reading, lk_text text,
                            lk_label_list *list) {
    lk_line line;
    for (list->count = 0; lk_text_line(&text, &line); ++list->count) {
        char halved[LK_TEXT_MOST];
        int64_t length;
        lk_field field = field_of(&line);
        const char *word =
            field.closed && field.next == NULL ? lk_field_text(&field, halved, &length) : NULL;
        if (word == NULL || length == 0) {
            return fail_line(context, reading, &line, "number or word");
        }
        LK_TRY(
            lk_dictionary_add(context, &list->classes, word, length, &list->labels[list->count]));
    }
    return lk_labels_sort(context, &list->classes, list->labels, list->count);
}

/* A first line is a header when there is one line too many, and, of numbers, it is none. */
static lk_status read_text(lk_context *context, const lk_reading *reading, int64_t examples,
                           bool words, lk_label_list *list) {
    lk_text text = lk_text_of(reading->data, reading->size), below = text, past = text;
    lk_line line;
    int64_t lines = 0;
    int32_t number;
    list->labels = lk_allocate(lk_text_count_lines(&text), sizeof *list->labels);
    if (list->labels == NULL) {
        return lk_fail_no_memory(context, "labels", reading->size);
    }
    for (; lk_text_line(&past, &line); ++lines) {
    }
    bool header = lines == examples + 1 && lk_text_line(&below, &line),
         named = header && !read_number(&line, &number);
    bool spelled, numbers = read_numbers(named ? below : text, list, &line, &spelled);
    if (numbers && (spelled || !words)) {
        return LK_OK;
    }
    bool skip = numbers ? named : header;
    return words ? read_words(context, reading, skip ? below : text, list)
                 : fail_line(context, reading, &line, "integer");
}

/* ---- all formats ----------------------------------------------------------------------------- */

static lk_status read_labels(lk_context *context, const lk_reading *reading, int64_t examples,
                             bool words, lk_label_list *list) {
    lk_array array;
    lk_bytes unpacked = {0};
    if (lk_is_npz(reading->data, reading->size)) {
        LK_TRY(lk_npz_labels(context, reading, &array, &unpacked));
    } else if (lk_is_npy(reading->data, reading->size)) {
        LK_TRY(lk_npy_parse(context, reading->name, reading->data, reading->size, &array));
    } else if (lk_is_idx(reading->data, reading->size)) {
        LK_TRY(lk_idx_parse(context, reading->name, reading->data, reading->size, &array));
    } else {
        return read_text(context, reading, examples, words, list);
    }
    lk_status status = lk_array_labels(context, reading->name, &array, &list->labels);
    list->count = array.size[0];
    lk_bytes_release(&unpacked);
    return status;
}

/* The list is the caller's, empty after a failure. */
static lk_status parse(lk_context *context, const char *name, const lk_bytes *bytes,
                       const char *array, int64_t examples, bool words, lk_label_list *list) {
    lk_reading reading = {.name = name, .data = bytes->data, .size = bytes->size, .array = array};
    *list = (lk_label_list){0};
    lk_status status = read_labels(context, &reading, examples, words, list);
    if (status == LK_OK && list->count != examples) {
        status = lk_fail(context, LK_MISMATCH,
                         "%s: %lld labels, but the data have %lld examples; one for each is needed",
                         name, (long long)list->count, (long long)examples);
    }
    if (status != LK_OK) {
        lk_release(list->labels);
        lk_dictionary_deinit(&list->classes);
        *list = (lk_label_list){0};
    }
    return status;
}

static lk_status read_file(lk_context *context, const char *path, int64_t examples, bool words,
                           lk_label_list *list) {
    char *file;
    const char *array;
    lk_bytes bytes = {0};
    *list = (lk_label_list){0};
    LK_TRY(lk_path_split(context, path, &file, &array));
    lk_status status = lk_file_read(context, file, LK_DATA_BYTES_MOST, &bytes);
    if (status == LK_OK) {
        status = parse(context, file, &bytes, array, examples, words, list);
    }
    lk_bytes_release(&bytes);
    lk_release(file);
    return status;
}

/* ---- from the names of files ----------------------------------------------------------------- */

static const char *name_of_example(const void *of, int64_t example) {
    const lk_dataset *dataset = of;
    return dataset->names != NULL ? dataset->names[example] : dataset->path;
}

/* Of what was read from a file for each example. */
static lk_status read_names(lk_context *context, const char *rule, const lk_dataset *dataset,
                            lk_label_list *list) {
    const lk_file_names names = {dataset->path, dataset->examples, name_of_example, dataset};
    if (dataset->names == NULL && dataset->examples > 1) {
        return lk_fail(context, LK_MISMATCH,
                       "%s: labels %s: these examples are no files with names of their own",
                       dataset->path, rule);
    }
    LK_TRY(lk_labels_of_names(context, rule, &names, &list->labels, &list->classes));
    list->count = dataset->examples;
    return LK_OK;
}

static const char *name_of_item(const void *of, int64_t item) {
    return lk_items_name(of, item);
}

lk_status lk_items_labels_of_names(lk_context *context, const char *rule, const lk_items *items,
                                   int32_t **labels, lk_dictionary *classes) {
    const lk_file_names names = {lk_items_path(items), lk_items_count(items), name_of_item, items};
    return lk_labels_of_names(context, rule, &names, labels, classes);
}

/* ---- attaching ------------------------------------------------------------------------------- */

/* Takes the list. */
static lk_status attach(lk_context *context, lk_dataset *dataset, lk_label_list *list) {
    if (list->classes.count == 0) {
        return lk_labels_of_numbers(context, dataset, list->labels);
    }
    lk_dictionary_deinit(&dataset->classes);
    lk_release(dataset->labels);
    dataset->classes = list->classes;
    dataset->labels = list->labels;
    return LK_OK;
}

lk_status lk_labels_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                          const char *array, int64_t examples, int32_t **labels) {
    lk_label_list list;
    lk_status status = parse(context, name, bytes, array, examples, false, &list);
    *labels = list.labels;
    return status;
}

lk_status lk_labels_read(lk_context *context, const char *path, int64_t examples,
                         int32_t **labels) {
    lk_label_list list;
    *labels = NULL;
    if (lk_labels_by_name(path)) {
        return lk_fail(context, LK_INVALID,
                       "%s: flags of 0 and 1 stand in a file; names of files give labels to a "
                       "model of p(x | label) alone",
                       path);
    }
    lk_status status = read_file(context, path, examples, false, &list);
    *labels = list.labels;
    return status;
}

lk_status lk_dataset_parse_labels(lk_context *context, const char *name, const lk_bytes *bytes,
                                  const char *array, lk_dataset *dataset) {
    lk_label_list list;
    LK_TRY(parse(context, name, bytes, array, dataset->examples, true, &list));
    return attach(context, dataset, &list);
}

lk_status lk_dataset_read_labels(lk_context *context, const char *path, lk_dataset *dataset) {
    lk_label_list list = {0};
    LK_TRY(lk_labels_by_name(path) ? read_names(context, path, dataset, &list)
                                   : read_file(context, path, dataset->examples, true, &list));
    return attach(context, dataset, &list);
}

lk_status lk_labels_read_classes(lk_context *context, const char *path, int64_t count,
                                 int32_t **labels, lk_dictionary *classes) {
    lk_dataset holder = {.examples = count};
    lk_label_list list;
    LK_TRY(read_file(context, path, count, true, &list));
    LK_TRY(attach(context, &holder, &list));
    if (holder.classes.count > LK_ALPHABET_MOST) {
        int32_t found = holder.classes.count;
        lk_release(holder.labels);
        lk_dictionary_deinit(&holder.classes);
        return lk_fail(context, LK_UNSUPPORTED, "%s: %d different labels; a model knows at most %d",
                       path, found, LK_ALPHABET_MOST);
    }
    *labels = holder.labels;
    *classes = holder.classes;
    return LK_OK;
}

lk_status lk_items_read_labels(lk_context *context, const char *path, lk_items *items) {
    int32_t *labels = NULL;
    lk_dictionary classes = {0};
    LK_TRY(lk_labels_by_name(path)
               ? lk_items_labels_of_names(context, path, items, &labels, &classes)
               : lk_labels_read_classes(context, path, lk_items_count(items), &labels, &classes));
    lk_status status = lk_items_set_labels(items, labels);
    status = status == LK_OK ? lk_items_set_classes(items, &classes) : status;
    lk_release(labels);
    lk_dictionary_deinit(&classes);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

lk_status lk_dataset_hold_labels(lk_context *context, const char *path, const lk_dataset *dataset,
                                 lk_batch *batch) {
    lk_buffer lines = {0};
    lk_status status = LK_OK;
    for (int64_t i = 0; i < dataset->examples && status == LK_OK; i++) {
        char digits[16];
        const char *text = lk_dataset_label_text(dataset, i, digits);
        bool one = strpbrk(text, "\r\n") == NULL;
        status = one ? LK_OK
                     : lk_fail(context, LK_INVALID,
                               "%s: the label of example %lld has a line end in it, which a file "
                               "of labels cannot have",
                               path, (long long)i + 1);
        lk_field_put(&lines, text, text[0] == '\0');
        lk_buffer_put(&lines, "\n", 1);
    }
    status = status == LK_OK ? lk_buffer_hold(context, path, &lines, batch) : status;
    lk_buffer_release(&lines);
    return status;
}

lk_status lk_dataset_write_labels(lk_context *context, const char *path,
                                  const lk_dataset *dataset) {
    lk_batch batch = {0};
    LK_TRY(lk_dataset_hold_labels(context, path, dataset, &batch));
    return lk_batch_commit(context, &batch);
}
