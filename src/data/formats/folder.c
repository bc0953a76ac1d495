/* A folder as a data set. Pictures: one example each, or crops of them; the label of a class folder
 * is its number. Otherwise CIFAR batches, as the archive of the binary version unpacks: which files
 * depends on the role. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/cropping.h"
#include "data/formats/folder_list.h"
#include "data/formats/pictures.h"

/* ---- pictures -------------------------------------------------------------------------------- */

static lk_status decode(lk_context *context, const lk_reading *folder, const char *path,
                        const lk_bytes *bytes, lk_picture *picture) {
    lk_reading reading = *folder;
    reading.name = path;
    reading.data = bytes->data;
    reading.size = bytes->size;
    lk_picture_decode *decoder = lk_picture_decoder(bytes->data, bytes->size);
    return decoder != NULL ? lk_picture_decode_for(context, &reading, decoder, picture)
                           : lk_fail(context, LK_FORMAT,
                                     "%s: is neither PNG nor JPEG, whatever its name says", path);
}

static lk_status load(lk_context *context, const lk_reading *reading, const lk_folder *list,
                      int64_t index, lk_picture *picture) {
    char *path;
    lk_bytes bytes;
    *picture = (lk_picture){0};
    lk_status status = lk_folder_read(context, list, index, &path, &bytes);
    if (status == LK_OK) {
        status = decode(context, reading, path, &bytes, picture);
    }
    lk_bytes_release(&bytes);
    lk_release(path);
    return status;
}

static lk_status compare(lk_context *context, const lk_reading *reading, const lk_folder *list,
                         int64_t index, const lk_picture *first, const lk_picture *picture) {
    bool sides = reading->crop.height > 0 ||
                 (picture->height == first->height && picture->width == first->width);
    if (sides && picture->channels == first->channels && picture->alphabet == first->alphabet) {
        return LK_OK;
    }
    return lk_fail(
        context, LK_MISMATCH,
        "%s/%s: %lldx%lldx%d of %d levels (height x width x channels), but %s is "
        "%lldx%lldx%d of %d%s%s",
        list->path, list->files[index].name, (long long)picture->height, (long long)picture->width,
        picture->channels, picture->alphabet, list->files[0].name, (long long)first->height,
        (long long)first->width, first->channels, first->alphabet,
        sides ? "; the pictures of a folder must be alike, so convert them"
              : "; the pictures of a folder must be of one size",
        sides ? ""
              : lk_advice(context, "crop", ", or give --crop HEIGHTxWIDTH for pieces of one size"));
}

static lk_status load_like(lk_context *context, const lk_reading *reading, const lk_folder *list,
                           int64_t index, const lk_picture *first, lk_picture *picture) {
    lk_status status = load(context, reading, list, index, picture);
    if (status == LK_OK) {
        status = compare(context, reading, list, index, index == 0 ? picture : first, picture);
    }
    if (status != LK_OK) {
        lk_picture_deinit(picture);
    }
    return status;
}

/* Whole pictures. `about` is the first one without its pixels. */
static lk_status fill(lk_context *context, const lk_reading *reading, const lk_folder *list,
                      lk_dataset *dataset) {
    lk_picture about = {0}, picture;
    for (int64_t i = 0; i < list->count; ++i) {
        LK_TRY(load_like(context, reading, list, i, &about, &picture));
        lk_status status = LK_OK;
        if (i == 0) {
            about = picture;
            about.pixels = NULL;
            dataset->alphabet = picture.alphabet;
            lk_shape shape = {.axes = 3, .size = {picture.height, picture.width, picture.channels}};
            status =
                lk_dataset_reserve(context, reading->name, dataset, shape, list->count, INT64_MAX);
        }
        if (status == LK_OK) {
            lk_picture_values(&picture, dataset->values + i * dataset->variables);
        }
        lk_picture_deinit(&picture);
        LK_TRY(status);
    }
    return LK_OK;
}

static lk_status keep_names(lk_context *context, const lk_folder *list, lk_dataset *dataset) {
    dataset->names = lk_allocate(list->count, sizeof *dataset->names);
    dataset->labels =
        list->files[0].label >= 0 ? lk_allocate(list->count, sizeof *dataset->labels) : NULL;
    bool kept = dataset->names != NULL && (dataset->labels != NULL || list->files[0].label < 0);
    for (int64_t i = 0; kept && i < list->count; ++i) {
        dataset->names[i] = lk_duplicate(list->files[i].name);
        kept = dataset->names[i] != NULL;
        if (dataset->labels != NULL) {
            dataset->labels[i] = list->files[i].label;
        }
    }
    return kept ? lk_dictionary_copy(context, &list->classes, &dataset->classes)
                : lk_fail_no_memory(context, "names", list->count);
}

