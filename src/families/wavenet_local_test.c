/* WaveNet given a slower sequence (local conditioning): against its equations in double, forward
 * and backward; as a distribution for a fixed sequence; which of its symbols each conditional
 * depends on; windows of any length; a model's file. */
#include <stdio.h>
#include <unistd.h>

#include "families/testing_wavenet.h"
#include "models/model_file.h"
#include "models/run.h"

#define SEED 2016

typedef struct local_case {
    int64_t variables;
    int32_t alphabet, labels; /* alphabet: characters and the escape */
    lk_local_form local;
    const char *set[8];
    int32_t sets;
} local_case;

static const local_case cases[] = {
    {9, 2, 0, {3, 4}, {"layers=3", "cycle=2", "channels=4", "gates=3", "skip=5"}, 5},
    {5, 3, 2, {2, 3}, {"layers=2", "channels=3", "gates=4", "skip=4", "local_channels=5"}, 5},
    {8, 2, 0, {3, 5}, {"layers=2", "channels=3", "gates=2", "skip=3", "upsampling=learned"}, 5},
    {4, 3, 3, {1, 2}, {"layers=2", "channels=3", "gates=2", "skip=3", "upsampling=learned"}, 5},
    {5, 2, 0, {7, 1}, {"layers=1", "channels=3", "gates=3", "skip=3", "upsampling=learned"}, 5},
};
#define CASES (sizeof cases / sizeof *cases)

static lk_model *make_model(lk_context *context, const local_case *c) {
    static const uint32_t characters[] = {'a', 'b', 'c', 'd'};
    lk_data_description data = testing_data(c->variables, c->alphabet);
    lk_model *model;
    testing_ok(context,
               lk_symbols_list(context, "test", characters, c->alphabet - 1, &data.symbols));
    data.stream = true;
    data.labels = c->labels;
    data.local = c->local;
    testing_ok(context,
               lk_model_create(context, "wavenet", c->set, c->sets, data, "natural", 3, &model));
    lk_symbols_deinit(&data.symbols);
    testing_random_weights_of(model, 0.7f, SEED);
    return model;
}

/* q_j of sequence `which`, drawn. */
static uint16_t slow(const lk_local_form *form, uint64_t which, int64_t j) {
    return (uint16_t)lk_random_below((lk_random){SEED, LK_FOR_CHECK}, which, (uint64_t)j,
                                     (uint64_t)form->alphabet);
}

/* What positions [first, first + count) of a sequence of `total` symbols are given, written down
 * anew. */
static void give(const lk_local_form *form, uint64_t which, int64_t total, int64_t first,
                 int64_t count, uint16_t *cells) {
    for (int64_t t = first; t < first + count; t++) {
        int64_t j = t / form->every;
        for (int64_t k = j - 1; k <= j + 1; k++) {
            *cells++ = k < 0 || k >= total ? (uint16_t)form->alphabet : slow(form, which, k);
        }
        *cells++ = (uint16_t)(t - j * form->every);
    }
}

static uint16_t along[LENGTH_MOST * LK_LOCAL_CELLS];

static lk_model *given_model(lk_context *context, const local_case *c) {
    testing_along = along;
    give(&c->local, 0, lk_local_count(&c->local, c->variables), 0, c->variables, along);
    return make_model(context, c);
}

/* ---- the equations --------------------------------------------------------------------------- */

static void equals_the_equations(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_equations(given_model(*state, &cases[i]), (int64_t)i, SEED);
    }
}

static void gradients_are_the_equations(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_gradients(given_model(*state, &cases[i]), SEED);
    }
}

static void is_a_distribution(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_distribution(given_model(*state, &cases[i]), SEED);
    }
}

/* What is added for a sequence that says nothing is nothing. */
static void empty_sequences_change_no_bit(void **state) {
    local_case with = cases[0], without = with;
    without.local = (lk_local_form){0};
    lk_model *told = given_model(*state, &with), *plain = make_model(*state, &without);
    uint16_t x[9 * LENGTH_MOST];
    double a[9], b[9];
    for (int32_t p = 0; p < plain->parameters->count; p++) {
        lk_parameter *from = &plain->parameters->list[p];
        int32_t to = lk_parameters_find(told->parameters, from->name);
        memcpy(told->parameters->list[to].value, from->value,
               (size_t)(from->rows * from->columns) * sizeof(float));
    }
    set_all(told, ".local.", 0.0f);
    testing_random_values(plain, 9, SEED, x);
    testing_nll(told, x, 9, a);
    testing_nll(plain, x, 9, b);
    assert_memory_equal(a, b, sizeof a);
    set_all(told, "layer1.local.", 1.0f);
    testing_nll(told, x, 9, a);
    assert_memory_not_equal(a, b, sizeof a);
    lk_model_destroy(told);
    lk_model_destroy(plain);
}

/* ---- along streams --------------------------------------------------------------------------- */

