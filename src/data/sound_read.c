/* Reading by libsndfile, through functions of ours over a source. Frames are decoded in blocks;
 * what is read in order is never sought. Where seeking fails, decoding begins again. */
#include <math.h>
#include <sndfile.h>
#include <string.h>

#include "base/memory.h"
#include "base/unpack.h"
#include "data/sound.h"

#define BLOCK 512 /* frames decoded at once */

typedef enum stored { AS_SHORT, AS_INT, AS_DOUBLE, AS_CODES } stored;

struct lk_sound {
    lk_source *source; /* not owned */
    lk_sound_form form;
    lk_sound_info info;
    stored stored;
    SNDFILE *file;  /* NULL: resting */
    int64_t offset; /* in the source */
    lk_sound_said said;
    int64_t position;  /* frame that is decoded next */
    lk_status failed;  /* of the source, while libsndfile reads */
    double *block;     /* owned, [BLOCK * channels]: room for what is no sample of 16 bits yet */
    int16_t *samples;  /* owned, [BLOCK * channels]: of 16 bits, or codes */
    uint16_t *symbols; /* owned, [BLOCK * unit] */
};

/* ---- the file as libsndfile sees it ---------------------------------------------------------- */

static sf_count_t file_length(void *user) {
    return ((lk_sound *)user)->source->size;
}

static sf_count_t file_tell(void *user) {
    return ((lk_sound *)user)->offset;
}

static sf_count_t file_seek(sf_count_t offset, int whence, void *user) {
    lk_sound *s = user;
    int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->offset : s->source->size;
    if (offset < -from || offset > INT64_MAX - from) {
        return -1;
    }
    s->offset = from + offset;
    return s->offset;
}

/* A length of 0 that is none, as the largest one, which libsndfile takes for: to the end. */
static void mend_length(const lk_sound *s, int64_t offset, int64_t count, uint8_t *bytes) {
    for (int64_t at = s->said.unsaid; s->said.unsaid >= 0 && at < s->said.unsaid + 4; at++) {
        if (at >= offset && at < offset + count) {
            bytes[at - offset] = 0xFF;
        }
    }
}

static sf_count_t file_read(void *to, sf_count_t count, void *user) {
    lk_sound *s = user;
    sf_count_t done = 0;
    while (done < count && s->offset < s->source->size && s->failed == LK_OK) {
        const uint8_t *bytes;
        int64_t held;
        s->failed = lk_source_see(s->source, s->offset, &bytes, &held);
        if (s->failed == LK_OK) {
            held = held < count - done ? held : count - done;
            memcpy((uint8_t *)to + done, bytes, (size_t)held);
            mend_length(s, s->offset, held, (uint8_t *)to + done);
            s->offset += held;
            done += held;
        }
    }
    return done;
}

