/* Text scanning: see text.h. Numbers are read without strtod, whose result depends on the locale,
 * and without rounding: a decimal is an integer when no digit but 0 stands behind its
 * (exponent-shifted) point. */
#include "data/text.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Bytes of a text that a message shows. */
#define QUOTED_MOST 24

static bool only_blank(const uint8_t *start, const uint8_t *end) {
    for (; start < end; ++start) {
        if (!lk_is_blank(*start) && *start != '\n') {
            return false;
        }
    }
    return true;
}

lk_text lk_text_of(const uint8_t *data, int64_t size) {
    lk_text text = {.next = data + lk_utf8_mark(data, size), .end = data + size};
    text.newline = size == 0 || memchr(data, '\n', (size_t)size) ? '\n' : '\r';
    lk_text past = text;
    for (lk_line line; lk_text_line(&past, &line) && *line.start == '#'; text = past) {
        past.comment = line;
    }
    return text;
}

bool lk_text_line(lk_text *text, lk_line *line) {
    if (text->next >= text->end) {
        return false;
    }
    const uint8_t *start = text->next;
    const uint8_t *newline = memchr(start, text->newline, (size_t)(text->end - start));
    const uint8_t *end = newline ? newline : text->end;
    text->next = newline ? newline + 1 : text->end;
    while (end > start && lk_is_blank(end[-1])) {
        --end;
    }
    if (end == start && only_blank(text->next, text->end)) {
        text->next = text->end;
        return false;
    }
    *line = (lk_line){.start = start, .end = end, .number = ++text->line};
    return true;
}

int64_t lk_text_count_lines(const lk_text *text) {
    int64_t lines = 0;
    for (const uint8_t *at = text->next; at < text->end;) {
        const uint8_t *newline = memchr(at, text->newline, (size_t)(text->end - at));
        ++lines;
        at = newline ? newline + 1 : text->end;
    }
    return lines;
}

static bool is_word(const uint8_t *start, const uint8_t *end, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(end - start) != length) {
        return false;
    }
    for (size_t i = 0; i < length; ++i) {
        if ((start[i] | 0x20) != (uint8_t)word[i]) {
            return false;
        }
    }
    return true;
}

/* [eE][+-]digits up to the end; the exponent is held within +-99999, beyond which only 0 is an
 * integer of few digits. */
static bool parse_exponent(const uint8_t *p, const uint8_t *end, int64_t *exponent) {
    *exponent = 0;
    if (p == end) {
        return true;
    }
    if ((*p | 0x20) != 'e') {
        return false;
    }
    ++p;
    bool negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    if (p == end) {
        return false;
    }
    for (; p < end; ++p) {
        if (!lk_is_digit(*p)) {
            return false;
        }
        *exponent = *exponent > 9999 ? 99999 : *exponent * 10 + (*p - '0');
    }
    *exponent = negative ? -*exponent : *exponent;
    return true;
}

/* The digits of [start, end), a point among them skipped, of which the first `whole` stand before
 * the shifted point. */
static lk_number_kind digits_value(const uint8_t *start, const uint8_t *end, int64_t whole,
                                   int64_t *value) {
    int64_t position = 0, result = 0;
    for (const uint8_t *p = start; p < end; ++p) {
        if (*p == '.') {
            continue;
        }
        int digit = *p - '0';
        if (position >= whole) {
            if (digit != 0) {
                return LK_NUMBER_FRACTION;
            }
        } else if (result >= 100000000000000000) {
            return LK_NUMBER_HUGE;
        } else {
            result = result * 10 + digit;
        }
        ++position;
    }
    for (; result != 0 && position < whole; ++position) {
        if (result >= 100000000000000000) {
            return LK_NUMBER_HUGE;
        }
        result *= 10;
    }
    *value = result;
    return LK_NUMBER_INTEGER;
}

lk_number_kind lk_number_parse(const uint8_t *start, const uint8_t *end, int64_t *value) {
    bool negative = start < end && *start == '-';
    start += start < end && (*start == '-' || *start == '+');
    if (is_word(start, end, "nan") || is_word(start, end, "inf") ||
        is_word(start, end, "infinity")) {
        return LK_NUMBER_NOT_FINITE;
    }
    int64_t digits = 0, whole = -1, exponent;
    const uint8_t *p = start;
    for (; p < end && (lk_is_digit(*p) || (*p == '.' && whole < 0)); ++p) {
        if (*p == '.') {
            whole = digits;
        } else {
            ++digits;
        }
    }
    whole = whole < 0 ? digits : whole;
    if (digits == 0 || !parse_exponent(p, end, &exponent)) {
        return LK_NUMBER_NONE;
    }
    lk_number_kind kind = digits_value(start, p, whole + exponent, value);
    if (kind == LK_NUMBER_INTEGER && negative) {
        *value = -*value;
    }
    return kind;
}

/* Control characters are told by their bytes; so are those that only turn the direction of what
 * stands behind them. */
static bool printable(uint32_t character) {
    bool turns = (character >= 0x200E && character <= 0x200F) ||
                 (character >= 0x2028 && character <= 0x202E) ||
                 (character >= 0x2066 && character <= 0x2069) || character == 0xFEFF;
    return character >= 0x20 && !(character >= 0x7F && character < 0xA0) && !turns &&
           character < LK_UTF8_BYTE;
}

const char *lk_text_quote(const uint8_t *start, const uint8_t *end, char text[LK_QUOTE_CAPACITY]) {
    char *out = text;
    const uint8_t *p = start;
    while (p < end && p - start < QUOTED_MOST) {
        uint32_t character;
        int length = lk_utf8_get(p, end - p, &character);
        if (p + length - start > QUOTED_MOST) {
            break;
        }
        if (printable(character)) {
            memcpy(out, p, (size_t)length);
            out += length;
        } else {
            for (int i = 0; i < length; ++i) {
                out += snprintf(out, 5, "\\x%02X", p[i]);
            }
        }
        p += length;
    }
    memcpy(out, p < end ? "..." : "", p < end ? 4 : 1);
    return text;
}
