/* A PNG of twice the size, so that it is sharp on paper. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cli/info/curve_pen.h"
#include "data/canvas.h"
#include "data/formats/formats.h"

#define SCALE 2
#define TEXT_SIZE 12 /* up to here the smaller of two sizes of the font */

typedef struct sheet {
    lk_context *context;
    const char *path;
    lk_canvas canvas;
} sheet;

static lk_status begin(lk_context *context, const char *path, void **on) {
    sheet *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "a picture", (int64_t)sizeof *made);
    }
    *made = (sheet){.context = context, .path = path};
    lk_status status =
        lk_canvas_init(context, SCALE * CURVE_HEIGHT, SCALE * CURVE_WIDTH, &made->canvas);
    if (status != LK_OK) {
        lk_release(made);
        return status;
    }
    *on = made;
    return LK_OK;
}

static void line(void *on, curve_point from, curve_point to, double thick, uint32_t colour) {
    sheet *s = on;
    lk_canvas_line(&s->canvas, SCALE * from.x, SCALE * from.y, SCALE * to.x, SCALE * to.y,
                   SCALE * thick, colour);
}

static void text(void *on, curve_point at, curve_anchor anchor, int size, bool up,
                 const char *words) {
    sheet *s = on;
    int64_t font = size > TEXT_SIZE ? 3 : 2,
            length = (int64_t)strlen(words) * LK_GLYPH_WIDTH * font;
    int64_t back = anchor == CURVE_START ? 0 : anchor == CURVE_MIDDLE ? length / 2 : length;
    int64_t x = lround(SCALE * at.x), y = lround(SCALE * at.y), half = LK_GLYPH_HEIGHT * font / 2;
    lk_canvas_text(&s->canvas, up ? x - half : x - back, up ? y + back : y - half, font, up, 0,
                   words);
}

static lk_status end(void *on) {
    sheet *s = on;
    const lk_canvas *c = &s->canvas;
    lk_status status = lk_png_write(s->context, s->path, c->pixels, c->height, c->width, 3);
    lk_canvas_deinit(&s->canvas);
    lk_release(s);
    return status;
}

const curve_pen curve_png = {".png", begin, line, text, end};
