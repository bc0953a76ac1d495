/* CSV as tables: names, words, quoting, row numbers, reading for a model, and that what was read is
 * written again value for value. */
#include "data/formats/format.h"
#include "data/formats/testing.h"

#include "base/memory.h"

#define TEXT(literal) (literal), (int64_t)(sizeof(literal) - 1)

static const lk_dataset_options words = {.words = true};

/* ---- what tests share ------------------------------------------------------------------------ */

static void expect_columns(const lk_dataset *dataset, const char *json) {
    if (json == NULL) {
        assert_null(dataset->columns);
        return;
    }
    assert_non_null(dataset->columns);
    char *printed = lk_columns_print(dataset->columns);
    assert_string_equal(printed, json);
    lk_release(printed);
}

static void expect_written(const lk_dataset *dataset, const char *text) {
    lk_context context = {0};
    lk_buffer buffer = {0};
    assert_int_equal(lk_csv_format.write(&context, "out", dataset, &buffer), LK_OK);
    lk_buffer_put(&buffer, "", 1);
    assert_string_equal((const char *)buffer.data, text);
    lk_buffer_release(&buffer);
}

/* Reads the text; checks columns and values; and what is written. */
static void expect_table(const char *text, int64_t size, const char *json, int64_t examples,
                         int64_t variables, const uint16_t *values, const char *written) {
    lk_dataset *dataset = test_parse(text, size, &words);
    assert_string_equal(lk_dataset_format_name(dataset->format), "csv");
    expect_columns(dataset, json);
    test_values(dataset, examples, variables, values);
    expect_written(dataset, written);
    lk_dataset_destroy(dataset);
}

static lk_columns *columns_of(const char *json) {
    lk_context context = {0};
    lk_columns *columns;
    assert_int_equal(lk_columns_parse(&context, "test", json, &columns), LK_OK);
    return columns;
}

/* ---- words ----------------------------------------------------------------------------------- */

#define COLOURS                                                           \
    "{\"columns\":[{\"name\":\"colour\",\"values\":[\"green\",\"red\"]}," \
    "{\"name\":\"size\",\"values\":[\"1\",\"2\",\"10\",\"NA\"]}]}"

static void words_are_symbols(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 0, 0, 2, 1, 3, 1, 1};
    static const char written[] = "colour,size\nred,1\ngreen,10\nred,NA\nred,2\n";
    expect_table(TEXT("colour,size\nred,1\ngreen,10\nred,NA\nred,2\n"), COLOURS, 4, 2, values,
                 written);
    expect_table(TEXT("colour;size\r\nred;1\r\ngreen;10\r\nred;NA\r\nred;2"), COLOURS, 4, 2, values,
                 written);
    expect_table(TEXT("colour\tsize\nred\t1\ngreen\t10\nred\tNA\nred\t2\n\n"), COLOURS, 4, 2,
                 values, written);
    expect_table(TEXT("\xEF\xBB\xBF\"colour\", size\n red , 1\n\"green\",\"10\"\nred,NA\nred,2\n"),
                 COLOURS, 4, 2, values, written);
    expect_table(TEXT("colour,size\rred,1\rgreen,10\rred,NA\rred,2\r"), COLOURS, 4, 2, values,
                 written);
    expect_table(TEXT("# a remark, of two parts\ncolour,size\nred,1\ngreen,10\nred,NA\nred,2\n"),
                 COLOURS, 4, 2, values, written);
    expect_table(TEXT("#colour,size\nred,1\ngreen,10\nred,NA\nred,2\n"), COLOURS, 4, 2, values,
                 written);
}

static void the_alphabet_is_the_largest(void **state) {
    (void)state;
    lk_dataset *dataset = test_parse(TEXT("a,b\nx,1\nx,2\nx,3\n"), &words);
    assert_int_equal(dataset->alphabet, 3);
    assert_int_equal(lk_columns_alphabet(dataset->columns, 0), 1);
    assert_string_equal(dataset->note, "read as a table of words: column 'a' holds 'x'");
    assert_false(dataset->partial);
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("a,b\nx,y\n"), &words);
    assert_int_equal(dataset->alphabet, 2);
    lk_dataset_destroy(dataset);
}

