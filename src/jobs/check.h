/* What a sceptic would run on a model: is it causal, are its schedules the same, do its
 * probabilities sum to one, does it restore what it compressed. */
#ifndef LK_JOBS_CHECK_H
#define LK_JOBS_CHECK_H

#include "data/items.h"
#include "models/model.h"

typedef enum lk_verdict { LK_CHECK_PASSED, LK_CHECK_FAILED, LK_CHECK_SKIPPED } lk_verdict;

typedef struct lk_check_result {
    const char *name; /* static: "causality proof" */
    lk_verdict verdict;
    char detail[512]; /* what was compared, how much of it, and the first fault */
} lk_check_result;

#define LK_CHECKS_MOST 16

/* Runs every check, on every network of the model. Items are examples or texts, of any size that
 * the model takes, with labels if it is given some (LK_MISMATCH without); NULL: drawn from the
 * model. Only so many items, variables and values are looked at as take moderate time and memory.
 * LK_OK when the checks could be run, whatever their verdicts. */
lk_status lk_check(lk_model *model, lk_items *items, lk_check_result *results, int32_t *count);

#endif
