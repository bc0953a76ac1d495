/* What the headers of WAV, RF64, AIFF, AU, CAF and W64 say of their lengths, read apart from
 * libsndfile (1.2), which says nothing of a file that is cut off and counts by the chunk of samples
 * alone, whatever the header of an AIFF says. */
#include <string.h>

#include "base/memory.h"
#include "data/sound.h"

#define CHUNKS_MOST 4096
#define HEAD_MOST 16

/* ---- lengths --------------------------------------------------------------------------------- */

lk_status lk_sound_see(lk_source *source, int64_t offset, int64_t count, uint8_t *bytes) {
    memset(bytes, 0, (size_t)count);
    for (int64_t done = 0; done < count && offset + done < source->size;) {
        const uint8_t *seen;
        int64_t held;
        LK_TRY(lk_source_see(source, offset + done, &seen, &held));
        held = held < count - done ? held : count - done;
        memcpy(bytes + done, seen, (size_t)held);
        done += held;
    }
    return LK_OK;
}

static int64_t number(const uint8_t *b, bool big) {
    return big ? (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]
               : (int64_t)b[3] << 24 | b[2] << 16 | b[1] << 8 | b[0];
}

/* 64 bits; beyond what a file can have: 0, which says nothing. */
static int64_t long_number(const uint8_t *b, bool big) {
    int64_t high = number(b + (big ? 0 : 4), big), low = number(b + (big ? 4 : 0), big);
    return high <= INT32_MAX ? high << 32 | low : 0;
}

/* A chunk: its first bytes are at `offset`, behind its 8 of head. */
typedef struct chunk {
    char name[5];
    int64_t offset, size;
} chunk;

#define FIRST_CHUNK 12

/* The first chunk of that name from `at` on, where a chunk begins; *there false: there is none. */
static lk_status find(lk_source *source, bool big, const char *name, int64_t at, chunk *c,
                      bool *there) {
    uint8_t head[8];
    *there = false;
    for (int i = 0; i < CHUNKS_MOST && at + 8 <= source->size && !*there; i++) {
        LK_TRY(lk_sound_see(source, at, 8, head));
        *c = (chunk){.offset = at + 8, .size = number(head + 4, big)};
        memcpy(c->name, head, 4);
        *there = memcmp(head, name, 4) == 0;
        at = c->offset + c->size + c->size % 2;
    }
    return LK_OK;
}

/* size: of the samples from `offset` on; 0: it is not said. */
static lk_status check_size(lk_source *source, int64_t offset, int64_t size) {
    int64_t there = source->size > offset ? source->size - offset : 0;
    if (size > there) {
        return lk_fail(source->context, LK_CORRUPT,
                       "%s: the file is cut off: its header says %lld bytes of samples, and %lld "
                       "are there",
                       source->path, (long long)size, (long long)there);
    }
    return size > 0 ? lk_sound_alone(source, offset + size) : LK_OK;
}

/* What is written into a pipe says a length of 0 or the largest one; that of SoX is the whole
 * frames of 0x7FFFF000 bytes, that of arecord 2^31. */
static int64_t length_of(int64_t size) {
    const int64_t sox = 0x7FFFF000, frame = 8 * LK_SOUND_CHANNELS_MOST;
    return size >= UINT32_MAX - 1 || size == INT32_MAX || size == (int64_t)INT32_MAX + 1 ||
                   (size <= sox && size > sox - frame)
               ? 0
               : size;
}

static lk_status check_whole(lk_source *source, const chunk *c) {
    return check_size(source, c->offset, length_of(c->size));
}

/* Whether a chunk stands at a place: a name in ASCII, and a size that is there. */
static lk_status is_chunk(lk_source *source, bool big, int64_t at, bool *is) {
    uint8_t head[8];
    LK_TRY(lk_sound_see(source, at, 8, head));
    *is = at + 8 + number(head + 4, big) <= source->size;
    for (int i = 0; i < 4; i++) {
        *is = *is && head[i] >= ' ' && head[i] <= '~';
    }
    return LK_OK;
}

static lk_status head_of_riff(lk_source *source, bool big, lk_sound_said *said) {
    chunk c;
    bool there;
    LK_TRY(find(source, big, "data", FIRST_CHUNK, &c, &there));
    LK_TRY(there ? check_whole(source, &c) : LK_OK);
    if (there && c.size == 0 && c.offset < source->size) { /* no samples, or their writer died */
        bool another;
        LK_TRY(is_chunk(source, big, c.offset, &another));
        said->unsaid = another ? -1 : c.offset - 4;
    }
    int64_t behind = there ? c.offset + c.size + c.size % 2 : source->size;
    LK_TRY(find(source, big, "data", behind, &c, &there));
    return there ? lk_fail(source->context, LK_FORMAT,
                           "%s: has two chunks of samples, of which readers take the first or the "
                           "last: leave one of them",
                           source->path)
                 : LK_OK;
}

