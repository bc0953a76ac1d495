#include "codec/coder.h"

#include <math.h>
#include <string.h>

#include "base/double_maths.h"
#include "base/measure.h"
#include "dist/dist.h"

#define CDF_ENTRIES (INT64_C(1) << 20) /* of a block, unless one row needs more */
#define ROWS (INT64_C(1) << 14)        /* of a block: they stay in a core's cache */
#define ENTRIES_PER_PIECE 4096         /* that are worth a thread's while */
#define SEARCHED 64                    /* entries that are as much work as a search */
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
    *coder = (lk_coder){.model = model, .container = container, .scratch = lk_arena_create()};
    coder->options =
        (lk_run_options){.shape = shape, .lanes = lanes, .learning_rate = container->learning_rate};
    if (coder->scratch != NULL) {
        coder->column = lk_arena_take(coder->scratch, lanes, sizeof *coder->column);
        coder->given = lk_arena_take(coder->scratch, lanes, sizeof *coder->given);
        coder->nll = lk_arena_take(coder->scratch, lanes, sizeof *coder->nll);
    }
    return coder->scratch != NULL && !lk_arena_failed(coder->scratch)
               ? LK_OK
               : lk_fail_no_memory(model->context, "lanes", 12 * lanes);
}

void lk_coder_deinit(lk_coder *coder) {
    lk_run_close(coder->run[LK_PARALLEL]);
    lk_run_close(coder->run[LK_INCREMENTAL]);
    lk_arena_destroy(coder->scratch);
    *coder = (lk_coder){0};
}

/* The most entries that a CDF of the graph's distributions has. */
static int64_t listed(const lk_graph *graph) {
    int64_t most = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        bool lists = field->role == LK_MODELLED && field->head.dist->search == NULL;
        most = lists && field->alphabet > most ? field->alphabet : most;
    }
    return most + 1;
}

static lk_status make_scratch(lk_coder *coder, lk_schedules schedule, const lk_run *run) {
    int64_t values = lk_run_window(run) * coder->options.lanes;
    if (coder->cdf == NULL) {
        int64_t width = coder->listed = listed(lk_run_graph(run));
        int64_t fit = CDF_ENTRIES / width < ROWS ? CDF_ENTRIES / width : ROWS;
        int64_t workers = lk_pool_threads(coder->model->context->pool);
        coder->rows = fit > 1 ? fit : 1;
        coder->cdf = lk_arena_take(coder->scratch,
                                   (coder->rows > workers ? coder->rows : workers) * width, 4);
        coder->symbols = lk_arena_take(coder->scratch, coder->rows, sizeof *coder->symbols);
        coder->terms = lk_arena_take(coder->scratch, coder->rows, sizeof *coder->terms);
        coder->intervals =
            lk_arena_take(coder->scratch, LK_DIGITS_MOST * coder->rows, sizeof *coder->intervals);
    }
    if (schedule == LK_PARALLEL && coder->values == NULL) {
        coder->values = lk_arena_take(coder->scratch, values, sizeof *coder->values);
    }
    return !lk_arena_failed(coder->scratch)
               ? LK_OK
               : lk_fail_no_memory(coder->model->context, "a coder's block", 2 * values);
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
    return make_scratch(coder, schedule, *run);
}

