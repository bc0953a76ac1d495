/* The lines of a text and how surprising each is, in memory that does not grow with their number. A
 * line's newline is its last symbol. */
#ifndef LK_JOBS_STREAM_LINES_H
#define LK_JOBS_STREAM_LINES_H

#include "jobs/stream_walk.h"

#define LK_LINE_SHOWN 48 /* characters of a line that are kept, to show it */

typedef struct lk_stream_line {
    int64_t number;         /* from 1 */
    int64_t first, symbols; /* where in the stream */
    double nll_nats;
    double score; /* nats per symbol: higher is stranger */
    int32_t shown;
    uint32_t beginning[LK_LINE_SHOWN]; /* [shown]: data/utf8.h, without the newline */
} lk_stream_line;

typedef struct lk_stream_lines {
    /* Called with each line; NULL: not. What is not LK_OK ends it. */
    lk_status (*take)(void *argument, const lk_stream_line *line);
    void *argument;
    int64_t count;             /* of all lines */
    lk_stream_line *strangest; /* owned, [strangest_count]: falling score, equals in their order */
    int64_t strangest_count, top;
    lk_stream_line present;
} lk_stream_lines;

/* Keeps the `top` strangest lines, top >= 1. lk_stream_lines_deinit, whatever comes of it. */
lk_status lk_stream_lines_init(lk_context *context, int64_t top, lk_stream_lines *lines);
lk_status lk_stream_lines_add(lk_stream_lines *lines, const lk_stream_piece *piece);
/* The last line may lack its newline. */
lk_status lk_stream_lines_end(lk_stream_lines *lines);
void lk_stream_lines_deinit(lk_stream_lines *lines);

#endif
