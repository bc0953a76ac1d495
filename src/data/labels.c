/* Labels: see labels.h. */
#include "data/labels.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/text.h"

/* Room for a list of names in a message. */
#define LIST_CAPACITY 400

/* ---- numbers --------------------------------------------------------------------------------- */

static lk_status add_number(lk_context *context, lk_dictionary *dictionary, int32_t number,
                            int32_t *symbol) {
    char text[16];
    int length = snprintf(text, sizeof text, "%d", number);
    return lk_dictionary_add(context, dictionary, text, length, symbol);
}

static void replace_classes(lk_dataset *dataset, const lk_dictionary *taken) {
    lk_dictionary_deinit(&dataset->classes);
    dataset->classes = *taken;
}

lk_status lk_labels_sort(lk_context *context, lk_dictionary *classes, int32_t *labels,
                         int64_t count) {
    int32_t *moved = lk_allocate(classes->count, sizeof *moved);
    lk_status status = moved != NULL ? lk_dictionary_sort(context, classes, moved)
                                     : lk_fail_no_memory(context, "classes", classes->count);
    for (int64_t i = 0; i < count && status == LK_OK; i++) {
        labels[i] = moved[labels[i]];
    }
    lk_release(moved);
    return status;
}

lk_status lk_labels_of_numbers(lk_context *context, lk_dataset *dataset, int32_t *numbers) {
    lk_dictionary classes = {0};
    lk_status status = LK_OK;
    for (int64_t i = 0; i < dataset->examples && status == LK_OK; i++) {
        status = add_number(context, &classes, numbers[i], &numbers[i]);
    }
    status =
        status == LK_OK ? lk_labels_sort(context, &classes, numbers, dataset->examples) : status;
    if (status != LK_OK) {
        lk_dictionary_deinit(&classes);
        lk_release(numbers);
        return status;
    }
    replace_classes(dataset, &classes);
    lk_release(dataset->labels);
    dataset->labels = numbers;
    return LK_OK;
}

lk_status lk_labels_count(lk_context *context, lk_dataset *dataset, int32_t count) {
    lk_dictionary_deinit(&dataset->classes);
    for (int32_t i = 0, symbol; i < count; i++) {
        LK_TRY(add_number(context, &dataset->classes, i, &symbol));
    }
    return LK_OK;
}

/* ---- matching -------------------------------------------------------------------------------- */

const char *lk_dataset_label_text(const lk_dataset *dataset, int64_t example, char digits[16]) {
    LK_REQUIRE(dataset->labels != NULL && example >= 0 && example < dataset->examples);
    int32_t label = dataset->labels[example];
    if (dataset->classes.count > 0) {
        return lk_dictionary_text(&dataset->classes, label);
    }
    snprintf(digits, 16, "%d", label);
    return digits;
}

static bool integer_of(const char *text, int64_t *value) {
    const uint8_t *bytes = (const uint8_t *)text;
    return lk_number_parse(bytes, bytes + strlen(text), value) == LK_NUMBER_INTEGER;
}

bool lk_label_is_number(const char *text, int32_t *number) {
    char digits[16];
    int64_t value = 0;
    bool integer = integer_of(text, &value) && value >= INT32_MIN && value <= INT32_MAX;
    *number = integer ? (int32_t)value : 0;
    snprintf(digits, sizeof digits, "%d", *number);
    return integer && strcmp(text, digits) == 0;
}

bool lk_dataset_label_number(const lk_dataset *dataset, int64_t example, int32_t *number) {
    char digits[16];
    return lk_label_is_number(lk_dataset_label_text(dataset, example, digits), number);
}

/* 7, and 7.0 or 7e0, as numpy.savetxt writes it; not 07. */
static bool is_notation(const char *text, int64_t *value) {
    int32_t number;
    return integer_of(text, value) &&
           (strpbrk(text, ".eE") != NULL || lk_label_is_number(text, &number));
}

