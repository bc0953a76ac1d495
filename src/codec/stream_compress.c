/* Compression of a text: chunk by chunk, read, coded, decoded again and compared, written. */
#include <string.h>

#include "base/arena.h"
#include "codec/stream_codec.h"
#include "codec/stream_coder.h"
#include "data/stream.h"
#include "models/network.h"

#define CHUNK_SYMBOLS (INT64_C(4) << 20)
#define LANE_SYMBOLS \
    (INT64_C(1) << 16) /* long enough that a lane's beginning, where less is known, costs little \
                        */
#define LANES 64
#define NETWORK_BYTES_MOST (INT64_C(1) << 30)

/* One compression under way. */
typedef struct job {
    const lk_model *model;
    const char *path;
    lk_stream_options options;
    lk_symbols symbols; /* owned */
    lk_stream *stream;  /* owned; NULL for an empty file */
    lk_stream_header header;
    lk_stream_coder coder;
    lk_writer *file; /* owned until committed */
    lk_stream_writer writer;
    uint32_t *characters, *decoded; /* owned, [chunk_symbols] */
    double nll_nats;
    int64_t done, total; /* for progress */
} job;

static void tell_progress(void *argument, int64_t symbols) {
    job *work = argument;
    work->done += symbols;
    if (work->options.progress != NULL) {
        work->options.progress(work->options.progress_argument, work->done, work->total);
    }
}

/* ---- geometry -------------------------------------------------------------------------------- */

static int64_t pieces(int64_t count, int64_t size) {
    return count / size + (count % size != 0);
}

