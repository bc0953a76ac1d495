#include "codec/stream_coder.h"

#include <math.h>

#include "base/arena.h"
#include "base/measure.h"
#include "codec/frame.h"
#include "codec/rans.h"
#include "models/network.h"

#define WINDOW_BYTES (INT64_C(64) << 20) /* that the network's values should take */
#define WINDOW_MOST 256
#define WINDOW_LEAST 8
#define ENTRIES_PER_PIECE 4096 /* CDF entries that are worth a thread's while */
#define ESCAPE_SIZE (UINT32_C(1) << (LK_CDF_BITS - LK_ESCAPED_BITS))
#define STEPS_TOLD 256 /* between two tellings of progress while decoding */

/* ---- life ------------------------------------------------------------------------------------ */

lk_status lk_stream_symbols_of(const lk_model *model, lk_symbols *symbols) {
    *symbols = (lk_symbols){.kind = LK_SYMBOLS_BYTES};
    if (model->data.stream) {
        return lk_symbols_copy(model->context, &model->data.symbols, symbols);
    }
    if (!model->family->streams || model->data.shape.axes != 1 || model->data.alphabet != 256) {
        return lk_fail(
            model->context, LK_MISMATCH,
            "the model is %s of %d values, not of texts: train charrnn or conv1d with --text",
            model->family->name, model->data.alphabet);
    }
    return LK_OK;
}

/* So that the values of all lanes stay small. */
static lk_status choose_window(lk_stream_coder *coder) {
    lk_flow *flow;
    LK_TRY(lk_flow_create(coder->model, LK_PLAN_INCREMENTAL, 1, 1, &flow));
    int64_t lookback = lk_flow_lookback(flow), window = WINDOW_MOST, bytes;
    do {
        bytes = lk_flow_bytes(flow, LK_PLAN_INCREMENTAL, coder->lanes, window);
        coder->window = window;
        window /= 2;
    } while (bytes > WINDOW_BYTES && window >= WINDOW_LEAST);
    lk_flow_destroy(flow);
    if (bytes > LK_NETWORK_BYTES_MOST) {
        return lk_fail(coder->model->context, LK_UNSUPPORTED,
                       "%d lanes of a model that looks %lld symbols back need more than %lld GiB: "
                       "take fewer lanes",
                       coder->lanes, (long long)lookback, (long long)(LK_NETWORK_BYTES_MOST >> 30));
    }
    return LK_OK;
}

static lk_status create_flow(lk_stream_coder *coder, float learning_rate) {
    if (learning_rate > 0.0f) {
        LK_TRY(lk_learner_create(coder->model, coder->lanes, learning_rate, &coder->learner));
        coder->flow = lk_learner_flow(coder->learner);
        return LK_OK;
    }
    return lk_flow_create(coder->model, LK_PLAN_INCREMENTAL, coder->lanes, coder->window,
                          &coder->flow);
}

lk_status lk_stream_coder_init(lk_stream_coder *coder, const lk_model *model,
                               const lk_symbols *symbols, int32_t lanes, float learning_rate) {
    LK_REQUIRE(lanes >= 1 && lk_symbols_alphabet(symbols) == model->data.alphabet);
    *coder = (lk_stream_coder){.model = model, .symbols = symbols, .lanes = lanes};
    LK_TRY(choose_window(coder));
    coder->window = learning_rate > 0.0f ? LK_LEARNER_WINDOW : coder->window;
    int64_t workers = lk_pool_threads(model->context->pool),
            rows = workers > lanes ? workers : lanes;
    int64_t cells = lanes * coder->window;
    coder->values = lk_allocate(cells, sizeof *coder->values);
    coder->terms = lk_allocate(cells, sizeof *coder->terms);
    coder->cdf = lk_allocate(rows * ((int64_t)model->data.alphabet + 1), sizeof *coder->cdf);
    if (coder->values == NULL || coder->terms == NULL || coder->cdf == NULL) {
        return lk_fail_no_memory(model->context, "a stream's coder",
                                 6 * cells + 4 * rows * model->data.alphabet);
    }
    return create_flow(coder, learning_rate);
}

