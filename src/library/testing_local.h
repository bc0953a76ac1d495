/* Texts beside slower sequences, and models of them. Included by local*_test.c only. */
#ifndef LK_LIBRARY_TESTING_LOCAL_H
#define LK_LIBRARY_TESTING_LOCAL_H

#include "library/testing.h"

#define TEXTS 3
#define EVERY 3
#define MOST 600 /* symbols of a text, and numbers beside it */

static inline int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static inline int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

/* Texts of a and b, drawn for every 3 symbols; the numbers beside them tell which. */
typedef struct told {
    char text[TEXTS][MOST];
    uint16_t number[TEXTS][MOST];
    const void *texts[TEXTS];
    const uint16_t *numbers[TEXTS];
    int64_t sizes[TEXTS], counts[TEXTS];
} told;

static inline told make_told(unsigned seed) {
    static const int64_t sizes[TEXTS] = {MOST, 100, 1};
    told t = {0};
    for (int i = 0; i < TEXTS; i++) {
        t.sizes[i] = sizes[i];
        t.counts[i] = (sizes[i] + EVERY - 1) / EVERY;
        for (int64_t k = 0; k < sizes[i]; k++) {
            seed = k % EVERY == 0 ? seed * 1103515245U + 12345U : seed;
            t.number[i][k / EVERY] = seed >> 20 & 1;
            t.text[i][k] = (char)('a' + (seed >> 20 & 1));
        }
    }
    return t;
}

static inline lk_loading loading_of(told *t, int64_t count) {
    lk_loading how = lk_loading_defaults();
    for (int i = 0; i < TEXTS; i++) {
        t->texts[i] = t->text[i];
        t->numbers[i] = t->number[i];
    }
    how.text = LK_TEXT_BYTES;
    how.local_symbols = t->numbers;
    how.local_counts = t->counts;
    how.local_items = count;
    how.local_every = EVERY;
    return how;
}

static inline lk_data *load_told(lk_context *context, told *t, int64_t count) {
    const lk_loading how = loading_of(t, count);
    lk_data *data;
    must(context, lk_data_from_texts(context, t->texts, t->sizes, count, &how, &data));
    return data;
}

static inline lk_model *train(lk_context *context, const lk_data *data, const lk_data *valid,
                              int64_t epochs) {
    static const char *const settings[] = {"layers=2", "channels=8", "gates=8", "skip=16"};
    lk_training how = lk_training_defaults();
    lk_model *model;
    how.family = "wavenet";
    how.settings = settings;
    how.setting_count = 4;
    how.epochs = epochs;
    how.window = 30;
    how.batch = 4;
    how.learning_rate = 0.01;
    must(context, lk_model_train(context, &how, data, valid, &model));
    return model;
}

#endif
