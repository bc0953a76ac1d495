/* Netpbm pictures (netpbm.sourceforge.net/doc): PGM (P2, P5), PPM (P3, P6), PAM (P7), and PBM (P1,
 * P4) where it is wanted as a picture (pbm.c reads its rows as examples). One example of height x
 * width x channels; the alphabet is maxval + 1, whatever that is, and 2 for PBM, where the file's 0
 * is white, as a picture's 1 is. Of a file of several pictures the first is read.
 * What is written: P5 for one channel, P6 for three, P7 for two and four; maxval is the alphabet's
 * largest value, so that values are kept. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/lines.h"
#include "data/formats/pictures.h"

/* A byte holds at most so many pixels. */
#define PIXELS_FOR_ONE 8
#define MAXVAL_MOST 65535

typedef struct lk_pnm {
    lk_context *context;
    const char *name;
    const uint8_t *data, *next, *end;
    char kind; /* the digit behind the P */
    int64_t maxval;
} lk_pnm;

bool lk_is_pnm(const uint8_t *data, int64_t size) {
    return lk_is_netpbm(data, size, "23567");
}

static lk_status fail_at(const lk_pnm *pnm, const char *what) {
    return lk_fail(pnm->context, LK_FORMAT, "%s: byte %lld: %s", pnm->name,
                   (long long)(pnm->next - pnm->data), what);
}

/* ---- header ---------------------------------------------------------------------------------- */

static bool is_space(uint8_t c) {
    return lk_is_blank(c) || c == '\n' || c == '\v' || c == '\f';
}

static void skip_space(lk_pnm *pnm) {
    bool comment = false;
    for (; pnm->next < pnm->end && (comment || is_space(*pnm->next) || *pnm->next == '#');
         ++pnm->next) {
        comment = *pnm->next == '#' || (comment && *pnm->next != '\n');
    }
}

/* An integer of at most 18 digits; -1: there is none. */
static int64_t read_number(lk_pnm *pnm) {
    int64_t value = 0, digits = 0;
    skip_space(pnm);
    for (; pnm->next < pnm->end && lk_is_digit(*pnm->next); ++digits, ++pnm->next) {
        value = digits < 18 ? value * 10 + (*pnm->next - '0') : -1;
    }
    return digits > 0 ? value : -1;
}

/* "WIDTH", "HEIGHT", ...: whether it is the next word of a PAM header. */
static bool take_word(lk_pnm *pnm, const char *word) {
    int64_t length = (int64_t)strlen(word);
    bool there = pnm->end - pnm->next > length && memcmp(pnm->next, word, (size_t)length) == 0 &&
                 is_space(pnm->next[length]);
    pnm->next += there ? length : 0;
    return there;
}

static void skip_line(lk_pnm *pnm) {
    while (pnm->next < pnm->end && *pnm->next != '\n') {
        ++pnm->next;
    }
}

static lk_status read_pam_header(lk_pnm *pnm, lk_picture *picture) {
    int64_t numbers[4] = {-1, -1, -1, -1};
    static const char *const words[] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
    for (skip_space(pnm); !take_word(pnm, "ENDHDR"); skip_space(pnm)) {
        int field = 0;
        while (field < 4 && !take_word(pnm, words[field])) {
            ++field;
        }
        if (field < 4) {
            numbers[field] = read_number(pnm);
        } else if (take_word(pnm, "TUPLTYPE")) {
            skip_line(pnm);
        } else {
            return fail_at(pnm, "a PAM header has lines of WIDTH, HEIGHT, DEPTH, MAXVAL, TUPLTYPE "
                                "and ends with ENDHDR");
        }
    }
    picture->width = numbers[0];
    picture->height = numbers[1];
    pnm->maxval = numbers[3];
    if (numbers[2] < 1 || numbers[2] > LK_PICTURE_CHANNELS_MOST) {
        return fail_at(pnm, "a PAM of other than 1 to 4 channels is no picture: save it as NPY");
    }
    picture->channels = (int32_t)numbers[2];
    return LK_OK;
}

