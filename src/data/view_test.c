/* Views: all colours and values through them and back, how many cells they have, and what a network
 * that knows nothing pays; pieces of them; what contradicts itself; what is refused. */
#include "data/testing.h"

#include <math.h>

#include "base/context.h"
#include "data/view.h"

static lk_context context;

typedef struct view_case {
    const char *text;
    lk_shape shape;
    int32_t alphabet;
    double bits; /* of a value, by uniform distributions over the parts' symbols */
} view_case;

static const view_case cases[] = {
    {"bits:4", {1, {6}}, 256, 8.0},
    {"bits:1", {3, {2, 3, 1}}, 256, 8.0},
    {"bits:4", {3, {2, 3, 3}}, 256, 8.0},
    {"bits:3", {2, {2, 3}}, 16, 4.0},
    {"ycocg", {3, {2, 3, 3}}, 256, 8.0},
    {"grey:4", {3, {2, 3, 3}}, 256, 8.0 + 4.0 / 3.0},
    {"grey", {3, {2, 3, 1}}, 256, 12.0},
    {"grey:1", {2, {2, 3}}, 4, 3.0},
    {"grey:2", {3, {2, 3, 3}}, 8, 3.0 + 2.0 / 3.0},
};
#define CASES ((int)(sizeof cases / sizeof *cases))
#define VALUES_MOST 18
#define CELLS_MOST 36

static lk_view parse(const view_case *c) {
    lk_view view;
    assert_int_equal(lk_view_parse(&context, c->text, c->shape, c->alphabet, &view), LK_OK);
    return view;
}

static void fill(const view_case *c, uint32_t seed, uint16_t *x) {
    for (int64_t v = 0; v < lk_shape_variables(c->shape); v++) {
        seed = seed * 1664525u + 1013904223u;
        x[v] = (uint16_t)((seed >> 16) % (uint32_t)c->alphabet);
    }
}

/* ---- cells ----------------------------------------------------------------------------------- */

static void test_sizes(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        lk_view view = parse(&cases[i]);
        int64_t values = lk_shape_variables(cases[i].shape), length = lk_view_length(&view, values);
        double bits = 0.0;
        int64_t next = 0;
        for (int32_t part = 0; part < view.part_count; part++) {
            int64_t count = lk_view_cells(&view, part, values);
            assert_int_equal(lk_view_first(&view, part, values), next);
            assert_int_equal(lk_view_part_of(&view, next, values), part);
            next += count;
            assert_int_equal(lk_view_part_of(&view, next - 1, values), part);
            bits += (double)count * log2((double)view.parts[part].alphabet);
        }
        assert_int_equal(next, length);
        assert_true(fabs(bits / (double)values - cases[i].bits) < 1e-12);
        assert_true(view.exact == (cases[i].bits == log2((double)cases[i].alphabet)));
    }
    assert_int_equal(lk_view_length(NULL, 7), 7);
    assert_int_equal(lk_view_cells(NULL, 0, 7), 7);
}

/* Examples come back; pieces are those of the whole; what cells have falls to values, and nothing
 * is lost; other symbols are no example. */
static void test_examples(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 40 * CASES; seed++) {
        const view_case *c = &cases[seed % CASES];
        lk_view view = parse(c);
        int64_t values = lk_shape_variables(c->shape), length = lk_view_length(&view, values);
        uint16_t x[VALUES_MOST], back[VALUES_MOST], seen[CELLS_MOST], piece[CELLS_MOST];
        double of_cells[CELLS_MOST], sum = 0.0, total = 0.0;
        fill(c, seed, x);
        lk_view_read(&view, x, values, 0, length, seen);
        assert_true(lk_view_join(&view, seen, values, back));
        assert_memory_equal(x, back, (size_t)values * sizeof *x);
        for (int64_t cell = 0; cell < length; cell++) {
            const lk_view_part *part = &view.parts[lk_view_part_of(&view, cell, values)];
            assert_true(seen[cell] < part->alphabet);
            lk_view_read(&view, x, values, cell, length - cell, piece);
            assert_memory_equal(piece, seen + cell, (size_t)(length - cell) * sizeof *piece);
            of_cells[cell] = (double)(cell + 1);
            sum += of_cells[cell];
            uint16_t kept = seen[cell];
            seen[cell] = (uint16_t)part->alphabet;
            assert_true(part->alphabet == 65536 || !lk_view_join(&view, seen, values, back));
            seen[cell] = kept;
        }
        for (int64_t v = 0; v < values; v++) {
            total += lk_view_share(&view, of_cells, values, v);
        }
        assert_true(fabs(sum - total) < 1e-9);
    }
}