static lk_status head_of_aiff(lk_source *source, lk_sound_said *said) {
    chunk c;
    bool there;
    uint8_t bytes[HEAD_MOST];
    LK_TRY(find(source, true, "SSND", FIRST_CHUNK, &c, &there));
    LK_TRY(there ? check_whole(source, &c) : LK_OK);
    LK_TRY(find(source, true, "COMM", FIRST_CHUNK, &c, &there));
    if (there && c.size >= 6) {
        LK_TRY(lk_sound_see(source, c.offset, 6, bytes));
        said->frames = number(bytes + 2, true);
    }
    return LK_OK;
}

/* RF64 (EBU Tech 3306): a WAV whose chunk ds64, the first one, has its lengths in 64 bits. */
static lk_status head_of_rf64(lk_source *source, lk_sound_said *said) {
    (void)said;
    chunk c;
    bool there;
    uint8_t sizes[16];
    LK_TRY(find(source, false, "ds64", FIRST_CHUNK, &c, &there));
    LK_TRY(lk_sound_see(source, there ? c.offset : source->size, 16, sizes));
    LK_TRY(find(source, false, "data", FIRST_CHUNK, &c, &there));
    bool elsewhere = c.size == UINT32_MAX;
    return there ? check_size(source, c.offset,
                              elsewhere ? long_number(sizes + 8, false) : length_of(c.size))
                 : LK_OK;
}

static lk_status head_of_au(lk_source *source, lk_sound_said *said) {
    (void)said;
    uint8_t head[12];
    LK_TRY(lk_sound_see(source, 0, 12, head));
    bool big = head[0] == '.'; /* else "dns." */
    return check_size(source, number(head + 4, big), length_of(number(head + 8, big)));
}

/* A format whose chunks have heads of their own: what stands where. */
typedef struct long_chunks {
    int64_t first, name, head; /* bytes: before the first one; of a name; of a head with it */
    bool big, own;             /* the size counts the head too */
    int64_t align, skip;       /* what the next one begins at; bytes before the samples */
} long_chunks;
static const long_chunks caf = {8, 4, 12, true, false, 1, 4}, w64 = {40, 16, 24, false, true, 8, 0};

static lk_status head_of_long_chunks(lk_source *source, const long_chunks *f) {
    int64_t at = f->first;
    for (int i = 0; i < CHUNKS_MOST && at + f->head <= source->size; i++) {
        uint8_t head[24];
        LK_TRY(lk_sound_see(source, at, f->head, head));
        int64_t size = long_number(head + f->name, f->big) - (f->own ? f->head : 0);
        size = size > 0 && size < INT64_MAX / 4 ? size : 0;
        if (memcmp(head, "data", 4) == 0) {
            int64_t samples = size > f->skip ? size - f->skip : 0;
            return check_size(source, at + f->head + f->skip, samples);
        }
        at += f->head + (size + f->align - 1) / f->align * f->align;
    }
    return LK_OK;
}

static lk_status head_of_wav(lk_source *source, lk_sound_said *said) {
    return head_of_riff(source, false, said);
}

static lk_status head_of_rifx(lk_source *source, lk_sound_said *said) {
    return head_of_riff(source, true, said);
}

static lk_status head_of_caf(lk_source *source, lk_sound_said *said) {
    (void)said;
    return head_of_long_chunks(source, &caf);
}

static lk_status head_of_w64(lk_source *source, lk_sound_said *said) {
    (void)said;
    return head_of_long_chunks(source, &w64);
}

/* ---- Ogg ------------------------------------------------------------------------------------- */

/* A page (RFC 3533, section 6): "OggS", version, flags (4: the last of its stream), 8 bytes of a
 * position, 4 each of stream, number and checksum, how many segments, and the size of each. */
#define PAGE_MOST (LK_OGG_HEAD + 255 + 255 * 255)
#define LAST_OF_STREAM 4
#define TRIES_MOST 32 /* of what begins as a page, so that no file takes long */

/* The checksum of so many bytes, without its own. */
static uint32_t checksum(const uint8_t *page, int64_t size) {
    uint32_t sum = 0;
    for (int64_t i = 0; i < size; i++) {
        sum ^= i >= 22 && i < 26 ? 0 : (uint32_t)page[i] << 24;
        for (int bit = 0; bit < 8; bit++) {
            sum = sum << 1 ^ (sum >> 31 != 0 ? 0x04C11DB7U : 0);
        }
    }
    return sum;
}

int64_t lk_sound_ogg_page(const uint8_t *page) {
    int segments = page[LK_OGG_HEAD - 1];
    int64_t size = LK_OGG_HEAD + segments;
    for (int i = 0; i < segments; i++) {
        size += page[LK_OGG_HEAD + i];
    }
    return size;
}

/* Whether they begin with a page that is whole. */
static bool is_page(const uint8_t *bytes, int64_t there) {
    if (there < LK_OGG_HEAD || memcmp(bytes, "OggS", 4) != 0 ||
        there < LK_OGG_HEAD + bytes[LK_OGG_HEAD - 1]) {
        return false;
    }
    int64_t size = lk_sound_ogg_page(bytes);
    return size <= there && checksum(bytes, size) == (uint32_t)number(bytes + 22, false);
}

