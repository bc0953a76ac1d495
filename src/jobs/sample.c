/* Which network draws which samples, in which ordering. */
#include "jobs/sample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/double_maths.h"
#include "base/random.h"
#include "data/text.h"
#include "jobs/sample_group.h"
#include "kernels/kernels.h"
#include "models/take.h"

typedef struct sampling {
    const lk_model *model;
    const lk_sample_options *options;
    lk_shape shape;    /* of a sample */
    int64_t variables; /* of one, as the model sees it */
    bool own; /* at the model's own size each network has an ordering of its own; else there is one
                 network, whose ordering follows from the shape */
    lk_sample_group group; /* the present one */
    atomic_llong drawn;
    double *odds;    /* [networks]: of each and those before it */
    int64_t *member; /* [count]: the samples that one network draws */
    int32_t *rank;   /* [variables]: scratch, as are */
    uint16_t *x;     /* [variables] */
    float *terms;    /* [variables] */
} sampling;

/* ---- held variables -------------------------------------------------------------------------- */

/* As messages name a variable: "variable 7", "the column 'age'"; of a cell of a view, that which it
 * is made of. */
static const char *name_of(const sampling *s, int64_t variable, char name[128]) {
    const lk_columns *columns = s->model->data.columns;
    int64_t raw;
    lk_view_made_of(lk_model_view(s->model), variable, lk_shape_variables(s->shape), &raw);
    if (columns == NULL) {
        snprintf(name, 128, "variable %lld", (long long)raw + 1);
    } else {
        char quoted[LK_QUOTE_CAPACITY];
        const uint8_t *text = (const uint8_t *)columns->column[raw].name;
        snprintf(name, 128, "the column '%s'",
                 lk_text_quote(text, text + strlen(columns->column[raw].name), quoted));
    }
    return name;
}

static bool any_order_of_tables(const lk_family *family) {
    return lk_family_any_order(family) && family->tables;
}

static lk_status fail_order(const sampling *s, int64_t held, int64_t early) {
    const lk_model *model = s->model;
    const lk_view *view = lk_model_view(model);
    char first[128], second[128];
    if (view != NULL) {
        return lk_fail(
            model->context, LK_INVALID,
            "%s is held, but %s is to be drawn: a model with a view draws the %s parts of all "
            "values before the %s ones of any, so that no value can be held, but the first part "
            "of all%s; or take a model without a view",
            name_of(s, held, first), name_of(s, early, second), view->parts[0].name,
            view->parts[1].name, lk_advice(model->context, "given-view", " (--given-view)"));
    }
    if (lk_model_scale(model) > 1) {
        return lk_fail(
            model->context, LK_INVALID,
            "%s is held, but %s, which comes before it in the model's ordering, is to "
            "be drawn: the model first draws one of every %lld rows and columns, from "
            "the first on, and this smaller picture can be held%s; a family that draws row after "
            "row, as gated-pixelcnn, completes an upper part",
            name_of(s, held, first), name_of(s, early, second), (long long)lk_model_scale(model),
            lk_advice(model->context, "scale", " (--given with --scale)"));
    }
    if (lk_model_variants(model) > 1) {
        return lk_fail(
            model->context, LK_INVALID,
            "%s is held, but %s, which comes before it in one of the model's %d orderings, is to "
            "be drawn: what is held must come first in all of them; train the model with a single "
            "ordering, which has first what is held",
            name_of(s, held, first), name_of(s, early, second), (int)lk_model_variants(model));
    }
    bool tables = model->data.alphabets != NULL;
    char subsets[LK_FAMILY_NAMES], agnostic[LK_FAMILY_NAMES], orders[LK_FAMILY_NAMES];
    lk_family_names(lk_family_any_subset, " or ", subsets, sizeof subsets);
    lk_family_names(lk_family_may_be_agnostic, " or ", agnostic, sizeof agnostic);
    lk_family_names(tables ? any_order_of_tables : lk_family_any_order, ", ", orders,
                    sizeof orders);
    return lk_fail(
        model->context, LK_INVALID,
        "%s is held, but %s, which comes before it in the model's ordering, is to be "
        "drawn: hold a prefix of the ordering, or train %s, or %s with " LK_ORDER_AGNOSTIC
        "=true, which take any subset, or one of %s in an order that has first what is "
        "held",
        name_of(s, held, first), name_of(s, early, second), subsets, agnostic, orders);
}

