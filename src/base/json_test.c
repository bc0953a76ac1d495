/* JSON: texts of any bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/memory.h"

static void expect(const char *text, const char *json) {
    json_t *made = lk_json_bytes(text);
    char *printed = lk_json_text(made, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(printed);
    assert_string_equal(printed, json);
    lk_release(printed);
    json_decref(made);
}

/* What is UTF-8 stands as it is; other bytes can be told from it, and got back. */
static void texts_of_any_bytes(void **state) {
    (void)state;
    expect("", "\"\"");
    expect("donn\xc3\xa9"
           "es",
           "\"donn\xc3\xa9"
           "es\"");
    expect("donn\xe9"
           "es",
           "{\"hex\":\"646f6e6ee96573\"}");
    expect("\xff\xfe", "{\"hex\":\"fffe\"}");
    expect("\xc3\xbf\xc3\xbe", "\"\xc3\xbf\xc3\xbe\"");
    expect("\xed\xa0\x80", "{\"hex\":\"eda080\"}"); /* a surrogate, which jansson refuses too */
    expect("{\"hex\":\"ff\"}", "\"{\\\"hex\\\":\\\"ff\\\"}\"");
    assert_null(lk_json_bytes(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_of_any_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
