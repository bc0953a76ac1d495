/* One optimizer step, and what to say when it meets a value that is not finite. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/kernels.h"
#include "train/feed.h"

#define TRY_THIS "lower the learning rate (now %g), warm it up, or clip the gradients"

/* ---- messages -------------------------------------------------------------------------------- */

static bool finite_array(const lk_trainer *t, const lk_parameter *p, const float *values) {
    return t->model->context->kernels->all_finite(values, p->rows * p->columns);
}

static const char *first_bad_parameter(const lk_trainer *t, bool gradient) {
    for (int32_t i = 0; i < t->model->parameters->count; i++) {
        const lk_parameter *p = &t->model->parameters->list[i];
        if (!finite_array(t, p, gradient ? p->gradient : p->value)) {
            return p->name;
        }
    }
    return NULL;
}

static int64_t first_bad_example(const lk_trainer *t) {
    int64_t i = 0;
    while (i < t->batch_count - 1 && isfinite(t->batch_nll[i])) {
        i++;
    }
    return t->feed->example(t, i);
}

static lk_status bad_nll(lk_trainer *t) {
    const char *parameter = first_bad_parameter(t, false);
    const lk_node *node = lk_execution_first_not_finite(lk_slices_execution(t->slices));
    char where[256] = "";
    if (parameter != NULL) {
        snprintf(where, sizeof where, "; parameter %.200s is not finite any more", parameter);
    } else if (node != NULL) {
        snprintf(where, sizeof where, "; the first node with a value that is not finite is %.150s",
                 node->name);
    }
    return lk_fail(t->model->context, LK_NOT_FINITE,
                   "epoch %lld, batch %lld of %lld: the NLL of example %lld of %.200s is not "
                   "finite%s: " TRY_THIS,
                   (long long)t->state.epoch + 1, (long long)t->state.position + 1,
                   (long long)t->epoch_batches, (long long)first_bad_example(t) + 1, t->train_path,
                   where, t->options.optimizer.learning_rate);
}

static lk_status bad_gradient(lk_trainer *t) {
    const char *parameter = first_bad_parameter(t, true);
    return lk_fail(
        t->model->context, LK_NOT_FINITE,
        "epoch %lld, batch %lld of %lld: the gradient of parameter %.200s is not finite: lower the "
        "learning rate (now %g) or warm it up",
        (long long)t->state.epoch + 1, (long long)t->state.position + 1,
        (long long)t->epoch_batches, parameter != NULL ? parameter : "?",
        t->options.optimizer.learning_rate);
}

lk_status lk_trainer_check_weights(lk_trainer *t) {
    const char *parameter = first_bad_parameter(t, false);
    if (parameter == NULL) {
        return LK_OK;
    }
    return lk_fail(
        t->model->context, LK_NOT_FINITE,
        "epoch %lld: parameter %.200s is not finite at its end (batch %lld of %lld): " TRY_THIS,
        (long long)t->state.epoch + 1, parameter, (long long)t->state.position,
        (long long)t->epoch_batches, t->options.optimizer.learning_rate);
}

/* ---- the step -------------------------------------------------------------------------------- */

static lk_status run(lk_trainer *t, double *nll_nats) {
    LK_TRY(t->feed->run(t));
    *nll_nats = 0;
    for (int64_t i = 0; i < t->batch_count; i++) {
        *nll_nats += t->batch_nll[i];
    }
    return isfinite(*nll_nats) ? LK_OK : bad_nll(t);
}

/* The first passage says enough. */
static lk_status look(void *seen, const lk_passage *passage) {
    (void)passage;
    *(bool *)seen = true;
    return LK_INTERRUPTED;
}

static lk_status run_texts(lk_trainer *t) {
    bool seen = false;
    const lk_sink sink = {look, &seen};
    const lk_walk_options how = {.items = 1};
    lk_status status = lk_walk_once(t->model, t->train_texts, &how, &sink, 1);
    return seen ? LK_OK : status;
}

lk_status lk_trainer_check_kept(lk_trainer *t) {
    double nll_nats;
    lk_status status = t->train_texts != NULL ? run_texts(t) : run(t, &nll_nats);
    return status == LK_NOT_FINITE
               ? lk_fail(t->model->context, status,
                         "%.200s: at the end of training its NLL is not a number: " TRY_THIS,
                         t->train_path, t->options.optimizer.learning_rate)
               : status;
}

double lk_trainer_rate(const lk_trainer *t, int64_t step) {
    const lk_rate_options *rate = &t->options.rate;
    return lk_rate_factor(
        rate, lk_plan_moment(rate, &t->plan, &t->state, step, t->epoch_batches, t->total_steps));
}

lk_status lk_trainer_step(lk_trainer *t) {
    double nll_nats, scale = 1;
    LK_TRY(run(t, &nll_nats));
    if (t->options.clip > 0) {
        double norm = lk_clip_norm(&t->clip);
        if (!isfinite(norm)) {
            return bad_gradient(t);
        }
        scale = lk_clip_scale(norm, t->options.clip);
    }
    double factor = lk_trainer_rate(t, t->state.step);
    lk_optimizer_step(t->optimizer, t->options.optimizer.learning_rate * factor, scale, t->average);
    t->state.epoch_nll_nats += nll_nats;
    t->state.examples_seen += t->batch_count;
    t->state.step++;
    t->state.position++;
    t->session_examples += t->batch_count;
    t->recent += t->batch_count;
    t->recent_nll_nats += nll_nats;
    t->session_steps++;
    return LK_OK;
}
