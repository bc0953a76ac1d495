/* .amat text: one example a line, numbers separated by blanks or tabs (Larochelle's binarized
 * MNIST, numpy.savetxt). */
#include "data/formats/lines.h"

static bool recognise(const uint8_t *data, int64_t size) {
    lk_text text = lk_text_of(data, size);
    lk_line line;
    if (!lk_text_line(&text, &line)) {
        return false;
    }
    const uint8_t *p = line.start;
    while (p < line.end && lk_is_blank(*p)) {
        ++p;
    }
    if (p < line.end && (*p == '-' || *p == '+' || *p == '.')) {
        ++p;
    }
    int64_t value;
    const uint8_t *word = p;
    while (p < line.end && !lk_is_blank(*p)) {
        ++p;
    }
    return word < p &&
           (lk_is_digit(*word) || lk_number_parse(word, p, &value) == LK_NUMBER_NOT_FINITE);
}

static int64_t count_columns(const lk_line *line) {
    int64_t columns = 0;
    bool blank_before = true;
    for (const uint8_t *p = line->start; p < line->end; ++p) {
        bool blank = lk_is_blank(*p);
        columns += blank_before && !blank;
        blank_before = blank;
    }
    return columns;
}

/* Fills values[columns]; *found says how many columns the line has. */
static lk_status read_line(lk_context *context, const lk_reading *reading, const lk_line *line,
                           int64_t columns, uint16_t *values, int64_t *found) {
    const uint8_t *p = line->start, *end = line->end;
    int64_t column = 0;
    while (p < end) {
        if (lk_is_blank(*p)) {
            ++p;
            continue;
        }
        if (column == columns) {
            *found = count_columns(line);
            return LK_OK;
        }
        const uint8_t *word = p++;
        while (p < end && !lk_is_blank(*p)) {
            ++p;
        }
        int32_t plain = lk_plain_value(word, p);
        if (plain >= 0 && plain < reading->limit) {
            values[column] = (uint16_t)plain;
        } else {
            LK_TRY(lk_text_value(context, reading, line->number, column + 1, word, p,
                                 &values[column]));
        }
        ++column;
    }
    *found = column;
    return LK_OK;
}

static lk_status read_amat(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    lk_text text = lk_text_of(reading->data, reading->size), first = text;
    lk_line line = {0};
    if (!lk_text_line(&first, &line)) {
        dataset->empty = true;
        return lk_fail(context, LK_FORMAT, "%s: there are no examples: only blank lines",
                       reading->name);
    }
    int64_t columns = count_columns(&line), examples = 0, found;
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, lk_shape_vector(columns),
                              lk_text_count_lines(&text), reading->size / 2 + 1));
    for (; lk_text_line(&text, &line); ++examples) {
        /* Each value takes two bytes of the file, so a ragged file cannot write beyond what reserve
         * allocated. */
        LK_TRY(read_line(context, reading, &line, columns, dataset->values + examples * columns,
                         &found));
        if (found != columns) {
            return lk_text_fail_columns(context, reading, line.number, found, 1, columns);
        }
    }
    dataset->examples = examples;
    return LK_OK;
}

/* A column must not look like 0/1 rows to the reader, where "10" could be a row of two variables:
 * its lines end with a blank. */
static lk_status write_amat(lk_context *context, const char *path, const lk_dataset *dataset,
                            lk_buffer *buffer) {
    (void)context, (void)path;
    lk_lines_put(dataset, ' ', dataset->variables == 1, buffer);
    return LK_OK;
}

const lk_format lk_amat_format = {
    .name = "amat",
    .kind = "a table of numbers (amat)",
    .number = LK_FROM_AMAT,
    .traits = LK_IS_TEXT,
    .endings = {".amat"},
    .packs = true,
    .recognise = recognise,
    .read = read_amat,
    .write = write_amat,
};
