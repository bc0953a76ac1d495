/* Reading NPZ (numpy.savez): a zip archive of NPY files, through libzip. Which array is read: the
 * one asked for by name; else the role's (train_data, x_train, ...); else one with a usual name of
 * data; else the only one with two or more axes. Labels are taken when an array of a usual name has
 * one for each example. */
#include "data/formats/array.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zip.h>
#include <zlib.h>

#include "base/memory.h"
#include "data/labels.h"

/* Deflate cannot do better than 1032 to 1: a larger promise is a damaged or hostile entry, refused
 * before it is allocated. */
#define DEFLATE_MOST 1032
/* Bytes that are read to see what an array's header says. */
#define PROBE ((int64_t)1 << 16)

/* Names by role, in the order of lk_role, and last those that go with any. Their places are part of
 * the compressed container's format (usual_number): names are only added at the ends. */
#define NAMES_MOST 10
static const struct {
    const char *data[NAMES_MOST], *labels[NAMES_MOST];
} usual[] = {
    {{"train_data", "x_train", "train_x", "train_images", "xtrain", "train"},
     {"train_labels", "y_train", "train_y", "ytrain", "train_targets"}},
    {{"valid_data", "x_valid", "valid_x", "x_val", "val_data", "valid_images", "valid",
      "val_images", "val"},
     {"valid_labels", "y_valid", "valid_y", "y_val", "val_labels", "valid_targets"}},
    {{"test_data", "x_test", "test_x", "test_images", "xtest", "test"},
     {"test_labels", "y_test", "test_y", "ytest", "test_targets"}},
    {{"data", "x", "images", "values", "samples", "arr_0"},
     {"labels", "y", "label", "targets", "target"}},
};
#define ANY_ROLE 3

bool lk_is_npz(const uint8_t *data, int64_t size) {
    return size >= 4 && data[0] == 'P' && data[1] == 'K' &&
           ((data[2] == 3 && data[3] == 4) || (data[2] == 5 && data[3] == 6));
}

/* Whether libzip found no memory, where it could as well have found a damaged file. */
static bool is_starved(zip_error_t *error) {
    return zip_error_code_zip(error) == ZIP_ER_MEMORY ||
           (zip_error_code_zip(error) == ZIP_ER_ZLIB &&
            zip_error_code_system(error) == Z_MEM_ERROR);
}

static lk_status open_archive(lk_context *context, const lk_reading *reading, zip_t **archive) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *bytes =
        zip_source_buffer_create(reading->data, (zip_uint64_t)reading->size, 0, &error);
    *archive = bytes ? zip_open_from_source(bytes, ZIP_RDONLY, &error) : NULL;
    if (!*archive) {
        if (bytes) {
            zip_source_free(bytes);
        }
        lk_status status =
            is_starved(&error)
                ? lk_fail_no_memory(context, reading->name, reading->size)
                : lk_fail(context, LK_FORMAT, "%s: not a readable NPZ (zip) archive: %s",
                          reading->name, zip_error_strerror(&error));
        zip_error_fini(&error);
        return status;
    }
    zip_error_fini(&error);
    return LK_OK;
}

/* The entry `name` or `name`.npy; -1: none. */
static int64_t find_entry(zip_t *archive, const char *name) {
    char file[256];
    int length = snprintf(file, sizeof file, "%s.npy", name);
    zip_int64_t found =
        length < (int)sizeof file ? zip_name_locate(archive, file, ZIP_FL_NOCASE) : -1;
    return found >= 0 ? found : zip_name_locate(archive, name, 0);
}

static int64_t find_usual(zip_t *archive, const char *const names[NAMES_MOST]) {
    for (int i = 0; i < NAMES_MOST && names[i]; ++i) {
        int64_t found = find_entry(archive, names[i]);
        if (found >= 0) {
            return found;
        }
    }
    return -1;
}

/* libzip compares the checksum of an entry where it meets its end, which is past its last byte. */
static bool read_bytes(zip_file_t *file, uint8_t *data, int64_t size, bool all) {
    uint8_t past;
    return zip_fread(file, data, (zip_uint64_t)size) == size &&
           (!all || zip_fread(file, &past, 1) == 0);
}

