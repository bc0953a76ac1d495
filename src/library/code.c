/* Compressing and restoring. */
#include <string.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "data/labels.h"
#include "library/library.h"
#include "models/take.h"

lk_coding lk_coding_defaults(void) {
    return (lk_coding){0};
}

static lk_codec_options options_of(lk_context *context, const lk_coding *how) {
    return (lk_codec_options){.learning_rate = how->learning_rate,
                              .skip_verify = how->unverified,
                              .salvage = how->salvage,
                              .lossy = how->lossy,
                              .progress = lk_tell_count,
                              .progress_argument = context};
}

/* ---- compressing ----------------------------------------------------------------------------- */

static lk_status write(void *writer, const void *bytes, int64_t size) {
    lk_writer_put(writer, bytes, size);
    return lk_writer_status(writer);
}

/* Texts may be coded by models that were not trained along texts. */
static lk_status open_items(const lk_model *model, const lk_data *data, lk_items **items) {
    if (data->dataset != NULL || model->data.stream) {
        LK_TRY(lk_data_open_items(model, data, false, items));
        if (data->path == NULL || data->dataset != NULL) {
            return LK_OK;
        }
        lk_items_close(*items); /* they fit; but a packed file is kept as it is */
        return lk_model_open_files(model, data->path, data->labels_path, items);
    }
    const lk_symbols *symbols;
    if (data->kind == LK_RECORDINGS) {
        return lk_fail(model->context, LK_MISMATCH,
                       "the data are recordings, but the model is of examples");
    }
    LK_TRY(lk_model_text_symbols(model, &symbols));
    return lk_data_open_texts(model->context, data, symbols, items);
}

static lk_status compress(const lk_model *model, const lk_data *data, const lk_coding *how,
                          const lk_output *output, lk_coding_report *coded) {
    lk_items *items;
    lk_writer *writer;
    lk_codec_report report = {0};
    lk_codec_options options = options_of(model->context, how);
    LK_TRY(open_items(model, data, &items));
    lk_status status = lk_writer_create_to(model->context, output, &writer);
    if (status == LK_OK) {
        lk_byte_sink sink = {.write = write, .user = writer};
        status = lk_compress(model, items, &sink, &options, &report);
        if (status == LK_OK) {
            status = lk_writer_commit(writer);
        } else {
            lk_writer_abandon(writer);
        }
    }
    lk_items_close(items);
    *coded = (lk_coding_report){.items = report.items,
                                .variables = report.symbols,
                                .bytes = report.bytes,
                                .header_bytes = report.header_bytes,
                                .nll_nats = report.model_nll_nats};
    return status;
}

lk_status lk_model_compress(lk_context *context, const lk_model *model, const lk_data *data,
                            const lk_coding *how, lk_output output, lk_coding_report *coded) {
    lk_loan loan;
    lk_coding_report unwanted;
    lk_coding defaults = {0};
    lk_clear_output(&output);
    LK_TRY(lk_enter(context, "coding"));
    LK_TRY(lk_check_output(context, &output, "lk_model_compress: output"));
    LK_TRY(lk_need(context, model, "lk_model_compress: model"));
    LK_TRY(lk_need(context, data, "lk_model_compress: data"));
    how = how != NULL ? how : &defaults;
    coded = coded != NULL ? coded : &unwanted;
    *coded = (lk_coding_report){0};
    LK_TRY(lk_check_learning_rate(context, how->learning_rate));
    return lk_leave(context, compress(lk_lend(&loan, context, model), data, how, &output, coded));
}

/* ---- restoring ------------------------------------------------------------------------------- */

/* NULL: the model is of no recordings. */
static const lk_symbols *recordings_of(const lk_model *model) {
    return lk_data_is_sound(&model->data) ? &model->data.symbols : NULL;
}