int32_t lk_label_find(const lk_dictionary *classes, const char *text) {
    int32_t exact = lk_dictionary_find(classes, text, (int64_t)strlen(text)), found = -1;
    int64_t wanted, value, count = 0;
    if (exact >= 0 || !is_notation(text, &wanted)) {
        return exact;
    }
    for (int32_t i = 0; i < classes->count; i++) {
        if (is_notation(lk_dictionary_text(classes, i), &value) && value == wanted) {
            found = i;
            count++;
        }
    }
    return count == 1 ? found : -1;
}

static lk_status fail_label(lk_context *context, const lk_dataset *dataset, int64_t example,
                            const char *text, const lk_dictionary *known) {
    char quoted[LK_QUOTE_CAPACITY], list[LIST_CAPACITY];
    lk_dictionary_list(known, list, sizeof list);
    return lk_fail(
        context, LK_MISMATCH,
        "%s: example %lld has the label '%s', but the classes are %s; leave out what is of none of "
        "them, or say which it is to be taken for",
        dataset->path, (long long)example + 1,
        lk_text_quote((const uint8_t *)text, (const uint8_t *)text + strlen(text), quoted), list);
}

/* Of many examples with one label it is looked for once, where they follow each other. */
static lk_status find_all(lk_context *context, const lk_dataset *dataset,
                          const lk_dictionary *known, int32_t *matched) {
    for (int64_t i = 0; i < dataset->examples; i++) {
        char digits[16];
        const char *text = lk_dataset_label_text(dataset, i, digits);
        bool again = i > 0 && dataset->labels[i] == dataset->labels[i - 1];
        matched[i] = again ? matched[i - 1] : lk_label_find(known, text);
        if (matched[i] < 0) {
            return fail_label(context, dataset, i, text, known);
        }
    }
    return LK_OK;
}

lk_status lk_dataset_match_labels(lk_context *context, lk_dataset *dataset,
                                  const lk_dictionary *known) {
    if (dataset->labels == NULL) {
        return lk_fail(context, LK_MISMATCH, "%s: the examples have no labels%s", dataset->path,
                       lk_advice(context, "labels", " (--labels PATH says them)"));
    }
    lk_dictionary copy = {0};
    int32_t *matched = lk_allocate(dataset->examples, sizeof *matched);
    lk_status status = matched != NULL
                           ? find_all(context, dataset, known, matched)
                           : lk_fail_no_memory(context, "labels", dataset->examples * 4);
    status = status == LK_OK ? lk_dictionary_copy(context, known, &copy) : status;
    if (status != LK_OK) {
        lk_release(matched);
        return status;
    }
    lk_release(dataset->labels);
    dataset->labels = matched;
    replace_classes(dataset, &copy);
    return LK_OK;
}

/* ---- a column as labels ---------------------------------------------------------------------- */

static lk_status fail_column(lk_context *context, const lk_dataset *dataset, const char *name) {
    char list[LIST_CAPACITY];
    if (dataset->columns == NULL) {
        return lk_fail(context, LK_INVALID,
                       "%s: no column '%s': only a table with a header line has columns by name",
                       dataset->path, name);
    }
    lk_columns_list(dataset->columns, list, sizeof list);
    return lk_fail(context, LK_INVALID, "%s: no column '%s'; the columns are %s", dataset->path,
                   name, list);
}

static void remove_variable(lk_dataset *dataset, int64_t at) {
    uint16_t *to = dataset->values;
    for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
        if (i % dataset->variables != at) {
            *to++ = dataset->values[i];
        }
    }
    dataset->variables--;
    dataset->shape = lk_shape_vector(dataset->variables);
}

/* Alphabet of what is left. */
static void renew_alphabet(lk_dataset *dataset) {
    dataset->alphabet = lk_columns_largest_alphabet(dataset->columns);
    if (!lk_columns_have_words(dataset->columns)) {
        for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
            int32_t needed = dataset->values[i] + 1;
            dataset->alphabet = needed > dataset->alphabet ? needed : dataset->alphabet;
        }
    }
}

/* The values of a column become the classes. There is no class of those that were not seen. Takes
 * the labels. */
