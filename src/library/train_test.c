/* Training as a program follows and steers it: the learning curve, an end before the end, the
 * settings that decide the steps, and words that were never met. */
#include "library/testing.h"

static int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

typedef struct curve {
    int64_t calls, epochs, last;     /* of the watch, of ended epochs, number of the last */
    int64_t end_after;               /* epochs; 0: never */
    double valid, best, done, total; /* as told last; valid: at the end of an epoch */
} curve;

static bool watch(void *argument, const lk_progress *p) {
    curve *c = argument;
    c->calls++;
    if (p->epoch_ended) {
        c->valid = p->valid_nll_nats;
        c->epochs++;
        c->last = p->epoch;
    }
    c->best = p->best_nll_nats;
    c->done = p->done;
    c->total = p->total;
    return c->end_after == 0 || c->epochs < c->end_after;
}

static double mean_nll(lk_context *context, const lk_model *model, const lk_data *data) {
    double nll[64], sum = 0.0;
    must(context, lk_model_nll(context, model, data, NULL, nll, NULL));
    for (int64_t i = 0; i < lk_data_count(data); i++) {
        sum += nll[i];
    }
    return sum / (double)lk_data_count(data);
}

static void near(double a, double b) {
    if (!(fabs(a - b) <= 1e-9 * fabs(b))) {
        fail_msg("%.12g and %.12g", a, b);
    }
}

static const char *const families[] = {"made", "bernoulli-mixture"};

static lk_training plan(int i) {
    static const char *const settings[] = {"hidden=5", "components=2"};
    lk_training how = lk_training_defaults();
    how.family = families[i];
    how.settings = &settings[i];
    how.setting_count = 1;
    how.batch = 10;
    how.epochs = 20;
    return how;
}

/* A call for each epoch or iteration, and one at the end, however fast they are. */
static void test_a_learning_curve(void **state) {
    lk_context *context = *state;
    lk_data *train = make_pictures(context, 40, 4, 1), *valid = make_pictures(context, 30, 4, 2);
    for (int i = 0; i < 2; i++) {
        curve c = {0};
        lk_model *model;
        lk_training how = plan(i);
        lk_context_watch(context, watch, &c);
        must(context, lk_model_train(context, &how, train, valid, &model));
        lk_context_watch(context, NULL, NULL);
        assert_true(i == 0 ? c.epochs == 20 && c.last == 20 : c.epochs > 2);
        assert_true(isfinite(c.valid) && c.calls > c.epochs);
        assert_true(c.done > 0.0 && c.done == c.total);
        near(c.best, mean_nll(context, model, valid));
        lk_model_destroy(model);
    }
    lk_data_destroy(train);
    lk_data_destroy(valid);
}

/* What was best so far is given; what is not yet anything is not. */
static void test_an_end_keeps_the_best(void **state) {
    lk_context *context = *state;
    lk_data *train = make_pictures(context, 40, 4, 1), *valid = make_pictures(context, 30, 4, 2);
    for (int i = 0; i < 4; i++) { /* two families, with and without validation data */
        curve c = {.end_after = 6};
        const lk_data *held_out = i < 2 ? valid : NULL;
        lk_model *model, *whole;
        lk_training how = plan(i % 2);
        const char *one_start = "starts=1"; /* nothing is kept while a start is chosen */
        how.settings = i % 2 == 1 ? &one_start : how.settings;
        double nll[30], p[30];
        how.ema = 0.0;
        lk_context_watch(context, watch, &c);
        refused(context, lk_model_train(context, &how, train, held_out, &model), LK_INTERRUPTED,
                "watch");
        lk_context_watch(context, NULL, NULL);
        assert_non_null(model);
        if (held_out != NULL && i == 0) {
            near(c.best, mean_nll(context, model, valid));
        }
        must(context, lk_model_nll(context, model, valid, NULL, nll, NULL));
        refused(context, lk_model_p_values(context, model, nll, 30, p), LK_UNSUPPORTED, "p-values");
        if (i == 2) { /* the same as of a training that ends there */
            how.epochs = 6;
            must(context, lk_model_train(context, &how, train, NULL, &whole));
            near(mean_nll(context, model, valid), mean_nll(context, whole, valid));
            lk_model_destroy(whole);
        }
        lk_model_destroy(model);
    }
    lk_data_destroy(train);
    lk_data_destroy(valid);
}

