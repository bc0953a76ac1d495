/* The loop, on tiny MADEs: it overfits; a resumed run equals an uninterrupted one, bit for bit, wherever it was stopped or killed; threads
 * do not matter; what diverges is named; early stopping keeps the best weights; grey data are binarized afresh. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/random.h"
#include "models/model_file.h"
#include "train/evaluate.h"
#include "train/train.h"

#define VARIABLES 12
#define EXAMPLES 50
#define BATCH 8 /* seven batches an epoch, the last of two examples */
#define SEED 5

/* ---- fixtures ---- */

static char folder[] = "/tmp/likely-loop-test-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_files(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -f %s/*", folder);
    assert_int_equal(system(command), 0);
}

static lk_shape line(int64_t variables)
{
    return (lk_shape){.axes = 1, .size = {variables}};
}

/* Each variable mostly repeats the one before; grey > 2 gives grey values. */
static lk_dataset *make_data(lk_context *context, int64_t examples, int32_t alphabet, uint64_t seed)
{
    lk_dataset *data;
    assert_int_equal(lk_dataset_create(context, "made-up data", line(VARIABLES), examples, alphabet, &data), LK_OK);
    lk_random random = {seed, LK_FOR_CHECK};
    for (int64_t i = 0; i < examples; i++) {
        uint16_t *x = data->values + i * VARIABLES;
        for (int64_t v = 0; v < VARIABLES; v++) {
            bool repeat = v > 0 && lk_random_unit(random, (uint64_t)i, 2 * (uint64_t)v) < 0.8f;
            uint64_t fresh = lk_random_below(random, (uint64_t)i, 2 * (uint64_t)v + 1, (uint64_t)alphabet);
            x[v] = repeat ? x[v - 1] : (uint16_t)fresh;
        }
    }
    return data;
}

typedef struct setting {
    const char *masks, *dropout;
    lk_binarization binarization;
    int threads;
} setting;

typedef struct bench {
    lk_context *context;
    lk_model *model;
    lk_dataset *train, *valid;
} bench;

static bench setup(setting how)
{
    bench b;
    const char *assignments[] = {"hidden=17", how.masks, how.dropout, "order_agnostic=true"};
    assert_int_equal(lk_context_create(how.threads, &b.context), LK_OK);
    lk_data_description description = {line(VARIABLES), VARIABLES, 2, how.binarization};
    lk_status status = lk_model_create(b.context, "made", assignments, 4, description, "natural", SEED, &b.model);
    if (status != LK_OK) {
        printf("%s\n", lk_context_message(b.context));
    }
    assert_int_equal(status, LK_OK);
    b.train = make_data(b.context, EXAMPLES, how.binarization == LK_BINARIZE_SAMPLE ? 256 : 2, 1);
    b.valid = make_data(b.context, 21, 2, 2);
    return b;
}

static void teardown(bench *b)
{
    lk_dataset_destroy(b->train);
    lk_dataset_destroy(b->valid);
    lk_model_destroy(b->model);
    lk_context_destroy(b->context);
}

static const setting PLAIN = {"masks=1", "dropout=0", LK_BINARIZE_NONE, 1};
static const setting RICH = {"masks=6", "dropout=0.2", LK_BINARIZE_SAMPLE, 2};

