#include "base/utf8.h"

#include <string.h>

#include "base/context.h"

bool lk_utf8_is_code_point(uint32_t character) {
    return character < LK_UTF8_BYTE && (character < 0xD800 || character > 0xDFFF);
}

/* How many bytes a sequence with this first byte has, and the bits of the code point that are in
 * it; 0: it begins none. */
static int sequence_length(uint8_t first, uint32_t *bits) {
    if (first < 0x80) {
        *bits = first;
        return 1;
    }
    int length = first >= 0xF0 && first <= 0xF4  ? 4
                 : first >= 0xE0 && first < 0xF0 ? 3
                 : first >= 0xC2 && first < 0xE0 ? 2
                                                 : 0;
    *bits = length == 0 ? 0 : first & (0x7Fu >> length);
    return length;
}

int lk_utf8_get(const uint8_t *bytes, int64_t size, uint32_t *character) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t bits;
    int length = sequence_length(bytes[0], &bits);
    *character = LK_UTF8_BYTE + bytes[0];
    if (length == 0 || length > size) {
        return 1;
    }
    for (int i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 1;
        }
        bits = bits << 6 | (bytes[i] & 0x3Fu);
    }
    if (bits < least[length] || !lk_utf8_is_code_point(bits)) {
        return 1;
    }
    *character = bits;
    return length;
}

int lk_utf8_put(uint32_t character, uint8_t bytes[LK_UTF8_MOST]) {
    LK_REQUIRE(lk_utf8_is_code_point(character) ||
               (character >= LK_UTF8_BYTE && character < LK_UTF8_BYTE + 256));
    if (character < 0x80 || character >= LK_UTF8_BYTE) {
        bytes[0] = (uint8_t)character;
        return 1;
    }
    int length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--) {
        bytes[i] = (uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    bytes[0] = (uint8_t)(0xF00u >> length | character);
    return length;
}

int lk_utf8_mark(const void *text, int64_t size) {
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

bool lk_is_utf8(const char *text) {
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    uint32_t character = 0;
    while (at < end && character < LK_UTF8_BYTE) {
        at += lk_utf8_get(at, end - at, &character);
    }
    return character < LK_UTF8_BYTE;
}
