/* Mixture of products of Bernoullis ("MoBernoullis" in the tables of NADE and MADE), or of
 * categoricals when the alphabet is larger:
 *
 *   p(x) = sum_k w_k prod_v p_k(x_v)
 *
 * fitted by EM (models/em.c). As an autoregressive model each conditional is the same mixture,
 * weighted by the components' posterior given the earlier variables (ops/mixture_state.c,
 * ops/mixture_readout.c): a sample costs one pass. */
#include "dist/dist.h"
#include "models/em.h"
#include "ops/ops.h"

#include <string.h>

static const lk_setting settings[] = {
    {.key = "components",
     .kind = LK_INTEGER,
     .fallback = "100",
     .least = 1,
     .most = 1 << 20,
     .source = "section 4.3",
     .help = "number of products mixed"},
    {.key = "smoothing",
     .kind = LK_REAL,
     .fallback = "1",
     .least = 1e-6,
     .most = 1e9,
     .help = "pseudo-examples of each component, distributed as the data's marginals",
     .training_only = true},
    {.key = "starts",
     .kind = LK_INTEGER,
     .fallback = "0",
     .least = 0,
     .most = 10000,
     .help = "random starts, the best of which is continued; 0: as many as the number of "
             "components leaves time for",
     .training_only = true},
    {.key = "short_iterations",
     .kind = LK_INTEGER,
     .fallback = "20",
     .least = 1,
     .most = 1000000,
     .help = "EM iterations of each start",
     .training_only = true},
    {.key = "iterations",
     .kind = LK_INTEGER,
     .fallback = "500",
     .least = 1,
     .most = 1000000,
     .help = "most EM iterations of the run that is continued",
     .training_only = true},
    {.key = "patience",
     .kind = LK_INTEGER,
     .fallback = "10",
     .least = 1,
     .most = 1000000,
     .help = "iterations without a better validation NLL before stopping",
     .training_only = true},
};

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    int64_t components = lk_settings_integer(&model->settings, "components");
    lk_node *state = lk_mixture_state(graph, "mixture", &graph->fields[0], components);
    lk_node *logits = lk_mixture_readout(graph, "mixture", state, &graph->fields[0]);
    return lk_graph_finish(graph, logits, &lk_categorical);
}

static float *values(lk_model *model, const char *name) {
    int32_t index = lk_parameters_find(model->parameters, name);
    LK_REQUIRE(index >= 0);
    return model->parameters->list[index].value;
}

static lk_status fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                     const lk_fit_options *options) {
    LK_TRY(lk_model_accepts(model, train));
    LK_TRY(valid == NULL ? LK_OK : lk_model_accepts(model, valid));
    const lk_settings *set = &model->settings;
    int64_t iterations =
        options->iterations > 0 ? options->iterations : lk_settings_integer(set, "iterations");
    lk_em_options em = {
        .components = lk_settings_integer(set, "components"),
        .iterations = iterations,
        .starts = lk_settings_integer(set, "starts"),
        .short_iterations = lk_settings_integer(set, "short_iterations"),
        .smoothing = lk_settings_real(set, "smoothing"),
        .patience = lk_settings_integer(set, "patience"),
        .minutes = options->minutes,
        .seed = options->seed,
        .kept = options->kept,
        .progress = options->progress,
        .progress_argument = options->progress_argument,
    };
    if (em.starts == 0) {
        em.starts = em.components >= 100 ? 1 : (100 + em.components - 1) / em.components;
    }
    const char *stopped = "asked to stop";
    em.stopped = &stopped;
    lk_status status =
        lk_em_fit(model->context, train, valid, model->data.alphabet, model->data.alphabets, &em,
                  values(model, "mixture.weight"), values(model, "mixture.component"));
    char *history = lk_print("{\"stopped\":\"%s\"}", stopped);
    if (history == NULL) {
        return lk_fail_no_memory(model->context, "history", 0);
    }
    lk_release(model->history);
    model->history = history;
    return status;
}

const lk_family lk_bernoulli_mixture_family = {
    .name = "bernoulli-mixture",
    .tables = true,
    .per_variable = true,
    .place = 30,
    .any_order = true,
    .summary = "mixture of products of Bernoullis or categoricals, fitted by EM",
    .paper = "Dempster, Laird, Rubin: Maximum likelihood from incomplete data via the EM "
             "algorithm, JRSS B 1977",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .build = build,
    .fit = fit,
};
