/* Every place where memory may run out while data with slower sequences are loaded, parted, judged,
 * drawn, compressed and restored (see base/sweep.h). */
#include "base/sweep.h"

#include "library/testing_local.h"

typedef struct bench {
    lk_context *context;
    told t;
    lk_data *data;
    lk_model *model;
    lk_bytes packed;
    char numbers[64];
} bench;

static void *prepare(const sweep_subject *subject) {
    bench *b = calloc(1, sizeof *b);
    (void)subject;
    b->context = make_context(1);
    b->t = make_told(1);
    b->t.sizes[0] = 40;
    b->t.counts[0] = 14;
    b->data = load_told(b->context, &b->t, TEXTS);
    b->model = train(b->context, b->data, NULL, 1);
    must(b->context,
         lk_model_compress(b->context, b->model, b->data, NULL, lk_to_memory(&b->packed), NULL));
    snprintf(b->numbers, sizeof b->numbers, "%s/likely-local-XXXXXX", getenv("TMPDIR"));
    int descriptor = mkstemp(b->numbers);
    assert_true(descriptor >= 0 && write(descriptor, "0 1,1\n", 6) == 6);
    close(descriptor);
    return b;
}

static void release(void *made) {
    bench *b = made;
    unlink(b->numbers);
    lk_bytes_release(&b->packed);
    lk_model_destroy(b->model);
    lk_data_destroy(b->data);
    lk_context_destroy(b->context);
    free(b);
}

static lk_context *context_of(void *made) {
    return ((bench *)made)->context;
}

/* All that they hold; they are destroyed. */
static lk_status add_data(const bench *b, lk_data *data, uint64_t *digest) {
    lk_status status = LK_OK;
    for (int64_t i = 0; status == LK_OK && i < lk_data_count(data); i++) {
        uint16_t numbers[MOST];
        lk_bytes text;
        status = lk_data_local(b->context, data, i, numbers);
        if (status == LK_OK) {
            *digest = sweep_hash(*digest, numbers, 2 * lk_data_local_count(data, i));
            status = lk_data_text(b->context, data, i, &text);
        }
        if (status == LK_OK) {
            *digest = sweep_hash(*digest, text.data, text.size);
            lk_bytes_release(&text);
        }
    }
    lk_data_destroy(data);
    return status;
}

static lk_status act_load(void *made, uint64_t *digest) {
    bench *b = made;
    lk_loading how = loading_of(&b->t, TEXTS);
    lk_data *data;
    LK_TRY(lk_data_from_texts(b->context, b->t.texts, b->t.sizes, TEXTS, &how, &data));
    return add_data(b, data, digest);
}

static lk_status act_load_file(void *made, uint64_t *digest) {
    const bench *b = made;
    const lk_loading how = {.model = b->model, .local = b->numbers};
    lk_data *data;
    LK_TRY(lk_data_load(b->context, lk_from_memory("abcdefg", 7), &how, &data));
    return add_data(b, data, digest);
}

static lk_status act_part(void *made, uint64_t *digest) {
    const bench *b = made;
    lk_data *data[2], *chosen;
    LK_TRY(lk_data_select(b->context, b->data, (const int64_t[]){1}, 1, &chosen));
    lk_status status = lk_data_split(b->context, chosen, 0.5, 1, &data[0], &data[1]);
    lk_data_destroy(chosen);
    LK_TRY(status);
    status = add_data(b, data[0], digest);
    lk_status other = add_data(b, data[1], digest);
    return status == LK_OK ? other : status;
}

static lk_status act_nll(void *made, uint64_t *digest) {
    const bench *b = made;
    double nll[TEXTS];
    LK_TRY(lk_model_nll(b->context, b->model, b->data, NULL, nll, NULL));
    *digest = sweep_hash(*digest, nll, sizeof nll);
    return LK_OK;
}

static lk_status act_sample(void *made, uint64_t *digest) {
    const bench *b = made;
    const lk_sampling how = {.count = 2,
                             .temperature = 1,
                             .length = -1,
                             .prompt = "ab",
                             .prompt_size = 2,
                             .local = b->t.number[0],
                             .local_count = 3};
    lk_data *drawn;
    lk_bytes text;
    LK_TRY(lk_model_sample(b->context, b->model, &how, &drawn));
    LK_TRY(add_data(b, drawn, digest));
    LK_TRY(lk_model_write_text(b->context, b->model, &how, lk_to_memory(&text)));
    *digest = sweep_hash(*digest, text.data, text.size);
    lk_bytes_release(&text);
    return LK_OK;
}

static lk_status act_compress(void *made, uint64_t *digest) {
    const bench *b = made;
    lk_bytes packed;
    LK_TRY(lk_model_compress(b->context, b->model, b->data, NULL, lk_to_memory(&packed), NULL));
    *digest = sweep_hash(*digest, packed.data, packed.size);
    lk_bytes_release(&packed);
    return LK_OK;
}

static lk_status act_decompress(void *made, uint64_t *digest) {
    const bench *b = made;
    lk_data *data;
    LK_TRY(lk_model_decompress(b->context, b->model, lk_from_memory(b->packed.data, b->packed.size),
                               NULL, &data, NULL));
    return add_data(b, data, digest);
}

static void every_failure_is_told(void **state) {
    static const sweep_act acts[] = {
        {"load", act_load},
        {"load a file", act_load_file},
        {"part", act_part},
        {"nll", act_nll},
        {"sample", act_sample},
        {"compress", act_compress},
        {"decompress", act_decompress},
    };
    static const sweep_subject subject = {"local", prepare, release, context_of, NULL};
    (void)state;
    for (size_t a = 0; a < sizeof acts / sizeof *acts; a++) {
        sweep(&subject, &acts[a]);
    }
    sweep_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_is_told)};
    sweep_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