lk_status lk_coder_open(lk_coder *coder, lk_schedules schedule, const char *path) {
    lk_context *context = coder->model->context;
    lk_run *run;
    lk_status status = use(coder, schedule, 0, &run);
    return status == LK_NO_MEMORY
               ? lk_fail(context, status, "%s: %s", path, lk_context_message(context))
               : status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Rows of a place, side by side: lanes [lane, end), of which those from `live` on have ended, since
 * longer ones come first. */
typedef struct span {
    int64_t row, place, variable, lane, live, end;
    lk_head head;
} span;

/* From a row on, no further than `last`. */
static span span_at(const task *t, int64_t row, int64_t last) {
    span s = {.row = row, .place = row / t->lanes};
    s.variable = lk_run_variable(t->run, s.place);
    s.head = lk_run_head(t->run, s.place);
    s.lane = row - s.place * t->lanes;
    s.end = s.lane + last - row < t->lanes ? s.lane + last - row : t->lanes;
    s.live = s.end;
    while (s.live > s.lane && s.place >= t->lane[s.live - 1].length) {
        s.live--;
    }
    return s;
}

/* Where a lane's symbol stands in the content. */
static uint16_t *value_at(const task *t, const span *s, int64_t lane) {
    return t->content->value + lk_lane_at(&t->lane[lane], s->variable);
}

/* It leads into what the lane codes, and has been coded. */
static bool leads(const task *t, const span *s, int64_t lane) {
    return s->place < t->lane[lane].lead;
}

static int64_t width_of(const task *t) {
    return t->coder->listed;
}

/* For decoding: the distributions. */
static void find_distributions(const task *t, const span *s, uint32_t *cdf) {
    const float *parameters = lk_run_parameters(t->run, s->place) + s->lane * s->head.channels;
    int64_t count = s->head.dist->search == NULL ? s->live - s->lane : 0, width = width_of(t);
    bool alike = lk_parameters_alike(parameters, s->head.channels, count);
    for (int64_t i = 0; i < count; i++, cdf += width, parameters += s->head.channels) {
        if (alike && i > 0) {
            memcpy(cdf, cdf - width, ((size_t)s->head.alphabet + 1) * sizeof *cdf);
        } else {
            s->head.dist->cdf(t->coder->model->context->kernels, &s->head, parameters, cdf);
        }
    }
}

/* For encoding: the symbols, what they cost, and of each distribution, which need not be kept, the
 * symbol's interval. */
static void find_intervals(const task *t, const span *s, uint32_t *cdf) {
    const lk_coder *c = t->coder;
    const lk_kernels *kernels = c->model->context->kernels;
    int64_t at = s->row - t->first, count = s->live - s->lane;
    const float *parameters = lk_run_parameters(t->run, s->place) + s->lane * s->head.channels;
    uint16_t *x = c->symbols + at;
    for (int64_t i = 0; i < count; i++) {
        x[i] = *value_at(t, s, s->lane + i);
        LK_REQUIRE(x[i] < s->head.alphabet);
    }
    s->head.dist->nll(kernels, &s->head, parameters, x, count, c->terms + at);
    bool alike = lk_parameters_alike(parameters, s->head.channels, count);
    for (int64_t i = 0; i < count; i++, parameters += s->head.channels) {
        lk_interval *interval = c->intervals + LK_DIGITS_MOST * (at + i);
        if (s->head.dist->search != NULL) {
            s->head.dist->search->intervals(kernels, &s->head, parameters, x[i], interval);
        } else {
            if (!alike || i == 0) {
                s->head.dist->cdf(kernels, &s->head, parameters, cdf);
            }
            *interval = (lk_interval){cdf[x[i]], cdf[x[i] + 1] - cdf[x[i]]};
        }
    }
}

static void row_piece(void *argument, int64_t piece, int worker) {
    const task *t = argument;
    int64_t row = t->first + piece * t->per_piece, last = t->first + t->count, width = width_of(t);
    last = row + t->per_piece < last ? row + t->per_piece : last;
    while (row < last) {
        span s = span_at(t, row, last);
        if (t->code->decoding) {
            find_distributions(t, &s, t->coder->cdf + (row - t->first) * width);
        } else {
            find_intervals(t, &s, t->coder->cdf + worker * width);
        }
        row += s.end - s.lane;
    }
}

static lk_status add_term(task *t, int64_t place, float term, bool escapes) {
    if (isnan(term)) {
        const char *node = lk_run_first_not_finite(t->run);
        return lk_fail(t->coder->model->context, LK_NOT_FINITE,
                       "the model's likelihood is not a number at place %lld (first seen at node "
                       "%s); %s",
                       (long long)place + 1, node != NULL ? node : "unknown",
                       t->coder->options.learning_rate > 0.0f
                           ? lk_advice_or(t->coder->model->context, "adapt",
                                          "it learned too fast, take a lower --adapt",
                                          "it learned too fast, take a lower learning_rate")
                           : "train again with a smaller learning rate");
    }
    t->nll_nats += (double)term + (escapes ? LK_ESCAPED_BITS * LK_NATS_PER_BIT : 0.0);
    return LK_OK;
}

/* The character of a symbol; of the escape it stands behind it, and no encoder writes one that is
 * listed, or none. */
static void code_character(task *t, uint16_t symbol, bool escapes, uint32_t *character) {
    if (!escapes) {
        *character = lk_symbols_character(t->content->alphabet, symbol);
        return;
    }
    *character = lk_code_bits(t->code, LK_ESCAPED_BITS, *character);
    bool byte = *character >= LK_UTF8_BYTE && *character < LK_UTF8_BYTE + 256;
    t->code->wrong |= !(byte || lk_utf8_is_code_point(*character)) ||
                      lk_symbols_find(t->content->alphabet, *character) != symbol;
}

static uint16_t decode_value(const task *t, const span *s, int64_t at, int64_t lane) {
    const lk_search *search = s->head.dist->search;
    if (search == NULL) {
        return (uint16_t)lk_code_symbol(t->code, t->coder->cdf + at * width_of(t), s->head.alphabet,
                                        0);
    }
    const float *parameters = lk_run_parameters(t->run, s->place) + lane * s->head.channels;
    int32_t known = 0, digits = search->digits(&s->head);
    for (int32_t d = 0; d < digits; d++) {
        lk_interval interval;
        known = search->find(t->coder->model->context->kernels, &s->head, parameters, d, known,
                             lk_rans_position(&t->code->rans), &interval);
        lk_code_step(t->code, interval);
    }
    return (uint16_t)known;
}

static void encode_value(const task *t, const span *s, int64_t at) {
    const lk_search *search = s->head.dist->search;
    int32_t digits = search == NULL ? 1 : search->digits(&s->head);
    for (int32_t d = 0; d < digits; d++) {
        lk_code_step(t->code, t->coder->intervals[LK_DIGITS_MOST * at + d]);
    }
}

/* The symbol of row `at` of the block. */
static lk_status code_value(task *t, const span *s, int64_t at, int64_t lane, uint16_t *value) {
    const lk_content *content = t->content;
    if (t->code->decoding) {
        *value = decode_value(t, s, at, lane);
    } else {
        encode_value(t, s, at);
    }
    bool escapes = content->character != NULL && lk_symbols_escapes(content->alphabet, *value);
    if (content->character != NULL) {
        code_character(t, *value, escapes, &content->character[value - content->value]);
    }
    return t->code->decoding ? LK_OK : add_term(t, s->place, t->coder->terms[at], escapes);
}

static lk_status code_span(task *t, const span *s) {
    uint16_t *column = t->coder->column;
    int64_t at = s->row - t->first;
    for (int64_t lane = s->lane; lane < s->live && !t->code->wrong; lane++, at++) {
        uint16_t *value = value_at(t, s, lane);
        if (!leads(t, s, lane)) {
            LK_TRY(code_value(t, s, at, lane, value));
            t->told++;
        }
        column[lane] = *value;
    }
    memset(column + s->live, 0, (size_t)(s->end - s->live) * sizeof *column);
    if (t->incremental && s->end == t->lanes && !t->code->wrong) {
        lk_run_set(t->run, s->place, column);
    }
    return LK_OK;
}

static lk_status code_places(task *t, int64_t first, int64_t last) {
    int64_t end = last * t->lanes, entries = width_of(t) > 1 ? width_of(t) - 1 : SEARCHED;
    t->per_piece = entries < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / entries : 1;
    for (t->first = first * t->lanes; t->first < end && !t->code->wrong; t->first += t->count) {
        t->count = end - t->first < t->coder->rows ? end - t->first : t->coder->rows;
        int64_t row = t->first, behind = t->first + t->count;
        lk_pool_run(t->coder->model->context->pool, (t->count - 1) / t->per_piece + 1, row_piece,
                    t);
        while (row < behind && !t->code->wrong) {
            span s = span_at(t, row, behind);
            LK_TRY(code_span(t, &s));
            row += s.end - s.lane;
        }
    }
    return LK_OK;
}

/* The NLL of what has been run, by lanes that are equally long: models of texts have one network,
 * and are not asked. */
static lk_status add_nll(task *t, int64_t places) {
    LK_TRY(lk_run_nll(t->run, t->coder->nll, NULL));
    for (int64_t lane = 0; lane < t->lanes; lane++) {
        t->nll_nats += t->coder->nll[lane];
    }
    t->told += places * t->lanes;
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
            *x++ = i < l->length ? t->content->value[lk_lane_at(l, i)] : 0;
        }
    }
    return lk_run_forward(t->run, t->coder->values, count);
}