/* Every spelling comes back: of missing values, of numbers, blanks and quotes, line ends. */
static void spellings_come_back(void **state) {
    (void)state;
    static const char text[] = "\"#a\",\"b,\"\"c\"\"\"\n"
                               "\" x\",01\n"
                               "x,1\n"
                               "\"line\nend\",1.0\n"
                               "\"\"\"\",?\n"
                               "\"semi;colon\",\n"
                               "\xE9,NA\n";
    lk_dataset *dataset = test_parse(text, (int64_t)strlen(text), &words);
    expect_columns(dataset, "{\"columns\":[{\"name\":\"#a\",\"values\":[\" x\",\"\\\"\","
                            "\"line\\nend\",\"semi;colon\",\"x\",{\"hex\":\"e9\"}]},"
                            "{\"name\":\"b,\\\"c\\\"\",\"values\":[\"01\",\"1\",\"1.0\",\"\",\"?\","
                            "\"NA\"]}]}");
    expect_written(dataset, text);
    lk_dataset_destroy(dataset);
}

static void single_columns_are_quoted(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 2, 0};
    static const char text[] = "\"colour\"\n\"red\"\n\"\"\n\"blue\"\n";
    expect_table(text, (int64_t)strlen(text),
                 "{\"columns\":[{\"name\":\"colour\",\"values\":[\"blue\",\"red\",\"\"]}]}", 3, 1,
                 values, text);
}

static void missing_fields_at_the_end_are_values(void **state) {
    (void)state;
    static const uint16_t values[] = {0, 1, 1, 1, 2, 0};
    expect_table(TEXT("a\tb\nx\t\ny\t\n\tz\n"),
                 "{\"columns\":[{\"name\":\"a\",\"values\":[\"x\",\"y\",\"\"]},"
                 "{\"name\":\"b\",\"values\":[\"z\",\"\"]}]}",
                 3, 2, values, "a,b\nx,\ny,\n,z\n");
}

static void strange_columns_are_noted(void **state) {
    (void)state;
    char text[1024];
    int size = sprintf(text, "id,kind\n");
    for (int i = 0; i < 20; i++) {
        size += sprintf(text + size, "n%d,%s\n", i, i % 2 == 0 ? "even" : "odd");
    }
    lk_dataset *dataset = test_parse(text, size, &words);
    assert_non_null(strstr(dataset->note, "20 different words in column 'id', of 20 rows"));
    assert_null(strstr(dataset->note, "kind"));
    lk_dataset_destroy(dataset);
}

static void tables_need_names(void **state) {
    (void)state;
    test_refused(TEXT("39,Private,White\n50,Self,White\n"), &words, LK_FORMAT,
                 "line 1, column 2: 'Private' is not a number; data must be integers from 0; a "
                 "table of words needs a first line that names its columns");
    test_refused(TEXT("p,x,p\ne,y,p\n"), &words, LK_FORMAT,
                 "line 1: columns 1 and 3 are both called 'p'; a table of words needs");
    test_refused(TEXT("a,,c\nx,y,1\n"), &words, LK_FORMAT, "line 1: column 2 has no name");
    test_refused(TEXT("a,b\nx,1\n"), NULL, LK_FORMAT, "line 2, column 1: 'x' is not a number");
    test_refused(TEXT("a,b\n1,0.5\n2,1.5\n"), &words, LK_FORMAT,
                 "line 2, column 2: '0.5' is not an integer");
    test_refused(TEXT("a,b\n1,-1\n"), &words, LK_FORMAT, "'-1' is negative");
    test_refused(TEXT("a,b\nx,1\ny\n"), &words, LK_FORMAT, "line 3 has 1 columns");
    test_refused(TEXT("a,b\nx,1\n\ny,1\n"), &words, LK_FORMAT, "line 3 is empty");
    test_refused(TEXT("\"c\"\n\"a\"\n\n\"b\"\n"), &words, LK_FORMAT,
                 "line 3 is empty, which in a table of one column may be a value that is missing");
    test_refused(TEXT("\"c\"\n\"a\"\n\"b\"\n\n"), &words, LK_FORMAT, "line 4 is empty, which");
    test_refused(TEXT("c\r\n1\r\n0\r\n\r\n\r\n"), &words, LK_FORMAT, "line 4 is empty, which");
    test_refused(TEXT("To be, or not\nthat is the question\n"), &words, LK_FORMAT,
                 "line 2 has 1 fields, but line 1 has 2: no table; a text needs --text");
    test_refused(TEXT("a,b\nx,\"1\n"), &words, LK_FORMAT,
                 "line 2, column 2 ('b'): the quotes are not closed");
    test_refused(TEXT("a,b\nx,\"1\"2\n"), &words, LK_FORMAT, "the quotes are not closed");
    test_refused(TEXT("a,b\nx,\0\n"), &words, LK_FORMAT, "with a zero byte in it");
    test_refused(TEXT("a,b\n"), &words, LK_FORMAT, "only a header line");
    test_refused(TEXT("[[1,2],[3,4]]\n"), &words, LK_FORMAT, "not a known data format");
    char text[2000];
    int size = sprintf(text, "a,b\nx,%*d\ny,%*s\n", 1020, 7, 900, "z");
    lk_dataset *dataset = test_parse(text, size, &words); /* blanks around it are none of it */
    lk_dataset_destroy(dataset);
    memset(text, 'x', sizeof text);
    memcpy(text, "a,b\nx,", 6);
    text[1999] = '\n';
    test_refused(text, 2000, &words, LK_FORMAT, "a value of 1993 bytes");
}

