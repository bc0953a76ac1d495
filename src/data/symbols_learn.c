/* The alphabet of a training text, in one pass over it. */
#include <stdlib.h>

#include "base/arena.h"
#include "data/shape.h"
#include "data/source.h"
#include "data/symbols.h"

/* UTF-16 begins with its mark, or has a zero byte in every other place; nothing in UTF-8 does. */
static lk_status refuse_utf16(lk_source *source) {
    const uint8_t *bytes;
    int64_t count, zeros = 0;
    LK_TRY(lk_source_see(source, 0, &bytes, &count));
    for (int64_t i = 0; i < count; i++) {
        zeros += bytes[i] == 0;
    }
    bool marked = count >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) ||
                                 (bytes[0] == 0xFE && bytes[1] == 0xFF));
    return !marked && zeros <= count / 4
               ? LK_OK
               : lk_fail(source->context, LK_FORMAT,
                         "%s: %lld of the first %lld bytes are zero%s: this is UTF-16, not UTF-8; "
                         "convert it: iconv -f UTF-16 -t UTF-8",
                         source->path, (long long)zeros, (long long)count,
                         marked ? ", and a mark of UTF-16 begins them" : "");
}

static lk_status refuse_unfit(lk_source *source, lk_symbols_kind kind) {
    if (source->size == 0) {
        return lk_fail(source->context, LK_FORMAT,
                       "%s: the file is empty: there is nothing to learn from", source->path);
    }
    return kind == LK_SYMBOLS_CHARACTERS ? refuse_utf16(source) : LK_OK;
}

/* seen[character]; *stray: bytes that are no UTF-8 */
static lk_status mark(lk_source *source, bool *seen, int64_t *stray) {
    const uint8_t *bytes;
    int64_t count;
    for (int64_t offset = 0; offset < source->size;) {
        LK_TRY(lk_source_see(source, offset, &bytes, &count));
        bool last = offset + count == source->size;
        int64_t at = 0;
        while (at + (last ? 1 : LK_UTF8_MOST) <= count) {
            uint32_t character;
            at += lk_utf8_get(bytes + at, count - at, &character);
            if (character < LK_UTF8_BYTE) {
                seen[character] = true;
            } else {
                ++*stray;
            }
        }
        offset += at;
    }
    return LK_OK;
}

static lk_status learn_characters(lk_source *source, lk_symbols *symbols) {
    bool *seen = lk_allocate(LK_UTF8_BYTE, sizeof *seen);
    uint32_t *characters = lk_allocate(LK_ALPHABET_MOST, sizeof *characters);
    int64_t count = 0, stray = 0;
    lk_status status = LK_OK;
    if (seen == NULL || characters == NULL) {
        status = lk_fail_no_memory(source->context, "a list of characters", LK_UTF8_BYTE);
    } else {
        status = mark(source, seen, &stray);
        for (uint32_t c = 0; c < LK_UTF8_BYTE; c++) {
            if (seen[c] && count++ < LK_ALPHABET_MOST) {
                characters[count - 1] = c;
            }
        }
    }
    if (status == LK_OK && (count == 0 || count >= LK_ALPHABET_MOST)) {
        status = lk_fail(
            source->context, LK_FORMAT,
            "%s: %lld different UTF-8 characters; the alphabet may have 1 to %d: read it as bytes",
            source->path, (long long)count, LK_ALPHABET_MOST - 1);
    }
    status = status == LK_OK
                 ? lk_symbols_list(source->context, source->path, characters, count, symbols)
                 : status;
    symbols->stray = stray;
    lk_release(seen);
    lk_release(characters);
    return status;
}

lk_status lk_symbols_learn_source(lk_source *source, lk_symbols_kind kind, lk_symbols *symbols) {
    *symbols = (lk_symbols){.kind = LK_SYMBOLS_BYTES};
    LK_TRY(refuse_unfit(source, kind));
    return kind == LK_SYMBOLS_CHARACTERS ? learn_characters(source, symbols) : LK_OK;
}

static lk_status learn_close(lk_source *source, lk_symbols_kind kind, lk_symbols *symbols) {
    lk_status status = lk_symbols_learn_source(source, kind, symbols);
    lk_source_close(source);
    return status;
}

lk_status lk_symbols_learn(lk_context *context, const char *path, lk_symbols_kind kind,
                           lk_symbols *symbols) {
    lk_source source;
    *symbols = (lk_symbols){.kind = LK_SYMBOLS_BYTES};
    LK_TRY(lk_source_open_unpacked(context, path, &source));
    return learn_close(&source, kind, symbols);
}

lk_status lk_symbols_learn_bytes(lk_context *context, const char *name, const lk_bytes *bytes,
                                 lk_symbols_kind kind, lk_symbols *symbols) {
    lk_source source;
    *symbols = (lk_symbols){.kind = LK_SYMBOLS_BYTES};
    LK_TRY(lk_source_of_bytes(context, name, bytes, &source));
    return learn_close(&source, kind, symbols);
}
