/* Making models. */
#include "models/model.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "models/order.h"

/* Of a picture on which parameters are declared; of a stream of frames, in whole ones. */
#define SMALLEST_SIDE 2
/* More variables than this in one example is a mistake or an attack. */
#define VARIABLES_MOST (int64_t)(1 << 26)

static lk_status check_stream(lk_context *context, const lk_data_description *data) {
    if (data->shape.axes != 1 || data->binarization != LK_BINARIZE_NONE ||
        data->alphabet != lk_symbols_alphabet(&data->symbols)) {
        return lk_fail(
            context, LK_INVALID,
            "a stream's window has one axis, and its alphabet of %d is that of its symbols, %d",
            data->alphabet, lk_symbols_alphabet(&data->symbols));
    }
    int32_t unit = lk_symbols_unit(&data->symbols);
    if (data->variables % unit != 0) {
        return lk_fail(context, LK_INVALID,
                       "a window of %lld symbols is not one of whole frames, which have %d",
                       (long long)data->variables, unit);
    }
    return LK_OK;
}

static lk_status check_natural(const lk_model *model) {
    for (int64_t v = 0; v < model->data.variables && model->data.stream; v++) {
        if (model->rank[v] != v) {
            return lk_fail(
                model->context, LK_INVALID,
                "a text or a recording is read from its beginning on, in no other order%s",
                lk_advice(model->context, "order",
                          ": leave out --order (examples of bytes, --raw --shape N, have any)"));
        }
    }
    return LK_OK;
}

static bool is_sane(int64_t variables) {
    return variables >= 1 && variables <= VARIABLES_MOST;
}

lk_status lk_model_check_shape(lk_context *context, const char *name, lk_shape shape) {
    char text[64];
    lk_shape_print(shape, text, sizeof text);
    return is_sane(lk_shape_variables(shape))
               ? LK_OK
               : lk_fail(context, LK_UNSUPPORTED,
                         "%s: an example is %s (%lld variables), and a model takes 1 to %lld%s",
                         name, text, (long long)lk_shape_variables(shape),
                         (long long)VARIABLES_MOST,
                         shape.axes == 3
                             ? lk_advice(context, "crop", ": train on pieces (--crop HEIGHTxWIDTH)")
                             : "");
}

static lk_status check_description(lk_context *context, lk_data_description data) {
    if (!is_sane(data.variables) || lk_shape_variables(data.shape) != data.variables) {
        return lk_fail(context, LK_INVALID,
                       "an example has %lld variables; a model takes 1 to %lld",
                       (long long)data.variables, (long long)VARIABLES_MOST);
    }
    if (data.alphabet < 2 || data.alphabet > LK_ALPHABET_MOST) {
        return lk_fail(context, LK_INVALID, "the alphabet has %d symbols; a model takes 2 to %d",
                       data.alphabet, LK_ALPHABET_MOST);
    }
    return LK_OK;
}

static lk_status check_local(lk_context *context, const lk_data_description *data) {
    const lk_local_form *local = &data->local;
    bool sane = data->stream && local->every >= 1 && local->every <= LK_LOCAL_EVERY_MOST &&
                local->alphabet >= 1 && local->alphabet <= LK_LOCAL_ALPHABET_MOST;
    return local->alphabet == 0 || sane
               ? LK_OK
               : lk_fail(
                     context, LK_INVALID,
                     "a slower sequence of %d symbols, one for every %d positions: there may be "
                     "1 to %d, for every 1 to %d, along a stream",
                     local->alphabet, local->every, LK_LOCAL_ALPHABET_MOST, LK_LOCAL_EVERY_MOST);
}

/* What the fields ask of a family, and whether they are sane. */
static lk_status check_fields(lk_context *context, const lk_family *family,
                              const lk_data_description *data) {
    const lk_family_wants wants = {.text = data->stream,
                                   .label = data->labels > 0,
                                   .local = data->local.alphabet > 0,
                                   .view = data->view.kind != NULL,
                                   .table = data->alphabets != NULL};
    LK_TRY(lk_family_takes(context, family, &wants));
    for (int64_t v = 0; v < data->variables && data->alphabets != NULL; v++) {
        if (data->alphabets[v] < 1 || data->alphabets[v] > data->alphabet) {
            return lk_fail(context, LK_INVALID,
                           "variable %lld has an alphabet of %d, of at most %d", (long long)v + 1,
                           data->alphabets[v], data->alphabet);
        }
    }
    if (data->labels < 0 || data->labels > LK_ALPHABET_MOST) {
        return lk_fail(context, LK_INVALID, "%d labels; there may be 1 to %d", data->labels,
                       LK_ALPHABET_MOST);
    }
    return check_local(context, data);
}

