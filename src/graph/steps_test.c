/* Cells by their steps: against a selection sort, with far more steps than cells and with fewer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "graph/steps.h"

#define CELLS_MOST 301

static const uint64_t seed = 20250301;

/* The cell that comes next after `cell` (-1: the first) by (step, cell); -1: none. */
static int64_t next_cell(const int32_t *step_of, int64_t cells, int64_t cell) {
    int64_t next = -1;
    for (int64_t i = 0; i < cells; i++) {
        bool after =
            cell < 0 || step_of[i] > step_of[cell] || (step_of[i] == step_of[cell] && i > cell);
        if (after && (next < 0 || step_of[i] < step_of[next])) {
            next = i;
        }
    }
    return next;
}

static void check(lk_arena *arena, const int32_t *step_of, int64_t cells) {
    int32_t order[CELLS_MOST];
    lk_steps steps;
    assert_true(lk_steps_make(arena, step_of, cells, order, &steps));
    int64_t cell = -1;
    for (int32_t i = 0; i < steps.count; i++) {
        assert_true(i == 0 || steps.step[i] > steps.step[i - 1]);
        assert_true(steps.begin[i + 1] > steps.begin[i]);
        assert_int_equal(lk_steps_find(&steps, steps.step[i]), i);
        assert_int_equal(lk_steps_find(&steps, steps.step[i] - 1),
                         i > 0 && steps.step[i - 1] == steps.step[i] - 1 ? i - 1 : i);
        for (int32_t k = steps.begin[i]; k < steps.begin[i + 1]; k++) {
            cell = next_cell(step_of, cells, cell);
            assert_int_equal(order[k], cell);
            assert_int_equal(step_of[cell], steps.step[i]);
        }
    }
    assert_int_equal(steps.begin[steps.count], cells);
    assert_int_equal(lk_steps_find(&steps, INT32_MAX), steps.count);
}

static void test_any_steps(void **state) {
    (void)state;
    static const int64_t cells[] = {1, 2, 3, 17, 129, CELLS_MOST};
    static const int32_t most[] = {1, 2, 5, 100, 2048, 2049, 196609, INT32_MAX};
    int32_t step_of[CELLS_MOST];
    lk_arena *arena = lk_arena_create();
    for (int c = 0; c < 6; c++) {
        for (int m = 0; m < 8; m++) {
            for (int64_t i = 0; i < cells[c]; i++) {
                step_of[i] = (int32_t)lk_random_below((lk_random){seed, LK_FOR_CHECK}, (uint64_t)i,
                                                      (uint64_t)(c * 8 + m), (uint64_t)most[m]);
            }
            check(arena, step_of, cells[c]);
        }
    }
    lk_arena_destroy(arena);
}

static void test_steps_in_order(void **state) {
    (void)state;
    int32_t step_of[CELLS_MOST];
    lk_arena *arena = lk_arena_create();
    for (int32_t apart = 0; apart < 3; apart++) {
        for (int32_t i = 0; i < CELLS_MOST; i++) {
            step_of[i] = 7 + i * apart;
        }
        check(arena, step_of, CELLS_MOST);
    }
    lk_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_steps),
        cmocka_unit_test(test_steps_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
