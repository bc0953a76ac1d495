/* Recordings: how they are read, and as WAV files, which is what they are in memory. */
#include <string.h>

#include "base/memory.h"
#include "library/library.h"

#define PIECE 4096 /* symbols that are looked at together: whole samples of any view */

/* ---- the form -------------------------------------------------------------------------------- */

static lk_status look(lk_context *context, const lk_bytes *bytes, lk_sound_info *info) {
    lk_source source;
    LK_TRY(lk_source_of_bytes(context, "a recording", bytes, &source));
    lk_status status = lk_sound_look(&source, info);
    lk_source_close(&source);
    return status;
}

lk_status lk_check_sound(lk_context *context, const lk_loading *how) {
    if (how->sound != NULL && lk_sound_view_named(how->sound) < 0) {
        return lk_fail(context, LK_INVALID,
                       "lk_loading: sound is '%.20s': expected mulaw, linear8, pcm16, bytes, "
                       "g711-mu or g711-a",
                       how->sound);
    }
    if (how->channel < LK_SOUND_MIX || how->channel > LK_SOUND_CHANNELS_MOST) {
        return lk_fail(context, LK_INVALID, "lk_loading: channel is %d: expected -1 .. %d",
                       how->channel, LK_SOUND_CHANNELS_MOST);
    }
    return how->like == NULL || how->model != NULL || how->text != LK_RECORDINGS ||
                   how->like->kind == LK_RECORDINGS
               ? LK_OK
               : lk_fail(context, LK_MISMATCH, "lk_loading: like are no recordings");
}

lk_status lk_data_learn_sound(lk_context *context, const lk_loading *how, lk_data *data) {
    int32_t view = how->sound != NULL ? lk_sound_view_named(how->sound) : -1;
    lk_sound_info info;
    if (how->model != NULL || how->like != NULL) {
        data->sound = how->model != NULL ? how->model->data.symbols.sound : how->like->sound;
        return LK_OK;
    }
    data->sound = (lk_sound_form){.channel = how->channel};
    if (data->path != NULL) {
        return lk_sound_learn(context, data->path, &data->sound, view);
    }
    LK_TRY(look(context, &data->bytes[0], &info));
    return lk_sound_form_of(context, "a recording", &info, view, &data->sound);
}

lk_status lk_data_check_sound(const lk_model *model, const lk_data *data) {
    const lk_sound_form *own = &model->data.symbols.sound, *form = &data->sound;
    bool alike =
        own->view == form->view && own->channels == form->channels && own->channel == form->channel;
    return alike ? LK_OK
                 : lk_fail(model->context, LK_MISMATCH,
                           "the recordings were read as %s (channels: %d), and the model takes %s "
                           "(channels: %d): load them for the model (lk_loading.model)",
                           lk_sound_view_name(form->view), form->channels,
                           lk_sound_view_name(own->view), own->channels);
}

/* ---- as WAV files ---------------------------------------------------------------------------- */

void lk_wav_begin(const lk_sound_form *form, int64_t frames, lk_writer *writer) {
    uint8_t head[LK_SOUND_WAV_HEAD];
    lk_writer_put(writer, head, lk_sound_wav_head(form, frames, head));
}

void lk_wav_put(const lk_sound_form *form, const uint16_t *symbols, int64_t count,
                lk_writer *writer) {
    uint8_t bytes[2 * PIECE];
    for (int64_t at = 0, here; at < count; at += here) {
        here = count - at < PIECE ? count - at : PIECE;
        lk_writer_put(writer, bytes, lk_sound_wav_pour(form, symbols + at, here, bytes));
    }
}

void lk_wav_end(const lk_sound_form *form, int64_t frames, lk_writer *writer) {
    bool odd = form->view >= LK_SOUND_G711_MU && frames * form->channels % 2 != 0;
    lk_writer_put(writer, "", odd ? 1 : 0);
}

lk_status lk_wav_of_item(lk_items *items, int64_t item, int64_t first, int64_t length,
                         lk_writer *writer) {
    lk_sound_form form = lk_items_symbols(items)->sound;
    uint16_t symbols[PIECE];
    form.rate = lk_items_sound(items, item)->rate;
    lk_wav_begin(&form, length / lk_sound_unit(&form), writer);
    for (int64_t at = 0, count; at < length; at += count) {
        count = length - at < PIECE ? length - at : PIECE;
        LK_TRY(lk_items_read(items, item, first + at, count, symbols));
        lk_wav_put(&form, symbols, count, writer);
    }
    lk_wav_end(&form, length / lk_sound_unit(&form), writer);
    return lk_writer_status(writer);
}

lk_status lk_wav_of_symbols(lk_context *context, const lk_sound_form *form, const uint16_t *symbols,
                            int64_t count, lk_bytes *wav) {
    lk_writer *writer;
    lk_output output = lk_to_memory(wav);
    LK_TRY(lk_writer_create_to(context, &output, &writer));
    lk_wav_begin(form, count / lk_sound_unit(form), writer);
    lk_wav_put(form, symbols, count, writer);
    lk_wav_end(form, count / lk_sound_unit(form), writer);
    return lk_writer_commit(writer);
}

/* ---- as other files -------------------------------------------------------------------------- */

static lk_status put_file(lk_items *items, lk_sound_writer *writer) {
    uint16_t symbols[PIECE];
    int64_t length = lk_items_length(items, 0);
    for (int64_t at = 0, count; at < length; at += count) {
        count = length - at < PIECE ? length - at : PIECE;
        LK_TRY(lk_items_read(items, 0, at, count, symbols));
        lk_sound_writer_put(writer, symbols, count);
    }
    return LK_OK;
}

lk_status lk_sound_file_of_item(lk_context *context, lk_items *items, const char *path) {
    const lk_sound_form *form = &lk_items_symbols(items)->sound;
    lk_sound_target target = {.rate = lk_items_sound(items, 0)->rate,
                              .frames = lk_items_length(items, 0) / lk_sound_unit(form)};
    lk_sound_writer *writer;
    lk_batch ended = {0};
    int32_t format = 0;
    LK_TRY(lk_sound_writable(context, path, form, &format));
    LK_TRY(lk_sound_writer_create(context, path, form, &target, &writer));
    lk_status status = put_file(items, writer);
    if (status != LK_OK) {
        lk_sound_writer_abandon(writer);
        return status;
    }
    status = lk_sound_writer_hold(writer, &ended);
    status = status == LK_OK ? lk_batch_commit(context, &ended) : status;
    lk_batch_abandon(&ended);
    return status;
}
