/* CSV, tables: fields separated by comma, semicolon or tab (whichever the first line has first),
 * perhaps in double quotes. The first line names the columns when none of its fields is a number.
 * Every column is a variable. Where all values are integers they are what they say, and quoted line
 * ends are not supported; otherwise, if words are allowed, they are texts, and each column has a
 * dictionary of them. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv.h"
#include "data/formats/lines.h"
#include "data/labels.h"

#define HEADER_ADVICE "a table of words needs a first line that names its columns"

/* ---- recognising ----------------------------------------------------------------------------- */

static bool begins_number(const lk_line *line) {
    const uint8_t *p = line->start;
    return p < line->end && (lk_is_digit(*p) || *p == '-' || *p == '+' || *p == '"' || *p == '.');
}

/* A letter first, and not a "nan" among numbers. */
static bool begins_name(const lk_line *line) {
    const uint8_t *p = line->start;
    int64_t value;
    while (p < line->end && !lk_is_blank(*p)) {
        ++p;
    }
    if (lk_number_parse(line->start, p, &value) != LK_NUMBER_NONE) {
        return false;
    }
    p = line->start;
    return p < line->end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_');
}

/* An array or object of JSON, which has commas too. */
static bool is_json(const uint8_t *data, int64_t size) {
    while (size > 0 && (lk_is_blank(data[size - 1]) || data[size - 1] == '\n')) {
        --size;
    }
    return size > 1 &&
           ((data[0] == '[' && data[size - 1] == ']') || (data[0] == '{' && data[size - 1] == '}'));
}

/* A PGM or PPM in text or bytes: "P5", and then sizes or a remark. */
static bool is_netpbm(const lk_line *line, const lk_line *second) {
    const uint8_t *p = second->start;
    while (p < second->end && lk_is_digit(*p)) {
        ++p;
    }
    return line->end - line->start == 2 && line->start[0] == 'P' &&
           strchr("2356", line->start[1]) &&
           ((p > second->start && p < second->end && lk_is_blank(*p)) ||
            (p < second->end && *p == '#'));
}

/* A separator in the first line; or one column, under a name or in quotes. */
static bool recognise(const uint8_t *data, int64_t size) {
    lk_text text = lk_text_of(data, size);
    lk_line line, second;
    if (!lk_text_line(&text, &line) || !lk_record_printable(&line) || is_json(data, size)) {
        return false;
    }
    uint8_t separator = lk_record_separator(&line);
    if (separator == ',' || separator == ';') {
        return true;
    }
    if (line.start < line.end && *line.start == '"') {
        return true;
    }
    if (!lk_record_names(&line, separator) || !begins_name(&line) ||
        !lk_record_next(&text, separator, &second)) {
        return false;
    }
    int64_t fields = lk_record_fields(&line, separator);
    return (begins_number(&second) && !is_netpbm(&line, &second)) ||
           (separator == '\t' && lk_record_fields(&second, separator) == fields);
}

/* ---- integers -------------------------------------------------------------------------------- */

/* *word: the field is no number, whatever it lacks. */
static lk_status read_integer(const lk_csv *csv, lk_field field, int64_t line, int64_t index,
                              uint16_t *value, bool *word) {
    field = lk_field_trimmed(field);
    int32_t plain = lk_plain_value(field.start, field.end);
    if (plain >= 0 && plain < csv->reading->limit) {
        *value = (uint16_t)plain;
        return LK_OK;
    }
    int64_t number;
    *word = lk_number_parse(field.start, field.end, &number) == LK_NUMBER_NONE;
    return lk_text_value(csv->context, csv->reading, line, index + 1, field.start, field.end,
                         value);
}

/* A field of plain digits, as nearly all are: its value and its end. NULL: something else, which is
 * left to lk_field_next. */
static const uint8_t *plain_field(const uint8_t *p, const uint8_t *end, uint8_t separator,
                                  int32_t *value) {
    const uint8_t *start = p;
    int32_t sum = 0;
    for (; p < end && lk_is_digit(*p) && p - start < 5; ++p) {
        sum = sum * 10 + (*p - '0');
    }
    *value = sum;
    return p > start && (p == end || *p == separator) ? p : NULL;
}

