/* Restoring a text, chunk by chunk: each is written once it has proved right. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/stream_codec.h"
#include "codec/stream_coder.h"

/* One decompression under way. */
typedef struct job {
    const lk_model *model;
    const char *path;
    lk_stream_options options;
    lk_symbols symbols;            /* owned */
    lk_stream_container container; /* owned */
    lk_stream_coder coder;
    lk_writer *file;      /* owned until committed */
    uint32_t *characters; /* owned, [chunk_symbols] */
    lk_stream_restored restored;
    int64_t done; /* for progress */
} job;

static void tell_progress(void *argument, int64_t symbols) {
    job *work = argument;
    work->done += symbols;
    if (work->options.progress != NULL) {
        work->options.progress(work->options.progress_argument, work->done,
                               work->container.header.symbols);
    }
}

/* ---- refusals -------------------------------------------------------------------------------- */

static lk_status check_model(const job *work) {
    lk_fingerprint own = lk_model_fingerprint(work->model), other = work->container.header.model;
    char have[33], want[33];
    if (memcmp(own.byte, other.byte, sizeof own.byte) == 0) {
        return LK_OK;
    }
    lk_fingerprint_print(own, have);
    lk_fingerprint_print(other, want);
    return lk_fail(
        work->model->context, LK_MISMATCH,
        "%s: compressed with model %.8s, but this model is %.8s (fingerprints); use the former",
        work->path, want, have);
}

static lk_status refuse_chunk(const job *work, int64_t index, const char *how) {
    const lk_stream_header *header = &work->container.header;
    int64_t first = index * header->chunk_symbols;
    char others[64] = "";
    if (work->container.damaged > 1) {
        snprintf(others, sizeof others, ", %lld chunks are damaged in all",
                 (long long)work->container.damaged);
    }
    return lk_fail(work->model->context, LK_CORRUPT,
                   "%s: chunk %lld of 0 to %lld %s (symbols %lld to %lld would be lost%s); "
                   "--salvage recovers the "
                   "others",
                   work->path, (long long)index, (long long)work->container.count - 1, how,
                   (long long)first,
                   (long long)(first + lk_stream_chunk_symbols(header, index) - 1), others);
}

static lk_status check_intact(const job *work) {
    const lk_stream_container *container = &work->container;
    if (work->options.salvage || lk_stream_container_intact(container)) {
        return LK_OK;
    }
    for (int64_t i = 0; i < container->count; i++) {
        if (container->chunks[i].damaged) {
            return refuse_chunk(work, i, "is damaged or missing");
        }
    }
    return lk_fail(work->model->context, LK_CORRUPT,
                   "%s: the table of chunks is damaged, or there are bytes too many; all chunks "
                   "are sound, and --salvage recovers them",
                   work->path);
}

/* ---- restoring ------------------------------------------------------------------------------- */

static lk_status restore_chunk(job *work, int64_t index, bool *right) {
    const lk_stream_chunk *chunk = &work->container.chunks[index];
    int64_t count = lk_stream_chunk_symbols(&work->container.header, index), bytes = 0;
    const uint8_t *payload;
    *right = false;
    if (chunk->damaged) {
        tell_progress(work, count);
        return LK_OK;
    }
    LK_TRY(lk_stream_container_payload(&work->container, index, &payload));
    LK_TRY(lk_stream_decode(&work->coder, payload, chunk->size, count, work->characters, right));
    *right = *right && lk_stream_pour(work->characters, count, work->container.seed, index, NULL,
                                      &bytes) == chunk->content;
    if (*right) {
        lk_stream_pour(work->characters, count, work->container.seed, index, work->file, &bytes);
        work->restored.symbols += count;
        work->restored.bytes += bytes;
    }
    return LK_OK;
}

static lk_status open_coder(job *work) {
    int64_t chunk = work->container.header.chunk_symbols;
    work->characters = lk_allocate(chunk, sizeof *work->characters);
    work->restored.lost = lk_allocate(work->container.count, sizeof *work->restored.lost);
    if (work->characters == NULL || work->restored.lost == NULL) {
        return lk_fail_no_memory(work->model->context, "a chunk of the text", 4 * chunk);
    }
    LK_TRY(lk_stream_coder_init(&work->coder, work->model, &work->symbols,
                                work->container.header.lanes,
                                work->container.header.learning_rate));
    work->coder.progress = tell_progress;
    work->coder.progress_argument = work;
    return LK_OK;
}

static lk_status restore_chunks(job *work) {
    if (work->container.count > 0) {
        LK_TRY(open_coder(work));
    }
    for (int64_t i = 0; i < work->container.count; i++) {
        bool right;
        LK_TRY(restore_chunk(work, i, &right));
        if (!right && !work->options.salvage) {
            return refuse_chunk(
                work, i,
                "has the right checksum but does not decode: it was written by another engine");
        }
        if (!right) {
            work->restored.lost[work->restored.lost_count++] = i;
        }
    }
    if (work->restored.symbols == 0 && work->container.count > 0) {
        return lk_fail(
            work->model->context, LK_CORRUPT,
            "%s: all %lld chunks are damaged, nothing can be recovered; use another copy",
            work->path, (long long)work->container.count);
    }
    if (work->restored.lost_count == 0 && work->restored.bytes != work->container.header.bytes) {
        return lk_fail(work->model->context, LK_CORRUPT,
                       "%s: restored %lld bytes where the header says %lld; the file was not "
                       "written by likely",
                       work->path, (long long)work->restored.bytes,
                       (long long)work->container.header.bytes);
    }
    return LK_OK;
}

static lk_status restore(job *work, const char *out) {
    LK_TRY(check_model(work));
    LK_TRY(check_intact(work));
    LK_TRY(lk_stream_symbols_of(work->model, &work->symbols));
    LK_TRY(lk_writer_create(work->model->context, out, &work->file));
    LK_TRY(restore_chunks(work));
    lk_writer *file = work->file;
    work->file = NULL;
    return lk_writer_commit(file);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void finish(job *work, lk_status status, lk_stream_restored *restored) {
    const lk_stream_header *header = &work->container.header;
    bool told = status == LK_OK && restored != NULL && work->restored.lost_count > 0;
    if (!told) {
        lk_release(work->restored.lost);
        work->restored.lost = NULL;
    }
    work->restored.text_symbols = header->symbols;
    work->restored.text_bytes = header->bytes;
    work->restored.chunks = work->container.count;
    work->restored.chunk_symbols = header->chunk_symbols;
    if (restored != NULL) {
        *restored = status == LK_OK ? work->restored : (lk_stream_restored){0};
    }
}

lk_status lk_stream_decompress(const lk_model *model, const char *path, const char *out,
                               const lk_stream_options *options, lk_stream_restored *restored) {
    job work = {.model = model, .path = path};
    lk_source source;
    work.options = options != NULL ? *options : (lk_stream_options){0};
    lk_status status = lk_source_open(model->context, path, &source);
    if (status == LK_OK) {
        status = lk_stream_container_open_take(&source, &work.container);
        status = status == LK_OK ? restore(&work, out) : status;
        lk_writer_abandon(work.file);
        lk_stream_coder_deinit(&work.coder);
        lk_stream_container_close(&work.container);
        lk_symbols_deinit(&work.symbols);
        lk_release(work.characters);
    }
    finish(&work, status, restored);
    return status;
}
