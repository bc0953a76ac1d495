/* The stream runs through the parallel schedule, window after window (models/flow.h). */
#include "jobs/stream_walk.h"

#include <math.h>

#include "base/arena.h"
#include "base/measure.h"
#include "train/learner.h"

#define WINDOW 256
#define WINDOW_LEAST 16
#define BYTES_MOST ((int64_t)1 << 28) /* of logits; a large alphabet gets a shorter window */

typedef struct walker {
    const lk_model *model;
    lk_stream *stream;
    const lk_stream_walk *walk;
    lk_learner *learner; /* owned; NULL: the model stays as it is */
    lk_flow *flow;       /* owned, or the learner's */
    int64_t window;
    uint16_t *symbols;    /* [window] */
    uint32_t *characters; /* [window] */
    float *terms;         /* [window] */
    double *nats;         /* [window] */
} walker;

static int64_t choose_window(const lk_model *model) {
    int64_t window = WINDOW;
    while (window > WINDOW_LEAST &&
           window * model->data.alphabet * (int64_t)sizeof(float) > BYTES_MOST) {
        window /= 2;
    }
    return window;
}

static lk_status init(walker *w) {
    bool learns = w->walk->learning_rate > 0.0f;
    w->window = learns ? LK_LEARNER_WINDOW : choose_window(w->model);
    w->symbols = lk_allocate(w->window, sizeof *w->symbols);
    w->characters = lk_allocate(w->window, sizeof *w->characters);
    w->terms = lk_allocate(w->window, sizeof *w->terms);
    w->nats = lk_allocate(w->window, sizeof *w->nats);
    if (w->symbols == NULL || w->characters == NULL || w->terms == NULL || w->nats == NULL) {
        return lk_fail_no_memory(w->model->context, "a window of a text", w->window * 18);
    }
    if (learns) {
        LK_TRY(lk_learner_create(w->model, 1, w->walk->learning_rate, &w->learner));
        w->flow = lk_learner_flow(w->learner);
        return lk_learner_begin(w->learner, 1);
    }
    LK_TRY(lk_flow_create(w->model, LK_PLAN_INCREMENTAL, 1, w->window, &w->flow));
    return lk_flow_begin(w->flow, 1);
}

static void deinit(walker *w) {
    if (w->learner == NULL) {
        lk_flow_destroy(w->flow);
    }
    lk_learner_destroy(w->learner);
    lk_release(w->symbols);
    lk_release(w->characters);
    lk_release(w->terms);
    lk_release(w->nats);
}

static lk_status not_a_number(const walker *w, int64_t symbol) {
    const lk_node *node = lk_execution_first_not_finite(lk_flow_execution(w->flow));
    return lk_fail(w->model->context, LK_NOT_FINITE,
                   "%s: the surprisal of symbol %lld is not a number%s%s: %s",
                   lk_stream_path(w->stream), (long long)symbol,
                   node != NULL ? "; seen first at node " : "", node != NULL ? node->name : "",
                   w->learner != NULL ? "the model learned too fast, take a lower --adapt"
                                      : "the model's weights are damaged or have diverged");
}

static lk_status step(walker *w, int64_t first, int64_t count) {
    const lk_symbols *symbols = &w->model->data.symbols;
    double sum;
    LK_TRY(lk_stream_characters(w->stream, first, count, w->characters));
    for (int64_t i = 0; i < count; i++) {
        w->symbols[i] = lk_symbols_find(symbols, w->characters[i]);
    }
    LK_TRY(lk_flow_forward(w->flow, w->symbols, count));
    LK_TRY(lk_flow_nll(w->flow, &sum, w->terms));
    for (int64_t i = 0; i < count; i++) {
        if (isnan(w->terms[i])) {
            return not_a_number(w, first + i);
        }
        double escaped =
            lk_symbols_escapes(symbols, w->symbols[i]) ? LK_ESCAPED_BITS * LK_NATS_PER_BIT : 0.0;
        w->nats[i] = (double)w->terms[i] + escaped;
    }
    lk_stream_piece piece = {.first = first,
                             .count = count,
                             .symbols = w->symbols,
                             .characters = w->characters,
                             .nats = w->nats};
    LK_TRY(w->walk->take(w->walk->argument, &piece));
    return w->learner != NULL ? lk_learner_follow(w->learner) : LK_OK;
}

lk_status lk_stream_walk_along(const lk_model *model, lk_stream *stream,
                               const lk_stream_walk *walk) {
    LK_REQUIRE(model->data.stream &&
               lk_symbols_equal(&model->data.symbols, lk_stream_symbols(stream)));
    walker w = {.model = model, .stream = stream, .walk = walk};
    int64_t length = lk_stream_length(stream), done = 0;
    lk_status status = init(&w);
    while (status == LK_OK && done < length) {
        int64_t count = length - done < w.window ? length - done : w.window;
        status = step(&w, done, count);
        done += count;
        if (status == LK_OK && walk->progress != NULL) {
            walk->progress(walk->progress_argument, done, length);
        }
    }
    deinit(&w);
    return status;
}

/* ---- the whole stream's ---------------------------------------------------------------------- */

typedef struct counter {
    const lk_symbols *symbols;
    lk_stream_likelihood *likelihood;
} counter;

void lk_stream_likelihood_add(lk_stream_likelihood *likelihood, const lk_symbols *symbols,
                              const lk_stream_piece *piece) {
    for (int64_t i = 0; i < piece->count; i++) {
        likelihood->nll_nats += piece->nats[i];
        likelihood->escapes += lk_symbols_escapes(symbols, piece->symbols[i]) ? 1 : 0;
    }
}

static lk_status count(void *argument, const lk_stream_piece *piece) {
    const counter *c = argument;
    lk_stream_likelihood_add(c->likelihood, c->symbols, piece);
    return LK_OK;
}

lk_status lk_stream_evaluate(const lk_model *model, lk_stream *stream, const lk_stream_walk *walk,
                             lk_stream_likelihood *likelihood) {
    *likelihood = (lk_stream_likelihood){.symbols = lk_stream_length(stream),
                                         .bytes = lk_stream_bytes(stream)};
    counter c = {&model->data.symbols, likelihood};
    lk_stream_walk counting = *walk;
    counting.take = count;
    counting.argument = &c;
    return lk_stream_walk_along(model, stream, &counting);
}
