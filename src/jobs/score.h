/* Anomaly scores: exact negative log-likelihood, corrected if wanted, calibrated if the model can.
 * Higher is stranger. */
#ifndef LK_JOBS_SCORE_H
#define LK_JOBS_SCORE_H

#include "base/arena.h"
#include "models/walk.h"

typedef struct lk_score_options {
    lk_walk_options walk;
    const lk_model *background; /* NULL, or: score = NLL - NLL of the background (likelihood ratio;
                                   Ren et al. 2019) */
    bool complexity; /* score = NLL - length of the example under a general compressor (Serra et al.
                        2020) */
} lk_score_options;

typedef struct lk_scores {
    int64_t examples;
    bool bound;      /* NLLs are (lk_model_bound) */
    lk_arena *arena; /* owned, with all that follows, [examples] each */
    double *nll_nats;
    double *background_nats; /* or NULL */
    double *complexity_nats; /* or NULL */
    /* NLL less the corrections, in nats; +infinity where the NLL is, whatever they are. */
    double *score;
    /* Chance that an example like those the model was validated on has an NLL at least this high,
     * (1 + how many do) / (1 + how many there are); of the NLL itself, not of a corrected score.
     * NULL when the model has no held-out likelihoods of examples of this size. */
    double *p_value;
    /* Which is the most surprising, from 0, the first of equals: that of the highest surprisal; in
     * a table of several rows that which is most above its column's mean over them. */
    int64_t *variable;
    double *variable_nats; /* its surprisal */
} lk_scores;

/* The items are examples of a data set. lk_scores_deinit, whatever comes of it. */
lk_status lk_score(const lk_model *model, lk_items *items, const lk_score_options *options,
                   lk_scores *scores);
void lk_scores_deinit(lk_scores *scores);
/* The p-value that belongs to an NLL; the model has held-out likelihoods. */
double lk_p_value(const lk_model *model, double nll_nats);
/* A CSV, or where the name ends in .jsonl lines of JSON with the same names, with a line for each
 * example: its number, from 1; NLL, corrections, score, p-value, name
 * and label as far as there are any (labels NULL: the data set's own), the most surprising variable
 * and its surprisal; it gets its name with the others of the batch. */
lk_status lk_scores_hold(lk_context *context, const lk_scores *scores, const lk_dataset *dataset,
                         const int32_t *labels, const char *path, lk_batch *batch);

/* Where the surprise lies in the first `count` examples: for each variable of the data set its
 * surprisal in nats (models/walk.h), [count][variables]; the caller's (lk_release). Those of an
 * example sum to its NLL. */
lk_status lk_surprisal(const lk_model *model, lk_items *items, int64_t count, double **nats);

/* How well the scores tell label != 0 (the anomalies) from label 0. Area under the ROC curve: the
 * chance that an anomaly scores higher than a normal example, ties counting half; infinite scores
 * have their places. Average precision: the mean over anomalies, in order of falling score, of the
 * precision there; equal scores enter together. LK_INVALID when one of the two kinds is missing,
 * LK_NOT_FINITE when a score is not a number. */
lk_status lk_score_metrics(lk_context *context, const double *score, const int32_t *label,
                           int64_t count, double *auroc, double *average_precision);

#endif
