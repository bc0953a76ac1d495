#include "models/quantize.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/quantized.h"
#include "models/tune.h"

#define MOST 0.0005

typedef struct job {
    lk_model *model;
    const lk_quantize_options *options;
    float **original; /* owned: of each parameter */
    double *loss;     /* owned, [parameters]: of each matrix alone */
    bool *kept;       /* [parameters]: matrices; at first those that 8 bits cannot hold */
    int32_t fit;      /* matrices that 8 bits can hold */
    int64_t judged, judgements;
    double before;
} job;

static bool is_matrix(const lk_parameter *p) {
    return p->rows > 1 && p->columns > 1;
}

static int32_t parameters_of(const job *work) {
    return work->model->parameters->count;
}

/* As it was, or of 8 bits. */
static lk_status set(const job *work, int32_t index, bool quantized) {
    lk_parameter *p = &work->model->parameters->list[index];
    lk_parameter_forget_quantized(p);
    memcpy(p->value, work->original[index], (size_t)(p->rows * p->columns) * sizeof(float));
    return quantized ? lk_parameter_quantize(work->model->context, p) : LK_OK;
}

static lk_status judge(job *work, double *nll_nats) {
    const lk_quantize_options *o = work->options;
    LK_TRY(o->judge(o->argument, work->model, nll_nats));
    work->judged++;
    if (o->progress != NULL) {
        o->progress(o->progress_argument, work->judged, work->judgements);
    }
    return isfinite(*nll_nats) ? LK_OK
                               : lk_fail(work->model->context, LK_NOT_FINITE,
                                         "the NLL of these data is not finite, so that nothing "
                                         "can be chosen by it: take others");
}

/* ---- choosing -------------------------------------------------------------------------------- */

static lk_status find_losses(job *work) {
    LK_TRY(judge(work, &work->before));
    for (int32_t i = 0; i < parameters_of(work); i++) {
        double after;
        if (is_matrix(&work->model->parameters->list[i]) && !work->kept[i]) {
            LK_TRY(set(work, i, true));
            LK_TRY(judge(work, &after));
            LK_TRY(set(work, i, false));
            work->loss[i] = after > work->before ? after - work->before : 0.0;
        }
    }
    return LK_OK;
}

static lk_status set_all(job *work) {
    for (int32_t i = 0; i < parameters_of(work); i++) {
        if (is_matrix(&work->model->parameters->list[i])) {
            LK_TRY(set(work, i, !work->kept[i]));
        }
    }
    return LK_OK;
}

/* The matrix that loses most of those that are not kept; -1: all are. */
static int32_t worst(const job *work) {
    int32_t most = -1;
    for (int32_t i = 0; i < parameters_of(work); i++) {
        bool open = is_matrix(&work->model->parameters->list[i]) && !work->kept[i];
        most = open && (most < 0 || work->loss[i] > work->loss[most]) ? i : most;
    }
    return most;
}

static lk_status choose(job *work, double *after) {
    double share = work->options->most >= 0 ? work->options->most : MOST;
    LK_TRY(find_losses(work));
    LK_TRY(set_all(work));
    LK_TRY(judge(work, after));
    for (int32_t left = worst(work);
         left >= 0 && *after - work->before > share * fabs(work->before); left = worst(work)) {
        work->kept[left] = true;
        LK_TRY(set(work, left, false));
        LK_TRY(judge(work, after));
    }
    return LK_OK;
}

/* Without data: what makes the parameters of distributions is most sensitive. */
static lk_status choose_blindly(job *work) {
    for (int32_t i = 0; i < parameters_of(work); i++) {
        const lk_parameter *p = &work->model->parameters->list[i];
        work->kept[i] |= is_matrix(p) && strstr(p->name, "logits") != NULL;
    }
    return set_all(work);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static lk_status keep_originals(job *work) {
    const lk_parameters *parameters = work->model->parameters;
    work->original = lk_allocate(parameters->count, sizeof *work->original);
    work->loss = lk_allocate(parameters->count, sizeof *work->loss);
    work->kept = lk_allocate(parameters->count, sizeof *work->kept);
    bool made = work->original != NULL && work->loss != NULL && work->kept != NULL;
    for (int32_t i = 0; i < parameters->count && made; i++) {
        const lk_parameter *p = &parameters->list[i];
        int64_t weights = p->rows * p->columns;
        bool matrix = is_matrix(p), fits = matrix && lk_parameter_can_quantize(p);
        work->fit += fits;
        work->original[i] = lk_allocate(weights, sizeof(float));
        made = work->original[i] != NULL;
        if (made) {
            work->kept[i] = matrix && !fits;
            memcpy(work->original[i], p->value, (size_t)weights * sizeof(float));
        }
    }
    work->judgements = work->fit + 2;
    return made ? LK_OK
                : lk_fail_no_memory(work->model->context, "the weights as they were",
                                    lk_parameters_total(parameters) * 4);
}

static void fill_report(const job *work, double after, lk_quantize_report *report) {
    bool judged = work->options->judge != NULL;
    *report = (lk_quantize_report){.before = judged ? work->before : (double)NAN,
                                   .after = judged ? after : (double)NAN,
                                   .fit = work->fit,
                                   .kept = work->kept};
    for (int32_t i = 0; i < parameters_of(work); i++) {
        const lk_parameter *p = &work->model->parameters->list[i];
        int64_t weights = p->rows * p->columns;
        report->weights += p->quantized != NULL ? weights : 0;
        report->layers += p->quantized != NULL;
        report->left += work->kept[i] ? weights : 0;
        report->layers_left += work->kept[i];
    }
}

lk_status lk_model_quantize(lk_model *model, const lk_quantize_options *options,
                            lk_quantize_report *report) {
    job work = {.model = model, .options = options};
    double after = (double)NAN;
    *report = (lk_quantize_report){0};
    lk_status status = keep_originals(&work);
    if (status == LK_OK) {
        status = options->judge != NULL ? choose(&work, &after) : choose_blindly(&work);
    }
    for (int32_t i = 0; work.original != NULL && i < parameters_of(&work); i++) {
        lk_release(work.original[i]);
    }
    lk_release(work.original);
    lk_release(work.loss);
    if (status != LK_OK) {
        lk_release(work.kept);
        return status;
    }
    fill_report(&work, after, report);
    lk_model_forget_calibration(model);
    return LK_OK;
}