void lk_stream_coder_deinit(lk_stream_coder *coder) {
    if (coder->learner == NULL) {
        lk_flow_destroy(coder->flow);
    }
    lk_learner_destroy(coder->learner);
    coder->learner = NULL;
    lk_release(coder->values);
    lk_release(coder->terms);
    lk_release(coder->cdf);
    coder->flow = NULL;
    coder->values = NULL;
    coder->terms = NULL;
    coder->cdf = NULL;
}

static void tell(const lk_stream_coder *coder, int64_t symbols) {
    if (coder->progress != NULL && symbols > 0) {
        coder->progress(coder->progress_argument, symbols);
    }
}

static lk_status begin(lk_stream_coder *coder, int64_t lanes) {
    return coder->learner != NULL ? lk_learner_begin(coder->learner, lanes)
                                  : lk_flow_begin(coder->flow, lanes);
}

static lk_status follow(lk_stream_coder *coder) {
    return coder->learner != NULL ? lk_learner_follow(coder->learner) : LK_OK;
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* Of `count` symbols in `lanes` parts: where one begins. Symbol number `position * lanes + lane` in
 * coding order is one of these while it is below `count`. */
static int64_t lane_first(int64_t count, int64_t lanes, int64_t lane) {
    int64_t more = count % lanes;
    return count / lanes * lane + (lane < more ? lane : more);
}

static int64_t lanes_of(const lk_stream_coder *coder, int64_t count) {
    return count < coder->lanes ? count : coder->lanes;
}

static int64_t positions_of(int64_t count, int64_t lanes) {
    return count / lanes + (count % lanes != 0);
}

static int64_t pieces_of(int64_t rows, int64_t per_piece) {
    return (rows + per_piece - 1) / per_piece;
}

static int64_t rows_per_piece(const lk_stream_coder *coder) {
    int32_t alphabet = coder->model->data.alphabet;
    return alphabet < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / alphabet : 1;
}

/* ---- encoding -------------------------------------------------------------------------------- */

typedef struct encoding {
    lk_stream_coder *coder;
    const uint32_t *characters;
    int64_t count, lanes;
    lk_interval *intervals; /* of symbols, in coding order */
    int64_t first, length;  /* positions now run */
    const float
        *parameters; /* of position `first`, by the incremental schedule; NULL: ask the flow */
    double nll_nats;
    int64_t escapes;
} encoding;

static uint32_t character_at(const encoding *e, int64_t position, int64_t lane) {
    return e->characters[lane_first(e->count, e->lanes, lane) + position];
}

static void encode_piece(void *argument, int64_t piece, int worker) {
    const encoding *e = argument;
    const lk_stream_coder *coder = e->coder;
    const lk_graph *graph = lk_flow_graph(coder->flow);
    lk_head head = lk_graph_head(graph, 0);
    uint32_t *cdf = coder->cdf + (int64_t)worker * (graph->alphabet + 1);
    int64_t per_piece = rows_per_piece(coder), rows = e->length * e->lanes;
    int64_t end = (piece + 1) * per_piece < rows ? (piece + 1) * per_piece : rows;
    for (int64_t row = piece * per_piece; row < end; row++) {
        int64_t place = e->first * e->lanes + row, step = row / e->lanes, lane = row % e->lanes;
        if (place >= e->count) { /* the last position of lanes that are one shorter */
            return;
        }
        uint16_t symbol = coder->values[lane * e->length + step];
        const float *parameters =
            e->parameters != NULL ? e->parameters : lk_flow_parameters(coder->flow, step);
        parameters += lane * lk_graph_channels(graph);
        head.dist->nll(graph->context->kernels, &head, parameters, &symbol, 1, &coder->terms[row]);
        head.dist->cdf(graph->context->kernels, &head, parameters, cdf);
        e->intervals[place] = (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]};
    }
}

/* The symbols of the positions now run, [lane][position]; 0 beyond a lane's end. */
static void gather(const encoding *e) {
    for (int64_t lane = 0; lane < e->lanes; lane++) {
        uint16_t *values = e->coder->values + lane * e->length;
        for (int64_t i = 0; i < e->length; i++) {
            bool there = (e->first + i) * e->lanes + lane < e->count;
            values[i] =
                there ? lk_symbols_find(e->coder->symbols, character_at(e, e->first + i, lane)) : 0;
        }
    }
}