/* 65,536 values are the most; with a reserved symbol, one less. */
static void columns_of_too_many_values_are_refused(void **state) {
    (void)state;
    for (int unseen = 0; unseen < 2; unseen++) {
        for (int more = 0; more < 2; more++) {
            int count = 65536 - unseen + more, size = 0;
            char *text = lk_allocate(10 * count + 16, 1);
            size += sprintf(text, "n,m\n");
            for (int i = 0; i < count; i++) {
                size += sprintf(text + size, "x%d,0\n", i);
            }
            lk_dataset_options options = {.words = true, .unseen = unseen};
            if (more) {
                test_refused(text, size, &options, LK_UNSUPPORTED, "more than 655");
            } else {
                lk_dataset *dataset = test_parse(text, size, &options);
                assert_int_equal(dataset->alphabet, 65536);
                lk_dataset_destroy(dataset);
            }
            lk_release(text);
        }
    }
}

/* ---- integers -------------------------------------------------------------------------------- */

static void integers_keep_their_values_and_names(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 12, 0, 3};
    static const char json[] = "{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}]}";
    expect_table(TEXT("a,b\n1,12\n0,3\n"), json, 2, 2, values, "a,b\n1,12\n0,3\n");
    expect_table(TEXT("a\tb\t\n1\t12\t\n0\t3\t\n"), json, 2, 2, values, "a,b\n1,12\n0,3\n");
    expect_table(TEXT("# a,b\n1,12\n0,3\n"), json, 2, 2, values, "a,b\n1,12\n0,3\n");
    expect_table(TEXT("# by a script\n1,12\n0,3\n"), NULL, 2, 2, values, "1,12\n0,3\n");
    expect_table(TEXT("1,12\n0,3\n"), NULL, 2, 2, values, "1,12\n0,3\n");
    expect_table(TEXT("a,a\n1,12\n0,3\n"), NULL, 2, 2, values, "1,12\n0,3\n");
    lk_dataset *dataset = test_parse(TEXT("a,a\n1,12\n"), NULL);
    assert_string_equal(dataset->note,
                        "the header does not name the columns: line 1: columns 1 and "
                        "2 are both called 'a'");
    assert_int_equal(dataset->alphabet, 13);
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("0,1,2\n3,4,5\n"), &words);
    assert_int_equal(dataset->examples, 2);
    assert_non_null(strstr(dataset->note, "the first line counts 0 to 2 and is taken for an"));
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("0,1\n1,0\n"), &words);
    assert_null(dataset->note);
    lk_dataset_destroy(dataset);
}

