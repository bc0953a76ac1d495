/* Rows as CSV and as lines of JSON: the same cells; quotes, infinite numbers, what is no UTF-8. */
#include <stdio.h>

#include "models/testing.h"

#include "base/file.h"
#include "jobs/table.h"

static void fill(lk_cell cell[4], const char *text, double real) {
    cell[0] = lk_cell_integer("row", INT64_MIN);
    cell[1] = lk_cell_text("name", text);
    cell[2] = lk_cell_real("real", real);
    cell[3] = lk_cell_real("few", real);
    cell[3].digits = 3;
}

static void expect(const char *path, int32_t rows, const char *wanted) {
    const char *const names[] = {"a \"b\"", "caf\xE9", NULL};
    const double reals[] = {1.0 / 3.0, (double)-INFINITY, (double)NAN};
    lk_context context = {0};
    lk_cell cell[4];
    lk_table *table;
    lk_bytes bytes;
    fill(cell, NULL, 0);
    testing_ok(&context, lk_table_create(&context, path, cell, 4, &table));
    for (int32_t i = 0; i < rows; i++) {
        fill(cell, names[i], reals[i]);
        testing_ok(&context, lk_table_put(table, cell, 4));
    }
    testing_ok(&context, lk_table_commit(table));
    testing_ok(&context, lk_file_read_raw(&context, path, 4096, &bytes));
    assert_string_equal((const char *)bytes.data, wanted);
    lk_bytes_release(&bytes);
    remove(path);
}

static void test_csv(void **state) {
    (void)state;
    expect("jobs_table_test.csv", 0, "row,name,real,few\n");
    expect("jobs_table_test.csv", 2,
           "row,name,real,few\n"
           "-9223372036854775808,\"a \"\"b\"\"\",0.333333333,0.333\n"
           "-9223372036854775808,\"caf\xE9\",-inf,-inf\n");
}

static void test_json(void **state) {
    (void)state;
    expect("jobs_table_test.jsonl", 0, "");
    expect("jobs_table_test.jsonl", 3,
           "{\"row\":-9223372036854775808,\"name\":\"a \\\"b\\\"\",\"real\":0.333333333,"
           "\"few\":0.333333333}\n"
           "{\"row\":-9223372036854775808,\"name\":{\"hex\":\"636166e9\"},\"real\":\"-Infinity\","
           "\"few\":\"-Infinity\"}\n"
           "{\"row\":-9223372036854775808,\"name\":null,\"real\":null,\"few\":null}\n");
}

static void test_names(void **state) {
    (void)state;
    const char *const tables[] = {"a.csv", "b.c/a.jsonl", "b.c/a", "a"};
    const char *const others[] = {"a.json", "a.csv.gz", "a.txt", ".csv/a.png", "a."};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        assert_true(lk_table_named(tables[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(lk_table_named(others[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
