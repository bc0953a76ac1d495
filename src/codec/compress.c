/* Compression: chunk by chunk, read, coded, decoded again and compared, written. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "codec/choose.h"
#include "codec/coder.h"
#include "models/take.h"
#include "team/team.h"

/* One compression under way. */
typedef struct job {
    const lk_model *model;
    lk_context *context;
    lk_items *items;
    const lk_byte_sink *output;
    lk_codec_options options;
    const lk_symbols *symbols; /* of texts */
    lk_shape shape;            /* at which the model runs */
    lk_container container;
    int64_t chunk; /* symbols of one, unless an example has more */
    lk_coder coder;
    lk_buffer bytes; /* of what is written next */
    lk_codec_report report;
} job;

/* ---- what is coded --------------------------------------------------------------------------- */

int64_t lk_codec_length(const lk_model *model, lk_shape shape) {
    return lk_view_length(lk_model_view(model), lk_shape_variables(shape));
}

#define IN_LIBRARY ": lk_coding.lossy codes that much"

/* What is restored must be what was compressed, sample for sample. */
static lk_status check_sound(job *work) {
    const lk_sound_form *form = &work->symbols->sound;
    for (int64_t i = 0; i < lk_items_count(work->items); i++) {
        const lk_sound_info *info = lk_items_sound(work->items, i);
        const char *note = lk_sound_note(info);
        if (!lk_sound_exact(form, info) && !work->options.lossy && !work->options.keeps_nothing) {
            return lk_fail(
                work->context, LK_INVALID,
                "%s: the model takes %s%s%s of what it holds%s%s, and nothing else could "
                "be restored%s",
                lk_items_name(work->items, i), lk_sound_view_name(form->view),
                form->channel == 0 || info->channels == 1 ? "" : " of one channel",
                form->view < LK_SOUND_PCM16 ? ", 8 bits of a sample," : "",
                note[0] != '\0' ? "; " : "", note,
                form->view < LK_SOUND_PCM16
                    ? lk_advice_or(work->context, "lossy",
                                   ": --lossy codes that much; a model of likely train --view "
                                   "bytes or pcm16 restores all",
                                   IN_LIBRARY)
                    : lk_advice_or(work->context, "lossy", ": --lossy codes that much",
                                   IN_LIBRARY));
        }
    }
    return LK_OK;
}

static lk_status describe_texts(job *work) {
    LK_TRY(lk_model_text_symbols(work->model, &work->symbols));
    LK_REQUIRE(lk_symbols_equal(work->symbols, lk_items_symbols(work->items)));
    work->container.texts = true;
    work->container.sound = work->symbols->kind == LK_SYMBOLS_SOUND;
    LK_TRY(work->container.sound ? check_sound(work) : LK_OK);
    work->container.local = lk_items_local(work->items) != NULL;
    work->container.form = work->model->data.local;
    work->container.labels = lk_items_labels(work->items) != NULL;
    work->container.names = lk_items_count(work->items) > 1 ||
                            strcmp(lk_items_name(work->items, 0), lk_items_path(work->items)) != 0;
    work->shape = (lk_shape){1, {0}};
    return LK_OK;
}

/* Whether labels are symbols of words that the model does not know, or numbers that are not their
 * own symbols. */
static bool labels_are_words(const job *work, const lk_dataset *data) {
    bool words = false;
    char digits[16];
    for (int32_t k = 0; k < data->classes.count && work->model->data.classes.count == 0; k++) {
        snprintf(digits, sizeof digits, "%d", k);
        words |= strcmp(digits, lk_dictionary_text(&data->classes, k)) != 0;
    }
    return words;
}

