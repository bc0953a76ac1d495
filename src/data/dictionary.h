/* Distinct texts, numbered from 0 in an order: the values of a column of a table, the names of
 * classes. A text is any bytes but zero; two texts are the same when their bytes are. */
#ifndef LK_DATA_DICTIONARY_H
#define LK_DATA_DICTIONARY_H

#include "base/context.h"

/* Bytes of one text: a longer one names nothing. */
#define LK_TEXT_MOST 1024
/* How the symbol is written that stands for all texts that are not listed. */
#define LK_UNSEEN_TEXT "<unseen>"

/* Zeroed: empty. */
typedef struct lk_dictionary {
    int32_t count; /* of texts, the symbols 0 .. count - 1 */
    bool unseen;   /* the symbol `count` stands for all other texts */
    char *pool;    /* owned: the texts, each with its zero byte */
    int64_t used, room;
    int64_t *start; /* owned, [capacity]: where each begins in the pool */
    int32_t
        *slots; /* owned, [slot_count]: symbol + 1 at the place of its hash, or the next free one;
                     * 0: free */
    int32_t capacity, slot_count;
} lk_dictionary;

/* The symbol of a text, which is added at the end unless it is there. At most LK_TEXT_MOST bytes,
 * none of them zero. */
lk_status lk_dictionary_add(lk_context *context, lk_dictionary *dictionary, const char *text,
                            int64_t length, int32_t *symbol);
/* -1: not listed. */
int32_t lk_dictionary_find(const lk_dictionary *dictionary, const char *text, int64_t length);
/* The same, but the reserved symbol, where there is one, for a text that is not listed. */
int32_t lk_dictionary_symbol(const lk_dictionary *dictionary, const char *text, int64_t length);
/* The text of a symbol; LK_UNSEEN_TEXT of the reserved one. Valid until a text is added. */
const char *lk_dictionary_text(const lk_dictionary *dictionary, int32_t symbol);
/* Symbols: count, and one more with the reserved one. */
int32_t lk_dictionary_alphabet(const lk_dictionary *dictionary);

/* Brings the texts into their order: first those that are values, as numbers where all of them are
 * integers and else by their bytes, then those that stand for a missing value. moved[count]
 * receives the new symbol of each old one; NULL: not wanted. */
lk_status lk_dictionary_sort(lk_context *context, lk_dictionary *dictionary, int32_t *moved);
/* Whether a text says that there is no value: empty, ?, NA, N/A, NaN, null, None and the like. */
bool lk_text_is_missing(const char *text);

lk_status lk_dictionary_copy(lk_context *context, const lk_dictionary *from, lk_dictionary *to);
/* The same texts in the same order, and the same reserved symbol. */
bool lk_dictionary_equal(const lk_dictionary *a, const lk_dictionary *b);
void lk_dictionary_deinit(lk_dictionary *dictionary);

/* For messages: what fits of the texts, in quotes, with commas between: "'cat', 'dog', ...". */
void lk_dictionary_list(const lk_dictionary *dictionary, char *list, size_t capacity);
/* The same of the few that are the most like a text: the fewest letters changed, added or left out
 * (Levenshtein 1966). */
void lk_dictionary_nearest(const lk_dictionary *dictionary, const char *text, char *list,
                           size_t capacity);

/* As JSON, which the model file holds: an array of strings; a text that is not UTF-8 is
 * {"hex": "e9"}. A text of its own (lk_release), NULL: out of memory. The reserved symbol is not
 * in it. */
char *lk_dictionary_print(const lk_dictionary *dictionary);
/* The reverse, of any bytes; at most LK_TEXTS_MOST texts of LK_TEXTS_BYTES_MOST together. `name`
 * begins the message. After a failure the dictionary is empty. */
lk_status lk_dictionary_parse(lk_context *context, const char *name, const char *json,
                              lk_dictionary *dictionary);

/* Texts in one description, a dictionary or all of a table, and their bytes, the zeros included. So
 * few that the header of a model file holds them, whatever they are. */
#define LK_TEXTS_MOST ((int64_t)1 << 20)
#define LK_TEXTS_BYTES_MOST ((int64_t)8 << 20)

#endif
