/* What a curve is drawn with: as SVG or as PNG. Coordinates are those of a picture of
 * CURVE_WIDTH x CURVE_HEIGHT, from its upper left corner. */
#ifndef LK_CLI_INFO_CURVE_PEN_H
#define LK_CLI_INFO_CURVE_PEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/context.h"

#define CURVE_WIDTH 720
#define CURVE_HEIGHT 420

typedef enum curve_anchor { CURVE_START, CURVE_MIDDLE, CURVE_END } curve_anchor;

typedef struct curve_point {
    double x, y;
} curve_point;

typedef struct curve_pen curve_pen;
struct curve_pen {
    const char *ending; /* ".svg" */
    lk_status (*begin)(lk_context *context, const char *path, void **on);
    void (*line)(void *on, curve_point from, curve_point to, double thick, uint32_t colour);
    /* The middle of the text's height is at the point. up: it reads upwards. */
    void (*text)(void *on, curve_point at, curve_anchor anchor, int size, bool up,
                 const char *text);
    lk_status (*end)(void *on); /* writes it, and releases `on` */
};

extern const curve_pen curve_svg, curve_png;

#endif
