/* The model file: what is saved is loaded; what does not fit, or is too large for its file, is
 * refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "data/safetensors.h"
#include "models/model_file.h"

#define ALPHABETS(text) \
    "{\"shape\":[6],\"alphabet\":3,\"binarization\":\"none\",\"alphabets\":" text "}"

typedef struct world {
    lk_context *context;
    lk_model *model;
    char path[64];
} world;

static int set_up(void **state) {
    world *w = calloc(1, sizeof *w);
    const char *assignments[] = {"hidden=4,3", "activation=tanh", "dropout=0.25"};
    lk_data_description data = {.shape = {.axes = 3, .size = {2, 3, 1}},
                                .variables = 6,
                                .alphabet = 3,
                                .binarization = LK_BINARIZE_NONE};
    *state = w;
    snprintf(w->path, sizeof w->path, "/tmp/likely-model-%d", (int)getpid());
    if (lk_context_create(1, &w->context) != LK_OK ||
        lk_model_create(w->context, "made", assignments, 3, data, "random:9", 5, &w->model) !=
            LK_OK) {
        return -1;
    }
    free(w->model->history);
    w->model->history = strdup("{\"epochs\":3,\"text\":\"\\u00e9\"}");
    w->model->calibration = lk_allocate(3, sizeof(float));
    w->model->calibration[0] = -1;
    w->model->calibration[2] = 2.5f;
    w->model->calibration_count = 3;
    w->model->parameters->list[0].value[0] = -INFINITY; /* a histogram's logit */
    return 0;
}

static int tear_down(void **state) {
    world *w = *state;
    unlink(w->path);
    lk_model_destroy(w->model);
    lk_context_destroy(w->context);
    free(w);
    return 0;
}

static void save(world *w) {
    if (lk_model_write(w->model, w->path) != LK_OK) {
        fail_msg("%s", lk_context_message(w->context));
    }
}

static void round_trip(void **state) {
    world *w = *state;
    lk_model *loaded;
    save(w);
    if (lk_model_read(w->context, w->path, &loaded) != LK_OK) {
        fail_msg("%s", lk_context_message(w->context));
    }
    lk_fingerprint before = lk_model_fingerprint(w->model), after = lk_model_fingerprint(loaded);
    assert_memory_equal(before.byte, after.byte, sizeof before.byte);
    assert_ptr_equal(loaded->family, w->model->family);
    for (int32_t i = 0; i < loaded->settings.count; i++) {
        assert_string_equal(loaded->settings.text[i], w->model->settings.text[i]);
    }
    assert_true(lk_shape_equal(loaded->data.shape, w->model->data.shape));
    assert_int_equal(loaded->data.binarization, w->model->data.binarization);
    assert_memory_equal(loaded->rank, w->model->rank, 6 * sizeof(int32_t));
    assert_string_equal(loaded->order_name, "random:9");
    assert_string_equal(loaded->history, w->model->history);
    assert_int_equal(loaded->calibration_count, 3);
    assert_memory_equal(loaded->calibration, w->model->calibration, 3 * sizeof(float));
    assert_int_equal(loaded->parameters->count, w->model->parameters->count);
    for (int32_t i = 0; i < loaded->parameters->count; i++) {
        const lk_parameter *a = &loaded->parameters->list[i], *b = &w->model->parameters->list[i];
        assert_string_equal(a->name, b->name);
        assert_memory_equal(a->value, b->value, (size_t)(a->rows * a->columns) * sizeof(float));
    }
    lk_model_destroy(loaded);
}

static void same_bytes_again(void **state) {
    world *w = *state;
    lk_bytes first, second;
    lk_model *loaded;
    save(w);
    assert_int_equal(lk_file_read_raw(w->context, w->path, 1 << 20, &first), LK_OK);
    assert_int_equal(lk_model_read(w->context, w->path, &loaded), LK_OK);
    assert_int_equal(lk_model_write(loaded, w->path), LK_OK);
    assert_int_equal(lk_file_read_raw(w->context, w->path, 1 << 20, &second), LK_OK);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, (size_t)first.size);
    lk_bytes_release(&first);
    lk_bytes_release(&second);
    lk_model_destroy(loaded);
}

