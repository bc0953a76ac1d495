/* The error line: one line whatever it is made of, cut at its capacity, and built even from
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"

static lk_context *bare_context(void) {
    lk_context *context = calloc(1, sizeof *context);
    assert_non_null(context);
    return context;
}

static void keeps_one_line(void **state) {
    (void)state;
    lk_context *context = bare_context();
    assert_string_equal(lk_context_message(context), "");
    assert_int_equal(lk_fail(context, LK_FORMAT, "%s: line %d", "bad\npath\r\t\x1b", 7), LK_FORMAT);
    assert_string_equal(lk_context_message(context), "bad path   : line 7");
    assert_int_equal(lk_fail(context, LK_CORRUPT, "again: %s", context->message), LK_CORRUPT);
    assert_string_equal(lk_context_message(context), "again: bad path   : line 7");
    lk_context_destroy(context);
}

static void cuts_a_long_message(void **state) {
    (void)state;
    lk_context *context = bare_context();
    char text[3 * LK_MESSAGE_CAPACITY];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    lk_fail(context, LK_IO, "%s", text);
    assert_int_equal(strlen(lk_context_message(context)), LK_MESSAGE_CAPACITY - 1);
    assert_int_equal(lk_fail_no_memory(context, "the weights", 123456789012), LK_NO_MEMORY);
    assert_non_null(strstr(lk_context_message(context), "the weights needs 123456789012 bytes"));
    lk_context_destroy(context);
}

static lk_status fails_inside(lk_context *context, int *reached) {
    LK_TRY(LK_OK);
    *reached = 1;
    LK_TRY(lk_fail(context, LK_CAUSALITY, "node 3"));
    *reached = 2;
    return LK_OK;
}

static void hands_a_failure_up(void **state) {
    (void)state;
    lk_context *context = bare_context();
    int reached = 0;
    assert_int_equal(fails_inside(context, &reached), LK_CAUSALITY);
    assert_int_equal(reached, 1);
    assert_int_equal(fails_inside(NULL, &reached), LK_CAUSALITY);
    lk_context_destroy(context);
}

static void tells_every_status(void **state) {
    (void)state;
    for (int status = LK_OK; status <= LK_INTERRUPTED; status++) {
        assert_true(strlen(lk_status_text((lk_status)status)) > 3);
        assert_string_not_equal(lk_status_text((lk_status)status), "unknown status");
    }
    assert_string_equal(lk_status_text((lk_status)1000), "unknown status");
    assert_string_equal(lk_context_message(NULL), "out of memory");
    lk_context_destroy(NULL);
}

static void knows_its_threads(void **state) {
    (void)state;
    lk_context *context = bare_context();
    assert_int_equal(lk_context_threads(context), 1);
    context->pool = lk_pool_create(3);
    assert_non_null(context->pool);
    assert_int_equal(lk_context_threads(context), 3);
    lk_context_destroy(context);
}

/* Two levels tell, as callers do; in the end one worker's line stands whole. */
static void fails_twice(void *argument, int64_t piece, int worker) {
    lk_context *context = argument;
    lk_status status =
        lk_fail(context, LK_CORRUPT, "piece %lld of worker %d", (long long)piece, worker);
    char reason[LK_MESSAGE_CAPACITY];
    snprintf(reason, sizeof reason, "%s", lk_context_message(context));
    lk_fail(context, status, "run: %s", reason);
}

static void one_of_many_failures_is_told(void **state) {
    (void)state;
    lk_context *context = bare_context();
    context->pool = lk_pool_create(4);
    assert_non_null(context->pool);
    for (int run = 0; run < 300; run++) {
        long long piece;
        int worker, end = 0;
        lk_pool_run(context->pool, 1 + run % 7, fails_twice, context);
        int found = sscanf(lk_context_message(context), "run: piece %lld of worker %d%n", &piece,
                           &worker, &end);
        assert_int_equal(found, 2);
        assert_int_equal(strlen(lk_context_message(context)), end);
        lk_fail(context, LK_IO, "outside"); /* everyone may again */
        assert_string_equal(lk_context_message(context), "outside");
    }
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_one_line),     cmocka_unit_test(cuts_a_long_message),
        cmocka_unit_test(hands_a_failure_up), cmocka_unit_test(tells_every_status),
        cmocka_unit_test(knows_its_threads),  cmocka_unit_test(one_of_many_failures_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
