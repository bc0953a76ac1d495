#include "data/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"

/* A kind of view: one row. */
typedef struct lk_view_kind {
    const char *name, *what; /* for the list of them */
    int32_t standard;        /* of the setting: 0: there is no such, -1: it must be given */
    lk_status (*make)(lk_context *context, const char *text, lk_shape shape, lk_view *view);
    /* A pixel: its cells, part after part; and back. */
    void (*see)(const lk_view *view, const uint16_t *pixel, uint16_t *cells);
    void (*join)(const lk_view *view, const uint16_t *cells, uint16_t *pixel);
} lk_view_kind;

static void add_part(lk_view *view, const char *name, int32_t alphabet, int32_t cells) {
    view->parts[view->part_count++] =
        (lk_view_part){.name = name, .alphabet = alphabet, .cells = cells, .first = view->cells};
    view->cells += cells;
}

/* Values of a pixel of pictures; 0: they are none. */
static int64_t colours_of(lk_shape shape) {
    return shape.axes == 2 ? 1 : shape.axes == 3 ? shape.size[2] : 0;
}

static lk_status fail_shape(lk_context *context, const char *text, const char *wanted,
                            lk_shape shape, int32_t alphabet) {
    char have[64];
    lk_shape_print(shape, have, sizeof have);
    return lk_fail(context, LK_INVALID, "view %.40s is of %s, and here they are %s of %d levels",
                   text, wanted, have, alphabet);
}

/* ---- bits ------------------------------------------------------------------------------------ */

static lk_status make_bits(lk_context *context, const char *text, lk_shape shape, lk_view *view) {
    (void)shape;
    int32_t bits = 0;
    while (INT32_C(1) << bits < view->alphabet) {
        bits++;
    }
    bool whole = INT32_C(1) << bits == view->alphabet;
    if (!whole || view->setting < 1 || view->setting >= bits) {
        char power[32] = "";
        if (!whole) {
            snprintf(power, sizeof power, ", and %d is one", INT32_C(1) << bits);
        }
        return lk_fail(context, LK_INVALID,
                       "view %.40s: values of an alphabet of 2^n symbols have bits, of which 1 to "
                       "n - 1 can be the high ones; here the alphabet has %d%s%s",
                       text, view->alphabet, power,
                       whole ? "" : lk_advice(context, "alphabet", " (--alphabet makes room)"));
    }
    view->values = 1;
    view->shift = bits - view->setting;
    view->exact = true;
    add_part(view, "high", INT32_C(1) << view->setting, 1);
    add_part(view, "low", INT32_C(1) << view->shift, 1);
    return LK_OK;
}

static void see_bits(const lk_view *view, const uint16_t *pixel, uint16_t *cells) {
    cells[0] = (uint16_t)(pixel[0] >> view->shift);
    cells[1] = (uint16_t)(pixel[0] & ((1 << view->shift) - 1));
}

static void join_bits(const lk_view *view, const uint16_t *cells, uint16_t *pixel) {
    pixel[0] = (uint16_t)(cells[0] << view->shift | cells[1]);
}

/* ---- ycocg ----------------------------------------------------------------------------------- */

#define LEVELS 256
#define MIDDLE 128 /* the symbol of no difference */

static lk_status make_ycocg(lk_context *context, const char *text, lk_shape shape, lk_view *view) {
    if (colours_of(shape) != 3 || view->alphabet != LEVELS) {
        return fail_shape(context, text, "pictures of three colours and 256 levels", shape,
                          view->alphabet);
    }
    view->values = 3;
    view->exact = true;
    add_part(view, "luminance", LEVELS, 1);
    add_part(view, "chroma", LEVELS, 2);
    return LK_OK;
}

/* Half of a difference that a symbol stands for, rounded down. */
static int32_t half(int32_t symbol) {
    int32_t difference = symbol - MIDDLE;
    return (difference - (difference & 1)) / 2;
}

static uint16_t modulo(int32_t number) {
    return (uint16_t)(number & (LEVELS - 1));
}

static void see_ycocg(const lk_view *view, const uint16_t *pixel, uint16_t *cells) {
    (void)view;
    cells[1] = modulo(pixel[0] - pixel[2] + MIDDLE);
    int32_t t = pixel[2] + half(cells[1]);
    cells[2] = modulo(pixel[1] - t + MIDDLE);
    cells[0] = modulo(t + half(cells[2]));
}