/* A cell changes only with the values that it is made of. */
static void test_made_of(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        lk_view view = parse(&cases[i]);
        int64_t values = lk_shape_variables(cases[i].shape), length = lk_view_length(&view, values);
        uint16_t x[VALUES_MOST], one[CELLS_MOST], two[CELLS_MOST];
        int64_t changes = 0;
        fill(&cases[i], 1, x);
        lk_view_read(&view, x, values, 0, length, one);
        for (int64_t v = 0; v < values; v++) {
            uint16_t kept = x[v];
            x[v] = (uint16_t)((x[v] + cases[i].alphabet / 2 + 1) % cases[i].alphabet);
            lk_view_read(&view, x, values, 0, length, two);
            for (int64_t cell = 0; cell < length; cell++) {
                int64_t first;
                int32_t count = lk_view_made_of(&view, cell, values, &first);
                changes += one[cell] != two[cell];
                assert_true(one[cell] == two[cell] || (v >= first && v < first + count));
            }
            x[v] = kept;
        }
        assert_true(changes >= values);
    }
}

/* ---- bits ------------------------------------------------------------------------------------ */

static void test_bits(void **state) {
    (void)state;
    for (int32_t bits = 2; bits <= 16; bits++) {
        for (int32_t high = 1; high < bits; high++) {
            char text[16], printed[LK_VIEW_TEXT];
            snprintf(text, sizeof text, "bits:%d", high);
            const view_case c = {text, {1, {1}}, 1 << bits, bits};
            lk_view view = parse(&c);
            lk_view_print(&view, printed);
            assert_string_equal(printed, text);
            assert_true(view.exact && view.part_count == 2);
            assert_int_equal(view.parts[0].alphabet * view.parts[1].alphabet, 1 << bits);
            for (int32_t value = 0; value < 1 << bits; value += bits < 10 ? 1 : 97) {
                uint16_t x = (uint16_t)value, seen[2], back;
                lk_view_read(&view, &x, 1, 0, 2, seen);
                assert_int_equal(seen[0], value >> (bits - high));
                assert_int_equal(seen[1], value % (1 << (bits - high)));
                assert_true(lk_view_join(&view, seen, 1, &back));
                assert_int_equal(back, value);
            }
        }
    }
}

/* ---- colours --------------------------------------------------------------------------------- */

static int32_t half(int32_t number) {
    return (int32_t)floor(number / 2.0);
}

/* YCoCg-R in whole numbers: whether no difference is beyond -128 .. 127, and then what is seen. */
static bool plain(int32_t r, int32_t g, int32_t b, uint16_t *seen) {
    int32_t co = r - b, t = b + half(co), cg = g - t, y = t + half(cg);
    seen[0] = (uint16_t)y;
    seen[1] = (uint16_t)(co + 128);
    seen[2] = (uint16_t)(cg + 128);
    return co >= -128 && co < 128 && cg >= -128 && cg < 128;
}

/* All 2^24 colours come back, no two are alike, and nearly all have their luminance. */
static void test_all_colours(void **state) {
    (void)state;
    const view_case c = {"ycocg", {3, {1, 1, 3}}, 256, 8.0};
    lk_view view = parse(&c);
    uint8_t *met = calloc(1 << 21, 1);
    int64_t plains = 0;
    assert_non_null(met);
    for (int32_t colour = 0; colour < 1 << 24; colour++) {
        uint16_t x[3] = {(uint16_t)(colour >> 16), (uint16_t)(colour >> 8 & 255),
                         (uint16_t)(colour & 255)};
        uint16_t seen[3], expected[3], back[3];
        lk_view_read(&view, x, 3, 0, 3, seen);
        bool whole = lk_view_join(&view, seen, 3, back);
        int32_t code = seen[0] << 16 | seen[1] << 8 | seen[2];
        if (!whole || memcmp(x, back, sizeof x) != 0 || seen[0] > 255 || seen[1] > 255 ||
            seen[2] > 255 || (met[code / 8] >> code % 8 & 1) != 0) {
            fail_msg("colour %06x is seen as %d %d %d", (unsigned)colour, seen[0], seen[1],
                     seen[2]);
        }
        met[code / 8] = (uint8_t)(met[code / 8] | 1 << code % 8);
        if (plain(x[0], x[1], x[2], expected)) {
            plains++;
            assert_memory_equal(seen, expected, sizeof seen);
        }
    }
    assert_true(plains > (1 << 24) / 2);
    free(met);
}

