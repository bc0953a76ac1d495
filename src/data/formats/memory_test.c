/* Every place where memory may run out while data are read and written (see base/sweep.h). */
#include "base/sweep.h"

#include <jpeglib.h>
#include <sys/stat.h>
#include <zip.h>

#include "data/cropping.h"
#include "data/formats/formats.h"
#include "data/safetensors.h"

/* Data of a shape, a file or folder that holds them, and how it is read. */
typedef struct example {
    const char *file;
    lk_shape shape;
    int64_t examples;
    int32_t alphabet;
    void (*make)(const char *path); /* NULL: written by the library */
    lk_dataset_options options;
} example;

typedef struct bench {
    const example *row;
    lk_context *context;
    lk_dataset *data;
    char folder[64], path[96], made[96];
} bench;

/* ---- files that the library does not write --------------------------------------------------- */

static void make_jpeg(const char *path) {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    jpeg_stdio_dest(&encoder, file);
    encoder.image_height = encoder.image_width = 9;
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_simple_progression(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    for (int row = 0; row < 9; row++) {
        uint8_t line[27];
        for (int i = 0; i < 27; i++) {
            line[i] = (uint8_t)(row * 9 + i);
        }
        JSAMPROW rows = line;
        jpeg_write_scanlines(&encoder, &rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    fclose(file);
}

/* An array of bytes, 0 1 2 ..., in the archive. */
static void add_array(zip_t *archive, const char *name, const char *shape, int count) {
    char *data = malloc(128 + (size_t)count);
    assert_non_null(data);
    memcpy(data, "\x93NUMPY\1\0\x76\0", 10);
    memset(data + 10, ' ', 118);
    int size =
        snprintf(data + 10, 118, "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }", shape);
    data[10 + size] = ' ';
    for (int i = 0; i < count; i++) {
        data[128 + i] = (char)i;
    }
    zip_source_t *source = zip_source_buffer(archive, data, 128 + (zip_uint64_t)count, 1);
    assert_true(zip_file_add(archive, name, source, 0) >= 0);
}

static void make_npz(const char *path) {
    int error;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(archive);
    add_array(archive, "x.npy", "(4, 3)", 12);
    add_array(archive, "y.npy", "(4,)", 4);
    assert_int_equal(zip_close(archive), 0);
}

static void make_npz_without_names(const char *path) {
    int error;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(archive);
    add_array(archive, "first.npy", "(4,)", 4);
    add_array(archive, "second.npy", "(4, 3)", 12);
    assert_int_equal(zip_close(archive), 0);
}

/* Two classes of pictures. */
static void make_classes(const char *path) {
    uint8_t pixels[48];
    lk_context context = {0};
    mkdir(path, 0777);
    for (int i = 0; i < 4; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s/%s", path, i < 2 ? "cat" : "dog");
        mkdir(name, 0777);
        snprintf(name, sizeof name, "%s/%s/%d.png", path, i < 2 ? "cat" : "dog", i);
        for (int p = 0; p < 48; p++) {
            pixels[p] = (uint8_t)(i * 50 + p);
        }
        assert_int_equal(lk_png_write(&context, name, pixels, 4, 4, 3), LK_OK);
    }
}

static void make_batches(const char *path) {
    static uint8_t batch[2 * 3073];
    mkdir(path, 0777);
    for (int i = 0; i < 2; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s/data_batch_%d.bin", path, i + 1);
        FILE *file = fopen(name, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(batch, 1, sizeof batch, file), sizeof batch);
        fclose(file);
    }
}

static void make_tensors(const char *path) {
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    static const char *const keys[] = {"one", "two"}, *const texts[] = {"eins", "zwei"};
    const lk_tensor tensors[] = {{"a", LK_F32, 2, {2, 3}, values, sizeof values},
                                 {"b", LK_F32, 1, {6}, values, sizeof values}};
    lk_context context = {0};
    assert_int_equal(lk_safetensors_write(&context, path, tensors, 2, keys, texts, 2), LK_OK);
}

static void make_text(const char *path) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 3000; i++) {
        fprintf(file, "%d\n", i % 7);
    }
    fclose(file);
}

static void make_table(const char *path) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("colour,size,kind\nred,1,apple\ngreen,2,pear\n\"dark, red\",1,apple\n", file);
    fclose(file);
}

static void make_texts(const char *path) {
    char name[160];
    mkdir(path, 0777);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%d.txt", path, i);
        make_text(name);
    }
}

/* ---- examples -------------------------------------------------------------------------------- */

