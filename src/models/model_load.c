/* Reading the model file, which is hostile: every count is compared with what the file holds before
 * anything of that size is allocated; unknown settings and tensors are refused, because what they
 * would mean is not known. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/formats/formats.h"
#include "data/safetensors.h"
#include "kernels/kernels.h"
#include "models/model_file.h"
#include "models/model_file_names.h"
#include "graph/quantized.h"

#define FILE_MOST (INT64_C(1) << 40)
#define LOOKED_AT 9                    /* bytes: the length of a header, and how each begins */
#define CHECKPOINT "likely checkpoint" /* how the format of a checkpoint begins */
#define HISTORY_MOST (INT64_C(16) << 20)

/* A model file being read. */
typedef struct job {
    lk_context *context;
    const char *path;
    lk_safetensors file;
    char *assignments[LK_SETTINGS_MOST]; /* owned */
    int32_t assignment_count;
    lk_data_description data;
    lk_columns *columns; /* owned: those of `data` */
    bool first_version;  /* of the description of model files */
    bool third_version;  /* with weights of 8 bits */
    int32_t *rank;       /* owned */
    int32_t *alphabets;  /* owned: those of `data`, where the file says them */
} job;

/* ---- metadata -------------------------------------------------------------------------------- */

static lk_status need(const job *work, const char *key, const char **value) {
    *value = lk_safetensors_value(&work->file, key);
    return *value != NULL ? LK_OK
                          : lk_fail(work->context, LK_FORMAT,
                                    "%s: not a model file of likely: its metadata have no \"%s\"",
                                    work->path, key);
}

static lk_status check_format(job *work) {
    const char *format, *version, *engine;
    LK_TRY(need(work, "format", &format));
    if (strncmp(format, CHECKPOINT, strlen(CHECKPOINT)) == 0) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: is a checkpoint of a training, not a model; the model's name is the "
                       "same without .checkpoint",
                       work->path);
    }
    if (strcmp(format, LK_MODEL_FILE_FORMAT) != 0) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: not a model file of likely: its format is \"%.40s\"", work->path,
                       format);
    }
    LK_TRY(need(work, "version", &version));
    LK_TRY(need(work, "engine", &engine));
    work->first_version = strcmp(version, LK_MODEL_FILE_VERSION_1) == 0;
    work->third_version = strcmp(version, LK_MODEL_FILE_VERSION_3) == 0;
    bool known =
        work->first_version || work->third_version || strcmp(version, LK_MODEL_FILE_VERSION) == 0;
    if (!known || strcmp(engine, LK_ENGINE_VERSION) != 0) {
        return lk_fail(work->context, LK_UNSUPPORTED,
                       "%s: model file version %.20s for engine %.20s; this build of likely reads "
                       "versions " LK_MODEL_FILE_VERSION_1 " to " LK_MODEL_FILE_VERSION_3
                       " for engine " LK_ENGINE_VERSION,
                       work->path, version, engine);
    }
    return LK_OK;
}

/* What lies in the file is what was written. An empty checksum is for people who alter a file with
 * other tools. */
static lk_status check_sum(const job *work) {
    static const char *const keys[] = {LK_MODEL_FILE_KEYS};
    const char *values[LK_MODEL_FILE_KEY_COUNT], *kept;
    char found[33];
    _Static_assert(sizeof keys == sizeof values, "a value for each key");
    LK_TRY(need(work, LK_MODEL_FILE_CHECKSUM, &kept));
    for (int i = 0; i < LK_MODEL_FILE_KEY_COUNT; i++) {
        values[i] = lk_safetensors_value(&work->file, keys[i]);
    }
    if (!lk_model_file_checksum(values, work->file.tensors, work->file.count, found)) {
        return lk_fail_no_memory(work->context, "the model file's checksum", 1024);
    }
    if (kept[0] != '\0' && strcmp(kept, found) != 0) {
        return lk_fail(work->context, LK_CORRUPT,
                       "%s: the file is damaged: its checksum is %.40s, but its content has %s",
                       work->path, kept, found);
    }
    return LK_OK;
}

