/* Text scanning: lines, and numbers that must be integers. */
#ifndef LK_DATA_TEXT_H
#define LK_DATA_TEXT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct lk_line {
    const uint8_t *start, *end; /* without the line end, trailing blanks cut */
    int64_t number;             /* from 1; 0 before the first */
} lk_line;

/* Steps through the lines of a text, which end with LF or CR LF or, where there is no LF at all,
 * with CR. A UTF-8 byte order mark is skipped, and so are lines at the head that begin with '#'. */
typedef struct lk_text {
    const uint8_t *next, *end;
    int64_t line;
    uint8_t newline;
    lk_line comment; /* the last of the lines at the head; number 0: there is none */
} lk_text;
lk_text lk_text_of(const uint8_t *data, int64_t size);
/* False at the end: only blank lines may remain, and they are not told. A blank line before others
 * is told, with start == end. */
bool lk_text_line(lk_text *text, lk_line *line);
/* The most lines that can still come. */
int64_t lk_text_count_lines(const lk_text *text);

typedef enum lk_number_kind {
    LK_NUMBER_INTEGER,
    LK_NUMBER_FRACTION,
    LK_NUMBER_NOT_FINITE,
    LK_NUMBER_HUGE,
    LK_NUMBER_NONE
} lk_number_kind;
/* Reads all of [start, end) as a decimal number ("7", "-1", "1.000", "1.0e+02") exactly, whatever
 * the locale. *value is set for INTEGER only; HUGE: an integer of more than 18 digits. */
lk_number_kind lk_number_parse(const uint8_t *start, const uint8_t *end, int64_t *value);

/* Bytes as they can stand in a message: at most 24, UTF-8 as it is, all else that cannot be printed
 * as \xHH. text holds 112. */
#define LK_QUOTE_CAPACITY 112
const char *lk_text_quote(const uint8_t *start, const uint8_t *end, char text[LK_QUOTE_CAPACITY]);

static inline bool lk_is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}
static inline bool lk_is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}
/* The value of 1 to 5 plain digits, which is what nearly all files hold; -1: something else, for
 * lk_text_value. */
static inline int32_t lk_plain_value(const uint8_t *start, const uint8_t *end) {
    int32_t value = 0;
    if (end - start < 1 || end - start > 5) {
        return -1;
    }
    for (; start < end; ++start) {
        if (!lk_is_digit(*start)) {
            return -1;
        }
        value = value * 10 + (*start - '0');
    }
    return value;
}

#endif
