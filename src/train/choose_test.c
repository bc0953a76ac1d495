/* What is chosen from the size of data, and what is taken over from a run that is resumed. */
#include "train/choose.h"

#include "train/testing.h"

static lk_train_options open_options(void) {
    lk_train_options o = lk_train_defaults();
    o.batch_size = LK_CHOOSE_BATCH;
    o.optimizer.learning_rate = LK_CHOOSE_RATE;
    o.clip = LK_CHOOSE_CLIP;
    o.rate.name = LK_CHOOSE_SCHEDULE;
    return o;
}

static lk_train_options chosen(const char *family, bool texts, int64_t size, double minutes,
                               char reason[LK_CHOOSE_REASON]) {
    lk_train_options o = open_options();
    lk_train_facts facts = {.family = lk_family_named(family), .texts = texts, .size = size};
    o.minutes = minutes;
    lk_choose_options(&facts, lk_choose_window(size), &o, reason);
    printf("%s, %lld: %s\n", family, (long long)size, reason);
    return o;
}

/* An epoch of a small text makes some hundred updates, one of a large one not more lanes than can
 * be kept busy. */
static void texts_by_their_size(void **unused) {
    (void)unused;
    char reason[LK_CHOOSE_REASON];
    static const struct {
        int64_t symbols, batch, window;
    } rows[] = {{5000, 8, 64},
                {225000, 16, 64},
                {1003854, 32, 64},
                {3 << 20, 32, 64},
                {(int64_t)1 << 23, 32, 128},
                {(int64_t)1 << 40, 32, 128}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_train_options o = chosen("charrnn", true, rows[i].symbols, 0, reason);
        assert_int_equal(o.batch_size, rows[i].batch);
        assert_int_equal(lk_choose_window(rows[i].symbols), rows[i].window);
        assert_true(o.optimizer.learning_rate == 0.004 && o.clip == 1);
        assert_string_equal(o.rate.name, "constant");
        assert_false(o.rate.by_time);
        assert_non_null(strstr(reason, "updates an epoch"));
    }
}

/* Never more than a tenth; of what is resumed as many as then. */
static void held_out_of_texts(void **unused) {
    (void)unused;
    static const int64_t rows[][2] = {{5, 0},         {1000, 100},      {81920, 8192},
                                      {250000, 8192}, {1003854, 31370}, {1LL << 40, 1LL << 35}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(lk_choose_held_out(rows[i][0]), rows[i][1]);
    }
    static const struct {
        const char *data;
        int64_t symbols;
    } texts[] = {{"0123 (xxh3 of 25000 symbols)", 25000},
                 {"0123 (xxh3 of 25000 values)", -1},
                 {"none", 0},
                 {"", -1}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *before = json_pack("{s:s}", "validation data", texts[i].data);
        assert_int_equal(lk_choose_held_out_before(before), texts[i].symbols);
        json_decref(before);
    }
    assert_int_equal(lk_choose_held_out_before(NULL), -1);
}

static void examples_by_their_number(void **unused) {
    (void)unused;
    char reason[LK_CHOOSE_REASON];
    assert_int_equal(chosen("pixelcnn", false, 4000, 0, reason).batch_size, 20);
    assert_int_equal(chosen("made", false, 30, 0, reason).batch_size, 16);
    lk_train_options o = chosen("made", false, 60000, 5, reason);
    assert_int_equal(o.batch_size, 100);
    assert_true(o.optimizer.learning_rate == 0.001 && o.clip == 0);
    assert_string_equal(o.rate.name, "cosine");
    assert_true(o.rate.by_time);
    assert_non_null(strstr(reason, "not repeatable"));
}

/* What ends low may begin high; a rate that stays, or falls to a part, is the family's. */
static void rates_that_fall_begin_higher(void **unused) {
    (void)unused;
    char reason[LK_CHOOSE_REASON];
    const lk_family *family = lk_family_named("charrnn");
    static const struct {
        const char *schedule;
        double minutes, final;
        bool falls;
    } rows[] = {{LK_CHOOSE_SCHEDULE, 1, 0, true}, {LK_CHOOSE_SCHEDULE, 0, 0, false},
                {"cosine", 0, 0, true},           {"linear", 1, 0, true},
                {"cosine", 0, 0.1, false},        {"step", 1, 0, false},
                {"constant", 1, 0, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_train_options o = open_options();
        lk_train_facts facts = {.family = family, .texts = true, .size = 1 << 20};
        o.rate.name = rows[i].schedule;
        o.rate.final_fraction = rows[i].final;
        o.minutes = rows[i].minutes;
        lk_choose_options(&facts, 64, &o, reason);
        assert_true(o.optimizer.learning_rate ==
                    (rows[i].falls ? family->falling_rate : family->learning_rate));
    }
    assert_true(family->falling_rate > family->learning_rate);
    lk_train_options o = chosen("made", false, 60000, 5, reason);
    assert_true(o.optimizer.learning_rate == 0.001);
}

static void what_is_given_stays(void **unused) {
    (void)unused;
    char reason[LK_CHOOSE_REASON];
    lk_train_facts facts = {.family = lk_family_named("charrnn"), .texts = true, .size = 1 << 20};
    lk_train_options o = lk_train_defaults(), was = o;
    lk_choose_options(&facts, 128, &o, reason);
    assert_string_equal(reason, "");
    assert_int_equal(o.batch_size, was.batch_size);
    assert_true(o.optimizer.learning_rate == was.optimizer.learning_rate && o.clip == was.clip);
    o.minutes = 3; /* constant: nothing is planned */
    lk_choose_options(&facts, 128, &o, reason);
    assert_false(o.rate.by_time);
    o = open_options();
    o.optimizer.name = "sgd";
    lk_choose_options(&facts, 128, &o, reason);
    assert_true(o.optimizer.learning_rate == 0.1);
}

static void settings_suit_texts(void **unused) {
    (void)unused;
    lk_context *context;
    lk_assignments a;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    const lk_family *family = lk_family_named("charrnn");
    const int64_t sizes[] = {1, 100000, 100001, 600001, INT64_MAX};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(lk_choose_settings(context, family, NULL, sizes[i], &a), LK_OK);
        assert_true(a.count >= 2);
        assert_int_equal(
            lk_family_check_settings(context, family, (const char *const *)a.text, a.count), LK_OK);
        lk_assignments_deinit(&a);
    }
    assert_int_equal(lk_choose_settings(context, family, NULL, 0, &a), LK_OK);
    assert_int_equal(a.count, 0);
    assert_int_equal(lk_choose_settings(context, lk_family_named("made"), NULL, 9, &a), LK_OK);
    assert_int_equal(a.count, 0);
    lk_context_destroy(context);
}

