/* Training a new model. */
#include <string.h>

#include "base/memory.h"
#include "data/labels.h"
#include "library/training.h"
#include "models/model_file.h"
#include "models/tune.h"
#include "train/choose.h"

#define EPOCHS_MOST 100 /* where nothing else ends a training */

/* ---- what the model is of -------------------------------------------------------------------- */

/* Of plain numbers those that occur are the classes. */
static lk_status describe_labels(lk_context *context, const lk_dataset *examples,
                                 lk_data_description *d) {
    lk_dataset numbered = {.path = examples->path, .examples = examples->examples};
    if (examples->labels == NULL) {
        return lk_fail(context, LK_INVALID, "lk_training: condition: the data have no labels");
    }
    if (examples->classes.count > 0) {
        LK_TRY(lk_dictionary_copy(context, &examples->classes, &d->classes));
    } else {
        int32_t *numbers = lk_allocate(examples->examples, sizeof *numbers);
        if (numbers == NULL) {
            return lk_fail_no_memory(context, "labels", examples->examples * 4);
        }
        memcpy(numbers, examples->labels, (size_t)examples->examples * sizeof *numbers);
        LK_TRY(lk_labels_of_numbers(context, &numbered, numbers));
        d->classes = numbered.classes;
        lk_release(numbered.labels);
    }
    d->labels = lk_dictionary_alphabet(&d->classes);
    return LK_OK;
}

static lk_status describe_examples(lk_context *context, const lk_training *how,
                                   const lk_data *train, const lk_data *valid,
                                   lk_data_description *d) {
    const lk_dataset *examples = train->dataset;
    int32_t alphabet = examples->alphabet < 2 ? 2 : examples->alphabet;
    if (valid != NULL && valid->dataset != NULL && valid->dataset->alphabet > alphabet) {
        alphabet = valid->dataset->alphabet;
    }
    *d = (lk_data_description){.shape = examples->shape,
                               .variables = examples->variables,
                               .alphabet = alphabet,
                               .columns = examples->columns,
                               .alphabets = train->alphabets};
    LK_TRY(how->condition ? describe_labels(context, examples, d) : LK_OK);
    return how->view != NULL ? lk_view_parse(context, how->view, d->shape, alphabet, &d->view)
                             : LK_OK;
}

/* Of texts in folders that are named as their classes. */
static lk_status describe_classes(lk_context *context, const lk_data *train,
                                  lk_data_description *d) {
    lk_items *items;
    LK_TRY(lk_data_open_texts(context, train, &d->symbols, &items));
    const lk_dictionary *classes = lk_items_classes(items);
    lk_status status = classes != NULL ? lk_dictionary_copy(context, classes, &d->classes)
                                       : lk_fail(context, LK_INVALID,
                                                 "lk_training: condition: texts have labels when "
                                                 "they stand in folders named as their classes, "
                                                 "or lk_loading.labels says them");
    lk_items_close(items);
    return status;
}

static lk_status count_symbols(lk_context *context, const lk_data *texts, const lk_symbols *symbols,
                               int64_t *count) {
    lk_items *items;
    LK_TRY(lk_data_open_texts(context, texts, symbols, &items));
    *count = lk_items_total(items);
    lk_items_close(items);
    return LK_OK;
}

static lk_status choose_window(lk_context *context, const lk_training *how, const lk_data *train,
                               lk_data_description *d) {
    int64_t symbols, unit = lk_data_unit(train);
    d->variables = how->window;
    if (how->window == LK_CHOOSE_WINDOW) {
        LK_TRY(count_symbols(context, train, &d->symbols, &symbols));
        d->variables = train->kind == LK_RECORDINGS ? lk_choose_sound_window(symbols, unit)
                                                    : lk_choose_window(symbols);
    }
    return d->variables % unit == 0
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "lk_training: window is %lld: a frame of these recordings has %lld "
                         "symbols, and whole ones are needed",
                         (long long)how->window, (long long)unit);
}

/* Of numbers that occur in either. */
static lk_status describe_local(lk_context *context, const lk_data *train, const lk_data *valid,
                                lk_data_description *d) {
    const lk_local *held_out = valid != NULL ? valid->local : NULL;
    if (valid != NULL && valid->dataset == NULL && (train->local == NULL) != (held_out == NULL)) {
        return lk_fail(context, LK_MISMATCH,
                       "lk_model_train: of train and valid only one has a slower sequence beside "
                       "it (lk_loading.local)");
    }
    if (train->local != NULL) {
        d->local = *lk_local_form_of(train->local);
        int32_t alphabet = lk_data_local_alphabet(valid);
        d->local.alphabet = alphabet > d->local.alphabet ? alphabet : d->local.alphabet;
    }
    return LK_OK;
}

