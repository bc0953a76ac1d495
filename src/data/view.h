/* Views: the values of an example seen as other variables, computed alike by encoder and decoder.
 * What a model with a view models are the view's parts, one after another, each with a variable for
 * every value: so p(high bits) p(low bits | high bits) is a graph with two modelled fields.
 *
 *   bits:B   the high B bits of every value, then the low ones of every value: of an alphabet of
 *     2^n
 *            symbols, 1 <= B < n
 *
 * A view that is a bijection gives exact likelihoods; one that adds something about the values (a
 * grey picture beside its colours) gives a bound, and says so. */
#ifndef LK_DATA_VIEW_H
#define LK_DATA_VIEW_H

#include "data/dataset.h"

#define LK_VIEW_PARTS_MOST 4

typedef struct lk_view_part {
    const char *name; /* "high" */
    int32_t alphabet;
} lk_view_part;

struct lk_view_kind;

typedef struct lk_view {
    const struct lk_view_kind *kind;
    int32_t setting; /* of bits: B */
    int32_t shift;   /* of bits: n - B */
    int32_t part_count;
    lk_view_part parts[LK_VIEW_PARTS_MOST];
    bool exact; /* a bijection: else likelihoods are bounds */
} lk_view;

/* From a text like "bits:4" for values of an alphabet. LK_INVALID says which views there are, or
 * why this one is not possible. */
lk_status lk_view_parse(lk_context *context, const char *text, int32_t alphabet, lk_view *view);
/* The text that it was made from. */
#define LK_VIEW_TEXT 32
void lk_view_print(const lk_view *view, char text[LK_VIEW_TEXT]);
/* The part of a value. */
uint16_t lk_view_split(const lk_view *view, uint16_t value, int32_t part);
/* The value whose parts stand `apart` from each other. */
uint16_t lk_view_join(const lk_view *view, const uint16_t *parts, int64_t apart);

#endif
