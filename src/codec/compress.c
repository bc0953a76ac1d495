/* Compression: choose chunks and lanes, choose a network for each chunk, code, pack, decode again
 * and compare, write. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "codec/chunk_coder.h"
#include "codec/codec.h"
#include "codec/labels.h"
#include "data/formats/formats.h"

#define CHUNK_BITS   \
    (INT64_C(4096) * \
     784) /* of raw data in a chunk: large enough that its frame of a dozen bytes vanishes */
#define LANES 256
#define NETWORK_BYTES_MOST (INT64_C(512) << 20)

/* One compression under way. */
typedef struct job {
    lk_model *model;
    const lk_dataset *dataset;
    lk_shape shape; /* at which the model's networks run over it */
    const char *name;
    lk_codec_options options;
    lk_container_header header;
    int64_t chunks;
    lk_chunk_coder coder;
    lk_payload *payloads; /* owned, [chunks] */
    double *nll_nats;     /* owned, [chunks]: of the chosen network */
    int64_t done, total;  /* for progress */
} job;

static void tell_progress(job *work, int64_t examples) {
    work->done += examples;
    if (work->options.progress != NULL) {
        work->options.progress(work->options.progress_argument, work->done, work->total);
    }
}

/* ---- geometry -------------------------------------------------------------------------------- */

static int64_t bits_of_alphabet(int32_t alphabet) {
    int64_t bits = 1;
    while (INT64_C(1) << bits < alphabet) {
        bits++;
    }
    return bits;
}

static int64_t at_least_one(int64_t value, int64_t most) {
    return value < 1 ? 1 : value > most ? most : value;
}

static lk_status choose_lanes(const job *work, int64_t most, int32_t *lanes) {
    if (work->options.lanes > 0) {
        *lanes = (int32_t)at_least_one(work->options.lanes, most);
        return LK_OK;
    }
    int64_t chosen = at_least_one(LANES, most);
    LK_TRY(lk_network_fit_batch(work->model, work->shape, LK_PLAN_INCREMENTAL, NETWORK_BYTES_MOST,
                                &chosen));
    *lanes = (int32_t)chosen;
    return LK_OK;
}

static int64_t default_chunk(const lk_dataset *dataset) {
    int64_t chunk = CHUNK_BITS / (dataset->variables * bits_of_alphabet(dataset->alphabet));
    int64_t fewest = dataset->examples / LK_CONTAINER_CHUNKS_MOST +
                     1; /* so that the number of chunks stays allowed */
    return at_least_one(chunk > fewest ? chunk : fewest, dataset->examples);
}

static lk_status choose_geometry(job *work) {
    const lk_dataset *dataset = work->dataset;
    lk_container_header *header = &work->header;
    if (work->options.chunk_examples < 0 || work->options.lanes < 0 ||
        work->options.lanes > LK_CONTAINER_LANES_MOST) {
        return lk_fail(work->model->context, LK_INVALID,
                       "examples in a chunk must be at least 1, lanes 1 to %d",
                       LK_CONTAINER_LANES_MOST);
    }
    int64_t given = work->options.chunk_examples;
    header->chunk_examples =
        given > 0 ? at_least_one(given, dataset->examples) : default_chunk(dataset);
    LK_TRY(choose_lanes(work, header->chunk_examples, &header->lanes));
    if (given == 0) { /* no half-empty groups but at the end */
        int64_t groups = (header->chunk_examples + header->lanes - 1) / header->lanes;
        header->chunk_examples = at_least_one(groups * header->lanes, dataset->examples);
    }
    header->model = lk_model_fingerprint(work->model);
    header->shape = dataset->shape;
    header->alphabet = dataset->alphabet;
    header->examples = dataset->examples;
    /* A format that has labels promises them to whoever decodes. */
    bool kept = dataset->labels != NULL || !lk_dataset_format_labelled(dataset->format);
    header->format = kept ? dataset->format : 0;
    work->chunks = lk_container_chunks(header);
    if (work->chunks > LK_CONTAINER_CHUNKS_MOST ||
        (header->chunk_examples > 1 &&
         header->chunk_examples > LK_CONTAINER_CHUNK_SYMBOLS_MOST / dataset->variables)) {
        return lk_fail(work->model->context, LK_INVALID,
                       "%lld examples in a chunk give %lld chunks of %lld variables; allowed are "
                       "%d chunks of %lld each",
                       (long long)header->chunk_examples, (long long)work->chunks,
                       (long long)(header->chunk_examples * dataset->variables),
                       LK_CONTAINER_CHUNKS_MOST, (long long)LK_CONTAINER_CHUNK_SYMBOLS_MOST);
    }
    return LK_OK;
}