static lk_status describe(lk_context *context, const lk_training *how, const lk_data *train,
                          const lk_data *valid, lk_data_description *d) {
    if (train->dataset != NULL) {
        return describe_examples(context, how, train, valid, d);
    }
    *d = (lk_data_description){.stream = true};
    if (how->view != NULL) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "lk_training: view is of examples, not of texts (of recordings it is "
                       "lk_loading.sound)");
    }
    LK_TRY(lk_data_learn_symbols(context, train, &d->symbols));
    d->alphabet = lk_symbols_alphabet(&d->symbols);
    LK_TRY(choose_window(context, how, train, d));
    d->shape = (lk_shape){1, {d->variables}};
    LK_TRY(describe_local(context, train, valid, d));
    return how->condition ? describe_classes(context, train, d) : LK_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

/* What is left to the data, or to the training that goes on. */
static lk_status choose(const lk_model *model, const lk_training *how, int64_t size,
                        lk_train_options *o) {
    const lk_train_facts facts = {
        .family = model->family, .texts = model->data.stream, .size = size};
    int64_t window = model->data.variables;
    char unused[LK_CHOOSE_REASON];
    json_t *before;
    LK_TRY(lk_choose_before(model->context, how->checkpoint, model->family, &before));
    if (before != NULL) {
        lk_choose_as_before(before, &window, o);
    }
    json_decref(before);
    if (o->epochs == 0 && o->minutes == 0.0 && !o->rate.by_time) {
        o->epochs = EPOCHS_MOST;
    }
    lk_choose_options(&facts, window, o, unused);
    return LK_OK;
}

static lk_status open_texts(const lk_model *model, const lk_data *data, lk_items **items) {
    *items = NULL;
    return data != NULL ? lk_data_open_items(model, data, false, items) : LK_OK;
}

static lk_status train_texts(lk_model *model, const lk_training *how, const lk_data *train,
                             const lk_data *valid, lk_train_options *options) {
    lk_items *texts = NULL, *held_out = NULL;
    lk_dataset *windows = NULL;
    lk_status status = open_texts(model, train, &texts);
    if (status == LK_OK) {
        status = open_texts(model, valid, &held_out);
    }
    if (status == LK_OK && how->from == NULL) {
        status = lk_train_windows(model->context, texts, &model->data, &windows);
    }
    if (status == LK_OK && how->from == NULL) {
        status = lk_model_start(model, windows);
    }
    if (status == LK_OK) {
        status = choose(model, how, lk_items_total(texts), options);
    }
    if (status == LK_OK) {
        status = lk_train_texts(model, texts, held_out, options);
    }
    lk_dataset_destroy(windows);
    lk_items_close(texts);
    lk_items_close(held_out);
    return status;
}

/* What values mean must be what the model takes them for. */
static lk_status check_meaning(const lk_model *model, const lk_dataset *dataset) {
    const lk_data_description *data = &model->data;
    bool alike = data->columns == NULL || dataset->columns == NULL ||
                 lk_columns_alike(data->columns, dataset->columns);
    return alike ? lk_model_accepts(model, dataset)
                 : lk_fail(model->context, LK_MISMATCH,
                           "%s has other columns or words than the model: load what it is trained "
                           "on for it, or like the rest (lk_loading.model, .like)",
                           dataset->path);
}

static lk_status fit_examples(lk_model *model, const lk_training *how, const lk_dataset *train,
                              const lk_dataset *valid, lk_train_options *options) {
    if (model->family->fit == NULL) {
        LK_TRY(how->from != NULL ? LK_OK : lk_model_start(model, train));
        LK_TRY(choose(model, how, train->examples, options));
        return lk_train(model, train, valid, options);
    }
    lk_fit_options fit = {.seed = how->seed,
                          .iterations = how->epochs,
                          .minutes = how->minutes,
                          .kept = options->kept,
                          .progress = lk_training_tell_fit,
                          .progress_argument = model->context};
    LK_TRY(model->family->fit(model, train, valid, &fit));
    *options->kept = true;
    return lk_train_finish_fit(model, train, valid);
}

/* The same examples, with labels as the model's symbols. */
static lk_status as_model(const lk_model *model, const lk_dataset *dataset, lk_dataset *seen) {
    *seen = *dataset;
    seen->labels = NULL;
    LK_TRY(check_meaning(model, dataset));
    if (model->data.labels > 0) {
        LK_TRY(lk_data_match_labels(model, dataset, &seen->labels));
        seen->classes = model->data.classes;
    }
    return LK_OK;
}