static void row_numbers_are_left_out(void **state) {
    (void)state;
    static const char *const texts[] = {
        ",a,b\n0,1,2\n1,3,4\n",
        "Unnamed: 0,a,b\n7,1,2\n3,3,4\n",
        "\"\",\"a\",\"b\"\n\"1\",1,2\n\"2\",3,4\n",
        "\"a\",\"b\"\n\"1\",1,2\n\"2\",3,4\n",
        "\"rownames\",\"a\",\"b\"\n\"Mazda\",1,2\n\"Datsun\",3,4\n",
        ",a,b\n100000,1,2\n100001,3,4\n",
    };
    static const uint16_t values[] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lk_dataset *dataset = test_parse(texts[i], (int64_t)strlen(texts[i]), NULL);
        expect_columns(dataset, "{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}]}");
        test_values(dataset, 2, 2, values);
        assert_true(dataset->partial);
        assert_string_equal(dataset->note, "the first column, which numbers the rows, is left out");
        assert_int_equal(dataset->alphabet, 5);
        lk_dataset_destroy(dataset);
    }
    /* A value that comes twice numbers no rows. */
    static const uint16_t three[] = {1, 1, 2, 1, 3, 4};
    lk_dataset *dataset = test_parse(TEXT(",a,b\n1,1,2\n1,3,4\n"), NULL);
    test_values(dataset, 2, 3, three);
    assert_null(dataset->columns);
    lk_dataset_destroy(dataset);
    test_refused(TEXT("a,b\n1,1,2\n1,3,4\n"), NULL, LK_FORMAT, "line 2 has 3 columns");
    dataset = test_parse(TEXT(",0,1\n0,x,1\n1,y,2\n"), &words);
    expect_columns(dataset, "{\"columns\":[{\"name\":\"0\",\"values\":[\"x\",\"y\"]},"
                            "{\"name\":\"1\",\"values\":[\"1\",\"2\"]}]}");
    lk_dataset_destroy(dataset);
}

/* ---- for a model ----------------------------------------------------------------------------- */

static void columns_are_taken_by_name(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 2, 0, 3};
    lk_columns *known = columns_of(COLOURS);
    lk_dataset_options options = {.columns = known};
    static const char *const texts[] = {
        "colour,size\nred,10\ngreen,NA\n", "size,colour\n10,red\nNA,green\n",
        ",size,colour\n4,10,red\n9,NA,green\n",
        "size colour\n10 red\n", /* another separator is none */
    };
    for (int i = 0; i < 3; i++) {
        lk_dataset *dataset = test_parse(texts[i], (int64_t)strlen(texts[i]), &options);
        expect_columns(dataset, COLOURS);
        test_values(dataset, 2, 2, values);
        assert_int_equal(dataset->alphabet, 4);
        expect_written(dataset, "colour,size\nred,10\ngreen,NA\n");
        lk_dataset_destroy(dataset);
    }
    test_refused(texts[3], (int64_t)strlen(texts[3]), &options, LK_MISMATCH,
                 "the model does not know the column 'size colour'");
    test_refused(TEXT("colour\nred\n"), &options, LK_MISMATCH,
                 "there is no column 'size'; the columns of the file are 'colour'");
    test_refused(TEXT("size,colour,x\n1,red,1\n"), &options, LK_MISMATCH,
                 "the model does not know the column 'x'");
    test_refused(TEXT("red,1\n"), &options, LK_MISMATCH, "line 1 has 2 fields and does not name");
    test_refused(TEXT("colour,size\n"), &options, LK_FORMAT, "only a header line");
    test_refused(TEXT("green,size\n"), &options, LK_MISMATCH, "does not know the column 'green'");
    test_refused(TEXT("colour\n"), &options, LK_MISMATCH, "there is no column 'size'");
    test_refused(TEXT("1,2\n1,2\n"), &options, LK_MISMATCH,
                 "line 1 has 2 fields and does not name columns; those of the model are 'colour'");
    test_refused(TEXT("colour,size\nred,1\nredd,1\n"), &options, LK_MISMATCH,
                 "line 3, column 1 ('colour'): 'redd' is no value that the model knows of this "
                 "column; the nearest are 'red', 'green'");
    test_refused(TEXT("\x93NUMPY..."), &options, LK_INVALID,
                 "is npy, where a table with a header line (CSV) is needed");
    test_refused(TEXT("\xFF\xFE"
                      "c\0o\0"),
                 &options, LK_FORMAT, "text in UTF-16; convert it");
    options.alphabet = 5;
    test_refused(TEXT("colour,size\nred,1\n"), &options, LK_INVALID, "alphabets of their own");
    lk_columns_destroy(known);
}

