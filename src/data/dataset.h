/* Examples in memory: N examples of D discrete variables each, with the shape that the format gives them. */
#ifndef LK_DATA_DATASET_H
#define LK_DATA_DATASET_H

#include "base/context.h"

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
    char *path;         /* owned; where it came from, for messages */
    lk_shape shape;
    int64_t examples, variables;
    int32_t alphabet;   /* values are 0..alphabet-1 */
    uint16_t *values;   /* owned, [examples][variables] */
    int32_t *labels;    /* owned, [examples], or NULL */
    int32_t format;     /* which reader recognised it: an index into its table */
} lk_dataset;

typedef enum lk_role { LK_ROLE_TRAIN, LK_ROLE_VALID, LK_ROLE_TEST } lk_role;

/* How to read. Zero-initialised means: infer everything. */
typedef struct lk_dataset_options {
    int32_t alphabet;            /* 0: infer (2 if all values are 0/1, 256 for 8-bit images, else maximum + 1) */
    lk_shape shape;              /* axes 0: as the format says */
    lk_binarization binarization;
    uint64_t seed;               /* for LK_BINARIZE_SAMPLE */
    uint64_t epoch;              /* for LK_BINARIZE_SAMPLE: which draw */
    lk_role role;                /* picks among several arrays of one archive: train_data, valid_data, test_data */
} lk_dataset_options;

/* Reads `path`, recognised by content. "PATH:NAME" picks the array NAME of an NPZ archive. Errors name path, place, cause. A file
 * with no examples is refused. *dataset is the caller's: lk_dataset_destroy. */
lk_status lk_dataset_read(lk_context *context, const char *path, const lk_dataset_options *options,
                          lk_dataset **dataset);
void lk_dataset_destroy(lk_dataset *dataset);

/* Labels: one integer a line, or IDX1, or NPY; as many as `examples`. *labels is the caller's: lk_release. */
lk_status lk_labels_read(lk_context *context, const char *path, int64_t examples, int32_t **labels);

/* Writers. The format is chosen by the name's ending: .png (a grid of images; values scaled to 0..255), .npy, .amat, .txt
 * (integers separated by spaces; 0/1 rows without spaces for binary data), .csv, .idx, .pbm; each of the text ones also .gz.
 * shape says how to draw a picture; a vector of d*d variables is drawn square. */
lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset);
/* Writes an 8-bit picture: channels 1 (grey) or 3 (RGB), [height][width][channels]. */
lk_status lk_png_write(lk_context *context, const char *path, const uint8_t *pixels, int64_t height, int64_t width,
                       int32_t channels);

#endif
