/* Compressing items and restoring them with a model. The encoder runs the parallel schedule and the
 * decoder the incremental one: the arithmetic makes them agree to the bit. Memory is O(chunk),
 * whatever the items' number and length, but for a restored data set.
 *
 * A model of several networks (the masks of a MADE) codes each chunk with the one that gives it the
 * least total NLL. `model_nll_nats` is then the sum over chunks of that network's own NLL: what the
 * coder is held against. It is not the mixture's likelihood that evaluation reports; a single coder
 * cannot reach that. */
#ifndef LK_CODEC_CODEC_H
#define LK_CODEC_CODEC_H

#include "codec/content.h"

/* Where bytes go. What a call fails with ends the work; write may be called with few bytes. */
typedef struct lk_byte_sink {
    /* Restoring texts, before the bytes of each: `name` is that of its file within a folder, "" of
     * a text that is alone. NULL: containers of named texts are refused. */
    lk_status (*begin)(void *user, const char *name);
    /* The same of recordings; NULL: begin is called, and the bytes are those of the samples. */
    lk_status (*begin_sound)(void *user, const char *name, const lk_sound_target *target);
    /* Behind these, of texts with a slower sequence: symbols first .. of the text's, some of which
     * may be there already. NULL: they are not wanted. */
    lk_status (*local)(void *user, int64_t first, int64_t count, const uint16_t *symbols);
    lk_status (*write)(void *user, const void *bytes, int64_t size);
    void *user;
} lk_byte_sink;

typedef struct lk_codec_options {
    /* Compressing. Of examples, how many make a chunk; 0: as much as 4096 of 784 binary variables,
     * a multiple of the lanes. Of texts, symbols; 0: at most 4 Mi, in parts of equal length. */
    int64_t chunk;
    /* Streams that are coded side by side. 0: of examples 256, of texts one for each 64 Ki symbols
     * of a chunk, up to 64, or up to 16 of 4 Ki and more; fewer where they would need much memory,
     * or more than may be taken; 1 of a model that learns (codec/choose.h). */
    int64_t lanes;
    float learning_rate; /* above 0: the model learns from a chunk while it is coded */
    bool skip_verify;    /* do not decode each chunk, as written, and compare it with the items */
    bool lossy;          /* what the model does not take of a file is no reason to refuse */
    bool keeps_nothing;  /* what cannot be given back, values never seen and what the model leaves
                         * out, is no reason to refuse (for checks) */
    bool incremental_encode; /* the decoder's schedule (slower; for checks: the same bytes) */
    /* Restoring: leave out what is damaged instead of refusing. */
    bool salvage;
    /* In symbols looked at, coded, verified and decoded; false ends the work with LK_INTERRUPTED.
     * NULL: none. */
    bool (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_codec_options;

typedef struct lk_codec_report {
    int64_t items, symbols, content_bytes; /* the last: of texts */
    int64_t bytes, header_bytes; /* of the file; of all in it that is not coded symbols: header,
                                    index, the chunks' own, labels, names, lengths */
    int64_t chunks, lanes;
    double model_nll_nats; /* total, of what was coded, see above; of texts escapes included */
} lk_codec_report;

/* The items are those of a data set, through the model's view, with labels if the model is given
 * some (LK_MISMATCH otherwise); or texts in the symbols of lk_model_text_symbols. options, report
 * NULL: defaults; none. */
lk_status lk_compress(const lk_model *model, lk_items *items, const lk_byte_sink *output,
                      const lk_codec_options *options, lk_codec_report *report);
/* To a file, which gets its name when all is well. */
lk_status lk_compress_file(const lk_model *model, lk_items *items, const char *path,
                           const lk_codec_options *options, lk_codec_report *report);
/* Symbols of an example of that shape, seen through the model's view. */
int64_t lk_codec_length(const lk_model *model, lk_shape shape);

/* The reverse of what goes to the sink for a recording: bytes of whole symbols become these, of
 * which `values` has room for as many as bytes. Returns how many. */
int64_t lk_poured_symbols(const lk_symbols *symbols, const uint8_t *bytes, int64_t size,
                          uint16_t *values);

/* What is not restored, one gap after another. */
typedef struct lk_lost {
    int64_t chunk, chunks;        /* the first, and how many */
    int64_t item, symbol;         /* from here on; the symbol is of a text */
    int64_t end_item, end_symbol; /* to what stands before this; -1: unknown, the file is cut off */
} lk_lost;

typedef struct lk_restored {
    bool texts;
    lk_dataset *dataset;           /* the caller's: lk_dataset_destroy; NULL: texts */
    int64_t items, symbols, bytes; /* restored; bytes: of texts */
    int64_t chunks;                /* that there were; -1: unknown */
    int64_t total_bytes;           /* of texts, that there were; -1: unknown */
    lk_lost *lost;                 /* owned: [lost_count]; only with salvage */
    int64_t lost_count;
} lk_restored;

/* Examples become a data set; texts go to the output (NULL: they are refused). Nothing is restored
 * of a file that is damaged, unless it is salvaged; a file of which nothing is left is refused all
 * the same. restored is the caller's (lk_restored_deinit); after a failure there is nothing. */
lk_status lk_decompress(const lk_model *model, lk_source *source, const lk_byte_sink *output,
                        const lk_codec_options *options, lk_restored *restored);
/* A file; texts become the file `out`, or, when they have names, files in a folder `out`,
 * all of which get their names when all is well. */
lk_status lk_decompress_file(const lk_model *model, const char *path, const char *out,
                             const lk_codec_options *options, lk_restored *restored);
void lk_restored_deinit(lk_restored *restored);
/* "symbols 0 to 999", "items 3 to 5" */
void lk_lost_print(const lk_lost *lost, char text[64]);

#endif