typedef struct texts {
    lk_context *context;
    lk_data *data;
    int64_t room, text_room; /* texts; bytes of the last one */
    bool named;
    const lk_symbols *symbols; /* of recordings; else NULL */
    lk_sound_form form;        /* of the last recording */
} texts;

static lk_status make_room(texts *t) {
    lk_data *data = t->data;
    int64_t room = t->room > 0 ? 2 * t->room : 16;
    lk_bytes *bytes = lk_resize(data->bytes, room, sizeof *bytes);
    data->bytes = bytes != NULL ? bytes : data->bytes;
    char **names = lk_resize(data->names, room, sizeof *names);
    data->names = names != NULL ? names : data->names;
    if (bytes == NULL || names == NULL) {
        return lk_fail_no_memory(t->context, "texts", room * (int64_t)sizeof *bytes);
    }
    t->room = room;
    return LK_OK;
}

static lk_status put_bytes(texts *t, const void *bytes, int64_t size) {
    lk_bytes *text = &t->data->bytes[t->data->count - 1];
    if (text->size + size > t->text_room) {
        int64_t room = 2 * t->text_room > text->size + size ? 2 * t->text_room : text->size + size;
        uint8_t *moved = lk_resize(text->data, room, 1);
        if (moved == NULL) {
            return lk_fail_no_memory(t->context, "a text", room);
        }
        text->data = moved;
        t->text_room = room;
    }
    if (size > 0) {
        memcpy(text->data + text->size, bytes, (size_t)size);
        text->size += size;
    }
    return LK_OK;
}

/* Head and end of the last recording, once its length is known. */
static lk_status end_recording(texts *t) {
    lk_data *data = t->data;
    if (t->symbols == NULL || data->count == 0) {
        return LK_OK;
    }
    lk_bytes *wav = &data->bytes[data->count - 1];
    uint8_t head[LK_SOUND_WAV_HEAD];
    bool codes = t->form.view >= LK_SOUND_G711_MU;
    int64_t size = lk_sound_wav_head(&t->form, 0, head), body = wav->size - size;
    int64_t frames = body / t->form.channels / (codes ? 1 : 2);
    LK_TRY(body % 2 != 0 ? put_bytes(t, "", 1) : LK_OK);
    memcpy(wav->data, head, (size_t)lk_sound_wav_head(&t->form, frames, head));
    return LK_OK;
}

static lk_status begin_text(void *user, const char *name) {
    texts *t = user;
    lk_data *data = t->data;
    LK_TRY(end_recording(t));
    LK_TRY(data->count == t->room ? make_room(t) : LK_OK);
    data->bytes[data->count] = (lk_bytes){0};
    data->names[data->count] = lk_duplicate(name);
    if (data->names[data->count] == NULL) {
        return lk_fail_no_memory(t->context, "a name", (int64_t)strlen(name));
    }
    t->named = t->named || name[0] != '\0';
    t->text_room = 0;
    data->count++;
    return LK_OK;
}

static lk_status begin_recording(void *user, const char *name, const lk_sound_target *target) {
    texts *t = user;
    uint8_t head[LK_SOUND_WAV_HEAD];
    LK_TRY(begin_text(t, name));
    t->form = t->symbols->sound;
    t->form.rate = target->rate;
    return put_bytes(t, head, lk_sound_wav_head(&t->form, 0, head));
}

static lk_status take_bytes(void *user, const void *bytes, int64_t size) {
    texts *t = user;
    uint16_t symbols[LK_POURED_MOST * LK_UTF8_MOST];
    uint8_t samples[2 * LK_POURED_MOST * LK_UTF8_MOST];
    if (t->symbols == NULL) {
        LK_TRY(t->data->count == 0 ? begin_text(t, "") : LK_OK);
        return put_bytes(t, bytes, size);
    }
    int64_t count = lk_poured_symbols(t->symbols, bytes, size, symbols);
    return put_bytes(t, samples, lk_sound_wav_pour(&t->symbols->sound, symbols, count, samples));
}

