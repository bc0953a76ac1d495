/* How the symbols of a stream stand for a file's content. */
#ifndef LK_DATA_SYMBOLS_H
#define LK_DATA_SYMBOLS_H

#include "base/context.h"
#include "data/sound.h"
#include "data/source.h"
#include "base/utf8.h"

typedef enum lk_symbols_kind {
    LK_SYMBOLS_BYTES,      /* a symbol is a byte: alphabet 256 */
    LK_SYMBOLS_CHARACTERS, /* UTF-8: the listed characters, then one symbol, the escape, for all
                              others */
    LK_SYMBOLS_SOUND,      /* of a recording, as its form says (data/sound.h) */
} lk_symbols_kind;
#define LK_SYMBOLS_KINDS 3

/* A character that stands behind the escape is told in so many bits: all that data/utf8.h has,
 * 0x1100FF the last. It is what an escape costs beyond its symbol, in files and in likelihoods. */
#define LK_ESCAPED_BITS 21

/* Zeroed: bytes. Copies share nothing. */
typedef struct lk_symbols {
    lk_symbols_kind kind;
    int32_t count;        /* of the listed characters; 0 for bytes */
    uint32_t *characters; /* owned, [count]: ascending code points, symbols 0 .. count - 1; NULL for
                             bytes */
    lk_sound_form sound;  /* of recordings */
    int64_t stray;        /* of the texts that they were learned from: bytes that are no UTF-8 */
} lk_symbols;

/* "bytes", "characters", "sound" */
const char *lk_symbols_kind_name(lk_symbols_kind kind);
/* 256, or count + 1, or the view's. */
int32_t lk_symbols_alphabet(const lk_symbols *symbols);
/* Symbols that belong together, and of which only whole ones make sense: those of a frame of a
 * recording; else 1. */
int32_t lk_symbols_unit(const lk_symbols *symbols);
/* Bytes of a file for so many symbols, where that is known: of bytes, and of samples. */
int64_t lk_symbols_bytes(const lk_symbols *symbols, int64_t count);
/* Copies the list. LK_INVALID unless it has 1 to 65535 ascending code points (`name` begins the
 * message). */
lk_status lk_symbols_list(lk_context *context, const char *name, const uint32_t *characters,
                          int64_t count, lk_symbols *symbols);
lk_status lk_symbols_copy(lk_context *context, const lk_symbols *from, lk_symbols *to);
bool lk_symbols_equal(const lk_symbols *a, const lk_symbols *b);
void lk_symbols_deinit(lk_symbols *symbols);

/* The list of a training text: every valid character in it. A text of more than 65535 different
 * ones, one without any, and UTF-16 are refused. For bytes there is nothing to learn, but an empty
 * file is refused in the same way. A packed file is unpacked. */
lk_status lk_symbols_learn(lk_context *context, const char *path, lk_symbols_kind kind,
                           lk_symbols *symbols);
/* The same from what is open already, and stays so. */
lk_status lk_symbols_learn_source(lk_source *source, lk_symbols_kind kind, lk_symbols *symbols);
/* The same from memory; `name` stands for the path. */
lk_status lk_symbols_learn_bytes(lk_context *context, const char *name, const lk_bytes *bytes,
                                 lk_symbols_kind kind, lk_symbols *symbols);

/* Adds to a list the characters of another of its kind. */
lk_status lk_symbols_join(lk_context *context, lk_symbols *symbols, const lk_symbols *other);

/* The symbol of a character as data/utf8.h has it, the escape (alphabet - 1) for one that is not
 * listed; with bytes and sounds a character is LK_UTF8_BYTE + the symbol, always. */
uint16_t lk_symbols_find(const lk_symbols *symbols, uint32_t character);
/* Whether `symbol` is the escape: then the character must be told beside it. */
bool lk_symbols_escapes(const lk_symbols *symbols, uint16_t symbol);
/* The character of a symbol that is not the escape. */
uint32_t lk_symbols_character(const lk_symbols *symbols, uint16_t symbol);

#endif
