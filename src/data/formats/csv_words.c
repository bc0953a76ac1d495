/* The rows of a table of words. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv.h"
#include "data/formats/lines.h"
#include "data/labels.h"

#define LIST_CAPACITY 200

/* ---- a field --------------------------------------------------------------------------------- */

/* The text of a field, or the failure. */
static lk_status read_text(const lk_csv *csv, const lk_field *field, int64_t line, int64_t index,
                           char halved[LK_TEXT_MOST], const char **text, int64_t *length) {
    char place[192];
    *text = lk_field_text(field, halved, length);
    if (!field->closed) {
        return lk_fail(csv->context, LK_FORMAT, "%s: %s: " LK_FIELD_OPEN, csv->reading->name,
                       lk_csv_place(csv, line, index, place));
    }
    if (*text == NULL) {
        return lk_fail(csv->context, LK_FORMAT,
                       "%s: %s: a value of %lld bytes, or with a zero byte in it; a value has at "
                       "most %d and names a category",
                       csv->reading->name, lk_csv_place(csv, line, index, place),
                       (long long)(field->end - field->start), LK_TEXT_MOST);
    }
    return LK_OK;
}

static lk_status learn(const lk_csv *csv, lk_dictionary *values, const char *text, int64_t length,
                       int64_t line, int64_t index, uint16_t *value) {
    char place[192];
    int32_t symbol;
    LK_TRY(lk_dictionary_add(csv->context, values, text, length, &symbol));
    if (csv->reading->unseen && length == (int64_t)strlen(LK_UNSEEN_TEXT) &&
        memcmp(text, LK_UNSEEN_TEXT, (size_t)length) == 0) {
        return lk_fail(csv->context, LK_INVALID,
                       "%s: %s: '" LK_UNSEEN_TEXT
                       "' is how values are written that are not seen in training",
                       csv->reading->name, lk_csv_place(csv, line, index, place));
    }
    if (symbol >= LK_ALPHABET_MOST - csv->reading->unseen) {
        return lk_fail(csv->context, LK_UNSUPPORTED,
                       "%s: %s: the column has more than %d different values; leave it out, it "
                       "names no categories",
                       csv->reading->name, lk_csv_place(csv, line, index, place), symbol);
    }
    *value = (uint16_t)symbol;
    return LK_OK;
}

static lk_status look_up(const lk_csv *csv, const lk_dictionary *values, const char *text,
                         int64_t length, int64_t line, int64_t index, uint16_t *value) {
    int32_t symbol = lk_dictionary_symbol(values, text, length);
    if (symbol >= 0) {
        *value = (uint16_t)symbol;
        return LK_OK;
    }
    char place[192], quoted[LK_QUOTE_CAPACITY], nearest[LIST_CAPACITY], whole[LK_TEXT_MOST + 1];
    snprintf(whole, sizeof whole, "%.*s", (int)length, text);
    lk_dictionary_nearest(values, whole, nearest, sizeof nearest);
    return lk_fail(
        csv->context, LK_MISMATCH,
        "%s: %s: '%s' is no value that the model knows of this column; the nearest are "
        "%s%s",
        csv->reading->name, lk_csv_place(csv, line, index, place),
        lk_text_quote((const uint8_t *)text, (const uint8_t *)text + length, quoted), nearest,
        lk_advice_or(csv->context, "data", " (a model that likely train --unseen made takes any)",
                     " (a model of data that were loaded with `unseen` takes any)"));
}

bool lk_csv_is_hole(const lk_csv *csv, const char *text, int64_t length) {
    return csv->reading->holes && (length == 0 || (length == 1 && text[0] == '?'));
}

