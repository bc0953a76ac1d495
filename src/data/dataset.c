/* Examples in memory, and reading them: the table of formats, and what is the same for all of them
 * (alphabet, shape, binarization). A reader sees only bytes; files, gzip and "PATH:NAME" are dealt
 * with here. */
#include "data/reader.h"

#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/crops.h"
#include "data/text.h"

/* In the order in which they are tried: first those with a magic number. The row's number is its
 * place in lk_format_number. */
static const struct {
    lk_format_number number;
    const lk_reader *reader;
} formats[] = {
    {LK_FROM_PNG, &lk_png_reader},         {LK_FROM_JPEG, &lk_jpeg_reader},
    {LK_FROM_CIFAR10, &lk_cifar10_reader}, {LK_FROM_CIFAR100, &lk_cifar100_reader},
    {LK_FROM_FOLDER, &lk_folder_reader},   {LK_FROM_NPZ, &lk_npz_reader},
    {LK_FROM_NPY, &lk_npy_reader},         {LK_FROM_IDX, &lk_idx_reader},
    {LK_FROM_PBM, &lk_pbm_reader},         {LK_FROM_CSV, &lk_csv_reader},
    {LK_FROM_ROWS, &lk_rows_reader},       {LK_FROM_AMAT, &lk_amat_reader},
};
#define FORMAT_COUNT ((int)(sizeof formats / sizeof formats[0]))

static const lk_reader *reader_of(int32_t format) {
    for (int i = 0; i < FORMAT_COUNT; ++i) {
        if ((int32_t)formats[i].number == format) {
            return formats[i].reader;
        }
    }
    return NULL;
}

const char *lk_dataset_format_name(int32_t format) {
    const lk_reader *reader = reader_of(format);
    return reader ? reader->name : format == LK_FROM_MEMORY ? "memory" : NULL;
}

bool lk_dataset_format_labelled(int32_t format) {
    const lk_reader *reader = reader_of(format);
    return reader && reader->labelled;
}

/* ---- making ---------------------------------------------------------------------------------- */

void lk_dataset_destroy(lk_dataset *dataset) {
    if (dataset) {
        lk_release(dataset->values);
        lk_release(dataset->labels);
        for (int64_t i = 0; dataset->names != NULL && i < dataset->examples; ++i) {
            lk_release(dataset->names[i]);
        }
        lk_release(dataset->names);
        lk_crops_destroy(dataset->crops);
        lk_release(dataset->path);
        lk_release(dataset);
    }
}

lk_status lk_dataset_begin(lk_context *context, const char *path, lk_dataset **dataset) {
    *dataset = lk_allocate(1, sizeof **dataset);
    char *copy = lk_duplicate(path);
    if (!*dataset || !copy) {
        lk_release(*dataset);
        lk_release(copy);
        *dataset = NULL;
        return lk_fail_no_memory(context, "a data set", (int64_t)sizeof **dataset);
    }
    (*dataset)->path = copy;
    return LK_OK;
}

lk_status lk_dataset_reserve(lk_context *context, const lk_source *source, lk_dataset *dataset,
                             lk_shape shape, int64_t examples, int64_t most) {
    int64_t variables = lk_shape_variables(shape), values;
    if (variables < 1 || examples < 1) {
        return lk_fail(context, LK_FORMAT,
                       "%s: there are no examples: %lld examples of %lld variables", source->name,
                       (long long)examples, (long long)variables);
    }
    if (__builtin_mul_overflow(variables, examples, &values) || values > most) {
        values = most;
    }
    if (values > LK_VALUES_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: %lld examples of %lld variables are more than the %lld values that one "
                       "data set may hold; "
                       "split the file",
                       source->name, (long long)examples, (long long)variables,
                       (long long)LK_VALUES_MOST);
    }
    dataset->shape = shape;
    dataset->variables = variables;
    dataset->examples = examples;
    dataset->values = lk_allocate(values, sizeof *dataset->values);
    return dataset->values ? LK_OK : lk_fail_no_memory(context, source->name, values * 2);
}

