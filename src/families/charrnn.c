/* Recurrent network over symbols (Karpathy, The unreasonable effectiveness of recurrent neural
 * networks, 2015; Graves, Generating sequences with recurrent neural networks, 2013):
 *
 *   h^0_t = symbol before t      h^l_t = cell(W^l h^{l-1}_t + b^l, h^l_{t-1})      logits_t = V
 *     h^L_t + c
 *
 * with one of the cells tanh, GRU, LSTM. All that it knows of the past is in the states, so the
 * same parameters serve any length. Before the first symbol stands one more symbol, the start,
 * whose weights are trained as the others' are.
 *
 * The first layer reads one-hot vectors: W^1 is then a table with a row for each symbol, and b^1 is
 * part of every row. With embedding > 0 it reads trained vectors of that size instead. Dropout is
 * between layers, never between steps (Zaremba, Sutskever, Vinyals, Recurrent neural network
 * regularization, 2014); it can be locked, the same units along a window (Gal and Ghahramani, NIPS
 * 2016), and the recurrent weights can be dropped instead of units (Merity, Keskar, Socher,
 * Regularizing and optimizing LSTM language models, ICLR 2018), or what a step adds to an LSTM's
 * memory (Semeniuta, Severyn, Barth, Recurrent dropout without memory loss, COLING 2016).
 *
 * A class that the network is told is a bias of each gate, and so is U^l y_t of a slower sequence
 * that is given along a stream (models/local.h). */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/maths.h"
#include "dist/dist.h"
#include "graph/weight_drop.h"
#include "models/label.h"
#include "models/local.h"
#include "models/model.h"
#include "models/phase.h"
#include "models/sequence.h"
#include "ops/ops.h"

static const lk_setting settings[] = {
    {.key = "cell",
     .kind = LK_CHOICE,
     .fallback = "lstm",
     .choices = "lstm|gru|tanh",
     .source = "Hochreiter and Schmidhuber 1997; Cho et al., EMNLP 2014, section 2.3",
     .help = "the recurrent step"},
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "2",
     .least = 1,
     .most = 16,
     .source = "Graves 2013, section 2",
     .help = "recurrent layers"},
    {.key = "width",
     .kind = LK_INTEGER,
     .fallback = "128",
     .least = 1,
     .most = 1 << 16,
     .source = "Graves 2013, section 2",
     .help = "units of each layer"},
    {.key = "embedding",
     .kind = LK_INTEGER,
     .fallback = "0",
     .least = 0,
     .most = 1 << 16,
     .help = "size of the vectors that stand for symbols; 0: one-hot"},
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Zaremba et al. 2014, section 3.2",
     .help = "probability of dropping a unit of a layer's output in training",
     .training_only = true},
    {.key = "locked_dropout",
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .source = "Gal and Ghahramani, NIPS 2016; Merity et al., ICLR 2018, section 4.2",
     .help = "the same units are dropped at all steps of a window",
     .training_only = true,
     .later = true},
    {.key = "recurrent_dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Semeniuta et al., COLING 2016",
     .help = "probability of dropping what a step adds to a unit of an LSTM's memory in training",
     .training_only = true,
     .later = true},
    {.key = "weight_dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Merity et al., ICLR 2018, section 2",
     .help = "probability of dropping a recurrent weight in a training step",
     .training_only = true,
     .later = true},
    LK_LOCAL_SETTINGS,
};

typedef struct cell_kind {
    const char *name;
    int64_t gates;
    lk_node *(*make)(lk_graph *graph, const char *name, lk_node *x);
} cell_kind;

static const cell_kind cell_kinds[] = {
    {"lstm", 4, lk_recurrent_lstm},
    {"gru", 3, lk_recurrent_gru},
    {"tanh", 1, lk_recurrent_tanh},
};

static const cell_kind *chosen_cell(const lk_model *model) {
    const char *name = lk_settings_text(&model->settings, "cell");
    const cell_kind *kind = cell_kinds;
    while (strcmp(kind->name, name) != 0) {
        kind++;
    }
    return kind;
}

/* What the first layer's gates get from the symbols before. */
static lk_node *first_input(const lk_model *model, lk_graph *graph, lk_node *sequence,
                            int64_t channels) {
    int64_t size = lk_settings_integer(&model->settings, "embedding"),
            symbols = (int64_t)graph->alphabet + 1;
    lk_node *before = lk_shift(graph, sequence, 1, (float)graph->alphabet);
    if (size == 0) {
        return lk_embedding(graph, "layer1", before, symbols, channels);
    }
    return lk_dense(graph, "layer1", lk_embedding(graph, "embedding", before, symbols, size),
                    channels);
}

/* The class, if the model is given one, as a bias of each gate. */
static lk_node *told_label(lk_graph *graph, const char *layer, lk_node *x) {
    char name[48];
    snprintf(name, sizeof name, "%s.label", layer);
    return lk_label_add(graph, name, x);
}