static const example written[] = {
    {.file = "a.amat", .shape = {1, {5}}, .examples = 3, .alphabet = 2},
    {.file = "a.amat.gz", .shape = {1, {5}}, .examples = 3, .alphabet = 2},
    {.file = "a.txt", .shape = {1, {5}}, .examples = 3, .alphabet = 2},
    {.file = "a.csv", .shape = {1, {5}}, .examples = 3, .alphabet = 9},
    {.file = "a.idx", .shape = {3, {3, 4, 1}}, .examples = 3, .alphabet = 256},
    {.file = "a.npy", .shape = {3, {3, 4, 3}}, .examples = 3, .alphabet = 256},
    {.file = "a.pbm", .shape = {1, {12}}, .examples = 3, .alphabet = 2},
    {.file = "one.png", .shape = {3, {6, 5, 3}}, .examples = 1, .alphabet = 256},
    {.file = "grid.png", .shape = {3, {3, 4, 1}}, .examples = 3, .alphabet = 256},
    {.file = "folder/", .shape = {3, {3, 4, 3}}, .examples = 3, .alphabet = 256},
};

static const example made[] = {
    {.file = "a.jpg", .make = make_jpeg},
    {.file = "a.npz", .make = make_npz},
    {.file = "b.npz", .make = make_npz_without_names},
    {.file = "classes", .make = make_classes},
    {.file = "crops", .make = make_classes, .options = {.crop = {.height = 2, .width = 2}}},
    {.file = "tiles",
     .make = make_classes,
     .options = {.role = LK_ROLE_TEST, .crop = {.height = 2, .width = 2}}},
    {.file = "batches", .make = make_batches},
    {.file = "table.csv", .make = make_table, .options = {.words = true}},
    {.file = "labelled.csv", .make = make_table, .options = {.words = true, .label = "kind"}},
    {.file = "bytes", .make = make_text, .options = {.raw = true, .shape = {1, {6}}}},
    {.file = "grey.txt", .make = make_text, .options = {.binarization = LK_BINARIZE_SAMPLE}},
};

static const example tensors[] = {{.file = "a.safetensors", .make = make_tensors}};
static const example texts[] = {{.file = "text", .make = make_text}};
static const example folders[] = {{.file = "texts", .make = make_texts}};

static void *prepare(const sweep_subject *subject) {
    bench *b = calloc(1, sizeof *b);
    b->row = subject->row;
    assert_int_equal(lk_context_create(1, &b->context), LK_OK);
    sweep_folder(b->folder, sizeof b->folder);
    snprintf(b->path, sizeof b->path, "%s/%s", b->folder, b->row->file);
    snprintf(b->made, sizeof b->made, "%s/made-%s", b->folder, b->row->file);
    if (b->row->make != NULL) {
        b->row->make(b->path);
        return b;
    }
    assert_int_equal(lk_dataset_create(b->context, "made up", b->row->shape, b->row->examples,
                                       b->row->alphabet, &b->data),
                     LK_OK);
    for (int64_t i = 0; i < b->data->examples * b->data->variables; i++) {
        b->data->values[i] = (uint16_t)((i * i / 3 + i / 7) % b->row->alphabet);
    }
    b->data->values[0] = (uint16_t)(b->row->alphabet - 1);
    assert_int_equal(lk_dataset_write(b->context, b->path, b->data), LK_OK);
    return b;
}

static void release(void *subject) {
    bench *b = subject;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", b->folder);
    assert_int_equal(system(command), 0);
    lk_dataset_destroy(b->data);
    lk_context_destroy(b->context);
    free(b);
}

static lk_context *context_of(void *subject) {
    return ((bench *)subject)->context;
}

/* ---- acts ------------------------------------------------------------------------------------ */

static void add_data(uint64_t *digest, const lk_dataset *data) {
    *digest = sweep_hash(*digest, &data->shape, sizeof data->shape);
    *digest = sweep_hash(*digest, &data->alphabet, sizeof data->alphabet);
    *digest = sweep_hash(*digest, data->values,
                         data->examples * data->variables * (int64_t)sizeof *data->values);
    if (data->labels != NULL) {
        *digest = sweep_hash(*digest, data->labels, data->examples * (int64_t)sizeof *data->labels);
    }
    for (int64_t i = 0; data->names != NULL && i < data->examples; i++) {
        *digest = sweep_hash(*digest, data->names[i], (int64_t)strlen(data->names[i]));
    }
}

/* The columns as JSON, and back. */
static lk_status add_columns(lk_context *context, uint64_t *digest, const lk_columns *columns) {
    char *text = lk_columns_print(columns);
    lk_columns *again = NULL;
    if (text == NULL) {
        return lk_fail_no_memory(context, "columns", 0);
    }
    *digest = sweep_hash(*digest, text, (int64_t)strlen(text));
    lk_status status = lk_columns_parse(context, "columns", text, &again);
    assert_true(status != LK_OK || lk_columns_equal(columns, again));
    lk_columns_destroy(again);
    lk_release(text);
    return status;
}

