/* Writing recordings. WAV of 16 bits or of codes is written from front to back by ourselves
 * (data/sound_wav.c) where the number of frames is known; everything else by libsndfile into a file
 * without a name, which is then copied: it goes back to its beginning to say how long it is. */
#include <sndfile.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/spool.h"
#include "data/sound.h"

#define PIECE 1024 /* samples of whole frames; bytes of a copy */

struct lk_sound_writer {
    lk_context *context;
    lk_writer *file; /* owned */
    char *path;      /* owned, for messages */
    lk_sound_form form;
    int32_t format;
    int64_t frames, put; /* promised, -1: none; symbols so far */
    bool narrow;         /* of 8 bits */
    SNDFILE *sound;      /* NULL: written as it comes */
    int spooled;         /* -1: none */
    lk_status failed;
    uint16_t waiting[2 * LK_SOUND_CHANNELS_MOST]; /* of a frame that is not whole */
    int32_t waits;
};

/* ---- formats --------------------------------------------------------------------------------- */

static const struct {
    const char *ending;
    int container;
    bool codes; /* it may hold codes of G.711 */
} rows[] = {
    {".wav", SF_FORMAT_WAV, true},   {".flac", SF_FORMAT_FLAC, false},
    {".aiff", SF_FORMAT_AIFF, true}, {".aif", SF_FORMAT_AIFF, true},
    {".aifc", SF_FORMAT_AIFF, true}, {".au", SF_FORMAT_AU, true},
    {".snd", SF_FORMAT_AU, true},    {".caf", SF_FORMAT_CAF, true},
    {".w64", SF_FORMAT_W64, true},   {"", SF_FORMAT_RF64, true},
    {"", SF_FORMAT_WAVEX, true},
};
#define ROWS (sizeof rows / sizeof *rows)

/* By the ending of a name; ROWS: it says nothing of them. */
static size_t row_of_name(const char *path) {
    size_t length = strlen(path), row = 0;
    while (row < ROWS) {
        size_t ending = strlen(rows[row].ending);
        if (ending > 0 && length > ending &&
            strcasecmp(path + length - ending, rows[row].ending) == 0) {
            break;
        }
        row++;
    }
    return row;
}

static size_t row_of_format(int32_t format) {
    size_t row = 0;
    while (row < ROWS && rows[row].container != (format & SF_FORMAT_TYPEMASK)) {
        row++;
    }
    return row;
}

/* Samples of 8 bits stay such; what mu-law gives back has more. */
static bool is_narrow(const lk_sound_form *form, int samples) {
    bool eight = samples == SF_FORMAT_PCM_U8 || samples == SF_FORMAT_PCM_S8;
    return form->view == LK_SOUND_LINEAR8 || (eight && form->view != LK_SOUND_MULAW);
}

/* was: those that the recording had, 0: none. */
static int samples_of(const lk_sound_form *form, int container, int was) {
    bool byte = container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX ||
                container == SF_FORMAT_RF64 || container == SF_FORMAT_W64;
    return form->view == LK_SOUND_G711_MU  ? SF_FORMAT_ULAW
           : form->view == LK_SOUND_G711_A ? SF_FORMAT_ALAW
           : !is_narrow(form, was)         ? SF_FORMAT_PCM_16
           : byte                          ? SF_FORMAT_PCM_U8
                                           : SF_FORMAT_PCM_S8;
}

/* Endings of what is read but not written, of other kinds of sound, and of files that are packed or
 * are no sound: what is written would be none of them. */
static bool is_other(const char *ending) {
    static const char *const others[] = {".mp3", ".m4a", ".aac", ".wma", ".amr", ".gz",
                                         ".xz",  ".zst", ".bz2", ".zip", ".npy", ".npz",
                                         ".csv", ".png", ".jpg", ".txt", NULL};
    const char *const *lists[] = {lk_sound_endings, others};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        for (size_t i = 0; lists[l][i] != NULL; i++) {
            if (strcasecmp(ending, lists[l][i]) == 0) {
                return true;
            }
        }
    }
    return false;
}

