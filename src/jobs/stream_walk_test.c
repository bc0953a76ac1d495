/* Surprisals along a stream, window after window, against one network over the whole of it, bit for
 * bit; and what escapes cost. */
#include "models/stream_testing.h"

#include "base/measure.h"
#include "jobs/stream_walk.h"

#define LENGTH 700 /* more than two windows */

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

/* Every symbol's term, and which are the escape. */
static const lk_stream_walk plain = {0};

static void by_one_network(const lk_model *model, lk_stream *stream, double *nats,
                           int64_t *escapes) {
    int64_t length = lk_stream_length(stream);
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x = malloc((size_t)length * sizeof *x);
    float *terms = malloc((size_t)length * sizeof *terms);
    double sum;
    testing_ok(model->context, lk_stream_read(stream, 0, length, x));
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
    const double *want;
    lk_stream *stream;
    int64_t next, stop; /* stop: fail there; -1: nowhere */
} comparison;

static lk_status compare(void *argument, const lk_stream_piece *piece) {
    comparison *c = argument;
    assert_int_equal(piece->first, c->next);
    for (int64_t i = 0; i < piece->count; i++) {
        int64_t at = piece->first + i;
        uint32_t character;
        uint16_t symbol;
        assert_int_equal(lk_stream_characters(c->stream, at, 1, &character), LK_OK);
        assert_int_equal(lk_stream_read(c->stream, at, 1, &symbol), LK_OK);
        if (piece->nats[i] != c->want[at] || piece->characters[i] != character ||
            piece->symbols[i] != symbol) {
            fail_msg("symbol %lld: %.17g nats in the walk, %.17g in one network", (long long)at,
                     piece->nats[i], c->want[at]);
        }
    }
    c->next += piece->count;
    return c->stop >= 0 && c->next > c->stop ? LK_INTERRUPTED : LK_OK;
}

static void test_walk_is_one_network(void **state) {
    (void)state;
    lk_bytes text = testing_text(LENGTH);
    for (int i = 0; i < CASES; i++) {
        lk_context *context = testing_context(1 + i % 3);
        lk_model *model = testing_stream_model(context, cases[i].family, cases[i].set,
                                               cases[i].sets, cases[i].characters, 0.7f);
        lk_stream *stream;
        testing_ok(context, lk_stream_parse(context, "text", &text, &model->data.symbols, &stream));
        int64_t length = lk_stream_length(stream), escapes;
        double *nats = malloc((size_t)length * sizeof *nats), sum = 0.0;
        by_one_network(model, stream, nats, &escapes);
        comparison c = {nats, stream, 0, -1};
        lk_stream_walk walk = {.take = compare, .argument = &c};
        testing_ok(context, lk_stream_walk_along(model, stream, &walk));
        assert_int_equal(c.next, length);
        for (int64_t at = 0; at < length; at++) {
            sum += nats[at];
        }
        lk_stream_likelihood likelihood;
        testing_ok(context, lk_stream_evaluate(model, stream, &plain, &likelihood));
        assert_true(likelihood.nll_nats == sum);
        assert_int_equal(likelihood.escapes, escapes);
        assert_true((escapes > 0) ==
                    (cases[i].characters != TESTING_BYTES)); /* 0xFF is in no list */
        assert_int_equal(likelihood.symbols, length);
        assert_int_equal(likelihood.bytes, text.size);
        free(nats);
        lk_stream_close(stream);
        lk_model_destroy(model);
        lk_context_destroy(context);
    }
    free(text.data);
}

/* ---- a model that learns --------------------------------------------------------------------- */

/* The same by hand: forward over a window with all weights as they are, then a step along the
 * gradient of its mean NLL. The weights of the model itself stay. */
static void test_learning(void **state) {
    (void)state;
    lk_bytes text = testing_text(LENGTH);
    lk_context *context = testing_context(2);
    lk_model *model = testing_stream_model(context, "charrnn", lstm, 2, TESTING_CHARACTERS, 0.7f);
    lk_fingerprint before = lk_model_fingerprint(model);
    lk_stream *stream;
    testing_ok(context, lk_stream_parse(context, "text", &text, &model->data.symbols, &stream));
    lk_stream_likelihood still, slow, fast, again;
    const lk_stream_walk slowly = {.learning_rate = 1e-12f}, quickly = {.learning_rate = 0.05f};
    testing_ok(context, lk_stream_evaluate(model, stream, &plain, &still));
    testing_ok(context, lk_stream_evaluate(model, stream, &slowly, &slow));
    testing_ok(context, lk_stream_evaluate(model, stream, &quickly, &fast));
    testing_ok(context, lk_stream_evaluate(model, stream, &quickly, &again));
    assert_true(fabs(slow.nll_nats - still.nll_nats) <= 1e-4 * still.nll_nats);
    assert_true(fast.nll_nats <
                0.95 * still.nll_nats); /* random weights have everything to learn */
    assert_true(fast.nll_nats == again.nll_nats);
    lk_fingerprint after = lk_model_fingerprint(model);
    assert_memory_equal(&before, &after, sizeof before);
    const lk_stream_walk impossible = {.learning_rate = INFINITY};
    testing_refused(context, lk_stream_evaluate(model, stream, &impossible, &again), LK_INVALID,
                    "at a rate above 0");
    lk_stream_close(stream);
    lk_model_destroy(model);
    lk_context_destroy(context);
    free(text.data);
}

static void test_walk_ends_early(void **state) {
    (void)state;
    lk_bytes text = testing_text(LENGTH);
    lk_context *context = testing_context(1);
    lk_model *model = testing_stream_model(context, "charrnn", lstm, 2, TESTING_CHARACTERS, 0.7f);
    lk_stream *stream;
    int64_t escapes;
    double nats[LENGTH];
    testing_ok(context, lk_stream_parse(context, "text", &text, &model->data.symbols, &stream));
    by_one_network(model, stream, nats, &escapes);
    comparison c = {nats, stream, 0, 300};
    lk_stream_walk walk = {.take = compare, .argument = &c};
    assert_int_equal(lk_stream_walk_along(model, stream, &walk), LK_INTERRUPTED);
    assert_true(c.next > 300 && c.next < LENGTH);
    lk_stream_likelihood likelihood;
    model->parameters->list[0].value[0] = NAN;
    testing_refused(context, lk_stream_evaluate(model, stream, &plain, &likelihood), LK_NOT_FINITE,
                    "the surprisal of symbol");
    lk_stream_close(stream);
    lk_model_destroy(model);
    lk_context_destroy(context);
    free(text.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk_is_one_network),
        cmocka_unit_test(test_walk_ends_early),
        cmocka_unit_test(test_learning),
    };
    return cmocka_run_group_tests_name("walking along streams", tests, NULL, NULL);
}
