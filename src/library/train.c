/* Training a new model. */
#include <math.h>
#include <string.h>

#include "library/library.h"
#include "models/model_file.h"
#include "models/tune.h"
#include "train/choose.h"

#define EPOCHS_MOST 100 /* where nothing else ends a training */

lk_training lk_training_defaults(void) {
    lk_train_options o = lk_train_defaults();
    return (lk_training){.family = "made",
                         .order = "natural",
                         .seed = o.seed,
                         .patience = o.patience,
                         .optimizer = o.optimizer.name,
                         .weight_decay = o.optimizer.weight_decay,
                         .clip = LK_CHOOSE_CLIP,
                         .ema = 0.999};
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* NaN is in no range. */
static lk_status check_number(lk_context *context, const char *name, double value, double least,
                              double most) {
    return value >= least && value <= most
               ? LK_OK
               : lk_fail(context, LK_INVALID, "lk_training: %s is %g: expected %g .. %g", name,
                         value, least, most);
}

static lk_status check_texts(lk_context *context, const lk_training *how) {
    LK_TRY(lk_need(context, how->family, "lk_training: family"));
    LK_TRY(lk_need(context, how->order, "lk_training: order"));
    LK_TRY(lk_need(context, how->optimizer, "lk_training: optimizer"));
    LK_TRY(check_number(context, "setting_count", how->setting_count, 0, 1000));
    if (how->setting_count > 0) {
        LK_TRY(lk_need(context, how->settings, "lk_training: settings"));
    }
    for (int32_t i = 0; i < how->setting_count; i++) {
        LK_TRY(lk_need(context, how->settings[i], "lk_training: a setting"));
    }
    return LK_OK;
}

static lk_status check_training(lk_context *context, const lk_training *how) {
    LK_TRY(check_texts(context, how));
    LK_TRY(check_number(context, "window", (double)how->window, 0, 1 << 20));
    LK_TRY(check_number(context, "epochs", (double)how->epochs, 0, 1e15));
    LK_TRY(check_number(context, "patience", (double)how->patience, 0, 1e15));
    LK_TRY(check_number(context, "minutes", how->minutes, 0, 1e9));
    LK_TRY(check_number(context, "batch", (double)how->batch, 0, 1 << 20));
    LK_TRY(check_number(context, "learning_rate", how->learning_rate, 0, 1e9));
    LK_TRY(check_number(context, "weight_decay", how->weight_decay, 0, 1e9));
    LK_TRY(how->clip == LK_CHOOSE_CLIP ? LK_OK : check_number(context, "clip", how->clip, 0, 1e30));
    return check_number(context, "ema", how->ema, 0, 0.99999999);
}

/* ---- what the model is of -------------------------------------------------------------------- */

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
    if (how->condition && examples->labels != NULL && examples->classes.count > 0) {
        d->classes = examples->classes;
        d->labels = lk_dictionary_alphabet(&examples->classes);
    }
    for (int64_t i = 0; how->condition && d->classes.count == 0 && examples->labels != NULL &&
                        i < examples->examples;
         i++) {
        d->labels = examples->labels[i] >= d->labels ? examples->labels[i] + 1 : d->labels;
    }
    if (how->condition && d->labels < 1) {
        return lk_fail(context, LK_INVALID, "lk_training: condition: the data have no labels");
    }
    return how->view != NULL ? lk_view_parse(context, how->view, alphabet, &d->view) : LK_OK;
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
                                                 "they stand in folders named as their classes");
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

