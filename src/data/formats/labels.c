/* Labels: one integer for each example, from text (one a line), IDX, NPY or an array of an NPZ. */

#include "base/arena.h"
#include "data/formats/array.h"
#include "data/text.h"

static lk_status fail_label(lk_context *context, const lk_reading *reading, const lk_line *line) {
    char quoted[LK_QUOTE_CAPACITY];
    return lk_fail(
        context, LK_FORMAT, "%s: line %lld: '%s' is not a label; one integer a line is needed",
        reading->name, (long long)line->number, lk_text_quote(line->start, line->end, quoted));
}

static lk_status read_lines(lk_context *context, const lk_reading *reading, int32_t *labels,
                            int64_t *count) {
    lk_text text = lk_text_of(reading->data, reading->size);
    lk_line line;
    int64_t value = 0, lines = 0;
    while (lk_text_line(&text, &line)) {
        while (line.start < line.end && lk_is_blank(*line.start)) {
            ++line.start;
        }
        if (lk_number_parse(line.start, line.end, &value) != LK_NUMBER_INTEGER ||
            value < INT32_MIN || value > INT32_MAX) {
            return fail_label(context, reading, &line);
        }
        labels[lines++] = (int32_t)value;
    }
    *count = lines;
    return LK_OK;
}

static lk_status parse_text(lk_context *context, const lk_reading *reading, int32_t **labels,
                            int64_t *count) {
    int64_t lines = lk_text_count_lines(reading->data, reading->size);
    *labels = lk_allocate(lines, sizeof **labels);
    if (!*labels) {
        return lk_fail_no_memory(context, "labels", lines * 4);
    }
    return read_lines(context, reading, *labels, count);
}

static lk_status parse_labels(lk_context *context, const lk_reading *reading, int32_t **labels,
                              int64_t *count) {
    lk_array array;
    lk_bytes unpacked = {0};
    if (lk_is_npz(reading->data, reading->size)) {
        LK_TRY(lk_npz_labels(context, reading, &array, &unpacked));
    } else if (lk_is_npy(reading->data, reading->size)) {
        LK_TRY(lk_npy_parse(context, reading->name, reading->data, reading->size, &array));
    } else if (lk_is_idx(reading->data, reading->size)) {
        LK_TRY(lk_idx_parse(context, reading->name, reading->data, reading->size, &array));
    } else {
        return parse_text(context, reading, labels, count);
    }
    lk_status status = lk_array_labels(context, reading->name, &array, labels);
    *count = array.size[0];
    lk_bytes_release(&unpacked);
    return status;
}

lk_status lk_labels_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                          const char *array, int64_t examples, int32_t **labels) {
    lk_reading reading = {.name = name, .data = bytes->data, .size = bytes->size, .array = array};
    int64_t count = 0;
    *labels = NULL;
    lk_status status = parse_labels(context, &reading, labels, &count);
    if (status == LK_OK && count != examples) {
        status = lk_fail(context, LK_MISMATCH,
                         "%s: %lld labels, but the data have %lld examples; one for each is needed",
                         name, (long long)count, (long long)examples);
    }
    if (status != LK_OK) {
        lk_release(*labels);
        *labels = NULL;
    }
    return status;
}

lk_status lk_labels_read(lk_context *context, const char *path, int64_t examples,
                         int32_t **labels) {
    char *file;
    const char *array;
    lk_bytes bytes = {0};
    *labels = NULL;
    LK_TRY(lk_path_split(context, path, &file, &array));
    lk_status status = lk_file_read(context, file, LK_DATA_BYTES_MOST, &bytes);
    if (status == LK_OK) {
        status = lk_labels_parse(context, file, &bytes, array, examples, labels);
    }
    lk_bytes_release(&bytes);
    lk_release(file);
    return status;
}