static lk_train_options options_for_tests(void)
{
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

static void succeeds(const bench *b, lk_status status)
{
    if (status != LK_OK) {
        printf("%s\n", lk_context_message(b->context));
    }
    assert_int_equal(status, LK_OK);
}

static void same_weights(const lk_model *a, const lk_model *b)
{
    assert_int_equal(a->parameters->count, b->parameters->count);
    for (int32_t i = 0; i < a->parameters->count; i++) {
        const lk_parameter *p = &a->parameters->list[i], *q = &b->parameters->list[i];
        assert_memory_equal(p->value, q->value, (size_t)(p->rows * p->columns) * sizeof(float));
    }
}

static double mean_nll(const lk_model *model, const lk_dataset *data)
{
    double *nll = lk_allocate(data->examples, sizeof *nll);
    assert_int_equal(lk_evaluate(model, data, NULL, nll), LK_OK);
    double mean = lk_mean(nll, data->examples);
    lk_release(nll);
    return mean;
}

/* ---- callbacks ---- */

typedef struct watcher {
    int64_t calls, stop_at; /* stops at that call; 0: never */
    int64_t epochs_ended;
    double best, last_valid;
    char note[256];
} watcher;

static bool watch(void *argument, const lk_train_progress *p)
{
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

/* ---- tests ---- */

/* The least NLL that any distribution can have on average: the entropy of the examples' frequencies. */
static double entropy_of(const lk_dataset *data)
{
    double sum = 0;
    for (int64_t i = 0; i < data->examples; i++) {
        int equal = 0;
        for (int64_t k = 0; k < data->examples; k++) {
            equal += memcmp(data->values + i * VARIABLES, data->values + k * VARIABLES, VARIABLES * sizeof(uint16_t)) == 0;
        }
        sum -= log((double)equal / (double)data->examples);
    }
    return sum / (double)data->examples;
}

static void overfits_eight_examples(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    lk_dataset *eight = make_data(b.context, 8, 2, 3);
    lk_train_options o = lk_train_defaults();
    o.epochs = 600;
    o.optimizer.learning_rate = 0.02;
    succeeds(&b, lk_train(b.model, eight, NULL, &o));
    double nll = mean_nll(b.model, eight);
    double least = entropy_of(eight);
    printf("eight examples: NLL %.4f nats, at least %.4f (seed %d)\n", nll, least, SEED);
    assert_true(nll < least + 0.1);
    assert_true(nll > least - 1e-5);
    lk_dataset_destroy(eight);
    teardown(&b);
}

/* Trains to the end, stopped at every so many progress calls and resumed by a new model each time; threads change as well. */
static bench in_pieces(setting how, int64_t calls, bool with_valid)
{
    const int threads[] = {1, 2, 7};
    lk_train_options o = options_for_tests();
    o.checkpoint = path_of("pieces.checkpoint");
    o.checkpoint_seconds = 1e9;
    o.progress = watch;
    for (int session = 0;; session++) {
        watcher w = {.stop_at = calls};
        how.threads = threads[session % 3];
        bench b = setup(how);
        o.resume = session > 0;
        o.progress_argument = &w;
        lk_status status = lk_train(b.model, b.train, with_valid ? b.valid : NULL, &o);
        if (status == LK_OK) {
            assert_true(session > 0);
            remove_files();
            return b;
        }
        assert_int_equal(status, LK_INTERRUPTED);
        assert_non_null(strstr(lk_context_message(b.context), "pieces.checkpoint"));
        teardown(&b);
        assert_true(session < 50);
    }
}

static void resumed_equals_uninterrupted(void **unused)
{
    (void)unused;
    const int64_t calls[] = {1, 3, 7, 8, 10, 29}; /* 8 calls an epoch: within, at the last step, at the end of one */
    for (int kind = 0; kind < 3; kind++) {
        setting how = kind == 0 ? PLAIN : RICH;
        bench whole = setup(how);
        lk_train_options o = options_for_tests();
        succeeds(&whole, lk_train(whole.model, whole.train, kind < 2 ? whole.valid : NULL, &o));
        bench untrained = setup(how);
        double before = mean_nll(untrained.model, untrained.valid), after = mean_nll(whole.model, whole.valid);
        printf("NLL %.4f before, %.4f after\n", before, after);
        assert_true(after < before - 0.02);
        teardown(&untrained);
        for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
            if (kind > 0 && calls[c] == 1) {
                continue; /* 50 sessions of that kind take their time */
            }
            bench pieces = in_pieces(how, calls[c], kind < 2);
            same_weights(whole.model, pieces.model);
            assert_int_equal(whole.model->calibration_count, pieces.model->calibration_count);
            teardown(&pieces);
        }
        teardown(&whole);
    }
}

/* A real kill -9 at whatever moment: a child writes a checkpoint after every step. */
static void killed_equals_uninterrupted(void **unused)
{
    (void)unused;
    bench whole = setup(RICH);
    lk_train_options o = options_for_tests();
    o.epochs = 40;
    succeeds(&whole, lk_train(whole.model, whole.train, whole.valid, &o));
    o.checkpoint = path_of("killed.checkpoint");
    o.checkpoint_seconds = 0;
    int killed = 0;
    for (int kill_number = 0; kill_number < 4; kill_number++) {
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            bench b = setup(RICH);
            o.resume = true; /* also the first time, when there is none */
            _exit(lk_train(b.model, b.train, b.valid, &o) == LK_OK ? 0 : 1);
        }
        usleep(15000u + 10000u * (unsigned)kill_number);
        kill(child, SIGKILL);
        int status;
        assert_true(waitpid(child, &status, 0) == child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        killed += WIFSIGNALED(status);
    }
    printf("killed %d times, last checkpoint %s\n", killed, access(o.checkpoint, F_OK) == 0 ? "found" : "never written");
    bench b = setup(RICH);
    o.resume = true;
    o.checkpoint_seconds = 1e9;
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    same_weights(whole.model, b.model);
    remove_files();
    teardown(&b);
    teardown(&whole);
}

static void threads_do_not_matter(void **unused)
{
    (void)unused;
    const int threads[] = {1, 2, 7};
    bench b[3];
    for (int k = 0; k < 3; k++) {
        setting how = RICH;
        how.threads = threads[k];
        b[k] = setup(how);
        lk_train_options o = options_for_tests();
        succeeds(&b[k], lk_train(b[k].model, b[k].train, b[k].valid, &o));
        same_weights(b[0].model, b[k].model);
    }
    for (int k = 0; k < 3; k++) {
        teardown(&b[k]);
    }
}

/* The final checkpoint is no end: more epochs continue from it. */
static void more_epochs_continue(void **unused)
{
    (void)unused;
    bench whole = setup(PLAIN), parts = setup(PLAIN), again = setup(PLAIN);
    lk_train_options o = options_for_tests();
    o.rate.name = "constant"; /* a cosine would have ended elsewhere */
    succeeds(&whole, lk_train(whole.model, whole.train, whole.valid, &o));
    o.checkpoint = path_of("more.checkpoint");
    o.epochs = 2;
    succeeds(&parts, lk_train(parts.model, parts.train, parts.valid, &o));
    o.epochs = 4;
    o.resume = true;
    succeeds(&again, lk_train(again.model, again.train, again.valid, &o));
    same_weights(whole.model, again.model);
    json_t *history = json_loads(again.model->history, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(history, "epochs")), 4);
    assert_string_equal(json_string_value(json_object_get(history, "stopped")), "epochs");
    json_decref(history);
    remove_files();
    teardown(&whole);
    teardown(&parts);
    teardown(&again);
}