/* Names that say nothing are none. */
static void drop_names(texts *t) {
    for (int64_t i = 0; !t->named && i < t->data->count; i++) {
        lk_release(t->data->names[i]);
    }
    if (!t->named) {
        lk_release(t->data->names);
        t->data->names = NULL;
    }
}

/* What is read from a function is read whole; *bytes holds it. */
static lk_status open_source(lk_context *context, const lk_input *input, lk_bytes *bytes,
                             lk_source *source) {
    *bytes = (lk_bytes){0};
    if (input->path != NULL) {
        return lk_source_open(context, input->path, source);
    }
    if (input->read != NULL) {
        LK_TRY(lk_input_read(context, input, INT64_MAX / 8, bytes));
        return lk_source_of_bytes(context, lk_input_name(input), bytes, source);
    }
    lk_bytes all = {(uint8_t *)input->bytes, input->size};
    return lk_source_of_bytes(context, lk_input_name(input), &all, source);
}

static void report_restored(const lk_restored *restored, int64_t bytes, lk_coding_report *coded) {
    *coded = (lk_coding_report){
        .items = restored->items, .variables = restored->symbols, .bytes = bytes};
    for (int64_t i = 0; i < restored->lost_count; i++) {
        coded->lost += restored->lost[i].chunks;
    }
}

static lk_status restore(const lk_model *model, const lk_input *input, const lk_coding *how,
                         const lk_byte_sink *sink, lk_restored *restored, lk_coding_report *coded) {
    lk_bytes bytes;
    lk_source source;
    lk_codec_options options = options_of(model->context, how);
    lk_status status = open_source(model->context, input, &bytes, &source);
    if (status == LK_OK) {
        status = lk_decompress(model, &source, sink, &options, restored);
        report_restored(restored, source.size, coded);
        lk_source_close(&source);
    }
    lk_bytes_release(&bytes);
    return status;
}

/* Labels of values in memory were numbers, and are again. */
static void number_labels(lk_dataset *dataset) {
    bool numbers = dataset->format == LK_FROM_MEMORY && dataset->labels != NULL;
    for (int64_t i = 0; numbers && i < dataset->examples; i++) {
        int32_t number;
        numbers = lk_dataset_label_number(dataset, i, &number);
    }
    for (int64_t i = 0; numbers && i < dataset->examples; i++) {
        numbers = lk_dataset_label_number(dataset, i, &dataset->labels[i]);
    }
    if (numbers) {
        lk_dictionary_deinit(&dataset->classes);
    }
}

static lk_status decompress(const lk_model *model, const lk_input *input, const lk_coding *how,
                            lk_data **data, lk_coding_report *coded) {
    texts t = {.context = model->context, .symbols = recordings_of(model)};
    lk_restored restored = {0};
    LK_TRY(lk_data_create(model->context, &t.data));
    const lk_byte_sink sink = {
        .begin = begin_text, .begin_sound = begin_recording, .write = take_bytes, .user = &t};
    lk_status status = restore(model, input, how, &sink, &restored, coded);
    status = status == LK_OK ? end_recording(&t) : status;
    if (status == LK_OK && !restored.texts) {
        t.data->dataset = restored.dataset;
        restored.dataset = NULL;
        number_labels(t.data->dataset);
    } else if (status == LK_OK) {
        drop_names(&t);
        t.data->kind = model->data.stream ? lk_model_text(model) : LK_TEXT_BYTES;
        t.data->sound = model->data.symbols.sound;
        status = lk_data_measure(model->context, t.data);
    }
    lk_restored_deinit(&restored);
    if (status != LK_OK) {
        lk_data_destroy(t.data);
        return status;
    }
    *data = t.data;
    return LK_OK;
}