static bool stop(void *argument, const lk_progress *progress) {
    (void)argument;
    (void)progress;
    return false;
}

/* A fit of counts, or a start that was not chosen, leaves nothing. */
static void test_an_end_before_anything(void **state) {
    lk_context *context = *state;
    lk_data *train = make_pictures(context, 40, 4, 1);
    lk_training how = plan(1);
    lk_model *model;
    lk_context_watch(context, stop, NULL);
    refused(context, lk_model_train(context, &how, train, NULL, &model), LK_INTERRUPTED, "watch");
    lk_context_watch(context, NULL, NULL);
    assert_null(model);
    lk_data_destroy(train);
}

/* Each setting decides weights; wrong ones are named. */
static void test_settings_of_steps(void **state) {
    lk_context *context = *state;
    lk_data *train = make_pictures(context, 40, 4, 1);
    lk_training rows[7];
    char text[7][33];
    for (int i = 0; i < 7; i++) {
        rows[i] = plan(0);
        rows[i].optimizer = "sgd";
        rows[i].learning_rate = 0.1;
        rows[i].epochs = 3;
        rows[i].slices = 1;
    }
    rows[1].momentum = 0.5;
    rows[2].schedule = "cosine";
    rows[3].schedule = "exponential";
    rows[3].decay_epochs = 1.0;
    rows[4] = rows[3];
    rows[4].decay = 0.25;
    rows[5].warmup_steps = 5;
    rows[6].slices = 4;
    for (int i = 0; i < 7; i++) {
        lk_model *model;
        must(context, lk_model_train(context, &rows[i], train, NULL, &model));
        lk_model_fingerprint_text(model, text[i]);
        lk_model_destroy(model);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(text[k], text[i]);
        }
    }
    lk_model *none;
    rows[0].schedule = "sometimes";
    refused(context, lk_model_train(context, &rows[0], train, NULL, &none), LK_INVALID,
            "sometimes");
    rows[1].momentum = 1.0;
    refused(context, lk_model_train(context, &rows[1], train, NULL, &none), LK_INVALID, "momentum");
    lk_data_destroy(train);
}

/* A table that leaves room for words that it does not have. */
static void test_unseen_words(void **state) {
    static const char known[] = "a,b\nx,p\ny,q\nx,q\n", other[] = "a,b\nz,p\n";
    lk_context *context = *state;
    for (int unseen = 0; unseen < 2; unseen++) {
        lk_data *data, *strange;
        lk_model *model;
        lk_loading how = lk_loading_defaults();
        double nll = 0.0;
        how.unseen = unseen != 0;
        must(context, lk_data_load(context, lk_from_memory(known, sizeof known - 1), &how, &data));
        model = make_model(context, "histogram", NULL, data, NULL);
        how = lk_loading_defaults();
        how.model = model;
        lk_status status =
            lk_data_load(context, lk_from_memory(other, sizeof other - 1), &how, &strange);
        well_said(context, status);
        assert_int_equal(status == LK_OK, unseen);
        if (unseen) {
            assert_string_equal(lk_data_word(strange, 0, lk_data_values(strange)[0]), "<unseen>");
            assert_int_equal(lk_model_find_word(model, 0, "z"), lk_data_values(strange)[0]);
            must(context, lk_model_nll(context, model, strange, NULL, &nll, NULL));
            assert_true(isfinite(nll));
        } else {
            assert_int_equal(lk_model_find_word(model, 0, "z"), -1);
        }
        lk_data_destroy(strange);
        lk_model_destroy(model);
        lk_data_destroy(data);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_learning_curve),       cmocka_unit_test(test_an_end_keeps_the_best),
        cmocka_unit_test(test_an_end_before_anything), cmocka_unit_test(test_settings_of_steps),
        cmocka_unit_test(test_unseen_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
