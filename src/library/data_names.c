/* Names of values in the caller's memory: a table's columns, and what symbols and labels are. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "library/library.h"

#define CALL "lk_data_from_values: "

/* `place`: "column 3"; a text of at most LK_TEXT_MOST bytes. */
static lk_status check_text(lk_context *context, const char *text, const char *place,
                            const char *what) {
    bool fits = text != NULL && strnlen(text, LK_TEXT_MOST + 1) <= LK_TEXT_MOST;
    return fits ? LK_OK
                : lk_fail(context, LK_INVALID, CALL "%s: %s %s", place, what,
                          text == NULL ? "is NULL" : "is longer than 1024 bytes");
}

static lk_status add_words(lk_context *context, const lk_value_names *from, const char *place,
                           bool unseen, lk_dictionary *to) {
    if (from->words == NULL) {
        return LK_OK;
    }
    if (from->word_count < 1 || from->word_count > LK_ALPHABET_MOST - unseen) {
        return lk_fail(context, LK_INVALID, CALL "%s has %d words: expected 1 .. %d", place,
                       from->word_count, LK_ALPHABET_MOST - unseen);
    }
    for (int32_t i = 0; i < from->word_count; i++) {
        const char *word = from->words[i];
        int32_t symbol;
        LK_TRY(check_text(context, word, place, "a word"));
        LK_TRY(lk_dictionary_add(context, to, word, (int64_t)strlen(word), &symbol));
        if (symbol != i || (unseen && strcmp(word, LK_UNSEEN_TEXT) == 0)) {
            return lk_fail(context, LK_INVALID, CALL "%s: the word '%.100s' %s", place, word,
                           symbol != i ? "is there twice" : "stands for all that are not seen");
        }
    }
    to->unseen = unseen;
    return LK_OK;
}

static lk_status copy(lk_context *context, const char *from, char **to) {
    *to = from != NULL ? lk_duplicate(from) : NULL;
    return from == NULL || *to != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "a name", (int64_t)strlen(from));
}

/* Name and remark. */
static lk_status copy_texts(lk_context *context, const lk_value_names *from, const char *place,
                            char **name, char **remark) {
    LK_TRY(check_text(context, from->name, place, "its name"));
    LK_TRY(from->remark != NULL ? check_text(context, from->remark, place, "its remark") : LK_OK);
    LK_TRY(copy(context, from->name, name));
    return copy(context, from->remark, remark);
}

static lk_status add_columns(lk_context *context, const lk_values *v, lk_dataset *dataset) {
    if (dataset->variables > LK_TEXTS_MOST || dataset->shape.axes != 1 || v->alphabets != NULL) {
        return lk_fail(context, LK_INVALID,
                       CALL "a table has one axis of at most %lld columns, and no `alphabets`",
                       (long long)LK_TEXTS_MOST);
    }
    dataset->format = LK_FROM_CSV; /* which is what tables are written as */
    LK_TRY(lk_columns_create(context, (int32_t)dataset->variables, &dataset->columns));
    lk_columns *columns = dataset->columns;
    for (int32_t i = 0; i < columns->count; i++) {
        lk_column *column = &columns->column[i];
        char place[32];
        snprintf(place, sizeof place, "column %d", i + 1);
        LK_TRY(copy_texts(context, &v->columns[i], place, &column->name, &column->remark));
        LK_TRY(add_words(context, &v->columns[i], place, v->unseen, &column->values));
    }
    if (v->labels != NULL && v->label != NULL) {
        columns->label_at = columns->count;
        LK_TRY(copy_texts(context, v->label, "label", &columns->label, &columns->label_remark));
    }
    return lk_columns_check(context, "lk_data_from_values", columns);
}

lk_status lk_data_take_names(lk_context *context, const lk_values *v, lk_dataset *dataset) {
    LK_TRY(v->columns != NULL ? add_columns(context, v, dataset) : LK_OK);
    return v->labels != NULL && v->label != NULL
               ? add_words(context, v->label, "label", false, &dataset->classes)
               : LK_OK;
}