static lk_status describe_examples(job *work) {
    const lk_dataset *data = lk_items_dataset(work->items);
    lk_container *c = &work->container;
    LK_REQUIRE(lk_items_length(work->items, 0) == lk_codec_length(work->model, data->shape));
    int64_t unseen = lk_dataset_find_unseen(data);
    if (unseen >= 0 && !work->options.keeps_nothing) {
        return lk_fail(work->context, LK_INVALID,
                       "%s: example %lld, variable %lld: a value unseen in training cannot be "
                       "given back: leave the row out, or train with it",
                       data->path, (long long)(unseen / data->variables) + 1,
                       (long long)(unseen % data->variables) + 1);
    }
    if (data->partial && !work->options.lossy && !work->options.keeps_nothing) {
        return lk_fail(
            work->context, LK_INVALID,
            "%s: the file holds more than the model takes (%s), which would be lost%s", data->path,
            data->note != NULL ? data->note : "other columns",
            lk_advice_or(work->context, "lossy", ": --lossy codes that much", IN_LIBRARY));
    }
    c->labels = lk_items_labels(work->items) != NULL || data->labels != NULL;
    c->words = c->labels && labels_are_words(work, data);
    if (c->words && data->classes.count > LK_WORDS_MOST) {
        return lk_fail(work->context, LK_UNSUPPORTED,
                       "%s: %d different labels; a compressed file keeps at most %lld", data->path,
                       data->classes.count, (long long)LK_WORDS_MOST);
    }
    c->names = data->names != NULL;
    c->shape = data->shape;
    c->alphabet = data->alphabet;
    /* A format that has labels promises them to whoever decodes. */
    c->format = c->labels || !lk_dataset_format_labelled(data->format) ? data->format : 0;
    c->format |= (int64_t)data->stored << LK_CONTAINER_FORMAT_BITS;
    return lk_model_takes(work->model, data, &work->shape);
}

