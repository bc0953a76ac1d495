/* A resumed run equals an uninterrupted one, bit for bit, wherever it was stopped or killed; what
 * differs is named. */
#include "train/testing.h"

/* Trains to the end, stopped at every so many progress calls and resumed by a new model each time;
 * threads change as well. */
static bench in_pieces(setting how, int64_t calls, bool with_valid) {
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

static void resumed_equals_uninterrupted(void **unused) {
    (void)unused;
    const int64_t calls[] = {
        1, 3, 7, 8, 10, 29}; /* 8 calls an epoch: within, at the last step, at the end of one */
    for (int kind = 0; kind < 4; kind++) {
        setting how = kind == 0 ? PLAIN : kind == 3 ? ORDERLESS : RICH;
        bench whole = setup(how);
        lk_train_options o = options_for_tests();
        succeeds(&whole, lk_train(whole.model, whole.train, kind != 2 ? whole.valid : NULL, &o));
        bench untrained = setup(how);
        double before = mean_nll(untrained.model, untrained.valid),
               after = mean_nll(whole.model, whole.valid);
        printf("NLL %.4f before, %.4f after\n", before, after);
        assert_true(after < before - 0.02);
        teardown(&untrained);
        for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
            if (kind > 0 && calls[c] == 1) {
                continue; /* 50 sessions of that kind take their time */
            }
            bench pieces = in_pieces(how, calls[c], kind != 2);
            same_weights(whole.model, pieces.model);
            assert_int_equal(whole.model->calibration_count, pieces.model->calibration_count);
            teardown(&pieces);
        }
        teardown(&whole);
    }
}

/* A real kill -9 at whatever moment: a child writes a checkpoint after every step. */
static void killed_equals_uninterrupted(void **unused) {
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
    printf("killed %d times, last checkpoint %s\n", killed,
           access(o.checkpoint, F_OK) == 0 ? "found" : "never written");
    bench b = setup(RICH);
    o.resume = true;
    o.checkpoint_seconds = 1e9;
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    same_weights(whole.model, b.model);
    remove_files();
    teardown(&b);
    teardown(&whole);
}

/* The final checkpoint is no end: more epochs continue from it. */
static void more_epochs_continue(void **unused) {
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

static void mismatch_is_named(void **unused) {
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
    } bad[] = {{"batch size", good},    {"seed", good},         {"optimizer", good},
               {"learning rate", good}, {"clip", good},         {"ema", good},
               {"schedule", good},      {"weight decay", good}, {"slices", good}};
    bad[0].options.batch_size = 9;
    bad[1].options.seed = 6;
    bad[2].options.optimizer.name = "adamw";
    bad[3].options.optimizer.learning_rate = 0.02;
    bad[4].options.clip = 0;
    bad[5].options.ema = 0;
    bad[6].options.rate.name = "constant";
    bad[7].options.optimizer.weight_decay = 0.1;
    bad[8].options.slices = 2;
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
    bench other = setup((setting){"masks=2", "dropout=0", LK_BINARIZE_NONE, 1, NULL});
    assert_int_equal(lk_train(other.model, other.train, other.valid, &good), LK_MISMATCH);
    assert_non_null(strstr(lk_context_message(other.context), "setting masks"));
    remove_files();
    teardown(&other);
    teardown(&b);
}

/* Interrupted after the best epoch and resumed, the best weights and the count of epochs without a
 * better one are still known. */
static void early_stopping_survives_resuming(void **unused) {
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_equals_uninterrupted),
        cmocka_unit_test(killed_equals_uninterrupted), cmocka_unit_test(more_epochs_continue),
        cmocka_unit_test(mismatch_is_named), cmocka_unit_test(early_stopping_survives_resuming)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
