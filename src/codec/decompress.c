/* Restoring, chunk by chunk: each is delivered once it has proved right. Room is made as chunks
 * have been decoded, so that a file that promises more than it holds cannot make us allocate it. */
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/coder.h"
#include "codec/handed.h"
#include "models/take.h"
#include "models/tune.h"
#include "team/team.h"

/* One restoration under way. */
typedef struct job {
    const lk_model *model;
    lk_context *context;
    const char *name;
    const lk_byte_sink *output;
    lk_codec_options options;
    lk_container container;
    const lk_symbols *symbols; /* of texts */
    lk_shape shape;            /* at which the model runs */
    lk_coder coder;
    lk_restored *restored;
    lk_lost reached;                 /* where the next chunk should begin: chunk, item, symbol */
    int64_t delivered;               /* chunks */
    int64_t current;                 /* the text that was begun; -1: none */
    lk_buffer values, labels, names; /* of examples: what the data set will own */
    lk_words words;                  /* of labels */
} job;

static lk_status not_ours(const job *work, const char *what) {
    return lk_fail(work->context, LK_CORRUPT, "%s: %s; the file was not written by likely",
                   work->name, what);
}

/* ---- what belongs together ------------------------------------------------------------------- */

static lk_status check_texts(job *work) {
    bool names = work->container.names;
    work->shape = (lk_shape){1, {0}};
    if (work->output == NULL || (names && work->output->begin == NULL)) {
        return lk_fail(work->context, LK_INVALID, "%s: holds %s, for which there is no place",
                       work->name, names ? "texts with names" : "a text");
    }
    LK_TRY(lk_model_text_symbols(work->model, &work->symbols));
    lk_container *c = &work->container;
    bool sound = work->symbols->kind == LK_SYMBOLS_SOUND;
    c->form = work->model->data.local;
    return c->sound == sound && c->local == (c->form.alphabet > 0) &&
                   (!sound || c->longest % lk_symbols_unit(work->symbols) == 0)
               ? LK_OK
               : not_ours(work, "its texts are not of the model's symbols");
}

static lk_status check_model(job *work) {
    lk_fingerprint own = lk_model_fingerprint(work->model), other = work->container.model;
    char have[33], want[33];
    if (memcmp(own.byte, other.byte, sizeof own.byte) == 0) {
        return work->container.texts ? check_texts(work)
                                     : lk_model_shape_for(work->model, work->name,
                                                          work->container.shape, &work->shape);
    }
    lk_fingerprint_print(own, have);
    lk_fingerprint_print(other, want);
    return lk_fail(
        work->context, LK_MISMATCH,
        "%s: compressed with model %.8s, but this model is %.8s (fingerprints); use the former%s",
        work->name, want, have,
        lk_model_has_uses(work->model)
            ? lk_advice_or(work->context, "set",
                           ", or give the settings that it was compressed with (--set KEY=VALUE), "
                           "which are part of the fingerprint",
                           ", or give the settings that it was compressed with (lk_model_set), "
                           "which are part of the fingerprint")
            : "");
}

/* ---- what is lost ---------------------------------------------------------------------------- */

void lk_lost_print(const lk_lost *lost, char text[64]) {
    if (lost->end_item < 0) {
        snprintf(text, 64, "all from item %lld on", (long long)lost->item + 1);
    } else if (lost->item == lost->end_item) {
        snprintf(text, 64, "symbols %lld to %lld", (long long)lost->symbol,
                 (long long)lost->end_symbol - 1);
    } else {
        snprintf(text, 64, "items %lld to %lld", (long long)lost->item + 1,
                 (long long)lost->end_item + (lost->end_symbol != 0));
    }
}

