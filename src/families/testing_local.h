/* Models of any family that is given a slower sequence, and such sequences, drawn. Included by
 * *_test.c only, behind models/testing.h. */
#ifndef LK_FAMILIES_TESTING_LOCAL_H
#define LK_FAMILIES_TESTING_LOCAL_H

#include <stdio.h>

#include "models/run.h"
#include "models/testing.h"

#define LOCAL_SEED 2016
#define LOCAL_LENGTH_MOST 16

typedef struct local_case {
    const char *family;
    int64_t variables;
    int32_t alphabet, labels; /* alphabet: characters and the escape */
    lk_local_form local;
    const char *set[10];
    int32_t sets;
} local_case;

static inline lk_model *local_model(lk_context *context, const local_case *c) {
    static const uint32_t characters[] = {'a', 'b', 'c', 'd'};
    lk_data_description data = testing_data(c->variables, c->alphabet);
    lk_model *model;
    testing_ok(context,
               lk_symbols_list(context, "test", characters, c->alphabet - 1, &data.symbols));
    data.stream = true;
    data.labels = c->labels;
    data.local = c->local;
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", 3, &model));
    lk_symbols_deinit(&data.symbols);
    testing_random_weights_of(model, 0.7f, LOCAL_SEED);
    return model;
}

/* q_j of sequence `which`, drawn. */
static inline uint16_t slow(const lk_local_form *form, uint64_t which, int64_t j) {
    return (uint16_t)lk_random_below((lk_random){LOCAL_SEED, LK_FOR_CHECK}, which, (uint64_t)j,
                                     (uint64_t)form->alphabet);
}

/* What positions [first, first + count) of a sequence of `total` symbols are given, written down
 * anew. */
static inline void give(const lk_local_form *form, uint64_t which, int64_t total, int64_t first,
                        int64_t count, uint16_t *cells) {
    for (int64_t t = first; t < first + count; t++) {
        int64_t j = t / form->every;
        for (int64_t k = j - 1; k <= j + 1; k++) {
            *cells++ = k < 0 || k >= total ? (uint16_t)form->alphabet : slow(form, which, k);
        }
        *cells++ = (uint16_t)(t - j * form->every);
    }
}

static uint16_t local_along[LOCAL_LENGTH_MOST * LK_LOCAL_CELLS];

static inline lk_model *local_given_model(lk_context *context, const local_case *c) {
    testing_along = local_along;
    give(&c->local, 0, lk_local_count(&c->local, c->variables), 0, c->variables, local_along);
    return local_model(context, c);
}

/* A slower sequence, in one symbol of which it may be another. */
typedef struct sequence {
    const lk_local_form *form;
    int64_t total, changed; /* symbols; which is another, -1: none */
} sequence;

static inline lk_status read_sequence(void *argument, int64_t lane, int64_t first, int64_t count,
                                      uint16_t *cells) {
    const sequence *s = argument;
    give(s->form, (uint64_t)lane, s->total, first, count, cells);
    for (int64_t t = first; t < first + count; t++, cells += LK_LOCAL_CELLS) {
        int64_t k = s->changed - (t / s->form->every - 1);
        if (s->changed >= 0 && k >= 0 && k < 3) {
            cells[k] = (uint16_t)((cells[k] + 1) % s->form->alphabet);
        }
    }
    return LK_OK;
}

/* Along a stream of `length` positions: whether conditional t is another when symbol j of the
 * slower sequence is; moves[ceil(length / every)][length]. */
static inline void local_find_moved(const lk_model *model, const lk_local_form *form,
                                    int64_t length, bool *moves) {
    const lk_run_options how = {.shape = {1, {0}}, .lanes = 1, .window = length};
    const int64_t symbols = lk_local_count(form, length), channels = model->data.alphabet;
    const size_t each = (size_t)channels * sizeof(float);
    float *logits = malloc(2 * (size_t)length * each); /* of no other symbol, and of one */
    uint16_t *x = malloc((size_t)length * sizeof *x);
    lk_run *run;
    for (int64_t t = 0; t < length; t++) {
        x[t] = (uint16_t)(t * t % channels);
    }
    testing_ok(model->context, lk_run_open(model, &how, &run));
    for (int64_t j = -1; j < symbols; j++) {
        sequence s = {form, symbols, j};
        lk_run_set_local(run, (lk_local_reader){read_sequence, &s});
        testing_ok(model->context, lk_run_begin(run, 1, NULL));
        testing_ok(model->context, lk_run_forward(run, x, length));
        for (int64_t t = 0; t < length; t++) {
            float *usual = logits + t * channels, *own = j < 0 ? usual : usual + length * channels;
            memcpy(own, lk_run_parameters(run, t), each);
            if (j >= 0) {
                moves[j * length + t] = memcmp(usual, own, each) != 0;
            }
        }
    }
    lk_run_close(run);
    free(x);
    free(logits);
}

/* ---- its equations in double ----------------------------------------------------------------- */

/* A weight, as a test's reference reads it. */
typedef double local_weight(const void *network, const lk_parameter *parameter, int64_t element);

static inline const lk_parameter *local_parameter(const lk_model *model, const char *name) {
    int32_t index = lk_parameters_find(model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return &model->parameters->list[index];
}

/* Channel c of y_t: testing_along[t] = q_(j-1), q_j, q_(j+1), t - j every. */
static inline double local_upsampled(const lk_model *model, local_weight *weight,
                                     const void *network, int64_t t, int64_t c) {
    static const char *const names[] = {"local.before.table", "local.here.table",
                                        "local.after.table"};
    bool learned = strcmp(lk_settings_text(&model->settings, "upsampling"), "learned") == 0;
    int64_t channels = lk_settings_integer(&model->settings, "local_channels");
    const uint16_t *given = testing_along + t * LK_LOCAL_CELLS;
    const lk_parameter *table = local_parameter(model, "local.table");
    double sum = weight(network, table, given[1] * channels + c);
    for (int64_t k = 0; k < 3 && learned; k++) {
        sum += weight(network, local_parameter(model, names[k]), given[3] * channels + c) *
               weight(network, table, given[k] * channels + c);
    }
    return sum;
}

/* Output o of what a layer is told at t; 0: nothing is given along. */
static inline double local_told(const lk_model *model, local_weight *weight, const void *network,
                                const char *layer, int64_t t, int64_t o) {
    char name[128];
    if (model->data.local.alphabet == 0) {
        return 0.0;
    }
    snprintf(name, sizeof name, "%s.local.bias", layer);
    double sum = weight(network, local_parameter(model, name), o);
    snprintf(name, sizeof name, "%s.local.weight", layer);
    const lk_parameter *v = local_parameter(model, name);
    for (int64_t c = 0; c < v->rows; c++) {
        sum +=
            weight(network, v, c * v->columns + o) * local_upsampled(model, weight, network, t, c);
    }
    return sum;
}

#endif
