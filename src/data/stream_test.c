/* Symbols and streams, against a file's bytes decoded whole. */
#include "data/testing.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "data/stream.h"

static lk_context context;

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void good(lk_status status) {
    if (status != LK_OK) {
        fail_msg("status %d: %s", status, context.message);
    }
}

static void refused(lk_status found, lk_status status, const char *part) {
    if (found != status || strstr(context.message, part) == NULL) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
}

/* ---- symbols --------------------------------------------------------------------------------- */

static void characters_are_learned(void **state) {
    (void)state;
    char path[512];
    static const char text[] = "na\xc3\xafve \xe2\x82\xac \xff\xf0\x9f\x98\x80 a\n";
    static const uint32_t listed[] = {'\n', ' ', 'a', 'e', 'n', 'v', 0xef, 0x20ac, 0x1f600};
    write_file(test_path("learn", path), text, sizeof text - 1);
    lk_symbols symbols, copy;
    good(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols));
    assert_int_equal(symbols.count, 9);
    assert_memory_equal(symbols.characters, listed, sizeof listed);
    assert_int_equal(lk_symbols_alphabet(&symbols), 10);
    for (uint16_t i = 0; i < 9; i++) {
        assert_int_equal(lk_symbols_find(&symbols, listed[i]), i);
        assert_int_equal(lk_symbols_character(&symbols, i), listed[i]);
        assert_false(lk_symbols_escapes(&symbols, i));
    }
    static const uint32_t strangers[] = {0, 'b', 0x10ffff, LK_UTF8_BYTE, LK_UTF8_BYTE + 255};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        assert_int_equal(lk_symbols_find(&symbols, strangers[i]), 9);
    }
    assert_true(lk_symbols_escapes(&symbols, 9));
    good(lk_symbols_copy(&context, &symbols, &copy));
    assert_true(lk_symbols_equal(&symbols, &copy) && copy.characters != symbols.characters);
    copy.characters[0]++;
    assert_false(lk_symbols_equal(&symbols, &copy));
    lk_symbols_deinit(&symbols);
    lk_symbols_deinit(&copy);
    good(lk_symbols_learn(&context, path, LK_SYMBOLS_BYTES, &symbols));
    assert_int_equal(lk_symbols_alphabet(&symbols), 256);
    assert_int_equal(lk_symbols_find(&symbols, LK_UTF8_BYTE + 200), 200);
    assert_int_equal(lk_symbols_character(&symbols, 200), LK_UTF8_BYTE + 200);
    assert_false(lk_symbols_escapes(&symbols, 255));
    unlink(path);
}

/* All code points of the basic plane but surrogates, 63488, are one alphabet; with 2,047 of the
 * next plane it is full. */
static void alphabets_are_capped(void **state) {
    (void)state;
    char path[512];
    lk_symbols symbols;
    static uint8_t text[1 << 18];
    size_t size = 0;
    uint32_t c = 0;
    for (int count = 0; count < 65535; c++) {
        if (lk_utf8_is_code_point(c)) {
            size += (size_t)lk_utf8_put(c, text + size);
            count++;
        }
    }
    write_file(test_path("many", path), text, size);
    good(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols));
    assert_int_equal(lk_symbols_alphabet(&symbols), 65536);
    assert_int_equal(lk_symbols_find(&symbols, c - 1), 65534);
    assert_int_equal(lk_symbols_find(&symbols, c), 65535);
    lk_symbols_deinit(&symbols);
    size += (size_t)lk_utf8_put(c, text + size);
    write_file(path, text, size);
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols), LK_FORMAT,
            "65536 different");
    assert_null(symbols.characters);
    unlink(path);
}

static void bad_lists(void **state) {
    (void)state;
    lk_symbols symbols;
    static const uint32_t lists[][2] = {
        {'b', 'a'}, {'a', 'a'}, {'a', 0xd800}, {'a', LK_UTF8_BYTE}, {'a', UINT32_MAX}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        refused(lk_symbols_list(&context, "list", lists[i], 2, &symbols), LK_INVALID,
                "list: character 1");
    }
    refused(lk_symbols_list(&context, "list", lists[0], 0, &symbols), LK_INVALID,
            "list: 0 different");
}

/* What gzip packed is read unpacked, also after a rest; its bytes are there for who wants them. */
static void packed_files(void **state) {
    (void)state;
    static const uint8_t packed[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x3c\xbc\x91\x2b"
                                    "\x09\x00\xd1\x94\x47\x9b\x05\x00\x00\x00";
    static const uint16_t text[] = {'a', 0xC3, 0xB1, '\n', 'b'};
    char path[512];
    lk_symbols symbols, bytes = {0};
    lk_stream *stream;
    write_file(test_path("packed", path), packed, sizeof packed - 1);
    good(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols));
    assert_int_equal(lk_symbols_alphabet(&symbols), 5);
    lk_symbols_deinit(&symbols);
    good(lk_stream_open(&context, path, &bytes, &stream));
    assert_int_equal(lk_stream_length(stream), 5);
    for (int i = 0; i < 2; i++) {
        uint16_t values[5];
        good(lk_stream_read(stream, 0, 5, values));
        assert_memory_equal(values, text, sizeof text);
        lk_stream_rest(stream);
        assert_true(lk_stream_resting(stream));
    }
    lk_stream_close(stream);
    good(lk_stream_open_any(&context, path, &bytes, &stream));
    assert_int_equal(lk_stream_length(stream), sizeof packed - 1);
    lk_stream_close(stream);
    unlink(path);
}

