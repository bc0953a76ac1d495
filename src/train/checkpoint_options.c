/* The texts of a checkpoint: the options of its run, and whether those of its continuation are the
 * same. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "train/checkpoint_inside.h"

lk_status lk_checkpoint_damaged(lk_context *context, const lk_checkpoint *c, const char *what) {
    return lk_fail(context, LK_FORMAT, "%s: not a checkpoint that this version can read: %s",
                   c->path, what);
}

lk_status lk_checkpoint_json(lk_context *context, const lk_checkpoint *c,
                             const lk_safetensors *file, const char *key, json_t **json) {
    const char *text = lk_safetensors_value(file, key);
    json_error_t error;
    *json = NULL;
    if (text != NULL) {
        LK_TRY(lk_json_parse(context, c->path, text, strlen(text), json, &error));
    }
    if (*json == NULL) {
        char what[64];
        snprintf(what, sizeof what, "its %s are missing or damaged", key);
        return lk_checkpoint_damaged(context, c, what);
    }
    return LK_OK;
}

static void print_option(const json_t *value, char *text, size_t capacity) {
    char *dump =
        value == NULL ? NULL : lk_json_text(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    snprintf(text, capacity, "%.80s", value == NULL ? "not set" : dump == NULL ? "?" : dump);
    lk_release(dump);
}

static lk_status differs(lk_context *context, const lk_checkpoint *c, const char *key,
                         const json_t *then, const json_t *now) {
    char before[128], after[128];
    print_option(then, before, sizeof before);
    print_option(now, after, sizeof after);
    return lk_fail(context, LK_MISMATCH,
                   "%s: cannot resume: %s was %s when this checkpoint was written and is %s now: "
                   "give the same, or train "
                   "anew without resuming",
                   c->path, key, before, after);
}

/* Gradients of one slice and of two are what version 0.1 made of them; those of more it summed from
 * the left. */
static lk_status declare_slices(lk_context *context, const lk_checkpoint *c, json_t *then) {
    if (json_object_get(then, "slices") != NULL || json_object_get(c->options, "slices") == NULL) {
        return LK_OK;
    }
    if (c->slices_of_0_1 > 2) {
        return lk_fail(
            context, LK_MISMATCH,
            "%s: cannot resume: version 0.1 wrote it, which summed the gradients of "
            "%lld slices in another order: begin a new training from the model's "
            "weights%s",
            c->path, (long long)c->slices_of_0_1,
            lk_advice_or(context, "from", " (likely train --from MODEL)", " (lk_training.from)"));
    }
    return json_object_set_new(then, "slices", json_integer((json_int_t)c->slices_of_0_1)) == 0
               ? LK_OK
               : lk_fail_no_memory(context, "checkpoint", 0);
}

/* What joined a family's settings later was at its fallback before there was a name for it. */
static lk_status declare_later(lk_context *context, const lk_checkpoint *c, json_t *then) {
    for (int32_t i = 0; c->settings != NULL && i < c->settings->count; i++) {
        const lk_setting *row = &c->settings->table[i];
        char key[128];
        snprintf(key, sizeof key, "setting %s", row->key);
        if (row->later && json_object_get(then, key) == NULL &&
            json_object_set_new(then, key, json_string(row->fallback)) != 0) {
            return lk_fail_no_memory(context, "checkpoint", 0);
        }
    }
    return LK_OK;
}

lk_status lk_checkpoint_compare(lk_context *context, const lk_checkpoint *c, json_t *then) {
    const char *key;
    json_t *value;
    if (!json_is_object(then)) {
        return lk_checkpoint_damaged(context, c, "its options are no object");
    }
    LK_TRY(declare_slices(context, c, then));
    LK_TRY(declare_later(context, c, then));
    json_t *now = (json_t *)(uintptr_t)c->options; /* jansson iterates over mutable objects only */
    json_object_foreach(now, key, value) {
        const json_t *old = json_object_get(then, key);
        if (old == NULL || !json_equal(old, value)) {
            return differs(context, c, key, old, value);
        }
    }
    json_object_foreach(then, key, value) {
        if (json_object_get(now, key) == NULL) {
            return differs(context, c, key, value, NULL);
        }
    }
    return LK_OK;
}

lk_status lk_checkpoint_options(lk_context *context, const char *path, json_t **options) {
    const lk_checkpoint c = {.path = path};
    lk_safetensors file;
    *options = NULL;
    LK_TRY(lk_safetensors_read(context, path, &file));
    const char *format = lk_safetensors_value(&file, "format");
    lk_status status =
        format != NULL && strcmp(format, LK_CHECKPOINT_FORMAT) == 0
            ? lk_checkpoint_json(context, &c, &file, "likely.options", options)
            : lk_checkpoint_damaged(context, &c, "it does not say \"" LK_CHECKPOINT_FORMAT "\"");
    lk_safetensors_deinit(&file);
    if (status == LK_OK && !json_is_object(*options)) {
        json_decref(*options);
        *options = NULL;
        status = lk_checkpoint_damaged(context, &c, "its options are no object");
    }
    return status;
}
