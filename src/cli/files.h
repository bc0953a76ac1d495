/* What a command line reads and writes, looked at before any of it is: names that cannot be
 * written, outputs that are inputs, - for standard input and output. */
#ifndef LK_CLI_FILES_H
#define LK_CLI_FILES_H

#include <stdio.h>

#include "base/guard.h"
#include "cli/arguments.h"

typedef struct cli_files {
    lk_context context; /* for messages */
    lk_guard guard;
    char *archives[8]; /* owned: of inputs FILE:ARRAY */
    char *alias;       /* owned: an output that is no file, with the ending that --format says */
    int32_t archive_count;
    int standard_output; /* where data for it go when results go to standard error; else 0 */
} cli_files;

/* Closed ones of the three standard descriptors are put where nothing can be read or written, so
 * that no file gets their number. */
void cli_files_reserve(void);
/* Calls them as cli_each does with options: the operands MODEL... are inputs, or MODEL is, and one
 * more that may be given where there are outputs is one. NULL: nothing is called. */
int cli_each_operand(cli_arguments *arguments, cli_act *input, cli_act *output);
/* EXIT_DONE, or what to return after a line has been printed. Deinit in both cases. */
int cli_files_init(cli_arguments *arguments, cli_files *files);
void cli_files_deinit(cli_files *files);
/* Whether the path is a file, which gets its name when it is whole, or a folder; else it is written
 * as it comes. */
bool cli_files_whole(lk_context *context, const char *path);
/* Whether --out, if it is given, may be a table (jobs/table.h); what is no such file may have any
 * name. False after a usage line. */
bool cli_files_table(const cli_arguments *arguments);
/* Opens what is no such file as a stream; the caller's: fclose. */
lk_status cli_files_stream(lk_context *context, const char *path, FILE **stream);
/* Bytes of a file, or of the files in a folder and below it; -1: not known, as of a pipe. */
int64_t cli_size_on_disk(const char *path);

#endif
