/* Options of a training, and how it is told how far it is. */
#include <jansson.h>
#include <math.h>

#include "library/training.h"
#include "base/json.h"
#include "train/choose.h"

lk_training lk_training_defaults(void) {
    lk_train_options o = lk_train_defaults();
    return (lk_training){.family = "made",
                         .order = "natural",
                         .seed = o.seed,
                         .patience = o.patience,
                         .optimizer = o.optimizer.name,
                         .weight_decay = o.optimizer.weight_decay,
                         .momentum = o.optimizer.momentum,
                         .schedule = LK_CHOOSE_SCHEDULE,
                         .decay = o.rate.decay,
                         .decay_epochs = o.rate.decay_epochs,
                         .clip = LK_CHOOSE_CLIP,
                         .ema = 0.999};
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* NaN is in no range. */
static lk_status check_number(lk_context *context, const char *name, double value, double least,
                              double most) {
    return value >= least && value <= most
               ? LK_OK
               : lk_fail(context, LK_INVALID, "lk_training: %s is %.9g: expected %.9g .. %.9g",
                         name, lk_told(value), least, most);
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

lk_status lk_training_check(lk_context *context, const lk_training *how) {
    LK_TRY(check_texts(context, how));
    LK_TRY(check_number(context, "window", (double)how->window, 0, 1 << 20));
    LK_TRY(check_number(context, "epochs", (double)how->epochs, 0, 1e15));
    LK_TRY(check_number(context, "patience", (double)how->patience, 0, 1e15));
    LK_TRY(check_number(context, "minutes", how->minutes, 0, 1e9));
    LK_TRY(check_number(context, "batch", (double)how->batch, 0, 1 << 20));
    LK_TRY(check_number(context, "learning_rate", how->learning_rate, 0, 1e9));
    LK_TRY(check_number(context, "weight_decay", how->weight_decay, 0, 1e9));
    LK_TRY(check_number(context, "momentum", how->momentum, 0, 0.9999999));
    LK_TRY(check_number(context, "warmup_steps", (double)how->warmup_steps, 0, 1e15));
    LK_TRY(check_number(context, "decay", how->decay, 0, 1));
    LK_TRY(check_number(context, "decay_epochs", how->decay_epochs, 1e-6, 1e9));
    LK_TRY(check_number(context, "slices", (double)how->slices, 0, 1 << 20));
    LK_TRY(how->clip == LK_CHOOSE_CLIP ? LK_OK : check_number(context, "clip", how->clip, 0, 1e30));
    return check_number(context, "ema", how->ema, 0, 0.99999999);
}

/* ---- progress -------------------------------------------------------------------------------- */

/* Now, however short ago the last word was. */
static bool tell_now(lk_context *context, double done, double total) {
    context->told = 0.0;
    return lk_context_tell(context, done, total) == LK_OK;
}

static bool tell(void *argument, const lk_train_progress *p) {
    lk_context *context = argument;
    lk_progress *told = &context->progress;
    told->epoch = p->epoch;
    told->epoch_ended = p->epoch_ended;
    told->train_nll_nats = p->train_nll_nats;
    told->valid_nll_nats = p->valid_nll_nats;
    told->best_nll_nats = p->best_valid_nll_nats;
    told->note = p->note;
    double within = p->steps_in_epoch > 0 ? (double)p->step / (double)p->steps_in_epoch : 0.0;
    double done = (double)(p->epoch - 1) + within, total = (double)p->epochs;
    bool go_on = p->epoch_ended ? tell_now(context, done, total)
                                : lk_context_tell(context, done, total) == LK_OK;
    told->note = NULL;
    told->epoch_ended = false;
    return go_on;
}

bool lk_training_tell_fit(void *argument, int64_t iteration, int64_t iterations,
                          double train_nll_nats, double valid_nll_nats) {
    lk_context *context = argument;
    lk_progress *told = &context->progress;
    told->epoch = iteration;
    told->epoch_ended = true;
    told->train_nll_nats = train_nll_nats;
    told->valid_nll_nats = valid_nll_nats;
    if (!(told->best_nll_nats <= valid_nll_nats)) { /* or it is not known yet */
        told->best_nll_nats = valid_nll_nats;
    }
    bool go_on = tell_now(context, (double)iteration, (double)iterations);
    told->epoch_ended = false;
    return go_on;
}

/* NaN: the model was not validated. */
static double valid_nll(const lk_model *model) {
    json_t *history = json_loads(model->history, 0, NULL);
    json_t *nll = json_object_get(history, "valid_nll_nats");
    double nats = lk_json_double(nll);
    json_decref(history);
    return nats;
}

void lk_training_tell_end(lk_context *context, const lk_model *model) {
    lk_progress *told = &context->progress;
    told->valid_nll_nats = told->best_nll_nats = valid_nll(model);
    (void)tell_now(context, fmax(told->done, 1.0), fmax(told->done, 1.0));
    context->stopped = false; /* there is nothing more to stop */
}

/* ---- as the layers below take them ----------------------------------------------------------- */

lk_train_options lk_training_options(lk_context *context, const lk_training *how) {
    lk_train_options o = lk_train_defaults();
    o.epochs = how->epochs;
    o.minutes = how->minutes;
    o.patience = how->patience;
    o.batch_size = how->batch;
    o.slices = how->slices;
    o.optimizer.name = how->optimizer;
    o.optimizer.learning_rate = how->learning_rate > 0.0 ? how->learning_rate : LK_CHOOSE_RATE;
    o.optimizer.weight_decay = how->weight_decay;
    o.optimizer.momentum = how->momentum;
    o.rate.name = how->schedule;
    o.rate.warmup_steps = how->warmup_steps;
    o.rate.decay = how->decay;
    o.rate.decay_epochs = how->decay_epochs;
    o.clip = how->clip;
    o.ema = how->ema;
    o.seed = how->seed;
    o.checkpoint = how->checkpoint;
    o.resume = how->checkpoint != NULL;
    o.progress = tell;
    o.progress_argument = context;
    return o;
}
