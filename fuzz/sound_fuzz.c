/* Any bytes as a recording: refused with a message, or of a length that can be read to its end,
 * with symbols of its alphabet, the same in one piece and in several; and a WAV that is written of
 * them is read again as they are. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/stream.h"

#define CHANNELS_MOST 3
#define SYMBOLS_MOST 65536

static lk_status open_bytes(lk_context *context, const lk_bytes *bytes, lk_sound_form form,
                            lk_stream **stream) {
    const lk_symbols symbols = {.kind = LK_SYMBOLS_SOUND, .sound = form};
    return lk_stream_parse(context, "fuzz", bytes, &symbols, stream);
}

static uint16_t *read_all(lk_stream *stream, int64_t length) {
    uint16_t *values = malloc((size_t)length * sizeof *values + 1);
    int32_t alphabet = lk_symbols_alphabet(lk_stream_symbols(stream));
    if (values != NULL && lk_stream_read(stream, 0, length, values) != LK_OK) {
        free(values);
        return NULL; /* damage in its middle */
    }
    for (int64_t i = 0; values != NULL && i < length; i++) {
        LK_REQUIRE(values[i] < alphabet);
    }
    return values;
}

static void check_pieces(lk_stream *stream, const uint16_t *values, int64_t length) {
    uint16_t piece[97];
    for (int64_t at = length - 1; at >= 0; at -= 1009) {
        int64_t count = length - at < 97 ? length - at : 97;
        if (lk_stream_read(stream, at, count, piece) == LK_OK) {
            LK_REQUIRE(memcmp(piece, values + at, (size_t)count * sizeof *piece) == 0 ||
                       lk_stream_sound(stream)->lossy);
        }
    }
}

static void check_again(lk_context *context, lk_sound_form form, const uint16_t *values,
                        int64_t length) {
    uint8_t *file = malloc((size_t)(LK_SOUND_WAV_HEAD + 2 * length));
    lk_stream *again;
    form.rate = 8000;
    form.channel = 0;
    if (file == NULL) {
        return;
    }
    int64_t size = lk_sound_wav_head(&form, length / lk_sound_unit(&form), file);
    size += lk_sound_wav_pour(&form, values, length, file + size);
    const lk_bytes bytes = {file, size};
    LK_REQUIRE(open_bytes(context, &bytes, form, &again) == LK_OK);
    LK_REQUIRE(lk_stream_length(again) == length);
    uint16_t *same = read_all(again, length);
    LK_REQUIRE(same != NULL && memcmp(same, values, (size_t)length * sizeof *same) == 0);
    free(same);
    lk_stream_close(again);
    free(file);
}

static void parse(lk_context *context, const lk_bytes *bytes, lk_sound_form form) {
    lk_stream *stream;
    if (open_bytes(context, bytes, form, &stream) != LK_OK) {
        LK_REQUIRE(lk_context_message(context)[0] != '\0');
        return;
    }
    int64_t length = lk_stream_length(stream);
    LK_REQUIRE(length > 0 && length % lk_sound_unit(&form) == 0);
    if (length <= SYMBOLS_MOST) {
        uint16_t *values = read_all(stream, length);
        if (values != NULL) {
            check_pieces(stream, values, length);
            check_again(context, form, values, length);
        }
        free(values);
    }
    lk_stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {0};
    lk_bytes bytes = {malloc(size + 1), (int64_t)size};
    if (bytes.data == NULL) {
        return 0;
    }
    memcpy(bytes.data, data, size);
    for (int32_t channels = 1; channels <= CHANNELS_MOST; channels++) {
        parse(&context, &bytes, (lk_sound_form){.view = LK_SOUND_PCM16, .channels = channels});
    }
    parse(&context, &bytes, (lk_sound_form){LK_SOUND_MULAW, 1, LK_SOUND_MIX, 0});
    parse(&context, &bytes, (lk_sound_form){LK_SOUND_BYTES, 1, 1, 0});
    parse(&context, &bytes, (lk_sound_form){LK_SOUND_G711_MU, 1, 0, 0});
    parse(&context, &bytes, (lk_sound_form){LK_SOUND_G711_A, 1, 0, 0});
    free(bytes.data);
    return 0;
}
