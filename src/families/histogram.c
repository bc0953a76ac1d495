/* Histogram: probabilities are counted frequencies.
 *
 * Joint, when alphabet^variables cells are few: p(x) = (count(x) + s) / (N + s alphabet^variables),
 * s the smoothing. It is stored as what the engine runs, one table for each variable of its
 * conditional given all variables of lower rank,
 *   p(x_v | x_<v) = (count(x_<v, x_v) + s R) / (count(x_<v) + s R alphabet),  R =
 *     alphabet^(variables that
 * stand after v), so that the product of the conditionals is exactly the smoothed joint frequency.
 * (Variables of equal rank are conditionally independent, as everywhere; natural orderings have
 * none.) Rows whose parents never occurred and have no pseudo-counts are uniform.
 *
 * Otherwise one histogram a variable: p(x_v) = (count(x_v) + s) / (N + s alphabet).
 *
 * s = 0 gives pure frequencies, with which a value that did not occur in training has probability 0
 * and an infinite NLL. The default 0.1 costs next to nothing where counts are large, and does not
 * drown a sparse joint table as the customary 1 would: 2^20 cells get 104,858 pseudo-examples, not
 * a million. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/maths.h"
#include "dist/dist.h"
#include "models/model.h"
#include "ops/ops.h"

static const lk_setting settings[] = {
    {.key = "smoothing",
     .kind = LK_REAL,
     .fallback = "0.1",
     .least = 0,
     .most = 1e9,
     .help = "pseudo-count of each cell: 0 for pure frequencies, 1 for Laplace's rule",
     .training_only = true},
    {.key = "joint",
     .kind = LK_CHOICE,
     .fallback = "auto",
     .choices = "auto|yes|no",
     .help = "one histogram over all variables together; auto: when it has at most `cells` cells"},
    {.key = "cells",
     .kind = LK_INTEGER,
     .fallback = "1048576",
     .least = 1,
     .most = 1 << 26,
     .help = "most cells of a joint histogram"},
};

/* ---- which tables there are ------------------------------------------------------------------ */

/* The product of the variables' alphabets, or -1 when that is more than `most`. */
static int64_t joint_cells(const lk_model *model, int64_t most) {
    int64_t cells = 1;
    for (int64_t v = 0; v < model->data.variables; v++) {
        int32_t alphabet = lk_model_alphabet_of(model, v);
        if (cells > most / alphabet) {
            return -1;
        }
        cells *= alphabet;
    }
    return cells;
}

static lk_status choose_joint(const lk_model *model, bool *joint) {
    const char *wish = lk_settings_text(&model->settings, "joint");
    int64_t most = lk_settings_integer(&model->settings, "cells");
    bool fits = joint_cells(model, most) > 0;
    *joint = strcmp(wish, "no") != 0 && fits;
    if (strcmp(wish, "yes") == 0 && !fits) {
        return lk_fail(model->context, LK_INVALID,
                       "a joint histogram of %lld variables of up to %d symbols has more than "
                       "%lld cells; set joint=no",
                       (long long)model->data.variables, model->data.alphabet, (long long)most);
    }
    return LK_OK;
}

/* The variables sorted by (rank, variable), and how many of them stand before v's rank: v's parents
 * in a joint histogram. */
typedef struct places {
    int32_t *order;  /* [variables] */
    int64_t *before; /* [variables] */
} places;

typedef struct placed {
    int32_t rank, variable;
} placed;

static int compare_placed(const void *a, const void *b) {
    const placed *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank)
                              : (x->variable > y->variable) - (x->variable < y->variable);
}

static void places_deinit(places *p) {
    lk_release(p->order);
    lk_release(p->before);
}

static lk_status places_init(lk_context *context, int64_t variables, const int32_t *rank,
                             bool joint, places *p) {
    placed *sorted = lk_allocate(variables, sizeof *sorted);
    *p = (places){lk_allocate(variables, sizeof *p->order),
                  lk_allocate(variables, sizeof *p->before)};
    if (sorted == NULL || p->order == NULL || p->before == NULL) {
        lk_release(sorted);
        places_deinit(p);
        return lk_fail_no_memory(context, "histogram", variables * (int64_t)sizeof *sorted);
    }
    for (int64_t v = 0; v < variables; v++) {
        sorted[v] = (placed){rank[v], (int32_t)v};
    }
    qsort(sorted, (size_t)variables, sizeof *sorted, compare_placed);
    for (int64_t i = 0, first = 0; i < variables; i++) {
        first = i > 0 && sorted[i].rank != sorted[i - 1].rank ? i : first;
        p->order[i] = sorted[i].variable;
        p->before[sorted[i].variable] = joint ? first : 0;
    }
    lk_release(sorted);
    return LK_OK;
}

