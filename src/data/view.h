/* Views: the values of an example seen as other variables, computed alike by encoder and decoder,
 * in integers. What a model with a view models are the view's parts, one after another: so p(high
 * bits) p(low bits | high bits) is a graph with two modelled fields. The values of a pixel are seen
 * together, and a part has some cells for each pixel:
 *
 *   bits:B   the high B bits of every value, then its low ones: of an alphabet of 2^n symbols,
 *            1 <= B < n. Any data; each value is a pixel of its own.
 *   ycocg    of pictures of three colours and 8 bits, the luminance Y of all pixels, then their
 *            chroma Co, Cg: YCoCg-R (Malvar, Sullivan, JVT-I014r3, 2003) in arithmetic modulo 256,
 *              Co = R - B, t = B + (Co >> 1), Cg = G - t, Y = t + (Cg >> 1),
 *            differences being -128 .. 127 before they are halved, and 128 is added to them for a
 *            symbol. Modulo 256 it maps the 2^24 colours onto themselves. Without it differences
 *            would have 511 values each, and three of four triples would be no colour: networks
 *            would give them probability, and samples would hold them. The price: where R and B
 *            differ by 128 or more, or G and their mean do, Y is 64 beside the luminance (of CIFAR
 *            10's pixels 2.0 %).
 *   grey:B   a grey picture of B bits of the same size, then the picture itself (Kolesnikov,
 *            Lampert, ICML 2017): (luminance << B) / alphabet, of pictures of one value or three
 *            for each pixel. B is 4 where it is left out.
 *
 * A view that is a bijection gives exact likelihoods. grey:B adds something about the values: a
 * model gives probability to pairs that do not belong together, and what it says of pictures sums
 * to less than 1: a bound of the negative log-likelihood, which says so wherever it is told. It is
 * a code all the same. */
#ifndef LK_DATA_VIEW_H
#define LK_DATA_VIEW_H

#include "data/shape.h"

#define LK_VIEW_PARTS_MOST 4
#define LK_VIEW_VALUES_MOST 4 /* of a pixel that is seen together */
#define LK_VIEW_CELLS_MOST 8

typedef struct lk_view_part {
    const char *name; /* "high" */
    int32_t alphabet;
    int32_t cells; /* for each pixel */
    int32_t first; /* of these, among those of all parts */
} lk_view_part;

struct lk_view_kind;

typedef struct lk_view {
    const struct lk_view_kind *kind;
    int32_t setting;  /* B */
    int32_t shift;    /* of bits: n - B */
    int32_t alphabet; /* of the values */
    int32_t values;   /* of a pixel */
    int32_t cells;    /* of a pixel, of all parts */
    int32_t part_count;
    lk_view_part parts[LK_VIEW_PARTS_MOST];
    bool exact; /* a bijection: else likelihoods are bounds */
} lk_view;

/* From a text like "bits:4" for values of an alphabet, in examples of a shape. LK_INVALID says
 * which views there are, or why this one is not possible. */
lk_status lk_view_parse(lk_context *context, const char *text, lk_shape shape, int32_t alphabet,
                        lk_view *view);
/* The text that it was made from. */
#define LK_VIEW_TEXT 32
void lk_view_print(const lk_view *view, char text[LK_VIEW_TEXT]);

/* Of an example of so many values, of which the cells of a part stand together. Where a view is
 * NULL below, each value is seen as it is. */

/* Cells of a part; the first of them; cells of all parts. */
int64_t lk_view_cells(const lk_view *view, int32_t part, int64_t values);
int64_t lk_view_first(const lk_view *view, int32_t part, int64_t values);
int64_t lk_view_length(const lk_view *view, int64_t values);
/* The shape of a part of examples of a shape: pictures of as many channels as it has cells for a
 * pixel. */
lk_shape lk_view_shape(const lk_view *view, int32_t part, lk_shape shape);
/* The part of a cell. */
int32_t lk_view_part_of(const lk_view *view, int64_t cell, int64_t values);
/* The values that a cell is made of, from *first on: returns how many. A cell of a part that has as
 * many as there are values is of its own value alone. */
int32_t lk_view_made_of(const lk_view *view, int64_t cell, int64_t values, int64_t *first);

/* seen[count]: the cells from `first` on of the example x[values]. */
void lk_view_read(const lk_view *view, const uint16_t *x, int64_t values, int64_t first,
                  int64_t count, uint16_t *seen);
/* x[values] of which seen[lk_view_length] are the cells; false: the cells contradict each other, or
 * are none of the parts' symbols. x is then what the part that comes last says. */
bool lk_view_join(const lk_view *view, const uint16_t *seen, int64_t values, uint16_t *x);
/* What falls to a value where each cell has something: all that its own cells have, and an equal
 * share of what cells of the whole pixel have. */
double lk_view_share(const lk_view *view, const double *of_cells, int64_t values, int64_t value);

#endif
