/* With which line to begin, for each kind of data that people bring. README holds the same lines (a
 * test looks). */
#ifndef LK_CLI_STARTS_H
#define LK_CLI_STARTS_H

#include <stdio.h>

typedef struct cli_start {
    const char *data, *line;
} cli_start;

/* Row number i; NULL behind the last. */
const cli_start *cli_start_at(int index);
void cli_print_starts(FILE *to);

#endif