static lk_status describe(lk_context *context, const lk_training *how, const lk_data *train,
                          const lk_data *valid, lk_data_description *d) {
    if (train->dataset != NULL) {
        return describe_examples(context, how, train, valid, d);
    }
    *d = (lk_data_description){.stream = true};
    if (how->view != NULL) {
        return lk_fail(context, LK_UNSUPPORTED, "lk_training: view is of examples, not of texts");
    }
    LK_TRY(lk_data_learn_symbols(context, train, &d->symbols));
    d->alphabet = lk_symbols_alphabet(&d->symbols);
    d->variables = how->window;
    if (d->variables == LK_CHOOSE_WINDOW) {
        int64_t symbols;
        LK_TRY(count_symbols(context, train, &d->symbols, &symbols));
        d->variables = lk_choose_window(symbols);
    }
    d->shape = (lk_shape){1, {d->variables}};
    return how->condition ? describe_classes(context, train, d) : LK_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

static bool tell(void *argument, const lk_train_progress *p) {
    lk_context *context = argument;
    lk_progress *told = &context->progress;
    told->epoch = p->epoch;
    told->train_nll_nats = p->train_nll_nats;
    told->valid_nll_nats = p->valid_nll_nats;
    told->best_nll_nats = p->best_valid_nll_nats;
    told->note = p->note;
    double within = p->steps_in_epoch > 0 ? (double)p->step / (double)p->steps_in_epoch : 0.0;
    lk_status status = lk_context_tell(context, (double)(p->epoch - 1) + within, (double)p->epochs);
    told->note = NULL;
    return status == LK_OK;
}

static bool tell_fit(void *argument, int64_t iteration, int64_t iterations, double train_nll_nats,
                     double valid_nll_nats) {
    lk_context *context = argument;
    context->progress.train_nll_nats = train_nll_nats;
    context->progress.valid_nll_nats = valid_nll_nats;
    return lk_context_tell(context, (double)iteration, (double)iterations) == LK_OK;
}

static lk_train_options options_of(lk_context *context, const lk_training *how) {
    lk_train_options o = lk_train_defaults();
    o.epochs = how->epochs;
    o.minutes = how->minutes;
    o.patience = how->patience;
    o.batch_size = how->batch;
    o.optimizer.name = how->optimizer;
    o.optimizer.learning_rate = how->learning_rate > 0.0 ? how->learning_rate : LK_CHOOSE_RATE;
    o.optimizer.weight_decay = how->weight_decay;
    o.clip = how->clip;
    o.ema = how->ema;
    o.rate.name = LK_CHOOSE_SCHEDULE;
    o.seed = how->seed;
    o.checkpoint = how->checkpoint;
    o.resume = how->checkpoint != NULL;
    o.progress = tell;
    o.progress_argument = context;
    return o;
}

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

/* What values and labels mean must be what the model takes them for. */
static lk_status check_meaning(const lk_model *model, const lk_dataset *dataset) {
    const lk_data_description *data = &model->data;
    bool alike = (data->columns == NULL || dataset->columns == NULL ||
                  lk_columns_equal(data->columns, dataset->columns)) &&
                 (data->labels == 0 || lk_dictionary_equal(&data->classes, &dataset->classes));
    return alike ? lk_model_accepts(model, dataset)
                 : lk_fail(model->context, LK_MISMATCH,
                           "%s has other columns, words or classes than the model: load what it is "
                           "trained on for it, or like the rest (lk_loading.model, .like)",
                           dataset->path);
}

static lk_status train_examples(lk_model *model, const lk_training *how, const lk_dataset *train,
                                const lk_dataset *valid, lk_train_options *options) {
    LK_TRY(check_meaning(model, train));
    LK_TRY(valid == NULL ? LK_OK : check_meaning(model, valid));
    if (model->family->fit == NULL) {
        LK_TRY(how->from != NULL ? LK_OK : lk_model_start(model, train));
        LK_TRY(choose(model, how, train->examples, options));
        return lk_train(model, train, valid, options);
    }
    lk_fit_options fit = {.seed = how->seed,
                          .iterations = how->epochs,
                          .minutes = how->minutes,
                          .progress = tell_fit,
                          .progress_argument = model->context};
    LK_TRY(model->family->fit(model, train, valid, &fit));
    return lk_train_finish_fit(model, train, valid);
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
    if (train->dataset == NULL) {
        lk_dictionary_deinit(&data.classes);
    }
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
                            const lk_data *valid, lk_model **model) {
    LK_TRY(how->from != NULL ? go_on(context, how, model)
                             : begin_anew(context, how, train, valid, model));
    if (train->kind != lk_model_text(*model) || (valid != NULL && valid->kind != train->kind)) {
        return lk_fail(context, LK_MISMATCH,
                       "lk_model_train: model, train and valid are not of one kind: examples, "
                       "bytes or characters");
    }
    lk_train_options options = options_of(context, how);
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
    LK_TRY(check_training(context, how));
    lk_status status = make_model(context, how, train, valid, model);
    if (status != LK_OK) {
        lk_model_destroy(*model);
        *model = NULL;
    } else {
        lk_detach(*model);
    }
    return lk_leave(context, status);
}
