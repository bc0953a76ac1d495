/* Lines against a text cut by hand, whatever the pieces; the strangest against sorting all. And the
 * page of a text, letter by letter. */
#include "models/stream_testing.h"

#include <unistd.h>

#include "base/file.h"
#include "base/measure.h"
#include "jobs/lines.h"
#include "jobs/page.h"

#define SYMBOLS 997
#define LINES_MOST 400

typedef struct text {
    uint16_t symbols[SYMBOLS];
    uint32_t characters[SYMBOLS];
    double nats[SYMBOLS];
} text;

static void make_text(text *t, uint32_t newline) {
    for (int64_t i = 0; i < SYMBOLS; i++) {
        lk_random random = {5, LK_FOR_CHECK};
        bool ends = lk_random_below(random, (uint64_t)i, 0, 4) == 0;
        t->symbols[i] = (uint16_t)i;
        t->characters[i] = ends && i + 1 < SYMBOLS ? newline : newline + 60 + (uint32_t)i % 20;
        t->nats[i] = (double)lk_random_below(random, (uint64_t)i, 1, 16) /
                     4.0; /* exact sums; many equal scores */
    }
}

typedef struct seen {
    int64_t count, stop;
    lk_text_score line[LINES_MOST];
} seen;

static lk_status keep(void *argument, const lk_text_score *line) {
    seen *s = argument;
    assert_true(s->count < LINES_MOST);
    s->line[s->count++] = *line;
    return s->count == s->stop ? LK_INTERRUPTED : LK_OK;
}

static lk_status add(lk_lines *lines, const text *t, int64_t first, int64_t count) {
    lk_passage passage = {.first = first,
                          .count = count,
                          .symbols = t->symbols + first,
                          .characters = t->characters + first,
                          .nats = t->nats + first,
                          .last = first + count == SYMBOLS};
    lk_sink sink = lk_lines_sink(lines);
    return sink.take(sink.argument, &passage);
}

/* The lines one by one, by hand. */
static void expect_lines(const text *t, uint32_t newline, const seen *s) {
    int64_t at = 0, number = 0;
    while (at < SYMBOLS) {
        int64_t end = at;
        double nats = 0.0;
        do {
            nats += t->nats[end];
        } while (t->characters[end++] != newline && end < SYMBOLS);
        const lk_text_score *line = &s->line[number++];
        assert_int_equal(line->number, number);
        assert_int_equal(line->first, at);
        assert_int_equal(line->symbols, end - at);
        assert_true(line->nll_nats == nats && line->score == nats / (double)(end - at));
        assert_int_equal(line->shown, end - at - (t->characters[end - 1] == newline ? 1 : 0));
        assert_memory_equal(line->beginning, t->characters + at,
                            (size_t)line->shown * sizeof *line->beginning);
        at = end;
    }
    assert_int_equal(s->count, number);
}

/* LF, CR LF and CR end lines, and are theirs; but for them all is shown. */
static void test_line_ends(void **state) {
    static const char all[] = "ab\r\nc\rd\n\re\r";
    static const char *const lines_of[] = {"ab\r\n", "c\r", "d\n", "\r", "e\r"};
    static const double nats[sizeof all] = {0};
    for (int64_t piece = 1; piece < (int64_t)sizeof all; piece++) {
        uint32_t characters[sizeof all];
        uint16_t symbols[sizeof all] = {0};
        lk_lines lines;
        static seen s;
        int64_t size = (int64_t)sizeof all - 1;
        s = (seen){0};
        for (int64_t i = 0; i < size; i++) {
            characters[i] = (uint32_t)all[i] + (piece % 2 ? 0 : LK_UTF8_BYTE);
        }
        testing_ok(*state, lk_lines_init(*state, 9, &lines));
        lines.take = keep;
        lines.argument = &s;
        for (int64_t at = 0; at < size; at += piece) {
            int64_t count = size - at < piece ? size - at : piece;
            lk_passage passage = {.first = at,
                                  .count = count,
                                  .symbols = symbols + at,
                                  .characters = characters + at,
                                  .nats = nats + at,
                                  .last = at + count == size};
            lk_sink sink = lk_lines_sink(&lines);
            testing_ok(*state, sink.take(sink.argument, &passage));
        }
        assert_int_equal(s.count, 5);
        for (int64_t i = 0; i < 5; i++) {
            assert_int_equal(s.line[i].number, i + 1);
            assert_int_equal(s.line[i].symbols, strlen(lines_of[i]));
            assert_int_equal(s.line[i].shown, strcspn(lines_of[i], "\r\n"));
        }
        lk_lines_deinit(&lines);
    }
}

static void test_lines(void **state) {
    static const int64_t pieces[] = {1, 13, SYMBOLS};
    static const uint32_t newlines[] = {'\n', LK_UTF8_BYTE + '\n'};
    static text t;
    static seen s;
    for (int i = 0; i < 6; i++) {
        lk_lines lines;
        s = (seen){0};
        make_text(&t, newlines[i % 2]);
        testing_ok(*state, lk_lines_init(*state, 9, &lines));
        lines.take = keep;
        lines.argument = &s;
        for (int64_t at = 0, here; at < SYMBOLS; at += here) {
            here = SYMBOLS - at < pieces[i / 2] ? SYMBOLS - at : pieces[i / 2];
            testing_ok(*state, add(&lines, &t, at, here));
        }
        expect_lines(&t, newlines[i % 2], &s);
        assert_int_equal(lines.count, s.count);
        assert_int_equal(lines.strangest_count, 9);
        bool taken[LINES_MOST] = {0};
        for (int k = 0; k < 9; k++) { /* the first of the greatest that are left */
            int64_t best = -1;
            for (int64_t l = 0; l < s.count; l++) {
                best = !taken[l] && (best < 0 || s.line[l].score > s.line[best].score) ? l : best;
            }
            taken[best] = true;
            assert_int_equal(lines.strangest[k].number, s.line[best].number);
        }
        lk_lines_deinit(&lines);
    }
    lk_lines few;
    s = (seen){.stop = 3};
    testing_ok(*state, lk_lines_init(*state, 1000, &few));
    few.take = keep;
    few.argument = &s;
    assert_int_equal(add(&few, &t, 0, SYMBOLS), LK_INTERRUPTED);
    assert_int_equal(few.strangest_count, 3);
    lk_lines_deinit(&few);
}