/* Any other field; moves *field to it. */
static lk_status read_field(const lk_csv *csv, lk_dataset *dataset, int64_t example,
                            const lk_line *line, int64_t index, lk_field *field, bool *word) {
    int64_t variable = csv->variable != NULL ? csv->variable[index] : index;
    *field = lk_field_next(field->next, line->end, csv->separator);
    if (!field->closed) {
        return lk_fail(csv->context, LK_FORMAT, "%s: line %lld, column %lld: " LK_FIELD_OPEN,
                       csv->reading->name, (long long)line->number, (long long)index + 1);
    }
    if (variable == LK_FIELD_LABEL) {
        return lk_csv_label(csv, dataset, example, field, line);
    }
    int64_t at = example * csv->variables + variable;
    if (variable == LK_FIELD_LEFT_OUT ||
        lk_csv_is_hole(csv, (const char *)field->start, field->end - field->start)) {
        return LK_OK;
    }
    if (dataset->open != NULL) {
        dataset->open[at] = false;
    }
    LK_TRY(read_integer(csv, *field, line->number, index, &dataset->values[at], word));
    lk_field own = lk_field_trimmed(*field);
    csv->respelled[variable] |= !lk_csv_is_plain(own.start, own.end, dataset->values[at]);
    return LK_OK;
}

static lk_status read_line(const lk_csv *csv, lk_dataset *dataset, int64_t example,
                           const lk_line *line, bool *word) {
    lk_field field = {.next = line->start};
    uint16_t *values = dataset->values + example * csv->variables;
    for (int64_t index = 0; index < csv->fields; ++index) {
        int64_t variable = csv->variable != NULL ? csv->variable[index] : index;
        int32_t plain;
        const uint8_t *end = plain_field(field.next, line->end, csv->separator, &plain);
        if (end != NULL && variable >= 0 && plain < csv->reading->limit && dataset->open == NULL) {
            values[variable] = (uint16_t)plain;
            csv->respelled[variable] |= *field.next == '0' && end - field.next > 1;
            field.next = end < line->end ? end + 1 : NULL;
        } else {
            LK_TRY(read_field(csv, dataset, example, line, index, &field, word));
        }
        if (!field.next != (index + 1 == csv->fields)) {
            return lk_text_fail_columns(csv->context, csv->reading, line->number,
                                        lk_record_fields(line, csv->separator), 1, csv->fields);
        }
    }
    return LK_OK;
}

lk_status lk_csv_check_end(const lk_csv *csv, const lk_text *last) {
    const uint8_t *p = last->next;
    while (p < last->end && *p != last->newline) {
        ++p;
    }
    return csv->fields != 1 || p == last->end
               ? LK_OK
               : lk_text_fail_columns(csv->context, csv->reading, last->line + 1, 0, 1, 1);
}

