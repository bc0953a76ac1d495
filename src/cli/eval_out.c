/* likely eval --out: the likelihood of each example, or of each text. */
#include "base/measure.h"
#include "cli/eval_result.h"
#include "data/labels.h"
#include "jobs/table.h"

static bool some(const eval_result *r) {
    return r->items != NULL;
}

static void add_text(const eval_result *r, int64_t i, lk_row *row) {
    double nll = some(r) ? r->evaluation.nll_nats[i] : 0.0, bits = nll / LK_NATS_PER_BIT;
    int64_t symbols = some(r) ? lk_items_length(r->items, i) : 1;
    int64_t bytes = some(r) ? lk_items_bytes(r->items, i) : 1;
    lk_row_add(row, lk_cell_integer("text", i + 1));
    lk_row_add(row, lk_cell_text("name", some(r) ? lk_items_name(r->items, i) : ""));
    lk_row_add(row, lk_cell_integer("symbols", symbols));
    lk_row_add(row, lk_cell_integer("bytes", bytes));
    lk_row_add(row, lk_cell_real("nll_nats", nll));
    lk_row_add(row, lk_cell_real("bits_per_byte", bits / (double)bytes));
}

static void add_example(const eval_result *r, int64_t i, lk_row *row) {
    double nll = some(r) ? r->evaluation.nll_nats[i] : 0.0;
    lk_row_add(row, lk_cell_integer("example", i + 1));
    if (r->session->dataset->names != NULL) {
        lk_row_add(row, lk_cell_text("name", some(r) ? r->session->dataset->names[i] : ""));
    }
    lk_row_add(row, lk_cell_real("nll_nats", nll));
    lk_row_add(row, lk_cell_real("bits_per_dim", eval_bits_per_dim(r, nll)));
    if (lk_model_bound(r->session->model)) {
        lk_row_add(row, lk_cell_integer("bound", 1));
    }
}

static lk_cell class_cell(const lk_model *model, const char *key, uint16_t symbol) {
    const lk_dictionary *classes = &model->data.classes;
    return classes->count == 0 ? lk_cell_integer(key, symbol)
                               : lk_cell_label(key, lk_dictionary_text(classes, symbol));
}

/* The label that the model is given, or that the data have beside it, and what was chosen. */
static void add_labels(const eval_result *r, int64_t i, lk_row *row) {
    const lk_model *model = r->session->model;
    const lk_dataset *dataset = r->session->dataset;
    const uint16_t *labels = some(r) ? lk_items_labels(r->items) : NULL;
    if (model->data.labels > 0) {
        lk_row_add(row, class_cell(model, "label", labels != NULL ? labels[i] : 0));
    } else if (dataset != NULL && dataset->labels != NULL && some(r)) {
        lk_row_add(row, lk_cell_label("label", lk_dataset_label_text(dataset, i, row->digits)));
    }
    if (r->classes.labels > 0) {
        lk_row_add(row, class_cell(model, "most_probable", r->classes.chosen[i]));
    }
}

static void fill(const void *of, int64_t i, lk_row *row) {
    const eval_result *r = of;
    (r->session->model->data.stream ? add_text : add_example)(r, i, row);
    add_labels(r, i, row);
}

lk_status eval_write(const eval_result *r, const char *path) {
    return lk_table_write(r->session->context, path, r->evaluation.items, fill, r, NULL);
}