static void unfit_files(void **state) {
    (void)state;
    char path[512];
    lk_symbols symbols, bytes = {0};
    lk_stream *stream;
    write_file(test_path("unfit", path), "", 0);
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_BYTES, &symbols), LK_FORMAT, "empty");
    refused(lk_stream_open(&context, path, &bytes, &stream), LK_FORMAT, "empty");
    assert_null(stream);
    write_file(path, "\x1f\x8b\x08", 3);
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_BYTES, &symbols), LK_CORRUPT, "truncated");
    good(lk_stream_open_any(&context, path, &bytes, &stream)); /* any file can be coded */
    lk_stream_close(stream);
    write_file(path, "\xff", 1);
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols), LK_FORMAT,
            "as bytes");
    write_file(path, "\xff\xfe", 2);
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols), LK_FORMAT, "UTF-16");
    write_file(path, "a\0b\0", 4);
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_CHARACTERS, &symbols), LK_FORMAT,
            "2 of the first 4 bytes are zero: this is UTF-16");
    good(lk_symbols_learn(&context, path, LK_SYMBOLS_BYTES, &symbols));
    unlink(path);
    refused(lk_stream_open(&context, path, &bytes, &stream), LK_IO, path);
    refused(lk_stream_open(&context, test_folder(), &bytes, &stream), LK_IO, "directory");
    refused(lk_stream_open(&context, "/dev/null", &bytes, &stream), LK_FORMAT, "empty");
    refused(lk_symbols_learn(&context, path, LK_SYMBOLS_BYTES, &symbols), LK_IO, path);
}

/* ---- streams --------------------------------------------------------------------------------- */

typedef struct sample {
    char path[512];
    uint8_t *bytes;
    int64_t size, length;
    uint32_t *characters; /* decoded whole */
    int64_t *offset;
    lk_symbols symbols;
} sample;

/* Text of characters of all lengths with bytes that are none, much longer than the buffer, with
 * sequences across its ends. */