/* All up to there is missing. */
static lk_status lose(job *work, int64_t chunk, int64_t item, int64_t symbol) {
    lk_restored *r = work->restored;
    if (chunk <= work->reached.chunk) {
        return LK_OK;
    }
    lk_lost *list = lk_resize(r->lost, r->lost_count + 1, sizeof *list);
    if (list == NULL) {
        return lk_fail_no_memory(work->context, "the list of what is lost",
                                 r->lost_count * (int64_t)sizeof *list);
    }
    r->lost = list;
    list[r->lost_count] = work->reached;
    list[r->lost_count].chunks = chunk - work->reached.chunk;
    list[r->lost_count].end_item = item;
    list[r->lost_count++].end_symbol = symbol;
    return LK_OK;
}

/* What follows a chunk. */
static lk_lost behind(const lk_chunk *chunk) {
    bool ends = chunk->rest == 0;
    return (lk_lost){.chunk = chunk->number + 1,
                     .item = chunk->item + (ends ? chunk->items : 0),
                     .symbol = ends ? 0 : chunk->first + chunk->symbols};
}

/* Because of gap number `which`. */
static lk_status refuse_lost(const job *work, int64_t which, const char *how) {
    const lk_restored *r = work->restored;
    int64_t damaged = 0, lost = r->lost[which].chunk + 1, all = work->container.chunks;
    char text[64], others[64] = "";
    for (int64_t i = 0; i < r->lost_count; i++) {
        damaged += r->lost[i].chunks;
    }
    if (damaged > 1) {
        snprintf(others, sizeof others, ", %lld chunks are damaged in all", (long long)damaged);
    }
    lk_lost_print(&r->lost[which], text);
    return lk_fail(work->context, LK_CORRUPT, "%s: chunk %lld of %s%lld %s (%s would be lost%s)%s",
                   work->name, (long long)lost, all >= 0 ? "" : "at least ",
                   (long long)(all > lost ? all : lost), how, text, others,
                   lk_advice_or(work->context, "salvage", "; --salvage recovers the others",
                                "; lk_coding.salvage recovers the others"));
}

/* ---- delivering ------------------------------------------------------------------------------ */

/* Values joined from what the model sees of them; *right false: it cannot see that, or they are not
 * of the alphabet. */
static lk_status deliver_examples(job *work, const lk_content *content, bool *right) {
    const lk_view *view = lk_model_view(work->model);
    int64_t values = lk_shape_variables(work->container.shape), count = content->items * values;
    const char *name = (const char *)content->names.data;
    LK_TRY(lk_memory_allow(work->context, work->name, "its values",
                           (double)(work->values.size + count * 2)));
    uint16_t *to = (uint16_t *)lk_buffer_room(&work->values, count * 2);
    *right = lk_words_join(&work->words, &content->words);
    for (int64_t i = 0; i < content->items && to != NULL && *right; i++) {
        *right =
            lk_view_join(view, content->value + i * content->length[0], values, to + i * values);
    }
    for (int64_t i = 0; i < count && to != NULL && *right; i++) {
        *right = to[i] < work->container.alphabet;
    }
    work->values.size += *right ? count * 2 : 0;
    if (content->label != NULL && *right) {
        lk_buffer_put(&work->labels, content->label, content->items * 4);
    }
    for (int64_t i = 0; i < content->items && work->container.names && *right; i++) {
        char *copy = lk_duplicate(name);
        lk_buffer_put(&work->names, &copy, sizeof copy);
        work->names.failed |= copy == NULL;
        name += strlen(name) + 1;
    }
    work->restored->items += *right ? content->items : 0;
    return !work->values.failed && !work->labels.failed && !work->names.failed &&
                   !work->words.text.failed
               ? LK_OK
               : lk_fail(work->context, LK_NO_MEMORY,
                         "%s: out of memory: %lld examples of %lld variables do not fit",
                         work->name, (long long)work->restored->items, (long long)values);
}

static lk_status begin_sound(job *work, const char *name, lk_sound_target target, int64_t symbols) {
    int32_t unit = lk_symbols_unit(work->symbols);
    target.frames = work->options.salvage ? -1 : symbols / unit;
    return work->output->begin_sound(work->output->user, name, &target);
}

