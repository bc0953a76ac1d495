/* A picture made of pictures of one size, its tiles. Groups of tiles stay beside each other (an
 * example and the map of it; what is given and its completions): a thin line between tiles, a broad
 * one between groups. Groups are laid out as square as they can be; a single group is laid out
 * alike, its tiles being the groups then. */
#ifndef LK_DATA_SHEET_H
#define LK_DATA_SHEET_H

#include "base/context.h"
#include "data/shape.h"

/* How an example is drawn: an image of 1 to 4 channels as it is (2 and 4: the last is alpha), of
 * others grey with its channels beside each other; a vector as a square if it can be one, else as a
 * line. */
typedef struct lk_sheet_tile {
    int64_t height, width; /* pixels */
    int32_t channels;      /* 1 to 4 */
} lk_sheet_tile;
lk_sheet_tile lk_tile_of(lk_shape shape);

typedef struct lk_sheet {
    lk_sheet_tile tile;
    int64_t groups, tiles; /* tiles in each group */
    int64_t columns;       /* groups side by side */
    int64_t height, width; /* of the whole, in pixels */
    uint8_t *pixels;       /* owned, [height][width][tile.channels] */
} lk_sheet;

/* The most groups, at most `groups`, of which a sheet is no larger than a picture may sensibly be;
 * at least 1. */
int64_t lk_sheet_groups(lk_sheet_tile tile, int64_t groups, int64_t tiles);
/* The most tiles of that size that a sheet of so many pixels, without groups of several, shows; 0:
 * it is no such sheet. */
int64_t lk_sheet_shows(lk_sheet_tile tile, int64_t height, int64_t width);
/* All lines and no tiles yet. `path` is for messages. LK_UNSUPPORTED when it would be too large. */
lk_status lk_sheet_init(lk_context *context, const char *path, lk_sheet_tile tile, int64_t groups,
                        int64_t tiles, lk_sheet *sheet);
/* The top left pixel of a tile, whose rows are sheet->width * tile.channels bytes apart. */
uint8_t *lk_sheet_at(const lk_sheet *sheet, int64_t group, int64_t tile);
/* Draws values[height * width * from_channels] of an alphabet, scaled to 0..255; on a sheet of
 * as many channels, or of three. Of those that are not all known, -1 is drawn grey. */
void lk_sheet_draw(const lk_sheet *sheet, int64_t group, int64_t tile, const uint16_t *values,
                   int32_t from_channels, int32_t alphabet);
void lk_sheet_draw_known(const lk_sheet *sheet, int64_t group, int64_t tile, const int32_t *values,
                         int32_t from_channels, int32_t alphabet);
void lk_sheet_deinit(lk_sheet *sheet);

#endif
