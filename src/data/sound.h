/* Recordings: sound files (WAV, FLAC, AIFF, AU, CAF, W64, Ogg; by libsndfile) as symbols, read at
 * any place in bounded memory. A file holds frames, so many a second; a frame has a sample for each
 * channel. A sample is taken as one of 16 bits, x in -32768 .. 32767:
 *
 *   8, 16 bits         as it stands; 8 bits are the high ones
 *   24, 32 bits        rounded: floor(x / 2^(bits - 16) + 1/2), at most 32767
 *   float              floor(32768 x + 1/2), clipped: full scale is -1 .. 1
 *   coded with loss    (Vorbis, ADPCM, ...) what the decoder gives, as float
 *   G.711              its own codes, by the views g711-mu and g711-a, and by no other
 *
 * How samples become symbols is a view, which a model keeps:
 *
 *   mulaw     256 symbols: f = sign(a) ln(1 + 255 |a|) / ln 256 of a = x / 32768, then floor(255 (f
 *             + 1) / 2 + 1/2) (van den Oord et al., WaveNet, 2016, section 2.2, rounded to the
 *             nearest; it is not G.711). Lossy
 *   linear8   256 symbols: floor(x / 256) + 128: the high 8 bits
 *   pcm16     65536 symbols: x + 32768
 *   bytes     two symbols a sample, the high byte of x + 32768, then the low one
 *
 * Symbols stand in the order of time, within a frame by channels. */
#ifndef LK_DATA_SOUND_H
#define LK_DATA_SOUND_H

#include "base/file.h"
#include "data/source.h"

typedef enum lk_sound_view {
    LK_SOUND_MULAW,
    LK_SOUND_LINEAR8,
    LK_SOUND_PCM16,
    LK_SOUND_BYTES,
    LK_SOUND_G711_MU,
    LK_SOUND_G711_A,
} lk_sound_view;
#define LK_SOUND_VIEWS 6

#define LK_SOUND_CHANNELS_MOST 64
#define LK_SOUND_RATE_MOST (1 << 24)
#define LK_SOUND_MIX (-1)

/* How recordings are read. */
typedef struct lk_sound_form {
    lk_sound_view view;
    int32_t channels; /* of a frame, as it is read */
    /* 0: all that a file has; n: the n-th alone, or the only one; LK_SOUND_MIX: their mean,
     * rounded, halves up. */
    int32_t channel;
    int32_t rate; /* frames a second of what a model was trained on; decides nothing */
} lk_sound_form;

typedef struct lk_sound_info {
    int64_t frames;
    int32_t rate, channels; /* of the file */
    int32_t format;         /* as libsndfile numbers it: container, samples, byte order */
    int32_t bits;           /* of a sample as it is stored; 0: float, or coded with loss */
    bool lossy;             /* decoded from what is coded with loss, G.711 not */
    int32_t law;            /* LK_SOUND_G711_MU, LK_SOUND_G711_A; else -1 */
} lk_sound_info;

/* ---- values (data/sound_values.c) ------------------------------------------------------------ */

/* "mulaw", ...; a view by its name, -1: none. */
const char *lk_sound_view_name(lk_sound_view view);
int32_t lk_sound_view_named(const char *name);
/* What else a model file says of a view, so that no other convention is taken for it; "": none. */
const char *lk_sound_convention(lk_sound_view view);
int32_t lk_sound_alphabet(lk_sound_view view);
/* Symbols of a sample, 1 or 2; of a frame. */
int32_t lk_sound_parts(lk_sound_view view);
int32_t lk_sound_unit(const lk_sound_form *form);
/* The symbols of a sample, and the sample of symbols (of a view with loss a sample near it). Not of
 * G.711, whose symbols are its codes. */
void lk_sound_split(lk_sound_view view, int32_t sample, uint16_t *symbols);
int32_t lk_sound_join(lk_sound_view view, const uint16_t *symbols);
/* A sample of 16 bits of any view: of G.711 what its code stands for (ITU-T G.711, tables 1 and 2).
 * To look at; no model reads codes so. */
int32_t lk_sound_linear(lk_sound_view view, const uint16_t *symbols);
/* Whether the view gives back what such a file holds, sample for sample. */
bool lk_sound_exact(const lk_sound_form *form, const lk_sound_info *info);
/* The view (-1: mu-law, or the codes of G.711), channels and rate of `form` for files such as this
 * one; form->channel says which are wanted. LK_MISMATCH where it has no such channel; a model takes
 * the only one of a file for it, as of what it gives back itself. */
lk_status lk_sound_form_of(lk_context *context, const char *path, const lk_sound_info *info,
                           int32_t view, lk_sound_form *form);
/* LK_MISMATCH where a file has other channels, or codes or samples that the view does not take. */
lk_status lk_sound_form_takes(lk_context *context, const char *path, const lk_sound_form *form,
                              const lk_sound_info *info);
/* What is done to samples of such a file, for people; "": nothing. Lives as long as the program. */
const char *lk_sound_note(const lk_sound_info *info);

