/* Plain 0/1 rows without separators: one example a line, one character for each binary variable.
 * "0110" could also be the number 110: lines of 2 to 5 such characters are rows only when all lines
 * of the file are of that kind and length (a column of numbers would otherwise be misread), or one
 * begins with 0, and the first does not end in a blank, as our writer marks such a column; longer
 * ones can be nothing else. */
#include "data/formats/lines.h"

static bool is_row(const lk_line *line) {
    for (const uint8_t *p = line->start; p < line->end; ++p) {
        if ((*p & 0xFE) != '0') {
            return false;
        }
    }
    return line->end > line->start;
}

static bool recognise(const uint8_t *data, int64_t size) {
    lk_text text = lk_text_of(data, size);
    lk_line line;
    if (!lk_text_line(&text, &line) || !is_row(&line) || line.end - line.start < 2) {
        return false;
    }
    int64_t length = line.end - line.start;
    bool all = length >= 6 || line.end == data + size || *line.end == '\n' || *line.end == '\r';
    bool sure = *line.start == '0'; /* no number of two digits begins so */
    while (length < 6 && all && !sure && lk_text_line(&text, &line)) {
        sure = is_row(&line) && line.end - line.start > 1 && *line.start == '0';
        all = line.end - line.start == length && is_row(&line);
    }
    return all || sure;
}

/* Where a character other than 0 and 1 stands. */
static lk_status fail_character(lk_context *context, const lk_reading *reading,
                                const lk_line *line) {
    const uint8_t *p = line->start;
    while (p < line->end && (*p & 0xFE) == '0') {
        ++p;
    }
    char quoted[LK_QUOTE_CAPACITY];
    return lk_fail(context, LK_FORMAT,
                   "%s: line %lld, column %lld: '%s' in a file of 0/1 rows; only 0 and 1 may occur",
                   reading->name, (long long)line->number, (long long)(p - line->start + 1),
                   lk_text_quote(p, p + 1, quoted));
}

static lk_status read_rows(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    lk_text text = lk_text_of(reading->data, reading->size), first = text;
    lk_line line = {0};
    LK_REQUIRE(lk_text_line(&first, &line));
    int64_t columns = line.end - line.start, examples = 0;
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, lk_shape_vector(columns),
                              lk_text_count_lines(&text), reading->size));
    for (; lk_text_line(&text, &line); ++examples) {
        if (!is_row(&line) && line.end > line.start) {
            return fail_character(context, reading, &line);
        }
        if (line.end - line.start != columns) {
            return lk_text_fail_columns(context, reading, line.number, line.end - line.start, 1,
                                        columns);
        }
        uint16_t *values = dataset->values + examples * columns;
        for (int64_t i = 0; i < columns; ++i) {
            values[i] = line.start[i] & 1;
        }
    }
    dataset->examples = examples;
    return LK_OK;
}

static lk_status put_rows(const lk_dataset *dataset, lk_buffer *buffer) {
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, dataset->variables + 1);
        if (!out) {
            break;
        }
        for (int64_t i = 0; i < dataset->variables; ++i) {
            out[i] = (uint8_t)('0' + values[i]);
        }
        out[dataset->variables] = '\n';
        buffer->size += dataset->variables + 1;
    }
    return LK_OK;
}

/* Data that are not binary, and a column, are numbers. */
static lk_status write_rows(lk_context *context, const char *path, const lk_dataset *dataset,
                            lk_buffer *buffer) {
    bool rows = dataset->alphabet == 2 && dataset->variables > 1;
    return rows ? put_rows(dataset, buffer) : lk_amat_format.write(context, path, dataset, buffer);
}

const lk_format lk_rows_format = {
    .name = "rows",
    .kind = "rows of 0 and 1",
    .number = LK_FROM_ROWS,
    .traits = LK_IS_TEXT,
    .endings = {".txt"},
    .packs = true,
    .recognise = recognise,
    .read = read_rows,
    .write = write_rows,
};
