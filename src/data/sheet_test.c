/* Sheets: every tile whole, none over another, lines between; what is drawn where; sizes that are
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/sheet.h"

static lk_context *context;

static int set_up(void **state) {
    (void)state;
    return lk_context_create(1, &context) == LK_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    lk_context_destroy(context);
    return 0;
}

static void test_tiles(void **state) {
    (void)state;
    static const struct {
        lk_shape shape;
        lk_sheet_tile tile;
    } rows[] = {
        {{3, {4, 6, 1}}, {4, 6, 1}},  {{3, {4, 6, 3}}, {4, 6, 3}}, {{3, {4, 6, 2}}, {4, 6, 2}},
        {{3, {4, 6, 5}}, {4, 30, 1}}, {{2, {4, 6}}, {4, 6, 1}},    {{1, {49}}, {7, 7, 1}},
        {{1, {50}}, {1, 50, 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_sheet_tile tile = lk_tile_of(rows[i].shape);
        assert_int_equal(tile.height, rows[i].tile.height);
        assert_int_equal(tile.width, rows[i].tile.width);
        assert_int_equal(tile.channels, rows[i].tile.channels);
    }
}

/* A sheet is known by its size, and what is a pixel wider is none. */
static void test_shows(void **state) {
    (void)state;
    static const struct {
        int64_t height, width, tiles, most; /* of a sheet that has some, a whole row of it */
    } rows[] = {{28, 28, 1, 1}, {28, 28, 16, 16}, {28, 28, 15, 16}, {32, 24, 7, 8}, {5, 50, 4, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_sheet_tile tile = {rows[i].height, rows[i].width, 1};
        lk_sheet sheet;
        assert_int_equal(lk_sheet_init(context, "test", tile, rows[i].tiles, 1, &sheet), LK_OK);
        assert_int_equal(lk_sheet_shows(tile, sheet.height, sheet.width), rows[i].most);
        assert_int_equal(lk_sheet_shows(tile, sheet.height, sheet.width + 1), 0);
        assert_int_equal(lk_sheet_shows(tile, sheet.height - 1, sheet.width), 0);
        lk_sheet_deinit(&sheet);
    }
    assert_int_equal(lk_sheet_shows((lk_sheet_tile){28, 28, 1}, 28, 28), 0);
    assert_int_equal(lk_sheet_shows((lk_sheet_tile){28, 28, 1}, 1, 1), 0);
}

/* Each tile is filled with a number of its own; then every pixel belongs to one tile or to a
 * line. */
static void test_layout(void **state) {
    (void)state;
    static const struct {
        int64_t height, width;
        int32_t channels;
        int64_t groups, tiles;
    } rows[] = {{5, 4, 1, 7, 1},  {5, 4, 3, 6, 2}, {2, 9, 1, 5, 3},
                {3, 3, 3, 1, 10}, {1, 1, 1, 1, 1}, {30, 2, 1, 3, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_sheet_tile tile = {rows[i].height, rows[i].width, rows[i].channels};
        lk_sheet sheet;
        assert_int_equal(
            lk_sheet_init(context, "test", tile, rows[i].groups, rows[i].tiles, &sheet), LK_OK);
        int64_t stride = sheet.width * tile.channels, count = rows[i].groups * rows[i].tiles,
                lines = 0;
        int64_t bytes = sheet.height * stride, area = tile.height * tile.width * tile.channels;
        for (int64_t n = 0; n < count; n++) {
            uint8_t *top = lk_sheet_at(&sheet, n / rows[i].tiles, n % rows[i].tiles);
            for (int64_t y = 0; y < tile.height; y++) {
                for (int64_t x = 0; x < tile.width * tile.channels; x++) {
                    uint8_t *at = top + y * stride + x;
                    assert_true(at > sheet.pixels && at < sheet.pixels + bytes && *at == 128);
                    *at = (uint8_t)n;
                }
            }
            assert_int_equal(top[-tile.channels], 128); /* a line on the left */
        }
        for (int64_t at = 0; at < bytes; at++) {
            lines += sheet.pixels[at] == 128 ? 1 : 0;
        }
        assert_int_equal(lines, bytes - count * area);
        double ratio = (double)sheet.width / (double)sheet.height;
        assert_true(count < 5 || (ratio > 0.3 && ratio < 4.0));
        lk_sheet_deinit(&sheet);
    }
}

static void test_drawing(void **state) {
    (void)state;
    lk_sheet grey, colour;
    assert_int_equal(lk_sheet_init(context, "test", (lk_sheet_tile){2, 2, 1}, 1, 2, &grey), LK_OK);
    assert_int_equal(lk_sheet_init(context, "test", (lk_sheet_tile){1, 2, 3}, 1, 2, &colour),
                     LK_OK);
    static const int32_t values[] = {0, 1, -1, 3}, pixels[] = {0, 255, 7, -1, 1, 2};
    static const uint16_t few[] = {1, 3};
    lk_sheet_draw_known(&grey, 0, 1, values, 1, 4);
    const uint8_t *at = lk_sheet_at(&grey, 0, 1);
    assert_int_equal(at[0], 0);
    assert_int_equal(at[1], 85);
    assert_int_equal(at[grey.width], 96);
    assert_int_equal(at[grey.width + 1], 255);
    lk_sheet_draw_known(&colour, 0, 0, pixels, 3, 256);
    static const uint8_t want[] = {0, 255, 7, 96, 1, 2}, greys[] = {1, 1, 1, 3, 3, 3};
    assert_memory_equal(lk_sheet_at(&colour, 0, 0), want, sizeof want);
    lk_sheet_draw(&colour, 0, 1, few, 1, 256); /* grey on a sheet of colours */
    assert_memory_equal(lk_sheet_at(&colour, 0, 1), greys, sizeof greys);
    lk_sheet_deinit(&grey);
    lk_sheet_deinit(&colour);
}

static void test_too_large(void **state) {
    (void)state;
    lk_sheet sheet;
    lk_sheet_tile photograph = {4000, 6000, 3}, line = {1, (int64_t)1 << 40, 1};
    assert_int_equal(lk_sheet_init(context, "test", line, 1, 1, &sheet), LK_UNSUPPORTED);
    assert_int_equal(lk_sheet_init(context, "test", photograph, 100, 2, &sheet), LK_UNSUPPORTED);
    assert_int_equal(lk_sheet_groups(photograph, 100, 2), 1);
    assert_int_equal(lk_sheet_groups((lk_sheet_tile){28, 28, 1}, 100, 2), 100);
    assert_int_equal(lk_sheet_groups(line, 100, 2), 1);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles),     cmocka_unit_test(test_shows),
        cmocka_unit_test(test_layout),    cmocka_unit_test(test_drawing),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
