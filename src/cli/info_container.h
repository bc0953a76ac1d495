/* `likely info` of what likely compress wrote. */
#ifndef LK_CLI_INFO_CONTAINER_H
#define LK_CLI_INFO_CONTAINER_H

#include "cli/common.h"

/* Whether the file at `path` is one; not, where it cannot be read: a model's reader says why. */
lk_status info_container_is(lk_context *context, const char *path, bool *is);
/* Prints; the exit status. */
int info_container_print(lk_context *context, const char *path, bool json);

#endif
