/* Batch by batch, all workers at one batch. */
#include "jobs/sample_other_size.h"

#include <string.h>

#include "base/arena.h"
#include "jobs/sample_draw.h"
#include "models/network.h"

#define BATCH_MOST 64
#define NETWORK_BYTES ((int64_t)512 << 20)

typedef struct job {
    const lk_sample_options *options;
    lk_network *network;
    int64_t batch;
    int64_t *sample; /* owned, [batch] */
    double *unused;  /* owned, [batch]: likelihoods, which nobody asked for */
    lk_draw draw;
    int64_t variable; /* naive: the one to be drawn */
} job;

static lk_status draw_batch(job *work) {
    int64_t variables = lk_network_variables(work->network);
    LK_TRY(lk_network_begin(work->network, work->draw.count));
    for (int64_t v = 0; v < variables; v++) {
        LK_TRY(lk_network_compute(work->network, v));
        lk_draw_variable(&work->draw, v, lk_network_parameters(work->network, v));
        lk_network_set(work->network, v, work->draw.column);
    }
    return LK_OK;
}

static lk_status draw_if_there(void *argument, const lk_network *network, int64_t first,
                               int64_t last) {
    job *work = argument;
    if (work->variable >= first && work->variable < last) {
        lk_draw_variable(&work->draw, work->variable,
                         lk_network_parameters(network, work->variable));
    }
    return LK_OK;
}

/* Everything again for every variable; values that are not drawn yet are 0, and cannot matter. */
static lk_status draw_batch_naively(job *work) {
    int64_t variables = lk_network_variables(work->network);
    for (work->variable = 0; work->variable < variables; work->variable++) {
        LK_TRY(lk_network_forward(work->network, work->draw.values, work->draw.count, work->unused,
                                  NULL, draw_if_there, work));
    }
    return LK_OK;
}

static lk_status draw_all(job *work, lk_dataset *samples) {
    bool naive = work->options->schedule == LK_SCHEDULE_NAIVE;
    for (int64_t first = 0; first < samples->examples; first += work->batch) {
        int64_t left = samples->examples - first;
        work->draw.count = left < work->batch ? left : work->batch;
        work->draw.values = samples->values + first * samples->variables;
        for (int64_t n = 0; n < work->draw.count; n++) {
            work->sample[n] = first + n;
        }
        LK_TRY(naive ? draw_batch_naively(work) : draw_batch(work));
        if (work->options->progress != NULL) {
            work->options->progress(work->options->progress_argument, first + work->draw.count,
                                    samples->examples);
        }
    }
    return LK_OK;
}

static lk_status begin(job *work, const lk_model *model, lk_shape shape, int64_t count) {
    lk_plan plan =
        work->options->schedule == LK_SCHEDULE_NAIVE ? LK_PLAN_EVALUATE : LK_PLAN_INCREMENTAL;
    work->batch = work->options->batch > 0 ? work->options->batch : BATCH_MOST;
    work->batch = work->batch < count ? work->batch : count;
    if (work->options->batch <= 0) {
        LK_TRY(lk_network_fit_batch(model, shape, plan, NETWORK_BYTES, &work->batch));
    }
    LK_TRY(lk_network_open(model, 0, shape, plan, work->batch, &work->network));
    work->sample = lk_allocate(work->batch, sizeof *work->sample);
    work->unused = lk_allocate(work->batch, sizeof *work->unused);
    work->draw =
        (lk_draw){.options = work->options,
                  .graph = lk_network_graph(work->network),
                  .pool = model->context->pool,
                  .sample = work->sample,
                  .variables = lk_shape_variables(shape),
                  .probability = lk_allocate(work->batch * model->data.alphabet, sizeof(float)),
                  .column = lk_allocate(work->batch, sizeof(uint16_t))};
    bool made = work->sample != NULL && work->unused != NULL && work->draw.probability != NULL &&
                work->draw.column != NULL;
    return made ? LK_OK
                : lk_fail_no_memory(model->context, "samples",
                                    work->batch * model->data.alphabet * 4);
}

lk_status lk_sample_other_size(const lk_model *model, const lk_sample_options *options,
                               lk_shape shape, lk_dataset *samples) {
    job work = {.options = options};
    lk_status status = begin(&work, model, shape, samples->examples);
    status = status == LK_OK ? draw_all(&work, samples) : status;
    lk_release(work.sample);
    lk_release(work.unused);
    lk_release(work.draw.probability);
    lk_release(work.draw.column);
    lk_network_close(work.network);
    return status;
}
