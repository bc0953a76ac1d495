#include "models/tune.h"

#include <string.h>

#include "base/memory.h"
#include "models/model_file.h"

/* A setting that decides what weights mean stays as it is. */
static lk_status assign(lk_model *model, const char *assignment) {
    size_t length = strcspn(assignment, "=");
    for (int32_t i = 0; i < model->settings.count; i++) {
        const lk_setting *row = &model->settings.table[i];
        bool own = strlen(row->key) == length && strncmp(row->key, assignment, length) == 0;
        bool same = own && assignment[length] == '=' &&
                    strcmp(assignment + length + 1, model->settings.text[i]) == 0;
        if (own && !same && !row->training_only) {
            return lk_fail(model->context, LK_INVALID,
                           "%.60s: the model's weights were trained with %s=%s, which stays",
                           assignment, row->key, model->settings.text[i]);
        }
    }
    return lk_settings_assign(model->context, &model->settings, assignment);
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
    lk_release(model->calibration);
    model->history = history;
    model->calibration = NULL;
    model->calibration_count = 0;
    model->unshaped = false; /* what is trained now is of this version */
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
