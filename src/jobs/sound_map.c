/* The spectrogram is of windows of 256 samples of the first channel, under a Hann window, each
 * drawn in the column where it begins: 20 log10 of its amplitudes, 80 dB from black to white. */
#include "jobs/sound_map.h"

#include <math.h>
#include <string.h>

#include "base/double_maths.h"
#include "base/measure.h"
#include "base/memory.h"
#include "data/formats/formats.h"
#include "jobs/heat.h"

#define SPAN 256 /* samples of a spectrum */
#define BANDS (SPAN / 2)
#define ZOOM 2   /* rows of a band */
#define STRIP 24 /* rows of the surprisal */
#define HEIGHT (BANDS * ZOOM + STRIP)
#define COLUMNS_MOST 1600
#define HOP_LEAST 8
#define DECIBELS 80.0

typedef struct job {
    lk_context *context;
    lk_items *items;
    const lk_sound_form *form;
    int64_t unit, frames, columns, hop; /* symbols of a frame; frames of a column */
    double *nats;                       /* owned, [columns]: sums */
    double *bits;                       /* owned, [columns]: a sample's */
    double *level;                      /* owned, [columns][BANDS]: decibels */
    uint8_t *pixels;                    /* owned, [HEIGHT][columns][3] */
    double cosine[SPAN];                /* of 2 pi i / SPAN */
} job;

/* ---- values ---------------------------------------------------------------------------------- */

static lk_status add(void *argument, const lk_passage *passage) {
    job *work = argument;
    for (int64_t i = 0; i < passage->count && passage->item == 0; i++) {
        work->nats[(passage->first + i) / work->unit / work->hop] += passage->nats[i];
    }
    return LK_OK;
}

static void make_cosines(job *work) {
    for (int i = 0; i < SPAN; i++) {
        double turn = 2.0 * i / SPAN;
        work->cosine[i] = lk_double_cos_pi(turn <= 1.0 ? turn : 2.0 - turn);
    }
}

/* Samples of the first channel from a frame on, 0 behind the end. */
static lk_status read_span(const job *work, int64_t frame, uint16_t *symbols, double *samples) {
    int64_t there = work->frames - frame < SPAN ? work->frames - frame : SPAN;
    memset(samples, 0, SPAN * sizeof *samples);
    LK_TRY(lk_items_read(work->items, 0, frame * work->unit, there * work->unit, symbols));
    for (int64_t i = 0; i < there; i++) {
        double hann = 0.5 - 0.5 * work->cosine[i];
        samples[i] = hann * lk_sound_linear(work->form->view, symbols + i * work->unit) / 32768.0;
    }
    return LK_OK;
}

static void transform(const job *work, const double *samples, double *level) {
    for (int band = 0; band < BANDS; band++) {
        double real = 0.0, imaginary = 0.0;
        for (int i = 0; i < SPAN; i++) {
            real += samples[i] * work->cosine[band * i % SPAN];
            imaginary += samples[i] * work->cosine[(band * i + SPAN / 4) % SPAN];
        }
        double power = real * real + imaginary * imaginary;
        level[band] = 10.0 * lk_double_log(power + 1e-12) / lk_double_log(10.0);
    }
}

static lk_status measure(job *work) {
    double samples[SPAN];
    uint16_t *symbols = lk_allocate(SPAN * work->unit, sizeof *symbols);
    lk_status status =
        symbols != NULL ? LK_OK : lk_fail_no_memory(work->context, "a spectrum", SPAN * work->unit);
    make_cosines(work);
    for (int64_t c = 0; c < work->columns && status == LK_OK; c++) {
        int64_t left = work->frames - c * work->hop, here = left < work->hop ? left : work->hop;
        int64_t said = here * work->form->channels;
        work->bits[c] = work->nats[c] / LK_NATS_PER_BIT / (double)said;
        status = read_span(work, c * work->hop, symbols, samples);
        if (status == LK_OK) {
            transform(work, samples, work->level + c * BANDS);
        }
    }
    lk_release(symbols);
    return status;
}

