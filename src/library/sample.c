/* Samples: of examples and of texts, from nothing or from what is given. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "jobs/sample.h"
#include "library/library.h"

#define SYMBOLS_MOST (INT64_C(1) << 40) /* of a text that is written as it is drawn */

lk_sampling lk_sampling_defaults(void) {
    return (lk_sampling){.count = 1, .seed = 1, .temperature = 1.0f, .length = 1000};
}

/* ---- arguments ------------------------------------------------------------------------------- */

static lk_status check_number(lk_context *context, const char *name, int64_t number, int64_t least,
                              int64_t most) {
    return number >= least && number <= most
               ? LK_OK
               : lk_fail(context, LK_INVALID, "lk_sampling: %s is %lld: expected %lld .. %lld",
                         name, (long long)number, (long long)least, (long long)most);
}

static lk_status check(lk_context *context, const lk_sampling *how) {
    bool warm = how->temperature >= 0.0f && isfinite(how->temperature);
    bool long_enough = how->length >= (how->local != NULL ? -1 : 0) && how->length <= SYMBOLS_MOST;
    bool lists = how->given_count >= 0 && how->label_count >= 0 && how->prompt_size >= 0 &&
                 how->local_count >= 0 && (how->given == NULL) == (how->given_count == 0) &&
                 (how->labels == NULL) == (how->label_count == 0) &&
                 (how->local == NULL) == (how->local_count == 0) &&
                 (how->prompt_size == 0 || how->prompt != NULL);
    LK_TRY(check_number(context, "count", how->count, 1, LK_VALUES_MOST));
    LK_TRY(check_number(context, "first", how->first, 0, INT64_MAX / 2));
    if (!warm || !long_enough || !lists) {
        return lk_fail(context, LK_INVALID, "lk_sampling: %s",
                       !warm          ? "temperature is out of range: 0 or more, finite"
                       : !long_enough ? "length is out of range: 0 to 2^40, or -1 with local"
                                      : "a list is NULL but has a length, or has none");
    }
    return lk_check_shape(context, &how->shape, "lk_sampling: shape");
}

/* ---- what is held ---------------------------------------------------------------------------- */

static lk_status check_held(const lk_model *model, const lk_sampling *how, int64_t variables) {
    bool own = variables == model->data.variables;
    for (int64_t i = 0; i < how->given_count * variables; i++) {
        int32_t alphabet = own ? lk_model_alphabet_of(model, i % variables) : model->data.alphabet;
        if (how->given[i] < -1 || how->given[i] >= alphabet) {
            return lk_fail(model->context, LK_INVALID,
                           "lk_sampling: given[%lld][%lld] is %d, neither in the alphabet 0 .. %d "
                           "nor -1",
                           (long long)(i / variables), (long long)(i % variables), how->given[i],
                           alphabet - 1);
        }
    }
    return LK_OK;
}

static lk_status hold_values(const lk_model *model, const lk_sampling *how, lk_given *given) {
    lk_shape shape = how->shape.axes > 0 ? how->shape : model->data.shape;
    int64_t variables = lk_shape_variables(shape);
    if (how->given_count > LK_VALUES_MOST / lk_view_length(lk_model_view(model), variables)) {
        return lk_fail(model->context, LK_INVALID, "lk_sampling: %lld rows are given: too many",
                       (long long)how->given_count);
    }
    LK_TRY(check_held(model, how, variables));
    *given = (lk_given){.examples = how->given_count, .variables = variables, .shape = shape};
    given->values = lk_allocate(how->given_count * given->variables, sizeof *given->values);
    if (given->values == NULL) {
        return lk_fail_no_memory(model->context, "what is given", given->variables * 4);
    }
    for (int64_t i = 0; i < how->given_count * given->variables; i++) {
        given->values[i] = how->given[i] < 0 ? -1 : how->given[i];
    }
    return lk_given_see(model, "lk_sampling: given", given);
}

static lk_status hold_prompt(const lk_model *model, const lk_sampling *how, lk_given *given) {
    lk_stream *prompt;
    lk_bytes bytes = {(uint8_t *)how->prompt, how->prompt_size};
    LK_TRY(lk_stream_parse(model->context, "the prompt", &bytes, &model->data.symbols, &prompt));
    lk_status status = lk_given_prompt(model, prompt, given);
    lk_stream_close(prompt);
    return status;
}

typedef struct request {
    lk_sample_options options;
    lk_given given;   /* owned */
    uint16_t *labels; /* owned */
    lk_local *local;  /* owned, or NULL */
} request;

/* Symbols of each text, the prompt's among them. */
static lk_status choose_length(const lk_model *model, const lk_sampling *how, request *r) {
    int64_t unit = lk_model_unit(model), all = how->local_count * model->data.local.every * unit;
    int64_t symbols = how->length < 0 ? all : r->given.variables + how->length * unit;
    r->options.shape = (lk_shape){1, {symbols}};
    if (how->length < 0 && symbols <= r->given.variables) {
        return lk_fail(model->context, LK_INVALID,
                       "lk_sampling: local is of %lld positions, no more than the %lld of the "
                       "prompt",
                       (long long)(all / unit), (long long)(r->given.variables / unit));
    }
    return symbols > 0 ? LK_OK
                       : lk_fail(model->context, LK_INVALID,
                                 "lk_sampling: length is 0, and so is the prompt");
}

