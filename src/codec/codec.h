/* Compressing and restoring data sets with a model. The encoder runs the parallel schedule and the
 * decoder the incremental one: the arithmetic makes them agree to the bit.
 *
 * A model of several networks (the masks of a MADE) codes each chunk with the one that gives it the
 * least total NLL, and the chunk says which. `model_nll_nats` is then the sum over chunks of that
 * network's own NLL: what the coder is held against. It is not the mixture's likelihood that `eval`
 * reports; a single coder cannot reach that. */
#ifndef LK_CODEC_CODEC_H
#define LK_CODEC_CODEC_H

#include "codec/container.h"

typedef struct lk_compress_report {
    int64_t examples, variables;
    int64_t bytes, header_bytes; /* of the whole file; of its header, and of labels */
    int64_t chunks;
    int32_t lanes;
    double model_nll_nats; /* total, of what was coded, see above */
} lk_compress_report;

typedef struct lk_codec_options {
    int64_t chunk_examples; /* 0: 4096 for 784 binary variables, fewer for larger examples, more for
                               smaller ones */
    int32_t lanes;          /* 0: 256, halved until a network's values take at most 512 MiB */
    bool skip_verify; /* compress decodes what it packed and compares, before anything is written,
                         unless told not to */
    bool salvage;     /* decompress: leave out damaged chunks instead of refusing */
    bool incremental_encode; /* encode with the incremental schedule too (slower; for checks: same
                                bytes) */
    /* In examples coded, verified and decoded; NULL: none. */
    void (*progress)(void *argument, int64_t examples_done, int64_t examples);
    void *progress_argument;
} lk_codec_options;

/* options NULL: defaults. The format kept in the file is dataset->format. */
lk_status lk_compress(lk_model *model, const lk_dataset *dataset, const char *path,
                      const lk_codec_options *options, lk_compress_report *report);
/* *dataset is the caller's: lk_dataset_destroy. With salvage, `lost` (caller-freed by lk_release;
 * NULL when none) lists the numbers of damaged chunks, from 0; their examples are left out. A file
 * of which nothing is left is refused all the same. `lost` and `lost_count` may be NULL. */
lk_status lk_decompress(lk_model *model, const char *path, const lk_codec_options *options,
                        lk_dataset **dataset, int64_t **lost, int64_t *lost_count);

/* The same from and to memory; `name` stands for the path in messages. *bytes is the caller's:
 * lk_bytes_release. */
lk_status lk_compress_bytes(lk_model *model, const lk_dataset *dataset, const char *name,
                            const lk_codec_options *options, lk_bytes *bytes,
                            lk_compress_report *report);
lk_status lk_decompress_bytes(lk_model *model, const char *name, const lk_bytes *bytes,
                              const lk_codec_options *options, lk_dataset **dataset, int64_t **lost,
                              int64_t *lost_count);

#endif