static void integers_are_taken_by_name(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 2, 3, 4};
    lk_columns *known = columns_of("{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}]}");
    lk_dataset_options options = {.columns = known};
    static const char *const texts[] = {"a,b\n1,2\n3,4\n", "b,a\n2,1\n4,3\n", "1,2\n3,4\n",
                                        "1 2\n3 4\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lk_dataset *dataset = test_parse(texts[i], (int64_t)strlen(texts[i]), &options);
        test_values(dataset, 2, 2, values);
        assert_true(lk_columns_equal(dataset->columns, known));
        lk_dataset_destroy(dataset);
    }
    test_refused(TEXT("a,c\n1,2\n"), &options, LK_MISMATCH, "does not know the column 'c'");
    test_refused(TEXT("a,b\n1,x\n"), &options, LK_FORMAT, "'x' is not a number");
    test_refused(TEXT("1,2,3\n"), &options, LK_MISMATCH, "line 1 has 3 fields");
    lk_columns_destroy(known);
}

static void unseen_values_have_a_symbol(void **state) {
    (void)state;
    lk_dataset_options learning = {.words = true, .unseen = true};
    lk_dataset *train = test_parse(TEXT("a,b\nx,1\ny,2\n"), &learning);
    expect_columns(train, "{\"columns\":[{\"name\":\"a\",\"values\":[\"x\",\"y\"],\"unseen\":true},"
                          "{\"name\":\"b\",\"values\":[\"1\",\"2\"],\"unseen\":true}]}");
    assert_int_equal(train->alphabet, 3);
    assert_int_equal(lk_dataset_find_unseen(train), -1);
    lk_dataset_options options = {.columns = train->columns};
    static const uint16_t values[] = {0, 2, 2, 0};
    lk_dataset *test = test_parse(TEXT("a,b\nx,3\nz,1\n"), &options);
    test_values(test, 2, 2, values);
    assert_int_equal(lk_dataset_find_unseen(test), 1);
    expect_written(test, "a,b\nx,<unseen>\n<unseen>,1\n");
    lk_dataset_destroy(test);
    test = test_parse(TEXT("a,b\nx,<unseen>\n<unseen>,1\n"), &options);
    test_values(test, 2, 2, values);
    lk_dataset_destroy(test);
    lk_dataset_destroy(train);
    test_refused(TEXT("a,b\nx,<unseen>\n"), &learning, LK_INVALID, "'<unseen>' is how values");
}

/* ---- labels ---------------------------------------------------------------------------------- */

static void a_column_may_be_the_label(void **state) {
    (void)state;
    lk_dataset_options learning = {.words = true, .label = "colour"};
    static const uint16_t values[] = {1, 0, 1};
    lk_dataset *train = test_parse(TEXT("size,colour,n\n2,red,1\n1,green,1\n2,red,1\n"), &learning);
    /* What is left are integers. */
    expect_columns(train, "{\"columns\":[{\"name\":\"size\"},{\"name\":\"n\"}],"
                          "\"label\":{\"name\":\"colour\",\"at\":1}}");
    test_values(train, 3, 2, (const uint16_t[]){2, 1, 1, 1, 2, 1});
    assert_int_equal(train->alphabet, 3);
    assert_memory_equal(train->labels, ((const int32_t[]){1, 0, 1}), 12);
    assert_string_equal(lk_dictionary_text(&train->classes, 1), "red");
    expect_written(train, "size,colour,n\n2,red,1\n1,green,1\n2,red,1\n");
    lk_dataset_destroy(train);
    /* What is left are words. */
    train = test_parse(TEXT("colour,size\nred,b\ngreen,a\nred,b\n"), &learning);
    expect_columns(train, "{\"columns\":[{\"name\":\"size\",\"values\":[\"a\",\"b\"]}],"
                          "\"label\":{\"name\":\"colour\",\"at\":0}}");
    test_values(train, 3, 1, values);
    assert_memory_equal(train->labels, ((const int32_t[]){1, 0, 1}), 12);
    expect_written(train, "colour,size\nred,b\ngreen,a\nred,b\n");
    /* Read for a model: with the label, in another order, and without. */
    lk_dataset_options options = {.columns = train->columns};
    lk_dataset *test = test_parse(TEXT("size,colour\nb,blue\na,green\n"), &options);
    test_values(test, 2, 1, values);
    assert_string_equal(lk_dictionary_text(&test->classes, test->labels[0]), "blue");
    lk_dataset_destroy(test);
    test = test_parse(TEXT("\"size\"\nb\na\n"), &options);
    test_values(test, 2, 1, values);
    assert_null(test->labels);
    expect_written(test, "\"size\"\n\"b\"\n\"a\"\n");
    lk_dataset_destroy(test);
    lk_dataset_destroy(train);
}

