/* What the tests of the library share, which see nothing but its header: data, models, checks.
 * Included by *_test.c only. */
#ifndef LK_LIBRARY_TESTING_H
#define LK_LIBRARY_TESTING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <likely.h>

/* After success there is no message; none speaks of the command and its options. */
static inline void well_said(const lk_context *context, lk_status status) {
    const char *message = lk_context_message(context);
    if (context != NULL && (status == LK_OK ? message[0] != '\0'
                                            : strstr(message, "--") != NULL ||
                                                  strstr(message, "likely train") != NULL)) {
        fail_msg("%s: %s", lk_status_text(status), message);
    }
}

static inline void must(lk_context *context, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s: %s", lk_status_text(status), lk_context_message(context));
    }
    well_said(context, status);
}

/* status must be `expected` and the message contain `part`. */
static inline void refused(lk_context *context, lk_status status, lk_status expected,
                           const char *part) {
    if (status != expected || strstr(lk_context_message(context), part) == NULL) {
        fail_msg("expected '%s' with \"%s\"; got '%s': %s", lk_status_text(expected), part,
                 lk_status_text(status), lk_context_message(context));
    }
    well_said(context, status);
}

static inline lk_context *make_context(int threads) {
    lk_context *context = NULL;
    must(context, lk_context_create(threads, &context));
    return context;
}

#define SIDE 4
#define PIXELS (SIDE * SIDE)
#define LABELS 2
#define TEXT                                                                           \
    "the cat sat on the mat, and the rat sat on the cat; the hat and the bat were at " \
    "that mat. \xc3\xa9t\xc3\xa9 was hot, and the cat ate the rat at last. "

/* 4x4 pictures of `alphabet` values that lean on the one before, labelled by their first. */
static inline lk_data *make_pictures(lk_context *context, int64_t count, int32_t alphabet,
                                     unsigned seed) {
    uint8_t *pixels = malloc((size_t)(count * PIXELS));
    int32_t *labels = malloc((size_t)count * sizeof *labels);
    for (int64_t i = 0; i < count * PIXELS; i++) {
        seed = seed * 1103515245U + 12345U;
        unsigned draw = seed >> 16;
        pixels[i] = (uint8_t)(i % PIXELS > 0 && draw % 4 > 0 ? pixels[i - 1]
                                                             : draw / 4 % (unsigned)alphabet);
        labels[i / PIXELS] = pixels[i / PIXELS * PIXELS] % LABELS;
    }
    lk_values values = {.values = pixels,
                        .bits = 8,
                        .examples = count,
                        .shape = {2, {SIDE, SIDE}},
                        .alphabet = alphabet,
                        .labels = labels};
    lk_data *data;
    must(context, lk_data_from_values(context, &values, &data));
    free(pixels);
    free(labels);
    return data;
}

static inline lk_data *make_text(lk_context *context, lk_text_kind kind) {
    const void *texts[] = {TEXT};
    const int64_t sizes[] = {sizeof TEXT - 1};
    lk_loading how = lk_loading_defaults();
    lk_data *data;
    how.text = kind;
    must(context, lk_data_from_texts(context, texts, sizes, 1, &how, &data));
    return data;
}

/* Of words, labelled by its second column. */
static inline lk_data *make_table(lk_context *context) {
    static const char table[] = "a,b\nx,p\ny,q\nx,q\n";
    lk_loading how = lk_loading_defaults();
    lk_data *data;
    how.label = "b";
    must(context, lk_data_load(context, lk_from_memory(table, sizeof table - 1), &how, &data));
    return data;
}

/* Trained for a moment. settings: one, or NULL. */
static inline lk_model *make_model(lk_context *context, const char *family, const char *setting,
                                   const lk_data *train, const lk_data *valid) {
    lk_model *model;
    lk_training how = lk_training_defaults();
    how.family = family;
    how.settings = &setting;
    how.setting_count = setting != NULL;
    how.epochs = 2;
    how.batch = 10;
    how.window = 8;
    must(context, lk_model_train(context, &how, train, valid, &model));
    return model;
}

/* The sum of the lengths of all items. */
static inline int64_t total(const lk_data *data) {
    int64_t sum = 0;
    for (int64_t i = 0; i < lk_data_count(data); i++) {
        sum += lk_data_length(data, i);
    }
    return sum;
}

#endif
