/* What a sceptic would run on a model: is it causal, are its schedules the same, do its
 * probabilities sum to one, does it restore what it compressed. */
#ifndef LK_JOBS_CHECK_H
#define LK_JOBS_CHECK_H

#include "data/dataset.h"
#include "models/model.h"

typedef enum lk_verdict { LK_CHECK_PASSED, LK_CHECK_FAILED, LK_CHECK_SKIPPED } lk_verdict;

typedef struct lk_check_result {
    const char *name; /* static: "causality proof" */
    lk_verdict verdict;
    char detail[512]; /* what was compared, how much of it, and the first fault */
} lk_check_result;

#define LK_CHECKS_MOST 16

/* What a check found; a fault that was found before stays. */
void lk_check_say(lk_check_result *result, lk_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs every check on every variant; of a model of texts, on windows, all but compressing
 * (jobs/stream_check.h). Examples come from `dataset`, or are drawn from the model when it is NULL.
 * LK_OK when the checks could be run, whatever their verdicts. */
lk_status lk_check(lk_model *model, const lk_dataset *dataset, lk_check_result *results,
                   int32_t *count);

#endif