static lk_node *recurrent_layers(const lk_model *model, lk_graph *graph, lk_node *sequence) {
    const cell_kind *kind = chosen_cell(model);
    int64_t width = lk_settings_integer(&model->settings, "width");
    int64_t layers = lk_settings_integer(&model->settings, "layers");
    double rate = lk_settings_real(&model->settings, "dropout");
    double weight_rate = lk_settings_real(&model->settings, "weight_dropout");
    double update_rate = lk_settings_real(&model->settings, "recurrent_dropout");
    bool locked = lk_settings_boolean(&model->settings, "locked_dropout");
    lk_node *h = NULL, *local = lk_local_upsampled(model, graph);
    for (int64_t layer = 1; layer <= layers; layer++) {
        char name[32];
        snprintf(name, sizeof name, "layer%d", (int)layer);
        lk_node *x = layer == 1 ? first_input(model, graph, sequence, kind->gates * width)
                                : lk_dense(graph, name, h, kind->gates * width);
        x = layer == 1 ? lk_phase_add(model, graph, "phase", x) : x;
        x = lk_local_told(graph, name, told_label(graph, name, x), local);
        char cell_name[48];
        snprintf(cell_name, sizeof cell_name, "%s.%s", name, kind->name);
        lk_node *state = kind->make(graph, cell_name, x);
        if (update_rate > 0.0) {
            lk_recurrent_lstm_drop(state, update_rate);
        }
        h = lk_channels(graph, state, 0, width);
        if (state != NULL) {
            lk_parameters_drop(graph->parameters, state->parameters[0], weight_rate);
        }
        if (rate > 0.0) {
            h = locked ? lk_locked_dropout(graph, h, rate) : lk_dropout(graph, h, rate);
        }
    }
    return h;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    if (lk_settings_real(&model->settings, "recurrent_dropout") > 0.0 &&
        chosen_cell(model)->make != lk_recurrent_lstm) {
        return lk_fail(graph->context, LK_INVALID,
                       "recurrent_dropout is of LSTMs: set it to 0 with cell=%s",
                       chosen_cell(model)->name);
    }
    LK_TRY(lk_sequence_check(graph, "charrnn"));
    bool binary = graph->alphabet == 2;
    lk_node *sequence = lk_sequence_begin(graph, graph->data, false);
    lk_node *h = recurrent_layers(model, graph, sequence);
    lk_node *logits = lk_dense(graph, "logits", h, binary ? 1 : graph->alphabet);
    logits = lk_sequence_end(graph, logits, false);
    return lk_graph_finish(graph, logits, binary ? &lk_bernoulli : &lk_categorical);
}

static lk_parameter *parameter_named(lk_model *model, const char *name) {
    int32_t index = lk_parameters_find(model->parameters, name);
    return index < 0 ? NULL : &model->parameters->list[index];
}

/* The LSTM remembers by default: forget gates begin at sigmoid(1) (Jozefowicz, Zaremba, Sutskever,
 * ICML 2015). */
static void open_forget_gates(lk_model *model) {
    int64_t width = lk_settings_integer(&model->settings, "width");
    int64_t layers = lk_settings_integer(&model->settings, "layers");
    for (int64_t layer = 1; layer <= layers; layer++) {
        char name[32];
        snprintf(name, sizeof name, "layer%d.bias", (int)layer);
        lk_parameter *bias = parameter_named(model, name);
        bias = bias != NULL ? bias : parameter_named(model, "layer1.table");
        int64_t rows = bias->columns == 1 ? 1 : bias->rows;
        for (int64_t i = 0; i < rows * width; i++) {
            bias->value[i / width * 4 * width + width + i % width] += 1.0f;
        }
    }
}

/* Output biases begin at the frequencies of the symbols, wherever they stand. */
static lk_status start(lk_model *model, const lk_dataset *train) {
    int64_t alphabet = model->data.alphabet,
            most = train->alphabet > alphabet ? train->alphabet : alphabet;
    double *count = lk_allocate(most, sizeof *count);
    if (count == NULL) {
        return lk_fail_no_memory(model->context, "marginals", most * (int64_t)sizeof *count);
    }
    double total = (double)train->examples * (double)train->variables;
    for (int64_t i = 0; i < train->examples * train->variables; i++) {
        count[train->values[i]] += 1.0;
    }
    lk_parameter *bias = parameter_named(model, "logits.bias");
    for (int64_t a = 0; a < alphabet && alphabet > 2; a++) {
        bias->value[a] = lk_log_scalar((float)((count[a] + 1.0) / (total + (double)alphabet)));
    }
    if (alphabet == 2) {
        double ones = 0.0; /* grey values count by their probability of becoming 1 */
        for (int64_t a = 0; a < most; a++) {
            ones += count[a] * (double)a / (double)(train->alphabet > 2 ? train->alphabet - 1 : 1);
        }
        bias->value[0] = lk_log_scalar((float)((ones + 1.0) / (total - ones + 1.0)));
    }
    lk_release(count);
    if (strcmp(chosen_cell(model)->name, "lstm") == 0) {
        open_forget_gates(model);
    }
    return LK_OK;
}

/* Measured with a minute on two cores: one layer that is wide learns more in a time than two that
 * are narrow, and what a text is too small for must be dropped. */
static const struct {
    int64_t most; /* symbols */
    const char *const settings[5];
} SUITS[] = {
    {100000, {"layers=1", "width=128", "dropout=0.3", "recurrent_dropout=0.2"}},
    {600000, {"layers=1", "width=256", "dropout=0.3", "recurrent_dropout=0.2"}},
    {INT64_MAX, {"layers=1", "width=256"}},
};

static const char *const *suits(int64_t symbols) {
    int i = 0;
    while (symbols > SUITS[i].most) {
        i++;
    }
    return symbols > 0 ? SUITS[i].settings : NULL;
}

const lk_family lk_charrnn_family = {
    .name = "charrnn",
    .place = 90,
    .any_order = true,
    .summary = "recurrent network (LSTM, GRU, tanh) over a sequence of symbols",
    .paper = "Karpathy: The unreasonable effectiveness of recurrent neural networks, 2015",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .streams = true,
    .given = true,
    .local = true,
    .build = build,
    .any_size = true,
    .start = start,
    .learning_rate = 0.004,
    .falling_rate = 0.01,
    .clip = 1,
    .suits = suits,
};