/* ---- the picture ----------------------------------------------------------------------------- */

static uint8_t *pixel(const job *work, int64_t row, int64_t column) {
    return work->pixels + (row * work->columns + column) * 3;
}

static double share_of(double value, double full) {
    return value <= 0.0 ? 0.0 : value < full ? value / full : 1.0;
}

static void draw_column(const job *work, int64_t c, double loudest, double full) {
    double share = share_of(work->bits[c], full);
    uint8_t heat[3];
    lk_heat(share, heat);
    for (int64_t row = 0; row < STRIP; row++) {
        memcpy(pixel(work, row, c), heat, 3);
    }
    for (int64_t row = 0; row < BANDS * ZOOM; row++) {
        double level = work->level[c * BANDS + BANDS - 1 - row / ZOOM] - loudest + DECIBELS;
        memset(pixel(work, STRIP + row, c), (int)(255.0 * share_of(level, DECIBELS)), 3);
    }
    int64_t at = STRIP + (int64_t)((1.0 - share) * (BANDS * ZOOM - 1));
    const uint8_t curve[3] = {249, 140, 10};
    memcpy(pixel(work, at, c), curve, 3);
}

static lk_status draw(job *work, lk_sound_map *map) {
    double loudest = work->level[0];
    map->largest = 0.0;
    for (int64_t i = 0; i < work->columns * BANDS; i++) {
        loudest = work->level[i] > loudest ? work->level[i] : loudest;
    }
    for (int64_t c = 0; c < work->columns; c++) {
        map->largest = work->bits[c] > map->largest ? work->bits[c] : map->largest;
    }
    if (!(map->full_scale > 0.0)) {
        LK_TRY(lk_heat_scale(work->context, work->bits, work->columns, &map->full_scale));
    }
    for (int64_t c = 0; c < work->columns; c++) {
        draw_column(work, c, loudest, map->full_scale);
    }
    return LK_OK;
}

static lk_status begin(job *work) {
    work->frames = lk_items_length(work->items, 0) / work->unit;
    work->hop = (work->frames + COLUMNS_MOST - 1) / COLUMNS_MOST;
    work->hop = work->hop > HOP_LEAST ? work->hop : HOP_LEAST;
    work->columns = (work->frames + work->hop - 1) / work->hop;
    work->nats = lk_allocate(work->columns, sizeof *work->nats);
    work->bits = lk_allocate(work->columns, sizeof *work->bits);
    work->level = lk_allocate(work->columns * BANDS, sizeof *work->level);
    work->pixels = lk_allocate(work->columns * HEIGHT, 3);
    return work->nats != NULL && work->bits != NULL && work->level != NULL && work->pixels != NULL
               ? LK_OK
               : lk_fail_no_memory(work->context, "a picture", work->columns * HEIGHT * 12);
}

lk_status lk_sound_map_write(const lk_model *model, lk_items *items, const char *path,
                             lk_sound_map *map) {
    const lk_symbols *symbols = &model->data.symbols;
    job work = {.context = model->context,
                .items = items,
                .form = &symbols->sound,
                .unit = lk_symbols_unit(symbols)};
    const lk_walk_options how = {.items = 1, .terms = true};
    const lk_sink sink = {add, &work};
    LK_REQUIRE(symbols->kind == LK_SYMBOLS_SOUND);
    lk_status status = begin(&work);
    status = status == LK_OK ? lk_walk_once(model, items, &how, &sink, 1) : status;
    status = status == LK_OK ? measure(&work) : status;
    status = status == LK_OK ? draw(&work, map) : status;
    status = status == LK_OK
                 ? lk_png_write(model->context, path, work.pixels, HEIGHT, work.columns, 3)
                 : status;
    map->frames = work.hop;
    lk_release(work.nats);
    lk_release(work.bits);
    lk_release(work.level);
    lk_release(work.pixels);
    return status;
}
