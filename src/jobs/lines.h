/* The lines of texts and how surprising each is, in memory that does not grow with their number:
 * what a walk tells, one text after another (one lane). A line ends with LF, CR LF or CR, which
 * are its last symbols; the last line may lack them. */
#ifndef LK_JOBS_LINES_H
#define LK_JOBS_LINES_H

#include "models/walk.h"

#define LK_LINE_SHOWN 48 /* characters of a line that are kept, to show it */

typedef struct lk_text_score {
    int64_t item, number;   /* of its text, from 0; in that, from 1 */
    int64_t first, symbols; /* where in the text */
    double nll_nats;
    double score; /* nats per symbol: higher is stranger */
    int32_t shown;
    uint32_t beginning[LK_LINE_SHOWN]; /* [shown]: data/utf8.h, without the newline */
} lk_text_score;

typedef struct lk_lines {
    /* Called with each line; NULL: not. What is not LK_OK ends it. */
    lk_status (*take)(void *argument, const lk_text_score *line);
    void *argument;
    int64_t count;            /* of all lines */
    lk_text_score *strangest; /* owned, [strangest_count]: falling score, equals in their order */
    int64_t strangest_count, top;
    lk_text_score present;
    bool returned; /* its last symbol is a CR */
} lk_lines;

/* Keeps the `top` strangest lines, top >= 1. lk_lines_deinit, whatever comes of it. */
lk_status lk_lines_init(lk_context *context, int64_t top, lk_lines *lines);
lk_sink lk_lines_sink(lk_lines *lines);
void lk_lines_deinit(lk_lines *lines);

#endif
