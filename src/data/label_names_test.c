/* Labels from the names of files. */
#include "data/testing.h"

#include "base/memory.h"
#include "data/label_names.h"

static lk_context context;

static const char *name_in(const void *of, int64_t item) {
    const char *const *names = of;
    return names[item];
}

static void expect(const char *rule, const char *path, const char *const *list, int64_t count,
                   const char *json, const int32_t *symbols) {
    const lk_file_names names = {path, count, name_in, list};
    lk_dictionary classes;
    int32_t *labels;
    assert_true(lk_labels_by_name(rule));
    assert_int_equal(lk_labels_of_names(&context, rule, &names, &labels, &classes), LK_OK);
    char *printed = lk_dictionary_print(&classes);
    assert_string_equal(printed, json);
    assert_memory_equal(labels, symbols, (size_t)count * sizeof *labels);
    lk_release(printed);
    lk_release(labels);
    lk_dictionary_deinit(&classes);
}

static void expect_refused(const char *rule, const char *path, const char *name, lk_status status,
                           const char *said) {
    const char *list[] = {name};
    const lk_file_names names = {path, 1, name_in, list};
    lk_dictionary classes;
    int32_t *labels;
    assert_int_equal(lk_labels_of_names(&context, rule, &names, &labels, &classes), status);
    assert_null(labels);
    assert_int_equal(classes.count, 0);
    if (strstr(context.message, said) == NULL) {
        fail_msg("'%s' does not say '%s'", context.message, said);
    }
}

static void fields_of_names(void **state) {
    (void)state;
    static const char *const digits[] = {"d/10_theo-3.wav", "d/9_anna-1.wav",
                                         "d/x/10_anna-a.b.wav"};
    static const int32_t first[] = {1, 0, 1}, second[] = {1, 0, 0}, third[] = {1, 0, 2};
    expect("name:1", "d", digits, 3, "[\"9\",\"10\"]", first);
    expect("name:2", "d", digits, 3, "[\"anna\",\"theo\"]", second);
    expect("name:3", "d", digits, 3, "[\"1\",\"3\",\"a.b\"]", third);
    static const char *const bare[] = {".x_y", "a"};
    static const int32_t both[] = {0, 1};
    expect("name:1", "", bare, 2, "[\".x\",\"a\"]", both);
}

static void folders(void **state) {
    (void)state;
    static const char *const within[] = {"cats/1.png", "cats/old/2.png", "ants/3.png"},
                             *const paths[] = {"/in//cats/1.wav", "/in//ants/1.wav"},
                             *const one[] = {"in/cats/1.wav"}, *const root[] = {"/cats/1.wav"};
    static const int32_t three[] = {1, 1, 0}, two[] = {1, 0}, zero[] = {0};
    expect("folder", "in", within, 3, "[\"ants\",\"cats\"]", three);
    expect("folder", "/in", paths, 2, "[\"ants\",\"cats\"]", two);
    expect("folder", "in/cats/1.wav", one, 1, "[\"cats\"]", zero);
    expect("folder", "/cats/1.wav", root, 1, "[\"cats\"]", zero);
}

static void what_says_nothing(void **state) {
    (void)state;
    expect_refused("name:3", "d", "d/7_anna.wav", LK_MISMATCH,
                   "d/7_anna.wav: the name has 2 fields, parted by _ or -, and the label is to be "
                   "field 3");
    expect_refused("name:2", "d", "anna.wav", LK_MISMATCH, "d/anna.wav: the name has 1 field,");
    expect_refused("name:2", "d", "7__3.wav", LK_MISMATCH, "d/7__3.wav: field 2");
    expect_refused("name:2", "d", "7_.wav", LK_MISMATCH, "d/7_.wav: field 2");
}

static void rules_that_are_none(void **state) {
    (void)state;
    static const char *const rules[] = {
        "name:", "name:0", "name:-1", "name:x", "name:1x", "name:1.5", "name:99999999999999999999"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        expect_refused(rules[i], "d", "d/7_anna.wav", LK_INVALID, "counted from 1");
    }
    static const char *const paths[] = {"./name:2", "names:2", "./folder",
                                        "folder/",  "folders", ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_false(lk_labels_by_name(paths[i]));
    }
    static const char *const bare[] = {"1.wav", "./1.wav", "../1.wav"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
        expect_refused("folder", bare[i], bare[i], LK_MISMATCH, "stands in no subfolder");
    }
    expect_refused("folder", "d", "d/1.wav", LK_MISMATCH, "d/1.wav: stands in no subfolder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_names),
        cmocka_unit_test(folders),
        cmocka_unit_test(what_says_nothing),
        cmocka_unit_test(rules_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
