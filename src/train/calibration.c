/* Calibration: the NLLs of held-out examples, ascending, against which a new example's NLL is
 * ranked. At most LK_CALIBRATION_MOST are kept, evenly spaced in rank, the extremes included. */
#include <float.h>
#include <stdlib.h>

#include "base/arena.h"
#include "train/train.h"

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* An impossible example has an infinite NLL; the largest float keeps its rank. */
static float bounded(double nll_nats) {
    return nll_nats < (double)FLT_MAX ? (float)nll_nats : FLT_MAX;
}

lk_status lk_model_calibrate(lk_model *model, const double *nll_nats, int64_t count) {
    float *sorted = lk_allocate(count, sizeof *sorted);
    if (sorted == NULL) {
        return lk_fail_no_memory(model->context, "calibration", count * (int64_t)sizeof *sorted);
    }
    for (int64_t i = 0; i < count; i++) {
        sorted[i] = bounded(nll_nats[i]);
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    int64_t kept = count < LK_CALIBRATION_MOST ? count : LK_CALIBRATION_MOST;
    for (int64_t i = 0; i < kept && kept < count;
         i++) { /* never reads what it has written: the source stands at or after i */
        sorted[i] = sorted[i * (count - 1) / (kept - 1)];
    }
    lk_release(model->calibration);
    model->calibration = sorted;
    model->calibration_count = kept;
    return LK_OK;
}
