/* Arrays of numbers as NPY and IDX files hold them: any width, order of bytes and of axes; read as
 * integers. */
#ifndef LK_DATA_ARRAY_H
#define LK_DATA_ARRAY_H

#include "data/formats/format.h"

typedef struct lk_array {
    char kind;     /* 'b' bool, 'i' signed, 'u' unsigned, 'f' floating; with its width a type that
                    * lk_array_type knows */
    int32_t width; /* bytes of an element: 1, 2, 4, 8 */
    bool big_endian;
    bool fortran;        /* the first axis varies fastest */
    bool channels_first; /* for who writes: (N,C,H,W) of a data set of (H,W,C) */
    int32_t axes;        /* 0..LK_SHAPE_MOST */
    int64_t size[LK_SHAPE_MOST];
    const uint8_t *data;
} lk_array;

/* The number of elements, or -1 when it is beyond LK_VALUES_MOST. */
int64_t lk_array_elements(const lk_array *array);
/* The number of a type of elements, from 1; 0: none. Part of the compressed container's format. */
int32_t lk_array_type(char kind, int32_t width);
/* Whether its examples are what the reading wants; the elements need not be there. */
lk_status lk_array_fits(lk_context *context, const lk_reading *reading, const lk_array *array);
/* The array as examples: (N), (N,D), (N,H,W) or (N,H,W,C). (N,C,H,W) is turned into that, with a
 * note, where C is 1 to 4, W is not and the wanted shape is not (C,H,W). array->data must hold all
 * elements. */
lk_status lk_array_values(lk_context *context, const lk_reading *reading, const lk_array *array,
                          lk_dataset *dataset);
/* The array (N) or (N,1) as labels; *labels is the caller's: lk_release. */
lk_status lk_array_labels(lk_context *context, const char *name, const lk_array *array,
                          int32_t **labels);

/* Reads a header of the format and checks that the elements follow, no fewer and no more. */
lk_status lk_npy_parse(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                       lk_array *array);
lk_status lk_idx_parse(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                       lk_array *array);
/* The header at the begin of these bytes, whether or not elements follow; false: none that can be
 * read. */
bool lk_npy_header(const uint8_t *data, int64_t size, lk_array *array);
bool lk_is_npy(const uint8_t *data, int64_t size);
bool lk_is_idx(const uint8_t *data, int64_t size);
bool lk_is_npz(const uint8_t *data, int64_t size);
/* The array `name` of an archive, unpacked into *bytes (the caller's: lk_bytes_release); NULL: the
 * first of the usual names of labels. */
lk_status lk_npz_labels(lk_context *context, const lk_reading *reading, lk_array *array,
                        lk_bytes *bytes);

/* ---- writing (array_write.c) ----------------------------------------------------------------- */

/* The axes that a file of the data set has: (N,D), (N,H,W) for one channel, else (N,H,W,C). */
int lk_array_axes(const lk_dataset *dataset, int64_t size[LK_SHAPE_MOST + 1]);
/* How the array stood in its file, for dataset->stored. */
int32_t lk_array_stored(const lk_array *array);
/* The array, without data, that the data set is to be in a file: as dataset->stored says, as far as
 * it fits the values and the shape (any number may stand there); else plain: bytes where the
 * alphabet fits into one, else u2, row-major. */
lk_array lk_array_describe(const lk_dataset *dataset);
/* Its elements. */
lk_status lk_array_put_as(lk_context *context, const lk_dataset *dataset, const lk_array *array,
                          lk_buffer *buffer);
/* Row-major unsigned elements of `width` bytes. */
void lk_array_put(const lk_dataset *dataset, int width, bool big_endian, lk_buffer *buffer);
/* What stands before the elements in an NPY file. */
void lk_npy_put_header(const lk_array *array, lk_buffer *buffer);
/* An NPZ archive of the values, and of labels that are numbers. */
lk_encode lk_npz_write;
/* Whether labels are written: false where there are none, or they are words. */
bool lk_npz_keeps_labels(const lk_dataset *dataset);
/* The name of the array in it. */
const char *lk_npz_name(const lk_dataset *dataset);

#endif