/* For the run: of the group's lanes. */
static lk_status read_local(void *argument, int64_t lane, int64_t first, int64_t count,
                            uint16_t *cells) {
    const task *t = argument;
    const lk_lane *l = &t->lane[lane];
    int64_t unit = lk_symbols_unit(t->content->alphabet), lead = l->lead / unit;
    int64_t led = first >= lead ? 0 : count < lead - first ? count : lead - first;
    lk_content_local_cells(t->content, l->item, first, led, cells);
    first = lk_lane_within(l, (first + led) * unit) / unit;
    lk_content_local_cells(t->content, l->item, first, count - led, cells + led * LK_LOCAL_CELLS);
    return LK_OK;
}

static lk_status code_group(task *t) {
    int64_t window = lk_run_window(t->run), length = t->lane[0].length;
    for (int64_t lane = 0; lane < t->lanes && t->content->label != NULL; lane++) {
        t->coder->given[lane] = (uint16_t)t->content->label[t->lane[lane].item];
    }
    lk_run_set_local(t->run, (lk_local_reader){read_local, t});
    LK_TRY(lk_run_begin(t->run, t->lanes, t->coder->given));
    for (int64_t first = 0, last; first < length && !t->code->wrong; first = last) {
        last = length - first < window ? length : first + window;
        LK_TRY(t->incremental ? lk_run_next(t->run, &first, &last)
                              : forward(t, first, last - first));
        LK_TRY(t->coding ? code_places(t, first, last) : add_nll(t, last - first));
        LK_TRY(t->code->wrong ? LK_OK : lk_run_learn(t->run));
        LK_TRY(tell(t, TELL_SYMBOLS));
    }
    return LK_OK;
}