static lk_status act_read(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_dataset *data, *valid;
    LK_TRY(lk_dataset_read(b->context, b->path, &b->row->options, &data));
    add_data(digest, data);
    lk_status status =
        data->columns != NULL ? add_columns(b->context, digest, data->columns) : LK_OK;
    if (data->crops != NULL) {
        status = lk_crops_hold_out(b->context, &data, 1, 5, &valid);
        if (status == LK_OK) {
            add_data(digest, data);
            add_data(digest, valid);
        }
        lk_dataset_destroy(valid);
    }
    lk_dataset_destroy(data);
    return status;
}

static lk_status act_write(void *subject, uint64_t *digest) {
    const bench *b = subject;
    LK_TRY(lk_dataset_write(b->context, b->made, b->data));
    lk_dataset *data;
    lk_memory_watch(NULL); /* that it can be read again is another act's */
    assert_int_equal(lk_dataset_read(b->context, b->made, NULL, &data), LK_OK);
    add_data(digest, data);
    lk_dataset_destroy(data);
    return LK_OK;
}

static lk_status act_tensors(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_safetensors file;
    LK_TRY(lk_safetensors_read(b->context, b->path, &file));
    for (int32_t i = 0; i < file.count; i++) {
        *digest = sweep_hash(*digest, file.tensors[i].data, file.tensors[i].bytes);
    }
    const char *value = lk_safetensors_value(&file, "two");
    *digest = sweep_hash(*digest, value, (int64_t)strlen(value));
    lk_safetensors_deinit(&file);
    return LK_OK;
}

static lk_status act_labels(void *subject, uint64_t *digest) {
    const bench *b = subject;
    int32_t *labels;
    LK_TRY(lk_labels_read(b->context, b->path, 3000, &labels));
    *digest = sweep_hash(*digest, labels, 3000 * (int64_t)sizeof *labels);
    lk_release(labels);
    return LK_OK;
}

static lk_status act_stream(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_symbols symbols;
    lk_stream *stream, *part;
    uint16_t values[100];
    LK_TRY(lk_symbols_learn(b->context, b->path, LK_SYMBOLS_CHARACTERS, &symbols));
    lk_status status = lk_stream_open(b->context, b->path, &symbols, &stream);
    if (status == LK_OK) {
        status = lk_stream_part(stream, 1000, 200, &part);
        if (status == LK_OK) {
            status = lk_stream_read(part, 50, 100, values);
            *digest = sweep_hash(*digest, values, sizeof values);
            lk_stream_close(part);
        }
        lk_stream_close(stream);
    }
    lk_symbols_deinit(&symbols);
    return status;
}

static lk_status act_items(void *subject, uint64_t *digest) {
    const bench *b = subject;
    const lk_symbols symbols = {.kind = LK_SYMBOLS_BYTES};
    lk_items *items;
    uint16_t values[100];
    LK_TRY(lk_items_open_texts(b->context, b->path, &symbols, &items));
    lk_status status = lk_items_read(items, 0, 10, 100, values);
    *digest = sweep_hash(*digest, values, sizeof values);
    lk_items_close(items);
    return status;
}

static const sweep_act read_acts[] = {{"read", act_read}},
                       write_acts[] = {{"read", act_read}, {"write", act_write}},
                       tensor_acts[] = {{"tensors", act_tensors}},
                       text_acts[] = {{"labels", act_labels},
                                      {"stream", act_stream},
                                      {"items", act_items}},
                       folder_acts[] = {{"items", act_items}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void sweep_all(const example *rows, size_t row_count, const sweep_act *acts,
                      size_t act_count) {
    for (size_t i = 0; i < row_count; i++) {
        const sweep_subject subject = {rows[i].file, prepare, release, context_of, &rows[i]};
        for (size_t a = 0; a < act_count; a++) {
            sweep(&subject, &acts[a]);
        }
    }
}

static void every_failure_is_told(void **state) {
    (void)state;
    sweep_all(written, COUNT(written), write_acts, COUNT(write_acts));
    sweep_all(made, COUNT(made), read_acts, COUNT(read_acts));
    sweep_all(tensors, COUNT(tensors), tensor_acts, COUNT(tensor_acts));
    sweep_all(texts, COUNT(texts), text_acts, COUNT(text_acts));
    sweep_all(folders, COUNT(folders), folder_acts, COUNT(folder_acts));
    sweep_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_is_told)};
    sweep_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
