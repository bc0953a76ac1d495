/* `likely info` of what likely compress wrote. */
#ifndef LK_CLI_INFO_CONTAINER_H
#define LK_CLI_INFO_CONTAINER_H

#include "cli/common.h"

/* Whether the file at `path` is one; false too where it cannot be read. */
bool info_container_is(lk_context *context, const char *path);
/* Prints; the exit status. */
int info_container_print(lk_context *context, const char *path, bool json);

#endif
