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

static lk_status check(lk_context *context, const lk_sampling *how) {
    bool counts = how->first >= 0 && how->count >= 1 && how->count <= LK_VALUES_MOST &&
                  how->first <= INT64_MAX / 2;
    bool warm = how->temperature >= 0.0f && isfinite(how->temperature);
    bool long_enough = how->length >= 0 && how->length <= SYMBOLS_MOST;
    bool lists = how->given_count >= 0 && how->label_count >= 0 && how->prompt_size >= 0 &&
                 (how->given == NULL) == (how->given_count == 0) &&
                 (how->labels == NULL) == (how->label_count == 0) &&
                 (how->prompt_size == 0 || how->prompt != NULL);
    if (!counts || !warm || !long_enough || !lists) {
        return lk_fail(context, LK_INVALID, "lk_sampling: %s",
                       !counts        ? "first or count is out of range: 0 or more, 1 or more"
                       : !warm        ? "temperature is out of range: 0 or more, finite"
                       : !long_enough ? "length is out of range: 0 or more"
                                      : "a list is NULL but has a length, or has none");
    }
    return lk_check_shape(context, &how->shape, "lk_sampling: shape");
}

/* ---- what is held ---------------------------------------------------------------------------- */

static lk_status check_held(const lk_model *model, const lk_sampling *how, int64_t variables) {
    bool own = variables == model->data.variables;
    for (int64_t i = 0; i < how->given_count * variables; i++) {
        int32_t alphabet = own ? lk_model_alphabet_of(model, i % variables) : model->data.alphabet;
        if (how->given[i] >= alphabet) {
            return lk_fail(model->context, LK_INVALID,
                           "lk_sampling: given[%lld][%lld] is %d, outside the alphabet 0 .. %d",
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
} request;

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
    if (text) {
        int64_t symbols = r->given.variables + how->length * lk_model_unit(model);
        r->options.shape = (lk_shape){1, {symbols}};
        if (symbols < 1) {
            return lk_fail(context, LK_INVALID, "lk_sampling: length is 0, and so is the prompt");
        }
    }
    return LK_OK;
}

static void release(request *r) {
    lk_given_deinit(&r->given);
    lk_release(r->labels);
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

/* Takes the data set. */
static lk_status make_texts(const lk_model *model, lk_dataset *drawn, lk_data **samples) {
    lk_context *context = model->context;
    lk_data *data;
    lk_status status = lk_data_create(context, &data);
    if (status == LK_OK) {
        data->kind = lk_model_text(model);
        data->sound = model->data.symbols.sound;
        data->bytes = lk_allocate(drawn->examples, sizeof *data->bytes);
        data->count = data->bytes != NULL ? drawn->examples : 0;
        status =
            data->bytes != NULL ? LK_OK : lk_fail_no_memory(context, "texts", drawn->examples * 16);
    }
    for (int64_t i = 0; status == LK_OK && i < drawn->examples; i++) {
        status = make_text(model, drawn->values + i * drawn->variables, drawn->variables,
                           &data->bytes[i]);
    }
    lk_dataset_destroy(drawn);
    status = status == LK_OK ? lk_data_measure(context, data) : status;
    if (status != LK_OK) {
        lk_data_destroy(data);
        return status;
    }
    *samples = data;
    return LK_OK;
}

static lk_status sample(const lk_model *model, const lk_sampling *how, lk_data **samples) {
    request r;
    lk_dataset *drawn = NULL;
    lk_status status = prepare(model, how, &r);
    if (status == LK_OK) {
        lk_shape shape = r.options.shape.axes > 0 ? r.options.shape : model->data.shape;
        status = how->count > LK_VALUES_MOST / lk_shape_variables(shape)
                     ? lk_fail(model->context, LK_INVALID, "lk_sampling: %lld samples: too many",
                               (long long)how->count)
                     : lk_sample(model, &r.options, &drawn);
    }
    release(&r);
    LK_TRY(status);
    return model->data.stream ? make_texts(model, drawn, samples)
                              : lk_data_of_dataset_take(model->context, drawn, samples);
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
