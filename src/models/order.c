#include "models/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"

#define ORDER_FILE_MOST (int64_t)(1 << 28)
#define ORDERS_BY_NAME "natural, reversed, zigzag, s-curve:K, random:SEED"

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

static lk_status random_order(lk_context *context, const char *order, lk_shape shape,
                              int32_t *rank) {
    char *end = NULL;
    errno = 0;
    unsigned long long seed = strtoull(order + strlen("random:"), &end, 10);
    if (errno != 0 || end == order + strlen("random:") || *end != '\0' ||
        strchr(order, '-') != NULL) {
        return lk_fail(context, LK_INVALID,
                       "order %s: expected random:SEED with a nonnegative integer", order);
    }
    lk_random_permutation((lk_random){seed, LK_FOR_ORDER}, 0, lk_shape_variables(shape), rank);
    return LK_OK;
}

lk_status lk_order_parse(lk_context *context, const char *path, const lk_bytes *bytes,
                         int64_t variables, int32_t *rank) {
    const char *at = (const char *)bytes->data, *end = at + bytes->size;
    at += lk_utf8_mark(at, bytes->size);
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
                           "%s: rank %lld is not an integer in 0..2147483647 (an order "
                           "is " ORDERS_BY_NAME " or a file of ranks)",
                           path, (long long)v + 1);
        }
        if (v < variables) {
            rank[v] = (int32_t)value;
        }
    }
    return LK_OK;
}

lk_status lk_order_grid_of(lk_context *context, const char *order, lk_shape shape,
                           lk_order_grid *grid) {
    char text[64];
    lk_shape picture = lk_shape_picture(shape);
    lk_shape_print(shape, text, sizeof text);
    if (picture.axes != 3) {
        return lk_fail(context, LK_INVALID,
                       "%s is an order of images, and an example of these data is %s%s%s", order,
                       picture.axes == 1 ? "a vector of " : "", text,
                       lk_advice(context, "shape", ": give --shape HxWxC"));
    }
    *grid = (lk_order_grid){picture.size[0], picture.size[1], picture.size[2]};
    return LK_OK;
}

/* ---- by name --------------------------------------------------------------------------------- */

static lk_status natural(lk_context *context, const char *order, lk_shape shape, int32_t *rank) {
    (void)context;
    (void)order;
    for (int64_t v = 0; v < lk_shape_variables(shape); v++) {
        rank[v] = (int32_t)v;
    }
    return LK_OK;
}

static lk_status reversed(lk_context *context, const char *order, lk_shape shape, int32_t *rank) {
    (void)context;
    (void)order;
    for (int64_t v = 0, last = lk_shape_variables(shape) - 1; v <= last; v++) {
        rank[v] = (int32_t)(last - v);
    }
    return LK_OK;
}

static lk_status zigzag(lk_context *context, const char *order, lk_shape shape, int32_t *rank) {
    lk_order_grid grid;
    LK_TRY(lk_order_grid_of(context, order, shape, &grid));
    lk_order_zigzag(&grid, rank);
    return LK_OK;
}

static lk_status s_curve(lk_context *context, const char *order, lk_shape shape, int32_t *rank) {
    lk_order_grid grid;
    const char *number = order + strlen("s-curve");
    LK_TRY(lk_order_grid_of(context, order, shape, &grid));
    if (*number != '\0' &&
        (number[1] < '1' || number[1] > '0' + LK_S_CURVES || number[2] != '\0')) {
        return lk_fail(context, LK_INVALID, "order %s: the curves are s-curve:1 to s-curve:%d",
                       order, LK_S_CURVES);
    }
    lk_order_s_curve(&grid, *number == '\0' ? 0 : number[1] - '1', rank);
    return LK_OK;
}

static lk_status of_file(lk_context *context, const char *path, lk_shape shape, int32_t *rank) {
    lk_bytes bytes;
    if (access(path, F_OK) != 0 && errno == ENOENT) { /* more often a name with a slip in it */
        return lk_fail(context, LK_IO,
                       "%s is neither an order (" ORDERS_BY_NAME ") nor a file of ranks that is "
                       "there",
                       path);
    }
    LK_TRY(lk_file_read(context, path, ORDER_FILE_MOST, &bytes));
    lk_status status = lk_order_parse(context, path, &bytes, lk_shape_variables(shape), rank);
    lk_bytes_release(&bytes);
    return status;
}

/* A name that ends in a colon begins an order. */
static const struct named_order {
    const char *name;
    lk_status (*fill)(lk_context *context, const char *order, lk_shape shape, int32_t *rank);
} orders[] = {
    {"natural", natural}, {"reversed", reversed}, {"random:", random_order},
    {"zigzag", zigzag},   {"s-curve", s_curve},   {"s-curve:", s_curve},
};

static const struct named_order *find(const char *order) {
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        size_t length = strlen(orders[i].name);
        bool begins = orders[i].name[length - 1] == ':';
        if (begins ? strncmp(order, orders[i].name, length) == 0
                   : strcmp(order, orders[i].name) == 0) {
            return &orders[i];
        }
    }
    return NULL;
}

lk_status lk_order_read(lk_context *context, const char *order, lk_shape shape, int32_t *rank,
                        char **name) {
    const struct named_order *named = find(order);
    LK_TRY(named != NULL ? named->fill(context, order, shape, rank)
                         : of_file(context, order, shape, rank));
    *name = lk_duplicate(named != NULL ? order : "file");
    return *name == NULL ? lk_fail_no_memory(context, "order", 8) : LK_OK;
}
