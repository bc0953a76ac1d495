/* PBM, P1 (text) and P4 (packed bits), as a table of bits: the picture's width is the number of
 * variables and each of its rows is one example. A 1 (black) is the value 1. Rows of P4 are padded
 * to whole bytes, first variable in the highest bit. Where as many variables are wanted as the
 * whole has pixels, it is a picture (pnm.c), of which 1 is white. */
#include <stdio.h>
#include <string.h>

#include "data/formats/lines.h"
#include "data/formats/pictures.h"

typedef struct lk_pbm {
    const uint8_t *next, *end;
} lk_pbm;

/* A table's first column may be called "P1 level": what stands on the line of the magic is a number
 * or a comment. */
bool lk_is_netpbm(const uint8_t *data, int64_t size, const char *kinds) {
    int64_t next = 2;
    bool magic = size >= 3 && data[0] == 'P' && data[1] != '\0' && strchr(kinds, data[1]) != NULL &&
                 (lk_is_blank(data[2]) || data[2] == '\n' || data[2] == '#');
    while (magic && next < size && lk_is_blank(data[next])) {
        next++;
    }
    return magic && (next == size || lk_is_digit(data[next]) || data[next] == '\n' ||
                     data[next] == '#' || data[next] == '\v' || data[next] == '\f');
}

bool lk_is_pbm(const uint8_t *data, int64_t size) {
    return lk_is_netpbm(data, size, "14");
}

static void skip_space(lk_pbm *pbm) {
    while (pbm->next < pbm->end) {
        if (*pbm->next == '#') {
            while (pbm->next < pbm->end && *pbm->next != '\n') {
                ++pbm->next;
            }
        } else if (lk_is_blank(*pbm->next) || *pbm->next == '\n') {
            ++pbm->next;
        } else {
            return;
        }
    }
}

/* A size from the header; -1 when there is none or it has more than 10 digits. */
static int64_t read_size(lk_pbm *pbm) {
    skip_space(pbm);
    int64_t value = 0;
    int digits = 0;
    for (; pbm->next < pbm->end && lk_is_digit(*pbm->next) && digits <= 10; ++digits) {
        value = value * 10 + (*pbm->next++ - '0');
    }
    return digits >= 1 && digits <= 10 ? value : -1;
}

static lk_status read_packed(lk_context *context, const lk_reading *reading, lk_pbm *pbm,
                             lk_dataset *dataset) {
    int64_t stride = (dataset->variables + 7) / 8;
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint8_t *bits = pbm->next + row * stride;
        uint16_t *values = dataset->values + row * dataset->variables;
        for (int64_t i = 0; i < dataset->variables; ++i) {
            values[i] = (bits[i >> 3] >> (7 - (i & 7))) & 1;
        }
    }
    pbm->next += dataset->examples * stride;
    if (pbm->next != pbm->end) {
        return lk_fail(
            context, LK_FORMAT,
            "%s: byte %lld: %lld bytes stand after the %lld rows that the header promises",
            reading->name, (long long)(pbm->next - reading->data),
            (long long)(pbm->end - pbm->next), (long long)dataset->examples);
    }
    return LK_OK;
}

static lk_status read_text(lk_context *context, const lk_reading *reading, lk_pbm *pbm,
                           lk_dataset *dataset) {
    int64_t values = dataset->examples * dataset->variables;
    for (int64_t i = 0; i < values; ++i) {
        skip_space(pbm);
        bool ended = pbm->next == pbm->end;
        if (ended || (*pbm->next & 0xFE) != '0') {
            return lk_fail(context, LK_FORMAT,
                           "%s: byte %lld (row %lld, column %lld): %s where a 0 or 1 must stand",
                           reading->name, (long long)(pbm->next - reading->data),
                           (long long)(i / dataset->variables + 1),
                           (long long)(i % dataset->variables + 1),
                           ended ? "the file ends" : "another character");
        }
        dataset->values[i] = *pbm->next++ & 1;
    }
    skip_space(pbm);
    if (pbm->next != pbm->end) {
        return lk_fail(context, LK_FORMAT, "%s: byte %lld: more stands after the last row",
                       reading->name, (long long)(pbm->next - reading->data));
    }
    return LK_OK;
}

static lk_status read_pbm(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    bool packed = reading->data[1] == '4';
    lk_pbm pbm = {reading->data + 2, reading->data + reading->size};
    int64_t width = read_size(&pbm), height = read_size(&pbm);
    if (width < 1 || height < 1) {
        return lk_fail(
            context, LK_FORMAT,
            "%s: byte %lld: the PBM header needs a width and a height of 1 to 9999999999",
            reading->name, (long long)(pbm.next - reading->data));
    }
    if (packed && (pbm.next == pbm.end || !(lk_is_blank(*pbm.next) || *pbm.next == '\n'))) {
        return lk_fail(context, LK_FORMAT,
                       "%s: byte %lld: a single white space must end the PBM header", reading->name,
                       (long long)(pbm.next - reading->data));
    }
    bool whole = reading->wish.channels > 0 || (height <= INT32_MAX && width <= INT32_MAX &&
                                                reading->variables == width * height);
    if (reading->variables > 0 && reading->variables != width && whole) {
        return lk_picture_read(context, reading, lk_pnm_decode, dataset);
    }
    pbm.next += packed;
    /* Sizes are below 10^10, a file below 2^34 bytes: the comparison is made by division, without
     * overflow. */
    int64_t left = pbm.end - pbm.next, row = packed ? (width + 7) / 8 : width;
    if (height > left / row) {
        return lk_fail(
            context, LK_FORMAT,
            "%s: the header promises %lld rows of %lld variables, but only %lld bytes follow",
            reading->name, (long long)height, (long long)width, (long long)left);
    }
    LK_TRY(lk_reading_fits(context, reading, reading->name, lk_shape_vector(width)));
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, lk_shape_vector(width), height,
                              INT64_MAX));
    return packed ? read_packed(context, reading, &pbm, dataset)
                  : read_text(context, reading, &pbm, dataset);
}

lk_status lk_pbm_writable(lk_context *context, const char *path, const lk_dataset *dataset) {
    return dataset->alphabet == 2
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "%s: PBM holds 0 and 1 only, but the data have an alphabet of %d; write "
                         ".npy instead",
                         path, dataset->alphabet);
}

static lk_status write_pbm(lk_context *context, const char *path, const lk_dataset *dataset,
                           lk_buffer *buffer) {
    LK_TRY(lk_pbm_writable(context, path, dataset));
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

const lk_format lk_pbm_format = {
    .name = "pbm",
    .kind = "a PBM picture",
    .number = LK_FROM_PBM,
    .endings = {".pbm"},
    .packs = true,
    .recognise = lk_is_pbm,
    .read = read_pbm,
    .write = write_pbm,
};