/* Greys have no chroma, and their own luminance. */
static void test_greys(void **state) {
    (void)state;
    const view_case colour = {"ycocg", {3, {1, 1, 3}}, 256, 8.0};
    const view_case grey = {"grey:4", {3, {1, 1, 3}}, 256, 8.0};
    lk_view ycocg = parse(&colour), four = parse(&grey);
    for (int32_t level = 0; level < 256; level++) {
        uint16_t x[3] = {(uint16_t)level, (uint16_t)level, (uint16_t)level}, seen[4];
        lk_view_read(&ycocg, x, 3, 0, 3, seen);
        assert_int_equal(seen[0], level);
        assert_int_equal(seen[1], 128);
        assert_int_equal(seen[2], 128);
        lk_view_read(&four, x, 3, 0, 4, seen);
        assert_int_equal(seen[0], level / 16);
    }
}

/* By hand: luminances 76, 150, 29 and 226 of BT.601. */
static void test_grey_of_colours(void **state) {
    (void)state;
    static const uint16_t colours[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 0}};
    static const uint16_t luminances[4] = {76, 150, 29, 226};
    const view_case c = {"grey:8", {3, {1, 1, 3}}, 256, 8.0};
    lk_view view = parse(&c);
    for (int i = 0; i < 4; i++) {
        uint16_t seen[4], back[3];
        lk_view_read(&view, colours[i], 3, 0, 4, seen);
        assert_int_equal(seen[0], luminances[i]);
        seen[0] ^= 1; /* the grey of another picture */
        assert_false(lk_view_join(&view, seen, 3, back));
        assert_memory_equal(back, colours[i], sizeof back);
    }
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text;
        lk_shape shape;
        int32_t alphabet;
        const char *says;
    } rows[] = {
        {"bits:2", {1, {4}}, 4, "high ones"},
        {"bits:1", {1, {4}}, 6, "2^n"},
        {"bits:0", {1, {4}}, 16, "high ones"},
        {"bits", {1, {4}}, 16, "bits:B"},
        {"bits:x", {1, {4}}, 16, "bits:B"},
        {"bits:-1", {1, {4}}, 16, "bits:B"},
        {"bits:4x", {1, {4}}, 16, "bits:B"},
        {"bits:99999999999999999999", {1, {4}}, 16, "bits:B"},
        {"colours", {1, {4}}, 16, "ycocg"},
        {"", {1, {4}}, 16, "bits:B"},
        {"ycocg:3", {3, {2, 2, 3}}, 256, "ycocg"},
        {"ycocg", {3, {2, 2, 1}}, 256, "three colours"},
        {"ycocg", {3, {2, 2, 4}}, 256, "three colours"},
        {"ycocg", {3, {2, 2, 3}}, 65536, "65536 levels"},
        {"ycocg", {1, {12}}, 256, "three colours"},
        {"grey", {1, {12}}, 256, "pictures"},
        {"grey", {3, {2, 2, 2}}, 256, "one value or three"},
        {"grey:0", {2, {2, 2}}, 256, "1 bit"},
        {"grey:16", {2, {2, 2}}, 65536, "1 bit"},
        {"grey:4", {2, {2, 2}}, 8, "no more levels"},
    };
    lk_view view;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_status status =
            lk_view_parse(&context, rows[i].text, rows[i].shape, rows[i].alphabet, &view);
        if (status != LK_INVALID || strstr(context.message, rows[i].says) == NULL) {
            fail_msg("view '%s': status %d, \"%s\"", rows[i].text, status, context.message);
        }
        assert_null(view.kind);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),           cmocka_unit_test(test_examples),
        cmocka_unit_test(test_made_of),         cmocka_unit_test(test_bits),
        cmocka_unit_test(test_all_colours),     cmocka_unit_test(test_greys),
        cmocka_unit_test(test_grey_of_colours), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