static sf_count_t file_write(const void *from, sf_count_t count, void *user) {
    (void)from;
    (void)count;
    (void)user;
    return 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

static lk_status refuse(const lk_sound *s, const char *why) {
    return s->failed != LK_OK
               ? s->failed
               : lk_fail(s->source->context, LK_CORRUPT, "%s: %s", s->source->path, why);
}

/* libsndfile (1.2) calls a rate that is none, and samples without a length, an error of its own. */
static const char *why_not(void) {
    const char *why = sf_strerror(NULL);
    return strstr(why, "SF_INFO struct incomplete") != NULL
               ? "its header has no rate or no length that can be"
               : why;
}

static lk_status open_file(lk_sound *s, SF_INFO *info) {
    SF_VIRTUAL_IO io = {file_length, file_seek, file_read, file_write, file_tell};
    *info = (SF_INFO){0};
    s->offset = s->position = 0;
    s->file = sf_open_virtual(&io, SFM_READ, info, s);
    if (s->file == NULL) {
        return s->failed != LK_OK
                   ? s->failed
                   : lk_fail(s->source->context, LK_FORMAT,
                             "%s: no sound file that can be read: %s", s->source->path, why_not());
    }
    return LK_OK;
}

/* How samples are stored, by libsndfile's number. */
static void describe(lk_sound *s, const SF_INFO *info) {
    static const struct {
        int type;
        int32_t bits, law;
        stored stored;
    } rows[] = {
        {SF_FORMAT_PCM_S8, 8, -1, AS_SHORT},
        {SF_FORMAT_PCM_U8, 8, -1, AS_SHORT},
        {SF_FORMAT_PCM_16, 16, -1, AS_SHORT},
        {SF_FORMAT_PCM_24, 24, -1, AS_INT},
        {SF_FORMAT_PCM_32, 32, -1, AS_INT},
        {SF_FORMAT_ALAC_16, 16, -1, AS_SHORT},
        {SF_FORMAT_ALAC_20, 20, -1, AS_INT},
        {SF_FORMAT_ALAC_24, 24, -1, AS_INT},
        {SF_FORMAT_ALAC_32, 32, -1, AS_INT},
        {SF_FORMAT_FLOAT, 0, -1, AS_DOUBLE},
        {SF_FORMAT_DOUBLE, 0, -1, AS_DOUBLE},
        {SF_FORMAT_ULAW, 8, LK_SOUND_G711_MU, AS_CODES},
        {SF_FORMAT_ALAW, 8, LK_SOUND_G711_A, AS_CODES},
    };
    s->info = (lk_sound_info){.frames = info->frames,
                              .rate = info->samplerate,
                              .channels = info->channels,
                              .format = info->format,
                              .lossy = true,
                              .law = -1};
    s->stored = AS_DOUBLE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if ((info->format & SF_FORMAT_SUBMASK) == rows[i].type) {
            s->info.bits = rows[i].bits;
            s->info.law = rows[i].law;
            s->info.lossy = false;
            s->stored = rows[i].stored;
        }
    }
}

