/* What `likely score` says of its figures. */
#ifndef LK_CLI_SCORE_WORDS_H
#define LK_CLI_SCORE_WORDS_H

#include "jobs/score.h"

/* The p-value of an NLL above all that were held out. */
double score_least_p_value(const lk_model *model);
/* How many have a p-value of 0.01 or less. */
int64_t score_count_unlikely(const lk_scores *scores);
void score_print_p_values(const lk_model *model, const lk_scores *scores);
/* What an AUROC far below one half means, for scores that are corrected or not; "" where it is
 * none. */
const char *score_auroc_hint(double auroc, bool corrected);

#endif
