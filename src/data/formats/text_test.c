/* Numbers, lines, and the three formats of text: what is read, and where refusals see the fault. */
#include "data/formats/testing.h"
#include "data/text.h"

#define TEXT(literal) (literal), (int64_t)(sizeof(literal) - 1)

static void numbers_are_read_exactly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        lk_number_kind kind;
        int64_t value;
    } rows[] = {
        {"0", LK_NUMBER_INTEGER, 0},
        {"007", LK_NUMBER_INTEGER, 7},
        {"-12", LK_NUMBER_INTEGER, -12},
        {"+3", LK_NUMBER_INTEGER, 3},
        {"1.000", LK_NUMBER_INTEGER, 1},
        {"1.", LK_NUMBER_INTEGER, 1},
        {".0", LK_NUMBER_INTEGER, 0},
        {"2.55e2", LK_NUMBER_INTEGER, 255},
        {"2.55E+01", LK_NUMBER_FRACTION, 0},
        {"250e-1", LK_NUMBER_INTEGER, 25},
        {"25e-1", LK_NUMBER_FRACTION, 0},
        {"0.5", LK_NUMBER_FRACTION, 0},
        {"1e3", LK_NUMBER_INTEGER, 1000},
        {"0e99999999999", LK_NUMBER_INTEGER, 0},
        {"1e99999999999", LK_NUMBER_HUGE, 0},
        {"1e-99999999999", LK_NUMBER_FRACTION, 0},
        {"9999999999999999999999", LK_NUMBER_HUGE, 0},
        {"123456789012345678", LK_NUMBER_INTEGER, 123456789012345678},
        {"nan", LK_NUMBER_NOT_FINITE, 0},
        {"-Inf", LK_NUMBER_NOT_FINITE, 0},
        {"INFINITY", LK_NUMBER_NOT_FINITE, 0},
        {"", LK_NUMBER_NONE, 0},
        {"-", LK_NUMBER_NONE, 0},
        {".", LK_NUMBER_NONE, 0},
        {"1e", LK_NUMBER_NONE, 0},
        {"1e+", LK_NUMBER_NONE, 0},
        {"0x10", LK_NUMBER_NONE, 0},
        {"1 2", LK_NUMBER_NONE, 0},
        {"1.2.3", LK_NUMBER_NONE, 0},
        {"--1", LK_NUMBER_NONE, 0},
        {"1l", LK_NUMBER_NONE, 0},
        {"e5", LK_NUMBER_NONE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        int64_t value = 0;
        const uint8_t *start = (const uint8_t *)rows[i].text;
        lk_number_kind kind = lk_number_parse(start, start + strlen(rows[i].text), &value);
        if (kind != rows[i].kind || (kind == LK_NUMBER_INTEGER && value != rows[i].value)) {
            fail_msg("'%s': kind %d value %lld", rows[i].text, kind, (long long)value);
        }
    }
}

/* Whatever separates and ends lines, the same six values. */
static void formats_of_text_are_recognised(void **state) {
    (void)state;
    static const struct {
        const char *text, *format;
    } rows[] = {
        {"0 1 1\n1 0 1\n", "amat"},
        {"0 1 1\n1 0 1", "amat"},
        {"  0\t1 1 \r\n1 0  1\r\n\r\n\n", "amat"},
        {"0.000 1.000 1.0e+00\n1 0 1\n", "amat"},
        {"\xEF\xBB\xBF"
         "0 1 1\n1 0 1\n",
         "amat"},
        {"011\n101\n", "rows"},
        {"011\r\n101\r\n", "rows"},
        {"011\n101", "rows"},
        {"0,1,1\n1,0,1\n", "csv"},
        {"a,b,c\n0,1,1\n1,0,1\n", "csv"},
        {"0;1;1\n1;0;1", "csv"},
        {"\"0\",\"1\",1\r\n1,\" 0 \",1\r\n", "csv"},
        {"x\ty\tz\n0\t1\t1\n1\t0\t1\n", "csv"},
        {"\"a,\"\"b\",\"c;d\",e\n0,1,1\n1,0,1\n", "csv"},
        {"# made by a script\n0,1,1\n1,0,1\n", "csv"},
        {"# x y z\n# more\n0 1 1\n1 0 1\n", "amat"},
        {"\xEF\xBB\xBF# remark\n011\n101\n", "rows"},
        {"0 1 1\r1 0 1\r", "amat"},
        {"0,1,1\r1,0,1", "csv"},
        {"P1\n# comment\n3 2\n0 1 1\n1 0 1\n", "pbm"},
        {"P1 3 2 011101", "pbm"},
    };
    static const uint16_t values[] = {0, 1, 1, 1, 0, 1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        lk_dataset *dataset = test_parse(rows[i].text, (int64_t)strlen(rows[i].text), NULL);
        test_values(dataset, 2, 3, values);
        assert_string_equal(lk_dataset_format_name(dataset->format), rows[i].format);
        assert_int_equal(dataset->alphabet, 2);
        assert_int_equal(dataset->shape.axes, 1);
        lk_dataset_destroy(dataset);
    }
}