static lk_status read_header(lk_pnm *pnm, lk_picture *picture) {
    bool bits = pnm->kind == '1' || pnm->kind == '4';
    if (pnm->kind == '7') {
        LK_TRY(read_pam_header(pnm, picture));
    } else {
        picture->channels = pnm->kind == '3' || pnm->kind == '6' ? 3 : 1;
        picture->width = read_number(pnm);
        picture->height = read_number(pnm);
        pnm->maxval = bits ? 1 : read_number(pnm);
    }
    if (picture->width < 1 || picture->height < 1 || pnm->maxval < 1 || pnm->maxval > MAXVAL_MOST) {
        return fail_at(pnm, "the header needs a width and a height of 1 to a million, and a maxval "
                            "of 1 to 65535");
    }
    if (pnm->kind > '3' && (pnm->next == pnm->end || !is_space(*pnm->next))) {
        return fail_at(pnm, "a single white space must end the header");
    }
    pnm->next += pnm->kind > '3';
    picture->alphabet = (int32_t)pnm->maxval + 1;
    picture->wide = pnm->maxval > 255;
    return LK_OK;
}

/* ---- pixels ---------------------------------------------------------------------------------- */

static lk_status fail_value(const lk_pnm *pnm, const lk_picture *picture, int64_t i,
                            const char *what) {
    int64_t row = picture->width * picture->channels;
    return lk_fail(pnm->context, LK_FORMAT, "%s: pixel %lld of row %lld, channel %lld: %s %lld",
                   pnm->name, (long long)(i % row / picture->channels + 1),
                   (long long)(i / row + 1), (long long)(i % picture->channels + 1), what,
                   (long long)pnm->maxval);
}

/* Digits of P1 need nothing between them, and 1 is black. */
static int64_t read_text_bit(lk_pnm *pnm) {
    skip_space(pnm);
    return pnm->next < pnm->end && (*pnm->next & 0xFE) == '0' ? !(*pnm->next++ & 1) : -1;
}

static lk_status read_text(lk_pnm *pnm, lk_picture *picture) {
    for (int64_t i = 0; i < lk_picture_samples(picture); ++i) {
        int64_t value = pnm->kind == '1' ? read_text_bit(pnm) : read_number(pnm);
        if (value < 0 || value > pnm->maxval) {
            return fail_value(pnm, picture, i, "expected an integer from 0 to");
        }
        lk_picture_set(picture, i, (int32_t)value);
    }
    return LK_OK;
}

/* Rows of P4 are whole bytes, the first pixel in the highest bit. */
static lk_status read_bits(lk_pnm *pnm, lk_picture *picture) {
    int64_t stride = (picture->width + 7) / 8;
    for (int64_t y = 0; y < picture->height; ++y, pnm->next += stride) {
        for (int64_t x = 0; x < picture->width; ++x) {
            lk_picture_set(picture, y * picture->width + x,
                           !(pnm->next[x >> 3] >> (7 - (x & 7)) & 1));
        }
    }
    return LK_OK;
}

static lk_status read_bytes(lk_pnm *pnm, lk_picture *picture) {
    for (int64_t i = 0; i < lk_picture_samples(picture); ++i) {
        int32_t value = *pnm->next++;
        value = picture->wide ? value << 8 | *pnm->next++ : value; /* the high byte is first */
        if (value > pnm->maxval) {
            return fail_value(pnm, picture, i, "a value above maxval,");
        }
        lk_picture_set(picture, i, value);
    }
    return LK_OK;
}

/* Bytes of all pixels; of text the fewest. */
static int64_t pixel_bytes(const lk_pnm *pnm, const lk_picture *picture) {
    int64_t samples = lk_picture_samples(picture);
    return pnm->kind == '4'                       ? (picture->width + 7) / 8 * picture->height
           : pnm->kind == '2' || pnm->kind == '3' ? 2 * samples - 1
                                                  : samples * (picture->wide ? 2 : 1);
}

