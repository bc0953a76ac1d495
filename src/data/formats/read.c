/* Recognising and reading, and what is the same for all formats (alphabet, shape, binarization). A
 * format sees only bytes; files, gzip and "PATH:NAME" are dealt with here. */
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/path.h"
#include "data/formats/format.h"
#include "data/text.h"

lk_status lk_fail_large(lk_context *context, const lk_reading *reading, const char *place,
                        uint64_t value) {
    if (!reading->alphabet_given) {
        return lk_fail(context, LK_FORMAT,
                       "%s: %s: %llu is larger than %d, the largest value that is supported",
                       reading->name, place, (unsigned long long)value, reading->limit - 1);
    }
    return lk_fail(
        context, LK_MISMATCH,
        "%s: %s: %llu is outside the alphabet 0..%d; check the file, or give a larger alphabet",
        reading->name, place, (unsigned long long)value, reading->limit - 1);
}

lk_status lk_fail_alphabet(lk_context *context, const lk_reading *reading, const char *place,
                           int64_t value) {
    return value >= 0
               ? lk_fail_large(context, reading, place, (uint64_t)value)
               : lk_fail(context, LK_FORMAT,
                         "%s: %s: %lld is negative; values must be integers from 0, so shift them "
                         "first",
                         reading->name, place, (long long)value);
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

/* Of words the columns say the alphabet. */
static lk_status finish_words(lk_context *context, const lk_dataset_options *options,
                              lk_dataset *dataset) {
    LK_TRY(options->binarization != LK_BINARIZE_NONE ? lk_dataset_check_grey(context, dataset)
                                                     : LK_OK);
    if (options->alphabet == 0 && options->shape.axes <= 1) {
        return LK_OK;
    }
    return lk_fail(context, LK_INVALID,
                   "%s: a table of words: its columns have alphabets of their own, and are one row"
                   "%s",
                   dataset->path,
                   lk_advice(context, "shape", ": leave out --alphabet and --shape"));
}

/* Whether so few of the values of an array of bytes occur that it is no chance. */
static bool few_occur(const lk_dataset_options *options, int32_t most, int32_t hint) {
    return options->role == LK_ROLE_TRAIN && options->binarization == LK_BINARIZE_NONE &&
           hint > 2 * most;
}

static lk_status choose_alphabet(lk_context *context, const lk_dataset_options *options,
                                 lk_dataset *dataset) {
    int32_t most = largest_value(dataset) + 1, given = file_alphabet(options);
    const lk_format *format = lk_format_of(dataset->format);
    if (given) {
        dataset->alphabet = given;
    } else {
        bool own = format && (format->traits & LK_KEEPS_ALPHABET) != 0;
        int32_t hint = most <= 2 && !own ? 2 : dataset->alphabet;
        dataset->alphabet = hint > most ? hint : most;
        if (!own && few_occur(options, most, hint)) {
            LK_TRY(lk_dataset_note(context, dataset,
                                   "bytes have an alphabet of %d, though the largest "
                                   "value is %d; if no others can occur give --alphabet %d",
                                   hint, most - 1, most));
        }
    }
    if (options->binarization != LK_BINARIZE_NONE) {
        lk_dataset_binarize_all(dataset, options->binarization, options->seed, options->epoch);
    }
    return LK_OK;
}

/* Values by position are those of the columns by name. */
static lk_status name_columns(lk_context *context, const lk_columns *known, lk_dataset *dataset) {
    return known == NULL || dataset->columns != NULL || known->count != dataset->variables
               ? LK_OK
               : lk_columns_copy(context, known, &dataset->columns);
}

/* The axes that are longer than 1: of a vector one or none. */
static lk_shape long_axes(lk_shape shape) {
    lk_shape found = {0};
    for (int32_t i = 0; i < shape.axes; ++i) {
        if (shape.size[i] > 1) {
            found.size[found.axes++] = shape.size[i];
        }
    }
    return found;
}

/* A vector may be cut into any shape, and flattened again; other axes would be mixed up. */
static lk_status check_cut(lk_context *context, const char *name, lk_shape shape, lk_shape wanted) {
    lk_shape old = long_axes(shape), new = long_axes(wanted);
    char found[64], asked[64];
    lk_shape_print(shape, found, sizeof found);
    lk_shape_print(wanted, asked, sizeof asked);
    if (lk_shape_variables(shape) != lk_shape_variables(wanted)) {
        return lk_fail(context, LK_MISMATCH,
                       "%s: an example has %lld variables (%s), where %lld (%s) are asked for",
                       name, (long long)lk_shape_variables(shape), found,
                       (long long)lk_shape_variables(wanted), asked);
    }
    return old.axes <= 1 || new.axes <= 1 || lk_shape_equal(old, new)
               ? LK_OK
               : lk_fail(context, LK_MISMATCH,
                         "%s: an example is %s, and cut into %s its pixels would be mixed up: "
                         "transpose the array, or leave out the shape",
                         name, found, asked);
}

lk_status lk_reading_fits(lk_context *context, const lk_reading *reading, const char *name,
                          lk_shape shape) {
    if (reading->shape.axes > 0) {
        LK_TRY(check_cut(context, name, shape, reading->shape));
        shape = reading->shape;
    }
    return reading->wish.fits != NULL
               ? reading->wish.fits(context, reading->wish.argument, name, shape)
               : LK_OK;
}

static lk_status finish(lk_context *context, const lk_dataset_options *options,
                        lk_dataset *dataset) {
    if (dataset->columns != NULL && lk_columns_have_words(dataset->columns)) {
        return finish_words(context, options, dataset);
    }
    LK_TRY(choose_alphabet(context, options, dataset));
    LK_TRY(name_columns(context, options->columns, dataset));
    if (options->shape.axes > 0) {
        LK_TRY(check_cut(context, dataset->path, dataset->shape, options->shape));
        dataset->shape = options->shape;
    }
    return LK_OK;
}

static bool wants_words(const lk_reading *reading) {
    return reading->columns != NULL && lk_columns_have_words(reading->columns);
}

static lk_status fail_no_table(lk_context *context, const lk_reading *reading, const char *format) {
    return lk_fail(context, LK_INVALID,
                   "%s: is %s, where a table with a header line (CSV) is needed: %s", reading->name,
                   format,
                   wants_words(reading) ? "the model is of columns of words"
                   : reading->apart     ? "its columns are to have words of their own"
                                        : "a column is to be the label");
}

static lk_status fail_no_pictures(lk_context *context, const lk_reading *reading,
                                  const char *format) {
    return lk_fail(context, LK_INVALID, "%s: --%s is of pictures, but this is %s: leave it out",
                   reading->name, reading->of_pictures, format);
}

/* What is asked for that the format has not. */
static lk_status check_asked(lk_context *context, const lk_reading *reading,
                             const lk_format *format) {
    if (reading->array && !(format->traits & LK_HAS_ARRAYS)) {
        return lk_fail(context, LK_INVALID,
                       "%s: ':%s' picks an array of an NPZ archive, but this is %s", reading->name,
                       reading->array, format->name);
    }
    if (reading->crop.height > 0 && !(format->traits & LK_HAS_PICTURES)) {
        return lk_fail(context, LK_INVALID, "%s: crops are of pictures, but this is %s",
                       reading->name, format->name);
    }
    if (reading->of_pictures != NULL && !(format->traits & LK_HAS_PICTURES)) {
        return fail_no_pictures(context, reading, format->name);
    }
    bool table = reading->label != NULL || reading->apart || wants_words(reading);
    return table && !(format->traits & LK_KEEPS_WORDS)
               ? fail_no_table(context, reading, format->name)
               : LK_OK;
}

/* NULL: none recognises it. Whatever text a table of words looks like, it is one where the model
 * says so. */
static const lk_format *recognise(const lk_reading *reading) {
    bool words = wants_words(reading);
    for (const lk_format *const *row = lk_formats; *row != NULL; ++row) {
        const lk_format *format = *row;
        if (format->recognise != NULL && format->recognise(reading->data, reading->size)) {
            return words && (format->traits & LK_IS_TEXT) ? &lk_csv_format : format;
        }
    }
    return words && memchr(reading->data, 0, (size_t)reading->size) == NULL ? &lk_csv_format : NULL;
}

static bool is_blank_text(const lk_reading *reading) {
    int64_t at = 0;
    while (at < reading->size && (lk_is_blank(reading->data[at]) || reading->data[at] == '\n')) {
        ++at;
    }
    return at == reading->size;
}

static lk_status read_file(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    if (reading->size == 0) {
        dataset->empty = true;
        return lk_fail_foreign(context, reading);
    }
    const lk_format *format = recognise(reading);
    if (format == NULL && is_blank_text(reading)) {
        dataset->empty = true;
        return lk_fail(context, LK_FORMAT, "%s: there are no examples: only blank lines",
                       reading->name);
    }
    if (format == NULL) {
        return lk_fail_foreign(context, reading);
    }
    LK_TRY(check_asked(context, reading, format));
    dataset->format = (int32_t)format->number;
    return format->read(context, reading, dataset);
}

static const lk_dataset_options defaults;

static lk_status fill(lk_context *context, const lk_reading *reading,
                      const lk_dataset_options *options, lk_dataset *dataset) {
    if ((reading->data == NULL || options->raw) &&
        (reading->label != NULL || wants_words(reading))) {
        return fail_no_table(context, reading, reading->data == NULL ? "a folder" : "raw bytes");
    }
    if (options->raw && reading->of_pictures != NULL) {
        return fail_no_pictures(context, reading, "raw bytes");
    }
    if (reading->data == NULL) {
        dataset->format = LK_FROM_FOLDER;
        return options->array != NULL || options->raw
                   ? lk_fail(context, LK_INVALID, "%s: is a folder, where one file is asked for",
                             reading->name)
                   : lk_folder_format.read(context, reading, dataset);
    }
    return options->raw ? lk_raw_read(context, reading, options->shape, dataset)
                        : read_file(context, reading, dataset);
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
    lk_reading reading = {.name = name,
                          .data = bytes ? bytes->data : NULL,
                          .size = bytes ? bytes->size : 0,
                          .array = options->array,
                          .role = options->role,
                          .own_role = options->own_role,
                          .lacks = options->lacks,
                          .limit = given ? given : LK_ALPHABET_MOST,
                          .alphabet_given = given != 0,
                          .shape = options->shape,
                          .crop = options->crop,
                          .wish = options->pictures,
                          .of_pictures = options->of_pictures,
                          .variables = options->shape.axes > 0 ? lk_shape_variables(options->shape)
                                                               : options->variables,
                          .columns = options->columns,
                          .label = options->label,
                          .words = options->words,
                          .unseen = options->unseen,
                          .apart = options->apart,
                          .holes = options->holes};
    if (given != 0 && options->binarization == LK_BINARIZE_NONE) {
        reading.wish.levels = given;
    }
    lk_dataset *made;
    LK_TRY(lk_dataset_begin(context, name, &made));
    lk_status status = fill(context, &reading, options, made);
    if (status == LK_OK) {
        status = finish(context, options, made);
    }
    if (status != LK_OK && status != LK_NO_MEMORY && made->empty && options->empty) {
        made->examples = 0;
        status = LK_OK;
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
    bool folder = lk_is_folder(file);
    lk_status status = folder ? LK_OK : lk_file_read(context, file, LK_DATA_BYTES_MOST, &bytes);
    if (status == LK_OK) {
        status = make(context, file, folder ? NULL : &bytes, &chosen, dataset);
    }
    lk_bytes_release(&bytes);
    lk_release(file);
    return status;
}
