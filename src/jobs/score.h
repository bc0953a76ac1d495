/* Anomaly scores: exact negative log-likelihood, corrected if wanted, calibrated if the model can.
 * Higher is stranger. */
#ifndef LK_JOBS_SCORE_H
#define LK_JOBS_SCORE_H

#include "data/dataset.h"
#include "models/model.h"

typedef struct lk_score_options {
    const lk_model *background; /* NULL, or: score = NLL - NLL of the background (likelihood ratio;
                                   Ren et al. 2019) */
    bool complexity; /* score = NLL - length of the example under a general compressor (Serra et al.
                        2020) */
    int64_t batch;   /* 0: chosen */
    void (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_score_options;

typedef struct lk_scores {
    int64_t examples;
    double *nll_nats;        /* owned, [examples] */
    double *background_nats; /* owned, or NULL */
    double *complexity_nats; /* owned, or NULL */
    double *score;           /* owned: NLL less the corrections, in nats */
    double *p_value; /* owned, or NULL when the model has no held-out likelihoods of examples of
                        this size: chance that an example like those the model was validated on has
                        an NLL at least this high, (1 + how many do) / (1 + how many there are); of
                        the NLL itself, not of a corrected score */
} lk_scores;

lk_status lk_score(const lk_model *model, const lk_dataset *dataset,
                   const lk_score_options *options, lk_scores *scores);
void lk_scores_deinit(lk_scores *scores);

/* Where the surprise lies: for each variable its surprisal in nats, [examples][variables]; the
 * caller's (lk_release). Those of an example sum to its NLL. One network: -log p(x_v | ...). A
 * mixture of several: by the chain rule along the ordering of the first,
 *
 *   log sum_k p_k(x before v) - log sum_k p_k(x up to and with v),
 *
 * which is the mixture's own conditional where all have that ordering. Networks with orderings of
 * their own give terms of other conditionals; then each variable has a log-mean of its terms,
 * weighted by what the variables before it say of the networks. */
lk_status lk_surprisal(const lk_model *model, const lk_dataset *dataset, double **nats);

/* How well the scores tell label != 0 (the anomalies) from label 0. Area under the ROC curve: the
 * chance that an anomaly scores higher than a normal example, ties counting half. Average
 * precision: the mean over anomalies, in order of falling score, of the precision there; equal
 * scores enter together. LK_INVALID when one of the two kinds is missing. */
lk_status lk_score_metrics(lk_context *context, const double *score, const int32_t *label,
                           int64_t count, double *auroc, double *average_precision);

#endif
