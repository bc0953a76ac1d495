/* Columns of tables: what is refused, JSON, and a column that becomes the label. */
#include "data/testing.h"

#include "base/memory.h"
#include "data/columns.h"

static lk_context context;

static lk_columns *parse(const char *json) {
    lk_columns *columns;
    if (lk_columns_parse(&context, "test", json, &columns) != LK_OK) {
        fail_msg("%s: %s", json, context.message);
    }
    return columns;
}

static const char words[] = "{\"columns\":[{\"name\":\"sex\",\"values\":[\"Female\",\"Male\"]},"
                            "{\"name\":\"\xE2\x82\xAC\",\"values\":[\"\"],\"unseen\":true},"
                            "{\"name\":{\"hex\":\"e9\"},\"values\":[\"1\",\"2\",\"NA\"]}],"
                            "\"label\":{\"name\":\"class\",\"at\":1}}";
static const char remarks[] =
    "{\"columns\":[{\"name\":\"a\",\"values\":[\"x\"],\"unseen\":true,\"remark\":\"str\"},"
    "{\"name\":\"b\",\"values\":[\"y\"]}],"
    "\"label\":{\"name\":\"c\",\"at\":0,\"remark\":{\"hex\":\"e9\"}}}";
static const char integers[] = "{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}]}";

static void json_is_as_documented(void **state) {
    (void)state;
    const char *const texts[] = {words, remarks, integers};
    for (int i = 0; i < 3; i++) {
        lk_columns *columns = parse(texts[i]), *copy;
        char *json = lk_columns_print(columns);
        assert_string_equal(json, texts[i]);
        assert_int_equal(lk_columns_copy(&context, columns, &copy), LK_OK);
        assert_true(lk_columns_equal(columns, copy));
        lk_columns_destroy(copy);
        lk_columns_destroy(columns);
        lk_release(json);
    }
}

static void alphabets_are_those_of_the_values(void **state) {
    (void)state;
    lk_columns *columns = parse(words);
    assert_true(lk_columns_have_words(columns));
    assert_int_equal(lk_columns_alphabet(columns, 0), 2);
    assert_int_equal(lk_columns_alphabet(columns, 1), 2); /* the only value, and those not seen */
    assert_int_equal(lk_columns_alphabet(columns, 2), 3);
    assert_int_equal(lk_columns_largest_alphabet(columns), 3);
    assert_int_equal(lk_columns_find(columns, "\xE2\x82\xAC"), 1);
    assert_int_equal(lk_columns_find(columns, "class"), -1);
    char list[100];
    lk_columns_list(columns, list, sizeof list);
    assert_string_equal(list, "'sex', '\xE2\x82\xAC', '\\xE9', 'class'");
    lk_columns_destroy(columns);
    columns = parse(integers);
    assert_false(lk_columns_have_words(columns));
    assert_int_equal(lk_columns_largest_alphabet(columns), 2);
    lk_columns_destroy(columns);
    columns = parse("{\"columns\":[{\"name\":\"a\",\"values\":[\"x\"]}]}");
    assert_int_equal(lk_columns_alphabet(columns, 0), 1); /* never changes */
    assert_int_equal(lk_columns_largest_alphabet(columns), 2);
    lk_columns_destroy(columns);
}

static void differences_are_seen(void **state) {
    (void)state;
    static const char *const others[] = {
        "{\"columns\":[{\"name\":\"a\"},{\"name\":\"c\"}]}",
        "{\"columns\":[{\"name\":\"a\"}]}",
        "{\"columns\":[{\"name\":\"b\"},{\"name\":\"a\"}]}",
        "{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"label\":{\"name\":\"c\",\"at\":0}}",
        "{\"columns\":[{\"name\":\"a\",\"values\":[\"1\"]},{\"name\":\"b\",\"values\":[\"1\"]}]}",
    };
    lk_columns *columns = parse(integers);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        lk_columns *other = parse(others[i]);
        assert_false(lk_columns_equal(columns, other));
        assert_false(lk_columns_alike(columns, other));
        lk_columns_destroy(other);
    }
    lk_columns_destroy(columns);
    columns = parse(remarks);
    columns->label_at = 1;
    lk_columns *other = parse(remarks);
    assert_true(lk_columns_alike(columns, other));
    assert_false(lk_columns_equal(columns, other));
    lk_columns_destroy(other);
    lk_columns_destroy(columns);
}

static void remarks_go_with_their_columns(void **state) {
    (void)state;
    lk_columns *columns = parse(remarks), *copy;
    lk_dictionary values;
    assert_int_equal(lk_columns_copy(&context, columns, &copy), LK_OK);
    assert_int_equal(lk_dictionary_parse(&context, "test", "[\"x\"]", &values), LK_OK);
    assert_int_equal(lk_columns_put_label(&context, copy, &values), LK_OK);
    assert_string_equal(copy->column[0].remark, "\xE9");
    assert_null(copy->label_remark);
    assert_null(copy->column[2].remark);
    lk_columns_take_label(copy, 1);
    assert_string_equal(copy->label_remark, "str");
    lk_release(copy->label_remark);
    copy->label_remark = lk_duplicate("another");
    lk_columns *other = parse("{\"columns\":[{\"name\":\"c\",\"values\":[\"x\"]},"
                              "{\"name\":\"b\",\"values\":[\"y\"]}],"
                              "\"label\":{\"name\":\"a\",\"at\":1}}");
    assert_true(lk_columns_equal(copy, other));
    lk_dictionary_deinit(&values);
    lk_columns_destroy(other);
    lk_columns_destroy(copy);
    lk_columns_destroy(columns);
}

