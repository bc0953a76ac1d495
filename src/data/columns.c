#include "data/columns.h"

#include <string.h>

#include "base/memory.h"
#include "data/shape.h"
#include "data/text.h"

lk_status lk_columns_create(lk_context *context, int32_t count, lk_columns **columns) {
    lk_columns *made = lk_allocate(1, sizeof *made);
    lk_column *column = lk_allocate(count, sizeof *column);
    if (made == NULL || column == NULL) {
        lk_release(made);
        lk_release(column);
        *columns = NULL;
        return lk_fail_no_memory(context, "columns", count * (int64_t)sizeof *column);
    }
    *made = (lk_columns){.count = count, .column = column};
    *columns = made;
    return LK_OK;
}

void lk_columns_destroy(lk_columns *columns) {
    if (columns != NULL) {
        for (int32_t i = 0; i < columns->count; i++) {
            lk_release(columns->column[i].name);
            lk_release(columns->column[i].remark);
            lk_dictionary_deinit(&columns->column[i].values);
        }
        lk_release(columns->column);
        lk_release(columns->label);
        lk_release(columns->label_remark);
        lk_release(columns);
    }
}

/* A text, or NULL as it is; false: out of memory. */
static bool copy_text(const char *from, char **to) {
    *to = from != NULL ? lk_duplicate(from) : NULL;
    return from == NULL || *to != NULL;
}

static lk_status fill_copy(lk_context *context, const lk_columns *from, lk_columns *to) {
    bool kept =
        copy_text(from->label, &to->label) && copy_text(from->label_remark, &to->label_remark);
    to->label_at = from->label_at;
    for (int32_t i = 0; i < from->count && kept; i++) {
        kept = copy_text(from->column[i].name, &to->column[i].name) &&
               copy_text(from->column[i].remark, &to->column[i].remark);
        LK_TRY(lk_dictionary_copy(context, &from->column[i].values, &to->column[i].values));
    }
    return kept ? LK_OK : lk_fail_no_memory(context, "names of columns", from->count);
}

lk_status lk_columns_copy(lk_context *context, const lk_columns *from, lk_columns **to) {
    lk_columns *made;
    *to = NULL;
    LK_TRY(lk_columns_create(context, from->count, &made));
    lk_status status = fill_copy(context, from, made);
    if (status != LK_OK) {
        lk_columns_destroy(made);
        return status;
    }
    *to = made;
    return LK_OK;
}

bool lk_columns_equal(const lk_columns *a, const lk_columns *b) {
    return lk_columns_alike(a, b) && (a->label == NULL || a->label_at == b->label_at);
}