/* ---- reading (data/sound_read.c) ------------------------------------------------------------- */

/* Whether bytes begin as sound files do; at least LK_SOUND_MAGIC of them should be there. */
#define LK_SOUND_MAGIC 16
bool lk_sound_recognise(const uint8_t *bytes, int64_t size);
/* Of sound that is not read: what it is, and what to do behind a semicolon; NULL: nothing known. */
const char *lk_sound_unread(const uint8_t *bytes, int64_t size);
/* Endings of names of sound files, NULL after the last. */
extern const char *const lk_sound_endings[];

typedef struct lk_sound lk_sound;

/* The source must outlive the sound, and not move. A file that is cut off, that says other lengths
 * than it has, or that holds no sample is refused. *sound is the caller's: lk_sound_close. */
lk_status lk_sound_open(lk_source *source, const lk_sound_form *form, lk_sound **sound);
/* What a file is, without a form. */
lk_status lk_sound_look(lk_source *source, lk_sound_info *info);
void lk_sound_close(lk_sound *sound);
/* Gives the decoder back until it is read again. */
void lk_sound_rest(lk_sound *sound);
const lk_sound_info *lk_sound_about(const lk_sound *sound);
int64_t lk_sound_length(const lk_sound *sound); /* in symbols */
/* values[count]: symbols from `first` on, all within the recording. */
lk_status lk_sound_read(lk_sound *sound, int64_t first, int64_t count, uint16_t *values);

/* ---- writing (data/sound_write.c) ------------------------------------------------------------ */

/* What a recording is written as. */
typedef struct lk_sound_target {
    int32_t format; /* as lk_sound_info.format; 0: by the name's ending, else WAV */
    int32_t rate;
    int64_t frames; /* -1: not known before the end */
} lk_sound_target;

/* Whether symbols of such a form can stand in a file of that name: LK_INVALID says why not. *format
 * becomes what it is then: of the same kind of file where the name does not say another, with
 * samples of 8 bits where it had such or the form is linear8, else of 16, or with codes. */
lk_status lk_sound_writable(lk_context *context, const char *path, const lk_sound_form *form,
                            int32_t *format);

/* A file that gets its name when it is whole (base/file.h). The same frames give the same bytes. */
typedef struct lk_sound_writer lk_sound_writer;
lk_status lk_sound_writer_create(lk_context *context, const char *path, const lk_sound_form *form,
                                 const lk_sound_target *target, lk_sound_writer **writer);
/* Symbols, from the beginning on; failures are kept until the end. */
void lk_sound_writer_put(lk_sound_writer *writer, const uint16_t *symbols, int64_t count);
/* Of NULL: nothing. */
lk_status lk_sound_writer_hold(lk_sound_writer *writer, lk_batch *batch);
void lk_sound_writer_abandon(lk_sound_writer *writer);

/* The head of a WAV file of 16-bit samples (views of samples) or of codes of G.711, in front of so
 * many frames. Returns its size. */
#define LK_SOUND_WAV_HEAD 64
int64_t lk_sound_wav_head(const lk_sound_form *form, int64_t frames, uint8_t *head);
/* What stands behind it: symbols of whole frames as bytes, at most two each; returns how many. */
int64_t lk_sound_wav_pour(const lk_sound_form *form, const uint16_t *symbols, int64_t count,
                          uint8_t *bytes);

/* ---- for sound_read.c (data/sound_head.c) ---------------------------------------------------- */

/* What a file's own header says of its length. */
typedef struct lk_sound_said {
    int64_t frames; /* INT64_MAX: it does not say */
    /* Where the 4 bytes are that say 0 in a WAV whose samples go on to the end of the file, as one
     * from a pipe, or from a program that was stopped; -1: none. */
    int64_t unsaid;
} lk_sound_said;

/* LK_CORRUPT when the file ends before its samples do, LK_FORMAT when another recording stands
 * behind them. */
lk_status lk_sound_head(lk_source *source, lk_sound_said *said);
/* Bytes from `offset` on, zeros behind the end. */
lk_status lk_sound_see(lk_source *source, int64_t offset, int64_t count, uint8_t *bytes);
/* The fixed head of a page of Ogg; its last byte is how many sizes follow. */
#define LK_OGG_HEAD 27
/* Bytes of a page, of which the fixed head and all sizes are there. */
int64_t lk_sound_ogg_page(const uint8_t *page);
/* Whether the last page of an Ogg that is whole says that it is the last. */
lk_status lk_sound_ogg_ends(lk_source *source, bool *ends);

/* ---- for sound_head.c (data/sound_chain.c) --------------------------------------------------- */

/* LK_FORMAT when another recording begins behind the first: behind a FLAC; behind an Ogg, whose
 * streams may run side by side; or where the samples of others end. */
lk_status lk_sound_flac_alone(lk_source *source, lk_sound_said *said);
lk_status lk_sound_ogg_alone(lk_source *source, lk_sound_said *said);
lk_status lk_sound_alone(lk_source *source, int64_t end);

#endif