/* Columns of words: where they do not all have as many values, each has its own alphabet. */
static lk_status take_columns(lk_context *context, const lk_columns *from,
                              lk_data_description *data) {
    lk_columns *columns;
    LK_TRY(lk_columns_copy(context, from, &columns));
    data->columns = columns;
    if (columns->count != data->variables) {
        return lk_fail(context, LK_INVALID, "%d columns for %lld variables", columns->count,
                       (long long)data->variables);
    }
    bool mixed = false;
    for (int32_t c = 0; c < columns->count && lk_columns_have_words(columns); c++) {
        mixed = mixed || lk_columns_alphabet(columns, c) != data->alphabet;
    }
    int32_t *alphabets = mixed ? lk_allocate(columns->count, sizeof *alphabets) : NULL;
    if (mixed && alphabets == NULL) {
        return lk_fail_no_memory(context, "alphabets", columns->count * 4);
    }
    for (int32_t c = 0; c < columns->count && mixed; c++) {
        alphabets[c] = lk_columns_alphabet(columns, c);
    }
    data->alphabets = alphabets;
    return LK_OK;
}

/* A copy of its own; what has been taken after a failure is released with the model. */
static lk_status take_description(lk_context *context, const lk_data_description *from,
                                  lk_data_description *data) {
    *data = *from;
    data->symbols = (lk_symbols){0};
    data->classes = (lk_dictionary){0};
    data->columns = NULL;
    data->alphabets = NULL;
    if (from->columns != NULL) {
        LK_TRY(take_columns(context, from->columns, data));
    } else if (from->alphabets != NULL) {
        int32_t *alphabets = lk_allocate(data->variables, sizeof *alphabets);
        if (alphabets == NULL) {
            return lk_fail_no_memory(context, "alphabets", data->variables * 4);
        }
        memcpy(alphabets, from->alphabets, (size_t)data->variables * sizeof *alphabets);
        data->alphabets = alphabets;
    }
    if (from->classes.count > 0) {
        LK_TRY(lk_dictionary_copy(context, &from->classes, &data->classes));
        data->labels = lk_dictionary_alphabet(&data->classes);
    }
    return LK_OK;
}

/* Everything but the ordering and the parameters. */
static lk_status begin_model(lk_context *context, const char *family,
                             const char *const *assignments, int32_t count,
                             lk_data_description data, lk_model *model) {
    model->context = context;
    LK_TRY(lk_family_find(context, family, &model->family));
    LK_TRY(check_description(context, data));
    LK_TRY(take_description(context, &data, &model->data));
    LK_TRY(check_fields(context, model->family, &model->data));
    if (model->family->view != NULL && lk_model_view(model) == NULL) {
        LK_TRY(model->family->view(context, data.shape, data.alphabet, &model->data.view));
    }
    if (data.stream) {
        LK_TRY(check_stream(context, &data));
        LK_TRY(lk_symbols_copy(context, &data.symbols, &model->data.symbols));
    }
    LK_TRY(lk_settings_init(context, &model->settings, model->family->settings,
                            model->family->setting_count));
    LK_TRY(lk_settings_assign_all(context, &model->settings, assignments, count));
    model->rank = lk_allocate(data.variables, sizeof *model->rank);
    model->history = lk_duplicate("{}");
    if (model->rank == NULL || model->history == NULL) {
        return lk_fail_no_memory(context, "ordering",
                                 data.variables * (int64_t)sizeof *model->rank);
    }
    return lk_parameters_create(context, &model->parameters);
}

/* The fewest parameters that a family with some for each variable can have. */
static int64_t fewest_values(const lk_model *model) {
    const lk_data_description *data = &model->data;
    int64_t fewest = data->variables * (data->alphabet - 1);
    for (int64_t v = 0; v < data->variables && data->alphabets != NULL; v++) {
        fewest = (v == 0 ? 0 : fewest) + data->alphabets[v] - 1;
    }
    for (int32_t p = 0; data->view.kind != NULL && p < data->view.part_count; p++) {
        fewest = (p == 0 ? 0 : fewest) + lk_view_cells(&data->view, p, data->variables) *
                                             (data->view.parts[p].alphabet - 1);
    }
    return fewest;
}