/* Variables of different alphabets, without columns that say so. */
static void alphabets_stay(void **state) {
    world *w = *state;
    lk_model *made, *loaded;
    const char *assignments[] = {"hidden=4"};
    int32_t alphabets[2][3] = {{1, 5, 2}, {2, 5, 1}}; /* of one sum */
    lk_fingerprint print[2], after;
    for (int32_t i = 0; i < 2; i++) {
        lk_data_description data = {
            .shape = {1, {3}}, .variables = 3, .alphabet = 5, .alphabets = alphabets[i]};
        assert_int_equal(
            lk_model_create(w->context, "made", assignments, 1, data, "natural", 5, &made), LK_OK);
        assert_int_equal(lk_model_write(made, w->path), LK_OK);
        if (lk_model_read(w->context, w->path, &loaded) != LK_OK) {
            fail_msg("%s", lk_context_message(w->context));
        }
        assert_memory_equal(loaded->data.alphabets, alphabets[i], sizeof alphabets[i]);
        print[i] = lk_model_fingerprint(made);
        after = lk_model_fingerprint(loaded);
        assert_memory_equal(print[i].byte, after.byte, sizeof after.byte);
        lk_model_destroy(made);
        lk_model_destroy(loaded);
    }
    assert_memory_not_equal(print[0].byte, print[1].byte, sizeof print[0].byte);
}

/* ---- hostile files: a good one, with one thing changed --------------------------------------- */

typedef struct change {
    const char *key, *value; /* metadata: value NULL takes the key away */
    const char *tensor;      /* or a tensor: */
    enum { DROP, RENAME, RETYPE, RESHAPE, SHORTEN, POISON, POISON_INFINITY, NEGATIVE } how;
    lk_status expected;
    const char *message;
    bool checked; /* with the checksum left as it was */
} change;

static void apply_to_tensor(const change *c, lk_tensor *tensors, int32_t *count, uint8_t *scratch) {
    for (int32_t i = 0; c->tensor != NULL && i < *count; i++) {
        lk_tensor *t = &tensors[i];
        if (strcmp(t->name, c->tensor) != 0) {
            continue;
        }
        memcpy(scratch, t->data, (size_t)t->bytes);
        float poison = c->how == POISON ? NAN : INFINITY;
        int32_t negative = -1;
        switch (c->how) {
        case DROP:
            *t = tensors[--*count];
            return;
        case RENAME:
            t->name = "stranger";
            return;
        case RETYPE:
            t->type = t->type == LK_I32 ? LK_F32 : LK_I32;
            return;
        case RESHAPE:
            t->size[t->axes == 1 ? 1 : 0] = t->axes == 1 ? 1 : t->size[0] * t->size[1];
            t->axes = t->axes == 1 ? 2 : 1;
            return;
        case SHORTEN:
            t->bytes -= t->bytes / t->size[0];
            t->size[0]--;
            return;
        case POISON:
        case POISON_INFINITY:
            memcpy(scratch + 4, &poison, 4);
            break;
        case NEGATIVE:
            memcpy(scratch + 4, &negative, 4);
            break;
        }
        t->data = scratch;
        return;
    }
}

/* Loads the saved file with the change made, expecting what it says. */
static void load_changed(world *w, const change *c) {
    lk_safetensors file;
    uint8_t scratch[4096];
    const char *keys[16], *values[16];
    int32_t pairs = 0, count;
    assert_int_equal(lk_safetensors_read(w->context, w->path, &file), LK_OK);
    for (int32_t i = 0; i < file.pairs; i++) {
        bool mine = c->key != NULL && strcmp(file.keys[i], c->key) == 0;
        if (!mine || c->value != NULL) {
            keys[pairs] = file.keys[i];
            values[pairs++] = mine ? c->value
                              : strcmp(file.keys[i], "checksum") == 0 && !c->checked
                                  ? ""
                                  : file.values[i];
        }
    }
    lk_tensor tensors[16]; /* the file keeps its own, with their names */
    count = file.count;
    assert_true(count <= 16);
    memcpy(tensors, file.tensors, (size_t)count * sizeof *tensors);
    apply_to_tensor(c, tensors, &count, scratch);
    char path[80];
    snprintf(path, sizeof path, "%s-changed", w->path);
    assert_int_equal(lk_safetensors_write(w->context, path, tensors, count, keys, values, pairs),
                     LK_OK);
    lk_model *loaded;
    lk_status status = lk_model_read(w->context, path, &loaded);
    unlink(path);
    if (status != c->expected ||
        (c->message != NULL && strstr(lk_context_message(w->context), c->message) == NULL) ||
        strstr(lk_context_message(w->context), path) == NULL) {
        fail_msg("%s %s %s: status %d, %s", c->key ? c->key : "tensor", c->value ? c->value : "-",
                 c->tensor ? c->tensor : "-", status, lk_context_message(w->context));
    }
    assert_null(loaded);
    lk_safetensors_deinit(&file);
}

