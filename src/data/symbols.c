#include "data/symbols.h"

#include <string.h>

#include "base/arena.h"
#include "data/shape.h"

const char *lk_symbols_kind_name(lk_symbols_kind kind) {
    static const char *const names[LK_SYMBOLS_KINDS] = {"bytes", "characters", "sound"};
    return names[kind];
}

int32_t lk_symbols_alphabet(const lk_symbols *symbols) {
    return symbols->kind == LK_SYMBOLS_BYTES   ? 256
           : symbols->kind == LK_SYMBOLS_SOUND ? lk_sound_alphabet(symbols->sound.view)
                                               : symbols->count + 1;
}

int32_t lk_symbols_unit(const lk_symbols *symbols) {
    return symbols->kind == LK_SYMBOLS_SOUND ? lk_sound_unit(&symbols->sound) : 1;
}

int64_t lk_symbols_bytes(const lk_symbols *symbols, int64_t count) {
    return lk_symbols_alphabet(symbols) > 256 ? 2 * count : count;
}

lk_status lk_symbols_list(lk_context *context, const char *name, const uint32_t *characters,
                          int64_t count, lk_symbols *symbols) {
    *symbols = (lk_symbols){.kind = LK_SYMBOLS_CHARACTERS};
    if (count < 1 || count >= LK_ALPHABET_MOST) {
        return lk_fail(context, LK_INVALID, "%s: %lld different characters; there may be 1 to %d",
                       name, (long long)count, LK_ALPHABET_MOST - 1);
    }
    for (int64_t i = 0; i < count; i++) {
        if (!lk_utf8_is_code_point(characters[i]) ||
            (i > 0 && characters[i] <= characters[i - 1])) {
            return lk_fail(context, LK_INVALID,
                           "%s: character %lld (%#x) is no code point, or not above the one before",
                           name, (long long)i, characters[i]);
        }
    }
    symbols->characters = lk_allocate(count, sizeof *characters);
    if (symbols->characters == NULL) {
        return lk_fail_no_memory(context, "a list of characters",
                                 count * (int64_t)sizeof *characters);
    }
    memcpy(symbols->characters, characters, (size_t)count * sizeof *characters);
    symbols->count = (int32_t)count;
    return LK_OK;
}

lk_status lk_symbols_copy(lk_context *context, const lk_symbols *from, lk_symbols *to) {
    if (from->kind != LK_SYMBOLS_CHARACTERS) {
        *to = (lk_symbols){.kind = from->kind, .sound = from->sound};
        return LK_OK;
    }
    return lk_symbols_list(context, "symbols", from->characters, from->count, to);
}

bool lk_symbols_equal(const lk_symbols *a, const lk_symbols *b) {
    const lk_sound_form *x = &a->sound, *y = &b->sound;
    bool sound = a->kind != LK_SYMBOLS_SOUND ||
                 (x->view == y->view && x->channels == y->channels && x->channel == y->channel);
    return a->kind == b->kind && sound && a->count == b->count &&
           (a->count == 0 ||
            memcmp(a->characters, b->characters, (size_t)a->count * sizeof *a->characters) == 0);
}

void lk_symbols_deinit(lk_symbols *symbols) {
    lk_release(symbols->characters);
    *symbols = (lk_symbols){0};
}

lk_status lk_symbols_join(lk_context *context, lk_symbols *symbols, const lk_symbols *other) {
    LK_REQUIRE(symbols->kind == other->kind);
    if (other->count == 0) {
        return LK_OK;
    }
    int64_t most = (int64_t)symbols->count + other->count, count = 0;
    uint32_t *all = lk_allocate(most, sizeof *all);
    if (all == NULL) {
        return lk_fail_no_memory(context, "a list of characters", most * 4);
    }
    for (int32_t a = 0, b = 0; a < symbols->count || b < other->count;) { /* both ascend */
        bool first = b == other->count ||
                     (a < symbols->count && symbols->characters[a] <= other->characters[b]);
        uint32_t next = first ? symbols->characters[a] : other->characters[b];
        a += a < symbols->count && symbols->characters[a] == next;
        b += b < other->count && other->characters[b] == next;
        all[count++] = next;
    }
    lk_symbols joined;
    lk_status status = lk_symbols_list(context, "the texts together", all, count, &joined);
    lk_release(all);
    if (status == LK_OK) {
        joined.stray = symbols->stray + other->stray;
        lk_symbols_deinit(symbols);
        *symbols = joined;
    }
    return status;
}

uint16_t lk_symbols_find(const lk_symbols *symbols, uint32_t character) {
    if (symbols->kind != LK_SYMBOLS_CHARACTERS) {
        return (uint16_t)(character - LK_UTF8_BYTE);
    }
    int32_t low = 0, high = symbols->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (symbols->characters[middle] < character) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool listed = low < symbols->count && symbols->characters[low] == character;
    return (uint16_t)(listed ? low : symbols->count);
}

bool lk_symbols_escapes(const lk_symbols *symbols, uint16_t symbol) {
    return symbols->kind == LK_SYMBOLS_CHARACTERS && symbol == symbols->count;
}

uint32_t lk_symbols_character(const lk_symbols *symbols, uint16_t symbol) {
    LK_REQUIRE(symbol < lk_symbols_alphabet(symbols) && !lk_symbols_escapes(symbols, symbol));
    return symbols->kind != LK_SYMBOLS_CHARACTERS ? LK_UTF8_BYTE + symbol
                                                  : symbols->characters[symbol];
}
