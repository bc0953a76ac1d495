#include "cli/score_words.h"

#include <stdio.h>

#define UNLIKELY 0.01
#define AUROC_FOOLED 0.4

double score_least_p_value(const lk_model *model) {
    return 1.0 / (double)(model->calibration_count + 1);
}

int64_t score_count_unlikely(const lk_scores *scores) {
    int64_t unlikely = 0;
    for (int64_t i = 0; scores->p_value != NULL && i < scores->examples; i++) {
        unlikely += scores->p_value[i] <= UNLIKELY ? 1 : 0;
    }
    return unlikely;
}

void score_print_p_values(const lk_model *model, const lk_scores *scores) {
    int64_t n = scores->examples, unlikely = score_count_unlikely(scores);
    double least = score_least_p_value(model);
    if (scores->p_value == NULL) {
        printf("no p-values: %s\n",
               model->calibration == NULL
                   ? "the model was trained without held-out data"
                   : "the held-out examples were of the model's own size, these are not");
        return;
    }
    printf("%lld (%.2f %%) have p-value 0.01 or less against %lld held-out examples\n"
           "the least p-value that so many held-out examples allow is %.3g%s\n",
           (long long)unlikely, 100.0 * (double)unlikely / (double)n,
           (long long)model->calibration_count, least,
           least > UNLIKELY ? ", so that none can be 0.01 or less: train with more of them" : "");
}

/* Nalisnick et al., "Do deep generative models know what they don't know?", ICLR 2019; what helps
 * is of Serra et al. and Ren et al. */
const char *score_auroc_hint(double auroc, bool corrected) {
    return auroc >= AUROC_FOOLED ? ""
           : corrected ? "AUROC far below one half: the anomalies score lower than the rest; are "
                         "the labels right, 0 for normal?"
                       : "AUROC far below one half: the model finds the anomalies likelier than "
                         "the rest, as it often does simple inputs; --complexity or a background "
                         "model (--against) correct for that";
}