static void refusals(void **state) {
    world *w = *state;
    save(w);
    static const change changes[] = {
        {.key = "format", .value = "pt", .expected = LK_FORMAT, .message = "format"},
        {.key = "format", .expected = LK_FORMAT, .message = "format"},
        {.key = "version", .value = "4", .expected = LK_UNSUPPORTED, .message = "version"},
        {.key = "engine", .value = "99", .expected = LK_UNSUPPORTED, .message = "engine"},
        {.key = "family", .value = "mad", .expected = LK_UNSUPPORTED, .message = "mad"},
        {.key = "family", .expected = LK_FORMAT, .message = "family"},
        {.key = "settings", .value = "{", .expected = LK_FORMAT, .message = "settings"},
        {.key = "settings", .value = "[]", .expected = LK_FORMAT, .message = "settings"},
        {.key = "settings", .value = "{\"hidden\":5}", .expected = LK_FORMAT, .message = "hidden"},
        {.key = "settings",
         .value = "{\"hidden\":\"-5\"}",
         .expected = LK_INVALID,
         .message = "hidden"},
        {.key = "settings",
         .value = "{\"nonsense\":\"5\"}",
         .expected = LK_INVALID,
         .message = "nonsense"},
        {.key = "settings",
         .value = "{\"hidden\":\"4,3\",\"hidden\":\"4,3\"}",
         .expected = LK_FORMAT,
         .message = "hidden"},
        {.key = "settings",
         .value = "{\"hidden\":\"4,3,2\"}",
         .expected = LK_FORMAT,
         .message = "missing"},
        {.key = "settings",
         .value = "{\"hidden\":\"4\"}",
         .expected = LK_FORMAT,
         .message = "logits"},
        {.key = "settings",
         .value = "{\"hidden\":\"5,3\"}",
         .expected = LK_FORMAT,
         .message = "hidden1"},
        {.key = "data", .value = "{}", .expected = LK_FORMAT, .message = "data"},
        {.key = "data",
         .value = "{\"shape\":[2,3,1],\"alphabet\":3,\"binarization\":\"x\"}",
         .expected = LK_FORMAT},
        {.key = "data",
         .value = "{\"shape\":[2,3,1],\"alphabet\":1,\"binarization\":\"none\"}",
         .expected = LK_FORMAT},
        {.key = "data",
         .value = "{\"shape\":[2,0,1],\"alphabet\":3,\"binarization\":\"none\"}",
         .expected = LK_FORMAT},
        {.key = "data",
         .value = "{\"shape\":[],\"alphabet\":3,\"binarization\":\"none\"}",
         .expected = LK_FORMAT},
        {.key = "data",
         .value = "{\"shape\":[65536,65536],\"alphabet\":3,\"binarization\":\"none\"}",
         .expected = LK_FORMAT},
        {.key = "data",
         .value = "{\"shape\":[9000000],\"alphabet\":2,\"binarization\":\"none\"}",
         .expected = LK_FORMAT,
         .message = "rank"},
        {.key = "data",
         .value = "{\"shape\":[7],\"alphabet\":3,\"binarization\":\"none\"}",
         .expected = LK_FORMAT,
         .message = "rank"},
        {.key = "data",
         .value = "{\"shape\":[6],\"alphabet\":4,\"binarization\":\"none\"}",
         .expected = LK_FORMAT,
         .message = "hidden1"},
        {.key = "data",
         .value = "{\"shape\":[6],\"alphabet\":9,\"binarization\":\"none\"}",
         .expected = LK_MISMATCH},
        {.key = "data",
         .value = "{\"shape\":[6],\"alphabet\":3,\"binarization\":\"none\",\"view\":\"bits:1\"}",
         .expected = LK_FORMAT,
         .message = "view"},
        {.key = "data",
         .value = "{\"shape\":[6],\"alphabet\":3,\"binarization\":\"none\",\"labels\":0}",
         .expected = LK_FORMAT,
         .message = "labels"},
        {.key = "data", .value = ALPHABETS("[3,3,3]"), .expected = LK_FORMAT, .message = "alphab"},
        {.key = "data", .value = ALPHABETS("[3,3,0,3,3,3]"), .expected = LK_FORMAT},
        {.key = "data", .value = ALPHABETS("[3,3,4,3,3,3]"), .expected = LK_FORMAT},
        {.key = "data", .value = ALPHABETS("[3,3,2.5,3,3,3]"), .expected = LK_FORMAT},
        {.key = "data", .value = ALPHABETS("{}"), .expected = LK_FORMAT},
        {.key = "data",
         .value = ALPHABETS("[3,3,2,3,3,3]"),
         .expected = LK_FORMAT,
         .message = "hidden1"},
        {.key = "classes", .value = "[\"a\"]", .expected = LK_FORMAT, .message = "labels"},
        {.key = "classes", .expected = LK_FORMAT, .message = "classes"},
        {.key = "columns", .value = "{}", .expected = LK_FORMAT},
        {.key = "columns",
         .value = "{\"columns\":[{\"name\":\"a\",\"values\":[\"x\",\"y\"]}]}",
         .expected = LK_INVALID,
         .message = "columns"},
        {.key = "order", .expected = LK_FORMAT, .message = "order"},
        {.key = "order",
         .value = "natural",
         .expected = LK_CORRUPT,
         .message = "damaged",
         .checked = true},
        {.key = "history",
         .value = "{}",
         .expected = LK_CORRUPT,
         .message = "damaged",
         .checked = true},
        {.tensor = "hidden1.weight",
         .how = NEGATIVE,
         .expected = LK_CORRUPT,
         .message = "damaged",
         .checked = true},
        {.key = "checksum", .expected = LK_FORMAT, .message = "checksum"},
        {.key = "checksum", .value = "0123", .expected = LK_CORRUPT, .message = "damaged"},
        {.key = "history", .expected = LK_FORMAT, .message = "history"},
        {.key = "history", .value = "3", .expected = LK_FORMAT, .message = "history"},
        {.tensor = "ordering.rank", .how = DROP, .expected = LK_FORMAT, .message = "rank"},
        {.tensor = "ordering.rank", .how = RETYPE, .expected = LK_FORMAT, .message = "rank"},
        {.tensor = "ordering.rank", .how = NEGATIVE, .expected = LK_FORMAT, .message = "negative"},
        {.tensor = "ordering.rank", .how = SHORTEN, .expected = LK_FORMAT, .message = "rank"},
        {.tensor = "calibration.nll",
         .how = RETYPE,
         .expected = LK_FORMAT,
         .message = "calibration"},
        {.tensor = "calibration.nll",
         .how = POISON,
         .expected = LK_FORMAT,
         .message = "calibration"},
        {.tensor = "calibration.nll", .how = RENAME, .expected = LK_FORMAT, .message = "stranger"},
        {.tensor = "hidden1.weight", .how = DROP, .expected = LK_FORMAT, .message = "missing"},
        {.tensor = "hidden1.weight",
         .how = RENAME,
         .expected = LK_FORMAT,
         .message = "hidden1.weight"},
        {.tensor = "hidden1.weight",
         .how = RETYPE,
         .expected = LK_FORMAT,
         .message = "hidden1.weight"},
        {.tensor = "hidden1.weight",
         .how = RESHAPE,
         .expected = LK_FORMAT,
         .message = "hidden1.weight"},
        {.tensor = "hidden1.bias",
         .how = RESHAPE,
         .expected = LK_FORMAT,
         .message = "hidden1.bias"},
        {.tensor = "hidden1.bias",
         .how = SHORTEN,
         .expected = LK_FORMAT,
         .message = "hidden1.bias"},
        {.tensor = "hidden1.weight",
         .how = POISON,
         .expected = LK_NOT_FINITE,
         .message = "hidden1.weight"},
        {.tensor = "hidden1.weight",
         .how = POISON_INFINITY,
         .expected = LK_NOT_FINITE,
         .message = "hidden1.weight"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        load_changed(w, &changes[i]);
    }
}

static int64_t peak_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A small file that asks for much is refused before it gets it. */
static void small_files_ask_in_vain(void **state) {
    world *w = *state;
    save(w);
    static const change changes[] = {
        {.key = "settings",
         .value = "{\"hidden\":\"1048576,1048576,1048576\"}",
         .expected = LK_MISMATCH,
         .message = "more than"},
        {.key = "settings",
         .value = "{\"hidden\":\"4,1000000\"}",
         .expected = LK_MISMATCH,
         .message = "more than"},
        {.key = "data",
         .value = "{\"shape\":[6],\"alphabet\":65536,\"binarization\":\"none\"}",
         .expected = LK_MISMATCH},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        int64_t before = peak_kilobytes();
        load_changed(w, &changes[i]);
        int64_t more = peak_kilobytes() - before;
        if (more > 256 * 1024) {
            fail_msg("change %zu: the peak of memory grew by %lld kB", i, (long long)more);
        }
    }
}

/* One bit of every byte of a small file changed: refused with a line that names the file. */
static void flipped_bytes(void **state) {
    world *w = *state;
    lk_bytes bytes;
    save(w);
    assert_int_equal(lk_file_read_raw(w->context, w->path, 1 << 20, &bytes), LK_OK);
    for (int64_t at = 0; at < bytes.size; at++) {
        lk_bytes copy = {.data = lk_allocate(bytes.size + 1, 1), .size = bytes.size};
        memcpy(copy.data, bytes.data, (size_t)bytes.size);
        copy.data[at] ^= (uint8_t)(1 << at % 8);
        lk_model *loaded;
        lk_status status = lk_model_parse(w->context, "flipped", copy, &loaded);
        if (status == LK_OK || strstr(lk_context_message(w->context), "flipped") == NULL) {
            fail_msg("byte %lld: status %d, %s", (long long)at, status,
                     lk_context_message(w->context));
        }
        assert_null(loaded);
    }
    for (int64_t size = 0; size < bytes.size; size++) {
        lk_bytes copy = {.data = lk_allocate(size + 1, 1), .size = size};
        memcpy(copy.data, bytes.data, (size_t)size);
        lk_model *loaded;
        assert_int_not_equal(lk_model_parse(w->context, "cut", copy, &loaded), LK_OK);
    }
    lk_bytes_release(&bytes);
}

/* ---- models of streams ----------------------------------------------------------------------- */

static int set_up_stream(void **state) {
    world *w = calloc(1, sizeof *w);
    static const uint32_t listed[] = {'\n', 'a', 0xE9, 0x10FFFF};
    const char *assignments[] = {"width=4", "layers=1"};
    lk_data_description data = {.shape = {1, {8}}, .variables = 8, .alphabet = 5, .stream = true};
    *state = w;
    snprintf(w->path, sizeof w->path, "/tmp/likely-stream-model-%d", (int)getpid());
    bool made = lk_context_create(1, &w->context) == LK_OK &&
                lk_symbols_list(w->context, "x", listed, 4, &data.symbols) == LK_OK &&
                lk_model_create(w->context, "charrnn", assignments, 2, data, "natural", 5,
                                &w->model) == LK_OK;
    lk_symbols_deinit(&data.symbols); /* the model has its own */
    return made ? 0 : -1;
}

static void streams_are_kept(void **state) {
    world *w = *state;
    lk_model *loaded;
    save(w);
    if (lk_model_read(w->context, w->path, &loaded) != LK_OK) {
        fail_msg("%s", lk_context_message(w->context));
    }
    assert_true(loaded->data.stream &&
                lk_symbols_equal(&loaded->data.symbols, &w->model->data.symbols));
    lk_fingerprint before = lk_model_fingerprint(w->model), after = lk_model_fingerprint(loaded);
    assert_memory_equal(before.byte, after.byte, sizeof before.byte);
    loaded->data.symbols.characters[1] = 'b'; /* what a symbol means decides what is decoded */
    after = lk_model_fingerprint(loaded);
    assert_memory_not_equal(before.byte, after.byte, sizeof before.byte);
    loaded->data.symbols.characters[1] = 'a';
    loaded->data.stream = false;
    after = lk_model_fingerprint(loaded);
    assert_memory_not_equal(before.byte, after.byte, sizeof before.byte);
    lk_model_destroy(loaded);
}

static void stream_refusals(void **state) {
    world *w = *state;
    save(w);
#define DATA(rest) "{\"shape\":[8],\"binarization\":\"none\"," rest "}"
    static const change changes[] = {
        {.key = "data",
         .value = DATA("\"alphabet\":5"),
         .expected = LK_FORMAT,
         .message = "in no other"},
        {.key = "data",
         .value = DATA("\"alphabet\":5,\"stream\":\"bytes\""),
         .expected = LK_FORMAT,
         .message = "in no other"},
        {.key = "data",
         .value = DATA("\"alphabet\":5,\"stream\":\"words\""),
         .expected = LK_FORMAT,
         .message = "stream"},
        {.key = "data",
         .value = DATA("\"alphabet\":5,\"stream\":true"),
         .expected = LK_FORMAT,
         .message = "stream"},
        {.key = "data", .value = DATA("\"alphabet\":5,\"more\":1"), .expected = LK_FORMAT},
        {.key = "data",
         .value = DATA("\"alphabet\":6,\"stream\":\"characters\""),
         .expected = LK_INVALID,
         .message = "alphabet of 6"},
        {.key = "data",
         .value =
             "{\"shape\":[4,2],\"alphabet\":5,\"binarization\":\"none\",\"stream\":\"characters\"}",
         .expected = LK_INVALID,
         .message = "one axis"},
        {.key = "family", .value = "histogram", .expected = LK_INVALID},
        {.tensor = "symbols.characters",
         .how = DROP,
         .expected = LK_FORMAT,
         .message = "symbols.characters"},
        {.tensor = "symbols.characters",
         .how = RETYPE,
         .expected = LK_FORMAT,
         .message = "symbols.characters"},
        {.tensor = "symbols.characters",
         .how = RESHAPE,
         .expected = LK_FORMAT,
         .message = "symbols.characters"},
        {.tensor = "symbols.characters",
         .how = SHORTEN,
         .expected = LK_INVALID,
         .message = "alphabet of 5"},
        {.tensor = "symbols.characters",
         .how = NEGATIVE,
         .expected = LK_INVALID,
         .message = "code point"},
        {.tensor = "ordering.rank", .how = NEGATIVE, .expected = LK_FORMAT, .message = "negative"},
    };
#undef DATA
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        load_changed(w, &changes[i]);
    }
}