static lk_status train_examples(lk_model *model, const lk_training *how, const lk_dataset *train,
                                const lk_dataset *valid, lk_train_options *options) {
    lk_dataset seen = {0}, held_out = {0};
    lk_status status = as_model(model, train, &seen);
    if (status == LK_OK && valid != NULL) {
        status = as_model(model, valid, &held_out);
    }
    if (status == LK_OK) {
        status = fit_examples(model, how, &seen, valid != NULL ? &held_out : NULL, options);
    }
    lk_release(seen.labels);
    lk_release(held_out.labels);
    return status;
}

/* For those who give none. */
static lk_status choose_settings(lk_context *context, const lk_training *how, const lk_data *train,
                                 const lk_data_description *data, lk_assignments *chosen) {
    const lk_family *family;
    json_t *before;
    int64_t symbols = 0;
    LK_TRY(lk_family_find(context, how->family, &family));
    if (family->fit != NULL) {
        return LK_OK;
    }
    LK_TRY(lk_choose_before(context, how->checkpoint, family, &before));
    lk_status status = data->stream && before == NULL
                           ? count_symbols(context, train, &data->symbols, &symbols)
                           : LK_OK;
    if (status == LK_OK) {
        status = lk_choose_settings(context, family, before, symbols, chosen);
    }
    json_decref(before);
    return status;
}

static lk_status begin_anew(lk_context *context, const lk_training *how, const lk_data *train,
                            const lk_data *valid, lk_model **model) {
    lk_data_description data = {0};
    lk_assignments chosen = {0};
    lk_status status = describe(context, how, train, valid, &data);
    if (status == LK_OK && how->setting_count == 0) {
        status = choose_settings(context, how, train, &data, &chosen);
    }
    if (status == LK_OK) {
        const char *const *settings =
            chosen.count > 0 ? (const char *const *)chosen.text : how->settings;
        status = lk_model_create(context, how->family, settings,
                                 chosen.count > 0 ? chosen.count : how->setting_count, data,
                                 how->order, how->seed, model);
    }
    lk_assignments_deinit(&chosen);
    lk_symbols_deinit(&data.symbols);
    lk_dictionary_deinit(&data.classes);
    return status;
}

/* A copy, through its file. */
static lk_status go_on(lk_context *context, const lk_training *how, lk_model **model) {
    lk_loan loan;
    lk_bytes bytes;
    lk_output output = lk_to_memory(&bytes);
    LK_TRY(lk_model_write_to(lk_lend(&loan, context, how->from), &output));
    LK_TRY(lk_model_parse(context, "the model", bytes, model));
    return lk_model_go_on(*model, "the model", how->settings, how->setting_count);
}

static lk_status make_model(lk_context *context, const lk_training *how, const lk_data *train,
                            const lk_data *valid, lk_model **model, bool *kept) {
    LK_TRY(how->from != NULL ? go_on(context, how, model)
                             : begin_anew(context, how, train, valid, model));
    if (train->kind != lk_model_text(*model) || (valid != NULL && valid->kind != train->kind)) {
        return lk_fail(context, LK_MISMATCH,
                       "lk_model_train: model, train and valid are not of one kind: examples, "
                       "bytes, characters or recordings");
    }
    lk_train_options options = lk_training_options(context, how);
    options.kept = kept;
    return train->dataset != NULL ? train_examples(*model, how, train->dataset,
                                                   valid != NULL ? valid->dataset : NULL, &options)
                                  : train_texts(*model, how, train, valid, &options);
}

lk_status lk_model_train(lk_context *context, const lk_training *how, const lk_data *train,
                         const lk_data *valid, lk_model **model) {
    if (model != NULL) {
        *model = NULL;
    }
    LK_TRY(lk_enter(context, "training"));
    LK_TRY(lk_need(context, model, "lk_model_train: model"));
    LK_TRY(lk_need(context, train, "lk_model_train: train"));
    lk_training defaults = lk_training_defaults();
    how = how != NULL ? how : &defaults;
    bool kept = false;
    LK_TRY(lk_training_check(context, how));
    lk_status status = make_model(context, how, train, valid, model, &kept);
    if (status == LK_OK) {
        lk_training_tell_end(context, *model);
    }
    if (status == LK_OK || (status == LK_INTERRUPTED && kept)) {
        lk_detach(*model);
    } else {
        lk_model_destroy(*model);
        *model = NULL;
    }
    return lk_leave(context, status);
}