/* The JSON object under a key; the caller's. */
static lk_status need_object(const job *work, const char *key, json_t **object) {
    const char *text;
    json_error_t error;
    *object = NULL;
    LK_TRY(need(work, key, &text));
    LK_TRY(lk_json_parse(work->context, work->path, text, strlen(text), object, &error));
    if (*object == NULL) {
        return lk_fail(work->context, LK_FORMAT, "%s: metadata \"%s\": %s", work->path, key,
                       error.text);
    }
    if (!json_is_object(*object)) {
        json_decref(*object);
        *object = NULL;
        return lk_fail(work->context, LK_FORMAT, "%s: metadata \"%s\" is not a JSON object",
                       work->path, key);
    }
    return LK_OK;
}

/* "KEY=VALUE" texts; lk_settings judges keys and values. */
static lk_status take_assignments(job *work, json_t *object) {
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!json_is_string(value) || work->assignment_count == LK_SETTINGS_MOST) {
            return lk_fail(work->context, LK_FORMAT, "%s: setting \"%.40s\": %s", work->path, key,
                           json_is_string(value) ? "too many settings" : "not a string");
        }
        size_t size = strlen(key) + json_string_length(value) + 2;
        char *text = lk_print("%s=%s", key, json_string_value(value));
        if (text == NULL) {
            return lk_fail_no_memory(work->context, "settings", (int64_t)size);
        }
        work->assignments[work->assignment_count++] = text;
    }
    return LK_OK;
}

static bool shape_read(const json_t *array, lk_shape *shape) {
    size_t axes = json_array_size(array);
    if (!json_is_array(array) || axes < 1 || axes > LK_SHAPE_MOST) {
        return false;
    }
    int64_t variables = 1;
    shape->axes = (int32_t)axes;
    for (size_t i = 0; i < axes; i++) {
        const json_t *size = json_array_get(array, i);
        shape->size[i] = json_integer_value(size);
        if (!json_is_integer(size) || shape->size[i] < 1 ||
            shape->size[i] > INT32_MAX / variables) {
            return false;
        }
        variables *= shape->size[i];
    }
    return true;
}

/* "sound": how recordings are read, by conventions that this build knows. */
static bool take_sound(const json_t *object, lk_sound_form *form) {
    const json_t *sound = json_object_get(object, "sound");
    const char *view = json_string_value(json_object_get(sound, "view"));
    const char *convention = json_string_value(json_object_get(sound, "convention"));
    json_int_t channels = json_integer_value(json_object_get(sound, "channels")),
               channel = json_integer_value(json_object_get(sound, "channel")),
               rate = json_integer_value(json_object_get(sound, "rate"));
    int32_t number = view != NULL ? lk_sound_view_named(view) : -1;
    bool one = channel != 0 || number < 0;
    if (number < 0 || convention == NULL || json_object_size(sound) != 5 ||
        strcmp(convention, lk_sound_convention((lk_sound_view)number)) != 0 || channels < 1 ||
        channels > (one ? 1 : LK_SOUND_CHANNELS_MOST) || channel < LK_SOUND_MIX ||
        channel > LK_SOUND_CHANNELS_MOST || rate < 0 || rate > LK_SOUND_RATE_MOST) {
        return false;
    }
    *form =
        (lk_sound_form){(lk_sound_view)number, (int32_t)channels, (int32_t)channel, (int32_t)rate};
    return true;
}

/* "stream" is there for streams alone, and "sound" for those of recordings. */
static bool take_stream(const json_t *object, lk_data_description *data) {
    const json_t *stream = json_object_get(object, "stream");
    data->stream = stream != NULL;
    for (int kind = 0; kind < LK_SYMBOLS_KINDS && json_is_string(stream); kind++) {
        if (strcmp(json_string_value(stream), lk_symbols_kind_name((lk_symbols_kind)kind)) == 0) {
            data->symbols.kind = (lk_symbols_kind)kind;
            return kind != LK_SYMBOLS_SOUND || take_sound(object, &data->symbols.sound);
        }
    }
    return !data->stream;
}