static const uint16_t *chunk_values(const job *work, int64_t index) {
    return work->dataset->values + index * work->header.chunk_examples * work->dataset->variables;
}

static const int32_t *chunk_labels(const job *work, int64_t index) {
    return work->dataset->labels + index * work->header.chunk_examples;
}

/* ---- choosing a network for each chunk ------------------------------------------------------- */

static lk_status choose_variants(job *work) {
    int32_t variants = lk_model_variants(work->model);
    for (int32_t variant = 0; variant < variants && variants > 1; variant++) {
        LK_TRY(lk_chunk_coder_use(&work->coder, variant, LK_PLAN_EVALUATE));
        for (int64_t i = 0; i < work->chunks; i++) {
            int64_t count = lk_container_chunk_examples(&work->header, i);
            double nll_nats = 0;
            LK_TRY(lk_chunk_nll(&work->coder, chunk_values(work, i), count, &nll_nats));
            if (variant == 0 || nll_nats < work->nll_nats[i]) {
                work->nll_nats[i] = nll_nats;
                work->payloads[i].variant = variant;
            }
            tell_progress(work, count);
        }
    }
    return LK_OK;
}

/* ---- coding ---------------------------------------------------------------------------------- */

/* Network by network, so that each is built once. */
static lk_status code_chunks(job *work) {
    int32_t variants = lk_model_variants(work->model);
    lk_plan plan = work->options.incremental_encode ? LK_PLAN_INCREMENTAL : LK_PLAN_EVALUATE;
    for (int32_t variant = 0; variant < variants; variant++) {
        for (int64_t i = 0; i < work->chunks; i++) {
            if (work->payloads[i].variant != variant) {
                continue;
            }
            int64_t count = lk_container_chunk_examples(&work->header, i);
            if (work->options.incremental_encode &&
                variants == 1) { /* this schedule does not give the likelihood */
                LK_TRY(lk_chunk_coder_use(&work->coder, variant, LK_PLAN_EVALUATE));
                LK_TRY(
                    lk_chunk_nll(&work->coder, chunk_values(work, i), count, &work->nll_nats[i]));
            }
            LK_TRY(lk_chunk_coder_use(&work->coder, variant, plan));
            LK_TRY(lk_chunk_encode(&work->coder, chunk_values(work, i), count, &work->payloads[i],
                                   &work->nll_nats[i]));
            if (lk_labels_bytes(work->header.format, count) > 0) {
                LK_TRY(lk_labels_put(work->model->context, chunk_labels(work, i), count,
                                     &work->payloads[i]));
            }
            tell_progress(work, count);
        }
    }
    return LK_OK;
}

