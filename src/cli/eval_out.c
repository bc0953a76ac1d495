/* likely eval --out: the likelihood of each example, or of each text. */
#include <stdlib.h>

#include "base/measure.h"
#include "cli/eval_result.h"
#include "data/labels.h"
#include "jobs/table.h"

#define CELLS_MOST 8

typedef struct eval_row {
    lk_cell cell[CELLS_MOST];
    int32_t count;
    char digits[16];
} eval_row;

static void add(eval_row *row, lk_cell cell) {
    row->cell[row->count++] = cell;
}

static bool some(const eval_result *r) {
    return r->items != NULL;
}

static void add_text(const eval_result *r, int64_t i, eval_row *row) {
    double nll = some(r) ? r->evaluation.nll_nats[i] : 0.0, bits = nll / LK_NATS_PER_BIT;
    int64_t symbols = some(r) ? lk_items_length(r->items, i) : 1;
    int64_t bytes = some(r) ? lk_items_bytes(r->items, i) : 1;
    add(row, lk_cell_integer("text", i + 1));
    add(row, lk_cell_text("name", some(r) ? lk_items_name(r->items, i) : ""));
    add(row, lk_cell_integer("symbols", symbols));
    add(row, lk_cell_integer("bytes", bytes));
    add(row, lk_cell_real("nll_nats", nll));
    add(row, lk_cell_real("bits_per_byte", bits / (double)bytes));
}

static void add_example(const eval_result *r, int64_t i, eval_row *row) {
    double nll = some(r) ? r->evaluation.nll_nats[i] : 0.0;
    add(row, lk_cell_integer("example", i + 1));
    if (r->session->dataset->names != NULL) {
        add(row, lk_cell_text("name", some(r) ? r->session->dataset->names[i] : ""));
    }
    add(row, lk_cell_real("nll_nats", nll));
    add(row, lk_cell_real("bits_per_dim", eval_bits_per_dim(r, nll)));
}

/* The class of a model, whose name may be a number. */
static lk_cell class_cell(const lk_model *model, const char *key, uint16_t symbol) {
    const lk_dictionary *classes = &model->data.classes;
    char *end;
    if (classes->count == 0) {
        return lk_cell_integer(key, symbol);
    }
    const char *text = lk_dictionary_text(classes, symbol);
    long number = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' ? lk_cell_integer(key, number) : lk_cell_text(key, text);
}

/* The label that the model is given, or that the data have beside it, and what was chosen. */
static void add_labels(const eval_result *r, int64_t i, eval_row *row) {
    const lk_model *model = r->session->model;
    const lk_dataset *dataset = r->session->dataset;
    const uint16_t *labels = some(r) ? lk_items_labels(r->items) : NULL;
    int32_t number;
    if (model->data.labels > 0) {
        add(row, class_cell(model, "label", labels != NULL ? labels[i] : 0));
    } else if (dataset != NULL && dataset->labels != NULL && some(r)) {
        add(row, lk_dataset_label_number(dataset, i, &number)
                     ? lk_cell_integer("label", number)
                     : lk_cell_text("label", lk_dataset_label_text(dataset, i, row->digits)));
    }
    if (r->classes.labels > 0) {
        add(row, class_cell(model, "most_probable", r->classes.chosen[i]));
    }
}

static void fill(const eval_result *r, int64_t i, eval_row *row) {
    row->count = 0;
    (r->session->model->data.stream ? add_text : add_example)(r, i, row);
    add_labels(r, i, row);
}

lk_status eval_write(const eval_result *r, const char *path) {
    eval_row row;
    lk_table *table;
    fill(r, 0, &row);
    LK_TRY(lk_table_create(r->session->context, path, row.cell, row.count, &table));
    lk_status status = LK_OK;
    for (int64_t i = 0; i < r->evaluation.items && status == LK_OK; i++) {
        fill(r, i, &row);
        status = lk_table_put(table, row.cell, row.count);
    }
    if (status != LK_OK) {
        lk_table_abandon(table);
        return status;
    }
    return lk_table_commit(table);
}
