/* A white picture to draw on: lines of any width, and text in a small font. Everything is drawn
 * with soft edges, so that a curve looks alike in a PNG and in an SVG. */
#ifndef LK_DATA_CANVAS_H
#define LK_DATA_CANVAS_H

#include "base/context.h"

typedef struct lk_canvas {
    int64_t height, width;
    uint8_t *pixels; /* owned, [height][width][3] */
} lk_canvas;

#define LK_GLYPH_WIDTH 6 /* of a character with its distance, at size 1 */
#define LK_GLYPH_HEIGHT 7

lk_status lk_canvas_init(lk_context *context, int64_t height, int64_t width, lk_canvas *canvas);
void lk_canvas_deinit(lk_canvas *canvas);
/* From pixel to pixel (their centres have whole coordinates), `thick` pixels wide, 0xRRGGBB. What
 * lies outside is not drawn. */
void lk_canvas_line(lk_canvas *canvas, double x0, double y0, double x1, double y1, double thick,
                    uint32_t colour);
/* ASCII from its upper left corner on, `size` pixels for each of the font; up: from its lower left
 * corner on, turned to the left. */
void lk_canvas_text(lk_canvas *canvas, int64_t x, int64_t y, int64_t size, bool up, uint32_t colour,
                    const char *text);

#endif
