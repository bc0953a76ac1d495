/* PixelRNN (van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016,
 * sections 3.1 to 3.5, table 1):
 *
 *   a first masked convolution, 7 x 7 of type A, to 2h features;
 *   LSTM layers (figure 5, right): x + 1x1(LSTM(x)), 2h -> h -> 2h, all of type B;
 *   relu, 1x1, relu, 1x1: the logits of a Bernoulli (binary images) or of a softmax over all
 *     values.
 *
 * An LSTM layer adds an input-to-state convolution, of all pixels at once, and a state-to-state
 * convolution of earlier states (equation 3; ops/grid_lstm.c). kind=row: 1x3 masked input-to-state;
 * the state reads the three pixels above, and c comes from the middle one, so that a pixel sees a
 * triangle above it. kind=diagonal: 1x1 input-to-state; one LSTM goes from the upper left corner,
 * reads the pixels to the left and above, and takes c from the left; another goes from the upper
 * right corner, mirrored; its map is moved one row down before the two are added, so that it shows
 * nothing of the future (section 3.2). Together they see all earlier pixels, with one exception
 * that the paper's figures do not show: features under a type A mask do not hold their own pixel,
 * so the last pixel of the row above is seen from no further than the first convolution reaches.
 * States outside the image are zero.
 *
 * A pixel of several channels (R, G, B) has a block of features for each, as in pixelcnn.c; a
 * block's state reads all blocks of other pixels, and its c comes from its own. `channels` is h of
 * one block. The 1x1 that ends a layer starts at zero: the network begins as its shortest path.
 * Forget gates begin open (Jozefowicz, Zaremba, Sutskever, ICML 2015). */
#include <stdio.h>
#include <string.h>

#include "models/pixels.h"

static const lk_setting settings[] = {
    {.key = "kind",
     .kind = LK_CHOICE,
     .fallback = "row",
     .choices = "row|diagonal",
     .source = "sections 3.1 and 3.2",
     .help = "row: sees a triangle above, and computes rows at once; diagonal: sees all earlier "
             "pixels"},
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "3",
     .least = 1,
     .most = 64,
     .source = "table 1",
     .help = "LSTM layers"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "16",
     .least = 1,
     .most = 1 << 12,
     .source = "section 3.3",
     .help = "units h of an LSTM (2h features between layers), for each colour"},
    {.key = "head",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "table 1",
     .help = "features of the last layer before the logits, for each colour"},
    {.key = "kernel",
     .kind = LK_INTEGER,
     .fallback = "7",
     .least = 3,
     .most = LK_MASK_SIZE_MOST,
     .source = "section 3.4, table 1",
     .help = "size of the first convolution (odd)"},
};

/* One LSTM of a layer. */
typedef struct direction {
    const char *name;
    int32_t input_taps; /* the last of these: */
    int32_t state_taps, carry;
    int32_t state[3][LK_GRID_AXES];
} direction;

static const int32_t input_taps[2][LK_GRID_AXES] = {{0, -1}, {0, 0}};

static const direction row = {"row", 2, 3, 1, {{-1, -1}, {-1, 0}, {-1, 1}}};
static const direction left = {"left", 1, 2, 1, {{-1, 0}, {0, -1}}};
static const direction right = {"right", 1, 2, 1, {{-1, 0}, {0, 1}}};

static void layer_name(char text[64], int64_t number, const char *part, const char *rest) {
    snprintf(text, 64, "layer%lld.%s%s", (long long)number, part, rest);
}

