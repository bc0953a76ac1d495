#include "jobs/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/measure.h"
#include "base/memory.h"
#include "data/labels.h"
#include "train/evaluate.h"

#define NATS_PER_BYTE 5.545177444479562 /* 8 ln 2 */

/* ---- input complexity ------------------------------------------------------------------------ */

/* The example as bytes: bits packed eight to a byte for binary data, else the low bytes of all
 * values, then the high ones if any. */
static int64_t example_bytes(const lk_dataset *dataset, int64_t example, uint8_t *bytes) {
    const uint16_t *x = dataset->values + example * dataset->variables;
    int64_t variables = dataset->variables;
    if (dataset->alphabet == 2) {
        memset(bytes, 0, (size_t)(variables + 7) / 8);
        for (int64_t v = 0; v < variables; v++) {
            bytes[v / 8] = (uint8_t)(bytes[v / 8] | x[v] << (7 - v % 8));
        }
        return (variables + 7) / 8;
    }
    int32_t planes = dataset->alphabet > 256 ? 2 : 1;
    for (int64_t v = 0; v < variables; v++) {
        bytes[v] = (uint8_t)x[v];
        if (planes == 2) {
            bytes[variables + v] = (uint8_t)(x[v] >> 8);
        }
    }
    return planes * variables;
}

static lk_status measure_complexity(lk_context *context, const lk_dataset *dataset, double *nats) {
    int64_t most = 2 * dataset->variables + 8;
    uLong bound = compressBound((uLong)most);
    uint8_t *bytes = lk_allocate(most, 1), *packed = lk_allocate((int64_t)bound, 1);
    lk_status status =
        bytes == NULL || packed == NULL ? lk_fail_no_memory(context, "complexity", most) : LK_OK;
    for (int64_t i = 0; status == LK_OK && i < dataset->examples; i++) {
        uLongf size = bound;
        if (compress2(packed, &size, bytes, (uLong)example_bytes(dataset, i, bytes), 9) != Z_OK) {
            status = lk_fail_no_memory(context, "complexity", (int64_t)bound);
        }
        nats[i] = NATS_PER_BYTE * (double)size;
    }
    lk_release(bytes);
    lk_release(packed);
    return status;
}

/* ---- surprisal ------------------------------------------------------------------------------- */

typedef struct surprisal {
    int64_t variables;
    double *nats;
} surprisal;

static lk_status take_surprisal(void *argument, const lk_passage *passage) {
    const surprisal *s = argument;
    double *nats = s->nats + passage->item * s->variables + passage->first;
    for (int64_t i = 0; i < passage->count && i < s->variables; i++) {
        nats[i] = lk_passage_nats(passage, i, s->variables);
    }
    return LK_OK;
}

lk_status lk_surprisal(const lk_model *model, lk_items *items, int64_t count, double **nats) {
    surprisal s = {.variables = lk_items_dataset(items)->variables};
    const lk_walk_options options = {.items = count, .terms = true};
    const lk_sink sink = {take_surprisal, &s};
    s.nats = lk_allocate(count * s.variables, sizeof *s.nats);
    lk_status status = s.nats == NULL
                           ? lk_fail_no_memory(model->context, "surprisal", count * s.variables * 8)
                           : lk_walk_once(model, items, &options, &sink, 1);
    if (status != LK_OK) {
        lk_release(s.nats);
        s.nats = NULL;
    }
    *nats = s.nats;
    return status;
}

/* ---- scores ---------------------------------------------------------------------------------- */

/* How many of the ascending `calibration` are at least `nll`. */
static int64_t count_at_least(const float *calibration, int64_t count, double nll) {
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if ((double)calibration[middle] < nll) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return count - low;
}

double lk_p_value(const lk_model *model, double nll_nats) {
    int64_t above = count_at_least(model->calibration, model->calibration_count, nll_nats);
    return (double)(1 + above) / (double)(1 + model->calibration_count);
}

static lk_status allocate_scores(const lk_model *model, const lk_dataset *dataset,
                                 const lk_score_options *options, lk_scores *scores) {
    int64_t n = dataset->examples;
    /* Held-out likelihoods say nothing about data of another size. */
    bool calibrated = model->calibration != NULL && dataset->variables == model->data.variables;
    lk_arena *arena = lk_arena_create();
    *scores = (lk_scores){.examples = n, .bound = lk_model_bound(model), .arena = arena};
    if (arena == NULL) {
        return lk_fail_no_memory(model->context, "scores", 7 * n * (int64_t)sizeof(double));
    }
    double **columns[] = {&scores->nll_nats,        &scores->score,   &scores->variable_nats,
                          &scores->background_nats, &scores->p_value, &scores->complexity_nats};
    bool wanted[] = {
        true, true, true, options->background != NULL, calibrated, options->complexity};
    for (int c = 0; c < 6; c++) {
        *columns[c] = wanted[c] ? lk_arena_take(arena, n, sizeof(double)) : NULL;
    }
    scores->variable = lk_arena_take(arena, n, sizeof *scores->variable);
    return !lk_arena_failed(arena)
               ? LK_OK
               : lk_fail_no_memory(model->context, "scores", 7 * n * (int64_t)sizeof(double));
}

