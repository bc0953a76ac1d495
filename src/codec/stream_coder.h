/* Coding one chunk of a text with a model that runs along streams. The chunk is cut into `lanes`
 * parts of equal length (the first count mod lanes have one symbol more), each a stream from its
 * own beginning; they advance side by side. Symbol order, the same on both sides: position, then
 * lane. A character that the model does not know is coded as the escape, with the model's
 * probability, and then itself, evenly among 2^LK_ESCAPED_BITS. Only integer CDFs decide
 * intervals. */
#ifndef LK_CODEC_STREAM_CODER_H
#define LK_CODEC_STREAM_CODER_H

#include "base/file.h"
#include "train/learner.h"

typedef struct lk_stream_coder {
    const lk_model *model;
    const lk_symbols *symbols; /* not owned */
    int32_t lanes;             /* at most */
    int64_t window;            /* positions of a parallel run */
    lk_learner *learner;       /* owned; NULL: the model stays as it is */
    lk_flow *flow;             /* owned, or the learner's */
    uint16_t *values;          /* owned, [lanes][window] */
    float *terms;              /* owned, [window][lanes]: NLL in nats */
    uint32_t *cdf;             /* owned, [the more of lanes and workers][alphabet + 1] */
    /* Called, when not NULL, with how many symbols have been coded or decoded since the last
     * time. */
    void (*progress)(void *argument, int64_t symbols);
    void *progress_argument;
} lk_stream_coder;

/* The symbols of a text that the model can be run along: its own, if it is one of streams; bytes,
 * if it is of windows over 256 values and its family runs along streams. LK_MISMATCH for others. */
lk_status lk_stream_symbols_of(const lk_model *model, lk_symbols *symbols);
/* learning_rate above 0: the model learns from a chunk while it is coded (train/learner.h).
 * LK_UNSUPPORTED when so many lanes need more than 16 GiB. deinit in any case. */
lk_status lk_stream_coder_init(lk_stream_coder *coder, const lk_model *model,
                               const lk_symbols *symbols, int32_t lanes, float learning_rate);
void lk_stream_coder_deinit(lk_stream_coder *coder);

/* The rANS stream of characters[count] (data/utf8.h), count >= 1, by the parallel schedule or, if
 * told, by the incremental one: the same bytes. *bytes is the caller's: lk_release. *nll_nats:
 * their total NLL, escaped characters included. LK_NOT_FINITE when it is NaN. */
lk_status lk_stream_encode(lk_stream_coder *coder, const uint32_t *characters, int64_t count,
                           bool incremental, uint8_t **bytes, int64_t *size, double *nll_nats);
/* The reverse, by the incremental schedule, on any bytes. *right: the stream ended as it began, and
 * every character is one that the encoder could have met; else the characters are worthless. */
lk_status lk_stream_decode(lk_stream_coder *coder, const uint8_t *bytes, int64_t size,
                           int64_t count, uint32_t *characters, bool *right);

/* The hash of the bytes that the characters stand for, piece after piece, as the container has it;
 * *bytes counts them. They go to `file` unless it is NULL. */
uint32_t lk_stream_pour(const uint32_t *characters, int64_t count, uint32_t seed, int64_t number,
                        lk_writer *file, int64_t *bytes);

#endif