/* How pictures are read: "alpha", "orient", "depth", each where it is not as in the files. False:
 * wrong. */
static bool take_pictures(const json_t *object, lk_picture_settings *pictures, size_t *known) {
    const json_t *alpha = json_object_get(object, "alpha"),
                 *orient = json_object_get(object, "orient"),
                 *depth = json_object_get(object, "depth");
    int32_t kind = alpha != NULL ? 1 : LK_ALPHA_AUTO;
    while (alpha != NULL && kind < LK_ALPHAS &&
           (!json_is_string(alpha) ||
            strcmp(json_string_value(alpha), lk_alpha_name((lk_alpha)kind)) != 0)) {
        kind++;
    }
    *known += (size_t)(alpha != NULL) + (size_t)(orient != NULL) + (size_t)(depth != NULL);
    *pictures =
        (lk_picture_settings){(lk_alpha)kind, orient != NULL, (int32_t)json_integer_value(depth)};
    return kind < LK_ALPHAS && (orient == NULL || json_is_true(orient)) &&
           (depth == NULL || json_integer_value(depth) == 8);
}

/* "view" and "labels" are there where they mean something. */
static lk_status take_fields(job *work, const json_t *object, size_t *known) {
    lk_data_description *data = &work->data;
    const json_t *view = json_object_get(object, "view"),
                 *labels = json_object_get(object, "labels");
    *known += (size_t)(view != NULL) + (size_t)(labels != NULL);
    bool right = (view == NULL || json_is_string(view)) &&
                 (labels == NULL || (json_is_integer(labels) && json_integer_value(labels) >= 1 &&
                                     json_integer_value(labels) <= LK_ALPHABET_MOST));
    right = take_pictures(object, &data->pictures, known) && right;
    if (!right || (work->first_version && (view != NULL || labels != NULL))) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: metadata \"data\" have a wrong view, number of labels or way to read "
                       "pictures",
                       work->path);
    }
    data->labels = (int32_t)json_integer_value(labels);
    if (view == NULL) {
        return LK_OK;
    }
    lk_status status = lk_view_parse(work->context, json_string_value(view), data->shape,
                                     data->alphabet, &data->view);
    return status == LK_OK ? status
                           : lk_fail(work->context, LK_FORMAT,
                                     "%s: metadata \"data\": there is no view %.40s of them",
                                     work->path, json_string_value(view));
}

/* "alphabets", of each variable, are there where they differ and no columns say so. */
static lk_status take_alphabets(job *work, const json_t *object, size_t *known) {
    lk_data_description *data = &work->data;
    const json_t *array = json_object_get(object, "alphabets");
    if (array == NULL) {
        return LK_OK;
    }
    ++*known;
    bool right = !work->first_version && !data->stream && json_is_array(array) &&
                 (int64_t)json_array_size(array) == data->variables;
    work->alphabets = right ? lk_allocate(data->variables, sizeof *work->alphabets) : NULL;
    if (right && work->alphabets == NULL) {
        return lk_fail_no_memory(work->context, "alphabets", data->variables * 4);
    }
    for (int64_t v = 0; right && v < data->variables; v++) {
        const json_t *size = json_array_get(array, (size_t)v);
        right = json_is_integer(size) && json_integer_value(size) >= 1 &&
                json_integer_value(size) <= data->alphabet;
        work->alphabets[v] = right ? (int32_t)json_integer_value(size) : 0;
    }
    data->alphabets = work->alphabets;
    return right
               ? LK_OK
               : lk_fail(work->context, LK_FORMAT,
                         "%s: metadata \"data\" have wrong alphabets of the variables", work->path);
}

