/* What the files of the check share; not for others. */
#ifndef LK_JOBS_CHECK_INSIDE_H
#define LK_JOBS_CHECK_INSIDE_H

#include "jobs/check.h"

#define LK_CHECK_LANES_BYTES ((double)(256 << 20)) /* of one run */

typedef struct lk_checker {
    lk_model *model;
    lk_items *items;
    lk_shape shape;  /* of an item, as a run takes it */
    int64_t network; /* the present one */
    lk_check_result *result;
} lk_checker;

/* What a check found; a fault that was found before stays. */
void lk_check_say(lk_check_result *result, lk_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Building a network proves it causal; this looks once more at what was proved. */
lk_status lk_check_proof(lk_checker *c);
/* Values changed one by one: conditionals of their rank or earlier do not move. */
lk_status lk_check_perturbation(lk_checker *c);
/* Parallel, incremental and naive: the same conditionals. */
lk_status lk_check_schedules(lk_checker *c);
/* The same of a model that learns from what it meets. */
lk_status lk_check_learning(lk_checker *c);
/* Over all settings of a small domain, for each label; of a model of texts, all short texts. */
lk_status lk_check_sum(lk_checker *c);

/* Compressing and restoring, by codec/; the second, of texts, with a model that learns. */
lk_status lk_check_restore(lk_checker *c);
lk_status lk_check_restore_learning(lk_checker *c);

#endif
