#include "models/outputs.h"

#include <stdio.h>
#include <string.h>

#include "base/maths.h"
#include "dist/dist.h"
#include "models/marginals.h"
#include "models/pixels.h"

#define SCALE_OF_WIDTH 0.25 /* of those tried (0.16 to 0.5) the nearest to grey and RGB marginals */
#define SCALE_LEAST 0.2     /* in levels, above the floor: so that a scale can still learn */
#define WEIGHTS_SHARE 0.1f

/* Of so many cells, as those of a part of a view are. */
static int32_t colours_of(const lk_model *model, int64_t cells) {
    const lk_shape *shape = &model->data.shape;
    return shape->axes == 3 ? (int32_t)(cells / (shape->size[0] * shape->size[1])) : 1;
}

bool lk_outputs_logistic(const lk_model *model) {
    return strcmp(lk_settings_text(&model->settings, "distribution"), "logistic") == 0;
}

static bool by_fallback(const lk_family *family) {
    int32_t i = lk_setting_find(family->settings, family->setting_count, "distribution");
    return strcmp(family->settings[i].fallback, "logistic") == 0;
}

lk_status lk_outputs_prepare(lk_model *model) {
    if (model->data.alphabet > 2 || !lk_outputs_logistic(model)) {
        return LK_OK;
    }
    return by_fallback(model->family)
               ? lk_settings_set(model->context, &model->settings, "distribution", "softmax")
               : lk_fail(model->context, LK_INVALID,
                         "distribution=logistic is for values of more than two levels: of 0 and 1 "
                         "one parameter says all, so take distribution=softmax");
}

static lk_status check_logistic(lk_graph *graph, const lk_model *model, const lk_outputs *output) {
    const lk_data_description *data = &model->data;
    bool characters = data->stream && data->symbols.kind == LK_SYMBOLS_CHARACTERS;
    bool codes = lk_data_is_sound(data) && data->symbols.sound.view >= LK_SOUND_G711_MU;
    bool words = data->columns != NULL && lk_columns_have_words(data->columns);
    if (characters || codes || words || data->alphabets != NULL) {
        return lk_fail(graph->context, LK_INVALID,
                       "distribution=logistic is for numbers, and these values are %s: take "
                       "distribution=softmax",
                       characters ? "characters"
                       : codes    ? "codes of G.711"
                                  : "words");
    }
    if (output->field->alphabet < 2) {
        return lk_fail(graph->context, LK_INVALID,
                       "distribution=logistic wants values of two levels or more");
    }
    if (output->colours > LK_COLOURS_MOST) {
        return lk_fail(graph->context, LK_INVALID,
                       "distribution=logistic takes pixels of at most %d channels, not %d: take "
                       "distribution=softmax",
                       LK_COLOURS_MOST, output->colours);
    }
    return LK_OK;
}

static lk_outputs output_of(const lk_model *model, const lk_field *field) {
    return (lk_outputs){.field = field,
                        .logistic = lk_outputs_logistic(model),
                        .colours = colours_of(model, field->cells),
                        .components = (int32_t)lk_settings_integer(&model->settings, "mixtures")};
}

lk_status lk_outputs_init(lk_graph *graph, const lk_model *model, const lk_field *field,
                          lk_outputs *output) {
    *output = output_of(model, field);
    return output->logistic ? check_logistic(graph, model, output) : LK_OK;
}

lk_status lk_outputs_init_each(lk_graph *graph, const lk_model *model, const lk_field *field,
                               lk_outputs *output) {
    *output = output_of(model, field);
    output->colours = 1;
    return output->logistic ? check_logistic(graph, model, output) : LK_OK;
}

lk_status lk_outputs_check_order(lk_graph *graph, const lk_outputs *output) {
    int32_t colours = output->logistic ? output->colours : 1;
    for (int64_t i = 0; i < graph->variables; i++) {
        int64_t first = graph->by_rank[i - i % colours];
        if (first % colours != 0 || graph->by_rank[i] != first + i % colours) {
            return lk_fail(graph->context, LK_INVALID,
                           "distribution=logistic is of whole pixels, and in this ordering their "
                           "colours do not follow one another: take distribution=softmax");
        }
    }
    return LK_OK;
}

