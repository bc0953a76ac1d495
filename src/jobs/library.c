/* The public functions that are not simply those of a layer below: the jobs with few arguments and
 * good defaults. */
#include <string.h>

#include "codec/codec.h"
#include "data/formats/formats.h"
#include "jobs/sample.h"
#include "models/model_file.h"
#include "models/take.h"
#include "train/evaluate.h"
#include "train/train.h"

/* ---- data ------------------------------------------------------------------------------------ */

lk_status lk_dataset_open(lk_context *context, const char *path, const lk_model *model,
                          lk_dataset **dataset) {
    lk_dataset_options options = {.role = LK_ROLE_TEST, .seed = 1};
    if (model != NULL) {
        options.binarization = model->data.binarization;
    }
    LK_TRY(lk_dataset_read(context, path, &options, dataset));
    lk_shape there;
    lk_status status = model == NULL ? LK_OK : lk_model_takes(model, *dataset, &there);
    if (status != LK_OK) {
        lk_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    return status;
}

lk_status lk_dataset_from_values(lk_context *context, int64_t examples, int64_t variables,
                                 int32_t alphabet, const uint16_t *values, lk_dataset **dataset) {
    *dataset = NULL;
    if (examples < 1 || variables < 1 || alphabet < 2 || alphabet > LK_ALPHABET_MOST ||
        examples > INT64_MAX / variables) {
        return lk_fail(context, LK_INVALID,
                       "%lld examples of %lld variables with %d symbols are not a data set",
                       (long long)examples, (long long)variables, alphabet);
    }
    for (int64_t i = 0; i < examples * variables; i++) {
        if (values[i] >= alphabet) {
            return lk_fail(context, LK_INVALID,
                           "example %lld, variable %lld: %d is outside the alphabet 0..%d",
                           (long long)(i / variables), (long long)(i % variables), values[i],
                           alphabet - 1);
        }
    }
    lk_shape shape = {.axes = 1, .size = {variables}};
    LK_TRY(lk_dataset_create(context, "values in memory", shape, examples, alphabet, dataset));
    memcpy((*dataset)->values, values, (size_t)(examples * variables) * sizeof *values);
    return LK_OK;
}

int64_t lk_dataset_examples(const lk_dataset *dataset) {
    return dataset->examples;
}

int64_t lk_dataset_variables(const lk_dataset *dataset) {
    return dataset->variables;
}

const uint16_t *lk_dataset_values(const lk_dataset *dataset) {
    return dataset->values;
}

/* ---- models ---------------------------------------------------------------------------------- */

static lk_status fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                     int64_t epochs, uint64_t seed) {
    if (model->family->fit != NULL) {
        lk_fit_options options = {.seed = seed, .iterations = epochs};
        LK_TRY(model->family->fit(model, train, valid, &options));
        return lk_train_finish_fit(model, train, valid);
    }
    LK_TRY(lk_model_start(model, train));
    lk_train_options options = lk_train_defaults();
    options.seed = seed;
    options.epochs = epochs > 0 ? epochs : 100;
    return lk_train(model, train, valid, &options);
}

lk_status lk_model_train(lk_context *context, const char *family, const char *const *settings,
                         int32_t setting_count, const lk_dataset *train, const lk_dataset *valid,
                         int64_t epochs, uint64_t seed, lk_model **model) {
    lk_data_description data = {.shape = train->shape,
                                .variables = train->variables,
                                .alphabet = train->alphabet < 2 ? 2 : train->alphabet};
    LK_TRY(lk_model_create(context, family, settings, setting_count, data, "natural", seed, model));
    lk_status status = valid == NULL ? LK_OK : lk_model_accepts(*model, valid);
    if (status == LK_OK) {
        status = fit(*model, train, valid, epochs, seed);
    }
    if (status != LK_OK) {
        lk_model_destroy(*model);
        *model = NULL;
    }
    return status;
}

int64_t lk_model_variables(const lk_model *model) {
    return model->data.variables;
}

int32_t lk_model_alphabet(const lk_model *model) {
    return model->data.alphabet;
}

/* ---- the three jobs -------------------------------------------------------------------------- */

lk_status lk_model_nll(const lk_model *model, const lk_dataset *dataset, double *nll_nats) {
    return lk_evaluate_dataset(model, dataset, nll_nats);
}

lk_status lk_model_sample(const lk_model *model, int64_t count, uint64_t seed, float temperature,
                          lk_dataset **samples) {
    *samples = NULL;
    if (count < 1 || !(temperature >= 0.0f)) {
        return lk_fail(model->context, LK_INVALID,
                       "%lld samples at temperature %g: expected at least 1, and 0 or more",
                       (long long)count, (double)temperature);
    }
    lk_sample_options options = {.count = count, .seed = seed, .temperature = temperature};
    return lk_sample(model, &options, samples);
}

/* Takes the items, whatever comes of it. */
static lk_status compress_take(const lk_model *model, lk_items *items, const char *out,
                               float rate) {
    lk_codec_options options = {.learning_rate = rate};
    lk_status status = lk_compress_file(model, items, out, &options, NULL);
    lk_items_close(items);
    return status;
}

lk_status lk_model_compress(lk_model *model, const lk_dataset *dataset, const char *path) {
    lk_items *items;
    LK_TRY(lk_items_matched(model, dataset, &items));
    return compress_take(model, items, path, 0.0f);
}

lk_status lk_model_decompress(lk_model *model, const char *path, lk_dataset **dataset) {
    lk_source source;
    lk_restored restored;
    *dataset = NULL;
    LK_TRY(lk_source_open(model->context, path, &source));
    lk_status status = lk_decompress(model, &source, NULL, NULL, &restored);
    if (status == LK_OK) {
        *dataset = restored.dataset;
        restored.dataset = NULL;
    }
    lk_restored_deinit(&restored);
    lk_source_close(&source);
    return status;
}

lk_status lk_model_compress_text(const lk_model *model, const char *path, const char *out) {
    return lk_model_compress_text_learning(model, path, out, 0.0f);
}

lk_status lk_model_compress_text_learning(const lk_model *model, const char *path, const char *out,
                                          float rate) {
    lk_items *items;
    LK_TRY(lk_model_open_files(model, path, &items));
    return compress_take(model, items, out, rate);
}

lk_status lk_model_decompress_text(const lk_model *model, const char *path, const char *out) {
    lk_restored restored;
    lk_status status = lk_decompress_file(model, path, out, NULL, &restored);
    if (status == LK_OK && !restored.texts) {
        status = lk_fail(model->context, LK_FORMAT, "%s: holds examples, not texts", path);
    }
    lk_restored_deinit(&restored);
    return status;
}
