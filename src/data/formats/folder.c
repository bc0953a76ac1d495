/* A folder as a data set. Pictures: one example each, under its name, or crops of them; the label
 * of a class folder is its number. Writing is in folder_write.c. Otherwise CIFAR batches, as the
 * archive of the binary version unpacks: which files depends on the role. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/cropping.h"
#include "data/formats/folder_list.h"
#include "data/formats/pictures.h"

/* ---- pictures -------------------------------------------------------------------------------- */

/* A folder of pictures under way. */
typedef struct lk_album {
    const lk_reading *reading;
    const lk_folder *list;
    int64_t index;              /* of the picture that is read */
    lk_picture *pictures;       /* owned, [list->count] */
    int32_t channels, alphabet; /* the most of any */
} lk_album;

static lk_status decode(lk_context *context, const lk_reading *reading, const lk_picture_wish *wish,
                        lk_picture *picture) {
    lk_picture_decode *decoder = lk_picture_decoder(reading->data, reading->size);
    return decoder != NULL ? lk_picture_decode_for(context, reading, wish, decoder, picture)
                           : lk_fail_foreign(context, reading);
}

static void print_size(const lk_picture *picture, char text[64]) {
    snprintf(text, 64, "%lldx%lldx%d of %d", (long long)picture->height, (long long)picture->width,
             picture->channels, picture->alphabet);
}

/* Before pixels are decoded: those of a folder have one size, but for crops. */
static lk_status fits_album(lk_context *context, const void *argument, const char *name,
                            lk_shape shape) {
    const lk_album *album = argument;
    const lk_picture *first = &album->pictures[0];
    int64_t height = shape.size[0], width = shape.size[1];
    bool alike = album->index == 0 || album->reading->crop.height > 0 ||
                 (height == first->height && width == first->width);
    if (!alike) {
        return lk_fail(
            context, LK_MISMATCH,
            "%s: %lldx%lld pixels (height x width), but %s is %lldx%lld; the pictures "
            "of a folder must be of one size%s",
            name, (long long)height, (long long)width, album->list->files[0].name,
            (long long)first->height, (long long)first->width,
            lk_advice(context, "crop", ", or give --crop HEIGHTxWIDTH for pieces of one size"));
    }
    return lk_picture_fits(context, album->reading, name, shape);
}

static lk_status load(lk_context *context, lk_album *album, int64_t index) {
    char *path;
    lk_bytes bytes;
    lk_reading reading = *album->reading;
    lk_status status = lk_folder_read(context, album->list, index, &path, &bytes);
    album->index = index;
    reading.name = path;
    reading.data = bytes.data;
    reading.size = bytes.size;
    lk_picture_wish wish = reading.wish;
    wish.fits = fits_album;
    wish.argument = album;
    if (status == LK_OK) {
        status = decode(context, &reading, &wish, &album->pictures[index]);
    }
    lk_bytes_release(&bytes);
    lk_release(path);
    return status;
}

static lk_status load_all(lk_context *context, lk_album *album) {
    double values = 0.0;
    for (int64_t i = 0; i < album->list->count; ++i) {
        lk_picture *picture = &album->pictures[i];
        LK_TRY(load(context, album, i));
        values += (double)lk_picture_samples(picture);
        if (values > (double)LK_VALUES_MOST) {
            return lk_fail(context, LK_UNSUPPORTED,
                           "%s: the pictures hold more than the %lld values that one data set may; "
                           "split the folder",
                           album->list->path, (long long)LK_VALUES_MOST);
        }
        LK_TRY(lk_memory_allow(context, album->list->path, "its pictures", values * 3.0));
        album->channels = picture->channels > album->channels ? picture->channels : album->channels;
        album->alphabet = picture->alphabet > album->alphabet ? picture->alphabet : album->alphabet;
    }
    return LK_OK;
}

/* Names the first picture that is not like the one before it. */
static lk_status fail_unlike(lk_context *context, const lk_album *album) {
    const lk_folder *list = album->list;
    char this[64], before[64];
    int64_t i = 0;
    do {
        i++;
        print_size(&album->pictures[i - 1], before);
        print_size(&album->pictures[i], this);
    } while (i + 1 < list->count &&
             album->pictures[i].channels == album->pictures[i - 1].channels &&
             album->pictures[i].alphabet == album->pictures[i - 1].alphabet);
    return lk_fail(context, LK_MISMATCH,
                   "%s/%s: %s levels (height x width x channels), but %s is %s; the pictures of a "
                   "folder must be alike, so convert them",
                   list->path, list->files[i].name, this, list->files[i - 1].name, before);
}

/* All to the most channels and levels of any, where that loses nothing. */
static lk_status make_alike(lk_context *context, lk_album *album, lk_picture_tally *tally) {
    for (int64_t i = 0; i < album->list->count; ++i) {
        lk_picture *picture = &album->pictures[i];
        const char *name = album->list->files[i].name;
        bool fits = true;
        LK_TRY(lk_picture_match(context, name, album->channels, picture));
        LK_TRY(lk_picture_fit(context, name, album->alphabet, picture, &fits));
        if (!fits || picture->channels != album->channels || picture->alphabet != album->alphabet) {
            return fail_unlike(context, album);
        }
        lk_picture_count(tally, picture);
    }
    return LK_OK;
}

