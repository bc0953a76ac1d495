/* The head of a CSV: which line names the columns, whether the first of them are row numbers, and
 * which field is which variable. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv.h"

#define LIST_CAPACITY 300

/* ---- which line is the header ---------------------------------------------------------------- */

/* Whether it says 0, 1, 2, ... as pandas does where columns have no names; nothing may stand in the
 * first field, above its row numbers. At least two numbers. */
static bool counts(const lk_line *record, uint8_t separator, bool *above_numbers) {
    int64_t next = 0, value;
    *above_numbers = false;
    for (lk_field field = {.next = record->start}; field.next; ++next) {
        bool first = field.next == record->start;
        field = lk_field_next(field.next, record->end, separator);
        if (first && field.start == field.end) {
            *above_numbers = true;
            next = -1;
        } else if (lk_number_parse(field.start, field.end, &value) != LK_NUMBER_INTEGER ||
                   value != next) {
            return false;
        }
    }
    return next >= 2;
}

/* Nothing in the first field, above row numbers or names, and something in all others: in a line of
 * values the first would be missing, and a table with such has a header before them. */
static bool has_empty_corner(const lk_line *record, uint8_t separator) {
    lk_field field = lk_field_next(record->start, record->end, separator);
    bool corner = field.start == field.end && field.next != NULL;
    while (corner && field.next != NULL) {
        field = lk_field_next(field.next, record->end, separator);
        corner = field.start < field.end;
    }
    return corner;
}

static bool is_label(const lk_columns *known, const char *name) {
    return known->label != NULL && strcmp(known->label, name) == 0;
}

static bool is_known(const lk_columns *known, const char *name) {
    return is_label(known, name) || lk_columns_find(known, name) >= 0;
}

/* Whether every field is a column that is asked for, or its label. */
static bool all_known(const lk_columns *known, const lk_line *record, uint8_t separator) {
    for (lk_field field = {.next = record->start}; field.next;) {
        char text[LK_TEXT_MOST], name[LK_TEXT_MOST + 1];
        int64_t length;
        field = lk_field_next(field.next, record->end, separator);
        const char *found = lk_field_text(&field, text, &length);
        if (found == NULL) {
            return false;
        }
        snprintf(name, sizeof name, "%.*s", (int)length, found);
        if (!is_known(known, name)) {
            return false;
        }
    }
    return true;
}

/* The line at the head that begins with '#', as a header: "# x y z" above numbers, or "#x" above
 * anything that is no header itself; as many fields as the line below it. */
static bool comment_names(const lk_text *text, const lk_line *first, uint8_t separator,
                          lk_line *header) {
    *header = text->comment;
    if (header->number == 0 || ++header->start == header->end || !lk_record_printable(header)) {
        return false;
    }
    bool beside = !lk_is_blank(*header->start);
    return lk_record_fields(header, separator) == lk_record_fields(first, separator) &&
           lk_record_names(header, separator) && (beside || !lk_record_names(first, separator));
}

/* Tabs at the end of a header separate nothing, and are written by some at the end of every
 * line. */
static void trim(lk_line *record) {
    while (record->end > record->start && lk_is_blank(record->end[-1])) {
        --record->end;
    }
}

static bool all_quoted(const lk_line *record, uint8_t separator) {
    bool quoted = true;
    for (lk_field field = {.next = record->start}; quoted && field.next;) {
        const uint8_t *begin = field.next;
        field = lk_field_next(begin, record->end, separator);
        quoted = field.closed && field.start > begin && field.start[-1] == '"';
    }
    return quoted;
}

/* Names that are numbers stand in quotes, above what does not, or is none. */
static bool quoted_names(const lk_line *header, lk_text below, uint8_t separator) {
    lk_line second;
    return all_quoted(header, separator) && lk_record_next(&below, separator, &second) &&
           (!all_quoted(&second, separator) ||
            (!lk_record_names(header, separator) && lk_record_names(&second, separator)));
}

