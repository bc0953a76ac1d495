/* What is installed beside the command, made from the tables that --help is made from. */
#ifndef LK_CLI_MANUAL_H
#define LK_CLI_MANUAL_H

#include "base/file.h"
#include "cli/arguments.h"

/* The manual page of a verb; NULL: of the command. */
void cli_write_page(lk_writer *to, const cli_verb *verb);
/* Completion for bash. */
void cli_write_completion(lk_writer *to);

#endif
