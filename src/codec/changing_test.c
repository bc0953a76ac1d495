/* Texts that change while they are compressed are refused, and nothing stands at the output's path;
 * of a file whose totals are wrong all the same, salvaging gives whatever decodes. */
#include "codec/testing.h"
#include "models/stream_testing.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/take.h"

#define LARGE 150000 /* more than is held of a file */

static const char *const lstm[] = {"width=6", "layers=1"};
static char folder[64];

static const char *in_folder(const char *name) {
    static char path[8][128];
    static int which;
    which = (which + 1) % 8;
    snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
    return path[which];
}

static void write_file(const char *name, const char *how, const void *bytes, int64_t size) {
    FILE *file = fopen(in_folder(name), how);
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static lk_model *make_model(lk_context *context, int32_t characters) {
    return testing_stream_model(context, "charrnn", lstm, 2, characters, 0.3f);
}

/* ---- changes --------------------------------------------------------------------------------- */

static bool overwrite(void *argument, int64_t done, int64_t count) {
    (void)done;
    (void)count;
    write_file("text", "wb", argument, LARGE);
    return true;
}

static bool append(void *argument, int64_t done, int64_t count) {
    (void)done;
    (void)count;
    write_file("text", "ab", argument, 5);
    return true;
}

static bool shorten(void *argument, int64_t done, int64_t count) {
    (void)argument;
    (void)done;
    (void)count;
    return truncate(in_folder("text"), 3) == 0;
}

typedef bool progress(void *argument, int64_t done, int64_t count);

static void refused(const lk_model *model, int64_t size, progress *change, bool verify,
                    const char *message) {
    lk_items *items;
    char *text = malloc(2 * LARGE);
    memset(text, 'a', LARGE);
    memset(text + LARGE, 'b', LARGE);
    memcpy(text + LARGE, "\xe2\x82\xac\xc3\xa9", 5);
    write_file("text", "wb", text, size);
    testing_ok(model->context, lk_model_open_files(model, in_folder("text"), NULL, &items));
    lk_codec_options options = {.lanes = 200,
                                .skip_verify = !verify,
                                .progress = change,
                                .progress_argument = text + LARGE};
    testing_refused(model->context, lk_compress_file(model, items, in_folder("no"), &options, NULL),
                    LK_IO, message);
    assert_int_equal(access(in_folder("no"), F_OK), -1);
    free(text);
    lk_items_close(items);
}

static void test_changes(void **state) {
    const int32_t symbols[] = {TESTING_BYTES, TESTING_CHARACTERS};
    for (int i = 0; i < 4; i++) {
        lk_model *model = make_model(*state, symbols[i % 2]);
        if (i < 2) {
            refused(model, LARGE, overwrite, true, "changed");
        }
        refused(model, 5, append, i < 2, "from 5 bytes to ");
        refused(model, 5, shorten, i < 2, "from 5 bytes to 3");
        lk_model_destroy(model);
    }
}

/* ---- totals that are wrong ------------------------------------------------------------------- */

/* Puts an index with another number of bytes behind the chunks. */
static void put_wrong_index(lk_context *context, const char *name, int64_t bytes) {
    lk_container c;
    lk_source source;
    lk_buffer index = {0}, whole = {0};
    const uint8_t *old;
    int64_t size;
    testing_ok(context, lk_source_open(context, in_folder(name), &source));
    testing_ok(context, lk_container_open(&source, &c));
    testing_ok(context, lk_container_load_index(&c, source.size, &old, &size));
    int64_t chunks = source.size - size - LK_INDEX_TAIL;
    testing_ok(context, lk_container_load(&c, 0, chunks, &old));
    lk_buffer_put(&whole, old, chunks);
    c.bytes = bytes;
    lk_container_put_index(&c, &index);
    lk_buffer_put(&whole, index.data, index.size);
    lk_container_close(&c);
    lk_source_close(&source);
    write_file(name, "wb", whole.data, whole.size);
    lk_buffer_release(&index);
    lk_buffer_release(&whole);
}

/* As version 0.1 wrote of a text that grew meanwhile. */
static void test_wrong_totals(void **state) {
    lk_model *model = make_model(*state, TESTING_BYTES);
    lk_restored restored;
    lk_items *items;
    lk_bytes again;
    const lk_codec_options salvage = {.salvage = true};
    write_file("text", "wb", "all of it", 9);
    testing_ok(*state, lk_model_open_files(model, in_folder("text"), NULL, &items));
    testing_ok(*state, lk_compress_file(model, items, in_folder("coded"), NULL, NULL));
    lk_items_close(items);
    put_wrong_index(*state, "coded", 12);
    testing_refused(*state,
                    lk_decompress_file(model, in_folder("coded"), in_folder("no"), NULL, &restored),
                    LK_CORRUPT, "another number");
    assert_int_equal(access(in_folder("no"), F_OK), -1);
    testing_ok(*state, lk_decompress_file(model, in_folder("coded"), in_folder("again"), &salvage,
                                          &restored));
    assert_int_equal(restored.bytes, 9);
    assert_int_equal(restored.total_bytes, 12);
    lk_restored_deinit(&restored);
    testing_ok(*state, lk_file_read_raw(*state, in_folder("again"), 100, &again));
    assert_string_equal((char *)again.data, "all of it");
    lk_bytes_release(&again);
    lk_model_destroy(model);
}

/* ---------------------------------------------------------------------------------------------- */

static int set_up(void **state) {
    snprintf(folder, sizeof folder, "%s/likely-changing-XXXXXX", P_tmpdir);
    *state = testing_context(2);
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state) {
    static const char *const left[] = {"text", "coded", "again"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        remove(in_folder(left[i]));
    }
    lk_context_destroy(*state);
    return rmdir(folder);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_wrong_totals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
