/* Where the values of parameters stand: each by itself, or, of a large file's, in one room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/context.h"
#include "graph/parameters.h"

enum { COUNT = 20, ROWS = 1100, COLUMNS = 61 };

/* So many values, of a file of `most`: zeroed, aligned, none of another's. */
static void declare(lk_context *context, int64_t most) {
    lk_parameters *parameters;
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    parameters->total_most = most;
    for (int32_t i = 0; i < COUNT; i++) {
        char name[16];
        int32_t index;
        snprintf(name, sizeof name, "p%d", i);
        int64_t rows = i % 5 == 4 ? 0 : ROWS + i;
        assert_int_equal(
            lk_parameters_declare(parameters, name, rows, COLUMNS, LK_INIT_ZERO, &index), LK_OK);
        assert_int_equal(index, i);
    }
    assert_true((parameters->room != NULL) == (most >= 1 << 20));
    for (int32_t i = 0; i < COUNT; i++) {
        const lk_parameter *p = &parameters->list[i];
        assert_int_equal((uintptr_t)p->value % 64, 0);
        for (int64_t k = 0; k < p->rows * p->columns; k++) {
            assert_true(p->value[k] == 0.0f);
            p->value[k] = (float)(i + 1);
        }
    }
    lk_parameters_destroy(parameters);
}

static void test_values(void **state) {
    (void)state;
    lk_context *context;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    declare(context, 0);
    declare(context, 3 << 20);
    int64_t all = 0;
    for (int32_t i = 0; i < COUNT; i++) {
        all += i % 5 == 4 ? 0 : (ROWS + i) * COLUMNS;
    }
    assert_true(all >= 1 << 20);
    declare(context, all); /* no room for what alignment takes: the last ones stand apart */
    lk_context_destroy(context);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
