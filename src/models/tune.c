#include "models/tune.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "graph/quantized.h"
#include "models/model_file.h"

/* Which setting is to become another one; -1: none. */
static int32_t find_changed(const lk_settings *settings, const char *assignment) {
    size_t length = strcspn(assignment, "=");
    for (int32_t i = 0; i < settings->count; i++) {
        const char *key = settings->table[i].key;
        bool own = strlen(key) == length && strncmp(key, assignment, length) == 0;
        bool same = own && assignment[length] == '=' &&
                    strcmp(assignment + length + 1, settings->text[i]) == 0;
        if (own && !same) {
            return i;
        }
    }
    return -1;
}

/* A setting that decides what weights mean stays as it is. */
static lk_status assign(lk_model *model, const char *assignment) {
    int32_t i = find_changed(&model->settings, assignment);
    const lk_setting *row = i < 0 ? NULL : &model->settings.table[i];
    if (row != NULL && !row->training_only && !row->evaluation) {
        return lk_fail(model->context, LK_INVALID,
                       "%.60s: the model's weights were trained with %s=%s, which stays",
                       assignment, row->key, model->settings.text[i]);
    }
    return lk_settings_assign(model->context, &model->settings, assignment);
}

void lk_model_forget_calibration(lk_model *model) {
    lk_release(model->calibrated_for);
    model->calibrated_for = NULL;
    lk_release(model->calibration);
    model->calibration = NULL;
    model->calibration_count = 0;
}

lk_status lk_model_go_on(lk_model *model, const char *path, const char *const *assignments,
                         int32_t count) {
    if (model->family->fit != NULL) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: a %s is counted or fitted at once, there is nothing to go on from",
                       path, model->family->name);
    }
    lk_fingerprint_print(lk_model_fingerprint(model), model->from);
    for (int32_t i = 0; i < count; i++) {
        LK_TRY(assign(model, assignments[i]));
    }
    char *history = lk_duplicate("{}");
    if (history == NULL) {
        return lk_fail_no_memory(model->context, "history", 3);
    }
    lk_release(model->history);
    model->history = history;
    lk_model_forget_calibration(model);
    lk_parameters_forget_quantized(model->parameters); /* they are about to change */
    model->unshaped = false;                           /* what is trained now is of this version */
    return LK_OK;
}

lk_status lk_model_tune(lk_context *context, const char *path, const char *const *assignments,
                        int32_t count, lk_model **model) {
    lk_model *loaded;
    *model = NULL;
    LK_TRY(lk_model_read(context, path, &loaded));
    lk_status status = lk_model_go_on(loaded, path, assignments, count);
    if (status != LK_OK) {
        lk_model_destroy(loaded);
        return status;
    }
    *model = loaded;
    return LK_OK;
}

/* "orders, order_seed", or "orders=1, order_seed=1", or "none". */
static const char *changeable(const lk_settings *settings, bool values, char text[256]) {
    size_t used = (size_t)snprintf(text, 256, "none");
    for (int32_t i = 0, before = 0; i < settings->count && used < 256; i++) {
        if (settings->table[i].evaluation) {
            used = before == 0 ? 0 : used;
            used += (size_t)snprintf(text + used, 256 - used, "%s%s%s%s", before > 0 ? ", " : "",
                                     settings->table[i].key, values ? "=" : "",
                                     values ? settings->text[i] : "");
            before++;
        }
    }
    return text;
}

/* What it was calibrated on is of the settings it was trained with. */
static lk_status leave_calibration(lk_model *model, const char *trained) {
    if (model->calibration == NULL) {
        return LK_OK;
    }
    lk_model_forget_calibration(model);
    model->calibrated_for = lk_duplicate(trained);
    return model->calibrated_for != NULL
               ? LK_OK
               : lk_fail_no_memory(model->context, "settings", (int64_t)strlen(trained) + 1);
}

lk_status lk_model_use(lk_model *model, const char *const *assignments, int32_t count) {
    char text[256], trained[256];
    changeable(&model->settings, true, trained);
    for (int32_t a = 0; a < count; a++) {
        int32_t i = find_changed(&model->settings, assignments[a]);
        if (i >= 0 && !model->settings.table[i].evaluation) {
            return lk_fail(model->context, LK_INVALID,
                           "%.60s: the model was trained with %s=%s, which stays; of a trained %s "
                           "can be changed: %s",
                           assignments[a], model->settings.table[i].key, model->settings.text[i],
                           model->family->name, changeable(&model->settings, false, text));
        }
    }
    LK_TRY(lk_settings_assign_all(model->context, &model->settings, assignments, count));
    return strcmp(changeable(&model->settings, true, text), trained) == 0
               ? LK_OK
               : leave_calibration(model, trained);
}

bool lk_model_has_uses(const lk_model *model) {
    bool any = false;
    for (int32_t i = 0; i < model->settings.count; i++) {
        any = any || model->settings.table[i].evaluation;
    }
    return any;
}
