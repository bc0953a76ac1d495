#include "models/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"

#define ORDER_FILE_MOST (int64_t)(1 << 28)

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* Blanks, commas, and comments: # to the end of the line. */
static const char *skip_spaces(const char *at, const char *end) {
    bool comment = false;
    for (; at < end && (comment || is_space(*at) || *at == '#'); at++) {
        comment = *at == '#' || (comment && *at != '\n' && *at != '\r');
    }
    return at;
}

static lk_status random_order(lk_context *context, const char *order, int64_t variables,
                              int32_t *rank) {
    char *end = NULL;
    errno = 0;
    unsigned long long seed = strtoull(order + strlen("random:"), &end, 10);
    if (errno != 0 || end == order + strlen("random:") || *end != '\0' ||
        strchr(order, '-') != NULL) {
        return lk_fail(context, LK_INVALID,
                       "order %s: expected random:SEED with a nonnegative integer", order);
    }
    lk_random_permutation((lk_random){seed, LK_FOR_ORDER}, 0, variables, rank);
    return LK_OK;
}

lk_status lk_order_parse(lk_context *context, const char *path, const lk_bytes *bytes,
                         int64_t variables, int32_t *rank) {
    const char *at = (const char *)bytes->data, *end = at + bytes->size;
    at += bytes->size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (int64_t v = 0; v <= variables; v++) {
        at = skip_spaces(at, end);
        if ((v < variables) != (at < end)) {
            return lk_fail(context, LK_FORMAT,
                           "%s: %s than the %lld ranks that the data need, one for each variable",
                           path, v < variables ? "fewer" : "more", (long long)variables);
        }
        int64_t value = 0, digits = 0;
        for (; v < variables && at < end && *at >= '0' && *at <= '9' && value <= INT32_MAX;
             at++, digits++) {
            value = 10 * value + (*at - '0');
        }
        bool ended = at == end || is_space(*at) || *at == '#';
        if (v < variables && (digits == 0 || value > INT32_MAX || !ended)) {
            return lk_fail(context, LK_FORMAT,
                           "%s: rank %lld is not an integer in 0..2147483647 (an order is natural, "
                           "reversed, random:SEED or "
                           "a file of ranks)",
                           path, (long long)v + 1);
        }
        if (v < variables) {
            rank[v] = (int32_t)value;
        }
    }
    return LK_OK;
}

lk_status lk_order_read(lk_context *context, const char *order, int64_t variables, int32_t *rank,
                        char **name) {
    bool reversed = strcmp(order, "reversed") == 0, file = false;
    if (strcmp(order, "natural") == 0 || reversed) {
        for (int64_t v = 0; v < variables; v++) {
            rank[v] = (int32_t)(reversed ? variables - 1 - v : v);
        }
    } else if (strncmp(order, "random:", strlen("random:")) == 0) {
        LK_TRY(random_order(context, order, variables, rank));
    } else {
        lk_bytes bytes;
        LK_TRY(lk_file_read(context, order, ORDER_FILE_MOST, &bytes));
        lk_status status = lk_order_parse(context, order, &bytes, variables, rank);
        lk_bytes_release(&bytes);
        LK_TRY(status);
        file = true;
    }
    *name = lk_duplicate(file ? "file" : order);
    return *name == NULL ? lk_fail_no_memory(context, "order", 8) : LK_OK;
}