static lk_status check_values(const lk_model *model, int64_t values_most) {
    if (!model->family->per_variable || values_most == 0 || fewest_values(model) <= values_most) {
        return LK_OK;
    }
    return lk_fail(model->context, LK_MISMATCH,
                   "%lld variables of %d symbols want at least %lld parameters, and it holds at "
                   "most %lld values",
                   (long long)model->data.variables, model->data.alphabet,
                   (long long)fewest_values(model), (long long)values_most);
}

bool lk_model_any_size(const lk_model *model) {
    const lk_family *family = model->family;
    return family->any_size && (family->one_size == NULL || family->one_size(model) == NULL);
}

static bool is_natural(const lk_model *model) {
    bool natural = strcmp(model->order_name, "natural") == 0;
    for (int64_t v = 0; natural && v < model->data.variables; v++) {
        natural = model->rank[v] == v;
    }
    return natural;
}

static bool is_by_shape(const lk_model *model) {
    return model->family->ranks != NULL || is_natural(model);
}

/* Building a network declares the parameters. Where they do not depend on the size of the data, it
 * is built on the smallest: loading a model then takes no more memory than its file. */
static lk_status declare_parameters(lk_model *model) {
    lk_graph *graph;
    lk_shape shape = model->data.shape;
    int64_t unit = lk_model_unit(model), side = (SMALLEST_SIDE + unit - 1) / unit * unit;
    for (int32_t axis = 0; axis < shape.axes && axis < 2; axis++) {
        shape.size[axis] = shape.size[axis] < side ? shape.size[axis] : side;
    }
    LK_TRY(check_natural(model));
    LK_TRY(lk_model_any_size(model) && is_by_shape(model) ? lk_model_graph_at(model, shape, &graph)
                                                          : lk_model_graph(model, 0, &graph));
    lk_graph_destroy(graph);
    model->parameters->frozen = true;
    return LK_OK;
}

static lk_status reorder(lk_model *model) {
    return model->family->reorder != NULL ? model->family->reorder(model) : LK_OK;
}

/* Of a new model whose family has a rule. */
static lk_status rank_by_rule(lk_model *model) {
    const lk_family *family = model->family;
    if (family->ranks == NULL) {
        return LK_OK;
    }
    if (strcmp(model->order_name, "natural") != 0) {
        char names[LK_FAMILY_NAMES];
        lk_family_names(lk_family_any_order, ", ", names, sizeof names);
        return lk_fail(model->context, LK_CAUSALITY,
                       "%s has an ordering of its own, which follows from the shape, and not the "
                       "order %s; any order is taken by %s",
                       family->name, model->order_name, names);
    }
    lk_release(model->order_name);
    model->order_name = lk_duplicate(family->order);
    return model->order_name != NULL ? family->ranks(model, model->data.shape, model->rank)
                                     : lk_fail_no_memory(model->context, "order", 8);
}

/* Of one from a file: what it holds is what the rule says. */
static lk_status check_rule(const lk_model *model) {
    const lk_family *family = model->family;
    if (family->ranks == NULL) {
        return LK_OK;
    }
    int64_t variables = model->data.variables;
    int32_t *rank = lk_allocate(variables, sizeof *rank);
    if (rank == NULL) {
        return lk_fail_no_memory(model->context, "ordering", variables * (int64_t)sizeof *rank);
    }
    lk_status status = family->ranks(model, model->data.shape, rank);
    bool same = strcmp(model->order_name, family->order) == 0 &&
                memcmp(rank, model->rank, (size_t)variables * sizeof *rank) == 0;
    lk_release(rank);
    return status != LK_OK ? status
           : same          ? LK_OK
                           : lk_fail(model->context, LK_FORMAT,
                                     "its ordering is not the one that a %s of these settings has",
                                     family->name);
}

