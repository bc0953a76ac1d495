/* What is taken over from the run that is resumed, and settings that suit the data. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "train/checkpoint.h"
#include "train/choose.h"

#define SETTING "setting "

lk_status lk_choose_before(lk_context *context, const char *checkpoint, const lk_family *family,
                           json_t **before) {
    *before = NULL;
    if (checkpoint == NULL || !lk_checkpoint_exists(checkpoint)) {
        return LK_OK;
    }
    LK_TRY(lk_checkpoint_options(context, checkpoint, before));
    const char *name = json_string_value(json_object_get(*before, "family"));
    if (name == NULL || strcmp(name, family->name) != 0) { /* reading it will say so */
        json_decref(*before);
        *before = NULL;
    }
    return LK_OK;
}

static double number(const json_t *before, const char *key, double fallback) {
    const json_t *value = json_object_get(before, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

/* A name that lives as long as the program. */
static const char *schedule_of(const json_t *before) {
    static const char *const names[] = {"constant", "cosine", "linear", "step", "exponential"};
    const char *name = json_string_value(json_object_get(before, "schedule"));
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return names[i];
        }
    }
    return LK_CHOOSE_SCHEDULE;
}

void lk_choose_as_before(const json_t *before, int64_t *window, lk_train_options *o) {
    if (*window == LK_CHOOSE_WINDOW) {
        *window = (int64_t)number(before, "variables", (double)*window);
    }
    if (o->batch_size == LK_CHOOSE_BATCH) {
        o->batch_size = (int64_t)number(before, "batch size", (double)o->batch_size);
    }
    if (o->optimizer.learning_rate < 0.0) {
        o->optimizer.learning_rate = number(before, "learning rate", o->optimizer.learning_rate);
    }
    if (o->clip < 0.0) {
        o->clip = number(before, "clip", o->clip);
    }
    if (o->rate.name == LK_CHOOSE_SCHEDULE) {
        o->rate.name = schedule_of(before);
        o->rate.by_time = json_is_true(json_object_get(before, "planned by time"));
    }
}

int64_t lk_choose_held_out_before(const json_t *before) {
    const char *data = json_string_value(json_object_get(before, "validation data"));
    const char *of = data != NULL ? strstr(data, "(xxh3 of ") : NULL;
    long long symbols;
    if (data != NULL && strcmp(data, "none") == 0) {
        return 0;
    }
    return of != NULL && strstr(of, " symbols)") != NULL &&
                   sscanf(of, "(xxh3 of %lld", &symbols) == 1
               ? symbols
               : -1;
}

/* ---- settings -------------------------------------------------------------------------------- */

static lk_status add(lk_context *context, lk_assignments *a, const char *key, const char *value) {
    if (a->count == LK_SETTINGS_MOST) {
        return LK_OK; /* no family has so many: creating the model will refuse */
    }
    char *text = lk_print("%s%s%s", key, *key != '\0' ? "=" : "", value);
    if (text == NULL) {
        return lk_fail_no_memory(context, "settings", (int64_t)strlen(value));
    }
    a->text[a->count++] = text;
    return LK_OK;
}

static lk_status take_over(lk_context *context, const json_t *before, lk_assignments *a) {
    const char *key;
    json_t *value, *object = (json_t *)(uintptr_t)before; /* jansson iterates over mutable ones */
    json_object_foreach(object, key, value) {
        if (strncmp(key, SETTING, strlen(SETTING)) == 0 && json_is_string(value)) {
            LK_TRY(add(context, a, key + strlen(SETTING), json_string_value(value)));
        }
    }
    return LK_OK;
}

lk_status lk_choose_settings(lk_context *context, const lk_family *family, const json_t *before,
                             int64_t symbols, lk_assignments *chosen) {
    *chosen = (lk_assignments){0};
    if (before != NULL) {
        return take_over(context, before, chosen);
    }
    const char *const *suits = family->suits != NULL ? family->suits(symbols) : NULL;
    for (; suits != NULL && *suits != NULL; suits++) {
        LK_TRY(add(context, chosen, "", *suits));
    }
    return LK_OK;
}

void lk_assignments_deinit(lk_assignments *assignments) {
    for (int32_t i = 0; i < assignments->count; i++) {
        lk_release(assignments->text[i]);
    }
    *assignments = (lk_assignments){0};
}
