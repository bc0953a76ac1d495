/* Coding the examples of one chunk with one network of a model. Symbol order, the same on both
 * sides: group of `lanes` examples, then step, then variable within the step (ascending), then
 * example within the group. Only integer CDFs decide intervals. */
#ifndef LK_CODEC_CHUNK_CODER_H
#define LK_CODEC_CHUNK_CODER_H

#include "codec/container.h"
#include "codec/rans.h"
#include "models/network.h"

typedef struct lk_chunk_coder {
    const lk_model *model;
    lk_shape shape; /* at which its networks run: the model's own, or another */
    int32_t lanes;
    int32_t variant; /* of what is open; -1: nothing */
    lk_plan plan;
    lk_network *network; /* owned */
    uint32_t *cdf;       /* owned: scratch of cdf_entries */
    uint16_t *symbols;   /* owned: one step's block, [variable][lane] */
    int64_t block;       /* variables whose CDFs fit in the scratch at once */
} lk_chunk_coder;

/* A zeroed coder with model, shape, lanes and variant -1 set is valid; use opens a network, keeping
 * it when it is already open. */
void lk_chunk_coder_init(lk_chunk_coder *coder, const lk_model *model, lk_shape shape,
                         int32_t lanes);
void lk_chunk_coder_deinit(lk_chunk_coder *coder);
/* LK_PLAN_EVALUATE for the parallel schedule, LK_PLAN_INCREMENTAL for the incremental one. */
lk_status lk_chunk_coder_use(lk_chunk_coder *coder, int32_t variant, lk_plan plan);

/* Total NLL in nats of values [count][variables], by the parallel schedule; LK_NOT_FINITE when it
 * is NaN (infinity is a value). */
lk_status lk_chunk_nll(lk_chunk_coder *coder, const uint16_t *values, int64_t count,
                       double *nll_nats);
/* The stream of values [count][variables]; *payload->bytes is the caller's: lk_release. With the
 * parallel schedule *nll_nats is their total NLL; with the incremental one it is left alone. */
lk_status lk_chunk_encode(lk_chunk_coder *coder, const uint16_t *values, int64_t count,
                          lk_payload *payload, double *nll_nats);
/* The reverse, by the incremental schedule. *right: the stream ended as it began, and every value
 * is below `alphabet`; else the values are worthless. Stops early when the stream runs out. */
lk_status lk_chunk_decode(lk_chunk_coder *coder, const uint8_t *bytes, int64_t size,
                          int32_t alphabet, uint16_t *values, int64_t count, bool *right);

#endif
