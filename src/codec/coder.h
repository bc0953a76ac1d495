/* Coding a chunk, in either direction: group by group (codec/lanes.h), on runs of a model. The
 * parallel and the incremental schedule give the same bytes. Symbol order: group; then step; then
 * place within the step; then lane, of those that are so long, but where something leads into it.
 * The escape of a text is followed by its character, evenly among 2^LK_ESCAPED_BITS. Only integer
 * CDFs decide intervals. */
#ifndef LK_CODEC_CODER_H
#define LK_CODEC_CODER_H

#include "base/arena.h"
#include "codec/lanes.h"
#include "models/run.h"

typedef struct lk_coder {
    const lk_model *model;
    const lk_container *container; /* lanes, learning rate */
    lk_run_options options;        /* of its runs: shape, lanes, learning rate */
    lk_run *run[2];                /* owned: by schedule; NULL: not yet opened */
    int64_t network[2];            /* of these */
    lk_arena *scratch;             /* owned: all that follows */
    uint16_t *column, *given;      /* [lanes] */
    double *nll;                   /* [lanes] */
    uint16_t *values;              /* [lanes][window of the parallel run] */
    int64_t rows;                  /* (place, lane), of a block, at most */
    int64_t listed;                /* entries of a row's CDF: 1 where no distribution has one */
    uint32_t *cdf;                 /* decoding: of each row; encoding: of a worker's present one */
    uint16_t *symbols;             /* encoding: of a block's rows, */
    float *terms;                  /* their NLL in nats */
    lk_interval *intervals;        /* and intervals, LK_DIGITS_MOST of each */
    bool (*progress)(void *argument, int64_t done, int64_t total); /* as lk_codec_options has it */
    void *progress_argument;
    int64_t done, total; /* symbols, for it */
} lk_coder;

/* Data of this shape ({1, {0}}: texts); container and model must outlive it. deinit in any case. */
lk_status lk_coder_init(lk_coder *coder, const lk_model *model, const lk_container *container,
                        lk_shape shape);
/* Opens the run of a schedule now: what needs more memory than may be taken is LK_NO_MEMORY, with
 * the figure, before anything is read or written. `path` begins the message. */
lk_status lk_coder_open(lk_coder *coder, lk_schedules schedule, const char *path);
void lk_coder_deinit(lk_coder *coder);

/* The NLL in nats of all symbols, escaped characters included, by a network of the model.
 * LK_NOT_FINITE when it is NaN. */
lk_status lk_coder_nll(lk_coder *coder, int64_t network, lk_content *content, double *nll_nats);

typedef struct lk_coded {
    uint8_t *bytes; /* the caller's: lk_release */
    int64_t size;
    double nll_nats;   /* as above, also of a model that learns */
    double aside_bits; /* of what stands beside the symbols */
} lk_coded;
/* By either schedule. */
lk_status lk_coder_encode(lk_coder *coder, lk_schedules schedule, int64_t network,
                          lk_content *content, lk_coded *coded);
/* Any bytes, by the incremental schedule, into a content with room; *right false: it is
 * worthless. */
lk_status lk_coder_decode(lk_coder *coder, int64_t network, const uint8_t *bytes, int64_t size,
                          lk_content *content, bool *right);

#endif