/* Finds the header, and sets what follows it. */
static void find_header(lk_csv *csv, lk_line *header) {
    lk_text text = lk_text_of(csv->reading->data, csv->reading->size), past = text;
    bool above_numbers;
    LK_REQUIRE(lk_record_next(&past, 0, header));
    csv->separator = lk_record_separator(header);
    past = text;
    lk_record_next(&past, csv->separator, header);
    trim(header);
    lk_line first = *header;
    csv->fields = lk_record_fields(header, csv->separator);
    csv->counted = counts(header, csv->separator, &above_numbers);
    bool named =
        lk_record_names(header, csv->separator) || (csv->counted && above_numbers) ||
        has_empty_corner(header, csv->separator) || quoted_names(header, past, csv->separator) ||
        (csv->reading->columns != NULL && all_known(csv->reading->columns, header, csv->separator));
    csv->counted = csv->counted && !named;
    csv->body = named ? past : text;
    csv->header = named ? header->number : 0;
    if (comment_names(&text, &first, csv->separator, header)) {
        csv->body = text;
        csv->header = header->number;
        csv->counted = false;
    } else {
        *header = first;
    }
}

/* ---- row numbers ----------------------------------------------------------------------------- */

/* Whether no two records begin with the same text. */
static lk_status all_differ(const lk_csv *csv, bool *differ) {
    lk_dictionary seen = {0};
    lk_text text = csv->body;
    lk_line record;
    lk_status status = LK_OK;
    *differ = true;
    while (*differ && status == LK_OK && lk_record_next(&text, csv->separator, &record)) {
        char halved[LK_TEXT_MOST];
        int64_t length;
        int32_t symbol, before = seen.count;
        lk_field field = lk_field_next(record.start, record.end, csv->separator);
        const char *found = lk_field_text(&field, halved, &length);
        *differ = found != NULL;
        if (*differ) {
            status = lk_dictionary_add(csv->context, &seen, found, length, &symbol);
            *differ = symbol == before;
        }
    }
    lk_dictionary_deinit(&seen);
    return status;
}

/* What writes a row number gives it no name, or one of these. */
static bool is_numbering(const lk_csv *csv, const lk_field *first) {
    static const char *const names[] = {"", "Unnamed: 0", "rownames"};
    size_t length = (size_t)(first->end - first->start);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        if (strlen(names[i]) == length && memcmp(names[i], first->start, length) == 0) {
            return csv->reading->columns == NULL ||
                   lk_columns_find(csv->reading->columns, names[i]) < 0;
        }
    }
    return false;
}

