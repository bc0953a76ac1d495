/* Whole texts that are held out, with their labels and slower sequences, out of more files than are
 * open at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/items.h"

enum { TEXTS = LK_TEXTS_OPEN_MOST + 40, HELD_OUT = 17 };

/* Text i is i + 1 letters long, its label i % 5, its slower sequence one symbol, i. */
static lk_items *make_texts(lk_context *context, const char *folder) {
    lk_stream *streams[TEXTS];
    lk_symbols symbols = {.kind = LK_SYMBOLS_BYTES};
    const lk_local_form form = {1000, TEXTS};
    int32_t labels[TEXTS];
    lk_items *items;
    lk_local *local;
    assert_int_equal(lk_local_create(context, &form, TEXTS, &local), LK_OK);
    for (int i = 0; i < TEXTS; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%03d.txt", folder, i);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        for (int k = 0; k <= i; k++) {
            fputc('a' + i % 26, file);
        }
        fclose(file);
        assert_int_equal(lk_stream_open(context, path, &symbols, &streams[i]), LK_OK);
        lk_stream_rest(streams[i]);
        labels[i] = i % 5;
        const uint16_t slow = (uint16_t)i;
        assert_int_equal(lk_local_add_symbols(local, "slow", &slow, 1, i + 1, path), LK_OK);
    }
    assert_int_equal(lk_items_of_texts_take(context, folder, streams, TEXTS, &items), LK_OK);
    assert_int_equal(lk_items_set_labels(items, labels), LK_OK);
    lk_items_local_take(items, local);
    return items;
}

/* Each text that is there was seen `mark` times, and is seen once more. */
static void check(lk_items *items, int *seen, int mark) {
    int64_t before = 0;
    for (int64_t k = 0; k < lk_items_count(items); k++) {
        const int64_t i = lk_items_length(items, k) - 1;
        uint16_t last, slow;
        assert_true(i >= before && i < TEXTS); /* the order stays */
        before = i;
        assert_int_equal(lk_items_read(items, k, i, 1, &last), LK_OK);
        assert_int_equal(last, 'a' + i % 26);
        assert_int_equal(lk_items_labels(items)[k], i % 5);
        assert_int_equal(lk_local_read(lk_items_local(items), k, 0, 1, &slow), LK_OK);
        assert_int_equal(slow, i);
        assert_int_equal(seen[i], mark);
        seen[i]++;
    }
}

static void test_hold_out(void **state) {
    (void)state;
    char folder[] = "items-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    lk_context *context;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    int held_out[2][TEXTS] = {{0}};
    for (int seed = 0; seed < 2; seed++) {
        int seen[TEXTS] = {0};
        lk_items *items = make_texts(context, folder), *rest;
        check(items, seen, 0); /* some are awake now */
        assert_int_equal(lk_items_hold_out(context, items, HELD_OUT, (uint64_t)seed + 1, &rest),
                         LK_OK);
        assert_int_equal(lk_items_count(items), TEXTS - HELD_OUT);
        assert_int_equal(lk_items_count(rest), HELD_OUT);
        check(items, seen, 1);
        check(rest, held_out[seed], 0);
        for (int i = 0; i < TEXTS; i++) {
            assert_int_equal(seen[i] + held_out[seed][i], 2);
        }
        lk_items_close(items);
        lk_items_close(rest);
    }
    assert_memory_not_equal(held_out[0], held_out[1], sizeof held_out[0]);
    for (int i = 0; i < TEXTS; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%03d.txt", folder, i);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hold_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
