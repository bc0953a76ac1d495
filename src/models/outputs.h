/* What a network says of each variable: the logits of a Bernoulli distribution or of a softmax over
 * all values; or, where values are numbers, a mixture of logistic distributions (dist/dist.h), of
 * whole pixels where it runs once for each of these. Families for images and sequences share it:
 *
 *   static const lk_setting settings[] = { ..., LK_OUTPUT_SETTINGS("softmax", false) };
 *
 *   lk_outputs output;
 *   LK_TRY(lk_outputs_init(graph, model, field, &output));
 *   grid.groups = lk_outputs_groups(&output);   cells of a pixel: one for each colour, or one
 *   lk_node *x = lk_outputs_numbers(graph, &output, field, grid.groups);
 *   ...                                         features: a mask of type A, then B
 *   node = layer(graph, "logits", node, lk_outputs_channels(&output, grid.groups));
 *   lk_outputs_model(graph, &output, grid.groups, node);
 *
 * and .prepare = lk_outputs_prepare, .start = lk_outputs_start. A family may also give each colour
 * a cell of its own (groups of them) with logistic distributions: then features must read the
 * earlier colours themselves. */
#ifndef LK_MODELS_OUTPUTS_H
#define LK_MODELS_OUTPUTS_H

#include "models/model.h"
#include "ops/ops.h"

/* The settings' rows; `joined` is lk_setting.later. */
#define LK_OUTPUT_SETTINGS(standard, joined)                                                      \
    {.key = "distribution",                                                                       \
     .kind = LK_CHOICE,                                                                           \
     .fallback = standard,                                                                        \
     .choices = "softmax|logistic",                                                               \
     .source = "Salimans et al., PixelCNN++, ICLR 2017, section 2.1",                             \
     .help = "of a value: a softmax over all values; or, of values that are numbers, a "          \
             "mixture of discretized logistic distributions, one for all colours of a pixel",     \
     .later = joined},                                                                            \
    {                                                                                             \
        .key = "mixtures", .kind = LK_INTEGER, .fallback = "10", .least = 1,                      \
        .most = LK_MIXTURE_MOST, .source = "Salimans et al., PixelCNN++, ICLR 2017, section 2.1", \
        .help = "components of a mixture of logistic distributions", .later = joined              \
    }

/* A row that families of residual networks share: "dropout", of a feature `where`. */
#define LK_RESIDUAL_DROPOUT_SETTING(where, joined)                                                \
    {                                                                                             \
        .key = "dropout", .kind = LK_REAL, .fallback = "0", .least = 0, .most = 0.99,             \
        .source = "Salimans et al., PixelCNN++, ICLR 2017, section 2.5",                          \
        .help = "probability of dropping a feature " where " in training", .training_only = true, \
        .later = joined                                                                           \
    }

typedef struct lk_outputs {
    const lk_field *field;
    bool logistic;
    int32_t colours; /* of a pixel; 1 for all that is no image of several channels */
    int32_t components;
} lk_outputs;

/* Of a new model: a binary value has one parameter, so that where a family's fallback is a mixture
 * it gets a softmax, and where a mixture was asked for, LK_INVALID. */
lk_status lk_outputs_prepare(lk_model *model);
/* Whether the setting says a mixture of logistic distributions. */
bool lk_outputs_logistic(const lk_model *model);

/* As the model's settings have it. LK_INVALID where values are no numbers, or pixels have more than
 * LK_COLOURS_MOST colours. */
lk_status lk_outputs_init(lk_graph *graph, const lk_model *model, const lk_field *field,
                          lk_outputs *output);
/* The same where each value stands by itself, also the colours of a pixel: in sequences. Then the
 * start is lk_outputs_start_each. */
lk_status lk_outputs_init_each(lk_graph *graph, const lk_model *model, const lk_field *field,
                               lk_outputs *output);
/* LK_INVALID unless the colours of a pixel whose values are a mixture follow one another. */
lk_status lk_outputs_check_order(lk_graph *graph, const lk_outputs *output);
/* Cells of a pixel in the network: its colours for a softmax, 1 for a mixture. */
int32_t lk_outputs_groups(const lk_outputs *output);
/* Cells of a pixel that another field of the same pixels has. */
int32_t lk_outputs_colours(const lk_outputs *output, const lk_field *field);
/* A field of the same pixels as numbers, binary ones 0 and 1, others in -1 .. 1: a cell for each
 * colour, or, unless there are so many groups, one for the pixel, a channel for each colour. */
lk_node *lk_outputs_numbers(lk_graph *graph, const lk_outputs *output, const lk_field *field,
                            int32_t groups);
/* Channels of a cell of the layer "logits", and what these parameterise. */
int64_t lk_outputs_channels(const lk_outputs *output, int32_t groups);
void lk_outputs_model(lk_graph *graph, const lk_outputs *output, int32_t groups, lk_node *logits);

/* The layer "logits" (of a view's parts: "high.logits", ...) begins near the marginal frequencies.
 * Of a softmax its biases become these, one set for each colour. Of a mixture each component gets a
 * K-th of them: its mean at the quantile (k + 1/2)/K, in a level that holds several of them spread
 * over its width; its scale a quarter of the distance between the quantiles k/K and (k + 1)/K. So
 * no two are alike, and neither are pixels: dark components are dark in all colours. Weights become
 * so small that what the network says moves means by a tenth of their scales. */
lk_status lk_outputs_start(lk_model *model, const lk_dataset *train);
/* The same of the layer UNDER + "logits", one of several that pixels have (of a view's parts
 * "high." UNDER "logits", ...). */
lk_status lk_outputs_start_under(lk_model *model, const lk_dataset *train, const char *under);
/* The same of networks whose layer has one set of biases for all colours. */
lk_status lk_outputs_start_pooled(lk_model *model, const lk_dataset *train);
/* The same of the layer PREFIX + "logits" alone; part: of a view, else -1. */
lk_status lk_outputs_start_part(lk_model *model, const lk_dataset *train, int32_t part,
                                const char *prefix);
/* The same of networks in which each value stands by itself. */
lk_status lk_outputs_start_each(lk_model *model, const lk_dataset *train);

#endif
