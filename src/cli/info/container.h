/* `likely info` of what likely compress wrote. */
#ifndef LK_CLI_INFO_CONTAINER_H
#define LK_CLI_INFO_CONTAINER_H

#include "cli/common.h"
#include "data/source.h"

/* Prints, from what is open already; the exit status. --model is the path of one, used as --set
 * says, of which is said what it is and whether it is the one that the file was compressed with. */
int info_container_print(const cli_arguments *arguments, lk_source *source);

#endif
