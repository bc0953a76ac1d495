/* WAV files, from front to back, so that they may go into a pipe: no time stamp, nothing but what
 * is needed, the same bytes for the same samples. Samples of 16 bits, or codes of G.711. */
#include <string.h>

#include "data/sound.h"

#define PCM 1
#define A_LAW 6
#define MU_LAW 7

static uint8_t *put(uint8_t *at, int64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) {
        *at++ = (uint8_t)(number >> (8 * i));
    }
    return at;
}

static uint8_t *put_name(uint8_t *at, const char *name) {
    memcpy(at, name, 4);
    return at + 4;
}

/* Lengths that 32 bits do not hold are said to be the largest, as of what goes into a pipe. */
static int64_t length_of(int64_t bytes) {
    return bytes < UINT32_MAX ? bytes : UINT32_MAX;
}

int64_t lk_sound_wav_head(const lk_sound_form *form, int64_t frames, uint8_t *head) {
    bool codes = form->view >= LK_SOUND_G711_MU;
    int64_t width = codes ? 1 : 2, frame = width * form->channels, bytes = frames * frame;
    int64_t fmt = codes ? 18 : 16, fact = codes ? 12 : 0;
    int64_t tag = !codes ? PCM : form->view == LK_SOUND_G711_MU ? MU_LAW : A_LAW;
    uint8_t *at = put_name(head, "RIFF");
    at = put(at, length_of(4 + 8 + fmt + fact + 8 + bytes + bytes % 2), 4);
    at = put_name(put_name(at, "WAVE"), "fmt ");
    at = put(at, fmt, 4);
    at = put(at, tag, 2);
    at = put(at, form->channels, 2);
    at = put(at, form->rate, 4);
    at = put(at, form->rate * frame, 4);
    at = put(at, frame, 2);
    at = put(at, 8 * width, 2);
    if (codes) {
        at = put_name(put(at, 0, 2), "fact");
        at = put(put(at, 4, 4), length_of(frames), 4);
    }
    at = put(put_name(at, "data"), length_of(bytes), 4);
    return at - head;
}

int64_t lk_sound_wav_pour(const lk_sound_form *form, const uint16_t *symbols, int64_t count,
                          uint8_t *bytes) {
    int32_t parts = lk_sound_parts(form->view);
    uint8_t *at = bytes;
    LK_REQUIRE(count % parts == 0);
    for (int64_t i = 0; i < count; i += parts) {
        bool codes = form->view >= LK_SOUND_G711_MU;
        at = codes ? put(at, symbols[i], 1) : put(at, lk_sound_join(form->view, symbols + i), 2);
    }
    return at - bytes;
}
