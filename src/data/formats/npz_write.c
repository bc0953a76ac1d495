/* Writing NPZ: a zip archive with the array of the values under the name that it had, where that is
 * a usual one, else "data"; labels that are numbers beside it. Equal data give equal files: entries
 * carry no time. */
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "base/memory.h"
#include "data/formats/array.h"
#include "data/labels.h"

static lk_status fail_zip(lk_context *context, const char *path, zip_error_t *error) {
    return zip_error_code_zip(error) == ZIP_ER_MEMORY
               ? lk_fail_no_memory(context, path, 1 << 16)
               : lk_fail(context, LK_IO, "%s: cannot make the archive: %s", path,
                         zip_error_strerror(error));
}

static lk_status put_values(lk_context *context, const lk_dataset *dataset, lk_buffer *npy) {
    lk_array array = lk_array_describe(dataset);
    lk_npy_put_header(&array, npy);
    return lk_array_put_as(context, dataset, &array, npy);
}

bool lk_npz_keeps_labels(const lk_dataset *dataset) {
    bool numbers = dataset->labels != NULL;
    int32_t number;
    for (int64_t i = 0; numbers && i < dataset->examples; ++i) {
        numbers = dataset->classes.count == 0 || lk_dataset_label_number(dataset, i, &number);
    }
    return numbers;
}

static void put_labels(const lk_dataset *dataset, lk_buffer *npy) {
    const lk_array array = {.kind = 'i', .width = 4, .axes = 1, .size = {dataset->examples}};
    lk_npy_put_header(&array, npy);
    for (int64_t i = 0; i < dataset->examples; ++i) {
        int32_t number = dataset->labels[i];
        if (dataset->classes.count > 0) {
            lk_dataset_label_number(dataset, i, &number);
        }
        uint32_t bits = (uint32_t)number;
        uint8_t little[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                             (uint8_t)(bits >> 24)};
        lk_buffer_put(npy, little, sizeof little);
    }
}

/* The bytes outlive the archive. */
static bool add(zip_t *archive, const char *name, const lk_buffer *npy) {
    char file[256];
    snprintf(file, sizeof file, "%s.npy", name);
    zip_source_t *bytes = zip_source_buffer(archive, npy->data, (zip_uint64_t)npy->size, 0);
    zip_int64_t entry = bytes != NULL ? zip_file_add(archive, file, bytes, ZIP_FL_ENC_UTF_8) : -1;
    if (entry < 0 && bytes != NULL) {
        zip_source_free(bytes);
    }
    return entry >= 0 && zip_file_set_dostime(archive, (zip_uint64_t)entry, 0, 0x21, 0) == 0;
}

/* The whole archive, once it is closed. */
static bool take_bytes(zip_source_t *source, lk_buffer *buffer) {
    zip_stat_t about;
    zip_stat_init(&about);
    if (zip_source_open(source) != 0) {
        return false;
    }
    bool known = zip_source_stat(source, &about) == 0 && (about.valid & ZIP_STAT_SIZE) != 0;
    uint8_t *room = known ? lk_buffer_room(buffer, (int64_t)about.size) : NULL;
    bool read =
        room != NULL && zip_source_read(source, room, about.size) == (zip_int64_t)about.size;
    buffer->size += read ? (int64_t)about.size : 0;
    zip_source_close(source);
    return read;
}

/* Takes a reference of the source, whatever comes of it. */
static lk_status write_archive(lk_context *context, const char *path, const lk_dataset *dataset,
                               const lk_buffer *values, const lk_buffer *labels,
                               zip_source_t *source, lk_buffer *buffer) {
    zip_error_t error;
    zip_error_init(&error);
    zip_t *archive = zip_open_from_source(source, ZIP_TRUNCATE, &error);
    if (archive == NULL) {
        lk_status status = fail_zip(context, path, &error);
        zip_error_fini(&error);
        zip_source_free(source);
        return status;
    }
    zip_error_fini(&error);
    zip_source_keep(source);
    lk_status status = LK_OK;
    if (!add(archive, lk_npz_name(dataset), values) ||
        (labels->size > 0 && !add(archive, "labels", labels)) || zip_close(archive) != 0) {
        status = fail_zip(context, path, zip_get_error(archive));
        zip_discard(archive);
    } else if (!take_bytes(source, buffer)) {
        status = fail_zip(context, path, zip_source_error(source));
    }
    zip_source_free(source);
    return status;
}

lk_status lk_npz_write(lk_context *context, const char *path, const lk_dataset *dataset,
                       lk_buffer *buffer) {
    lk_buffer values = {0}, labels = {0};
    lk_status status = put_values(context, dataset, &values);
    if (status == LK_OK && lk_npz_keeps_labels(dataset)) {
        put_labels(dataset, &labels);
    }
    if (values.failed || labels.failed) {
        status = lk_fail_no_memory(context, path, values.size);
    }
    if (status == LK_OK) {
        zip_error_t error;
        zip_error_init(&error);
        zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
        status = source == NULL
                     ? fail_zip(context, path, &error)
                     : write_archive(context, path, dataset, &values, &labels, source, buffer);
        zip_error_fini(&error);
    }
    lk_buffer_release(&values);
    lk_buffer_release(&labels);
    return status;
}
