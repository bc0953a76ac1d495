/* Examples in memory: N examples of D discrete variables each, with the shape that the format gives
 * them. */
#ifndef LK_DATA_DATASET_H
#define LK_DATA_DATASET_H

#include "base/context.h"
#include "base/file.h"

#define LK_SHAPE_MOST 4
#define LK_ALPHABET_MOST 65536

/* What one example is. Images are (height, width, channels); vectors (variables). */
typedef struct lk_shape {
    int32_t axes;
    int64_t size[LK_SHAPE_MOST];
} lk_shape;
int64_t lk_shape_variables(lk_shape shape);
bool lk_shape_equal(lk_shape a, lk_shape b);
/* "784", "28x28x1" */
void lk_shape_print(lk_shape shape, char *text, size_t capacity);

typedef enum lk_binarization {
    LK_BINARIZE_NONE,      /* values as they are; a file of 0/1 is "static" */
    LK_BINARIZE_THRESHOLD, /* 1 where value >= 128 (alphabet / 2) */
    LK_BINARIZE_SAMPLE,    /* 1 with probability value / 255, afresh each epoch ("dynamic") */
} lk_binarization;

typedef struct lk_dataset {
    char *path; /* owned; where it came from, for messages */
    lk_shape shape;
    int64_t examples, variables;
    int32_t alphabet; /* values are 0..alphabet-1 */
    uint16_t *values; /* owned, [examples][variables] */
    int32_t *labels;  /* owned, [examples], or NULL: CIFAR's, or the number of the subfolder, in the
                         order of their names */
    char **names; /* owned, [examples], or NULL: of the files, within the folder that was read */
    struct lk_crops *crops; /* owned, or NULL: the pictures that examples are drawn from afresh each
                             * epoch (data/crops.h); values are then those of epoch 0 */
    int32_t format; /* which reader recognised it, an index into its table; 0: made in memory */
} lk_dataset;

typedef enum lk_role { LK_ROLE_TRAIN, LK_ROLE_VALID, LK_ROLE_TEST } lk_role;

/* Pieces of pictures instead of whole ones. */
typedef struct lk_crop {
    int64_t height, width; /* 0: whole pictures */
    int64_t count;         /* of each picture an epoch; 0: as many as have its area */
    uint64_t seed;
} lk_crop;

/* How to read. Zero-initialised means: infer everything. */
typedef struct lk_dataset_options {
    int32_t alphabet; /* 0: infer (2 if all values are 0/1, 256 for 8-bit images, else maximum + 1).
                       * With a binarization: the grey alphabet of the file; 2, what comes out, then
                       * means infer */
    lk_shape shape;   /* axes 0: as the format says */
    lk_binarization binarization;
    uint64_t seed;  /* for LK_BINARIZE_SAMPLE */
    uint64_t epoch; /* for LK_BINARIZE_SAMPLE: which draw */
    lk_role role; /* picks among several arrays of one archive: train_data, valid_data, test_data */
    bool raw; /* whatever the bytes say: they are symbols 0..255, cut into examples of `shape`, a
               * rest that does not fill one left out */
    lk_crop crop; /* of pictures: for LK_ROLE_TRAIN at random places, else tiles in the order of
                     reading */
    const char *array; /* the NPZ array to read, as "PATH:NAME" would say; NULL: by role */
} lk_dataset_options;

/* Reads `path`, recognised by content, or a folder: all its PNG and JPEG pictures, which must be of
 * one size, in the order of their names, or those in its subfolders, which are then classes; or
 * CIFAR batches (LK_ROLE_TRAIN: data_batch_*.bin, else test_batch.bin). "PATH:NAME" picks the array
 * NAME of an NPZ archive. Errors name path, place, cause. A file with no examples is refused.
 * *dataset is the caller's: lk_dataset_destroy. */
lk_status lk_dataset_read(lk_context *context, const char *path, const lk_dataset_options *options,
                          lk_dataset **dataset);
