/* Compressing and restoring. */
#include <string.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "data/labels.h"
#include "library/collect.h"
#include "models/take.h"

lk_coding lk_coding_defaults(void) {
    return (lk_coding){0};
}

static lk_codec_options options_of(lk_context *context, const lk_coding *how) {
    return (lk_codec_options){.learning_rate = how->learning_rate,
                              .skip_verify = how->unverified,
                              .salvage = how->salvage,
                              .lossy = how->lossy,
                              .progress = lk_tell_count,
                              .progress_argument = context};
}

/* ---- compressing ----------------------------------------------------------------------------- */

static lk_status write(void *writer, const void *bytes, int64_t size) {
    lk_writer_put(writer, bytes, size);
    return lk_writer_status(writer);
}

/* Texts may be coded by models that were not trained along texts. */
static lk_status open_items(const lk_model *model, const lk_data *data, lk_items **items) {
    if (data->dataset != NULL || model->data.stream) {
        LK_TRY(lk_data_open_items(model, data, false, items));
        if (data->path == NULL || data->dataset != NULL || data->local != NULL) {
            return LK_OK;
        }
        lk_items_close(*items); /* they fit; but a packed file is kept as it is */
        return lk_model_open_files(model, data->path, data->labels_path, items);
    }
    const lk_symbols *symbols;
    if (data->kind == LK_RECORDINGS) {
        return lk_fail(model->context, LK_MISMATCH,
                       "the data are recordings, but the model is of examples");
    }
    LK_TRY(lk_model_text_symbols(model, &symbols));
    LK_TRY(lk_data_open_texts(model->context, data, symbols, items));
    lk_status status = lk_data_place_local(model, data, *items);
    if (status != LK_OK) {
        lk_items_close(*items);
    }
    return status;
}

static lk_status compress(const lk_model *model, const lk_data *data, const lk_coding *how,
                          const lk_output *output, lk_coding_report *coded) {
    lk_items *items;
    lk_writer *writer;
    lk_codec_report report = {0};
    lk_codec_options options = options_of(model->context, how);
    LK_TRY(open_items(model, data, &items));
    lk_status status = lk_writer_create_to(model->context, output, &writer);
    if (status == LK_OK) {
        lk_byte_sink sink = {.write = write, .user = writer};
        status = lk_compress(model, items, &sink, &options, &report);
        if (status == LK_OK) {
            status = lk_writer_commit(writer);
        } else {
            lk_writer_abandon(writer);
        }
    }
    lk_items_close(items);
    *coded = (lk_coding_report){.items = report.items,
                                .variables = report.symbols,
                                .bytes = report.bytes,
                                .header_bytes = report.header_bytes,
                                .nll_nats = report.model_nll_nats};
    return status;
}

lk_status lk_model_compress(lk_context *context, const lk_model *model, const lk_data *data,
                            const lk_coding *how, lk_output output, lk_coding_report *coded) {
    lk_loan loan;
    lk_coding_report unwanted;
    lk_coding defaults = {0};
    lk_clear_output(&output);
    LK_TRY(lk_enter(context, "coding"));
    LK_TRY(lk_check_output(context, &output, "lk_model_compress: output"));
    LK_TRY(lk_need(context, model, "lk_model_compress: model"));
    LK_TRY(lk_need(context, data, "lk_model_compress: data"));
    how = how != NULL ? how : &defaults;
    coded = coded != NULL ? coded : &unwanted;
    *coded = (lk_coding_report){0};
    LK_TRY(lk_check_learning_rate(context, how->learning_rate));
    return lk_leave(context, compress(lk_lend(&loan, context, model), data, how, &output, coded));
}

/* ---- restoring ------------------------------------------------------------------------------- */

/* What is read from a function is read whole; *bytes holds it. */
static lk_status open_source(lk_context *context, const lk_input *input, lk_bytes *bytes,
                             lk_source *source) {
    *bytes = (lk_bytes){0};
    if (input->path != NULL) {
        return lk_source_open(context, input->path, source);
    }
    if (input->read != NULL) {
        LK_TRY(lk_input_read(context, input, INT64_MAX / 8, bytes));
        return lk_source_of_bytes(context, lk_input_name(input), bytes, source);
    }
    lk_bytes all = {(uint8_t *)input->bytes, input->size};
    return lk_source_of_bytes(context, lk_input_name(input), &all, source);
}

static void report_restored(const lk_restored *restored, int64_t bytes, lk_coding_report *coded) {
    *coded = (lk_coding_report){
        .items = restored->items, .variables = restored->symbols, .bytes = bytes};
    for (int64_t i = 0; i < restored->lost_count; i++) {
        coded->lost += restored->lost[i].chunks;
    }
}

static lk_status restore(const lk_model *model, const lk_input *input, const lk_coding *how,
                         const lk_byte_sink *sink, lk_restored *restored, lk_coding_report *coded) {
    lk_bytes bytes;
    lk_source source;
    lk_codec_options options = options_of(model->context, how);
    lk_status status = open_source(model->context, input, &bytes, &source);
    if (status == LK_OK) {
        status = lk_decompress(model, &source, sink, &options, restored);
        report_restored(restored, source.size, coded);
        lk_source_close(&source);
    }
    lk_bytes_release(&bytes);
    return status;
}

