/* Texts drawn from a model against the model's own probabilities (seed fixed): chi-squared over
 * all short texts, and along one long text. And what must not matter: the schedule, what is drawn
 * beside it, threads, where the prompt ends. */
#include "models/stream_testing.h"

#include "dist/dist.h"
#include "jobs/sample.h"
#include "models/run.h"

#define KNOWN 3 /* characters of the small models; the escape is a fourth symbol */
#define SHORT 3
#define TEXTS 27
#define STREAMS 500
#define ROUNDS 40
#define MOST 6000

static const char *const lstm[] = {"width=7"};
static const char *const gru[] = {"width=6", "cell=gru", "layers=2"};
static const char *const convolution[] = {"channels=6", "layers=4", "head=5"};
static const char *const attention[] = {"layers=2", "width=4", "heads=2", "window=5"};

static const struct {
    const char *family;
    const char *const *set;
    int32_t sets, characters;
} cases[] = {{"charrnn", lstm, 1, KNOWN},
             {"charrnn", gru, 3, TESTING_BYTES},
             {"conv1d", convolution, 3, KNOWN},
             {"transformer", attention, 4, KNOWN}};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, int i, float weight) {
    return testing_stream_model(context, cases[i].family, cases[i].set, cases[i].sets,
                                cases[i].characters, weight);
}

/* What was drawn: [position][count]. */
typedef struct drawn {
    int64_t count, positions, stop;
    uint16_t x[MOST];
} drawn;

static lk_status keep(void *argument, bool fresh, const uint16_t *symbols) {
    (void)fresh;
    drawn *d = argument;
    memcpy(d->x + d->positions * d->count, symbols, (size_t)d->count * sizeof *symbols);
    d->positions++;
    return d->positions == d->stop ? LK_INTERRUPTED : LK_OK;
}

/* So many symbols, those of a prompt among them. */
static void sample(const lk_model *model, lk_sample_options options, int64_t length, drawn *d) {
    *d = (drawn){.count = options.count};
    options.shape = (lk_shape){1, {length}};
    testing_ok(model->context, lk_sample_texts(model, &options, keep, d));
}

/* p of the next symbol, in double, of a text of `length` known symbols; without the escape if the
 * model has one. */
static void next_probabilities(const lk_model *model, const uint16_t *x, int64_t length,
                               double *p) {
    lk_run *run;
    lk_run_options how = {.schedules = LK_PARALLEL};
    uint16_t padded[SHORT + 1] = {0};
    memcpy(padded, x, (size_t)length * sizeof *x);
    testing_ok(model->context, lk_run_open(model, &how, &run));
    testing_ok(model->context, lk_run_begin(run, 1, NULL));
    testing_ok(model->context, lk_run_forward(run, padded, length + 1));
    const float *logits = lk_run_parameters(run, length);
    double sum = 0.0;
    for (int32_t s = 0; s < KNOWN; s++) {
        p[s] = exp((double)logits[s]);
        sum += p[s];
    }
    for (int32_t s = 0; s < KNOWN; s++) {
        p[s] /= sum;
    }
    lk_run_close(run);
}

/* The probabilities of all texts of SHORT symbols, first symbol slowest. */
static void all_texts(const lk_model *model, double *p) {
    for (int text = 0; text < TEXTS; text++) {
        uint16_t x[SHORT] = {(uint16_t)(text / 9), (uint16_t)(text / 3 % 3), (uint16_t)(text % 3)};
        double next[KNOWN];
        p[text] = 1.0;
        for (int64_t t = 0; t < SHORT; t++) {
            next_probabilities(model, x, t, next);
            p[text] *= next[x[t]];
        }
    }
}