static void mismatch_is_named(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options good = options_for_tests();
    good.checkpoint = path_of("mismatch.checkpoint");
    good.epochs = 1;
    succeeds(&b, lk_train(b.model, b.train, b.valid, &good));
    good.resume = true;
    good.patience = 3; /* may change */
    succeeds(&b, lk_train(b.model, b.train, b.valid, &good));
    struct {
        const char *word;
        lk_train_options options;
    } bad[] = {{"batch size", good}, {"seed", good},  {"optimizer", good}, {"learning rate", good},
               {"clip", good},       {"ema", good},   {"schedule", good},  {"weight decay", good}};
    bad[0].options.batch_size = 9;
    bad[1].options.seed = 6;
    bad[2].options.optimizer.name = "adamw";
    bad[3].options.optimizer.learning_rate = 0.02;
    bad[4].options.clip = 0;
    bad[5].options.ema = 0;
    bad[6].options.rate.name = "constant";
    bad[7].options.optimizer.weight_decay = 0.1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(lk_train(b.model, b.train, b.valid, &bad[i].options), LK_MISMATCH);
        printf("%s\n", lk_context_message(b.context));
        assert_non_null(strstr(lk_context_message(b.context), bad[i].word));
    }
    b.train->values[7] ^= 1;
    assert_int_equal(lk_train(b.model, b.train, b.valid, &good), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(b.context), "training data"));
    b.train->values[7] ^= 1;
    assert_int_equal(lk_train(b.model, b.train, NULL, &good), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(b.context), "validation data"));
    bench other = setup((setting){"masks=2", "dropout=0", LK_BINARIZE_NONE, 1});
    assert_int_equal(lk_train(other.model, other.train, other.valid, &good), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(other.context), "setting masks"));
    remove_files();
    teardown(&other);
    teardown(&b);
}

static void divergence_is_named(void **unused)
{
    (void)unused;
    for (int clipped = 0; clipped < 2; clipped++) {
        bench b = setup(PLAIN);
        lk_train_options o = options_for_tests();
        o.optimizer.name = "sgd";
        o.optimizer.learning_rate = 1e25;
        o.rate = lk_rate_defaults();
        o.clip = clipped ? 1e20 : 0;
        assert_int_equal(lk_train(b.model, b.train, b.valid, &o), LK_NOT_FINITE);
        const char *message = lk_context_message(b.context);
        printf("%s\n", message);
        assert_non_null(strstr(message, "epoch 1, batch "));
        assert_non_null(strstr(message, "learning rate (now 1e+25)"));
        assert_true(strstr(message, "node ") != NULL || strstr(message, "parameter ") != NULL);
        teardown(&b);
    }
}