/* The plan stays when a run is resumed without saying it again, and can be stretched. */
static void resuming_keeps_the_plan(void **unused) {
    (void)unused;
    bench b = setup(PLAIN);
    json_t *before;
    int64_t window = 0;
    remove_files();
    lk_train_options o = options_for_tests();
    o.epochs = 0;
    o.minutes = 0.002;
    o.patience = 0;
    o.rate = lk_rate_defaults();
    o.rate.name = "linear";
    o.rate.by_time = true;
    o.checkpoint = path_of("checkpoint");
    succeeds(&b, lk_train(b.model, b.train, b.valid, &o));
    json_t *history = json_loads(b.model->history, 0, NULL);
    json_t *epochs = json_object_get(history, "epochs");
    json_int_t steps = json_integer_value(json_object_get(history, "steps"));
    double last = json_number_value(
        json_object_get(json_array_get(epochs, json_array_size(epochs) - 1), "learning_rate"));
    printf("%lld steps, the last at %g\n", (long long)steps, last);
    assert_string_equal(json_string_value(json_object_get(history, "stopped")), "minutes");
    assert_true(steps > 20 && last < 0.2 * o.optimizer.learning_rate);
    json_decref(history);
    /* Over is over; with more minutes it goes on. */
    for (int more = 0; more < 2; more++) {
        lk_train_options again = open_options();
        again.epochs = 0;
        again.ema = o.ema;
        again.seed = o.seed;
        again.patience = 0;
        again.resume = true;
        again.checkpoint = o.checkpoint;
        again.minutes = more ? 0.006 : 0;
        assert_int_equal(lk_choose_before(b.context, o.checkpoint, b.model->family, &before),
                         LK_OK);
        assert_non_null(before);
        lk_choose_as_before(before, &window, &again);
        json_decref(before);
        assert_true(again.rate.by_time && again.batch_size == BATCH && again.clip == o.clip);
        assert_string_equal(again.rate.name, "linear");
        succeeds(&b, lk_train(b.model, b.train, b.valid, &again));
        history = json_loads(b.model->history, 0, NULL);
        json_int_t now = json_integer_value(json_object_get(history, "steps"));
        json_decref(history);
        assert_true(more ? now > steps : now == steps);
    }
    assert_int_equal(lk_choose_before(b.context, o.checkpoint, lk_family_named("charrnn"), &before),
                     LK_OK);
    assert_null(before);
    teardown(&b);
}

/* Half a million examples cannot be validated in a quarter of 0.06 seconds. */
static void validation_gets_a_share_of_the_plan(void **unused) {
    (void)unused;
    enum { MANY = 500000 };
    bench b = setup(PLAIN);
    lk_dataset *many;
    int32_t *order = lk_allocate(MANY, sizeof *order);
    assert_non_null(order);
    for (int32_t i = 0; i < MANY; i++) {
        order[i] = i % (int32_t)b.valid->examples;
    }
    assert_int_equal(lk_dataset_select(b.context, b.valid, order, MANY, &many), LK_OK);
    lk_train_options o = options_for_tests();
    o.epochs = 0;
    o.minutes = 0.001;
    o.patience = 0;
    o.rate.by_time = true;
    succeeds(&b, lk_train(b.model, b.train, many, &o));
    assert_in_range(b.model->calibration_count, 100, MANY / 2);
    lk_dataset_destroy(many);
    lk_release(order);
    teardown(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_by_their_size),
                                       cmocka_unit_test(held_out_of_texts),
                                       cmocka_unit_test(rates_that_fall_begin_higher),
                                       cmocka_unit_test(examples_by_their_number),
                                       cmocka_unit_test(what_is_given_stays),
                                       cmocka_unit_test(settings_suit_texts),
                                       cmocka_unit_test(resuming_keeps_the_plan),
                                       cmocka_unit_test(validation_gets_a_share_of_the_plan)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