/* Reads the first `most` bytes of an entry, or all when most is -1. */
static lk_status read_entry(lk_context *context, const lk_reading *reading, zip_t *archive,
                            int64_t index, int64_t most, lk_bytes *bytes) {
    zip_stat_t info;
    if (zip_stat_index(archive, (zip_uint64_t)index, 0, &info) != 0 ||
        !(info.valid & ZIP_STAT_SIZE) || !(info.valid & ZIP_STAT_COMP_SIZE) ||
        !(info.valid & ZIP_STAT_NAME)) {
        return lk_fail(context, LK_FORMAT, "%s: entry %lld of the archive has no size",
                       reading->name, (long long)index);
    }
    if (info.size > (zip_uint64_t)LK_DATA_BYTES_MOST ||
        info.comp_size > (zip_uint64_t)reading->size ||
        info.size > info.comp_size * DEFLATE_MOST + 1024) {
        return lk_fail(
            context, LK_FORMAT,
            "%s: the archive promises %llu bytes of '%s' in %llu packed ones; it is damaged",
            reading->name, (unsigned long long)info.size, info.name,
            (unsigned long long)info.comp_size);
    }
    int64_t size = most >= 0 && (int64_t)info.size > most ? most : (int64_t)info.size;
    LK_TRY(lk_memory_allow(context, reading->name, "an array of it", (double)size));
    zip_file_t *file = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    if (!file) {
        return is_starved(zip_get_error(archive))
                   ? lk_fail_no_memory(context, info.name, size)
                   : lk_fail(context, LK_FORMAT, "%s: cannot unpack '%s': %s", reading->name,
                             info.name, zip_strerror(archive));
    }
    lk_status status = LK_OK;
    uint8_t *data = lk_resize(NULL, size + 1, 1);
    if (!data) {
        status = lk_fail_no_memory(context, info.name, size);
    } else if (!read_bytes(file, data, size, size == (int64_t)info.size)) {
        status = is_starved(zip_file_get_error(file))
                     ? lk_fail_no_memory(context, info.name, size)
                     : lk_fail(context, LK_CORRUPT, "%s: '%s' is damaged: %s", reading->name,
                               info.name, zip_file_strerror(file));
    }
    zip_fclose(file);
    if (status != LK_OK) {
        lk_release(data);
        return status;
    }
    data[size] = 0;
    *bytes = (lk_bytes){data, size};
    return LK_OK;
}

/* What is read anyway only where the file is at fault, not the machine, and not damaged. */
static lk_status unless_damaged(lk_status status) {
    return status == LK_NO_MEMORY || status == LK_CORRUPT ? status : LK_OK;
}

/* An entry without its elements; *known false: it is no array whose header can be read so. */
static lk_status probe(lk_context *context, const lk_reading *reading, zip_t *archive,
                       int64_t index, lk_array *array, bool *known) {
    lk_bytes bytes;
    lk_status status = read_entry(context, reading, archive, index, PROBE, &bytes);
    *known = false;
    if (status == LK_OK) {
        *known = lk_npy_header(bytes.data, bytes.size, array);
        array->data = NULL;
        lk_bytes_release(&bytes);
    }
    return unless_damaged(status);
}

static lk_status fail_choice(lk_context *context, const lk_reading *reading, zip_t *archive,
                             const char *cause) {
    char names[400] = "";
    int used = 0;
    int64_t entries = zip_get_num_entries(archive, 0);
    for (int64_t i = 0; i < entries && used < 300; ++i) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        int length = name ? (int)strnlen(name, 64) : 0;
        length -= length > 4 && strncmp(name + length - 4, ".npy", 4) == 0 ? 4 : 0;
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%.*s", i ? ", " : "", length,
                         name ? name : "");
    }
    return lk_fail(context, LK_INVALID, "%s: %s; say %s:NAME, with a name of: %s", reading->name,
                   cause, reading->name, entries > 0 ? names : "(the archive is empty)");
}

static bool holds_arrays(zip_t *archive) {
    int64_t entries = zip_get_num_entries(archive, 0);
    for (int64_t i = 0; i < entries; ++i) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        size_t length = name ? strlen(name) : 0;
        if (length > 4 && strcmp(name + length - 4, ".npy") == 0) {
            return true;
        }
    }
    return false;
}

/* Archives that are brought often and hold no arrays: an entry that ends so, what it is, and what
 * to do. */
