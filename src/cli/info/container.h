/* `likely info` of what likely compress wrote. */
#ifndef LK_CLI_INFO_CONTAINER_H
#define LK_CLI_INFO_CONTAINER_H

#include "cli/common.h"
#include "data/source.h"

/* Prints, from what is open already; the exit status. */
int info_container_print(lk_source *source, bool json);

#endif