/* What a stream cannot be. */
static void misfits(void **state) {
    world *w = *state;
    lk_model *model;
    lk_data_description data = {.shape = {1, {8}}, .variables = 8, .alphabet = 256, .stream = true};
    assert_int_equal(lk_model_create(w->context, "made", NULL, 0, data, "natural", 5, &model),
                     LK_INVALID);
    assert_non_null(strstr(lk_context_message(w->context), "charrnn"));
    assert_int_equal(lk_model_create(w->context, "charrnn", NULL, 0, data, "reversed", 5, &model),
                     LK_INVALID);
    assert_non_null(strstr(lk_context_message(w->context), "in no other order"));
    data.alphabet = 255;
    assert_int_equal(lk_model_create(w->context, "charrnn", NULL, 0, data, "natural", 5, &model),
                     LK_INVALID);
    assert_null(model);
}

static void missing_file(void **state) {
    world *w = *state;
    lk_model *loaded;
    assert_int_equal(lk_model_read(w->context, "/nowhere/model", &loaded), LK_IO);
    assert_null(loaded);
    assert_int_equal(lk_model_write(w->model, "/nowhere/model"), LK_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_bytes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alphabets_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(small_files_ask_in_vain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flipped_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(streams_are_kept, set_up_stream, tear_down),
        cmocka_unit_test_setup_teardown(stream_refusals, set_up_stream, tear_down),
        cmocka_unit_test_setup_teardown(misfits, set_up_stream, tear_down),
        cmocka_unit_test_setup_teardown(flipped_bytes, set_up_stream, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