/* h of an LSTM over the whole image. */
static lk_node *lstm(lk_graph *graph, int64_t number, const direction *d, lk_node *input,
                     lk_grid grid, int64_t channels) {
    char name[64];
    lk_conv_options to_state = {.grid = grid,
                                .channels = 4 * channels,
                                .taps = input_taps + 2 - d->input_taps,
                                .tap_count = d->input_taps,
                                .centre = LK_CENTRE_B,
                                .bias = true,
                                .init = LK_INIT_GLOROT};
    lk_grid_lstm_options states = {
        .grid = grid, .taps = d->state, .tap_count = d->state_taps, .carry = d->carry};
    layer_name(name, number, d->name, ".input");
    lk_node *x = lk_conv(graph, name, input, to_state);
    layer_name(name, number, d->name, "");
    return lk_channels(graph, lk_grid_lstm(graph, name, x, states), 0, channels);
}

static lk_node *lstm_layer(lk_graph *graph, int64_t number, bool diagonal, lk_node *input,
                           lk_grid grid, int64_t channels) {
    char name[64];
    lk_node *h;
    if (diagonal) {
        int64_t line = grid.size[1] * grid.groups;
        lk_node *from_left = lstm(graph, number, &left, input, grid, channels);
        lk_node *from_right = lstm(graph, number, &right, input, grid, channels);
        h = lk_add(graph, from_left, lk_shift(graph, from_right, line, 0.0f));
    } else {
        h = lstm(graph, number, &row, input, grid, channels);
    }
    layer_name(name, number, "out", "");
    return lk_add(graph, input,
                  lk_conv_1x1(graph, name, h, grid, 2 * channels, LK_CENTRE_B, LK_INIT_ZERO));
}

static bool is_diagonal(const lk_model *model) {
    return strcmp(lk_settings_text(&model->settings, "kind"), "diagonal") == 0;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    lk_grid grid;
    int32_t kernel;
    LK_TRY(lk_pixels_grid(graph, model, &grid));
    LK_TRY(lk_mask_size(graph, model, "kernel", &kernel));
    int64_t channels = lk_settings_integer(&model->settings, "channels");
    int64_t layers = lk_settings_integer(&model->settings, "layers");
    int64_t head = lk_settings_integer(&model->settings, "head");
    lk_mask mask;
    lk_mask_make(&mask, kernel);
    lk_node *node = lk_pixels_masked(graph, "first", lk_pixels_numbers(graph, &graph->fields[0]),
                                     grid, 2 * channels, &mask, LK_CENTRE_A);
    for (int64_t i = 1; i <= layers; i++) {
        node = lstm_layer(graph, i, is_diagonal(model), node, grid, channels);
    }
    node = lk_pixels_dense(graph, "head", node, grid, head, LK_INIT_HE);
    node = lk_pixels_dense(graph, "logits", node, grid, lk_pixels_logits(&graph->fields[0]),
                           LK_INIT_GLOROT);
    lk_pixels_model(graph, &graph->fields[0], node);
    return lk_graph_close(graph);
}

/* The second of the four gates, in each group's biases. */
static void open_forget_gates(lk_model *model, int64_t number, const direction *d) {
    char name[64];
    layer_name(name, number, d->name, ".input.bias");
    lk_parameter *bias = &model->parameters->list[lk_parameters_find(model->parameters, name)];
    int64_t channels = lk_settings_integer(&model->settings, "channels");
    for (int64_t i = 0; i < bias->rows; i++) {
        bias->value[i] += i / channels % 4 == 1 ? 1.0f : 0.0f;
    }
}

static lk_status start(lk_model *model, const lk_dataset *train) {
    for (int64_t i = 1; i <= lk_settings_integer(&model->settings, "layers"); i++) {
        open_forget_gates(model, i, is_diagonal(model) ? &left : &row);
        if (is_diagonal(model)) {
            open_forget_gates(model, i, &right);
        }
    }
    return lk_pixels_start(model, train);
}

const lk_family lk_pixelrnn_family = {
    .name = "pixelrnn",
    .place = 80,
    .summary = "Row LSTM and Diagonal BiLSTM over images: binary, grey or colour, with a softmax "
               "over all values",
    .paper = "van den Oord, Kalchbrenner, Kavukcuoglu: Pixel Recurrent Neural Networks, ICML 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .build = build,
    .any_size = true,
    .start = start,
};
