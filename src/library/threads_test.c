/* One model, four threads, each with a context of its own: they evaluate, sample, compress and
 * restore at the same time, with the numbers of one that is alone. Under the thread sanitizer this
 * proves that nothing writes to a model. */
#include "library/testing.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 2
#define COUNT 12

/* What a thread finds. */
typedef struct findings {
    double nll[COUNT], surprisal[COUNT * 200], p_value[COUNT];
    uint16_t sampled[COUNT * 200];
    lk_bytes packed;
    bool restored;
} findings;

typedef struct worker {
    pthread_t thread;
    const lk_model *model;
    bool text, labelled, local;
    findings *found;
    char fault[256];
} worker;

static bool right(worker *w, lk_context *context, lk_status status) {
    if (status != LK_OK && w->fault[0] == '\0') {
        snprintf(w->fault, sizeof w->fault, "%s: %.200s", lk_status_text(status),
                 lk_context_message(context));
    }
    return status == LK_OK;
}

#define CHARACTERS (sizeof TEXT - 1 - 2) /* two of which are two bytes each */
static const uint16_t numbers[(CHARACTERS + 3) / 4] = {3, 1, 2, 0, 1};

/* A slower sequence beside the text. */
static void give_local(lk_loading *how) {
    static const uint16_t *const beside[] = {numbers};
    static const int64_t counts[] = {sizeof numbers / sizeof *numbers};
    how->local_symbols = beside;
    how->local_counts = counts;
    how->local_items = 1;
    how->local_every = 4;
}

static lk_data *make_data(worker *w, lk_context *context) {
    const void *texts[] = {TEXT};
    const int64_t sizes[] = {sizeof TEXT - 1};
    lk_loading how = lk_loading_defaults();
    lk_data *data = NULL;
    if (!w->text) {
        return make_pictures(context, COUNT, 4, 9);
    }
    how.model = w->model;
    if (w->local) {
        give_local(&how);
    }
    right(w, context, lk_data_from_texts(context, texts, sizes, 1, &how, &data));
    return data;
}

static void sample(worker *w, lk_context *context) {
    static const int32_t labels[] = {1, 0, 1};
    lk_data *drawn = NULL;
    lk_sampling how = lk_sampling_defaults();
    how.count = w->text ? 2 : COUNT;
    how.length = 40;
    how.labels = w->labelled ? labels : NULL;
    how.label_count = w->labelled ? 3 : 0;
    how.local = w->local ? numbers : NULL;
    how.local_count = w->local ? 10 : 0;
    if (right(w, context, lk_model_sample(context, w->model, &how, &drawn))) {
        lk_bytes bytes = {0};
        if (!w->text) {
            memcpy(w->found->sampled, lk_data_values(drawn), COUNT * PIXELS * 2);
        } else if (right(w, context, lk_data_text(context, drawn, 1, &bytes))) {
            memcpy(w->found->sampled, bytes.data, (size_t)bytes.size);
        }
        lk_bytes_release(&bytes);
    }
    lk_data_destroy(drawn);
}

static void code(worker *w, lk_context *context, const lk_data *data) {
    lk_data *restored = NULL;
    lk_bytes_release(&w->found->packed);
    bool coded = right(
        w, context,
        lk_model_compress(context, w->model, data, NULL, lk_to_memory(&w->found->packed), NULL));
    lk_input input = lk_from_memory(w->found->packed.data, w->found->packed.size);
    if (coded &&
        right(w, context, lk_model_decompress(context, w->model, input, NULL, &restored, NULL))) {
        w->found->restored = lk_data_count(restored) == lk_data_count(data);
    }
    lk_data_destroy(restored);
}

static void *work(void *argument) {
    worker *w = argument;
    lk_context *context = make_context(2);
    for (int round = 0; round < ROUNDS; round++) {
        lk_data *data = make_data(w, context);
        right(w, context,
              lk_model_nll(context, w->model, data, NULL, w->found->nll, w->found->surprisal));
        if (!w->text) {
            right(w, context,
                  lk_model_p_values(context, w->model, w->found->nll, COUNT, w->found->p_value));
        }
        sample(w, context);
        code(w, context, data);
        lk_data_destroy(data);
    }
    lk_context_destroy(context);
    return NULL;
}

