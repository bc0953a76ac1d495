/* Training a new model. */
#include <math.h>
#include <string.h>

#include "library/library.h"
#include "train/train.h"

#define SAMPLE_SYMBOLS \
    ((int64_t)1 << 22)  /* of a text, that are looked at before it is trained on */
#define EPOCHS_MOST 100 /* where nothing else ends a training */

lk_training lk_training_defaults(void) {
    lk_train_options o = lk_train_defaults();
    return (lk_training){.family = "made",
                         .order = "natural",
                         .window = 128,
                         .seed = o.seed,
                         .patience = o.patience,
                         .batch = o.batch_size,
                         .optimizer = o.optimizer.name,
                         .learning_rate = o.optimizer.learning_rate,
                         .weight_decay = o.optimizer.weight_decay,
                         .clip = o.clip,
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
    LK_TRY(check_number(context, "window", (double)how->window, 1, 1 << 20));
    LK_TRY(check_number(context, "epochs", (double)how->epochs, 0, 1e15));
    LK_TRY(check_number(context, "patience", (double)how->patience, 0, 1e15));
    LK_TRY(check_number(context, "minutes", how->minutes, 0, 1e9));
    LK_TRY(check_number(context, "batch", (double)how->batch, 1, 1 << 20));
    LK_TRY(check_number(context, "learning_rate", how->learning_rate, 1e-12, 1e9));
    LK_TRY(check_number(context, "weight_decay", how->weight_decay, 0, 1e9));
    LK_TRY(check_number(context, "clip", how->clip, 0, 1e30));
    return check_number(context, "ema", how->ema, 0, 0.99999999);
}

/* ---- what the model is of -------------------------------------------------------------------- */

static lk_status describe_examples(lk_context *context, const lk_training *how,
                                   const lk_data *train, const lk_data *valid,
                                   lk_data_description *d) {
    const lk_dataset *examples = train->dataset;
    int32_t alphabet = examples->alphabet < 2 ? 2 : examples->alphabet;
    if (valid != NULL && valid->dataset->alphabet > alphabet) {
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

static lk_status describe(lk_context *context, const lk_training *how, const lk_data *train,
                          const lk_data *valid, lk_data_description *d) {
    if (valid != NULL && (valid->kind != train->kind)) {
        return lk_fail(context, LK_MISMATCH,
                       "lk_model_train: train and valid are not of one kind: examples, bytes or "
                       "characters");
    }
    if (train->dataset != NULL) {
        return describe_examples(context, how, train, valid, d);
    }
    *d = (lk_data_description){
        .shape = {1, {how->window}}, .variables = how->window, .stream = true};
    if (how->condition || how->view != NULL) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "lk_training: condition and view are of examples, not of texts");
    }
    LK_TRY(lk_data_learn_symbols(context, train, &d->symbols));
    d->alphabet = lk_symbols_alphabet(&d->symbols);
    return LK_OK;
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
    o.epochs = how->epochs > 0 || how->minutes > 0.0 ? how->epochs : EPOCHS_MOST;
    o.minutes = how->minutes;
    o.patience = how->patience;
    o.batch_size = how->batch;
    o.optimizer.name = how->optimizer;
    o.optimizer.learning_rate = how->learning_rate;
    o.optimizer.weight_decay = how->weight_decay;
    o.clip = how->clip;
    o.ema = how->ema;
    o.seed = how->seed;
    o.checkpoint = how->checkpoint;
    o.resume = how->checkpoint != NULL;
    o.progress = tell;
    o.progress_argument = context;
    return o;
}

/* The beginning of the first text as windows: what a family wants to know before training. */
static lk_status take_windows(lk_items *texts, const lk_model *model, lk_dataset **windows) {
    int64_t window = model->data.variables, length = lk_items_length(texts, 0);
    int64_t count = (length < SAMPLE_SYMBOLS ? length : SAMPLE_SYMBOLS) / window;
    if (count < 1) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: %lld symbols do not fill a window of %lld: give a shorter one",
                       lk_items_path(texts), (long long)length, (long long)window);
    }
    LK_TRY(lk_dataset_create(model->context, lk_items_path(texts), model->data.shape, count,
                             model->data.alphabet, windows));
    return lk_items_read(texts, 0, 0, count * window, (*windows)->values);
}

static lk_status train_texts(lk_model *model, const lk_data *train, const lk_data *valid,
                             const lk_train_options *options) {
    const lk_symbols *symbols = &model->data.symbols;
    lk_items *texts = NULL, *held_out = NULL;
    lk_dataset *windows = NULL;
    lk_status status = lk_data_open_texts(model->context, train, symbols, &texts);
    if (status == LK_OK && valid != NULL) {
        status = lk_data_open_texts(model->context, valid, symbols, &held_out);
    }
    if (status == LK_OK) {
        status = take_windows(texts, model, &windows);
    }
    if (status == LK_OK) {
        status = lk_model_start(model, windows);
    }
    if (status == LK_OK) {
        status = lk_train_texts(model, texts, held_out, options);
    }
    lk_dataset_destroy(windows);
    lk_items_close(texts);
    lk_items_close(held_out);
    return status;
}

static lk_status train_examples(lk_model *model, const lk_training *how, const lk_dataset *train,
                                const lk_dataset *valid, const lk_train_options *options) {
    LK_TRY(lk_model_accepts(model, train));
    LK_TRY(valid == NULL ? LK_OK : lk_model_accepts(model, valid));
    if (model->family->fit == NULL) {
        LK_TRY(lk_model_start(model, train));
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

static lk_status make_model(lk_context *context, const lk_training *how, const lk_data *train,
                            const lk_data *valid, lk_model **model) {
    lk_data_description data = {0};
    lk_status status = describe(context, how, train, valid, &data);
    if (status == LK_OK) {
        status = lk_model_create(context, how->family, how->settings, how->setting_count, data,
                                 how->order, how->seed, model);
    }
    lk_symbols_deinit(&data.symbols);
    LK_TRY(status);
    lk_train_options options = options_of(context, how);
    return train->dataset != NULL ? train_examples(*model, how, train->dataset,
                                                   valid != NULL ? valid->dataset : NULL, &options)
                                  : train_texts(*model, train, valid, &options);
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
