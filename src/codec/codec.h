/* Compressing and restoring data sets with a model. The encoder runs the parallel schedule and the decoder the incremental one: the
 * arithmetic makes them agree to the bit. */
#ifndef LK_CODEC_CODEC_H
#define LK_CODEC_CODEC_H

#include "codec/container.h"

typedef struct lk_compress_report {
    int64_t examples, variables;
    int64_t bytes, header_bytes;     /* of the whole file; of its header */
    double model_nll_nats;           /* total, of what was coded, by the model's own likelihood */
} lk_compress_report;

typedef struct lk_codec_options {
    int64_t chunk_examples;  /* 0: default */
    int32_t lanes;           /* 0: default */
    bool skip_verify;        /* compress decodes what it wrote and compares, before the file gets its name, unless told not to */
    bool salvage;            /* decompress: skip damaged chunks instead of refusing */
    bool incremental_encode; /* encode with the incremental schedule too (slower; for checks: same bytes) */
    void (*progress)(void *argument, int64_t examples_done, int64_t examples);
    void *progress_argument;
} lk_codec_options;

lk_status lk_compress(lk_model *model, const lk_dataset *dataset, const char *path, const lk_codec_options *options,
                      lk_compress_report *report);
/* *dataset is the caller's. With salvage, `lost` (caller-freed by lk_release) lists damaged chunk numbers; their examples are left out. */
lk_status lk_decompress(lk_model *model, const char *path, const lk_codec_options *options, lk_dataset **dataset,
                        int64_t **lost, int64_t *lost_count);

#endif
