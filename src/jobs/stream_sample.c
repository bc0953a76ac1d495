/* Symbols are drawn by the incremental schedule along a flow, which keeps only as much of the past
 * as the network looks back. */
#include "jobs/stream_sample.h"

#include <string.h>

#include "base/arena.h"
#include "base/maths.h"
#include "base/random.h"
#include "dist/dist.h"
#include "models/flow.h"

#define NAIVE_WINDOW 256
#define PROMPT_AT_ONCE 1024

typedef struct sampler {
    const lk_model *model;
    const lk_stream_sample_options *options;
    lk_flow *flow;
    int64_t prompt_length, position;
    float *logits;        /* [channels]: of one stream, the escape struck out */
    float *probability;   /* [alphabet] */
    uint16_t *column;     /* [count] */
    uint32_t *characters; /* [count] */
    uint16_t *past;       /* naive: [count][prompt_length + length] */
    uint16_t *window;     /* naive: [count][NAIVE_WINDOW] */
} sampler;

/* ---- the conditionals ------------------------------------------------------------------------ */

/* Naive: everything up to the present symbol, from the beginning; what stands there itself cannot
 * matter, and is 0. */
static lk_status compute_all(sampler *s, const float **parameters) {
    int64_t count = s->options->count, total = s->prompt_length + s->options->length, first = 0,
            here = 0;
    LK_TRY(lk_flow_begin(s->flow, count));
    for (; first <= s->position; first += here) {
        here = s->position + 1 - first < NAIVE_WINDOW ? s->position + 1 - first : NAIVE_WINDOW;
        for (int64_t n = 0; n < count; n++) {
            memcpy(s->window + n * here, s->past + n * total + first,
                   (size_t)here * sizeof *s->window);
        }
        LK_TRY(lk_flow_forward(s->flow, s->window, here));
    }
    *parameters = lk_flow_parameters(s->flow, here - 1);
    return LK_OK;
}

static lk_status next(sampler *s, const float **parameters) {
    return s->options->schedule == LK_SCHEDULE_NAIVE ? compute_all(s, parameters)
                                                     : lk_flow_next(s->flow, parameters);
}

static void set(sampler *s) {
    int64_t total = s->prompt_length + s->options->length;
    if (s->options->schedule == LK_SCHEDULE_INCREMENTAL) {
        lk_flow_set(s->flow, s->column);
    }
    for (int64_t n = 0; s->past != NULL && n < s->options->count; n++) {
        s->past[n * total + s->position] = s->column[n];
    }
    s->position++;
}

/* ---- one position ---------------------------------------------------------------------------- */

static lk_status give(sampler *s, bool drawn) {
    for (int64_t n = 0; n < s->options->count; n++) {
        s->characters[n] = lk_symbols_character(&s->model->data.symbols, s->column[n]);
    }
    set(s);
    return s->options->take(s->options->argument, drawn, s->characters);
}

/* The escape is the last symbol, and its logit the last channel, of a Bernoulli's one too. */
static uint16_t draw(sampler *s, const float *parameters, int64_t stream) {
    const lk_graph *graph = lk_flow_graph(s->flow);
    lk_head head = lk_graph_head(graph, 0);
    int32_t alphabet = s->model->data.alphabet;
    int64_t channels = lk_graph_channels(graph);
    memcpy(s->logits, parameters, (size_t)channels * sizeof *s->logits);
    if (s->model->data.symbols.kind == LK_SYMBOLS_CHARACTERS) {
        s->logits[channels - 1] = -lk_infinity();
    }
    head.dist->probabilities(graph->context->kernels, &head, s->logits, 1, s->options->temperature,
                             s->probability);
    lk_random random = {s->options->seed, LK_FOR_SAMPLE};
    float unit = lk_random_unit(random, (uint64_t)stream, (uint64_t)s->position);
    return (uint16_t)lk_probabilities_draw(s->probability, alphabet, unit);
}

static lk_status draw_all(sampler *s) {
    for (int64_t i = 0; i < s->options->length; i++) {
        const float *parameters;
        LK_TRY(next(s, &parameters));
        int64_t channels = lk_graph_channels(lk_flow_graph(s->flow));
        for (int64_t n = 0; n < s->options->count; n++) {
            s->column[n] = draw(s, parameters + n * channels, s->options->first + n);
        }
        LK_TRY(give(s, true));
    }
    return LK_OK;
}

