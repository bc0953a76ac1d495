/* Writing the model file. Metadata are strings; settings, data description and history are JSON in
 * them. */
#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/safetensors.h"
#include "models/model_file.h"
#include "models/model_file_names.h"

/* An object of the settings' canonical texts, by key. NULL: out of memory. */
static char *settings_text(const lk_settings *settings) {
    json_t *object = json_object();
    for (int32_t i = 0; i < settings->count; i++) {
        lk_json_set(&object, settings->table[i].key, json_string(settings->text[i]));
    }
    char *text = lk_json_text(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static char *data_text(const lk_data_description *data) {
    json_t *shape = json_array();
    bool made = shape != NULL;
    for (int32_t i = 0; i < data->shape.axes && made; i++) {
        made = json_array_append_new(shape, json_integer(data->shape.size[i])) == 0;
    }
    const char *binarization = lk_model_file_binarizations[data->binarization];
    json_t *object = made ? json_pack("{sOsiss}", "shape", shape, "alphabet", (int)data->alphabet,
                                      "binarization", binarization)
                          : NULL;
    if (data->stream) {
        lk_json_set(&object, "stream", json_string(lk_symbols_kind_name(data->symbols.kind)));
    }
    char *text = lk_json_text(object, JSON_COMPACT);
    json_decref(object);
    json_decref(shape);
    return text;
}

static int32_t list_tensors(const lk_model *model, lk_tensor *tensors) {
    int32_t count = 0;
    for (int32_t i = 0; i < model->parameters->count; i++) {
        const lk_parameter *p = &model->parameters->list[i];
        tensors[count++] = (lk_tensor){
            .name = p->name,
            .type = LK_F32,
            .axes = p->columns == 1 ? 1 : 2,
            .size = {p->rows, p->columns},
            .data = p->value,
            .bytes = p->rows * p->columns * (int64_t)sizeof(float),
        };
    }
    tensors[count++] = (lk_tensor){
        .name = LK_MODEL_FILE_RANK,
        .type = LK_I32,
        .axes = 1,
        .size = {model->data.variables},
        .data = model->rank,
        .bytes = model->data.variables * (int64_t)sizeof *model->rank,
    };
    if (model->data.symbols.count > 0) {
        tensors[count++] = (lk_tensor){
            .name = LK_MODEL_FILE_CHARACTERS,
            .type = LK_I32,
            .axes = 1,
            .size = {model->data.symbols.count},
            .data = model->data.symbols.characters,
            .bytes = model->data.symbols.count * (int64_t)sizeof *model->data.symbols.characters,
        };
    }
    if (model->calibration != NULL) {
        tensors[count++] = (lk_tensor){
            .name = LK_MODEL_FILE_CALIBRATION,
            .type = LK_F32,
            .axes = 1,
            .size = {model->calibration_count},
            .data = model->calibration,
            .bytes = model->calibration_count * (int64_t)sizeof *model->calibration,
        };
    }
    return count;
}

lk_status lk_model_save(const lk_model *model, const char *path) {
    lk_context *context = model->context;
    lk_tensor *tensors = lk_allocate(model->parameters->count + 3, sizeof *tensors);
    char *settings = settings_text(&model->settings), *data = data_text(&model->data);
    lk_status status = LK_OK;
    if (tensors == NULL || settings == NULL || data == NULL) {
        status = lk_fail_no_memory(context, "the model file's metadata",
                                   (int64_t)sizeof *tensors * (model->parameters->count + 3));
    } else {
        static const char *const keys[] = {LK_MODEL_FILE_KEYS, LK_MODEL_FILE_CHECKSUM};
        char checksum[33] = "";
        const char *const values[] = {LK_MODEL_FILE_FORMAT,
                                      LK_MODEL_FILE_VERSION,
                                      LK_ENGINE_VERSION,
                                      LIKELY_VERSION,
                                      model->family->name,
                                      settings,
                                      data,
                                      model->order_name,
                                      model->history,
                                      checksum};
        _Static_assert(sizeof keys == sizeof values, "a value for each key");
        int32_t count = list_tensors(model, tensors);
        status = lk_model_file_checksum(values, tensors, count, checksum)
                     ? lk_safetensors_write(context, path, tensors, count, keys, values,
                                            sizeof keys / sizeof keys[0])
                     : lk_fail_no_memory(context, "the model file's checksum", 1024);
    }
    lk_release(tensors);
    lk_release(settings);
    lk_release(data);
    return status;
}
