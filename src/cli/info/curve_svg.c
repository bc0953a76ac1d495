/* An SVG without outside parts. */
#include "base/file.h"
#include "cli/info/curve_pen.h"

static lk_status begin(lk_context *context, const char *path, void **on) {
    lk_writer *writer;
    LK_TRY(lk_writer_create(context, path, &writer));
    lk_writer_printf(writer,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                     "font-family=\"sans-serif\">\n"
                     "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n",
                     CURVE_WIDTH, CURVE_HEIGHT, CURVE_WIDTH, CURVE_HEIGHT);
    *on = writer;
    return LK_OK;
}

static void line(void *on, curve_point from, curve_point to, double thick, uint32_t colour) {
    lk_writer_printf(on,
                     "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#%06x\" "
                     "stroke-width=\"%g\" stroke-linecap=\"round\"/>\n",
                     from.x, from.y, to.x, to.y, (unsigned)colour, thick);
}

static void text(void *on, curve_point at, curve_anchor anchor, int size, bool up,
                 const char *words) {
    static const char *const anchors[] = {"start", "middle", "end"};
    lk_writer_printf(on, "<text transform=\"translate(%.1f %.1f)%s\" y=\"%d\" font-size=\"%d\" ",
                     at.x, at.y, up ? " rotate(-90)" : "", size / 3, size);
    lk_writer_printf(on, "text-anchor=\"%s\">%s</text>\n", anchors[anchor], words);
}

static lk_status end(void *on) {
    lk_writer_printf(on, "</svg>\n");
    return lk_writer_commit(on);
}

const curve_pen curve_svg = {".svg", begin, line, text, end};
