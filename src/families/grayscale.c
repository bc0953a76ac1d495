/* Grayscale PixelCNN (Kolesnikov, Lampert, "PixelCNN Models with Auxiliary Variables for Natural
 * Image Modeling", ICML 2017): what a picture is made of comes before its details,
 *
 *   p(x) = p(x^) p(x | x^)
 *
 * with x^ the first part of a view (data/view.h). The paper's own is a grey picture of 4 bits
 * beside the colours, grey:4. It says something about the picture twice, so that the likelihood is
 * bounded, not known. Where none is asked for the view is exact instead: the luminance of colours
 * before their chroma (ycocg), or of other values the high bits before the low ones (bits:B, half
 * of the bits).
 *
 *   p(x^)      a network as that of PixelCNN++ (models/pixel_streams.h), at one resolution
 *   p(x | x^)  another one; all of its resnets are told an embedding of x^, which is known for the
 *              whole picture: gated resnets over whole windows of 3 x 3, of which the distances
 *              between pixels are 1, 2, 4, 1, ... It costs one step of a generation.
 *
 * At the end elu, and models/pixel_head.h. A class is a bias in the gate of every resnet. Beside
 * the paper: no network strides, and x has the distribution that the setting says (there a mixture
 * of logistics, and for x^ a softmax). */
#include <stdio.h>

#include "models/parts.h"
#include "models/pixel_head.h"
#include "models/pixel_streams.h"

#define SOURCE "Kolesnikov and Lampert, ICML 2017"

static const lk_setting settings[] = {
    {.key = "first_depth",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 64,
     .source = SOURCE,
     .help = "resnets of each stream of the first part's network"},
    {.key = "depth",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 64,
     .source = SOURCE,
     .help = "resnets of each stream of the network of what is given the first part"},
    {.key = "embedding",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 0,
     .most = 64,
     .source = SOURCE,
     .help = "resnets of the embedding of the first part"},
    {.key = "filters",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "Salimans et al., PixelCNN++, ICLR 2017, section 3",
     .help = "features of each stream, and of the embedding"},
    LK_RESIDUAL_DROPOUT_SETTING("of a residual branch", false),
    LK_OUTPUT_SETTINGS("softmax", false),
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

/* 3 x 3 pixels, `reach` apart. */
static void make_window(lk_mask *mask, int32_t reach) {
    lk_window_make(mask, 3);
    for (int32_t i = 0; i < mask->count; i++) {
        mask->taps[i][0] *= reach;
        mask->taps[i][1] *= reach;
    }
}

/* What all of the part before says at each pixel; NULL where there is none. */
static lk_node *embed(const lk_model *model, const lk_resnets *resnets, const lk_outputs *output,
                      const lk_field *before) {
    lk_mask window;
    if (before == NULL) {
        return NULL;
    }
    lk_node *pixels = lk_pixel_field_and_one(resnets, output, before);
    lk_window_make(&window, 3);
    lk_node *node =
        lk_resnets_conv(resnets, "embedding", pixels, setting(model, "filters"), &window);
    for (int64_t i = 0; i < setting(model, "embedding"); i++) {
        char name[32];
        snprintf(name, sizeof name, "embedding%d", (int)i + 1);
        make_window(&window, 1 << i % 3);
        node = lk_gated_resnet(resnets, name, node, &window, NULL);
    }
    return node;
}

static lk_status build_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                            const lk_field *before) {
    lk_resnets resnets = {
        .graph = graph, .doubled = true, .dropout = lk_settings_real(&model->settings, "dropout")};
    lk_outputs output;
    int64_t filters = setting(model, "filters");
    LK_TRY(lk_pixels_grid(graph, model, &resnets.grid));
    resnets.grid.groups = 1;
    LK_TRY(lk_outputs_init(graph, model, field, &output));
    lk_node *told = embed(model, &resnets, &output, before);
    lk_node *pixels = lk_pixel_numbers_and_one(&resnets, &output);
    lk_pixel_streams streams = lk_pixel_streams_begin(&resnets, pixels, filters);
    int64_t depth = setting(model, before == NULL ? "first_depth" : "depth");
    for (int64_t i = 0; i < depth; i++) {
        char name[32];
        snprintf(name, sizeof name, "resnet%d", (int)i + 1);
        lk_pixel_streams_resnet(&resnets, name, told, &streams);
    }
    lk_pixel_head(&resnets, &output, lk_elu(graph, streams.ul), filters);
    return LK_OK;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    return lk_parts_build(model, graph, build_part);
}

/* An exact one. */
static lk_status choose_view(lk_context *context, lk_shape shape, int32_t alphabet, lk_view *view) {
    int32_t bits = 0;
    char text[LK_VIEW_TEXT];
    while (INT32_C(1) << bits < alphabet) {
        bits++;
    }
    if (shape.axes == 3 && shape.size[2] == 3 && alphabet == 256) {
        return lk_view_parse(context, "ycocg", shape, alphabet, view);
    }
    if (INT32_C(1) << bits != alphabet || bits < 2) {
        return lk_fail(context, LK_INVALID,
                       "grayscale models a first part of every value and then the rest, and values "
                       "of %d levels have no high and low bits: take %s",
                       alphabet,
                       bits < 2 ? "pixelcnn++"
                                : lk_advice_or(context, "view", "--view grey:B, or --alphabet 2^n",
                                               "the view grey:B"));
    }
    snprintf(text, sizeof text, "bits:%d", bits / 2);
    return lk_view_parse(context, text, shape, alphabet, view);
}

const lk_family lk_grayscale_family = {
    .name = "grayscale",
    .place = 88,
    .summary = "what pictures are made of before their details: luminance, then chroma, or high "
               "bits, then low ones, also given a class",
    .paper = "Kolesnikov, Lampert: PixelCNN Models with Auxiliary Variables for Natural Image "
             "Modeling, ICML 2017",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .view = choose_view,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_resnets_start,
};
