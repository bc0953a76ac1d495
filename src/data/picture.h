/* Pictures in memory, 8 or 16 bits a channel, and what is made of them as they are read. */
#ifndef LK_DATA_PICTURE_H
#define LK_DATA_PICTURE_H

#include "base/context.h"
#include "data/shape.h"

#define LK_PICTURE_SIDE_MOST 1000000 /* libpng's own limit */
#define LK_PICTURE_CHANNELS_MOST 4
#define LK_PICTURE_PIXELS_MOST ((int64_t)1 << 28)

typedef enum lk_alpha {
    LK_ALPHA_AUTO,  /* a last channel, where something shows through */
    LK_ALPHA_KEEP,  /* a last channel, where the file has it */
    LK_ALPHA_DROP,  /* left out: what is hidden shows */
    LK_ALPHA_WHITE, /* laid on white */
    LK_ALPHAS
} lk_alpha;
/* "auto", "keep", "drop", "white" */
const char *lk_alpha_name(lk_alpha alpha);

/* How pictures are read; a model remembers it. Zeroed: as they stand in their files. */
typedef struct lk_picture_settings {
    lk_alpha alpha;
    bool orient;   /* turned as their EXIF notes say */
    int32_t depth; /* 8: of 16 bits the high ones; 0: all */
} lk_picture_settings;

/* What became of a picture that a user should know: name, whether some of the file is not in what
 * was read, words for it. */
#define LK_PICTURE_NOTES(X)                                                                        \
    X(ALPHA_KEPT, false, "transparency kept as the last channel (--alpha drop or white for none)") \
    X(ALPHA_OPAQUE, false, "an alpha channel that hides nothing left out")                         \
    X(ALPHA_DROPPED, true, "transparency dropped")                                                 \
    X(ALPHA_WHITE, true, "transparency laid on white")                                             \
    X(ALPHA_ADDED, false, "read as opaque, of one channel more")                                   \
    X(COLOURED, false, "a palette of greys read as colours")                                       \
    X(DEPTH_CUT, true, "the high 8 of 16 bits read")                                               \
    X(TURNED, false, "turned as EXIF says")                                                        \
    X(NOT_TURNED, false, "EXIF says how to turn it, which was not done (--orient does)")           \
    X(FRAMES, true, "the first of several frames read")                                            \
    X(MORE, true, "further pictures in the file not read")                                         \
    X(SPREAD, false, "levels spread over more of them")                                            \
    X(GATHERED, false, "read as fewer levels, which hold all that occur")
typedef enum lk_picture_note {
#define LK_NOTE_NAME(name, lost, words) LK_NOTE_##name,
    LK_PICTURE_NOTES(LK_NOTE_NAME)
#undef LK_NOTE_NAME
        LK_PICTURE_NOTE_COUNT
} lk_picture_note;

typedef struct lk_picture {
    int64_t height, width;
    int32_t channels; /* 1: grey, 2: and alpha, 3: red, green, blue, 4: and alpha */
    int32_t alphabet; /* levels from black to white: 256, 65536, 2 for a bilevel picture, ... */
    bool wide;        /* pixels are uint16_t */
    void *pixels;     /* owned, [height][width][channels]: uint8_t, or uint16_t */
    /* From the decoder, for lk_picture_finish. */
    bool bilevel;        /* all are black or white, whatever the alphabet says */
    bool palette;        /* colours are those of a palette */
    int32_t orientation; /* EXIF's, 1 to 8; 0: none */
    int64_t frames;      /* in the file, if there are several; else 0 */
    uint32_t notes;      /* bits by lk_picture_note */
} lk_picture;

/* What is wanted of pictures. Zeroed: as they stand in their files. */
typedef struct lk_picture_wish {
    lk_picture_settings settings;
    int32_t levels;   /* those of the model, or asked for; 0: the file's */
    int32_t channels; /* those of the model; 0: the file's */
    /* Asked of an example's shape before values are decoded, so that what does not fit costs
     * nothing; NULL: all fit. */
    lk_status (*fits)(lk_context *context, const void *argument, const char *name, lk_shape shape);
    const void *argument;
} lk_picture_wish;

