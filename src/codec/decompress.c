/* Restoring a data set. Room is made chunk by chunk, as each has proved right, so that a file that
 * promises more than it holds cannot make us allocate what it promises. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/chunk_coder.h"
#include "codec/codec.h"
#include "codec/labels.h"
#include "data/formats/formats.h"

#define FILE_MOST (INT64_C(1) << 40)

/* One decompression under way. */
typedef struct job {
    lk_model *model;
    const char *name;
    lk_codec_options options;
    lk_container container;
    lk_chunk_coder coder;
    lk_shape shape; /* at which the model's networks run */
    int64_t variables;
    uint16_t *values;           /* owned, [capacity] examples */
    int32_t *labels;            /* owned, [capacity], or NULL when the format has none */
    int64_t examples, capacity; /* restored so far */
    int64_t *lost;              /* owned */
    int64_t lost_count;
} job;

/* ---- refusals -------------------------------------------------------------------------------- */

static lk_status check_model(job *work) {
    const lk_container_header *header = &work->container.header;
    lk_context *context = work->model->context;
    lk_fingerprint own = lk_model_fingerprint(work->model);
    if (memcmp(own.byte, header->model.byte, sizeof own.byte) != 0) {
        char have[33], want[33];
        lk_fingerprint_print(own, have);
        lk_fingerprint_print(header->model, want);
        return lk_fail(
            context, LK_MISMATCH,
            "%s: compressed with model %.8s, but this model is %.8s (fingerprints); use the former",
            work->name, want, have);
    }
    LK_TRY(lk_model_shape_for(work->model, work->name, header->shape, &work->shape));
    work->variables = lk_shape_variables(header->shape);
    if (header->alphabet < 2) {
        return lk_fail(context, LK_CORRUPT,
                       "%s: an alphabet of one symbol; the file was not written by likely",
                       work->name);
    }
    return LK_OK;
}

static lk_status refuse_chunk(const job *work, const lk_chunk *chunk, const char *how) {
    int64_t damaged = work->container.damaged > 1 ? work->container.damaged : 1;
    char others[64] = "";
    if (damaged > 1) {
        snprintf(others, sizeof others, ", %lld chunks are damaged in all", (long long)damaged);
    }
    return lk_fail(work->model->context, LK_CORRUPT,
                   "%s: chunk %lld of 0 to %lld %s (examples %lld to %lld would be lost%s); "
                   "--salvage recovers the others",
                   work->name, (long long)chunk->index, (long long)work->container.count - 1, how,
                   (long long)chunk->first_example,
                   (long long)(chunk->first_example + chunk->examples - 1), others);
}

/* Any byte wrong, missing or too many refuses the file, unless it is to be salvaged. */
static lk_status check_intact(const job *work) {
    const lk_container *container = &work->container;
    lk_context *context = work->model->context;
    if (work->options.salvage || lk_container_intact(container)) {
        return LK_OK;
    }
    for (int64_t i = 0; i < container->count; i++) {
        if (container->chunks[i].damaged) {
            return refuse_chunk(work, &container->chunks[i],
                                container->truncated ? "is damaged or missing, the file is cut off"
                                                     : "is damaged");
        }
    }
    if (container->surplus > 0) {
        return lk_fail(context, LK_CORRUPT,
                       "%s: %lld bytes too many, all chunks are sound; --salvage recovers them",
                       work->name, (long long)container->surplus);
    }
    return lk_fail(
        context, LK_CORRUPT,
        "%s: the table of chunks at the end is %s, all chunks are sound; --salvage recovers them",
        work->name, container->truncated ? "cut off" : "damaged");
}

/* ---- restoring ------------------------------------------------------------------------------- */

static lk_status make_label_room(job *work, int64_t capacity) {
    if (!lk_dataset_format_labelled(work->container.header.format)) {
        return LK_OK;
    }
    int32_t *larger = lk_allocate(capacity, sizeof *larger);
    if (larger == NULL) {
        return lk_fail_no_memory(work->model->context, work->name,
                                 capacity * (int64_t)sizeof *larger);
    }
    if (work->examples > 0) {
        memcpy(larger, work->labels, (size_t)work->examples * sizeof *larger);
    }
    lk_release(work->labels);
    work->labels = larger;
    return LK_OK;
}

static lk_status make_room(job *work, int64_t more) {
    int64_t needed = work->examples + more;
    if (needed <= work->capacity) {
        return LK_OK;
    }
    int64_t capacity = 2 * work->capacity > needed ? 2 * work->capacity : needed;
    capacity =
        capacity < work->container.header.examples ? capacity : work->container.header.examples;
    uint16_t *larger = capacity <= INT64_MAX / work->variables
                           ? lk_allocate(capacity * work->variables, sizeof *larger)
                           : NULL;
    if (larger == NULL) {
        return lk_fail(work->model->context, LK_NO_MEMORY,
                       "%s: out of memory: %lld examples of %lld variables do not fit", work->name,
                       (long long)capacity, (long long)work->variables);
    }
    if (work->examples > 0) {
        memcpy(larger, work->values, (size_t)(work->examples * work->variables) * sizeof *larger);
    }
    lk_release(work->values);
    work->values = larger;
    LK_TRY(make_label_room(work, capacity));
    work->capacity = capacity;
    return LK_OK;
}