lk_status lk_csv_label(const lk_csv *csv, lk_dataset *dataset, int64_t example,
                       const lk_field *field, const lk_line *record) {
    char halved[LK_TEXT_MOST];
    const char *text;
    int64_t length, index = 0;
    while (csv->variable[index] != LK_FIELD_LABEL) {
        ++index;
    }
    LK_TRY(read_text(csv, field, record->number, index, halved, &text, &length));
    return lk_dictionary_add(csv->context, &dataset->classes, text, length,
                             &dataset->labels[example]);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static lk_status read_field(const lk_csv *csv, lk_dataset *dataset, int64_t example, int64_t index,
                            const lk_field *field, const lk_line *record) {
    int64_t variable = csv->variable != NULL ? csv->variable[index] : index;
    if (variable == LK_FIELD_LABEL) {
        return lk_csv_label(csv, dataset, example, field, record);
    }
    if (variable == LK_FIELD_LEFT_OUT) {
        return LK_OK;
    }
    char halved[LK_TEXT_MOST];
    const char *text;
    int64_t length, line = record->number;
    lk_dictionary *values = &dataset->columns->column[variable].values;
    uint16_t *value = &dataset->values[example * csv->variables + variable];
    LK_TRY(read_text(csv, field, line, index, halved, &text, &length));
    if (lk_csv_is_hole(csv, text, length) && lk_dictionary_find(values, text, length) < 0) {
        return LK_OK;
    }
    if (dataset->open != NULL) {
        dataset->open[example * csv->variables + variable] = false;
    }
    return csv->reading->columns != NULL ? look_up(csv, values, text, length, line, index, value)
                                         : learn(csv, values, text, length, line, index, value);
}

static lk_status read_row(const lk_csv *csv, lk_dataset *dataset, int64_t example,
                          const lk_line *record) {
    int64_t fields = record->start < record->end ? lk_record_fields(record, csv->separator) : 0;
    if (fields != csv->fields && example == 0) {
        return lk_fail(csv->context, LK_FORMAT,
                       "%s: line %lld has %lld fields, but line %lld has %lld: no table%s",
                       csv->reading->name, (long long)record->number, (long long)fields,
                       (long long)csv->header, (long long)csv->fields,
                       lk_advice_or(csv->context, "text",
                                    "; a text needs --text bytes or --text utf8",
                                    "; a text needs lk_loading.text"));
    }
    if (fields != csv->fields) {
        return lk_text_fail_columns(csv->context, csv->reading, record->number, fields, csv->header,
                                    csv->fields);
    }
    lk_field field = {.next = record->start};
    for (int64_t i = 0; i < fields; ++i) {
        field = lk_field_next(field.next, record->end, csv->separator);
        LK_TRY(read_field(csv, dataset, example, i, &field, record));
    }
    return LK_OK;
}

/* ---- what was learned ------------------------------------------------------------------------ */

static lk_status sort_values(const lk_csv *csv, lk_dataset *dataset) {
    int32_t *moved = lk_allocate(LK_ALPHABET_MOST, sizeof *moved);
    lk_status status =
        moved != NULL ? LK_OK
                      : lk_fail_no_memory(csv->context, csv->reading->name, LK_ALPHABET_MOST * 4);
    for (int64_t variable = 0; variable < csv->variables && status == LK_OK; ++variable) {
        lk_dictionary *values = &dataset->columns->column[variable].values;
        status = lk_dictionary_sort(csv->context, values, moved);
        values->unseen = csv->reading->unseen;
        for (int64_t i = 0; i < dataset->examples && status == LK_OK; ++i) {
            uint16_t *value = &dataset->values[i * csv->variables + variable];
            *value = (uint16_t)moved[*value];
        }
    }
    lk_release(moved);
    return status;
}

static lk_status finish_learning(const lk_csv *csv, lk_dataset *dataset, bool *words) {
    LK_TRY(lk_csv_note_words(csv, dataset, words));
    LK_TRY(sort_values(csv, dataset));
    lk_status status = lk_columns_check(csv->context, csv->reading->name, dataset->columns);
    dataset->alphabet = lk_columns_largest_alphabet(dataset->columns);
    return status;
}

lk_status lk_csv_read_words(lk_csv *csv, lk_dataset *dataset, bool *words) {
    lk_text text = csv->body, last = text;
    lk_line record;
    int64_t examples = 0;
    *words = true;
    for (; lk_record_next(&text, csv->separator, &record); ++examples, last = text) {
        LK_TRY(read_row(csv, dataset, examples, &record));
    }
    LK_TRY(lk_csv_check_end(csv, &last));
    if (examples == 0) {
        dataset->empty = true;
        return lk_fail(csv->context, LK_FORMAT, "%s: there are no examples: only a header line",
                       csv->reading->name);
    }
    dataset->examples = examples;
    dataset->alphabet = lk_columns_largest_alphabet(dataset->columns);
    return csv->reading->columns != NULL ? LK_OK : finish_learning(csv, dataset, words);
}
