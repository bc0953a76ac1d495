/* Recordings behind the first one of a file, of which libsndfile (1.2) says nothing. FLAC and Ogg
 * say nowhere how many bytes they have, so the whole file is looked through. */
#include <string.h>

#include "data/sound.h"

#define HEAD 14 /* bytes that tell that a stream begins, four of which are its magic */

static lk_status refuse_second(lk_source *source, int64_t at) {
    return lk_fail(source->context, LK_FORMAT,
                   "%s: a second recording begins at byte %lld, and readers take the first alone: "
                   "make two files of them",
                   source->path, (long long)at);
}

/* Refuses what `begins` takes for the head of a stream, from `place` on. */
static lk_status refuse_from(lk_source *source, int64_t place, const char *magic,
                             bool (*begins)(const uint8_t *head)) {
    while (place + HEAD <= source->size) {
        const uint8_t *seen, *found;
        uint8_t head[HEAD];
        int64_t held;
        LK_TRY(lk_source_see(source, place, &seen, &held));
        found = memmem(seen, (size_t)held, magic, 4);
        if (found == NULL) {
            place += held - 3;
            continue;
        }
        place += found - seen;
        LK_TRY(lk_sound_see(source, place, HEAD, head));
        if (begins(head)) {
            return refuse_second(source, place);
        }
        place++;
    }
    return LK_OK;
}

/* ---- FLAC ------------------------------------------------------------------------------------ */

/* Magic, and a block of type 0 and 34 bytes (RFC 9639, section 8.1). */
static bool is_flac(const uint8_t *head) {
    return memcmp(head, "fLaC", 4) == 0 && (head[4] & 0x7F) == 0 && head[5] == 0 && head[6] == 0 &&
           head[7] == 34;
}

/* Behind the blocks in front of the frames, which may hold anything. */
lk_status lk_sound_flac_alone(lk_source *source, lk_sound_said *said) {
    (void)said;
    int64_t at = 4;
    for (bool last = false; !last && at < source->size;) {
        uint8_t head[4];
        LK_TRY(lk_sound_see(source, at, 4, head));
        last = (head[0] & 0x80) != 0;
        at += 4 + ((int64_t)head[1] << 16 | head[2] << 8 | head[3]);
    }
    return refuse_from(source, at, "fLaC", is_flac);
}

/* ---- Ogg ------------------------------------------------------------------------------------- */

/* A page that is the first of its stream: version 0, the flag, a position of 0 (RFC 3533, section
 * 6). */
static bool is_ogg(const uint8_t *head) {
    static const uint8_t none[8];
    return memcmp(head, "OggS", 4) == 0 && head[4] == 0 && (head[5] & 2) != 0 &&
           memcmp(head + 6, none, 8) == 0;
}

/* Behind the first pages of streams that run side by side: these stand before all others. */
lk_status lk_sound_ogg_alone(lk_source *source, lk_sound_said *said) {
    (void)said;
    uint8_t page[LK_OGG_HEAD + 255];
    int64_t at = 0;
    LK_TRY(lk_sound_see(source, at, sizeof page, page));
    while (is_ogg(page)) {
        at += lk_sound_ogg_page(page);
        LK_TRY(lk_sound_see(source, at, sizeof page, page));
    }
    return refuse_from(source, at, "OggS", is_ogg);
}

/* ---- what says its size ---------------------------------------------------------------------- */

lk_status lk_sound_alone(lk_source *source, int64_t end) {
    static const int64_t pads[] = {1, 2, 8}; /* W64 goes on at every eighth byte */
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++) {
        uint8_t head[LK_SOUND_MAGIC];
        int64_t at = (end + pads[i] - 1) / pads[i] * pads[i];
        LK_TRY(lk_sound_see(source, at, sizeof head, head));
        if (lk_sound_recognise(head, sizeof head)) {
            return refuse_second(source, at);
        }
    }
    return LK_OK;
}