static void labels_may_be_beyond_the_alphabet(void **state) {
    (void)state;
    lk_dataset_options options = {.words = true, .label = "digit", .alphabet = 2};
    lk_dataset *dataset = test_parse(TEXT("digit,a,b\n7,0,1\n-100000,1,1\n"), &options);
    test_values(dataset, 2, 2, (const uint16_t[]){0, 1, 1, 1});
    assert_int_equal(dataset->alphabet, 2);
    assert_string_equal(lk_dictionary_text(&dataset->classes, dataset->labels[1]), "-100000");
    lk_dataset_options known = {.columns = dataset->columns};
    static const char *const texts[] = {"7,0,1\n8,1,1\n", "0,1\n1,1\n"}; /* by position */
    for (int i = 0; i < 2; i++) {
        lk_dataset *again = test_parse(texts[i], (int64_t)strlen(texts[i]), &known);
        test_values(again, 2, 2, (const uint16_t[]){0, 1, 1, 1});
        assert_int_equal(again->labels != NULL, i == 0);
        lk_dataset_destroy(again);
    }
    lk_dataset_destroy(dataset);
    test_refused(TEXT("a,b\n7,0\n"), &options, LK_INVALID,
                 "there is no column 'digit'; the columns of the file are 'a', 'b'");
    test_refused(TEXT("\"digit\"\n7\n"), &options, LK_INVALID, "nothing is left without 'digit'");
    test_refused(TEXT("7,0\n"), &options, LK_INVALID, "there is no header line of names");
    test_refused(TEXT("7 0\n"), &options, LK_INVALID, "is amat, where a table");
}

/* ---- writing --------------------------------------------------------------------------------- */

static void only_csv_holds_words(void **state) {
    (void)state;
    lk_context context = {0};
    lk_dataset *dataset = test_parse(TEXT("a,b\nx,1\n"), &words);
    static const char *const names[] = {"a.npy", "a.txt", "a.png", "a.pbm", "a.idx.gz", "a/"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(lk_dataset_write(&context, names[i], dataset), LK_INVALID);
        assert_non_null(strstr(context.message, "which only a .csv holds"));
    }
    char path[512];
    assert_int_equal(lk_dataset_restore(&context, test_path("plain", path), dataset), LK_OK);
    lk_dataset *again;
    assert_int_equal(lk_dataset_read(&context, path, &words, &again), LK_OK);
    assert_true(lk_columns_equal(again->columns, dataset->columns));
    lk_dataset_destroy(again);
    remove(path);
    dataset->values[1] = 1; /* column b has one value */
    assert_int_equal(lk_dataset_write(&context, "x.csv", dataset), LK_INVALID);
    assert_non_null(strstr(context.message, "example 1: the column 'b' has 1 values"));
    lk_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_symbols),
        cmocka_unit_test(the_alphabet_is_the_largest),
        cmocka_unit_test(spellings_come_back),
        cmocka_unit_test(single_columns_are_quoted),
        cmocka_unit_test(missing_fields_at_the_end_are_values),
        cmocka_unit_test(strange_columns_are_noted),
        cmocka_unit_test(tables_need_names),
        cmocka_unit_test(columns_of_too_many_values_are_refused),
        cmocka_unit_test(integers_keep_their_values_and_names),
        cmocka_unit_test(row_numbers_are_left_out),
        cmocka_unit_test(columns_are_taken_by_name),
        cmocka_unit_test(integers_are_taken_by_name),
        cmocka_unit_test(unseen_values_have_a_symbol),
        cmocka_unit_test(a_column_may_be_the_label),
        cmocka_unit_test(labels_may_be_beyond_the_alphabet),
        cmocka_unit_test(only_csv_holds_words),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
