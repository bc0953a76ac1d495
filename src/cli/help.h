/* What `likely --help` and `likely VERB --help` print: made from the verbs' tables. */
#ifndef LK_CLI_HELP_H
#define LK_CLI_HELP_H

#include <stdio.h>

#include "cli/arguments.h"

/* All verbs, and how to begin. */
void cli_print_overview(FILE *to);
/* A verb, and what it has to say of an operand (NULL: of none). */
void cli_print_help(const cli_verb *verb, const char *operand);
/* Words to the right of a column, which stands at `at`; then a line end. */
void cli_print_wrapped(FILE *to, const char *text, int at, int column);

/* A piece of cli_verb.more: a paragraph, or a line as it is, which is empty or begins with a blank.
 * Returns what follows, or NULL at the end. The piece is text[0 .. *length). */
const char *cli_next_piece(const char *text, int *length, bool *literal);

/* What the help says on the files that a verb reads and writes; NULL: none. */
const char *cli_about_files(const cli_verb *verb);

#endif
