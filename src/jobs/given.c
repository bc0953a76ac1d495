/* Reading what samples are to be held at, from lines of values, data sets and texts. */
#include "jobs/given.h"

#include <string.h>

#include "base/memory.h"
#include "data/labels.h"
#include "models/take.h"

#define GIVEN_VALUES_MOST ((int64_t)1 << 30)

lk_status lk_given_open(lk_context *context, const char *name, int64_t examples, int64_t variables,
                        lk_shape shape, lk_given *given) {
    if (examples > GIVEN_VALUES_MOST / variables) {
        return lk_fail(context, LK_INVALID,
                       "%s: %lld rows of %lld variables are more than %lld values", name,
                       (long long)examples, (long long)variables, (long long)GIVEN_VALUES_MOST);
    }
    *given = (lk_given){.examples = examples, .variables = variables, .shape = shape};
    given->values = lk_allocate(examples * variables, sizeof *given->values);
    if (given->values == NULL) {
        return lk_fail_no_memory(context, name, examples * variables * 4);
    }
    memset(given->values, 0xff, (size_t)(examples * variables) * sizeof *given->values);
    return LK_OK;
}

void lk_given_deinit(lk_given *given) {
    lk_release(given->values);
    lk_release(given->labels);
    lk_prompt_close(given->prompt);
    *given = (lk_given){0};
}

static lk_status or_nothing(lk_status status, lk_given *given) {
    if (status != LK_OK) {
        lk_given_deinit(given);
    }
    return status;
}

/* ---- lines of values ------------------------------------------------------------------------- */

typedef struct reading {
    const lk_model *model;
    const char *path;
    lk_given *given;
    const char *at, *end;
    int64_t line;
} reading;

static bool is_separator(char c) {
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

/* -1 for `?`. */
static lk_status parse_value(reading *r, int64_t variable, int32_t *value) {
    const lk_data_description *data = &r->model->data;
    int32_t alphabet = data->alphabets != NULL ? data->alphabets[variable] : data->alphabet;
    *value = -1;
    if (*r->at == '?') {
        r->at++;
    } else {
        int64_t number = 0;
        const char *digits = r->at;
        for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && number <= LK_ALPHABET_MOST;
             r->at++) {
            number = 10 * number + (*r->at - '0');
        }
        if (r->at == digits || number >= alphabet) {
            return lk_fail(
                r->model->context, LK_FORMAT,
                "%s: line %lld, value %lld: expected 0..%d, or ? for a variable to be drawn",
                r->path, (long long)r->line, (long long)variable + 1, alphabet - 1);
        }
        *value = (int32_t)number;
    }
    if (r->at < r->end && !is_separator(*r->at) && *r->at != '\n') {
        return lk_fail(r->model->context, LK_FORMAT, "%s: line %lld, value %lld: unexpected '%c'",
                       r->path, (long long)r->line, (long long)variable + 1,
                       *r->at >= ' ' && *r->at <= '~' ? *r->at : '?');
    }
    return LK_OK;
}

/* Nothing between two commas, or before the first, is a value to be drawn. */
static lk_status parse_line(reading *r) {
    int64_t variable = 0, most = r->given->variables;
    bool awaited = true;
    while (r->at < r->end && *r->at != '\n') {
        int32_t value;
        if (is_separator(*r->at)) {
            bool comma = *r->at++ == ',';
            variable += comma && awaited;
            awaited = awaited || comma;
            continue;
        }
        awaited = false;
        if (variable >= most) {
            return lk_fail(r->model->context, LK_FORMAT,
                           "%s: line %lld has more than %lld variables", r->path,
                           (long long)r->line, (long long)most);
        }
        LK_TRY(parse_value(r, variable, &value));
        if (value >= 0) {
            lk_given_hold(r->given, r->line - 1, variable, value);
        }
        variable++;
    }
    r->at += r->at < r->end ? 1 : 0;
    return LK_OK;
}

static int64_t count_lines(const lk_bytes *bytes) {
    int64_t lines = 0;
    for (int64_t i = 0; i < bytes->size; i++) {
        lines += bytes->data[i] == '\n' || i + 1 == bytes->size ? 1 : 0;
    }
    return lines;
}

static lk_status parse_lines(reading *r, const lk_bytes *bytes, lk_shape shape) {
    int64_t lines = count_lines(bytes);
    lk_shape there = r->model->data.shape;
    if (lines == 0) {
        return lk_fail(r->model->context, LK_FORMAT,
                       "%s: empty; expected one example a line, ? where a value is to be drawn",
                       r->path);
    }
    if (shape.axes > 0) {
        LK_TRY(lk_model_shape_for(r->model, r->path, shape, &there));
    }
    int64_t variables = shape.axes > 0 ? lk_shape_variables(there) : r->model->data.variables;
    LK_TRY(lk_given_open(r->model->context, r->path, lines, variables, there, r->given));
    for (r->line = 1; r->line <= lines; r->line++) {
        LK_TRY(parse_line(r));
    }
    return lk_given_see(r->model, r->path, r->given);
}

