/* What the tests of the training loop share: tiny MADEs, made-up data, a folder, a watching
 * callback. Included by *_test.c only; not every test uses all of it. */
#ifndef LK_TRAIN_TESTING_H
#define LK_TRAIN_TESTING_H

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "models/model_file.h"
#include "train/evaluate.h"
#include "train/train.h"

#define VARIABLES 12
#define EXAMPLES 50
#define BATCH 8 /* seven batches an epoch, the last of two examples */
#define SEED 5

/* ---- fixtures -------------------------------------------------------------------------------- */

static char folder[] = "/tmp/likely-loop-test-XXXXXX";

static const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline void remove_files(void) {
    char command[300];
    snprintf(command, sizeof command, "rm -f %s/*", folder);
    assert_int_equal(system(command), 0);
}

static inline lk_shape line(int64_t variables) {
    return (lk_shape){.axes = 1, .size = {variables}};
}

/* Each variable mostly repeats the one before; grey > 2 gives grey values. */
static inline lk_dataset *make_data(lk_context *context, int64_t examples, int32_t alphabet,
                                    uint64_t seed) {
    lk_dataset *data;
    assert_int_equal(
        lk_dataset_create(context, "made-up data", line(VARIABLES), examples, alphabet, &data),
        LK_OK);
    lk_random random = {seed, LK_FOR_CHECK};
    for (int64_t i = 0; i < examples; i++) {
        uint16_t *x = data->values + i * VARIABLES;
        for (int64_t v = 0; v < VARIABLES; v++) {
            bool repeat = v > 0 && lk_random_unit(random, (uint64_t)i, 2 * (uint64_t)v) < 0.8f;
            uint64_t fresh =
                lk_random_below(random, (uint64_t)i, 2 * (uint64_t)v + 1, (uint64_t)alphabet);
            x[v] = repeat ? x[v - 1] : (uint16_t)fresh;
        }
    }
    return data;
}

typedef struct setting {
    const char *masks, *dropout;
    lk_binarization binarization;
    int threads;
    const char *family; /* NULL: made */
} setting;

typedef struct bench {
    lk_context *context;
    lk_model *model;
    lk_dataset *train, *valid;
} bench;

static inline bench setup(setting how) {
    bench b;
    const char *assignments[] = {"hidden=17", how.masks, how.dropout, "order_agnostic=true"};
    assert_int_equal(lk_context_create(how.threads, &b.context), LK_OK);
    lk_data_description description = {.shape = line(VARIABLES),
                                       .variables = VARIABLES,
                                       .alphabet = 2,
                                       .binarization = how.binarization};
    lk_status status = how.family == NULL ? lk_model_create(b.context, "made", assignments, 4,
                                                            description, "natural", SEED, &b.model)
                                          : lk_model_create(b.context, how.family, assignments, 3,
                                                            description, "natural", SEED, &b.model);
    if (status != LK_OK) {
        printf("%s\n", lk_context_message(b.context));
    }
    assert_int_equal(status, LK_OK);
    b.train = make_data(b.context, EXAMPLES, how.binarization == LK_BINARIZE_SAMPLE ? 256 : 2, 1);
    b.valid = make_data(b.context, 21, 2, 2);
    return b;
}

static inline void teardown(bench *b) {
    lk_dataset_destroy(b->train);
    lk_dataset_destroy(b->valid);
    lk_model_destroy(b->model);
    lk_context_destroy(b->context);
}

#define UNUSED __attribute__((unused))
static const setting PLAIN UNUSED = {"masks=1", "dropout=0", LK_BINARIZE_NONE, 1, NULL};
static const setting RICH UNUSED = {"masks=6", "dropout=0.2", LK_BINARIZE_SAMPLE, 2, NULL};

/* Trained on another network than it is evaluated by. */
static const setting ORDERLESS UNUSED = {"orders=3", "dropout=0.2", LK_BINARIZE_NONE, 2,
                                         "eonade"};

static inline lk_train_options options_for_tests(void) {
    lk_train_options o = lk_train_defaults();
    o.epochs = 4;
    o.batch_size = BATCH;
    o.optimizer.learning_rate = 0.01;
    o.ema = 0.9;
    o.clip = 0.5;
    o.seed = SEED;
    o.rate.name = "cosine";
    o.rate.warmup_steps = 5;
    o.progress_seconds = 0;
    return o;
}

static inline void succeeds(const bench *b, lk_status status) {
    if (status != LK_OK) {
        printf("%s\n", lk_context_message(b->context));
    }
    assert_int_equal(status, LK_OK);
}

static inline void same_weights(const lk_model *a, const lk_model *b) {
    assert_int_equal(a->parameters->count, b->parameters->count);
    for (int32_t i = 0; i < a->parameters->count; i++) {
        const lk_parameter *p = &a->parameters->list[i], *q = &b->parameters->list[i];
        assert_memory_equal(p->value, q->value, (size_t)(p->rows * p->columns) * sizeof(float));
    }
}

/* Of the training that made the model. */
static inline int64_t declared_slices(const lk_model *model) {
    json_t *history = json_loads(model->history, 0, NULL);
    json_t *options = json_object_get(history, "options");
    int64_t slices = json_integer_value(json_object_get(options, "slices"));
    json_decref(history);
    return slices;
}

static inline double mean_nll(const lk_model *model, const lk_dataset *data) {
    double *nll = lk_allocate(data->examples, sizeof *nll);
    assert_int_equal(lk_evaluate_dataset(model, data, nll), LK_OK);
    double mean = lk_mean(nll, data->examples);
    lk_release(nll);
    return mean;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

typedef struct watcher {
    int64_t calls, stop_at; /* stops at that call; 0: never */
    int64_t epochs_ended;
    double best, last_valid;
    char note[256];
} watcher;

static inline bool watch(void *argument, const lk_train_progress *p) {
    watcher *w = argument;
    w->calls++;
    w->epochs_ended += p->epoch_ended;
    w->best = p->best_valid_nll_nats;
    w->last_valid = p->valid_nll_nats;
    assert_true(p->step >= 0 && p->step <= p->steps_in_epoch && p->epoch >= 1);
    if (p->note != NULL) {
        snprintf(w->note, sizeof w->note, "%s", p->note);
    }
    return w->calls != w->stop_at;
}

static inline int make_folder(void **unused) {
    (void)unused;
    return mkdtemp(folder) != NULL ? 0 : 1;
}

static inline int remove_folder(void **unused) {
    (void)unused;
    remove_files();
    return rmdir(folder);
}

#endif