static lk_status fill_crops(lk_context *context, const lk_reading *reading, const lk_folder *list,
                            lk_dataset *dataset) {
    lk_picture *pictures = lk_allocate(list->count, sizeof *pictures);
    lk_status status =
        pictures != NULL
            ? LK_OK
            : lk_fail_no_memory(context, list->path, list->count * (int64_t)sizeof *pictures);
    int64_t values = 0;
    for (int64_t i = 0; i < list->count && status == LK_OK; ++i) {
        status = load_like(context, reading, list, i, &pictures[0], &pictures[i]);
        values += pictures[i].height * pictures[i].width * pictures[i].channels;
        if (status == LK_OK && values > LK_VALUES_MOST) {
            status =
                lk_fail(context, LK_UNSUPPORTED,
                        "%s: the pictures hold more than the %lld values that one data set may; "
                        "split the folder",
                        list->path, (long long)LK_VALUES_MOST);
        }
        status = status == LK_OK
                     ? lk_memory_allow(context, list->path, "its pictures", (double)values)
                     : status;
    }
    if (status != LK_OK) {
        lk_pictures_release(pictures, list->count);
        return status;
    }
    return lk_crops_take(context, list->path, &reading->crop, reading->role != LK_ROLE_TRAIN,
                         pictures, list->count, dataset);
}

static lk_status read_pictures(lk_context *context, const lk_reading *reading,
                               const lk_folder *list, lk_dataset *dataset) {
    if (reading->crop.height > 0) {
        return fill_crops(context, reading, list, dataset);
    }
    LK_TRY(fill(context, reading, list, dataset));
    return keep_names(context, list, dataset);
}

/* ---- CIFAR batches --------------------------------------------------------------------------- */

static bool of_role(const char *name, lk_role role) {
    return strncmp(name, "test", 4) == 0
               ? role != LK_ROLE_TRAIN
               : role == LK_ROLE_TRAIN &&
                     (strncmp(name, "data_batch", 10) == 0 || strncmp(name, "train", 5) == 0);
}

/* Examples of `from` at the end of `to`, which holds `at` so far. */
static void append(lk_dataset *to, int64_t at, const lk_dataset *from) {
    memcpy(to->values + at * to->variables, from->values,
           (size_t)(from->examples * from->variables) * sizeof *to->values);
    memcpy(to->labels + at, from->labels, (size_t)from->examples * sizeof *to->labels);
}

/* One batch by the reader of its format. */
static lk_status read_batch(lk_context *context, const lk_reading *folder, const lk_folder *list,
                            int64_t index, lk_dataset **batch) {
    char *path;
    lk_bytes bytes;
    *batch = NULL;
    lk_status status = lk_folder_read(context, list, index, &path, &bytes);
    lk_reading reading = *folder;
    reading.name = path;
    reading.data = bytes.data;
    reading.size = bytes.size;
    if (status == LK_OK) {
        status = lk_dataset_begin(context, path, batch);
    }
    if (status == LK_OK) {
        const lk_format *format =
            lk_cifar10_format.recognise(bytes.data, bytes.size)    ? &lk_cifar10_format
            : lk_cifar100_format.recognise(bytes.data, bytes.size) ? &lk_cifar100_format
                                                                   : NULL;
        status = format == NULL
                     ? lk_fail(context, LK_FORMAT,
                               "%s: is no batch of CIFAR images: records of 3073 bytes (CIFAR-100: "
                               "3074), each with its label first",
                               path)
                     : format->read(context, &reading, *batch);
        (*batch)->format = (int32_t)(format != NULL ? format->number : LK_FROM_MEMORY);
    }
    lk_bytes_release(&bytes);
    lk_release(path);
    return status;
}

static lk_status join_batches(lk_context *context, const lk_reading *reading,
                              lk_dataset *const *batches, int64_t count, lk_dataset *dataset) {
    int64_t examples = 0;
    for (int64_t i = 0; i < count; ++i) {
        examples += batches[i]->examples;
        if (batches[i]->format != batches[0]->format) {
            return lk_fail(context, LK_MISMATCH, "%s: both CIFAR-10 and CIFAR-100 batches",
                           reading->name);
        }
    }
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, batches[0]->shape, examples,
                              INT64_MAX));
    dataset->alphabet = batches[0]->alphabet;
    dataset->format = batches[0]->format;
    dataset->labels = lk_allocate(examples, sizeof *dataset->labels);
    if (dataset->labels == NULL) {
        return lk_fail_no_memory(context, reading->name, examples * 4);
    }
    for (int64_t i = 0, at = 0; i < count; at += batches[i++]->examples) {
        append(dataset, at, batches[i]);
    }
    return lk_dictionary_copy(context, &batches[0]->classes, &dataset->classes);
}