static void make_sample(sample *s, int64_t size) {
    static const char *const words[] = {
        "plain ascii ", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff", "\xe2\x82", "\xc3"};
    lk_random random = {11, LK_FOR_CHECK};
    *s = (sample){.bytes = malloc((size_t)size + 16), .size = size};
    s->characters = malloc((size_t)size * sizeof *s->characters);
    s->offset = malloc((size_t)(size + 1) * sizeof *s->offset);
    int64_t at = 0;
    for (uint64_t i = 0; at < size; i++) {
        const char *word = words[lk_random_below(random, 1, i, 7)];
        memcpy(s->bytes + at, word, strlen(word));
        at += (int64_t)strlen(word);
    }
    for (at = 0; at < size; s->length++) {
        s->offset[s->length] = at;
        at += lk_utf8_get(s->bytes + at, size - at, &s->characters[s->length]);
    }
    s->offset[s->length] = size;
    write_file(test_path("text", s->path), s->bytes, (size_t)size);
    static const uint32_t listed[] = {' ', 'a', 'i', 'n', 0xe9, 0x1f600};
    good(lk_symbols_list(&context, "list", listed, 6, &s->symbols));
}

static void release_sample(sample *s) {
    unlink(s->path);
    free(s->bytes);
    free(s->characters);
    free(s->offset);
    lk_symbols_deinit(&s->symbols);
}

/* Ranges everywhere, forward and at random, of `part`, which begins at symbol `first` of the
 * sample. */
static void compare(const sample *s, lk_stream *part, int64_t first) {
    enum { MOST = 5000 };
    static uint16_t values[MOST];
    static uint32_t characters[MOST];
    lk_random random = {12, LK_FOR_CHECK};
    int64_t length = lk_stream_length(part);
    for (uint64_t i = 0; i < 300; i++) {
        int64_t begin = (int64_t)lk_random_below(random, 0, i, (uint64_t)length),
                most = length - begin;
        int64_t count =
            (int64_t)lk_random_below(random, 1, i, (uint64_t)(most < MOST ? most : MOST) + 1);
        good(lk_stream_read(part, begin, count, values));
        good(lk_stream_characters(part, begin, count, characters));
        for (int64_t k = 0; k < count; k++) {
            uint32_t wanted = s->characters[first + begin + k];
            if (characters[k] != wanted ||
                values[k] != lk_symbols_find(lk_stream_symbols(part), wanted)) {
                fail_msg("%lld + %lld: character %#x, wanted %#x", (long long)(first + begin),
                         (long long)k, characters[k], wanted);
            }
        }
    }
}

static void text_is_read_anywhere(void **state) {
    (void)state;
    sample s;
    lk_stream *stream, *part, *smaller;
    make_sample(&s, 500001);
    good(lk_stream_open(&context, s.path, &s.symbols, &stream));
    assert_int_equal(lk_stream_length(stream), s.length);
    assert_int_equal(lk_stream_bytes(stream), s.size);
    assert_string_equal(lk_stream_path(stream), s.path);
    compare(&s, stream, 0);
    good(lk_stream_part(stream, 70001, 9000, &part));
    good(lk_stream_part(part, 8999, 1, &smaller));
    lk_stream_close(stream); /* parts live on */
    compare(&s, part, 70001);
    compare(&s, smaller, 79000);
    assert_int_equal(lk_stream_bytes(part), s.offset[79001] - s.offset[70001]);
    assert_int_equal(lk_stream_length(smaller), 1);
    lk_stream_close(smaller);
    lk_stream_close(part);
    lk_stream_close(NULL);
    lk_bytes bytes = {s.bytes, s.size};
    good(lk_stream_parse(&context, "memory", &bytes, &s.symbols, &stream));
    assert_int_equal(lk_stream_length(stream), s.length);
    compare(&s, stream, 0);
    lk_stream_close(stream);
    release_sample(&s);
}

static void bytes_are_read_anywhere(void **state) {
    (void)state;
    sample s;
    lk_stream *stream, *part;
    lk_symbols bytes = {0};
    uint16_t values[1000];
    uint32_t characters[1000];
    make_sample(&s, 300007);
    good(lk_stream_open(&context, s.path, &bytes, &stream));
    assert_int_equal(lk_stream_length(stream), s.size);
    good(lk_stream_part(stream, 65000, s.size - 65000, &part));
    for (int64_t first = 0; first < lk_stream_length(part) - 1000; first += 761) {
        good(lk_stream_read(part, first, 1000, values));
        good(lk_stream_characters(part, first, 1000, characters));
        for (int k = 0; k < 1000; k++) {
            assert_int_equal(values[k], s.bytes[65000 + first + k]);
            assert_int_equal(characters[k], LK_UTF8_BYTE + s.bytes[65000 + first + k]);
        }
    }
    good(lk_stream_read(part, lk_stream_length(part) - 1, 1, values));
    assert_int_equal(values[0], s.bytes[s.size - 1]);
    lk_stream_close(part);
    lk_stream_close(stream);
    release_sample(&s);
}

/* A file that shrinks is an error, not a crash. */
static void shrinking_files(void **state) {
    (void)state;
    sample s;
    lk_stream *text, *stream;
    lk_symbols bytes = {0};
    uint16_t values[100];
    make_sample(&s, 200000);
    good(lk_stream_open(&context, s.path, &s.symbols, &text));
    good(lk_stream_open(&context, s.path, &bytes, &stream));
    assert_int_equal(truncate(s.path, 1000), 0);
    refused(lk_stream_read(stream, 150000, 100, values), LK_IO, "to 1000;");
    refused(lk_stream_read(text, s.length / 2, 100, values), LK_IO, "to 1000;");
    refused(lk_stream_unchanged(text), LK_IO, "to 1000;");
    lk_stream_close(text);
    lk_stream_close(stream);
    release_sample(&s);
}

/* What comes through a pipe is read at any place too; what is open already from where it stands. */
static void pipes_and_descriptors(void **state) {
    (void)state;
    sample s;
    lk_stream *stream;
    lk_symbols bytes = {0};
    char path[64];
    int ends[2];
    make_sample(&s, 300000);
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork();
    if (writer == 0) {
        _exit(write(ends[1], s.bytes, (size_t)s.size) == s.size ? 0 : 1);
    }
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    for (int file = 0; file < 2; file++) {
        int descriptor = open(s.path, O_RDONLY);
        int64_t begin = file == 0 ? 0 : 1000;
        lseek(descriptor, begin, SEEK_SET);
        snprintf(path, sizeof path, "/dev/fd/%d", file == 0 ? ends[0] : descriptor);
        good(lk_stream_open(&context, path, &bytes, &stream));
        close(descriptor);
        assert_int_equal(lk_stream_length(stream), s.size - begin);
        for (int64_t at = s.size - 500; at >= begin; at -= 49853) {
            uint16_t values[500];
            lk_stream_rest(stream);
            good(lk_stream_read(stream, at - begin, 500, values));
            for (int64_t i = 0; i < 500; i++) {
                assert_int_equal(values[i], s.bytes[at + i]);
            }
        }
        good(lk_stream_unchanged(stream));
        lk_stream_close(stream);
    }
    close(ends[0]);
    waitpid(writer, NULL, 0);
    release_sample(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_learned),
        cmocka_unit_test(alphabets_are_capped),
        cmocka_unit_test(bad_lists),
        cmocka_unit_test(packed_files),
        cmocka_unit_test(unfit_files),
        cmocka_unit_test(text_is_read_anywhere),
        cmocka_unit_test(bytes_are_read_anywhere),
        cmocka_unit_test(shrinking_files),
        cmocka_unit_test(pipes_and_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