lk_status lk_model_decompress(lk_context *context, const lk_model *model, lk_input input,
                              const lk_coding *how, lk_data **data, lk_coding_report *coded) {
    lk_loan loan;
    lk_coding_report unwanted;
    lk_coding defaults = {0};
    if (data != NULL) {
        *data = NULL;
    }
    LK_TRY(lk_enter(context, "restoring"));
    LK_TRY(lk_need(context, data, "lk_model_decompress: data"));
    LK_TRY(lk_need(context, model, "lk_model_decompress: model"));
    LK_TRY(lk_check_input(context, &input, "lk_model_decompress: input"));
    how = how != NULL ? how : &defaults;
    coded = coded != NULL ? coded : &unwanted;
    *coded = (lk_coding_report){0};
    return lk_leave(context, decompress(lk_lend(&loan, context, model), &input, how, data, coded));
}

/* A recording that goes out as it is restored: a WAV file. */
typedef struct recording {
    lk_writer *writer;
    const lk_symbols *symbols; /* NULL: it is a text, whose bytes go out as they are */
    int64_t frames;
} recording;

static lk_status begin_wav(void *user, const char *name, const lk_sound_target *target) {
    recording *r = user;
    lk_sound_form form = r->symbols->sound;
    (void)name;
    form.rate = target->rate;
    r->frames = target->frames;
    lk_wav_begin(&form, target->frames, r->writer);
    return lk_writer_status(r->writer);
}

static lk_status write_wav(void *user, const void *bytes, int64_t size) {
    recording *r = user;
    uint16_t symbols[LK_POURED_MOST * LK_UTF8_MOST];
    if (r->symbols == NULL) {
        return write(r->writer, bytes, size);
    }
    lk_wav_put(&r->symbols->sound, symbols, lk_poured_symbols(r->symbols, bytes, size, symbols),
               r->writer);
    return lk_writer_status(r->writer);
}

static lk_status decompress_text(const lk_model *model, const lk_input *input, const lk_coding *how,
                                 const lk_output *output, lk_coding_report *coded) {
    recording r = {.symbols = recordings_of(model)};
    lk_restored restored = {0};
    if (r.symbols != NULL && how->salvage) {
        return lk_fail(model->context, LK_UNSUPPORTED,
                       "a recording is not salvaged as it comes, for its length stands before it: "
                       "lk_model_decompress salvages");
    }
    LK_TRY(lk_writer_create_to(model->context, output, &r.writer));
    const lk_byte_sink sink = {.begin_sound = begin_wav, .write = write_wav, .user = &r};
    lk_status status = restore(model, input, how, &sink, &restored, coded);
    if (status == LK_OK && !restored.texts) {
        status = lk_fail(model->context, LK_MISMATCH,
                         "the file holds examples, not a text: lk_model_decompress restores them");
    }
    lk_restored_deinit(&restored);
    if (status != LK_OK) {
        lk_writer_abandon(r.writer);
        return status;
    }
    if (r.symbols != NULL) {
        lk_wav_end(&r.symbols->sound, r.frames, r.writer);
    }
    return lk_writer_commit(r.writer);
}

lk_status lk_model_decompress_text(lk_context *context, const lk_model *model, lk_input input,
                                   const lk_coding *how, lk_output output,
                                   lk_coding_report *coded) {
    lk_loan loan;
    lk_coding_report unwanted;
    lk_coding defaults = {0};
    lk_clear_output(&output);
    LK_TRY(lk_enter(context, "restoring"));
    LK_TRY(lk_check_output(context, &output, "lk_model_decompress_text: output"));
    LK_TRY(lk_need(context, model, "lk_model_decompress_text: model"));
    LK_TRY(lk_check_input(context, &input, "lk_model_decompress_text: input"));
    how = how != NULL ? how : &defaults;
    coded = coded != NULL ? coded : &unwanted;
    *coded = (lk_coding_report){0};
    return lk_leave(context,
                    decompress_text(lk_lend(&loan, context, model), &input, how, &output, coded));
}