/* Behind the pixels nothing, white space, or another picture. */
static lk_status read_end(lk_pnm *pnm, lk_picture *picture) {
    const uint8_t *behind = pnm->next;
    skip_space(pnm);
    if (pnm->next == pnm->end) {
        return LK_OK;
    }
    bool more = pnm->end - pnm->next > 2 && *pnm->next == 'P' && lk_is_digit(pnm->next[1]);
    pnm->next = more ? pnm->next : behind;
    picture->notes |= more ? 1u << LK_NOTE_MORE : 0;
    return more ? LK_OK : fail_at(pnm, "more stands behind the last pixel");
}

static lk_status read_pixels(lk_pnm *pnm, const lk_picture_wish *wish, int64_t size,
                             lk_picture *picture) {
    LK_TRY(lk_picture_check(pnm->context, pnm->name, picture, wish, size, PIXELS_FOR_ONE, 0));
    if (pixel_bytes(pnm, picture) > pnm->end - pnm->next) {
        return lk_fail(pnm->context, LK_FORMAT,
                       "%s: the header promises %lld x %lld pixels (width x height), but only "
                       "%lld bytes follow",
                       pnm->name, (long long)picture->width, (long long)picture->height,
                       (long long)(pnm->end - pnm->next));
    }
    LK_TRY(lk_picture_allocate(pnm->context, pnm->name, picture));
    LK_TRY((pnm->kind == '4' ? read_bits : pnm->kind < '4' ? read_text : read_bytes)(pnm, picture));
    return read_end(pnm, picture);
}

lk_status lk_pnm_decode(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                        const lk_picture_wish *wish, lk_picture *picture) {
    lk_pnm pnm = {context, name, data, data + 2, data + size, (char)data[1], 0};
    *picture = (lk_picture){0};
    LK_TRY(read_header(&pnm, picture));
    LK_TRY(read_pixels(&pnm, wish, size, picture));
    if (picture->wide && wish->settings.depth == 8) {
        LK_TRY(lk_picture_narrow(context, name, picture));
    }
    return lk_picture_finish(context, name, wish, picture);
}

static lk_status read_pnm(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    return lk_picture_read(context, reading, lk_pnm_decode, dataset);
}

/* ---- writing --------------------------------------------------------------------------------- */

static lk_status write_pnm(lk_context *context, const char *path, const lk_dataset *dataset,
                           lk_buffer *buffer) {
    static const char *const tuples[] = {"", "", "GRAYSCALE_ALPHA", "", "RGB_ALPHA"};
    LK_TRY(lk_picture_writable(context, path, dataset));
    lk_shape shape = lk_picture_shape(dataset->shape);
    int channels = (int)shape.size[2], maxval = dataset->alphabet - 1;
    long long height = shape.size[0], width = shape.size[1];
    char header[160];
    int length = channels % 2 == 1
                     ? snprintf(header, sizeof header, "P%d\n%lld %lld\n%d\n",
                                channels == 1 ? 5 : 6, width, height, maxval)
                     : snprintf(header, sizeof header,
                                "P7\nWIDTH %lld\nHEIGHT %lld\nDEPTH %d\nMAXVAL %d\nTUPLTYPE "
                                "%s\nENDHDR\n",
                                width, height, channels, maxval, tuples[channels]);
    lk_buffer_put(buffer, header, length);
    for (int64_t i = 0; i < dataset->variables; ++i) {
        const uint8_t bytes[] = {(uint8_t)(dataset->values[i] >> 8), (uint8_t)dataset->values[i]};
        lk_buffer_put(buffer, maxval > 255 ? bytes : bytes + 1, maxval > 255 ? 2 : 1);
    }
    return LK_OK;
}

const lk_format lk_pnm_format = {
    .name = "pnm",
    .kind = "a PGM, PPM or PAM picture",
    .number = LK_FROM_PNM,
    .traits = LK_KEEPS_ALPHABET | LK_HAS_PICTURES,
    .endings = {".pgm", ".ppm", ".pnm", ".pam"},
    .packs = true,
    .recognise = lk_is_pnm,
    .read = read_pnm,
    .write = write_pnm,
};
