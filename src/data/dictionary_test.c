/* Dictionaries: finding, order, JSON, and what messages say. */
#include "data/testing.h"

#include "base/memory.h"
#include "data/dictionary.h"

static lk_context context;

static lk_dictionary dictionary_of(const char *const *texts, int count) {
    lk_dictionary made = {0};
    for (int i = 0; i < count; i++) {
        int32_t symbol;
        assert_int_equal(
            lk_dictionary_add(&context, &made, texts[i], (int64_t)strlen(texts[i]), &symbol),
            LK_OK);
        assert_int_equal(symbol, i);
    }
    return made;
}
#define OF(texts) dictionary_of((texts), (int)(sizeof(texts) / sizeof *(texts)))

static void expect_texts(const lk_dictionary *dictionary, const char *const *texts, int count) {
    assert_int_equal(dictionary->count, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(lk_dictionary_text(dictionary, i), texts[i]);
        assert_int_equal(lk_dictionary_find(dictionary, texts[i], (int64_t)strlen(texts[i])), i);
    }
}

static void texts_are_found(void **state) {
    (void)state;
    static const char *const texts[] = {"red", "", "re", "redd", "\xE9", "green"};
    lk_dictionary d = OF(texts);
    expect_texts(&d, texts, 6);
    int32_t symbol;
    assert_int_equal(lk_dictionary_add(&context, &d, "green", 5, &symbol), LK_OK);
    assert_int_equal(symbol, 5);
    assert_int_equal(d.count, 6);
    assert_int_equal(lk_dictionary_find(&d, "gree", 4), -1);
    assert_int_equal(lk_dictionary_find(&d, "red\0!", 5), -1);
    assert_int_equal(lk_dictionary_symbol(&d, "blue", 4), -1);
    assert_int_equal(lk_dictionary_alphabet(&d), 6);
    d.unseen = true;
    assert_int_equal(lk_dictionary_symbol(&d, "blue", 4), 6);
    assert_int_equal(lk_dictionary_alphabet(&d), 7);
    assert_string_equal(lk_dictionary_text(&d, 6), "<unseen>");
    lk_dictionary_deinit(&d);
    assert_int_equal(lk_dictionary_find(&d, "red", 3), -1);
}

/* 70,000 texts, more than a hash table of any first size holds. */
static void many_texts_are_found(void **state) {
    (void)state;
    lk_dictionary d = {0};
    char text[16];
    int32_t symbol;
    for (int32_t i = 0; i < 70000; i++) {
        int length = snprintf(text, sizeof text, "%x", i * 7919);
        assert_int_equal(lk_dictionary_add(&context, &d, text, length, &symbol), LK_OK);
        assert_int_equal(symbol, i);
    }
    for (int32_t i = 0; i < 70000; i += 997) {
        int length = snprintf(text, sizeof text, "%x", i * 7919);
        assert_int_equal(lk_dictionary_find(&d, text, length), i);
    }
    lk_dictionary_deinit(&d);
}

static void expect_order(const char *const *texts, const char *const *ordered, int count) {
    lk_dictionary d = dictionary_of(texts, count);
    int32_t moved[16];
    assert_int_equal(lk_dictionary_sort(&context, &d, moved), LK_OK);
    expect_texts(&d, ordered, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(lk_dictionary_text(&d, moved[i]), texts[i]);
    }
    lk_dictionary_deinit(&d);
}

static void order_is_by_number_or_bytes(void **state) {
    (void)state;
    static const char *const numbers[] = {"10", "NA", "9", "-2", "?", "1.0", "1", "01", ""};
    static const char *const by_number[] = {"-2", "01", "1", "1.0", "9", "10", "", "?", "NA"};
    static const char *const words[] = {"b", "10", "9", "NA", "a", "B", "0.5"};
    static const char *const by_bytes[] = {"0.5", "10", "9", "B", "a", "b", "NA"};
    static const char *const fractions[] = {"10", "9.5"};
    expect_order(numbers, by_number, 9);
    expect_order(words, by_bytes, 7);
    expect_order(fractions, fractions, 2); /* not all are integers */
    lk_dictionary empty = {0};
    assert_int_equal(lk_dictionary_sort(&context, &empty, NULL), LK_OK);
}

static void missing_values_are_told(void **state) {
    (void)state;
    static const char *const missing[] = {"", "?", "NA", "N/A", "nan", "NaN", "NULL", "None"};
    static const char *const values[] = {"0", " ", "na?", "Nana", "-", "missing"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        assert_true(lk_text_is_missing(missing[i]));
    }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_false(lk_text_is_missing(values[i]));
    }
}