/* The tables' columns and the names of labels, which version 1 had not. */
static lk_status take_words(job *work) {
    const char *columns = "", *classes = "";
    lk_columns *made = NULL;
    if (!work->first_version) {
        LK_TRY(need(work, "columns", &columns));
        LK_TRY(need(work, "classes", &classes));
    }
    if (columns[0] != '\0' && work->alphabets != NULL) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: both metadata \"data\" and columns have alphabets", work->path);
    }
    if (columns[0] != '\0') {
        LK_TRY(lk_columns_parse(work->context, work->path, columns, &made));
        work->data.columns = work->columns = made;
    }
    if (classes[0] == '\0') {
        return LK_OK;
    }
    LK_TRY(lk_dictionary_parse(work->context, work->path, classes, &work->data.classes));
    return lk_dictionary_alphabet(&work->data.classes) == work->data.labels
               ? LK_OK
               : lk_fail(work->context, LK_FORMAT,
                         "%s: %d names of labels, but metadata \"data\" have %d labels", work->path,
                         lk_dictionary_alphabet(&work->data.classes), work->data.labels);
}

/* "local", of a stream, is there where a slower sequence is given along it. */
static lk_status take_local(job *work, const json_t *object, size_t *known) {
    const json_t *local = json_object_get(object, "local");
    if (local == NULL) {
        return LK_OK;
    }
    ++*known;
    const json_t *every = json_object_get(local, "every");
    const json_t *alphabet = json_object_get(local, "alphabet");
    bool right = !work->first_version && work->data.stream && json_object_size(local) == 2 &&
                 json_is_integer(every) && json_integer_value(every) >= 1 &&
                 json_integer_value(every) <= LK_LOCAL_EVERY_MOST && json_is_integer(alphabet) &&
                 json_integer_value(alphabet) >= 1 &&
                 json_integer_value(alphabet) <= LK_LOCAL_ALPHABET_MOST;
    work->data.local =
        (lk_local_form){(int32_t)json_integer_value(every), (int32_t)json_integer_value(alphabet)};
    return right
               ? LK_OK
               : lk_fail(work->context, LK_FORMAT,
                         "%s: metadata \"data\" have a wrong slower sequence (local)", work->path);
}

static lk_status take_data(job *work, const json_t *object) {
    lk_data_description *data = &work->data;
    const json_t *alphabet = json_object_get(object, "alphabet");
    const char *binarization = json_string_value(json_object_get(object, "binarization"));
    int32_t kind = 0;
    while (kind < LK_MODEL_FILE_BINARIZATIONS &&
           (binarization == NULL || strcmp(binarization, lk_model_file_binarizations[kind]) != 0)) {
        kind++;
    }
    if (!shape_read(json_object_get(object, "shape"), &data->shape) || !json_is_integer(alphabet) ||
        json_integer_value(alphabet) < 2 || json_integer_value(alphabet) > LK_ALPHABET_MOST ||
        kind == LK_MODEL_FILE_BINARIZATIONS || !take_stream(object, data)) {
        return lk_fail(
            work->context, LK_FORMAT,
            "%s: metadata \"data\" describe no data: wrong shape, alphabet, binarization or stream",
            work->path);
    }
    data->variables = lk_shape_variables(data->shape);
    data->alphabet = (int32_t)json_integer_value(alphabet);
    data->binarization = (lk_binarization)kind;
    size_t known = !data->stream ? 3 : data->symbols.kind == LK_SYMBOLS_SOUND ? 5 : 4;
    LK_TRY(take_fields(work, object, &known));
    LK_TRY(take_alphabets(work, object, &known));
    LK_TRY(take_local(work, object, &known));
    if (json_object_size(object) != known) {
        return lk_fail(work->context, LK_FORMAT, "%s: metadata \"data\" say more than is known",
                       work->path);
    }
    return LK_OK;
}

static lk_status check_history(const job *work, const char **text) {
    json_t *object = NULL;
    LK_TRY(need(work, "history", text));
    if (strlen(*text) > HISTORY_MOST) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: metadata \"history\" are larger than %lld bytes", work->path,
                       (long long)HISTORY_MOST);
    }
    LK_TRY(need_object(work, "history", &object));
    json_decref(object);
    return LK_OK;
}