static lk_status take_local(const lk_model *model, const lk_sampling *how, request *r) {
    if (how->local == NULL) {
        return LK_OK;
    }
    if (model->data.local.alphabet == 0) {
        return lk_fail(model->context, LK_MISMATCH,
                       "lk_sampling: the model is given no slower sequence: leave out local");
    }
    if (how->local_count > SYMBOLS_MOST / model->data.local.every / lk_model_unit(model)) {
        return lk_fail(model->context, LK_INVALID, "lk_sampling: local_count is %lld: too many",
                       (long long)how->local_count);
    }
    LK_TRY(lk_local_create(model->context, &model->data.local, 1, &r->local));
    LK_TRY(
        lk_local_add_symbols(r->local, "lk_sampling: local", how->local, how->local_count, -1, ""));
    r->options.local = r->local;
    return LK_OK;
}

static lk_status prepare(const lk_model *model, const lk_sampling *how, request *r) {
    lk_context *context = model->context;
    bool text = model->data.stream;
    *r = (request){.options = {.first = how->first,
                               .count = how->count,
                               .seed = how->seed,
                               .temperature = how->temperature,
                               .shape = how->shape,
                               .label_count = how->label_count,
                               .progress = lk_tell_count,
                               .progress_argument = context}};
    if (text ? how->given != NULL || how->shape.axes > 0 : how->prompt_size > 0) {
        return lk_fail(context, LK_INVALID, "lk_sampling: %s",
                       text ? "a model of texts takes a prompt and a length, not given and shape"
                            : "only a model of texts takes a prompt");
    }
    LK_TRY(lk_take_labels(model, how->labels, how->label_count, &r->labels));
    r->options.labels = r->labels;
    LK_TRY(how->prompt_size > 0   ? hold_prompt(model, how, &r->given)
           : how->given_count > 0 ? hold_values(model, how, &r->given)
                                  : LK_OK);
    r->options.given = r->given.examples > 0 ? &r->given : NULL;
    LK_TRY(take_local(model, how, r));
    return text ? choose_length(model, how, r) : LK_OK;
}

static void release(request *r) {
    lk_given_deinit(&r->given);
    lk_release(r->labels);
    lk_local_destroy(r->local);
}

/* ---- samples --------------------------------------------------------------------------------- */

/* The bytes of symbols; room for four times as many. */
static int64_t put_symbols(const lk_model *model, const uint16_t *symbols, int64_t count,
                           uint8_t *bytes) {
    int64_t size = 0;
    for (int64_t i = 0; i < count; i++) {
        size += lk_utf8_put(lk_symbols_character(&model->data.symbols, symbols[i]), bytes + size);
    }
    return size;
}

static lk_status make_text(const lk_model *model, const uint16_t *symbols, int64_t count,
                           lk_bytes *text) {
    if (lk_data_is_sound(&model->data)) {
        return lk_wav_of_symbols(model->context, &model->data.symbols.sound, symbols, count, text);
    }
    uint8_t *room = lk_allocate(count + 1, LK_UTF8_MOST);
    if (room == NULL) {
        return lk_fail_no_memory(model->context, "texts", count * LK_UTF8_MOST);
    }
    *text = (lk_bytes){room, put_symbols(model, symbols, count, room)};
    return LK_OK;
}

/* What was given beside each of the texts. These may be shorter than they were drawn, where bytes
 * that are no UTF-8 by themselves are some together. */
static lk_status keep_local(const lk_model *model, const lk_local *local, lk_data *data) {
    if (local == NULL) {
        return LK_OK;
    }
    lk_local_part *parts = lk_allocate(data->count, sizeof *parts);
    if (parts == NULL) {
        return lk_fail_no_memory(model->context, "slower sequences",
                                 data->count * (int64_t)sizeof *parts);
    }
    for (int64_t i = 0; i < data->count; i++) {
        parts[i].count = lk_local_count(&model->data.local, data->length[i] / lk_model_unit(model));
    }
    lk_status status = lk_local_parts(model->context, local, parts, data->count, &data->local);
    lk_release(parts);
    return status;
}

static lk_status fill_texts(const lk_model *model, const lk_dataset *drawn, const lk_local *local,
                            lk_data *data) {
    lk_context *context = model->context;
    data->kind = lk_model_text(model);
    data->sound = model->data.symbols.sound;
    data->bytes = lk_allocate(drawn->examples, sizeof *data->bytes);
    if (data->bytes == NULL) {
        return lk_fail_no_memory(context, "texts", drawn->examples * 16);
    }
    data->count = drawn->examples;
    for (int64_t i = 0; i < drawn->examples; i++) {
        LK_TRY(make_text(model, drawn->values + i * drawn->variables, drawn->variables,
                         &data->bytes[i]));
    }
    LK_TRY(lk_data_measure(context, NULL, data));
    return keep_local(model, local, data);
}

