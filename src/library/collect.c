/* Restored texts, with what stands beside them. */
#include "library/collect.h"

#include <string.h>

#include "base/memory.h"

static lk_status make_room(lk_collected *t) {
    lk_data *data = t->data;
    int64_t room = t->room > 0 ? 2 * t->room : 16;
    lk_bytes *bytes = lk_resize(data->bytes, room, sizeof *bytes);
    data->bytes = bytes != NULL ? bytes : data->bytes;
    char **names = lk_resize(data->names, room, sizeof *names);
    data->names = names != NULL ? names : data->names;
    if (bytes == NULL || names == NULL) {
        return lk_fail_no_memory(t->model->context, "texts", room * (int64_t)sizeof *bytes);
    }
    t->room = room;
    return LK_OK;
}

static lk_status put_bytes(lk_collected *t, const void *bytes, int64_t size) {
    lk_bytes *text = &t->data->bytes[t->data->count - 1];
    if (text->size + size > t->text_room) {
        int64_t room = 2 * t->text_room > text->size + size ? 2 * t->text_room : text->size + size;
        uint8_t *moved = lk_resize(text->data, room, 1);
        if (moved == NULL) {
            return lk_fail_no_memory(t->model->context, "a text", room);
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
static lk_status end_recording(lk_collected *t) {
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
    lk_collected *t = user;
    lk_data *data = t->data;
    int64_t begin = t->local.size / 2;
    LK_TRY(end_recording(t));
    lk_buffer_put(&t->local_begin, &begin, sizeof begin);
    if (t->local_begin.failed) {
        return lk_fail_no_memory(t->model->context, "slower sequences", t->local_begin.size);
    }
    LK_TRY(data->count == t->room ? make_room(t) : LK_OK);
    data->bytes[data->count] = (lk_bytes){0};
    data->names[data->count] = lk_duplicate(name);
    if (data->names[data->count] == NULL) {
        return lk_fail_no_memory(t->model->context, "a name", (int64_t)strlen(name));
    }
    t->named = t->named || name[0] != '\0';
    t->text_room = 0;
    data->count++;
    return LK_OK;
}

static lk_status begin_recording(void *user, const char *name, const lk_sound_target *target) {
    lk_collected *t = user;
    uint8_t head[LK_SOUND_WAV_HEAD];
    LK_TRY(begin_text(t, name));
    t->form = t->symbols->sound;
    t->form.rate = target->rate;
    return put_bytes(t, head, lk_sound_wav_head(&t->form, 0, head));
}

/* Those of two chunks overlap. */
static lk_status take_local(void *user, int64_t first, int64_t count, const uint16_t *symbols) {
    lk_collected *t = user;
    int64_t texts = t->local_begin.size / (int64_t)sizeof(int64_t);
    int64_t known = t->local.size / 2 - ((const int64_t *)t->local_begin.data)[texts - 1];
    int64_t again = known - first;
    if (again >= 0 && count > again) { /* else some are lost between them */
        lk_buffer_put(&t->local, symbols + again, 2 * (count - again));
    }
    return !t->local.failed
               ? LK_OK
               : lk_fail_no_memory(t->model->context, "slower sequences", t->local.size);
}

static lk_status take_bytes(void *user, const void *bytes, int64_t size) {
    lk_collected *t = user;
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
static void drop_names(lk_collected *t) {
    for (int64_t i = 0; !t->named && i < t->data->count; i++) {
        lk_release(t->data->names[i]);
    }
    if (!t->named) {
        lk_release(t->data->names);
        t->data->names = NULL;
    }
}

/* ---- slower sequences ------------------------------------------------------------------------ */

static lk_status add_local(const lk_collected *t, lk_local *local) {
    const lk_data *data = t->data;
    const int64_t *begin = (const int64_t *)t->local_begin.data;
    const uint16_t *symbols = (const uint16_t *)t->local.data;
    for (int64_t i = 0; i < data->count; i++) {
        int64_t end = i + 1 < data->count ? begin[i + 1] : t->local.size / 2;
        const uint16_t *own = end > begin[i] ? symbols + begin[i] : NULL;
        LK_TRY(lk_local_add_symbols(local, "the slower sequence", own, end - begin[i],
                                    data->length[i] / lk_data_unit(data), "what is restored"));
    }
    return LK_OK;
}

static lk_status put_local(lk_collected *t) {
    lk_context *context = t->model->context;
    LK_TRY(lk_local_create(context, &t->model->data.local, t->data->count, &t->data->local));
    return add_local(t, t->data->local);
}

/* ---- all ------------------------------------------------------------------------------------- */

lk_status lk_collect_begin(const lk_model *model, lk_collected *texts) {
    *texts = (lk_collected){.model = model};
    texts->symbols = lk_data_is_sound(&model->data) ? &model->data.symbols : NULL;
    return lk_data_create(model->context, &texts->data);
}

lk_byte_sink lk_collect_sink(lk_collected *texts) {
    return (lk_byte_sink){.begin = begin_text,
                          .begin_sound = begin_recording,
                          .local = take_local,
                          .write = take_bytes,
                          .user = texts};
}

lk_status lk_collect_end(lk_collected *t, bool whole) {
    const lk_model *model = t->model;
    LK_TRY(end_recording(t));
    drop_names(t);
    t->data->kind = model->data.stream ? lk_model_text(model) : LK_TEXT_BYTES;
    t->data->sound = model->data.symbols.sound;
    LK_TRY(lk_data_measure(model->context, NULL, t->data));
    return model->data.local.alphabet > 0 && whole ? put_local(t) : LK_OK;
}

lk_data *lk_collect_give(lk_collected *t) {
    lk_buffer_release(&t->local);
    lk_buffer_release(&t->local_begin);
    return t->data;
}
