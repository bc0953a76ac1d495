/* Slower sequences: what files of them may hold, how long they must be, what a network is given of
 * them, and parts. */
#include "data/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static lk_status add(lk_context *context, lk_local *local, const char *text, int64_t positions) {
    const lk_bytes bytes = {(uint8_t *)(uintptr_t)text, (int64_t)strlen(text)};
    lk_source source;
    assert_int_equal(lk_source_of_bytes(context, "q.txt", &bytes, &source), LK_OK);
    lk_status status = lk_local_add(local, &source, positions, "a.wav");
    lk_source_close(&source);
    return status;
}

static void files(void **state) {
    static const struct {
        const char *text;
        int32_t every, alphabet;
        int64_t positions;
        lk_status status;
        const char *says; /* or, of those that are read, NULL */
    } cases[] = {
        {"0 1 2", 4, 3, 12, LK_OK, NULL},
        {"\xEF\xBB\xBF"
         "0,1,2\r\n",
         4, 3, 9, LK_OK, NULL},
        {"\n\n0\n\t1\n,002,", 1, 3, 3, LK_OK, NULL},
        {"0 1 2", 4, 3, 13, LK_MISMATCH, "q.txt: 3 symbols, but a.wav wants 4, one for every 4"},
        {"0 1 2", 4, 3, 8, LK_MISMATCH, "q.txt: more than 2 symbols, but a.wav wants 2"},
        {"0 1 2", 4, 3, -1, LK_OK, NULL},
        {"", 4, 3, -1, LK_FORMAT, "no symbols"},
        {" \n", 4, 3, 5, LK_MISMATCH, "0 symbols"},
        {"", 4, 3, 0, LK_OK, NULL},
        {"0 1\n3", 4, 3, 12, LK_FORMAT,
         "q.txt, line 2: \"3\" is no symbol: they are whole numbers "
         "from 0 to 2"},
        {"0 65534", 1, 0, 2, LK_OK, NULL},
        {"0 65535", 1, 0, 2, LK_FORMAT, "65535"},
        {"0 -1 2", 1, 3, 3, LK_FORMAT, "\"-1\""},
        {"0 1.0 2", 1, 3, 3, LK_FORMAT, "\"1.0\""},
        {"0 1;2", 1, 3, 3, LK_FORMAT, "\"1;2\""},
        {"99999999999999999999999999999", 1, 3, 1, LK_FORMAT, "\"999999999999999999...\""},
        {"18446744073709551617", 1, 3, 1, LK_FORMAT, "..."},
    };
    lk_context *context = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const lk_local_form form = {cases[i].every, cases[i].alphabet};
        lk_local *local;
        uint16_t symbols[4];
        assert_int_equal(lk_local_create(context, &form, 1, &local), LK_OK);
        lk_status status = add(context, local, cases[i].text, cases[i].positions);
        if (status != cases[i].status ||
            (cases[i].says != NULL && strstr(lk_context_message(context), cases[i].says) == NULL)) {
            fail_msg("case %d: %s: %s", (int)i, lk_status_text(status),
                     lk_context_message(context));
        }
        if (status == LK_OK && lk_local_length(local, 0) == 3) {
            assert_int_equal(lk_local_read(local, 0, 0, 3, symbols), LK_OK);
            assert_true(symbols[0] == 0 && symbols[1] == 1 && symbols[2] == 2);
        }
        if (cases[i].alphabet == 0 && status == LK_OK) {
            lk_local_learn(local);
            assert_int_equal(lk_local_form_of(local)->alphabet, 65535);
        }
        lk_local_destroy(local);
    }
}

