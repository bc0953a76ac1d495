/* What a table is: its columns by name, and the values of each. */
#ifndef LK_DATA_COLUMNS_H
#define LK_DATA_COLUMNS_H

#include "data/dictionary.h"

typedef struct lk_column {
    char *name;           /* owned */
    lk_dictionary values; /* a value is a symbol of it; empty in a table of integers */
    char *remark;         /* owned, or NULL: of whoever made the table, to be given back as it is:
                           * what the texts are in a program. No part of the distribution */
} lk_column;

/* Columns of words all have values, and a value's number is the symbol of its text. In a table of
 * integers none has: a value is the number itself, and columns have names only. */
typedef struct lk_columns {
    int32_t count;      /* at least 1 */
    lk_column *column;  /* owned, [count] */
    char *label;        /* owned: the name of the column that was taken out to be the labels; NULL:
                        * none. Its values are the data set's classes */
    int32_t label_at;   /* where it stands among all: before column[label_at] */
    char *label_remark; /* owned, or NULL: of that column */
} lk_columns;

/* Columns without names and values, for a builder, who ends with lk_columns_check. */
lk_status lk_columns_create(lk_context *context, int32_t count, lk_columns **columns);
/* LK_INVALID unless every column has a name that no other has (the label's included), all or none
 * have values, no column has more than LK_ALPHABET_MOST symbols, and all together fit into the
 * header of a model file (LK_TEXTS_MOST, LK_TEXTS_BYTES_MOST). `name` begins the message. */
lk_status lk_columns_check(lk_context *context, const char *name, const lk_columns *columns);
lk_status lk_columns_copy(lk_context *context, const lk_columns *from, lk_columns **to);
/* The same names, values and order, whatever the remarks. */
bool lk_columns_equal(const lk_columns *a, const lk_columns *b);
/* The same, wherever the label stands. */
bool lk_columns_alike(const lk_columns *a, const lk_columns *b);
void lk_columns_destroy(lk_columns *columns);

/* Whether values are symbols of words; false: integers. */
bool lk_columns_have_words(const lk_columns *columns);
/* -1: no such column, or the label. */
int32_t lk_columns_find(const lk_columns *columns, const char *name);
/* How many symbols a column of words has: at least 1. A column that never changes has one, and
 * costs no bits; the alphabet of a model is the largest, at least 2. Variable number i of a model
 * may never take a value that its column has not. Of integers: 0, the data's alphabet holds for all
 * columns. */
int32_t lk_columns_alphabet(const lk_columns *columns, int32_t index);
int32_t lk_columns_largest_alphabet(const lk_columns *columns);
/* For messages, like lk_dictionary_list: the names. */
void lk_columns_list(const lk_columns *columns, char *list, size_t capacity);

/* Takes a column out to be the label; its values are left to the caller. The reverse, `values`
 * being copied into a column of words. */
void lk_columns_take_label(lk_columns *columns, int32_t index);
lk_status lk_columns_put_label(lk_context *context, lk_columns *columns,
                               const lk_dictionary *values);

/* As JSON, which the model file holds:
 * {"columns": [{"name": "size", "values": ["1", "2"], "unseen": true}, ...],
 *  "label": {"name": "colour", "at": 0}}
 * with values as lk_dictionary_print has them, "unseen" only where it is true, "label" only where
 * one was taken out, and in both "remark" where there is one. A text of its own (lk_release), NULL:
 * out of memory. */
char *lk_columns_print(const lk_columns *columns);
/* The reverse, of any bytes: what lk_columns_check refuses is refused. `name` begins the message.
 * *columns is the caller's, NULL after a failure. */
lk_status lk_columns_parse(lk_context *context, const char *name, const char *json,
                           lk_columns **columns);

#endif
