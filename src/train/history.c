/* The training history: what the run was asked to do, and what each epoch did. It goes into the
 * model file as JSON; the options that decide the weights are also what a checkpoint compares on
 * resuming. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "train/feed.h"

json_t *lk_history_hash(XXH128_hash_t hash, int64_t count, const char *what) {
    char text[96];
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        snprintf(text + 2 * i, 3, "%02x", canonical.digest[i]);
    }
    snprintf(text + 32, sizeof text - 32, " (xxh3 of %lld %s)", (long long)count, what);
    return json_string(text);
}

/* What fails leaves NULL behind (base/json.h), so that only the end needs a look. */
static void describe_model(json_t **object, const lk_model *model) {
    static const char *const BINARIZATION[] = {"none", "threshold", "sample"};
    lk_json_set(object, "family", json_string(model->family->name));
    for (int32_t i = 0; i < model->settings.count; i++) {
        char key[128];
        snprintf(key, sizeof key, "setting %s", model->settings.table[i].key);
        lk_json_set(object, key, json_string(model->settings.text[i]));
    }
    lk_json_set(object, "variables", json_integer((json_int_t)model->data.variables));
    lk_json_set(object, "alphabet", json_integer(model->data.alphabet));
    lk_json_set(object, "binarization", json_string(BINARIZATION[model->data.binarization]));
    lk_json_set(object, "ordering",
                lk_history_hash(
                    XXH3_128bits(model->rank, (size_t)model->data.variables * sizeof *model->rank),
                    model->data.variables, "ranks"));
}

static void describe_optimizer(json_t **object, const lk_train_options *o) {
    lk_json_set(object, "optimizer", json_string(o->optimizer.name));
    lk_json_set(object, "learning rate", json_real(o->optimizer.learning_rate));
    lk_json_set(object, "momentum", json_real(o->optimizer.momentum));
    lk_json_set(object, "beta1", json_real(o->optimizer.beta1));
    lk_json_set(object, "beta2", json_real(o->optimizer.beta2));
    lk_json_set(object, "epsilon", json_real(o->optimizer.epsilon));
    lk_json_set(object, "weight decay", json_real(o->optimizer.weight_decay));
    lk_json_set(object, "schedule", json_string(o->rate.name));
    lk_json_set(object, "warm-up steps", json_integer((json_int_t)o->rate.warmup_steps));
    lk_json_set(object, "final fraction", json_real(o->rate.final_fraction));
    lk_json_set(object, "decay", json_real(o->rate.decay));
    lk_json_set(object, "decay epochs", json_real(o->rate.decay_epochs));
    if (o->rate.by_time) { /* else as version 0.1 described it */
        lk_json_set(object, "planned by time", json_true());
    }
}

/* What the examples are given: their labels, as symbols of the model's classes, and the names of
 * these. */
static json_t *hash_labels(const lk_trainer *t) {
    const uint16_t *of_texts = t->train_texts != NULL ? lk_items_labels(t->train_texts) : NULL;
    int64_t count = of_texts != NULL ? lk_items_count(t->train_texts) : t->train->examples;
    char *names = lk_dictionary_print(&t->model->data.classes);
    XXH3_state_t *state = XXH3_createState();
    json_t *text = NULL;
    if (names != NULL && state != NULL && XXH3_128bits_reset(state) == XXH_OK) {
        XXH3_128bits_update(state, names, strlen(names));
        for (int64_t i = 0; i < count; i++) {
            int32_t label = of_texts != NULL ? of_texts[i] : t->train->labels[i];
            XXH3_128bits_update(state, &label, sizeof label);
        }
        text = lk_history_hash(XXH3_128bits_digest(state), count, "labels");
    }
    XXH3_freeState(state);
    lk_release(names);
    return text;
}

static lk_status describe_data(json_t **object, const lk_trainer *t) {
    json_t *train, *valid;
    LK_TRY(t->feed->hash(t, false, &train));
    lk_json_set(object, "training data", train);
    LK_TRY(t->feed->hash(t, true, &valid));
    lk_json_set(object, "validation data", valid);
    return LK_OK;
}

