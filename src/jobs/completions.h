/* A picture of completions: what was given, the open part grey, and beside it what became of it. */
#ifndef LK_JOBS_COMPLETIONS_H
#define LK_JOBS_COMPLETIONS_H

#include "jobs/given.h"

/* Writes a PNG: a group for each row that was given, of it and of the samples that hold it (i, i +
 * examples, ...). */
lk_status lk_completions_write(lk_context *context, const char *path, const lk_given *given,
                               const lk_dataset *samples);

#endif
