/* From characters back to the bytes of a text. */
#include "codec/frame.h"
#include "codec/stream_coder.h"

#define AT_ONCE 1024 /* characters */

uint32_t lk_stream_pour(const uint32_t *characters, int64_t count, uint32_t seed, int64_t number,
                        lk_writer *file, int64_t *bytes) {
    uint8_t piece[AT_ONCE * LK_UTF8_MOST];
    uint32_t hash = seed;
    *bytes = 0;
    for (int64_t first = 0; first < count; first += AT_ONCE) {
        int64_t end = first + AT_ONCE < count ? first + AT_ONCE : count, size = 0;
        for (int64_t i = first; i < end; i++) {
            size += lk_utf8_put(characters[i], piece + size);
        }
        hash = lk_frame_hash(piece, size, hash, (uint32_t)number);
        if (file != NULL) {
            lk_writer_put(file, piece, size);
        }
        *bytes += size;
    }
    return hash;
}
