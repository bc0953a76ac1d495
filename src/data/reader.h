/* Readers of data formats: one row each in the table of dataset.c, recognised by content. Internal
 * to src/data. In messages, lines, rows (examples), columns (variables) are counted from 1 and
 * bytes from 0. */
#ifndef LK_DATA_READER_H
#define LK_DATA_READER_H

#include "data/dataset.h"

/* Values in one data set: 8 GiB of memory. */
#define LK_VALUES_MOST ((int64_t)1 << 32)
/* Bytes of a file, unpacked. */
#define LK_DATA_BYTES_MOST ((int64_t)1 << 34)

typedef enum lk_format_number {
    LK_FROM_MEMORY,
    LK_FROM_AMAT,
    LK_FROM_ROWS,
    LK_FROM_CSV,
    LK_FROM_IDX,
    LK_FROM_NPY,
    LK_FROM_NPZ,
    LK_FROM_PBM,
    LK_FROM_PNG,
    LK_FROM_JPEG,
    LK_FROM_CIFAR10,
    LK_FROM_CIFAR100,
    LK_FROM_FOLDER,
    LK_FORMATS
} lk_format_number;

/* What a reader is given. Everything in `data` is hostile; no zero byte need stand after it. */
typedef struct lk_source {
    const char *name; /* for messages */
    const uint8_t *data;
    int64_t size;
    const char *array; /* of an NPZ; NULL: by role */
    lk_role role;
    int32_t limit;       /* values must be below it: LK_ALPHABET_MOST or the given alphabet */
    bool alphabet_given; /* for the message */
    lk_crop crop;        /* of pictures; height 0: none */
} lk_source;

/* A reader fills shape, variables, examples, values (and labels); alphabet is a hint: 256 for 8-bit
 * images, else 0. What it allocated when it fails is released by the caller with the data set. */
typedef struct lk_reader {
    const char *name;
    bool own_alphabet; /* the format says it: it does not depend on which values occur */
    bool labelled;     /* each example has a label of 0..255 */
    bool (*recognise)(const uint8_t *data, int64_t size);
    lk_status (*read)(lk_context *context, const lk_source *source, lk_dataset *dataset);
} lk_reader;

extern const lk_reader lk_amat_reader, lk_rows_reader, lk_csv_reader, lk_idx_reader, lk_npy_reader,
    lk_npz_reader, lk_pbm_reader, lk_png_reader, lk_jpeg_reader, lk_cifar10_reader,
    lk_cifar100_reader, lk_folder_reader;

/* Any bytes, cut into examples of the shape's size; not in the table, since nothing tells raw bytes
 * from others. */
lk_status lk_raw_read(lk_context *context, const lk_source *source, lk_shape shape,
                      lk_dataset *dataset);

/* A data set without anything but its path. */
lk_status lk_dataset_begin(lk_context *context, const char *path, lk_dataset **dataset);
lk_shape lk_shape_vector(int64_t variables);
/* Sets shape and variables, and allocates `examples` of them, refusing sizes beyond LK_VALUES_MOST
 * or the number of values that the file can hold at all (`most`). */
lk_status lk_dataset_reserve(lk_context *context, const lk_source *source, lk_dataset *dataset,
                             lk_shape shape, int64_t examples, int64_t most);
/* value is not below source->limit; `place` is like "line 3, column 7". */
lk_status lk_fail_alphabet(lk_context *context, const lk_source *source, const char *place,
                           int64_t value);
/* Splits "PATH:NAME" when PATH:NAME itself is no file but PATH is. *file is the caller's (free);
 * *array points into path or NULL. */
lk_status lk_path_split(lk_context *context, const char *path, char **file, const char **array);

#endif