int32_t lk_outputs_colours(const lk_outputs *output, const lk_field *field) {
    return (int32_t)(field->cells / (output->field->cells / output->colours));
}

int32_t lk_outputs_groups(const lk_outputs *output) {
    return output->logistic ? 1 : output->colours;
}

lk_node *lk_outputs_numbers(lk_graph *graph, const lk_outputs *output, const lk_field *field,
                            int32_t groups) {
    lk_node *numbers = lk_pixels_numbers(graph, field);
    int32_t colours = lk_outputs_colours(output, field);
    return groups == colours ? numbers : lk_cells_to_channels(graph, numbers, colours);
}

int64_t lk_outputs_channels(const lk_outputs *output, int32_t groups) {
    int32_t colours = groups == 1 ? output->colours : 1;
    return output->logistic ? lk_logistic_colours_channels(colours, output->components)
                            : lk_pixels_logits(output->field);
}

void lk_outputs_model(lk_graph *graph, const lk_outputs *output, int32_t groups, lk_node *logits) {
    if (!output->logistic) {
        lk_pixels_model(graph, output->field, logits);
        return;
    }
    if (groups == 1 && output->colours > 1) {
        logits =
            lk_logistic_colours(graph, logits, output->field, output->colours, output->components);
    }
    lk_graph_model(graph, output->field->node->index, logits, &lk_logistic_mixture,
                   output->components);
}

/* ---- the start ------------------------------------------------------------------------------- */

/* Where `share` of the counts lies below, each level's spread over its width; levels of counts. */
static double quantile(const double *count, int32_t alphabet, double total, double share) {
    double below = 0.0, wanted = share * total;
    for (int32_t a = 0; a < alphabet; a++) {
        if (count[a] > 0.0 && below + count[a] >= wanted) {
            return (double)a - 0.5 + (wanted - below) / count[a];
        }
        below += count[a];
    }
    return (double)alphabet - 0.5;
}

/* Means and log scales of a colour's components from its counts. */
static void spread(const double *count, int32_t alphabet, int32_t components, float *mean,
                   float *log_scale) {
    double total = 0.0, half = 0.5 * (double)(alphabet - 1);
    for (int32_t a = 0; a < alphabet; a++) {
        total += count[a];
    }
    for (int32_t k = 0; k < components; k++) {
        double middle = quantile(count, alphabet, total, ((double)k + 0.5) / components);
        double from = quantile(count, alphabet, total, (double)k / components);
        double width = quantile(count, alphabet, total, (double)(k + 1) / components) - from;
        double scale = SCALE_OF_WIDTH * width;
        scale = scale > SCALE_LEAST ? scale : SCALE_LEAST;
        mean[k] = (float)(middle / half - 1.0);
        log_scale[k] = lk_log_scalar((float)(scale / half));
    }
}

/* A layer's parameter: NULL where there is none of that name. */
static lk_parameter *find(lk_model *model, const char *prefix, const char *name) {
    char text[96];
    snprintf(text, sizeof text, "%slogits.%s", prefix, name);
    int32_t index = lk_parameters_find(model->parameters, text);
    return index < 0 ? NULL : &model->parameters->list[index];
}

/* The biases of so many colours' components, which stand in one cell, and shares of their
 * weights. */
static void fill_cell(const lk_outputs *output, const double *count, int32_t colours, float *bias,
                      float *share) {
    int32_t components = output->components, alphabet = output->field->alphabet;
    memset(bias, 0, (size_t)lk_logistic_colours_channels(colours, components) * sizeof *bias);
    for (int32_t c = 0; c < colours; c++, count += alphabet) {
        int64_t mean = lk_logistic_colours_channels(c, components), log_scale = mean + components;
        spread(count, alphabet, components, bias + mean, bias + log_scale);
        for (int32_t k = 0; k < components; k++) {
            float scale = WEIGHTS_SHARE * lk_exp_scalar(bias[log_scale + k]);
            share[mean + k] = scale < share[mean + k] ? scale : share[mean + k];
        }
    }
}