static void join_ycocg(const lk_view *view, const uint16_t *cells, uint16_t *pixel) {
    (void)view;
    int32_t t = cells[0] - half(cells[2]);
    pixel[1] = modulo(cells[2] - MIDDLE + t);
    pixel[2] = modulo(t - half(cells[1]));
    pixel[0] = modulo(pixel[2] + cells[1] - MIDDLE);
}

/* ---- grey ------------------------------------------------------------------------------------ */

static lk_status make_grey(lk_context *context, const char *text, lk_shape shape, lk_view *view) {
    int64_t colours = colours_of(shape);
    if (colours != 1 && colours != 3) {
        return fail_shape(context, text, "pictures of one value or three for each pixel", shape,
                          view->alphabet);
    }
    if (view->setting < 1 || view->setting > 15 || 1 << view->setting > view->alphabet) {
        return lk_fail(context, LK_INVALID,
                       "view %.40s: a grey picture has 1 bit or more, and no more levels than the "
                       "values, here %d",
                       text, view->alphabet);
    }
    view->values = (int32_t)colours;
    add_part(view, "grey", 1 << view->setting, 1);
    add_part(view, "picture", view->alphabet, (int32_t)colours);
    return LK_OK;
}

/* The luminance of ITU-R BT.601, to the nearest level. */
static int64_t luminance(const uint16_t *pixel, int32_t colours) {
    return colours == 1 ? pixel[0]
                        : (INT64_C(299) * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000;
}

static void see_grey(const lk_view *view, const uint16_t *pixel, uint16_t *cells) {
    cells[0] = (uint16_t)((luminance(pixel, view->values) << view->setting) / view->alphabet);
    memcpy(cells + 1, pixel, (size_t)view->values * sizeof *pixel);
}

static void join_grey(const lk_view *view, const uint16_t *cells, uint16_t *pixel) {
    memcpy(pixel, cells + 1, (size_t)view->values * sizeof *pixel);
}

/* ---- all ------------------------------------------------------------------------------------- */

static const lk_view_kind kinds[] = {
    {"bits", "bits:B, the high B bits first", -1, make_bits, see_bits, join_bits},
    {"ycocg", "ycocg, the luminance of colours first", 0, make_ycocg, see_ycocg, join_ycocg},
    {"grey", "grey:B, a grey picture of B bits first", 4, make_grey, see_grey, join_grey},
};
#define KINDS ((int32_t)(sizeof kinds / sizeof *kinds))

static lk_status fail_kind(lk_context *context, const char *text) {
    char list[256] = "";
    for (int32_t i = 0, at = 0; i < KINDS; i++) {
        at +=
            snprintf(list + at, sizeof list - (size_t)at, "%s%s", i > 0 ? "; " : "", kinds[i].what);
    }
    return lk_fail(context, LK_INVALID, "view %.40s: there is %s", text, list);
}

/* What stands behind the colon, if it is as the kind wants it. */
static bool read_setting(const lk_view_kind *kind, const char *colon, int32_t *setting) {
    char *end = NULL;
    *setting = kind->standard;
    if (colon == NULL || kind->standard == 0) {
        return colon == NULL && kind->standard >= 0;
    }
    long number = colon[1] >= '0' && colon[1] <= '9' ? strtol(colon + 1, &end, 10) : -1;
    *setting = (int32_t)number;
    return number >= 0 && number < 65536 && *end == '\0';
}

lk_status lk_view_parse(lk_context *context, const char *text, lk_shape shape, int32_t alphabet,
                        lk_view *view) {
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    *view = (lk_view){0};
    for (int32_t i = 0; i < KINDS; i++) {
        lk_view made = {.kind = &kinds[i], .alphabet = alphabet};
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, text, length) == 0 &&
            read_setting(&kinds[i], colon, &made.setting)) {
            LK_TRY(kinds[i].make(context, text, shape, &made));
            *view = made;
            return LK_OK;
        }
    }
    return fail_kind(context, text);
}

void lk_view_print(const lk_view *view, char text[LK_VIEW_TEXT]) {
    if (view->kind->standard == 0) {
        snprintf(text, LK_VIEW_TEXT, "%s", view->kind->name);
    } else {
        snprintf(text, LK_VIEW_TEXT, "%s:%d", view->kind->name, view->setting);
    }
}

