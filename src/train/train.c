/* The loop: steps, epochs, when to report, when to save, when to stop. */
#include "train/train.h"

#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/memory.h"
#include "team/team.h"
#include "train/feed.h"

/* Of the time, checkpoints may take one part in so many. */
#define CHECKPOINT_SHARE 20

lk_train_options lk_train_defaults(void) {
    return (lk_train_options){.batch_size = 100,
                              .optimizer = lk_optimizer_defaults(),
                              .rate = lk_rate_defaults(),
                              .patience = 30,
                              .seed = 1,
                              .checkpoint_seconds = 60,
                              .progress_seconds = 0.1};
}

/* ---- options --------------------------------------------------------------------------------- */

static lk_status check_options(lk_context *context, const lk_train_options *o, bool validates) {
    if (o->epochs < 0 || o->batch_size < 1 || o->patience < 0) {
        return lk_fail(context, LK_INVALID,
                       "epochs %lld, batch size %lld, patience %lld: they must be at least 0, 1, 0",
                       (long long)o->epochs, (long long)o->batch_size, (long long)o->patience);
    }
    if (o->slices < 0 || o->slices > o->batch_size) {
        return lk_fail(context, LK_INVALID,
                       "%lld slices of minibatches of %lld: there must be 1 to %lld, or 0: chosen",
                       (long long)o->slices, (long long)o->batch_size, (long long)o->batch_size);
    }
    if (!(o->minutes >= 0 && o->checkpoint_seconds >= 0 && o->progress_seconds >= 0)) {
        return lk_fail(context, LK_INVALID, "a time limit or interval is negative or not a number");
    }
    if (!(o->clip >= 0 && o->clip <= 1e30)) {
        return lk_fail(context, LK_INVALID,
                       "clipping at gradient norm %g: it must be 0 (none) to 1e30",
                       lk_told(o->clip));
    }
    if (!(o->ema >= 0 && (double)(float)o->ema < 1)) {
        return lk_fail(context, LK_INVALID,
                       "moving average with decay %g: it must be at least 0 (none) and below 1",
                       lk_told(o->ema));
    }
    if (o->epochs == 0 && o->minutes == 0 && !o->rate.by_time && !(validates && o->patience > 0)) {
        return lk_fail(context, LK_INVALID,
                       "nothing would end the training: give a number of epochs, a time limit, or "
                       "validation data with a "
                       "patience");
    }
    if (o->rate.by_time && !(o->minutes > 0 || o->resume)) {
        return lk_fail(context, LK_INVALID,
                       "a learning rate planned by time needs the time: give minutes");
    }
    if (o->resume && o->checkpoint == NULL) {
        return lk_fail(context, LK_INVALID, "cannot resume without the path of a checkpoint");
    }
    return LK_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static lk_status allocate(lk_trainer *t) {
    lk_parameters *parameters = t->model->parameters;
    LK_TRY(lk_optimizer_create(parameters, &t->options.optimizer, &t->optimizer));
    if (t->options.ema > 0) {
        LK_TRY(lk_average_create(parameters, t->options.ema, &t->average));
    }
    LK_TRY(lk_clip_init(&t->clip, parameters));
    t->batch_nll = lk_allocate(t->batch_capacity, sizeof *t->batch_nll);
    LK_TRY(lk_trainer_describe(t, &t->described));
    t->epochs = json_array();
    bool made = t->batch_nll != NULL && t->described != NULL && t->epochs != NULL;
    if (t->validates) {
        t->best = lk_weights_copy(parameters);
        made = made && t->best != NULL;
    }
    int64_t bytes = lk_parameters_total(parameters) * (int64_t)sizeof(float);
    return made ? LK_OK : lk_fail_no_memory(t->model->context, "training", bytes);
}

/* What stands in *t already is kept: the model, the options, the feed and its data. */
static lk_status trainer_init(lk_trainer *t) {
    const lk_train_options *options = &t->options;
    lk_context *context = t->model->context;
    t->state.best_valid_nll_nats = t->valid_nll_nats = t->epoch_nll_nats = (double)NAN;
    t->baselines.uniform = t->baselines.independent = (double)NAN;
    t->unsaved = true;
    LK_TRY(check_options(context, options, t->valid != NULL || t->valid_texts != NULL));
    LK_TRY(lk_memory_allow(context, NULL, "training so many weights",
                           (double)lk_parameters_total(t->model->parameters) * sizeof(float) *
                               LK_TRAINED_SHARE));
    LK_TRY(lk_parameters_make_gradients(t->model->parameters));
    LK_TRY(t->feed->init(t));
    if (options->epochs > INT64_MAX / 2 / t->epoch_batches) {
        return lk_fail(context, LK_INVALID, "%lld epochs are too many", (long long)options->epochs);
    }
    t->total_steps = options->epochs * t->epoch_batches;
    LK_TRY(lk_rate_check(context, &options->rate, t->total_steps));
    return allocate(t);
}

static void trainer_deinit(lk_trainer *t) {
    json_decref(t->described);
    json_decref(t->epochs);
    lk_release(t->batch_nll);
    lk_weights_release(t->best, t->model->parameters->count);
    lk_clip_deinit(&t->clip);
    lk_average_destroy(t->average);
    lk_optimizer_destroy(t->optimizer);
    t->feed->deinit(t);
}

/* ---- reports --------------------------------------------------------------------------------- */

static double seconds_left(const lk_trainer *t, double seconds) {
    double left = (double)NAN;
    if (t->total_steps > 0 && t->session_steps > 0) {
        left = seconds / (double)t->session_steps * (double)(t->total_steps - t->state.step);
    }
    double planned =
        t->options.rate.by_time ? t->state.plan_seconds - t->plan.before : 60 * t->options.minutes;
    if (planned > 0) {
        double limit = fmax(planned - seconds, 0);
        left = left < limit ? left : limit;
    }
    return left;
}

static bool report(lk_trainer *t, bool epoch_ended) {
    double now = lk_seconds();
    bool due =
        epoch_ended || t->note[0] != '\0' || now - t->last_report >= t->options.progress_seconds;
    if (t->options.progress == NULL || !due) {
        return true;
    }
    const lk_train_state *s = &t->state;
    lk_train_progress progress = {
        .epoch = epoch_ended && s->position == 0 ? s->epoch : s->epoch + 1,
        .epochs = t->options.epochs,
        .step = epoch_ended && s->position == 0 ? t->epoch_batches : s->position,
        .steps_in_epoch = t->epoch_batches,
        .examples_seen = s->examples_seen,
        .examples_per_second = t->stepping > 0 ? (double)t->session_examples / t->stepping : 0,
        .seconds = now - t->began,
        .seconds_left = seconds_left(t, now - t->began),
        .train_nll_nats =
            epoch_ended && s->position == 0 ? t->epoch_nll_nats : lk_trainer_epoch_nll(t),
        .valid_nll_nats = t->valid_nll_nats,
        .best_valid_nll_nats = s->best_valid_nll_nats,
        .steps = s->step,
        .learning_rate =
            s->step > 0 ? t->options.optimizer.learning_rate * lk_trainer_rate(t, s->step - 1) : 0,
        .recent = t->recent,
        .recent_nll_nats = t->recent > 0 ? t->recent_nll_nats / (double)t->recent : (double)NAN,
        .epoch_ended = epoch_ended,
        .model = epoch_ended ? t->model : NULL,
        .note = t->note[0] != '\0' ? t->note : NULL,
    };
    if (epoch_ended) {
        lk_trainer_swap_average(t);
    }
    bool go_on = t->options.progress(t->options.progress_argument, &progress);
    if (epoch_ended) {
        lk_trainer_swap_average(t);
    }
    t->recent = 0;
    t->recent_nll_nats = 0;
    t->note[0] = '\0';
    t->last_report = lk_seconds();
    return go_on;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Of a text, also from what version 0.1 wrote, whose lanes carried more. */
static lk_status read_text_checkpoint(lk_trainer *t, lk_checkpoint *checkpoint) {
    bool read_whole = false;
    checkpoint->whole_count = lk_windows_whole(t->windows);
    checkpoint->whole = lk_allocate(checkpoint->whole_count, sizeof *checkpoint->whole);
    checkpoint->read_whole = &read_whole;
    if (checkpoint->whole == NULL) {
        return lk_fail_no_memory(t->model->context, "checkpoint", checkpoint->whole_count * 4);
    }
    lk_status status = lk_checkpoint_read(t->model->context, checkpoint);
    if (status == LK_OK && read_whole) {
        lk_windows_take_whole(t->windows, t->state.position * t->model->data.variables,
                              checkpoint->whole, t->carried);
    }
    lk_release(checkpoint->whole);
    return status;
}

static lk_status resume(lk_trainer *t) {
    if (!t->options.resume) {
        return LK_OK;
    }
    if (!lk_checkpoint_exists(t->options.checkpoint)) {
        snprintf(t->note, sizeof t->note, "no checkpoint %.150s yet: starting from the beginning",
                 t->options.checkpoint);
        return LK_OK;
    }
    lk_checkpoint checkpoint = lk_trainer_checkpoint(t);
    LK_TRY(t->windows != NULL ? read_text_checkpoint(t, &checkpoint)
                              : lk_checkpoint_read(t->model->context, &checkpoint));
    snprintf(t->note, sizeof t->note, "%.150s: goes on %s epoch %lld", t->options.checkpoint,
             t->state.position > 0 ? "in" : "after",
             (long long)t->state.epoch + (t->state.position > 0 ? 1 : 0));
    return t->options.epochs == 0 || t->state.epoch <= t->options.epochs
               ? LK_OK
               : lk_fail(t->model->context, LK_INVALID,
                         "%s: %lld epochs are done, and %lld are asked for: ask for more, or begin "
                         "anew without resuming",
                         t->options.checkpoint, (long long)t->state.epoch,
                         (long long)t->options.epochs);
}

static lk_stop ended(const lk_trainer *t) {
    if (t->options.epochs > 0 && t->state.epoch >= t->options.epochs) {
        return LK_STOP_EPOCHS;
    }
    if (lk_plan_over(&t->plan, &t->state)) {
        return LK_STOP_MINUTES;
    }
    bool impatient =
        t->validates && t->options.patience > 0 && t->state.since_best >= t->options.patience;
    return impatient ? LK_STOP_PATIENCE : LK_STOP_NOT;
}

static bool save_due(const lk_trainer *t, double now) {
    if (t->options.checkpoint == NULL && t->options.model_path == NULL) {
        return false;
    }
    double interval = t->options.checkpoint_seconds;
    if (interval > 0) {
        interval = fmax(interval, CHECKPOINT_SHARE * t->checkpoint_took);
    }
    return now - t->last_checkpoint >= interval;
}

/* What the validation that ends the training is going to take: as the last one did, or as the
 * steps let expect, of which forward is a third. */
double lk_trainer_validation_ahead(const lk_trainer *t) {
    double example = t->session_examples > 0 ? t->stepping / (double)t->session_examples / 3 : 0;
    double one = t->validation_took > 0 ? t->validation_took : example * (double)t->valid_examples;
    return one * t->valid_examples_last;
}

static bool time_is_up(const lk_trainer *t, double now) {
    return t->options.rate.by_time
               ? lk_plan_over(&t->plan, &t->state)
               : t->options.minutes > 0 && now - t->began >= 60 * t->options.minutes;
}

static void count_sent(const lk_trainer *t, lk_traffic before) {
    lk_train_sent *sent = t->options.sent;
    lk_traffic after = lk_team_traffic(t->model->context->team);
    if (sent != NULL) {
        sent->steps++;
        sent->bytes += after.bytes - before.bytes;
        sent->messages += after.messages - before.messages;
    }
}

/* One step and what the clock asks for after it. */
static lk_status step_and_look(lk_trainer *t) {
    lk_traffic sent = lk_team_traffic(t->model->context->team);
    double before = lk_seconds();
    LK_TRY(lk_trainer_step(t));
    double now = lk_seconds();
    t->stepping += now - before;
    t->state.seconds += now - before;
    t->state.epoch_seconds += now - before;
    lk_plan_tick(&t->plan, now - t->began, lk_trainer_validation_ahead(t), &t->state);
    bool saves = false;
    if (!report(t, false)) {
        t->stop = LK_STOP_ASKED;
    } else if (time_is_up(t, now)) {
        t->stop = LK_STOP_MINUTES;
    } else {
        saves = t->state.position < t->epoch_batches && save_due(t, now);
    }
    LK_TRY(lk_trainer_follow(t, &saves));
    count_sent(t, sent);
    return saves ? lk_trainer_save(t, true) : LK_OK;
}

static lk_status run_epoch(lk_trainer *t) {
    LK_TRY(t->feed->begin(t));
    while (t->stop == LK_STOP_NOT && t->state.position < t->epoch_batches) {
        LK_TRY(step_and_look(t));
    }
    if (t->stop == LK_STOP_ASKED || t->state.position < t->epoch_batches) {
        return LK_OK;
    }
    LK_TRY(lk_trainer_end_epoch(t));
    bool go_on = report(t, true);
    t->stop = !go_on ? LK_STOP_ASKED : t->stop != LK_STOP_NOT ? t->stop : ended(t);
    bool saves = t->stop == LK_STOP_NOT && save_due(t, lk_seconds());
    LK_TRY(lk_trainer_follow(t, &saves));
    return saves ? lk_trainer_save(t, true) : LK_OK;
}

/* The weights to keep are put into the model and scored by the whole mixture. After the last
 * checkpoint: a run stopped in the middle of an epoch is scored there too, which its continuation
 * must not notice. */
static lk_status finish(lk_trainer *t) {
    double final_nll = (double)NAN;
    if (t->state.position > 0) {
        bool improved;
        LK_TRY(lk_trainer_check_weights(t));
        if (t->validates) {
            LK_TRY(lk_trainer_validate(t, t->state.epoch + 1, &improved));
        }
        if (!lk_trainer_record_epoch(t, false)) {
            return lk_fail_no_memory(t->model->context, "history", 0);
        }
        report(t, true); /* nothing is left that could be stopped */
    }
    lk_trainer_swap_kept(t);
    lk_status status = t->validates        ? t->feed->validate(t, true, &final_nll)
                       : t->state.step > 0 ? lk_trainer_check_kept(t)
                                           : LK_OK;
    if (status != LK_OK) { /* as if it had not begun */
        lk_trainer_swap_kept(t);
        return status;
    }
    LK_TRY(lk_trainer_find_baselines(t));
    return lk_trainer_write_history(t, final_nll);
}

/* Interrupted after it has learned something. */
static lk_status keep(lk_trainer *t) {
    if (t->options.kept == NULL || t->state.step == 0) {
        return LK_OK;
    }
    if (t->state.best_epoch == 0) {
        LK_TRY(lk_trainer_check_weights(t));
    }
    t->stop = LK_STOP_ASKED;
    LK_TRY(lk_trainer_write_history(t, (double)NAN));
    lk_trainer_swap_kept(t);
    *t->options.kept = true;
    return LK_OK;
}

static lk_status loop(lk_trainer *t) {
    LK_TRY(resume(t));
    t->plan = lk_plan_begin(&t->options.rate, t->options.minutes, &t->state);
    t->began = t->last_report = t->last_checkpoint = lk_seconds();
    t->stop = ended(t);
    bool saves = false;
    LK_TRY(lk_trainer_follow(t, &saves));
    while (t->stop == LK_STOP_NOT) {
        LK_TRY(run_epoch(t));
    }
    if (t->stop == LK_STOP_MINUTES) {
        lk_plan_end(&t->state);
    }
    LK_TRY(lk_trainer_save(t, t->stop == LK_STOP_ASKED));
    if (t->stop == LK_STOP_ASKED) {
        return lk_fail(t->model->context, LK_INTERRUPTED,
                       "training was asked to stop in epoch %lld%s%s",
                       (long long)t->state.epoch + 1,
                       t->options.checkpoint != NULL ? "; it can be resumed from " : "",
                       t->options.checkpoint != NULL ? t->options.checkpoint : "");
    }
    return finish(t);
}

static lk_status run(lk_trainer *t) {
    lk_status status = loop(t);
    if (status == LK_INTERRUPTED) {
        LK_TRY(keep(t));
    }
    return status;
}

static lk_status train(const lk_trainer *with) {
    lk_trainer *t = lk_allocate(1, sizeof *t);
    if (t == NULL) {
        return lk_fail_no_memory(with->model->context, "training", (int64_t)sizeof *t);
    }
    *t = *with;
    lk_status status = trainer_init(t);
    if (status == LK_OK) {
        status = run(t);
    }
    trainer_deinit(t);
    lk_release(t);
    return status;
}

lk_status lk_train(lk_model *model, const lk_dataset *examples, const lk_dataset *valid,
                   const lk_train_options *options) {
    lk_trainer with = {.model = model,
                       .options = *options,
                       .feed = &lk_feed_examples,
                       .train = examples,
                       .valid = valid};
    return train(&with);
}

lk_status lk_train_texts(lk_model *model, lk_items *texts, lk_items *valid,
                         const lk_train_options *options) {
    if (!model->data.stream) {
        return lk_fail(model->context, LK_MISMATCH,
                       "the model is for examples of one size, not for texts");
    }
    lk_trainer with = {.model = model,
                       .options = *options,
                       .feed = &lk_feed_texts,
                       .train_texts = texts,
                       .valid_texts = valid};
    return train(&with);
}
