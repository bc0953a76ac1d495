/* A file that grows while it is read by others: a log. */
#ifndef LK_BASE_APPEND_H
#define LK_BASE_APPEND_H

#include <stdio.h>

#include "base/context.h"

/* Opens it to write at its end; a new one is no wider than the inputs are (base/guard.h). *file is
 * the caller's: fclose. */
lk_status lk_append_open(lk_context *context, const char *path, FILE **file);

#endif