static lk_status add_tables(const places *p, lk_graph *graph) {
    int64_t variables = graph->variables, total = 0;
    int64_t *begin = lk_arena_take(graph->arena, variables + 1, sizeof *begin);
    for (int64_t v = 0; begin != NULL && v < variables; v++) {
        total += p->before[v];
        begin[v + 1] = total;
    }
    int32_t *parent = lk_arena_take(graph->arena, total, sizeof *parent);
    if (begin == NULL || parent == NULL) {
        return lk_fail_no_memory(graph->context, "histogram",
                                 (variables + total) * (int64_t)sizeof *begin);
    }
    for (int64_t v = 0; v < variables; v++) {
        memcpy(parent + begin[v], p->order, (size_t)p->before[v] * sizeof *parent);
    }
    lk_node *logits = lk_lookup(graph, "histogram", graph->data, variables, begin, parent,
                                graph->alphabet, graph->alphabet);
    return lk_graph_finish(graph, logits, &lk_categorical);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    bool joint;
    places p;
    LK_TRY(choose_joint(model, &joint));
    LK_TRY(places_init(graph->context, graph->variables, graph->rank, joint, &p));
    lk_status status = add_tables(&p, graph);
    places_deinit(&p);
    return status;
}

/* Without parents all variables are independent, and one step generates them. */
static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    (void)variant;
    bool joint;
    LK_TRY(choose_joint(model, &joint));
    for (int64_t v = 0; v < model->data.variables; v++) {
        rank[v] = joint ? model->rank[v] : 0;
    }
    return LK_OK;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* count[first row of v + number of the parents' values][x_v], rows as long as the largest
 * alphabet. */
static void count_examples(const lk_model *model, const lk_dataset *train, const places *p,
                           const int64_t *first_row, double *count) {
    for (int64_t n = 0; n < train->examples; n++) {
        const uint16_t *x = train->values + n * train->variables;
        int64_t index = 0, done = 0;
        for (int64_t i = 0; i < train->variables; i++) {
            int32_t v = p->order[i];
            for (; done < p->before[v]; done++) {
                index = index * lk_model_alphabet_of(model, p->order[done]) + x[p->order[done]];
            }
            count[(first_row[v] + index) * model->data.alphabet + x[v]] += 1.0;
        }
    }
}

static void write_log_probabilities(const double *count, double pseudo, int32_t alphabet,
                                    float *log_probability) {
    double total = 0.0;
    for (int32_t a = 0; a < alphabet; a++) {
        total += count[a] + pseudo;
    }
    for (int32_t a = 0; a < alphabet; a++) {
        double p = total > 0.0 ? (count[a] + pseudo) / total : 1.0 / alphabet;
        log_probability[a] = lk_log_scalar((float)p);
    }
}

/* Each cell of a table of v stands for as many cells of the joint as the variables behind it have
 * values together. */
static double pseudo_count(const lk_model *model, bool joint, const places *p, int64_t place) {
    double pseudo = lk_settings_real(&model->settings, "smoothing");
    for (int64_t i = place + 1; joint && i < model->data.variables; i++) {
        pseudo *= lk_model_alphabet_of(model, p->order[i]);
    }
    return pseudo;
}

/* Where each variable's rows begin, and how many there are in all. */
static void number_rows(const lk_model *model, const places *p, int64_t *first_row) {
    int64_t variables = model->data.variables, rows = 0;
    for (int64_t v = 0; v < variables; v++) {
        int64_t own = 1;
        for (int64_t i = 0; i < p->before[v]; i++) {
            own *= lk_model_alphabet_of(model, p->order[i]);
        }
        first_row[v] = rows;
        rows += own;
    }
    first_row[variables] = rows;
}

static lk_status count_tables(lk_model *model, const lk_dataset *train, bool joint, const places *p,
                              int64_t *first_row) {
    int32_t channels = model->data.alphabet;
    number_rows(model, p, first_row);
    int64_t rows = first_row[train->variables];
    int32_t index = lk_parameters_find(model->parameters, "histogram.table");
    LK_REQUIRE(index >= 0 && model->parameters->list[index].rows == rows);
    double *count = lk_allocate(rows * channels, sizeof *count);
    if (count == NULL) {
        return lk_fail_no_memory(model->context, "counts",
                                 rows * channels * (int64_t)sizeof *count);
    }
    count_examples(model, train, p, first_row, count);
    for (int64_t place = 0; place < train->variables; place++) {
        int32_t v = p->order[place];
        double pseudo = pseudo_count(model, joint, p, p->before[v]);
        for (int64_t row = first_row[v]; row < first_row[v + 1]; row++) {
            write_log_probabilities(count + row * channels, pseudo, lk_model_alphabet_of(model, v),
                                    model->parameters->list[index].value + row * channels);
        }
    }
    lk_release(count);
    return LK_OK;
}

static lk_status fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                     const lk_fit_options *options) {
    (void)options;
    bool joint;
    places p;
    LK_TRY(lk_model_accepts(model, train));
    LK_TRY(valid == NULL ? LK_OK : lk_model_accepts(model, valid));
    LK_TRY(choose_joint(model, &joint));
    LK_TRY(places_init(model->context, train->variables, model->rank, joint, &p));
    int64_t *first_row = lk_allocate(train->variables + 1, sizeof *first_row);
    lk_status status = first_row == NULL
                           ? lk_fail_no_memory(model->context, "histogram", train->variables * 8)
                           : count_tables(model, train, joint, &p, first_row);
    lk_release(first_row);
    places_deinit(&p);
    return status;
}

const lk_family lk_histogram_family = {
    .name = "histogram",
    .tables = true,
    .per_variable = true,
    .place = 20,
    .any_order = true,
    .yardstick = true,
    .summary =
        "counted frequencies, of all variables together when they are few, of each one otherwise",
    .paper = "",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ordering = ordering,
    .build = build,
    .fit = fit,
};
