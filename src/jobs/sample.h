/* Generating: ancestral sampling, with some variables held if wanted. */
#ifndef LK_JOBS_SAMPLE_H
#define LK_JOBS_SAMPLE_H

#include "base/file.h"
#include "data/dataset.h"
#include "models/model.h"

/* Variables that samples must have: row i % examples holds for sample i. */
typedef struct lk_given {
    int64_t examples, variables;
    int32_t *values; /* owned, [examples][variables]; -1: to be drawn */
    lk_shape shape; /* of what is completed: the model's, or for families of any size that of larger
                       or smaller data */
} lk_given;

/* Reads what is held: text with one example a line, values separated by white space or commas, `?`
 * where the value is to be drawn; a line that ends early leaves the rest open. */
lk_status lk_given_read(lk_context *context, const char *path, const lk_model *model,
                        lk_given *given);
/* The same from memory, for fuzzing; `name` is for messages. */
lk_status lk_given_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                         const lk_model *model, lk_given *given);
/* Two ways to hold values of a data set. Data of the model's own size, and for families of any size
 * of another, are completed at theirs; but images as wide as the model's and less high are the
 * upper part of ones of its size.
 *
 * The first `count` variables of the ordering. */
lk_status lk_given_prefix(const lk_model *model, const lk_dataset *dataset, int64_t count,
                          lk_given *given);
/* The first `rows` rows of images; less than 0: half of them, or the whole of an upper part. */
lk_status lk_given_rows(const lk_model *model, const lk_dataset *dataset, int64_t rows,
                        lk_given *given);
void lk_given_deinit(lk_given *given);

typedef enum lk_schedule {
    LK_SCHEDULE_INCREMENTAL, /* every cell computed once */
    LK_SCHEDULE_NAIVE,       /* everything again for every rank: for comparison; the same bits */
} lk_schedule;

typedef struct lk_sample_options {
    int64_t count;
    uint64_t seed;
    float temperature; /* 1: the model; towards 0: its most probable values */
    lk_schedule schedule;
    const lk_given *given; /* NULL: nothing is held */
    lk_shape shape; /* of samples of another size than the model's; 0 axes: as `given` says, or the
                       model's own */
    int64_t batch;  /* 0: chosen by memory; the samples do not depend on it */
    void (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_sample_options;

/* Draws `count` examples; sample i depends on the seed and i alone. A model of several variants is
 * an even mixture of them: each sample first draws its variant (given held variables, from the
 * posterior). Held variables must come first in the ordering, or the family must be order-agnostic,
 * so that an ordering can be chosen that puts them first; else LK_INVALID says which variable is in
 * the way. */
lk_status lk_sample(const lk_model *model, const lk_sample_options *options, lk_dataset **samples);

#endif
