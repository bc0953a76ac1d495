/* Pictures of where the surprise lies: each example beside a map of its surprisal in heat colours,
 * from black (none) through red and yellow to white (full scale or more). */
#ifndef LK_JOBS_MAP_H
#define LK_JOBS_MAP_H

#include "models/walk.h"

typedef struct lk_map_options {
    int64_t examples;  /* at most so many, the first ones; 0: 100. Fewer when the picture would be
                          too large */
    double full_scale; /* bits that are drawn white; 0: what 99.5 % of all places do not exceed */
} lk_map_options;

/* The legend. */
typedef struct lk_map_legend {
    int64_t examples;  /* shown */
    bool pixels;       /* bits are of a pixel, all its colours together; else of a variable */
    double full_scale; /* bits drawn white */
    double largest;    /* bits, of the places shown; may be infinite */
} lk_map_legend;

/* Writes a PNG; the items are examples of a data set, of the model's size or another. What is
 * summed over an example's map is its NLL (lk_surprisal). */
lk_status lk_map_write(const lk_model *model, lk_items *items, const char *path,
                       const lk_map_options *options, lk_map_legend *legend);

#endif