/* A slower sequence, in one symbol of which it may be another. */
typedef struct sequence {
    const lk_local_form *form;
    int64_t total, changed; /* symbols; which is another, -1: none */
} sequence;

static lk_status read_sequence(void *argument, int64_t lane, int64_t first, int64_t count,
                               uint16_t *cells) {
    const sequence *s = argument;
    give(s->form, (uint64_t)lane, s->total, first, count, cells);
    for (int64_t t = first; t < first + count; t++, cells += LK_LOCAL_CELLS) {
        int64_t k = s->changed - (t / s->form->every - 1);
        if (s->changed >= 0 && k >= 0 && k < 3) {
            cells[k] = (uint16_t)((cells[k] + 1) % s->form->alphabet);
        }
    }
    return LK_OK;
}

#define FIELD_LENGTH 40

/* Conditional t depends on q_j where a layer's gate at t' reads q_j whose value t reads: t - reach
 * <= t' <= t, reach = (kernel - 1) times the dilations of all layers but the first; and
 * floor(t' / every) is j, or if upsampling is learned one of j - 1, j, j + 1. */
static void reads_its_symbols_alone(void **state) {
    enum { REACH = 2 + 4 + 1, ALPHABET = 3 };
    for (int learned = 0; learned < 2; learned++) {
        const local_case c = {8,
                              ALPHABET,
                              0,
                              {5, 4},
                              {"layers=4", "cycle=3", "channels=8", "gates=8", "skip=8",
                               learned ? "upsampling=learned" : "upsampling=repeat"},
                              6};
        lk_model *model = make_model(*state, &c);
        const lk_run_options how = {.shape = {1, {0}}, .lanes = 1, .window = FIELD_LENGTH};
        float logits[FIELD_LENGTH / 5 + 1][FIELD_LENGTH][ALPHABET];
        uint16_t x[FIELD_LENGTH];
        lk_run *run;
        for (int t = 0; t < FIELD_LENGTH; t++) {
            x[t] = (uint16_t)(t * t % ALPHABET);
        }
        testing_ok(*state, lk_run_open(model, &how, &run));
        for (int64_t j = -1; j < FIELD_LENGTH / 5; j++) {
            sequence s = {&c.local, FIELD_LENGTH / 5, j};
            lk_run_set_local(run, (lk_local_reader){read_sequence, &s});
            testing_ok(*state, lk_run_begin(run, 1, NULL));
            testing_ok(*state, lk_run_forward(run, x, FIELD_LENGTH));
            for (int64_t t = 0; t < FIELD_LENGTH; t++) {
                memcpy(logits[j + 1][t], lk_run_parameters(run, t), sizeof logits[0][0]);
            }
        }
        for (int64_t j = 0; j < FIELD_LENGTH / 5; j++) {
            for (int64_t t = 0; t < FIELD_LENGTH; t++) {
                int64_t from = t - REACH > 0 ? t - REACH : 0;
                bool reads = from / 5 <= j + learned && t / 5 >= j - learned;
                bool moved = memcmp(logits[0][t], logits[j + 1][t], sizeof logits[0][0]) != 0;
                if (moved != reads) {
                    fail_msg("upsampling %d: symbol %lld %s conditional %lld", learned,
                             (long long)j, moved ? "moves" : "does not move", (long long)t);
                }
            }
        }
        lk_run_close(run);
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
    static const char *const set[] = {"layers=6", "cycle=5", "channels=6",
                                      "gates=6",  "skip=8",  "upsampling=learned"};
    static walked by[4];
    for (int i = 0; i < 3; i++) {
        lk_data_description data = {.shape = {1, {30}},
                                    .variables = 30,
                                    .alphabet = 256,
                                    .stream = true,
                                    .symbols = {.kind = LK_SYMBOLS_SOUND, .sound = forms[i]},
                                    .local = {7, 4}};
        lk_model *model;
        uint16_t x[LANES * LONG];
        testing_ok(*state, lk_model_create(*state, "wavenet", set, 6, data, "natural", 5, &model));
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
    const local_case other = {
        5, 3, 2, {3, 3}, {"layers=2", "channels=3", "gates=4", "skip=4", "local_channels=5"}, 5};
    lk_model *model = make_model(*state, &cases[1]), *again, *different;
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
    different = make_model(*state, &other);
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
    data.stream = true;
    testing_refused(*state, lk_model_create(*state, "conv1d", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "slower sequence");
    data.local.every = 0;
    testing_refused(*state, lk_model_create(*state, "wavenet", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "there may be");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_equations),
        cmocka_unit_test(gradients_are_the_equations),
        cmocka_unit_test(is_a_distribution),
        cmocka_unit_test(empty_sequences_change_no_bit),
        cmocka_unit_test(reads_its_symbols_alone),
        cmocka_unit_test(windows_are_not_seen),
        cmocka_unit_test(file_gives_the_model_back),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
