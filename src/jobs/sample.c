/* Ancestral sampling. Sample i, variable v is decided by the random number (seed, i, v) and the
 * conditional's inverse cumulative distribution, so that batch, schedule and threads do not
 * matter. */
#include "jobs/sample.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "graph/execution.h"
#include "jobs/sample_group.h"
#include "jobs/sample_other_size.h"
#include "base/double_maths.h"

/* ---- held variables -------------------------------------------------------------------------- */

static lk_status refuse_held(const lk_model *model, int64_t early, int64_t late) {
    return lk_fail(model->context, LK_INVALID,
                   "variable %lld is held, but variable %lld, which comes before it in the model's "
                   "ordering, is to be drawn: "
                   "hold a prefix of the ordering (or train made with order_agnostic=true, which "
                   "takes any subset)",
                   (long long)late, (long long)early);
}

static bool held_come_first(const lk_graph *graph, const int32_t *row, int64_t *early,
                            int64_t *late) {
    *early = -1;
    for (int64_t i = 0; i < graph->variables; i++) {
        int64_t v = graph->by_rank[i];
        if (row[v] < 0 && *early < 0) {
            *early = v;
        }
        if (row[v] >= 0 && *early >= 0 && graph->rank[v] > graph->rank[*early]) {
            *late = v;
            return false;
        }
    }
    return true;
}

static bool order_agnostic(const lk_model *model) {
    for (int32_t i = 0; i < model->settings.count; i++) {
        if (strcmp(model->settings.table[i].key, "order_agnostic") == 0) {
            return lk_settings_boolean(&model->settings, "order_agnostic");
        }
    }
    return false;
}

/* The network for samples held as `row` says (NULL: not held): the variant's own, or one whose
 * ordering has the held variables first. */
static lk_status graph_for(const lk_model *model, int32_t variant, const int32_t *row,
                           lk_graph **graph) {
    LK_TRY(lk_model_graph(model, variant, graph));
    int64_t early, late = 0;
    if (row == NULL || held_come_first(*graph, row, &early, &late)) {
        return LK_OK;
    }
    lk_status status = LK_OK;
    int32_t *rank = lk_allocate((*graph)->variables, sizeof *rank);
    if (rank == NULL) {
        status = lk_fail_no_memory(model->context, "ordering", (*graph)->variables * 4);
    } else if (!order_agnostic(model)) {
        status = refuse_held(model, early, late);
    } else {
        for (int64_t v = 0; v < (*graph)->variables; v++) {
            rank[v] = (*graph)->rank[v] + (row[v] < 0 ? (*graph)->steps : 0);
        }
    }
    lk_graph_destroy(*graph);
    *graph = NULL;
    if (status == LK_OK) {
        status = lk_model_graph_ranked(model, variant, rank, graph);
    }
    lk_release(rank);
    return status;
}

/* log p of the held variables under a variant whose ordering has them first. */
static lk_status held_log_likelihood(const lk_model *model, int32_t variant, const int32_t *row,
                                     double *log_p) {
    lk_graph *graph;
    LK_TRY(graph_for(model, variant, row, &graph));
    int64_t variables = graph->variables;
    lk_execution *execution = NULL;
    uint16_t *x = lk_allocate(variables, sizeof *x);
    float *terms = lk_allocate(variables, sizeof *terms);
    lk_status status = lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution);
    if (status == LK_OK && (x == NULL || terms == NULL)) {
        status = lk_fail_no_memory(model->context, "held values", variables * 6);
    }
    for (int64_t v = 0; status == LK_OK && v < variables; v++) {
        x[v] = (uint16_t)(row[v] < 0 ? 0 : row[v]);
    }
    double nll;
    if (status == LK_OK) {
        status = lk_execution_forward(execution, x, 1);
    }
    if (status == LK_OK) {
        status = lk_execution_nll(execution, &nll, terms);
    }
    *log_p = 0.0;
    for (int64_t v = 0; status == LK_OK && v < variables; v++) {
        *log_p -= row[v] < 0 ? 0.0 : (double)terms[v];
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_release(x);
    lk_release(terms);
    return status;
}

/* The variant of a sample: even odds, or after held variables the posterior, which is p_k(held)
 * normalised. */
static lk_status variant_odds(const lk_model *model, const int32_t *row, double *odds) {
    int32_t variants = lk_model_variants(model);
    double most = -1e300, total = 0.0;
    for (int32_t k = 0; k < variants; k++) {
        odds[k] = 0.0;
        if (row != NULL) {
            LK_TRY(held_log_likelihood(model, k, row, &odds[k]));
        }
        most = odds[k] > most ? odds[k] : most;
    }
    for (int32_t k = 0; k < variants; k++) {
        odds[k] = lk_double_exp(odds[k] - most);
        total += odds[k];
    }
    for (int32_t k = 0; k < variants; k++) {
        odds[k] = (k > 0 ? odds[k - 1] : 0.0) + odds[k] / total;
    }
    return LK_OK;
}

