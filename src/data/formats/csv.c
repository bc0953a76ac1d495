/* CSV of integers: fields separated by comma, semicolon or tab (whichever the first line has
 * first), perhaps in double quotes; the first line is a header when none of its fields is a number.
 * Every column is a variable. Quoted line ends are not supported. */
#include "data/formats/lines.h"

typedef struct lk_field {
    const uint8_t *start, *end; /* blanks and quotes cut */
    const uint8_t *next;        /* after the separator; NULL: the last field */
    bool closed;                /* false: a quote without its end, or text after it */
} lk_field;

static lk_field next_field(const uint8_t *p, const uint8_t *end, uint8_t separator) {
    lk_field field = {.closed = true};
    while (p < end && lk_is_blank(*p) && *p != separator) {
        ++p;
    }
    if (p < end && *p == '"') {
        field.start = ++p;
        while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"'))) {
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
    }
    while (field.start < field.end && lk_is_blank(*field.start)) {
        ++field.start;
    }
    while (field.end > field.start && lk_is_blank(field.end[-1])) {
        --field.end;
    }
    field.next = p < end ? p + 1 : NULL;
    return field;
}

/* The first of , ; and tab outside quotes; 0: none. */
static uint8_t find_separator(const lk_line *line) {
    bool quoted = false;
    for (const uint8_t *p = line->start; p < line->end; ++p) {
        quoted = quoted != (*p == '"');
        if (!quoted && (*p == ',' || *p == ';' || *p == '\t')) {
            return *p;
        }
    }
    return 0;
}

static int64_t count_fields(const lk_line *line, uint8_t separator, bool *header) {
    int64_t fields = 0, value;
    *header = true;
    lk_field field = {.next = line->start};
    while (field.next) {
        field = next_field(field.next, line->end, separator);
        *header = *header && lk_number_parse(field.start, field.end, &value) == LK_NUMBER_NONE;
        ++fields;
    }
    return fields;
}

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

static bool printable(const lk_line *line) {
    for (const uint8_t *p = line->start; p < line->end; ++p) {
        if (*p < 0x20 && *p != '\t') {
            return false;
        }
    }
    return true;
}

/* A separator in the first line; or one column, under a name or in quotes. */
static bool recognise(const uint8_t *data, int64_t size) {
    lk_text text = lk_text_of(data, size);
    lk_line line, second;
    if (!lk_text_line(&text, &line) || !printable(&line)) {
        return false;
    }
    uint8_t separator = find_separator(&line);
    if (separator == ',' || separator == ';') {
        return true;
    }
    if (line.start < line.end && *line.start == '"') {
        return true;
    }
    bool header;
    count_fields(&line, separator, &header);
    return header && begins_name(&line) && lk_text_line(&text, &second) && begins_number(&second);
}

static lk_status read_line(lk_context *context, const lk_reading *reading, const lk_line *line,
                           uint8_t separator, int64_t columns, uint16_t *values) {
    lk_field field = {.next = line->start};
    for (int64_t column = 0; column < columns; ++column) {
        field = next_field(field.next, line->end, separator);
        if (!field.closed) {
            return lk_fail(context, LK_FORMAT,
                           "%s: line %lld, column %lld: the quotes are not closed before the next "
                           "separator",
                           reading->name, (long long)line->number, (long long)column + 1);
        }
        int32_t plain = lk_plain_value(field.start, field.end);
        if (plain >= 0 && plain < reading->limit) {
            values[column] = (uint16_t)plain;
        } else {
            LK_TRY(lk_text_value(context, reading, line->number, column + 1, field.start, field.end,
                                 &values[column]));
        }
        if (!field.next != (column + 1 == columns)) {
            bool header;
            return lk_text_fail_columns(context, reading, line->number,
                                        count_fields(line, separator, &header), 1, columns);
        }
    }
    return LK_OK;
}

static lk_status read_csv(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    lk_text text = lk_text_of(reading->data, reading->size), first = text;
    lk_line line = {0};
    LK_REQUIRE(lk_text_line(&first, &line));
    uint8_t separator = find_separator(&line);
    bool header;
    int64_t columns = count_fields(&line, separator, &header), examples = 0;
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, lk_shape_vector(columns),
                              lk_text_count_lines(reading->data, reading->size), reading->size));
    if (header) {
        lk_text_line(&text, &line);
    }
    for (; lk_text_line(&text, &line); ++examples) {
        if (line.start == line.end) {
            return lk_text_fail_columns(context, reading, line.number, 0, 1, columns);
        }
        LK_TRY(read_line(context, reading, &line, separator, columns,
                         dataset->values + examples * columns));
    }
    if (examples == 0) {
        return lk_fail(context, LK_FORMAT, "%s: there are no examples: only a header line",
                       reading->name);
    }
    dataset->examples = examples;
    return LK_OK;
}

/* A single column has a header, or it could be taken for something else. */
static lk_status write_csv(lk_context *context, const char *path, const lk_dataset *dataset,
                           lk_buffer *buffer) {
    (void)context, (void)path;
    if (dataset->variables == 1) {
        lk_buffer_put(buffer, "value\n", 6);
    }
    lk_lines_put(dataset, ',', false, buffer);
    return LK_OK;
}

const lk_format lk_csv_format = {
    .name = "csv",
    .number = LK_FROM_CSV,
    .endings = {".csv"},
    .packs = true,
    .recognise = recognise,
    .read = read_csv,
    .write = write_csv,
};