/* ---- the most surprising variable ------------------------------------------------------------ */

typedef struct taker {
    lk_scores *scores;
    int64_t variables;
} taker;

static double column_mean(const surprisal *of, int64_t examples, int64_t v) {
    double sum = 0;
    int64_t finite = 0;
    for (int64_t i = 0; i < examples; i++) {
        double nats = of->nats[i * of->variables + v];
        sum += isfinite(nats) ? nats : 0.0;
        finite += isfinite(nats);
    }
    return finite > 0 ? sum / (double)finite : 0.0;
}

/* A column of many values costs more than one of two in nearly every row: what surprises is how far
 * it is above its mean here. */
static void compare_columns(const surprisal *of, lk_scores *scores) {
    for (int64_t v = 0; v < of->variables; v++) {
        double mean = column_mean(of, scores->examples, v);
        for (int64_t i = 0; i < scores->examples; i++) {
            double here = of->nats[i * of->variables + v] - mean;
            double *above = &scores->variable_nats[i]; /* for now */
            if (v == 0 || here > *above) {
                *above = here;
                scores->variable[i] = v;
            }
        }
    }
    for (int64_t i = 0; i < scores->examples; i++) {
        scores->variable_nats[i] = of->nats[i * of->variables + scores->variable[i]];
    }
}

static lk_status take(void *argument, const lk_passage *passage) {
    const taker *t = argument;
    int64_t item = passage->item, most = t->scores->variable[item];
    double nats = passage->first > 0 ? t->scores->variable_nats[item] : -(double)INFINITY;
    t->scores->nll_nats[item] = passage->nll_nats;
    for (int64_t i = 0; i < passage->count && i < t->variables; i++) {
        double here = lk_passage_nats(passage, i, t->variables);
        if (here > nats) {
            most = passage->first + i;
            nats = here;
        }
    }
    t->scores->variable[item] = most;
    t->scores->variable_nats[item] = nats;
    return LK_OK;
}

static lk_status walk(const lk_model *model, lk_items *items, const lk_score_options *options,
                      lk_scores *scores) {
    const lk_dataset *dataset = lk_items_dataset(items);
    bool table = dataset->columns != NULL && dataset->examples > 1;
    int64_t values = table ? dataset->examples * dataset->variables : 0;
    lk_walk_options how = options->walk;
    taker t = {scores, dataset->variables};
    surprisal all = {dataset->variables, lk_allocate(values, sizeof(double))};
    const lk_sink sinks[] = {{take, &t}, {take_surprisal, &all}};
    if (all.nats == NULL) {
        return lk_fail_no_memory(model->context, "surprisal", values * (int64_t)sizeof(double));
    }
    how.terms = true;
    lk_status status = lk_walk_once(model, items, &how, sinks, table ? 2 : 1);
    if (table && status == LK_OK) {
        compare_columns(&all, scores);
    }
    lk_release(all.nats);
    return status;
}

static lk_status fill_scores(const lk_model *model, lk_items *items,
                             const lk_score_options *options, lk_scores *scores) {
    const lk_dataset *dataset = lk_items_dataset(items);
    LK_TRY(walk(model, items, options, scores));
    if (options->background != NULL) {
        const lk_sink sink = lk_nll_sink(scores->background_nats);
        LK_TRY(lk_walk_once(options->background, items, &options->walk, &sink, 1));
    }
    if (options->complexity) {
        LK_TRY(measure_complexity(model->context, dataset, scores->complexity_nats));
    }
    for (int64_t i = 0; i < scores->examples; i++) {
        double nll = scores->nll_nats[i], score = nll;
        score -= scores->background_nats != NULL ? scores->background_nats[i] : 0.0;
        score -= scores->complexity_nats != NULL ? scores->complexity_nats[i] : 0.0;
        scores->score[i] = isinf(nll) ? nll : score;
        if (scores->p_value != NULL) {
            scores->p_value[i] = lk_p_value(model, nll);
        }
    }
    return LK_OK;
}

lk_status lk_score(const lk_model *model, lk_items *items, const lk_score_options *options,
                   lk_scores *scores) {
    LK_REQUIRE(lk_items_dataset(items) != NULL);
    LK_TRY(allocate_scores(model, lk_items_dataset(items), options, scores));
    return fill_scores(model, items, options, scores);
}

void lk_scores_deinit(lk_scores *scores) {
    lk_arena_destroy(scores->arena);
    *scores = (lk_scores){0};
}