/* Chi-squared has TEXTS - 1 degrees of freedom; its 1 - 1e-5 quantile there is 66. */
static void test_short_texts_follow_the_model(void **state) {
    for (int i = 0; i < CASES; i++) {
        if (cases[i].characters == TESTING_BYTES) {
            continue;
        }
        lk_model *model = make_model(*state, i, 0.4f);
        double p[TEXTS], observed[TEXTS] = {0}, chi = 0.0, total = (double)STREAMS * ROUNDS;
        all_texts(model, p);
        for (int round = 0; round < ROUNDS; round++) {
            drawn d;
            sample(model,
                   (lk_sample_options){
                       .first = round * STREAMS, .count = STREAMS, .seed = 3, .temperature = 1.0f},
                   SHORT, &d);
            for (int64_t n = 0; n < STREAMS; n++) {
                observed[9 * d.x[n] + 3 * d.x[STREAMS + n] + d.x[2 * STREAMS + n]] += 1.0;
            }
        }
        for (int text = 0; text < TEXTS; text++) {
            assert_true(p[text] * total > 5.0);
            chi += (observed[text] - p[text] * total) * (observed[text] - p[text] * total) /
                   (p[text] * total);
        }
        if (!(chi < 66.0)) {
            fail_msg("%s: chi-squared %.2f of %d texts, at most 66 expected (seed 3)",
                     cases[i].family, chi, TEXTS);
        }
        lk_model_destroy(model);
    }
}

/* Along a stream the sum of [x_t = s] - p_t(s) is a martingale: divided by the root of the sum of p
 * (1 - p), nearly normal. */
static void test_long_text_follows_the_model(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, i, 0.6f);
        int32_t alphabet = model->data.alphabet;
        drawn d;
        sample(model, (lk_sample_options){.count = 1, .seed = 8, .temperature = 1.0f}, MOST, &d);
        lk_run *run;
        lk_run_options how = {.schedules = LK_PARALLEL, .window = 50};
        testing_ok(*state, lk_run_open(model, &how, &run));
        testing_ok(*state, lk_run_begin(run, 1, NULL));
        double excess[256] = {0}, variance[256] = {0};
        float p[256];
        int tested = 0;
        for (int64_t t = 0; t < MOST; t++) {
            if (t % 50 == 0) {
                testing_ok(*state, lk_run_forward(run, d.x + t, 50));
            }
            lk_categorical.probabilities(model->context->kernels,
                                         &(lk_head){.alphabet = alphabet, .channels = alphabet},
                                         lk_run_parameters(run, t), 1, 1.0f, p);
            double known =
                cases[i].characters == TESTING_BYTES ? 1.0 : 1.0 - (double)p[alphabet - 1];
            for (int32_t s = 0; s < alphabet; s++) {
                double each = s < alphabet - 1 || known == 1.0 ? (double)p[s] / known : 0.0;
                excess[s] += (d.x[t] == s ? 1.0 : 0.0) - each;
                variance[s] += each * (1.0 - each);
            }
        }
        for (int32_t s = 0; s < alphabet; s++) {
            tested += variance[s] > 10.0 ? 1 : 0;
            if (variance[s] > 10.0 && !(fabs(excess[s]) < 4.5 * sqrt(variance[s]))) {
                fail_msg(
                    "%s: symbol %d drawn %.1f times too often, standard deviation %.1f (seed 8)",
                    cases[i].family, s, excess[s], sqrt(variance[s]));
            }
        }
        assert_true(tested >= 3);
        lk_run_close(run);
        lk_model_destroy(model);
    }
}

static void test_same_whatever_stands_beside(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, i, 0.6f);
        lk_context *other = testing_context(1);
        lk_model *twin = make_model(other, i, 0.6f);
        drawn together, alone, naive;
        lk_sample_options options = {.count = 5, .seed = 4, .temperature = 0.8f};
        sample(model, options, 300, &together);
        options.schedule = LK_SCHEDULE_NAIVE;
        sample(twin, options, 300, &naive);
        assert_memory_equal(together.x, naive.x, 5 * 300 * sizeof *naive.x);
        options = (lk_sample_options){.first = 3, .count = 1, .seed = 4, .temperature = 0.8f};
        sample(twin, options, 300, &alone);
        for (int64_t t = 0; t < 300; t++) {
            assert_int_equal(alone.x[t], together.x[t * 5 + 3]);
        }
        lk_model_destroy(model);
        lk_model_destroy(twin);
        lk_context_destroy(other);
    }
}

