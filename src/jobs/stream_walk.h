/* What a model says of each symbol of a stream, from the stream's beginning to its end: exact, and
 * in memory that does not grow with it.
 *
 * Of a text of characters the probability is that of its symbols, p(symbol | all symbols before),
 * times 2^-LK_ESCAPED_BITS for each character that stands behind an escape, because the model does
 * not know it: what a coder pays. */
#ifndef LK_JOBS_STREAM_WALK_H
#define LK_JOBS_STREAM_WALK_H

#include "data/stream.h"
#include "models/model.h"

/* Some symbols in a row. */
typedef struct lk_stream_piece {
    int64_t first, count;
    const uint16_t *symbols;    /* [count] */
    const uint32_t *characters; /* [count]: data/utf8.h */
    const double *nats;         /* [count]: surprisals, an escaped character's included */
} lk_stream_piece;

typedef struct lk_stream_walk {
    /* Called for piece after piece; what is not LK_OK ends the walk. */
    lk_status (*take)(void *argument, const lk_stream_piece *piece);
    void *argument;
    void (*progress)(void *argument, int64_t done, int64_t count); /* NULL: none */
    void *progress_argument;
    float learning_rate; /* above 0: the model learns from what it has met (train/learner.h); 0: it
                            stays as it is */
} lk_stream_walk;

/* Surprisals do not depend on how a stream is cut into pieces. The stream must have the model's
 * symbols. LK_NOT_FINITE names the place when one is NaN. */
lk_status lk_stream_walk_along(const lk_model *model, lk_stream *stream,
                               const lk_stream_walk *walk);

typedef struct lk_stream_likelihood {
    int64_t symbols, bytes;
    int64_t escapes; /* how many symbols are the escape */
    double nll_nats; /* of all, summed in order in double; +infinity for probability zero */
} lk_stream_likelihood;

/* One piece more; symbols and bytes are the caller's. */
void lk_stream_likelihood_add(lk_stream_likelihood *likelihood, const lk_symbols *symbols,
                              const lk_stream_piece *piece);
/* walk->take is not used. */
lk_status lk_stream_evaluate(const lk_model *model, lk_stream *stream, const lk_stream_walk *walk,
                             lk_stream_likelihood *likelihood);

#endif
