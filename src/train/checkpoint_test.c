/* Checkpoints alone: what is written is read back; a file that is cut off, altered anywhere or of
 * another run is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/random.h"
#include "train/checkpoint.h"

#define SEED 21

static char path[] = "/tmp/likely-checkpoint-test-XXXXXX";

typedef struct fixture {
    lk_context *context;
    lk_parameters *parameters;
    lk_optimizer *optimizer;
    lk_average *average;
    float **best;
    lk_train_state state;
    json_t *options, *epochs;
} fixture;

static void fill(float *values, int64_t count, uint64_t stream) {
    for (int64_t e = 0; e < count; e++) {
        values[e] = lk_random_unit((lk_random){SEED, LK_FOR_CHECK}, stream, (uint64_t)e);
    }
}

/* `filled`: with values of its own; otherwise as a new run has them. */
static fixture setup(const char *optimizer, int64_t columns, bool filled) {
    fixture f = {0};
    int32_t index;
    assert_int_equal(lk_context_create(1, &f.context), LK_OK);
    assert_int_equal(lk_parameters_create(f.context, &f.parameters), LK_OK);
    assert_int_equal(
        lk_parameters_declare(f.parameters, "layer.weight", 3, columns, LK_INIT_ZERO, &index),
        LK_OK);
    assert_int_equal(lk_parameters_declare(f.parameters, "layer.bias", 3, 1, LK_INIT_ZERO, &index),
                     LK_OK);
    lk_optimizer_options options = lk_optimizer_defaults();
    options.name = optimizer;
    assert_int_equal(lk_optimizer_create(f.parameters, &options, &f.optimizer), LK_OK);
    assert_int_equal(lk_average_create(f.parameters, 0.9, &f.average), LK_OK);
    f.best = lk_weights_copy(f.parameters);
    assert_non_null(f.best);
    f.options =
        json_pack("{s:s, s:f, s:i}", "optimizer", "adam", "learning rate", 0.1, "batch size", 8);
    f.epochs = json_array();
    for (int32_t i = 0; filled && i < 2; i++) {
        const lk_parameter *p = &f.parameters->list[i];
        int64_t count = p->rows * p->columns;
        uint64_t stream = 10 * (uint64_t)i;
        fill(p->value, count, stream);
        fill(f.average->value[i], count, stream + 1);
        fill(f.best[i], count, stream + 2);
        fill(lk_optimizer_slot(f.optimizer, 0, i), count, stream + 3);
        fill(lk_optimizer_slot(f.optimizer, 1, i), count, stream + 4);
    }
    if (filled) {
        f.state =
            (lk_train_state){4, 3, 23, 180, 2, 2, 123.456789, 1.0 / 3, 12.5, 0.1, 60, 12.75, 17};
        *lk_optimizer_steps(f.optimizer) = 23;
        f.average->updates = 22;
        json_array_append_new(f.epochs, json_pack("{s:i, s:f}", "epoch", 1, "train_nll_nats", 0.1));
    }
    return f;
}

static void teardown(fixture *f) {
    json_decref(f->options);
    json_decref(f->epochs);
    lk_weights_release(f->best, f->parameters->count);
    lk_average_destroy(f->average);
    lk_optimizer_destroy(f->optimizer);
    lk_parameters_destroy(f->parameters);
    lk_context_destroy(f->context);
}

static lk_checkpoint view(fixture *f) {
    return (lk_checkpoint){.path = path,
                           .parameters = f->parameters,
                           .optimizer = f->optimizer,
                           .average = f->average,
                           .best = f->best,
                           .state = &f->state,
                           .options = f->options,
                           .epochs = f->epochs,
                           .planned = true,
                           .steps_in_epoch = 7};
}

static lk_status write_it(fixture *f) {
    lk_checkpoint c = view(f);
    return lk_checkpoint_write(f->context, &c);
}

static lk_status read_it(fixture *f) {
    lk_checkpoint c = view(f);
    return lk_checkpoint_read(f->context, &c);
}

static void is_read_back(void **unused) {
    (void)unused;
    for (int best = 0; best < 2; best++) {
        fixture a = setup("adam", 4, true), b = setup("adam", 4, false);
        a.state.best_epoch = best ? 2 : 0;
        a.state.best_valid_nll_nats = best ? 1.0 / 3 : (double)NAN;
        assert_int_equal(write_it(&a), LK_OK);
        assert_true(lk_checkpoint_exists(path));
        assert_int_equal(read_it(&b), LK_OK);
        assert_memory_equal(&a.state, &b.state, sizeof a.state);
        assert_int_equal(*lk_optimizer_steps(b.optimizer), 23);
        assert_int_equal(b.average->updates, 22);
        assert_true(json_equal(a.epochs, b.epochs));
        for (int32_t i = 0; i < 2; i++) {
            const lk_parameter *p = &a.parameters->list[i];
            size_t bytes = (size_t)(p->rows * p->columns) * sizeof(float);
            assert_memory_equal(p->value, b.parameters->list[i].value, bytes);
            assert_memory_equal(a.average->value[i], b.average->value[i], bytes);
            assert_memory_equal(lk_optimizer_slot(a.optimizer, 0, i),
                                lk_optimizer_slot(b.optimizer, 0, i), bytes);
            assert_memory_equal(lk_optimizer_slot(a.optimizer, 1, i),
                                lk_optimizer_slot(b.optimizer, 1, i), bytes);
            assert_true((memcmp(a.best[i], b.best[i], bytes) == 0) == best);
        }
        teardown(&a);
        teardown(&b);
    }
}

