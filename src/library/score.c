/* Likelihoods: of items, of each of their variables, and p-values. */
#include <math.h>

#include "base/memory.h"
#include "jobs/score.h"
#include "library/library.h"

lk_scoring lk_scoring_defaults(void) {
    return (lk_scoring){0};
}

/* A learning rate that is NaN is none. */
lk_status lk_check_learning_rate(lk_context *context, float rate) {
    return rate == 0.0f || lk_learn_rate_valid(rate)
               ? LK_OK
               : lk_fail(context, LK_INVALID, "learning_rate is %g: expected 0, or up to %g",
                         lk_told((double)rate), (double)LK_LEARN_RATE_MOST);
}

typedef struct taker {
    double *nll_nats, *surprisal; /* NULL: not wanted */
    int64_t *first;               /* [items]: where the variables of each begin */
    int64_t *length;              /* [items] */
} taker;

static lk_status take(void *argument, const lk_passage *passage) {
    const taker *t = argument;
    int64_t item = passage->item;
    if (t->nll_nats != NULL) {
        t->nll_nats[item] = passage->nll_nats;
    }
    double *nats = t->surprisal + (t->surprisal != NULL ? t->first[item] + passage->first : 0);
    for (int64_t i = 0;
         t->surprisal != NULL && i < passage->count && passage->first + i < t->length[item]; i++) {
        nats[i] = lk_passage_nats(passage, i, t->length[item]);
    }
    return LK_OK;
}

static lk_status walk(const lk_model *model, const lk_data *data, const lk_scoring *how,
                      const uint16_t *labels, taker *t) {
    lk_items *items;
    lk_walk_options options = {.terms = t->surprisal != NULL,
                               .learning_rate = how->learning_rate,
                               .labels = labels,
                               .progress = lk_tell_count,
                               .progress_argument = model->context};
    const lk_sink sink = {take, t};
    LK_TRY(lk_data_open_items(model, data, labels != NULL, &items));
    lk_status status = lk_walk_once(model, items, &options, &sink, 1);
    lk_items_close(items);
    return status;
}

static lk_status score(const lk_model *model, const lk_data *data, const lk_scoring *how,
                       double *nll_nats, double *surprisal) {
    int64_t count = lk_data_count(data);
    uint16_t *labels = NULL;
    LK_TRY(lk_take_labels(model, how->labels, how->labels != NULL ? count : 0, &labels));
    taker t = {nll_nats, surprisal, lk_allocate(2 * count, sizeof *t.first), NULL};
    lk_status status =
        t.first == NULL ? lk_fail_no_memory(model->context, "scores", count * 16) : LK_OK;
    if (status == LK_OK) {
        t.length = t.first + count;
        for (int64_t i = 0; i < count; i++) {
            t.length[i] = lk_data_length(data, i);
            t.first[i] = i > 0 ? t.first[i - 1] + t.length[i - 1] : 0;
        }
        status = walk(model, data, how, labels, &t);
    }
    lk_release(t.first);
    lk_release(labels);
    return status;
}

lk_status lk_model_nll(lk_context *context, const lk_model *model, const lk_data *data,
                       const lk_scoring *how, double *nll_nats, double *surprisal) {
    lk_loan loan;
    lk_scoring defaults = {0};
    LK_TRY(lk_enter(context, "scoring"));
    LK_TRY(lk_need(context, model, "lk_model_nll: model"));
    LK_TRY(lk_need(context, data, "lk_model_nll: data"));
    how = how != NULL ? how : &defaults;
    LK_TRY(lk_check_learning_rate(context, how->learning_rate));
    return lk_leave(context, score(lk_lend(&loan, context, model), data, how, nll_nats, surprisal));
}

lk_status lk_model_p_values(lk_context *context, const lk_model *model, const double *nll_nats,
                            int64_t count, double *p_value) {
    LK_TRY(lk_enter(context, "scoring"));
    LK_TRY(lk_need(context, model, "lk_model_p_values: model"));
    if (count < 0 || count > LK_VALUES_MOST) {
        return lk_fail(context, LK_INVALID, "lk_model_p_values: count is %lld", (long long)count);
    }
    if (count > 0) {
        LK_TRY(lk_need(context, nll_nats, "lk_model_p_values: nll_nats"));
        LK_TRY(lk_need(context, p_value, "lk_model_p_values: p_value"));
    }
    if (model->calibration == NULL) {
        return lk_fail(
            context, LK_UNSUPPORTED,
            model->calibrated_for != NULL
                ? "p-values belong to the settings that the model was trained with"
            : model->data.stream
                ? "texts and recordings are of any length: their likelihoods have no p-values"
                : "the model was trained without validation data: it has no p-values");
    }
    for (int64_t i = 0; i < count; i++) {
        if (isnan(nll_nats[i])) {
            return lk_fail(context, LK_INVALID, "lk_model_p_values: nll_nats[%lld] is no number",
                           (long long)i);
        }
    }
    for (int64_t i = 0; i < count; i++) {
        p_value[i] = lk_p_value(model, nll_nats[i]);
    }
    return lk_leave(context, LK_OK);
}