bool lk_columns_alike(const lk_columns *a, const lk_columns *b) {
    bool labels = (a->label == NULL) == (b->label == NULL) &&
                  (a->label == NULL || strcmp(a->label, b->label) == 0);
    if (!labels || a->count != b->count) {
        return false;
    }
    for (int32_t i = 0; i < a->count; i++) {
        if (strcmp(a->column[i].name, b->column[i].name) != 0 ||
            !lk_dictionary_equal(&a->column[i].values, &b->column[i].values)) {
            return false;
        }
    }
    return true;
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool lk_columns_have_words(const lk_columns *columns) {
    return lk_columns_alphabet(columns, 0) > 0;
}

int32_t lk_columns_find(const lk_columns *columns, const char *name) {
    for (int32_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->column[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int32_t lk_columns_alphabet(const lk_columns *columns, int32_t index) {
    LK_REQUIRE(index >= 0 && index < columns->count);
    return lk_dictionary_alphabet(&columns->column[index].values);
}

int32_t lk_columns_largest_alphabet(const lk_columns *columns) {
    int32_t largest = 2;
    for (int32_t i = 0; i < columns->count; i++) {
        int32_t alphabet = lk_columns_alphabet(columns, i);
        largest = alphabet > largest ? alphabet : largest;
    }
    return largest;
}

/* The names as a dictionary, in which each has its number. Where one comes twice, *twice is the
 * second one's number, else -1; the label's is `count`. */
static lk_status list_names(lk_context *context, const lk_columns *columns, lk_dictionary *names,
                            int32_t *twice) {
    *names = (lk_dictionary){0};
    *twice = -1;
    for (int32_t i = 0; i < columns->count + (columns->label != NULL) && *twice < 0; i++) {
        const char *name = i < columns->count ? columns->column[i].name : columns->label;
        int32_t symbol;
        lk_status status = lk_dictionary_add(context, names, name, (int64_t)strlen(name), &symbol);
        if (status != LK_OK) {
            lk_dictionary_deinit(names);
            return status;
        }
        *twice = symbol < i ? i : -1;
    }
    return LK_OK;
}

void lk_columns_list(const lk_columns *columns, char *list, size_t capacity) {
    lk_context unheard = {0};
    lk_dictionary names;
    int32_t twice;
    list[0] = '\0';
    if (list_names(&unheard, columns, &names, &twice) == LK_OK) {
        lk_dictionary_list(&names, list, capacity);
        lk_dictionary_deinit(&names);
    }
}

/* ---- the label ------------------------------------------------------------------------------- */

void lk_columns_take_label(lk_columns *columns, int32_t index) {
    LK_REQUIRE(columns->label == NULL && index >= 0 && index < columns->count);
    columns->label = columns->column[index].name;
    columns->label_at = index;
    columns->label_remark = columns->column[index].remark;
    lk_dictionary_deinit(&columns->column[index].values);
    columns->count--;
    memmove(&columns->column[index], &columns->column[index + 1],
            (size_t)(columns->count - index) * sizeof *columns->column);
}

lk_status lk_columns_put_label(lk_context *context, lk_columns *columns,
                               const lk_dictionary *values) {
    LK_REQUIRE(columns->label != NULL);
    lk_dictionary copy = {0};
    if (lk_columns_have_words(columns)) {
        LK_TRY(lk_dictionary_copy(context, values, &copy));
    }
    lk_column *column = lk_resize(columns->column, columns->count + 1, sizeof *column);
    if (column == NULL) {
        lk_dictionary_deinit(&copy);
        return lk_fail_no_memory(context, "columns", columns->count);
    }
    int32_t at = columns->label_at;
    columns->column = column;
    memmove(&column[at + 1], &column[at], (size_t)(columns->count - at) * sizeof *column);
    column[at] =
        (lk_column){.name = columns->label, .values = copy, .remark = columns->label_remark};
    columns->label = NULL;
    columns->label_remark = NULL;
    columns->label_at = 0;
    columns->count++;
    return LK_OK;
}

/* ---- checking -------------------------------------------------------------------------------- */

static lk_status check_remark(lk_context *context, const char *name, const char *remark,
                              int64_t *bytes) {
    *bytes += remark != NULL ? (int64_t)strlen(remark) + 1 : 0;
    return remark == NULL || strlen(remark) <= LK_TEXT_MOST
               ? LK_OK
               : lk_fail(context, LK_INVALID, "%s: a remark of %zu bytes: at most %d are kept",
                         name, strlen(remark), LK_TEXT_MOST);
}

static lk_status check_names(lk_context *context, const char *name, const lk_columns *columns) {
    lk_dictionary names;
    int32_t twice;
    for (int32_t i = 0; i < columns->count + (columns->label != NULL); i++) {
        const char *text = i < columns->count ? columns->column[i].name : columns->label;
        if (text == NULL || text[0] == '\0' || strlen(text) > LK_TEXT_MOST) {
            return lk_fail(context, LK_INVALID, "%s: column %d %s", name, i + 1,
                           text == NULL || text[0] == '\0' ? "has no name"
                                                           : "has a name that is too long");
        }
    }
    LK_TRY(list_names(context, columns, &names, &twice));
    if (twice < 0) {
        lk_dictionary_deinit(&names);
        return LK_OK;
    }
    const char *second = twice < columns->count ? columns->column[twice].name : columns->label;
    int32_t first = lk_dictionary_find(&names, second, (int64_t)strlen(second));
    char quoted[LK_QUOTE_CAPACITY];
    const uint8_t *bytes = (const uint8_t *)second;
    lk_dictionary_deinit(&names);
    return lk_fail(context, LK_INVALID, "%s: columns %d and %d are both called '%s'", name,
                   first + 1, twice + 1, lk_text_quote(bytes, bytes + strlen(second), quoted));
}

lk_status lk_columns_check(lk_context *context, const char *name, const lk_columns *columns) {
    int64_t texts = columns->count, bytes = 0;
    if (columns->count < 1 || columns->label_at < 0 || columns->label_at > columns->count ||
        texts > LK_TEXTS_MOST) {
        return lk_fail(context, LK_INVALID, "%s: %d columns, a label before column %d", name,
                       columns->count, columns->label_at + 1);
    }
    LK_TRY(check_names(context, name, columns));
    LK_TRY(check_remark(context, name, columns->label_remark, &bytes));
    for (int32_t i = 0; i < columns->count; i++) {
        const lk_column *column = &columns->column[i];
        int32_t alphabet = lk_columns_alphabet(columns, i);
        if ((alphabet > 0) != lk_columns_have_words(columns) ||
            (alphabet > 0 && column->values.count == 0) || alphabet > LK_ALPHABET_MOST) {
            return lk_fail(context, LK_INVALID,
                           "%s: column %d has %d values: all or none of the columns must have "
                           "some, at most %d",
                           name, i + 1, alphabet, LK_ALPHABET_MOST);
        }
        LK_TRY(check_remark(context, name, column->remark, &bytes));
        texts += column->values.count;
        bytes += column->values.used + (int64_t)strlen(column->name) + 1;
    }
    if (texts > LK_TEXTS_MOST || bytes > LK_TEXTS_BYTES_MOST) {
        return lk_fail(context, LK_INVALID,
                       "%s: %lld names and different values of %lld bytes; a model holds at most "
                       "%lld of %lld",
                       name, (long long)texts, (long long)bytes, (long long)LK_TEXTS_MOST,
                       (long long)LK_TEXTS_BYTES_MOST);
    }
    return LK_OK;
}