/* ---- cells ----------------------------------------------------------------------------------- */

int64_t lk_view_cells(const lk_view *view, int32_t part, int64_t values) {
    return view != NULL ? values / view->values * view->parts[part].cells : values;
}

int64_t lk_view_first(const lk_view *view, int32_t part, int64_t values) {
    return view != NULL ? values / view->values * view->parts[part].first : 0;
}

int64_t lk_view_length(const lk_view *view, int64_t values) {
    return view != NULL ? values / view->values * view->cells : values;
}

lk_shape lk_view_shape(const lk_view *view, int32_t part, lk_shape shape) {
    int32_t cells = view->parts[part].cells;
    return cells == view->values ? shape : (lk_shape){3, {shape.size[0], shape.size[1], cells}};
}

int32_t lk_view_part_of(const lk_view *view, int64_t cell, int64_t values) {
    int32_t part = 0;
    while (view != NULL && part + 1 < view->part_count &&
           cell >= lk_view_first(view, part + 1, values)) {
        part++;
    }
    return part;
}

int32_t lk_view_made_of(const lk_view *view, int64_t cell, int64_t values, int64_t *first) {
    *first = cell;
    if (view == NULL) {
        return 1;
    }
    int32_t part = lk_view_part_of(view, cell, values), cells = view->parts[part].cells;
    int64_t at = cell - lk_view_first(view, part, values);
    *first = cells == view->values ? at : at / cells * view->values;
    return cells == view->values ? 1 : view->values;
}

void lk_view_read(const lk_view *view, const uint16_t *x, int64_t values, int64_t first,
                  int64_t count, uint16_t *seen) {
    if (view == NULL) {
        memcpy(seen, x + first, (size_t)count * sizeof *seen);
        return;
    }
    int32_t part = lk_view_part_of(view, first, values);
    for (int64_t i = 0; i < count; i++) {
        while (part + 1 < view->part_count && first + i >= lk_view_first(view, part + 1, values)) {
            part++;
        }
        const lk_view_part *of = &view->parts[part];
        int64_t at = first + i - lk_view_first(view, part, values);
        uint16_t cells[LK_VIEW_CELLS_MOST];
        view->kind->see(view, x + at / of->cells * view->values, cells);
        seen[i] = cells[of->first + at % of->cells];
    }
}

/* The cells of a pixel, which stand apart. */
static bool gather(const lk_view *view, const uint16_t *seen, int64_t pixels, int64_t pixel,
                   uint16_t *cells) {
    bool right = true;
    for (int32_t part = 0; part < view->part_count; part++) {
        const lk_view_part *of = &view->parts[part];
        for (int32_t k = 0; k < of->cells; k++) {
            cells[of->first + k] = seen[pixels * of->first + pixel * of->cells + k];
            right = right && cells[of->first + k] < of->alphabet;
        }
    }
    return right;
}

bool lk_view_join(const lk_view *view, const uint16_t *seen, int64_t values, uint16_t *x) {
    bool right = true;
    if (view == NULL) {
        memcpy(x, seen, (size_t)values * sizeof *x);
        return true;
    }
    for (int64_t p = 0; p < values / view->values; p++) {
        uint16_t cells[LK_VIEW_CELLS_MOST], again[LK_VIEW_CELLS_MOST];
        right = gather(view, seen, values / view->values, p, cells) && right;
        view->kind->join(view, cells, x + p * view->values);
        view->kind->see(view, x + p * view->values, again);
        right = right && memcmp(cells, again, (size_t)view->cells * sizeof *cells) == 0;
    }
    return right;
}

double lk_view_share(const lk_view *view, const double *of_cells, int64_t values, int64_t value) {
    if (view == NULL) {
        return of_cells[value];
    }
    double sum = 0.0;
    for (int32_t part = 0; part < view->part_count; part++) {
        const lk_view_part *of = &view->parts[part];
        const double *first = of_cells + lk_view_first(view, part, values);
        bool own = of->cells == view->values;
        for (int32_t k = 0; k < of->cells && !own; k++) {
            sum += first[value / view->values * of->cells + k] / view->values;
        }
        sum += own ? first[value] : 0.0;
    }
    return sum;
}
