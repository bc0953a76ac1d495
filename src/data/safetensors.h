/* safetensors: u64 little-endian header length, JSON header, raw arrays
 * (github.com/huggingface/safetensors). The reader treats the file as hostile: header at most 100
 * MB, offsets inside the file, in order, without holes or overlap, sizes that agree with shape and
 * type, no repeated names. */
#ifndef LK_DATA_SAFETENSORS_H
#define LK_DATA_SAFETENSORS_H

#include "base/file.h"

typedef enum lk_tensor_type { LK_F32, LK_F64, LK_I32, LK_I64, LK_U8, LK_U16, LK_I8 } lk_tensor_type;

typedef struct lk_tensor {
    const char *name;
    lk_tensor_type type;
    int32_t axes;
    int64_t size[4];
    const void *data; /* reading: inside the file's bytes, possibly unaligned: copy out */
    int64_t bytes;
} lk_tensor;

typedef struct lk_safetensors {
    lk_tensor *tensors; /* owned, with their names; in the order of their places in the file */
    int32_t count;
    char **keys, **values; /* owned: the __metadata__ object, strings to strings */
    int32_t pairs;
    lk_bytes bytes; /* owned: the file */
} lk_safetensors;

lk_status lk_safetensors_read(lk_context *context, const char *path, lk_safetensors *file);
/* The same from memory, for fuzzing; `name` is for messages; `bytes` is taken. */
lk_status lk_safetensors_parse(lk_context *context, const char *name, lk_bytes bytes,
                               lk_safetensors *file);
void lk_safetensors_deinit(lk_safetensors *file);
const char *lk_safetensors_value(const lk_safetensors *file, const char *key); /* NULL: none */
const lk_tensor *lk_safetensors_tensor(const lk_safetensors *file, const char *name);

/* Writes atomically. Tensors are laid out as the Python package does: sorted by type (I64, F64,
 * F32, I32, U16, I8, U8), then by name; header padded with spaces to 8 bytes. Names must differ;
 * names, keys and values must be UTF-8. */
lk_status lk_safetensors_write(lk_context *context, const char *path, const lk_tensor *tensors,
                               int32_t count, const char *const *keys, const char *const *values,
                               int32_t pairs);
lk_status lk_safetensors_write_to(lk_context *context, const lk_output *output,
                                  const lk_tensor *tensors, int32_t count, const char *const *keys,
                                  const char *const *values, int32_t pairs);

#endif