/* LK_INVALID unless held variables come first. graph NULL: in the natural ordering. */
static lk_status held_come_first(const sampling *s, const lk_graph *graph, const int32_t *row) {
    int64_t early = -1;
    for (int64_t i = 0; i < s->options->given->variables; i++) {
        int64_t v = graph != NULL ? graph->by_rank[i] : i;
        bool later = early >= 0 && (graph == NULL || graph->rank[v] > graph->rank[early]);
        if (row[v] >= 0 && later) {
            return fail_order(s, v, early);
        }
        early = row[v] < 0 && early < 0 ? v : early;
    }
    return LK_OK;
}

/* An ordering for samples held as `row` says (NULL: not held), until the next call; NULL where the
 * network's own has the held variables first. */
static lk_status order_for(const sampling *s, int64_t network, const int32_t *row,
                           const int32_t **rank) {
    lk_graph *graph;
    *rank = NULL;
    if (row == NULL || !s->own) { /* all rows have been looked at */
        return LK_OK;
    }
    LK_TRY(lk_model_graph(s->model, (int32_t)network, &graph));
    lk_status status = held_come_first(s, graph, row);
    if (status == LK_INVALID && lk_model_any_subset(s->model) && lk_model_view(s->model) == NULL) {
        for (int64_t v = 0; v < s->variables; v++) {
            s->rank[v] = graph->rank[v] + (row[v] < 0 ? graph->steps : 0);
        }
        *rank = s->rank;
        status = LK_OK;
    }
    lk_graph_destroy(graph);
    return status;
}

/* ---- networks -------------------------------------------------------------------------------- */

/* log p of the held variables under a network whose ordering has them first. */
static lk_status held_log_likelihood(const sampling *s, int64_t network, const int32_t *row,
                                     const uint16_t *label, double *log_p) {
    lk_run *run;
    lk_run_options how = {.network = network, .schedules = LK_PARALLEL};
    double nll;
    LK_TRY(order_for(s, network, row, &how.rank));
    LK_TRY(lk_run_open(s->model, &how, &run));
    for (int64_t v = 0; v < s->variables; v++) {
        s->x[v] = (uint16_t)(row[v] < 0 ? 0 : row[v]);
    }
    lk_status status = lk_run_begin(run, 1, label);
    status = status == LK_OK ? lk_run_forward(run, s->x, s->variables) : status;
    status = status == LK_OK ? lk_run_nll(run, &nll, s->terms) : status;
    lk_run_close(run);
    for (int64_t v = 0; v < s->variables; v++) {
        *log_p -= row[v] < 0 ? 0.0 : (double)s->terms[v];
    }
    return status;
}

/* Of a sample's network: even odds, or after held variables the posterior, which is p_k(held)
 * normalised. */
static lk_status find_odds(const sampling *s, const int32_t *row, const uint16_t *label) {
    int32_t networks = lk_model_variants(s->model);
    double most = -1e300, total = 0.0, *odds = s->odds;
    for (int32_t k = 0; k < networks; k++) {
        odds[k] = 0.0;
        if (row != NULL && networks > 1) {
            LK_TRY(held_log_likelihood(s, k, row, label, &odds[k]));
        }
        most = odds[k] > most ? odds[k] : most;
    }
    for (int32_t k = 0; k < networks; k++) {
        odds[k] = lk_double_exp(odds[k] - most);
        total += odds[k];
    }
    for (int32_t k = 0; k < networks; k++) {
        odds[k] = (k > 0 ? odds[k - 1] : 0.0) + odds[k] / total;
    }
    return LK_OK;
}

static int64_t draw_network(const sampling *s, int64_t sample) {
    lk_random random = {s->options->seed, LK_FOR_VARIANT};
    double unit = (double)lk_random_unit(random, (uint64_t)sample, 0);
    int64_t k = 0;
    while (k + 1 < lk_model_variants(s->model) && unit >= s->odds[k]) {
        k++;
    }
    return k;
}

/* Samples sample, sample + period, ... share what is held, and are grouped by their networks. */
static lk_status draw_alike(sampling *s, int64_t sample, int64_t period) {
    const lk_sample_options *o = s->options;
    const lk_given *given = o->given;
    const int32_t *row = given != NULL && given->prompt == NULL
                             ? given->values + sample % given->examples * given->variables
                             : NULL;
    LK_TRY(find_odds(s, row, o->labels != NULL ? o->labels + sample % o->label_count : NULL));
    for (int64_t k = 0; k < lk_model_variants(s->model); k++) {
        s->group.count = 0;
        for (int64_t i = sample; i < o->first + o->count; i += period) {
            if (draw_network(s, i) == k) {
                s->member[s->group.count++] = i;
            }
        }
        s->group.how.network = k;
        if (s->group.count > 0) {
            LK_TRY(order_for(s, k, row, &s->group.how.rank));
            LK_TRY(lk_sample_group_draw(&s->group));
        }
    }
    return LK_OK;
}