static const char *what_archive(zip_t *archive) {
    static const char *const rows[][2] = {
        {"xl/workbook.xml", "an Excel workbook (xlsx); save the table as CSV"},
        {"word/document.xml", "a Word document (docx); save its text"},
        {"content.xml", "an OpenDocument file; save the table as CSV"},
        {"data.pkl", "a PyTorch file; save the array: numpy.save(NAME, torch.load(FILE))"},
        {"", "a ZIP archive without NPY arrays; unpack it, or save arrays as NPZ (numpy.savez), a "
             "table as CSV"},
    };
    int64_t entries = zip_get_num_entries(archive, 0);
    for (size_t r = 0; r + 1 < sizeof rows / sizeof *rows; ++r) {
        size_t want = strlen(rows[r][0]);
        for (int64_t i = 0; i < entries; ++i) {
            const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
            size_t length = name != NULL ? strlen(name) : 0;
            if (length >= want && strcmp(name + length - want, rows[r][0]) == 0) {
                return rows[r][1];
            }
        }
    }
    return rows[sizeof rows / sizeof *rows - 1][1];
}

static lk_status find_only(lk_context *context, const lk_reading *reading, zip_t *archive,
                           int64_t *entry) {
    int64_t entries = zip_get_num_entries(archive, 0), found = 0;
    for (int64_t i = 0; i < entries && found < 2; ++i) {
        lk_array array;
        bool known;
        LK_TRY(probe(context, reading, archive, i, &array, &known));
        if (known && array.axes >= 2) {
            *entry = i;
            ++found;
        }
    }
    if (found == 1) {
        return LK_OK;
    }
    if (found == 0 && !holds_arrays(archive)) {
        return lk_fail(context, LK_FORMAT, "%s: %s", reading->name, what_archive(archive));
    }
    return fail_choice(context, reading, archive,
                       found ? "several arrays could be the data"
                             : "no array with two or more axes");
}

/* Which entry holds the data, and the row of `usual` where its labels are named. */
static lk_status choose(lk_context *context, const lk_reading *reading, zip_t *archive,
                        int64_t *entry, int *row) {
    *row = ANY_ROLE;
    if (reading->array) {
        *entry = find_entry(archive, reading->array);
        for (int i = 0; *entry >= 0 && i < ANY_ROLE; ++i) {
            for (int j = 0; j < NAMES_MOST && usual[i].data[j]; ++j) {
                *row = strcasecmp(usual[i].data[j], reading->array) == 0 ? i : *row;
            }
        }
        return *entry >= 0 ? LK_OK
                           : fail_choice(context, reading, archive, "no array of that name");
    }
    *row = (int)reading->role;
    *entry = find_usual(archive, usual[*row].data);
    if (*entry < 0 && reading->own_role) {
        if (reading->lacks != NULL) {
            *reading->lacks = true;
        }
        return fail_choice(context, reading, archive, "no array of a name for this");
    }
    if (*entry < 0) {
        *row = ANY_ROLE;
        *entry = find_usual(archive, usual[ANY_ROLE].data);
    }
    return *entry >= 0 ? LK_OK : find_only(context, reading, archive, entry);
}

/* An array with a name of labels that is none is no failure, but it is said. */
static lk_status leave_labels(lk_context *context, zip_t *archive, int64_t entry,
                              const lk_array *array, lk_dataset *dataset) {
    const char *name = zip_get_name(archive, (zip_uint64_t)entry, 0);
    int length = (int)strcspn(name, ".");
    return array == NULL || array->axes < 1
               ? lk_dataset_note(context, dataset,
                                 "the array %.*s is not taken as labels: they are numbers here, "
                                 "one an example",
                                 length, name)
               : lk_dataset_note(context, dataset,
                                 "the array %.*s is not taken as labels: it has %lld, for %lld "
                                 "examples",
                                 length, name, (long long)array->size[0],
                                 (long long)dataset->examples);
}

/* Labels that fit are taken; a missing, unreadable or other array of such a name is none; one that
 * is damaged is a failure. */
static lk_status take_labels(lk_context *context, const lk_reading *reading, zip_t *archive,
                             int64_t data, int row, lk_dataset *dataset) {
    int64_t entry = find_usual(archive, usual[row].labels);
    entry = entry >= 0 ? entry : find_usual(archive, usual[ANY_ROLE].labels);
    lk_bytes bytes;
    lk_array array;
    bool known;
    if (entry < 0 || entry == data) {
        return LK_OK;
    }
    LK_TRY(probe(context, reading, archive, entry, &array, &known));
    if (!known || array.axes < 1 || array.size[0] != dataset->examples) {
        return leave_labels(context, archive, entry, known ? &array : NULL, dataset);
    }
    lk_status status = read_entry(context, reading, archive, entry, -1, &bytes);
    if (status == LK_OK) {
        int32_t *numbers;
        if (lk_is_npy(bytes.data, bytes.size) &&
            lk_npy_parse(context, reading->name, bytes.data, bytes.size, &array) == LK_OK &&
            array.axes > 0 && array.size[0] == dataset->examples) {
            status = lk_array_labels(context, reading->name, &array, &numbers);
            status = status == LK_OK ? lk_labels_of_numbers(context, dataset, numbers) : status;
        }
        lk_bytes_release(&bytes);
    }
    LK_TRY(unless_damaged(status));
    return dataset->labels != NULL ? LK_OK : leave_labels(context, archive, entry, NULL, dataset);
}

