/* The end of an epoch: is it finite, is it better, has it learned anything at all. */
#include <math.h>
#include <stdio.h>

#include "train/feed.h"

double lk_trainer_epoch_nll(const lk_trainer *t) {
    int64_t done = t->state.position * t->batch_capacity;
    int64_t examples = done < t->epoch_examples ? done : t->epoch_examples;
    return examples > 0 ? t->state.epoch_nll_nats / (double)examples : (double)NAN;
}

void lk_trainer_swap_average(lk_trainer *t) {
    if (t->average != NULL) {
        lk_weights_swap(t->model->parameters, t->average->value);
    }
}

bool lk_trainer_tell_validated(void *trainer, int64_t done, int64_t count) {
    const lk_train_options *options = &((const lk_trainer *)trainer)->options;
    if (options->validating != NULL) {
        options->validating(options->progress_argument, done, count);
    }
    return true;
}

static lk_status score(lk_trainer *t) {
    double before = lk_seconds();
    lk_trainer_swap_average(t);
    lk_status status = t->feed->validate(t, false, &t->valid_nll_nats);
    lk_trainer_swap_average(t);
    t->validation_took = lk_seconds() - before;
    return status;
}

static void keep_best(lk_trainer *t) {
    lk_trainer_swap_average(t);
    lk_weights_store(t->model->parameters, t->best);
    lk_trainer_swap_average(t);
}

/* Finite weights may give values that are not: such a model is not kept. */
lk_status lk_trainer_validate(lk_trainer *t, int64_t epoch, bool *improved) {
    LK_TRY(score(t));
    if (isnan(t->valid_nll_nats)) {
        return lk_fail(t->model->context, LK_NOT_FINITE,
                       "epoch %lld: the validation NLL is not a number: lower the learning rate "
                       "(now %g), warm it up, or clip the gradients",
                       (long long)epoch, t->options.optimizer.learning_rate);
    }
    t->scored_kept = false;
    *improved = t->state.best_epoch == 0 || t->valid_nll_nats < t->state.best_valid_nll_nats;
    if (*improved) {
        keep_best(t);
        t->scored_kept = true;
        t->state.best_epoch = epoch;
        t->state.best_valid_nll_nats = t->valid_nll_nats;
        t->unsaved = true;
    }
    return LK_OK;
}

lk_status lk_trainer_find_baselines(lk_trainer *t) {
    return isnan(t->baselines.uniform) ? t->feed->baselines(t, &t->baselines) : LK_OK;
}

/* A warning after the first epoch, while little time is lost. */
static lk_status warn_nothing_learned(lk_trainer *t) {
    LK_TRY(lk_trainer_find_baselines(t));
    double nll = t->validates ? t->valid_nll_nats : t->epoch_nll_nats;
    const char *verdict = lk_baselines_verdict(t->model, &t->baselines, nll);
    if (verdict != NULL) {
        snprintf(t->note, sizeof t->note,
                 "after one epoch the model is still %s (is the learning rate, %g, right?)",
                 verdict, t->options.optimizer.learning_rate);
    }
    return LK_OK;
}

static lk_status validate_epoch(lk_trainer *t) {
    bool improved;
    LK_TRY(lk_trainer_validate(t, t->state.epoch + 1, &improved));
    t->state.since_best = improved ? 0 : t->state.since_best + 1;
    if (t->options.patience > 0 && t->state.since_best >= t->options.patience) {
        snprintf(t->note, sizeof t->note,
                 "no better validation NLL for %lld epochs: stopping; the best was %.4f nats after "
                 "epoch %lld",
                 (long long)t->state.since_best, t->state.best_valid_nll_nats,
                 (long long)t->state.best_epoch);
    }
    return LK_OK;
}

lk_status lk_trainer_end_epoch(lk_trainer *t) {
    LK_TRY(lk_trainer_check_weights(t));
    t->epoch_nll_nats = lk_trainer_epoch_nll(t);
    if (t->validates) {
        LK_TRY(validate_epoch(t));
    } else {
        t->unsaved = true;
    }
    if (t->state.epoch == 0 && t->note[0] == '\0') {
        LK_TRY(warn_nothing_learned(t));
    }
    if (!lk_trainer_record_epoch(t, true)) {
        return lk_fail_no_memory(t->model->context, "history", 0);
    }
    t->state.epoch++;
    t->state.position = 0;
    t->state.epoch_nll_nats = 0;
    t->state.epoch_seconds = 0;
    return LK_OK;
}
