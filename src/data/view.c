#include "data/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kind of view: one row. */
typedef struct lk_view_kind {
    const char *name;
    lk_status (*make)(lk_context *context, const char *text, int32_t setting, int32_t alphabet,
                      lk_view *view);
    uint16_t (*split)(const lk_view *view, uint16_t value, int32_t part);
    uint16_t (*join)(const lk_view *view, const uint16_t *parts, int64_t apart);
} lk_view_kind;

/* ---- bits ------------------------------------------------------------------------------------ */

static lk_status make_bits(lk_context *context, const char *text, int32_t setting, int32_t alphabet,
                           lk_view *view) {
    int32_t bits = 0;
    while (INT32_C(1) << bits < alphabet) {
        bits++;
    }
    if (INT32_C(1) << bits != alphabet || setting < 1 || setting >= bits) {
        return lk_fail(context, LK_INVALID,
                       "view %s: values of an alphabet of 2^n symbols have bits, of which 1 to n - "
                       "1 can be the high ones; here the alphabet has %d",
                       text, alphabet);
    }
    view->shift = bits - setting;
    view->part_count = 2;
    view->parts[0] = (lk_view_part){"high", INT32_C(1) << setting};
    view->parts[1] = (lk_view_part){"low", INT32_C(1) << view->shift};
    view->exact = true;
    return LK_OK;
}

static uint16_t split_bits(const lk_view *view, uint16_t value, int32_t part) {
    return (uint16_t)(part == 0 ? value >> view->shift : value & ((1 << view->shift) - 1));
}

static uint16_t join_bits(const lk_view *view, const uint16_t *parts, int64_t apart) {
    return (uint16_t)(parts[0] << view->shift | parts[apart]);
}

/* ---- all ------------------------------------------------------------------------------------- */

static const lk_view_kind kinds[] = {{"bits", make_bits, split_bits, join_bits}};
#define KINDS ((int32_t)(sizeof kinds / sizeof *kinds))

lk_status lk_view_parse(lk_context *context, const char *text, int32_t alphabet, lk_view *view) {
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    char *end = NULL;
    long setting = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
    bool whole = colon == NULL || (end != colon + 1 && *end == '\0' && labs(setting) < 65536);
    *view = (lk_view){0};
    for (int32_t i = 0; i < KINDS && whole; i++) {
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, text, length) == 0) {
            view->kind = &kinds[i];
            view->setting = (int32_t)setting;
            return kinds[i].make(context, text, (int32_t)setting, alphabet, view);
        }
    }
    return lk_fail(context, LK_INVALID, "view %.40s: there is bits:B, the high B bits first", text);
}

void lk_view_print(const lk_view *view, char text[LK_VIEW_TEXT]) {
    snprintf(text, LK_VIEW_TEXT, "%s:%d", view->kind->name, view->setting);
}

uint16_t lk_view_split(const lk_view *view, uint16_t value, int32_t part) {
    return view->kind->split(view, value, part);
}

uint16_t lk_view_join(const lk_view *view, const uint16_t *parts, int64_t apart) {
    return view->kind->join(view, parts, apart);
}
