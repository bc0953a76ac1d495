/* The global gradient norm. */
#include "optim/clip.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "kernels/kernels.h"

lk_status lk_clip_init(lk_clip *clip, lk_parameters *parameters) {
    *clip = (lk_clip){.parameters = parameters};
    LK_TRY(lk_spans_init(&clip->spans, parameters));
    clip->partial = lk_allocate(clip->spans.pieces, sizeof *clip->partial);
    if (clip->partial == NULL) {
        lk_clip_deinit(clip);
        return lk_fail_no_memory(parameters->context, "gradient norm",
                                 clip->spans.pieces * (int64_t)sizeof(double));
    }
    return LK_OK;
}

void lk_clip_deinit(lk_clip *clip) {
    lk_spans_deinit(&clip->spans);
    lk_release(clip->partial);
    *clip = (lk_clip){0};
}

static void add_squares(void *argument, lk_weight_span span, int64_t piece) {
    lk_clip *clip = argument;
    const lk_kernels *kernels = clip->parameters->context->kernels;
    const float *gradient = clip->parameters->list[span.parameter].gradient;
    clip->partial[piece] += kernels->sum_squares(gradient + span.offset, span.count);
}

double lk_clip_norm(lk_clip *clip) {
    memset(clip->partial, 0, (size_t)clip->spans.pieces * sizeof *clip->partial);
    lk_spans_run(&clip->spans, clip->parameters->context->pool, add_squares, clip);
    double total = 0;
    for (int64_t p = 0; p < clip->spans.pieces; p++) {
        total += clip->partial[p];
    }
    return sqrt(total);
}

double lk_clip_scale(double norm, double limit) {
    return norm > limit ? limit / norm : 1;
}