/* Whether all rows need the same network in the same ordering. */
static bool rows_are_alike(const sampling *s, const lk_given *given) {
    bool alike = lk_model_variants(s->model) == 1;
    for (int64_t i = 0; s->own && alike && i < given->examples * given->variables; i++) {
        alike = (given->values[i] < 0) == (given->values[i % given->variables] < 0);
    }
    return alike;
}

/* At another size than the model's own. */
static lk_status all_held_come_first(const sampling *s, const lk_given *given) {
    lk_graph *graph = NULL;
    lk_status status =
        s->model->data.stream ? LK_OK : lk_model_graph_ordered(s->model, s->shape, &graph);
    for (int64_t n = 0; n < given->examples && status == LK_OK; n++) {
        status = held_come_first(s, graph, given->values + n * given->variables);
    }
    lk_graph_destroy(graph);
    return status;
}

static lk_status draw_rows(sampling *s) {
    const lk_sample_options *o = s->options;
    const lk_given *given = o->given;
    int64_t period = 1;
    if (given != NULL && !s->own && given->prompt == NULL) {
        LK_TRY(all_held_come_first(s, given));
    }
    if (given != NULL && !rows_are_alike(s, given)) {
        period = given->examples * (o->labels != NULL ? o->label_count : 1);
    }
    for (int64_t i = 0; i < period && i < o->count; i++) {
        LK_TRY(draw_alike(s, o->first + i, period));
    }
    return LK_OK;
}

/* Those of the first part come first. */
static int64_t places_of(const sampling *s) {
    return s->options->first_part
               ? lk_view_cells(lk_model_view(s->model), 0, lk_shape_variables(s->shape))
               : s->variables;
}

static lk_status draw_all(sampling *s, lk_dataset *samples, lk_take *take, void *argument) {
    int64_t scratch = s->own && s->options->given != NULL ? s->variables : 0;
    lk_arena *arena = lk_arena_create();
    if (arena != NULL) {
        s->odds = lk_arena_take(arena, lk_model_variants(s->model), sizeof *s->odds);
        s->member = lk_arena_take(arena, s->options->count, sizeof *s->member);
        s->rank = lk_arena_take(arena, scratch, sizeof *s->rank);
        s->x = lk_arena_take(arena, scratch, sizeof *s->x);
        s->terms = lk_arena_take(arena, scratch, sizeof *s->terms);
    }
    s->group = (lk_sample_group){.model = s->model,
                                 .options = s->options,
                                 .how = {.shape = s->shape},
                                 .variables = s->variables,
                                 .places = places_of(s),
                                 .sample = s->member,
                                 .samples = samples,
                                 .take = take,
                                 .argument = argument,
                                 .drawn = &s->drawn};
    lk_status status = arena == NULL || lk_arena_failed(arena)
                           ? lk_fail_no_memory(s->model->context, "samples", s->options->count * 8)
                           : draw_rows(s);
    lk_arena_destroy(arena);
    return status;
}

/* ---- what is asked for ----------------------------------------------------------------------- */

/* Tables of log probabilities may hold -infinity. */
static lk_status check_weights(const lk_model *model) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        const lk_parameter *parameter = &model->parameters->list[p];
        int64_t values = parameter->rows * parameter->columns;
        bool finite = model->context->kernels->all_finite(parameter->value, values);
        for (int64_t i = 0; i < values && !finite; i++) {
            if (isnan(parameter->value[i]) || parameter->value[i] == INFINITY) {
                return lk_fail(model->context, LK_NOT_FINITE,
                               "the model cannot be sampled: parameter %.200s, value %lld is %f",
                               parameter->name, (long long)i, (double)parameter->value[i]);
            }
        }
    }
    return LK_OK;
}

static lk_status check_labels(const lk_model *model, const lk_sample_options *options) {
    int32_t labels = model->data.labels;
    if ((labels > 0) != (options->labels != NULL)) {
        return lk_fail(model->context, LK_MISMATCH, "%s%s",
                       labels > 0 ? "the model is of p(x | label), and no label is given"
                                  : "the model is given no labels, so that there is none to choose",
                       labels > 0 ? lk_advice_or(model->context, "label", " (--label)",
                                                 " (lk_sampling.labels)")
                                  : "");
    }
    for (int64_t i = 0; i < options->label_count && labels > 0; i++) {
        if (options->labels[i] >= labels) {
            return lk_fail(model->context, LK_INVALID, "label %d is outside the model's, 0..%d",
                           options->labels[i], labels - 1);
        }
    }
    return LK_OK;
}