lk_status lk_trainer_describe(const lk_trainer *t, json_t **described) {
    const lk_train_options *o = &t->options;
    char seed[32];
    json_t *object = json_object();
    describe_model(&object, t->model);
    describe_optimizer(&object, o);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    lk_json_set(&object, "seed", json_string(seed));
    lk_json_set(&object, "batch size", json_integer((json_int_t)o->batch_size));
    lk_json_set(&object, "slices", json_integer((json_int_t)lk_slices_count(t->slices)));
    lk_json_set(&object, "clip", json_real(o->clip));
    lk_json_set(&object, "ema", json_real(o->ema));
    if (t->model->from[0] != '\0') {
        lk_json_set(&object, "from", json_string(t->model->from));
    }
    if (t->model->data.labels > 0) {
        lk_json_set(&object, "labels", hash_labels(t));
    }
    lk_status status = describe_data(&object, t);
    *described = object;
    return status;
}

bool lk_trainer_record_epoch(lk_trainer *t, bool whole) {
    double rate = lk_trainer_rate(t, t->state.step > 0 ? t->state.step - 1 : 0);
    json_t *record = json_object();
    lk_json_set(&record, "epoch", json_integer((json_int_t)t->state.epoch + 1));
    lk_json_set(&record, "steps", json_integer((json_int_t)t->state.position));
    lk_json_set(&record, "whole", json_boolean(whole));
    lk_json_set(&record, "learning_rate",
                lk_json_number(rate * t->options.optimizer.learning_rate));
    lk_json_set(&record, "train_nll_nats", lk_json_number(lk_trainer_epoch_nll(t)));
    lk_json_set(&record, "valid_nll_nats",
                lk_json_number(t->validates ? t->valid_nll_nats : (double)NAN));
    lk_json_set(&record, "seconds", lk_json_number(t->state.epoch_seconds));
    return json_array_append_new(t->epochs, record) == 0;
}

static const char *stop_text(lk_stop stop) {
    static const char *const TEXT[] = {"still running", "epochs", "minutes", "patience",
                                       "asked to stop"};
    return TEXT[stop];
}

json_t *lk_history_data(const lk_dataset *data) {
    json_t *object = json_object();
    lk_json_set(&object, "path", lk_json_bytes(data->path != NULL ? data->path : ""));
    lk_json_set(&object, "examples", json_integer((json_int_t)data->examples));
    return object;
}

lk_status lk_history_take(lk_model *model, json_t *history) {
    char *text = lk_json_text(history, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(history);
    if (text == NULL) {
        return lk_fail_no_memory(model->context, "history", 0);
    }
    lk_release(model->history);
    model->history = text;
    return LK_OK;
}

/* Of the last epoch, whole or not. */
static double last_nll(const lk_trainer *t) {
    size_t count = json_array_size(t->epochs);
    const json_t *last = count > 0 ? json_array_get(t->epochs, count - 1) : NULL;
    const json_t *nll = json_object_get(last, "train_nll_nats");
    return lk_json_double(nll);
}

void lk_history_baselines(json_t **history, const lk_baselines *b) {
    lk_json_set(history, "uniform_nll_nats", lk_json_number(b->uniform));
    lk_json_set(history, "independent_nll_nats", lk_json_number(b->independent));
}

lk_status lk_trainer_write_history(lk_trainer *t, double final_valid_nll_nats) {
    const lk_train_state *s = &t->state;
    json_t *history = json_object();
    lk_json_set(&history, "stopped", json_string(stop_text(t->stop)));
    lk_json_set(&history, "steps", json_integer((json_int_t)s->step));
    lk_json_set(&history, "examples_seen", json_integer((json_int_t)s->examples_seen));
    lk_json_set(&history, "seconds", lk_json_number(s->seconds));
    lk_json_set(
        &history, "examples_per_second",
        lk_json_number(s->seconds > 0.0 ? (double)s->examples_seen / s->seconds : (double)NAN));
    lk_json_set(&history, "best_epoch",
                s->best_epoch > 0 ? json_integer((json_int_t)s->best_epoch) : json_null());
    lk_json_set(&history, "best_valid_nll_nats", lk_json_number(s->best_valid_nll_nats));
    lk_json_set(&history, "valid_nll_nats", lk_json_number(final_valid_nll_nats));
    lk_history_baselines(&history, &t->baselines);
    lk_json_set(&history, "train_nll_nats", lk_json_number(last_nll(t)));
    lk_json_set(&history, "train_data", t->feed->describe(t, false));
    lk_json_set(&history, "valid_data", t->feed->describe(t, true));
    lk_json_set(&history, "options", json_incref(t->described));
    lk_json_set(&history, "epochs", json_incref(t->epochs));
    return lk_history_take(t->model, history);
}