/* The layer is one cell for the pixel, or one for each colour. */
static void fill_layer(lk_model *model, const char *prefix, const lk_outputs *output,
                       const double *count, float *share) {
    lk_parameter *bias = find(model, prefix, "bias"), *gain = find(model, prefix, "gain");
    lk_parameter *weight = gain != NULL ? gain : find(model, prefix, "weight");
    LK_REQUIRE(bias != NULL && weight != NULL);
    int64_t units = lk_logistic_colours_channels(output->colours, output->components);
    int32_t cells = bias->rows * bias->columns == units ? 1 : output->colours;
    units = bias->rows * bias->columns / cells;
    for (int64_t u = 0; u < units; u++) {
        share[u] = WEIGHTS_SHARE;
    }
    for (int32_t c = 0; c < cells; c++) {
        fill_cell(output, count + c * output->field->alphabet, output->colours / cells,
                  bias->value + c * units, share);
    }
    for (int64_t i = 0; i < weight->rows * weight->columns; i++) {
        weight->value[i] *= share[i % units];
    }
}

static lk_status start_logistic(lk_model *model, const lk_dataset *train, int32_t part,
                                const char *prefix, int32_t colours) {
    int32_t alphabet =
        part >= 0 ? lk_model_view(model)->parts[part].alphabet : model->data.alphabet;
    lk_field field = {.cells = model->data.variables, .alphabet = alphabet};
    lk_outputs output = output_of(model, &field);
    output.colours = colours;
    int64_t symbols = (int64_t)output.colours * alphabet;
    int64_t units = lk_logistic_colours_channels(output.colours, output.components);
    double *count = lk_allocate(symbols, sizeof *count);
    float *share = lk_allocate(units, sizeof *share);
    bool room = count != NULL && share != NULL;
    if (room) {
        lk_pooled_counts(model, train, part, output.colours, count);
        fill_layer(model, prefix, &output, count, share);
    }
    lk_release(share);
    lk_release(count);
    return room ? LK_OK : lk_fail_no_memory(model->context, "marginals", 8 * symbols);
}

static lk_status start_softmax(lk_model *model, const lk_dataset *train, int32_t part,
                               const char *prefix, int32_t colours) {
    lk_parameter *bias = find(model, prefix, "bias");
    LK_REQUIRE(bias != NULL);
    return lk_pooled_logits(model, train, part, colours, bias->value);
}

/* Of a part, or of the data as they are (part -1), in layers whose names begin so. */
static lk_status start_part(lk_model *model, const lk_dataset *train, int32_t part,
                            const char *prefix, bool pooled) {
    int64_t cells = lk_view_cells(lk_model_view(model), part, model->data.variables);
    int32_t colours = colours_of(model, cells);
    return lk_outputs_logistic(model)
               ? start_logistic(model, train, part, prefix, colours)
               : start_softmax(model, train, part, prefix, pooled ? 1 : colours);
}

/* Of all parts of a view, or of the data as they are (part -1); layers of the name "under".
 * pooled: a softmax has one set of biases for all colours. */
static lk_status start_parts(lk_model *model, const lk_dataset *train, const char *under,
                             bool pooled) {
    const lk_view *view = lk_model_view(model);
    int32_t first = view == NULL ? -1 : 0, parts = view == NULL ? 0 : view->part_count;
    for (int32_t part = first; part < parts; part++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "%s%s%s", part >= 0 ? view->parts[part].name : "",
                 part >= 0 ? "." : "", under);
        LK_TRY(start_part(model, train, part, prefix, pooled));
    }
    return LK_OK;
}

lk_status lk_outputs_start(lk_model *model, const lk_dataset *train) {
    return start_parts(model, train, "", false);
}

lk_status lk_outputs_start_under(lk_model *model, const lk_dataset *train, const char *under) {
    return start_parts(model, train, under, false);
}

lk_status lk_outputs_start_part(lk_model *model, const lk_dataset *train, int32_t part,
                                const char *prefix) {
    return start_part(model, train, part, prefix, false);
}

lk_status lk_outputs_start_pooled(lk_model *model, const lk_dataset *train) {
    return start_parts(model, train, "", true);
}

lk_status lk_outputs_start_each(lk_model *model, const lk_dataset *train) {
    if (lk_outputs_logistic(model)) {
        return start_logistic(model, train, -1, "", 1);
    }
    return start_softmax(model, train, -1, "", 1);
}
