#include "codec/coder.h"

#include <math.h>

#include "base/double_maths.h"
#include "base/measure.h"

#define CDF_ENTRIES (INT64_C(1) << 20) /* of a block, unless one row needs more */
#define ENTRIES_PER_PIECE 4096         /* that are worth a thread's while */
#define TELL_SYMBOLS 1024

/* A chunk under way, and its present group of lanes. */
typedef struct task {
    lk_coder *coder;
    lk_run *run;
    bool incremental, coding; /* coding false: only the NLL is wanted */
    lk_content *content;
    lk_code *code;
    const lk_lane *lane;
    int64_t lanes;
    int64_t first, count, per_piece; /* rows, (place, lane), of the present block */
    double nll_nats;                 /* of the chunk */
    int64_t told;                    /* symbols not yet told of */
} task;

/* ---- runs ------------------------------------------------------------------------------------ */

lk_status lk_coder_init(lk_coder *coder, const lk_model *model, const lk_container *container,
                        lk_shape shape) {
    int64_t lanes = container->lanes;
    *coder = (lk_coder){.model = model, .container = container};
    coder->options =
        (lk_run_options){.shape = shape, .lanes = lanes, .learning_rate = container->learning_rate};
    coder->column = lk_allocate(lanes, sizeof *coder->column);
    coder->given = lk_allocate(lanes, sizeof *coder->given);
    return coder->column != NULL && coder->given != NULL
               ? LK_OK
               : lk_fail_no_memory(model->context, "lanes", 4 * lanes);
}

void lk_coder_deinit(lk_coder *coder) {
    lk_run_close(coder->run[LK_PARALLEL]);
    lk_run_close(coder->run[LK_INCREMENTAL]);
    lk_release(coder->values);
    lk_release(coder->column);
    lk_release(coder->given);
    lk_release(coder->cdf);
    lk_release(coder->terms);
    *coder = (lk_coder){0};
}

static lk_status make_scratch(lk_coder *coder, const lk_run *run) {
    int64_t width = lk_run_graph(run)->alphabet + 1;
    int64_t values = lk_run_window(run) * lk_run_lanes(run);
    lk_release(coder->values);
    coder->values = lk_resize(NULL, values, sizeof *coder->values);
    if (coder->cdf == NULL) {
        coder->rows = CDF_ENTRIES > width ? CDF_ENTRIES / width : 1;
        coder->cdf = lk_resize(NULL, coder->rows * width, sizeof *coder->cdf);
        coder->terms = lk_resize(NULL, coder->rows, sizeof *coder->terms);
    }
    return coder->cdf != NULL && coder->terms != NULL && coder->values != NULL
               ? LK_OK
               : lk_fail_no_memory(coder->model->context, "a coder's block",
                                   4 * coder->rows * width + 2 * values);
}

/* A run of a network by a schedule: the one that is open, where it is this or can be turned. */
static lk_status use(lk_coder *coder, lk_schedules schedule, int64_t network, lk_run **run) {
    lk_run_options options = coder->options;
    *run = coder->run[schedule];
    if (*run != NULL && network == coder->network[schedule]) {
        return LK_OK;
    }
    coder->network[schedule] = network;
    if (*run != NULL && schedule == LK_PARALLEL && options.learning_rate == 0.0f) {
        return lk_run_turn(*run, network);
    }
    lk_run_close(*run);
    coder->run[schedule] = NULL;
    options.schedules = schedule;
    options.network = network;
    LK_TRY(lk_run_open(coder->model, &options, run));
    coder->run[schedule] = *run;
    return schedule == LK_PARALLEL || coder->cdf == NULL ? make_scratch(coder, *run) : LK_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Where the row's symbol stands in the content; NULL: its lane has ended. */
static uint16_t *value_at(const task *t, int64_t place, int64_t lane) {
    const lk_lane *l = &t->lane[lane];
    return place < l->length ? t->content->value + l->begin + lk_run_variable(t->run, place) : NULL;
}

static void row_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const task *t = argument;
    const lk_kernels *kernels = t->coder->model->context->kernels;
    int64_t width = lk_run_graph(t->run)->alphabet + 1, end = (piece + 1) * t->per_piece;
    for (int64_t i = piece * t->per_piece; i < end && i < t->count; i++) {
        int64_t place = (t->first + i) / t->lanes, lane = (t->first + i) % t->lanes;
        const uint16_t *value = value_at(t, place, lane);
        if (value != NULL) {
            lk_head head = lk_run_head(t->run, place);
            const float *parameters = lk_run_parameters(t->run, place) + lane * head.channels;
            if (!t->code->decoding) {
                head.dist->nll(kernels, &head, parameters, value, 1, &t->coder->terms[i]);
            }
            if (t->coding) {
                head.dist->cdf(kernels, &head, parameters, t->coder->cdf + i * width);
            }
        }
    }
}

