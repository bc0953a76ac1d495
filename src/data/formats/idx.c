/* IDX (yann.lecun.com/exdb/mnist): 0, 0, type, number of axes, the sizes as big-endian u32, then
 * the elements, big-endian. */
#include "data/formats/array.h"

bool lk_is_idx(const uint8_t *data, int64_t size) {
    return size >= 4 && data[0] == 0 && data[1] == 0 && data[2] >= 0x08 && data[2] <= 0x0E &&
           data[3] >= 1;
}

static bool set_type(lk_array *array, uint8_t type) {
    static const struct {
        uint8_t type;
        char kind;
        uint8_t width;
    } types[] = {{0x08, 'u', 1}, {0x09, 'i', 1}, {0x0B, 'i', 2},
                 {0x0C, 'i', 4}, {0x0D, 'f', 4}, {0x0E, 'f', 8}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
        if (types[i].type == type) {
            array->kind = types[i].kind;
            array->width = types[i].width;
            return true;
        }
    }
    return false;
}

lk_status lk_idx_parse(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                       lk_array *array) {
    *array = (lk_array){.big_endian = true, .axes = data[3]};
    if (!set_type(array, data[2])) {
        return lk_fail(context, LK_FORMAT, "%s: byte 2: 0x%02X is no IDX element type", name,
                       data[2]);
    }
    if (array->axes > LK_SHAPE_MOST) {
        return lk_fail(context, LK_UNSUPPORTED, "%s: byte 3: %d axes; at most %d are supported",
                       name, array->axes, LK_SHAPE_MOST);
    }
    int64_t header = 4 + 4 * (int64_t)array->axes;
    if (size < header) {
        return lk_fail(context, LK_FORMAT, "%s: the file ends within its IDX header of %lld bytes",
                       name, (long long)header);
    }
    for (int32_t i = 0; i < array->axes; ++i) {
        const uint8_t *p = data + 4 + 4 * i;
        array->size[i] = ((int64_t)p[0] << 24) | (p[1] << 16) | (p[2] << 8) | p[3];
    }
    array->data = data + header;
    int64_t elements = lk_array_elements(array), held = size - header;
    if (elements < 0 || elements > held / array->width) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the IDX header promises %lld examples and more elements than the %lld "
                       "bytes after it hold; the "
                       "file is truncated or damaged",
                       name, (long long)array->size[0], (long long)held);
    }
    if (elements * array->width != held) {
        return lk_fail(
            context, LK_FORMAT,
            "%s: byte %lld: %lld bytes too many after the elements that the header promises", name,
            (long long)(header + elements * array->width),
            (long long)(held - elements * array->width));
    }
    return LK_OK;
}

static lk_status read_idx(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    lk_array array;
    LK_TRY(lk_idx_parse(context, reading->name, reading->data, reading->size, &array));
    return lk_array_values(context, reading, &array, dataset);
}

/* Bytes when the alphabet fits into one; else i4, since there is no unsigned type of 16 bits. */
static lk_status write_idx(lk_context *context, const char *path, const lk_dataset *dataset,
                           lk_buffer *buffer) {
    int64_t size[LK_SHAPE_MOST + 1];
    int axes = lk_array_axes(dataset, size), width = dataset->alphabet <= 256 ? 1 : 4;
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
    lk_array_put(dataset, width, true, buffer);
    return LK_OK;
}

const lk_format lk_idx_format = {
    .name = "idx",
    .kind = "an IDX array",
    .number = LK_FROM_IDX,
    .endings = {".idx", "-ubyte"},
    .packs = true,
    .recognise = lk_is_idx,
    .read = read_idx,
    .write = write_idx,
};
