/* Every family that is given a slower sequence (local conditioning): as a distribution for a fixed
 * one; without it where its weights are zero; which of its symbols a conditional may depend on;
 * windows of any length; a model's file; what is refused. */
#include <stdio.h>
#include <unistd.h>

#include "families/testing_local.h"
#include "models/model_file.h"

#define SEED 2016

static const local_case cases[] = {
    {"wavenet", 9, 2, 0, {3, 4}, {"layers=3", "cycle=2", "channels=4", "gates=3", "skip=5"}, 5},
    {"wavenet", 5, 3, 2, {2, 3}, {"layers=2", "channels=3", "gates=4", "local_channels=5"}, 4},
    {"wavenet", 8, 2, 0, {3, 5}, {"layers=2", "channels=3", "upsampling=learned"}, 3},
    {"wavenet", 5, 2, 0, {7, 1}, {"layers=1", "channels=3", "upsampling=learned"}, 3},
    {"conv1d", 9, 2, 0, {3, 4}, {"layers=3", "channels=4", "head=5", "norm=channel"}, 4},
    {"conv1d", 5, 3, 0, {2, 3}, {"layers=2", "channels=3", "head=4", "weight_norm=true"}, 4},
    {"conv1d", 8, 2, 0, {3, 5}, {"layers=0", "channels=3", "head=4", "upsampling=learned"}, 4},
    {"charrnn", 8, 2, 0, {3, 4}, {"width=5", "layers=2"}, 2},
    {"charrnn", 5, 3, 2, {2, 3}, {"width=4", "cell=gru", "embedding=3", "local_channels=5"}, 4},
    {"charrnn", 5, 3, 0, {7, 1}, {"width=4", "cell=tanh", "layers=1", "upsampling=learned"}, 4},
    {"transformer", 8, 2, 0, {3, 4}, {"layers=2", "width=4", "heads=2"}, 3},
    {"transformer", 5, 3, 2, {2, 3}, {"layers=1", "width=6", "window=3", "heads=3"}, 4},
    {"transformer", 5, 3, 0, {7, 1}, {"layers=1", "width=4", "upsampling=learned", "heads=1"}, 4},
};
#define CASES (sizeof cases / sizeof *cases)

/* No family that says it takes one is left out. */
static void all_families_are_tried(void **state) {
    (void)state;
    for (int32_t f = 0; f < lk_family_count(); f++) {
        const lk_family *family = lk_family_at(f);
        bool tried = false;
        for (size_t i = 0; i < CASES; i++) {
            tried = tried || strcmp(cases[i].family, family->name) == 0;
        }
        if (tried != family->local) {
            fail_msg("%s: tried %d, takes one %d", family->name, tried, family->local);
        }
    }
}

static void is_a_distribution(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = local_given_model(*state, &cases[i]);
        uint16_t x[17 * LOCAL_LENGTH_MOST];
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* What is added for a sequence that says nothing is nothing. */
static void empty_sequences_change_no_bit(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        local_case without = cases[i];
        without.local = (lk_local_form){0};
        lk_model *told = local_given_model(*state, &cases[i]),
                 *plain = local_model(*state, &without);
        uint16_t x[9 * LOCAL_LENGTH_MOST];
        double a[9], b[9];
        testing_copy_weights(plain, told);
        testing_random_values(plain, 9, SEED, x);
        testing_nll(plain, x, 9, b);
        testing_nll(told, x, 9, a);
        assert_memory_not_equal(a, b, sizeof a);
        testing_set_weights(told, ".local.", 0.0f);
        testing_nll(told, x, 9, a);
        assert_memory_equal(a, b, sizeof a);
        lk_model_destroy(told);
        lk_model_destroy(plain);
    }
}

/* ---- along streams --------------------------------------------------------------------------- */

#define READ 40
#define LETTERS 3 /* channels of their conditionals */

/* Conditional t depends on the symbol beside it, and of later ones at most on the next. */
static void reads_no_later_symbols(void **state) {
    static const local_case rows[] = {
        {"wavenet", 8, LETTERS, 0, {5, 4}, {"layers=2", "channels=8", "gates=8"}, 3},
        {"conv1d", 8, LETTERS, 0, {5, 4}, {"layers=2", "channels=8", "head=8"}, 3},
        {"charrnn", 8, LETTERS, 0, {5, 4}, {"layers=2", "width=8"}, 2},
        {"transformer", 8, LETTERS, 0, {5, 4}, {"layers=2", "width=8", "heads=2", "window=4"}, 4},
    };
    for (int i = 0; i < 8; i++) {
        local_case c = rows[i / 2];
        int learned = i % 2;
        c.set[c.sets++] = learned ? "upsampling=learned" : "upsampling=repeat";
        lk_model *model = local_model(*state, &c);
        bool moves[READ / 5][READ];
        local_find_moved(model, &c.local, READ, moves[0]);
        for (int64_t j = 0; j < READ / 5; j++) {
            for (int64_t t = 0; t < READ; t++) {
                bool own = t / 5 == j, later = j > t / 5 + learned, moved = moves[j][t];
                if ((own && !moved) || (later && moved)) {
                    fail_msg("%s, upsampling %d: symbol %lld %s conditional %lld", c.family,
                             learned, (long long)j, moved ? "moves" : "does not move",
                             (long long)t);
                }
            }
        }
        lk_model_destroy(model);
    }
}

#define LONG 1500
#define LANES 2

typedef struct walked {
    float terms[LANES][LONG];
} walked;

