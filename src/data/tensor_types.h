/* What safetensors.c and safetensors_write.c both know of the types, in the order of
 * lk_tensor_type. */
#ifndef LK_DATA_TENSOR_TYPES_H
#define LK_DATA_TENSOR_TYPES_H

#include "data/safetensors.h"

#define LK_TENSOR_TYPE_NAMES "F32", "F64", "I32", "I64", "U8", "U16", "I8"
#define LK_TENSOR_TYPES 7

/* Bytes of an element. */
static inline int64_t lk_tensor_width(lk_tensor_type type) {
    static const uint8_t width[LK_TENSOR_TYPES] = {4, 8, 4, 8, 1, 2, 1};
    return width[type];
}

#endif