/* Of 10 positions, 4 to a symbol: the symbols beside it, and `alphabet` beyond the ends. */
static void cells(void **state) {
    static const uint16_t expected[][LK_LOCAL_CELLS] = {
        {9, 5, 6, 0}, {9, 5, 6, 1}, {9, 5, 6, 2}, {9, 5, 6, 3}, {5, 6, 7, 0}, {5, 6, 7, 1},
        {5, 6, 7, 2}, {5, 6, 7, 3}, {6, 7, 9, 0}, {6, 7, 9, 1}, {6, 7, 9, 2}, {6, 7, 9, 3},
        {7, 9, 9, 0}, {7, 9, 9, 1}, {7, 9, 9, 2}, {7, 9, 9, 3}, {9, 9, 9, 0}, {9, 9, 9, 1}};
    enum { COUNT = sizeof expected / sizeof *expected };
    const lk_local_form form = {4, 9};
    lk_local *local;
    assert_int_equal(lk_local_create(*state, &form, 2, &local), LK_OK);
    assert_int_equal(add(*state, local, "1 1 1 1", -1), LK_OK);
    assert_int_equal(add(*state, local, "5 6 7", 10), LK_OK);
    for (int first = 0; first < COUNT; first++) {
        for (int count = 0; first + count <= COUNT; count++) {
            uint16_t got[COUNT][LK_LOCAL_CELLS];
            assert_int_equal(lk_local_read_cells(local, 1, first, count, got[0]), LK_OK);
            assert_memory_equal(got, expected + first, (size_t)count * sizeof *got);
        }
    }
    lk_local_destroy(local);
}

/* More than is held at a time, at every = 1 and beyond. */
static void long_ones(void **state) {
    enum { LENGTH = 20011 };
    static uint16_t symbols[LENGTH], got[LENGTH][LK_LOCAL_CELLS];
    for (int32_t every = 1; every < 4; every++) {
        const lk_local_form form = {every, 1000};
        lk_local *local;
        assert_int_equal(lk_local_create(*state, &form, 1, &local), LK_OK);
        assert_int_equal(lk_local_add_drawn(local, LENGTH, 3), LK_OK);
        int64_t total = lk_local_length(local, 0);
        assert_int_equal(total, lk_local_count(&form, LENGTH));
        assert_int_equal(lk_local_read(local, 0, 0, total, symbols), LK_OK);
        assert_int_equal(lk_local_read_cells(local, 0, 0, LENGTH, got[0]), LK_OK);
        for (int64_t t = 0; t < LENGTH; t++) {
            assert_int_equal(got[t][1], symbols[t / every]);
            assert_int_equal(got[t][2], t / every + 1 < total ? symbols[t / every + 1] : 1000);
            assert_int_equal(got[t][3], t % every);
        }
        lk_local_destroy(local);
    }
}

static void parts(void **state) {
    const lk_local_form form = {4, 9};
    lk_local *local, *rest;
    uint16_t symbols[3];
    assert_int_equal(lk_local_create(*state, &form, 3, &local), LK_OK);
    assert_int_equal(add(*state, local, "1 2", -1), LK_OK);
    assert_int_equal(add(*state, local, "3 4 5", -1), LK_OK);
    assert_int_equal(add(*state, local, "6", -1), LK_OK);
    assert_int_equal(lk_local_split(local, 1, &rest), LK_OK);
    assert_int_equal(lk_local_length(rest, 0), 3);
    assert_int_equal(lk_local_read(rest, 1, 0, 1, symbols), LK_OK);
    assert_int_equal(symbols[0], 6);
    lk_local_destroy(rest);
    assert_int_equal(lk_local_split(local, 1, &rest), LK_OK); /* of the one that is left */
    lk_local_destroy(local);
    assert_int_equal(lk_local_length(rest, 0), 1);
    assert_int_equal(lk_local_read(rest, 0, 0, 1, symbols), LK_OK);
    assert_int_equal(symbols[0], 2);
    lk_local_destroy(rest);
}

static void expect(const lk_local *local, int64_t item, const uint16_t *symbols, int64_t count) {
    uint16_t got[8];
    assert_int_equal(lk_local_length(local, item), count);
    assert_int_equal(lk_local_read(local, item, 0, count, got), LK_OK);
    assert_memory_equal(got, symbols, (size_t)count * 2);
}