/* *bare: R leaves the name out altogether, so that the header has one field fewer. */
static lk_status find_numbering(lk_csv *csv, const lk_line *header, bool *bare) {
    lk_text text = csv->body;
    lk_line record;
    lk_field first = lk_field_next(header->start, header->end, csv->separator);
    *bare = false;
    if (csv->header == 0 || !lk_record_next(&text, csv->separator, &record)) {
        return LK_OK;
    }
    trim(&record);
    *bare = lk_record_fields(&record, csv->separator) == csv->fields + 1;
    if (*bare || (csv->fields > 1 && is_numbering(csv, &first))) {
        LK_TRY(all_differ(csv, &csv->numbered));
    }
    *bare = *bare && csv->numbered;
    csv->fields += *bare;
    return LK_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

static lk_status add_name(const lk_csv *csv, const lk_field *field, lk_column *column) {
    char text[LK_TEXT_MOST];
    int64_t length;
    const char *found = lk_field_text(field, text, &length);
    column->name = found != NULL ? lk_duplicate_part(found, (size_t)length) : lk_duplicate("");
    return column->name != NULL ? LK_OK
                                : lk_fail_no_memory(csv->context, csv->reading->name, length);
}

static lk_status read_names(lk_csv *csv, const lk_line *header, bool bare) {
    int64_t count = csv->fields - csv->numbered;
    lk_field field = {.next = header->start};
    if (count > LK_TEXTS_MOST) {
        snprintf(csv->improper, sizeof csv->improper, "there are %lld of them", (long long)count);
        return LK_OK;
    }
    LK_TRY(lk_columns_create(csv->context, (int32_t)count, &csv->names));
    for (int64_t i = csv->numbered && !bare ? -1 : 0; i < count; ++i) {
        LK_REQUIRE(field.next != NULL);
        field = lk_field_next(field.next, header->end, csv->separator);
        if (i >= 0) {
            LK_TRY(add_name(csv, &field, &csv->names->column[i]));
        }
    }
    lk_context told = {0};
    char line[32];
    snprintf(line, sizeof line, "line %lld", (long long)csv->header);
    lk_status status = lk_columns_check(&told, line, csv->names);
    if (status == LK_NO_MEMORY) {
        return lk_fail(csv->context, status, "%s", told.message);
    }
    if (status != LK_OK) {
        snprintf(csv->improper, sizeof csv->improper, "%.250s", told.message);
        lk_columns_destroy(csv->names);
        csv->names = NULL;
    }
    return LK_OK;
}

lk_status lk_csv_open(lk_context *context, const lk_reading *reading, lk_csv *csv) {
    lk_line header;
    bool bare;
    *csv = (lk_csv){.context = context, .reading = reading};
    find_header(csv, &header);
    LK_TRY(find_numbering(csv, &header, &bare));
    return csv->header > 0 ? read_names(csv, &header, bare) : LK_OK;
}

lk_status lk_csv_count_as_header(lk_csv *csv) {
    lk_line header;
    LK_REQUIRE(csv->counted && lk_record_next(&csv->body, csv->separator, &header));
    csv->header = header.number;
    csv->counted = false;
    return read_names(csv, &header, false);
}

void lk_csv_close(lk_csv *csv) {
    lk_columns_destroy(csv->names);
    lk_release(csv->variable);
    lk_release(csv->respelled);
    csv->names = NULL;
    csv->variable = NULL;
    csv->respelled = NULL;
}

/* ---- matching -------------------------------------------------------------------------------- */

#define UNKNOWN "the model does not know the column"

/* `listed` are those that there are. */
static lk_status refuse(const lk_csv *csv, lk_status status, const char *what, const char *name,
                        const lk_columns *listed) {
    char list[LIST_CAPACITY], quoted[LK_QUOTE_CAPACITY];
    lk_columns_list(listed, list, sizeof list);
    return lk_fail(
        csv->context, status, "%s: %s '%s'; the columns of %s are %s", csv->reading->name, what,
        lk_text_quote((const uint8_t *)name, (const uint8_t *)name + strlen(name), quoted),
        listed == csv->reading->columns ? "the model" : "the file", list);
}

static lk_status allocate_map(lk_csv *csv) {
    csv->variable = lk_allocate(csv->fields, sizeof *csv->variable);
    if (csv->variable == NULL) {
        return lk_fail_no_memory(csv->context, csv->reading->name, csv->fields * 4);
    }
    for (int64_t i = 0; i < csv->fields; ++i) {
        csv->variable[i] = (int32_t)(i - csv->numbered); /* a row number is LK_FIELD_LEFT_OUT */
    }
    return LK_OK;
}

/* The names as a dictionary, so that looking up many takes no square of their number. */
static lk_status list_names(const lk_csv *csv, const lk_columns *columns, lk_dictionary *names) {
    for (int32_t i = 0, symbol; i < columns->count; ++i) {
        const char *name = columns->column[i].name;
        LK_TRY(lk_dictionary_add(csv->context, names, name, (int64_t)strlen(name), &symbol));
    }
    return LK_OK;
}

static lk_status match_field(lk_csv *csv, const lk_columns *known, const lk_dictionary *names,
                             int64_t index) {
    const char *name = csv->names->column[index].name;
    int32_t *variable = &csv->variable[index + csv->numbered];
    *variable = lk_dictionary_find(names, name, (int64_t)strlen(name));
    if (*variable < 0 && is_label(known, name)) {
        *variable = LK_FIELD_LABEL;
        csv->labelled = true;
    }
    return *variable != LK_FIELD_LEFT_OUT ? LK_OK : refuse(csv, LK_MISMATCH, UNKNOWN, name, known);
}

/* Of the model's columns one that the file has not. */
static lk_status find_missing(const lk_csv *csv, const lk_columns *known) {
    for (int32_t i = 0; i < known->count && !csv->reading->holes; ++i) {
        if (lk_columns_find(csv->names, known->column[i].name) < 0) {
            return refuse(csv, LK_MISMATCH, "there is no column", known->column[i].name,
                          csv->names);
        }
    }
    return LK_OK;
}

static lk_status match_all(lk_csv *csv, const lk_columns *known, const lk_dictionary *names) {
    for (int64_t i = 0; i < csv->names->count; ++i) {
        LK_TRY(match_field(csv, known, names, i));
    }
    csv->variables = known->count;
    bool missing = csv->names->count - csv->labelled < known->count;
    return missing ? find_missing(csv, known) : LK_OK;
}

/* Integers without a header, as they stand; the label in its place, or not there. */
static lk_status match_places(lk_csv *csv, const lk_columns *known) {
    bool with_label = known->label != NULL && csv->fields == known->count + 1;
    if (lk_columns_have_words(known) || csv->fields != known->count + with_label) {
        char list[LIST_CAPACITY];
        lk_columns_list(known, list, sizeof list);
        return lk_fail(csv->context, LK_MISMATCH,
                       "%s: line 1 has %lld fields and does not name columns; those of the model "
                       "are %s",
                       csv->reading->name, (long long)csv->fields, list);
    }
    if (with_label) {
        LK_TRY(allocate_map(csv));
        for (int64_t i = known->label_at; i < csv->fields; ++i) {
            csv->variable[i] = i == known->label_at ? LK_FIELD_LABEL : (int32_t)i - 1;
        }
        csv->labelled = true;
    }
    csv->variables = known->count;
    return LK_OK;
}

static lk_status match_known(lk_csv *csv, const lk_columns *known) {
    if (csv->names == NULL) {
        return csv->header == 0
                   ? match_places(csv, known)
                   : lk_fail(csv->context, LK_MISMATCH, "%s: %s; the model takes columns by name",
                             csv->reading->name, csv->improper);
    }
    lk_dictionary names = {0};
    LK_TRY(allocate_map(csv));
    lk_status status = list_names(csv, known, &names);
    status = status == LK_OK ? match_all(csv, known, &names) : status;
    lk_dictionary_deinit(&names);
    return status;
}

lk_status lk_csv_check_names(const lk_csv *csv) {
    const lk_columns *known = csv->reading->columns;
    if (known == NULL || csv->names == NULL) {
        return LK_OK;
    }
    for (int64_t i = 0; i < csv->names->count; ++i) {
        const char *name = csv->names->column[i].name;
        if (!is_known(known, name)) {
            return refuse(csv, LK_MISMATCH, UNKNOWN, name, known);
        }
    }
    return find_missing(csv, known);
}

/* Takes the label out of *columns, which are the file's. */
static lk_status match_label(lk_csv *csv, lk_columns *columns) {
    const char *label = csv->reading->label;
    int32_t at = columns != NULL ? lk_columns_find(columns, label) : -1;
    if (columns == NULL) {
        return lk_fail(csv->context, LK_INVALID, "%s: no column '%s': %s", csv->reading->name,
                       label, csv->header > 0 ? csv->improper : "there is no header line of names");
    }
    if (at < 0 || columns->count == 1) {
        return refuse(csv, LK_INVALID, at < 0 ? "there is no column" : "nothing is left without",
                      label, columns);
    }
    lk_columns_take_label(columns, at);
    LK_TRY(csv->variable == NULL ? allocate_map(csv) : LK_OK);
    csv->variable[at + csv->numbered] = LK_FIELD_LABEL;
    for (int64_t i = at + csv->numbered + 1; i < csv->fields; ++i) {
        csv->variable[i]--;
    }
    csv->labelled = true;
    csv->variables--;
    return LK_OK;
}

lk_status lk_csv_match(lk_csv *csv, lk_columns **columns) {
    const lk_columns *known = csv->reading->columns;
    *columns = NULL;
    lk_release(csv->variable);
    csv->variable = NULL;
    csv->variables = csv->fields - csv->numbered;
    csv->labelled = false;
    if (known != NULL) {
        LK_TRY(match_known(csv, known));
        return lk_columns_copy(csv->context, known, columns);
    }
    LK_TRY(csv->numbered ? allocate_map(csv) : LK_OK);
    if (csv->names != NULL) {
        LK_TRY(lk_columns_copy(csv->context, csv->names, columns));
    }
    return csv->reading->label != NULL ? match_label(csv, *columns) : LK_OK;
}

/* ---- places ---------------------------------------------------------------------------------- */

const char *lk_csv_place(const lk_csv *csv, int64_t line, int64_t field, char place[192]) {
    int64_t index = field - csv->numbered;
    char quoted[LK_QUOTE_CAPACITY];
    if (csv->names == NULL || index < 0) {
        snprintf(place, 192, "line %lld, column %lld", (long long)line, (long long)field + 1);
    } else {
        const char *name = csv->names->column[index].name;
        snprintf(
            place, 192, "line %lld, column %lld ('%s')", (long long)line, (long long)field + 1,
            lk_text_quote((const uint8_t *)name, (const uint8_t *)name + strlen(name), quoted));
    }
    return place;
}
