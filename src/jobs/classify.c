#include "jobs/classify.h"

#include <math.h>

#include "base/double_maths.h"
#include "base/memory.h"
#include "train/evaluate.h"

typedef struct job {
    const lk_model *model;
    lk_items *items;
    lk_classification *result;
    double *log_p;    /* [items][labels] */
    double *nll;      /* [items]: of the present label */
    uint16_t *labels; /* [items]: the present label for all */
} job;

static lk_status try_labels(job *work, lk_walk_options how) {
    const lk_sink sink = lk_nll_sink(work->nll);
    const lk_classification *c = work->result;
    lk_walk *walk;
    LK_TRY(lk_walk_open(work->model, &walk));
    lk_status status = LK_OK;
    how.labels = work->labels;
    how.learning_rate = 0.0f;
    how.items = 0;
    for (int32_t y = 0; y < c->labels && status == LK_OK; y++) {
        for (int64_t i = 0; i < c->items; i++) {
            work->labels[i] = (uint16_t)y;
        }
        status = lk_walk_along(walk, work->items, &how, &sink, 1);
        for (int64_t i = 0; i < c->items; i++) {
            work->log_p[i * c->labels + y] = -work->nll[i];
        }
    }
    lk_walk_close(walk);
    return status;
}

/* A label that the model does not know has no probability. */
static void choose(const job *work) {
    lk_classification *c = work->result;
    const uint16_t *own = lk_items_labels(work->items);
    const double *log_p = work->log_p;
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
    job work = {.model = model, .items = items, .result = result};
    int64_t count = lk_items_count(items);
    *result = (lk_classification){.items = count, .labels = model->data.labels};
    if (result->labels == 0 || lk_items_labels(items) == NULL) {
        bool model_lacks = result->labels == 0;
        return lk_fail(model->context, model_lacks ? LK_INVALID : LK_MISMATCH,
                       "%s: %s no labels: there is nothing to classify", lk_items_path(items),
                       model_lacks ? "the model is given" : "the data have");
    }
    work.log_p = lk_allocate(count * (result->labels + 2), sizeof *work.log_p);
    result->chosen = lk_allocate(count, sizeof *result->chosen);
    if (work.log_p == NULL || result->chosen == NULL) {
        lk_release(work.log_p);
        return lk_fail_no_memory(model->context, "classes", count * (result->labels + 2) * 8);
    }
    work.nll = work.log_p + count * result->labels;
    work.labels = (uint16_t *)(work.nll + count);
    lk_status status = try_labels(&work, options != NULL ? *options : (lk_walk_options){0});
    if (status == LK_OK) {
        choose(&work);
    }
    lk_release(work.log_p);
    return status;
}

void lk_classification_deinit(lk_classification *classification) {
    lk_release(classification->chosen);
    *classification = (lk_classification){0};
}