static lk_status take_words(lk_context *context, lk_dataset *dataset, int32_t at, int32_t *labels) {
    lk_dictionary *values = &dataset->columns->column[at].values;
    for (int64_t i = 0; i < dataset->examples; i++) {
        if (labels[i] >= values->count) {
            lk_release(labels);
            return lk_fail(context, LK_MISMATCH,
                           "%s: example %lld has a label that was not seen in training",
                           dataset->path, (long long)i + 1);
        }
    }
    values->unseen = false;
    replace_classes(dataset, values);
    *values = (lk_dictionary){0};
    lk_release(dataset->labels);
    dataset->labels = labels;
    return LK_OK;
}

lk_status lk_dataset_take_label(lk_context *context, lk_dataset *dataset, const char *name) {
    lk_columns *columns = dataset->columns;
    int32_t at = columns != NULL ? lk_columns_find(columns, name) : -1;
    if (at < 0) {
        return fail_column(context, dataset, name);
    }
    if (columns->count == 1 || columns->label != NULL) {
        return lk_fail(context, LK_INVALID, "%s: the column '%s' cannot be the label: %s",
                       dataset->path, name,
                       columns->count == 1 ? "there is no other column" : "there is one already");
    }
    int32_t *labels = lk_allocate(dataset->examples, sizeof *labels);
    if (labels == NULL) {
        return lk_fail_no_memory(context, "labels", dataset->examples * 4);
    }
    for (int64_t i = 0; i < dataset->examples; i++) {
        labels[i] = dataset->values[i * dataset->variables + at];
    }
    LK_TRY(lk_columns_have_words(columns) ? take_words(context, dataset, at, labels)
                                          : lk_labels_of_numbers(context, dataset, labels));
    lk_columns_take_label(columns, at);
    remove_variable(dataset, at);
    renew_alphabet(dataset);
    return LK_OK;
}

/* The value that a label was. */
static lk_status value_of_label(lk_context *context, const lk_dataset *dataset, int64_t example,
                                uint16_t *value) {
    if (lk_columns_have_words(dataset->columns)) {
        *value = (uint16_t)dataset->labels[example];
        return LK_OK;
    }
    int32_t number;
    if (!lk_dataset_label_number(dataset, example, &number) || number < 0 ||
        number >= LK_ALPHABET_MOST) {
        char digits[16];
        return lk_fail(context, LK_INVALID, "%s: the label '%s' is no value of a table of integers",
                       dataset->path, lk_dataset_label_text(dataset, example, digits));
    }
    *value = (uint16_t)number;
    return LK_OK;
}

static lk_status insert_variable(lk_context *context, const lk_dataset *dataset, int64_t at,
                                 uint16_t *values) {
    for (int64_t i = 0; i < dataset->examples; i++) {
        const uint16_t *from = dataset->values + i * dataset->variables;
        uint16_t *to = values + i * (dataset->variables + 1);
        memcpy(to, from, (size_t)at * sizeof *to);
        LK_TRY(value_of_label(context, dataset, i, &to[at]));
        memcpy(to + at + 1, from + at, (size_t)(dataset->variables - at) * sizeof *to);
    }
    return LK_OK;
}

lk_status lk_dataset_put_label(lk_context *context, lk_dataset *dataset) {
    lk_columns *columns = dataset->columns;
    LK_REQUIRE(columns != NULL && columns->label != NULL && dataset->labels != NULL);
    uint16_t *values =
        lk_allocate(dataset->examples * (dataset->variables + 1), sizeof *dataset->values);
    lk_status status = values != NULL
                           ? insert_variable(context, dataset, columns->label_at, values)
                           : lk_fail_no_memory(context, dataset->path, dataset->examples * 2);
    status = status == LK_OK ? lk_columns_put_label(context, columns, &dataset->classes) : status;
    if (status != LK_OK) {
        lk_release(values);
        return status;
    }
    lk_release(dataset->values);
    lk_release(dataset->labels);
    lk_dictionary_deinit(&dataset->classes);
    dataset->values = values;
    dataset->labels = NULL;
    dataset->variables++;
    dataset->shape = lk_shape_vector(dataset->variables);
    renew_alphabet(dataset);
    return LK_OK;
}