static inline int32_t lk_picture_value(const lk_picture *picture, int64_t i) {
    return picture->wide ? ((const uint16_t *)picture->pixels)[i]
                         : ((const uint8_t *)picture->pixels)[i];
}
static inline void lk_picture_set(lk_picture *picture, int64_t i, int32_t value) {
    if (picture->wide) {
        ((uint16_t *)picture->pixels)[i] = (uint16_t)value;
    } else {
        ((uint8_t *)picture->pixels)[i] = (uint8_t)value;
    }
}
static inline int64_t lk_picture_samples(const lk_picture *picture) {
    return picture->height * picture->width * picture->channels;
}

void lk_picture_deinit(lk_picture *picture);
/* An array from lk_allocate and all that its pictures hold. */
void lk_pictures_release(lk_picture *pictures, int64_t count);
/* Of a picture whose height, width, channels and width of pixels are set, before its pixels are
 * decoded: refuses sides beyond LK_PICTURE_SIDE_MOST, pixels beyond LK_PICTURE_PIXELS_MOST, more
 * pixels than `size` bytes can hold at `most` for each byte, what does not fit the wish with any
 * number of channels that it may come out with, and more
 * than memory is allowed for; `aside` is what a decoder needs beside, in bytes for each sample. */
lk_status lk_picture_check(lk_context *context, const char *name, const lk_picture *picture,
                           const lk_picture_wish *wish, int64_t size, int64_t most, int64_t aside);
/* With how many channels such a picture may come out of lk_picture_finish, before its pixels are
 * known: bit c is set where it may be c. */
uint32_t lk_picture_outcomes(const lk_picture *picture, const lk_picture_wish *wish);
/* Room for all its pixels, zeroed. */
lk_status lk_picture_allocate(lk_context *context, const char *name, lk_picture *picture);
void lk_picture_values(const lk_picture *picture, uint16_t *values);

/* From what a decoder gives to what is wanted: turned, its alpha dealt with, greys of a palette as
 * grey, then channels and levels of the wish. */
lk_status lk_picture_finish(lk_context *context, const char *name, const lk_picture_wish *wish,
                            lk_picture *picture);

/* Which pixel of a file is shown where: 1 to 8, as EXIF has it; others do nothing. */
lk_status lk_picture_turn(lk_context *context, const char *name, int32_t orientation,
                          lk_picture *picture);
/* The value of a tag (of type short or long) in the first directory of TIFF bytes, in which EXIF
 * and MPF are written; -1: there is none. */
int64_t lk_tiff_tag(const uint8_t *data, int64_t size, uint16_t tag);

/* An alpha channel left out or laid on white, as the settings say. */
void lk_picture_alpha(lk_alpha how, lk_picture *picture);
/* To as many channels, where that loses nothing: opaque alpha, colours for the greys of a palette;
 * else the picture stays as it is. */
lk_status lk_picture_match(lk_context *context, const char *name, int32_t channels,
                           lk_picture *picture);
/* To so many levels, where each level of the picture is one of them: white stays white. Else, of
 * 256 and 65536 levels, values stay numbers; *fits false: they are levels of another scale. */
lk_status lk_picture_fit(lk_context *context, const char *name, int32_t levels, lk_picture *picture,
                         bool *fits);

/* The high 8 bits of 16. */
lk_status lk_picture_narrow(lk_context *context, const char *name, lk_picture *picture);

/* How many of a number of pictures have which note. */
typedef struct lk_picture_tally {
    int64_t pictures, count[LK_PICTURE_NOTE_COUNT], frames;
} lk_picture_tally;
void lk_picture_count(lk_picture_tally *tally, const lk_picture *picture);

#endif