static lk_status take_metadata(job *work) {
    json_t *object = NULL;
    LK_TRY(check_format(work));
    LK_TRY(check_sum(work));
    LK_TRY(need_object(work, "settings", &object));
    lk_status status = take_assignments(work, object);
    json_decref(object);
    LK_TRY(status);
    LK_TRY(need_object(work, "data", &object));
    status = take_data(work, object);
    json_decref(object);
    return status == LK_OK ? take_words(work) : status;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static lk_status take_rank(job *work) {
    const lk_tensor *tensor = lk_safetensors_tensor(&work->file, LK_MODEL_FILE_RANK);
    if (tensor == NULL || tensor->type != LK_I32 || tensor->axes != 1 ||
        tensor->size[0] != work->data.variables) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: tensor \"" LK_MODEL_FILE_RANK
                       "\" is missing or is not I32 [%lld], a rank for each variable",
                       work->path, (long long)work->data.variables);
    }
    work->rank = lk_allocate(work->data.variables, sizeof *work->rank);
    if (work->rank == NULL) {
        return lk_fail_no_memory(work->context, "the ordering", tensor->bytes);
    }
    memcpy(work->rank, tensor->data, (size_t)tensor->bytes);
    for (int64_t v = 0; v < work->data.variables; v++) {
        if (work->rank[v] < 0) {
            return lk_fail(work->context, LK_FORMAT, "%s: rank %d of variable %lld is negative",
                           work->path, work->rank[v], (long long)v + 1);
        }
    }
    return LK_OK;
}

/* The characters of a stream of such. Whether they are as many as the alphabet wants, the model's
 * maker checks. */
static lk_status take_characters(job *work) {
    const lk_tensor *tensor = lk_safetensors_tensor(&work->file, LK_MODEL_FILE_CHARACTERS);
    bool wanted = work->data.stream && work->data.symbols.kind == LK_SYMBOLS_CHARACTERS;
    if (!wanted && tensor == NULL) {
        return LK_OK;
    }
    if (!wanted || tensor == NULL || tensor->type != LK_I32 || tensor->axes != 1) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: tensor \"" LK_MODEL_FILE_CHARACTERS
                       "\" stands in the file of a model for a stream of characters, I32 [their "
                       "number], and in no other",
                       work->path);
    }
    char name[LK_MESSAGE_CAPACITY];
    snprintf(name, sizeof name, "%s: tensor \"" LK_MODEL_FILE_CHARACTERS "\"", work->path);
    uint32_t *characters =
        lk_allocate(tensor->size[0], sizeof *characters); /* aligned, as the file's need not be */
    if (characters == NULL) {
        return lk_fail_no_memory(work->context, "the list of characters", tensor->bytes);
    }
    memcpy(characters, tensor->data, (size_t)tensor->bytes);
    lk_status status =
        lk_symbols_list(work->context, name, characters, tensor->size[0], &work->data.symbols);
    lk_release(characters);
    return status;
}

/* The exponents of a parameter's integers; NULL: there are none of that name. */
static const lk_tensor *exponents_of(const job *work, const char *parameter) {
    char name[256];
    int length = snprintf(name, sizeof name, "%s" LK_MODEL_FILE_EXPONENT, parameter);
    bool fits = length > 0 && (size_t)length < sizeof name;
    return fits ? lk_safetensors_tensor(&work->file, name) : NULL;
}

/* Weights of 8 bits: integers, and an exponent for each row or each column. */
static lk_status take_quantized(const job *work, const lk_tensor *integers, lk_parameter *p) {
    const lk_tensor *exponents = exponents_of(work, p->name);
    bool shaped = integers->axes == 2 && integers->size[0] == p->rows &&
                  integers->size[1] == p->columns && exponents != NULL &&
                  exponents->type == LK_I8 && exponents->axes == 2;
    bool by_columns = shaped && exponents->size[0] == 1 && exponents->size[1] == p->columns;
    bool by_rows = shaped && exponents->size[0] == p->rows && exponents->size[1] == 1;
    if (!by_columns && !by_rows) {
        return lk_fail(
            work->context, LK_FORMAT,
            "%s: tensor \"%s\" is I8, but not %lld x %lld with \"%s" LK_MODEL_FILE_EXPONENT
            "\", I8 1 x %lld or %lld x 1, beside it",
            work->path, p->name, (long long)p->rows, (long long)p->columns, p->name,
            (long long)p->columns, (long long)p->rows);
    }
    lk_status status =
        lk_parameter_set_quantized(work->context, p, integers->data, exponents->data, !by_columns);
    char reason[LK_MESSAGE_CAPACITY];
    snprintf(reason, sizeof reason, "%s", lk_context_message(work->context));
    return status == LK_OK ? LK_OK : lk_fail(work->context, status, "%s: %s", work->path, reason);
}