lk_status lk_given_parse(const lk_model *model, const char *name, const lk_bytes *bytes,
                         lk_shape shape, lk_given *given) {
    const char *text = (const char *)bytes->data;
    reading r = {
        .model = model, .path = name, .given = given, .at = text, .end = text + bytes->size};
    *given = (lk_given){0};
    return or_nothing(parse_lines(&r, bytes, shape), given);
}

/* ---- data sets ------------------------------------------------------------------------------- */

static int64_t row_of(lk_shape image) {
    return lk_shape_variables(image) / image.size[0];
}

/* Rows for what is completed. *part: the data are the upper part of it. view: whose cells they are
 * of, or NULL. */
static lk_status open_for(const lk_model *model, const lk_dataset *dataset, const lk_view *view,
                          bool *part, lk_given *given) {
    lk_shape there = model->data.shape;
    *part = lk_model_part(model, dataset->shape);
    LK_TRY(*part ? lk_model_accepts_values(model, dataset)
                 : lk_model_takes(model, dataset, &there));
    LK_TRY(lk_given_open(model->context, dataset->path, dataset->examples,
                         lk_view_length(view, lk_shape_variables(there)), there, given));
    given->view = view;
    return LK_OK;
}

static bool any_open(const lk_dataset *dataset, int64_t example, int64_t first, int32_t count) {
    bool open = false;
    for (int64_t v = first; v < first + count && dataset->open != NULL; v++) {
        open = open || dataset->open[example * dataset->variables + v];
    }
    return open;
}

/* The first `count` places in the ordering at that size. A value of a picture has the same number
 * in a higher one. */
static lk_status hold_places(const lk_model *model, const lk_dataset *dataset, int64_t count,
                             lk_given *given) {
    lk_graph *graph;
    LK_TRY(lk_model_graph_ordered(model, given->shape, &graph));
    int64_t raw = lk_shape_variables(given->shape), missing = -1, first;
    for (int64_t place = 0; place < count && missing < 0; place++) {
        int64_t variable = graph != NULL ? graph->by_rank[place] : place;
        int32_t made_of = lk_view_made_of(given->view, variable, raw, &first);
        missing = first + made_of <= dataset->variables ? -1 : first;
        for (int64_t n = 0; n < given->examples && missing < 0; n++) {
            const uint16_t *x = dataset->values + n * dataset->variables;
            uint16_t symbol;
            if (!any_open(dataset, n, first, made_of)) {
                lk_view_read(given->view, x, raw, variable, 1, &symbol);
                lk_given_hold(given, n, variable, symbol);
            }
        }
    }
    lk_graph_destroy(graph);
    return missing < 0 ? LK_OK
                       : lk_fail(model->context, LK_INVALID,
                                 "%s: of the first %lld variables of the model's ordering "
                                 "variable %lld is not in the picture",
                                 dataset->path, (long long)count, (long long)missing + 1);
}

lk_status lk_given_prefix(const lk_model *model, const lk_dataset *dataset, int64_t count,
                          lk_given *given) {
    bool part;
    const lk_view *view = lk_model_view(model);
    int64_t most = lk_view_length(view, dataset->variables);
    *given = (lk_given){0};
    LK_TRY(open_for(model, dataset, view, &part, given));
    lk_status status = count < 0 || count > most
                           ? lk_fail(model->context, LK_INVALID,
                                     "%s: cannot hold the first %lld of %lld variables",
                                     dataset->path, (long long)count, (long long)most)
                           : hold_places(model, dataset, count, given);
    return or_nothing(status, given);
}

lk_status lk_given_table(const lk_model *model, const lk_dataset *dataset, lk_given *given) {
    bool part;
    int64_t held = 0, count = dataset->examples * dataset->variables;
    LK_REQUIRE(dataset->open != NULL);
    *given = (lk_given){0};
    LK_TRY(open_for(model, dataset, NULL, &part, given));
    for (int64_t i = 0; i < count; i++) {
        if (!dataset->open[i]) {
            lk_given_hold(given, i / dataset->variables, i % dataset->variables,
                          dataset->values[i]);
            held++;
        }
    }
    lk_status status =
        held < count
            ? lk_given_see(model, dataset->path, given)
            : lk_fail(model->context, LK_INVALID,
                      "%s: all values are given: write ? where one is to be drawn, or "
                      "hold the first of the ordering%s",
                      dataset->path,
                      lk_advice(model->context, "given-variables", " (--given-variables N)"));
    return or_nothing(status, given);
}

