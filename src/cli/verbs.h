/* The list of verbs: one file each, in the order of the overview. */
#ifndef LK_CLI_VERBS_H
#define LK_CLI_VERBS_H

#include "cli/arguments.h"

/* Verb number i; NULL behind the last. Those that nobody calls by hand are hidden, and come
 * last. */
const cli_verb *cli_verb_at(int32_t index);
/* NULL: there is none of that name. */
const cli_verb *cli_verb_named(const char *name);

#endif