static lk_status take_parameter(const job *work, lk_parameter *p) {
    const lk_tensor *tensor = lk_safetensors_tensor(&work->file, p->name);
    if (tensor == NULL) {
        return lk_fail(work->context, LK_FORMAT, "%s: tensor \"%s\" is missing", work->path,
                       p->name);
    }
    if (tensor->type == LK_I8 && work->third_version) {
        return take_quantized(work, tensor, p);
    }
    bool shaped =
        tensor->size[0] == p->rows &&
        (p->columns == 1 ? tensor->axes == 1 : tensor->axes == 2 && tensor->size[1] == p->columns);
    if (tensor->type != LK_F32 || !shaped) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: tensor \"%s\" is not F32 %lld x %lld, which the settings imply",
                       work->path, p->name, (long long)p->rows, (long long)p->columns);
    }
    if (tensor->bytes > 0) {
        memcpy(p->value, tensor->data, (size_t)tensor->bytes);
    }
    int64_t values = p->rows * p->columns;
    bool finite = work->context->kernels->all_finite(p->value, values); /* most are: soon seen */
    for (int64_t i = 0; i < values && !finite; i++) {
        if (isnan(p->value[i]) || p->value[i] == INFINITY) {
            return lk_fail(work->context, LK_NOT_FINITE, "%s: tensor \"%s\": value %lld is %f",
                           work->path, p->name, (long long)i, (double)p->value[i]);
        }
    }
    return LK_OK;
}

static lk_status take_calibration(const job *work, lk_model *model) {
    const lk_tensor *tensor = lk_safetensors_tensor(&work->file, LK_MODEL_FILE_CALIBRATION);
    if (tensor == NULL) {
        return LK_OK;
    }
    if (tensor->type != LK_F32 || tensor->axes != 1 || tensor->size[0] < 1) {
        return lk_fail(work->context, LK_FORMAT,
                       "%s: tensor \"" LK_MODEL_FILE_CALIBRATION "\" is not an F32 vector",
                       work->path);
    }
    model->calibration = lk_allocate(tensor->size[0], sizeof *model->calibration);
    if (model->calibration == NULL) {
        return lk_fail_no_memory(work->context, "the calibration", tensor->bytes);
    }
    model->calibration_count = tensor->size[0];
    memcpy(model->calibration, tensor->data, (size_t)tensor->bytes);
    for (int64_t i = 0; i < model->calibration_count; i++) {
        if (isnan(model->calibration[i]) ||
            (i > 0 && model->calibration[i] < model->calibration[i - 1])) {
            return lk_fail(work->context, LK_FORMAT,
                           "%s: tensor \"" LK_MODEL_FILE_CALIBRATION "\" is not ascending at %lld",
                           work->path, (long long)i);
        }
    }
    return LK_OK;
}

/* Of a parameter that has such. */
static bool is_exponent(const lk_model *model, const char *name) {
    for (int32_t i = 0; i < model->parameters->count; i++) {
        const lk_parameter *p = &model->parameters->list[i];
        size_t length = strlen(p->name);
        if (p->quantized != NULL && strncmp(name, p->name, length) == 0 &&
            strcmp(name + length, LK_MODEL_FILE_EXPONENT) == 0) {
            return true;
        }
    }
    return false;
}

