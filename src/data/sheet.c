/* Laying out tiles. */
#include "data/sheet.h"

#include <string.h>

#include "base/arena.h"
#include "data/picture.h"

#define THIN 1
#define BROAD 3
#define LINE_GREY 128
#define UNKNOWN_GREY 96
#define PIXELS_SENSIBLE ((int64_t)1 << 25)

/* ---- tiles ----------------------------------------------------------------------------------- */

lk_sheet_tile lk_tile_of(lk_shape shape) {
    int64_t variables = lk_shape_variables(shape);
    lk_shape picture = lk_shape_picture(shape);
    if (picture.axes != 3) {
        return (lk_sheet_tile){1, variables, 1};
    }
    bool colours = picture.size[2] >= 2 && picture.size[2] <= LK_PICTURE_CHANNELS_MOST;
    int32_t channels = colours ? (int32_t)picture.size[2] : 1;
    return (lk_sheet_tile){picture.size[0], variables / picture.size[0] / channels, channels};
}

/* Of 2 and 4 channels the last one is alpha. */
static bool alpha_of(int32_t channels) {
    return channels == 2 || channels == 4;
}

/* ---- layout ---------------------------------------------------------------------------------- */

/* A group with the line on its right; the same height for all. */
static int64_t group_width(const lk_sheet *sheet) {
    return sheet->tiles * (sheet->tile.width + THIN) - THIN + (sheet->tiles > 1 ? BROAD : THIN);
}

static int64_t group_height(const lk_sheet *sheet) {
    return sheet->tile.height + (sheet->tiles > 1 ? BROAD : THIN);
}

static int64_t margin(const lk_sheet *sheet) {
    return sheet->tiles > 1 ? BROAD : THIN;
}

/* False: too large for a picture. */
static bool lay_out(lk_sheet_tile tile, int64_t groups, int64_t tiles, lk_sheet *sheet) {
    bool single = groups == 1;
    *sheet = (lk_sheet){
        .tile = tile, .groups = single ? tiles : groups, .tiles = single ? 1 : tiles, .columns = 1};
    if (tile.width > LK_PICTURE_SIDE_MOST || tile.height > LK_PICTURE_SIDE_MOST ||
        sheet->tiles > LK_PICTURE_SIDE_MOST || sheet->groups > LK_PICTURE_PIXELS_MOST) {
        return false;
    }
    int64_t wide = group_width(sheet), high = group_height(sheet);
    while (sheet->columns < sheet->groups &&
           sheet->columns * sheet->columns * wide < sheet->groups * high) {
        sheet->columns++;
    }
    int64_t rows = (sheet->groups + sheet->columns - 1) / sheet->columns;
    sheet->width = sheet->columns * wide + margin(sheet);
    sheet->height = rows * high + margin(sheet);
    return sheet->width <= LK_PICTURE_SIDE_MOST && sheet->height <= LK_PICTURE_SIDE_MOST &&
           sheet->width <= LK_PICTURE_PIXELS_MOST / sheet->height;
}

int64_t lk_sheet_groups(lk_sheet_tile tile, int64_t groups, int64_t tiles) {
    lk_sheet sheet;
    while (groups > 1 && !(lay_out(tile, groups, tiles, &sheet) &&
                           sheet.width * sheet.height <= PIXELS_SENSIBLE)) {
        groups = groups * 3 / 4;
    }
    return groups > 1 ? groups : 1;
}

int64_t lk_sheet_shows(lk_sheet_tile tile, int64_t height, int64_t width) {
    int64_t rows = height / (tile.height + THIN), columns = width / (tile.width + THIN);
    lk_sheet sheet;
    bool shows = rows > 0 && columns > 0 && lay_out(tile, rows * columns, 1, &sheet) &&
                 sheet.height == height && sheet.width == width;
    return shows ? rows * columns : 0;
}

lk_status lk_sheet_init(lk_context *context, const char *path, lk_sheet_tile tile, int64_t groups,
                        int64_t tiles, lk_sheet *sheet) {
    if (!lay_out(tile, groups, tiles, sheet)) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: %lld pictures of %lld x %lld pixels are too large for one PNG; write "
                       "fewer, or .npy",
                       path, (long long)(groups * tiles), (long long)tile.width,
                       (long long)tile.height);
    }
    int64_t bytes = sheet->width * sheet->height * tile.channels;
    sheet->pixels = lk_allocate(bytes, 1);
    if (sheet->pixels == NULL) {
        return lk_fail_no_memory(context, path, bytes);
    }
    memset(sheet->pixels, LINE_GREY, (size_t)bytes);
    for (int64_t i = tile.channels - 1; alpha_of(tile.channels) && i < bytes; i += tile.channels) {
        sheet->pixels[i] = 255; /* lines are opaque */
    }
    return LK_OK;
}

uint8_t *lk_sheet_at(const lk_sheet *sheet, int64_t group, int64_t tile) {
    if (sheet->tiles == 1) { /* a single group's tiles are groups */
        group += tile;
        tile = 0;
    }
    int64_t top = margin(sheet) + group / sheet->columns * group_height(sheet);
    int64_t left = margin(sheet) + group % sheet->columns * group_width(sheet) +
                   tile * (sheet->tile.width + THIN);
    return sheet->pixels + (top * sheet->width + left) * sheet->tile.channels;
}

static uint8_t scaled(int64_t value, int32_t alphabet) {
    int32_t largest = alphabet - 1;
    return (uint8_t)((value * 255 + largest / 2) / largest);
}

/* Which of a tile's values byte i of row y shows: alpha, where both have it, and of a grey tile the
 * same value for each colour. */
static int64_t value_at(const lk_sheet *sheet, int64_t y, int64_t i, int32_t from_channels) {
    int32_t channels = sheet->tile.channels, channel = (int32_t)(i % channels);
    int64_t first = (y * sheet->tile.width + i / channels) * from_channels;
    if (alpha_of(channels) && channel == channels - 1) {
        return first + from_channels - 1;
    }
    return first + (from_channels > 2 ? channel : 0);
}

void lk_sheet_draw(const lk_sheet *sheet, int64_t group, int64_t tile, const uint16_t *values,
                   int32_t from_channels, int32_t alphabet) {
    uint8_t *row = lk_sheet_at(sheet, group, tile);
    for (int64_t y = 0; y < sheet->tile.height; y++, row += sheet->width * sheet->tile.channels) {
        for (int64_t i = 0; i < sheet->tile.width * sheet->tile.channels; i++) {
            row[i] = scaled(values[value_at(sheet, y, i, from_channels)], alphabet);
        }
    }
}

void lk_sheet_draw_known(const lk_sheet *sheet, int64_t group, int64_t tile, const int32_t *values,
                         int32_t from_channels, int32_t alphabet) {
    uint8_t *row = lk_sheet_at(sheet, group, tile);
    for (int64_t y = 0; y < sheet->tile.height; y++, row += sheet->width * sheet->tile.channels) {
        for (int64_t i = 0; i < sheet->tile.width * sheet->tile.channels; i++) {
            int32_t value = values[value_at(sheet, y, i, from_channels)];
            row[i] = value < 0 ? UNKNOWN_GREY : scaled(value, alphabet);
        }
    }
}

void lk_sheet_deinit(lk_sheet *sheet) {
    lk_release(sheet->pixels);
    *sheet = (lk_sheet){0};
}
