/* Passing over all weights at once: the parameters' used elements as contiguous spans, gathered
 * into pieces of pool work of nearly equal size. Spans and pieces depend on the parameters' shapes
 * alone, so a sum by pieces is the same for any number of threads. */
#ifndef LK_OPTIM_SPANS_H
#define LK_OPTIM_SPANS_H

#include "graph/parameters.h"

/* Elements [offset, offset + count) of a parameter; in a parameter with `live` a span lies within
 * the live part of one row. */
typedef struct lk_weight_span {
    int32_t parameter;
    int64_t offset, count;
} lk_weight_span;

typedef struct lk_spans {
    lk_weight_span *list; /* owned; in the order of parameters and elements */
    int64_t count;
    int64_t *piece_begin; /* owned, [pieces + 1]: piece p is list[piece_begin[p] .. piece_begin[p +
                             1]) */
    int64_t pieces;
} lk_spans;

lk_status lk_spans_init(lk_spans *spans, const lk_parameters *parameters);
void lk_spans_deinit(lk_spans *spans);

/* What to do with one span of piece number `piece`; the spans of a piece come in order, on one
 * thread. */
typedef void lk_span_function(void *argument, lk_weight_span span, int64_t piece);
void lk_spans_run(const lk_spans *spans, lk_pool *pool, lk_span_function *function, void *argument);

#endif