/* What the proof found has names of nodes and cells: nothing to whoever chose the order. */
static lk_status fail_order(const lk_model *model) {
    char names[LK_FAMILY_NAMES];
    lk_family_names(lk_family_any_order, ", ", names, sizeof names);
    return lk_fail(model->context, LK_CAUSALITY,
                   "%s takes the natural order alone (of images raster scan): in the order %s a "
                   "conditional would see variables that come later; any order is taken by %s",
                   model->family->name, model->order_name, names);
}

lk_status lk_model_create(lk_context *context, const char *family, const char *const *assignments,
                          int32_t count, lk_data_description data, const char *order, uint64_t seed,
                          lk_model **model) {
    *model = NULL;
    lk_model *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "model", (int64_t)sizeof *made);
    }
    lk_status status = begin_model(context, family, assignments, count, data, made);
    if (status == LK_OK && made->family->prepare != NULL) {
        status = made->family->prepare(made);
    }
    if (status == LK_OK) {
        status = lk_order_read(context, order, data.shape, made->rank, &made->order_name);
    }
    status = status == LK_OK ? rank_by_rule(made) : status;
    status = status == LK_OK ? reorder(made) : status;
    if (status == LK_OK) {
        status = declare_parameters(made);
        bool ordered = !made->family->any_order && !is_by_shape(made);
        status = status == LK_CAUSALITY && ordered ? fail_order(made) : status;
    }
    if (status == LK_OK) {
        status = lk_parameters_initialise(made->parameters, seed);
    }
    if (status != LK_OK) {
        lk_model_destroy(made);
        return status;
    }
    *model = made;
    return LK_OK;
}

lk_status lk_model_create_ranked(lk_context *context, const char *family,
                                 const char *const *assignments, int32_t count,
                                 lk_data_description data, const int32_t *rank,
                                 const char *order_name, int64_t values_most, lk_model **model) {
    *model = NULL;
    lk_model *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "model", (int64_t)sizeof *made);
    }
    lk_status status = begin_model(context, family, assignments, count, data, made);
    if (status == LK_OK) {
        memcpy(made->rank, rank, (size_t)data.variables * sizeof *rank);
        made->parameters->total_most = values_most;
        made->order_name = lk_duplicate(order_name);
        status = made->order_name == NULL ? lk_fail_no_memory(context, "order", 8)
                                          : check_values(made, values_most);
        status = status == LK_OK ? check_rule(made) : status;
        status = status == LK_OK ? reorder(made) : status;
        status = status == LK_OK ? declare_parameters(made) : status;
    }
    if (status != LK_OK) {
        lk_model_destroy(made);
        return status;
    }
    *model = made;
    return LK_OK;
}

void lk_model_destroy(lk_model *model) {
    if (model == NULL) {
        return;
    }
    lk_settings_deinit(&model->settings);
    lk_symbols_deinit(&model->data.symbols);
    lk_dictionary_deinit(&model->data.classes);
    lk_columns_destroy((lk_columns *)model->data.columns);
    lk_release((void *)model->data.alphabets);
    lk_release(model->rank);
    lk_release(model->order_name);
    lk_parameters_destroy(model->parameters);
    lk_release(model->history);
    lk_release(model->calibration);
    lk_release(model->calibrated_for);
    lk_release(model);
}

int32_t lk_model_variants(const lk_model *model) {
    return model->family->variants == NULL ? 1 : model->family->variants(model);
}

const char *lk_model_variant_name(const lk_model *model) {
    return model->family->variant != NULL ? model->family->variant : "mask";
}

const lk_view *lk_model_view(const lk_model *model) {
    return model->data.view.kind != NULL ? &model->data.view : NULL;
}

bool lk_model_bound(const lk_model *model) {
    return model != NULL && lk_model_view(model) != NULL && !lk_model_view(model)->exact;
}

int64_t lk_model_unit(const lk_model *model) {
    return model != NULL && model->data.stream ? lk_symbols_unit(&model->data.symbols) : 1;
}

int32_t lk_model_alphabet_of(const lk_model *model, int64_t variable) {
    return model->data.alphabets != NULL ? model->data.alphabets[variable] : model->data.alphabet;
}

int64_t lk_model_modelled(const lk_model *model) {
    return lk_view_length(lk_model_view(model), model->data.variables);
}

lk_status lk_model_start(lk_model *model, const lk_dataset *train) {
    return model->family->start == NULL ? LK_OK : model->family->start(model, train);
}