/* sound: of a recording of so many symbols; else NULL. */
static lk_status begin_text(job *work, int64_t item, const char *name, const lk_sound_target *sound,
                            int64_t symbols) {
    bool begun = work->current == item;
    work->restored->items += !begun;
    work->current = item;
    if (!begun && sound != NULL && work->output->begin_sound != NULL) {
        return begin_sound(work, name, *sound, symbols);
    }
    return begun || work->output->begin == NULL ? LK_OK
                                                : work->output->begin(work->output->user, name);
}

static lk_status deliver_local(job *work, lk_content *content, int64_t item) {
    if (content->local == NULL || work->output->local == NULL) {
        return LK_OK;
    }
    lk_local_piece piece = lk_content_place_local(content, item);
    return work->output->local(work->output->user, piece.first, piece.count,
                               content->local + content->local_begin[item]);
}

static lk_status deliver_texts(job *work, const lk_chunk *chunk, lk_content *content) {
    uint8_t piece[LK_POURED_MOST * LK_UTF8_MOST];
    const char *name = (const char *)content->names.data;
    for (int64_t i = 0, at = 0; i < content->items; i++) {
        int64_t symbols = chunk->first + content->length[i] + chunk->rest;
        LK_TRY(begin_text(work, chunk->item + i, name != NULL ? name : "",
                          content->sound != NULL ? &content->sound[i] : NULL, symbols));
        LK_TRY(deliver_local(work, content, i));
        name += name != NULL ? strlen(name) + 1 : 0;
        for (int64_t end = at + content->length[i], count; at < end; at += count) {
            count = end - at < LK_POURED_MOST ? end - at : LK_POURED_MOST;
            int64_t size = lk_content_pour(content, at, count, piece);
            work->restored->bytes += size;
            LK_TRY(work->output->write(work->output->user, piece, size));
        }
    }
    return LK_OK;
}

static lk_status decode_content(job *work, const lk_chunk *chunk, lk_content *content,
                                bool *right) {
    const lk_container *c = &work->container;
    int64_t bytes;
    LK_TRY(
        lk_coder_decode(&work->coder, chunk->network, chunk->payload, chunk->size, content, right));
    *right = *right && (c->version == 1 ||
                        lk_content_hash(content, c->seed, chunk->number, &bytes) == chunk->content);
    return LK_OK;
}

/* Decoded by another rank of a team. */
static lk_status take_content(job *work, int64_t number, lk_content *content, bool *right) {
    uint8_t *bytes;
    int64_t size;
    LK_TRY(lk_team_hand_in(work->context->team, work->context, number, LK_OK, &bytes, &size));
    lk_status status = lk_content_take(work->context, bytes, content, right);
    lk_release(bytes);
    return status;
}

/* Decoded here, by a rank that is not rank 0. */
static lk_status hand_in_content(job *work, int64_t number, const lk_content *content, bool right,
                                 lk_status status) {
    lk_buffer bytes = {0};
    if (status == LK_OK) {
        lk_content_put(&bytes, content, right);
        status = bytes.failed ? lk_fail_no_memory(work->context, "a chunk", bytes.capacity) : LK_OK;
    }
    status = lk_team_hand_in(work->context->team, work->context, number, status, &bytes.data,
                             &bytes.size);
    lk_buffer_release(&bytes);
    return status;
}

/* Chunks are shared out, unless some may be worthless. *here: rank 0 has it. */
static lk_status share_content(job *work, const lk_chunk *chunk, lk_content *content, bool *right,
                               bool *here) {
    const lk_team *team = work->context->team;
    bool first = lk_team_rank(team) == 0;
    int64_t number = work->options.salvage ? 0 : chunk->number;
    *here = first;
    if (!lk_team_does(team, number)) {
        return first ? take_content(work, number, content, right) : LK_OK;
    }
    lk_status status = decode_content(work, chunk, content, right);
    if (first) {
        return status;
    }
    status = hand_in_content(work, number, content, *right, status);
    *right = true; /* rank 0 says if it is not */
    return status;
}