/* Whole pictures, each let go once it is copied. */
static lk_status fill(lk_context *context, lk_album *album, lk_dataset *dataset) {
    const lk_picture *first = &album->pictures[0];
    lk_shape shape = {.axes = 3, .size = {first->height, first->width, first->channels}};
    dataset->alphabet = album->alphabet;
    LK_TRY(lk_dataset_reserve(context, album->reading->name, dataset, shape, album->list->count,
                              INT64_MAX));
    for (int64_t i = 0; i < dataset->examples; ++i) {
        lk_picture_values(&album->pictures[i], dataset->values + i * dataset->variables);
        lk_picture_deinit(&album->pictures[i]);
    }
    return LK_OK;
}

static lk_status keep_names(lk_context *context, const lk_folder *list, lk_dataset *dataset) {
    bool classes = list->classes.count > 0;
    dataset->names = lk_allocate(list->count, sizeof *dataset->names);
    dataset->labels = classes ? lk_allocate(list->count, sizeof *dataset->labels) : NULL;
    bool kept = dataset->names != NULL && (dataset->labels != NULL || !classes);
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

static lk_status fill_album(lk_context *context, lk_album *album, lk_dataset *dataset) {
    lk_picture_tally tally = {0};
    const lk_reading *reading = album->reading;
    LK_TRY(load_all(context, album));
    LK_TRY(make_alike(context, album, &tally));
    LK_TRY(lk_picture_tell(context, &tally, dataset));
    if (reading->crop.height == 0) {
        LK_TRY(fill(context, album, dataset));
        return keep_names(context, album->list, dataset);
    }
    if (album->list->classes.count > 0) {
        LK_TRY(lk_dataset_note(context, dataset, "pieces of pictures have no labels"));
    }
    lk_picture *pictures = album->pictures;
    album->pictures = NULL; /* taken */
    return lk_crops_take(context, album->list->path, &reading->crop, reading->role != LK_ROLE_TRAIN,
                         pictures, album->list->count, dataset);
}

static lk_status read_pictures(lk_context *context, const lk_reading *reading,
                               const lk_folder *list, lk_dataset *dataset) {
    lk_album album = {.reading = reading, .list = list};
    album.pictures = lk_allocate(list->count, sizeof *album.pictures);
    lk_status status =
        album.pictures != NULL
            ? fill_album(context, &album, dataset)
            : lk_fail_no_memory(context, list->path, list->count * (int64_t)sizeof *album.pictures);
    lk_pictures_release(album.pictures, list->count);
    return status;
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

static lk_status note_left_out(lk_context *context, const lk_folder *list, lk_dataset *dataset) {
    char *line;
    LK_TRY(lk_folder_tell(context, list, &line));
    lk_status status = line != NULL ? lk_dataset_note(context, dataset, "%s", line) : LK_OK;
    lk_release(line);
    return status;
}

const char *const lk_picture_endings[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm",
                                          ".pnm", ".pam", ".pbm",  NULL};

static lk_status read_found(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    static const char *const batches[] = {".bin", NULL};
    lk_folder list;
    LK_TRY(lk_folder_list(context, reading->name, lk_picture_endings, &list));
    lk_status status = LK_OK;
    if (list.count > 0) {
        status = read_pictures(context, reading, &list, dataset);
        status = status == LK_OK ? note_left_out(context, &list, dataset) : status;
        lk_folder_deinit(&list);
        return status;
    }
    lk_folder_deinit(&list);
    LK_TRY(lk_folder_list(context, reading->name, batches, &list));
    if (list.count > 0 && reading->crop.height == 0) {
        status = read_batches(context, reading, &list, dataset);
        list.other.count = 0; /* what describes the batches stands beside them always */
        status = status == LK_OK ? note_left_out(context, &list, dataset) : status;
    } else {
        status = lk_fail(
            context, LK_FORMAT,
            "%s: a folder without pictures (.png, .jpg, .jpeg, .pgm, .ppm, .pnm, .pam, .pbm) or "
            "recordings (.wav, .flac, .aiff, ...), in it or in its subfolders%s",
            list.path,
            list.count > 0 ? "; crops are of pictures"
                           : lk_advice(context, "text",
                                       ", and without CIFAR batches (.bin); a folder of texts "
                                       "needs --text bytes or --text utf8"));
    }
    lk_folder_deinit(&list);
    return status;
}

const lk_format lk_folder_format = {
    .name = "folder",
    .kind = "a folder",
    .number = LK_FROM_FOLDER,
    .traits = LK_KEEPS_ALPHABET | LK_HAS_PICTURES,
    .read = read_found,
    .restored_as = LK_FROM_NPY,
};
