/* Examples in memory: N examples of D discrete variables each, with the shape that the format gives
 * them. */
#ifndef LK_DATA_DATASET_H
#define LK_DATA_DATASET_H

#include "base/context.h"
#include "data/binarize.h"
#include "data/columns.h"
#include "data/crops.h"
#include "data/shape.h"

/* Values in one data set: 8 GiB of memory. */
#define LK_VALUES_MOST ((int64_t)1 << 32)

typedef struct lk_dataset lk_dataset;
struct lk_dataset {
    char *path; /* owned; where it came from, for messages */
    lk_shape shape;
    int64_t examples, variables;
    int32_t alphabet;      /* values are 0..alphabet-1 */
    uint16_t *values;      /* owned, [examples][variables] */
    bool *open;            /* owned, [examples][variables]: what has no value; NULL: all have one */
    int32_t *labels;       /* owned, [examples], or NULL: which class each is of */
    lk_dictionary classes; /* what the labels are symbols of; empty: labels, where there are any,
                            * are plain numbers */
    lk_columns *columns;   /* owned, or NULL: of a table, a variable each */
    char **names;    /* owned, [examples], or NULL: of the files, within the folder that was read */
    lk_crops *crops; /* owned, or NULL: the pictures that examples are drawn from afresh each epoch;
                      * values are then those of epoch 0 */
    int32_t format;  /* which one it was read from (data/formats/formats.h); 0: made in memory */
    int32_t stored;  /* of an array: its type and order of axes there (data/formats/array.h); 0:
                      * nothing to remember */
    char *note;      /* owned, or NULL: what a user should know of how it was read, in one line */
    bool empty;      /* a reader found that there is no example in it */
    bool partial; /* the file holds more than is here, as the note says: writing this does not give
                     * it back */
};

/* An empty (all 0) data set made in memory, format 0, `path` copied: for samples and for what is
 * decompressed. */
lk_status lk_dataset_create(lk_context *context, const char *path, lk_shape shape, int64_t examples,
                            int32_t alphabet, lk_dataset **dataset);
void lk_dataset_destroy(lk_dataset *dataset);

/* For readers, in two steps. A data set without anything but its path. */
lk_status lk_dataset_begin(lk_context *context, const char *path, lk_dataset **dataset);
/* Sets shape and variables, and allocates `examples` of them, refusing sizes beyond LK_VALUES_MOST
 * or the number of values that the file can hold at all (`most`); `name` is for messages. */
lk_status lk_dataset_reserve(lk_context *context, const char *name, lk_dataset *dataset,
                             lk_shape shape, int64_t examples, int64_t most);

/* Examples order[0 .. count - 1] of a data set without crops as one of their own, with all that
 * belongs to them; their labels, classes, columns and names. */
lk_status lk_dataset_select(lk_context *context, const lk_dataset *from, const int32_t *order,
                            int64_t count, lk_dataset **selected);
/* Adds to the note; the parts are separated by "; ". */
lk_status lk_dataset_note(lk_context *context, lk_dataset *dataset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The place in `values` of the first value that was not seen in training (data/columns.h), -1:
 * none. Such data cannot be given back: the reserved symbol stands for any text. */
int64_t lk_dataset_find_unseen(const lk_dataset *dataset);

/* LK_INVALID where values are words, which no threshold parts: for whoever is asked to
 * binarize. */
lk_status lk_dataset_check_grey(lk_context *context, const lk_dataset *dataset);
/* All examples of a data set in place, which then has alphabet 2; no words. */
void lk_dataset_binarize_all(lk_dataset *dataset, lk_binarization how, uint64_t seed,
                             uint64_t epoch);

#endif
