/* Writers of arrays: NPY (version 1), IDX and packed PBM. Elements are bytes when the alphabet fits
 * into one; else NPY holds u2 and IDX, which has no unsigned type of 16 bits, i4. */
#include <stdio.h>
#include <string.h>

#include "data/write.h"

/* The axes of the file: (N,D), (N,H,W) for one channel, else (N,H,W,C). */
static int file_axes(const lk_dataset *dataset, int64_t size[LK_SHAPE_MOST + 1]) {
    lk_shape shape = dataset->shape;
    int32_t axes = shape.axes == 3 && shape.size[2] == 1 ? 2 : shape.axes;
    size[0] = dataset->examples;
    if (axes == 0 || axes >= LK_SHAPE_MOST) {
        size[1] = dataset->variables;
        return 2;
    }
    memcpy(size + 1, shape.size, (size_t)axes * sizeof size[0]);
    return axes + 1;
}

/* Elements of `width` bytes, one row at a time. */
static void put_values(const lk_dataset *dataset, int width, bool big_endian, lk_buffer *buffer) {
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, dataset->variables * width);
        if (!out) {
            return;
        }
        memset(out, 0, (size_t)(dataset->variables * width));
        for (int64_t i = 0; i < dataset->variables; ++i, out += width) {
            out[big_endian ? width - 1 : 0] = (uint8_t)(values[i] & 0xFF);
            if (width > 1) {
                out[big_endian ? width - 2 : 1] = (uint8_t)(values[i] >> 8);
            }
        }
        buffer->size += dataset->variables * width;
    }
}

lk_status lk_encode_npy(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    (void)context, (void)path;
    int64_t size[LK_SHAPE_MOST + 1];
    int axes = file_axes(dataset, size), width = dataset->alphabet <= 256 ? 1 : 2;
    char header[256];
    int used = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                        width == 1 ? "|u1" : "<u2");
    for (int i = 0; i < axes; ++i) {
        used += snprintf(header + used, sizeof header - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)size[i]);
    }
    used += snprintf(header + used, sizeof header - (size_t)used, "), }");
    /* Magic, header and the line end fill whole lines of 64 bytes, as numpy writes them. */
    while ((10 + used + 1) % 64 != 0) {
        header[used++] = ' ';
    }
    header[used++] = '\n';
    uint8_t magic[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(used & 0xFF), (uint8_t)(used >> 8)};
    lk_buffer_put(buffer, magic, sizeof magic);
    lk_buffer_put(buffer, header, used);
    put_values(dataset, width, false, buffer);
    return LK_OK;
}

lk_status lk_encode_idx(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    int64_t size[LK_SHAPE_MOST + 1];
    int axes = file_axes(dataset, size), width = dataset->alphabet <= 256 ? 1 : 4;
    uint8_t magic[4] = {0, 0, width == 1 ? 0x08 : 0x0C, (uint8_t)axes};
    lk_buffer_put(buffer, magic, sizeof magic);
    for (int i = 0; i < axes; ++i) {
        if (size[i] > UINT32_MAX) {
            return lk_fail(context, LK_UNSUPPORTED,
                           "%s: IDX cannot hold a size of %lld; write .npy instead", path,
                           (long long)size[i]);
        }
        uint8_t big[4] = {(uint8_t)(size[i] >> 24), (uint8_t)(size[i] >> 16),
                          (uint8_t)(size[i] >> 8), (uint8_t)size[i]};
        lk_buffer_put(buffer, big, sizeof big);
    }
    put_values(dataset, width, true, buffer);
    return LK_OK;
}

lk_status lk_encode_pbm(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    if (dataset->alphabet != 2) {
        return lk_fail(
            context, LK_INVALID,
            "%s: PBM holds 0 and 1 only, but the data have an alphabet of %d; write .npy instead",
            path, dataset->alphabet);
    }
    char header[64];
    int64_t stride = (dataset->variables + 7) / 8;
    int length = snprintf(header, sizeof header, "P4\n%lld %lld\n", (long long)dataset->variables,
                          (long long)dataset->examples);
    lk_buffer_put(buffer, header, length);
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, stride);
        if (!out) {
            break;
        }
        memset(out, 0, (size_t)stride);
        for (int64_t i = 0; i < dataset->variables; ++i) {
            out[i >> 3] = (uint8_t)(out[i >> 3] | (values[i] & 1) << (7 - (i & 7)));
        }
        buffer->size += stride;
    }
    return LK_OK;
}