static void a_label_is_taken_and_put_back(void **state) {
    (void)state;
    for (int32_t at = 0; at < 3; at++) {
        lk_columns *columns = parse(words), *whole;
        lk_dictionary values;
        assert_int_equal(lk_dictionary_parse(&context, "test", "[\"x\"]", &values), LK_OK);
        assert_int_equal(lk_columns_put_label(&context, columns, &values), LK_OK);
        lk_dictionary_deinit(&values);
        assert_int_equal(lk_columns_copy(&context, columns, &whole), LK_OK);
        assert_string_equal(columns->column[1].name, "class");
        assert_int_equal(columns->count, 4);
        assert_int_equal(lk_dictionary_copy(&context, &columns->column[at].values, &values), LK_OK);
        lk_columns_take_label(columns, at);
        assert_string_equal(columns->label, whole->column[at].name);
        assert_int_equal(columns->label_at, at);
        assert_int_equal(columns->count, 3);
        assert_int_equal(lk_columns_put_label(&context, columns, &values), LK_OK);
        assert_true(lk_columns_equal(columns, whole));
        lk_dictionary_deinit(&values);
        lk_columns_destroy(columns);
        lk_columns_destroy(whole);
    }
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void expect_refused(const char *json, const char *part) {
    lk_columns *columns;
    lk_status status = lk_columns_parse(&context, "test", json, &columns);
    if ((status != LK_FORMAT && status != LK_INVALID) || strstr(context.message, part) == NULL ||
        strncmp(context.message, "test: ", 6) != 0) {
        fail_msg("%s: status %d: %s", json, status, context.message);
    }
    assert_null(columns);
}

static void hostile_json_is_refused(void **state) {
    (void)state;
    expect_refused("", "no JSON");
    expect_refused("[]", "no array of columns");
    expect_refused("{}", "no array of columns");
    expect_refused("{\"columns\":[]}", "no array of columns");
    expect_refused("{\"columns\":[1]}", "an unknown key");
    expect_refused("{\"columns\":[{}]}", "an unknown key");
    expect_refused("{\"columns\":[{\"name\":7}]}", "is no text");
    expect_refused("{\"columns\":[{\"name\":\"\"}]}", "column 1 has no name");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"more\":1}]}", "an unknown key");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"more\":1}", "an unknown key");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"remark\":7}]}", "is no text");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],"
                   "\"label\":{\"name\":\"b\",\"at\":0,\"remark\":[]}}",
                   "is no text");
    expect_refused("{\"columns\":[{\"name\":\"a\"},{\"name\":\"a\"}]}",
                   "columns 1 and 2 are both called 'a'");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"values\":{}}]}", "values are no array");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"values\":[\"x\",\"x\"]}]}", "listed twice");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"unseen\":1}]}", "neither true nor false");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"unseen\":true}]}", "column 1 has 1 values");
    expect_refused("{\"columns\":[{\"name\":\"a\",\"values\":[\"x\"]},{\"name\":\"b\"}]}",
                   "column 2 has 0 values");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"label\":{\"name\":\"a\",\"at\":0}}",
                   "columns 1 and 2 are both called 'a'");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"label\":{\"name\":\"b\",\"at\":2}}",
                   "stands at no place");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"label\":{\"name\":\"b\",\"at\":-1}}",
                   "stands at no place");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"label\":{\"name\":\"b\"}}",
                   "stands at no place");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"label\":{\"name\":\"b\",\"at\":0,\"c\":0}}",
                   "an unknown key");
    expect_refused("{\"columns\":[{\"name\":\"a\"}],\"columns\":[]}", "no JSON");
}

/* Two columns of 65,536 values each are allowed; one value more is not. */
static void too_many_values_are_refused(void **state) {
    (void)state;
    lk_columns *columns;
    assert_int_equal(lk_columns_create(&context, 1, &columns), LK_OK);
    columns->column[0].name = lk_duplicate("n");
    for (int32_t i = 0; i <= 65536; i++) {
        char text[16];
        int32_t symbol;
        int length = snprintf(text, sizeof text, "%d", i);
        if (i == 65536) {
            assert_int_equal(lk_columns_check(&context, "test", columns), LK_OK);
        }
        lk_dictionary *values = &columns->column[0].values;
        assert_int_equal(lk_dictionary_add(&context, values, text, length, &symbol), LK_OK);
    }
    assert_int_equal(lk_columns_check(&context, "test", columns), LK_INVALID);
    assert_non_null(strstr(context.message, "column 1 has 65537 values"));
    lk_columns_destroy(columns);
}

/* 9,000 values of 1,000 bytes are more than a model file's header can hold. */
static void too_long_values_are_refused(void **state) {
    (void)state;
    lk_columns *columns;
    char text[1024];
    assert_int_equal(lk_columns_create(&context, 1, &columns), LK_OK);
    columns->column[0].name = lk_duplicate("n");
    memset(text, 'x', sizeof text);
    for (int32_t i = 0; i < 9000; i++) {
        int32_t symbol;
        snprintf(text, sizeof text, "%05d", i);
        text[5] = 'x';
        assert_int_equal(
            lk_dictionary_add(&context, &columns->column[0].values, text, 1000, &symbol), LK_OK);
    }
    assert_int_equal(lk_columns_check(&context, "test", columns), LK_INVALID);
    assert_non_null(strstr(context.message, "9001 names and different values of 9009002 bytes"));
    lk_columns_destroy(columns);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_as_documented),
        cmocka_unit_test(alphabets_are_those_of_the_values),
        cmocka_unit_test(differences_are_seen),
        cmocka_unit_test(remarks_go_with_their_columns),
        cmocka_unit_test(a_label_is_taken_and_put_back),
        cmocka_unit_test(hostile_json_is_refused),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(too_long_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
