#include "cli/score_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/formats.h"
#include "data/text.h"

#define UNLIKELY 0.01
#define AUROC_FOOLED 0.4

static lk_status check_flags(lk_context *context, const char *path, int64_t examples,
                             const int32_t *flags) {
    for (int64_t i = 0; i < examples; i++) {
        if (flags[i] != 0 && flags[i] != 1) {
            return lk_fail(
                context, LK_INVALID,
                "%s: the label of example %lld is %d, and the model is given no labels: "
                "--labels would be flags of 0 and 1 here; where all but 0 are anomalies, "
                "say --anomalies",
                path, (long long)i + 1, flags[i]);
        }
    }
    return LK_OK;
}

lk_status score_read_flags(const cli_arguments *arguments, const lk_model *model, int64_t examples,
                           int32_t **flags) {
    const char *anomalies = cli_text(arguments, "anomalies", NULL), *labels = anomalies;
    if (anomalies == NULL && model->data.labels == 0) {
        labels = cli_text(arguments, "labels", NULL);
    }
    if (labels == NULL) {
        return LK_OK;
    }
    LK_TRY(lk_labels_read(model->context, labels, examples, flags));
    return anomalies == NULL ? check_flags(model->context, labels, examples, *flags) : LK_OK;
}

/* ---- the strangest --------------------------------------------------------------------------- */

typedef struct ranked {
    double score;
    int64_t item;
} ranked;

static int by_score(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : (x->item > y->item) - (x->item < y->item);
}

static void print_ranked(const lk_scores *scores, const lk_dataset *dataset, int64_t example) {
    int64_t variable = scores->variable[example];
    printf("%10lld %12.4f %10lld %12.4f", (long long)example + 1, scores->score[example],
           (long long)variable + 1, scores->variable_nats[example]);
    const char *names[] = {dataset->columns != NULL ? dataset->columns->column[variable].name
                                                    : NULL,
                           dataset->names != NULL ? dataset->names[example] : NULL};
    for (int i = 0; i < 2; i++) {
        char quoted[LK_QUOTE_CAPACITY];
        const uint8_t *name = (const uint8_t *)names[i];
        if (name != NULL) {
            printf("  %s", lk_text_quote(name, name + strlen(names[i]), quoted));
        }
    }
    putchar('\n');
}

lk_status score_rank(lk_context *context, const double *score, int64_t count, int64_t **order) {
    ranked *sorted = lk_allocate(count, sizeof *sorted);
    *order = lk_allocate(count, sizeof **order);
    if (sorted == NULL || *order == NULL) {
        lk_release(sorted);
        lk_release(*order);
        *order = NULL;
        return lk_fail_no_memory(context, "a ranking", count * (int64_t)sizeof *sorted);
    }
    for (int64_t i = 0; i < count; i++) {
        sorted[i] = (ranked){score[i], i};
    }
    qsort(sorted, (size_t)count, sizeof *sorted, by_score);
    for (int64_t i = 0; i < count; i++) {
        (*order)[i] = sorted[i].item;
    }
    lk_release(sorted);
    return LK_OK;
}

lk_status score_print_top(lk_context *context, const lk_scores *scores, const lk_dataset *dataset,
                          int64_t count) {
    int64_t *order;
    LK_TRY(score_rank(context, scores->score, scores->examples, &order));
    printf("the strangest:\n%10s %12s %10s %12s\n", "example", "score", "variable", "its nats");
    for (int64_t i = 0; i < count && i < scores->examples; i++) {
        print_ranked(scores, dataset, order[i]);
    }
    lk_release(order);
    return LK_OK;
}

/* ---- figures --------------------------------------------------------------------------------- */

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

static void print_none(const lk_model *model) {
    if (model->calibrated_for != NULL) {
        printf("no p-values: they belong to the settings that the model was trained with (%s)\n",
               model->calibrated_for);
    } else {
        printf("no p-values: %s\n",
               model->calibration == NULL
                   ? "the model has no NLLs of held-out data: it was trained without, or has been "
                     "quantized without --data"
                   : "the held-out examples were of the model's own size, these are not");
    }
}

void score_print_p_values(const lk_model *model, const lk_scores *scores) {
    int64_t n = scores->examples, unlikely = score_count_unlikely(scores);
    double least = score_least_p_value(model);
    if (scores->p_value == NULL) {
        print_none(model);
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