static void put(const uint8_t *data, int64_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void damage_is_refused(void **unused) {
    (void)unused;
    fixture a = setup("adam", 4, true), b = setup("adam", 4, false);
    lk_bytes bytes;
    assert_int_equal(write_it(&a), LK_OK);
    assert_int_equal(lk_file_read_raw(a.context, path, 1 << 20, &bytes), LK_OK);
    for (int64_t size = 0; size < bytes.size; size += 7) {
        put(bytes.data, size);
        assert_int_not_equal(read_it(&b), LK_OK);
    }
    int64_t harmless = 0;
    for (int64_t at = 0; at < bytes.size; at++) {
        uint8_t flip = (uint8_t)(1u << at % 8);
        bytes.data[at] ^= flip;
        put(bytes.data, bytes.size);
        bool accepted = read_it(&b) == LK_OK;
        if (accepted) {
            printf("byte %lld of %lld (now '%c') may be altered\n", (long long)at,
                   (long long)bytes.size, bytes.data[at]);
        }
        harmless += accepted;
        bytes.data[at] ^= flip;
    }
    assert_int_equal(harmless, 0);
    put(bytes.data, bytes.size);
    assert_int_equal(read_it(&b), LK_OK);
    lk_bytes_release(&bytes);
    teardown(&a);
    teardown(&b);
}

static void refused_with(fixture *f, lk_status status, const char *word) {
    assert_int_equal(read_it(f), status);
    printf("%s\n", lk_context_message(f->context));
    assert_non_null(strstr(lk_context_message(f->context), word));
    teardown(f);
}

static void another_run_is_refused(void **unused) {
    (void)unused;
    fixture a = setup("adam", 4, true);
    assert_int_equal(write_it(&a), LK_OK);
    fixture options = setup("adam", 4, false);
    json_object_set_new(options.options, "batch size", json_integer(9));
    refused_with(&options, LK_MISMATCH, "batch size was 8 when");
    fixture fewer = setup("adam", 4, false);
    json_object_del(fewer.options, "batch size");
    refused_with(&fewer, LK_MISMATCH, "is not set now");
    fixture more = setup("adam", 4, false);
    json_object_set_new(more.options, "clip", json_real(1));
    refused_with(&more, LK_MISMATCH, "clip was not set when");
    fixture shape = setup("adam", 5, false);
    refused_with(&shape, LK_FORMAT, "tensor weight/layer.weight is missing or of another shape");
    fixture sgd = setup("sgd", 4, false);
    refused_with(&sgd, LK_FORMAT, "other tensors");
    a.state.position = 8; /* of 7 */
    assert_int_equal(write_it(&a), LK_OK);
    fixture position = setup("adam", 4, false);
    refused_with(&position, LK_CORRUPT, "8 batches of an epoch of 7");
    teardown(&a);
    assert_int_equal(unlink(path), 0);
    assert_false(lk_checkpoint_exists(path));
    fixture none = setup("adam", 4, false);
    refused_with(&none, LK_IO, path);
}

/* Version 0.1 did not declare slices: one or two are what they are now, of more nothing is known
 * that could be continued. */
static void slices_of_0_1(void **unused) {
    (void)unused;
    fixture a = setup("adam", 4, true);
    assert_int_equal(write_it(&a), LK_OK);
    for (int64_t then = 1; then <= 3; then++) {
        for (int64_t now = 1; now <= 3; now++) {
            fixture b = setup("adam", 4, false);
            json_object_set_new(b.options, "slices", json_integer(now));
            lk_checkpoint c = view(&b);
            c.slices_of_0_1 = then;
            bool fine = then == now && now < 3;
            assert_int_equal(lk_checkpoint_read(b.context, &c), fine ? LK_OK : LK_MISMATCH);
            const char *message = lk_context_message(b.context);
            printf("%s\n", message);
            assert_true(fine || strstr(message, then > 2    ? "likely train --from MODEL"
                                                : then == 2 ? "slices was 2 when"
                                                            : "slices was 1 when") != NULL);
            teardown(&b);
        }
    }
    teardown(&a);
}

/* A setting that joined its family after the checkpoint was written had its fallback. */
static void later_settings(void **unused) {
    (void)unused;
    static const lk_setting table[] = {
        {.key = "old", .kind = LK_INTEGER, .fallback = "1", .most = 9},
        {.key = "new", .kind = LK_INTEGER, .fallback = "2", .most = 9, .later = true}};
    static const char *const now[][2] = {{"1", "2"}, {"1", "3"}};
    fixture a = setup("adam", 4, true);
    json_object_set_new(a.options, "setting old", json_string("1"));
    assert_int_equal(write_it(&a), LK_OK);
    for (int i = 0; i < 2; i++) {
        fixture b = setup("adam", 4, false);
        lk_settings settings = {table, 2, {(char *)(uintptr_t)now[i][0], NULL}};
        json_object_set_new(b.options, "setting old", json_string(now[i][0]));
        json_object_set_new(b.options, "setting new", json_string(now[i][1]));
        lk_checkpoint c = view(&b);
        c.settings = &settings;
        assert_int_equal(lk_checkpoint_read(b.context, &c), i == 0 ? LK_OK : LK_MISMATCH);
        assert_true(i == 0 ||
                    strstr(lk_context_message(b.context), "setting new was \"2\" when") != NULL);
        teardown(&b);
    }
    teardown(&a);
}

static int make_path(void **unused) {
    (void)unused;
    int file = mkstemp(path);
    return file < 0 ? 1 : close(file);
}

static int remove_path(void **unused) {
    (void)unused;
    unlink(path);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_back), cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(slices_of_0_1), cmocka_unit_test(later_settings),
        cmocka_unit_test(another_run_is_refused)};
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