lk_status lk_sound_writable(lk_context *context, const char *path, const lk_sound_form *form,
                            int32_t *format) {
    size_t named = row_of_name(path), was = row_of_format(*format);
    size_t row = named < ROWS ? named : was < ROWS ? was : 0;
    const char *dot = strrchr(path, '.');
    if (named == ROWS && dot != NULL && is_other(dot)) {
        return lk_fail(context, LK_INVALID,
                       "%s: recordings are not written as %s: name it .wav, .flac, .aiff, .au, "
                       ".caf or .w64",
                       path, dot);
    }
    if (form->view >= LK_SOUND_G711_MU && !rows[row].codes) {
        return lk_fail(context, LK_INVALID,
                       "%s: FLAC does not hold codes of G.711: name it .wav, .aiff, .au, .caf or "
                       ".w64",
                       path);
    }
    int order =
        rows[row].container == (*format & SF_FORMAT_TYPEMASK) ? *format & SF_FORMAT_ENDMASK : 0;
    int samples = samples_of(form, rows[row].container, *format & SF_FORMAT_SUBMASK);
    *format = rows[row].container | samples | order;
    return LK_OK;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool as_it_comes(const lk_sound_writer *w) {
    int container = w->format & SF_FORMAT_TYPEMASK, samples = w->format & SF_FORMAT_SUBMASK;
    bool wide = samples != SF_FORMAT_PCM_U8;
    return w->frames >= 0 && wide && (w->format & SF_FORMAT_ENDMASK) != SF_ENDIAN_BIG &&
           (container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX);
}

/* libFLAC (1.4) writes the rates that its frames can say too, which libsndfile learns late. */
static bool has_no_such_rate(const lk_sound_writer *w) {
    int32_t rate = w->form.rate;
    return (w->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC &&
           (rate > 655350 || (rate > UINT16_MAX && rate % 10 != 0));
}

static lk_status begin(lk_sound_writer *w) {
    SF_INFO info = {.samplerate = w->form.rate, .channels = w->form.channels, .format = w->format};
    uint8_t head[LK_SOUND_WAV_HEAD];
    if (as_it_comes(w)) {
        lk_writer_put(w->file, head, lk_sound_wav_head(&w->form, w->frames, head));
        return LK_OK;
    }
    if (!sf_format_check(&info) || has_no_such_rate(w)) {
        return lk_fail(w->context, LK_INVALID,
                       "%s: such a file does not hold %d channels at %d frames a second: name it "
                       ".wav",
                       w->path, w->form.channels, w->form.rate);
    }
    LK_TRY(lk_spool_empty(w->context, &w->spooled));
    w->sound = sf_open_fd(w->spooled, SFM_WRITE, &info, SF_FALSE);
    if (w->sound == NULL) {
        return lk_fail(w->context, LK_INVALID, "%s: cannot be written: %s", w->path,
                       sf_strerror(NULL));
    }
    double level = 1.0; /* the smallest FLAC */
    sf_command(w->sound, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
    return LK_OK;
}

/* libsndfile (1.2) counts the pad byte of an AIFF of an odd number of bytes as a sample: 16 bits
 * hold the same ones. */
static void widen_odd(lk_sound_writer *w) {
    bool aiff = (w->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_AIFF;
    if (aiff && (w->format & SF_FORMAT_SUBMASK) == SF_FORMAT_PCM_S8 && w->frames >= 0 &&
        w->frames * w->form.channels % 2 != 0) {
        w->format = (w->format & ~SF_FORMAT_SUBMASK) | SF_FORMAT_PCM_16;
    }
}

lk_status lk_sound_writer_create(lk_context *context, const char *path, const lk_sound_form *form,
                                 const lk_sound_target *target, lk_sound_writer **writer) {
    lk_sound_writer *w = lk_allocate(1, sizeof *w);
    *writer = NULL;
    if (w == NULL) {
        return lk_fail_no_memory(context, "a recording", (int64_t)sizeof *w);
    }
    *w = (lk_sound_writer){.context = context,
                           .path = lk_duplicate(path),
                           .form = *form,
                           .format = target->format,
                           .frames = target->frames,
                           .spooled = -1};
    w->form.rate = target->rate;
    lk_status status =
        w->path == NULL ? lk_fail_no_memory(context, "a name", (int64_t)strlen(path)) : LK_OK;
    status = status == LK_OK ? lk_sound_writable(context, path, form, &w->format) : status;
    widen_odd(w);
    int samples = w->format & SF_FORMAT_SUBMASK;
    w->narrow = samples == SF_FORMAT_PCM_U8 || samples == SF_FORMAT_PCM_S8;
    status = status == LK_OK ? lk_writer_create(context, path, &w->file) : status;
    status = status == LK_OK ? begin(w) : status;
    if (status != LK_OK) {
        lk_sound_writer_abandon(w);
        return status;
    }
    *writer = w;
    return LK_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void fail_write(lk_sound_writer *w, const char *why) {
    if (w->failed == LK_OK) {
        w->failed = lk_fail(w->context, LK_IO, "%s: cannot write: %s", w->path, why);
    }
}

/* So many symbols of whole frames, at most PIECE. */
static void put_frames(lk_sound_writer *w, const uint16_t *symbols, int64_t count) {
    uint8_t bytes[2 * PIECE];
    int16_t samples[PIECE];
    int64_t parts = lk_sound_parts(w->form.view), written;
    int lost = 0;
    if (w->sound == NULL) {
        lk_writer_put(w->file, bytes, lk_sound_wav_pour(&w->form, symbols, count, bytes));
        return;
    }
    if (w->form.view >= LK_SOUND_G711_MU) {
        lk_sound_wav_pour(&w->form, symbols, count, bytes);
        written = sf_write_raw(w->sound, bytes, count);
    } else {
        for (int64_t i = 0; i < count; i += parts) {
            samples[i / parts] = (int16_t)lk_sound_join(w->form.view, symbols + i);
            lost |= samples[i / parts] & 0xFF;
        }
        if (lost != 0 && w->narrow) {
            fail_write(w, "it is of 8 bits, and the samples have more");
        }
        written = sf_write_short(w->sound, samples, count / parts) * parts;
    }
    if (written != count) {
        fail_write(w, sf_strerror(w->sound));
    }
}

void lk_sound_writer_put(lk_sound_writer *w, const uint16_t *symbols, int64_t count) {
    int32_t unit = lk_sound_unit(&w->form);
    w->put += count;
    while (count > 0 && w->failed == LK_OK) {
        int64_t some = count < PIECE ? count : PIECE;
        some -= some % unit;
        if (w->waits > 0 || some == 0) { /* symbol by symbol until a frame is whole */
            w->waiting[w->waits++] = *symbols;
            some = 1;
            if (w->waits == unit) {
                put_frames(w, w->waiting, unit);
                w->waits = 0;
            }
        } else {
            put_frames(w, symbols, some);
        }
        symbols += some;
        count -= some;
    }
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* libsndfile (1.2) counts the pad byte of an AIFF of an odd number of bytes as a sample. */
static lk_status check_odd(const lk_sound_writer *w) {
    int samples = w->format & SF_FORMAT_SUBMASK;
    bool aiff = (w->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_AIFF;
    return aiff && samples != SF_FORMAT_PCM_16 && w->put % 2 != 0
               ? lk_fail(w->context, LK_UNSUPPORTED,
                         "%s: an AIFF of an odd number of bytes would gain a sample: name it .wav",
                         w->path)
               : LK_OK;
}

static lk_status copy_spooled(lk_sound_writer *w) {
    uint8_t bytes[8 * PIECE];
    off_t at = 0;
    for (ssize_t count; (count = pread(w->spooled, bytes, sizeof bytes, at)) != 0; at += count) {
        if (count < 0) {
            return lk_fail(w->context, LK_IO, "%s: its temporary copy cannot be read", w->path);
        }
        lk_writer_put(w->file, bytes, count);
    }
    return LK_OK;
}

static lk_status finish(lk_sound_writer *w) {
    int32_t unit = lk_sound_unit(&w->form);
    LK_TRY(w->failed);
    LK_TRY(check_odd(w));
    bool byte_pad = w->sound == NULL && w->form.view >= LK_SOUND_G711_MU && w->put % 2 != 0;
    LK_REQUIRE(w->waits == 0 && (w->frames < 0 || w->frames * unit == w->put));
    lk_writer_put(w->file, "", byte_pad ? 1 : 0);
    if (w->sound == NULL) {
        return LK_OK;
    }
    int status = sf_close(w->sound);
    w->sound = NULL;
    return status != 0 ? lk_fail(w->context, LK_IO, "%s: cannot write: %s", w->path,
                                 sf_error_number(status))
                       : copy_spooled(w);
}

lk_status lk_sound_writer_hold(lk_sound_writer *w, lk_batch *batch) {
    if (w == NULL) {
        return LK_OK;
    }
    lk_status status = finish(w);
    if (status == LK_OK) {
        lk_writer *file = w->file;
        w->file = NULL;
        status = lk_writer_hold(file, batch);
    }
    lk_sound_writer_abandon(w);
    return status;
}

void lk_sound_writer_abandon(lk_sound_writer *w) {
    if (w != NULL) {
        if (w->sound != NULL) {
            sf_close(w->sound);
        }
        if (w->spooled >= 0) {
            close(w->spooled);
        }
        lk_writer_abandon(w->file);
        lk_release(w->path);
        lk_release(w);
    }
}