/* Labels, for a model that is given some, must be there and be such as it knows. */
static bool labels_known(const lk_model *model, const lk_content *content) {
    bool known = model->data.labels == 0 || content->label != NULL;
    for (int64_t i = 0; i < content->items && model->data.labels > 0 && known; i++) {
        known = content->label[i] >= 0 && content->label[i] < model->data.labels;
    }
    return known;
}

static lk_status code_lanes(task *t, const lk_lanes *lanes) {
    lk_context *context = t->coder->model->context;
    t->code->wrong |= !labels_known(t->coder->model, t->content);
    if (t->code->wrong && !t->code->decoding) {
        return lk_fail(context, LK_MISMATCH,
                       "the model needs a label of each item, one that it knows");
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
    return code_symbols(coder, LK_PARALLEL, network, false, content, &(lk_code){0}, nll_nats);
}

lk_status lk_coder_encode(lk_coder *coder, lk_schedules schedule, int64_t network,
                          lk_content *content, lk_coded *coded) {
    lk_code code = {0};
    *coded = (lk_coded){0};
    lk_code_reserve(&code, content->symbols);
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
    code.wrong = network >= lk_model_variants(coder->model) || size < old;
    for (int64_t i = 0; i < old && !code.wrong; i++) { /* version 1: a byte each, before the rest */
        content->label[i] = bytes[i];
    }
    old = code.wrong ? 0 : old;
    lk_rans_begin(&code.rans, bytes + old, size - old);
    code.wrong |= code.rans.failed;
    if (coder->container->version > 1) {
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