/* Unpacks an array, the data's own only if its header says that it is what is wanted. */
static lk_status parse_entry(lk_context *context, const lk_reading *reading, zip_t *archive,
                             int64_t entry, bool data, lk_array *array, lk_bytes *bytes) {
    bool known = false;
    if (data) {
        LK_TRY(probe(context, reading, archive, entry, array, &known));
    }
    if (known) {
        LK_TRY(lk_array_fits(context, reading, array));
    }
    LK_TRY(read_entry(context, reading, archive, entry, -1, bytes));
    lk_status status = LK_OK;
    if (!lk_is_npy(bytes->data, bytes->size)) {
        status = lk_fail(context, LK_FORMAT, "%s: '%s' is no NPY array", reading->name,
                         zip_get_name(archive, (zip_uint64_t)entry, 0));
    } else {
        char name[512];
        snprintf(name, sizeof name, "%s:%s", reading->name,
                 zip_get_name(archive, (zip_uint64_t)entry, 0));
        status = lk_npy_parse(context, name, bytes->data, bytes->size, array);
    }
    if (status != LK_OK) {
        lk_bytes_release(bytes);
    }
    return status;
}

/* Of dataset->stored, above the bits of arrays: 1 + the place of a usual name, row by row; 0: a
 * name that is not usual. */
#define NAME_SHIFT 10
static int32_t usual_number(zip_t *archive, int64_t entry) {
    for (int32_t i = 0; i < (ANY_ROLE + 1) * NAMES_MOST; ++i) {
        const char *name = usual[i / NAMES_MOST].data[i % NAMES_MOST];
        if (name != NULL && find_entry(archive, name) == entry) {
            return i + 1;
        }
    }
    return 0;
}

const char *lk_npz_name(const lk_dataset *dataset) {
    int32_t number = (dataset->format == LK_FROM_NPZ ? dataset->stored >> NAME_SHIFT : 0) - 1;
    bool known = number >= 0 && number < (ANY_ROLE + 1) * NAMES_MOST;
    const char *name = known ? usual[number / NAMES_MOST].data[number % NAMES_MOST] : NULL;
    return name != NULL ? name : "data";
}

static lk_status read_npz(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    zip_t *archive;
    int64_t entry;
    int row;
    lk_bytes bytes;
    lk_array array;
    LK_TRY(open_archive(context, reading, &archive));
    lk_status status = choose(context, reading, archive, &entry, &row);
    if (status == LK_OK) {
        status = parse_entry(context, reading, archive, entry, true, &array, &bytes);
    }
    if (status == LK_OK) {
        status = lk_array_values(context, reading, &array, dataset);
        lk_bytes_release(&bytes);
    }
    if (status == LK_OK) {
        dataset->stored |= usual_number(archive, entry) << NAME_SHIFT;
        status = take_labels(context, reading, archive, entry, row, dataset);
    }
    if (status == LK_OK && reading->array == NULL && zip_get_num_entries(archive, 0) > 1) {
        const char *name = zip_get_name(archive, (zip_uint64_t)entry, 0);
        status = lk_dataset_note(context, dataset, "of the archive the array %.*s is read",
                                 (int)strcspn(name, "."), name);
    }
    zip_discard(archive);
    return status;
}

lk_status lk_npz_labels(lk_context *context, const lk_reading *reading, lk_array *array,
                        lk_bytes *bytes) {
    zip_t *archive;
    LK_TRY(open_archive(context, reading, &archive));
    int64_t entry = reading->array ? find_entry(archive, reading->array)
                                   : find_usual(archive, usual[ANY_ROLE].labels);
    lk_status status = entry >= 0
                           ? parse_entry(context, reading, archive, entry, false, array, bytes)
                           : fail_choice(context, reading, archive, "no such array of labels");
    zip_discard(archive);
    return status;
}

const lk_format lk_npz_format = {
    .name = "npz",
    .kind = "a ZIP archive (NPZ or another)",
    .number = LK_FROM_NPZ,
    .traits = LK_HAS_ARRAYS,
    .endings = {".npz"},
    .recognise = lk_is_npz,
    .read = read_npz,
    .write = lk_npz_write,
};
