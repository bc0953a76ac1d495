/* CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky 2009;
 * www.cs.toronto.edu/~kriz/cifar.html): records of a label (CIFAR-100: a coarse one, then the fine
 * one, which is kept) and three planes R, G, B of 32 x 32 bytes; no header. Examples are 32 x 32 x
 * 3, as pictures are everywhere else. A file is taken for one when it is a whole number of records,
 * each of which begins with labels that there are. */
#include <stdio.h>

#include "base/arena.h"
#include "data/formats/array.h"
#include "data/labels.h"

#define SIDE 32
#define PLANE (SIDE * SIDE)
#define PIXELS (3 * PLANE)

typedef struct lk_cifar {
    int32_t labels; /* bytes of them in a record */
    uint8_t most[2];
} lk_cifar;

static const lk_cifar cifar10 = {1, {9}}, cifar100 = {2, {19, 99}};

static int64_t record_size(const lk_cifar *kind) {
    return kind->labels + PIXELS;
}

/* A whole IDX file of bytes has a header that says so, and may have such a size by chance. */
static bool is_whole_idx(const uint8_t *data, int64_t size) {
    lk_context unheard = {0};
    lk_array array;
    return lk_is_idx(data, size) && lk_idx_parse(&unheard, "", data, size, &array) == LK_OK;
}

static bool recognise(const lk_cifar *kind, const uint8_t *data, int64_t size) {
    int64_t record = record_size(kind);
    if (size == 0 || size % record != 0) {
        return false;
    }
    for (int64_t at = 0; at < size; at += record) {
        for (int32_t i = 0; i < kind->labels; ++i) {
            if (data[at + i] > kind->most[i]) {
                return false;
            }
        }
    }
    return !is_whole_idx(data, size);
}

static void interleave(const uint8_t *planes, uint16_t *values) {
    for (int64_t i = 0; i < PLANE; ++i) {
        for (int64_t c = 0; c < 3; ++c) {
            values[3 * i + c] = planes[c * PLANE + i];
        }
    }
}

static lk_status check_limit(lk_context *context, const lk_reading *reading, int64_t example,
                             const uint8_t *planes) {
    for (int64_t i = 0; i < PIXELS && reading->limit < 256; ++i) {
        if (planes[i] >= reading->limit) {
            char place[64];
            snprintf(place, sizeof place, "record %lld, byte %lld of its pixels",
                     (long long)(example + 1), (long long)i);
            return lk_fail_alphabet(context, reading, place, planes[i]);
        }
    }
    return LK_OK;
}

static lk_status read_records(lk_context *context, const lk_reading *reading, const lk_cifar *kind,
                              lk_dataset *dataset) {
    int64_t record = record_size(kind), examples = reading->size / record;
    lk_shape shape = {.axes = 3, .size = {SIDE, SIDE, 3}};
    LK_TRY(lk_reading_fits(context, reading, reading->name, shape));
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, shape, examples, reading->size));
    dataset->alphabet = 256;
    dataset->labels = lk_allocate(examples, sizeof *dataset->labels);
    if (!dataset->labels) {
        return lk_fail_no_memory(context, reading->name, examples * 4);
    }
    for (int64_t n = 0; n < examples; ++n) {
        const uint8_t *at = reading->data + n * record, *planes = at + kind->labels;
        LK_TRY(check_limit(context, reading, n, planes));
        dataset->labels[n] = planes[-1];
        interleave(planes, dataset->values + n * PIXELS);
    }
    return lk_labels_count(context, dataset, kind->most[kind->labels - 1] + 1);
}

static bool recognise10(const uint8_t *data, int64_t size) {
    return recognise(&cifar10, data, size);
}

static bool recognise100(const uint8_t *data, int64_t size) {
    return recognise(&cifar100, data, size);
}

static lk_status read10(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    return read_records(context, reading, &cifar10, dataset);
}

static lk_status read100(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    return read_records(context, reading, &cifar100, dataset);
}

static lk_status write10(lk_context *context, const char *path, const lk_dataset *dataset,
                         lk_buffer *buffer) {
    lk_shape shape = {.axes = 3, .size = {SIDE, SIDE, 3}};
    if (!lk_shape_equal(dataset->shape, shape) || dataset->alphabet > 256) {
        char found[64];
        lk_shape_print(dataset->shape, found, sizeof found);
        return lk_fail(
            context, LK_INVALID,
            "%s: CIFAR-10 batches hold 32x32x3 values of 0..255, not %s of 0..%d; write .npy", path,
            found, dataset->alphabet - 1);
    }
    for (int64_t n = 0; n < dataset->examples; ++n) {
        int32_t label = -1;
        bool given = dataset->labels && lk_dataset_label_number(dataset, n, &label);
        if (!given || label < 0 || label > cifar10.most[0]) {
            return lk_fail(
                context, LK_INVALID,
                "%s: CIFAR-10 batches hold a label 0..9 with each image, and %s; write .npy", path,
                dataset->labels ? "these are others" : "these images have none");
        }
        uint8_t *at = lk_buffer_room(buffer, record_size(&cifar10));
        if (!at) {
            return LK_OK;
        }
        *at++ = (uint8_t)label;
        const uint16_t *values = dataset->values + n * PIXELS;
        for (int64_t i = 0; i < PIXELS; ++i) {
            at[i % 3 * PLANE + i / 3] = (uint8_t)values[i];
        }
        buffer->size += record_size(&cifar10);
    }
    return LK_OK;
}

const lk_format lk_cifar10_format = {
    .name = "cifar10",
    .kind = "a batch of CIFAR-10",
    .number = LK_FROM_CIFAR10,
    .traits = LK_KEEPS_ALPHABET | LK_KEEPS_LABELS,
    .endings = {".bin"},
    .packs = true,
    .recognise = recognise10,
    .read = read10,
    .write = write10,
};
const lk_format lk_cifar100_format = {
    .name = "cifar100",
    .kind = "a batch of CIFAR-100",
    .number = LK_FROM_CIFAR100,
    .traits = LK_KEEPS_ALPHABET | LK_KEEPS_LABELS,
    .recognise = recognise100,
    .read = read100,
    .restored_as = LK_FROM_NPY,
};
