/* Words: what columns, symbols and labels are called, of data and of models. Of what has no words
 * the numbers themselves are meant. */
#include <string.h>

#include "library/library.h"

/* ---- of a table ------------------------------------------------------------------------------ */

/* -1: the one that became the labels, of which there may be none. */
static bool has_column(const lk_columns *columns, int64_t variable) {
    return columns != NULL && variable >= -1 && variable < columns->count;
}

static const lk_dictionary *values_of(const lk_columns *columns, int64_t variable) {
    bool there = has_column(columns, variable) && variable >= 0 && lk_columns_have_words(columns);
    return there ? &columns->column[variable].values : NULL;
}

static const char *column_name(const lk_columns *columns, int64_t variable) {
    if (!has_column(columns, variable)) {
        return NULL;
    }
    return variable < 0 ? columns->label : columns->column[variable].name;
}

static int64_t find_column(const lk_columns *columns, const char *name) {
    return columns != NULL && name != NULL ? lk_columns_find(columns, name) : -1;
}

static const char *remark_of(const lk_columns *columns, int64_t variable) {
    if (!has_column(columns, variable)) {
        return NULL;
    }
    return variable < 0 ? columns->label_remark : columns->column[variable].remark;
}

/* ---- of a dictionary ------------------------------------------------------------------------- */

static const char *word_of(const lk_dictionary *words, int32_t symbol) {
    bool there = words != NULL && symbol >= 0 && symbol < lk_dictionary_alphabet(words);
    return there ? lk_dictionary_text(words, symbol) : NULL;
}

static int32_t find_word(const lk_dictionary *words, const char *word) {
    bool asked = words != NULL && word != NULL;
    return asked ? lk_dictionary_symbol(words, word, (int64_t)strlen(word)) : -1;
}

/* ---- of data --------------------------------------------------------------------------------- */

static const lk_columns *columns_of(const lk_data *data) {
    return data != NULL && data->dataset != NULL ? data->dataset->columns : NULL;
}

static const lk_dictionary *classes_of(const lk_data *data) {
    return data == NULL ? NULL : data->dataset != NULL ? &data->dataset->classes : &data->classes;
}

const char *lk_data_column(const lk_data *data, int64_t variable) {
    return column_name(columns_of(data), variable);
}

int64_t lk_data_find_column(const lk_data *data, const char *name) {
    return find_column(columns_of(data), name);
}

const char *lk_data_word(const lk_data *data, int64_t variable, int32_t symbol) {
    return word_of(values_of(columns_of(data), variable), symbol);
}

int32_t lk_data_find_word(const lk_data *data, int64_t variable, const char *word) {
    return find_word(values_of(columns_of(data), variable), word);
}

const char *lk_data_remark(const lk_data *data, int64_t variable) {
    return remark_of(columns_of(data), variable);
}

const char *lk_data_label_name(const lk_data *data, int32_t label) {
    return word_of(classes_of(data), label);
}

int32_t lk_data_find_label(const lk_data *data, const char *name) {
    return find_word(classes_of(data), name);
}

/* ---- of a model ------------------------------------------------------------------------------ */

const char *lk_model_column(const lk_model *model, int64_t variable) {
    return model != NULL ? column_name(model->data.columns, variable) : NULL;
}

int64_t lk_model_find_column(const lk_model *model, const char *name) {
    return model != NULL ? find_column(model->data.columns, name) : -1;
}

const char *lk_model_word(const lk_model *model, int64_t variable, int32_t symbol) {
    return model != NULL ? word_of(values_of(model->data.columns, variable), symbol) : NULL;
}

int32_t lk_model_find_word(const lk_model *model, int64_t variable, const char *word) {
    return model != NULL ? find_word(values_of(model->data.columns, variable), word) : -1;
}

const char *lk_model_remark(const lk_model *model, int64_t variable) {
    return model != NULL ? remark_of(model->data.columns, variable) : NULL;
}

const char *lk_model_label_name(const lk_model *model, int32_t label) {
    return model != NULL ? word_of(&model->data.classes, label) : NULL;
}

int32_t lk_model_find_label(const lk_model *model, const char *name) {
    return model != NULL ? find_word(&model->data.classes, name) : -1;
}