lk_status lk_sound_ogg_ends(lk_source *source, bool *ends) {
    const int64_t most = 2 * PAGE_MOST;
    int64_t there = source->size < most ? source->size : most;
    uint8_t *bytes = lk_allocate(there, 1);
    *ends = false;
    if (bytes == NULL) {
        return lk_fail_no_memory(source->context, "the end of a recording", there);
    }
    lk_status status = lk_sound_see(source, source->size - there, there, bytes);
    int tries = 0;
    for (int64_t at = there - 4; at >= 0 && status == LK_OK && tries < TRIES_MOST; at--) {
        tries += memcmp(bytes + at, "OggS", 4) == 0;
        if (is_page(bytes + at, there - at)) {
            *ends = (bytes[at + 5] & LAST_OF_STREAM) != 0;
            break;
        }
    }
    lk_release(bytes);
    return status;
}

/* ---- what is recognised ---------------------------------------------------------------------- */

const char *const lk_sound_endings[] = {".wav", ".flac", ".aif", ".aiff", ".aifc", ".au", ".snd",
                                        ".caf", ".w64",  ".ogg", ".oga",  ".opus", NULL};

static const struct magic {
    int64_t size;
    const char *bytes;
    const char *then; /* at byte 8, or NULL */
    /* What its header says, and whether it is alone in its file. */
    lk_status (*head)(lk_source *source, lk_sound_said *said);
} magics[] = {
    {4, "RIFF", "WAVE", head_of_wav},       {4, "RIFX", "WAVE", head_of_rifx},
    {4, "RF64", "WAVE", head_of_rf64},      {4, "FORM", "AIF", head_of_aiff},
    {4, "fLaC", NULL, lk_sound_flac_alone}, {4, ".snd", NULL, head_of_au},
    {4, "dns.", NULL, head_of_au},          {4, "caff", NULL, head_of_caf},
    {4, "OggS", NULL, lk_sound_ogg_alone},  {8, "riff\x2E\x91\xCF\x11", NULL, head_of_w64},
};

static const struct magic *find_magic(const uint8_t *bytes, int64_t size) {
    for (size_t i = 0; i < sizeof magics / sizeof *magics && size >= 12; i++) {
        const char *then = magics[i].then;
        if (memcmp(bytes, magics[i].bytes, (size_t)magics[i].size) == 0 &&
            (then == NULL || memcmp(bytes + 8, then, strlen(then)) == 0)) {
            return &magics[i];
        }
    }
    return NULL;
}

bool lk_sound_recognise(const uint8_t *bytes, int64_t size) {
    return find_magic(bytes, size) != NULL;
}

/* ---- what is not read ------------------------------------------------------------------------ */

/* Behind an ID3v2 tag (id3.org, ID3v2.4.0, section 3.1): 4 numbers of 7 bits say its size. */
static const char *behind_tag(const uint8_t *b, int64_t size) {
    bool footer = (b[5] & 0x10) != 0;
    int64_t at =
        10 + (footer ? 10 : 0) +
        (int64_t)((b[6] & 127) << 21 | (b[7] & 127) << 14 | (b[8] & 127) << 7 | (b[9] & 127));
    return at + 4 > size ? "audio behind an ID3v2 tag; convert it: ffmpeg -i FILE FILE.wav"
           : memcmp(b + at, "fLaC", 4) == 0
               ? "a FLAC with an ID3v2 tag in front; remove it: ffmpeg -i FILE -c copy FILE.flac"
               : "MP3 audio; convert it: ffmpeg -i FILE FILE.wav";
}

/* A frame of layer 3 without a tag in front: 11 bits, a version, a bit rate and a rate that are. */
static bool is_mp3(const uint8_t *b) {
    return b[0] == 0xFF && (b[1] & 0xE6) == 0xE2 && (b[1] & 0x18) != 0x08 && b[2] >> 4 != 0 &&
           b[2] >> 4 != 15 && (b[2] & 0x0C) != 0x0C;
}

const char *lk_sound_unread(const uint8_t *bytes, int64_t size) {
    if (size < 12) {
        return NULL;
    }
    return memcmp(bytes, "BW64", 4) == 0 && memcmp(bytes + 8, "WAVE", 4) == 0
               ? "a BW64 file; convert it to RF64: ffmpeg -i FILE -rf64 auto FILE.wav"
           : memcmp(bytes, "ID3", 3) == 0 ? behind_tag(bytes, size)
           : is_mp3(bytes)                ? "MP3 audio; convert it: ffmpeg -i FILE FILE.wav"
                                          : NULL;
}

/* ---- all of it ------------------------------------------------------------------------------- */

lk_status lk_sound_head(lk_source *source, lk_sound_said *said) {
    uint8_t bytes[12];
    *said = (lk_sound_said){INT64_MAX, -1};
    LK_TRY(lk_sound_see(source, 0, sizeof bytes, bytes));
    const struct magic *magic = find_magic(bytes, sizeof bytes);
    return magic != NULL ? magic->head(source, said) : LK_OK;
}