/* ---- the prompt ------------------------------------------------------------------------------ */

static lk_status refuse(const sampler *s, int64_t symbol) {
    uint32_t character;
    LK_TRY(lk_stream_characters(s->options->prompt, symbol, 1, &character));
    const char *path = lk_stream_path(s->options->prompt), *what = "U+";
    int digits = 4;
    if (character >= LK_UTF8_BYTE) {
        character -= LK_UTF8_BYTE;
        what = "no UTF-8, byte 0x";
        digits = 2;
    }
    return lk_fail(
        s->model->context, LK_INVALID,
        "%s: character %lld (%s%0*X) is not in the model's alphabet of %d characters: leave it out",
        path, (long long)symbol + 1, what, digits, character, s->model->data.symbols.count);
}

/* Before anything is given away. */
static lk_status check_prompt(const sampler *s) {
    uint16_t symbols[PROMPT_AT_ONCE];
    for (int64_t done = 0; done < s->prompt_length; done += PROMPT_AT_ONCE) {
        int64_t some =
            s->prompt_length - done < PROMPT_AT_ONCE ? s->prompt_length - done : PROMPT_AT_ONCE;
        LK_TRY(lk_stream_read(s->options->prompt, done, some, symbols));
        for (int64_t i = 0; i < some; i++) {
            if (lk_symbols_escapes(&s->model->data.symbols, symbols[i])) {
                return refuse(s, done + i);
            }
        }
    }
    return LK_OK;
}

static lk_status follow_prompt(sampler *s) {
    for (int64_t i = 0; i < s->prompt_length; i++) {
        const float *parameters;
        uint16_t symbol;
        LK_TRY(lk_stream_read(s->options->prompt, i, 1, &symbol));
        if (s->options->schedule == LK_SCHEDULE_INCREMENTAL) {
            LK_TRY(lk_flow_next(s->flow, &parameters));
        }
        for (int64_t n = 0; n < s->options->count; n++) {
            s->column[n] = symbol;
        }
        LK_TRY(give(s, false));
    }
    return LK_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static lk_status init(sampler *s) {
    int64_t count = s->options->count, total = s->prompt_length + s->options->length;
    bool naive = s->options->schedule == LK_SCHEDULE_NAIVE;
    LK_TRY(
        lk_flow_create(s->model, LK_PLAN_INCREMENTAL, count, naive ? NAIVE_WINDOW : 0, &s->flow));
    s->logits = lk_allocate(lk_graph_channels(lk_flow_graph(s->flow)), sizeof *s->logits);
    s->probability = lk_allocate(s->model->data.alphabet, sizeof *s->probability);
    s->column = lk_allocate(count, sizeof *s->column);
    s->characters = lk_allocate(count, sizeof *s->characters);
    s->past = naive ? lk_allocate(count * total, sizeof *s->past) : NULL;
    s->window = naive ? lk_allocate(count * NAIVE_WINDOW, sizeof *s->window) : NULL;
    if (s->logits == NULL || s->probability == NULL || s->column == NULL || s->characters == NULL ||
        (naive && (s->past == NULL || s->window == NULL))) {
        return lk_fail_no_memory(s->model->context, "streams", count * (naive ? total : 4) * 2);
    }
    return lk_flow_begin(s->flow, count);
}

static void deinit(sampler *s) {
    lk_flow_destroy(s->flow);
    lk_release(s->logits);
    lk_release(s->probability);
    lk_release(s->column);
    lk_release(s->characters);
    lk_release(s->past);
    lk_release(s->window);
}

lk_status lk_stream_sample(const lk_model *model, const lk_stream_sample_options *options) {
    LK_REQUIRE(model->data.stream && options->count >= 1 && options->length >= 0);
    LK_REQUIRE(options->prompt == NULL ||
               lk_symbols_equal(lk_stream_symbols(options->prompt), &model->data.symbols));
    sampler s = {.model = model,
                 .options = options,
                 .prompt_length = options->prompt == NULL ? 0 : lk_stream_length(options->prompt)};
    LK_TRY(check_prompt(&s));
    lk_status status = init(&s);
    status = status == LK_OK ? follow_prompt(&s) : status;
    status = status == LK_OK ? draw_all(&s) : status;
    deinit(&s);
    return status;
}