static int64_t between(int64_t least, int64_t value, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static int64_t default_chunk(int64_t symbols) {
    int64_t chunks = between(1, pieces(symbols, CHUNK_SYMBOLS), LK_FRAME_CHUNKS_MOST);
    return between(1, pieces(symbols, chunks), symbols);
}

static lk_status choose_lanes(const job *work, int64_t *lanes) {
    int64_t chunk = work->header.chunk_symbols;
    *lanes = between(1, work->options.lanes, chunk);
    if (work->options.lanes == 0 &&
        work->options.learning_rate == 0.0f) { /* lanes learn only half of what one would */
        *lanes = between(1, chunk / LANE_SYMBOLS, LANES);
    }
    return work->options.lanes == 0 && *lanes > 1
               ? lk_network_fit_batch(work->model, (lk_shape){1, {chunk / *lanes}},
                                      LK_PLAN_INCREMENTAL, NETWORK_BYTES_MOST, lanes)
               : LK_OK;
}

static lk_status choose_geometry(job *work) {
    lk_stream_header *header = &work->header;
    int64_t given = work->options.chunk_symbols, lanes = 1;
    header->symbols = work->stream != NULL ? lk_stream_length(work->stream) : 0;
    header->bytes = work->stream != NULL ? lk_stream_bytes(work->stream) : 0;
    header->model = lk_model_fingerprint(work->model);
    header->chunk_symbols = header->symbols == 0 ? 1
                            : given > 0          ? between(1, given, header->symbols)
                                                 : default_chunk(header->symbols);
    if (work->options.lanes < 0 || work->options.lanes > LK_STREAM_LANES_MOST || given < 0 ||
        header->chunk_symbols > LK_STREAM_CHUNK_MOST ||
        lk_stream_chunks(header) > LK_FRAME_CHUNKS_MOST) {
        return lk_fail(work->model->context, LK_INVALID,
                       "%s: allowed are 1 to %d lanes and %d chunks of 1 to %lld symbols each; "
                       "this would be %lld of "
                       "%lld",
                       work->path, LK_STREAM_LANES_MOST, LK_FRAME_CHUNKS_MOST,
                       (long long)LK_STREAM_CHUNK_MOST, (long long)lk_stream_chunks(header),
                       (long long)header->chunk_symbols);
    }
    if (work->options.learning_rate != 0.0f && !lk_learner_takes(work->options.learning_rate)) {
        return lk_fail(work->model->context, LK_INVALID,
                       "%s: a model learns from a text at a rate up to %g; not at %g", work->path,
                       (double)LK_LEARNER_RATE_MOST, (double)work->options.learning_rate);
    }
    LK_TRY(choose_lanes(work, &lanes));
    header->lanes = (int32_t)lanes;
    header->learning_rate = work->options.learning_rate;
    work->total = header->symbols * (work->options.skip_verify ? 1 : 2);
    return LK_OK;
}

/* ---- coding ---------------------------------------------------------------------------------- */

static lk_status verify(job *work, int64_t index, const uint8_t *bytes, int64_t size,
                        int64_t count) {
    bool right;
    LK_TRY(lk_stream_decode(&work->coder, bytes, size, count, work->decoded, &right));
    right = right &&
            memcmp(work->decoded, work->characters, (size_t)count * sizeof *work->decoded) == 0;
    return right ? LK_OK
                 : lk_fail(work->model->context, LK_CORRUPT,
                           "%s: chunk %lld does not decode to what was coded, so nothing was "
                           "written; please report "
                           "this, or check the machine's memory",
                           work->path, (long long)index);
}

static lk_status code_chunk(job *work, int64_t index) {
    int64_t count = lk_stream_chunk_symbols(&work->header, index), size = 0, text_bytes;
    uint8_t *bytes = NULL;
    double nll_nats = 0.0;
    LK_TRY(lk_stream_characters(work->stream, index * work->header.chunk_symbols, count,
                                work->characters));
    LK_TRY(lk_stream_encode(&work->coder, work->characters, count, work->options.incremental_encode,
                            &bytes, &size, &nll_nats));
    work->nll_nats += nll_nats;
    lk_status status = work->options.skip_verify ? LK_OK : verify(work, index, bytes, size, count);
    if (status == LK_OK) {
        uint32_t content =
            lk_stream_pour(work->characters, count, work->writer.seed, index, NULL, &text_bytes);
        lk_stream_writer_put(&work->writer, bytes, size, content);
    }
    lk_release(bytes);
    return status;
}

static lk_status open_coder(job *work) {
    int64_t chunk = work->header.chunk_symbols;
    work->characters = lk_allocate(chunk, sizeof *work->characters);
    work->decoded = lk_allocate(work->options.skip_verify ? 1 : chunk, sizeof *work->decoded);
    if (work->characters == NULL || work->decoded == NULL) {
        return lk_fail_no_memory(work->model->context, "a chunk of the text", 8 * chunk);
    }
    LK_TRY(lk_stream_coder_init(&work->coder, work->model, &work->symbols, work->header.lanes,
                                work->header.learning_rate));
    work->coder.progress = tell_progress;
    work->coder.progress_argument = work;
    return LK_OK;
}

static lk_status code(job *work, const char *out) {
    LK_TRY(lk_writer_create(work->model->context, out, &work->file));
    LK_TRY(lk_stream_writer_begin(work->model->context, work->file, &work->header, &work->writer));
    int64_t chunks = lk_stream_chunks(&work->header);
    if (chunks > 0) {
        LK_TRY(open_coder(work));
    }
    for (int64_t i = 0; i < chunks; i++) {
        LK_TRY(code_chunk(work, i));
    }
    lk_stream_writer_end(&work->writer);
    lk_writer *file = work->file;
    work->file = NULL;
    return lk_writer_commit(file);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static lk_status open_text(job *work) {
    lk_source source;
    LK_TRY(lk_stream_symbols_of(work->model, &work->symbols));
    LK_TRY(lk_source_open(work->model->context, work->path, &source));
    bool empty = source.size == 0;
    lk_source_close(&source);
    return empty ? LK_OK
                 : lk_stream_open(work->model->context, work->path, &work->symbols, &work->stream);
}

static void fill_report(const job *work, lk_stream_report *report) {
    *report = (lk_stream_report){
        .symbols = work->header.symbols,
        .bytes = work->header.bytes,
        .coded_bytes = work->writer.bytes,
        .header_bytes = work->writer.header_bytes,
        .chunks = lk_stream_chunks(&work->header),
        .chunk_symbols = work->header.chunk_symbols,
        .lanes = work->header.lanes,
        .model_nll_nats = work->nll_nats,
    };
}

lk_status lk_stream_compress(const lk_model *model, const char *path, const char *out,
                             const lk_stream_options *options, lk_stream_report *report) {
    job work = {.model = model, .path = path};
    work.options = options != NULL ? *options : (lk_stream_options){0};
    lk_status status = open_text(&work);
    status = status == LK_OK ? choose_geometry(&work) : status;
    status = status == LK_OK ? code(&work, out) : status;
    if (status == LK_OK && report != NULL) {
        fill_report(&work, report);
    }
    lk_writer_abandon(work.file);
    lk_stream_writer_deinit(&work.writer);
    lk_stream_coder_deinit(&work.coder);
    lk_stream_close(work.stream);
    lk_symbols_deinit(&work.symbols);
    lk_release(work.characters);
    lk_release(work.decoded);
    return status;
}