static void copies_are_equal(void **state) {
    (void)state;
    static const char *const texts[] = {"b", "a"}, *const turned[] = {"a", "b"};
    lk_dictionary d = OF(texts), copy, other = OF(turned);
    d.unseen = true;
    assert_int_equal(lk_dictionary_copy(&context, &d, &copy), LK_OK);
    assert_true(lk_dictionary_equal(&d, &copy));
    copy.unseen = false;
    assert_false(lk_dictionary_equal(&d, &copy));
    assert_false(lk_dictionary_equal(&copy, &other));
    lk_dictionary_deinit(&d);
    lk_dictionary_deinit(&copy);
    lk_dictionary_deinit(&other);
}

static void messages_list_what_is_near(void **state) {
    (void)state;
    static const char *const texts[] = {"Male", "Female", "Mole", "a\nb", "other"};
    lk_dictionary d = OF(texts);
    char list[200], small[16];
    lk_dictionary_nearest(&d, "Malle", list, sizeof list);
    assert_string_equal(list, "'Male', 'Mole', 'Female'");
    lk_dictionary_nearest(&d, "othr", list, sizeof list);
    assert_int_equal(strncmp(list, "'other', ", 9), 0);
    lk_dictionary_list(&d, list, sizeof list);
    assert_string_equal(list, "'Male', 'Female', 'Mole', 'a\\x0Ab', 'other'");
    lk_dictionary_list(&d, small, sizeof small);
    assert_string_equal(small, "'Male', ...");
    lk_dictionary_deinit(&d);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_is_as_documented(void **state) {
    (void)state;
    static const char *const texts[] = {"a", "", "\"", "\xC3\xA9", "\xE9", "\x01"};
    lk_dictionary d = OF(texts), again;
    char *json = lk_dictionary_print(&d);
    assert_string_equal(json, "[\"a\",\"\",\"\\\"\",\"\xC3\xA9\",{\"hex\":\"e9\"},\"\\u0001\"]");
    assert_int_equal(lk_dictionary_parse(&context, "test", json, &again), LK_OK);
    assert_true(lk_dictionary_equal(&d, &again));
    lk_release(json);
    lk_dictionary_deinit(&d);
    lk_dictionary_deinit(&again);
}

static void expect_refused(const char *json, const char *part) {
    lk_dictionary d;
    lk_status status = lk_dictionary_parse(&context, "test", json, &d);
    if (status != LK_FORMAT || strstr(context.message, part) == NULL ||
        strncmp(context.message, "test: ", 6) != 0) {
        fail_msg("%s: status %d: %s", json, status, context.message);
    }
    assert_int_equal(d.count, 0);
}

static void hostile_json_is_refused(void **state) {
    (void)state;
    expect_refused("", "no JSON");
    expect_refused("[\"a\"", "no JSON");
    expect_refused("[\"\\u0000\"]", "no JSON");
    expect_refused("{}", "no array");
    expect_refused("\"a\"", "no JSON");
    expect_refused("[\"a\",\"b\",\"a\"]", "listed twice");
    expect_refused("[1]", "is no text");
    expect_refused("[null]", "is no text");
    expect_refused("[[\"a\"]]", "is no text");
    expect_refused("[{\"hex\":\"e\"}]", "is no text");
    expect_refused("[{\"hex\":\"E9\"}]", "is no text");
    expect_refused("[{\"hex\":\"6100\"}]", "is no text");
    expect_refused("[{\"hex\":\"e9\",\"a\":1}]", "is no text");
    expect_refused("[\"a\",{\"hex\":\"61\"}]", "listed twice");
    char *large = lk_allocate(LK_TEXT_MOST + 16, 1);
    memcpy(large, "[\"", 2);
    memset(large + 2, 'x', LK_TEXT_MOST + 1);
    memcpy(large + LK_TEXT_MOST + 3, "\"]", 3);
    expect_refused(large, "too long");
    lk_release(large);
}

/* A million texts are the most. */
static void too_many_texts_are_refused(void **state) {
    (void)state;
    int64_t count = LK_TEXTS_MOST + 1;
    char *json = lk_allocate(count * 10 + 16, 1);
    char *at = json;
    *at++ = '[';
    for (int64_t i = 0; i < count; i++) {
        at += sprintf(at, "%s\"%llx\"", i > 0 ? "," : "", (unsigned long long)i);
    }
    memcpy(at, "]", 2);
    expect_refused(json, "more names and values than a model may hold");
    lk_release(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_found),
        cmocka_unit_test(many_texts_are_found),
        cmocka_unit_test(order_is_by_number_or_bytes),
        cmocka_unit_test(missing_values_are_told),
        cmocka_unit_test(copies_are_equal),
        cmocka_unit_test(messages_list_what_is_near),
        cmocka_unit_test(json_is_as_documented),
        cmocka_unit_test(hostile_json_is_refused),
        cmocka_unit_test(too_many_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
