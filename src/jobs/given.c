/* Reading what samples are to be held at. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "jobs/sample.h"

#define GIVEN_FILE_MOST ((int64_t)1 << 32)
#define GIVEN_VALUES_MOST ((int64_t)1 << 30)

static bool is_separator(char c) {
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

static lk_status parse_value(lk_context *context, const char *path, int64_t line, int64_t variable,
                             int32_t alphabet, const char **at, const char *end, int32_t *value) {
    const char *p = *at;
    if (*p == '?') {
        *value = -1;
        *at = p + 1;
    } else {
        int64_t number = 0;
        const char *digits = p;
        for (; p < end && *p >= '0' && *p <= '9' && number <= LK_ALPHABET_MOST; p++) {
            number = 10 * number + (*p - '0');
        }
        if (p == digits || number >= alphabet) {
            return lk_fail(
                context, LK_FORMAT,
                "%s: line %lld, value %lld: expected 0..%d, or ? for a variable to be drawn", path,
                (long long)line, (long long)variable + 1, alphabet - 1);
        }
        *value = (int32_t)number;
        *at = p;
    }
    if (*at < end && !is_separator(**at) && **at != '\n') {
        return lk_fail(context, LK_FORMAT, "%s: line %lld, value %lld: unexpected '%c'", path,
                       (long long)line, (long long)variable + 1,
                       **at >= ' ' && **at <= '~' ? **at : '?');
    }
    return LK_OK;
}

/* One line into a row that begins all open. */
static lk_status parse_line(lk_context *context, const char *path, int64_t line,
                            const lk_given *given, int32_t alphabet, const char **at,
                            const char *end, int32_t *row) {
    int64_t variable = 0;
    while (*at < end && **at != '\n') {
        if (is_separator(**at)) {
            (*at)++;
            continue;
        }
        if (variable == given->variables) {
            return lk_fail(context, LK_FORMAT,
                           "%s: line %lld has more than the model's %lld variables", path,
                           (long long)line, (long long)given->variables);
        }
        LK_TRY(parse_value(context, path, line, variable, alphabet, at, end, &row[variable]));
        variable++;
    }
    *at += *at < end ? 1 : 0;
    return LK_OK;
}

static int64_t count_lines(const lk_bytes *bytes) {
    int64_t lines = 0;
    for (int64_t i = 0; i < bytes->size; i++) {
        lines += bytes->data[i] == '\n' || i + 1 == bytes->size ? 1 : 0;
    }
    return lines;
}

static lk_status parse_given(lk_context *context, const char *path, const lk_bytes *bytes,
                             const lk_model *model, lk_given *given) {
    given->examples = count_lines(bytes);
    given->variables = model->data.variables;
    given->shape = model->data.shape;
    if (given->examples == 0) {
        return lk_fail(context, LK_FORMAT,
                       "%s: empty; expected one example a line, ? where a value is to be drawn",
                       path);
    }
    if (given->examples > GIVEN_VALUES_MOST / given->variables) {
        return lk_fail(
            context, LK_INVALID, "%s: %lld lines of %lld variables are more than %lld values", path,
            (long long)given->examples, (long long)given->variables, (long long)GIVEN_VALUES_MOST);
    }
    given->values = lk_allocate(given->examples * given->variables, sizeof *given->values);
    if (given->values == NULL) {
        return lk_fail_no_memory(context, path, given->examples * given->variables * 4);
    }
    memset(given->values, 0xff,
           (size_t)(given->examples * given->variables) * sizeof *given->values);
    const char *at = (const char *)bytes->data, *end = at + bytes->size;
    for (int64_t i = 0; i < given->examples; i++) {
        LK_TRY(parse_line(context, path, i + 1, given, model->data.alphabet, &at, end,
                          given->values + i * given->variables));
    }
    return LK_OK;
}

lk_status lk_given_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                         const lk_model *model, lk_given *given) {
    *given = (lk_given){0};
    lk_status status = parse_given(context, name, bytes, model, given);
    if (status != LK_OK) {
        lk_given_deinit(given);
    }
    return status;
}

lk_status lk_given_read(lk_context *context, const char *path, const lk_model *model,
                        lk_given *given) {
    lk_bytes bytes;
    *given = (lk_given){0};
    LK_TRY(lk_file_read(context, path, GIVEN_FILE_MOST, &bytes));
    lk_status status = lk_given_parse(context, path, &bytes, model, given);
    lk_bytes_release(&bytes);
    return status;
}

void lk_given_deinit(lk_given *given) {
    lk_release(given->values);
    *given = (lk_given){0};
}
