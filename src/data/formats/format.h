/* What a data format is: one row, in a file of its own, and one line in table.c.
 * Internal to src/data/formats. In messages, lines, rows (examples), columns (variables) are
 * counted from 1 and bytes from 0 (docs/formats.md, Counting). */
#ifndef LK_DATA_FORMATS_FORMAT_H
#define LK_DATA_FORMATS_FORMAT_H

#include "data/buffer.h"
#include "data/dataset.h"
#include "data/formats/formats.h"

/* Bytes of a file, unpacked. */
#define LK_DATA_BYTES_MOST ((int64_t)1 << 34)

/* What is read. Everything in `data` is hostile; no zero byte need stand after it. */
typedef struct lk_reading {
    const char *name; /* for messages */
    const uint8_t *data;
    int64_t size;
    const char *array; /* of an NPZ; NULL: by role */
    lk_role role;
    bool own_role;
    bool *lacks;
    int32_t limit;       /* values must be below it: LK_ALPHABET_MOST or the given alphabet */
    bool alphabet_given; /* for the message */
    lk_shape shape;      /* what is wanted; axes 0: anything */
    lk_crop crop;        /* of pictures; height 0: none */
    lk_picture_wish wish;
    const char *of_pictures;
    int64_t variables; /* of whoever takes the data, or asked for; 0: unknown */
    /* Of tables, as in lk_dataset_options. */
    const lk_columns *columns;
    const char *label;
    bool words, unseen, apart, holes;
} lk_reading;

/* Fills the buffer; being out of memory is left to the caller to find in it. `path` is for
 * messages. */
typedef lk_status lk_encode(lk_context *context, const char *path, const lk_dataset *dataset,
                            lk_buffer *buffer);

typedef enum lk_format_trait {
    LK_KEEPS_ALPHABET = 1, /* it does not depend on which values occur */
    LK_KEEPS_LABELS = 2,   /* each example has a label of 0..255 */
    LK_HAS_ARRAYS = 4,     /* "PATH:NAME" picks one */
    LK_HAS_PICTURES = 8,   /* crops may be taken of them */
    LK_KEEPS_WORDS = 16,   /* columns with names, and words as values */
    LK_IS_TEXT = 32,       /* recognised by how it looks, not by a magic number */
} lk_format_trait;

typedef struct lk_format {
    const char *name;
    const char *kind; /* what its files are called: "a PNG picture" */
    lk_format_number number;
    uint32_t traits;
    /* What is written in it has a name that ends so, in any case, NULL after the last; none: it is
     * not written. Where `packs`, .gz may follow. */
    const char *endings[6];
    bool packs;
    /* Whether these bytes are of the format; NULL: nothing tells it (a folder). */
    bool (*recognise)(const uint8_t *data, int64_t size);
    /* Fills shape, variables, examples, values (and labels); alphabet is a hint: 256 for 8-bit
     * images, else 0. What it allocated when it fails is released by the caller with the data
     * set. */
    lk_status (*read)(lk_context *context, const lk_reading *reading, lk_dataset *dataset);
    lk_encode *write; /* NULL: none */
    /* Where `write` is to look at: the same to be read again, value for value. NULL: `write`. */
    lk_encode *restore;
    /* The format that its data are restored in where none is asked for; 0: its own. */
    lk_format_number restored_as;
} lk_format;

extern const lk_format lk_amat_format, lk_rows_format, lk_csv_format, lk_idx_format, lk_npy_format,
    lk_npz_format, lk_pbm_format, lk_png_format, lk_jpeg_format, lk_pnm_format, lk_cifar10_format,
    lk_cifar100_format, lk_folder_format;

/* All of them, in the order in which they are tried; NULL after the last. */
extern const lk_format *const lk_formats[];
/* NULL: no such number. */
const lk_format *lk_format_of(int32_t number);

/* Any bytes, cut into examples of the shape's size; not in the table, since nothing tells raw bytes
 * from others. */
lk_status lk_raw_read(lk_context *context, const lk_reading *reading, lk_shape shape,
                      lk_dataset *dataset);
/* A PNG for each example, in the folder `path`, under the name that it has: to look at, or
 * exact. */
lk_status lk_folder_write(lk_context *context, const char *path, const lk_dataset *dataset,
                          bool exact);

/* Whether an example of that shape, cut as it is asked for, is what the reading wants: asked before
 * values are unpacked or decoded. */
lk_status lk_reading_fits(lk_context *context, const lk_reading *reading, const char *name,
                          lk_shape shape);
/* value is not below reading->limit, or negative; `place` is like "line 3, column 7". */
lk_status lk_fail_alphabet(lk_context *context, const lk_reading *reading, const char *place,
                           int64_t value);
/* Of what an int64_t may not hold. */
lk_status lk_fail_large(lk_context *context, const lk_reading *reading, const char *place,
                        uint64_t value);
/* Refuses a name whose ending says a format that is not written. */
lk_status lk_refuse_foreign(lk_context *context, const char *path);
/* What no format recognises, also nothing at all: says what it is, if that is known, and what to
 * do. */
lk_status lk_fail_foreign(lk_context *context, const lk_reading *reading);
/* What is brought often and no format recognises; NULL: nothing known. *length: of the name, behind
 * which advice may stand. */
const char *lk_foreign_kind(const uint8_t *data, int64_t size, int64_t *length);
/* UTF-8 that is no data of any format. */
bool lk_is_prose(const uint8_t *bytes, int64_t size);
/* Splits "PATH:NAME" when PATH:NAME itself is no file but PATH is. *file is the caller's:
 * lk_release; *array points into path or NULL. */
lk_status lk_path_split(lk_context *context, const char *path, char **file, const char **array);

#endif