lk_status lk_dataset_create(lk_context *context, const char *path, lk_shape shape, int64_t examples,
                            int32_t alphabet, lk_dataset **dataset) {
    LK_REQUIRE(alphabet >= 2 && alphabet <= LK_ALPHABET_MOST);
    *dataset = NULL;
    lk_dataset *made;
    LK_TRY(lk_dataset_begin(context, path, &made));
    lk_source source = {.name = path};
    lk_status status = lk_dataset_reserve(context, &source, made, shape, examples, INT64_MAX);
    if (status != LK_OK) {
        lk_dataset_destroy(made);
        return status;
    }
    made->alphabet = alphabet;
    *dataset = made;
    return LK_OK;
}

/* ---- what is the same for all formats -------------------------------------------------------- */

lk_status lk_fail_alphabet(lk_context *context, const lk_source *source, const char *place,
                           int64_t value) {
    if (value < 0) {
        return lk_fail(
            context, LK_FORMAT,
            "%s: %s: %lld is negative; values must be integers from 0, so shift them first",
            source->name, place, (long long)value);
    }
    if (!source->alphabet_given) {
        return lk_fail(context, LK_FORMAT,
                       "%s: %s: %lld is larger than %d, the largest value that is supported",
                       source->name, place, (long long)value, source->limit - 1);
    }
    return lk_fail(
        context, LK_MISMATCH,
        "%s: %s: %lld is outside the alphabet 0..%d; check the file, or give a larger alphabet",
        source->name, place, (long long)value, source->limit - 1);
}

static int32_t largest_value(const lk_dataset *dataset) {
    int64_t count = dataset->examples * dataset->variables;
    uint16_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        largest = dataset->values[i] > largest ? dataset->values[i] : largest;
    }
    return largest;
}

/* With a binarization, an alphabet of 2 speaks of what comes out, and the grey alphabet is
 * inferred. */
static int32_t file_alphabet(const lk_dataset_options *options) {
    return options->binarization != LK_BINARIZE_NONE && options->alphabet == 2 ? 0
                                                                               : options->alphabet;
}

static lk_status finish(lk_context *context, const lk_dataset_options *options,
                        lk_dataset *dataset) {
    int32_t most = largest_value(dataset) + 1, given = file_alphabet(options);
    const lk_reader *reader = reader_of(dataset->format);
    if (given) {
        dataset->alphabet = given;
    } else {
        int32_t hint = most <= 2 && !(reader && reader->own_alphabet) ? 2 : dataset->alphabet;
        dataset->alphabet = hint > most ? hint : most;
    }
    if (options->binarization != LK_BINARIZE_NONE) {
        lk_dataset_binarize_all(dataset, options->binarization, options->seed, options->epoch);
    }
    if (options->shape.axes == 0) {
        return LK_OK;
    }
    if (lk_shape_variables(options->shape) != dataset->variables) {
        char found[64], wanted[64];
        lk_shape_print(dataset->shape, found, sizeof found);
        lk_shape_print(options->shape, wanted, sizeof wanted);
        return lk_fail(context, LK_MISMATCH,
                       "%s: an example has %lld variables (%s), where %lld (%s) are asked for",
                       dataset->path, (long long)dataset->variables, found,
                       (long long)lk_shape_variables(options->shape), wanted);
    }
    dataset->shape = options->shape;
    return LK_OK;
}

static lk_status fail_unrecognised(lk_context *context, const lk_source *source) {
    char quoted[LK_QUOTE_CAPACITY];
    int64_t shown = source->size < 8 ? source->size : 8;
    return lk_fail(context, LK_FORMAT,
                   "%s: not a known data format (it begins with '%s'); known are .amat text, 0/1 "
                   "rows, CSV of integers, "
                   "IDX, NPY, NPZ, PBM, PNG, JPEG and CIFAR batches, each also gzipped",
                   source->name, lk_text_quote(source->data, source->data + shown, quoted));
}