/* How many cells are held at that word, where it could as well leave them open. */
static int64_t count_held(const lk_dataset *dataset, const char *word) {
    int64_t held = 0;
    for (int64_t v = 0; v < dataset->variables; v++) {
        int32_t symbol =
            lk_dictionary_find(&dataset->columns->column[v].values, word, (int64_t)strlen(word));
        for (int64_t n = 0; n < dataset->examples && symbol >= 0; n++) {
            int64_t at = n * dataset->variables + v;
            held += !dataset->open[at] && dataset->values[at] == symbol;
        }
    }
    return held;
}

lk_status lk_given_note(lk_context *context, lk_dataset *dataset) {
    static const char *const marks[] = {"", "?"};
    LK_REQUIRE(dataset->open != NULL);
    for (int i = 0; i < 2 && dataset->columns != NULL; i++) {
        int64_t held = count_held(dataset, marks[i]);
        LK_TRY(held == 0 ? LK_OK
                         : lk_dataset_note(context, dataset,
                                           "%lld %s held as the word '%s' (%s stood in the "
                                           "training data; leave out the column to draw it)",
                                           (long long)held, held == 1 ? "cell is" : "cells are",
                                           marks[i], held == 1 ? "it" : "they"));
    }
    return LK_OK;
}

lk_status lk_given_rows(const lk_model *model, const lk_dataset *dataset, int64_t rows,
                        lk_given *given) {
    bool part;
    const lk_columns *columns = model->data.columns;
    bool words = columns != NULL && lk_columns_have_words(columns);
    *given = (lk_given){0};
    if (words || lk_shape_picture(model->data.shape).axes != 3) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: the model is not for images, so there are no rows to hold: say how "
                       "many variables of the ordering are given%s",
                       dataset->path,
                       lk_advice(model->context, "given-variables", " (--given-variables)"));
    }
    LK_TRY(open_for(model, dataset, NULL, &part, given));
    int64_t row = row_of(lk_shape_picture(given->shape)), most = dataset->variables / row;
    rows = rows >= 0 ? rows : part ? most : most / 2;
    if (rows > most) {
        lk_given_deinit(given);
        return lk_fail(model->context, LK_INVALID, "%s: cannot hold the first %lld of %lld rows",
                       dataset->path, (long long)rows, (long long)most);
    }
    for (int64_t n = 0; n < given->examples; n++) {
        for (int64_t v = 0; v < rows * row; v++) {
            lk_given_hold(given, n, v, dataset->values[n * dataset->variables + v]);
        }
    }
    return or_nothing(lk_given_see(model, dataset->path, given), given);
}

/* ---- labels ---------------------------------------------------------------------------------- */

static bool is_open(const lk_model *model, const char *text) {
    bool mark = text[0] == '\0' || strcmp(text, "?") == 0;
    return mark && lk_label_find(&model->data.classes, text) < 0;
}

/* Of one row; chosen < 0: none is. */
static lk_status hold_label(const lk_model *model, const lk_dataset *dataset, int64_t row,
                            int32_t chosen, uint16_t *label) {
    char digits[16];
    const char *text = lk_dataset_label_text(dataset, row, digits);
    *label = (uint16_t)chosen;
    if (is_open(model, text)) {
        return chosen >= 0
                   ? LK_OK
                   : lk_fail(model->context, LK_INVALID,
                             "%s: example %lld leaves its label open, and the model is of p(x | "
                             "label): give one%s",
                             dataset->path, (long long)row + 1,
                             lk_advice(model->context, "label", " (--label)"));
    }
    LK_TRY(lk_model_label(model, text, label));
    return chosen < 0 || *label == chosen
               ? LK_OK
               : lk_fail(model->context, LK_INVALID,
                         "%s: example %lld holds the label '%.60s', and another one is asked for: "
                         "leave one of them out",
                         dataset->path, (long long)row + 1, text);
}

lk_status lk_given_labels(const lk_model *model, const lk_dataset *dataset, int32_t chosen,
                          lk_given *given) {
    bool column = dataset->columns != NULL && dataset->columns->label != NULL;
    if (model->data.labels == 0 || dataset->labels == NULL || (chosen >= 0 && !column)) {
        return LK_OK;
    }
    given->labels = lk_allocate(dataset->examples, sizeof *given->labels);
    if (given->labels == NULL) {
        return lk_fail_no_memory(model->context, dataset->path, dataset->examples * 2);
    }
    for (int64_t i = 0; i < dataset->examples; i++) {
        LK_TRY(hold_label(model, dataset, i, chosen, &given->labels[i]));
    }
    return LK_OK;
}
