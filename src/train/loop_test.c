/* The loop, on tiny MADEs: it overfits; threads do not matter; what diverges is named; early
 * stopping keeps the best weights; warnings and limits. */
#include "train/testing.h"

/* The least NLL that any distribution can have on average: the entropy of the examples'
 * frequencies. */
static double entropy_of(const lk_dataset *data) {
    double sum = 0;
    for (int64_t i = 0; i < data->examples; i++) {
        int equal = 0;
        for (int64_t k = 0; k < data->examples; k++) {
            equal += memcmp(data->values + i * VARIABLES, data->values + k * VARIABLES,
                            VARIABLES * sizeof(uint16_t)) == 0;
        }
        sum -= log((double)equal / (double)data->examples);
    }
    return sum / (double)data->examples;
}

static void overfits_eight_examples(void **unused) {
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

static void divergence_is_named(void **unused) {
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
static void gradient_overflow_is_named(void **unused) {
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options o = options_for_tests();
    o.batch_size = 1;
    for (int32_t i = 0; i < b.model->parameters->count; i++) {
        lk_parameter *p = &b.model->parameters->list[i];
        bool huge = strcmp(p->name, "logits.weight") == 0,
             tiny = strcmp(p->name, "hidden1.bias") == 0;
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

static void damaged_weights_are_named(void **unused) {
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

static void early_stopping_keeps_the_best(void **unused) {
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

/* More than one mask: the figure at the end is that of the whole mixture. */
static void mixture_is_scored_at_the_end(void **unused) {
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

static void warns_when_nothing_is_learned(void **unused) {
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

static void minutes_end_it(void **unused) {
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options o = options_for_tests();
    o.epochs = 0;
    o.patience = 0;
    o.rate = lk_rate_defaults();
    assert_int_equal(lk_train(b.model, b.train, b.valid, &o),
                     LK_INVALID); /* nothing would end it */
    o.minutes = 0.001;
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    assert_non_null(strstr(b.model->history, "\"minutes\""));
    teardown(&b);
}

static void threads_do_not_matter(void **unused) {
    (void)unused;
    const int threads[] = {1, 2, 3, 5};
    for (int64_t slices = 0; slices <= BATCH; slices += slices < 3 ? 1 : 5) {
        bench b[4];
        for (int k = 0; k < 4; k++) {
            setting how = RICH;
            how.threads = threads[k];
            b[k] = setup(how);
            lk_train_options o = options_for_tests();
            o.slices = slices;
            succeeds(&b[k], lk_train(b[k].model, b[k].train, b[k].valid, &o));
            same_weights(b[0].model, b[k].model);
            assert_int_equal(declared_slices(b[k].model), slices == 0 ? 1 : slices);
        }
        for (int k = 0; k < 4; k++) {
            teardown(&b[k]);
        }
    }
}

/* At most one for each example of a minibatch; fewer examples than that have fewer. */
static void slices_are_checked(void **unused) {
    (void)unused;
    bench b = setup(PLAIN);
    lk_train_options o = options_for_tests();
    o.slices = BATCH + 1;
    assert_int_equal(lk_train(b.model, b.train, b.valid, &o), LK_INVALID);
    assert_non_null(strstr(lk_context_message(b.context), "9 slices of minibatches of 8"));
    o.slices = -1;
    assert_int_equal(lk_train(b.model, b.train, b.valid, &o), LK_INVALID);
    lk_dataset *few = make_data(b.context, 5, 2, 9);
    o.slices = BATCH;
    succeeds(&b, lk_train(b.model, few, b.valid, &o));
    assert_int_equal(declared_slices(b.model), 5);
    lk_dataset_destroy(few);
    teardown(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(overfits_eight_examples),
                                       cmocka_unit_test(threads_do_not_matter),
                                       cmocka_unit_test(slices_are_checked),
                                       cmocka_unit_test(divergence_is_named),
                                       cmocka_unit_test(gradient_overflow_is_named),
                                       cmocka_unit_test(damaged_weights_are_named),
                                       cmocka_unit_test(early_stopping_keeps_the_best),
                                       cmocka_unit_test(mixture_is_scored_at_the_end),
                                       cmocka_unit_test(warns_when_nothing_is_learned),
                                       cmocka_unit_test(minutes_end_it)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