static void single_columns_are_numbers(void **state) {
    (void)state;
    static const uint16_t values[] = {10, 11, 9};
    lk_dataset *column = test_parse(TEXT("10 \n11 \n"), NULL);
    test_values(column, 2, 1, values);
    lk_dataset_destroy(column);
    static const char *const texts[] = {"10\n11\n9\n", "10 \n11 \n9", "value\n10\n11\n9\n",
                                        "\"10\"\n\"11\"\n\"9\"\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
        lk_dataset *dataset = test_parse(texts[i], (int64_t)strlen(texts[i]), NULL);
        test_values(dataset, 3, 1, values);
        assert_int_equal(dataset->alphabet, 12);
        lk_dataset_destroy(dataset);
    }
}

static void faults_are_named_with_their_place(void **state) {
    (void)state;
    test_refused(TEXT(""), NULL, LK_FORMAT, "empty");
    test_refused(TEXT("\n\n \n"), NULL, LK_FORMAT, "only blank lines");
    test_refused(TEXT("hello world\n"), NULL, LK_FORMAT, "not a known data format");
    test_refused(TEXT("# a\n0 1\n1 x\n"), NULL, LK_FORMAT, "line 3, column 2: 'x'");
    test_refused(TEXT("0 1\r1 x\r"), NULL, LK_FORMAT, "line 2, column 2: 'x'");
    test_refused(TEXT("0 1 1\n1 0\n"), NULL, LK_FORMAT, "line 2 has 2 columns, but line 1 has 3");
    test_refused(TEXT("0 1 1\n1 0 1 1 1\n"), NULL, LK_FORMAT, "line 2 has 5 columns");
    test_refused(TEXT("0 1 1\n\n1 0 1\n"), NULL, LK_FORMAT, "line 2 is empty");
    test_refused(TEXT("0 1 1\n1 x 1\n"), NULL, LK_FORMAT, "line 2, column 2: 'x' is not a number");
    test_refused(TEXT("0 1 1\n1 0 -1\n"), NULL, LK_FORMAT, "line 2, column 3: '-1' is negative");
    test_refused(TEXT("0 1 nan\n1 0 1\n"), NULL, LK_FORMAT,
                 "line 1, column 3: 'nan' is not a finite");
    test_refused(TEXT("nan 1 1\n1 0 1\n"), NULL, LK_FORMAT,
                 "line 1, column 1: 'nan' is not a finite");
    test_refused(TEXT("0 1 0.5\n"), NULL, LK_FORMAT, "line 1, column 3: '0.5' is not an integer");
    test_refused(TEXT("0 1 65536\n"), NULL, LK_FORMAT, "column 3: 65536 is larger than 65535");
    test_refused(TEXT("0 1 1e30\n"), NULL, LK_FORMAT, "larger than 65535");
    test_refused(TEXT("0 1 1\n1 \0 1\n"), NULL, LK_FORMAT,
                 "line 2, column 2: '\\x00' is not a number");
    test_refused(TEXT("0110011\n0120011\n"), NULL, LK_FORMAT, "line 2, column 3: '2'");
    test_refused(TEXT("0110011\n01100\n"), NULL, LK_FORMAT,
                 "line 2 has 5 columns, but line 1 has 7");
    test_refused(TEXT("0,1\n1\n"), NULL, LK_FORMAT, "line 2 has 1 columns");
    test_refused(TEXT("0,1\n1,2,3\n"), NULL, LK_FORMAT, "line 2 has 3 columns");
    test_refused(TEXT("0,1\n1,\n"), NULL, LK_FORMAT, "line 2, column 2: the field is empty");
    test_refused(TEXT("a,1\n1,0\n"), NULL, LK_FORMAT, "line 1, column 1: 'a'");
    test_refused(TEXT("0,1\n\"1,0\n"), NULL, LK_FORMAT, "line 2, column 1: the quotes");
    test_refused(TEXT("a,b\n"), NULL, LK_FORMAT, "only a header line");
    test_refused(TEXT("a,b\n1,0\n\n2,0\n"), NULL, LK_FORMAT, "line 3 is empty");
}