static void test_own_beginning_as_prompt(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, i, 0.6f);
        drawn whole, rest;
        lk_sample_options options = {.first = 6, .count = 1, .seed = 4, .temperature = 1.0f};
        sample(model, options, 200, &whole);
        uint8_t text[150 * LK_UTF8_MOST];
        lk_bytes bytes = {.data = text};
        for (int64_t t = 0; t < 150; t++) {
            bytes.size += lk_utf8_put(lk_symbols_character(&model->data.symbols, whole.x[t]),
                                      bytes.data + bytes.size);
        }
        lk_stream *prompt;
        lk_given given;
        testing_ok(*state,
                   lk_stream_parse(*state, "prompt", &bytes, &model->data.symbols, &prompt));
        testing_ok(*state, lk_given_prompt(model, prompt, &given));
        options.given = &given;
        for (options.schedule = LK_SCHEDULE_INCREMENTAL; options.schedule <= LK_SCHEDULE_NAIVE;
             options.schedule++) {
            sample(model, options, 200, &rest);
            assert_int_equal(rest.positions, 200);
            assert_memory_equal(whole.x, rest.x, 200 * sizeof *whole.x);
        }
        /* As a data set, the same. */
        lk_dataset *texts;
        options.shape = (lk_shape){1, {200}};
        options.schedule = LK_SCHEDULE_INCREMENTAL;
        testing_ok(*state, lk_sample(model, &options, &texts));
        assert_memory_equal(whole.x, texts->values, 200 * sizeof *whole.x);
        lk_dataset_destroy(texts);
        lk_given_deinit(&given);
        lk_stream_close(prompt);
        lk_model_destroy(model);
    }
}

/* At temperature 0 the most probable known character, however much more probable the escape is. */
static void test_escape_is_never_drawn(void **state) {
    lk_model *model = make_model(*state, 0, 0.0f);
    lk_parameter *bias = &model->parameters->list[model->parameters->count - 1];
    assert_int_equal(bias->rows * bias->columns, KNOWN + 1);
    const float logits[] = {0.5f, 2.0f, 1.9f, 30.0f};
    memcpy(bias->value, logits, sizeof logits);
    drawn d;
    sample(model, (lk_sample_options){.count = 3, .temperature = 1.0f}, 500, &d);
    for (int64_t k = 0; k < 1500; k++) {
        assert_true(d.x[k] < KNOWN);
    }
    sample(model, (lk_sample_options){.count = 3, .temperature = 0.0f}, 10, &d);
    for (int64_t k = 0; k < 30; k++) {
        assert_int_equal(d.x[k], 1);
    }
    lk_model_destroy(model);
}

static void test_prompts_refused_and_early_ends(void **state) {
    static const struct {
        const char *text, *message;
    } bad[] = {{"a<<\xE2\x82\xAC", "prompt: character 4 (U+20AC) is not in"},
               {"\xFF", "character 1 (no UTF-8, byte 0xFF) is not"}};
    lk_model *model = make_model(*state, 0, 0.6f);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lk_stream *prompt;
        lk_given given;
        lk_bytes bytes = {.data = (uint8_t *)(uintptr_t)bad[i].text,
                          .size = (int64_t)strlen(bad[i].text)};
        testing_ok(*state,
                   lk_stream_parse(*state, "prompt", &bytes, &model->data.symbols, &prompt));
        testing_refused(*state, lk_given_prompt(model, prompt, &given), LK_INVALID, bad[i].message);
        assert_null(given.values);
        lk_stream_close(prompt);
    }
    drawn d = {.count = 1, .stop = 7};
    lk_sample_options options = {.count = 1, .temperature = 1.0f, .shape = {1, {20}}};
    assert_int_equal(lk_sample_texts(model, &options, keep, &d), LK_INTERRUPTED);
    assert_int_equal(d.positions, 7);
    options.shape.size[0] = 0;
    testing_ok(*state, lk_sample_texts(model, &options, keep, &d));
    assert_int_equal(d.positions, 7);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_texts_follow_the_model),
        cmocka_unit_test(test_long_text_follows_the_model),
        cmocka_unit_test(test_same_whatever_stands_beside),
        cmocka_unit_test(test_own_beginning_as_prompt),
        cmocka_unit_test(test_escape_is_never_drawn),
        cmocka_unit_test(test_prompts_refused_and_early_ends),
    };
    return cmocka_run_group_tests_name("sampling texts", tests, testing_set_up, testing_tear_down);
}