static lk_status make_texts(const lk_model *model, const lk_dataset *drawn, const lk_local *local,
                            lk_data **samples) {
    lk_data *data;
    LK_TRY(lk_data_create(model->context, &data));
    lk_status status = fill_texts(model, drawn, local, data);
    if (status != LK_OK) {
        lk_data_destroy(data);
        return status;
    }
    *samples = data;
    return LK_OK;
}

static lk_status draw(const lk_model *model, const lk_sampling *how, const request *r,
                      lk_data **samples) {
    lk_shape shape = r->options.shape.axes > 0 ? r->options.shape : model->data.shape;
    lk_dataset *drawn;
    if (how->count > LK_VALUES_MOST / lk_shape_variables(shape)) {
        return lk_fail(model->context, LK_INVALID, "lk_sampling: %lld samples: too many",
                       (long long)how->count);
    }
    LK_TRY(lk_sample(model, &r->options, &drawn));
    if (!model->data.stream) {
        return lk_data_of_dataset_take(model->context, drawn, samples);
    }
    lk_status status = make_texts(model, drawn, r->local, samples);
    lk_dataset_destroy(drawn);
    return status;
}

static lk_status sample(const lk_model *model, const lk_sampling *how, lk_data **samples) {
    request r;
    lk_status status = prepare(model, how, &r);
    status = status == LK_OK ? draw(model, how, &r, samples) : status;
    release(&r);
    return status;
}

lk_status lk_model_sample(lk_context *context, const lk_model *model, const lk_sampling *how,
                          lk_data **samples) {
    lk_loan loan;
    lk_sampling defaults = lk_sampling_defaults();
    if (samples != NULL) {
        *samples = NULL;
    }
    LK_TRY(lk_enter(context, "sampling"));
    LK_TRY(lk_need(context, samples, "lk_model_sample: samples"));
    LK_TRY(lk_need(context, model, "lk_model_sample: model"));
    how = how != NULL ? how : &defaults;
    LK_TRY(check(context, how));
    return lk_leave(context, sample(lk_lend(&loan, context, model), how, samples));
}

/* ---- a text as it is drawn ------------------------------------------------------------------- */

typedef struct taker {
    const lk_model *model;
    lk_writer *writer;
    int64_t done, total;
    uint16_t sample[2]; /* of a recording, as far as it is there */
} taker;

/* A recording's samples are written when their symbols are there. */
static void put_drawn(taker *t, uint16_t symbol) {
    uint8_t bytes[LK_UTF8_MOST];
    const lk_sound_form *form = &t->model->data.symbols.sound;
    if (!lk_data_is_sound(&t->model->data)) {
        lk_writer_put(t->writer, bytes, put_symbols(t->model, &symbol, 1, bytes));
        return;
    }
    int32_t parts = lk_sound_parts(form->view), part = (int32_t)(t->done % parts);
    t->sample[part] = symbol;
    if (part + 1 == parts) {
        lk_wav_put(form, t->sample, parts, t->writer);
    }
}

static lk_status take(void *argument, bool drawn, const uint16_t *symbols) {
    taker *t = argument;
    (void)drawn;
    put_drawn(t, symbols[0]);
    LK_TRY(lk_writer_status(t->writer));
    return lk_context_tell(t->model->context, (double)++t->done, (double)t->total);
}

static lk_status write_text(const lk_model *model, const lk_sampling *how,
                            const lk_output *output) {
    request r;
    taker t = {.model = model};
    const lk_sound_form *form = lk_data_is_sound(&model->data) ? &model->data.symbols.sound : NULL;
    lk_status status = prepare(model, how, &r);
    if (status == LK_OK) {
        r.options.count = 1;
        t.total = r.options.shape.size[0];
        status = lk_writer_create_to(model->context, output, &t.writer);
    }
    if (status == LK_OK) {
        int64_t frames = t.total / lk_model_unit(model);
        if (form != NULL) {
            lk_wav_begin(form, frames, t.writer);
        }
        status = lk_sample_texts(model, &r.options, take, &t);
        if (form != NULL) {
            lk_wav_end(form, frames, t.writer);
        }
        if (status == LK_OK) {
            status = lk_writer_commit(t.writer);
        } else {
            lk_writer_abandon(t.writer);
        }
    }
    release(&r);
    return status;
}

lk_status lk_model_write_text(lk_context *context, const lk_model *model, const lk_sampling *how,
                              lk_output output) {
    lk_loan loan;
    lk_sampling defaults = lk_sampling_defaults();
    lk_clear_output(&output);
    LK_TRY(lk_enter(context, "sampling"));
    LK_TRY(lk_check_output(context, &output, "lk_model_write_text: output"));
    LK_TRY(lk_need(context, model, "lk_model_write_text: model"));
    how = how != NULL ? how : &defaults;
    LK_TRY(check(context, how));
    if (!model->data.stream) {
        return lk_fail(context, LK_MISMATCH, "lk_model_write_text: the model is of no texts");
    }
    return lk_leave(context, write_text(lk_lend(&loan, context, model), how, &output));
}
