/* `likely info --curve`: an SVG without outside parts, drawn from the history in the model file.
 * The training curve is the mean over the epoch's minibatches, each scored just before its step, so
 * it lags behind the validation curve early on. */
#include "cli/info_curve.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

/* The picture and the plot inside it, in pixels. */
#define WIDTH 720
#define HEIGHT 420
#define LEFT 70
#define RIGHT 20
#define TOP 40
#define BOTTOM 50

typedef struct curve {
    const char *key, *name, *colour;
} curve;

static const curve curves[] = {
    {"train_nll_nats", "training", "#1f77b4"},
    {"valid_nll_nats", "validation", "#d62728"},
};
#define CURVES (sizeof curves / sizeof *curves)

typedef struct axes {
    double least, most, tick; /* nats */
    double epochs;
} axes;

static double value(const json_t *epochs, size_t i, const char *key) {
    const json_t *number = json_object_get(json_array_get(epochs, i), key);
    return json_is_number(number) ? json_number_value(number) : (double)NAN;
}

/* 1, 2 or 5 times a power of ten, so that `range` has about five of it. */
static double choose_tick(double range) {
    double power = pow(10.0, floor(log10(range / 5.0))), part = range / 5.0 / power;
    return power * (part < 1.5 ? 1.0 : part < 3.5 ? 2.0 : part < 7.5 ? 5.0 : 10.0);
}

/* The first epoch is left out of the scale when there are many: it would press all others flat. */
static bool find_axes(const json_t *epochs, axes *a) {
    size_t count = json_array_size(epochs), from = count > 8 ? 1 : 0;
    *a = (axes){.least = INFINITY, .most = -INFINITY, .epochs = (double)count};
    for (size_t i = from; i < count; i++) {
        for (size_t c = 0; c < CURVES; c++) {
            double v = value(epochs, i, curves[c].key);
            a->least = isfinite(v) && v < a->least ? v : a->least;
            a->most = isfinite(v) && v > a->most ? v : a->most;
        }
    }
    if (!isfinite(a->most - a->least)) {
        return false;
    }
    double range = a->most - a->least > 0 ? a->most - a->least : fmax(fabs(a->most), 1.0) * 0.01;
    a->tick = choose_tick(range);
    a->least = floor(a->least / a->tick) * a->tick;
    a->most = ceil((a->most + range * 0.02) / a->tick) * a->tick;
    return true;
}

static double x_of(const axes *a, double epoch) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (a->epochs > 1 ? (epoch - 1) / (a->epochs - 1) : 0.5);
}
static double y_of(const axes *a, double nats) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (a->most - nats) / (a->most - a->least);
}

static void draw_axes(lk_writer *w, const axes *a) {
    int ticks = (int)lround((a->most - a->least) / a->tick);
    int decimals = a->tick >= 1 ? 0 : (int)ceil(-log10(a->tick) - 1e-9);
    for (int i = 0; i <= ticks; i++) {
        double nats = a->least + i * a->tick, y = y_of(a, nats);
        lk_writer_printf(w, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n",
                         LEFT, WIDTH - RIGHT, y, y);
        lk_writer_printf(w, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n", LEFT - 8,
                         y + 4, decimals, nats);
    }
    int step = a->epochs > 6 ? (int)fmax(1.0, choose_tick(a->epochs)) : 1;
    for (int epoch = step; epoch <= (int)a->epochs; epoch += step) {
        lk_writer_printf(w, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
                         x_of(a, epoch), HEIGHT - BOTTOM + 20, epoch);
    }
    lk_writer_printf(w, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">epoch</text>\n",
                     (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
    lk_writer_printf(w,
                     "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">nats "
                     "per example</text>\n",
                     (TOP + HEIGHT - BOTTOM) / 2);
}

static void draw_curve(lk_writer *w, const axes *a, const json_t *epochs, size_t number) {
    const curve *c = &curves[number];
    int64_t points = 0;
    lk_writer_printf(w,
                     "<polyline clip-path=\"url(#plot)\" fill=\"none\" stroke=\"%s\" "
                     "stroke-width=\"2\" points=\"",
                     c->colour);
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        double v = value(epochs, i, c->key);
        if (isfinite(v)) {
            lk_writer_printf(w, "%s%.1f,%.1f", points > 0 ? " " : "", x_of(a, (double)i + 1),
                             y_of(a, v));
            points++;
        }
    }
    lk_writer_printf(w, "\"/>\n");
    if (points > 0) {
        int x = WIDTH - RIGHT - 110, y = TOP + 18 + 18 * (int)number;
        lk_writer_printf(
            w, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"/>\n",
            x, x + 24, y - 4, y - 4, c->colour);
        lk_writer_printf(w, "<text x=\"%d\" y=\"%d\">%s</text>\n", x + 30, y, c->name);
    }
}

static void draw(lk_writer *w, const lk_model *model, const axes *a, const json_t *epochs) {
    lk_writer_printf(w,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                     "font-family=\"sans-serif\" "
                     "font-size=\"12\">\n",
                     WIDTH, HEIGHT);
    lk_writer_printf(w, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", WIDTH, HEIGHT);
    lk_writer_printf(
        w,
        "<clipPath id=\"plot\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n",
        LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    lk_writer_printf(w, "<text x=\"%d\" y=\"24\" font-size=\"15\">%s, %lld parameters</text>\n",
                     LEFT, model->family->name, (long long)lk_parameters_total(model->parameters));
    draw_axes(w, a);
    for (size_t c = 0; c < CURVES; c++) {
        draw_curve(w, a, epochs, c);
    }
    lk_writer_printf(w, "</svg>\n");
}

lk_status info_curve_write(const lk_model *model, const char *path) {
    json_error_t error;
    json_t *history = NULL;
    if (model->history != NULL) {
        LK_TRY(lk_json_parse(model->context, "history", model->history, strlen(model->history),
                             &history, &error));
    }
    const json_t *epochs = json_object_get(history, "epochs");
    axes a = {0};
    lk_writer *writer = NULL;
    lk_status status;
    if (!json_is_array(epochs) || !find_axes(epochs, &a)) {
        status = lk_fail(model->context, LK_INVALID,
                         "%s: this model's history has no epochs to draw", path);
    } else {
        status = lk_writer_create(model->context, path, &writer);
    }
    if (status == LK_OK) {
        draw(writer, model, &a, epochs);
        status = lk_writer_commit(writer);
    }
    json_decref(history);
    return status;
}
