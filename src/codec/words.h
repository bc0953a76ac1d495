/* The words of labels, by their symbols: of a chunk those that it tells, of a file all of them. */
#ifndef LK_CODEC_WORDS_H
#define LK_CODEC_WORDS_H

#include "data/buffer.h"

/* Zeroed: none. */
typedef struct lk_words {
    int64_t *place; /* owned, [count], by symbol: in the text, from 1; 0: it has no word */
    int64_t count;
    lk_buffer text; /* each ended by a zero byte; its `failed` is sticky: out of memory */
} lk_words;

#define LK_WORDS_MOST (INT64_C(1) << 20) /* symbols are below it */

/* Of a symbol that has none. */
void lk_words_put(lk_words *words, int64_t symbol, const char *word);
/* NULL: none. Valid until one is put. */
const char *lk_words_find(const lk_words *words, int64_t symbol);
/* The same symbols have the same words. */
bool lk_words_equal(const lk_words *a, const lk_words *b);
/* Adds those of `from`; false: a symbol has another word in it. */
bool lk_words_join(lk_words *words, const lk_words *from);
void lk_words_release(lk_words *words);

#endif