/* Decodes what was packed, as a reader would, from its bytes. */
static lk_status verify(job *work, const lk_bytes *bytes) {
    lk_context *context = work->model->context;
    const lk_dataset *dataset = work->dataset;
    lk_container container;
    LK_TRY(lk_container_parse(context, work->name, bytes, &container));
    int64_t variables = dataset->variables;
    uint16_t *values = lk_allocate(work->header.chunk_examples * variables, sizeof *values);
    lk_status status = values != NULL
                           ? LK_OK
                           : lk_fail_no_memory(context, "verification",
                                               work->header.chunk_examples * variables * 2);
    for (int64_t i = 0; status == LK_OK && i < container.count; i++) {
        const lk_chunk *chunk = &container.chunks[i];
        bool right = false;
        int64_t labels = lk_labels_bytes(work->header.format, chunk->examples);
        status = lk_chunk_coder_use(&work->coder, chunk->variant, LK_PLAN_INCREMENTAL);
        if (status == LK_OK && !chunk->damaged && chunk->size >= labels) {
            status = lk_chunk_decode(&work->coder, chunk->payload + labels, chunk->size - labels,
                                     dataset->alphabet, values, chunk->examples, &right);
            right = right && (labels == 0 || lk_labels_agree(chunk->payload, chunk_labels(work, i),
                                                             chunk->examples));
        }
        right = right && memcmp(values, chunk_values(work, i),
                                (size_t)(chunk->examples * variables) * sizeof *values) == 0;
        if (status == LK_OK && !right) {
            status = lk_fail(context, LK_CORRUPT,
                             "%s: chunk %lld does not decode to what was coded, so nothing was "
                             "written; please report this, or "
                             "check the machine's memory",
                             work->name, (long long)i);
        }
        tell_progress(work, chunk->examples);
    }
    lk_release(values);
    lk_container_deinit(&container);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static lk_status begin(job *work) {
    lk_context *context = work->model->context;
    int64_t variants = lk_model_variants(work->model);
    LK_TRY(lk_model_takes(work->model, work->dataset, &work->shape));
    LK_TRY(choose_geometry(work));
    lk_chunk_coder_init(&work->coder, work->model, work->shape, work->header.lanes);
    work->payloads = lk_allocate(work->chunks, sizeof *work->payloads);
    work->nll_nats = lk_allocate(work->chunks, sizeof *work->nll_nats);
    work->total =
        work->dataset->examples * ((variants > 1 ? variants : 0) + 1 + !work->options.skip_verify);
    return work->payloads != NULL && work->nll_nats != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "chunks", work->chunks * 32);
}

static void fill_report(const job *work, int64_t bytes, int64_t header_bytes,
                        lk_compress_report *report) {
    *report = (lk_compress_report){
        .examples = work->dataset->examples,
        .variables = work->dataset->variables,
        .bytes = bytes,
        .header_bytes =
            header_bytes + lk_labels_bytes(work->header.format, work->dataset->examples),
        .chunks = work->chunks,
        .lanes = work->header.lanes,
    };
    for (int64_t i = 0; i < work->chunks; i++) {
        report->model_nll_nats += work->nll_nats[i];
    }
}

lk_status lk_compress_bytes(lk_model *model, const lk_dataset *dataset, const char *name,
                            const lk_codec_options *options, lk_bytes *bytes,
                            lk_compress_report *report) {
    job work = {.model = model, .dataset = dataset, .name = name, .coder = {.variant = -1}};
    int64_t header_bytes = 0;
    work.options = options != NULL ? *options : (lk_codec_options){0};
    *bytes = (lk_bytes){0};
    lk_status status = begin(&work);
    status = status == LK_OK ? choose_variants(&work) : status;
    status = status == LK_OK ? code_chunks(&work) : status;
    if (status == LK_OK) {
        status =
            lk_container_pack(model->context, &work.header, work.payloads, bytes, &header_bytes);
    }
    if (status == LK_OK && !work.options.skip_verify) {
        status = verify(&work, bytes);
    }
    if (status == LK_OK && report != NULL) {
        fill_report(&work, bytes->size, header_bytes, report);
    }
    if (status != LK_OK) {
        lk_bytes_release(bytes);
        *bytes = (lk_bytes){0};
    }
    lk_chunk_coder_deinit(&work.coder);
    for (int64_t i = 0; i < work.chunks && work.payloads != NULL; i++) {
        lk_release(work.payloads[i].bytes);
    }
    lk_release(work.payloads);
    lk_release(work.nll_nats);
    return status;
}

lk_status lk_compress(lk_model *model, const lk_dataset *dataset, const char *path,
                      const lk_codec_options *options, lk_compress_report *report) {
    lk_bytes bytes;
    lk_writer *writer = NULL;
    LK_TRY(lk_compress_bytes(model, dataset, path, options, &bytes, report));
    lk_status status = lk_writer_create(model->context, path, &writer);
    if (status == LK_OK) {
        lk_writer_put(writer, bytes.data, bytes.size);
        status = lk_writer_commit(writer);
    }
    lk_bytes_release(&bytes);
    return status;
}
