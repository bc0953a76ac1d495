/* `likely info --curve`: the picture, drawn from the history in the model file. The training curve
 * is the mean over the epoch's minibatches, each scored just before its step, so it lags behind the
 * validation curve early on. */
#include "cli/info/curve.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "cli/files.h"
#include "cli/info/curve_pen.h"

/* The plot inside the picture, in pixels. */
#define WIDTH CURVE_WIDTH
#define HEIGHT CURVE_HEIGHT
#define LEFT 70
#define RIGHT 20
#define TOP 40
#define BOTTOM 50

typedef struct curve {
    const char *key, *name;
    uint32_t colour;
} curve;

static const curve curves[] = {
    {"train_nll_nats", "training", 0x1F77B4},
    {"valid_nll_nats", "validation", 0xD62728},
};
#define CURVES (sizeof curves / sizeof *curves)

typedef struct axes {
    double least, most, tick; /* nats */
    double epochs;
} axes;

/* The curves' numbers, and what NLLs are divided by: of a text by its window. */
typedef struct course {
    const json_t *epochs;
    double per;
} course;

static double value(const course *all, size_t i, const char *key) {
    const json_t *number = json_object_get(json_array_get(all->epochs, i), key);
    return json_is_number(number) ? json_number_value(number) / all->per : (double)NAN;
}

/* 1, 2 or 5 times a power of ten, so that `range` has about five of it. */
static double choose_tick(double range) {
    double power = pow(10.0, floor(log10(range / 5.0))), part = range / 5.0 / power;
    return power * (part < 1.5 ? 1.0 : part < 3.5 ? 2.0 : part < 7.5 ? 5.0 : 10.0);
}

/* The first epoch is left out of the scale when there are many: it would press all others flat. */
static bool find_axes(const course *all, axes *a) {
    size_t count = json_array_size(all->epochs), from = count > 8 ? 1 : 0;
    *a = (axes){.least = INFINITY, .most = -INFINITY, .epochs = (double)count};
    for (size_t i = from; i < count; i++) {
        for (size_t c = 0; c < CURVES; c++) {
            double v = value(all, i, curves[c].key);
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

/* What is drawn on. */
typedef struct paper {
    const curve_pen *pen;
    void *on;
} paper;

static void print(const paper *p, double x, double y, curve_anchor anchor, const char *text) {
    p->pen->text(p->on, (curve_point){x, y}, anchor, 12, false, text);
}

static void draw_axes(const paper *p, const axes *a, const char *unit) {
    int ticks = (int)lround((a->most - a->least) / a->tick);
    int decimals = a->tick >= 1 ? 0 : (int)ceil(-log10(a->tick) - 1e-9);
    char text[64];
    for (int i = 0; i <= ticks; i++) {
        double nats = a->least + i * a->tick, y = y_of(a, nats);
        p->pen->line(p->on, (curve_point){LEFT, y}, (curve_point){WIDTH - RIGHT, y}, 1, 0xDDDDDD);
        snprintf(text, sizeof text, "%.*f", decimals, nats);
        print(p, LEFT - 8, y, CURVE_END, text);
    }
    int step = a->epochs > 6 ? (int)fmax(1.0, choose_tick(a->epochs)) : 1;
    for (int epoch = step; epoch <= (int)a->epochs; epoch += step) {
        snprintf(text, sizeof text, "%d", epoch);
        print(p, x_of(a, epoch), HEIGHT - BOTTOM + 16, CURVE_MIDDLE, text);
    }
    print(p, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 14, CURVE_MIDDLE, "epoch");
    p->pen->text(p->on, (curve_point){14, (TOP + HEIGHT - BOTTOM) / 2.0}, CURVE_MIDDLE, 12, true,
                 unit);
}

/* The part of a stretch that lies between the top and the bottom of the plot; false: none. */
static bool clip(curve_point *from, curve_point *to) {
    const double edges[] = {TOP, HEIGHT - BOTTOM};
    for (int e = 0; e < 2; e++) {
        double side = e == 0 ? 1 : -1, a = side * (from->y - edges[e]),
               b = side * (to->y - edges[e]);
        if (a < 0 && b < 0) {
            return false;
        }
        curve_point cut = {from->x + (to->x - from->x) * (a == b ? 0 : a / (a - b)), edges[e]};
        *from = a < 0 ? cut : *from;
        *to = b < 0 ? cut : *to;
    }
    return true;
}

static void draw_key(const paper *p, size_t number) {
    double x = WIDTH - RIGHT - 110, y = TOP + 14 + 18 * (double)number;
    p->pen->line(p->on, (curve_point){x, y}, (curve_point){x + 24, y}, 2, curves[number].colour);
    print(p, x + 32, y, CURVE_START, curves[number].name);
}

static void draw_curve(const paper *p, const axes *a, const course *all, size_t number) {
    const curve *c = &curves[number];
    curve_point before = {0, 0};
    int64_t points = 0;
    for (size_t i = 0; i < json_array_size(all->epochs); i++) {
        double v = value(all, i, c->key);
        curve_point here = {x_of(a, (double)i + 1), y_of(a, v)}, from = points > 0 ? before : here,
                    to = here;
        if (isfinite(v)) {
            if (clip(&from, &to)) {
                p->pen->line(p->on, from, to, 2, c->colour);
            }
            before = here;
            points++;
        }
    }
    if (points > 0) {
        draw_key(p, number);
    }
}

static void draw(const paper *p, const lk_model *model, const axes *a, const course *all) {
    char title[160];
    snprintf(title, sizeof title, "%s, %lld parameters", model->family->name,
             (long long)lk_parameters_total(model->parameters));
    p->pen->text(p->on, (curve_point){LEFT, 20}, CURVE_START, 15, false, title);
    draw_axes(p, a, model->data.stream ? "nats per symbol" : "nats per example");
    for (size_t c = 0; c < CURVES; c++) {
        draw_curve(p, a, all, c);
    }
}

static lk_status find_pen(lk_context *context, const char *path, const curve_pen **pen) {
    static const curve_pen *const pens[] = {&curve_svg, &curve_png};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof pens / sizeof *pens; i++) {
        size_t ending = strlen(pens[i]->ending);
        if (length > ending && strcasecmp(path + length - ending, pens[i]->ending) == 0) {
            *pen = pens[i];
            return LK_OK;
        }
    }
    if (!cli_files_whole(context, path)) { /* standard output and pipes have no ending */
        *pen = &curve_svg;
        return LK_OK;
    }
    return lk_fail(context, LK_INVALID, "%s: a curve is drawn as .svg or .png", path);
}

lk_status info_curve_write(const lk_model *model, const char *path) {
    paper p;
    json_error_t error;
    json_t *history = NULL;
    LK_TRY(find_pen(model->context, path, &p.pen));
    if (model->history != NULL) {
        LK_TRY(lk_json_parse(model->context, "history", model->history, strlen(model->history),
                             &history, &error));
    }
    const course all = {json_object_get(history, "epochs"),
                        model->data.stream ? (double)model->data.variables : 1.0};
    axes a = {0};
    lk_status status;
    if (!json_is_array(all.epochs) || !find_axes(&all, &a)) {
        status = lk_fail(model->context, LK_INVALID,
                         "%s: this model's history has no epochs to draw", path);
    } else {
        status = p.pen->begin(model->context, path, &p.on);
    }
    if (status == LK_OK) {
        draw(&p, model, &a, &all);
        status = p.pen->end(p.on);
    }
    json_decref(history);
    return status;
}
