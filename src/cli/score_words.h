/* What `likely score` says of its figures. */
#ifndef LK_CLI_SCORE_WORDS_H
#define LK_CLI_SCORE_WORDS_H

#include "cli/arguments.h"
#include "jobs/score.h"

/* Which examples are anomalies, of --anomalies or, of a model that is given no labels, --labels:
 * NULL where neither is given. Labels of --labels that are more than flags are refused. *flags is
 * the caller's (lk_release). */
lk_status score_read_flags(const cli_arguments *arguments, const lk_model *model, int64_t examples,
                           int32_t **flags);
/* *order: 0 .. count - 1 by falling score, equal ones in their order; the caller's (lk_release). */
lk_status score_rank(lk_context *context, const double *score, int64_t count, int64_t **order);
/* The `count` strangest of them, one a line, by name where they have names. */
lk_status score_print_top(lk_context *context, const lk_scores *scores, const lk_dataset *dataset,
                          int64_t count);
/* The p-value of an NLL above all that were held out. */
double score_least_p_value(const lk_model *model);
/* How many have a p-value of 0.01 or less. */
int64_t score_count_unlikely(const lk_scores *scores);
void score_print_p_values(const lk_model *model, const lk_scores *scores);
/* What an AUROC far below one half means, for scores that are corrected or not; "" where it is
 * none. */
const char *score_auroc_hint(double auroc, bool corrected);

#endif