/* A finite NLL whose gradient overflows: tiny hidden values times huge weights. */
static void gradient_overflow_is_named(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options o = options_for_tests();
    o.batch_size = 1;
    for (int32_t i = 0; i < b.model->parameters->count; i++) {
        lk_parameter *p = &b.model->parameters->list[i];
        bool huge = strcmp(p->name, "logits.weight") == 0, tiny = strcmp(p->name, "hidden1.bias") == 0;
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            bool live = p->live == NULL || e % p->columns < p->live[e / p->columns];
            p->value[e] = huge && live ? 3e38f : tiny ? 1e-38f : 0;
        }
    }
    assert_int_equal(lk_train(b.model, b.train, b.valid, &o), LK_NOT_FINITE);
    printf("%s\n", lk_context_message(b.context));
    assert_non_null(strstr(lk_context_message(b.context), "the gradient of parameter hidden1."));
    teardown(&b);
}

static void damaged_weights_are_named(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options o = options_for_tests();
    int32_t bias = lk_parameters_find(b.model->parameters, "logits.bias");
    assert_true(bias >= 0);
    b.model->parameters->list[bias].value[3] = NAN;
    assert_int_equal(lk_train(b.model, b.train, b.valid, &o), LK_NOT_FINITE);
    printf("%s\n", lk_context_message(b.context));
    assert_non_null(strstr(lk_context_message(b.context), "logits.bias"));
    assert_non_null(strstr(lk_context_message(b.context), "made-up data"));
    teardown(&b);
}

static void early_stopping_keeps_the_best(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    lk_dataset *few = make_data(b.context, 10, 2, 9); /* soon overfitted */
    watcher w = {0};
    lk_train_options o = options_for_tests();
    o.epochs = 0;
    o.patience = 5;
    o.ema = 0;
    o.rate = lk_rate_defaults();
    o.optimizer.learning_rate = 0.02;
    o.progress = watch;
    o.progress_argument = &w;
    o.model_path = path_of("best.model");
    o.checkpoint_seconds = 0;
    succeeds(&b, lk_train(b.model, few, b.valid, &o));
    double nll = mean_nll(b.model, b.valid);
    printf("best %.6f, last %.6f, restored %.6f after %lld epochs\n%s\n", w.best, w.last_valid, nll,
           (long long)w.epochs_ended, w.note);
    assert_true(nll == w.best && w.last_valid > w.best);
    assert_non_null(strstr(w.note, "stopping"));
    json_t *history = json_loads(b.model->history, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(history, "stopped")), "patience");
    int64_t best_epoch = json_integer_value(json_object_get(history, "best_epoch"));
    assert_int_equal(best_epoch + 5, w.epochs_ended);
    json_t *epoch = json_array_get(json_object_get(history, "epochs"), (size_t)best_epoch - 1);
    assert_true(fabs(json_real_value(json_object_get(epoch, "valid_nll_nats")) - nll) < 1e-8);
    json_t *last = json_array_get(json_object_get(history, "epochs"), (size_t)w.epochs_ended - 1);
    double train_nll = json_real_value(json_object_get(last, "train_nll_nats"));
    double entropy = entropy_of(few);
    printf("train NLL of the last epoch %.4f, at least %.4f\n", train_nll, entropy);
    assert_true(train_nll > entropy && train_nll < entropy + 2);
    json_decref(history);
    lk_model *saved;
    succeeds(&b, lk_model_load(b.context, o.model_path, &saved));
    same_weights(saved, b.model);
    lk_model_destroy(saved);
    assert_int_equal(b.model->calibration_count, b.valid->examples);
    for (int64_t i = 1; i < b.model->calibration_count; i++) {
        assert_true(b.model->calibration[i - 1] <= b.model->calibration[i]);
    }
    remove_files();
    lk_dataset_destroy(few);
    teardown(&b);
}