/* ---- pages ----------------------------------------------------------------------------------- */

#define CELL(class, bits, p, shown) \
    "<b class=\"" class "\" title=\"" bits " bits, p = " p "\">" shown "</b>"

/* Characters, or bytes where `bytes`, all of one bit but the first, of 40; the page's text is
 * `want`. */
static void expect_page(lk_context *context, const char *path, const uint32_t *characters,
                        int64_t count, int64_t most, const char *want, const char *note) {
    double nats[64];
    uint16_t symbols[64] = {0};
    for (int64_t i = 0; i < count; i++) {
        nats[i] = i == 0 ? 40.0 * LK_NATS_PER_BIT : LK_NATS_PER_BIT;
    }
    lk_page *page;
    testing_ok(context, lk_page_create(context, path, most, &page));
    for (int64_t i = 0; i < count; i++) {
        lk_passage passage = {.first = i,
                              .count = 1,
                              .symbols = symbols,
                              .characters = characters + i,
                              .nats = nats + i,
                              .nll_nats = (double)(i + 40) * LK_NATS_PER_BIT};
        lk_sink sink = lk_page_sink(page);
        testing_ok(context, sink.take(sink.argument, &passage));
    }
    testing_ok(context, lk_page_commit(page, "a<b>.txt", "m&m"));
    lk_bytes written;
    testing_ok(context, lk_file_read(context, path, 1 << 20, &written));
    const char *begin = strstr((const char *)written.data, "<pre>"),
               *end = strstr((const char *)written.data, "</pre>");
    assert_non_null(begin);
    assert_non_null(end);
    if (strlen(want) != (size_t)(end - begin - 5) || memcmp(begin + 5, want, strlen(want)) != 0) {
        fail_msg("the page shows\n%.*s\ninstead of\n%s", (int)(end - begin - 5), begin + 5, want);
    }
    assert_non_null(strstr(end, "a&lt;b&gt;.txt by m&amp;m: "));
    assert_non_null(strstr(end, note));
    lk_bytes_release(&written);
}

static void test_page(void **state) {
    char path[] = "/tmp/likely-map-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    static const uint32_t characters[] = {
        'a', '<', '&', '"', 0xE9, '\n', '\t', 0, 0x202E, 0x1FFFF, LK_UTF8_BYTE + 0xC3, 'z'};
    expect_page(
        *state, path, characters, 12, 100,
        CELL("c15", "40.00", "9.09e-13", "a") CELL("c2", "1.00", "0.5", "&lt;")
            CELL("c2", "1.00", "0.5", "&amp;") CELL("c2", "1.00", "0.5", "&quot;")
                CELL("c2", "1.00", "0.5", "\xC3\xA9")
                    CELL("c2 x", "1.00", "0.5", "\xE2\x86\xB5") "\n" CELL("c2", "1.00", "0.5", "\t")
                        CELL("c2 x", "1.00", "0.5", "\xE2\x90\x80")
                            CELL("c2 x", "1.00", "0.5", "\\u{202E}") CELL("c2 x", "1.00", "0.5",
                                                                          "\\u{1FFFF}")
                                CELL("c2 x", "1.00", "0.5", "\\xC3") CELL("c2", "1.00", "0.5", "z"),
        "12 symbols, 4.2500 bits per symbol.</p>");
    static const uint8_t bytes[] = {'a', 0xE2, 0x82, 0xAC, 0xC3, 0xE2, 0x82, '<', 0xFF, 0xC3};
    uint32_t as_characters[sizeof bytes];
    for (size_t i = 0; i < sizeof bytes; i++) {
        as_characters[i] = LK_UTF8_BYTE + bytes[i];
    }
    expect_page(*state, path, as_characters, sizeof bytes, 100,
                CELL("c15", "40.00", "9.09e-13", "a") CELL("c6", "3.00", "0.125", "\xE2\x82\xAC")
                    CELL("c2 x", "1.00", "0.5", "\\xC3") CELL("c2 x", "1.00", "0.5", "\\xE2")
                        CELL("c2 x", "1.00", "0.5", "\\x82") CELL("c2", "1.00", "0.5", "&lt;")
                            CELL("c2 x", "1.00", "0.5", "\\xFF")
                                CELL("c2 x", "1.00", "0.5", "\\xC3"),
                "10 symbols, 4.9000 bits per symbol.</p>");
    expect_page(*state, path, as_characters, sizeof bytes, 1, CELL("c15", "40.00", "9.09e-13", "a"),
                " Only the first 1 are shown here.");
    unlink(path);
    lk_page *page;
    testing_ok(*state, lk_page_create(*state, path, 5, &page));
    lk_page_abandon(page);
    assert_int_equal(access(path, F_OK), -1);
    testing_refused(*state, lk_page_create(*state, "/no-such-folder/map.html", 5, &page), LK_IO,
                    "/no-such-folder");
    assert_null(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_line_ends),
                                       cmocka_unit_test(test_page)};
    return cmocka_run_group_tests_name("lines and maps", tests, testing_set_up_alone,
                                       testing_tear_down);
}
