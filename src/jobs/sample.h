/* Generating: ancestral sampling of examples, of any size, and of texts of any length; from nothing
 * or from what is given. */
#ifndef LK_JOBS_SAMPLE_H
#define LK_JOBS_SAMPLE_H

#include "jobs/given.h"

typedef enum lk_schedule {
    LK_SCHEDULE_INCREMENTAL, /* every cell computed once */
    LK_SCHEDULE_NAIVE,       /* everything again for every rank: for comparison; the same bits */
} lk_schedule;

typedef struct lk_sample_options {
    int64_t first, count; /* samples first .. first + count - 1 */
    uint64_t seed;
    float temperature; /* 1: the model; towards 0: its most probable values */
    /* Of a model with a view: draws the first part of it alone, and the samples are pictures of
     * that (lk_view_shape), which are those of the whole samples. */
    bool first_part;
    lk_schedule schedule;
    const lk_given *given; /* NULL: nothing is held */
    /* Of samples of another size than the model's; of texts {1, {symbols}}, the prompt's among
     * them; 0 axes: as `given` says, or the model's own. */
    lk_shape shape;
    /* For a model of p(x | label): label i % label_count is that of sample i. */
    const uint16_t *labels;
    int64_t label_count;
    /* For a model that is given a slower sequence: of one item, that of every sample. */
    const lk_local *local;
    int64_t batch; /* 0: chosen by memory; the samples do not depend on it */
    /* In samples; false: LK_INTERRUPTED. Called by the caller's own thread. */
    bool (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_sample_options;

/* Draws `count` examples; of a model of texts, so many of one length. Sample i depends on the seed
 * and i alone. A model of several networks is an even mixture of them: each sample first draws its
 * network (given held variables, from the posterior). Held variables must come first in the
 * ordering, or the family must be order-agnostic, so that an ordering can be chosen that puts them
 * first; else LK_INVALID says which variable is in the way. A model with a weight that is not
 * finite is LK_NOT_FINITE. *samples, with its labels if there are any, is the caller's:
 * lk_dataset_destroy. */
lk_status lk_sample(const lk_model *model, const lk_sample_options *options, lk_dataset **samples);

/* Texts side by side, in memory that does not grow with them (but for the naive schedule, which
 * keeps the past): all that are asked for, whatever `batch` says, without `progress`. `take` gets
 * each position's symbols[count] as they come, those of the prompt too (drawn: whether it is one
 * behind); what it returns, if not LK_OK, ends the sampling. A text's own beginning as its prompt
 * gives the same text. */
typedef lk_status lk_take(void *argument, bool drawn, const uint16_t *symbols);
lk_status lk_sample_texts(const lk_model *model, const lk_sample_options *options, lk_take *take,
                          void *argument);
/* Whether either can begin: what they would refuse before they draw, for who has something to write
 * first. */
lk_status lk_sample_check(const lk_model *model, const lk_sample_options *options);

/* The escape of a model of characters is never drawn: probabilities are those of the model given
 * that the character is one that it knows, so that what is drawn is valid UTF-8. */

#endif