static lk_status read_batches(lk_context *context, const lk_reading *reading, const lk_folder *list,
                              lk_dataset *dataset) {
    lk_dataset **batches = lk_allocate(list->count, sizeof *batches);
    lk_status status =
        batches != NULL ? LK_OK : lk_fail_no_memory(context, list->path, list->count);
    int64_t count = 0;
    for (int64_t i = 0; i < list->count && status == LK_OK; ++i) {
        if (of_role(list->files[i].name, reading->role)) {
            status = read_batch(context, reading, list, i, &batches[count++]);
        }
    }
    if (status == LK_OK) {
        status =
            count > 0
                ? join_batches(context, reading, batches, count, dataset)
                : lk_fail(context, LK_FORMAT, "%s: holds no %s, as a folder of CIFAR batches would",
                          list->path,
                          reading->role == LK_ROLE_TRAIN ? "data_batch_*.bin" : "test_batch.bin");
    }
    for (int64_t i = 0; i < count; ++i) {
        lk_dataset_destroy(batches[i]);
    }
    lk_release(batches);
    return status;
}

/* ---- choosing -------------------------------------------------------------------------------- */

static lk_status read_found(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    static const char *const pictures[] = {".png", ".jpg", ".jpeg", NULL}, *const batches[] = {
                                                                               ".bin", NULL};
    lk_folder list;
    LK_TRY(lk_folder_list(context, reading->name, pictures, &list));
    lk_status status = LK_OK;
    if (list.count > 0) {
        status = read_pictures(context, reading, &list, dataset);
        lk_folder_deinit(&list);
        return status;
    }
    LK_TRY(lk_folder_list(context, reading->name, batches, &list));
    if (list.count > 0 && reading->crop.height == 0) {
        status = read_batches(context, reading, &list, dataset);
    } else {
        status = lk_fail(
            context, LK_FORMAT,
            "%s: a folder without pictures (.png, .jpg, .jpeg), in it or in its subfolders%s",
            list.path,
            list.count > 0 ? "; crops are of pictures" : ", and without CIFAR batches (.bin)");
    }
    lk_folder_deinit(&list);
    return status;
}

/* ---- writing: as the files were named, or 000.png to 999.png, in order ----------------------- */

bool lk_names_folder(const char *path) {
    size_t length = strlen(path);
    return length > 1 && path[length - 1] == '/';
}

static lk_status write_example(lk_context *context, const char *path, const lk_dataset *dataset,
                               int64_t index) {
    lk_dataset one = *dataset;
    one.examples = 1;
    one.values = dataset->values + index * dataset->variables;
    lk_buffer buffer = {0};
    lk_status status = lk_png_format.write(context, path, &one, &buffer);
    if (status == LK_OK) {
        status = lk_buffer_write(context, path, &buffer);
    }
    lk_buffer_release(&buffer);
    return status;
}

/* The file of an example: under its own name, where it has one (lk_release). */
static char *file_of(const char *path, const lk_dataset *dataset, int64_t index) {
    if (dataset->names == NULL) {
        int digits = snprintf(NULL, 0, "%lld", (long long)dataset->examples - 1);
        return lk_print("%s%0*lld.png", path, digits, (long long)index);
    }
    const char *name = dataset->names[index];
    size_t length = strlen(name);
    bool png = length > 4 && strcasecmp(name + length - 4, ".png") == 0;
    return lk_print("%s%s%s", path, name, png ? "" : ".png");
}

/* `path` and what is named between it and the file. */
static lk_status make_folders(lk_context *context, const char *path, char *file) {
    for (char *slash = file + strlen(path) - 1; slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(file, 0777) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made) {
            return lk_fail(context, LK_IO, "%s: cannot make the folder: %s", path, strerror(errno));
        }
    }
    return LK_OK;
}

static lk_status write_file(lk_context *context, const char *path, const lk_dataset *dataset,
                            int64_t index, lk_dictionary *written) {
    char *file = file_of(path, dataset, index);
    if (file == NULL) {
        return lk_fail_no_memory(context, path, (int64_t)strlen(path));
    }
    int32_t number = (int32_t)index;
    int64_t length = (int64_t)strlen(file);
    lk_status status = dataset->names != NULL && length <= LK_TEXT_MOST
                           ? lk_dictionary_add(context, written, file, length, &number)
                           : LK_OK;
    if (status == LK_OK && number < index) {
        status =
            lk_fail(context, LK_INVALID, "%s: two pictures would have this name; write .npy", file);
    }
    status = status == LK_OK ? make_folders(context, path, file) : status;
    status = status == LK_OK ? write_example(context, file, dataset, index) : status;
    lk_release(file);
    return status;
}

lk_status lk_folder_write(lk_context *context, const char *path, const lk_dataset *dataset) {
    lk_dictionary written = {0};
    lk_status status = LK_OK;
    for (int64_t i = 0; i < dataset->examples && status == LK_OK; ++i) {
        status = write_file(context, path, dataset, i, &written);
    }
    lk_dictionary_deinit(&written);
    return status;
}

const lk_format lk_folder_format = {
    .name = "folder",
    .number = LK_FROM_FOLDER,
    .traits = LK_KEEPS_ALPHABET | LK_HAS_PICTURES,
    .read = read_found,
    .restored_as = LK_FROM_NPY,
};