static void same(const findings *a, const findings *b) {
    assert_memory_equal(a->nll, b->nll, sizeof a->nll);
    assert_memory_equal(a->surprisal, b->surprisal, sizeof a->surprisal);
    assert_memory_equal(a->p_value, b->p_value, sizeof a->p_value);
    assert_memory_equal(a->sampled, b->sampled, sizeof a->sampled);
    assert_int_equal(a->packed.size, b->packed.size);
    assert_memory_equal(a->packed.data, b->packed.data, (size_t)a->packed.size);
    assert_true(a->restored && b->restored);
}

/* The last one alone, then all at once. */
static void check(const lk_model *model, bool text, bool labelled, bool local) {
    worker w[THREADS + 1];
    memset(w, 0, sizeof w);
    for (int i = THREADS; i >= 0; i--) {
        w[i].model = model;
        w[i].text = text;
        w[i].labelled = labelled;
        w[i].local = local;
        w[i].found = calloc(1, sizeof *w[i].found);
        if (i == THREADS) {
            work(&w[i]);
        } else {
            assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(w[i].thread, NULL);
    }
    for (int i = 0; i <= THREADS; i++) {
        if (w[i].fault[0] != '\0') {
            fail_msg("thread %d: %s", i, w[i].fault);
        }
        same(w[i].found, w[THREADS].found);
    }
    for (int i = 0; i <= THREADS; i++) {
        lk_bytes_release(&w[i].found->packed);
        free(w[i].found);
    }
}

/* Saved and loaded: the context that a model was made in is gone. */
static lk_model *reload(lk_context *context, lk_model *model) {
    lk_bytes bytes;
    lk_model *loaded;
    must(context, lk_model_save(context, model, lk_to_memory(&bytes)));
    lk_model_destroy(model);
    must(context, lk_model_load(context, lk_from_memory(bytes.data, bytes.size), &loaded));
    lk_bytes_release(&bytes);
    lk_context_destroy(context);
    return loaded;
}

static lk_data *make_text_beside(lk_context *context) {
    const void *texts[] = {TEXT};
    const int64_t sizes[] = {sizeof TEXT - 1};
    lk_loading how = {.text = LK_TEXT_CHARACTERS};
    lk_data *data;
    give_local(&how);
    must(context, lk_data_from_texts(context, texts, sizes, 1, &how, &data));
    return data;
}

static void test_models_are_shared(void **state) {
    static const struct {
        const char *family, *setting;
        bool text, labelled, local;
    } rows[] = {
        {"made", "masks=2", false, false, false},
        {"made", "hidden=9", false, true, false},
        {"pixelcnn", "channels=3", false, false, false},
        {"conv1d", "weight_norm=true", false, false, false},
        {"charrnn", "width=8", true, false, false},
        {"wavenet", "layers=3", true, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_context *context = make_context(2);
        lk_data *train = rows[i].local  ? make_text_beside(context)
                         : rows[i].text ? make_text(context, LK_TEXT_CHARACTERS)
                                        : make_pictures(context, 30, 4, 1);
        lk_data *valid = rows[i].text ? NULL : make_pictures(context, 20, 4, 2);
        lk_training how = lk_training_defaults();
        lk_model *model;
        how.family = rows[i].family;
        how.settings = &rows[i].setting;
        how.setting_count = 1;
        how.condition = rows[i].labelled;
        how.epochs = 2;
        how.batch = 10;
        how.window = 8;
        must(context, lk_model_train(context, &how, train, valid, &model));
        lk_data_destroy(train);
        lk_data_destroy(valid);
        model = reload(context, model);
        check(model, rows[i].text, rows[i].labelled, rows[i].local);
        lk_model_destroy(model);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