static lk_status add_term(task *t, int64_t place, float term, bool escapes) {
    if (isnan(term)) {
        const char *node = lk_run_first_not_finite(t->run);
        return lk_fail(t->coder->model->context, LK_NOT_FINITE,
                       "the model's likelihood is not a number at place %lld (first seen at node "
                       "%s); %s",
                       (long long)place, node != NULL ? node : "unknown",
                       t->coder->options.learning_rate > 0.0f
                           ? "it learned too fast, take a lower --adapt"
                           : "train again with a smaller learning rate");
    }
    t->nll_nats += (double)term + (escapes ? LK_ESCAPED_BITS * LK_NATS_PER_BIT : 0.0);
    return LK_OK;
}

/* The character behind an escape; no encoder writes one that is listed, or none. */
static void code_escaped(task *t, const uint16_t *value) {
    uint32_t *character = &t->content->escaped[value - t->content->value];
    *character = lk_code_bits(t->code, LK_ESCAPED_BITS, *character);
    bool byte = *character >= LK_UTF8_BYTE && *character < LK_UTF8_BYTE + 256;
    t->code->wrong |= !(byte || lk_utf8_is_code_point(*character)) ||
                      lk_symbols_find(t->content->alphabet, *character) != *value;
}

/* Codes row number i of the block. */
static lk_status code_row(task *t, int64_t i) {
    int64_t place = (t->first + i) / t->lanes, lane = (t->first + i) % t->lanes;
    uint16_t *value = value_at(t, place, lane);
    t->coder->column[lane] = 0;
    if (value != NULL) {
        int32_t alphabet = lk_run_head(t->run, place).alphabet;
        const uint32_t *cdf = t->coder->cdf + i * (lk_run_graph(t->run)->alphabet + 1);
        LK_REQUIRE(t->code->decoding || *value < alphabet);
        *value = t->coding ? (uint16_t)lk_code_symbol(t->code, cdf, alphabet, *value) : *value;
        bool escapes =
            t->content->escaped != NULL && lk_symbols_escapes(t->content->alphabet, *value);
        if (escapes && t->coding) {
            code_escaped(t, value);
        }
        LK_TRY(t->code->decoding ? LK_OK : add_term(t, place, t->coder->terms[i], escapes));
        t->coder->column[lane] = *value;
        t->told++;
    }
    if (t->incremental && lane == t->lanes - 1) {
        lk_run_set(t->run, place, t->coder->column);
    }
    return LK_OK;
}