static lk_status read_source(lk_context *context, const lk_source *source, lk_dataset *dataset) {
    if (source->size == 0) {
        return lk_fail(context, LK_FORMAT, "%s: the file is empty", source->name);
    }
    for (int i = 0; i < FORMAT_COUNT; ++i) {
        const lk_reader *reader = formats[i].reader;
        if (!reader->recognise(source->data, source->size)) {
            continue;
        }
        if (source->array && formats[i].number != LK_FROM_NPZ) {
            return lk_fail(context, LK_INVALID,
                           "%s: ':%s' picks an array of an NPZ archive, but this is %s",
                           source->name, source->array, reader->name);
        }
        if (source->crop.height > 0 && reader != &lk_png_reader && reader != &lk_jpeg_reader) {
            return lk_fail(context, LK_INVALID,
                           "%s: crops are of PNG and JPEG pictures, but this is %s", source->name,
                           reader->name);
        }
        dataset->format = (int32_t)formats[i].number;
        return reader->read(context, source, dataset);
    }
    return fail_unrecognised(context, source);
}

static const lk_dataset_options defaults;

static lk_status fill(lk_context *context, const lk_source *source,
                      const lk_dataset_options *options, lk_dataset *dataset) {
    if (source->data == NULL) {
        dataset->format = LK_FROM_FOLDER;
        return options->array != NULL || options->raw
                   ? lk_fail(context, LK_INVALID, "%s: is a folder, where one file is asked for",
                             source->name)
                   : lk_folder_reader.read(context, source, dataset);
    }
    return options->raw ? lk_raw_read(context, source, options->shape, dataset)
                        : read_source(context, source, dataset);
}

/* bytes NULL: a folder. */
static lk_status make(lk_context *context, const char *name, const lk_bytes *bytes,
                      const lk_dataset_options *options, lk_dataset **dataset) {
    *dataset = NULL;
    if (options->alphabet != 0 && (options->alphabet < 2 || options->alphabet > LK_ALPHABET_MOST)) {
        return lk_fail(context, LK_INVALID, "an alphabet of %d: must be 2..%d", options->alphabet,
                       LK_ALPHABET_MOST);
    }
    int32_t given = file_alphabet(options);
    lk_source source = {.name = name,
                        .data = bytes ? bytes->data : NULL,
                        .size = bytes ? bytes->size : 0,
                        .array = options->array,
                        .role = options->role,
                        .limit = given ? given : LK_ALPHABET_MOST,
                        .alphabet_given = given != 0,
                        .crop = options->crop};
    lk_dataset *made;
    LK_TRY(lk_dataset_begin(context, name, &made));
    lk_status status = fill(context, &source, options, made);
    if (status == LK_OK) {
        status = finish(context, options, made);
    }
    if (status != LK_OK) {
        lk_dataset_destroy(made);
        return status;
    }
    *dataset = made;
    return LK_OK;
}

lk_status lk_dataset_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                           const lk_dataset_options *options, lk_dataset **dataset) {
    return make(context, name, bytes, options ? options : &defaults, dataset);
}

lk_status lk_path_split(lk_context *context, const char *path, char **file, const char **array) {
    struct stat info;
    *array = NULL;
    *file = lk_duplicate(path);
    if (!*file) {
        return lk_fail_no_memory(context, "a path", (int64_t)strlen(path));
    }
    char *colon = strrchr(*file, ':');
    if (!colon || stat(path, &info) == 0) {
        return LK_OK;
    }
    *colon = '\0';
    if (stat(*file, &info) == 0) {
        *array = path + (colon - *file) + 1;
    } else {
        *colon = ':';
    }
    return LK_OK;
}

lk_status lk_dataset_read(lk_context *context, const char *path, const lk_dataset_options *options,
                          lk_dataset **dataset) {
    *dataset = NULL;
    char *file;
    const char *array;
    lk_bytes bytes = {0};
    LK_TRY(lk_path_split(context, path, &file, &array));
    lk_dataset_options chosen = options ? *options : defaults;
    chosen.array = array ? array : chosen.array;
    struct stat about;
    bool folder = stat(file, &about) == 0 && S_ISDIR(about.st_mode);
    lk_status status = folder ? LK_OK : lk_file_read(context, file, LK_DATA_BYTES_MOST, &bytes);
    if (status == LK_OK) {
        status = make(context, file, folder ? NULL : &bytes, &chosen, dataset);
    }
    lk_bytes_release(&bytes);
    lk_release(file);
    return status;
}
