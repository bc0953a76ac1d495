/* Reading safetensors: see safetensors.h. The JSON header is parsed by jansson (which refuses
 * repeated keys, bad UTF-8 and numbers beyond 64 bits, and bounds the depth); what it says is then
 * checked against the bytes. Arrays are not copied. */
#include "data/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "data/tensor_types.h"

#define HEADER_MOST 100000000
#define FILE_MOST ((int64_t)1 << 36)
#define AXES_MOST 4

typedef struct lk_parse {
    lk_context *context;
    const char *name;
    lk_safetensors *file;
    int64_t arrays; /* bytes after the header */
} lk_parse;

static const char *const type_name[] = {LK_TENSOR_TYPE_NAMES};

static int find_type(const char *text) {
    for (int i = 0; i < LK_TENSOR_TYPES; ++i) {
        if (strcmp(type_name[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static lk_status fail_tensor(const lk_parse *parse, const char *tensor, const char *cause) {
    return lk_fail(parse->context, LK_FORMAT,
                   "%s: the tensor '%.64s' of the safetensors header %s; the file is damaged",
                   parse->name, tensor, cause);
}

/* A non-negative integer; -1: something else. */
static int64_t size_of(const json_t *value) {
    return json_is_integer(value) && json_integer_value(value) >= 0
               ? (int64_t)json_integer_value(value)
               : -1;
}

/* Fills size and bytes, checking that the product of the sizes is the length of the array. */
static lk_status take_shape(const lk_parse *parse, const json_t *shape, int64_t length,
                            lk_tensor *tensor) {
    if (!json_is_array(shape)) {
        return fail_tensor(parse, tensor->name, "has no shape");
    }
    if (json_array_size(shape) > AXES_MOST) {
        return lk_fail(parse->context, LK_UNSUPPORTED,
                       "%s: the tensor '%.64s' has %zu axes; at most %d are supported", parse->name,
                       tensor->name, json_array_size(shape), AXES_MOST);
    }
    tensor->axes = (int32_t)json_array_size(shape);
    int64_t bytes = lk_tensor_width(tensor->type);
    bool zero = false;
    for (int32_t i = 0; i < tensor->axes; ++i) {
        tensor->size[i] = size_of(json_array_get(shape, (size_t)i));
        zero = zero || tensor->size[i] == 0;
        if (tensor->size[i] < 0 ||
            (tensor->size[i] > 0 && __builtin_mul_overflow(bytes, tensor->size[i], &bytes))) {
            return fail_tensor(parse, tensor->name, "has a shape that is not of sizes");
        }
    }
    if ((zero ? 0 : bytes) != length) {
        return fail_tensor(parse, tensor->name, "has a shape that does not agree with its offsets");
    }
    tensor->bytes = length;
    return LK_OK;
}

static lk_status take_tensor(const lk_parse *parse, const char *name, const json_t *entry,
                             const uint8_t *arrays, lk_tensor *tensor) {
    tensor->name = lk_duplicate(name);
    if (!tensor->name) {
        return lk_fail_no_memory(parse->context, "a tensor's name", (int64_t)strlen(name));
    }
    const json_t *type = json_object_get(entry, "dtype"),
                 *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_string(type)) {
        return fail_tensor(parse, name, "has no type");
    }
    int found = find_type(json_string_value(type));
    if (found < 0) {
        return lk_fail(
            parse->context, LK_UNSUPPORTED,
            "%s: the tensor '%.64s' is of type '%.16s'; known are F32, F64, I32, I64, I8, U8, "
            "U16",
            parse->name, name, json_string_value(type));
    }
    tensor->type = (lk_tensor_type)found;
    int64_t begin = size_of(json_array_get(offsets, 0)), end = size_of(json_array_get(offsets, 1));
    if (json_array_size(offsets) != 2 || begin < 0 || end < begin || end > parse->arrays) {
        return fail_tensor(parse, name, "has offsets outside the file");
    }
    tensor->data = arrays + begin;
    return take_shape(parse, json_object_get(entry, "shape"), end - begin, tensor);
}

static lk_status take_metadata(const lk_parse *parse, json_t *metadata) {
    lk_safetensors *file = parse->file;
    if (!json_is_object(metadata)) {
        return fail_tensor(parse, "__metadata__", "is not an object");
    }
    size_t count = json_object_size(metadata);
    file->keys = lk_allocate((int64_t)count + 1, sizeof *file->keys);
    file->values = lk_allocate((int64_t)count + 1, sizeof *file->values);
    if (!file->keys || !file->values) {
        return lk_fail_no_memory(parse->context, "metadata", (int64_t)(count * sizeof *file->keys));
    }
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) {
        if (!json_is_string(value)) {
            return fail_tensor(parse, "__metadata__", "holds a value that is not a string");
        }
        file->keys[file->pairs] = lk_duplicate(key);
        file->values[file->pairs] = lk_duplicate(json_string_value(value));
        ++file->pairs;
        if (!file->keys[file->pairs - 1] || !file->values[file->pairs - 1]) {
            return lk_fail_no_memory(parse->context, "metadata",
                                     (int64_t)json_string_length(value));
        }
    }
    return LK_OK;
}

/* By place; empty arrays before what begins where they stand. */
static int compare_places(const void *left, const void *right) {
    const lk_tensor *a = left, *b = right;
    const uint8_t *p = a->data, *q = b->data;
    if (p != q) {
        return p < q ? -1 : 1;
    }
    return a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

/* The arrays fill the rest of the file: in order, without holes or overlap. */
static lk_status check_places(const lk_parse *parse, const uint8_t *arrays) {
    lk_safetensors *file = parse->file;
    if (file->count > 0) {
        qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, compare_places);
    }
    const uint8_t *next = arrays;
    for (int32_t i = 0; i < file->count; ++i) {
        if (file->tensors[i].data != next) {
            return fail_tensor(parse, file->tensors[i].name,
                               "overlaps the one before it or leaves a hole");
        }
        next += file->tensors[i].bytes;
    }
    if (next != arrays + parse->arrays) {
        return lk_fail(parse->context, LK_FORMAT,
                       "%s: %lld bytes after the last tensor belong to none; the file is damaged",
                       parse->name, (long long)(arrays + parse->arrays - next));
    }
    return LK_OK;
}

static lk_status take_header(const lk_parse *parse, json_t *header, const uint8_t *arrays) {
    lk_safetensors *file = parse->file;
    file->tensors = lk_allocate((int64_t)json_object_size(header) + 1, sizeof *file->tensors);
    if (!file->tensors) {
        return lk_fail_no_memory(parse->context, "tensors",
                                 (int64_t)(json_object_size(header) * sizeof *file->tensors));
    }
    const char *name;
    json_t *entry;
    json_object_foreach(header, name, entry) {
        if (strcmp(name, "__metadata__") == 0) {
            LK_TRY(take_metadata(parse, entry));
        } else if (!json_is_object(entry)) {
            return fail_tensor(parse, name, "is not an object");
        } else {
            LK_TRY(take_tensor(parse, name, entry, arrays, &file->tensors[file->count++]));
        }
    }
    return check_places(parse, arrays);
}

static lk_status parse_file(lk_parse *parse) {
    const lk_bytes *bytes = &parse->file->bytes;
    uint64_t length = 0;
    for (int i = 7; i >= 0 && bytes->size >= 8; --i) {
        length = length << 8 | bytes->data[i];
    }
    if (bytes->size < 10 || length < 2 || length > HEADER_MOST ||
        length > (uint64_t)bytes->size - 8 || bytes->data[8] != '{') {
        return lk_fail(parse->context, LK_FORMAT,
                       "%s: not a safetensors file, or truncated: no header of the length that its "
                       "first 8 bytes say",
                       parse->name);
    }
    json_error_t error;
    json_t *header;
    LK_TRY(lk_json_parse(parse->context, parse->name, (const char *)bytes->data + 8, (size_t)length,
                         &header, &error));
    if (!json_is_object(header)) {
        json_decref(header);
        return lk_fail(parse->context, LK_FORMAT,
                       "%s: byte %d: the safetensors header is damaged: %s", parse->name,
                       8 + error.position, error.text);
    }
    parse->arrays = bytes->size - 8 - (int64_t)length;
    lk_status status = take_header(parse, header, bytes->data + 8 + length);
    json_decref(header);
    return status;
}

lk_status lk_safetensors_parse(lk_context *context, const char *name, lk_bytes bytes,
                               lk_safetensors *file) {
    *file = (lk_safetensors){.bytes = bytes};
    lk_parse parse = {.context = context, .name = name, .file = file};
    lk_status status = parse_file(&parse);
    if (status != LK_OK) {
        lk_safetensors_deinit(file);
    }
    return status;
}

lk_status lk_safetensors_read(lk_context *context, const char *path, lk_safetensors *file) {
    lk_bytes bytes;
    *file = (lk_safetensors){0};
    LK_TRY(lk_file_read_raw(context, path, FILE_MOST, &bytes));
    return lk_safetensors_parse(context, path, bytes, file);
}

void lk_safetensors_deinit(lk_safetensors *file) {
    for (int32_t i = 0; i < file->count; ++i) {
        lk_release((void *)(uintptr_t)file->tensors[i].name);
    }
    for (int32_t i = 0; i < file->pairs; ++i) {
        lk_release(file->keys[i]);
        lk_release(file->values[i]);
    }
    lk_release(file->tensors);
    lk_release(file->keys);
    lk_release(file->values);
    lk_bytes_release(&file->bytes);
    *file = (lk_safetensors){0};
}

const char *lk_safetensors_value(const lk_safetensors *file, const char *key) {
    for (int32_t i = 0; i < file->pairs; ++i) {
        if (strcmp(file->keys[i], key) == 0) {
            return file->values[i];
        }
    }
    return NULL;
}

const lk_tensor *lk_safetensors_tensor(const lk_safetensors *file, const char *name) {
    for (int32_t i = 0; i < file->count; ++i) {
        if (strcmp(file->tensors[i].name, name) == 0) {
            return &file->tensors[i];
        }
    }
    return NULL;
}