/* Parts and copies keep what whoever made them does not. */
static void copies(void **state) {
    static const uint16_t a[] = {1, 2, 3}, b[] = {8, 0};
    const lk_local_form form = {4, 9}, narrow = {4, 8}, wide = {4, 20}, slow = {5, 9};
    const lk_local_part parts[] = {{1, 1, 1}, {0, 0, 3}, {0, 3, 0}, {0, 1, 1}};
    lk_context *other, *context = *state;
    lk_local *local, *some, *copy, *none;
    assert_int_equal(lk_context_create(1, &other), LK_OK);
    assert_int_equal(lk_local_create(other, &form, 2, &local), LK_OK);
    assert_int_equal(lk_local_add_symbols(local, "a", a, 3, 12, "x"), LK_OK);
    assert_int_equal(lk_local_add_symbols(local, "b", b, 2, -1, "y"), LK_OK);
    assert_int_equal(lk_local_parts(context, local, parts, 4, &some), LK_OK);
    assert_int_equal(lk_local_copy(context, local, &wide, &copy), LK_OK);
    lk_local_destroy(local);
    lk_context_destroy(other);
    assert_int_equal(lk_local_items(some), 4);
    expect(some, 0, b + 1, 1);
    expect(some, 1, a, 3);
    expect(some, 2, a, 0);
    expect(some, 3, a + 1, 1);
    expect(copy, 1, b, 2);
    assert_int_equal(lk_local_form_of(copy)->alphabet, 20);
    assert_int_equal(lk_local_copy(context, copy, &narrow, &none), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(context), "symbol 0 of slower sequence 1 is 8"));
    assert_int_equal(lk_local_copy(context, copy, &slow, &none), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(context), "one for every 5"));
    assert_null(none);
    lk_local_destroy(copy);
    assert_int_equal(lk_local_copy(context, some, &narrow, &copy), LK_OK); /* without the 8 */
    lk_local_destroy(copy);
    lk_local_destroy(some);
}

/* An item that is wrong, or does not come to its end, is none. */
static void from_memory(void **state) {
    static const uint16_t symbols[] = {3, 0, 2};
    const lk_local_form form = {4, 3}, learned = {4, 0};
    lk_local *local;
    assert_int_equal(lk_local_create(*state, &form, 1, &local), LK_OK);
    assert_int_equal(lk_local_add_symbols(local, "q", symbols, 3, 12, "x"), LK_INVALID);
    assert_non_null(strstr(lk_context_message(*state), "q: symbol 0 is 3: expected 0 to 2"));
    assert_int_equal(lk_local_add_symbols(local, "q", symbols + 1, 2, 12, "x"), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(*state), "q: 2 symbols, but x wants 3"));
    lk_local_begin(local);
    assert_int_equal(lk_local_put(local, "q", symbols, 3), LK_OK);
    lk_local_begin(local);
    assert_int_equal(lk_local_put(local, "q", symbols + 1, 1), LK_OK);
    assert_int_equal(lk_local_put(local, "q", symbols + 2, 1), LK_OK);
    lk_local_end(local);
    expect(local, 0, symbols + 1, 2);
    lk_local_destroy(local);
    assert_int_equal(lk_local_create(*state, &learned, 1, &local), LK_OK);
    assert_int_equal(lk_local_add_symbols(local, "q", symbols, 3, 9, "x"), LK_OK);
    lk_local_learn(local);
    assert_int_equal(lk_local_form_of(local)->alphabet, 4);
    lk_local_destroy(local);
}

static int set_up(void **state) {
    return lk_context_create(1, (lk_context **)state) == LK_OK ? 0 : -1;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(files),     cmocka_unit_test(cells),
                                       cmocka_unit_test(long_ones), cmocka_unit_test(parts),
                                       cmocka_unit_test(copies),    cmocka_unit_test(from_memory)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
