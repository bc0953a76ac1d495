/* Surprisals along texts, window after window and several side by side, against one network over
 * the whole of each, bit for bit; what escapes cost; learning, of texts and of examples, against
 * runs led by hand. (Mixtures: train/evaluate_test.c; other sizes: jobs/score_test.c.) */
#include "models/stream_testing.h"

#include "base/measure.h"
#include "models/walk.h"

#define LENGTH 700 /* more than two windows */
#define TEXTS 5

static const char *const lstm[] = {"width=9", "layers=2"};
static const char *const tanh_cell[] = {"width=5", "cell=tanh"};
static const char *const convolution[] = {"channels=6", "layers=4", "head=5"};

static const struct {
    const char *family;
    const char *const *set;
    int32_t sets, characters;
} cases[] = {
    {"charrnn", lstm, 2, TESTING_BYTES},
    {"charrnn", tanh_cell, 2, TESTING_CHARACTERS},
    {"charrnn", lstm, 2, 1}, /* a Bernoulli: one character, or another */
    {"conv1d", convolution, 3, 4},
    {"conv1d", convolution, 3, TESTING_BYTES},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* The first bytes of the same text, so many of each. */
static lk_items *texts_of(const lk_model *model, const lk_bytes *text, const int64_t *sizes,
                          int64_t count) {
    lk_stream *streams[TEXTS];
    lk_items *items;
    for (int64_t i = 0; i < count; i++) {
        lk_bytes part = {.data = text->data, .size = sizes[i]};
        testing_ok(model->context, lk_stream_parse(model->context, "text", &part,
                                                   &model->data.symbols, &streams[i]));
    }
    testing_ok(model->context,
               lk_items_of_texts_take(model->context, "texts", streams, count, &items));
    return items;
}

/* Every symbol's term, and how many are the escape. */
static void by_one_network(const lk_model *model, lk_items *items, int64_t item, double *nats,
                           int64_t *escapes) {
    int64_t length = lk_items_length(items, item);
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x = malloc((size_t)length * sizeof *x);
    float *terms = malloc((size_t)length * sizeof *terms);
    double sum;
    testing_ok(model->context, lk_items_read(items, item, 0, length, x));
    testing_ok(model->context, lk_model_graph_at(model, (lk_shape){1, {length}}, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution));
    testing_ok(model->context, lk_execution_forward(execution, x, 1));
    testing_ok(model->context, lk_execution_nll(execution, &sum, terms));
    *escapes = 0;
    for (int64_t i = 0; i < length; i++) {
        bool escaped =
            model->data.symbols.kind == LK_SYMBOLS_CHARACTERS && x[i] == model->data.alphabet - 1;
        nats[i] = (double)terms[i] + (escaped ? 21.0 * LK_NATS_PER_BIT : 0.0);
        *escapes += escaped ? 1 : 0;
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    free(x);
    free(terms);
}

typedef struct comparison {
    lk_items *items;
    double want[TEXTS][4 * LENGTH], nll[TEXTS];
    int64_t next[TEXTS], escapes[TEXTS];
    int64_t stop; /* fail there; 0: nowhere */
} comparison;

static lk_status compare(void *argument, const lk_passage *p) {
    comparison *c = argument;
    assert_int_equal(p->first, c->next[p->item]);
    for (int64_t i = 0; i < p->count; i++) {
        int64_t at = p->first + i;
        uint32_t character;
        uint16_t symbol;
        assert_int_equal(lk_items_characters(c->items, p->item, at, 1, &character), LK_OK);
        assert_int_equal(lk_items_read(c->items, p->item, at, 1, &symbol), LK_OK);
        if (p->nats[i] != c->want[p->item][at] || p->characters[i] != character ||
            p->symbols[i] != symbol) {
            fail_msg("symbol %lld: %.17g nats in the walk, %.17g in one network", (long long)at,
                     p->nats[i], c->want[p->item][at]);
        }
        c->nll[p->item] += p->nats[i];
    }
    c->next[p->item] += p->count;
    c->escapes[p->item] -= p->escapes;
    assert_true(p->nll_nats == c->nll[p->item]);
    assert_int_equal(p->last, c->next[p->item] == lk_items_length(c->items, p->item));
    return c->stop > 0 && c->next[p->item] > c->stop ? LK_INTERRUPTED : LK_OK;
}

static void test_walk_is_one_network(void **state) {
    (void)state;
    static comparison c;
    static const int64_t lanes[] = {0, 1, 2};
    lk_bytes text = testing_text(LENGTH);
    const int64_t sizes[TEXTS] = {text.size, text.size / 2 + 3, 30, 41, text.size - 1};
    for (int i = 0; i < 3 * CASES; i++) {
        lk_context *context = testing_context(1 + i % 3);
        lk_model *model = testing_stream_model(context, cases[i / 3].family, cases[i / 3].set,
                                               cases[i / 3].sets, cases[i / 3].characters, 0.7f);
        c = (comparison){.items = texts_of(model, &text, sizes, i == 0 ? 1 : TEXTS)};
        for (int64_t t = 0; t < lk_items_count(c.items); t++) {
            by_one_network(model, c.items, t, c.want[t], &c.escapes[t]);
            assert_true(t > 0 || (c.escapes[t] > 0) == (cases[i / 3].characters != TESTING_BYTES));
        }
        const lk_sink sink = {compare, &c};
        const lk_walk_options how = {.lanes = lanes[i % 3]};
        testing_ok(context, lk_walk_once(model, c.items, &how, &sink, 1));
        for (int64_t t = 0; t < lk_items_count(c.items); t++) {
            assert_int_equal(c.next[t], lk_items_length(c.items, t));
            assert_int_equal(c.escapes[t], 0);
        }
        lk_items_close(c.items);
        lk_model_destroy(model);
        lk_context_destroy(context);
    }
    free(text.data);
}

static lk_status keep(void *argument, const lk_passage *p) {
    double *nll = argument;
    nll[p->item] = p->nll_nats;
    return LK_OK;
}

static void test_walk_ends_early(void **state) {
    (void)state;
    static comparison c;
    lk_bytes text = testing_text(LENGTH);
    lk_context *context = testing_context(1);
    lk_model *model = testing_stream_model(context, "charrnn", lstm, 2, TESTING_CHARACTERS, 0.7f);
    c = (comparison){.items = texts_of(model, &text, &text.size, 1), .stop = 300};
    by_one_network(model, c.items, 0, c.want[0], &c.escapes[0]);
    const lk_sink sink = {compare, &c};
    assert_int_equal(lk_walk_once(model, c.items, NULL, &sink, 1), LK_INTERRUPTED);
    assert_true(c.next[0] > 300 && c.next[0] < LENGTH);
    model->parameters->list[0].value[0] = NAN;
    testing_refused(context, lk_walk_once(model, c.items, NULL, NULL, 0), LK_NOT_FINITE,
                    "the surprisal of symbol");
    lk_model *bytes = testing_stream_model(context, "charrnn", lstm, 2, TESTING_BYTES, 0.7f);
    testing_refused(context, lk_walk_once(bytes, c.items, NULL, NULL, 0), LK_MISMATCH,
                    "no texts of the model's symbols");
    lk_items_close(c.items);
    lk_model_destroy(bytes);
    lk_model_destroy(model);
    lk_context_destroy(context);
    free(text.data);
}

/* ---- a model that learns --------------------------------------------------------------------- */

static void test_learning_from_a_text(void **state) {
    (void)state;
    lk_bytes text = testing_text(LENGTH);
    lk_context *context = testing_context(2);
    lk_model *model = testing_stream_model(context, "charrnn", lstm, 2, TESTING_CHARACTERS, 0.7f);
    lk_fingerprint before = lk_model_fingerprint(model);
    lk_items *items = texts_of(model, &text, &text.size, 1);
    static const float rates[] = {0.0f, 1e-12f, 0.05f, 0.05f};
    double nll[4];
    for (int i = 0; i < 4; i++) {
        const lk_walk_options how = {.learning_rate = rates[i]};
        const lk_sink sink = {keep, &nll[i]};
        testing_ok(context, lk_walk_once(model, items, &how, &sink, 1));
    }
    assert_true(fabs(nll[1] - nll[0]) <= 1e-4 * nll[0]);
    assert_true(nll[2] < 0.95 * nll[0]); /* random weights have everything to learn */
    assert_true(nll[2] == nll[3]);
    lk_fingerprint after = lk_model_fingerprint(model);
    assert_memory_equal(&before, &after, sizeof before);
    const lk_walk_options impossible = {.learning_rate = INFINITY};
    testing_refused(context, lk_walk_once(model, items, &impossible, NULL, 0), LK_INVALID,
                    "at a rate above 0");
    lk_items_close(items);
    lk_model_destroy(model);
    lk_context_destroy(context);
    free(text.data);
}

#define EXAMPLES 40
#define VARIABLES 6
#define NETWORKS 3

/* Each network's weights go from example to example, none sees those of the others. */
static void learn_by_hand(const lk_model *model, const lk_dataset *data, double *nll) {
    lk_run *run[NETWORKS];
    for (int k = 0; k < NETWORKS; k++) {
        const lk_run_options how = {.network = k, .learning_rate = 0.02f};
        testing_ok(model->context, lk_run_open(model, &how, &run[k]));
    }
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double sum = 0.0, one;
        for (int k = 0; k < NETWORKS; k++) {
            testing_ok(model->context, lk_run_begin(run[k], 1, NULL));
            testing_ok(model->context,
                       lk_run_forward(run[k], data->values + i * VARIABLES, VARIABLES));
            testing_ok(model->context, lk_run_nll(run[k], &one, NULL));
            testing_ok(model->context, lk_run_learn(run[k]));
            sum += exp(-one) / NETWORKS;
        }
        nll[i] = -log(sum);
    }
    for (int k = 0; k < NETWORKS; k++) {
        lk_run_close(run[k]);
    }
}

static void test_learning_from_examples(void **state) {
    (void)state;
    static const char *const masks[] = {"hidden=12", "masks=3"};
    lk_context *context = testing_context(2);
    lk_model *model = testing_model(context, "made", masks, 2, VARIABLES, 2, "natural", 9);
    lk_dataset *data = testing_random_data(context, EXAMPLES, VARIABLES, 2, 5);
    double want[EXAMPLES], nll[EXAMPLES], still[EXAMPLES], gain = 0.0;
    lk_items *items;
    lk_walk *walk;
    testing_ok(context, lk_items_of_dataset(context, data, NULL, &items));
    testing_ok(context, lk_walk_open(model, &walk));
    learn_by_hand(model, data, want);
    const lk_sink sink = {keep, nll}, other = {keep, still};
    const lk_walk_options how = {.learning_rate = 0.02f, .lanes = 7};
    for (int again = 0; again < 2; again++) { /* each time from the model's own weights */
        testing_ok(context, lk_walk_along(walk, items, &how, &sink, 1));
        testing_ok(context, lk_walk_along(walk, items, NULL, &other, 1));
        for (int i = 0; i < EXAMPLES; i++) {
            assert_true(fabs(nll[i] - want[i]) < 1e-12);
        }
    }
    for (int i = EXAMPLES / 2; i < EXAMPLES; i++) {
        gain += still[i] - nll[i];
    }
    assert_true(gain > 0.0);
    lk_walk_close(walk);
    lk_model *counted = testing_model(context, "histogram", NULL, 0, VARIABLES, 2, "natural", 9);
    testing_refused(context, lk_walk_once(counted, items, &how, &sink, 1), LK_INVALID,
                    "a histogram is counted");
    lk_model_destroy(counted);
    lk_items_close(items);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk_is_one_network),
        cmocka_unit_test(test_walk_ends_early),
        cmocka_unit_test(test_learning_from_a_text),
        cmocka_unit_test(test_learning_from_examples),
    };
    return cmocka_run_group_tests_name("walking along items", tests, NULL, NULL);
}