static lk_status choose(job *work) {
    lk_choice choice = {.model = work->model,
                        .items = work->items,
                        .symbols = work->symbols,
                        .shape = work->shape,
                        .options = &work->options,
                        .container = &work->container};
    LK_TRY(lk_choose(&choice));
    work->chunk = choice.chunk;
    work->container.learning_rate = work->options.learning_rate;
    work->container.model = lk_model_fingerprint(work->model);
    return LK_OK;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* The chunk behind this one (zeroed: the first); false: there is none. */
static bool next_chunk(const job *work, lk_chunk *chunk) {
    bool text = work->container.texts;
    int64_t first = chunk->rest > 0 ? chunk->first + chunk->symbols : 0, left = work->chunk;
    *chunk = (lk_chunk){.item = chunk->item + (first > 0 ? 0 : chunk->items), .first = first};
    for (int64_t i = chunk->item; i < lk_items_count(work->items) && chunk->rest == 0; i++) {
        int64_t length = lk_items_length(work->items, i) - first;
        if (chunk->items > 0 &&
            (length > left || first > 0 || (text && chunk->items == LK_CHUNK_ITEMS_MOST))) {
            break;
        }
        chunk->rest = text && length > left ? length - left : 0;
        chunk->symbols += length - chunk->rest;
        left -= length - chunk->rest;
        chunk->items++;
    }
    return chunk->items > 0;
}

/* The network that codes it best. */
static lk_status choose_network(job *work, lk_content *content, lk_chunk *chunk) {
    double best = 0.0, nll_nats;
    int32_t networks = lk_model_variants(work->model);
    for (int32_t n = 0; n < networks && networks > 1; n++) {
        LK_TRY(lk_coder_nll(&work->coder, n, content, &nll_nats));
        chunk->network = n == 0 || nll_nats < best ? n : chunk->network;
        best = chunk->network == n ? nll_nats : best;
    }
    return LK_OK;
}

static lk_status code_content(job *work, lk_content *content, lk_chunk *chunk) {
    lk_schedules schedule = work->options.incremental_encode ? LK_INCREMENTAL : LK_PARALLEL;
    lk_container *c = &work->container;
    lk_coded coded;
    int64_t bytes;
    LK_TRY(lk_content_read(work->context, work->items, c, chunk, content));
    LK_TRY(choose_network(work, content, chunk));
    LK_TRY(lk_coder_encode(&work->coder, schedule, chunk->network, content, &coded));
    chunk->payload = coded.bytes;
    chunk->size = coded.size;
    chunk->content = lk_content_hash(content, c->seed, c->chunks, &bytes);
    lk_container_put_chunk(c, chunk, c->texts ? bytes : 0, &work->bytes);
    work->report.model_nll_nats += coded.nll_nats;
    work->report.header_bytes +=
        work->bytes.size - coded.size + (int64_t)(coded.aside_bits / 8.0 + 0.5);
    lk_release(coded.bytes);
    return LK_OK;
}

static lk_status refuse_changed(const job *work) {
    LK_TRY(lk_items_unchanged(work->items));
    return lk_fail(work->context, LK_IO,
                   "%s: changed while it was being compressed, though not in size; run again when "
                   "it is complete",
                   lk_items_path(work->items));
}

/* Decodes the chunk from the bytes that will be written, as a reader would; then looks whether the
 * items are still what was coded. */
static lk_status verify(job *work, const lk_content *was, lk_content *again) {
    const lk_container *c = &work->container;
    lk_chunk chunk;
    int64_t bytes;
    bool right = lk_container_check(c, work->bytes.data, work->bytes.size, &chunk);
    if (right) {
        LK_TRY(lk_content_init(work->context, c, &chunk, work->symbols, again));
        LK_TRY(
            lk_coder_decode(&work->coder, chunk.network, chunk.payload, chunk.size, again, &right));
    }
    if (!right || !lk_content_equal(was, again) ||
        lk_content_hash(again, c->seed, chunk.number, &bytes) != chunk.content) {
        return lk_fail(work->context, LK_CORRUPT,
                       "%s: chunk %lld does not decode to what was coded; please report this, or "
                       "check the machine's memory",
                       lk_items_path(work->items), (long long)c->chunks);
    }
    LK_TRY(lk_content_read(work->context, work->items, c, &chunk, again));
    return lk_content_equal(was, again) ? LK_OK : refuse_changed(work);
}

static lk_status write_bytes(job *work) {
    if (work->bytes.failed) {
        return lk_fail_no_memory(work->context, "what is written next", work->bytes.capacity);
    }
    work->report.bytes += work->bytes.size;
    bool writes = lk_team_rank(work->context->team) == 0;
    LK_TRY(writes ? work->output->write(work->output->user, work->bytes.data, work->bytes.size)
                  : LK_OK);
    work->bytes.size = 0;
    return LK_OK;
}

static lk_status code_chunk(job *work, lk_chunk *chunk) {
    lk_content content = {0}, again = {0};
    lk_status status =
        lk_content_init(work->context, &work->container, chunk, work->symbols, &content);
    status = status == LK_OK ? code_content(work, &content, chunk) : status;
    if (status == LK_OK && !work->options.skip_verify && !work->bytes.failed) {
        status = verify(work, &content, &again);
    }
    lk_content_deinit(&content);
    lk_content_deinit(&again);
    return status;
}

/* ---- of a team, where each rank codes its chunks and rank 0 writes them ---------------------- */

/* What one chunk has added. */
typedef struct handed {
    lk_framed framed;
    double nll_nats;
    int64_t header_bytes;
} handed;

/* Coded here: rank 0 gets the bytes, and what was before they were. */
static lk_status hand_in(job *work, const job *before, int64_t number, lk_status status) {
    const lk_container *c = &work->container, *was = &before->container;
    const handed h = {.framed = {.size = work->bytes.size,
                                 .begun = c->items - was->items,
                                 .symbols = c->symbols - was->symbols,
                                 .bytes = c->bytes - was->bytes},
                      .nll_nats = work->report.model_nll_nats - before->report.model_nll_nats,
                      .header_bytes = work->report.header_bytes - before->report.header_bytes};
    lk_buffer_put(&work->bytes, &h, sizeof h);
    if (status == LK_OK && work->bytes.failed) {
        status = lk_fail_no_memory(work->context, "a coded chunk", h.framed.size);
    }
    LK_TRY(lk_team_hand_in(work->context->team, work->context, number, status, &work->bytes.data,
                           &work->bytes.size));
    work->bytes.size = 0;
    return LK_OK;
}

static lk_status take_in(job *work, const lk_chunk *chunk, int64_t number) {
    uint8_t *bytes;
    int64_t size;
    handed h;
    LK_TRY(lk_team_hand_in(work->context->team, work->context, number, LK_OK, &bytes, &size));
    memcpy(&h, bytes + size - sizeof h, sizeof h);
    h.framed.data = bytes;
    lk_container_put_framed(&work->container, &h.framed, &work->bytes);
    lk_release(bytes);
    work->report.model_nll_nats += h.nll_nats;
    work->report.header_bytes += h.header_bytes;
    work->coder.done += chunk->symbols * (1 + !work->options.skip_verify);
    return write_bytes(work);
}

static lk_status share_chunk(job *work, lk_chunk *chunk) {
    const lk_team *team = work->context->team;
    int64_t number = work->container.chunks;
    bool first = lk_team_rank(team) == 0;
    if (!lk_team_does(team, number)) {
        if (first) {
            return take_in(work, chunk, number);
        }
        lk_container_put_framed(&work->container, NULL, &work->bytes);
        return LK_OK;
    }
    const job before = *work;
    lk_status status = code_chunk(work, chunk);
    if (!first) {
        return hand_in(work, &before, number, status);
    }
    return status == LK_OK ? write_bytes(work) : status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static lk_status code_all(job *work) {
    lk_chunk chunk = {0};
    lk_container_put_header(&work->container, &work->bytes);
    work->report.header_bytes = work->bytes.size;
    LK_TRY(write_bytes(work));
    while (next_chunk(work, &chunk)) {
        LK_TRY(share_chunk(work, &chunk));
    }
    if (lk_team_rank(work->context->team) > 0) {
        return LK_OK;
    }
    LK_TRY(lk_items_unchanged(work->items));
    lk_container_put_index(&work->container, &work->bytes);
    work->report.header_bytes += work->bytes.size;
    return lk_items_total_bytes(work->items) == work->container.bytes ? write_bytes(work)
                                                                      : refuse_changed(work);
}

static lk_status open_coder(job *work) {
    const lk_codec_options *o = &work->options;
    const char *path = lk_items_path(work->items);
    bool parallel = !o->incremental_encode || lk_model_variants(work->model) > 1;
    LK_TRY(lk_coder_init(&work->coder, work->model, &work->container, work->shape));
    LK_TRY(parallel ? lk_coder_open(&work->coder, LK_PARALLEL, path) : LK_OK);
    return o->incremental_encode || !o->skip_verify
               ? lk_coder_open(&work->coder, LK_INCREMENTAL, path)
               : LK_OK;
}

static lk_status run(job *work) {
    const lk_codec_options *o = &work->options;
    int64_t networks = lk_model_variants(work->model);
    LK_TRY(lk_model_accepts_local(work->model, work->items));
    LK_TRY(lk_items_symbols(work->items) != NULL ? describe_texts(work) : describe_examples(work));
    LK_TRY(choose(work));
    LK_TRY(open_coder(work));
    work->coder.progress = o->progress;
    work->coder.progress_argument = o->progress_argument;
    work->coder.total =
        lk_items_total(work->items) * ((networks > 1 ? networks : 0) + 1 + !o->skip_verify);
    return code_all(work);
}

lk_status lk_compress(const lk_model *model, lk_items *items, const lk_byte_sink *output,
                      const lk_codec_options *options, lk_codec_report *report) {
    job work = {.model = model, .context = model->context, .items = items, .output = output};
    work.options = options != NULL ? *options : (lk_codec_options){0};
    lk_status status = run(&work);
    if (status == LK_OK && report != NULL) {
        *report = work.report;
        report->items = work.container.items;
        report->symbols = work.container.symbols;
        report->content_bytes = work.container.bytes;
        report->chunks = work.container.chunks;
        report->lanes = work.container.lanes;
    }
    lk_coder_deinit(&work.coder);
    lk_container_close(&work.container);
    lk_buffer_release(&work.bytes);
    return status;
}
