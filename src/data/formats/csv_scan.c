/* Records and fields of CSV. */
#include <string.h>

#include "base/utf8.h"
#include "data/formats/csv.h"

lk_field lk_field_next(const uint8_t *p, const uint8_t *end, uint8_t separator) {
    lk_field field = {.closed = true};
    while (p < end && lk_is_blank(*p) && *p != separator) {
        ++p;
    }
    if (p < end && *p == '"') {
        field.start = ++p;
        while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"'))) {
            field.doubled = field.doubled || *p == '"';
            p += *p == '"' ? 2 : 1;
        }
        field.end = p;
        field.closed = p < end;
        p += p < end;
        for (; p < end && *p != separator; ++p) {
            field.closed = field.closed && lk_is_blank(*p);
        }
    } else {
        field.start = p;
        while (p < end && *p != separator) {
            ++p;
        }
        field.end = p;
        while (field.end > field.start && lk_is_blank(field.end[-1])) {
            --field.end;
        }
    }
    field.next = p < end ? p + 1 : NULL;
    return field;
}

lk_field lk_field_trimmed(lk_field field) {
    while (field.start < field.end && lk_is_blank(*field.start)) {
        ++field.start;
    }
    while (field.end > field.start && lk_is_blank(field.end[-1])) {
        --field.end;
    }
    return field;
}

const char *lk_field_text(const lk_field *field, char text[LK_TEXT_MOST], int64_t *length) {
    const uint8_t *p = field->start;
    *length = field->end - p;
    if (memchr(p, 0, (size_t)*length) != NULL) {
        return NULL;
    }
    if (!field->doubled) {
        return *length <= LK_TEXT_MOST ? (const char *)p : NULL;
    }
    int64_t used = 0;
    for (; p < field->end && used < LK_TEXT_MOST; p += *p == '"' ? 2 : 1) {
        text[used++] = (char)*p;
    }
    *length = used;
    return p == field->end ? text : NULL;
}

/* The end of the field at p: a separator, a line end or the end of the text. Counts line ends
 * within quotes. */
static const uint8_t *skip_field(const lk_text *text, const uint8_t *p, uint8_t separator,
                                 int64_t *lines) {
    while (p < text->end && lk_is_blank(*p) && *p != separator && *p != text->newline) {
        ++p;
    }
    if (p < text->end && *p == '"') {
        for (++p; p < text->end && (*p != '"' || (p + 1 < text->end && p[1] == '"')); ++p) {
            *lines += *p == text->newline;
            p += *p == '"';
        }
    }
    while (p < text->end && *p != separator && *p != text->newline) {
        ++p;
    }
    return p;
}

/* Whether nothing stands there, separators not being nothing. */
static bool is_empty(const uint8_t *start, const uint8_t *end, uint8_t separator, uint8_t newline) {
    while (start < end && *start != separator && (lk_is_blank(*start) || *start == newline)) {
        ++start;
    }
    return start == end;
}

bool lk_record_next(lk_text *text, uint8_t separator, lk_line *record) {
    const uint8_t *start = text->next, *p = start;
    int64_t lines = 1;
    if (is_empty(start, text->end, separator, text->newline)) {
        text->next = text->end;
        return false;
    }
    do {
        p = skip_field(text, p, separator, &lines);
    } while (p < text->end && *p == separator && p++ < text->end);
    const uint8_t *end = p > start && p < text->end && p[-1] == '\r' ? p - 1 : p;
    bool empty = is_empty(start, end, separator, '\r');
    *record = (lk_line){start, empty ? start : end, text->line + 1};
    text->next = p < text->end ? p + 1 : p;
    text->line += lines;
    return true;
}

uint8_t lk_record_separator(const lk_line *record) {
    bool quoted = false;
    for (const uint8_t *p = record->start; p < record->end; ++p) {
        quoted = quoted != (*p == '"');
        if (!quoted && (*p == ',' || *p == ';' || *p == '\t')) {
            return *p;
        }
    }
    return 0;
}

int64_t lk_record_fields(const lk_line *record, uint8_t separator) {
    int64_t fields = 0;
    lk_field field = {.next = record->start};
    for (; field.next; ++fields) {
        field = lk_field_next(field.next, record->end, separator);
    }
    return fields;
}

bool lk_record_names(const lk_line *record, uint8_t separator) {
    bool names = true;
    for (lk_field field = {.next = record->start}; field.next;) {
        int64_t value;
        field = lk_field_next(field.next, record->end, separator);
        lk_field bare = lk_field_trimmed(field);
        names = names && lk_number_parse(bare.start, bare.end, &value) == LK_NUMBER_NONE;
    }
    return names;
}

bool lk_record_printable(const lk_line *record) {
    const uint8_t *p = record->start;
    while (p < record->end && (*p >= 0x20 || *p == '\t')) {
        ++p;
    }
    return p == record->end;
}

/* Whether a reader would take the bare text for something else: blanks would be cut, and a line
 * that begins with '#' or a byte order mark left out. */
static bool needs_quotes(const char *text) {
    size_t length = strlen(text);
    return strpbrk(text, ",;\t\"\r\n") != NULL || strncmp(text, "#", 1) == 0 ||
           lk_utf8_mark(text, (int64_t)length) > 0 ||
           (length > 0 &&
            (lk_is_blank((uint8_t)text[0]) || lk_is_blank((uint8_t)text[length - 1])));
}

void lk_field_put(lk_buffer *buffer, const char *text, bool quoted) {
    if (!quoted && !needs_quotes(text)) {
        lk_buffer_put(buffer, text, (int64_t)strlen(text));
        return;
    }
    lk_buffer_put(buffer, "\"", 1);
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        lk_buffer_put(buffer, text, quote + 1 - text);
        lk_buffer_put(buffer, "\"", 1);
    }
    lk_buffer_put(buffer, text, (int64_t)strlen(text));
    lk_buffer_put(buffer, "\"", 1);
}
