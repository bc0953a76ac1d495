/* UTF-8: RFC 3629's tables, the Unicode standard's examples of ill-formed sequences, and that any
 * bytes come back. */
#include "data/testing.h"

#include "base/random.h"
#include "base/utf8.h"

typedef struct sequence {
    const char *bytes;
    int size;
    uint32_t character;
    int taken;
} sequence;

static void known_sequences(void **state) {
    (void)state;
    static const sequence known[] = {
        {"\0", 1, 0, 1},
        {"\x7f", 1, 0x7f, 1},
        {"\xc2\x80", 2, 0x80, 2},
        {"\xdf\xbf", 2, 0x7ff, 2},
        {"\xe0\xa0\x80", 3, 0x800, 3},
        {"\xed\x9f\xbf", 3, 0xd7ff, 3},
        {"\xee\x80\x80", 3, 0xe000, 3},
        {"\xef\xbf\xbf", 3, 0xffff, 3},
        {"\xf0\x90\x80\x80", 4, 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4},
        {"\xe2\x82\xac", 3, 0x20ac, 3},              /* the euro sign */
        {"\xc0\x80", 2, LK_UTF8_BYTE + 0xc0, 1},     /* overlong */
        {"\xc1\xbf", 2, LK_UTF8_BYTE + 0xc1, 1},     /* overlong */
        {"\xe0\x9f\xbf", 3, LK_UTF8_BYTE + 0xe0, 1}, /* overlong */
        {"\xf0\x8f\xbf\xbf", 4, LK_UTF8_BYTE + 0xf0, 1},
        {"\xed\xa0\x80", 3, LK_UTF8_BYTE + 0xed, 1}, /* a surrogate */
        {"\xf4\x90\x80\x80", 4, LK_UTF8_BYTE + 0xf4, 1},
        {"\xf5\x80\x80\x80", 4, LK_UTF8_BYTE + 0xf5, 1},
        {"\xff", 1, LK_UTF8_BYTE + 0xff, 1},
        {"\x80", 1, LK_UTF8_BYTE + 0x80, 1},
        {"\xe2\x82", 2, LK_UTF8_BYTE + 0xe2, 1}, /* cut off */
        {"\xe2\x82x", 3, LK_UTF8_BYTE + 0xe2, 1},
        {"\xe2x\x82", 3, LK_UTF8_BYTE + 0xe2, 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t character;
        uint8_t again[LK_UTF8_MOST];
        lk_bytes bytes = test_bytes(known[i].bytes, known[i].size);
        int taken = lk_utf8_get(bytes.data, bytes.size, &character);
        if (taken != known[i].taken || character != known[i].character) {
            fail_msg("sequence %zu: %d bytes, character %#x", i, taken, character);
        }
        assert_int_equal(lk_utf8_put(character, again), taken);
        assert_memory_equal(again, known[i].bytes, (size_t)taken);
        free(bytes.data);
    }
}

static void every_code_point(void **state) {
    (void)state;
    for (uint32_t c = 0; c < LK_UTF8_BYTE; c++) {
        uint8_t bytes[LK_UTF8_MOST];
        uint32_t character;
        if (lk_utf8_is_code_point(c)) {
            int size = lk_utf8_put(c, bytes);
            assert_int_equal(lk_utf8_get(bytes, size, &character), size);
            assert_int_equal(character, c);
        }
    }
    assert_false(lk_utf8_is_code_point(0xD800) || lk_utf8_is_code_point(0xDFFF));
    assert_true(lk_utf8_is_code_point(0xD7FF) && lk_utf8_is_code_point(0xE000));
}

/* Bytes of which many begin or continue sequences. */
static void any_bytes(void **state) {
    (void)state;
    enum { SIZE = 20000 };
    static const uint8_t likely_bytes[16] = {0x80, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xf0,
                                             0xf4, 'a',  0x9f, 0xa0, 0x8f, 0x90};
    lk_random random = {7, LK_FOR_CHECK};
    uint8_t *bytes = malloc(SIZE), *again = malloc(SIZE + LK_UTF8_MOST);
    assert_true(bytes != NULL && again != NULL);
    for (int i = 0; i < SIZE; i++) {
        bytes[i] = likely_bytes[lk_random_below(random, 0, (uint64_t)i, 16)];
    }
    int64_t at = 0, back = 0, longer = 0;
    while (at < SIZE) {
        uint32_t character;
        int taken = lk_utf8_get(bytes + at, SIZE - at, &character);
        longer += taken > 1;
        at += taken;
        back += lk_utf8_put(character, again + back);
    }
    assert_int_equal(at, SIZE);
    assert_int_equal(back, SIZE);
    assert_memory_equal(bytes, again, SIZE);
    assert_true(longer > SIZE / 50);
    free(bytes);
    free(again);
}

static void whole_texts(void **state) {
    (void)state;
    assert_true(lk_is_utf8("") &&
                lk_is_utf8("donn\xc3\xa9"
                           "es") &&
                lk_is_utf8("\xf0\x9f\x98\x80"));
    assert_false(lk_is_utf8("donn\xe9"
                            "es") ||
                 lk_is_utf8("\xc3") || lk_is_utf8("a\xed\xa0\x80"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sequences),
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
