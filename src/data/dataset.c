#include "data/dataset.h"

#include <stdarg.h>
#include <string.h>

#include "base/memory.h"

void lk_dataset_destroy(lk_dataset *dataset) {
    if (dataset) {
        lk_release(dataset->values);
        lk_release(dataset->open);
        lk_release(dataset->labels);
        for (int64_t i = 0; dataset->names != NULL && i < dataset->examples; ++i) {
            lk_release(dataset->names[i]);
        }
        lk_release(dataset->names);
        lk_dictionary_deinit(&dataset->classes);
        lk_columns_destroy(dataset->columns);
        lk_crops_destroy(dataset->crops);
        lk_release(dataset->note);
        lk_release(dataset->path);
        lk_release(dataset);
    }
}

lk_status lk_dataset_begin(lk_context *context, const char *path, lk_dataset **dataset) {
    *dataset = lk_allocate(1, sizeof **dataset);
    char *copy = lk_duplicate(path);
    if (!*dataset || !copy) {
        lk_release(*dataset);
        lk_release(copy);
        *dataset = NULL;
        return lk_fail_no_memory(context, "a data set", (int64_t)sizeof **dataset);
    }
    (*dataset)->path = copy;
    return LK_OK;
}

lk_status lk_dataset_reserve(lk_context *context, const char *name, lk_dataset *dataset,
                             lk_shape shape, int64_t examples, int64_t most) {
    int64_t variables = lk_shape_variables(shape), values;
    if (variables < 1 || examples < 1) {
        dataset->empty = examples == 0;
        return examples >= 1
                   ? lk_fail(context, LK_FORMAT, "%s: its %lld examples have no variables", name,
                             (long long)examples)
                   : lk_fail(context, LK_FORMAT, "%s: there are no examples", name);
    }
    if (__builtin_mul_overflow(variables, examples, &values) || values > most) {
        values = most;
    }
    if (values > LK_VALUES_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: %lld examples of %lld variables are more than the %lld values that one "
                       "data set may hold; take fewer at once",
                       name, (long long)examples, (long long)variables, (long long)LK_VALUES_MOST);
    }
    LK_TRY(lk_memory_allow(context, name, "its values",
                           (double)values * (double)sizeof *dataset->values));
    dataset->shape = shape;
    dataset->variables = variables;
    dataset->examples = examples;
    dataset->values = lk_allocate(values, sizeof *dataset->values);
    return dataset->values ? LK_OK : lk_fail_no_memory(context, name, values * 2);
}

lk_status lk_dataset_create(lk_context *context, const char *path, lk_shape shape, int64_t examples,
                            int32_t alphabet, lk_dataset **dataset) {
    LK_REQUIRE(alphabet >= 2 && alphabet <= LK_ALPHABET_MOST);
    *dataset = NULL;
    lk_dataset *made;
    LK_TRY(lk_dataset_begin(context, path, &made));
    lk_status status = lk_dataset_reserve(context, path, made, shape, examples, INT64_MAX);
    if (status != LK_OK) {
        lk_dataset_destroy(made);
        return status;
    }
    made->alphabet = alphabet;
    *dataset = made;
    return LK_OK;
}

/* ---- what belongs to examples ---------------------------------------------------------------- */

static lk_status select_labels(lk_context *context, const lk_dataset *from, const int32_t *order,
                               lk_dataset *to) {
    to->labels = lk_allocate(to->examples, sizeof *to->labels);
    if (to->labels == NULL) {
        return lk_fail_no_memory(context, "labels", to->examples * 4);
    }
    for (int64_t i = 0; i < to->examples; ++i) {
        to->labels[i] = from->labels[order[i]];
    }
    return lk_dictionary_copy(context, &from->classes, &to->classes);
}

static lk_status select_names(lk_context *context, const lk_dataset *from, const int32_t *order,
                              lk_dataset *to) {
    to->names = lk_allocate(to->examples, sizeof *to->names);
    bool kept = to->names != NULL;
    for (int64_t i = 0; i < to->examples && kept; ++i) {
        to->names[i] = lk_duplicate(from->names[order[i]]);
        kept = to->names[i] != NULL;
    }
    return kept ? LK_OK : lk_fail_no_memory(context, "names", to->examples);
}

static lk_status fill_selected(lk_context *context, const lk_dataset *from, const int32_t *order,
                               lk_dataset *to) {
    for (int64_t i = 0; i < to->examples; ++i) {
        memcpy(to->values + i * to->variables, from->values + order[i] * from->variables,
               (size_t)from->variables * sizeof *from->values);
    }
    to->format = from->format;
    to->stored = from->stored;
    to->partial = from->partial;
    if (from->labels != NULL) {
        LK_TRY(select_labels(context, from, order, to));
    }
    if (from->names != NULL) {
        LK_TRY(select_names(context, from, order, to));
    }
    return from->columns != NULL ? lk_columns_copy(context, from->columns, &to->columns) : LK_OK;
}

lk_status lk_dataset_select(lk_context *context, const lk_dataset *from, const int32_t *order,
                            int64_t count, lk_dataset **selected) {
    LK_REQUIRE(from->crops == NULL);
    lk_dataset *made;
    *selected = NULL;
    LK_TRY(lk_dataset_create(context, from->path, from->shape, count, from->alphabet, &made));
    lk_status status = fill_selected(context, from, order, made);
    if (status != LK_OK) {
        lk_dataset_destroy(made);
        return status;
    }
    *selected = made;
    return LK_OK;
}

lk_status lk_dataset_note(lk_context *context, lk_dataset *dataset, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *added = lk_print_list(format, arguments);
    va_end(arguments);
    char *joined =
        added == NULL || dataset->note == NULL ? added : lk_print("%s; %s", dataset->note, added);
    if (joined == NULL) {
        lk_release(added);
        return lk_fail_no_memory(context, "a note", 1);
    }
    if (joined != added) {
        lk_release(added);
        lk_release(dataset->note);
    }
    dataset->note = joined;
    return LK_OK;
}

int64_t lk_dataset_find_unseen(const lk_dataset *dataset) {
    const lk_columns *columns = dataset->columns;
    for (int64_t i = 0; columns != NULL && i < dataset->examples * dataset->variables; ++i) {
        const lk_dictionary *values = &columns->column[i % dataset->variables].values;
        if (values->unseen && dataset->values[i] == values->count) {
            return i;
        }
    }
    return -1;
}

static bool holds_words(const lk_dataset *dataset) {
    return dataset->columns != NULL && lk_columns_have_words(dataset->columns);
}

lk_status lk_dataset_check_grey(lk_context *context, const lk_dataset *dataset) {
    return !holds_words(dataset)
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "%s: a table of words, which are no grey values to binarize%s",
                         dataset->path,
                         lk_advice_or(context, "binarize", ": leave out --binarize",
                                      ": leave lk_loading.binarize false"));
}

void lk_dataset_binarize_all(lk_dataset *dataset, lk_binarization how, uint64_t seed,
                             uint64_t epoch) {
    LK_REQUIRE(!holds_words(dataset));
    if (dataset->crops != NULL && how == LK_BINARIZE_THRESHOLD) {
        lk_crops_threshold(dataset->crops, dataset->alphabet / 2);
    }
    lk_binarizer binarizer = {how, dataset->alphabet, dataset->examples, seed, epoch};
    for (int64_t i = 0; i < dataset->examples; ++i) {
        uint16_t *values = dataset->values + i * dataset->variables;
        lk_dataset_binarize(&binarizer, i, dataset->variables, values, values);
    }
    dataset->alphabet = 2;
}
