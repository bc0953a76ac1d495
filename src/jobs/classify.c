#include "jobs/classify.h"

#include <math.h>

#include "base/double_maths.h"
#include "base/memory.h"
#include "train/evaluate.h"

/* log_p[items][labels], from the model with every label in turn. scratch: a double and a label for
 * each item. */
static lk_status try_labels(const lk_model *model, lk_items *items, lk_walk_options how,
                            double *log_p, double *scratch) {
    int64_t count = lk_items_count(items);
    uint16_t *labels = (uint16_t *)(scratch + count);
    const lk_sink sink = lk_nll_sink(scratch);
    lk_walk *walk;
    LK_TRY(lk_walk_open(model, &walk));
    lk_status status = LK_OK;
    how.labels = labels;
    how.learning_rate = 0.0f;
    how.items = 0;
    for (int32_t y = 0; y < model->data.labels && status == LK_OK; y++) {
        for (int64_t i = 0; i < count; i++) {
            labels[i] = (uint16_t)y;
        }
        status = lk_walk_along(walk, items, &how, &sink, 1);
        for (int64_t i = 0; i < count; i++) {
            log_p[i * model->data.labels + y] = -scratch[i];
        }
    }
    lk_walk_close(walk);
    return status;
}

/* A label that the model does not know has no probability. */
static void choose(const double *log_p, const uint16_t *own, lk_classification *c) {
    for (int64_t i = 0; i < c->items; i++, log_p += c->labels) {
        double evidence = lk_double_log_sum(log_p, c->labels), loss = (double)INFINITY;
        int32_t best = 0;
        for (int32_t y = 1; y < c->labels; y++) {
            best = log_p[y] > log_p[best] ? y : best;
        }
        if (own[i] < c->labels) {
            loss = isinf(evidence) ? lk_double_log(c->labels) : evidence - log_p[own[i]];
        }
        c->chosen[i] = (uint16_t)best;
        c->correct += best == own[i];
        c->log_loss += loss / (double)c->items;
    }
}

lk_status lk_classify(const lk_model *model, lk_items *items, const lk_walk_options *options,
                      lk_classification *result) {
    int64_t count = lk_items_count(items), labels = model->data.labels;
    *result = (lk_classification){.items = count, .labels = model->data.labels};
    if (labels == 0 || lk_items_labels(items) == NULL) {
        return lk_fail(model->context, labels == 0 ? LK_INVALID : LK_MISMATCH,
                       "%s: %s no labels: there is nothing to classify", lk_items_path(items),
                       labels == 0 ? "the model is given" : "the data have");
    }
    double *log_p = lk_allocate(count * (labels + 2), sizeof *log_p);
    result->chosen = lk_allocate(count, sizeof *result->chosen);
    lk_status status =
        log_p != NULL && result->chosen != NULL
            ? try_labels(model, items, options != NULL ? *options : (lk_walk_options){0}, log_p,
                         log_p + count * labels)
            : lk_fail_no_memory(model->context, "classes", count * (labels + 2) * 8);
    if (status == LK_OK) {
        choose(log_p, lk_items_labels(items), result);
    }
    lk_release(log_p);
    return status;
}

void lk_classification_deinit(lk_classification *classification) {
    lk_release(classification->chosen);
    *classification = (lk_classification){0};
}
