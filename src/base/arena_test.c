/* Arenas: aligned, zeroed, disjoint, and a failure that stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"

enum { TAKES = 3000 };

static const lk_random DRAWS = {.seed = 11, .purpose = LK_FOR_CHECK};

static void gives_disjoint_zeroed_memory(void **state) {
    (void)state;
    static uint8_t *taken[TAKES];
    static int64_t sizes[TAKES];
    lk_arena *arena = lk_arena_create();
    assert_non_null(arena);
    for (uint64_t i = 0; i < TAKES; i++) {
        uint64_t limit = i % 100 == 99 ? 200000 : 300; /* now and then one larger than a block */
        sizes[i] = (int64_t)lk_random_below(DRAWS, i, 0, limit);
        taken[i] = lk_arena_take(arena, sizes[i], 1);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % 64, 0);
        for (int64_t at = 0; at < sizes[i]; at++) {
            assert_int_equal(taken[i][at], 0);
        }
        memset(taken[i], (int)(i % 251) + 1, (size_t)sizes[i]);
    }
    for (int i = 0; i < TAKES; i++) {
        for (int64_t at = 0; at < sizes[i]; at++) {
            assert_int_equal(taken[i][at], i % 251 + 1);
        }
    }
    assert_false(lk_arena_failed(arena));
    lk_arena_destroy(arena);
    lk_arena_destroy(NULL);
}

static void refuses_what_cannot_be(void **state) {
    (void)state;
    const struct {
        int64_t count;
        size_t size;
    } impossible[] = {{-1, 1},
                      {INT64_MAX, 1},
                      {INT64_MAX, 8},
                      {(int64_t)1 << 62, 4},
                      {(int64_t)1 << 33, (size_t)1 << 31}};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        lk_arena *arena = lk_arena_create();
        assert_non_null(lk_arena_take(arena, 1, 1));
        assert_null(lk_arena_take(arena, impossible[i].count, impossible[i].size));
        assert_true(lk_arena_failed(arena));
        assert_null(lk_arena_take(arena, 1, 1));
        assert_null(lk_arena_string(arena, "text"));
        assert_true(lk_arena_failed(arena));
        lk_arena_destroy(arena);
        assert_null(lk_allocate(impossible[i].count, impossible[i].size));
    }
}

static void copies_strings(void **state) {
    (void)state;
    lk_arena *arena = lk_arena_create();
    char text[] = "horizontal stack";
    char *copy = lk_arena_string(arena, text);
    text[0] = 'H';
    assert_string_equal(copy, "horizontal stack");
    assert_string_equal(lk_arena_string(arena, ""), "");
    assert_non_null(lk_arena_take(arena, 0, 8));
    lk_arena_destroy(arena);
}

static void allocates_big_arrays(void **state) {
    (void)state;
    const int64_t counts[] = {0, 1, 3, 17, 129, 1000003};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        float *values = lk_allocate(counts[i], sizeof *values);
        assert_non_null(values);
        assert_int_equal((uintptr_t)values % 64, 0);
        for (int64_t at = 0; at < counts[i]; at++) {
            assert_true(values[at] == 0.0F);
        }
        lk_release(values);
    }
    lk_release(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_disjoint_zeroed_memory),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(copies_strings),
        cmocka_unit_test(allocates_big_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