/* Interrupted after the best epoch and resumed, the best weights and the count of epochs without a better one are still known. */
static void early_stopping_survives_resuming(void **unused)
{
    (void)unused;
    int64_t epochs[2];
    bench b[2];
    for (int k = 0; k < 2; k++) {
        watcher w = {0};
        lk_train_options o = options_for_tests();
        o.epochs = 0;
        o.patience = 12;
        o.ema = 0;
        o.rate = lk_rate_defaults();
        o.optimizer.learning_rate = 0.05;
        o.progress = watch;
        o.progress_argument = &w;
        o.progress_seconds = 1e9; /* epochs only */
        o.checkpoint = path_of(k == 0 ? "whole.checkpoint" : "parts.checkpoint");
        lk_status status;
        int sessions = 0;
        do {
            assert_true(sessions++ < 40);
            b[k] = setup(PLAIN);
            lk_dataset *few = make_data(b[k].context, 10, 2, 9);
            w.stop_at = k == 0 ? 0 : w.calls + 5;
            status = lk_train(b[k].model, few, b[k].valid, &o);
            lk_dataset_destroy(few);
            if (status == LK_INTERRUPTED) {
                teardown(&b[k]);
                o.resume = true;
            }
        } while (status == LK_INTERRUPTED);
        assert_int_equal(status, LK_OK);
        epochs[k] = w.epochs_ended;
        assert_true(w.last_valid > w.best);
    }
    printf("%lld epochs\n", (long long)epochs[0]);
    assert_int_equal(epochs[0], epochs[1]);
    same_weights(b[0].model, b[1].model);
    remove_files();
    teardown(&b[0]);
    teardown(&b[1]);
}

/* More than one mask: the figure at the end is that of the whole mixture. */
static void mixture_is_scored_at_the_end(void **unused)
{
    (void)unused;
    bench b = setup(RICH);
    lk_train_options o = options_for_tests();
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    json_t *history = json_loads(b.model->history, 0, NULL);
    double said = json_real_value(json_object_get(history, "valid_nll_nats"));
    double best = json_real_value(json_object_get(history, "best_valid_nll_nats"));
    json_decref(history);
    assert_true(fabs(said - mean_nll(b.model, b.valid)) < 1e-8);
    assert_true(fabs(best - said) > 1e-9); /* six masks against the first four */
    teardown(&b);
}

static void warns_when_nothing_is_learned(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    watcher w = {0};
    lk_train_options o = options_for_tests();
    o.epochs = 1;
    o.optimizer.learning_rate = 0;
    o.progress = watch;
    o.progress_argument = &w;
    for (int32_t i = 0; i < b.model->parameters->count; i++) {
        lk_parameter *p = &b.model->parameters->list[i];
        memset(p->value, 0, (size_t)(p->rows * p->columns) * sizeof(float));
    }
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    printf("%s\n", w.note);
    assert_non_null(strstr(w.note, "uniform"));
    assert_non_null(strstr(w.note, "learned nothing"));
    w.note[0] = '\0';
    o.epochs = 30;
    o.rate = lk_rate_defaults();
    o.optimizer.learning_rate = 0.02;
    o.batch_size = 2;
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    assert_null(strstr(w.note, "learned nothing"));
    teardown(&b);
}

static void minutes_end_it(void **unused)
{
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options o = options_for_tests();
    o.epochs = 0;
    o.patience = 0;
    o.rate = lk_rate_defaults();
    assert_int_equal(lk_train(b.model, b.train, b.valid, &o), LK_INVALID); /* nothing would end it */
    o.minutes = 0.001;
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    assert_non_null(strstr(b.model->history, "\"minutes\""));
    teardown(&b);
}

static int make_folder(void **unused)
{
    (void)unused;
    return mkdtemp(folder) != NULL ? 0 : 1;
}

static int remove_folder(void **unused)
{
    (void)unused;
    remove_files();
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overfits_eight_examples),       cmocka_unit_test(resumed_equals_uninterrupted),
        cmocka_unit_test(killed_equals_uninterrupted),   cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(more_epochs_continue),          cmocka_unit_test(mismatch_is_named),
        cmocka_unit_test(divergence_is_named),           cmocka_unit_test(gradient_overflow_is_named),
        cmocka_unit_test(damaged_weights_are_named),
        cmocka_unit_test(early_stopping_keeps_the_best), cmocka_unit_test(early_stopping_survives_resuming),
        cmocka_unit_test(mixture_is_scored_at_the_end),
        cmocka_unit_test(warns_when_nothing_is_learned), cmocka_unit_test(minutes_end_it)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
