/* Compressing a file as a text, and restoring it byte for byte, with a model that runs along
 * streams (charrnn, conv1d). Any file can be coded, of any size, in memory that does not grow with
 * it: chunk by chunk (codec/stream_container.h), each in lanes side by side (codec/stream_coder.h).
 * The encoder runs the parallel schedule, the decoder the incremental one. */
#ifndef LK_CODEC_STREAM_CODEC_H
#define LK_CODEC_STREAM_CODEC_H

#include "codec/stream_container.h"

typedef struct lk_stream_options {
    int64_t chunk_symbols; /* 0: at most 4 Mi, in chunks of equal length */
    int32_t lanes; /* 0: one for each 64 Ki symbols of a chunk, 1 to 64, fewer of a model that would
                      need much memory */
    /* compress: above 0, the model learns from the text at this rate (train/learner.h), and there
     * is one lane unless told otherwise */
    float learning_rate;
    bool skip_verify; /* compress decodes each chunk and compares, before the file gets its name,
                         unless told not to */
    bool salvage;     /* decompress: leave out damaged chunks instead of refusing */
    bool incremental_encode; /* encode with the incremental schedule too (slower; for checks: same
                                bytes) */
    /* In symbols coded, verified and decoded; NULL: none. */
    void (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_stream_options;

typedef struct lk_stream_report {
    int64_t symbols, bytes;            /* of the text */
    int64_t coded_bytes, header_bytes; /* of the compressed file; of its header */
    int64_t chunks, chunk_symbols;
    int32_t lanes;
    double model_nll_nats; /* total; every lane of every chunk from its own beginning; escaped
                              characters included */
} lk_stream_report;

/* options NULL: defaults. Nothing stands at `out` before all is well. */
lk_status lk_stream_compress(const lk_model *model, const char *path, const char *out,
                             const lk_stream_options *options, lk_stream_report *report);

typedef struct lk_stream_restored {
    int64_t symbols, bytes;           /* written */
    int64_t text_symbols, text_bytes; /* that there were */
    int64_t chunks, chunk_symbols;
    int64_t
        *lost; /* owned: lk_release; the numbers of lost chunks, from 0; NULL when there are none */
    int64_t lost_count;
} lk_stream_restored;

/* With salvage, what is left is written; a file of which nothing is left is refused all the
 * same. */
lk_status lk_stream_decompress(const lk_model *model, const char *path, const char *out,
                               const lk_stream_options *options, lk_stream_restored *restored);

#endif