static lk_status check_info(const lk_sound *s) {
    const lk_sound_info *info = &s->info;
    if (info->channels < 1 || info->channels > LK_SOUND_CHANNELS_MOST || info->rate < 1 ||
        info->rate > LK_SOUND_RATE_MOST) {
        return lk_fail(s->source->context, LK_UNSUPPORTED,
                       "%s: %d channels at %d frames a second; there may be 1 to %d, and a rate of "
                       "1 to %d",
                       s->source->path, info->channels, info->rate, LK_SOUND_CHANNELS_MOST,
                       LK_SOUND_RATE_MOST);
    }
    return LK_OK;
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* 16 bits of what has more; what is not finite is told by the caller. */
static int16_t round_int(int32_t x) {
    int64_t rounded = ((int64_t)x + 32768) >> 16;
    return (int16_t)(rounded < 32767 ? rounded : 32767);
}

static int16_t round_double(double x) {
    double rounded = floor(32768.0 * x + 0.5);
    return (int16_t)(rounded > 32767.0 ? 32767.0 : rounded < -32768.0 ? -32768.0 : rounded);
}

/* So many frames, at most a block, as samples of 16 bits, or codes. Returns how many there were. */
static int64_t decode(lk_sound *s, int64_t frames) {
    int16_t *samples = s->samples;
    int32_t *ints = (int32_t *)s->block;
    int64_t got, channels = s->info.channels;
    if (s->stored == AS_SHORT) {
        return sf_readf_short(s->file, samples, frames);
    }
    if (s->stored == AS_CODES) {
        uint8_t *codes = (uint8_t *)s->block;
        got = sf_read_raw(s->file, codes, frames * channels) / channels;
        for (int64_t i = 0; i < got * channels; i++) {
            samples[i] = codes[i];
        }
        return got;
    }
    got = s->stored == AS_INT ? sf_readf_int(s->file, ints, frames)
                              : sf_readf_double(s->file, s->block, frames);
    for (int64_t i = 0; i < got * channels; i++) {
        if (s->stored == AS_DOUBLE && !isfinite(s->block[i])) {
            lk_fail(s->source->context, LK_CORRUPT, "%s: frame %lld is no number", s->source->path,
                    (long long)(s->position + i / channels));
            s->failed = LK_CORRUPT;
            return 0;
        }
        samples[i] = s->stored == AS_INT ? round_int(ints[i]) : round_double(s->block[i]);
    }
    return got;
}

static lk_status open_again(lk_sound *s) {
    SF_INFO info;
    if (s->file != NULL) {
        sf_close(s->file);
        s->file = NULL;
    }
    LK_TRY(open_file(s, &info));
    return info.channels == s->info.channels && info.format == s->info.format
               ? LK_OK
               : refuse(s, "the file changed while it was being read");
}

/* By decoding what stands before. */
static lk_status skip_to(lk_sound *s, int64_t frame) {
    while (s->position < frame) {
        int64_t some = frame - s->position < BLOCK ? frame - s->position : BLOCK;
        if (decode(s, some) != some) {
            return refuse(s, "the file ends before its samples do, or is damaged");
        }
        s->position += some;
    }
    return LK_OK;
}

/* For a block, until the sound rests. */
static lk_status make_room(lk_sound *s) {
    int64_t room = (int64_t)BLOCK * s->info.channels;
    int64_t symbols = (int64_t)BLOCK * (s->form.channels > 0 ? lk_sound_unit(&s->form) : 0);
    s->block = lk_allocate(room, sizeof *s->block);
    s->samples = lk_allocate(room, sizeof *s->samples);
    s->symbols = lk_allocate(symbols, sizeof *s->symbols);
    return s->block == NULL || s->samples == NULL || s->symbols == NULL
               ? lk_fail_no_memory(s->source->context, "a recording", room * 10 + symbols * 2)
               : LK_OK;
}

/* How many frames before a place decoding begins there. Opus decodes to other floats behind a seek
 * than in order, for a tenth of a second and more, and so to other samples now and then; a second
 * later it does not (findings/sound_seeks.sh). */
static int64_t run_up_of(const lk_sound *s, int64_t frame) {
    bool opus = (s->info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_OPUS;
    return !opus ? 0 : frame < s->info.rate ? frame : s->info.rate;
}

static lk_status go_to(lk_sound *s, int64_t frame) {
    LK_TRY(s->block == NULL ? make_room(s) : LK_OK);
    LK_TRY(s->file == NULL ? open_again(s) : LK_OK);
    int64_t from = frame - run_up_of(s, frame);
    if (s->position >= from && s->position <= frame) {
        return skip_to(s, frame);
    }
    if (sf_seek(s->file, from, SEEK_SET) == from && s->failed == LK_OK) {
        s->position = from;
        return skip_to(s, frame);
    }
    LK_TRY(s->failed);
    LK_TRY(open_again(s));
    return skip_to(s, frame);
}

/* Frames [frame, frame + count), at most a block. */
static lk_status decode_at(lk_sound *s, int64_t frame, int64_t count) {
    LK_TRY(go_to(s, frame));
    if (decode(s, count) != count) {
        s->position = -1;
        LK_TRY(s->failed);
        LK_TRY(open_again(s)); /* what cannot be found by seeking may be by decoding */
        LK_TRY(skip_to(s, frame));
        if (decode(s, count) != count) {
            s->position = -1;
            return s->failed != LK_OK
                       ? s->failed
                       : lk_fail(s->source->context, LK_CORRUPT,
                                 "%s: the header says %lld frames, but frames %lld to %lld cannot "
                                 "be read: the file is cut off or damaged",
                                 s->source->path, (long long)s->info.frames, (long long)frame,
                                 (long long)(frame + count - 1));
        }
    }
    s->position = frame + count;
    return LK_OK;
}

/* ---- lengths --------------------------------------------------------------------------------- */

/* Whether all was decoded that there was. libsndfile (1.2) says nothing of an Ogg that is cut off,
 * but does not find its length. */
static lk_status ends_well(lk_sound *s, bool *well) {
    bool ogg = (s->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG;
    *well = sf_error(s->file) == SF_ERR_NO_ERROR;
    return ogg ? lk_sound_ogg_ends(s->source, well) : LK_OK;
}

/* Where the header does not say how many there are: to the end. */
static lk_status count_frames(lk_sound *s) {
    int64_t got;
    bool well = false;
    s->info.frames = 0;
    while ((got = decode(s, BLOCK)) > 0) {
        s->info.frames += got;
    }
    LK_TRY(s->failed);
    LK_TRY(ends_well(s, &well));
    return well ? open_again(s)
                : lk_fail(s->source->context, LK_CORRUPT,
                          "%s: what follows the first %lld frames cannot be read: the file is cut "
                          "off or damaged",
                          s->source->path, (long long)s->info.frames);
}

/* libsndfile (1.2) counts the frames of an AIFF by its chunk of samples alone, and the pad byte
 * behind an odd number of bytes too. The header of one whose samples are coded with loss counts
 * packets of them. */
static lk_status check_count(lk_sound *s) {
    int64_t said = s->said.frames, there = s->info.frames;
    if (said == INT64_MAX || s->info.lossy || said == there) {
        return LK_OK;
    }
    if (said > there) {
        return lk_fail(s->source->context, LK_CORRUPT,
                       "%s: the file is cut off: its header says %lld frames, and %lld are there",
                       s->source->path, (long long)said, (long long)there);
    }
    bool bytes = s->info.channels == 1 && s->info.bits == 8;
    s->info.frames = said;
    return bytes && said % 2 != 0 && there == said + 1
               ? LK_OK
               : lk_fail(s->source->context, LK_FORMAT,
                         "%s: its header says %lld frames, and %lld are there: the last %lld would "
                         "be lost, so set the header right or cut them off",
                         s->source->path, (long long)said, (long long)there,
                         (long long)(there - said));
}

/* The frames that there are: those of the header, if the last one can be read. */
static lk_status measure(lk_sound *s) {
    bool unknown = s->info.frames == SF_COUNT_MAX || s->info.frames < 0;
    LK_TRY(unknown ? count_frames(s) : LK_OK);
    LK_TRY(check_count(s));
    if (s->info.frames == 0) {
        return lk_fail(s->source->context, LK_FORMAT, "%s: the recording has no samples",
                       s->source->path);
    }
    return unknown ? LK_OK : decode_at(s, s->info.frames - 1, 1);
}

/* What cannot be a recording, by its first bytes. */
static lk_status check_kind(lk_source *source) {
    const uint8_t *bytes;
    int64_t held;
    if (source->size == 0) {
        return lk_fail(source->context, LK_FORMAT, "%s: the file is empty", source->path);
    }
    LK_TRY(lk_source_see(source, 0, &bytes, &held));
    const char *packing = lk_packing_name(bytes, held), *unread = lk_sound_unread(bytes, held);
    if (packing != NULL) {
        return lk_fail(source->context, LK_FORMAT,
                       "%s: packed by %s: unpack it first, for what is restored is the recording",
                       source->path, packing);
    }
    if (lk_sound_recognise(bytes, held)) {
        return LK_OK;
    }
    return lk_fail(source->context, LK_FORMAT, "%s: no sound file%s%s", source->path,
                   unread != NULL ? " that is read, but " : "",
                   unread != NULL ? unread : ": WAV, FLAC, AIFF, AU, CAF, W64 and Ogg are read");
}

/* A file that is open, with room for a block. */
static lk_status begin(lk_source *source, lk_sound *s) {
    SF_INFO info;
    s->source = source;
    LK_TRY(check_kind(source));
    LK_TRY(lk_sound_head(source, &s->said));
    LK_TRY(open_file(s, &info));
    describe(s, &info);
    LK_TRY(check_info(s));
    LK_TRY(make_room(s));
    return measure(s);
}

lk_status lk_sound_open(lk_source *source, const lk_sound_form *form, lk_sound **sound) {
    lk_sound *made = lk_allocate(1, sizeof *made);
    *sound = NULL;
    if (made == NULL) {
        return lk_fail_no_memory(source->context, "a recording", (int64_t)sizeof *made);
    }
    made->form = *form;
    lk_status status = begin(source, made);
    status = status == LK_OK ? lk_sound_form_takes(source->context, source->path, form, &made->info)
                             : status;
    if (status != LK_OK) {
        lk_sound_close(made);
        return status;
    }
    *sound = made;
    return LK_OK;
}

lk_status lk_sound_look(lk_source *source, lk_sound_info *info) {
    lk_sound *looked = lk_allocate(1, sizeof *looked);
    if (looked == NULL) {
        return lk_fail_no_memory(source->context, "a recording", (int64_t)sizeof *looked);
    }
    lk_status status = begin(source, looked);
    *info = looked->info;
    lk_sound_close(looked);
    return status;
}

void lk_sound_rest(lk_sound *sound) {
    if (sound->file != NULL) {
        sf_close(sound->file);
        sound->file = NULL;
    }
    lk_release(sound->block);
    lk_release(sound->samples);
    lk_release(sound->symbols);
    sound->block = NULL;
    sound->samples = NULL;
    sound->symbols = NULL;
}

void lk_sound_close(lk_sound *sound) {
    if (sound != NULL) {
        lk_sound_rest(sound);
        lk_release(sound);
    }
}

const lk_sound_info *lk_sound_about(const lk_sound *sound) {
    return &sound->info;
}

int64_t lk_sound_length(const lk_sound *sound) {
    return sound->info.frames * lk_sound_unit(&sound->form);
}

/* ---- symbols --------------------------------------------------------------------------------- */

static int32_t mean_of(const int16_t *samples, int32_t count) {
    int32_t sum = count; /* 2 sum + count, over 2 count, rounded down */
    for (int32_t c = 0; c < count; c++) {
        sum += 2 * samples[c];
    }
    int32_t by = 2 * count;
    return sum >= 0 ? sum / by : -((-sum + by - 1) / by);
}

/* One frame of the block. */
static void put_frame(const lk_sound *s, const int16_t *samples, uint16_t *symbols) {
    const lk_sound_form *f = &s->form;
    int32_t parts = lk_sound_parts(f->view),
            first = f->channel > 0 && s->info.channels > 1 ? f->channel - 1 : 0;
    for (int32_t c = 0; c < f->channels; c++) {
        int32_t sample =
            f->channel == LK_SOUND_MIX ? mean_of(samples, s->info.channels) : samples[first + c];
        if (f->view >= LK_SOUND_G711_MU) {
            symbols[c] = (uint16_t)sample;
        } else {
            lk_sound_split(f->view, sample, symbols + c * parts);
        }
    }
}

lk_status lk_sound_read(lk_sound *s, int64_t first, int64_t count, uint16_t *values) {
    int64_t unit = lk_sound_unit(&s->form);
    LK_REQUIRE(first >= 0 && count >= 0 && count <= lk_sound_length(s) - first);
    for (int64_t done = 0; done < count;) {
        int64_t frame = (first + done) / unit, skip = (first + done) % unit;
        int64_t frames = (skip + count - done + unit - 1) / unit;
        frames = frames < BLOCK ? frames : BLOCK;
        LK_TRY(decode_at(s, frame, frames));
        for (int64_t i = 0; i < frames; i++) {
            put_frame(s, s->samples + i * s->info.channels, s->symbols + i * unit);
        }
        int64_t here = frames * unit - skip < count - done ? frames * unit - skip : count - done;
        memcpy(values + done, s->symbols + skip, (size_t)here * sizeof *values);
        done += here;
    }
    return LK_OK;
}
