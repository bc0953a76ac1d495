#include "data/formats/lines.h"

#include <stdio.h>

static lk_status fail_number(lk_context *context, const lk_reading *reading, const char *place,
                             lk_number_kind kind, const char *quoted) {
    static const char *const cause[] = {
        [LK_NUMBER_FRACTION] = "is not an integer; scale or round the values to 0..65535 first",
        [LK_NUMBER_NOT_FINITE] = "is not a finite number; replace missing values by integers first",
        [LK_NUMBER_HUGE] = "is larger than 65535, the largest value that is supported",
        [LK_NUMBER_NONE] = "is not a number; data must be integers from 0",
        [LK_NUMBER_INTEGER] = "is negative; values must be integers from 0, so shift them first",
    };
    if (quoted[0] == '\0') {
        return lk_fail(context, LK_FORMAT,
                       "%s: %s: the field is empty; every field must hold an integer",
                       reading->name, place);
    }
    return lk_fail(context, LK_FORMAT, "%s: %s: '%s' %s", reading->name, place, quoted,
                   cause[kind]);
}

lk_status lk_text_value(lk_context *context, const lk_reading *reading, int64_t line,
                        int64_t column, const uint8_t *start, const uint8_t *end, uint16_t *value) {
    int64_t number = 0;
    lk_number_kind kind = lk_number_parse(start, end, &number);
    if (kind == LK_NUMBER_INTEGER && number >= 0 && number < reading->limit) {
        *value = (uint16_t)number;
        return LK_OK;
    }
    char place[64], quoted[LK_QUOTE_CAPACITY];
    snprintf(place, sizeof place, "line %lld, column %lld", (long long)line, (long long)column);
    if (kind == LK_NUMBER_INTEGER && number >= 0) {
        return lk_fail_alphabet(context, reading, place, number);
    }
    return fail_number(context, reading, place, kind, lk_text_quote(start, end, quoted));
}

lk_status lk_text_fail_columns(lk_context *context, const lk_reading *reading, int64_t line,
                               int64_t columns, int64_t first_line, int64_t first_columns) {
    if (columns == 0 && first_columns == 1) {
        return lk_fail(context, LK_FORMAT,
                       "%s: line %lld is empty, which in a table of one column may be a value that "
                       "is missing: write \"\" for it, or remove the line",
                       reading->name, (long long)line);
    }
    if (columns == 0) {
        return lk_fail(
            context, LK_FORMAT, "%s: line %lld is empty, but line %lld has %lld columns; remove it",
            reading->name, (long long)line, (long long)first_line, (long long)first_columns);
    }
    return lk_fail(context, LK_FORMAT,
                   "%s: line %lld has %lld columns, but line %lld has %lld; every example needs "
                   "the same number",
                   reading->name, (long long)line, (long long)columns, (long long)first_line,
                   (long long)first_columns);
}

/* Decimal digits of a value below 65536; returns the end. */
static uint8_t *put_value(uint8_t *out, uint32_t value) {
    uint8_t digits[5];
    int count = 0;
    do {
        digits[count++] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *out++ = digits[--count];
    }
    return out;
}

void lk_lines_put(const lk_dataset *dataset, uint8_t separator, bool separator_at_end,
                  lk_buffer *buffer) {
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, dataset->variables * 6 + 1);
        if (!out) {
            break;
        }
        for (int64_t i = 0; i < dataset->variables; ++i) {
            out = put_value(out, values[i]);
            *out++ = separator;
        }
        out -= separator_at_end ? 0 : 1;
        *out++ = '\n';
        buffer->size = out - buffer->data;
    }
}