static void foreign_files_are_named(void **state) {
    (void)state;
    test_refused(TEXT("\xFF\xFE"
                      "a\0,\0b\0"),
                 NULL, LK_FORMAT, "but text in UTF-16; convert it");
    test_refused(TEXT("\xFE\xFF\0a\0,\0b"), NULL, LK_FORMAT, "but text in UTF-16; convert it");
    test_refused(TEXT("\xFD"
                      "7zXZ\0"),
                 NULL, LK_FORMAT, "packed by xz; unpack it");
    test_refused(TEXT("BZh91AY"), NULL, LK_FORMAT, "packed by bzip2");
    test_refused(TEXT("\x1F\x8B\x08"), NULL, LK_FORMAT, "packed by gzip");
    test_refused(TEXT("RIFF\1\0\0\0WAVE"), NULL, LK_FORMAT, "WAV audio");
    test_refused(TEXT("RIFF\1\0\0\0WEBPVP8 "), NULL, LK_FORMAT,
                 "a WebP picture; convert it: dwebp");
    test_refused(TEXT("II*\0\x8\0\0\0"), NULL, LK_FORMAT, "a TIFF picture; convert it");
    test_refused(TEXT("GIF89a\1\0"), NULL, LK_FORMAT, "a GIF; convert it");
    test_refused(TEXT("BM\x1A\0\0\0aaaaaaaaaaaaaaaaaaaa"), NULL, LK_FORMAT, "a BMP picture");
    test_refused(TEXT("BM\x1B\0\0\0aaaaaaaaaaaaaaaaaaaa"), NULL, LK_FORMAT, "begins with 'BM");
    test_refused(TEXT("\x89HDF\r\n\x1A\n"), NULL, LK_FORMAT, "an HDF5 file; save the array");
    test_refused(TEXT("PAR1\0\0"), NULL, LK_FORMAT, "a Parquet file; save the table");
    test_refused(TEXT("\x80\x04\x95\0"), NULL, LK_FORMAT, "a Python pickle");
    test_refused(TEXT("fLaC\0"), NULL, LK_FORMAT, "FLAC audio");
    test_refused(TEXT("BW64\xFF\xFF\xFF\xFFWAVE"), NULL, LK_FORMAT, "a BW64 file; convert it");
    test_refused(TEXT("ID3\4\0\0\0\0\0\2..fLaC"), NULL, LK_FORMAT, "tag in front; remove it");
    test_refused(TEXT("ID3\4\0\0\0\0\0\2..\xFF\xFB\x90\0"), NULL, LK_FORMAT, "but MP3 audio");
    test_refused(TEXT("ID3\4\0\0\0\0\1\2..fLaC"), NULL, LK_FORMAT, "audio behind an ID3v2 tag");
    test_refused(TEXT("\xFF\xE3H\xC4\0\0\0\0\0\0\0\0"), NULL, LK_FORMAT, "but MP3 audio");
    test_refused(TEXT("\0\0\0\x1C"
                      "ftypavif"),
                 NULL, LK_FORMAT, "an AVIF picture");
    test_refused(TEXT("[[1,2],\n[3,4]]\n"), NULL, LK_FORMAT, "not a known data format");
    test_refused(TEXT("First words\nand more\n"), NULL, LK_FORMAT, "needs --text bytes");
}

static void a_given_alphabet_is_enforced(void **state) {
    (void)state;
    lk_dataset_options options = {.alphabet = 4};
    lk_dataset *dataset = test_parse(TEXT("0 1\n3 1\n"), &options);
    assert_int_equal(dataset->alphabet, 4);
    lk_dataset_destroy(dataset);
    test_refused(TEXT("0 1\n1 4\n"), &options, LK_MISMATCH,
                 "line 2, column 2: 4 is outside the alphabet 0..3");
}

/* Within messages: letters of any language as they are, all else by its bytes. */
static void texts_are_quoted_as_they_can_be_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *quoted;
    } rows[] = {
        {"Zürich", "Zürich"},
        {"\xE2\x82\xAC 5", "\xE2\x82\xAC 5"},
        {"Z\xFCrich", "Z\\xFCrich"},
        {"a\tb\x7F", "a\\x09b\\x7F"},
        {"\xC2\x85", "\\xC2\\x85"},          /* a control character of two bytes */
        {"\xE2\x80\xAE", "\\xE2\\x80\\xAE"}, /* turns the direction */
        {"\xC3", "\\xC3"},                   /* cut off */
        {"aaaaaaaaaaaaaaaaaaaaaaa\xC3\xBC", "aaaaaaaaaaaaaaaaaaaaaaa..."}, /* no half letters */
        {"aaaaaaaaaaaaaaaaaaaaaa\xC3\xBC", "aaaaaaaaaaaaaaaaaaaaaa\xC3\xBC"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        char quoted[LK_QUOTE_CAPACITY];
        const uint8_t *start = (const uint8_t *)rows[i].text;
        assert_string_equal(lk_text_quote(start, start + strlen(rows[i].text), quoted),
                            rows[i].quoted);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_quoted_as_they_can_be_read),
        cmocka_unit_test(numbers_are_read_exactly),
        cmocka_unit_test(formats_of_text_are_recognised),
        cmocka_unit_test(single_columns_are_numbers),
        cmocka_unit_test(faults_are_named_with_their_place),
        cmocka_unit_test(foreign_files_are_named),
        cmocka_unit_test(a_given_alphabet_is_enforced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