static lk_status refuse_unknown(const job *work, const lk_model *model) {
    for (int32_t i = 0; i < work->file.count; i++) {
        const char *name = work->file.tensors[i].name;
        if (strcmp(name, LK_MODEL_FILE_RANK) != 0 && strcmp(name, LK_MODEL_FILE_CALIBRATION) != 0 &&
            strcmp(name, LK_MODEL_FILE_CHARACTERS) != 0 &&
            lk_parameters_find(model->parameters, name) < 0 && !is_exponent(model, name)) {
            return lk_fail(work->context, LK_FORMAT,
                           "%s: tensor \"%.80s\" is no part of a model %s with these settings",
                           work->path, name, model->family->name);
        }
    }
    return LK_OK;
}

/* ---- the model ------------------------------------------------------------------------------- */

static lk_status create(job *work, lk_model **model) {
    const char *family, *order, *history;
    LK_TRY(need(work, "family", &family));
    LK_TRY(need(work, "order", &order));
    LK_TRY(check_history(work, &history));
    if (lk_family_named(family) == NULL) {
        return lk_fail(work->context, LK_UNSUPPORTED,
                       "%s: this build of likely knows no model family \"%.40s\"", work->path,
                       family);
    }
    int64_t values = work->file.bytes.size / (work->third_version ? 1 : (int64_t)sizeof(float));
    lk_status status = lk_model_create_ranked(
        work->context, family, (const char *const *)work->assignments, work->assignment_count,
        work->data, work->rank, order, values, model);
    if (status != LK_OK) {
        char reason[LK_MESSAGE_CAPACITY];
        snprintf(reason, sizeof reason, "%s", lk_context_message(work->context));
        return lk_fail(work->context, status, "%s: %s", work->path, reason);
    }
    (*model)->parameters->total_most = 0;
    (*model)->unshaped = work->first_version;
    lk_release((*model)->history);
    (*model)->history = lk_duplicate(history);
    return (*model)->history != NULL
               ? LK_OK
               : lk_fail_no_memory(work->context, "the history", (int64_t)strlen(history));
}

static lk_status fill(const job *work, lk_model *model) {
    for (int32_t i = 0; i < model->parameters->count; i++) {
        LK_TRY(take_parameter(work, &model->parameters->list[i]));
    }
    LK_TRY(take_calibration(work, model));
    return refuse_unknown(work, model);
}

lk_status lk_model_parse(lk_context *context, const char *name, lk_bytes bytes, lk_model **model) {
    job work = {.context = context, .path = name};
    lk_model *made = NULL;
    *model = NULL;
    if (bytes.size < LOOKED_AT || bytes.data[LOOKED_AT - 1] != '{') {
        lk_status status = lk_fail_kind(context, name, bytes.data, bytes.size, "a model of likely");
        lk_bytes_release(&bytes);
        return status;
    }
    LK_TRY(lk_safetensors_parse(context, name, bytes, &work.file));
    lk_status status = take_metadata(&work);
    status = status == LK_OK ? take_rank(&work) : status;
    status = status == LK_OK ? take_characters(&work) : status;
    status = status == LK_OK ? create(&work, &made) : status;
    status = status == LK_OK ? fill(&work, made) : status;
    if (status != LK_OK) {
        lk_model_destroy(made);
        made = NULL;
    }
    for (int32_t i = 0; i < work.assignment_count; i++) {
        lk_release(work.assignments[i]);
    }
    lk_release(work.rank);
    lk_release(work.alphabets);
    lk_symbols_deinit(&work.data.symbols);
    lk_dictionary_deinit(&work.data.classes);
    lk_columns_destroy(work.columns);
    lk_safetensors_deinit(&work.file);
    *model = made;
    return status;
}

lk_status lk_model_read(lk_context *context, const char *path, lk_model **model) {
    lk_input input = lk_from_file(path);
    return lk_model_read_from(context, &input, model);
}

lk_status lk_model_read_from(lk_context *context, const lk_input *input, lk_model **model) {
    lk_bytes bytes;
    *model = NULL;
    LK_TRY(lk_input_read(context, input, FILE_MOST, &bytes));
    return lk_model_parse(context, lk_input_name(input), bytes, model);
}