static lk_status read_integers(const lk_csv *csv, lk_dataset *dataset, bool *word) {
    lk_text text = csv->body, last = text;
    lk_line line;
    int64_t examples = 0;
    for (; lk_text_line(&text, &line); ++examples, last = text) {
        if (line.start == line.end) {
            return lk_text_fail_columns(csv->context, csv->reading, line.number, 0, 1, csv->fields);
        }
        LK_TRY(read_line(csv, dataset, examples, &line, word));
    }
    dataset->examples = examples;
    return lk_csv_check_end(csv, &last);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static lk_status fail_no_examples(const lk_csv *csv, lk_dataset *dataset) {
    dataset->empty = true;
    return lk_fail(csv->context, LK_FORMAT, "%s: there are no examples: only a header line",
                   csv->reading->name);
}

/* Until values are read. */
static lk_status open_all(const lk_csv *csv, lk_dataset *dataset, int64_t lines) {
    int64_t count = lines * csv->variables;
    lk_release(dataset->open);
    dataset->open = lk_allocate(count, sizeof *dataset->open);
    if (dataset->open == NULL) {
        return lk_fail_no_memory(csv->context, csv->reading->name, count);
    }
    memset(dataset->open, true, (size_t)count * sizeof *dataset->open);
    return LK_OK;
}

/* Room for all that can come. */
static lk_status begin(lk_csv *csv, lk_dataset *dataset) {
    int64_t lines = lk_text_count_lines(&csv->body);
    if (lines == 0) {
        LK_TRY(lk_csv_check_names(csv));
        return fail_no_examples(csv, dataset);
    }
    LK_TRY(lk_csv_match(csv, &dataset->columns));
    LK_TRY(lk_dataset_reserve(csv->context, csv->reading->name, dataset,
                              lk_shape_vector(csv->variables), lines, csv->reading->size));
    if (csv->labelled) {
        dataset->labels = lk_allocate(lines, sizeof *dataset->labels);
        if (dataset->labels == NULL) {
            return lk_fail_no_memory(csv->context, csv->reading->name, lines * 4);
        }
    }
    lk_release(csv->respelled);
    csv->respelled = lk_allocate(csv->variables, sizeof *csv->respelled);
    if (csv->respelled == NULL) {
        return lk_fail_no_memory(csv->context, csv->reading->name, csv->variables);
    }
    return csv->reading->holes ? open_all(csv, dataset, lines) : LK_OK;
}

/* As it was before `begin`. */
static void forget(lk_dataset *dataset) {
    lk_release(dataset->values);
    lk_release(dataset->labels);
    lk_dictionary_deinit(&dataset->classes);
    lk_columns_destroy(dataset->columns);
    dataset->values = NULL;
    dataset->labels = NULL;
    dataset->columns = NULL;
}

/* A table that was no table of integers, for the reason that the context has. */
static lk_status try_words(lk_csv *csv, lk_dataset *dataset, bool word) {
    char reason[LK_MESSAGE_CAPACITY];
    bool words;
    memcpy(reason, csv->context->message, sizeof reason);
    if (csv->header == 0 && !csv->counted) {
        return word ? lk_fail(csv->context, LK_FORMAT, "%s; " HEADER_ADVICE, reason) : LK_FORMAT;
    }
    forget(dataset);
    LK_TRY(csv->counted ? lk_csv_count_as_header(csv) : LK_OK);
    if (csv->names == NULL) {
        return lk_fail(csv->context, LK_FORMAT, "%s: %s; " HEADER_ADVICE, csv->reading->name,
                       csv->improper);
    }
    LK_TRY(begin(csv, dataset));
    LK_TRY(lk_csv_read_words(csv, dataset, &words));
    return words ? LK_OK : lk_fail(csv->context, LK_FORMAT, "%s", reason);
}

/* Words, whatever they are. */
static lk_status read_apart(lk_csv *csv, lk_dataset *dataset) {
    bool words;
    if (csv->names == NULL) {
        return lk_fail(csv->context, LK_FORMAT, "%s: %s; " HEADER_ADVICE, csv->reading->name,
                       csv->header > 0 ? csv->improper : "line 1 names no columns");
    }
    return lk_csv_read_words(csv, dataset, &words);
}

static lk_status read_values(lk_csv *csv, lk_dataset *dataset) {
    const lk_reading *reading = csv->reading;
    bool word = false;
    LK_TRY(begin(csv, dataset));
    if (reading->columns != NULL && lk_columns_have_words(reading->columns)) {
        return lk_csv_read_words(csv, dataset, &word);
    }
    if (reading->apart && reading->columns == NULL) {
        return read_apart(csv, dataset);
    }
    lk_status status = read_integers(csv, dataset, &word);
    if (status == LK_OK && dataset->examples == 0) {
        return fail_no_examples(csv, dataset);
    }
    bool maybe_words = reading->words && reading->columns == NULL && !reading->alphabet_given;
    if (status == LK_OK && maybe_words) {
        LK_TRY(lk_csv_note_spellings(csv, dataset));
        return lk_csv_note_ranges(csv, dataset);
    }
    return status == LK_FORMAT && maybe_words ? try_words(csv, dataset, word) : status;
}

static lk_status read_all(lk_csv *csv, lk_dataset *dataset) {
    LK_TRY(read_values(csv, dataset));
    if (csv->labelled) {
        LK_TRY(lk_labels_sort(csv->context, &dataset->classes, dataset->labels, dataset->examples));
    }
    return lk_csv_note(csv, dataset);
}

static lk_status read_csv(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    lk_csv csv;
    lk_status status = lk_csv_open(context, reading, &csv);
    status = status == LK_OK ? read_all(&csv, dataset) : status;
    lk_csv_close(&csv);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The field at a place of a row, the label being in its own; row -1: of the header. */
static const char *text_at(const lk_dataset *dataset, int64_t row, int64_t place, char digits[16]) {
    const lk_columns *columns = dataset->columns;
    bool labelled = columns->label != NULL && dataset->labels != NULL;
    if (labelled && place == columns->label_at) {
        return row < 0 ? columns->label : lk_dataset_label_text(dataset, row, digits);
    }
    int64_t index = place - (labelled && place > columns->label_at);
    const lk_column *column = &columns->column[index];
    if (row < 0) {
        return column->name;
    }
    uint16_t value = dataset->values[row * dataset->variables + index];
    if (column->values.count > 0) {
        return lk_dictionary_text(&column->values, value);
    }
    snprintf(digits, 16, "%d", value);
    return digits;
}

/* Whether a file that begins so could be taken for another format. */
static bool is_magic(const char *name) {
    uint8_t first = (uint8_t)name[0], letter = first | 0x20;
    bool plain = (letter >= 'a' && letter <= 'z') || lk_is_digit(first) || first == '_';
    return !plain || (first == 'P' && ((name[1] >= '1' && name[1] <= '7') || name[1] == 'K'));
}

static bool is_number(const char *text) {
    int64_t value;
    const uint8_t *start = (const uint8_t *)text;
    return lk_number_parse(start, start + strlen(text), &value) != LK_NUMBER_NONE;
}

/* A field that is alone in its row, and a text, is quoted, or it could be taken for something else,
 * or for nothing. Names that are numbers are known for names by their quotes. */
static void put_row(const lk_dataset *dataset, int64_t row, lk_buffer *buffer) {
    const lk_columns *columns = dataset->columns;
    int64_t fields = columns->count + (columns->label != NULL && dataset->labels != NULL);
    bool quoted = fields == 1 && (row < 0 || lk_columns_have_words(columns));
    for (int64_t place = 0; place < fields && row < 0; ++place) {
        char digits[16];
        quoted |= is_number(text_at(dataset, row, place, digits));
    }
    for (int64_t place = 0; place < fields; ++place) {
        char digits[16];
        const char *text = text_at(dataset, row, place, digits);
        lk_buffer_put(buffer, ",", place > 0);
        lk_field_put(buffer, text, quoted || (row < 0 && place == 0 && is_magic(text)));
    }
    lk_buffer_put(buffer, "\n", 1);
}

static lk_status check_symbols(lk_context *context, const char *path, const lk_dataset *dataset) {
    for (int64_t i = 0; i < dataset->examples * dataset->variables; ++i) {
        const lk_column *column = &dataset->columns->column[i % dataset->variables];
        if (dataset->values[i] >= lk_dictionary_alphabet(&column->values)) {
            return lk_fail(context, LK_INVALID,
                           "%s: example %lld: the column '%s' has %d values, and not number %d",
                           path, (long long)(i / dataset->variables) + 1, column->name,
                           lk_dictionary_alphabet(&column->values), dataset->values[i]);
        }
    }
    return LK_OK;
}

static lk_status write_table(lk_context *context, const char *path, const lk_dataset *dataset,
                             lk_buffer *buffer) {
    LK_REQUIRE(dataset->columns->count == dataset->variables);
    if (lk_columns_have_words(dataset->columns)) {
        LK_TRY(check_symbols(context, path, dataset));
    }
    for (int64_t row = -1; row < dataset->examples; ++row) {
        put_row(dataset, row, buffer);
    }
    return LK_OK;
}

/* A single column has a header, or it could be taken for something else. */
static lk_status write_csv(lk_context *context, const char *path, const lk_dataset *dataset,
                           lk_buffer *buffer) {
    if (dataset->columns != NULL) {
        return write_table(context, path, dataset, buffer);
    }
    if (dataset->variables == 1) {
        lk_buffer_put(buffer, "value\n", 6);
    }
    lk_lines_put(dataset, ',', false, buffer);
    return LK_OK;
}

const lk_format lk_csv_format = {
    .name = "csv",
    .kind = "a CSV table",
    .number = LK_FROM_CSV,
    .traits = LK_KEEPS_WORDS | LK_IS_TEXT,
    .endings = {".csv"},
    .packs = true,
    .recognise = recognise,
    .read = read_csv,
    .write = write_csv,
};