static lk_status sum_terms(encoding *e) {
    for (int64_t row = 0; row < e->length * e->lanes && e->first * e->lanes + row < e->count;
         row++) {
        uint16_t symbol = e->coder->values[row % e->lanes * e->length + row / e->lanes];
        bool escaped = lk_symbols_escapes(e->coder->symbols, symbol);
        if (isnan(e->coder->terms[row])) {
            return lk_fail(e->coder->model->context, LK_NOT_FINITE,
                           "the model's likelihood is not a number at symbol %lld of a chunk; %s",
                           (long long)(lane_first(e->count, e->lanes, row % e->lanes) + e->first +
                                       row / e->lanes),
                           e->coder->learner != NULL ? "it learned too fast, take a lower --adapt"
                                                     : "train again with a smaller learning rate");
        }
        e->nll_nats +=
            (double)e->coder->terms[row] + (escaped ? LK_ESCAPED_BITS * LK_NATS_PER_BIT : 0.0);
        e->escapes += escaped;
    }
    return LK_OK;
}

static lk_status encode_window(encoding *e, bool incremental) {
    const lk_stream_coder *coder = e->coder;
    gather(e);
    if (incremental) {
        LK_TRY(lk_flow_next(coder->flow, &e->parameters));
    } else {
        LK_TRY(lk_flow_forward(coder->flow, coder->values, e->length));
    }
    lk_pool_run(coder->model->context->pool, pieces_of(e->length * e->lanes, rows_per_piece(coder)),
                encode_piece, e);
    if (incremental) {
        lk_flow_set(coder->flow, coder->values);
    }
    return sum_terms(e);
}

static lk_status encode_symbols(encoding *e, bool incremental) {
    int64_t positions = positions_of(e->count, e->lanes);
    LK_TRY(begin(e->coder, e->lanes));
    for (; e->first < positions; e->first += e->length) {
        int64_t left = positions - e->first;
        e->length = incremental ? 1 : left < e->coder->window ? left : e->coder->window;
        LK_TRY(encode_window(e, incremental));
        LK_TRY(follow(e->coder));
        tell(e->coder, e->first + e->length < positions ? e->length * e->lanes
                                                        : e->count - e->first * e->lanes);
    }
    return LK_OK;
}

/* Each escape's interval is followed by its character's, from the last one on, so that it can be
 * done in place: there is room for all. */
static void insert_escaped(const encoding *e) {
    int64_t to = e->count + e->escapes;
    for (int64_t from = e->count - 1; from >= 0 && to > from + 1; from--) {
        uint32_t character = character_at(e, from / e->lanes, from % e->lanes);
        if (lk_symbols_escapes(e->coder->symbols, lk_symbols_find(e->coder->symbols, character))) {
            e->intervals[--to] = (lk_interval){character * ESCAPE_SIZE, ESCAPE_SIZE};
        }
        e->intervals[--to] = e->intervals[from];
    }
}

static int64_t count_escapes(const lk_symbols *symbols, const uint32_t *characters, int64_t count) {
    int64_t escapes = 0;
    for (int64_t i = 0; i < count && symbols->kind == LK_SYMBOLS_CHARACTERS; i++) {
        escapes += lk_symbols_escapes(symbols, lk_symbols_find(symbols, characters[i]));
    }
    return escapes;
}

lk_status lk_stream_encode(lk_stream_coder *coder, const uint32_t *characters, int64_t count,
                           bool incremental, uint8_t **bytes, int64_t *size, double *nll_nats) {
    LK_REQUIRE(count >= 1);
    lk_context *context = coder->model->context;
    encoding e = {
        .coder = coder, .characters = characters, .count = count, .lanes = lanes_of(coder, count)};
    int64_t room = count + count_escapes(coder->symbols, characters, count);
    *bytes = NULL;
    e.intervals = lk_allocate(room, sizeof *e.intervals);
    if (e.intervals == NULL) {
        return lk_fail_no_memory(context, "the intervals of a chunk",
                                 room * (int64_t)sizeof *e.intervals);
    }
    lk_status status = encode_symbols(&e, incremental);
    if (status == LK_OK) {
        insert_escaped(&e);
        *nll_nats = e.nll_nats;
        if (!lk_rans_encode(e.intervals, room, bytes, size)) {
            status = lk_fail_no_memory(context, "a coded chunk", room);
        }
    }
    lk_release(e.intervals);
    return status;
}

