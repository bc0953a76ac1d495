/* What the tests of families of dilated convolutions share. Included by *_test.c only. */
#ifndef LK_MODELS_TESTING_TEMPORAL_H
#define LK_MODELS_TESTING_TEMPORAL_H

#include "models/testing.h"

/* Taps that stand further apart than any sequence is long, and another order than the natural. */
static inline void testing_refuses_dilations(lk_context *context, const char *family) {
    lk_model *model;
    const char *wide[] = {"layers=20", "dilation=16", "cycle=20"};
    testing_refused(
        context,
        lk_model_create(context, family, wide, 3, testing_data(9, 2), "natural", 1, &model),
        LK_INVALID, "lower dilation");
    testing_refused(
        context,
        lk_model_create(context, family, NULL, 0, testing_data(9, 2), "reversed", 1, &model),
        LK_CAUSALITY, "would see");
}

#endif