/* The same from memory; `name` stands for the path in messages. The bytes are only read (and never
 * unpacked). */
lk_status lk_dataset_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                           const lk_dataset_options *options, lk_dataset **dataset);
/* An empty (all 0) data set made in memory, format 0, `path` copied: for samples and for what is
 * decompressed. */
lk_status lk_dataset_create(lk_context *context, const char *path, lk_shape shape, int64_t examples,
                            int32_t alphabet, lk_dataset **dataset);
void lk_dataset_destroy(lk_dataset *dataset);

/* How grey values become 0 and 1. Threshold: 1 where value >= alphabet / 2. Sample: 1 with
 * probability value / (alphabet - 1), drawn by (LK_FOR_BINARIZE, epoch * examples + example,
 * variable); so 0 gives always 0 and the largest value always 1. */
typedef struct lk_binarizer {
    lk_binarization how;
    int32_t alphabet; /* of the grey values */
    int64_t examples; /* of the whole data set */
    uint64_t seed, epoch;
} lk_binarizer;
/* One example, number `example` of its data set; grey and binary may be the same array. NONE
 * copies. */
void lk_dataset_binarize(const lk_binarizer *binarizer, int64_t example, int64_t variables,
                         const uint16_t *grey, uint16_t *binary);
/* All examples of a data set in place, which then has alphabet 2. */
void lk_dataset_binarize_all(lk_dataset *dataset, lk_binarization how, uint64_t seed,
                             uint64_t epoch);

/* The name of a format ("amat", "idx", ...; "memory" for 0) or NULL when there is no such. The
 * numbers are part of the compressed container's format: 1 amat, 2 rows, 3 csv, 4 idx, 5 npy, 6
 * npz, 7 pbm, 8 png, 9 jpeg, 10 cifar10, 11
 * cifar100, 12 folder (of pictures). */
const char *lk_dataset_format_name(int32_t format);
/* Whether examples of the format always have labels. */
bool lk_dataset_format_labelled(int32_t format);

/* Labels: one integer a line, or IDX1, or NPY, or "PATH:NAME" in an NPZ; as many as `examples`.
 * *labels is the caller's: lk_release. */
lk_status lk_labels_read(lk_context *context, const char *path, int64_t examples, int32_t **labels);
/* The same from memory; `array` picks one of an NPZ, or NULL. */
lk_status lk_labels_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                          const char *array, int64_t examples, int32_t **labels);

/* Writers. The format is chosen by the name's ending: .png (one image, or a grid; values scaled to
 * 0..255), .npy, .amat, .txt (integers separated by spaces; 0/1 rows without spaces for binary
 * data), .csv, .idx, .pbm (binary data: the width is the number of variables, each row an example),
 * .bin (CIFAR-10 batches, with labels); each but .png also .gz; and NAME/, a folder that gets a PNG
 * for each example. Another ending is LK_INVALID, the message lists the known ones. A vector of d*d
 * variables is drawn square, another one as a line. Text and PBM keep no shape, and only the
 * reader's options tell an alphabet larger than what occurs. */
lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset);
/* The same, but where the ending says nothing the file becomes what dataset->format remembers (npz
 * becomes npy): what decompression uses to give back the kind of file that was compressed. Format 0
 * and an unknown ending: LK_INVALID. */
lk_status lk_dataset_restore(lk_context *context, const char *path, const lk_dataset *dataset);
/* Whether lk_dataset_write knows the ending: to refuse a name before hours of sampling. Fails with
 * the message of the write. */
lk_status lk_dataset_writable(lk_context *context, const char *path);
/* Writes an 8-bit picture: channels 1 (grey) or 3 (RGB), [height][width][channels]. */
lk_status lk_png_write(lk_context *context, const char *path, const uint8_t *pixels, int64_t height,
                       int64_t width, int32_t channels);

#endif
