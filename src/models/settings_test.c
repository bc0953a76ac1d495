/* Settings: canonical texts, ranges, messages. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/settings.h"

static const lk_setting table[] = {
    {.key = "width", .kind = LK_INTEGER, .fallback = "500", .least = 1, .most = 100000},
    {.key = "rate", .kind = LK_REAL, .fallback = "0.1", .least = -1, .most = 10},
    {.key = "direct", .kind = LK_BOOLEAN, .fallback = "false"},
    {.key = "activation", .kind = LK_CHOICE, .fallback = "relu", .choices = "relu|tanh|sigmoid"},
    {.key = "hidden", .kind = LK_INTEGERS, .fallback = "500,500", .least = 1, .most = 65536},
    {.key = "graph", .kind = LK_TEXT, .fallback = ""},
};
enum { ROWS = sizeof table / sizeof table[0] };

typedef struct fixture {
    lk_context *context;
    lk_settings settings;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    return lk_context_create(1, &f->context) == LK_OK &&
                   lk_settings_init(f->context, &f->settings, table, ROWS) == LK_OK
               ? 0
               : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    lk_settings_deinit(&f->settings);
    lk_context_destroy(f->context);
    free(f);
    return 0;
}

static void defaults(void **state) {
    const lk_settings *settings = &((fixture *)*state)->settings;
    int64_t hidden[1] = {0};
    assert_int_equal(lk_settings_integer(settings, "width"), 500);
    assert_true(lk_settings_real(settings, "rate") == 0.1);
    assert_false(lk_settings_boolean(settings, "direct"));
    assert_string_equal(lk_settings_text(settings, "activation"), "relu");
    assert_string_equal(lk_settings_text(settings, "graph"), "");
    assert_int_equal(lk_settings_integers(settings, "hidden", hidden, 1), 2);
    assert_int_equal(hidden[0], 500);
}

static void canonical_texts(void **state) {
    fixture *f = *state;
    static const struct {
        int32_t row;
        const char *given, *kept;
    } cases[] = {
        {0, "007", "7"},
        {0, "+7", "7"},
        {0, "100000", "100000"},
        {1, "1e-1", "0.1"},
        {1, "0.10", "0.1"},
        {1, "-0", "0"},
        {1, "0x1p-1", "0.5"},
        {1, "0.3333333333333333148", "0.3333333333333333"},
        {2, "yes", "true"},
        {2, "1", "true"},
        {2, "off", "false"},
        {3, "sigmoid", "sigmoid"},
        {4, "", ""},
        {4, "08,7", "8,7"},
        {4, "65536", "65536"},
        {5, "a -> b\n\tc \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "a -> b\n\tc \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            lk_settings_set(f->context, &f->settings, table[cases[i].row].key, cases[i].given),
            LK_OK);
        assert_string_equal(f->settings.text[cases[i].row], cases[i].kept);
    }
}

static void refusals(void **state) {
    fixture *f = *state;
    static const struct {
        int32_t row;
        const char *given;
    } cases[] = {
        {0, ""},
        {0, "0"},
        {0, "100001"},
        {0, "5x"},
        {0, " 5"},
        {0, "99999999999999999999"},
        {0, "5.0"},
        {1, ""},
        {1, "nan"},
        {1, "inf"},
        {1, "11"},
        {1, "0,5"},
        {1, " 1"},
        {2, "TRUE"},
        {2, ""},
        {3, ""},
        {3, "relu|"},
        {3, "rel"},
        {3, "tanh|sigmoid"},
        {3, "elu"},
        {4, ","},
        {4, "5,"},
        {4, ",5"},
        {4, "5,,5"},
        {4, "0"},
        {4, "5;5"},
        {5, "\x01"},
        {5, "\xff"},
        {5, "\xc0\xaf"},
        {5, "\xed\xa0\x80"},
        {5, "\xe2\x82"},
        {5, "\xf4\x90\x80\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char before[64];
        snprintf(before, sizeof before, "%s", f->settings.text[cases[i].row]);
        if (lk_settings_set(f->context, &f->settings, table[cases[i].row].key, cases[i].given) !=
            LK_INVALID) {
            fail_msg("%s='%s' was accepted", table[cases[i].row].key, cases[i].given);
        }
        assert_non_null(strstr(lk_context_message(f->context), table[cases[i].row].key));
        assert_string_equal(f->settings.text[cases[i].row], before);
    }
}

static void assignments(void **state) {
    fixture *f = *state;
    assert_int_equal(lk_settings_assign(f->context, &f->settings, "hidden=10,20,30"), LK_OK);
    int64_t hidden[4] = {0};
    assert_int_equal(lk_settings_integers(&f->settings, "hidden", hidden, 4), 3);
    assert_int_equal(hidden[2], 30);
    assert_int_equal(lk_settings_assign(f->context, &f->settings, "graph=a=b"), LK_OK);
    assert_string_equal(lk_settings_text(&f->settings, "graph"), "a=b");
    assert_int_equal(lk_settings_assign(f->context, &f->settings, "hidden"), LK_INVALID);
    assert_int_equal(lk_settings_assign(f->context, &f->settings, "=5"), LK_INVALID);
    assert_int_equal(lk_settings_assign(f->context, &f->settings, "hiden=5"), LK_INVALID);
    assert_non_null(strstr(lk_context_message(f->context), "hiden"));
    assert_non_null(strstr(lk_context_message(f->context), "activation"));
}

/* Every double in range reads back as itself, from a text that is its own canonical form. */
static void reals_survive(void **state) {
    fixture *f = *state;
    const double values[] = {1.0 / 3, 1e-300, DBL_MIN, 5e-324, 9.9999999999999982, 0.1, 1e-5, -0.7};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[64], kept[64];
        snprintf(text, sizeof text, "%.30g", values[i]);
        assert_int_equal(lk_settings_set(f->context, &f->settings, "rate", text), LK_OK);
        assert_true(lk_settings_real(&f->settings, "rate") == values[i]);
        snprintf(kept, sizeof kept, "%s", f->settings.text[1]);
        assert_int_equal(lk_settings_set(f->context, &f->settings, "rate", kept), LK_OK);
        assert_string_equal(f->settings.text[1], kept);
    }
}

static void long_values(void **state) {
    fixture *f = *state;
    char *text = malloc(LK_SETTING_TEXT_MOST + 1);
    memset(text, 'a', LK_SETTING_TEXT_MOST + 1);
    text[LK_SETTING_TEXT_MOST] = '\0';
    assert_int_equal(lk_settings_set(f->context, &f->settings, "graph", text), LK_INVALID);
    text[LK_SETTING_TEXT_MOST - 1] = '\0';
    assert_int_equal(lk_settings_set(f->context, &f->settings, "graph", text), LK_OK);
    for (size_t i = 0; i < LK_SETTING_TEXT_MOST - 1; i++) {
        text[i] = i % 2 == 0 ? '7' : ',';
    }
    assert_int_equal(lk_settings_set(f->context, &f->settings, "hidden", text),
                     LK_INVALID); /* too many */
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canonical_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(assignments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reals_survive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_values, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