static lk_status restore_content(job *work, const lk_chunk *chunk, lk_content *content,
                                 bool *right) {
    const lk_container *c = &work->container;
    bool here = true;
    *right = c->texts || chunk->symbols == chunk->items * lk_codec_length(work->model, c->shape);
    if (*right) {
        LK_TRY(lk_content_init(work->context, c, chunk, work->symbols, content));
        LK_TRY(share_content(work, chunk, content, right, &here));
    }
    if (!here) {
        return LK_OK;
    }
    if (*right) {
        LK_TRY(c->texts ? deliver_texts(work, chunk, content)
                        : deliver_examples(work, content, right));
    }
    work->restored->symbols += *right ? chunk->symbols : 0;
    work->delivered += *right;
    return LK_OK;
}

static lk_status restore_chunk(job *work, const lk_chunk *chunk, bool *right) {
    lk_content content = {0};
    lk_status status = restore_content(work, chunk, &content, right);
    lk_content_deinit(&content);
    if (status != LK_OK || *right || work->options.salvage) {
        return status;
    }
    lk_lost end = behind(chunk);
    LK_TRY(lose(work, end.chunk, end.item, end.symbol));
    return refuse_lost(work, work->restored->lost_count - 1,
                       "has the right checksum but does not decode: it was written by another "
                       "engine");
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Goes through the chunks, and sees which are missing; restores them if told to. */
static lk_status walk(job *work, bool restore) {
    const lk_container *c = &work->container;
    lk_chunk chunk;
    bool there;
    work->reached = (lk_lost){0};
    lk_container_rewind(&work->container);
    LK_TRY(lk_container_next(&work->container, &chunk, &there));
    while (there) {
        const lk_lost *r = &work->reached;
        bool above = chunk.item > r->item || (chunk.item == r->item && chunk.first >= r->symbol);
        bool exactly = chunk.item == r->item && chunk.first == r->symbol;
        bool right = exactly || (above && chunk.number > r->chunk);
        if (!right && !work->options.salvage) {
            return not_ours(work, "its chunks contradict each other");
        }
        LK_TRY(restore && right ? restore_chunk(work, &chunk, &right) : LK_OK);
        if (right) {
            LK_TRY(lose(work, chunk.number, chunk.item, chunk.first));
            work->reached = behind(&chunk);
        }
        LK_TRY(lk_container_next(&work->container, &chunk, &there));
    }
    return c->chunks < 0 ? LK_OK : lose(work, c->chunks, c->items, 0);
}

static lk_status check_intact(job *work) {
    if (work->options.salvage) {
        return LK_OK;
    }
    LK_TRY(walk(work, false));
    if (work->restored->lost_count > 0) {
        return refuse_lost(work, 0, "is damaged or missing");
    }
    return work->container.stray
               ? lk_fail(work->context, LK_CORRUPT,
                         "%s: the index is damaged or cut off, or there are bytes too many; all "
                         "chunks are sound%s",
                         work->name,
                         lk_advice_or(work->context, "salvage", ", and --salvage recovers them",
                                      ", and lk_coding.salvage recovers them"))
               : LK_OK;
}

static lk_status check_totals(const job *work) {
    const lk_container *c = &work->container;
    const lk_restored *r = work->restored;
    if (lk_team_rank(work->context->team) > 0) {
        return LK_OK; /* rank 0 has them */
    }
    if (work->delivered == 0 && c->chunks != 0) {
        return lk_fail(work->context, LK_CORRUPT,
                       "%s: all chunks are damaged, nothing can be recovered; use another copy",
                       work->name);
    }
    bool agree = r->items == c->items && r->symbols == c->symbols && r->bytes == c->bytes;
    return agree || work->options.salvage
               ? LK_OK
               : not_ours(work, "holds another number of items, symbols or bytes than it says");
}

/* The data set's labels become symbols of the words that are there. */
static lk_status name_labels(job *work, lk_dataset *data) {
    lk_words *words = &work->words;
    int32_t *moved = lk_resize(NULL, words->count, sizeof *moved), count = 0;
    lk_status status = moved != NULL || words->count == 0
                           ? LK_OK
                           : lk_fail_no_memory(work->context, "classes", 4 * words->count);
    lk_dictionary_deinit(&data->classes);
    for (int64_t k = 0; k < words->count && status == LK_OK; k++) {
        const char *word = lk_words_find(words, k);
        if (word != NULL) {
            status = lk_dictionary_add(work->context, &data->classes, word, (int64_t)strlen(word),
                                       &moved[k]);
            bool new = moved[k] == count++;
            status = status != LK_OK || new ? status : not_ours(work, "two labels are one word");
        }
    }
    for (int64_t i = 0; i < data->examples && status == LK_OK; i++) {
        data->labels[i] = moved[data->labels[i]];
    }
    lk_release(moved);
    return status;
}

/* The data set takes the values; words are the model's, but those of labels that it is not given.
 */
static lk_status make_dataset(job *work) {
    const lk_container *c = &work->container;
    lk_dataset **data = &work->restored->dataset;
    LK_TRY(lk_model_dataset(work->model, work->name, c->shape, 1, data));
    lk_release((*data)->values);
    (*data)->alphabet = (int32_t)c->alphabet;
    (*data)->values = (uint16_t *)work->values.data;
    (*data)->labels = (int32_t *)work->labels.data;
    (*data)->names = (char **)work->names.data;
    (*data)->examples = work->restored->items;
    (*data)->format = lk_container_format(c);
    (*data)->stored = lk_container_stored(c);
    work->values = work->labels = work->names = (lk_buffer){0};
    return c->words ? name_labels(work, *data) : LK_OK;
}

static lk_status restore(job *work) {
    lk_container *c = &work->container;
    LK_TRY(check_model(work));
    LK_TRY(check_intact(work));
    LK_TRY(lk_coder_init(&work->coder, work->model, c, work->shape));
    LK_TRY(c->chunks != 0 ? lk_coder_open(&work->coder, LK_INCREMENTAL, work->name) : LK_OK);
    work->coder.progress = work->options.progress;
    work->coder.progress_argument = work->options.progress_argument;
    work->coder.total = c->symbols;
    LK_TRY(walk(work, true));
    if (c->texts && c->chunks == 0) { /* an empty text of version 2 */
        LK_TRY(begin_text(work, 0, "", NULL, 0));
    }
    LK_TRY(check_totals(work));
    work->restored->chunks = c->chunks;
    work->restored->total_bytes = c->bytes;
    return c->texts ? LK_OK : make_dataset(work);
}

void lk_restored_deinit(lk_restored *restored) {
    lk_dataset_destroy(restored->dataset);
    lk_release(restored->lost);
    *restored = (lk_restored){0};
}

lk_status lk_decompress(const lk_model *model, lk_source *source, const lk_byte_sink *output,
                        const lk_codec_options *options, lk_restored *restored) {
    job work = {.model = model, .context = model->context, .name = source->path, .output = output};
    work.options = options != NULL ? *options : (lk_codec_options){0};
    work.restored = restored;
    work.current = -1;
    *restored = (lk_restored){0};
    lk_status status = lk_container_open(source, &work.container);
    restored->texts = work.container.texts;
    status = status == LK_OK ? restore(&work) : status;
    char **names = (char **)work.names.data;
    for (int64_t i = 0; i < work.names.size / (int64_t)sizeof *names; i++) {
        lk_release(names[i]);
    }
    lk_buffer_release(&work.values);
    lk_buffer_release(&work.labels);
    lk_buffer_release(&work.names);
    lk_words_release(&work.words);
    lk_coder_deinit(&work.coder);
    lk_container_close(&work.container);
    if (status != LK_OK) {
        lk_restored_deinit(restored);
    }
    return status;
}
