/* Writing the model file. Metadata are strings; settings, data description and history are JSON in
 * them. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/safetensors.h"
#include "models/model_file.h"
#include "models/model_file_names.h"
#include "graph/quantized.h"

#define EXPONENT_NAME 256

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

/* What is not as it stands in the files. */
static void put_pictures(json_t **object, const lk_picture_settings *pictures) {
    if (pictures->alpha != LK_ALPHA_AUTO) {
        lk_json_set(object, "alpha", json_string(lk_alpha_name(pictures->alpha)));
    }
    if (pictures->orient) {
        lk_json_set(object, "orient", json_true());
    }
    if (pictures->depth != 0) {
        lk_json_set(object, "depth", json_integer(pictures->depth));
    }
}

/* Where they differ, and do not follow from columns of words. */
static void put_alphabets(json_t **object, const lk_data_description *data) {
    if (data->columns != NULL || data->alphabets == NULL) {
        return;
    }
    json_t *array = json_array();
    bool made = array != NULL;
    for (int64_t v = 0; v < data->variables && made; v++) {
        made = json_array_append_new(array, json_integer(data->alphabets[v])) == 0;
    }
    if (!made) { /* NULL is what a failed object is */
        json_decref(array);
        array = NULL;
    }
    lk_json_set(object, "alphabets", array);
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
    if (lk_data_is_sound(data)) {
        const lk_sound_form *sound = &data->symbols.sound;
        lk_json_set(&object, "sound",
                    json_pack("{sssssisisi}", "view", lk_sound_view_name(sound->view), "convention",
                              lk_sound_convention(sound->view), "channels", (int)sound->channels,
                              "channel", (int)sound->channel, "rate", (int)sound->rate));
    }
    if (data->view.kind != NULL) {
        char view[LK_VIEW_TEXT];
        lk_view_print(&data->view, view);
        lk_json_set(&object, "view", json_string(view));
    }
    if (data->labels > 0) {
        lk_json_set(&object, "labels", json_integer(data->labels));
    }
    if (data->local.alphabet > 0) {
        lk_json_set(&object, "local",
                    json_pack("{sisi}", "every", (int)data->local.every, "alphabet",
                              (int)data->local.alphabet));
    }
    put_pictures(&object, &data->pictures);
    put_alphabets(&object, data);
    char *text = lk_json_text(object, JSON_COMPACT);
    json_decref(object);
    json_decref(shape);
    return text;
}

/* Integers, and the exponents of their rows or columns; `name` has room for that of these. */
static int32_t list_quantized(const lk_parameter *p, char *name, lk_tensor *tensors) {
    const lk_quantized *q = p->quantized;
    int64_t exponents = lk_quantized_exponents(p, q->by_rows);
    tensors[0] = (lk_tensor){.name = p->name,
                             .type = LK_I8,
                             .axes = 2,
                             .size = {p->rows, p->columns},
                             .data = q->value,
                             .bytes = p->rows * p->columns};
    snprintf(name, EXPONENT_NAME, "%.200s" LK_MODEL_FILE_EXPONENT, p->name);
    tensors[1] = (lk_tensor){.name = name,
                             .type = LK_I8,
                             .axes = 2,
                             .size = {q->by_rows ? p->rows : 1, q->by_rows ? 1 : p->columns},
                             .data = q->exponent,
                             .bytes = exponents};
    return 2;
}

/* names [parameters][EXPONENT_NAME] */
static int32_t list_tensors(const lk_model *model, char *names, lk_tensor *tensors) {
    int32_t count = 0;
    for (int32_t i = 0; i < model->parameters->count; i++) {
        const lk_parameter *p = &model->parameters->list[i];
        if (p->quantized != NULL) {
            count += list_quantized(p, names + i * EXPONENT_NAME, tensors + count);
            continue;
        }
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

/* What the metadata hold, by the number of the key; owned from `settings` on. */
typedef struct metadata {
    char *settings, *data, *columns, *classes;
} metadata;

static bool make_metadata(const lk_model *model, metadata *m) {
    const lk_data_description *data = &model->data;
    *m = (metadata){.settings = settings_text(&model->settings),
                    .data = data_text(data),
                    .columns =
                        data->columns != NULL ? lk_columns_print(data->columns) : lk_duplicate(""),
                    .classes = data->classes.count > 0 ? lk_dictionary_print(&data->classes)
                                                       : lk_duplicate("")};
    return m->settings != NULL && m->data != NULL && m->columns != NULL && m->classes != NULL;
}

static bool is_quantized(const lk_model *model) {
    bool any = false;
    for (int32_t i = 0; i < model->parameters->count; i++) {
        any = any || model->parameters->list[i].quantized != NULL;
    }
    return any;
}

static lk_status write_file(const lk_model *model, const metadata *m, char *names,
                            lk_tensor *tensors, const lk_output *output) {
    static const char *const keys[] = {LK_MODEL_FILE_KEYS, LK_MODEL_FILE_CHECKSUM};
    static const char *const keys_1[] = {LK_MODEL_FILE_KEYS_1, LK_MODEL_FILE_CHECKSUM};
    char checksum[33] = "";
    bool first = model->unshaped; /* it keeps its fingerprint, so the version that says so */
    const char *values[] = {first                 ? LK_MODEL_FILE_VERSION_1
                            : is_quantized(model) ? LK_MODEL_FILE_VERSION_3
                                                  : LK_MODEL_FILE_VERSION,
                            LK_ENGINE_VERSION,
                            LIKELY_VERSION,
                            model->family->name,
                            m->settings,
                            m->data,
                            model->order_name,
                            model->history,
                            first ? checksum : m->columns,
                            m->classes,
                            checksum};
    const char *all[LK_MODEL_FILE_KEY_COUNT + 1] = {LK_MODEL_FILE_FORMAT};
    memcpy(all + 1, values, sizeof values);
    _Static_assert(sizeof keys == sizeof all, "a value for each key");
    int32_t count = list_tensors(model, names, tensors);
    if (!lk_model_file_checksum(all, tensors, count, checksum)) {
        return lk_fail_no_memory(model->context, "the model file's checksum", 1024);
    }
    return first ? lk_safetensors_write_to(model->context, output, tensors, count, keys_1, all,
                                           sizeof keys_1 / sizeof *keys_1)
                 : lk_safetensors_write_to(model->context, output, tensors, count, keys, all,
                                           sizeof keys / sizeof *keys);
}

lk_status lk_model_write(const lk_model *model, const char *path) {
    lk_output output = lk_to_file(path);
    return lk_model_write_to(model, &output);
}

lk_status lk_model_write_to(const lk_model *model, const lk_output *output) {
    int64_t tensor_count = 2 * model->parameters->count + 3;
    lk_tensor *tensors = lk_allocate(tensor_count, sizeof *tensors);
    char *names = lk_allocate(model->parameters->count, EXPONENT_NAME);
    metadata m;
    lk_status status = make_metadata(model, &m) && tensors != NULL && names != NULL
                           ? write_file(model, &m, names, tensors, output)
                           : lk_fail_no_memory(model->context, "the model file's metadata",
                                               (int64_t)sizeof *tensors * tensor_count);
    lk_release(tensors);
    lk_release(names);
    lk_release(m.settings);
    lk_release(m.data);
    lk_release(m.columns);
    lk_release(m.classes);
    return status;
}
