/* A model with weights of 8 bits (graph/quantized.h), but for those layers that would lose too
 * much. */
#ifndef LK_MODELS_QUANTIZE_H
#define LK_MODELS_QUANTIZE_H

#include "models/model.h"

/* Mean NLL, in nats, of whatever the model is judged by; called with other weights each time. */
typedef lk_status lk_judge(void *argument, const lk_model *model, double *nll_nats);

typedef struct lk_quantize_options {
    lk_judge *judge; /* NULL: layers whose names tell that they are the last are left, no other */
    void *argument;
    double most; /* of the NLL, that may be lost; below 0: 0.0005 */
    void (*progress)(void *argument, int64_t done, int64_t count); /* or NULL; of judgements */
    void *progress_argument;
} lk_quantize_options;

typedef struct lk_quantize_report {
    double before, after; /* NLLs in nats; NaN without a judge */
    int64_t weights;      /* of 8 bits now, */
    int64_t left;         /* and matrices' that were left */
    int32_t layers, layers_left;
    int32_t fit; /* matrices that 8 bits can hold */
    bool *kept;  /* owned, [parameters]: matrices that were left as they are */
} lk_quantize_report;

/* Of the model's matrices: vectors stay, and so do matrices with a weight that is not finite. Those
 * whose own loss is largest are left first, until what the others lose together is at most the
 * share that may be lost. The calibration, if there is one, is of other weights, and goes. Release
 * the report's list with lk_release. */
lk_status lk_model_quantize(lk_model *model, const lk_quantize_options *options,
                            lk_quantize_report *report);

#endif
