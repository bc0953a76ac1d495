/* A picture at several sizes, by sub-sampling: which pixel belongs to which level and group.
 *
 *   level 0 is the picture; level s has its pixels in rows and columns 0, 2^s, 2 2^s, ..., so that
 *   it is ceil(height / 2^s) x ceil(width / 2^s), and pixel (i, j) of level s is pixel (2i, 2j) of
 *   level s - 1
 *
 * The highest level is the base. What level s - 1 has beside level s are three groups, by the
 * parity of row and column: right of a pixel of level s, below it, and both. At odd sides the last
 * row or column belongs to fewer of them. */
#ifndef LK_MODELS_LEVELS_H
#define LK_MODELS_LEVELS_H

#include "models/model.h"

#define LK_LEVELS_MOST 16

/* A row of settings: how often the picture is halved. */
#define LK_LEVELS_SETTING(words, where)                                                           \
    {                                                                                             \
        .key = "scales", .kind = LK_INTEGER, .fallback = "0", .least = 0, .most = LK_LEVELS_MOST, \
        .source = where,                                                                          \
        .help = words "; 0: so many that the base is at most 7 a side, 1 for smaller pictures"    \
    }
/* lk_family.prepare of a family with that setting, and that of models/outputs.h: a new model gets
 * the number that 0 stands for. */
lk_status lk_levels_prepare(lk_model *model);

typedef struct lk_levels {
    int64_t height, width;
    int32_t colours, count; /* of a pixel; levels above the picture */
} lk_levels;

/* As the model's settings have them, over pictures of that shape. */
lk_levels lk_levels_of(const lk_model *model, lk_shape shape);

/* Groups of a level's pixels, by where they stand in the level below. */
enum { LK_GROUP_KNOWN, LK_GROUP_RIGHT, LK_GROUP_BELOW, LK_GROUP_BOTH, LK_GROUPS };
typedef struct lk_group {
    const char *name;
    int64_t row, column;
} lk_group;
extern const lk_group lk_groups[LK_GROUPS];

/* Height and width. */
typedef struct lk_sides {
    int64_t height, width;
} lk_sides;
lk_sides lk_level_sides(const lk_levels *levels, int32_t level);
/* The picture's pixel, row * width + column, that stands at (row, column) of the level; -1: outside
 * the picture. */
int64_t lk_level_pixel(const lk_levels *levels, int32_t level, int64_t row, int64_t column);
/* The coarsest level that has the picture's pixel; `count`: the base. */
int32_t lk_level_of(const lk_levels *levels, int64_t row, int64_t column);
/* lk_family.scale: how many times smaller the base is. */
int64_t lk_levels_scale(const lk_model *model);

#endif