/* The slower sequence is as long as the samples, at least. */
static lk_status check_local(const sampling *s) {
    const lk_model *model = s->model;
    const lk_local_form *form = &model->data.local;
    const lk_local *local = s->options->local;
    if ((form->alphabet > 0) != (local != NULL)) {
        return lk_fail(model->context, LK_MISMATCH, "%s%s",
                       form->alphabet > 0
                           ? "the model is given a slower sequence, and none is given"
                           : "the model is not given a slower sequence, so that there is none to "
                             "give",
                       form->alphabet > 0 ? lk_advice_or(model->context, "local", " (--local FILE)",
                                                         " (lk_sampling.local)")
                                          : "");
    }
    int64_t positions = s->variables / lk_model_unit(model);
    int64_t there = local != NULL ? lk_local_length(local, 0) : 0;
    return local == NULL || there >= lk_local_count(form, positions)
               ? LK_OK
               : lk_fail(model->context, LK_INVALID,
                         "samples of %lld positions want %lld symbols of the slower sequence, one "
                         "for every %d, which has %lld",
                         (long long)positions, (long long)lk_local_count(form, positions),
                         form->every, (long long)there);
}

/* What the samples are to be, and that what is given is of that size too. */
static lk_status find_shape(sampling *s) {
    const lk_model *model = s->model;
    const lk_given *given = s->options->given;
    lk_shape own = model->data.shape, wanted = s->options->shape;
    if (wanted.axes == 0) {
        wanted = given != NULL && given->shape.axes > 0 ? given->shape : own;
    }
    s->shape = wanted;
    if (!model->data.stream) {
        LK_TRY(lk_model_shape_for(model, "samples", wanted, &s->shape));
    }
    s->own = !model->data.stream && lk_shape_equal(s->shape, own);
    s->variables = lk_view_length(lk_model_view(model), lk_shape_variables(s->shape));
    if (given != NULL && given->variables != s->variables &&
        !(model->data.stream && given->variables < s->variables)) {
        char text[64];
        lk_shape_print(s->shape, text, sizeof text);
        return lk_fail(model->context, LK_INVALID,
                       "samples of %s are asked for, but what is given has %lld variables", text,
                       (long long)given->variables);
    }
    return LK_OK;
}

static lk_status begin(sampling *s, const lk_model *model, const lk_sample_options *options) {
    LK_REQUIRE(options->count >= 1 && options->first >= 0);
    LK_REQUIRE(options->labels == NULL || options->label_count >= 1);
    *s = (sampling){.model = model, .options = options};
    LK_TRY(check_weights(model));
    LK_TRY(check_labels(model, options));
    if (options->first_part && lk_model_view(model) == NULL) {
        return lk_fail(model->context, LK_INVALID,
                       "the model sees values as they are, through no view, so that there is no "
                       "first part to draw");
    }
    LK_TRY(find_shape(s));
    return check_local(s);
}

lk_status lk_sample_check(const lk_model *model, const lk_sample_options *options) {
    sampling unused;
    return begin(&unused, model, options);
}

static lk_status put_labels(const lk_sample_options *options, lk_context *context,
                            lk_dataset *samples) {
    samples->labels = lk_allocate(samples->examples, sizeof *samples->labels);
    if (samples->labels == NULL) {
        return lk_fail_no_memory(context, "labels", samples->examples * 4);
    }
    for (int64_t i = 0; i < samples->examples; i++) {
        samples->labels[i] = options->labels[(options->first + i) % options->label_count];
    }
    return LK_OK;
}

lk_status lk_sample(const lk_model *model, const lk_sample_options *options, lk_dataset **samples) {
    sampling s;
    lk_dataset *made;
    *samples = NULL;
    LK_TRY(begin(&s, model, options));
    const lk_view *part = options->first_part ? lk_model_view(model) : NULL;
    lk_shape shape = part != NULL ? lk_view_shape(part, 0, s.shape) : s.shape;
    LK_TRY(lk_model_dataset(model, "samples", shape, options->count, &made));
    made->alphabet = part != NULL ? part->parts[0].alphabet : made->alphabet;
    lk_status status = options->labels != NULL ? put_labels(options, model->context, made) : LK_OK;
    status = status == LK_OK ? draw_all(&s, made, NULL, NULL) : status;
    if (status != LK_OK) {
        lk_dataset_destroy(made);
        return status == LK_INTERRUPTED
                   ? lk_fail(model->context, status, "sampling has been stopped")
                   : status;
    }
    *samples = made;
    return LK_OK;
}

lk_status lk_sample_texts(const lk_model *model, const lk_sample_options *options, lk_take *take,
                          void *argument) {
    sampling s;
    LK_REQUIRE(model->data.stream);
    LK_TRY(begin(&s, model, options));
    return s.variables > 0 ? draw_all(&s, NULL, take, argument) : LK_OK;
}
