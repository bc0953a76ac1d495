/* Generating texts: ancestral sampling along streams that need have no end, in constant memory. */
#ifndef LK_JOBS_STREAM_SAMPLE_H
#define LK_JOBS_STREAM_SAMPLE_H

#include "data/stream.h"
#include "jobs/sample.h"

typedef struct lk_stream_sample_options {
    int64_t first, count; /* streams first .. first + count - 1, side by side */
    int64_t length;       /* symbols to be drawn of each */
    uint64_t seed;
    float temperature;
    lk_schedule schedule; /* naive: the whole past again for each symbol, and kept in memory */
    lk_stream *prompt;    /* what each begins with, of the model's symbols; NULL: nothing */
    /* Called for each position, the prompt's too (drawn: whether it is one behind), with the
     * characters [count] that stand there (data/utf8.h). What is not LK_OK ends the sampling. */
    lk_status (*take)(void *argument, bool drawn, const uint32_t *characters);
    void *argument;
} lk_stream_sample_options;

/* The symbol at a position of a stream depends on the seed, the number of the stream and the
 * position (from the prompt's beginning), and on what stands before it; so a stream's own beginning
 * as its prompt gives the same stream. The escape is never drawn: probabilities are those of the
 * model given that the character is one that it knows, so that a text of characters is valid UTF-8.
 * LK_INVALID when the prompt holds an escape. */
lk_status lk_stream_sample(const lk_model *model, const lk_stream_sample_options *options);

#endif