static int32_t draw_variant(const lk_sample_options *options, int64_t sample, const double *odds,
                            int32_t variants) {
    double unit =
        (double)lk_random_unit((lk_random){options->seed, LK_FOR_VARIANT}, (uint64_t)sample, 0);
    int32_t k = 0;
    while (k + 1 < variants && unit >= odds[k]) {
        k++;
    }
    return k;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* What the samples are to be, and that what is given is of that size too. */
static lk_status find_shape(const lk_model *model, const lk_sample_options *options,
                            lk_shape *shape) {
    const lk_given *given = options->given;
    bool said = options->shape.axes > 0, shaped = given != NULL && given->shape.axes > 0;
    lk_shape own = model->data.shape, wanted = said ? options->shape : shaped ? given->shape : own;
    LK_TRY(lk_model_shape_for(model, "samples", wanted, shape));
    if (given != NULL && given->variables != lk_shape_variables(*shape)) {
        char text[64];
        lk_shape_print(*shape, text, sizeof text);
        return lk_fail(model->context, LK_INVALID,
                       "samples of %s are asked for, but what is given has %lld variables", text,
                       (long long)given->variables);
    }
    return LK_OK;
}

/* In natural order. */
static lk_status check_prefixes(const lk_model *model, const lk_given *given) {
    for (int64_t n = 0; given != NULL && n < given->examples; n++) {
        const int32_t *row = given->values + n * given->variables;
        int64_t open = 0;
        while (open < given->variables && row[open] >= 0) {
            open++;
        }
        for (int64_t v = open; v < given->variables; v++) {
            if (row[v] >= 0) {
                return refuse_held(model, open, v);
            }
        }
    }
    return LK_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Samples row, row + rows, ... share what is held; they are grouped by variant. */
static lk_status sample_row(const lk_model *model, const lk_sample_options *options, int64_t row,
                            int64_t rows, double *odds, int64_t *member, int64_t *done,
                            lk_dataset *samples) {
    const lk_given *given = options->given;
    const int32_t *values = given == NULL ? NULL : given->values + row * given->variables;
    int32_t variants = lk_model_variants(model);
    LK_TRY(variant_odds(model, values, odds));
    for (int32_t k = 0; k < variants; k++) {
        int64_t count = 0;
        for (int64_t i = row; i < options->count; i += rows) {
            if (draw_variant(options, i, odds, variants) == k) {
                member[count++] = i;
            }
        }
        if (count > 0) {
            lk_sample_group g = {.options = options,
                                 .sample = member,
                                 .count = count,
                                 .samples = samples,
                                 .done = done};
            LK_TRY(graph_for(model, k, values, &g.graph));
            lk_status status = lk_sample_group_draw(&g);
            lk_graph_destroy(g.graph);
            LK_TRY(status);
        }
    }
    return LK_OK;
}

/* Rows that hold the same variables need one network and one batch when the model has one
 * variant. */
static bool rows_hold_alike(const lk_given *given) {
    for (int64_t i = 1; i < given->examples; i++) {
        for (int64_t v = 0; v < given->variables; v++) {
            if ((given->values[i * given->variables + v] < 0) != (given->values[v] < 0)) {
                return false;
            }
        }
    }
    return true;
}

static lk_status sample_rows(const lk_model *model, const lk_sample_options *options,
                             lk_dataset *made) {
    int32_t variants = lk_model_variants(model);
    double *odds = lk_allocate(variants, sizeof *odds);
    int64_t *member = lk_allocate(options->count, sizeof *member);
    lk_status status = odds == NULL || member == NULL
                           ? lk_fail_no_memory(model->context, "samples", options->count * 8)
                           : LK_OK;
    bool together = options->given == NULL || (variants == 1 && rows_hold_alike(options->given));
    int64_t rows = together ? 1 : options->given->examples, done = 0;
    for (int64_t row = 0; status == LK_OK && row < rows && row < options->count; row++) {
        status = sample_row(model, options, row, rows, odds, member, &done, made);
    }
    lk_release(odds);
    lk_release(member);
    return status;
}

lk_status lk_sample(const lk_model *model, const lk_sample_options *options, lk_dataset **samples) {
    LK_REQUIRE(options->count >= 1);
    *samples = NULL;
    lk_shape shape;
    lk_dataset *made;
    LK_TRY(find_shape(model, options, &shape));
    bool own = lk_shape_equal(shape, model->data.shape);
    LK_TRY(own ? LK_OK : check_prefixes(model, options->given));
    LK_TRY(lk_dataset_create(model->context, "samples", shape, options->count, model->data.alphabet,
                             &made));
    lk_status status =
        own ? sample_rows(model, options, made) : lk_sample_other_size(model, options, shape, made);
    if (status != LK_OK) {
        lk_dataset_destroy(made);
        return status;
    }
    *samples = made;
    return LK_OK;
}
