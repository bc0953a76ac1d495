/* Models: files, and what they are. */
#include <string.h>

#include "library/library.h"
#include "models/model_file.h"
#include "models/tune.h"

lk_status lk_model_load(lk_context *context, lk_input input, lk_model **model) {
    if (model != NULL) {
        *model = NULL;
    }
    LK_TRY(lk_enter(context, "loading"));
    LK_TRY(lk_need(context, model, "lk_model_load: model"));
    LK_TRY(lk_check_input(context, &input, "lk_model_load: input"));
    lk_status status = lk_model_read_from(context, &input, model);
    if (status == LK_OK) {
        lk_detach(*model);
    }
    return lk_leave(context, status);
}

lk_status lk_model_save(lk_context *context, const lk_model *model, lk_output output) {
    lk_loan loan;
    lk_clear_output(&output);
    LK_TRY(lk_enter(context, "saving"));
    LK_TRY(lk_need(context, model, "lk_model_save: model"));
    LK_TRY(lk_check_output(context, &output, "lk_model_save: output"));
    return lk_leave(context, lk_model_write_to(lk_lend(&loan, context, model), &output));
}

lk_status lk_model_set(lk_context *context, lk_model *model, const char *setting) {
    LK_TRY(lk_enter(context, "setting"));
    LK_TRY(lk_need(context, model, "lk_model_set: model"));
    LK_TRY(lk_need(context, setting, "lk_model_set: setting"));
    model->context = context;
    lk_status status = lk_model_use(model, &setting, 1);
    lk_detach(model);
    return lk_leave(context, status);
}

const char *lk_family_name_at(int32_t number) {
    const lk_family *found = NULL;
    for (int32_t i = 0; i < lk_family_count() && number >= 0 && number < lk_family_count(); i++) {
        int32_t before = 0;
        for (int32_t k = 0; k < lk_family_count(); k++) {
            before += lk_family_at(k)->place < lk_family_at(i)->place;
        }
        found = before == number ? lk_family_at(i) : found;
    }
    return found != NULL ? found->name : NULL;
}

const char *lk_model_family(const lk_model *model) {
    return model != NULL ? model->family->name : NULL;
}

lk_shape lk_model_shape(const lk_model *model) {
    return model != NULL ? model->data.shape : (lk_shape){0};
}

int64_t lk_model_variables(const lk_model *model) {
    return model != NULL ? model->data.variables : 0;
}

int32_t lk_model_alphabet(const lk_model *model) {
    return model != NULL ? model->data.alphabet : 0;
}

lk_text_kind lk_model_text(const lk_model *model) {
    static const lk_text_kind kinds[LK_SYMBOLS_KINDS] = {
        [LK_SYMBOLS_BYTES] = LK_TEXT_BYTES,
        [LK_SYMBOLS_CHARACTERS] = LK_TEXT_CHARACTERS,
        [LK_SYMBOLS_SOUND] = LK_RECORDINGS,
    };
    return model == NULL || !model->data.stream ? LK_NO_TEXT : kinds[model->data.symbols.kind];
}

int32_t lk_model_rate(const lk_model *model) {
    return model != NULL && lk_data_is_sound(&model->data) ? model->data.symbols.sound.rate : 0;
}

int32_t lk_model_label_count(const lk_model *model) {
    return model != NULL ? model->data.labels : 0;
}

int64_t lk_model_parameter_count(const lk_model *model) {
    return model != NULL ? lk_parameters_total(model->parameters) : 0;
}

const char *lk_model_setting(const lk_model *model, const char *key) {
    int32_t found = model != NULL && key != NULL
                        ? lk_setting_find(model->settings.table, model->settings.count, key)
                        : -1;
    return found >= 0 ? model->settings.text[found] : NULL;
}

void lk_model_fingerprint_text(const lk_model *model, char text[33]) {
    if (text != NULL && model != NULL) {
        lk_fingerprint_print(lk_model_fingerprint(model), text);
    } else if (text != NULL) {
        text[0] = '\0';
    }
}