/* ---- decoding -------------------------------------------------------------------------------- */

typedef struct decoding {
    lk_stream_coder *coder;
    int64_t active; /* lanes of this position */
    const float *parameters;
    lk_rans_decoder rans;
} decoding;

static void cdf_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const decoding *d = argument;
    const lk_graph *graph = lk_flow_graph(d->coder->flow);
    lk_head head = lk_graph_head(graph, 0);
    int64_t per_piece = rows_per_piece(d->coder);
    int64_t end = (piece + 1) * per_piece < d->active ? (piece + 1) * per_piece : d->active;
    for (int64_t lane = piece * per_piece; lane < end; lane++) {
        head.dist->cdf(graph->context->kernels, &head,
                       d->parameters + lane * lk_graph_channels(graph),
                       d->coder->cdf + lane * (graph->alphabet + 1));
    }
}

/* One symbol, and the character behind it if it is the escape; false when no encoder would have
 * written such. */
static bool decode_character(decoding *d, int64_t lane, uint32_t *character) {
    const lk_symbols *symbols = d->coder->symbols;
    int32_t alphabet = d->coder->model->data.alphabet;
    const uint32_t *cdf = d->coder->cdf + lane * (alphabet + 1);
    int32_t symbol = lk_rans_symbol(cdf, alphabet, lk_rans_position(&d->rans));
    lk_rans_advance(&d->rans, (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]});
    d->coder->values[lane] = (uint16_t)symbol;
    if (!lk_symbols_escapes(symbols, (uint16_t)symbol)) {
        *character = lk_symbols_character(symbols, (uint16_t)symbol);
        return true;
    }
    *character = lk_rans_position(&d->rans) / ESCAPE_SIZE;
    lk_rans_advance(&d->rans, (lk_interval){*character * ESCAPE_SIZE, ESCAPE_SIZE});
    bool byte = *character >= LK_UTF8_BYTE && *character < LK_UTF8_BYTE + 256;
    return (byte || lk_utf8_is_code_point(*character)) &&
           lk_symbols_find(symbols, *character) == symbol;
}

lk_status lk_stream_decode(lk_stream_coder *coder, const uint8_t *bytes, int64_t size,
                           int64_t count, uint32_t *characters, bool *right) {
    int64_t lanes = lanes_of(coder, count), positions = positions_of(count, lanes), told = 0;
    decoding d = {.coder = coder};
    lk_rans_begin(&d.rans, bytes, size);
    *right = !d.rans.failed;
    LK_TRY(begin(coder, lanes));
    for (int64_t position = 0; position < positions && *right; position++) {
        int64_t left = count - position * lanes;
        d.active = left < lanes ? left : lanes;
        LK_TRY(lk_flow_next(coder->flow, &d.parameters));
        lk_pool_run(coder->model->context->pool, pieces_of(d.active, rows_per_piece(coder)),
                    cdf_piece, &d);
        for (int64_t lane = 0; lane < d.active && *right; lane++) {
            *right =
                decode_character(&d, lane, &characters[lane_first(count, lanes, lane) + position]);
        }
        *right = *right && !d.rans.failed;
        lk_flow_set(coder->flow,
                    coder->values); /* lanes that have ended repeat their last symbol */
        LK_TRY(follow(coder));
        if ((position + 1) % STEPS_TOLD == 0 && left > lanes) {
            tell(coder, STEPS_TOLD * lanes);
            told += STEPS_TOLD * lanes;
        }
    }
    *right = *right && lk_rans_finished(&d.rans);
    tell(coder, count - told);
    return LK_OK;
}
