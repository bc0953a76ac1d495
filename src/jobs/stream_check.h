/* What a sceptic would run on a model of texts: what jobs/check.h has, on windows of a text, and
 * what only a stream can get wrong. */
#ifndef LK_JOBS_STREAM_CHECK_H
#define LK_JOBS_STREAM_CHECK_H

#include "data/stream.h"
#include "jobs/check.h"

/* The text is `stream`, or drawn from the model when it is NULL; LK_INVALID when it does not fill
 * one of the model's windows. LK_OK when the checks could be run, whatever their verdicts. results:
 * at least LK_CHECKS_MOST. */
lk_status lk_stream_check(lk_model *model, lk_stream *stream, lk_check_result *results,
                          int32_t *count);

#endif