/* Labels of values in memory were numbers, and are again. */
static void number_labels(lk_dataset *dataset) {
    bool numbers = dataset->format == LK_FROM_MEMORY && dataset->labels != NULL;
    for (int64_t i = 0; numbers && i < dataset->examples; i++) {
        int32_t number;
        numbers = lk_dataset_label_number(dataset, i, &number);
    }
    for (int64_t i = 0; numbers && i < dataset->examples; i++) {
        numbers = lk_dataset_label_number(dataset, i, &dataset->labels[i]);
    }
    if (numbers) {
        lk_dictionary_deinit(&dataset->classes);
    }
}

static lk_status decompress(const lk_model *model, const lk_input *input, const lk_coding *how,
                            lk_data **data, lk_coding_report *coded) {
    lk_collected texts;
    lk_restored restored = {0};
    LK_TRY(lk_collect_begin(model, &texts));
    const lk_byte_sink sink = lk_collect_sink(&texts);
    lk_status status = restore(model, input, how, &sink, &restored, coded);
    if (status == LK_OK && !restored.texts) {
        texts.data->dataset = restored.dataset;
        restored.dataset = NULL;
        number_labels(texts.data->dataset);
    } else if (status == LK_OK) {
        status = lk_collect_end(&texts, restored.lost_count == 0);
    }
    lk_restored_deinit(&restored);
    lk_data *made = lk_collect_give(&texts);
    if (status != LK_OK) {
        lk_data_destroy(made);
        return status;
    }
    *data = made;
    return LK_OK;
}

lk_status lk_model_decompress(lk_context *context, const lk_model *model, lk_input input,
                              const lk_coding *how, lk_data **data, lk_coding_report *coded) {
    lk_loan loan;
    lk_coding_report unwanted;
    lk_coding defaults = {0};
    if (data != NULL) {
        *data = NULL;
    }
    LK_TRY(lk_enter(context, "restoring"));
    LK_TRY(lk_need(context, data, "lk_model_decompress: data"));
    LK_TRY(lk_need(context, model, "lk_model_decompress: model"));
    LK_TRY(lk_check_input(context, &input, "lk_model_decompress: input"));
    how = how != NULL ? how : &defaults;
    coded = coded != NULL ? coded : &unwanted;
    *coded = (lk_coding_report){0};
    return lk_leave(context, decompress(lk_lend(&loan, context, model), &input, how, data, coded));
}

/* A recording that goes out as it is restored: a WAV file. */
typedef struct recording {
    lk_writer *writer;
    const lk_symbols *symbols; /* NULL: it is a text, whose bytes go out as they are */
    int64_t frames;
} recording;

static lk_status begin_wav(void *user, const char *name, const lk_sound_target *target) {
    recording *r = user;
    lk_sound_form form = r->symbols->sound;
    (void)name;
    form.rate = target->rate;
    r->frames = target->frames;
    lk_wav_begin(&form, target->frames, r->writer);
    return lk_writer_status(r->writer);
}

static lk_status write_wav(void *user, const void *bytes, int64_t size) {
    recording *r = user;
    uint16_t symbols[LK_POURED_MOST * LK_UTF8_MOST];
    if (r->symbols == NULL) {
        return write(r->writer, bytes, size);
    }
    lk_wav_put(&r->symbols->sound, symbols, lk_poured_symbols(r->symbols, bytes, size, symbols),
               r->writer);
    return lk_writer_status(r->writer);
}

static lk_status decompress_text(const lk_model *model, const lk_input *input, const lk_coding *how,
                                 const lk_output *output, lk_coding_report *coded) {
    recording r = {.symbols = lk_data_is_sound(&model->data) ? &model->data.symbols : NULL};
    lk_restored restored = {0};
    if (r.symbols != NULL && how->salvage) {
        return lk_fail(model->context, LK_UNSUPPORTED,
                       "a recording is not salvaged as it comes, for its length stands before it: "
                       "lk_model_decompress salvages");
    }
    LK_TRY(lk_writer_create_to(model->context, output, &r.writer));
    const lk_byte_sink sink = {.begin_sound = begin_wav, .write = write_wav, .user = &r};
    lk_status status = restore(model, input, how, &sink, &restored, coded);
    if (status == LK_OK && !restored.texts) {
        status = lk_fail(model->context, LK_MISMATCH,
                         "the file holds examples, not a text: lk_model_decompress restores them");
    }
    lk_restored_deinit(&restored);
    if (status != LK_OK) {
        lk_writer_abandon(r.writer);
        return status;
    }
    if (r.symbols != NULL) {
        lk_wav_end(&r.symbols->sound, r.frames, r.writer);
    }
    return lk_writer_commit(r.writer);
}

lk_status lk_model_decompress_text(lk_context *context, const lk_model *model, lk_input input,
                                   const lk_coding *how, lk_output output,
                                   lk_coding_report *coded) {
    lk_loan loan;
    lk_coding_report unwanted;
    lk_coding defaults = {0};
    lk_clear_output(&output);
    LK_TRY(lk_enter(context, "restoring"));
    LK_TRY(lk_check_output(context, &output, "lk_model_decompress_text: output"));
    LK_TRY(lk_need(context, model, "lk_model_decompress_text: model"));
    LK_TRY(lk_check_input(context, &input, "lk_model_decompress_text: input"));
    how = how != NULL ? how : &defaults;
    coded = coded != NULL ? coded : &unwanted;
    *coded = (lk_coding_report){0};
    return lk_leave(context,
                    decompress_text(lk_lend(&loan, context, model), &input, how, &output, coded));
}
