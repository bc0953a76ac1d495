/* Scores as a table: a row for each example. */
#include <math.h>

#include "base/measure.h"
#include "data/labels.h"
#include "jobs/score.h"
#include "jobs/table.h"

#define P_VALUE_DIGITS 6

typedef struct rows {
    const lk_scores *scores;
    const lk_dataset *dataset;
    const int32_t *labels; /* or NULL: the data set's own */
} rows;

static void add_if(lk_row *row, const char *key, const double *column, int64_t i) {
    if (column != NULL) {
        lk_row_add(row, lk_cell_real(key, column[i]));
    }
}

/* An anomaly's number, or else the class. */
static void add_label(lk_row *row, const rows *all, int64_t i) {
    lk_row_add(row,
               all->labels != NULL
                   ? lk_cell_integer("label", all->labels[i])
                   : lk_cell_label("label", lk_dataset_label_text(all->dataset, i, row->digits)));
}

/* Of example i; of none the columns alone. */
static void fill(const void *of, int64_t i, lk_row *row) {
    const rows *all = of;
    const lk_scores *scores = all->scores;
    const lk_dataset *dataset = all->dataset;
    bool some = scores->examples > 0;
    int64_t variable = some ? scores->variable[i] : 0;
    double nll = some ? scores->nll_nats[i] : 0.0;
    lk_row_add(row, lk_cell_integer("example", i + 1));
    if (dataset->names != NULL) {
        lk_row_add(row, lk_cell_text("name", some ? dataset->names[i] : ""));
    }
    lk_row_add(row, lk_cell_real("nll_nats", nll));
    lk_row_add(row,
               lk_cell_real("bits_per_dim", nll / LK_NATS_PER_BIT / (double)dataset->variables));
    if (scores->bound) {
        lk_row_add(row, lk_cell_integer("bound", 1));
    }
    add_if(row, "background_nats", scores->background_nats, i);
    add_if(row, "complexity_nats", scores->complexity_nats, i);
    lk_row_add(row, lk_cell_real("score", some ? scores->score[i] : 0.0));
    add_if(row, "p_value", scores->p_value, i);
    row->cell[row->count - 1].digits = scores->p_value != NULL ? P_VALUE_DIGITS : 0;
    if (all->labels != NULL || dataset->labels != NULL) {
        if (some) {
            add_label(row, all, i);
        } else {
            lk_row_add(row, lk_cell_integer("label", 0));
        }
    }
    lk_row_add(row, lk_cell_integer("variable", variable + 1));
    lk_row_add(row, lk_cell_real("variable_nats", some ? scores->variable_nats[i] : 0.0));
    if (dataset->columns != NULL) {
        lk_row_add(row, lk_cell_text("column", dataset->columns->column[variable].name));
    }
}

lk_status lk_scores_hold(lk_context *context, const lk_scores *scores, const lk_dataset *dataset,
                         const int32_t *labels, const char *path, lk_batch *batch) {
    const rows all = {scores, dataset, labels};
    return lk_table_write(context, path, scores->examples, fill, &all, batch);
}