static lk_status restore_chunk(job *work, const lk_chunk *chunk, bool *right) {
    *right = false;
    int64_t labels = lk_labels_bytes(work->container.header.format, chunk->examples);
    if (chunk->damaged || chunk->size < labels ||
        chunk->variant >= lk_model_variants(work->model)) {
        return LK_OK;
    }
    LK_TRY(make_room(work, chunk->examples));
    LK_TRY(lk_chunk_coder_use(&work->coder, chunk->variant, LK_PLAN_INCREMENTAL));
    LK_TRY(lk_chunk_decode(&work->coder, chunk->payload + labels, chunk->size - labels,
                           work->container.header.alphabet,
                           work->values + work->examples * work->variables, chunk->examples,
                           right));
    if (labels > 0) {
        lk_labels_get(chunk->payload, work->labels + work->examples, chunk->examples);
    }
    work->examples += *right ? chunk->examples : 0;
    return LK_OK;
}

static lk_status restore_chunks(job *work) {
    lk_chunk_coder_init(&work->coder, work->model, work->shape, work->container.header.lanes);
    work->lost = lk_allocate(work->container.count, sizeof *work->lost);
    if (work->lost == NULL) {
        return lk_fail_no_memory(work->model->context, "the list of lost chunks",
                                 work->container.count * 8);
    }
    for (int64_t i = 0; i < work->container.count; i++) {
        const lk_chunk *chunk = &work->container.chunks[i];
        bool right;
        LK_TRY(restore_chunk(work, chunk, &right));
        if (!right && !work->options.salvage) {
            return refuse_chunk(
                work, chunk,
                "has the right checksum but does not decode: it was written by another engine");
        }
        if (!right) {
            work->lost[work->lost_count++] = i;
        }
        if (work->options.progress != NULL) {
            work->options.progress(work->options.progress_argument,
                                   chunk->first_example + chunk->examples,
                                   work->container.header.examples);
        }
    }
    if (work->examples == 0) {
        return lk_fail(
            work->model->context, LK_CORRUPT,
            "%s: all %lld chunks are damaged, nothing can be recovered; use another copy",
            work->name, (long long)work->container.count);
    }
    return LK_OK;
}

/* The data set takes the values. */
static lk_status finish(job *work, lk_dataset **dataset) {
    const lk_container_header *header = &work->container.header;
    LK_TRY(lk_dataset_create(work->model->context, work->name, header->shape, 1, header->alphabet,
                             dataset));
    lk_release((*dataset)->values);
    (*dataset)->values = work->values;
    (*dataset)->examples = work->examples;
    (*dataset)->labels = work->labels;
    (*dataset)->format = header->format;
    work->values = NULL;
    work->labels = NULL;
    return LK_OK;
}

lk_status lk_decompress_bytes(lk_model *model, const char *name, const lk_bytes *bytes,
                              const lk_codec_options *options, lk_dataset **dataset, int64_t **lost,
                              int64_t *lost_count) {
    job work = {.model = model, .name = name, .coder = {.variant = -1}};
    work.options = options != NULL ? *options : (lk_codec_options){0};
    *dataset = NULL;
    lk_status status = lk_container_parse(model->context, name, bytes, &work.container);
    status = status == LK_OK ? check_model(&work) : status;
    status = status == LK_OK ? check_intact(&work) : status;
    status = status == LK_OK ? restore_chunks(&work) : status;
    status = status == LK_OK ? finish(&work, dataset) : status;
    bool told = status == LK_OK && lost != NULL && work.lost_count > 0;
    if (lost != NULL) {
        *lost = told ? work.lost : NULL;
    }
    if (lost_count != NULL) {
        *lost_count = status == LK_OK ? work.lost_count : 0;
    }
    if (!told) {
        lk_release(work.lost);
    }
    lk_release(work.values);
    lk_release(work.labels);
    lk_chunk_coder_deinit(&work.coder);
    lk_container_deinit(&work.container);
    return status;
}

lk_status lk_decompress(lk_model *model, const char *path, const lk_codec_options *options,
                        lk_dataset **dataset, int64_t **lost, int64_t *lost_count) {
    lk_bytes bytes;
    *dataset = NULL;
    LK_TRY(lk_file_read_raw(model->context, path, FILE_MOST, &bytes));
    lk_status status = lk_decompress_bytes(model, path, &bytes, options, dataset, lost, lost_count);
    lk_bytes_release(&bytes);
    return status;
}