static lk_status code_places(task *t, int64_t first, int64_t last) {
    int64_t end = last * t->lanes, alphabet = lk_run_graph(t->run)->alphabet;
    t->per_piece = alphabet < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / alphabet : 1;
    for (t->first = first * t->lanes; t->first < end && !t->code->wrong; t->first += t->count) {
        t->count = end - t->first < t->coder->rows ? end - t->first : t->coder->rows;
        lk_pool_run(t->coder->model->context->pool, (t->count - 1) / t->per_piece + 1, row_piece,
                    t);
        for (int64_t i = 0; i < t->count && !t->code->wrong; i++) {
            LK_TRY(code_row(t, i));
        }
    }
    return LK_OK;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static lk_status tell(task *t, int64_t least) {
    lk_coder *c = t->coder;
    if (c->progress == NULL || t->told < least) {
        return LK_OK;
    }
    c->done += t->told;
    t->told = 0;
    c->total = c->total > c->done ? c->total : c->done;
    return c->progress(c->progress_argument, c->done, c->total)
               ? LK_OK
               : lk_fail(c->model->context, LK_INTERRUPTED, "interrupted");
}

static lk_status forward(task *t, int64_t first, int64_t count) {
    uint16_t *x = t->coder->values;
    for (int64_t lane = 0; lane < t->lanes; lane++) {
        const lk_lane *l = &t->lane[lane];
        for (int64_t i = first; i < first + count; i++) {
            *x++ = i < l->length ? t->content->value[l->begin + i] : 0;
        }
    }
    return lk_run_forward(t->run, t->coder->values, count);
}

static lk_status code_group(task *t) {
    int64_t window = lk_run_window(t->run), length = t->lane[0].length;
    for (int64_t lane = 0; lane < t->lanes && lk_run_graph(t->run)->given > 0; lane++) {
        t->coder->given[lane] = (uint16_t)t->content->label[t->lane[lane].item];
    }
    LK_TRY(lk_run_begin(t->run, t->lanes, t->coder->given));
    for (int64_t first = 0, last; first < length && !t->code->wrong; first = last) {
        last = length - first < window ? length : first + window;
        LK_TRY(t->incremental ? lk_run_next(t->run, &first, &last)
                              : forward(t, first, last - first));
        LK_TRY(code_places(t, first, last));
        LK_TRY(t->code->wrong ? LK_OK : lk_run_learn(t->run));
        LK_TRY(tell(t, TELL_SYMBOLS));
    }
    return LK_OK;
}

/* Whether there are labels for a model that is given some, and it knows them. */
static bool labels_known(const lk_graph *graph, const lk_content *content) {
    bool known = graph->given == 0 || (graph->given == 1 && content->label != NULL);
    for (int32_t f = 0; f < graph->field_count && graph->given > 0 && known; f++) {
        const lk_field *field = &graph->fields[f];
        for (int64_t i = 0; field->role == LK_GIVEN && i < content->items; i++) {
            known &= content->label[i] >= 0 && content->label[i] < field->alphabet;
        }
    }
    return known;
}

static lk_status code_lanes(task *t, const lk_lanes *lanes) {
    if (!labels_known(lk_run_graph(t->run), t->content)) {
        t->code->wrong = true;
        return t->code->decoding ? LK_OK
                                 : lk_fail(t->coder->model->context, LK_MISMATCH,
                                           "the model needs a label of each item, one that it "
                                           "knows");
    }
    lk_run_forget(t->run);
    for (int64_t first = 0; first < lanes->count && !t->code->wrong; first += t->lanes) {
        t->lane = lanes->lane + first;
        t->lanes = lk_lanes_group(lanes, t->coder->container, first);
        LK_TRY(code_group(t));
    }
    return tell(t, 1);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static lk_status code_symbols(lk_coder *coder, lk_schedules schedule, int64_t network, bool coding,
                              lk_content *content, lk_code *code, double *nll_nats) {
    lk_lanes lanes;
    task t = {.coder = coder, .coding = coding, .content = content, .code = code};
    t.incremental = schedule == LK_INCREMENTAL;
    LK_TRY(use(coder, schedule, network, &t.run));
    LK_TRY(lk_lanes_cut(coder->model->context, coder->container, content, &lanes));
    lk_status status = code_lanes(&t, &lanes);
    lk_lanes_deinit(&lanes);
    *nll_nats = t.nll_nats;
    return status;
}

lk_status lk_coder_nll(lk_coder *coder, int64_t network, lk_content *content, double *nll_nats) {
    lk_code code = {0};
    return code_symbols(coder, LK_PARALLEL, network, false, content, &code, nll_nats);
}

lk_status lk_coder_encode(lk_coder *coder, lk_schedules schedule, int64_t network,
                          lk_content *content, lk_coded *coded) {
    lk_code code = {0};
    *coded = (lk_coded){0};
    lk_content_code_aside(coder->container, &code, content);
    for (int64_t i = 0; i < code.count; i++) {
        coded->aside_bits += LK_CDF_BITS - lk_double_log(code.interval[i].size) / LK_NATS_PER_BIT;
    }
    lk_status status =
        code_symbols(coder, schedule, network, true, content, &code, &coded->nll_nats);
    if (status == LK_OK && (code.no_memory || !lk_rans_encode(code.interval, code.count,
                                                              &coded->bytes, &coded->size))) {
        status = lk_fail_no_memory(coder->model->context, "a coded chunk", 8 * code.count);
    }
    lk_release(code.interval);
    return status;
}

lk_status lk_coder_decode(lk_coder *coder, int64_t network, const uint8_t *bytes, int64_t size,
                          lk_content *content, bool *right) {
    lk_code code = {.decoding = true};
    int64_t old = coder->container->version == 1 && content->label != NULL ? content->items : 0;
    lk_status status = LK_OK;
    *right = network < lk_model_variants(coder->model) && size >= old;
    if (!*right) {
        return LK_OK;
    }
    for (int64_t i = 0; i < old; i++) { /* version 1: a byte each, before the payload */
        content->label[i] = bytes[i];
    }
    lk_rans_begin(&code.rans, bytes + old, size - old);
    code.wrong = code.rans.failed;
    if (old == 0) {
        lk_content_code_aside(coder->container, &code, content);
    }
    if (code.no_memory) {
        return lk_fail_no_memory(coder->model->context, "names", content->names.size);
    }
    if (!code.wrong) {
        status = code_symbols(coder, LK_INCREMENTAL, network, true, content, &code, &(double){0});
    }
    *right = !code.wrong && lk_rans_finished(&code.rans);
    return status;
}
