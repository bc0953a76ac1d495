/* Lines and letters stand where they should, and nothing is drawn beyond the edges. */
#include "data/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool dark(const lk_canvas *c, int64_t x, int64_t y) {
    return c->pixels[(y * c->width + x) * 3] < 128;
}

static int64_t count_dark(const lk_canvas *c) {
    int64_t count = 0;
    for (int64_t i = 0; i < c->height * c->width; i++) {
        count += dark(c, i % c->width, i / c->width);
    }
    return count;
}

static void lines(void **state) {
    lk_canvas c;
    assert_int_equal(lk_canvas_init(*state, 20, 30, &c), LK_OK);
    assert_int_equal(count_dark(&c), 0);
    lk_canvas_line(&c, 5, 10, 14, 10, 1, 0);
    assert_int_equal(count_dark(&c), 10);
    assert_true(dark(&c, 5, 10) && dark(&c, 14, 10) && !dark(&c, 4, 10) && !dark(&c, 9, 11));
    lk_canvas_line(&c, -1000, -1000, 1000, 1000, 1, 0); /* through both corners and far beyond */
    assert_true(dark(&c, 0, 0) && dark(&c, 19, 19) && !dark(&c, 29, 19));
    lk_canvas_line(&c, 25, 2, 25, 2, 3, 0xFF0000);
    const uint8_t *red = c.pixels + (2 * 30 + 25) * 3;
    assert_true(red[0] == 255 && red[1] == 0 && red[2] == 0);
    lk_canvas_line(&c, -9, -9, -5, -9, 2, 0);
    lk_canvas_deinit(&c);
}

/* An L: a stem of seven and a foot of five; turned to the left the stem lies. */
static void letters(void **state) {
    lk_canvas c;
    for (int up = 0; up < 2; up++) {
        assert_int_equal(lk_canvas_init(*state, 20, 20, &c), LK_OK);
        lk_canvas_text(&c, 4, up ? 14 : 4, 1, up, 0, "L");
        assert_int_equal(count_dark(&c), 11);
        for (int i = 0; i < 7; i++) {
            assert_true(up ? dark(&c, 4 + i, 14) : dark(&c, 4, 4 + i));
        }
        for (int i = 0; i < 5; i++) {
            assert_true(up ? dark(&c, 10, 14 - i) : dark(&c, 4 + i, 10));
        }
        lk_canvas_deinit(&c);
    }
    assert_int_equal(lk_canvas_init(*state, 9, 9, &c), LK_OK);
    lk_canvas_text(&c, -3, 5, 4, false, 0, "W\n\xC3 far beyond the edge");
    lk_canvas_deinit(&c);
}

static int set_up(void **state) {
    return lk_context_create(1, (lk_context **)state) == LK_OK ? 0 : -1;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(letters)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
