/* What likely eval finds of one model. */
#ifndef LK_CLI_EVAL_RESULT_H
#define LK_CLI_EVAL_RESULT_H

#include "cli/items.h"
#include "jobs/classify.h"
#include "train/baseline.h"
#include "train/evaluate.h"

typedef struct eval_result {
    const cli_session *session;
    lk_items *items; /* owned */
    lk_evaluation evaluation;
    lk_classification classes; /* labels 0: not asked for */
    double total, mean, error; /* nats: of all; of an example */
    lk_baselines baselines;    /* of these data, per example, of texts per symbol; of one alone
                                  independent is NaN */
    int64_t impossible;        /* examples of probability zero */
} eval_result;

/* Fills what follows the items. eval_release in any case. */
lk_status eval_run(const cli_arguments *arguments, int64_t batch, float rate, eval_result *r);
void eval_release(eval_result *r);
/* A table of them, --out: a row for each example or text. */
lk_status eval_write(const eval_result *r, const char *path);
double eval_bits_per_dim(const eval_result *r, double nats);

/* Several models on the same data, as one table; the exit status. */
int eval_table(const cli_arguments *arguments, int64_t batch, float rate);

#endif
