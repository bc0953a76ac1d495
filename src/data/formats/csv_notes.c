/* What is said of a table: of columns whose words hardly repeat, of those that one alphabet does
 * not suit, of what was left out. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv.h"

#define LIST_CAPACITY 400
/* Columns that a note names. */
#define NAMED_MOST 3
/* Rows from which it is strange that most of them have a value of their own. */
#define ROWS_LEAST 20
/* Words from which a column is told whatever the rows. */
#define WORDS_MANY 1000
/* An example that counts so far is no chance. */
#define COUNTED_LEAST 3

static const char *quote(const lk_columns *columns, int64_t index, char quoted[LK_QUOTE_CAPACITY]) {
    const uint8_t *name = (const uint8_t *)columns->column[index].name;
    return lk_text_quote(name, name + strlen(columns->column[index].name), quoted);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* The first text of a column that is no number; NULL: none. */
static const char *find_word(const lk_dictionary *values) {
    for (int32_t i = 0; i < values->count; ++i) {
        const uint8_t *text = (const uint8_t *)lk_dictionary_text(values, i);
        int64_t number;
        lk_number_kind kind = lk_number_parse(text, text + strlen((const char *)text), &number);
        if (kind == LK_NUMBER_NONE || kind == LK_NUMBER_NOT_FINITE) {
            return (const char *)text;
        }
    }
    return NULL;
}

static lk_status note_why(const lk_csv *csv, lk_dataset *dataset, bool *words) {
    const lk_columns *columns = dataset->columns;
    char name[LK_QUOTE_CAPACITY], quoted[LK_QUOTE_CAPACITY];
    *words = true;
    for (int32_t i = 0; i < columns->count; ++i) {
        const char *word = find_word(&columns->column[i].values);
        if (word != NULL) {
            const uint8_t *text = (const uint8_t *)word;
            return lk_dataset_note(
                csv->context, dataset, "read as a table of words: column '%s' holds '%s'",
                quote(columns, i, name), lk_text_quote(text, text + strlen(word), quoted));
        }
    }
    *words = false;
    return LK_OK;
}

static bool hardly_repeats(const lk_dataset *dataset, int64_t index) {
    int32_t count = dataset->columns->column[index].values.count;
    return count > WORDS_MANY || (dataset->examples >= ROWS_LEAST && count > dataset->examples / 2);
}

/* Each word is an input and an output of a network, with weights of its own. */
static lk_status note_many(const lk_csv *csv, lk_dataset *dataset) {
    char list[LIST_CAPACITY] = "";
    int64_t strange = 0, theirs = 0, all = 0;
    for (int64_t i = 0; i < csv->variables; ++i) {
        char name[LK_QUOTE_CAPACITY];
        int32_t count = dataset->columns->column[i].values.count;
        size_t used = strlen(list);
        all += count;
        if (!hardly_repeats(dataset, i)) {
            continue;
        }
        theirs += count;
        if (strange++ < NAMED_MOST) {
            snprintf(list + used, sizeof list - used, "%s%d different words in column '%s'",
                     strange > 1 ? ", " : "", count, quote(dataset->columns, i, name));
        }
    }
    return strange == 0 ? LK_OK
                        : lk_dataset_note(
                              csv->context, dataset,
                              "%s%s, of %lld rows: each word costs weights of its own, and these "
                              "are %lld of the table's %lld; numbers are words beside words, so "
                              "leave such columns out or round them",
                              list, strange > NAMED_MOST ? ", ..." : "",
                              (long long)dataset->examples, (long long)theirs, (long long)all);
}

lk_status lk_csv_note_words(const lk_csv *csv, lk_dataset *dataset, bool *words) {
    LK_TRY(note_why(csv, dataset, words));
    return note_many(csv, dataset);
}

/* ---- integers -------------------------------------------------------------------------------- */

typedef struct range {
    int32_t least, most;
} range;

static range range_of(const lk_dataset *dataset, int64_t variable) {
    range r = {LK_ALPHABET_MOST, 0};
    for (int64_t i = variable; i < dataset->examples * dataset->variables;
         i += dataset->variables) {
        int32_t value = dataset->values[i];
        r.least = value < r.least ? value : r.least;
        r.most = value > r.most ? value : r.most;
    }
    return r;
}

/* A column that has less than half of the values that it may have gives the rest probability for
 * nothing. */
lk_status lk_csv_note_ranges(const lk_csv *csv, lk_dataset *dataset) {
    range widest = {LK_ALPHABET_MOST, 0}, narrow = {0, 0};
    int64_t found = -1;
    for (int64_t v = 0; csv->names != NULL && v < dataset->variables; ++v) {
        range r = range_of(dataset, v);
        widest.most = r.most > widest.most ? r.most : widest.most;
        bool narrower = found < 0 || r.most - r.least < narrow.most - narrow.least;
        narrow = narrower ? r : narrow;
        found = narrower ? v : found;
    }
    char name[LK_QUOTE_CAPACITY];
    return found < 0 || dataset->variables < 2 || 2 * (narrow.most - narrow.least + 1) > widest.most
               ? LK_OK
               : lk_dataset_note(csv->context, dataset,
                                 "integers: all columns may take 0..%d, though column '%s' has "
                                 "%d..%d only%s",
                                 widest.most, quote(dataset->columns, found, name), narrow.least,
                                 narrow.most,
                                 lk_advice(csv->context, "columns",
                                           " (--columns words: each takes what occurs in it)"));
}

/* ---- the head -------------------------------------------------------------------------------- */

lk_status lk_csv_note(lk_csv *csv, lk_dataset *dataset) {
    if (csv->numbered) {
        dataset->partial = true;
        LK_TRY(lk_dataset_note(csv->context, dataset,
                               "the first column, which numbers the rows, is left out"));
    }
    if (csv->counted && csv->fields >= COUNTED_LEAST && csv->reading->columns == NULL) {
        LK_TRY(lk_dataset_note(csv->context, dataset,
                               "the first line counts 0 to %lld and is taken for an example; if it "
                               "is a header, remove it",
                               (long long)csv->fields - 1));
    }
    if (csv->header > 0 && csv->names == NULL) {
        LK_TRY(lk_dataset_note(csv->context, dataset, "the header does not name the columns: %s",
                               csv->improper));
    }
    return LK_OK;
}
