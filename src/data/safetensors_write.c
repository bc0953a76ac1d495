/* Writing safetensors, laid out as the Python package lays it out, so that its files of equal
 * content are equal byte for byte: arrays by the rank of their type (I64, F64, F32, I32, U16, I8,
 * U8),
 * then by name; the header without white space, padded to 8 bytes. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "data/safetensors.h"
#include "data/tensor_types.h"
#include "base/utf8.h"

static const char *const type_name[] = {LK_TENSOR_TYPE_NAMES};

static int compare_layout(const void *left, const void *right) {
    static const uint8_t rank[LK_TENSOR_TYPES] = {
        [LK_I64] = 0, [LK_F64] = 1, [LK_F32] = 2, [LK_I32] = 3,
        [LK_U16] = 4, [LK_I8] = 5,  [LK_U8] = 6};
    const lk_tensor *a = *(const lk_tensor *const *)left, *b = *(const lk_tensor *const *)right;
    return rank[a->type] != rank[b->type] ? rank[a->type] - rank[b->type]
                                          : strcmp(a->name, b->name);
}

static int64_t tensor_bytes(const lk_tensor *tensor) {
    int64_t bytes = lk_tensor_width(tensor->type);
    for (int32_t i = 0; i < tensor->axes; ++i) {
        LK_REQUIRE(tensor->size[i] >= 0 && !__builtin_mul_overflow(bytes, tensor->size[i], &bytes));
    }
    return bytes;
}

/* Adds `value`, which it takes, to the object; false when out of memory or when key or value are
 * not UTF-8. */
static bool add(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

static bool add_tensor(json_t *header, const lk_tensor *tensor, int64_t begin) {
    json_t *entry = json_object(), *shape = json_array();
    for (int32_t i = 0; i < tensor->axes; ++i) {
        json_array_append_new(shape, json_integer(tensor->size[i]));
    }
    bool whole = (int32_t)json_array_size(shape) == tensor->axes;
    bool added = add(entry, "dtype", json_string(type_name[tensor->type]));
    added = add(entry, "shape", shape) && added;
    added = add(entry, "data_offsets",
                json_pack("[I,I]", (json_int_t)begin, (json_int_t)(begin + tensor->bytes))) &&
            added;
    return add(header, tensor->name, entry) && added && whole;
}

static bool fill_header(json_t *header, const lk_tensor *const *order, int32_t count,
                        const char *const *keys, const char *const *values, int32_t pairs) {
    if (pairs > 0) {
        json_t *metadata = json_object();
        bool added = true;
        for (int32_t i = 0; i < pairs; ++i) {
            added = add(metadata, keys[i], json_string(values[i])) && added;
        }
        if (!add(header, "__metadata__", metadata) || !added) {
            return false;
        }
    }
    int64_t begin = 0;
    for (int32_t i = 0; i < count; ++i) {
        if (!add_tensor(header, order[i], begin)) {
            return false;
        }
        begin += order[i]->bytes;
    }
    return true;
}

/* Compact JSON; the caller frees it. NULL: out of memory, or a name or value is not UTF-8. */
static char *header_text(const lk_tensor *const *order, int32_t count, const char *const *keys,
                         const char *const *values, int32_t pairs) {
    json_t *header = json_object();
    char *text = NULL;
    if (fill_header(header, order, count, keys, values, pairs)) {
        text = lk_json_text(header, JSON_COMPACT);
    }
    json_decref(header);
    return text;
}

/* Why there is no header. */
static lk_status fail_header(lk_context *context, const char *path, const lk_tensor *tensors,
                             int32_t count, const char *const *keys, const char *const *values,
                             int32_t pairs) {
    bool valid = true;
    for (int32_t i = 0; i < count; ++i) {
        valid = valid && lk_is_utf8(tensors[i].name);
    }
    for (int32_t i = 0; i < pairs; ++i) {
        valid = valid && lk_is_utf8(keys[i]) && lk_is_utf8(values[i]);
    }
    return valid ? lk_fail_no_memory(context, path, 100 * (count + pairs))
                 : lk_fail(context, LK_INVALID,
                           "%s: a name or a text of the model file is not UTF-8", path);
}

static void put_file(lk_writer *writer, const char *header, const lk_tensor *const *order,
                     int32_t count) {
    uint64_t used = strlen(header), length = (used + 7) / 8 * 8;
    uint8_t little[8];
    for (int i = 0; i < 8; ++i) {
        little[i] = (uint8_t)(length >> (8 * i));
    }
    lk_writer_put(writer, little, 8);
    lk_writer_put(writer, header, (int64_t)used);
    lk_writer_put(writer, "       ", (int64_t)(length - used));
    for (int32_t i = 0; i < count; ++i) {
        lk_writer_put(writer, order[i]->data, order[i]->bytes);
    }
}

lk_status lk_safetensors_write(lk_context *context, const char *path, const lk_tensor *tensors,
                               int32_t count, const char *const *keys, const char *const *values,
                               int32_t pairs) {
    lk_output output = lk_to_file(path);
    return lk_safetensors_write_to(context, &output, tensors, count, keys, values, pairs);
}

lk_status lk_safetensors_write_to(lk_context *context, const lk_output *output,
                                  const lk_tensor *tensors, int32_t count, const char *const *keys,
                                  const char *const *values, int32_t pairs) {
    const char *path = output->path != NULL ? output->path : "memory";
    const lk_tensor **order = lk_allocate(count + 1, sizeof *order);
    if (!order) {
        return lk_fail_no_memory(context, path, count * (int64_t)sizeof *order);
    }
    for (int32_t i = 0; i < count; ++i) {
        LK_REQUIRE(tensor_bytes(&tensors[i]) == tensors[i].bytes);
        order[i] = &tensors[i];
    }
    qsort(order, (size_t)count, sizeof *order, compare_layout);
    for (int32_t i = 1; i < count; ++i) {
        LK_REQUIRE(strcmp(order[i - 1]->name, order[i]->name) != 0);
    }
    lk_status status;
    lk_writer *writer;
    char *header = header_text(order, count, keys, values, pairs);
    if (!header) {
        status = fail_header(context, path, tensors, count, keys, values, pairs);
    } else if ((status = lk_writer_create_to(context, output, &writer)) == LK_OK) {
        put_file(writer, header, order, count);
        status = lk_writer_commit(writer);
    }
    lk_release(header);
    lk_release(order);
    return status;
}
