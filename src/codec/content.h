/* What a chunk stands for: symbols of the model, and what is kept beside them. */
#ifndef LK_CODEC_CONTENT_H
#define LK_CODEC_CONTENT_H

#include "codec/code.h"
#include "codec/container.h"
#include "codec/words.h"
#include "data/items.h"

typedef struct lk_content {
    int64_t items, symbols;
    int64_t *length;        /* owned, [items] */
    int32_t *label;         /* owned, [items]; NULL: none */
    lk_sound_target *sound; /* owned, [items]: rate and format of recordings; NULL: texts */
    lk_buffer names;        /* each ended by a zero byte; empty: none */
    /* Symbols of the slower sequence, with those beside the chunk's ends, item after item; owned;
     * NULL: there is none. */
    uint16_t *local;
    int64_t *local_begin;  /* owned, [items]: where an item's begin */
    lk_local_form form;    /* of them */
    int64_t before, after; /* symbols of an item that is alone, before and after the chunk's */
    bool first;            /* it begins with item 0, and tells all words */
    lk_words words;        /* of labels; none: they are numbers, or the model knows their words */
    uint16_t *value;       /* owned, [symbols]: item after item */
    uint32_t *character;   /* owned, [symbols]: of texts of characters (data/utf8.h); else NULL */
    /* int64_t, of each item that is cut: units that lead into its parts; and how many units each
     * part but the first begins behind its even place (codec/cuts.h). Empty: nothing is told. */
    lk_buffer cuts;
    const lk_symbols *alphabet; /* of texts, not owned; NULL: examples */
} lk_content;

/* Symbols of a unit, which is not cut: a frame of recordings. */
static inline int64_t lk_content_unit(const lk_content *content) {
    return content->alphabet != NULL ? lk_symbols_unit(content->alphabet) : 1;
}

/* Bytes of that of a chunk. */
double lk_content_bytes(const lk_container *container, const lk_symbols *alphabet, int64_t items,
                        int64_t symbols);
/* Room for a chunk. deinit in any case. */
lk_status lk_content_init(lk_context *context, const lk_container *container, const lk_chunk *chunk,
                          const lk_symbols *alphabet, lk_content *content);
void lk_content_deinit(lk_content *content);
/* What the items hold there; a name that cannot be kept is refused. */
lk_status lk_content_read(lk_context *context, lk_items *items, const lk_container *container,
                          const lk_chunk *chunk, lk_content *content);
bool lk_content_equal(const lk_content *a, const lk_content *b);

/* Symbols [first, first + count) as bytes: those of the text; of examples, and of a recording of
 * more than 256 values, two each. At most
 * LK_POURED_MOST symbols at once; `bytes` has room for four times as many. Returns how many. */
#define LK_POURED_MOST 1024
int64_t lk_content_pour(const lk_content *content, int64_t first, int64_t count, uint8_t *bytes);
/* The hash of all symbols' bytes; *bytes counts them. */
uint32_t lk_content_hash(const lk_content *content, uint32_t seed, int64_t number, int64_t *bytes);

/* Codes, in either direction, what is kept beside the symbols, and stands before them: the lengths
 * of several texts, labels and their words, names, cuts (codec/aside.c). */
void lk_content_code_aside(const lk_container *container, lk_code *code, lk_content *content);
/* Which symbols of its slower sequence stand in content->local for an item; the lengths up to that
 * one are known. Fills local_begin, items ascending. */
lk_local_piece lk_content_place_local(lk_content *content, int64_t item);
/* What a network is given of `count` positions of an item, counted from those of the chunk. */
void lk_content_local_cells(const lk_content *content, int64_t item, int64_t first, int64_t count,
                            uint16_t *cells);
/* A name of a file within a folder, no part of which begins with a dot. */
bool lk_content_names(const char *name);

#endif