/* By forwards of so many symbols; 0: by steps. */
static void walk(const lk_model *model, const uint16_t *x, int64_t window, walked *to) {
    const lk_run_options how = {.shape = {1, {0}},
                                .schedules = window > 0 ? LK_PARALLEL : LK_INCREMENTAL,
                                .lanes = LANES,
                                .window = window};
    sequence s = {&model->data.local,
                  lk_local_count(&model->data.local, LONG / lk_model_unit(model)), -1};
    lk_run *run;
    testing_ok(model->context, lk_run_open(model, &how, &run));
    lk_run_set_local(run, (lk_local_reader){read_sequence, &s});
    testing_ok(model->context, lk_run_begin(run, LANES, NULL));
    for (int64_t at = 0, here = 1; at < LONG; at += here) {
        uint16_t piece[LANES * LONG];
        if (window > 0) {
            here = lk_run_window(run) < LONG - at ? lk_run_window(run) : LONG - at;
            for (int n = 0; n < LANES; n++) {
                memcpy(piece + n * here, x + n * LONG + at, (size_t)here * sizeof *x);
            }
            testing_ok(model->context, lk_run_forward(run, piece, here));
        } else {
            int64_t last;
            testing_ok(model->context, lk_run_next(run, &at, &last));
        }
        for (int64_t t = at; t < at + here; t++) { /* the mean of a conditional's parameters */
            lk_head head = lk_run_head(run, t);
            const float *parameters = lk_run_parameters(run, t);
            for (int n = 0; n < LANES; n++) {
                to->terms[n][t] = parameters[n * head.channels + x[n * LONG + t]];
            }
        }
        if (window == 0) {
            const uint16_t column[LANES] = {x[at], x[LONG + at]};
            lk_run_set(run, at, column);
        }
    }
    lk_run_close(run);
}

/* Of 1, 2 and 6 symbols a frame; windows whose ends fall anywhere among the slower symbols. */
static void windows_are_not_seen(void **state) {
    static const lk_sound_form forms[] = {
        {LK_SOUND_MULAW, 1, 0, 8000}, {LK_SOUND_BYTES, 1, 0, 8000}, {LK_SOUND_BYTES, 3, 0, 8000}};
    static const local_case rows[] = {
        {.family = "wavenet",
         .set = {"layers=6", "cycle=5", "channels=6", "gates=6", "skip=8", "upsampling=learned"},
         .sets = 6},
        {.family = "conv1d",
         .set = {"layers=4", "channels=6", "head=6", "upsampling=learned"},
         .sets = 4},
        {.family = "charrnn", .set = {"width=6", "layers=2", "upsampling=learned"}, .sets = 3},
        {.family = "transformer",
         .set = {"layers=2", "width=6", "heads=2", "window=9", "upsampling=learned"},
         .sets = 5},
    };
    static walked by[4];
    for (int i = 0; i < 12; i++) {
        const local_case *c = &rows[i / 3];
        lk_data_description data = {.shape = {1, {30}},
                                    .variables = 30,
                                    .alphabet = 256,
                                    .stream = true,
                                    .symbols = {.kind = LK_SYMBOLS_SOUND, .sound = forms[i % 3]},
                                    .local = {7, 4}};
        lk_model *model;
        uint16_t x[LANES * LONG];
        testing_ok(*state,
                   lk_model_create(*state, c->family, c->set, c->sets, data, "natural", 5, &model));
        testing_random_weights(model, 0.2f);
        for (int64_t t = 0; t < LANES * LONG; t++) {
            x[t] = (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, 0, (uint64_t)t, 256);
        }
        walk(model, x, 66, &by[0]);
        walk(model, x, 1002, &by[1]);
        walk(model, x, LONG, &by[2]);
        walk(model, x, 0, &by[3]);
        for (int k = 1; k < 4; k++) {
            assert_memory_equal(&by[0], &by[k], sizeof by[0]);
        }
        lk_model_destroy(model);
    }
}

/* ---- the file -------------------------------------------------------------------------------- */

static void file_gives_the_model_back(void **state) {
    local_case other = cases[1];
    other.local.every = 3;
    lk_model *model = local_model(*state, &cases[1]), *again, *different;
    char path[] = "/tmp/likely-local-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    testing_ok(*state, lk_model_write(model, path));
    testing_ok(*state, lk_model_read(*state, path, &again));
    unlink(path);
    assert_int_equal(again->data.local.every, 2);
    assert_int_equal(again->data.local.alphabet, 3);
    lk_fingerprint a = lk_model_fingerprint(model), b = lk_model_fingerprint(again);
    assert_memory_equal(&a, &b, sizeof a);
    different = local_model(*state, &other);
    b = lk_model_fingerprint(different);
    assert_memory_not_equal(&a, &b, sizeof a);
    lk_model_destroy(model);
    lk_model_destroy(again);
    lk_model_destroy(different);
}

static void refusals(void **state) {
    lk_data_description data = testing_data(8, 256);
    lk_model *model;
    data.local = (lk_local_form){4, 4};
    testing_refused(*state, lk_model_create(*state, "wavenet", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "along a stream");
    testing_refused(*state, lk_model_create(*state, "made", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "given a slower sequence");
    data.stream = true;
    testing_refused(*state, lk_model_create(*state, "made", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "not for streams");
    data.local.every = 0;
    testing_refused(*state, lk_model_create(*state, "wavenet", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "there may be");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_families_are_tried),
        cmocka_unit_test(is_a_distribution),
        cmocka_unit_test(empty_sequences_change_no_bit),
        cmocka_unit_test(reads_no_later_symbols),
        cmocka_unit_test(windows_are_not_seen),
        cmocka_unit_test(file_gives_the_model_back),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
