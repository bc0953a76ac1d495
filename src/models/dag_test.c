/* DAG texts: what is read, and what is refused on which line. */
#include "models/dag.h"
#include "models/testing.h"

static void test_alarm(void **state) {
    (void)state;
    static const char text[] = "# Pearl's alarm\r\n\n  burglary\nearthquake # rare\nalarm: "
                               "burglary, earthquake\njohn :alarm\n\tmary: alarm";
    lk_context *context = testing_context(1);
    lk_dag dag;
    testing_ok(context, lk_dag_parse(context, "alarm.dag", text, (int64_t)sizeof text - 1, &dag));
    assert_int_equal(dag.variables, 5);
    static const int32_t depth[] = {0, 0, 1, 2, 2};
    assert_memory_equal(dag.depth, depth, sizeof depth);
    static const int64_t begin[] = {0, 0, 0, 2, 3, 4};
    assert_memory_equal(dag.parent_begin, begin, sizeof begin);
    static const int32_t parent[] = {0, 1, 2, 2};
    assert_memory_equal(dag.parent, parent, sizeof parent);
    char *canonical;
    testing_ok(context, lk_dag_print(context, &dag, NULL, &canonical));
    assert_string_equal(
        canonical, "burglary\nearthquake\nalarm: burglary earthquake\njohn: alarm\nmary: alarm\n");
    lk_release(canonical);
    lk_dag_deinit(&dag);
    lk_context_destroy(context);
}

/* Depth is the longest way from a root, also when lines stand in any order. */
static void test_depths(void **state) {
    (void)state;
    static const char text[] = "d: a c\nc: b\nb: a\na\ne: d a\nlone\n";
    lk_context *context = testing_context(1);
    lk_dag dag;
    testing_ok(context, lk_dag_parse(context, "depths", text, (int64_t)sizeof text - 1, &dag));
    static const int32_t depth[] = {3, 2, 1, 0, 4, 0};
    assert_memory_equal(dag.depth, depth, sizeof depth);
    lk_dag_deinit(&dag);
    lk_context_destroy(context);
}

/* Lines go to the columns of their names. */
static void test_columns(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t order[3];
        const char *canonical; /* NULL: refused */
    } rows[] = {
        {"rain\nwet: rain\nsun: rain\n", {0, 2, 1}, "rain\nsun: rain\nwet: rain\n"},
        {"wet: sun\nrain: wet\nsun\n", {1, 2, 0}, "rain: wet\nsun\nwet: sun\n"},
        {"x\ny: x\nz\n", {0}, NULL},
        {"Rain\nWet: Rain\nSun\n", {0}, NULL},
        {"x\nwet: x\nsun\n", {0}, NULL},
    };
    static const char *const names[] = {"rain", "sun", "wet"};
    lk_context *context = testing_context(1);
    lk_columns *columns;
    testing_ok(context, lk_columns_create(context, 3, &columns));
    for (int i = 0; i < 3; i++) {
        columns->column[i].name = lk_duplicate(names[i]);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lk_dag dag;
        int32_t order[3];
        char *canonical;
        testing_ok(context, lk_dag_parse(context, "a.dag", rows[i].text,
                                         (int64_t)strlen(rows[i].text), &dag));
        lk_status status = lk_dag_match(context, "a.dag", &dag, columns, order);
        if (rows[i].canonical == NULL) {
            assert_int_equal(status, LK_MISMATCH);
            assert_non_null(strstr(lk_context_message(context), "no line for the column 'rain'"));
        } else {
            testing_ok(context, status);
            assert_memory_equal(order, rows[i].order, sizeof order);
            testing_ok(context, lk_dag_print(context, &dag, order, &canonical));
            assert_string_equal(canonical, rows[i].canonical);
            lk_release(canonical);
        }
        lk_dag_deinit(&dag);
    }
    lk_columns_destroy(columns);
    lk_context_destroy(context);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "no variables"},
        {"# nothing\n\n", "no variables"},
        {"a\nb: c\n", "line 2: c is a parent but has no line"},
        {"a\nb\n\na\n", "line 4: the name a stands on line 1"},
        {"a: a\n", "line 1: a cannot be its own parent"},
        {"a\nb: a a\n", "line 2: a is named twice"},
        {"r\na: r c\nb: a\nc: b\n", "line 4: a cycle: c <- b <- a <- c"},
        {"a: b\nb: a\nc: a\n", "a cycle: "},
        {"a b\n", "line 1: after the name a a colon"},
        {": a\n", "line 1: byte 0x3a where a name"},
        {"a\nb: \"a\tc\"\n", "line 2: control byte 0x09 in a name"},
        {"a\nb: \xEF\xBB\xBF"
         "a\n",
         "line 2: a byte order mark (EF BB BF) begins a name"},
        {"\xEF\xBB\xBF \xEF\xBB\xBF", "line 1: a byte order mark"},
        {"a\nb: a: c\n", "line 2: byte 0x3a"},
        {"a\nb\x01\n", "line 2: after the name b a colon"},
        {"a234567890123456789012345678901234567890123456789012345678901234567890\n",
         "a name has 70 bytes"},
    };
    lk_context *context = testing_context(1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_dag dag;
        lk_status status =
            lk_dag_parse(context, "bad.dag", rows[i].text, (int64_t)strlen(rows[i].text), &dag);
        testing_refused(context, status, LK_FORMAT, rows[i].message);
        assert_true(strncmp(lk_context_message(context), "bad.dag: ", 9) == 0);
    }
    static char big[LK_DAG_BYTES_MOST + 1];
    memset(big, '#', sizeof big);
    lk_dag dag;
    testing_refused(context, lk_dag_parse(context, "big", big, sizeof big, &dag), LK_FORMAT,
                    "at most 65536");
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alarm),
        cmocka_unit_test(test_depths),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
